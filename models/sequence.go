package models

import (
	"context"
	"sync"
)

// Rows whose number must be known before they are inserted (a child case is
// named by its own events and effects in the same statement) take it from a
// row of the table sequences, in blocks. A stop loses the rest of a block.
const block = 50

type sequence struct {
	name      string
	mu        sync.Mutex
	next, end int64
}

// take returns n numbers, ascending.
func (q *sequence) take(ctx context.Context, s *Store, n int) ([]int64, error) {
	q.mu.Lock()
	defer q.mu.Unlock()
	ids := make([]int64, 0, n)
	for len(ids) < n {
		if q.next == q.end {
			end, err := s.reserve(ctx, q.name, block)
			if err != nil {
				return nil, err
			}
			q.next, q.end = end-block, end
		}
		ids = append(ids, q.next)
		q.next++
	}
	return ids, nil
}

// reserve moves a sequence on by n and returns its new end.
func (s *Store) reserve(ctx context.Context, name string, n int64) (int64, error) {
	var end int64
	err := s.alone(func() error {
		return s.db.WithContext(ctx).
			Raw("UPDATE sequences SET next = next + ? WHERE name = ? RETURNING next", n, name).Scan(&end).Error
	})
	return end, dbError("sequence "+name, err)
}
