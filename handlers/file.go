package handlers

import (
	"context"
	"fmt"
	"net/http"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/gin-gonic/gin"

	"github.com/shujie-gov/shujie/fault"
	"github.com/shujie-gov/shujie/models"
	"github.com/shujie-gov/shujie/workflow"
)

// Bounds of what is typed when filing, in characters.
const (
	maxTitle  = 200
	maxProof  = 100
	maxProofs = 20
)

// itemFinder is what filing asks of the catalogue.
type itemFinder interface {
	ServiceItems(ctx context.Context, q models.ItemQuery) (models.Page[models.ServiceItem], error)
	ServiceItem(ctx context.Context, id int64) (models.ServiceItem, error)
	SetItemCase(ctx context.Context, item int64, id workflow.CaseID) error
}

// filing opens cases: blockers by the hall, and the no-meeting lives of service
// items by the data steward.
type filing struct {
	engine    *workflow.Engine
	policy    Policy
	store     caseReader
	catalogue itemFinder
	show      *viewer
	cases     *cases
	tables    *tables
	window    window
	now       func() time.Time
}

// form serves GET /cases/new: ?q= searches items, ?item= shows one with its
// proofs.
func (h *filing) form(c *gin.Context) (Page, error) {
	if err := h.policy.Can(actorOf(c), workflow.Blocker, "file"); err != nil {
		return Page{}, err
	}
	q := queryOf(c)
	out := fileView{Text: q.text("q"), Form: map[string]string{}}
	item := q.id("item")
	proof := q.id("proof")
	if err := q.err(); err != nil {
		return Page{}, err
	}
	return h.filled(c, out, item, proof)
}

// filled completes the filing page.
func (h *filing) filled(c *gin.Context, out fileView, item, proof int64) (Page, error) {
	ctx := c.Request.Context()
	if item != 0 {
		it, err := h.catalogue.ServiceItem(ctx, item)
		if err != nil {
			return Page{}, err
		}
		view, err := h.show.item(ctx, h.store, scopeOf(c), actorOf(c), it)
		if err != nil {
			return Page{}, err
		}
		out.Item = &view
		for i := range view.Proofs {
			if view.Proofs[i].ID == proof {
				out.Chosen = &view.Proofs[i]
			}
		}
	} else if out.Text != "" {
		found, err := h.catalogue.ServiceItems(ctx, models.ItemQuery{Text: out.Text, Limit: 20})
		if err != nil {
			return Page{}, err
		}
		n, err := h.show.dir.names(ctx)
		if err != nil {
			return Page{}, err
		}
		for _, it := range found.Items {
			out.Found = append(out.Found, itemView{ID: it.ID, Code: it.Code, Name: it.Name, Dept: n.dept(it.Dept), Region: n.region(it.Region)})
		}
	}
	return Page{View: "file", Data: out}, nil
}

// file serves POST /cases.
func (h *filing) file(c *gin.Context) (Page, error) {
	b, err := readBody(c)
	if err != nil {
		return Page{}, err
	}
	ctx, a := c.Request.Context(), actorOf(c)
	kind := workflow.Kind(b.text("kind", maxTitle))
	if kind == "" {
		kind = workflow.Blocker
	}
	d := h.engine.Defs.Latest(kind)
	if d == nil {
		return Page{}, fault.InvalidField("kind", "没有这种事项", "there is no such kind")
	}
	if err := h.policy.Can(a, kind, d.Start().Action); err != nil {
		return Page{}, err
	}
	draft, err := h.draft(ctx, a, kind, b)
	if err != nil {
		return h.again(c, b, err)
	}
	var at wish
	if kind == workflow.Blocker {
		if at, err = h.wish(ctx, &draft, b); err != nil {
			return Page{}, err
		}
	}
	key := b.key(c, a)
	if kind == workflow.Service && key.Value == "" {
		key = workflow.Key{Actor: a.UserID, Value: fmt.Sprintf("service item %d", draft.Item), Hash: "open"}
	}
	in := workflow.Input{Note: b.text("note", 2000)}
	if err := b.err(); err != nil {
		return h.again(c, b, err)
	}
	got, err := h.engine.Open(ctx, a, draft, in, key)
	if err != nil {
		return h.again(c, b, err)
	}
	if kind == workflow.Service {
		if err := h.catalogue.SetItemCase(ctx, draft.Item, got.ID); err != nil {
			return Page{}, err
		}
		h.show.dir.items.forget()
	}
	if got, err = h.atOnce(ctx, a, got, at, key); err != nil {
		return Page{}, err
	}
	where := casePath(int64(got.ID))
	if at.fetch && wantsHTML(c) {
		where += "/window"
	}
	view, err := h.show.whole(ctx, a, &got)
	return Page{Status: http.StatusCreated, Data: view, Location: where, Version: got.Version}, err
}

