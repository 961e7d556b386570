package jobs

import (
	"context"
	"sync/atomic"
	"testing"
	"time"

	"github.com/shujie-gov/shujie/exchange"
	"github.com/shujie-gov/shujie/fault"
	"github.com/shujie-gov/shujie/models"
	"github.com/shujie-gov/shujie/models/modelstest"
	"github.com/shujie-gov/shujie/workflow"
)

// models.Store and exchange.Client are what the room needs.
var (
	_ Store  = (*models.Store)(nil)
	_ Engine = (*workflow.Engine)(nil)
	_ Caller = (*exchange.Client)(nil)
)

func TestEveryCaseGetsItsDataOnceOverAPlatformThatMisbehaves(t *testing.T) {
	eachHouse(t, func(h *house) {
		t := h.t
		if err := h.sim.SetFaults(exchange.Faults{Rate: 0.3, Seed: 7, Slow: 20 * time.Millisecond}); err != nil {
			t.Fatal(err)
		}
		w, _ := work(t, h.options())
		var ids []workflow.CaseID
		for n := range 30 {
			ids = append(ids, h.file(t, n))
		}
		h.drained(t, w)
		h.once(t, ids)
		s := w.Stats()
		if s.Fetches[models.FetchFound] < 30 || s.Retried == 0 || s.Panicked != 0 || s.Buried != 0 {
			t.Errorf("stats %+v", s)
		}
	})
}

func TestRedisMayBeEmptiedAtAnyMoment(t *testing.T) {
	redisHouses(t, func(h *house) {
		t := h.t
		if err := h.sim.SetFaults(exchange.Faults{Rate: 0.1, Seed: 3, Slow: 20 * time.Millisecond}); err != nil {
			t.Fatal(err)
		}
		o := h.options()
		flushes := 0
		h.caller = &meddler{h.caller, func(n int64) {
			if n%15 == 10 { // in the middle of calls, five times
				flush(t, h.redis)
				flushes++
			}
		}, atomic.Int64{}}
		o.Caller, o.Workers = h.caller, 4
		var ids []workflow.CaseID
		for n := range 60 {
			ids = append(ids, h.file(t, n))
		}
		w, _ := work(t, o)
		h.drained(t, w)
		h.once(t, ids)
		if flushes < 4 {
			t.Errorf("Redis was emptied only %d times", flushes)
		}
	})
}

// meddler does something at each call, one call after the other.
type meddler struct {
	Caller
	at func(n int64)
	n  atomic.Int64
}

func (m *meddler) Call(ctx context.Context, s exchange.Service, q exchange.Question) exchange.Answer {
	m.at(m.n.Add(1))
	return m.Caller.Call(ctx, s, q)
}

func TestRedisMayBeAwayAndComeBack(t *testing.T) {
	redisHouses(t, func(h *house) {
		t := h.t
		through, _ := testRedis(t)
		g := newGate(t, through.Addr)
		through.Addr = g.l.Addr().String()
		through.DialTimeout = time.Second
		o := h.options()
		o.Redis = through
		w, _ := work(t, o) // Redis is not there when it begins
		var ids []workflow.CaseID
		for n := range 10 {
			ids = append(ids, h.file(t, n))
		}
		until(t, func() bool { return w.Status().Stuck })
		if err := w.Ping(bounded(t)); fault.KindOf(err) != fault.Unavailable {
			t.Errorf("ping says %v", err)
		}
		g.set(true)
		h.drained(t, w)
		h.once(t, ids)
		g.set(false) // and goes away while there is work
		for n := 10; n < 20; n++ {
			ids = append(ids, h.file(t, n))
		}
		until(t, func() bool { return w.Status().Stuck })
		g.set(true)
		h.drained(t, w)
		h.once(t, ids)
		if n := h.log.count("outbox waits"); n != 2 {
			t.Errorf("two outages were logged %d times", n)
		}
	})
}

// mortal is a store whose process can die: from then on nothing it writes
// arrives.
type mortal struct {
	*models.Store
	dead atomic.Bool
}

func (m *mortal) gone() error {
	if m.dead.Load() {
		return fault.New(fault.Unavailable, "进程已终止", "the process is dead")
	}
	return nil
}

func (m *mortal) ClaimJobs(ctx context.Context, lease time.Duration, limit int) ([]models.Job, error) {
	if err := m.gone(); err != nil {
		return nil, err
	}
	return m.Store.ClaimJobs(ctx, lease, limit)
}

func (m *mortal) Job(ctx context.Context, id int64) (models.Job, error) {
	if err := m.gone(); err != nil {
		return models.Job{}, err
	}
	return m.Store.Job(ctx, id)
}

func (m *mortal) FinishJob(ctx context.Context, id int64) error {
	if err := m.gone(); err != nil {
		return err
	}
	return m.Store.FinishJob(ctx, id)
}

func (m *mortal) RetryJob(ctx context.Context, id int64, at time.Time, counted bool, reason string) error {
	if err := m.gone(); err != nil {
		return err
	}
	return m.Store.RetryJob(ctx, id, at, counted, reason)
}

func (m *mortal) BuryJob(ctx context.Context, id int64, reason string) error {
	if err := m.gone(); err != nil {
		return err
	}
	return m.Store.BuryJob(ctx, id, reason)
}

func (m *mortal) EndFetch(ctx context.Context, id int64, e models.FetchEnd) (*models.Receipt, error) {
	if err := m.gone(); err != nil {
		return nil, err
	}
	return m.Store.EndFetch(ctx, id, e)
}

