// Package fault names the kinds of failure that the rooms of shujie tell each
// other. A fault says whose move it is: its kind decides the HTTP status and
// whether a job is tried again, its message may be read by the person who
// caused it, in Chinese and in English.
package fault

import (
	"errors"
	"fmt"
)

// Kind classifies a failure by what the caller can do about it.
type Kind int

// The kinds of failure. The zero kind is Internal, so that an error nobody
// classified is never shown to a visitor.
const (
	Internal    Kind = iota // a defect or an unclassified failure of ours
	Invalid                 // the input is wrong; Fields says where
	NotFound                // no such thing, or the actor may not know of it
	Forbidden               // the actor may not do this
	Unauth                  // the caller is not logged in
	Conflict                // not allowed in the present state
	Stale                   // somebody else acted first; read again
	Unavailable             // a dependency does not answer; try again later
)

// String returns the stable lower-case word used in logs and in the problem
// type of an answer (RFC 9457).
func (k Kind) String() string {
	switch k {
	case Invalid:
		return "invalid"
	case NotFound:
		return "not-found"
	case Forbidden:
		return "forbidden"
	case Unauth:
		return "unauthenticated"
	case Conflict:
		return "conflict"
	case Stale:
		return "stale"
	case Unavailable:
		return "unavailable"
	case Internal:
	}
	return "internal"
}

// Text is one sentence in the two languages of the pages.
type Text struct {
	ZH string `json:"zh" yaml:"zh"`
	EN string `json:"en" yaml:"en"`
}

// In returns the sentence in lang ("en" for English, anything else Chinese).
func (t Text) In(lang string) string {
	if lang == "en" && t.EN != "" {
		return t.EN
	}
	if t.ZH == "" {
		return t.EN
	}
	return t.ZH
}

// Field is one wrong input: Name is the input's name or "row N, column", Text
// says what is wrong with it.
type Field struct {
	Name string
	Text Text
}

// Error is a classified failure. Text may be read by the person concerned; the
// wrapped cause is for the log only.
type Error struct {
	Kind   Kind
	Text   Text
	Fields []Field
	Rule   string // the permission rule that was missing, for Forbidden
	Err    error
}

// Error implements error.
func (e *Error) Error() string {
	s := e.Text.EN
	for _, f := range e.Fields {
		s += fmt.Sprintf("; %s: %s", f.Name, f.Text.EN)
	}
	if e.Err != nil {
		s += ": " + e.Err.Error()
	}
	return s
}

// Unwrap returns the cause.
func (e *Error) Unwrap() error { return e.Err }

// New returns a fault of the given kind with a sentence in both languages.
func New(kind Kind, zh, en string) *Error {
	return &Error{Kind: kind, Text: Text{ZH: zh, EN: en}}
}

// Wrap returns a fault of the given kind that keeps err as its cause.
func Wrap(kind Kind, err error, zh, en string) *Error {
	return &Error{Kind: kind, Text: Text{ZH: zh, EN: en}, Err: err}
}

// InvalidField returns an Invalid fault about one input.
func InvalidField(name, zh, en string) *Error {
	e := New(Invalid, "填写有误，请检查标出的内容。", "Some input is wrong; see the marked fields.")
	e.Fields = []Field{{Name: name, Text: Text{ZH: zh, EN: en}}}
	return e
}

// KindOf returns the kind of err, Internal when nobody classified it.
func KindOf(err error) Kind {
	if f := (*Error)(nil); errors.As(err, &f) {
		return f.Kind
	}
	return Internal
}

// Reason is what a person reads of why something was refused: what is wrong
// with the first wrong field, else the sentence of the fault itself. Of an error
// that nobody classified it tells nothing; nil has none.
func Reason(err error) Text {
	var f *Error
	switch {
	case err == nil:
		return Text{}
	case !errors.As(err, &f):
		return Text{ZH: "系统内部错误。", EN: "An error of ours."}
	case len(f.Fields) > 0:
		return f.Fields[0].Text
	}
	return f.Text
}

// Temporary reports whether the same call may succeed later without anybody
// changing its input: the dependency was away or another writer was faster.
func Temporary(err error) bool {
	switch KindOf(err) {
	case Unavailable, Stale:
		return true
	case Internal, Invalid, NotFound, Forbidden, Unauth, Conflict:
	}
	return false
}
