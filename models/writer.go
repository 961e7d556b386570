package models

import (
	"cmp"
	"context"
	"slices"
	"time"

	"gorm.io/gorm"
)

// patience is how long a group of writes waits for moves that were announced:
// those that are just being read and decided. They would have to wait for the
// whole commit otherwise. Nobody waits when nobody else is about to write.
const patience = 500 * time.Microsecond

// writer commits plans, those of concurrent callers together. Each is still
// checked by its own version and answered for itself: taken, or not when the
// version had moved on.
type writer struct {
	*together[*plan, bool]
	s *Store
}

func newWriter(s *Store) *writer {
	wait := time.Duration(0)
	if s.d.name == postgresName {
		wait = patience // its commit waits for the disk; that of SQLite does not
	}
	w := &writer{s: s}
	w.together = newTogether("write", 1, wait, w.commit)
	return w
}

// write hands in p, which was announced, and reports whether it was taken.
func (w *writer) write(ctx context.Context, p *plan) (taken bool, err error) {
	w.withdraw()
	return w.ask(ctx, p)
}

// commit writes plans, all or nothing.
func (w *writer) commit(ctx context.Context, plans []*plan) ([]bool, error) {
	// Groups that update the same cases meet them in one order.
	order := make([]int, len(plans))
	for i := range order {
		order[i] = i
	}
	slices.SortStableFunc(order, func(a, b int) int { return cmp.Compare(plans[a].about(), plans[b].about()) })
	sorted := make([]*plan, len(plans))
	for i, at := range order {
		sorted[i] = plans[at]
	}
	won, err := w.apply(ctx, sorted)
	if err != nil {
		return nil, err
	}
	taken := make([]bool, len(plans))
	wake := false
	for i, at := range order {
		taken[at] = won[i]
		wake = wake || won[i] && len(sorted[i].jobs) > 0
	}
	if wake {
		w.s.wake()
	}
	return taken, nil
}

func (w *writer) apply(ctx context.Context, plans []*plan) (taken []bool, err error) {
	if w.s.d.name == postgresName {
		return writePostgres(w.s.db.WithContext(ctx), plans)
	}
	err = w.s.alone(func() error {
		return w.s.db.WithContext(ctx).Transaction(func(tx *gorm.DB) (err error) {
			taken, err = writeSQLite(tx, plans)
			return err
		})
	})
	return taken, err
}
