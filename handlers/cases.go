package handlers

import (
	"cmp"
	"context"
	"fmt"
	"net/url"
	"reflect"
	"slices"

	"github.com/gin-gonic/gin"

	"github.com/shujie-gov/shujie/fault"
	"github.com/shujie-gov/shujie/models"
	"github.com/shujie-gov/shujie/workflow"
)

// caseReader is how cases are read; every read is within a scope.
type caseReader interface {
	Case(ctx context.Context, sc models.Scope, id workflow.CaseID) (workflow.Case, error)
	Cases(ctx context.Context, sc models.Scope, q models.CaseQuery) (models.Page[models.Line], error)
	Whole(ctx context.Context, sc models.Scope, ids []workflow.CaseID) ([]workflow.Case, error)
	CountCases(ctx context.Context, sc models.Scope, q models.CaseQuery, limit int64) (int64, error)
	Desk(ctx context.Context, sc models.Scope, a workflow.Actor, limit int64) (models.Desk, error)
	Events(ctx context.Context, sc models.Scope, id workflow.CaseID, cursor string, limit int) (models.Page[workflow.Event], error)
	LastOf(ctx context.Context, sc models.Scope, id workflow.CaseID, act workflow.Action) (workflow.Event, error)
	Citizen(ctx context.Context, sc models.Scope, id workflow.CaseID) (workflow.Person, error)
}

// ledger is how the calls over the exchange platform are read.
type ledger interface {
	Fetches(ctx context.Context, sc models.Scope, id workflow.CaseID) ([]models.Fetch, error)
	Receipts(ctx context.Context, sc models.Scope, id workflow.CaseID) ([]models.Receipt, error)
	Receipt(ctx context.Context, sc models.Scope, id int64) (models.Receipt, error)
}

// cases serves lists of cases, one case, its log and its moves.
type cases struct {
	changes  changeBook
	store    caseReader
	window   window
	ledger   ledger
	staffing staffReader
	entries  resourceLister
	kept     *filters
	engine   *workflow.Engine
	show     *viewer
	frame    *frames
	tables   *tables
}

func casePath(id int64) string { return fmt.Sprintf("/cases/%d", id) }

// screenful is how many rows a page lists when it is not asked for more: each
// row is judged anew for the one click that moves it.
const screenful = 20

// inbox serves GET /: what waits for the reader, unless they ask for another box.
func (h *cases) inbox(c *gin.Context) (Page, error) {
	return h.page(c, "inbox", models.Todo)
}

// list serves GET /cases.
func (h *cases) list(c *gin.Context) (Page, error) { return h.page(c, "cases", "") }

func (h *cases) page(c *gin.Context, view string, box models.Box) (Page, error) {
	ctx, a, sc := c.Request.Context(), actorOf(c), scopeOf(c)
	n, err := h.show.dir.names(ctx)
	if err != nil {
		return Page{}, err
	}
	q := queryOf(c)
	ask, asked := q.cases(h.engine.Defs, n, a)
	if ask.Box == "" && box != "" {
		ask.Box, asked.Box = box, string(box)
	}
	if wantsHTML(c) {
		if q.values.Get("limit") == "" {
			ask.Limit, asked.Limit = screenful, screenful
		}
		if on, err := h.kept.remember(c, view, q.err() == nil); err != nil || on != "" {
			return Page{Location: on}, err
		}
	}
	if err := q.err(); err != nil {
		out := casesView{Query: asked}
		h.choices(sc, ask, n, &out)
		return Page{View: view, Data: out}, err
	}
	got, err := h.store.Cases(ctx, sc, ask)
	if err != nil {
		return Page{}, err
	}
	out := casesView{Next: got.Next, Query: asked}
	if out.Items, err = h.show.lines(ctx, a, got.Items); err != nil {
		return Page{}, err
	}
	next := q.next(got.Next)
	if wantsHTML(c) {
		if err := h.show.quicken(ctx, h.store, sc, a, out.Items); err != nil {
			return Page{}, err
		}
		if out.Saved, out.Keep, err = h.kept.shown(c, view); err != nil {
			return Page{}, err
		}
		if err := h.around(c, ask, n, &out); err != nil {
			return Page{}, err
		}
		if next != "" {
			out.NextURL = c.Request.URL.Path + "?" + next
		}
		out.First = q.first(c.Request.URL.Path)
	}
	return Page{View: view, Data: out, Next: next}, nil
}

