package models

import (
	"context"

	"github.com/shujie-gov/shujie/workflow"
)

// Totals counts what the store holds, for summaries and metrics.
type Totals struct {
	CasesByKind      map[workflow.Kind]int64
	CasesByState     map[workflow.Kind]map[workflow.State]int64
	FetchesByOutcome map[Outcome]int64
	Receipts         int64
	Events           int64
}

// Totals counts everything in scope.
func (s *Store) Totals(ctx context.Context, sc Scope) (Totals, error) {
	t := Totals{
		CasesByKind: map[workflow.Kind]int64{}, CasesByState: map[workflow.Kind]map[workflow.State]int64{},
		FetchesByOutcome: map[Outcome]int64{},
	}
	seen := sc.cases()
	var states []struct {
		Kind, State string
		N, Versions int64
	}
	err := s.read(ctx).Raw("SELECT c.kind, c.state, count(*) AS n, CAST(sum(c.version) AS bigint) AS versions FROM cases c WHERE "+seen.sql+" GROUP BY c.kind, c.state", seen.args...).
		Scan(&states).Error
	if err != nil {
		return Totals{}, dbError("totals", err)
	}
	for _, r := range states {
		kind := workflow.Kind(r.Kind)
		if t.CasesByState[kind] == nil {
			t.CasesByState[kind] = map[workflow.State]int64{}
		}
		t.CasesByState[kind][workflow.State(r.State)] += r.N
		t.CasesByKind[kind] += r.N
		t.Events += r.Versions // the version of a case counts its events
	}
	var outcomes []struct {
		Outcome string
		N       int64
	}
	err = s.read(ctx).Raw("SELECT f.outcome, count(*) AS n FROM fetches f JOIN cases c ON c.id = f.case_id WHERE "+seen.sql+" GROUP BY f.outcome", seen.args...).
		Scan(&outcomes).Error
	if err != nil {
		return Totals{}, dbError("totals", err)
	}
	for _, r := range outcomes {
		t.FetchesByOutcome[Outcome(r.Outcome)] = r.N
	}
	err = s.read(ctx).Raw("SELECT count(*) FROM receipts r JOIN cases c ON c.id = r.case_id WHERE "+seen.sql, seen.args...).Scan(&t.Receipts).Error
	return t, dbError("totals", err)
}
