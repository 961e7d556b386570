package models

import (
	"context"
	"database/sql"
	"database/sql/driver"
	"errors"
	"fmt"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/stdlib"
)

// question is a query of several that are asked together.
type question struct {
	cond
	scan func(row scanner) error // takes one row of the answer
}

// scanner is a row that is read.
type scanner interface{ Scan(into ...any) error }

// tries is how often questions are put when the connection turns out to be lost,
// as often as database/sql does it for a single query.
const tries = 3

// ask puts questions at one moment: all answers are of one snapshot. On
// PostgreSQL they go out in one round trip. Every move comes by here, so it speaks
// to the drivers themselves: gorm would build the texts anew.
func (s *Store) ask(ctx context.Context, list ...question) error {
	put := s.askSQLite
	if s.d.name == postgresName {
		put = s.askPostgres
	}
	var err error
	for range tries {
		if err = put(ctx, list); !errors.Is(err, driver.ErrBadConn) {
			break
		}
	}
	return err
}

func (s *Store) askPostgres(ctx context.Context, list []question) error {
	conn, err := s.sql.Conn(ctx)
	if err != nil {
		return err
	}
	defer func() { _ = conn.Close() }()
	return conn.Raw(func(c any) error {
		pg, ok := c.(*stdlib.Conn)
		if !ok {
			return fmt.Errorf("the connection is a %T", c)
		}
		got := false
		var b pgx.Batch
		b.BeginTx(pgx.TxOptions{IsoLevel: pgx.RepeatableRead, AccessMode: pgx.ReadOnly})
		for _, q := range list {
			text, args := s.d.bind(q.cond)
			b.Queue(text, args...).Query(func(rows pgx.Rows) error {
				defer rows.Close()
				for rows.Next() {
					got = true
					if err := q.scan(rows); err != nil {
						return err
					}
				}
				return rows.Err()
			})
		}
		b.Queue("COMMIT")
		err := pg.Conn().SendBatch(ctx, &b).Close()
		if err != nil && !got && pg.Conn().IsClosed() && ctx.Err() == nil {
			return errors.Join(driver.ErrBadConn, err) // it was lost while it lay in the pool
		}
		return err // a transaction that it left open ends with the connection, see stdlib.Conn.ResetSession
	})
}

// askSQLite begins the transaction by hand: those of the pool are immediate and
// would wait for the writer.
func (s *Store) askSQLite(ctx context.Context, list []question) (err error) {
	conn, err := s.sql.Conn(ctx)
	if err != nil {
		return err
	}
	defer func() { _ = conn.Close() }()
	if _, err := conn.ExecContext(ctx, "BEGIN"); err != nil {
		return err
	}
	defer func() {
		_, e := conn.ExecContext(context.WithoutCancel(ctx), "ROLLBACK")
		err = errors.Join(err, e)
	}()
	for _, q := range list {
		if err := q.put(ctx, conn, s.d); err != nil {
			return err
		}
	}
	return nil
}

func (q *question) put(ctx context.Context, conn *sql.Conn, d dialect) error {
	text, args := d.bind(q.cond)
	rows, err := conn.QueryContext(ctx, text, args...)
	if err != nil {
		return err
	}
	defer func() { _ = rows.Close() }()
	for rows.Next() {
		if err := q.scan(rows); err != nil {
			return err
		}
	}
	return rows.Err()
}
