package models

import (
	"context"
	"database/sql/driver"
	"encoding/json"
	"fmt"
	"strconv"
	"time"

	"gorm.io/gorm"
	"gorm.io/gorm/clause"
)

// The types of columns that the two databases keep differently.

// stamp is a time in a row: UTC in whole microseconds, timestamptz on
// PostgreSQL and microseconds since 1970 on SQLite, whose text form compares
// wrongly across zones. The zero stamp is NULL.
type stamp struct{ time.Time }

// never is the due date of what has none, so that lists have one order and no
// nulls.
func never() time.Time { return time.Date(9999, 12, 31, 0, 0, 0, 0, time.UTC) }

func at(t time.Time) stamp {
	if t.IsZero() {
		return stamp{}
	}
	return stamp{t.UTC().Truncate(time.Microsecond)}
}

func atPtr(t *time.Time) stamp {
	if t == nil {
		return stamp{}
	}
	return at(*t)
}

// ptr returns nil for the zero stamp and for never.
func (t stamp) ptr() *time.Time {
	if t.IsZero() || !t.Before(never()) {
		return nil
	}
	v := t.Time
	return &v
}

// GormDataType implements schema.GormDataTypeInterface.
func (stamp) GormDataType() string { return "stamp" }

// GormValue implements gorm.Valuer.
func (t stamp) GormValue(_ context.Context, db *gorm.DB) clause.Expr {
	var v any
	switch {
	case t.IsZero():
	case db.Name() == postgresName:
		v = t.Time
	default:
		v = t.UnixMicro()
	}
	return clause.Expr{SQL: "?", Vars: []any{v}}
}

// Scan implements sql.Scanner.
func (t *stamp) Scan(src any) error {
	switch v := src.(type) {
	case nil:
		*t = stamp{}
	case time.Time:
		*t = at(v)
	case int64:
		*t = stamp{time.UnixMicro(v).UTC()}
	default:
		return fmt.Errorf("a time column holds %T", src)
	}
	return nil
}

// MarshalJSON writes the form that PostgreSQL reads; the zero stamp is null.
func (t stamp) MarshalJSON() ([]byte, error) {
	if t.IsZero() {
		return []byte("null"), nil
	}
	b := make([]byte, 0, len(time.RFC3339Nano)+2)
	b = append(b, '"')
	b = t.UTC().AppendFormat(b, time.RFC3339Nano)
	return append(b, '"'), nil
}

// ref is a reference to another row; 0 is NULL, so that foreign keys hold.
type ref int64

// Value implements driver.Valuer.
func (r ref) Value() (driver.Value, error) {
	if r == 0 {
		return nil, nil //nolint:nilnil // NULL is the value
	}
	return int64(r), nil
}

// Scan implements sql.Scanner.
func (r *ref) Scan(src any) error {
	switch v := src.(type) {
	case nil:
		*r = 0
	case int64:
		*r = ref(v)
	default:
		return fmt.Errorf("a reference holds %T", src)
	}
	return nil
}

// MarshalJSON writes 0 as null.
func (r ref) MarshalJSON() ([]byte, error) {
	if r == 0 {
		return []byte("null"), nil
	}
	return strconv.AppendInt(nil, int64(r), 10), nil
}

// jsonText is a column of JSON, kept as text on SQLite. Empty is NULL.
type jsonText []byte

// jsonOf returns v as JSON text. The types of rows always marshal.
func jsonOf(v any) (jsonText, error) {
	b, err := json.Marshal(v)
	return jsonText(b), err
}

// Value implements driver.Valuer.
func (j jsonText) Value() (driver.Value, error) {
	if len(j) == 0 {
		return nil, nil //nolint:nilnil // NULL is the value
	}
	return string(j), nil
}

// Scan implements sql.Scanner.
func (j *jsonText) Scan(src any) error {
	switch v := src.(type) {
	case nil:
		*j = nil
	case string:
		*j = jsonText(v)
	case []byte:
		*j = append(jsonText(nil), v...)
	default:
		return fmt.Errorf("a JSON column holds %T", src)
	}
	return nil
}

// MarshalJSON writes the text as it is.
func (j jsonText) MarshalJSON() ([]byte, error) {
	if len(j) == 0 {
		return []byte("null"), nil
	}
	return j, nil
}

// GormDataType implements schema.GormDataTypeInterface.
func (jsonText) GormDataType() string { return "json" }
