package models

import (
	"cmp"
	"context"
	"slices"

	"github.com/shujie-gov/shujie/workflow"
)

// foundRow is a case with what belongs to it.
type foundRow struct {
	Row   caseRow
	Needs []needRow
	Kin   []kinRow
	Marks []markRow
}

// look reads cases with all that the rules may look at, at one moment and in no
// order: for each of wheres, which is a condition on c, those for which it holds.
// among says beside it which cases those are, as what follows IN.
func (s *Store) look(ctx context.Context, among cond, wheres ...cond) ([][]*foundRow, error) {
	found := make([][]*foundRow, len(wheres))
	by := map[int64][]*foundRow{}
	list := make([]question, 0, len(wheres)+3)
	for i, where := range wheres {
		list = append(list, question{
			cond{"SELECT " + caseColumns + " FROM cases c WHERE " + where.sql, where.args},
			func(row scanner) error {
				f := &foundRow{}
				if err := row.Scan(f.Row.fields()...); err != nil {
					return err
				}
				found[i] = append(found[i], f)
				by[f.Row.ID] = append(by[f.Row.ID], f)
				return nil
			},
		})
	}
	list = append(list, needsOf(among, by), kinOf(among, by), marksOf(among, by))
	if err := s.ask(ctx, list...); err != nil {
		return nil, err
	}
	if err := s.lookGroups(ctx, by); err != nil {
		return nil, err
	}
	for _, f := range slices.Concat(found...) {
		f.sort()
	}
	return found, nil
}

func (f *foundRow) sort() {
	slices.SortFunc(f.Needs, func(a, b needRow) int { return cmp.Compare(a.ID, b.ID) })
	for i := range f.Needs {
		slices.SortFunc(f.Needs[i].Applications, func(a, b applicationRow) int { return cmp.Compare(a.ID, b.ID) })
	}
	slices.SortFunc(f.Kin, func(a, b kinRow) int {
		return cmp.Or(cmp.Compare(a.ID, b.ID), cmp.Compare(a.State, b.State), cmp.Compare(a.NoMeeting, b.NoMeeting))
	})
	slices.SortFunc(f.Marks, func(a, b markRow) int { return cmp.Compare(a.ID, b.ID) })
}

// needsOf reads requirements with the applications that each may rest on.
func needsOf(among cond, by map[int64][]*foundRow) question {
	return question{
		cond{`SELECT r.id, r.case_id, r.name, r.resource_id, r.provider, r.class, r.status, r.receipt_id, r.alternative, ` + applicationColumns + `
			FROM requirements r JOIN cases c ON c.id = r.case_id LEFT JOIN cases a ON r.class = 2 AND ` + serves + `
			WHERE r.case_id IN ` + among.sql, among.args},
		func(row scanner) error {
			var r needRow
			var a applicationRow
			err := row.Scan(append([]any{
				&r.ID, &r.CaseID, &r.Name, &r.ResourceID, &r.Provider, &r.Class, &r.Status, &r.ReceiptID, &r.Alternative,
			}, a.fields()...)...)
			for _, f := range by[r.CaseID] {
				f.need(r, a)
			}
			return err
		},
	}
}

// need adds a requirement with one application, or another application to the
// requirement.
func (f *foundRow) need(r needRow, a applicationRow) {
	at := -1
	for i := range f.Needs {
		if f.Needs[i].ID == r.ID {
			at = i
		}
	}
	if at < 0 {
		at = len(f.Needs)
		f.Needs = append(f.Needs, r)
	}
	if a.ID != 0 {
		f.Needs[at].Applications = append(f.Needs[at].Applications, a)
	}
}

// kinOf reads children. Those of a service are left to lookGroups.
func kinOf(among cond, by map[int64][]*foundRow) question {
	return question{
		cond{`SELECT k.parent_id, k.id, k.kind, k.state, k.ended, k.no_meeting, k.need_id, k.lead,
			CAST(coalesce(k.facts->>'round', '0') AS bigint), coalesce(k.facts->>'outcome', '')
			FROM cases k JOIN cases c ON c.id = k.parent_id WHERE c.kind <> 'service' AND k.parent_id IN ` + among.sql, among.args},
		func(row scanner) error {
			k := kinRow{N: 1}
			var parent int64
			err := row.Scan(&parent, &k.ID, &k.Kind, &k.State, &k.Ended, &k.NoMeeting, &k.Need, &k.Lead, &k.Round, &k.Outcome)
			for _, f := range by[parent] {
				f.Kin = append(f.Kin, k)
			}
			return err
		},
	}
}

// marksOf reads clock intervals.
func marksOf(among cond, by map[int64][]*foundRow) question {
	return question{
		cond{"SELECT m.id, m.case_id, m.at, m.state, m.charge, m.dept, m.paused, m.reason FROM marks m WHERE m.case_id IN " + among.sql, among.args},
		func(row scanner) error {
			var m markRow
			err := row.Scan(&m.ID, &m.CaseID, &m.At, &m.State, &m.Charge, &m.Dept, &m.Paused, &m.Reason)
			for _, f := range by[m.CaseID] {
				f.Marks = append(f.Marks, m)
			}
			return err
		},
	}
}

// lookGroups counts the blockers under services in groups, as there may be
// thousands. A blocker that moves meanwhile lets its service be looked at again.
func (s *Store) lookGroups(ctx context.Context, by map[int64][]*foundRow) error {
	var services []int64
	for id, list := range by {
		if list[0].Row.Kind == string(workflow.Service) {
			services = append(services, id)
		}
	}
	if len(services) == 0 {
		return nil
	}
	return s.ask(ctx, question{
		cond{`SELECT k.parent_id, k.kind, k.state, k.ended, k.no_meeting, count(*)
			FROM cases k WHERE k.parent_id IN ? GROUP BY k.parent_id, k.kind, k.state, k.ended, k.no_meeting`, []any{services}},
		func(row scanner) error {
			var k kinRow
			var parent int64
			err := row.Scan(&parent, &k.Kind, &k.State, &k.Ended, &k.NoMeeting, &k.N)
			for _, f := range by[parent] {
				f.Kin = append(f.Kin, k)
			}
			return err
		},
	})
}
