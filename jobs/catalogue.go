package jobs

import (
	"context"
	"log/slog"

	"github.com/shujie-gov/shujie/fault"
	"github.com/shujie-gov/shujie/workflow"
)

// Apply carries out in the catalogue what a case decided about it.
type Apply struct{}

// Kind implements Job.
func (Apply) Kind() string { return workflow.EffectCatalogue }

// registrar changes the catalogue.
type registrar interface {
	ApplyCatalogue(ctx context.Context, id workflow.CaseID) (waits bool, err error)
}

// applier returns the work of an Apply job. The catalogue is changed first, all
// or nothing, and then the case says so; a crash between the two does both
// again. What the catalogue cannot take goes back with the reason.
func applier(r registrar, e Engine, log *slog.Logger) func(context.Context, Task[Apply]) error {
	return func(ctx context.Context, t Task[Apply]) error {
		in := workflow.Input{Action: workflow.ActionNoteDone}
		waits, err := r.ApplyCatalogue(ctx, t.Case)
		switch fault.KindOf(err) {
		case fault.Conflict, fault.Invalid:
			in = workflow.Input{Action: workflow.ActionNoteRefused, Note: fault.Reason(err).ZH}
		case fault.NotFound:
			log.InfoContext(ctx, "nothing applied: there is no such change", "job", t.ID, "case", t.Case)
			return nil
		case fault.Internal, fault.Forbidden, fault.Unauth, fault.Stale, fault.Unavailable:
			if err != nil {
				return err
			}
		}
		if !waits {
			return nil
		}
		err = whileStale(func() error {
			_, err := e.Act(ctx, workflow.SystemActor(), t.Case, in, workflow.Key{})
			return err
		})
		if k := fault.KindOf(err); k == fault.Conflict || k == fault.NotFound {
			return nil // it was given up, or said so already
		}
		return err
	}
}
