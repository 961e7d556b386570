package handlers

import (
	"context"
	"fmt"
	"net/http"
	"slices"

	"github.com/gin-gonic/gin"

	"github.com/shujie-gov/shujie/fault"
	"github.com/shujie-gov/shujie/models"
	"github.com/shujie-gov/shujie/workflow"
)

// maxChange bounds the entries of one change. House rule: a head and an auditor
// read them all.
const maxChange = 500

// changeBook keeps what a change of the catalogue does.
type changeBook interface {
	CheckChange(ctx context.Context, key workflow.Key, lead workflow.DeptID, list []models.Change) error
	PrepareChange(ctx context.Context, id workflow.CaseID, by string, list []models.Change) error
	ChangeVersions(ctx context.Context, id workflow.CaseID) ([]models.EntryVersion, error)
}

// entryForm serves GET /resources/new: the form of an entry that a department
// proposes.
func (h *things) entryForm(*gin.Context) (Page, error) {
	return Page{View: "entry", Data: entryFormView{Form: map[string]string{}, Lists: entryLists()}}, nil
}

// entryFormView is the page of a new entry.
type entryFormView struct {
	Form  map[string]string
	Lists map[string][]optionView
}

// ownDept is the department for which a proposes changes: that of the first
// department role.
func ownDept(a workflow.Actor) workflow.DeptID {
	for _, g := range a.Grants {
		if g.Role == workflow.DeptHandler || g.Role == workflow.DeptHead {
			return g.Dept
		}
	}
	return 0
}

// propose serves POST /resources/changes: a department opens a change of its
// entries, or goes on preparing one.
func (h *things) propose(c *gin.Context) (Page, error) {
	b, err := readBody(c)
	if err != nil {
		return Page{}, err
	}
	a := actorOf(c)
	dept := ownDept(a)
	if dept == 0 {
		return Page{}, fault.New(fault.Forbidden, "目录变更由数据提供部门的经办或负责人发起；主管部门可直接登记发布。", "A change is opened by the department that provides the data; the authority registers directly.")
	}
	ask := proposal{dept: dept, key: b.key(c, a), cause: b.text("cause", maxEntryText)}
	id, given := b.whole("case")
	ask.id = workflow.CaseID(id)
	withdraws := b.text("op", 20) == "withdraw"
	ask.list = b.changes(dept, withdraws, h)
	if given && id < 1 {
		b.refuse("case", "没有这件目录变更", "there is no such change")
	}
	err = b.err()
	if err == nil {
		err = h.open(c, &ask)
	}
	if err != nil {
		if wantsHTML(c) && fault.KindOf(err) == fault.Invalid {
			return Page{View: "entry", Data: entryFormView{Form: typedIn(b, append(entryFields(), "cause", "resource", "case")...), Lists: entryLists()}}, formFault(err)
		}
		return Page{}, err
	}
	got, err := h.cases.Case(c.Request.Context(), scopeOf(c), ask.id)
	if err != nil {
		return Page{}, err
	}
	view, err := h.show.whole(c.Request.Context(), a, &got)
	return Page{Status: http.StatusCreated, Data: view, Location: casePath(int64(ask.id)), Version: got.Version}, err
}

// formFault names the inputs of the page's one entry without its place.
func formFault(err error) error {
	f, ok := err.(*fault.Error) //nolint:errorlint // made right here
	if !ok {
		return err
	}
	again := *f
	again.Fields = slices.Clone(f.Fields)
	for i, w := range again.Fields {
		var n int
		var field string
		if _, e := fmt.Sscanf(w.Name, "entries[%d].%s", &n, &field); e == nil {
			again.Fields[i].Name = field
		}
	}
	return &again
}

// changes reads what a change does: entries, one of a form or a list, or the ids
// of those that leave the catalogue.
func (b *body) changes(dept workflow.DeptID, withdraws bool, h *things) []models.Change {
	one := func(in *body) models.Change {
		id, _ := in.whole("resource")
		out := models.Change{Resource: id, Provider: dept, Withdraws: withdraws}
		if withdraws {
			if id < 1 {
				in.refuse("resource", "请填写", "is required")
			}
			return out
		}
		out.Entry = in.entry()
		in.complete(&out.Entry, h)
		return out
	}
	if b.values["entries"] == nil {
		return []models.Change{one(b)}
	}
	var list []models.Change
	subs := b.subs("entries")
	if len(subs) == 0 || len(subs) > maxChange {
		b.refuse("entries", fmt.Sprintf("应为 1 至 %d 条", maxChange), fmt.Sprintf("must be 1 to %d", maxChange))
		return nil
	}
	for _, in := range subs {
		list = append(list, one(in))
	}
	return list
}

