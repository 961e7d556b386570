package jobs

import (
	"context"
	"slices"
	"testing"

	"github.com/shujie-gov/shujie/models"
	"github.com/shujie-gov/shujie/workflow"
)

// As soon as one of two has assisted, the worker lets the other go, whatever
// carries the jobs.
func TestTheRestOfAJoinIsLetGoByTheWorker(t *testing.T) {
	eachHouse(t, func(h *house) {
		t := h.t
		w, _ := work(t, h.options())
		ctx := t.Context()
		depts, err := h.store.Departments(ctx)
		if err != nil {
			t.Fatal(err)
		}
		handlers := map[workflow.DeptID]workflow.Actor{}
		for _, d := range depts {
			handlers[d.ID] = workflow.Actor{Name: d.Name, Dept: d.ID, Grants: []workflow.Grant{{Role: workflow.DeptHandler, Dept: d.ID}}}
		}
		act := func(dept workflow.DeptID, id workflow.CaseID, action workflow.Action, fields map[string]any) {
			t.Helper()
			if _, err := h.engine.Act(ctx, handlers[dept], id, workflow.Input{Action: action, Note: "办理", Fields: fields}, workflow.Key{}); err != nil {
				t.Fatalf("%s on %d: %v", action, id, err)
			}
		}
		id := h.file(t, 1)
		h.drained(t, w)
		act(h.holder, id, "sign", nil)
		var others []any
		for _, d := range depts {
			if d.ID != h.holder && !d.Hall {
				others = append(others, int64(d.ID))
			}
		}
		others = append(others, int64(depts[slices.IndexFunc(depts, func(d models.Department) bool { return d.Hall })].ID))
		act(h.holder, id, "request_assist", map[string]any{"to": others, "rule": "any"})
		round := func() (list []workflow.Child) {
			c, err := h.store.Case(context.WithoutCancel(ctx), models.Scope{All: true}, id)
			if err != nil {
				t.Fatal(err)
			}
			for _, k := range c.Children {
				if k.Round == 1 {
					list = append(list, k)
				}
			}
			return list
		}
		asked := round()
		act(asked[0].Lead, asked[0].ID, "sign", nil)
		act(asked[0].Lead, asked[0].ID, "finish", nil)
		h.drained(t, w)
		if got := round(); len(got) != 2 || got[0].State != "done" || got[1].State != "released" {
			t.Fatalf("the round: %+v", got)
		}
		again := Task[Act]{Case: asked[1].ID, Args: Act{Action: "release"}} // the job comes twice
		if err := doer(h.engine, quietLog())(ctx, again); err != nil {
			t.Fatalf("done twice: %v", err)
		}
	})
}
