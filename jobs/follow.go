package jobs

import (
	"context"
	"log/slog"

	"github.com/shujie-gov/shujie/fault"
	"github.com/shujie-gov/shujie/workflow"
)

// followers lists open cases whose joined case has ended.
type followers interface {
	Followers(ctx context.Context, after workflow.CaseID, limit int) ([]workflow.Follower, error)
}

// following ends what joined a case that has ended, or lets it go on alone. It
// is a sweep over the rows as they are: a case that joins while the other one
// ends is found by the next turn.
type following struct {
	list   followers
	follow func(ctx context.Context, f workflow.Follower) error
	log    *slog.Logger
}

func (f *following) sweep(ctx context.Context) error {
	var after workflow.CaseID
	for {
		list, err := f.list.Followers(ctx, after, wakingPage)
		if err != nil {
			return err
		}
		for _, one := range list {
			err := guarded(func() error { return whileStale(func() error { return f.follow(ctx, one) }) })
			// A case that fetches for its citizen right now follows in a later turn.
			if kind := fault.KindOf(err); err != nil && kind != fault.Conflict && kind != fault.Stale && ctx.Err() == nil {
				f.log.WarnContext(ctx, "a case does not follow the one it joined", "case", one.ID, "into", one.Into, "err", err)
			}
		}
		if len(list) < wakingPage || ctx.Err() != nil {
			return ctx.Err()
		}
		after = list[len(list)-1].ID
	}
}
