package models

import (
	"context"
	"database/sql"
	"fmt"
	"runtime"

	"github.com/shujie-gov/shujie/workflow"
)

// wanted is a case that somebody wants to see.
type wanted struct {
	sc Scope
	id workflow.CaseID
}

// newReader reads single cases, on PostgreSQL those that concurrent callers want
// together: a look costs the server much the same for one case as for ten. Each
// caller sees the case through its own scope, nil when that hides it. On SQLite,
// which is no server, there is nothing to share.
func newReader(s *Store) *together[wanted, *foundRow] {
	lanes := 0
	if s.d.name == postgresName {
		lanes = max(1, runtime.GOMAXPROCS(0)/2)
	}
	return newTogether("case", lanes, 0, s.findAll)
}

// find reads a case in scope, NotFound when there is none or sc hides it.
func (s *Store) find(ctx context.Context, sc Scope, id workflow.CaseID) (*foundRow, error) {
	var f *foundRow
	var err error
	if one := (wanted{sc, id}); s.d.name == postgresName {
		f, err = s.reads.ask(ctx, one)
	} else {
		var list []*foundRow
		if list, err = s.findAll(ctx, []wanted{one}); err == nil {
			f = list[0]
		}
	}
	if err == nil && f == nil {
		err = sql.ErrNoRows
	}
	return f, dbError("case", err)
}

// findAll reads what is wanted, once for each scope.
func (s *Store) findAll(ctx context.Context, list []wanted) ([]*foundRow, error) {
	scopes := map[string]int{}
	at := make([]int, len(list)) // of the scope of each
	var all []int64
	var ids [][]int64 // by scope
	var wheres []cond
	for i, one := range list {
		seen := one.sc.cases()
		key := fmt.Sprint(seen)
		n, known := scopes[key]
		if !known {
			n = len(ids)
			scopes[key], ids, wheres = n, append(ids, nil), append(wheres, seen)
		}
		at[i], ids[n], all = n, append(ids[n], int64(one.id)), append(all, int64(one.id))
	}
	for n := range wheres {
		wheres[n] = and(cond{"c.id IN ?", []any{ids[n]}}, wheres[n])
	}
	found, err := s.look(ctx, cond{"?", []any{all}}, wheres...)
	if err != nil {
		return nil, err
	}
	out := make([]*foundRow, len(list))
	for i, one := range list {
		for _, f := range found[at[i]] {
			if f.Row.ID == int64(one.id) {
				out[i] = f
			}
		}
	}
	return out, nil
}
