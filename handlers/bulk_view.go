package handlers

import (
	"context"
	"slices"
	"time"

	"github.com/gin-gonic/gin"

	"github.com/shujie-gov/shujie/fault"
	"github.com/shujie-gov/shujie/models"
	"github.com/shujie-gov/shujie/workflow"
)

// bulkView is GET /api/v1/bulk/{id}: a preview, how far it is, or what came of it.
type bulkView struct {
	ID        int64            `json:"id"`
	Action    string           `json:"action"`
	Title     fault.Text       `json:"action_title"`
	Note      string           `json:"note,omitempty"`
	State     string           `json:"state"` // preview, running, done
	Undoes    int64            `json:"undoes,omitempty"`
	Counts    map[string]int64 `json:"counts"`               // rows by result
	UndoUntil *time.Time       `json:"undo_until,omitempty"` // until when it can be taken back
	Items     []bulkItemView   `json:"items"`
	CreatedAt time.Time        `json:"created_at"`
	EndedAt   *time.Time       `json:"ended_at,omitempty"`

	// For the page only.
	Total    int64 `json:"-"`
	Settled  int64 `json:"-"`
	Undoable bool  `json:"-"` // an inverse action exists
}

// bulkItemView is one row: what would happen to it, or what happened.
type bulkItemView struct {
	Case    int64      `json:"case"`
	Number  string     `json:"number,omitempty"` // absent when the reader sees no such case
	Title   string     `json:"title,omitempty"`
	Version int64      `json:"version"`
	Result  string     `json:"result"` // ready, done, refused, stale, failed
	To      string     `json:"to,omitempty"`
	ToName  fault.Text `json:"to_title,omitzero"`
	Reason  fault.Text `json:"reason,omitzero"`
	Holder  string     `json:"-"` // the colleague from whom it is taken
}

// bulkFormView asks for the inputs of an action that are the same for all rows.
type bulkFormView struct {
	Action       string
	Title        fault.Text
	Inputs       []inputView
	Rows         []bulkRowView
	Depts        []deptView
	Staff        []personLoad
	Supplies     []refView
	Requirements []needView // none: an action on many cases names no requirement
	Form         map[string]any
}

// bulkRowView is a chosen row as the form sends it again.
type bulkRowView struct{ ID, Version int64 }

// shown answers a bulk act after a change.
func (h *bulks) shown(c *gin.Context, b models.Bulk, status int) (Page, error) {
	page := Page{View: "bulk", Location: bulkPath(b.ID), Status: status}
	if wantsHTML(c) {
		page.Data = struct{}{}
		return page, nil
	}
	page.Location = apiRoot + bulkPath(b.ID)
	view, err := h.view(c, b)
	page.Data = view
	return page, err
}

// view shows a bulk act. Rows that the reader does not see, or no longer, have
// neither number nor title.
func (h *bulks) view(c *gin.Context, b models.Bulk) (bulkView, error) {
	ctx := c.Request.Context()
	out := bulkView{
		ID: b.ID, Action: string(b.Action), Title: h.title(b.Action), Note: b.Note, State: string(b.State), Undoes: b.Undoes,
		Counts: map[string]int64{}, Items: make([]bulkItemView, 0, len(b.Items)), CreatedAt: b.CreatedAt, EndedAt: b.EndedAt,
		Total: int64(len(b.Items)),
	}
	for _, r := range []models.BulkResult{models.RowReady, models.RowDone, models.RowRefused, models.RowStale, models.RowFailed} {
		out.Counts[string(r)] = 0
	}
	out.Undoable = h.inverse(b.Action) != ""
	if out.Undoable && b.EndedAt != nil && b.Undoes == 0 {
		if until := b.EndedAt.Add(undoFor); h.now().Before(until) {
			out.UndoUntil = &until
		}
	}
	ids := make([]workflow.CaseID, len(b.Items))
	for i, it := range b.Items {
		ids[i] = it.Case
	}
	whole, err := h.cases.store.Whole(ctx, scopeOf(c), ids)
	if err != nil {
		return out, err
	}
	seen := map[workflow.CaseID]*workflow.Case{}
	var lines []models.Line
	for i := range whole {
		seen[whole[i].ID] = &whole[i]
		lines = append(lines, models.Line{Assignee: whole[i].Assignee})
	}
	who, err := h.cases.show.claimants(ctx, lines)
	if err != nil {
		return out, err
	}
	for _, it := range b.Items {
		out.Counts[string(it.Result)]++
		if it.Result != models.RowReady {
			out.Settled++
		}
		v := bulkItemView{Case: int64(it.Case), Version: it.Version, Result: string(it.Result), To: string(it.To), Reason: it.Reason}
		if k := seen[it.Case]; k != nil {
			v.Number, v.Title = models.NumberOf(k), k.Title
			if it.To != "" {
				v.ToName = h.cases.show.stateTitle(k.Kind, k.DefVersion, it.To)
			}
			if b.State == models.BulkPreview && out.Undoable && it.Was != 0 && it.Was != b.Actor {
				v.Holder = who[it.Was]
			}
		}
		out.Items = append(out.Items, v)
	}
	return out, nil
}

