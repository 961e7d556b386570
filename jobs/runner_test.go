package jobs

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/hibiken/asynq"
	"pgregory.net/rapid"

	"github.com/shujie-gov/shujie/fault"
	"github.com/shujie-gov/shujie/models"
)

func TestTheKindOfAFaultDecidesWhatBecomesOfAJob(t *testing.T) {
	now := newClock().now()
	fail := func(k fault.Kind) error { return fmt.Errorf("doing it: %w", fault.New(k, "不行", "no")) }
	for name, tt := range map[string]struct {
		failed int
		err    error
		act    outcome
		wait   time.Duration
	}{
		"success is the end":                         {0, nil, finish, 0},
		"success at the last attempt":                {2, nil, finish, 0},
		"a dependency that is away":                  {0, fail(fault.Unavailable), retry, 750 * time.Millisecond},
		"the second wait is twice as long":           {1, fail(fault.Unavailable), retry, 1500 * time.Millisecond},
		"another writer was faster":                  {0, fail(fault.Stale), retry, 750 * time.Millisecond},
		"nobody classified it":                       {0, errors.New("odd"), retry, 750 * time.Millisecond},
		"the time limit of an attempt":               {0, context.DeadlineExceeded, retry, 750 * time.Millisecond},
		"the last attempt of a temporary failure":    {2, fail(fault.Unavailable), bury, 0},
		"wrong arguments never become right":         {0, fail(fault.Invalid), bury, 0},
		"a case that is not there":                   {0, fail(fault.NotFound), bury, 0},
		"a rule that is missing":                     {0, fail(fault.Forbidden), bury, 0},
		"nobody logged in":                           {0, fail(fault.Unauth), bury, 0},
		"not possible in this state":                 {0, fail(fault.Conflict), bury, 0},
		"waiting is no failure":                      {0, later(time.Minute, "wait"), again, time.Minute},
		"waiting is no failure at the last attempt":  {2, later(time.Minute, "wait"), again, time.Minute},
		"waiting inside other words is still no one": {0, fmt.Errorf("fetch: %w", later(time.Minute, "wait")), again, time.Minute},
	} {
		t.Run(name, func(t *testing.T) {
			v := testBackoff().verdict(tt.failed, tt.err, now)
			if v.act != tt.act {
				t.Fatalf("verdict %+v, want %d", v, tt.act)
			}
			if (v.act == retry || v.act == again) && v.at != now.Add(tt.wait) {
				t.Errorf("due after %v, want %v", v.at.Sub(now), tt.wait)
			}
			if tt.err != nil && v.reason == "" {
				t.Error("no reason is kept")
			}
		})
	}
}

func TestAWaitIsInTheUpperHalfOfItsStepAndNeverAboveTheMost(t *testing.T) {
	rapid.Check(t, func(r *rapid.T) {
		b := Backoff{
			Base: time.Duration(rapid.Int64Range(1, int64(time.Hour)).Draw(r, "base")),
			Max:  time.Duration(rapid.Int64Range(1, int64(24*time.Hour)).Draw(r, "max")),
		}
		x := rapid.Float64Range(0, 0.999999).Draw(r, "rand")
		b.Rand = func() float64 { return x }
		n := rapid.IntRange(0, 1000).Draw(r, "failed")
		w := b.wait(n)
		if w < 0 || w > b.Max || (n < 20 && w > b.Base<<n) {
			r.Fatalf("waits %v after %d failures with %+v", w, n, b)
		}
		if n > 0 && b.Base<<min(n, 20) >= b.Max && w < b.Max/2-1 {
			r.Fatalf("waits only %v at the cap %v", w, b.Max)
		}
	})
}

// attemptOn runs one ticket of a job through a runner.
func attemptOn(ctx context.Context, c *clock, s *shelf, tk ticket, work func(context.Context, models.Job, bool) error) (*runner, int) {
	woken := 0
	r := &runner{
		rows: s, now: c.now, log: quietLog(), limit: time.Minute, backoff: testBackoff(),
		count: &counters{}, settled: func() { woken++ }, stop: make(chan struct{}),
	}
	r.do(ctx, "case.notify", tk, work)
	return r, woken
}

