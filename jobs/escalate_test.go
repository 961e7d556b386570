package jobs

import (
	"context"
	"fmt"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"golang.org/x/sync/errgroup"

	"github.com/shujie-gov/shujie/models"
	"github.com/shujie-gov/shujie/models/modelstest"
	"github.com/shujie-gov/shujie/workflow"
)

// replica is an engine whose replica dies after some steps.
type replica struct {
	Engine
	left atomic.Int64
	die  context.CancelFunc
}

func (m *replica) Advance(ctx context.Context, id workflow.CaseID) ([]workflow.Action, error) {
	if m.left.Add(-1) == 0 {
		m.die()
	}
	return m.Engine.Advance(ctx, id)
}

// TestEachCaseIsEscalatedOnceByThreeReplicasOfWhichOneDies lets three sweeps
// loose on many open cases of all kinds, half of which are beyond the last level
// at once, as after a watch that was down for weeks: some nobody has accepted
// yet, one that cannot be moved at all. The last level sends an order to each
// department that has the move.
func TestEachCaseIsEscalatedOnceByThreeReplicasOfWhichOneDies(t *testing.T) {
	t.Run("sqlite", func(t *testing.T) { escalateMany(t, modelstest.SQLite(t), 400) })
	if modelstest.HasPostgres(t) {
		t.Run("postgres", func(t *testing.T) {
			url, _ := modelstest.Postgres(t)
			escalateMany(t, url, 10_000)
		})
	}
}

func escalateMany(t *testing.T, url string, n int) {
	t.Helper()
	h := newHouse(t, url, nil)
	late := h.openMany(t, n/2)
	h.forward.Store(int64(42 * 24 * time.Hour)) // the longest term, of a demand, was due three weeks ago
	fresh := h.openMany(t, n/2)
	broken := late[len(late)/2]
	if _, err := modelstest.Raw(t, url).Exec(fmt.Sprintf("UPDATE cases SET def_version = 99 WHERE id = %d", broken)); err != nil {
		t.Fatal(err)
	}
	if left, err := h.store.Overslept(t.Context(), time.Minute, n); err != nil || len(left) != len(late) {
		t.Fatalf("before the sweep %d cases should have been moved, %v; want %d", len(left), err, len(late))
	}
	var group errgroup.Group
	for i := range 3 {
		keys, _, err := models.NewKeys()
		if err != nil {
			t.Fatal(err)
		}
		store, err := models.Open(t.Context(), models.Options{URL: url, Keys: keys, Now: h.engine.Now, Log: quietLog()})
		if err != nil {
			t.Fatal(err)
		}
		defer func() { _ = store.Close() }()
		engine := *h.engine
		engine.Store = store
		ctx, cancel := context.WithCancel(t.Context())
		defer cancel()
		m := &replica{Engine: &engine, die: cancel}
		if i == 0 {
			m.left.Store(int64(n / 20))
		}
		group.Go(func() error {
			err := (&escalation{due: store, engine: m, log: quietLog()}).sweep(ctx)
			if i == 0 { // the one that died
				err = nil
			}
			return err
		})
	}
	if err := group.Wait(); err != nil {
		t.Fatal(err)
	}
	if err := (&escalation{due: h.store, engine: h.engine, log: quietLog()}).sweep(t.Context()); err != nil {
		t.Fatal(err)
	}
	left, err := h.store.Overslept(t.Context(), time.Minute, n)
	if err != nil || len(left) != 1 || left[0].ID != broken {
		t.Errorf("the watch shows %v, %v; want the broken case %d", left, err, broken)
	}
	h.escalated(t, late, broken)
	for _, id := range fresh {
		if c := h.read(id); c.Version > 2 {
			t.Errorf("case %d, which is in time, was moved: version %d", id, c.Version)
		}
	}
}

