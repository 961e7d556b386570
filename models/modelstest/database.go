// Package modelstest holds the one suite that every database must pass, and
// the databases that tests of other rooms run on.
package modelstest

import (
	"context"
	"crypto/rand"
	"database/sql"
	"encoding/hex"
	"errors"
	"fmt"
	"net/url"
	"os"
	"path/filepath"
	"strings"
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
	if !HasPostgres(tb) {
		return "", false
	}
	db, ok := databases.take()
	if !ok {
		db = fresh(tb, server())
	}
	tb.Cleanup(func() {
		if err := databases.give(db); err != nil {
			tb.Error(err)
		}
	})
	return db.url, true
}

// server is where tests find PostgreSQL; "" when there is none.
func server() string { return os.Getenv("TEST_DATABASE_URL") } //nolint:forbidigo // tests have no config

// HasPostgres reports whether there is a server to test on, as [Postgres] does,
// without making a database.
func HasPostgres(tb testing.TB) bool {
	tb.Helper()
	if server() != "" {
		return true
	}
	if os.Getenv("SHUJIE_CI") == "1" { //nolint:forbidigo // tests have no config
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
	url, err := createPostgres(server())
	if err != nil {
		tb.Fatal(err)
	}
	tb.Cleanup(func() {
		if err := dropPostgres(url); err != nil {
			tb.Error(err)
		}
	})
	return url, true
}

// createPostgres makes an empty database on a server and returns its URL. Its
// commits do not wait for the disk: no test cuts the power.
func createPostgres(server string) (string, error) {
	u, err := url.Parse(server)
	if err != nil {
		return "", fmt.Errorf("TEST_DATABASE_URL: %w", err)
	}
	var b [6]byte
	if _, err := rand.Read(b[:]); err != nil {
		return "", err
	}
	name := "shujie_" + hex.EncodeToString(b[:])
	u.Path = "/" + name
	q := u.Query()
	q.Set("synchronous_commit", "off")
	u.RawQuery = q.Encode()
	return u.String(), onPostgres(server, func(ctx context.Context, db *sql.DB) error {
		_, err := db.ExecContext(ctx, "CREATE DATABASE "+name)
		return err
	})
}

// dropPostgres drops a database that createPostgres made.
func dropPostgres(at string) error {
	u, err := url.Parse(at)
	if err != nil {
		return err
	}
	return onPostgres(server(), func(ctx context.Context, db *sql.DB) error {
		_, err := db.ExecContext(ctx, "DROP DATABASE "+strings.TrimPrefix(u.Path, "/")+" WITH (FORCE)")
		return err
	})
}

// onPostgres runs fn on a database, also when the test's own context has ended.
func onPostgres(url string, fn func(ctx context.Context, db *sql.DB) error) error {
	db, err := sql.Open("pgx", url)
	if err != nil {
		return err
	}
	db.SetMaxOpenConns(1)
	return errors.Join(fn(context.Background(), db), db.Close())
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
