package jobs

import (
	"context"
	"encoding/json"
	"errors"
	"sync"
	"testing"
	"time"

	"github.com/hibiken/asynq"

	"github.com/shujie-gov/shujie/models"
)

// cart is a carrier that takes what it is told to.
type cart struct {
	mu    sync.Mutex
	space int
	err   error
	took  []ticket
	ids   map[string]int
	moved chan struct{}
}

func newCart(space int) *cart {
	return &cart{space: space, ids: map[string]int{}, moved: make(chan struct{}, 1000)}
}

func (c *cart) room(context.Context) (int, error) {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.space - len(c.took), c.err
}

func (c *cart) carry(_ context.Context, id string, t *asynq.Task) error {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.err != nil {
		return c.err
	}
	var tk ticket
	if err := json.Unmarshal(t.Payload(), &tk); err != nil {
		return err
	}
	c.took, c.ids[id] = append(c.took, tk), c.ids[id]+1
	c.moved <- struct{}{}
	return nil
}

func (c *cart) start(context.Context) error { return nil }
func (c *cart) stop()                       {}

func (c *cart) set(space int, err error) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.space, c.err = space, err
}

func (c *cart) taken() int {
	c.mu.Lock()
	defer c.mu.Unlock()
	return len(c.took)
}

func testRelay(t *testing.T, c *clock, s *shelf, k *cart, log *scribe) *relay {
	t.Helper()
	m := newMux(nil)
	if err := Handle(m, func(context.Context, Task[Notify]) error { return nil }); err != nil {
		t.Fatal(err)
	}
	return &relay{
		rows: s, carrier: k, mux: m, now: c.now, log: logTo(log), lease: time.Minute, poll: time.Millisecond,
		count: &counters{}, freed: make(chan struct{}, 1),
	}
}

func letters(n int) []models.Job {
	var jobs []models.Job
	for id := int64(1); id <= int64(n); id++ {
		jobs = append(jobs, models.Job{ID: id, Kind: Notify{}.Kind()})
	}
	return jobs
}

func TestTheRelayClaimsNoMoreThanTheCarrierTakes(t *testing.T) {
	c := newClock()
	s, k := newShelf(c, letters(10)...), newCart(4)
	r := testRelay(t, c, s, k, &scribe{})
	if more, err := r.turn(t.Context()); err != nil || !more {
		t.Fatal(more, err)
	}
	if more, err := r.turn(t.Context()); err != nil || more {
		t.Fatalf("a full carrier: more %v, %v", more, err)
	}
	if k.taken() != 4 || len(s.claims) != 1 || s.claims[0] != 4 {
		t.Errorf("took %d, claims %v", k.taken(), s.claims)
	}
	r.wake()
	select {
	case <-r.freed:
	default:
		t.Error("a carrier with room again does not wake the relay")
	}
	k.set(100, nil)
	if more, err := r.turn(t.Context()); err != nil || more || k.taken() != 10 {
		t.Errorf("took %d, more %v, %v", k.taken(), more, err)
	}
	r.wake()
	select {
	case <-r.freed:
		t.Error("the relay is woken for room that it did not miss")
	default:
	}
}

func TestARowIsHandedOverOncePerLeaseAndAgainAfterIt(t *testing.T) {
	c := newClock()
	s, k := newShelf(c, letters(1)...), newCart(10)
	r := testRelay(t, c, s, k, &scribe{})
	turn := func() {
		t.Helper()
		if _, err := r.turn(t.Context()); err != nil {
			t.Fatal(err)
		}
	}
	turn()
	turn()
	if k.taken() != 1 {
		t.Fatalf("handed over %d times within one lease", k.taken())
	}
	c.pass(time.Minute)
	turn()
	if k.taken() != 2 || len(k.ids) != 2 {
		t.Errorf("after the lease: %d times under the ids %v", k.taken(), k.ids)
	}
}

func TestAJobOfAnUnknownKindIsBuried(t *testing.T) {
	c := newClock()
	s, k := newShelf(c, models.Job{ID: 1, Kind: "case.sing"}, models.Job{ID: 2, Kind: Notify{}.Kind()}), newCart(10)
	if _, err := testRelay(t, c, s, k, &scribe{}).turn(t.Context()); err != nil {
		t.Fatal(err)
	}
	if j := s.get(1); !j.Dead || k.taken() != 1 {
		t.Errorf("unknown kind: %+v, handed over %d", j, k.taken())
	}
}

func TestAnOutageIsOneLineAndLosesNothing(t *testing.T) {
	c, log := newClock(), &scribe{}
	s, k := newShelf(c, letters(20)...), newCart(100)
	r := testRelay(t, c, s, k, log)
	k.set(100, errors.New("redis: connection refused"))
	ctx, cancel := context.WithCancel(bounded(t))
	ended := make(chan struct{})
	go func() {
		defer close(ended)
		r.run(ctx)
	}()
	until(t, func() bool { return r.down.Load() })
	k.set(100, nil)
	for range 20 {
		select {
		case <-k.moved:
		case <-ctx.Done():
			t.Fatal("rows were not handed over after the outage")
		}
	}
	until(t, func() bool { return log.count("outbox moves again") == 1 })
	cancel()
	<-ended
	if log.count("outbox waits") != 1 {
		t.Errorf("the outage was logged %d times", log.count("outbox waits"))
	}
}

func TestWhatTheCarrierDidNotTakeIsHeldWhileTheLeaseLasts(t *testing.T) {
	c := newClock()
	s, k := newShelf(c, letters(3)...), newCart(10)
	r := testRelay(t, c, s, k, &scribe{})
	// The carrier breaks between the claim and the handing over.
	k.set(10, nil)
	jobs, err := s.ClaimJobs(t.Context(), time.Minute, 3)
	if err != nil {
		t.Fatal(err)
	}
	for _, j := range jobs {
		r.held = append(r.held, parcel{j.Kind, ticket{ID: j.ID, Until: c.now().Add(time.Minute)}})
	}
	k.set(10, errors.New("away"))
	if _, err := r.turn(t.Context()); err == nil || len(r.held) != 3 {
		t.Fatalf("held %d, %v", len(r.held), err)
	}
	k.set(10, nil)
	r.held[0].tk.Until = c.now() // its lease ran out meanwhile
	if _, err := r.turn(t.Context()); err != nil || k.taken() != 2 || len(r.held) != 0 {
		t.Errorf("took %d, held %d, %v", k.taken(), len(r.held), err)
	}
}

func TestAStoppedRelayGivesBackWhatItHolds(t *testing.T) {
	c := newClock()
	s, k := newShelf(c, letters(2)...), newCart(10)
	r := testRelay(t, c, s, k, &scribe{})
	r.held = []parcel{{Notify{}.Kind(), ticket{ID: 1, Until: c.now().Add(time.Minute)}}}
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	r.run(ctx)
	if s.history() != "park" || len(r.held) != 0 {
		t.Errorf("%q, still held %d", s.history(), len(r.held))
	}
}

// until waits until ok holds, without sleeping longer than a turn.
func until(t *testing.T, ok func() bool) {
	t.Helper()
	ctx := bounded(t)
	tick := time.NewTicker(time.Millisecond)
	defer tick.Stop()
	for !ok() {
		select {
		case <-ctx.Done():
			t.Fatal("it did not happen within a minute")
		case <-tick.C:
		}
	}
}
