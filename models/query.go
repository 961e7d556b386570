package models

import (
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/shujie-gov/shujie/fault"
	"github.com/shujie-gov/shujie/workflow"
)

// inWork holds for cases of which somebody, or the system, has the next move. A
// case that has ended, or lives at its goal, such as a permission in use, waits
// for nobody; every other state waits for somebody (workflow.Check).
const inWork = "NOT c.ended AND c.waits_role <> ''"

// claimable holds for cases that a person can take out of a pool. The life of a
// service goes on by itself.
const claimable = "c.kind <> 'service'"

// order is how a list of cases is sorted, and where a page goes on.
type order struct {
	list   string // names the cursor
	by     string
	after  func(c *cursor) cond
	cursor func(r *caseRow) cursor
}

func (q CaseQuery) order() (order, error) {
	by := q.Sort
	if by == "" {
		by = ByNewest
		if q.Box == Todo {
			by = ByDue
		}
	}
	o := order{list: "cases/" + string(by)}
	switch by {
	case ByDue:
		o.by = "due, id"
		o.after = func(c *cursor) cond {
			return cond{"(c.due, c.id) > (?, ?)", []any{at(time.UnixMicro(c.Key)), c.ID}}
		}
		o.cursor = func(r *caseRow) cursor { return cursor{o.list, r.Due.UnixMicro(), r.ID} }
	case ByNewest:
		o.by = "id DESC"
		o.after = func(c *cursor) cond { return cond{"c.id < ?", []any{c.ID}} }
		o.cursor = func(r *caseRow) cursor { return cursor{o.list, 0, r.ID} }
	case ByUpdated:
		o.by = "updated_at DESC, id DESC"
		o.after = func(c *cursor) cond {
			return cond{"(c.updated_at, c.id) < (?, ?)", []any{at(time.UnixMicro(c.Key)), c.ID}}
		}
		o.cursor = func(r *caseRow) cursor { return cursor{o.list, r.UpdatedAt.UnixMicro(), r.ID} }
	default:
		return o, noOption("sort")
	}
	return o, nil
}

func noOption(field string) error {
	return fault.InvalidField(field, "没有这个选项", "is not one of the options")
}

// listSQL selects columns of the cases that q asks for, in order o and at most
// limit when these are set. What waits for an actor is looked up seat by seat,
// each by one range of the inbox index, and merged: a case waits for one seat.
func (s *Store) listSQL(sc Scope, q CaseQuery, o order, after *cursor, limit int64, columns string) (cond, error) {
	where, err := s.filter(q)
	if err != nil {
		return cond{}, err
	}
	if after != nil {
		where = append(where, o.after(after))
	}
	tail := ""
	if o.by != "" {
		tail = " ORDER BY " + o.by
	}
	if limit > 0 {
		tail += fmt.Sprintf(" LIMIT %d", limit)
	}
	from := func(first cond) cond {
		c := and(append([]cond{first}, where...)...)
		return cond{"SELECT " + columns + " FROM cases c WHERE " + c.sql + tail, c.args}
	}
	if q.Box != Todo {
		return from(sc.cases()), nil
	}
	var all cond
	for i, seat := range seats(q.Actor) {
		one := from(seat.within(sc))
		if i > 0 {
			all.sql += " UNION ALL "
		}
		all.sql += fmt.Sprintf("SELECT * FROM (%s) seat%d", one.sql, i)
		all.args = append(all.args, one.args...)
	}
	if all.sql == "" {
		return from(nothing()), nil
	}
	all.sql = "SELECT * FROM (" + all.sql + ") c" + tail
	return all, nil
}

// seat is one place that cases wait for: a role in a department, or in a region
// and below.
type seat struct {
	role   workflow.Role
	dept   workflow.DeptID
	region string
}

// seats returns the seats of the actor, of which no two hold for one case.
func seats(a workflow.Actor) []seat {
	var list []seat
	regions := map[workflow.Role][]string{}
	for _, g := range a.Grants {
		switch g.Role.Domain() {
		case workflow.InDepartment:
			if one := (seat{role: g.Role, dept: g.Dept}); g.Dept > 0 && !slices.Contains(list, one) {
				list = append(list, one)
			}
		case workflow.InRegion:
			regions[g.Role] = append(regions[g.Role], g.Region)
		case workflow.Everywhere:
		}
	}
	for _, role := range workflow.Roles() {
		for _, path := range outermost(regions[role]) {
			list = append(list, seat{role: role, region: path})
		}
	}
	return list
}

// within returns what waits for the seat and is in scope. The department that a
// case waits for plays a part in it (constraint cases_waits_check), so that a
// scope which holds the seat's own department or region adds nothing; saying it
// again would only mislead the planner, which takes the two for independent.
// The first condition repeats the one of the partial index, which a parameter
// cannot prove.
func (t seat) within(sc Scope) cond {
	waits := cond{"c.waits_role <> '' AND c.waits_role = ? AND c.waits_dept = ?", []any{string(t.role), int64(t.dept)}}
	if t.region != "" {
		waits = and(waits, within("c.region", t.region))
	}
	if sc.holds(t) {
		return waits
	}
	return and(waits, sc.cases())
}

