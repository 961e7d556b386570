package jobs

import (
	"context"
	"errors"
	"slices"
	"testing"
	"time"

	"github.com/shujie-gov/shujie/fault"
	"github.com/shujie-gov/shujie/models"
	"github.com/shujie-gov/shujie/workflow"
)

// late is a list of cases whose time has come.
type late []workflow.CaseID

func (l late) Awake(_ context.Context, after models.Waking, limit int) ([]models.Waking, error) {
	var page []models.Waking
	for _, id := range l {
		if id > after.ID && len(page) < limit {
			page = append(page, models.Waking{ID: id})
		}
	}
	return page, nil
}

func TestEveryOverdueCaseIsMovedApartFromTheOthers(t *testing.T) {
	var due late
	for id := workflow.CaseID(1); id <= 250; id++ {
		due = append(due, id)
	}
	log := &scribe{}
	d := &desk{stuck: func(id workflow.CaseID) error {
		switch id {
		case 3:
			return fault.New(fault.Conflict, "已办结", "resolved already")
		case 4:
			return fault.New(fault.NotFound, "没有", "gone")
		case 5:
			return fault.New(fault.Stale, "已变化", "moved")
		case 6:
			return fault.New(fault.Unavailable, "数据库", "away")
		case 7:
			panic("a broken case")
		}
		return nil
	}}
	if err := (&escalation{due: due, engine: d, log: logTo(log)}).sweep(t.Context()); err != nil {
		t.Fatal(err)
	}
	if len(d.advanced) != 250 {
		t.Errorf("moved %d of 250", len(d.advanced))
	}
	if n := log.count("case not moved though its time has come"); n != 2 {
		t.Errorf("%d cases were complained of, want the broken one and the one without a database", n)
	}
}

// ranks leads, or does not.
type ranks struct {
	leads bool
	names []string
}

func (r *ranks) Lead(ctx context.Context, name string, fn func(context.Context) error) (bool, error) {
	r.names = append(r.names, name)
	if !r.leads {
		return false, nil
	}
	return true, fn(ctx)
}

func TestASweepRunsOnTheReplicaThatLeads(t *testing.T) {
	for _, leads := range []bool{true, false} {
		r := &ranks{leads: leads}
		ran := 0
		s := &sweeper{lead: r, log: quietLog(), count: &counters{}}
		s.turn(t.Context(), sweep{"seal", time.Hour, func(context.Context) error { ran++; return nil }})
		if (ran == 1) != leads || !slices.Equal(r.names, []string{"sweep:seal"}) {
			t.Errorf("leads %v: ran %d under %v", leads, ran, r.names)
		}
	}
}

func TestASweepThatFailsGoesOn(t *testing.T) {
	s := &sweeper{lead: &ranks{leads: true}, log: quietLog(), count: &counters{}}
	ctx, cancel := context.WithCancel(t.Context())
	turns := 0
	s.loop(ctx, sweep{"prune", time.Millisecond, func(context.Context) error {
		turns++
		switch turns {
		case 1:
			return errors.New("away")
		case 2:
			panic("broken")
		}
		cancel()
		return nil
	}})
	if turns != 3 || s.count.failed.Load() != 2 || s.count.sweeps.Load() != 3 {
		t.Errorf("%d turns, %d failed", turns, s.count.failed.Load())
	}
}
