package handlers

import (
	"context"
	"slices"
	"time"

	"github.com/shujie-gov/shujie/models"
	"github.com/shujie-gov/shujie/workflow"
)

// callBook is what is asked about how often a resource was called.
type callBook interface {
	CallCounts(ctx context.Context, resource int64, from string) ([]models.Count, error)
	TotalCalls(ctx context.Context, resource int64) (int64, error)
}

// callsView is how often a resource was called (累计调用).
type callsView struct {
	Total int64      `json:"total"`
	Days  []dayCalls `json:"days"` // of the last thirty days, the latest first

	Depts []deptCalls `json:"-"` // the same by department, who called most first
}

type dayCalls struct {
	Day   string    `json:"day"`
	Dept  *deptView `json:"department,omitempty"` // for whom
	Calls int64     `json:"calls"`
}

type deptCalls struct {
	Dept         *deptView
	Today, Month int64
}

// callDays is how far back the counts are shown day by day.
const callDays = 30

// calls shows how often a resource was called, and for whom.
func (h *things) calls(ctx context.Context, n *names, resource int64) (callsView, error) {
	today := h.show.engine.Moment().Now.In(china())
	out := callsView{Days: []dayCalls{}}
	var err error
	if out.Total, err = h.store.TotalCalls(ctx, resource); err != nil {
		return out, err
	}
	list, err := h.store.CallCounts(ctx, resource, today.AddDate(0, 0, 1-callDays).Format(time.DateOnly))
	if err != nil {
		return out, err
	}
	at := map[workflow.DeptID]int{}
	for _, c := range list {
		out.Days = append(out.Days, dayCalls{c.Day, n.dept(c.Dept), c.Calls})
		i, ok := at[c.Dept]
		if !ok {
			i = len(out.Depts)
			at[c.Dept], out.Depts = i, append(out.Depts, deptCalls{Dept: n.dept(c.Dept)})
		}
		if out.Depts[i].Month += c.Calls; c.Day == today.Format(time.DateOnly) {
			out.Depts[i].Today = c.Calls
		}
	}
	slices.SortStableFunc(out.Depts, func(a, b deptCalls) int { return int(b.Month - a.Month) })
	return out, nil
}