// choices fills what the filters of the page offer.
func (h *cases) choices(sc models.Scope, ask models.CaseQuery, n *names, out *casesView) {
	out.Counts = map[string]int64{string(models.Todo): 0, "red": 0, "yellow": 0, "assist": 0, "share_request": 0, "supervision": 0}
	for _, k := range h.engine.Defs.Kinds() {
		out.Kinds = append(out.Kinds, optionView{Value: string(k), Title: h.show.kindTitle(k)})
	}
	for _, s := range stateWords(h.engine.Defs, ask.Kind) {
		out.States = append(out.States, optionView{Value: s, Title: h.show.anyState(ask.Kind, workflow.State(s))})
	}
	out.Depts = n.deptViews()
	for _, b := range n.batches {
		if visible(sc, b) {
			out.Lots = append(out.Lots, refView{ID: b.ID, Name: b.Name})
		}
	}
	slices.SortFunc(out.Lots, func(a, b refView) int { return cmp.Compare(a.ID, b.ID) })
}

// around fills what only the page shows: counts and the choices of the filters.
func (h *cases) around(c *gin.Context, ask models.CaseQuery, n *names, out *casesView) error {
	h.choices(scopeOf(c), ask, n, out)
	a := actorOf(c)
	out.Bulk, out.Pools = h.bulkChoices(a), a.Has(workflow.DeptHandler) || a.Has(workflow.DeptHead)
	desk, err := h.frame.desk(c)
	if err != nil {
		return err
	}
	out.Counts = map[string]int64{
		string(models.Todo): desk.Todo, "red": desk.Red, "yellow": desk.Yellow,
		"assist": desk.Kinds[workflow.Assist], "share_request": desk.Kinds[workflow.ShareRequest],
		"supervision": desk.Kinds[workflow.Supervision],
	}
	out.Least = desk.Todo >= countMax
	if out.Total = desk.Todo; !plainTodo(ask) {
		ask.Cursor = ""
		if out.Total, err = h.store.CountCases(c.Request.Context(), scopeOf(c), ask, countMax); err != nil {
			return err
		}
	}
	out.More = out.Total >= countMax
	return nil
}

// plainTodo reports whether a list is the inbox without a filter, which the
// frame has counted.
func plainTodo(q models.CaseQuery) bool {
	plain := models.CaseQuery{Box: models.Todo, Actor: q.Actor, Sort: q.Sort, Limit: q.Limit, Cursor: q.Cursor}
	return reflect.DeepEqual(q, plain)
}

// visible reports whether a batch lies in a scope's regions; a batch of which
// the scope sees only some cases shows through those.
func visible(sc models.Scope, b models.Batch) bool {
	if sc.All || len(sc.Depts) > 0 {
		return true // department people file into and work on batches of everywhere
	}
	for _, r := range sc.Regions {
		if below(b.Region, r) {
			return true
		}
	}
	return false
}

// search serves GET /search: a case number goes to its case, words to the list.
func (h *cases) search(c *gin.Context) (Page, error) {
	q := queryOf(c)
	text := q.text("q")
	if err := q.err(); err != nil {
		return Page{}, err
	}
	if id, ok := models.ParseNumber(text); ok {
		if _, err := h.store.Case(c.Request.Context(), scopeOf(c), id); err == nil {
			return Page{Location: casePath(int64(id))}, nil
		} else if fault.KindOf(err) != fault.NotFound {
			return Page{}, err
		}
	}
	return Page{Location: "/cases?q=" + url.QueryEscape(text)}, nil
}

// get serves GET /cases/:id.
func (h *cases) get(c *gin.Context) (Page, error) {
	id, err := pathID(c)
	if err != nil {
		return Page{}, err
	}
	got, err := h.store.Case(c.Request.Context(), scopeOf(c), workflow.CaseID(id))
	if err != nil {
		return Page{}, err
	}
	view, err := h.full(c, &got)
	if err != nil {
		return Page{}, err
	}
	return Page{View: "case", Data: view, Version: got.Version}, nil
}

// events serves GET /cases/:id/events, oldest first.
func (h *cases) events(c *gin.Context) (Page, error) {
	id, err := pathID(c)
	if err != nil {
		return Page{}, err
	}
	ctx, sc := c.Request.Context(), scopeOf(c)
	q := queryOf(c)
	limit, cursor := q.limit(), q.text("cursor")
	if err := q.err(); err != nil {
		return Page{}, err
	}
	got, err := h.store.Case(ctx, sc, workflow.CaseID(id))
	if err != nil {
		return Page{}, err
	}
	n, err := h.show.dir.names(ctx)
	if err != nil {
		return Page{}, err
	}
	list, err := h.store.Events(ctx, sc, got.ID, cursor, limit)
	if err != nil {
		return Page{}, err
	}
	out := eventsView{Items: make([]eventView, 0, len(list.Items)), Next: list.Next}
	for _, e := range list.Items {
		out.Items = append(out.Items, h.show.event(n, got.Kind, e))
	}
	return Page{Data: out, Next: q.next(list.Next)}, nil
}