func TestATicketIsWorthItsRow(t *testing.T) {
	row := models.Job{ID: 7, Kind: "case.notify", Attempt: 1}
	for name, tt := range map[string]struct {
		row    models.Job
		ticket func(now time.Time) ticket
		broken error
		runs   bool
	}{
		"a row that is ours is worked on":         {row, func(now time.Time) ticket { return ticket{7, 1, now.Add(time.Second)} }, nil, true},
		"a row that is done is not":               {models.Job{ID: 8}, func(now time.Time) ticket { return ticket{7, 1, now.Add(time.Second)} }, nil, false},
		"a lease that ran out is somebody else's": {row, func(now time.Time) ticket { return ticket{7, 1, now} }, nil, false},
		"an attempt that was made is over":        {row, func(now time.Time) ticket { return ticket{7, 0, now.Add(time.Second)} }, nil, false},
		"a buried row waits for an operator":      {models.Job{ID: 7, Kind: "case.notify", Attempt: 1, Dead: true}, func(now time.Time) ticket { return ticket{7, 1, now.Add(time.Second)} }, nil, false},
		"a row of another kind is not ours":       {models.Job{ID: 7, Kind: "case.advance", Attempt: 1}, func(now time.Time) ticket { return ticket{7, 1, now.Add(time.Second)} }, nil, false},
		"without the database nothing is done":    {row, func(now time.Time) ticket { return ticket{7, 1, now.Add(time.Second)} }, errors.New("away"), false},
	} {
		t.Run(name, func(t *testing.T) {
			c := newClock()
			s := newShelf(c, tt.row)
			s.fail(tt.broken)
			ran := false
			_, woken := attemptOn(t.Context(), c, s, tt.ticket(c.now()), func(context.Context, models.Job, bool) error {
				ran = true
				return nil
			})
			if ran != tt.runs {
				t.Errorf("ran: %v", ran)
			}
			if got := s.history(); (got == "finish") != tt.runs {
				t.Errorf("the row: %q", got)
			}
			if woken != 1 {
				t.Errorf("the relay was woken %d times", woken)
			}
		})
	}
}

func TestTheWorkEndsWithTheLease(t *testing.T) {
	c := newClock()
	s := newShelf(c, models.Job{ID: 7, Kind: "case.notify"})
	attemptOn(t.Context(), c, s, ticket{7, 0, c.now().Add(time.Millisecond)}, func(ctx context.Context, _ models.Job, _ bool) error {
		<-ctx.Done()
		return ctx.Err()
	})
	if got := s.history(); got != "retry" {
		t.Errorf("a job that overran its lease: %q", got)
	}
}

func TestAPanicIsAFailedAttempt(t *testing.T) {
	c := newClock()
	s := newShelf(c, models.Job{ID: 7, Kind: "case.notify"})
	r, _ := attemptOn(t.Context(), c, s, ticket{7, 0, c.now().Add(time.Second)}, func(context.Context, models.Job, bool) error { panic("ouch") })
	j := s.get(7)
	if s.history() != "retry" || j.Attempt != 1 || !strings.Contains(j.LastError, "ouch") || r.count.panicked.Load() != 1 {
		t.Errorf("%q, job %+v", s.history(), j)
	}
}

func TestTheHandlerIsToldThatNoAttemptFollows(t *testing.T) {
	for failed, want := range []bool{false, false, true} {
		c := newClock()
		s := newShelf(c, models.Job{ID: 7, Kind: "case.notify", Attempt: failed})
		attemptOn(t.Context(), c, s, ticket{7, failed, c.now().Add(time.Second)}, func(_ context.Context, _ models.Job, last bool) error {
			if last != want {
				t.Errorf("after %d failures of %d attempts: last is %v", failed, testBackoff().Attempts, last)
			}
			return nil
		})
	}
}

func TestAStoppedWorkerBlamesNoJob(t *testing.T) {
	c := newClock()
	s := newShelf(c, models.Job{ID: 7, Kind: "case.notify"})
	ctx, cancel := context.WithCancel(t.Context())
	attemptOn(ctx, c, s, ticket{7, 0, c.now().Add(time.Second)}, func(ctx context.Context, _ models.Job, _ bool) error {
		cancel()
		return ctx.Err()
	})
	j := s.get(7)
	if s.history() != "park" || j.Attempt != 0 || j.DueAt.After(c.now()) {
		t.Errorf("%q, job %+v: it must be due at once with its attempts", s.history(), j)
	}
	r := &runner{rows: s, now: c.now, log: quietLog(), count: &counters{}, settled: func() {}, stop: make(chan struct{}), backoff: testBackoff()}
	close(r.stop)
	r.do(t.Context(), "case.notify", ticket{7, 0, c.now().Add(time.Second)}, func(context.Context, models.Job, bool) error {
		t.Error("work began after the stop")
		return nil
	})
	if s.history() != "park park" {
		t.Errorf("%q: what had not begun is given back", s.history())
	}
}

// The registry.

type greeting struct {
	Words string `json:"words"`
}

func (greeting) Kind() string { return "greet" }

type greetings struct{}