// openMany opens n cases: half of them blockers, of which a third is accepted,
// the others of all kinds that run against a term from their first day.
func (h *house) openMany(t *testing.T, n int) []workflow.CaseID {
	t.Helper()
	ids := h.fileMany(t, n-n/2)
	kinds := []workflow.Kind{
		workflow.Assist, workflow.ShareRequest, workflow.Dispute, workflow.Correction, workflow.Supervision,
		workflow.CatalogueChange, workflow.DataDemand,
	}
	handler := h.coordinator
	handler.Grants = []workflow.Grant{{Role: workflow.DeptHandler, Dept: h.holder}}
	others := make([]workflow.CaseID, n/2)
	var group errgroup.Group
	group.SetLimit(32)
	for i := range others {
		group.Go(func() error {
			d := workflow.Case{
				Kind: kinds[i%len(kinds)], Region: "320000", Title: fmt.Sprintf("第 %d 件", i), Facts: map[string]any{},
				Parts: map[workflow.Part]workflow.DeptID{workflow.Filer: h.hall.Dept, workflow.Demander: h.item.Dept, workflow.Holder: h.holder, workflow.Lead: h.holder},
			}
			who := workflow.SystemActor()
			switch d.Kind { //nolint:exhaustive // of the kinds above
			case workflow.Supervision:
				d.Facts["days"] = int64(3)
			case workflow.CatalogueChange:
				who = handler
			case workflow.DataDemand: // nobody is likely to hold it
				delete(d.Parts, workflow.Holder)
				delete(d.Parts, workflow.Lead)
				who = h.coordinator
			}
			c, err := h.engine.Open(t.Context(), who, d, workflow.Input{}, workflow.Key{})
			others[i] = c.ID
			return err
		})
	}
	if err := group.Wait(); err != nil {
		t.Fatal(err)
	}
	return append(ids, others...)
}

// fileMany files n blockers; a third is accepted.
func (h *house) fileMany(t *testing.T, n int) []workflow.CaseID {
	t.Helper()
	ids := make([]workflow.CaseID, n)
	var group errgroup.Group
	group.SetLimit(32)
	for i := range n {
		group.Go(func() error {
			c, err := h.engine.Open(t.Context(), h.hall, workflow.Case{
				Kind: workflow.Blocker, Region: "320000", Item: h.item.ID, Proof: "身份信息", Title: fmt.Sprintf("第 %d 件", i),
				Parts:        map[workflow.Part]workflow.DeptID{workflow.Filer: h.hall.Dept, workflow.Demander: h.item.Dept},
				Requirements: []workflow.Requirement{{Name: "身份信息", Class: workflow.NoData, Status: workflow.NeedOpen}},
			}, workflow.Input{}, workflow.Key{})
			if ids[i] = c.ID; err != nil || i%3 != 0 {
				return err
			}
			_, err = h.engine.Act(t.Context(), h.coordinator, c.ID, workflow.Input{Action: "accept"}, workflow.Key{})
			return err
		})
	}
	if err := group.Wait(); err != nil {
		t.Fatal(err)
	}
	return ids
}

// escalated checks that each case but one was moved once for being late: by the
// last level, which passes over those that nobody took, or to the authority,
// where silence in a negotiation leads. A department that has the move is ordered
// once.
func (h *house) escalated(t *testing.T, ids []workflow.CaseID, but workflow.CaseID) {
	t.Helper()
	for _, id := range ids {
		c := h.read(id)
		page, err := h.store.Events(t.Context(), models.Scope{All: true}, id, "", 100)
		if err != nil {
			t.Fatal(err)
		}
		var got []string
		for _, e := range page.Items {
			if e.Role == workflow.System && e.Seq > 1 {
				got = append(got, fmt.Sprintf("%s %v passed %v", e.Action, e.Data["level"], e.Data["passed"]))
			}
		}
		want, orders := "escalate 4 passed 3", 1
		switch {
		case id == but:
			want, orders = "", 0
		case c.Kind == workflow.Dispute:
			want, orders = "request_coordination <nil> passed <nil>", 0
		case c.Waits.Role == workflow.Coordinator, c.Kind == workflow.Supervision:
			orders = 0
		}
		if text := strings.Join(got, ", "); text != want || len(c.Children) != orders {
			t.Errorf("%s %d: the system took %q and gave %d orders, want %q and %d", c.Kind, id, text, len(c.Children), want, orders)
		}
	}
}
