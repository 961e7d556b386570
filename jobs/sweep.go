package jobs

import (
	"context"
	"fmt"
	"log/slog"
	"runtime/debug"
	"time"

	"golang.org/x/sync/errgroup"

	"github.com/shujie-gov/shujie/fault"
	"github.com/shujie-gov/shujie/models"
	"github.com/shujie-gov/shujie/workflow"
)

// Every says how often the sweeps run. A zero sweep does not run.
type Every struct {
	Escalate time.Duration // cases past their deadline
	Seal     time.Duration // events into the chain of checkpoints
	Prune    time.Duration // what has expired
	Migrate  time.Duration // migrations of definitions that are at work
	Follow   time.Duration // cases that joined one that has ended
	Probe    time.Duration // outages: whether they are over
}

// settleEvents is how old an event must be to be sealed: a transaction that
// began before it has been committed by then.
const settleEvents = 2 * time.Second

// wakingPage is how many cases are looked up at once, and wakingPace how many of
// them are moved side by side, so that they share commits.
const (
	wakingPage = 200
	wakingPace = 16
)

// leader runs work on one replica at a time.
type leader interface {
	Lead(ctx context.Context, name string, fn func(context.Context) error) (bool, error)
}

// keeper is what the tidying sweeps need of the store.
type keeper interface {
	Seal(ctx context.Context, settle time.Duration) (int64, error)
	Prune(ctx context.Context) error
}

// deadlines lists cases that time alone has something to do with.
type deadlines interface {
	Awake(ctx context.Context, after models.Waking, limit int) ([]models.Waking, error)
}

// sweep is periodic work over rows that are due. It remembers nothing between
// its turns, so a turn that is lost is made up by the next.
type sweep struct {
	name  string
	every time.Duration
	run   func(context.Context) error
}

// sweeper takes the turns of the sweeps, each on one replica at a time and
// apart from the failures of the others.
type sweeper struct {
	lead  leader
	log   *slog.Logger
	count *counters
}

// loop takes a turn now and then one every s.every, until ctx ends.
func (s *sweeper) loop(ctx context.Context, w sweep) {
	tick := time.NewTicker(w.every)
	defer tick.Stop()
	for {
		s.turn(ctx, w)
		select {
		case <-ctx.Done():
			return
		case <-tick.C:
		}
	}
}

// turn runs w if no other replica does; a failure is logged and kept here.
func (s *sweeper) turn(ctx context.Context, w sweep) {
	led, err := s.lead.Lead(ctx, "sweep:"+w.name, func(ctx context.Context) error {
		return guarded(func() error { return w.run(ctx) })
	})
	if led {
		s.count.sweeps.Add(1)
	}
	if err != nil && ctx.Err() == nil {
		s.count.failed.Add(1)
		s.log.WarnContext(ctx, "sweep failed", "sweep", w.name, "err", err)
	}
}

// guarded makes a panic an error.
func guarded(fn func() error) (err error) {
	defer func() {
		if p := recover(); p != nil {
			err = fmt.Errorf("panic: %v\n%s", p, debug.Stack())
		}
	}()
	return fn()
}

// escalation moves what time moves: on each case whose time has come the system
// takes what is due, be it to escalate it or to end a pause. It is led by one
// replica; were there two, the version of the case lets one of them take a level.
type escalation struct {
	due    deadlines
	engine Engine
	log    *slog.Logger
}

func (e *escalation) sweep(ctx context.Context) error {
	var after models.Waking
	for {
		list, err := e.due.Awake(ctx, after, wakingPage)
		if err != nil {
			return err
		}
		var group errgroup.Group
		group.SetLimit(wakingPace)
		for _, w := range list {
			group.Go(func() error {
				if err := guarded(func() error { return e.one(ctx, w.ID) }); err != nil && ctx.Err() == nil {
					e.log.WarnContext(ctx, "case not moved though its time has come", "case", w.ID, "since", w.Wake, "err", err)
				}
				return nil
			})
		}
		_ = group.Wait()
		if len(list) < wakingPage || ctx.Err() != nil {
			return ctx.Err()
		}
		after = list[len(list)-1]
	}
}

// one moves one case. Somebody who moved it meanwhile is no failure: its level is
// looked up again, and taken once.
func (e *escalation) one(ctx context.Context, id workflow.CaseID) error {
	_, err := e.engine.Advance(ctx, id)
	switch fault.KindOf(err) {
	case fault.Conflict, fault.NotFound, fault.Stale:
		return nil
	case fault.Internal, fault.Invalid, fault.Forbidden, fault.Unauth, fault.Unavailable:
	}
	return err
}
