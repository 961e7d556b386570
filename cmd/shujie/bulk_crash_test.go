package main

import (
	"context"
	"fmt"
	"testing"
	"time"

	"github.com/shujie-gov/shujie/models"
	"github.com/shujie-gov/shujie/workflow"
)

// TestABulkActThatWasKilledIsDoneOnceARow lets a worker accept many blockers at
// once, kills it twice in the middle and lets another one end it. Rows whose case
// moved on meanwhile stay what they are.
func TestABulkActThatWasKilledIsDoneOnceARow(t *testing.T) {
	for _, g := range grounds(t) {
		t.Run(g.name, func(t *testing.T) {
			const rows, stale = 300, 7
			a := g.open(t)
			filed(t, a, rows)
			u, err := a.store.UserByName(t.Context(), "coordinator")
			if err != nil {
				t.Fatal(err)
			}
			bulk := models.Bulk{Actor: u.ID, Action: "accept", Note: "第一批"}
			for i := range rows {
				c := read(t, a, workflow.CaseID(i+1))
				bulk.Items = append(bulk.Items, models.BulkItem{N: i, Case: c.ID, Version: c.Version, To: "accepted", Result: models.RowReady})
				if i%stale == 0 {
					if _, err := a.engine.Act(t.Context(), u.Actor(), c.ID, workflow.Input{Action: "comment", Note: "先核实"}, workflow.Key{}); err != nil {
						t.Fatal(err)
					}
				}
			}
			if bulk, err = a.store.CreateBulk(t.Context(), bulk); err != nil {
				t.Fatal(err)
			}
			if err := a.store.RunBulk(t.Context(), u.ID, bulk.ID); err != nil {
				t.Fatal(err)
			}
			work := []string{"serve", "--role=worker"}
			environ := append([]string{"SHUJIE_ADDR=127.0.0.1:0"}, g.environ...)
			for _, part := range []int{rows / 4, rows / 2} {
				takeUp(t, a)
				killed(t, environ, func() bool { return settled(t, a, u.ID, bulk.ID) > part }, work...)
				if n := settled(t, a, u.ID, bulk.ID); n == rows {
					t.Fatal("it was over before it was killed")
				}
			}
			takeUp(t, a)
			ctx, stop := context.WithCancel(t.Context())
			ended := make(chan error, 1)
			a.cfg.Addr = "127.0.0.1:0"
			go func() { ended <- a.run(ctx, roleWorker, nil) }()
			for settled(t, a, u.ID, bulk.ID) < rows {
				select {
				case err := <-ended:
					t.Fatalf("the worker ended: %v", err)
				case <-time.After(20 * time.Millisecond):
				}
			}
			stop()
			if err := <-ended; err != nil {
				t.Error(err)
			}
			bulk, err = a.store.Bulk(t.Context(), u.ID, bulk.ID)
			if err != nil {
				t.Fatal(err)
			}
			for _, it := range bulk.Items {
				c, want := read(t, a, it.Case), fmt.Sprint(models.RowDone, " 2 accepted")
				if it.N%stale == 0 {
					want = fmt.Sprint(models.RowStale, " 0 filed")
				}
				if got := fmt.Sprint(it.Result, " ", it.After, " ", c.State); got != want || c.Version != 2 {
					t.Errorf("row %d: %s at version %d, want %s", it.N, got, c.Version, want)
				}
			}
		})
	}
}

// takeUp lets the leases of a worker that died run out.
func takeUp(t *testing.T, a *app) {
	t.Helper()
	if err := a.store.ReleaseJobs(t.Context()); err != nil {
		t.Fatal(err)
	}
}

// read reads a case.
func read(t *testing.T, a *app, id workflow.CaseID) workflow.Case {
	t.Helper()
	c, err := a.store.Case(t.Context(), models.Scope{All: true}, id)
	if err != nil {
		t.Fatal(err)
	}
	return c
}

// settled counts the rows of a bulk act that have a result.
func settled(t *testing.T, a *app, actor, id int64) int {
	t.Helper()
	b, err := a.store.Bulk(t.Context(), actor, id)
	if err != nil {
		t.Fatal(err)
	}
	n := 0
	for _, it := range b.Items {
		if it.Result != models.RowReady {
			n++
		}
	}
	return n
}
