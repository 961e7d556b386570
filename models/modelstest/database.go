// Package modelstest holds the one suite that every database must pass, and
// the databases that tests of other rooms run on.
package modelstest

import (
	"context"
	"crypto/rand"
	"database/sql"
	"encoding/hex"
	"net/url"
	"os"
	"path/filepath"
	"testing"
	"time"

	_ "github.com/jackc/pgx/v5/stdlib" // the driver "pgx"

	"github.com/shujie-gov/shujie/models"
)

// SQLite returns the URL of a database of the test's own with the current
// schema.
func SQLite(tb testing.TB) string {
	tb.Helper()
	return migrated(tb, EmptySQLite(tb))
}

// Postgres returns the URL of a database of the test's own with the current
// schema, on the server that TEST_DATABASE_URL names. Without it the answer is
// false; with SHUJIE_CI=1 that fails the test.
func Postgres(tb testing.TB) (string, bool) {
	tb.Helper()
	url, ok := EmptyPostgres(tb)
	if !ok {
		return "", false
	}
	return migrated(tb, url), true
}

// HasPostgres reports whether there is a server to test on, as [Postgres] does,
// without making a database.
func HasPostgres(tb testing.TB) bool {
	tb.Helper()
	if os.Getenv("TEST_DATABASE_URL") != "" { //nolint:forbidigo // where tests find their server
		return true
	}
	if os.Getenv("SHUJIE_CI") == "1" { //nolint:forbidigo // as above
		tb.Fatal("TEST_DATABASE_URL is not set, and CI must run on PostgreSQL")
	}
	return false
}

// EmptySQLite is [SQLite] without the schema; its file is not there yet.
func EmptySQLite(tb testing.TB) string {
	tb.Helper()
	return "sqlite:" + filepath.Join(tb.TempDir(), "test.db")
}

// EmptyPostgres is [Postgres] without the schema.
func EmptyPostgres(tb testing.TB) (string, bool) {
	tb.Helper()
	if !HasPostgres(tb) {
		return "", false
	}
	server := os.Getenv("TEST_DATABASE_URL") //nolint:forbidigo // where tests find their server
	u, err := url.Parse(server)
	if err != nil {
		tb.Fatalf("TEST_DATABASE_URL: %v", err)
	}
	b := make([]byte, 6)
	if _, err := rand.Read(b); err != nil {
		tb.Fatal(err)
	}
	name := "shujie_" + hex.EncodeToString(b)
	admin := Raw(tb, server)
	if _, err := admin.ExecContext(tb.Context(), "CREATE DATABASE "+name); err != nil {
		tb.Fatal(err)
	}
	tb.Cleanup(func() {
		db, err := sql.Open("pgx", server)
		if err != nil {
			tb.Error(err)
			return
		}
		defer func() { _ = db.Close() }()
		if _, err := db.ExecContext(context.Background(), "DROP DATABASE "+name+" WITH (FORCE)"); err != nil {
			tb.Error(err)
		}
	})
	u.Path = "/" + name
	return u.String(), true
}

func migrated(tb testing.TB, url string) string {
	tb.Helper()
	if err := models.Migrate(tb.Context(), url, nil); err != nil {
		tb.Fatal(err)
	}
	return url
}

// Raw opens the database behind a store's back, as somebody with a password
// would.
func Raw(tb testing.TB, url string) *sql.DB {
	tb.Helper()
	driver, dsn := "pgx", url
	if path, ok := cutSQLite(url); ok {
		driver, dsn = "sqlite", "file:"+path+"?_pragma=busy_timeout(10000)"
	}
	db, err := sql.Open(driver, dsn)
	if err != nil {
		tb.Fatal(err)
	}
	tb.Cleanup(func() { _ = db.Close() })
	return db
}

func cutSQLite(url string) (string, bool) {
	const scheme = "sqlite:"
	if len(url) > len(scheme) && url[:len(scheme)] == scheme {
		return url[len(scheme):], true
	}
	return "", false
}

// Clock is a clock that tests set. It moves on by a second with each look, so
// that no two moments are the same.
type Clock struct{ c chan time.Time }

// NewClock returns a clock that starts at t.
func NewClock(t time.Time) *Clock {
	c := &Clock{c: make(chan time.Time, 1)}
	c.c <- t.UTC()
	return c
}

// Now returns the time and moves on by a second.
func (c *Clock) Now() time.Time {
	t := <-c.c
	c.c <- t.Add(time.Second)
	return t
}

// Add moves the clock.
func (c *Clock) Add(d time.Duration) { c.c <- (<-c.c).Add(d) }
