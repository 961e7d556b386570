package jobs

import (
	"context"
	"errors"
	"log/slog"

	"github.com/shujie-gov/shujie/workflow"
)

// Users lets the system look at every case that waits for a share application,
// which has just moved: its own blocker and others that rest on it.
type Users struct{}

// Kind implements Job.
func (Users) Kind() string { return workflow.EffectAdvanceUsers }

// waiters finds the cases that wait for an application.
type waiters interface {
	Waiting(ctx context.Context, application workflow.CaseID) ([]workflow.CaseID, error)
}

// usersAdvancer returns the work of a Users job. One case that cannot be moved
// now does not hold up the others; the job is tried again for it.
func usersAdvancer(w waiters, e Engine, log *slog.Logger) func(context.Context, Task[Users]) error {
	advance := advancer(e, log)
	return func(ctx context.Context, t Task[Users]) error {
		ids, err := w.Waiting(ctx, t.Case)
		if err != nil {
			return err
		}
		var errs []error
		for _, id := range ids {
			errs = append(errs, advance(ctx, Task[Advance]{ID: t.ID, Case: id, Attempt: t.Attempt}))
		}
		return errors.Join(errs...)
	}
}
