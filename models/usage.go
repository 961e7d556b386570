package models

import (
	"context"
	"time"

	"github.com/shujie-gov/shujie/workflow"
)

// Use is one record of a provider's that came to a department: what its receipt
// says, without the citizen, whom it does not name either. The provider and the
// authority over it read uses (条例 Art. 29).
type Use struct {
	Receipt     int64
	Resource    int64
	Name        string // of the resource
	Version     string
	Provider    workflow.DeptID
	User        workflow.DeptID
	UserName    string // as the receipt was signed
	CaseNumber  string
	Purpose     string
	Basis       string
	Application workflow.CaseID // whose grant let it be fetched, 0 when none is needed
	Source      int64           // the receipt whose record was used again, 0 when it was fetched
	Probe       bool            // about the provider's test person
	At          time.Time
	DestroyedAt *time.Time // nil while the record is kept
}

// UseTotal is how often a department used a resource for a purpose.
type UseTotal struct {
	Resource int64
	Name     string
	Provider workflow.DeptID
	User     workflow.DeptID
	Purpose  string
	N        int64
	Kept     int64 // of whose records so many are not destroyed yet
	Last     time.Time
}

// UseQuery filters uses. Zero fields do not filter.
type UseQuery struct {
	Resource int64
	User     workflow.DeptID
	From     time.Time // inclusive
	Until    time.Time // exclusive
	Limit    int
	Cursor   string
}

// provides is the predicate: which receipts, by the alias r, tell of data that
// the scope's departments provide, or departments of its regions.
func (sc Scope) provides() cond {
	if sc.All {
		return cond{sql: "1 = 1"}
	}
	var seen []cond
	if depts := sc.depts(); len(depts) > 0 {
		seen = append(seen, cond{"r.provider IN ?", []any{depts}})
	}
	for _, path := range sc.regions() {
		in := within("d.region", path)
		seen = append(seen, cond{"r.provider IN (SELECT d.id FROM departments d WHERE " + in.sql + ")", in.args})
	}
	return or(seen...)
}

func (q UseQuery) where(sc Scope) cond {
	where := []cond{sc.provides()}
	add := func(sql string, arg any) { where = append(where, cond{sql, []any{arg}}) }
	if q.Resource != 0 {
		add("r.resource_id = ?", q.Resource)
	}
	if q.User != 0 {
		add("r.user_dept = ?", int64(q.User))
	}
	if !q.From.IsZero() {
		add("r.at >= ?", at(q.From))
	}
	if !q.Until.IsZero() {
		add("r.at < ?", at(q.Until))
	}
	return and(where...)
}

const useList = "usage"

// Uses lists the uses of data in scope, the newest receipt first.
func (s *Store) Uses(ctx context.Context, sc Scope, q UseQuery) (Page[Use], error) {
	after, err := s.cursorOf(useList, q.Cursor)
	if err != nil {
		return Page[Use]{}, err
	}
	before, limit := int64(0), limitOf(q.Limit)
	if after != nil {
		before = after.ID
	}
	rows, err := s.uses(ctx, sc, q, before, limit+1)
	if err != nil {
		return Page[Use]{}, err
	}
	return paged(s.safe, rows, limit, func(r receiptRow) cursor { return cursor{List: useList, ID: r.ID} }, receiptRow.use), nil
}

// EachUse hands out all uses in scope, the newest receipt first.
func (s *Store) EachUse(ctx context.Context, sc Scope, q UseQuery, each func(Use) error) error {
	for before, more := int64(0), true; more; {
		rows, err := s.uses(ctx, sc, q, before, inserts)
		if err != nil {
			return err
		}
		more = len(rows) == inserts
		for _, r := range rows {
			before = r.ID
			if err := each(r.use()); err != nil {
				return err
			}
		}
	}
	return nil
}

// uses reads the receipts of uses with a number below before, or all with 0.
func (s *Store) uses(ctx context.Context, sc Scope, q UseQuery, before int64, limit int) ([]receiptRow, error) {
	c := q.where(sc)
	if before > 0 {
		c = and(c, cond{"r.id < ?", []any{before}})
	}
	var rows []receiptRow
	err := s.read(ctx).Raw("SELECT r.* FROM receipts r WHERE "+c.sql+" ORDER BY r.id DESC LIMIT ?", append(c.args, limit)...).Scan(&rows).Error
	return rows, dbError("usage", err)
}

func (r receiptRow) use() Use {
	return Use{
		Receipt: r.ID, Resource: int64(r.ResourceID), Name: r.ResourceName, Version: r.ResourceVersion, Provider: workflow.DeptID(r.Provider),
		User: workflow.DeptID(r.UserDept), UserName: r.UserName, CaseNumber: r.CaseNumber, Purpose: r.Purpose, Basis: r.Basis,
		Application: workflow.CaseID(r.Application), Source: r.SourceID, Probe: r.Probe, At: r.At.Time, DestroyedAt: r.DestroyedAt.ptr(),
	}
}

// maxUseTotals bounds the totals of a page: the most frequent are told.
const maxUseTotals = 100

// UseTotals sums the uses in scope by resource, department and purpose, the most
// frequent first, and counts them all.
func (s *Store) UseTotals(ctx context.Context, sc Scope, q UseQuery) (totals []UseTotal, all int64, err error) {
	c := q.where(sc)
	var rows []struct {
		Resource, Provider, UserDept ref
		Name, Purpose                string
		N, Kept, Total               int64
		Last                         stamp
	}
	err = s.read(ctx).Raw(`SELECT t.*, sum(t.n) OVER () AS total FROM (
		SELECT r.resource_id AS resource, max(r.resource_name) AS name, r.provider, r.user_dept, r.purpose, count(*) AS n,
			count(*) - count(r.destroyed_at) AS kept, max(r.at) AS last
		FROM receipts r WHERE `+c.sql+` GROUP BY r.resource_id, r.provider, r.user_dept, r.purpose) t
		ORDER BY t.n DESC, t.resource, t.user_dept, t.purpose LIMIT ?`, append(c.args, maxUseTotals)...).Scan(&rows).Error
	totals = make([]UseTotal, len(rows))
	for i, r := range rows {
		all = r.Total
		totals[i] = UseTotal{
			Resource: int64(r.Resource), Name: r.Name, Provider: workflow.DeptID(r.Provider), User: workflow.DeptID(r.UserDept),
			Purpose: r.Purpose, N: r.N, Kept: r.Kept, Last: r.Last.Time,
		}
	}
	return totals, all, dbError("usage", err)
}
