package models

import (
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
	where := and(cond{"c.id IN ?", []any{numbers}}, sc.cases())
	text, args := s.d.bind(where)
	rows, err := s.sql.QueryContext(ctx, s.readCase+text, args...)
	if err != nil {
		return nil, dbError("cases", err)
	}
	defer func() { _ = rows.Close() }()
	found := map[workflow.CaseID]*foundRow{}
	for rows.Next() {
		var f foundRow
		if err := rows.Scan(append(f.Row.fields(), &f.Needs, &f.Kin, &f.Marks)...); err != nil {
			return nil, dbError("cases", err)
		}
		found[workflow.CaseID(f.Row.ID)] = &f
	}
	if err := rows.Err(); err != nil {
		return nil, dbError("cases", err)
	}
	if err := rows.Close(); err != nil { // its connection is free for the next read
		return nil, dbError("cases", err)
	}
	list := make([]workflow.Case, 0, len(found))
	for _, id := range ids {
		f := found[id]
		if f == nil {
			continue
		}
		if err := s.groups(ctx, f); err != nil {
			return nil, err
		}
		c, err := f.toCase()
		if err != nil {
			return nil, dbError("cases", err)
		}
		list = append(list, c)
	}
	return list, nil
}

// groups reads the children of a service, which are counted.
func (s *Store) groups(ctx context.Context, f *foundRow) error {
	if f.Row.Kind != string(workflow.Service) {
		return nil
	}
	text, args := s.d.bind(cond{s.d.sql(readGroups), []any{f.Row.ID}})
	return dbError("case", s.sql.QueryRowContext(ctx, text, args...).Scan(&f.Kin))
}
