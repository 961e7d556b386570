package handlers

import (
	"context"
	"net/http"
	"time"

	"github.com/gin-gonic/gin"

	"github.com/shujie-gov/shujie/models"
	"github.com/shujie-gov/shujie/workflow"
)

// standIns is where it is kept who stands in for whom.
type standIns interface {
	Substitutes(ctx context.Context, person int64) ([]models.Substitute, error)
	NameSubstitute(ctx context.Context, by int64, in models.Substitute) (models.Substitute, error)
	EndSubstitute(ctx context.Context, by, id int64) error
}

// substituteView says who stands in for whom, and until when.
type substituteView struct {
	ID         int64     `json:"id"`
	Absent     personRef `json:"absent"`
	Substitute personRef `json:"substitute"`
	Dept       *deptView `json:"department,omitempty"`
	From       string    `json:"from"`
	Until      string    `json:"until"`
	NamedBy    personRef `json:"named_by"`
	Now        bool      `json:"now"`  // today is one of the days
	Mine       bool      `json:"mine"` // the reader may end it
}

// substitutesView is GET /api/v1/substitutes.
type substitutesView struct {
	Items []substituteView `json:"items"`
}

// myView is the page of the reader's own (我的).
type myView struct {
	Me          meView
	Substitutes []substituteView
	People      []personLoad // of the reader's department, who could stand in
	Heads       bool         // the reader may name a substitute for others
	Today       string
	Filters     []filterView
	Form        map[string]any // what was typed, after a 422
}

// mine serves the reader's own page: substitutes and kept filters.
type mine struct {
	store   standIns
	staff   staffReader
	filters *filters
	show    *viewer
	now     func() time.Time
}

// get serves GET /me.
func (h *mine) get(c *gin.Context) (Page, error) {
	me, err := h.show.person(c.Request.Context(), userOf(c))
	if err != nil || !wantsHTML(c) {
		return Page{Data: me}, err
	}
	view, err := h.page(c, me)
	return Page{View: "me", Data: view}, err
}

func (h *mine) page(c *gin.Context, me meView) (myView, error) {
	ctx, u := c.Request.Context(), userOf(c)
	out := myView{Me: me, Today: h.today()}
	var err error
	if out.Substitutes, err = h.listed(c); err != nil {
		return out, err
	}
	if out.Filters, err = h.filters.named(c, ""); err != nil {
		return out, err
	}
	for _, g := range u.Grants {
		if g.For != 0 || g.Role.Domain() != workflow.InDepartment {
			continue
		}
		out.Heads = out.Heads || g.Role == workflow.DeptHead
		if out.People == nil {
			load, err := h.staff.Workload(ctx, u.Dept)
			if err != nil {
				return out, err
			}
			for _, p := range load.People {
				out.People = append(out.People, personLoad(p))
			}
		}
	}
	return out, nil
}

func (h *mine) today() string { return h.now().In(china()).Format(time.DateOnly) }

func (h *mine) listed(c *gin.Context) ([]substituteView, error) {
	ctx, u := c.Request.Context(), userOf(c)
	n, err := h.show.dir.names(ctx)
	if err != nil {
		return nil, err
	}
	list, err := h.store.Substitutes(ctx, u.ID)
	out := make([]substituteView, 0, len(list))
	for _, s := range list {
		out = append(out, h.view(n, u, s))
	}
	return out, err
}

func (h *mine) view(n *names, u models.User, s models.Substitute) substituteView {
	ref := func(id int64, name string) personRef { return personRef{ID: id, Name: name, Me: id == u.ID} }
	day := h.today()
	heads := false
	for _, g := range u.Grants {
		heads = heads || g.For == 0 && g.Role == workflow.DeptHead && g.Dept == s.Dept
	}
	return substituteView{
		ID: s.ID, Absent: ref(s.Absent, s.AbsentName), Substitute: ref(s.Substitute, s.SubstituteName), Dept: n.dept(s.Dept),
		From: s.From, Until: s.Until, NamedBy: ref(s.NamedBy, s.NamedByName), Now: s.From <= day && day <= s.Until,
		Mine: heads || s.Absent == u.ID || s.NamedBy == u.ID,
	}
}

// list serves GET /substitutes.
func (h *mine) list(c *gin.Context) (Page, error) {
	list, err := h.listed(c)
	return Page{Data: substitutesView{Items: list}}, err
}

// name serves POST /substitutes: the reader names who stands in for them, or
// as a head for one of their people.
func (h *mine) name(c *gin.Context) (Page, error) {
	b, err := readBody(c)
	if err != nil {
		return Page{}, err
	}
	ctx, u := c.Request.Context(), userOf(c)
	in := models.Substitute{From: b.dayText("from"), Until: b.dayText("until")}
	in.Absent, _ = b.whole("absent")
	in.Substitute, _ = b.whole("substitute")
	if in.Absent == 0 {
		in.Absent = u.ID
	}
	if in.Substitute == 0 {
		b.refuse("substitute", "请选择代办人", "choose who stands in")
	}
	if err := b.err(); err != nil {
		return h.refused(c, b, err)
	}
	got, err := h.store.NameSubstitute(ctx, u.ID, in)
	if err != nil {
		return h.refused(c, b, err)
	}
	n, err := h.show.dir.names(ctx)
	if err != nil {
		return Page{}, err
	}
	page := Page{Status: http.StatusCreated, View: "me", Data: h.view(n, u, got)}
	if wantsHTML(c) {
		page.Location = "/me"
	}
	return page, nil
}

// refused shows the page again with what was typed.
func (h *mine) refused(c *gin.Context, b *body, cause error) (Page, error) {
	if !wantsHTML(c) {
		return Page{}, cause
	}
	me, err := h.show.person(c.Request.Context(), userOf(c))
	if err != nil {
		return Page{}, err
	}
	view, err := h.page(c, me)
	if err != nil {
		return Page{}, err
	}
	view.Form = b.values
	return Page{View: "me", Data: view}, cause
}

// end serves POST /substitutes/:id/end.
func (h *mine) end(c *gin.Context) (Page, error) {
	id, err := pathID(c)
	if err != nil {
		return Page{}, err
	}
	if err := h.store.EndSubstitute(c.Request.Context(), userOf(c).ID, id); err != nil {
		return Page{}, err
	}
	if wantsHTML(c) {
		return Page{Location: "/me"}, nil
	}
	return Page{Status: http.StatusNoContent}, nil
}

// dayText reads a day, like 2026-03-02.
func (b *body) dayText(name string) string {
	s := b.must(name, 10)
	if t, err := time.Parse(time.DateOnly, s); s != "" && (err != nil || !inReach(t)) {
		b.refuse(name, "应为日期，如 2026-03-02", "must be a date, like 2026-03-02")
	}
	return s
}
