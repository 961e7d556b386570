package jobs

import (
	"context"
	"log/slog"
	"time"

	"github.com/shujie-gov/shujie/fault"
	"github.com/shujie-gov/shujie/models"
	"github.com/shujie-gov/shujie/workflow"
)

// Bulk runs a bulk act.
type Bulk struct {
	Bulk int64 `json:"bulk"`
}

// Kind implements Job.
func (Bulk) Kind() string { return models.JobBulk }

// bulkChunk is how many rows are looked up at once, and bulkTime how long one
// task works on them before it lets others have a turn.
const (
	bulkChunk = 20
	bulkTime  = 5 * time.Second
)

// selection is what a bulk act needs of the store.
type selection interface {
	BulkWork(ctx context.Context, id int64, limit int) (models.Bulk, error)
	SettleRow(ctx context.Context, bulk int64, it models.BulkItem) error
	EndBulk(ctx context.Context, id int64) error
	User(ctx context.Context, id int64) (models.User, error)
}

// bulker moves the rows of a bulk act, one after the other, as the person who
// asked for it and with the rights they have then.
type bulker struct {
	store  selection
	engine Engine
	now    func() time.Time
	log    *slog.Logger
}

// run works until no row is left, or its time is up; then the job is due again
// and goes on where it stopped. A row that was moved when a crash kept its
// result from being written is answered by its key, and not moved again.
func (b *bulker) run(ctx context.Context, t Task[Bulk]) error {
	end := b.now().Add(bulkTime)
	for {
		bulk, err := b.store.BulkWork(ctx, t.Args.Bulk, bulkChunk)
		if fault.KindOf(err) == fault.NotFound {
			return nil // it has ended
		}
		if err != nil {
			return err
		}
		if len(bulk.Items) == 0 {
			return b.store.EndBulk(ctx, bulk.ID)
		}
		u, err := b.store.User(ctx, bulk.Actor)
		if err != nil {
			return err
		}
		for _, it := range bulk.Items {
			if !b.now().Before(end) {
				return later(0, "more rows are left")
			}
			if err := b.move(ctx, &bulk, u, &it); err != nil {
				return err
			}
			if err := b.store.SettleRow(ctx, bulk.ID, it); err != nil {
				return err
			}
		}
	}
}

// move moves one row and notes what became of it. It returns an error when
// another attempt may do better.
func (b *bulker) move(ctx context.Context, bulk *models.Bulk, u models.User, it *models.BulkItem) error {
	a := u.Actor()
	if u.Disabled {
		a.Grants = nil
	}
	in := workflow.Input{Action: bulk.Action, Version: it.Version, Note: bulk.Note, Fields: bulk.Fields, Bulk: bulk.ID}
	got, err := b.engine.Act(ctx, a, it.Case, in, bulk.Key(it.N))
	switch fault.KindOf(err) {
	case fault.Unavailable:
		return err
	case fault.Stale:
		it.Result = models.RowStale
	case fault.Invalid, fault.NotFound, fault.Forbidden, fault.Unauth, fault.Conflict:
		it.Result = models.RowRefused
	case fault.Internal:
		it.Result, it.After = models.RowDone, got.Version
		if err != nil {
			b.log.ErrorContext(ctx, "row of a bulk act not moved", "bulk", bulk.ID, "case", it.Case, "err", err)
			it.Result, it.After = models.RowFailed, 0
		}
	}
	it.Reason = fault.Reason(err)
	return nil
}