// title returns what an action is called in the first kind that has it.
func (h *bulks) title(act workflow.Action) fault.Text {
	for _, k := range h.cases.engine.Defs.Kinds() {
		if d := h.cases.engine.Defs.Latest(k); slices.Contains(d.ActionNames(), act) {
			return d.ActionTitle(act)
		}
	}
	return fault.Text{ZH: string(act), EN: string(act)}
}

// form returns what an action asks of all rows alike: of their kinds, for two
// kinds may have an action of one name. An action that there is not, or that asks
// for something of each case, is refused.
func (h *bulks) form(ctx context.Context, a workflow.Actor, act workflow.Action, b *body, rows []bulkTarget, chosen map[workflow.CaseID]*workflow.Case) (bulkFormView, error) {
	out := bulkFormView{Action: string(act), Title: h.title(act), Form: b.values}
	for _, r := range rows {
		out.Rows = append(out.Rows, bulkRowView{int64(r.id), r.version})
	}
	if act == "" {
		return out, nil
	}
	kinds := map[workflow.Kind]bool{}
	for _, c := range chosen {
		kinds[c.Kind] = true
	}
	known := false
	for _, k := range h.cases.engine.Defs.Kinds() {
		for _, t := range h.cases.engine.Defs.Latest(k).Transitions {
			if t.Action != act || !bulkable(t) {
				continue
			}
			known = true
			if kinds[k] && len(t.Inputs) > len(out.Inputs) {
				out.Inputs = inputsOf(t.Inputs, nil)
			}
		}
	}
	if !known {
		return out, fault.InvalidField("action", "这个操作不能批量办理", "cannot be done on many cases at once")
	}
	n, err := h.cases.show.dir.names(ctx)
	if err != nil {
		return out, err
	}
	out.Depts = n.deptViews()
	for _, g := range a.Grants {
		if g.Role != workflow.DeptHead {
			continue
		}
		staff, err := h.cases.staff(ctx, []choiceView{{Allowed: true, Inputs: out.Inputs}}, g.Dept)
		if err != nil {
			return out, err
		}
		out.Staff = append(out.Staff, staff...)
	}
	return out, nil
}

// bulkChoices lists what the reader's roles may do with many cases at once, the
// one-click actions first. Whether a row allows it is said by the preview.
func (h *cases) bulkChoices(a workflow.Actor) []optionView {
	var quick, rest []optionView
	seen := map[workflow.Action]bool{}
	for _, k := range h.engine.Defs.Kinds() {
		for _, t := range h.engine.Defs.Latest(k).Transitions {
			if seen[t.Action] || !bulkable(t) || !slices.ContainsFunc(t.Seats(), func(s workflow.Seat) bool { return a.Has(s.Role) }) {
				continue
			}
			seen[t.Action] = true
			o := optionView{Value: string(t.Action), Title: t.Title}
			if t.Quick {
				quick = append(quick, o)
			} else {
				rest = append(rest, o)
			}
		}
	}
	return append(quick, rest...)
}
