package models

import (
	"context"

	"gorm.io/gorm"

	"github.com/shujie-gov/shujie/workflow"
)

// What the tests of this room may look at behind the door.

// DB is the connection pool as gorm sees it.
func (s *Store) DB() *gorm.DB { return s.db }

// ListSQL is the statement of a list of cases.
func (s *Store) ListSQL(sc Scope, q CaseQuery) (string, []any, error) {
	o, err := q.order()
	if err != nil {
		return "", nil, err
	}
	c, err := s.listSQL(sc, q, o, nil, DefaultLimit+1, lineColumns)
	return c.sql, c.args, err
}

// Glance is a case as one caller of several wants to see it.
type Glance struct {
	Scope Scope
	ID    workflow.CaseID
}

// Together reads cases as for callers that came at the same time; the id is 0
// where a scope hides its case.
func (s *Store) Together(ctx context.Context, list []Glance) ([]workflow.Case, error) {
	all := make([]wanted, len(list))
	for i, g := range list {
		all[i] = wanted{g.Scope, g.ID}
	}
	found, err := s.findAll(ctx, all)
	out := make([]workflow.Case, len(list))
	for i, f := range found {
		if f != nil && err == nil {
			out[i], err = f.toCase()
		}
	}
	return out, err
}

// Ask puts questions at one moment, of which each has one row of one text.
func (s *Store) Ask(ctx context.Context, take func(i int, text string), texts ...string) error {
	list := make([]question, len(texts))
	for i, text := range texts {
		list[i] = question{cond{sql: text}, func(row scanner) error {
			var got string
			err := row.Scan(&got)
			take(i, got)
			return err
		}}
	}
	return s.ask(ctx, list...)
}

// Bind writes a condition for PostgreSQL or SQLite.
func Bind(postgres bool, sql string, args ...any) (string, []any) {
	if postgres {
		return dialect{name: postgresName}.bind(cond{sql, args})
	}
	return dialect{name: sqliteName}.bind(cond{sql, args})
}
