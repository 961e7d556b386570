package handlers

import (
	"context"
	"fmt"
	"net/http"
	"net/url"
	"slices"
	"strconv"
	"strings"

	"github.com/gin-gonic/gin"

	"github.com/shujie-gov/shujie/fault"
	"github.com/shujie-gov/shujie/models"
	"github.com/shujie-gov/shujie/workflow"
)

// coverStore counts and lists demanded proofs by how far they are from being
// replaced.
type coverStore interface {
	Coverage(ctx context.Context, q models.CoverQuery) (models.Page[models.Covered], error)
	CountCoverage(ctx context.Context, q models.CoverQuery) ([]models.CoverCount, error)
	CountEntries(ctx context.Context, provider workflow.DeptID) (map[workflow.ShareClass]int64, error)
}

// lists serves the three lists of a department (需求、责任、负面清单) and the
// coverage of all demanded proofs.
type lists struct {
	store  coverStore
	policy Policy
	show   *viewer
}

// maxMatched bounds the demands that one request opens. House rule.
const maxMatched = 200

// coverageView is GET /api/v1/coverage. Every figure opens the list behind it.
type coverageView struct {
	Department *deptView    `json:"department,omitempty"` // the demander, when it is of one
	Total      int64        `json:"total"`
	Statuses   []coverView  `json:"statuses"`
	Waits      []coverView  `json:"waits"`             // whom is waited for
	Entries    []figureView `json:"entries,omitempty"` // of one department: what it shares, and what it does not

	// For the page only.
	Depts   []deptView `json:"-"`
	Matches bool       `json:"-"` // the reader may open the demands
	Opened  int64      `json:"-"` // so many were opened just now
}

type coverView struct {
	Status     string     `json:"status"`
	Title      fault.Text `json:"title"`
	Department *deptView  `json:"department,omitempty"`
	N          int64      `json:"n"`
	URL        string     `json:"url"`
}

type figureView struct {
	Title fault.Text `json:"title"`
	N     int64      `json:"n"`
	URL   string     `json:"url"`
}

// coveredView is one demanded proof.
type coveredView struct {
	ID          int64      `json:"id"`
	Name        string     `json:"name"`
	Item        refView    `json:"service_item"`
	Demander    *deptView  `json:"demander,omitempty"`
	Holder      *deptView  `json:"holder,omitempty"`
	Likely      *deptView  `json:"likely_holder,omitempty"`
	Resource    *refView   `json:"resource,omitempty"`
	Alternative string     `json:"alternative,omitempty"`
	Status      string     `json:"status"`
	StatusTitle fault.Text `json:"status_title"`
	Waits       *deptView  `json:"waits,omitempty"`
}

type coveredList struct {
	Items []coveredView `json:"items"`
	Next  string        `json:"next,omitempty"`

	// For the page only.
	Title   fault.Text `json:"-"`
	NextURL string     `json:"-"`
	First   string     `json:"-"`
	Export  string     `json:"-"` // the address of these as a file, to which the format is added
}

func coverTitle(s models.CoverStatus) fault.Text {
	switch s {
	case models.CoverReady:
		return fault.Text{ZH: "今日可替代", EN: "Replaceable today"}
	case models.CoverConnect:
		return fault.Text{ZH: "待提供部门接通", EN: "Waits to be connected"}
	case models.CoverApply:
		return fault.Text{ZH: "待申请共享", EN: "Waits to be applied for"}
	case models.CoverApplied:
		return fault.Text{ZH: "共享申请办理中", EN: "Applied for"}
	case models.CoverDemanded:
		return fault.Text{ZH: "需求办理中", EN: "Demanded"}
	case models.CoverUnmatched:
		return fault.Text{ZH: "没有数据，尚未提出需求", EN: "No data known, nobody asked"}
	case models.CoverNotShared:
		return fault.Text{ZH: "不予共享", EN: "Not shared"}
	case models.CoverNoData:
		return fault.Text{ZH: "无数据", EN: "No data exists"}
	}
	return fault.Text{ZH: string(s), EN: string(s)}
}

