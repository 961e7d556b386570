package models

import (
	"crypto/hmac"
	"encoding/base64"
	"encoding/json"

	"github.com/shujie-gov/shujie/fault"
)

// cursor is where a page ended: the sort key and the id of its last row. Its
// text is opaque and carries a tag, so that only a cursor of this installation
// and of the same list in the same order is taken.
type cursor struct {
	List string `json:"l"` // list and order, e.g. "cases/due"
	Key  int64  `json:"k,omitempty"`
	ID   int64  `json:"i"`
}

const tagSize = 8

func (s *safe) cursorText(c cursor) string {
	b, err := json.Marshal(c)
	if err != nil { // a struct of strings and integers marshals
		return ""
	}
	return base64.RawURLEncoding.EncodeToString(append(s.tag(b), b...))
}

// cursorOf reads text as a cursor of list; the empty text is no cursor.
func (s *safe) cursorOf(list, text string) (*cursor, error) {
	if text == "" {
		return nil, nil //nolint:nilnil // no cursor is the first page
	}
	b, err := base64.RawURLEncoding.DecodeString(text)
	if err != nil || len(b) < tagSize || !hmac.Equal(b[:tagSize], s.tag(b[tagSize:])) {
		return nil, badCursor()
	}
	var c cursor
	if err := json.Unmarshal(b[tagSize:], &c); err != nil || c.List != list {
		return nil, badCursor()
	}
	return &c, nil
}

func badCursor() error {
	return fault.InvalidField("cursor", "不是本列表的翻页标记，请从第一页重新开始", "is no cursor of this list; start again from the first page")
}

// limitOf brings a page size into its bounds.
func limitOf(n int) int {
	switch {
	case n <= 0:
		return DefaultLimit
	case n > MaxLimit:
		return MaxLimit
	}
	return n
}

// paged cuts rows, of which one more than limit was asked for, into a page.
func paged[R, T any](s *safe, rows []R, limit int, at func(R) cursor, item func(R) T) Page[T] {
	p := Page[T]{Items: make([]T, 0, min(len(rows), limit))}
	for i, r := range rows {
		if i == limit {
			p.Next = s.cursorText(at(rows[i-1]))
			break
		}
		p.Items = append(p.Items, item(r))
	}
	return p
}
