package jobs

import (
	"context"
	"log/slog"

	"github.com/shujie-gov/shujie/workflow"
)

// Destroy destroys what was fetched for a case whose purpose has ended (条例
// Art. 27, 29).
type Destroy struct {
	Seq int64 `json:"seq"` // the event that ended the purpose
}

// Kind implements Job.
func (Destroy) Kind() string { return workflow.EffectDestroy }

// shredder destroys payloads and records it.
type shredder interface {
	DestroyPayloads(ctx context.Context, id workflow.CaseID, reason string) (int, error)
}

// destroyer returns the work of a Destroy job. What is destroyed already is not
// destroyed again.
func destroyer(s shredder, log *slog.Logger) func(context.Context, Task[Destroy]) error {
	return func(ctx context.Context, t Task[Destroy]) error {
		n, err := s.DestroyPayloads(ctx, t.Case, "办理目的已实现")
		if err == nil && n > 0 {
			log.InfoContext(ctx, "fetched data destroyed", "case", t.Case, "records", n)
		}
		return err
	}
}
