package jobs

import (
	"context"
	"log/slog"

	"github.com/shujie-gov/shujie/fault"
	"github.com/shujie-gov/shujie/workflow"
)

// Act lets the system take one action on a case, as another case's decision
// asked for: the rest of a join is let go, an order ends with its case.
type Act struct {
	Action workflow.Action `json:"action"`
	Note   string          `json:"note"` // why, for the log
}

// Kind implements Job.
func (Act) Kind() string { return workflow.EffectAct }

// doer returns the work of an Act job. A case that has moved on, so that it no
// longer allows the action, needs it no longer: doing it twice is harmless.
func doer(e Engine, log *slog.Logger) func(context.Context, Task[Act]) error {
	return func(ctx context.Context, t Task[Act]) error {
		err := whileStale(func() error {
			_, err := e.Act(ctx, workflow.SystemActor(), t.Case, workflow.Input{Action: t.Args.Action, Note: t.Args.Note}, workflow.Key{})
			return err
		})
		if kind := fault.KindOf(err); err != nil && (kind == fault.Conflict || kind == fault.NotFound) {
			log.InfoContext(ctx, "nothing done: the case moved on", "job", t.ID, "case", t.Case, "action", t.Args.Action, "err", err)
			return nil
		}
		return err
	}
}
