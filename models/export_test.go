package models

import (
	"gorm.io/gorm"
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
