package handlers

import (
	"cmp"
	"slices"
	"time"

	"github.com/gin-gonic/gin"

	"github.com/shujie-gov/shujie/fault"
	"github.com/shujie-gov/shujie/models"
	"github.com/shujie-gov/shujie/workflow"
)

// The time a dry run looks back when no other is given, and at most. House rule.
const (
	rehearsalSpan = 30 * 24 * time.Hour
	rehearsalMost = 366 * 24 * time.Hour
)

// movedShown is how many cases that would go elsewhere the page lists; the API
// lists all.
const movedShown = 200

// rehearse serves POST /routing/:id/rehearsal: where the blockers that were
// filed in the last 30 days, or from one day to another, would have gone under
// this version, beside where they go under what is in force. The run is
// recorded; a draft is activated only after a run of its very revision.
func (h *routing) rehearse(c *gin.Context) (Page, error) {
	set, err := h.set(c, "write")
	if err != nil {
		return Page{}, err
	}
	b, err := readBody(c)
	if err != nil {
		return Page{}, err
	}
	ctx, now := c.Request.Context(), h.show.engine.Moment().Now
	from, to := now.Add(-rehearsalSpan), now
	if d := b.day("from"); d != nil {
		from = *d
	}
	if d := b.day("to"); d != nil {
		to = *d
		if len(b.text("to", 40)) == len(time.DateOnly) {
			to = to.AddDate(0, 0, 1) // to the end of that day
		}
	}
	if !from.Before(to) {
		b.refuse("from", "应早于截止时间", "must be before the end")
	} else if to.Sub(from) > rehearsalMost {
		b.refuse("from", "时间范围不能超过一年", "the time must not be longer than a year")
	}
	if err := b.err(); err != nil {
		return Page{}, err
	}
	if set.State != models.RoutingDraft {
		return Page{}, fault.New(fault.Conflict, "只有草稿可以试运行。", "Only a draft is run dry.")
	}
	list, err := h.store.FiledBlockers(ctx, scopeOf(c), set.Region, from, to)
	if err != nil {
		return Page{}, err
	}
	active, err := h.tables.active(ctx)
	if err != nil {
		return Page{}, err
	}
	n, err := h.show.dir.names(ctx)
	if err != nil {
		return Page{}, err
	}
	out := compared(n, list, active, set.Table())
	out.From, out.To = from, to
	set, err = h.store.NoteRehearsal(ctx, set.ID, models.Rehearsal{
		Revision: set.Revision, From: from, To: to, Cases: out.Cases, Moved: len(out.Moved), At: now, By: actorOf(c).Name,
	})
	if err != nil {
		return Page{}, err
	}
	out.Set, err = h.whole(c, &set)
	return Page{View: "rehearsal", Data: out}, err
}

// compared works out where each case goes under the tables in force, and where
// with next in the place of its region's.
func compared(n *names, list []models.Filed, active []workflow.RoutingTable, next workflow.RoutingTable) rehearsalView {
	planned := slices.DeleteFunc(slices.Clone(active), func(t workflow.RoutingTable) bool { return t.Region == next.Region })
	planned = append(planned, next)
	out := rehearsalView{Cases: len(list), Moved: []movedView{}, Loads: []loadView{}}
	type load struct{ before, after int }
	loads := map[workflow.DeptID]*load{}
	at := func(id workflow.DeptID) *load {
		if loads[id] == nil {
			loads[id] = &load{}
		}
		return loads[id]
	}
	for _, f := range list {
		before := workflow.NearestTable(active, f.Question.Region).Route(f.Question)
		after := workflow.NearestTable(planned, f.Question.Region).Route(f.Question)
		at(before.To).before++
		at(after.To).after++
		if before.To != after.To {
			out.Moved = append(out.Moved, movedView{
				Case:   caseRef{ID: int64(f.ID), Number: models.Number(f.ID, f.CreatedAt), Title: f.Title},
				Before: n.dept(before.To), After: n.dept(after.To), Row: after.Row, Reason: after.Reason, Lead: n.dept(f.Lead),
			})
		}
	}
	for id, l := range loads {
		out.Loads = append(out.Loads, loadView{Department: n.dept(id), Before: l.before, After: l.after})
	}
	slices.SortFunc(out.Loads, func(x, y loadView) int {
		return cmp.Or(cmp.Compare(y.After, x.After), cmp.Compare(y.Before, x.Before), cmp.Compare(deptName(x.Department), deptName(y.Department)))
	})
	out.Shown = out.Moved[:min(len(out.Moved), movedShown)]
	return out
}