// again shows the form with what was typed when the input was wrong.
func (h *filing) again(c *gin.Context, b *body, cause error) (Page, error) {
	if !wantsHTML(c) || fault.KindOf(cause) != fault.Invalid {
		return Page{}, cause
	}
	out := fileView{Form: map[string]string{}}
	for name, v := range b.values {
		switch v := v.(type) {
		case string:
			out.Form[name] = v
		case []any:
			parts := make([]string, len(v))
			for i, e := range v {
				parts[i] = fmt.Sprint(e)
			}
			out.Form[name] = strings.Join(parts, ",")
		case map[string]any:
			for inner, e := range v {
				out.Form[name+"."+inner] = fmt.Sprint(e)
			}
		}
	}
	item, err := strconv.ParseInt(out.Form["service_item"], 10, 64)
	if err != nil {
		item, out.Text = 0, out.Form["service_item"]
	}
	page, err := h.filled(c, out, item, 0)
	if err != nil {
		page, err = h.filled(c, fileView{Form: out.Form}, 0, 0)
	}
	if err != nil {
		return Page{}, err
	}
	return page, cause
}

// resolve finds a service item by id, code or exact name. Of several with one
// name the one of the actor's own region counts; else the caller must say which.
func (h *filing) resolve(ctx context.Context, ref string, a workflow.Actor) (models.ServiceItem, error) {
	if ref == "" {
		return models.ServiceItem{}, nil
	}
	if id, err := strconv.ParseInt(ref, 10, 64); err == nil && id > 0 {
		it, err := h.catalogue.ServiceItem(ctx, id)
		if err == nil || fault.KindOf(err) != fault.NotFound {
			return it, err
		}
	}
	var found []models.ServiceItem
	for cursor, pages := "", 0; pages < 10; pages++ {
		p, err := h.catalogue.ServiceItems(ctx, models.ItemQuery{Text: ref, Limit: models.MaxLimit, Cursor: cursor})
		if err != nil {
			return models.ServiceItem{}, err
		}
		for _, it := range p.Items {
			if it.Name == ref || it.Code == ref {
				found = append(found, it)
			}
		}
		if cursor = p.Next; cursor == "" {
			break
		}
	}
	if len(found) > 1 {
		near := slices.DeleteFunc(slices.Clone(found), func(it models.ServiceItem) bool { return it.Region != a.Region })
		if len(near) == 1 {
			found = near
		}
	}
	switch len(found) {
	case 1:
		return h.catalogue.ServiceItem(ctx, found[0].ID)
	case 0:
		return models.ServiceItem{}, fault.InvalidField("service_item", "事项目录中没有这个事项", "is not in the catalogue of service items")
	}
	ids := make([]string, len(found))
	for i, it := range found {
		ids[i] = strconv.FormatInt(it.ID, 10)
	}
	list := strings.Join(ids, ", ")
	return models.ServiceItem{}, fault.InvalidField("service_item", "有多个同名事项，请用编号指明："+list, "names several items; give the id of one: "+list)
}

// fieldsOf returns the wrong fields of an Invalid fault, nil for other errors.
func fieldsOf(err error) []fault.Field {
	if fault.KindOf(err) != fault.Invalid {
		return nil
	}
	f, ok := err.(*fault.Error) //nolint:errorlint // resolve returns it unwrapped
	if !ok {
		return nil
	}
	return f.Fields
}
