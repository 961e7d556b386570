package models

import (
	"context"
	"database/sql"
	"embed"
	"errors"
	"fmt"
	"io/fs"
	"log/slog"
	"os"
	"strings"
	"time"

	"github.com/pressly/goose/v3"
	"github.com/pressly/goose/v3/lock"
)

//go:embed migrations
var migrations embed.FS

// Migrate brings the schema up to date. Several may start it at once; one works.
func Migrate(ctx context.Context, url string, log *slog.Logger) error {
	if log == nil {
		log = slog.New(slog.DiscardHandler)
	}
	if path, ok := strings.CutPrefix(url, "sqlite:"); ok {
		if err := private(path); err != nil {
			return err
		}
	}
	// SQLite has no lock that outlives a transaction: of several who start at
	// once, those who were second to open the file or to create a table look again.
	const tries = 100
	for try := 1; ; try++ {
		err := migrate(ctx, url, log)
		if err == nil || !strings.HasPrefix(url, "sqlite:") || try == tries {
			return err
		}
		select {
		case <-ctx.Done():
			return err
		case <-time.After(20 * time.Millisecond):
		}
	}
}

func migrate(ctx context.Context, url string, log *slog.Logger) error {
	db, d, err := connect(url, 4, true)
	if err != nil {
		return err
	}
	pool, err := db.DB()
	if err != nil {
		return err
	}
	defer func() { _ = pool.Close() }()
	up, err := provider(pool, d)
	if err != nil {
		return err
	}
	done, err := up.Up(ctx)
	for _, m := range done {
		log.InfoContext(ctx, "migrated", "version", m.Source.Version, "took", m.Duration)
	}
	if err != nil {
		return fmt.Errorf("migrate: %w", err)
	}
	return nil
}

// private makes the database file readable for its owner alone, as it holds
// what people confided.
func private(path string) error {
	f, err := os.OpenFile(path, os.O_RDWR|os.O_CREATE, 0o600) //nolint:gosec // the operator names the file
	if err != nil {
		return err
	}
	return f.Close()
}

func provider(pool *sql.DB, d dialect) (*goose.Provider, error) {
	files, err := fs.Sub(migrations, "migrations/"+d.name)
	if err != nil {
		return nil, err
	}
	if d.name == sqliteName {
		return goose.NewProvider(goose.DialectSQLite3, pool, files)
	}
	locker, err := lock.NewPostgresSessionLocker(lock.WithLockTimeout(1, 120))
	if err != nil {
		return nil, err
	}
	return goose.NewProvider(goose.DialectPostgres, pool, files, goose.WithSessionLocker(locker))
}

// current refuses a schema that is not the one of this program.
func current(ctx context.Context, pool *sql.DB, d dialect) error {
	up, err := provider(pool, d)
	if err != nil {
		return err
	}
	sources := up.ListSources()
	want := sources[len(sources)-1].Version
	if err := pool.PingContext(ctx); err != nil {
		return dbError("connect", err)
	}
	var have sql.NullInt64
	err = pool.QueryRowContext(ctx, "SELECT max(version_id) FROM goose_db_version WHERE is_applied").Scan(&have)
	switch {
	case err != nil && away(err):
		return dbError("schema", err)
	case err != nil:
		return errors.New("the database has no schema yet: run `shujie migrate`")
	case have.Int64 < want:
		return fmt.Errorf("the database schema is at version %d and this program needs %d: run `shujie migrate`", have.Int64, want)
	case have.Int64 > want:
		return fmt.Errorf("the database schema is at version %d and this program knows only %d: run a newer shujie", have.Int64, want)
	}
	return nil
}
