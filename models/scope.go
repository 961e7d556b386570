package models

import (
	"slices"
	"strings"

	"github.com/shujie-gov/shujie/workflow"
)

// Scope says which rows an actor may see. The zero Scope sees nothing. It is
// the first argument of every read of cases, and one predicate made of it
// serves list, count, detail, search, export and dashboard alike.
type Scope struct {
	All     bool              // the software itself
	Depts   []workflow.DeptID // cases in which one of these plays a part
	Regions []string          // cases in or below one of these region paths
}

// ScopeOf returns what actor a may see: hall staff and department people the
// cases their department plays a part in, coordinators and data stewards those
// of their region and below. The three administrators hold no role that selects
// a case.
func ScopeOf(a workflow.Actor) Scope {
	var s Scope
	for _, g := range a.Grants {
		switch g.Role {
		case workflow.System:
			s.All = true
		case workflow.HallStaff, workflow.DeptHandler, workflow.DeptHead:
			s.Depts = append(s.Depts, g.Dept)
		case workflow.Coordinator, workflow.DataSteward:
			s.Regions = append(s.Regions, g.Region)
		case workflow.SysAdmin, workflow.SecAdmin, workflow.Auditor:
		}
	}
	return s
}

// cond is a condition with its parameters.
type cond struct {
	sql  string
	args []any
}

// nothing holds for no row.
func nothing() cond { return cond{sql: "1 = 0"} }

// everything holds for every row.
func everything() cond { return cond{sql: "1 = 1"} }

// and joins conditions that must all hold.
func and(list ...cond) cond { return join(" AND ", "1 = 1", list) }

// or joins conditions of which one must hold; of none, none does.
func or(list ...cond) cond { return join(" OR ", "1 = 0", list) }

func join(word, none string, list []cond) cond {
	if len(list) == 0 {
		return cond{sql: none}
	}
	var c cond
	texts := make([]string, len(list))
	for i, one := range list {
		texts[i] = one.sql
		c.args = append(c.args, one.args...)
	}
	c.sql = "(" + strings.Join(texts, word) + ")"
	return c
}

// cases is the predicate: which rows of cases, by the alias c, the scope sees.
// There is no second one.
func (sc Scope) cases() cond {
	if sc.All {
		return everything()
	}
	var seen []cond
	if depts := sc.depts(); len(depts) > 0 {
		for _, part := range []string{"filer", "demander", "holder", "lead"} {
			seen = append(seen, cond{"c." + part + " IN ?", []any{depts}})
		}
	}
	for _, path := range sc.regions() {
		seen = append(seen, within("c.region", path))
	}
	return or(seen...)
}

// holds reports whether everything that waits for a seat is in scope.
func (sc Scope) holds(t seat) bool {
	if t.dept != 0 {
		return sc.All || slices.Contains(sc.depts(), int64(t.dept))
	}
	return sc.All || slices.ContainsFunc(sc.regions(), func(path string) bool {
		return t.region == path || strings.HasPrefix(t.region, path+"/")
	})
}

// depts returns the departments without repetition and without 0, which is
// nobody's.
func (sc Scope) depts() []int64 {
	var ids []int64
	for _, d := range sc.Depts {
		if d > 0 && !slices.Contains(ids, int64(d)) {
			ids = append(ids, int64(d))
		}
	}
	return ids
}

// regions returns the region paths without those that lie in another one.
func (sc Scope) regions() []string { return outermost(sc.Regions) }

func outermost(paths []string) []string {
	sorted := slices.Clone(paths)
	slices.Sort(sorted)
	var out []string
	for _, p := range sorted {
		if p == "" || slices.ContainsFunc(out, func(o string) bool { return p == o || strings.HasPrefix(p, o+"/") }) {
			continue
		}
		out = append(out, p)
	}
	return out
}

// within says that column holds path or a path below it, as one range of an
// index: '0' follows '/'.
func within(column, path string) cond {
	return cond{"(" + column + " = ? OR (" + column + " >= ? AND " + column + " < ?))", []any{path, path + "/", path + "0"}}
}
