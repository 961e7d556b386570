package models

import (
	"context"
	"math/rand/v2"
	"time"

	"gorm.io/gorm"

	"github.com/shujie-gov/shujie/workflow"
)

// Count is how often a resource was called for a department on a day (累计调用).
type Count struct {
	Resource int64
	Dept     workflow.DeptID // for whom, 0 when nobody is on record
	Day      string          // in China, e.g. 2026-03-02
	Calls    int64
}

// countSlots is over how many rows the count of one day is spread.
const countSlots = 16

// countCall counts a call in the transaction that writes its ledger row.
func countCall(tx *gorm.DB, f fetchRow) error {
	//nolint:gosec // any slot will do
	return tx.Exec(`INSERT INTO call_counts (resource_id, dept, day, slot, calls) VALUES (?, ?, ?, ?, 1)
		ON CONFLICT (resource_id, dept, day, slot) DO UPDATE SET calls = call_counts.calls + 1`,
		int64(f.ResourceID), int64(f.UserDept), dayOf(f.StartedAt.Time), rand.IntN(countSlots)).Error
}

func dayOf(t time.Time) string { return t.In(china()).Format(time.DateOnly) }

// CallCounts lists the counts of a resource from a day on, the latest day first
// and the department that called most first.
func (s *Store) CallCounts(ctx context.Context, resource int64, from string) ([]Count, error) {
	var list []Count
	err := s.read(ctx).Raw(`SELECT resource_id AS resource, dept, day, sum(calls) AS calls FROM call_counts
		WHERE resource_id = ? AND day >= ? GROUP BY resource_id, dept, day ORDER BY day DESC, calls DESC, dept`, resource, from).Scan(&list).Error
	return list, dbError("call counts", err)
}

// TotalCalls returns how often a resource was called in all.
func (s *Store) TotalCalls(ctx context.Context, resource int64) (int64, error) {
	var n int64
	err := s.read(ctx).Raw("SELECT coalesce(sum(calls), 0) FROM call_counts WHERE resource_id = ?", resource).Scan(&n).Error
	return n, dbError("call counts", err)
}

// CallsOn returns how often each resource was called on a day.
func (s *Store) CallsOn(ctx context.Context, day time.Time) ([]Count, error) {
	var list []Count
	err := s.read(ctx).Raw(`SELECT resource_id AS resource, day, sum(calls) AS calls FROM call_counts WHERE day = ?
		GROUP BY resource_id, day ORDER BY resource_id`, dayOf(day)).Scan(&list).Error
	return list, dbError("call counts", err)
}
