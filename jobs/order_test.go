package jobs

import (
	"fmt"
	"testing"
	"time"

	"golang.org/x/sync/errgroup"

	"github.com/shujie-gov/shujie/models"
	"github.com/shujie-gov/shujie/models/modelstest"
	"github.com/shujie-gov/shujie/workflow"
)

// TestTwoSweepsThatRaceOpenOneOrderACase lets many cases run beyond the last
// level at a department, and two replicas sweep them at the same time, twice.
func TestTwoSweepsThatRaceOpenOneOrderACase(t *testing.T) {
	t.Run("sqlite", func(t *testing.T) { orderMany(t, modelstest.SQLite(t), 30) })
	if modelstest.HasPostgres(t) {
		t.Run("postgres", func(t *testing.T) {
			url, _ := modelstest.Postgres(t)
			orderMany(t, url, 200)
		})
	}
}

func orderMany(t *testing.T, url string, n int) {
	t.Helper()
	h := newHouse(t, url, nil)
	ids := h.fileMany(t, n) // of which every third is accepted
	var late []workflow.CaseID
	for i := 0; i < n; i += 3 {
		late = append(late, ids[i])
		h.do(h.coordinator, ids[i], "dispatch", map[string]any{"lead": int64(h.holder)})
	}
	h.forward.Store(int64(14 * 24 * time.Hour))
	for range 2 {
		var group errgroup.Group
		for range 2 {
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
			group.Go(func() error { return (&escalation{due: store, engine: &engine, log: quietLog()}).sweep(t.Context()) })
		}
		if err := group.Wait(); err != nil {
			t.Fatal(err)
		}
	}
	seen := map[int64]bool{}
	for _, id := range late {
		c := h.read(id)
		var orders []workflow.CaseID
		for _, k := range c.Children {
			if k.Kind == workflow.Supervision {
				orders = append(orders, k.ID)
			}
		}
		if len(orders) != 1 {
			t.Errorf("case %d at level %d has the orders %v, want one", id, c.Term.Level, orders)
			continue
		}
		o := h.read(orders[0])
		if o.Parts[workflow.Lead] != h.holder || seen[o.Serial] || o.Serial < 1 {
			t.Errorf("the order %s of case %d goes to %d; a number is given once", models.NumberOf(&o), id, o.Parts[workflow.Lead])
		}
		seen[o.Serial] = true
	}
	for i, id := range ids { // what waits for a coordinator has no department to order
		if c := h.read(id); i%3 != 0 && len(c.Children) > 0 {
			t.Errorf("case %d in %s has children: %s", id, c.State, fmt.Sprint(c.Children))
		}
	}
	if left, err := h.store.Overslept(t.Context(), time.Minute, n); err != nil || len(left) > 0 {
		t.Errorf("overslept: %v, %v", left, err)
	}
}

// TestAnOrderEndsWithItsCaseByItself brings an order's case to its end and lets
// the worker do the rest.
func TestAnOrderEndsWithItsCaseByItself(t *testing.T) {
	eachHouse(t, func(h *house) {
		id := h.fileMany(h.t, 1)[0]
		h.do(h.coordinator, id, "dispatch", map[string]any{"lead": int64(h.holder)})
		h.do(h.coordinator, id, "supervise", nil)
		var order workflow.CaseID
		for _, k := range h.read(id).Children {
			if k.Kind == workflow.Supervision {
				order = k.ID
			}
		}
		h.endsUnder(id)
		w, stop := work(h.t, h.options())
		defer stop()
		until(h.t, func() bool { return h.read(order).Ended })
		h.drained(h.t, w)
		page, err := h.store.Events(h.t.Context(), models.Scope{All: true}, order, "", 50)
		if err != nil {
			h.t.Fatal(err)
		}
		last := page.Items[len(page.Items)-1]
		if got := h.read(order); got.State != "lapsed" || last.Role != workflow.System || last.Note == "" {
			h.t.Errorf("the order is %s by %s with the note %q", got.State, last.Role, last.Note)
		}
	})
}

// endsUnder carries a dispatched case to its end.
func (h *house) endsUnder(id workflow.CaseID) {
	h.t.Helper()
	demander, holder := h.departments()
	h.do(holder, id, "sign", nil)
	h.do(holder, id, "waive", map[string]any{"requirement": h.read(id).Requirements[0].ID, "alternative": "告知承诺"})
	for _, k := range h.read(id).Children {
		if k.Kind == workflow.Assist {
			h.do(demander, k.ID, "sign", nil)
			h.do(demander, k.ID, "finish", nil)
		}
	}
	h.do(demander, id, "approve_online", nil)
	h.do(holder, id, "resolve", nil)
	h.do(h.hall, id, "deliver", map[string]any{"method": "push"})
	h.do(h.hall, id, "verify", map[string]any{"visits": 0})
}
