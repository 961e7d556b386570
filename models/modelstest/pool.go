package modelstest

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"os"
	"slices"
	"strings"
	"sync"
	"testing"

	"github.com/shujie-gov/shujie/models"
)

// Databases of PostgreSQL with the current schema are used again: to make one and
// to drop it takes the server some hundred times as long as to empty it.

// pool keeps the databases of this process that no test uses.
type pool struct {
	mu   sync.Mutex
	free []pooled
	kept bool // until the process ends, see Main
}

// pooled is a database with the current schema and nothing of any test in it.
// What the schema itself brings is kept in the schema pristine.
type pooled struct {
	url    string
	tables []string // all of the schema
	seeded []string // those that are not empty
}

//nolint:gochecknoglobals // it belongs to the process, as its tests do
var databases pool

// Main runs the tests of a package that uses [Postgres], and drops at the end the
// databases that they used in turn. Without it each test drops its own.
func Main(m *testing.M) int {
	databases.kept = true
	code := m.Run()
	for _, db := range databases.free {
		if err := dropPostgres(db.url); err != nil {
			fmt.Fprintln(os.Stderr, err)
			code = max(code, 1)
		}
	}
	return code
}

func (p *pool) take() (pooled, bool) {
	p.mu.Lock()
	defer p.mu.Unlock()
	if len(p.free) == 0 {
		return pooled{}, false
	}
	db := p.free[len(p.free)-1]
	p.free = p.free[:len(p.free)-1]
	return db, true
}

// give takes a database back from a test, empty or not at all.
func (p *pool) give(db pooled) error {
	if p.kept && db.empty() == nil {
		p.mu.Lock()
		defer p.mu.Unlock()
		p.free = append(p.free, db)
		return nil
	}
	return dropPostgres(db.url)
}

// fresh makes a database.
func fresh(tb testing.TB, server string) pooled {
	tb.Helper()
	url, err := createPostgres(server)
	if err != nil {
		tb.Fatal(err)
	}
	db := pooled{url: url}
	if err := errors.Join(models.Migrate(tb.Context(), url, nil), db.remember()); err != nil {
		tb.Fatal(errors.Join(err, dropPostgres(url)))
	}
	return db
}

// remember keeps what the schema brings.
func (p *pooled) remember() error {
	return onPostgres(p.url, func(ctx context.Context, db *sql.DB) (err error) {
		if p.tables, err = tablesOf(ctx, db); err != nil {
			return err
		}
		if _, err := db.ExecContext(ctx, "CREATE SCHEMA pristine"); err != nil {
			return err
		}
		for _, t := range p.tables {
			var full bool
			if err := db.QueryRowContext(ctx, "SELECT EXISTS (SELECT FROM "+t+")").Scan(&full); err != nil {
				return err
			}
			if !full {
				continue
			}
			p.seeded = append(p.seeded, t)
			if _, err := db.ExecContext(ctx, "CREATE TABLE pristine."+t+" AS TABLE "+t); err != nil {
				return err
			}
		}
		return nil
	})
}

// empty takes everything out of the database that a test put there. Whoever is
// still connected is cut off.
func (p *pooled) empty() error {
	return onPostgres(p.url, func(ctx context.Context, db *sql.DB) error {
		now, err := tablesOf(ctx, db)
		if err != nil {
			return err
		}
		commands := []string{
			"SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = current_database() AND pid <> pg_backend_pid()",
			"SET lock_timeout = '5s'", "BEGIN", "TRUNCATE " + strings.Join(p.tables, ", ") + " RESTART IDENTITY",
		}
		for _, t := range now {
			if !slices.Contains(p.tables, t) {
				commands = append(commands, "DROP TABLE "+t)
			}
		}
		for _, t := range p.seeded {
			commands = append(commands, "INSERT INTO "+t+" OVERRIDING SYSTEM VALUE SELECT * FROM pristine."+t)
		}
		_, err = db.ExecContext(ctx, strings.Join(append(commands, "COMMIT"), "; "))
		return err
	})
}

func tablesOf(ctx context.Context, db *sql.DB) (list []string, err error) {
	rows, err := db.QueryContext(ctx, "SELECT tablename FROM pg_tables WHERE schemaname = 'public' ORDER BY tablename")
	if err != nil {
		return nil, err
	}
	defer func() { _ = rows.Close() }()
	for rows.Next() {
		var t string
		if err := rows.Scan(&t); err != nil {
			return nil, err
		}
		list = append(list, t)
	}
	return list, rows.Err()
}
