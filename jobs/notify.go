package jobs

import (
	"context"

	"github.com/shujie-gov/shujie/models"
	"github.com/shujie-gov/shujie/workflow"
)

// Notify tells the people of a seat that a case moved.
type Notify struct {
	Seq    int64           `json:"seq"` // the event it is about
	Role   workflow.Role   `json:"role"`
	Dept   workflow.DeptID `json:"dept"`
	Region string          `json:"region"`
	Bulk   int64           `json:"bulk"` // the bulk act that the move was a row of
}

// Kind implements Job.
func (Notify) Kind() string { return workflow.EffectNotify }

// board is where notices are put up.
type board interface {
	AddNotice(ctx context.Context, n models.Notice) error
}

// notifier returns the work of a Notify job. A notice is kept once per case,
// event and seat, or bulk act and seat, so telling twice is harmless.
func notifier(b board) func(context.Context, Task[Notify]) error {
	return func(ctx context.Context, t Task[Notify]) error {
		return b.AddNotice(ctx, models.Notice{
			Case: t.Case, Seq: t.Args.Seq, Role: t.Args.Role, Dept: t.Args.Dept, Region: t.Args.Region, Bulk: t.Args.Bulk,
		})
	}
}
