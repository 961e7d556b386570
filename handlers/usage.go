package handlers

import (
	"context"
	"errors"
	"fmt"
	"iter"
	"net/url"
	"strconv"
	"time"

	"github.com/gin-gonic/gin"

	"github.com/shujie-gov/shujie/fault"
	"github.com/shujie-gov/shujie/models"
)

// useStore tells who used whose data.
type useStore interface {
	Uses(ctx context.Context, sc models.Scope, q models.UseQuery) (models.Page[models.Use], error)
	UseTotals(ctx context.Context, sc models.Scope, q models.UseQuery) ([]models.UseTotal, int64, error)
	EachUse(ctx context.Context, sc models.Scope, q models.UseQuery, each func(models.Use) error) error
	Resource(ctx context.Context, id int64) (models.Resource, error)
}

// usage shows a provider who used its data for what, and the authority over it
// (条例 Art. 29). It never says about whom.
type usage struct {
	store useStore
	show  *viewer
}

// usageView is GET /api/v1/usage.
type usageView struct {
	N      int64           `json:"n"`                // uses in all, of the first page
	Totals []usedTotalView `json:"totals,omitempty"` // of the first page, the most frequent
	Items  []usedView      `json:"items"`
	Next   string          `json:"next,omitempty"`

	// For the page only.
	Resource *refView   `json:"-"` // all are of it
	User     int64      `json:"-"`
	From     string     `json:"-"`
	To       string     `json:"-"`
	Depts    []deptView `json:"-"`
	Filtered bool       `json:"-"`
	NextURL  string     `json:"-"`
	First    string     `json:"-"`
	Export   string     `json:"-"` // address of the same list as a file, up to its format
}

// usedTotalView is how often a department used a resource for a purpose.
type usedTotalView struct {
	Resource refView   `json:"resource"`
	Provider *deptView `json:"provider,omitempty"`
	User     *deptView `json:"user,omitempty"`
	Purpose  string    `json:"purpose"`
	N        int64     `json:"n"`
	Kept     int64     `json:"kept"` // records that are not destroyed yet
	Last     time.Time `json:"last"`

	URL string `json:"-"`
}

// usedView is one use.
type usedView struct {
	Receipt     int64      `json:"receipt"`
	Resource    refView    `json:"resource"`
	Version     string     `json:"resource_version"`
	Provider    *deptView  `json:"provider,omitempty"`
	User        *deptView  `json:"user,omitempty"`
	CaseNumber  string     `json:"case_number"`
	Purpose     string     `json:"purpose"`
	Basis       string     `json:"basis"`
	Application int64      `json:"application,omitempty"`
	Source      int64      `json:"source,omitempty"` // the receipt whose record was used again
	Probe       bool       `json:"probe"`
	At          time.Time  `json:"at"`
	DestroyedAt *time.Time `json:"destroyed_at,omitempty"`
}

func useOf(n *names, u models.Use) usedView {
	return usedView{
		Receipt: u.Receipt, Resource: refView{u.Resource, u.Name}, Version: u.Version, Provider: n.dept(u.Provider),
		User: named(n.dept(u.User), u.UserName), CaseNumber: u.CaseNumber, Purpose: u.Purpose, Basis: u.Basis,
		Application: int64(u.Application), Source: u.Source, Probe: u.Probe, At: u.At, DestroyedAt: u.DestroyedAt,
	}
}

// query reads what of the uses is asked for. A day as the end of the period
// belongs to it.
func (h *usage) query(q *query, n *names) models.UseQuery {
	out := models.UseQuery{
		Resource: q.id("resource"), User: q.department(n), From: q.moment("from"), Until: q.moment("to"),
		Limit: q.limit(), Cursor: q.text("cursor"),
	}
	if len(q.text("to")) == len(time.DateOnly) && !out.Until.IsZero() {
		out.Until = out.Until.AddDate(0, 0, 1)
	}
	if !out.From.IsZero() && !out.Until.IsZero() && !out.From.Before(out.Until) {
		q.refuse("to", "不能早于起始日期", "is before the beginning of the period")
	}
	return out
}

