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

// bulkKeeper is where bulk acts are kept.
type bulkKeeper interface {
	CreateBulk(ctx context.Context, b models.Bulk) (models.Bulk, error)
	Bulk(ctx context.Context, actor, id int64) (models.Bulk, error)
	RunBulk(ctx context.Context, actor, id int64) error
}

// undoFor is how long a bulk act can be taken back (内部规定).
const undoFor = 10 * time.Minute

// bulks serves bulk acts: one action on many cases, previewed, then run.
type bulks struct {
	store bulkKeeper
	cases *cases
	now   func() time.Time
}

func bulkPath(id int64) string { return fmt.Sprintf("/bulk/%d", id) }

// preview serves POST /bulk: it rehearses an action on the chosen cases, each by
// the reader's rights on it, and keeps the selection in its present versions.
// Nothing moves until it is run.
func (h *bulks) preview(c *gin.Context) (Page, error) {
	b, err := readBody(c)
	if err != nil {
		return Page{}, err
	}
	ctx, a := c.Request.Context(), actorOf(c)
	in := workflow.Input{Action: workflow.Action(b.must("action", 50)), Note: b.text("note", 2000)}
	rows := b.rows()
	in.Fields = h.cases.fields(in.Action, b)
	for _, name := range []string{"action", "cases", "row", "typed"} {
		delete(in.Fields, name)
	}
	chosen, err := h.chosen(ctx, models.ScopeOf(a), rows)
	if err != nil {
		return Page{}, err
	}
	form, err := h.form(ctx, a, in.Action, b, rows, chosen)
	if err != nil {
		return Page{}, err
	}
	page := Page{View: "bulkform", Data: form}
	if wantsHTML(c) && len(*b.wrong) == 0 && len(form.Inputs) > 0 && b.text("typed", 10) == "" {
		return page, nil // the action asks for something that is the same for all rows
	}
	b.needs(form.Inputs)
	if err := b.err(); err != nil {
		return page, err
	}
	items, err := h.rehearse(ctx, a, in, rows, chosen)
	if err != nil {
		return page, err
	}
	got, err := h.store.CreateBulk(ctx, models.Bulk{Actor: a.UserID, Action: in.Action, Note: in.Note, Fields: in.Fields, Items: items})
	if err != nil {
		return page, err
	}
	return h.shown(c, got, http.StatusCreated)
}

// get serves GET /bulk/:id.
func (h *bulks) get(c *gin.Context) (Page, error) {
	id, err := pathID(c)
	if err != nil {
		return Page{}, err
	}
	got, err := h.store.Bulk(c.Request.Context(), userOf(c).ID, id)
	if err != nil {
		return Page{}, err
	}
	view, err := h.view(c, got)
	return Page{View: "bulk", Data: view}, err
}

// run serves POST /bulk/:id/run. Running twice is running once.
func (h *bulks) run(c *gin.Context) (Page, error) {
	id, err := pathID(c)
	if err != nil {
		return Page{}, err
	}
	ctx, me := c.Request.Context(), userOf(c).ID
	if _, err := h.store.Bulk(ctx, me, id); err != nil {
		return Page{}, err
	}
	return h.begin(c, me, id)
}

// begin lets a bulk act run in the background and answers how it stands.
func (h *bulks) begin(c *gin.Context, me, id int64) (Page, error) {
	ctx := c.Request.Context()
	if err := h.store.RunBulk(ctx, me, id); err != nil {
		return Page{}, err
	}
	got, err := h.store.Bulk(ctx, me, id)
	if err != nil {
		return Page{}, err
	}
	return h.shown(c, got, http.StatusAccepted)
}

// undo serves POST /bulk/:id/undo: a bulk act of the inverse action on the rows
// that were moved and have not moved since.
func (h *bulks) undo(c *gin.Context) (Page, error) {
	id, err := pathID(c)
	if err != nil {
		return Page{}, err
	}
	ctx, a := c.Request.Context(), actorOf(c)
	done, err := h.store.Bulk(ctx, a.UserID, id)
	if err != nil {
		return Page{}, err
	}
	inverse := h.inverse(done.Action)
	switch {
	case inverse == "":
		return Page{}, fault.New(fault.Conflict, "这个操作不能撤销。", "This action cannot be taken back.")
	case done.State != models.BulkDone || h.now().After(done.EndedAt.Add(undoFor)):
		return Page{}, fault.New(fault.Conflict, "只能在执行完后 10 分钟内撤销。", "It can be taken back within 10 minutes after it has run.")
	}
	var rows []bulkTarget
	for _, it := range done.Items {
		if it.Result == models.RowDone && it.Was == 0 {
			rows = append(rows, bulkTarget{it.Case, it.After})
		}
	}
	if len(rows) == 0 {
		return Page{}, fault.New(fault.Conflict, "没有可以撤销的案件。", "There is no case to take back.")
	}
	chosen, err := h.chosen(ctx, models.ScopeOf(a), rows)
	if err != nil {
		return Page{}, err
	}
	items, err := h.rehearse(ctx, a, workflow.Input{Action: inverse}, rows, chosen)
	if err != nil {
		return Page{}, err
	}
	back, err := h.store.CreateBulk(ctx, models.Bulk{Actor: a.UserID, Action: inverse, Undoes: done.ID, Items: items})
	if err != nil {
		return Page{}, err
	}
	return h.begin(c, a.UserID, back.ID)
}

