package models

import (
	"context"
	"database/sql"
	"database/sql/driver"
	"errors"
	"fmt"
	"hash/fnv"
	"log/slog"
	"sync"
	"time"

	"gorm.io/gorm"
)

// Options says how to open a store.
type Options struct {
	URL      string // postgres://… or sqlite:PATH
	Keys     Keys
	Wrapper  KeyWrapper // nil is the master keys of Keys
	Now      func() time.Time
	Log      *slog.Logger
	MaxConns int // open connections to PostgreSQL; 0 means 16
	Breaker  Breaker
}

// Store keeps everything. It is safe for concurrent use.
type Store struct {
	db  *gorm.DB
	sql *sql.DB
	d   dialect
	now func() time.Time
	log *slog.Logger
	*safe
	wrapper KeyWrapper
	inForce *cache[KeyPurpose, string]

	breaker Breaker

	reads  *together[wanted, *foundRow]
	writes *writer
	only   sync.Mutex // around writes on SQLite, which has one writer
	woken  chan struct{}

	cases, requirements, receipts *sequence

	users    *cache[int64, User]
	sessions *cache[string, session]
	leaders  sync.Map // name → *sync.Mutex, on SQLite

	loading sync.Mutex // around taking definitions into force
}

// cacheTTL is how old a user or a session that is read may be.
const cacheTTL = 2 * time.Second

// Open connects to the database and refuses one whose schema is not the one
// this program was built for; see [Migrate].
func Open(ctx context.Context, o Options) (*Store, error) {
	if o.Now == nil {
		return nil, errors.New("models.Open needs a clock")
	}
	if o.Log == nil {
		o.Log = slog.New(slog.DiscardHandler)
	}
	keys, err := o.Keys.open()
	if err != nil {
		return nil, err
	}
	if o.Wrapper == nil {
		if o.Wrapper, err = o.Keys.masters(); err != nil {
			return nil, err
		}
	}
	db, d, err := connect(o.URL, o.MaxConns, false)
	if err != nil {
		return nil, err
	}
	pool, err := db.DB()
	if err != nil {
		return nil, err
	}
	if err := current(ctx, pool, d); err != nil {
		return nil, errors.Join(err, pool.Close())
	}
	s := &Store{
		db: db, sql: pool, d: d, now: o.Now, log: o.Log, safe: keys, wrapper: o.Wrapper, breaker: o.Breaker.withDefaults(),
		woken:        make(chan struct{}, 1),
		cases:        &sequence{name: "cases"},
		requirements: &sequence{name: "requirements"},
		receipts:     &sequence{name: "receipts"},
		inForce:      newCache[KeyPurpose, string](cacheTTL, 10, o.Now),
		users:        newCache[int64, User](cacheTTL, 10_000, o.Now),
		sessions:     newCache[string, session](cacheTTL, 50_000, o.Now),
	}
	s.reads, s.writes = newReader(s), newWriter(s)
	if err := s.enroll(ctx); err != nil {
		return nil, errors.Join(err, s.Close())
	}
	return s, nil
}

// Close ends all connections. Writes that were handed in are answered first.
func (s *Store) Close() error {
	s.writes.close()
	s.reads.close()
	return s.sql.Close()
}

// Ping asks the database whether it is there.
func (s *Store) Ping(ctx context.Context) error { return dbError("ping", s.sql.PingContext(ctx)) }

// Dialect is "postgres" or "sqlite".
func (s *Store) Dialect() string { return s.d.name }

// Committed is sent to (without blocking) after a commit that added outbox rows.
func (s *Store) Committed() <-chan struct{} { return s.woken }

func (s *Store) wake() {
	select {
	case s.woken <- struct{}{}:
	default:
	}
}

// moment is now as rows keep it.
func (s *Store) moment() stamp { return at(s.now()) }

// read begins a query.
func (s *Store) read(ctx context.Context) *gorm.DB { return s.db.WithContext(ctx) }

// alone runs fn with nobody else writing on SQLite: its immediate transactions
// are unfair when many wait, and a mutex is not (docs/adr/0003).
func (s *Store) alone(fn func() error) error {
	if s.d.name == sqliteName {
		s.only.Lock()
		defer s.only.Unlock()
	}
	return fn()
}

// write runs fn in one transaction.
func (s *Store) write(ctx context.Context, what string, fn func(tx *gorm.DB) error) error {
	err := s.alone(func() error { return s.db.WithContext(ctx).Transaction(fn) })
	return dbError(what, err)
}

// Lead runs fn when no other replica leads name, and reports whether it did. On
// PostgreSQL leadership is an advisory lock held for the time of fn; on SQLite
// there is one process.
func (s *Store) Lead(ctx context.Context, name string, fn func(context.Context) error) (bool, error) {
	if s.d.name == sqliteName {
		v, _ := s.leaders.LoadOrStore(name, &sync.Mutex{})
		mu, ok := v.(*sync.Mutex)
		if !ok || !mu.TryLock() {
			return false, nil
		}
		defer mu.Unlock()
		return true, fn(ctx)
	}
	conn, err := s.sql.Conn(ctx)
	if err != nil {
		return false, dbError("lead "+name, err)
	}
	defer func() { _ = conn.Close() }()
	key := lockKey(name)
	var leads bool
	if err := conn.QueryRowContext(ctx, "SELECT pg_try_advisory_lock($1)", key).Scan(&leads); err != nil {
		return false, dbError("lead "+name, err)
	}
	if !leads {
		return false, nil
	}
	err = fn(ctx)
	unlock, cancel := context.WithTimeout(context.WithoutCancel(ctx), 5*time.Second)
	defer cancel()
	if _, e := conn.ExecContext(unlock, "SELECT pg_advisory_unlock($1)", key); e != nil {
		// The lock ends with its connection, which must not go back to the pool.
		_ = conn.Raw(func(any) error { return driver.ErrBadConn })
		s.log.WarnContext(ctx, "gave up a connection to give up a lock", "lock", name, "err", e)
	}
	return true, err
}

func lockKey(name string) int64 {
	h := fnv.New64a()
	_, _ = fmt.Fprintf(h, "shujie %s", name)
	return int64(h.Sum64()) //nolint:gosec // any 64 bits will do
}