func (h *lists) query(q *query, n *names) models.CoverQuery {
	m := h.show.engine.Moment()
	var words []string
	for _, s := range models.CoverStatuses() {
		words = append(words, string(s))
	}
	out := models.CoverQuery{
		Status: models.CoverStatus(q.oneOf("status", words...)), Demander: q.department(n), Today: m.Calendar.Today(m.Now),
		Limit: q.limit(), Cursor: q.text("cursor"),
	}
	switch s := q.text("waits"); s {
	case "":
	case "0":
		none := workflow.DeptID(0)
		out.Waits = &none
	default:
		d, ok := n.findDept(s)
		if !ok {
			q.refuse("waits", "没有这个部门", "there is no such department")
		}
		out.Waits = &d.ID
	}
	return out
}

// get serves GET /coverage: figures by status and by whom is waited for.
func (h *lists) get(c *gin.Context) (Page, error) {
	ctx := c.Request.Context()
	n, err := h.show.dir.names(ctx)
	if err != nil {
		return Page{}, err
	}
	q := queryOf(c)
	ask := models.CoverQuery{Demander: q.department(n), Today: h.query(q, n).Today}
	opened, _ := strconv.ParseInt(q.text("opened"), 10, 64) // what is no number shows nothing
	if err := q.err(); err != nil {
		return Page{}, err
	}
	out := coverageView{Department: n.dept(ask.Demander), Depts: n.deptViews(), Opened: opened, Waits: []coverView{}}
	counts, err := h.store.CountCoverage(ctx, ask)
	if err != nil {
		return Page{}, err
	}
	by := map[models.CoverStatus]int64{}
	link := func(s models.CoverStatus, waits string) string {
		v := url.Values{"status": {string(s)}}
		if waits != "" {
			v.Set("waits", waits)
		}
		if out.Department != nil {
			v.Set("department", strconv.FormatInt(int64(out.Department.ID), 10))
		}
		return "/coverage/proofs?" + v.Encode()
	}
	for _, one := range counts {
		by[one.Status] += one.N
		out.Total += one.N
		if d := n.dept(one.Waits); d != nil {
			out.Waits = append(out.Waits, coverView{string(one.Status), coverTitle(one.Status), d, one.N, link(one.Status, strconv.FormatInt(int64(d.ID), 10))})
		}
	}
	out.Matches = by[models.CoverUnmatched] > 0 && h.matches(actorOf(c), n.byID[ask.Demander])
	for _, s := range models.CoverStatuses() {
		out.Statuses = append(out.Statuses, coverView{string(s), coverTitle(s), nil, by[s], link(s, "")})
	}
	if out.Department != nil {
		if out.Entries, err = h.entries(ctx, out.Department.ID); err != nil {
			return Page{}, err
		}
	}
	return Page{View: "coverage", Data: out}, nil
}

// matches reports whether a may demand data for department d.
func (h *lists) matches(a workflow.Actor, d models.Department) bool {
	return h.policy.Can(a, "catalogue", "propose") == nil && slices.ContainsFunc(a.Grants, func(g workflow.Grant) bool {
		return d.ID != 0 && (g.Role.Domain() == workflow.InDepartment && g.Dept == d.ID || g.Role.Domain() == workflow.InRegion && below(d.Region, g.Region))
	})
}

// entries are the figures of a department's responsibility list, what it shares,
// and negative list, what the law keeps it from sharing.
func (h *lists) entries(ctx context.Context, dept workflow.DeptID) ([]figureView, error) {
	counts, err := h.store.CountEntries(ctx, dept)
	if err != nil {
		return nil, err
	}
	var out []figureView
	for class, title := range map[workflow.ShareClass]fault.Text{
		workflow.Unconditional: {ZH: "责任清单：无条件共享", EN: "Responsibility list: unconditional"},
		workflow.Conditional:   {ZH: "责任清单：有条件共享", EN: "Responsibility list: conditional"},
		workflow.NotShared:     {ZH: "负面清单：不予共享", EN: "Negative list: not shared"},
	} {
		out = append(out, figureView{title, counts[class], fmt.Sprintf("/resources?department=%d&share_class=%d", dept, class)})
	}
	sortFigures(out)
	return out, nil
}

