package jobs

import (
	"context"
	"log/slog"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/shujie-gov/shujie/exchange"
	"github.com/shujie-gov/shujie/models"
	"github.com/shujie-gov/shujie/workflow"
)

// outlet is a platform that is down as long as a test says so, and that notes when
// each citizen was asked about while it was up.
type outlet struct {
	Caller
	down  atomic.Bool
	tried atomic.Int64 // calls while it was down

	mu    sync.Mutex
	calls map[string]int
	at    []time.Time
}

func newOutlet(c Caller) *outlet { return &outlet{Caller: c, calls: map[string]int{}} }

func (o *outlet) Call(ctx context.Context, s exchange.Service, q exchange.Question) exchange.Answer {
	if o.down.Load() {
		o.tried.Add(1)
		return exchange.Answer{Outcome: exchange.Technical, Message: "no connection"}
	}
	o.mu.Lock()
	o.calls[q.Params["gmsfhm"]]++
	o.at = append(o.at, time.Now())
	o.mu.Unlock()
	return o.Caller.Call(ctx, s, q)
}

// replica opens another store and engine on the database of the house, and runs a
// worker of its own on it.
func (h *house) replica(t *testing.T, o Options) *Worker {
	t.Helper()
	store, err := models.Open(t.Context(), models.Options{
		URL: h.url, Keys: h.keys, Now: h.engine.Now, Log: slog.New(slog.NewTextHandler(h.log, nil)), Breaker: fastBreaker(),
	})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = store.Close() })
	engine := *h.engine
	engine.Store = store
	o.Store, o.Engine = store, &engine
	w, _ := work(t, o)
	return w
}

// waiting counts the open incidents and the fetches that wait for their end.
func (h *house) waiting(t *testing.T) (incidents int, fetches int64) {
	t.Helper()
	list, err := h.store.Incidents(t.Context(), models.IncidentQuery{Open: true})
	if err != nil {
		t.Fatal(err)
	}
	for _, i := range list {
		fetches += i.Waiting
	}
	return len(list), fetches
}

// A platform goes away under two replicas, and new fetches arrive meanwhile: there
// is one incident, what was parked is asked once, and the pace is kept.
func TestAPlatformThatIsDownIsOneIncidentForAllReplicas(t *testing.T) {
	eachHouse(t, func(h *house) {
		t := h.t
		gate := newOutlet(h.caller)
		gate.down.Store(true)
		o := h.options()
		o.Caller = gate
		o.Limit, o.Lease = 20*time.Second, 30*time.Second // a call that is cut off would rightly be made again
		w, _ := work(t, o)
		if h.store.Dialect() == "postgres" { // an embedded database has one process
			h.replica(t, o)
		}
		const n = 40
		var ids []workflow.CaseID
		for i := range n {
			ids = append(ids, h.file(t, i))
		}
		// One is out to ask whether it is over; the others wait.
		until(t, func() bool {
			incidents, fetches := h.waiting(t)
			return incidents == 1 && fetches >= n-1
		})
		before := gate.tried.Load()
		until(t, func() bool { return gate.tried.Load() > before+2 }) // half open: it is asked again and again
		if all, err := h.store.Incidents(t.Context(), models.IncidentQuery{}); err != nil || len(all) != 1 || all[0].Resource != 0 || all[0].Platform != "gjgxjhpt" || all[0].Parked < n-1 {
			t.Errorf("%+v, %v", all, err)
		}
		gate.down.Store(false)
		h.drained(t, w)
		h.once(t, ids)
		for person, calls := range gate.calls {
			if calls != 1 {
				t.Errorf("the platform was asked %d times about %s", calls, person)
			}
		}
		if spread := gate.at[len(gate.at)-1].Sub(gate.at[0]); len(gate.at) != n || spread < (n-2)*10*time.Millisecond {
			t.Errorf("%d calls came within %v: the resume is not paced", len(gate.at), spread)
		}
		h.toldOnce(t, ids)
		if incidents, fetches := h.waiting(t); incidents != 0 || fetches != 0 {
			t.Errorf("%d incidents are on and %d fetches wait", incidents, fetches)
		}
		if began, over := h.log.count("an outage begins"), h.log.count("an outage is over"); began != 1 || over != 1 {
			t.Errorf("one outage was logged %d and %d times", began, over)
		}
	})
}

// toldOnce checks that a case says at most once that its fetch waits, and nearly all
// do.
func (h *house) toldOnce(t *testing.T, ids []workflow.CaseID) {
	t.Helper()
	told := 0
	for _, id := range ids {
		events, err := h.store.Events(t.Context(), models.Scope{All: true}, id, "", 100)
		if err != nil {
			t.Fatal(err)
		}
		n := 0
		for _, e := range events.Items {
			if e.Action == dataParked {
				n++
			}
		}
		if told += n; n > 1 {
			t.Errorf("case %d says %d times that its fetch waits", id, n)
		}
	}
	if told < len(ids)-1 {
		t.Errorf("%d of %d cases say that their fetch waits", told, len(ids))
	}
}
