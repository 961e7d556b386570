package models

import (
	"context"
	"time"

	"github.com/shujie-gov/shujie/workflow"
)

// Waking is a case that the system has to look at because of the time.
type Waking struct {
	ID   workflow.CaseID
	Wake time.Time // since when
}

// Awake lists open cases whose time has come (workflow.Case.Wake), the longest
// waiting first, from after on. It serves the sweep that escalates and ends
// pauses; a case it has moved has a later time, or none.
func (s *Store) Awake(ctx context.Context, after Waking, limit int) ([]Waking, error) {
	return s.waking(ctx, s.now(), after, limit)
}

// Overslept lists cases whose time came longer than grace ago and that nothing
// has moved since. In a healthy system there is none.
func (s *Store) Overslept(ctx context.Context, grace time.Duration, limit int) ([]Waking, error) {
	return s.waking(ctx, s.now().Add(-grace), Waking{}, limit)
}

func (s *Store) waking(ctx context.Context, until time.Time, after Waking, limit int) ([]Waking, error) {
	from := at(after.Wake)
	if from.IsZero() {
		from = stamp{time.Unix(0, 0).UTC()}
	}
	var rows []struct {
		ID   int64
		Wake stamp
	}
	err := s.read(ctx).Raw(`SELECT id, wake FROM cases WHERE NOT ended AND wake <= ? AND (wake, id) > (?, ?)
		ORDER BY wake, id LIMIT ?`, at(until), from, int64(after.ID), limit).Scan(&rows).Error
	list := make([]Waking, len(rows))
	for i, r := range rows {
		list[i] = Waking{workflow.CaseID(r.ID), r.Wake.Time}
	}
	return list, dbError("wake", err)
}
