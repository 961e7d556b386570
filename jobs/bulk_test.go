package jobs

import (
	"context"
	"sync/atomic"
	"testing"

	"github.com/shujie-gov/shujie/fault"
	"github.com/shujie-gov/shujie/models"
	"github.com/shujie-gov/shujie/workflow"
)

// forgetful is a store that loses the result of every third row: the process
// died after the move and before its result was written.
type forgetful struct {
	*models.Store
	n, lost atomic.Int64
}

func (f *forgetful) SettleRow(ctx context.Context, bulk int64, it models.BulkItem) error {
	if f.n.Add(1)%3 == 0 {
		f.lost.Add(1)
		return fault.New(fault.Unavailable, "进程已终止", "the process is dead")
	}
	return f.Store.SettleRow(ctx, bulk, it)
}

func TestABulkActThatIsInterruptedGoesOnAndMovesEachRowOnce(t *testing.T) {
	eachHouse(t, func(h *house) {
		t := h.t
		o := h.options()
		w, stop := work(t, o)
		var ids []workflow.CaseID
		for n := range 30 {
			ids = append(ids, h.file(t, n))
		}
		h.drained(t, w)
		stop()
		act := models.Bulk{Actor: h.coordinator.UserID, Action: "comment", Note: "统一答复"}
		for _, id := range ids {
			c, err := h.store.Case(t.Context(), models.Scope{All: true}, id)
			if err != nil {
				t.Fatal(err)
			}
			act.Items = append(act.Items, models.BulkItem{Case: id, Version: c.Version, Result: models.RowReady})
		}
		act, err := h.store.CreateBulk(t.Context(), act)
		if err != nil {
			t.Fatal(err)
		}
		late := workflow.Input{Action: "comment", Note: "先别动"} // one row moves on after the preview
		if _, err := h.engine.Act(t.Context(), h.coordinator, ids[0], late, workflow.Key{}); err != nil {
			t.Fatal(err)
		}
		if err := h.store.RunBulk(t.Context(), act.Actor, act.ID); err != nil {
			t.Fatal(err)
		}
		store := &forgetful{Store: h.store}
		o.Store, o.Backoff.Attempts = store, 100
		w, _ = work(t, o)
		h.drained(t, w)
		act, err = h.store.Bulk(t.Context(), act.Actor, act.ID)
		if err != nil || act.State != models.BulkDone || store.lost.Load() == 0 {
			t.Fatalf("%s after %d lost results: %v", act.State, store.lost.Load(), err)
		}
		for i, it := range act.Items {
			want := models.RowDone
			if i == 0 {
				want = models.RowStale
			}
			if it.Result != want {
				t.Errorf("row %d is %s, want %s: %v", i, it.Result, want, it.Reason)
			}
			events, err := h.store.Events(t.Context(), models.Scope{All: true}, it.Case, "", 100)
			if err != nil {
				t.Fatal(err)
			}
			comments := 0
			for _, e := range events.Items {
				if e.Action == "comment" {
					comments++
				}
			}
			if comments != 1 {
				t.Errorf("case %d: %d comments", it.Case, comments)
			}
		}
	})
}
