package models

import (
	"errors"
	"fmt"
	"net/url"
	"strconv"
	"strings"
	"time"

	"github.com/glebarez/sqlite"
	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/stdlib"
	"gorm.io/driver/postgres"
	"gorm.io/gorm"
	"gorm.io/gorm/logger"
)

const (
	postgresName = "postgres"
	sqliteName   = "sqlite"
)

// dialect is what the statements of this room need to know of a database.
type dialect struct {
	name  string
	day   string // the day in China of fetches.started_at
	after string // a time, and w.n times so many microseconds after it
}

// forUpdate ends a query whose rows the transaction is going to change. On SQLite
// nobody else writes meanwhile.
func (d dialect) forUpdate() string {
	if d.name == postgresName {
		return " FOR UPDATE"
	}
	return ""
}

// bind writes the placeholders of a condition as the dialect does. A list is
// spread on SQLite; on PostgreSQL it is one array, so that lists of any length
// are one statement, which stays prepared.
func (d dialect) bind(c cond) (string, []any) {
	if d.name == postgresName {
		return bindPostgres(c)
	}
	var text strings.Builder
	args := make([]any, 0, len(c.args))
	for i, piece := range strings.Split(c.sql, "?") {
		if i > 0 {
			list, ok := c.args[i-1].([]int64)
			if !ok {
				text.WriteByte('?')
				args = append(args, c.args[i-1])
			} else {
				text.WriteString("(" + strings.TrimSuffix(strings.Repeat("?, ", len(list)), ", ") + ")")
			}
			for _, v := range list {
				args = append(args, v)
			}
		}
		text.WriteString(piece)
	}
	return text.String(), args
}

func bindPostgres(c cond) (string, []any) {
	var text strings.Builder
	for i, piece := range strings.Split(c.sql, "?") {
		if i > 0 {
			text.WriteString("$" + strconv.Itoa(i))
			if _, ok := c.args[i-1].([]int64); ok {
				text.WriteByte(')')
			}
		}
		if i < len(c.args) {
			if _, ok := c.args[i].([]int64); ok {
				piece = strings.TrimSuffix(piece, "IN ") + "= ANY("
			}
		}
		text.WriteString(piece)
	}
	return text.String(), c.args
}

// connect opens the database that a URL names. With create, a SQLite file that
// does not exist is made.
func connect(address string, maxConns int, create bool) (*gorm.DB, dialect, error) {
	conf := &gorm.Config{
		SkipDefaultTransaction: true, // one statement is its own transaction
		PrepareStmt:            false,
		TranslateError:         true,
		Logger:                 logger.Discard, // errors are returned and logged once, at the edge
	}
	if path, ok := strings.CutPrefix(address, "sqlite:"); ok && path != "" {
		db, err := openSQLite(path, conf, create)
		return db, dialect{name: sqliteName, day: "date(started_at / 1000000 + 28800, 'unixepoch')", after: "? + w.n * ?"}, err
	}
	if strings.HasPrefix(address, "postgres://") || strings.HasPrefix(address, "postgresql://") {
		db, err := openPostgres(address, conf, maxConns)
		return db, dialect{name: postgresName, day: "to_char(started_at AT TIME ZONE 'UTC' + interval '8 hours', 'YYYY-MM-DD')", after: "CAST(? AS timestamptz) + w.n * CAST(? AS bigint) * interval '1 microsecond'"}, err
	}
	return nil, dialect{}, errors.New("the database URL must be postgres://… or sqlite:PATH")
}

func openPostgres(address string, conf *gorm.Config, maxConns int) (*gorm.DB, error) {
	pg, err := pgx.ParseConfig(address)
	if err != nil {
		return nil, fmt.Errorf("the database URL is wrong: %w", err)
	}
	if pg.ConnectTimeout == 0 {
		pg.ConnectTimeout = 5 * time.Second
	}
	for name, value := range map[string]string{
		"application_name": "shujie", "timezone": "UTC",
		"jit":                                 "off", // compiling costs more than our short statements
		"idle_in_transaction_session_timeout": "60s", // of a replica that hangs
		// A connection keeps the plans of its statements. One that was made while
		// a table was small would go on reading all of it long after it has grown.
		// Every statement of this room has an index to go by.
		"enable_seqscan":   "off",
		"enable_hashjoin":  "off",
		"enable_mergejoin": "off",
		// For the same reason a statement is planned once a connection, though a list
		// of one would be a little cheaper than a list of unknown length; and a short
		// one is over before parallel workers have started.
		"plan_cache_mode":                 "force_generic_plan",
		"max_parallel_workers_per_gather": "0",
	} {
		if _, set := pg.RuntimeParams[name]; !set {
			pg.RuntimeParams[name] = value
		}
	}
	pool := stdlib.OpenDB(*pg)
	if maxConns <= 0 {
		maxConns = 16
	}
	pool.SetMaxOpenConns(maxConns)
	pool.SetMaxIdleConns(maxConns)
	pool.SetConnMaxIdleTime(5 * time.Minute)
	db, err := gorm.Open(postgres.New(postgres.Config{Conn: pool}), conf)
	return db, dbError("connect", err)
}

func openSQLite(path string, conf *gorm.Config, create bool) (*gorm.DB, error) {
	mode := "rw"
	if create {
		mode = "rwc"
	}
	q := url.Values{
		"mode":    {mode},
		"_txlock": {"immediate"}, // a deferred one fails with "busy" when it turns to writing
		"_pragma": {"busy_timeout(10000)", "journal_mode(WAL)", "synchronous(NORMAL)", "foreign_keys(1)"},
	}
	dsn := "file:" + (&url.URL{Path: path}).EscapedPath() + "?" + q.Encode()
	db, err := gorm.Open(sqlite.Open(dsn), conf)
	if err != nil {
		return nil, fmt.Errorf("the database file %s cannot be opened, or there is none yet: run `shujie migrate` (%w)", path, err)
	}
	pool, err := db.DB()
	if err != nil {
		return nil, err
	}
	pool.SetMaxOpenConns(8)
	pool.SetMaxIdleConns(8)
	return db, nil
}