func (greetings) Kind() string { return "greet.all" }

func TestAKindThatIsAPrefixOfAnotherIsRefused(t *testing.T) {
	m := newMux(nil)
	if err := Handle(m, func(context.Context, Task[greetings]) error { return nil }); err != nil {
		t.Fatal(err)
	}
	if err := Handle(m, func(context.Context, Task[greeting]) error { return nil }); err == nil {
		t.Error("greet beside greet.all was accepted")
	}
	if err := Handle(m, func(context.Context, Task[greetings]) error { return nil }); err == nil {
		t.Error("the same kind twice was accepted")
	}
}

func TestAHandlerGetsTheArgumentsOfTheRow(t *testing.T) {
	c := newClock()
	s := newShelf(c, models.Job{ID: 7, Kind: "greet", Case: 3, Attempt: 1, Args: json.RawMessage(`{"words":"你好"}`)},
		models.Job{ID: 8, Kind: "greet", Args: json.RawMessage(`{"words":5}`)}, models.Job{ID: 9, Kind: "greet"})
	m := newMux(&runner{rows: s, now: c.now, log: quietLog(), limit: time.Minute, backoff: testBackoff(), count: &counters{}, settled: func() {}, stop: make(chan struct{})})
	var got []Task[greeting]
	if err := Handle(m, func(_ context.Context, t Task[greeting]) error {
		got = append(got, t)
		return nil
	}); err != nil {
		t.Fatal(err)
	}
	for id, attempt := range map[int64]int{7: 1, 8: 0} {
		payload, _ := json.Marshal(ticket{id, attempt, c.now().Add(time.Second)})
		if err := m.ProcessTask(t.Context(), asynq.NewTask("greet", payload)); err != nil {
			t.Fatal(err)
		}
	}
	want := Task[greeting]{ID: 7, Case: 3, Attempt: 2, Args: greeting{"你好"}}
	if len(got) != 1 || got[0] != want {
		t.Errorf("got %+v, want %+v", got, want)
	}
	if j := s.get(8); j == nil || !j.Dead {
		t.Errorf("arguments that cannot be read: %+v, want the row buried", j)
	}
}

func TestATaskThatIsADefectIsNotRetriedByTheQueue(t *testing.T) {
	m := newMux(nil)
	if err := Handle(m, func(context.Context, Task[greeting]) error { return nil }); err != nil {
		t.Fatal(err)
	}
	for name, task := range map[string]*asynq.Task{
		"an unknown kind":              asynq.NewTask("gree", nil),
		"a kind with more behind it":   asynq.NewTask("greet.more", nil),
		"a payload that is no ticket":  asynq.NewTask("greet", []byte("rubbish")),
		"a ticket that names no row":   asynq.NewTask("greet", []byte(`{}`)),
		"a payload of another program": asynq.NewTask("greet", []byte(`["x"]`)),
	} {
		if err := m.ProcessTask(t.Context(), task); !errors.Is(err, asynq.SkipRetry) {
			t.Errorf("%s: %v", name, err)
		}
	}
}

func FuzzTaskPayload(f *testing.F) {
	f.Add([]byte(`{"id":7,"attempt":0,"until":"2026-03-02T09:01:00Z"}`))
	f.Add([]byte(`{"id":7,"attempt":-1,"until":"9999-12-31T23:59:59Z"}`))
	f.Add([]byte(`{"id":8,"until":"2026-03-02T09:01:00Z"}`))
	f.Add([]byte(`{"id":1e300}`))
	f.Add([]byte(`null`))
	f.Fuzz(func(t *testing.T, payload []byte) {
		c := newClock()
		s := newShelf(c, models.Job{ID: 7, Kind: "greet"}, models.Job{ID: 8, Kind: "case.advance"}, models.Job{ID: 9, Kind: "greet", Dead: true})
		ran := 0
		m := newMux(&runner{rows: s, now: c.now, log: quietLog(), limit: time.Minute, backoff: testBackoff(), count: &counters{}, settled: func() {}, stop: make(chan struct{})})
		if err := Handle(m, func(_ context.Context, task Task[greeting]) error {
			if task.ID != 7 {
				t.Errorf("a payload reached the row %d: %s", task.ID, payload)
			}
			ran++
			return nil
		}); err != nil {
			t.Fatal(err)
		}
		err := m.ProcessTask(t.Context(), asynq.NewTask("greet", payload))
		if err != nil && !errors.Is(err, asynq.SkipRetry) {
			t.Errorf("the queue would retry: %v", err)
		}
		if done := s.history() == "finish"; done != (ran == 1) {
			t.Errorf("ran %d times, the row: %q", ran, s.history())
		}
	})
}