func TestAWorkerThatDiesInTheMiddleIsMadeUpFor(t *testing.T) {
	for name, answered := range map[string]bool{"before the answer is kept": false, "after the answer is kept": true} {
		t.Run(name, func(t *testing.T) {
			eachHouse(t, func(h *house) {
				t := h.t
				doomed := &mortal{Store: h.store}
				o := h.options()
				o.Store = doomed
				died := make(chan struct{})
				die := func() {
					if !doomed.dead.Swap(true) {
						close(died)
					}
				}
				if answered {
					o.Engine = &fatal{h.engine, die} // dies between the receipt and the move
				} else {
					o.Caller = &meddler{h.caller, func(n int64) {
						if n == 3 {
							die()
						}
					}, atomic.Int64{}}
				}
				var ids []workflow.CaseID
				for n := range 8 {
					ids = append(ids, h.file(t, n))
				}
				_, stop := work(t, o)
				select {
				case <-died:
				case <-bounded(t).Done():
					t.Fatal("the worker did not come to its end")
				}
				stop()
				w, _ := work(t, h.options())
				h.drained(t, w)
				h.once(t, ids)
			})
		})
	}
}

// fatal is an engine whose process dies when data arrives.
type fatal struct {
	*workflow.Engine
	die func()
}

func (f *fatal) Act(context.Context, workflow.Actor, workflow.CaseID, workflow.Input, workflow.Key) (workflow.Case, error) {
	f.die()
	return workflow.Case{}, fault.New(fault.Unavailable, "进程已终止", "the process is dead")
}

func TestAStopGivesBackWhatHasNotBegun(t *testing.T) {
	eachHouse(t, func(h *house) {
		t := h.t
		o := h.options()
		o.Workers, o.Limit, o.Lease = 1, time.Minute, 2*time.Minute // nothing comes back by itself
		o.Every = Every{Seal: time.Hour}
		begun, go1 := make(chan struct{}), make(chan struct{})
		o.Caller = &meddler{h.caller, func(n int64) {
			if n == 1 {
				close(begun)
				<-go1
			}
		}, atomic.Int64{}}
		var ids []workflow.CaseID
		for n := range 6 {
			ids = append(ids, h.file(t, n))
		}
		w, stop := work(t, o)
		<-begun
		ended := make(chan struct{})
		go func() { stop(); close(ended) }()
		until(t, func() bool {
			select {
			case <-w.stop:
				return true
			default:
				return false
			}
		})
		close(go1)
		<-ended
		o.Caller = h.caller
		next, _ := work(t, o)
		h.drained(t, next)
		h.once(t, ids)
	})
}

func TestTwoReplicasShareTheWork(t *testing.T) {
	eachHouse(t, func(h *house) {
		t := h.t
		a, _ := work(t, h.options())
		b, _ := work(t, h.options())
		var ids []workflow.CaseID
		for n := range 30 {
			ids = append(ids, h.file(t, n))
		}
		h.drained(t, a)
		h.once(t, ids)
		if done := a.Stats().Done + b.Stats().Done; done < 60 {
			t.Errorf("done %d", done)
		}
		for _, id := range ids {
			fetches, err := h.store.Fetches(t.Context(), models.Scope{All: true}, id)
			if err != nil || len(fetches) != 1 {
				t.Errorf("case %d was asked for %d times, %v", id, len(fetches), err)
			}
		}
	})
}

func TestTheSweepsKeepTheHouse(t *testing.T) {
	eachHouse(t, func(h *house) {
		t := h.t
		w, _ := work(t, h.options())
		id := h.file(t, 0)
		h.drained(t, w)
		until(t, func() bool {
			r, err := h.store.Verify(t.Context(), 10)
			return err == nil && len(r.Problems) == 0 && r.Events > 0 && r.Checkpoints > 0 && r.Unsealed == 0
		})
		h.forward.Store(int64(30 * 24 * time.Hour)) // the term for signing passes
		escalated := func() (n int) {
			events, err := h.store.Events(t.Context(), models.Scope{All: true}, id, "", 100)
			if err != nil {
				t.Fatal(err)
			}
			for _, e := range events.Items {
				if e.Action == "escalate" {
					n++
				}
			}
			return n
		}
		until(t, func() bool { return escalated() > 0 })
		turns := w.Stats().Sweeps
		until(t, func() bool { return w.Stats().Sweeps > turns+10 })
		if n := escalated(); n != 1 { // to the highest level that is due, past the others
			t.Errorf("the case was escalated %d times, want once", n)
		}
		h.drained(t, w)
	})
}

func TestAWorkerRunsOnceAndIsGivenWhatItNeeds(t *testing.T) {
	h := newHouse(t, modelstest.SQLite(t), nil)
	if _, err := New(Options{}); err == nil {
		t.Error("a worker without a store was made")
	}
	o := h.options()
	o.Lease = o.Limit
	if _, err := New(o); err == nil {
		t.Error("a lease that ends with the work was accepted")
	}
	w, stop := work(t, h.options())
	h.drained(t, w)
	stop()
	if err := w.Run(t.Context()); err == nil {
		t.Error("a worker ran twice")
	}
	if err := w.Ping(t.Context()); err != nil || w.Status().Queue != "in process" {
		t.Errorf("%v, %+v", err, w.Status())
	}
}