// proofs serves GET /coverage/proofs: the list behind a figure.
func (h *lists) proofs(c *gin.Context) (Page, error) {
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
	got, err := h.store.Coverage(ctx, ask)
	if err != nil {
		return Page{}, err
	}
	out := coveredList{Items: make([]coveredView, 0, len(got.Items)), Next: got.Next, Title: coverTitle(ask.Status)}
	for _, p := range got.Items {
		v := coveredView{
			ID: p.Proof, Name: p.Name, Item: refView{p.Item, p.ItemName}, Demander: n.dept(p.Demander), Holder: n.dept(p.Holder), Likely: n.dept(p.Likely),
			Alternative: p.Alternative, Status: string(p.Status), StatusTitle: coverTitle(p.Status), Waits: n.dept(p.Waits),
		}
		if p.Resource != 0 {
			v.Resource = &refView{p.Resource, p.ResourceName}
		}
		out.Items = append(out.Items, v)
	}
	next := q.next(got.Next)
	out.NextURL, out.First = pageURL(c, next), q.first(c.Request.URL.Path)
	out.Export = "/coverage/proofs/export?"
	if same := q.without("cursor", "limit"); same != "" {
		out.Export += same + "&"
	}
	return Page{View: "covered", Data: out, Next: next}, nil
}

// matchedView is what a match opened.
type matchedView struct {
	Opened []int64 `json:"opened"` // cases of kind data_demand
}

// match serves POST /coverage/match: each proof of a department that has no data
// and of which nobody was asked becomes a demand to its likely holder; with none,
// to the coordinator. Asked again it opens nothing twice.
func (h *lists) match(c *gin.Context) (Page, error) {
	b, err := readBody(c)
	if err != nil {
		return Page{}, err
	}
	ctx, a := c.Request.Context(), actorOf(c)
	n, err := h.show.dir.names(ctx)
	if err != nil {
		return Page{}, err
	}
	dept := b.dept(n, "department")
	if dept.ID == 0 && len(*b.wrong) == 0 {
		b.refuse("department", "请填写", "is required")
	}
	if err := b.err(); err != nil {
		return Page{}, err
	}
	m := h.show.engine.Moment()
	q := models.CoverQuery{Status: models.CoverUnmatched, Demander: dept.ID, Today: m.Calendar.Today(m.Now), Limit: models.MaxLimit}
	out := matchedView{Opened: []int64{}}
	for len(out.Opened) < maxMatched {
		page, err := h.store.Coverage(ctx, q)
		if err != nil {
			return Page{}, err
		}
		for _, p := range page.Items {
			id, err := h.demand(ctx, n, a, p)
			if err != nil {
				return Page{}, err
			}
			out.Opened = append(out.Opened, int64(id))
		}
		if q.Cursor = page.Next; q.Cursor == "" {
			break
		}
	}
	return Page{Status: http.StatusOK, Data: out, Location: fmt.Sprintf("/coverage?department=%d&opened=%d", dept.ID, len(out.Opened))}, nil
}

// demand opens the demand for the data of one proof. Its key is the proof's, so
// that two requests at once open one.
func (h *lists) demand(ctx context.Context, n *names, a workflow.Actor, p models.Covered) (workflow.CaseID, error) {
	holder, why := p.Holder, "目录登记为该材料的持有部门"
	if holder == 0 {
		holder, why = p.Likely, "为其他事项登记持有同名材料"
	}
	if holder == 0 {
		why = ""
	}
	got, err := h.show.engine.Open(ctx, a, workflow.Case{
		Kind: workflow.DataDemand, Title: "数据需求：" + p.Name, Item: p.Item, Proof: p.Name, Region: n.byID[p.Demander].Region,
		Parts: map[workflow.Part]workflow.DeptID{workflow.Demander: p.Demander, workflow.Holder: holder},
		Facts: map[string]any{"proof_id": p.Proof, "purpose": p.ItemName, "why": why},
	}, workflow.Input{}, workflow.Key{Value: fmt.Sprintf("data-demand-%d-%d", p.Proof, p.Rounds)})
	return got.ID, err
}

// sortFigures orders figures by their address, which ends with the class.
func sortFigures(list []figureView) {
	slices.SortFunc(list, func(a, b figureView) int { return strings.Compare(a.URL, b.URL) })
}