// inverse returns the action that takes act back, "" when none does.
func (h *bulks) inverse(act workflow.Action) workflow.Action {
	for _, k := range h.cases.engine.Defs.Kinds() {
		for _, t := range h.cases.engine.Defs.Latest(k).Transitions {
			if t.Action == act && t.Undo != "" {
				return t.Undo
			}
		}
	}
	return ""
}

// bulkTarget is one chosen case at the version at which it was chosen; 0 is the
// present one.
type bulkTarget struct {
	id      workflow.CaseID
	version int64
}

// chosen reads the cases of the rows that the reader may see, by id.
func (h *bulks) chosen(ctx context.Context, sc models.Scope, rows []bulkTarget) (map[workflow.CaseID]*workflow.Case, error) {
	ids := make([]workflow.CaseID, len(rows))
	for i, r := range rows {
		ids[i] = r.id
	}
	whole, err := h.cases.store.Whole(ctx, sc, ids)
	if err != nil {
		return nil, err
	}
	found := map[workflow.CaseID]*workflow.Case{}
	for i := range whole {
		found[whole[i].ID] = &whole[i]
	}
	return found, nil
}

// rehearse says of each row what the action would do with it, or why not. Who
// may not see a case is told that there is none.
func (h *bulks) rehearse(ctx context.Context, a workflow.Actor, in workflow.Input, rows []bulkTarget, chosen map[workflow.CaseID]*workflow.Case) ([]models.BulkItem, error) {
	items := make([]models.BulkItem, len(rows))
	for i, r := range rows {
		items[i] = models.BulkItem{N: i, Case: r.id, Version: r.version, Result: models.RowReady}
		c := chosen[r.id]
		if c == nil {
			items[i].Result, items[i].Reason = models.RowRefused, fault.Text{ZH: "没有这件事项。", EN: "There is no such case."}
			continue
		}
		if r.version == 0 {
			items[i].Version = c.Version
		}
		in.Version, items[i].Was = items[i].Version, c.Assignee
		dec, err := h.cases.engine.Rehearse(ctx, *c, a, in)
		switch fault.KindOf(err) {
		case fault.Unavailable:
			return nil, err
		case fault.Stale:
			items[i].Result = models.RowStale
		case fault.Invalid, fault.NotFound, fault.Forbidden, fault.Unauth, fault.Conflict:
			items[i].Result = models.RowRefused
		case fault.Internal:
			if err != nil {
				return nil, err
			}
			if dec.After.State != c.State {
				items[i].To = dec.After.State
			}
		}
		items[i].Reason = fault.Reason(err)
	}
	return items, nil
}

// rows reads the chosen cases: cases is a list of ids or of {id, version}, and a
// form sends row=id:version once for each.
func (b *body) rows() []bulkTarget {
	var list []bulkTarget
	seen := map[workflow.CaseID]bool{}
	add := func(field string, id, version int64) {
		if id < 1 || version < 0 {
			b.refuse(field, "没有这个编号", "there is no such number")
			return
		}
		if c := workflow.CaseID(id); !seen[c] {
			seen[c] = true
			list = append(list, bulkTarget{c, version})
		}
	}
	for _, row := range b.texts("row", 50) {
		id, version, _ := strings.Cut(row, ":")
		n, err := strconv.ParseInt(id, 10, 64)
		v, err2 := strconv.ParseInt(version, 10, 64)
		if err != nil || err2 != nil {
			n = 0
		}
		add("row", n, v)
	}
	chosen, _ := b.values["cases"].([]any)
	for i, v := range chosen {
		one := &body{values: map[string]any{"id": v}, prefix: fmt.Sprintf("cases.%d.", i), wrong: b.wrong}
		if m, ok := v.(map[string]any); ok {
			one.values = m
		}
		id, _ := one.whole("id")
		version, _ := one.whole("version")
		add(fmt.Sprintf("cases.%d", i), id, version)
	}
	switch {
	case len(list) == 0 && len(*b.wrong) == 0:
		b.refuse("cases", "请至少选择一件", "choose at least one")
	case len(list) > models.MaxBulk:
		b.refuse("cases", fmt.Sprintf("一次最多 %d 件", models.MaxBulk), fmt.Sprintf("at most %d at once", models.MaxBulk))
		return nil
	}
	return list
}

// needs refuses required inputs that are missing, once and not row by row.
func (b *body) needs(inputs []inputView) {
	for _, in := range inputs {
		if in.Required && (b.values[in.Name] == nil || b.values[in.Name] == "") {
			b.refuse(in.Name, "请填写"+in.Title.ZH, in.Title.EN+" is required")
		}
	}
}

// bulkable reports whether the inputs of a transition can be the same for many
// cases, and whether a person takes it at all. A look at personal data is taken
// case by case, each with its reason.
func bulkable(t *workflow.Transition) bool {
	if len(t.From) == 0 || t.Action == unmask {
		return false
	}
	return !slices.ContainsFunc(t.Inputs, func(f workflow.Field) bool {
		return f.Type == "requirement" || f.Type == "resource" || f.Type == "case" || f.Type == "departments"
	})
}
