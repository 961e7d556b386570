package jobs

import (
	"bytes"
	"context"
	"log/slog"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/shujie-gov/shujie/exchange"
	"github.com/shujie-gov/shujie/fault"
	"github.com/shujie-gov/shujie/models"
	"github.com/shujie-gov/shujie/workflow"
)

// clock is a time that moves when a test says so.
type clock struct {
	mu sync.Mutex
	at time.Time
}

func newClock() *clock { return &clock{at: time.Date(2026, 3, 2, 9, 0, 0, 0, time.UTC)} }

func (c *clock) now() time.Time {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.at
}

func (c *clock) pass(d time.Duration) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.at = c.at.Add(d)
}

// shelf is an outbox in memory, for what needs no database.
type shelf struct {
	clock *clock
	woken chan struct{}

	mu      sync.Mutex
	jobs    map[int64]*shelved
	err     error // every call fails with it
	claims  []int // the limit of each claim
	settled []string
}

type shelved struct {
	models.Job
	leased time.Time
}

func newShelf(c *clock, jobs ...models.Job) *shelf {
	s := &shelf{clock: c, woken: make(chan struct{}, 1), jobs: map[int64]*shelved{}}
	for _, j := range jobs {
		s.jobs[j.ID] = &shelved{Job: j}
	}
	return s
}

func (s *shelf) fail(err error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.err = err
}

func (s *shelf) ClaimJobs(_ context.Context, lease time.Duration, limit int) ([]models.Job, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.err != nil {
		return nil, s.err
	}
	s.claims = append(s.claims, limit)
	now := s.clock.now()
	var out []models.Job
	for id := int64(1); len(out) < limit && id <= 1000; id++ {
		j := s.jobs[id]
		if j == nil || j.Dead || j.DueAt.After(now) || j.leased.After(now) {
			continue
		}
		j.leased = now.Add(lease)
		out = append(out, j.Job)
	}
	return out, nil
}

func (s *shelf) Committed() <-chan struct{} { return s.woken }

// on runs fn on a job and notes what was done to it.
func (s *shelf) on(id int64, what string, fn func(*shelved)) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.err != nil {
		return s.err
	}
	j := s.jobs[id]
	if j == nil {
		return fault.New(fault.NotFound, "没有这个任务", "no such job")
	}
	s.settled = append(s.settled, what)
	j.leased = time.Time{}
	fn(j)
	return nil
}

func (s *shelf) Job(_ context.Context, id int64) (models.Job, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.err != nil {
		return models.Job{}, s.err
	}
	if j := s.jobs[id]; j != nil {
		return j.Job, nil
	}
	return models.Job{}, fault.New(fault.NotFound, "没有这个任务", "no such job")
}

func (s *shelf) FinishJob(_ context.Context, id int64) error {
	return s.on(id, "finish", func(*shelved) { delete(s.jobs, id) })
}

func (s *shelf) RetryJob(_ context.Context, id int64, at time.Time, counted bool, reason string) error {
	what := "park"
	if counted {
		what = "retry"
	}
	return s.on(id, what, func(j *shelved) {
		if counted {
			j.Attempt++
		}
		j.DueAt, j.LastError = at, reason
	})
}

func (s *shelf) BuryJob(_ context.Context, id int64, reason string) error {
	return s.on(id, "bury", func(j *shelved) { j.Dead, j.LastError = true, reason })
}

func (s *shelf) history() string {
	s.mu.Lock()
	defer s.mu.Unlock()
	return strings.Join(s.settled, " ")
}

func (s *shelf) get(id int64) *models.Job {
	s.mu.Lock()
	defer s.mu.Unlock()
	if j := s.jobs[id]; j != nil {
		return &j.Job
	}
	return nil
}

// scribe keeps log lines.
type scribe struct {
	mu  sync.Mutex
	buf bytes.Buffer
}

func (s *scribe) Write(b []byte) (int, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.buf.Write(b)
}

func (s *scribe) count(words string) int {
	s.mu.Lock()
	defer s.mu.Unlock()
	return strings.Count(s.buf.String(), words)
}

// logTo returns a log of Info and above.
func logTo(s *scribe) *slog.Logger { return slog.New(slog.NewTextHandler(s, nil)) }

func quietLog() *slog.Logger { return slog.New(slog.DiscardHandler) }

// half is a random source that always returns the middle.
func half() float64 { return 0.5 }

func testBackoff() Backoff {
	return Backoff{Attempts: 3, Base: time.Second, Max: 10 * time.Second, Rand: half}
}

// desk is an engine that answers what it is told.
type desk struct {
	mu       sync.Mutex
	acts     []workflow.Input
	keys     []workflow.Key
	advanced []workflow.CaseID
	err      func(workflow.CaseID, workflow.Input) error
	stuck    func(workflow.CaseID) error
}

func (d *desk) Act(_ context.Context, a workflow.Actor, id workflow.CaseID, in workflow.Input, k workflow.Key) (workflow.Case, error) {
	d.mu.Lock()
	defer d.mu.Unlock()
	if !a.IsSystem() {
		return workflow.Case{}, fault.New(fault.Forbidden, "不是系统", "not the system")
	}
	d.acts, d.keys = append(d.acts, in), append(d.keys, k)
	if d.err != nil {
		return workflow.Case{}, d.err(id, in)
	}
	return workflow.Case{}, nil
}

func (d *desk) Advance(_ context.Context, id workflow.CaseID) ([]workflow.Action, error) {
	d.mu.Lock()
	defer d.mu.Unlock()
	d.advanced = append(d.advanced, id)
	if d.stuck != nil {
		return nil, d.stuck(id)
	}
	return nil, nil
}

// line is a platform that answers what it is told, one after the other; the
// last answer is given for ever.
type line struct {
	mu      sync.Mutex
	answers []exchange.Answer
	params  []map[string]string
	before  func()
}

func (l *line) Call(_ context.Context, _ exchange.Service, q exchange.Question) exchange.Answer {
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.before != nil {
		l.before()
	}
	a := l.answers[min(len(l.params), len(l.answers)-1)]
	l.params = append(l.params, q.Params)
	return a
}

func (l *line) calls() int {
	l.mu.Lock()
	defer l.mu.Unlock()
	return len(l.params)
}

// bounded returns a context that ends long before a test run does.
func bounded(t *testing.T) context.Context {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), time.Minute)
	t.Cleanup(cancel)
	return ctx
}
