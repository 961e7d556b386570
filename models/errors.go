package models

import (
	"context"
	"database/sql"
	"database/sql/driver"
	"errors"
	"fmt"
	"io"
	"net"
	"strings"

	"github.com/glebarez/go-sqlite"
	"github.com/jackc/pgx/v5/pgconn"
	"gorm.io/gorm"

	"github.com/shujie-gov/shujie/fault"
)

// Result codes of SQLite (sqlite.org/rescode.html).
const (
	sqliteBusy    = 5
	sqliteLocked  = 6
	sqliteIOErr   = 10
	sqliteFull    = 13
	sqliteCheck   = 275
	sqliteNotNull = 1299
)

// dbError classifies what the database said about what, which is a word for the
// log such as "case".
func dbError(what string, err error) error {
	var known *fault.Error
	switch {
	case err == nil:
		return nil
	case errors.As(err, &known):
		return err
	case errors.Is(err, gorm.ErrRecordNotFound), errors.Is(err, sql.ErrNoRows):
		return notFound(what)
	case errors.Is(err, gorm.ErrDuplicatedKey), pgCode(err) == "23505":
		return fault.Wrap(fault.Conflict, fmt.Errorf("%s: %w", what, err),
			"已有相同的记录。", "There is such a record already.")
	case errors.Is(err, gorm.ErrForeignKeyViolated), pgCode(err) == "23503":
		return foreignKey(what, err)
	case outside(err):
		return fault.Wrap(fault.Invalid, fmt.Errorf("%s: %w", what, err),
			"填写的内容不在允许的范围内。", "A value is outside of what is allowed.")
	case away(err):
		return fault.Wrap(fault.Unavailable, fmt.Errorf("%s: %w", what, err),
			"数据库暂时没有响应，请稍后再试。", "The database does not answer; try again later.")
	}
	return fmt.Errorf("%s: %w", what, err)
}

// pgCode is the SQLSTATE of an error of PostgreSQL. gorm translates only those
// that come unwrapped.
func pgCode(err error) string {
	if pg := (*pgconn.PgError)(nil); errors.As(err, &pg) {
		return pg.Code
	}
	return ""
}

func notFound(what string) error {
	return fault.Wrap(fault.NotFound, errors.New(what), "没有找到。", "There is no such thing.")
}

// foreignKey names the input that refers to nothing, where the database says
// which one it was.
func foreignKey(what string, err error) error {
	field := what
	if pg := (*pgconn.PgError)(nil); errors.As(err, &pg) {
		field = strings.TrimSuffix(strings.TrimPrefix(pg.ConstraintName, pg.TableName+"_"), "_fkey")
	}
	f := fault.InvalidField(field, "指向的内容不存在", "refers to something that does not exist")
	f.Err = err
	return f
}

// outside reports whether a value is one that its column does not take.
func outside(err error) bool {
	var (
		pg   *pgconn.PgError
		lite *sqlite.Error
	)
	switch {
	case errors.Is(err, gorm.ErrCheckConstraintViolated):
		return true
	case errors.As(err, &pg):
		return strings.HasPrefix(pg.Code, "22") || pg.Code == "23502" || pg.Code == "23514" // data exception, not null, check
	case errors.As(err, &lite):
		return lite.Code() == sqliteCheck || lite.Code() == sqliteNotNull
	}
	return false
}

// away reports whether the database could not be reached or refused to work:
// nobody's input is wrong, and later it may succeed.
func away(err error) bool {
	var (
		pg      *pgconn.PgError
		connect *pgconn.ConnectError
		network net.Error
		lite    *sqlite.Error
	)
	switch {
	case errors.As(err, &connect), errors.As(err, &network),
		errors.Is(err, driver.ErrBadConn), errors.Is(err, sql.ErrConnDone),
		errors.Is(err, io.EOF), errors.Is(err, io.ErrUnexpectedEOF), errors.Is(err, net.ErrClosed),
		errors.Is(err, context.DeadlineExceeded), errors.Is(err, context.Canceled):
		return true
	case errors.As(err, &pg) && len(pg.Code) >= 2:
		switch pg.Code[:2] {
		case "08", "53", "57": // connection, resources, operator (postgresql.org/docs/15/errcodes-appendix.html)
			return true
		case "40": // deadlock, serialisation: the transaction was rolled back
			return true
		}
		return false
	case errors.As(err, &lite):
		switch lite.Code() & 0xff {
		case sqliteBusy, sqliteLocked, sqliteFull, sqliteIOErr:
			return true
		}
		return false
	}
	return pgconn.SafeToRetry(err) || strings.Contains(err.Error(), "conn closed")
}

// refused reports whether the database answered and rolled the statement back:
// it is certain that nothing of it was written.
func refused(err error) bool {
	var (
		pg   *pgconn.PgError
		lite *sqlite.Error
	)
	if errors.As(err, &pg) {
		return !strings.HasPrefix(pg.Code, "57P") && !strings.HasPrefix(pg.Code, "08")
	}
	return errors.As(err, &lite) ||
		errors.Is(err, gorm.ErrDuplicatedKey) || errors.Is(err, gorm.ErrForeignKeyViolated) || errors.Is(err, gorm.ErrCheckConstraintViolated)
}
