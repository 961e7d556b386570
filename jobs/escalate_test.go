package jobs

import (
	"context"
	"fmt"
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

// TestEachLevelIsTakenOnceByThreeReplicasOfWhichOneDies lets three sweeps loose
// on many cases, half of which are three levels late at once: some nobody has
// accepted yet, one that cannot be moved at all.
func TestEachLevelIsTakenOnceByThreeReplicasOfWhichOneDies(t *testing.T) {
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
	late := h.fileMany(t, n/2)
	h.forward.Store(int64(58 * time.Hour)) // Wednesday 20:00: the acceptance was due on Tuesday at 18:00
	fresh := h.fileMany(t, n/2)
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
	h.levels(t, late, broken, 3)
	h.levels(t, fresh, 0, 0)
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

// levels checks that each case took the levels 1 to n, each once.
func (h *house) levels(t *testing.T, ids []workflow.CaseID, but workflow.CaseID, n int) {
	t.Helper()
	for _, id := range ids {
		want := n
		if id == but {
			want = 0
		}
		page, err := h.store.Events(t.Context(), models.Scope{All: true}, id, "", 100)
		if err != nil {
			t.Fatal(err)
		}
		var got []string
		for _, e := range page.Items {
			if e.Action == "escalate" {
				got = append(got, fmt.Sprint(e.Data["level"]))
			}
		}
		if text := fmt.Sprint(got); text != fmt.Sprint([]string{"1", "2", "3"}[:want]) {
			t.Errorf("case %d took the levels %s, want %d", id, text, want)
		}
	}
}