// filter returns the conditions of a query, without scope and seats.
func (s *Store) filter(q CaseQuery) ([]cond, error) {
	var where []cond
	add := func(sql string, args ...any) { where = append(where, cond{sql, args}) }
	if q.Kind != "" {
		add("c.kind = ?", string(q.Kind))
	}
	if q.State != "" {
		add("c.state = ?", string(q.State))
	}
	if d := int64(q.Department); d != 0 {
		add("(c.filer = ? OR c.demander = ? OR c.holder = ? OR c.lead = ?)", d, d, d, d)
	}
	if q.Batch != 0 {
		add("c.batch_id = ?", q.Batch)
	}
	if q.Item != 0 {
		add("c.item_id = ?", q.Item)
	}
	if q.Parent != 0 {
		add("c.parent_id = ?", int64(q.Parent))
	}
	if q.Assignee != 0 {
		add("c.assignee = ?", q.Assignee)
	}
	if q.Pool {
		add("c.assignee = 0 AND " + claimable)
	}
	if q.Open != nil && *q.Open {
		add(inWork)
	} else if q.Open != nil {
		add("NOT (" + inWork + ")")
	}
	if !q.DueBefore.IsZero() {
		add("c.due < ?", at(q.DueBefore))
	}
	where = append(where, matching(q.Text)...)
	light, err := s.light(q.Light)
	if err != nil {
		return nil, err
	}
	where = append(where, light...)
	switch q.Box {
	case "":
	case Todo:
		add("NOT c.ended")
	case Done:
		add("c.id IN (SELECT e.case_id FROM events e WHERE e.actor <> 0 AND e.actor = ?)", q.Actor.UserID)
	case Mine:
		add("c.creator <> 0 AND c.creator = ?", q.Actor.UserID)
	default:
		return nil, noOption("box")
	}
	return where, nil
}

// overdueIs says that the deadline of c, compared with a time, was missed: a
// term that stands still cannot be (workflow.Case.Overdue).
const overdueIs = "NOT c.ended AND c.due < ? AND c.term->>'still' IS NULL"

// light returns the condition of a light of the deadline, as workflow.LightOf
// shines it: yellow from the term's own warning on, unless the case is paused or
// its term stands still.
func (s *Store) light(l Light) ([]cond, error) {
	now := s.moment()
	switch l {
	case "":
		return nil, nil
	case Red:
		return []cond{{overdueIs, []any{now}}}, nil
	case Yellow:
		warned, paused := "unixepoch(c.term->>'warn') <= ?", "coalesce(c.term->>'pause', 0)"
		if s.d.name == postgresName {
			warned, paused = "extract(epoch FROM (c.term->>'warn')::timestamptz) <= ?", "coalesce((c.term->>'pause')::boolean, false)"
		}
		return []cond{
			{"NOT c.ended AND c.due >= ?", []any{now}},
			{warned + " AND NOT " + paused + " AND c.term->>'still' IS NULL", []any{now.Unix()}},
		}, nil
	}
	return nil, noOption("light")
}

// lightCounts are the columns red and yellow: how many of the rows shine so.
func (s *Store) lightCounts() (cond, error) {
	var out cond
	for _, l := range []Light{Red, Yellow} {
		conds, err := s.light(l)
		if err != nil {
			return out, err
		}
		c := and(conds...)
		if out.sql != "" {
			out.sql += ", "
		}
		out.sql += "count(*) FILTER (WHERE " + c.sql + ") AS " + string(l)
		out.args = append(out.args, c.args...)
	}
	return out, nil
}

// maxWords bounds a search.
const maxWords = 8

// matching returns the conditions of a search text: the number of a case, or
// words that must all occur in title or proof, whatever their case. There is no
// shortest word: two characters are a word in Chinese.
func matching(text string) []cond {
	words := strings.Fields(fold(text))
	if len(words) > maxWords {
		words = words[:maxWords]
	}
	var where []cond
	for _, w := range words {
		c := like("c.search", w)
		if id, ok := ParseNumber(w); ok {
			c = or(cond{"c.id = ?", []any{int64(id)}}, c)
		}
		if series, serial, ok := ParseSerial(w); ok {
			c = or(cond{"c.series <> '' AND c.series = ? AND c.serial = ?", []any{series, serial}}, c)
		}
		where = append(where, c)
	}
	return where
}

// like says that column, which is folded, contains the folded text.
func like(column, text string) cond {
	text = strings.NewReplacer("!", "!!", "%", "!%", "_", "!_").Replace(text)
	return cond{column + " LIKE ? ESCAPE '!'", []any{"%" + text + "%"}}
}