// complete refuses what keeps an entry from being published.
func (b *body) complete(e *workflow.Entry, h *things) {
	_, lines := b.values["items"].(string)
	for _, f := range e.Complete(h.code) {
		if lines && f.Item >= 0 {
			f.Field, f.Item = "items", -1
		}
		b.once(f.Name(), f)
	}
}

// proposal is a change that is to be opened, or gone on with.
type proposal struct {
	id    workflow.CaseID
	dept  workflow.DeptID
	cause string
	key   workflow.Key
	list  []models.Change
}

// open checks a proposal, opens its case, and keeps its drafts. A case whose
// drafts could not be kept after all, since another change was faster, is given
// up.
func (h *things) open(c *gin.Context, p *proposal) error {
	ctx, a := c.Request.Context(), actorOf(c)
	if p.id != 0 {
		if _, err := h.cases.Case(ctx, scopeOf(c), p.id); err != nil {
			return err
		}
		return h.store.PrepareChange(ctx, p.id, a.Name, p.list)
	}
	n, err := h.show.dir.names(ctx)
	if err != nil {
		return err
	}
	if err := h.store.CheckChange(ctx, p.key, p.dept, p.list); err != nil {
		return err
	}
	op, title := "publish", "目录变更："+n.byID[p.dept].Name
	if name := p.list[0].Entry.Name; name != "" {
		title = "目录变更：" + name
	}
	if p.list[0].Withdraws {
		op = "withdraw"
		if e, err := h.store.Entry(ctx, scopeOf(c), p.list[0].Resource); err == nil {
			title = "目录撤销：" + e.Name
		}
	}
	if len(p.list) > 1 {
		title += fmt.Sprintf("等 %d 条", len(p.list))
	}
	got, err := h.show.engine.Open(ctx, a, workflow.Case{
		Kind: workflow.CatalogueChange, Title: title, Region: n.byID[p.dept].Region, Parts: map[workflow.Part]workflow.DeptID{workflow.Lead: p.dept},
		Facts: map[string]any{"entries": int64(len(p.list)), "op": op, "cause": p.cause},
	}, workflow.Input{}, p.key)
	if err != nil {
		return err
	}
	p.id = got.ID
	if err := h.store.PrepareChange(ctx, p.id, a.Name, p.list); err != nil {
		_, undo := h.show.engine.Act(ctx, a, p.id, workflow.Input{Action: "withdraw", Note: fault.Reason(err).ZH}, workflow.Key{})
		if undo != nil {
			return undo
		}
		return err
	}
	return nil
}

// changed shows what a change does, one entry after the other.
func (v *viewer) changed(ctx context.Context, store changeBook, c *workflow.Case) ([]changeView, error) {
	if c.Kind != workflow.CatalogueChange {
		return nil, nil
	}
	versions, err := store.ChangeVersions(ctx, c.ID)
	if err != nil {
		return nil, err
	}
	out := make([]changeView, 0, len(versions))
	for _, v := range versions {
		out = append(out, changeView{
			Resource: v.Resource, Name: v.Entry.Name, Code: v.Entry.Code, N: v.N, Status: string(v.Status), StatusTitle: versionTitle(v.Status),
			Withdraws: v.Withdraws, Class: int(v.Entry.Class), ClassName: classTitle(v.Entry.Class), Items: len(v.Entry.Items),
		})
	}
	return out, nil
}

// changeView is one entry of a change.
type changeView struct {
	Resource    int64      `json:"resource"`
	Name        string     `json:"name"`
	Code        string     `json:"code"`
	N           int        `json:"n"`
	Status      string     `json:"status"`
	StatusTitle fault.Text `json:"status_title"`
	Withdraws   bool       `json:"withdraws"`
	Class       int        `json:"share_class"`
	ClassName   fault.Text `json:"share_class_title"`
	Items       int        `json:"items"`
}