// list serves GET /usage: totals by department and purpose, and the uses.
func (h *usage) list(c *gin.Context) (Page, error) {
	ctx := c.Request.Context()
	n, err := h.show.dir.names(ctx)
	if err != nil {
		return Page{}, err
	}
	q := queryOf(c)
	ask := h.query(q, n)
	if err := q.err(); err != nil {
		return Page{}, err
	}
	out := usageView{Items: []usedView{}, User: int64(ask.User), From: q.text("from"), To: q.text("to"), Depts: n.deptViews()}
	if ask.Resource != 0 {
		r, err := h.store.Resource(ctx, ask.Resource)
		if err != nil {
			return Page{}, err
		}
		out.Resource = &refView{r.ID, r.Name}
	}
	if ask.Cursor == "" {
		if err := h.sum(c, n, ask, &out); err != nil {
			return Page{}, err
		}
	}
	got, err := h.store.Uses(ctx, scopeOf(c), ask)
	if err != nil {
		return Page{}, err
	}
	for _, u := range got.Items {
		out.Items = append(out.Items, useOf(n, u))
	}
	next := q.next(got.Next)
	out.Next, out.NextURL, out.First = got.Next, pageURL(c, next), q.first(c.Request.URL.Path)
	out.Export = "/usage/export?"
	if same := q.without("cursor", "limit"); same != "" {
		out.Filtered = true
		out.Export += same + "&"
	}
	return Page{View: "usage", Data: out, Next: next}, nil
}

// sum adds the totals. Each opens the uses behind it.
func (h *usage) sum(c *gin.Context, n *names, ask models.UseQuery, out *usageView) error {
	totals, all, err := h.store.UseTotals(c.Request.Context(), scopeOf(c), ask)
	if err != nil {
		return err
	}
	out.N = all
	for _, t := range totals {
		v := url.Values{"resource": {strconv.FormatInt(t.Resource, 10)}, "department": {strconv.FormatInt(int64(t.User), 10)}}
		for name, text := range map[string]string{"from": out.From, "to": out.To} {
			if text != "" {
				v.Set(name, text)
			}
		}
		out.Totals = append(out.Totals, usedTotalView{
			Resource: refView{t.Resource, t.Name}, Provider: n.dept(t.Provider), User: n.dept(t.User), Purpose: t.Purpose,
			N: t.N, Kept: t.Kept, Last: t.Last, URL: "/usage?" + v.Encode(),
		})
	}
	return nil
}

// export serves GET /usage/export: the uses that a list with the same filters
// shows, as CSV or xlsx.
func (h *usage) export(c *gin.Context, fail func(error)) {
	ctx := c.Request.Context()
	n, err := h.show.dir.names(ctx)
	if err != nil {
		fail(err)
		return
	}
	q := queryOf(c)
	ask := h.query(q, n)
	format := q.oneOf("format", "csv", "xlsx")
	if err := q.err(); err != nil {
		fail(err)
		return
	}
	_, all, err := h.store.UseTotals(ctx, scopeOf(c), ask)
	if err == nil && all > maxLines {
		err = fault.InvalidField("from", fmt.Sprintf("共 %d 条，超过一个文件的 %d 条，请缩小期间", all, maxLines), fmt.Sprintf("leaves %d uses, more than the %d of a file; shorten the period", all, maxLines))
	}
	if err == nil {
		err = sendTable(c, "usage", "数据使用记录", format, h.rows(ctx, n, scopeOf(c), ask))
	}
	if err != nil {
		fail(err)
	}
}

// useHead names the columns of the file, which readers of Art. 29 ask for: who
// used what, when, for what, by what right, and what became of the record.
func useHead() []string {
	return []string{"回执号", "数据资源", "版本", "提供部门", "使用部门", "案件编号", "使用场景", "使用依据", "调取时间", "使用方式", "存储与销毁"}
}

func (h *usage) rows(ctx context.Context, n *names, sc models.Scope, q models.UseQuery) iter.Seq2[[]string, error] {
	const moment = "2006-01-02 15:04:05"
	return func(yield func([]string, error) bool) {
		if !yield(useHead(), nil) {
			return
		}
		err := h.store.EachUse(ctx, sc, q, func(u models.Use) error {
			how, kept := "调取", "留存"
			if u.Source != 0 {
				how = fmt.Sprintf("复用回执 %d", u.Source)
			}
			if u.Probe {
				how = "连通性验证"
			}
			if u.DestroyedAt != nil {
				kept = u.DestroyedAt.In(china()).Format(moment) + " 销毁"
			}
			row := []string{
				strconv.FormatInt(u.Receipt, 10), u.Name, u.Version, n.byID[u.Provider].Name, u.UserName, u.CaseNumber,
				u.Purpose, u.Basis, u.At.In(china()).Format(moment), how, kept,
			}
			if !yield(row, nil) {
				return errEnough
			}
			return nil
		})
		if err != nil && !errors.Is(err, errEnough) {
			yield(nil, err)
		}
	}
}
