package models

import (
	"cmp"
	"context"
	"slices"

	"github.com/shujie-gov/shujie/workflow"
)

// Whole returns cases in scope as Case does, in the order of ids and without
// those that there are not or that sc hides. The engine judges a whole case, so
// a list that shows what may be done with its rows reads them by this.
func (s *Store) Whole(ctx context.Context, sc Scope, ids []workflow.CaseID) ([]workflow.Case, error) {
	var list []workflow.Case
	for chunk := range slices.Chunk(ids, MaxLimit) {
		some, err := s.whole(ctx, sc, chunk)
		if err != nil {
			return nil, err
		}
		list = append(list, some...)
	}
	return list, nil
}

func (s *Store) whole(ctx context.Context, sc Scope, ids []workflow.CaseID) ([]workflow.Case, error) {
	numbers := make([]int64, len(ids))
	for i, id := range ids {
		numbers[i] = int64(id)
	}
	list, err := s.wholeCases(ctx, cond{"?", []any{numbers}}, sc.cases())
	if err != nil {
		return nil, err
	}
	at := make(map[workflow.CaseID]int, len(ids))
	for i, id := range ids {
		at[id] = i
	}
	slices.SortFunc(list, func(a, b workflow.Case) int { return cmp.Compare(at[a.ID], at[b.ID]) })
	return list, nil
}

// wholeCases returns the cases that are among those that follow IN and for which
// where holds, by id.
func (s *Store) wholeCases(ctx context.Context, among, where cond) ([]workflow.Case, error) {
	found, err := s.look(ctx, among, and(cond{"c.id IN " + among.sql, among.args}, where))
	if err != nil {
		return nil, dbError("cases", err)
	}
	list := make([]workflow.Case, len(found[0]))
	for i, f := range found[0] {
		if list[i], err = f.toCase(); err != nil {
			return nil, dbError("cases", err)
		}
	}
	slices.SortFunc(list, func(a, b workflow.Case) int { return cmp.Compare(a.ID, b.ID) })
	return list, nil
}
