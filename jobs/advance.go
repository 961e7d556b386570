package jobs

import (
	"context"
	"log/slog"

	"github.com/shujie-gov/shujie/fault"
	"github.com/shujie-gov/shujie/workflow"
)

// Advance lets the system take what is due on a case.
type Advance struct{}

// Kind implements Job.
func (Advance) Kind() string { return workflow.EffectAdvance }

// Engine moves cases; workflow.Engine is one.
type Engine interface {
	Act(ctx context.Context, a workflow.Actor, id workflow.CaseID, in workflow.Input, key workflow.Key) (workflow.Case, error)
	Advance(ctx context.Context, id workflow.CaseID) ([]workflow.Action, error)
}

// advancer returns the work of an Advance job. What is due is worked out from
// the case as it is, so doing it twice is harmless; a case that moved on
// meanwhile, or is gone, has nothing due here.
func advancer(e Engine, log *slog.Logger) func(context.Context, Task[Advance]) error {
	return func(ctx context.Context, t Task[Advance]) error {
		err := whileStale(func() error {
			_, err := e.Advance(ctx, t.Case)
			return err
		})
		switch fault.KindOf(err) {
		case fault.Conflict, fault.NotFound:
			log.InfoContext(ctx, "nothing advanced: the case moved on", "job", t.ID, "case", t.Case, "err", err)
			return nil
		case fault.Internal, fault.Invalid, fault.Forbidden, fault.Unauth, fault.Stale, fault.Unavailable:
		}
		return err
	}
}

// whileStale calls fn again at once when another writer was faster. The system
// acts on the present state, so it need not wait to look at it anew.
func whileStale(fn func() error) error {
	var err error
	for range 3 {
		if err = fn(); fault.KindOf(err) != fault.Stale {
			return err
		}
	}
	return err
}
