package workflow

import (
	"errors"
	"fmt"
	"regexp"
	"strconv"
	"strings"

	"github.com/shujie-gov/shujie/fault"
)

// RefusalError is one thing that is wrong with a definition, and where.
type RefusalError struct {
	File   string
	Line   int // 0 when it is nowhere in particular
	State  State
	Action Action
	Text   fault.Text
}

// Error implements error.
func (r *RefusalError) Error() string { return r.In("en") }

// In returns the whole refusal, place and words, in a language.
func (r *RefusalError) In(lang string) string {
	zh := lang != "en"
	var where []string
	if r.File != "" {
		where = append(where, r.File)
	}
	add := func(given bool, wordZH, wordEN string, what any) {
		switch {
		case given && zh:
			where = append(where, fmt.Sprintf(wordZH, what))
		case given:
			where = append(where, fmt.Sprintf(wordEN, what))
		}
	}
	add(r.Line > 0, "第 %d 行", "line %d", r.Line)
	add(r.State != "", "状态 %s", "state %s", r.State)
	add(r.Action != "", "操作 %s", "action %s", r.Action)
	if zh {
		return strings.Join(append(where, r.Text.ZH), "：")
	}
	return strings.Join(append(where, r.Text.EN), ": ")
}

// Refusal makes a refusal about transition t of d, for a room that holds a
// definition against something else.
func (d *Definition) Refusal(t *Transition, text fault.Text) error {
	return &RefusalError{File: d.file, Line: t.line, State: t.first(d), Action: t.Action, Text: text}
}

// Refusals lists everything that err, from [Parse] or [NewDefinitions], refuses.
func Refusals(err error) []*RefusalError {
	if err == nil {
		return nil
	}
	var joined interface{ Unwrap() []error }
	if errors.As(err, &joined) {
		var all []*RefusalError
		for _, e := range joined.Unwrap() {
			all = append(all, Refusals(e)...)
		}
		return all
	}
	if one := (*RefusalError)(nil); errors.As(err, &one) {
		return []*RefusalError{one}
	}
	return []*RefusalError{{Text: fault.Text{ZH: err.Error(), EN: err.Error()}}}
}

// sayingError is a sentence about a definition that can be said in both
// languages.
type sayingError struct {
	format string // English
	args   []any
}

// say makes an error of a sentence whose Chinese [chinese] knows.
func say(format string, args ...any) error { return sayingError{format, args} }

// Error implements error.
func (s sayingError) Error() string { return fmt.Sprintf(s.format, s.args...) }

// text says the sentence, and the sentences in it, in both languages.
func (s sayingError) text() fault.Text {
	args := make([]any, len(s.args))
	for i, a := range s.args {
		args[i] = a
		if inner, ok := a.(sayingError); ok {
			args[i] = inner.text().ZH
		}
	}
	return fault.Text{ZH: fmt.Sprintf(chinese(s.format), args...), EN: s.Error()}
}

// unreadable says why a file is no definition at all. The YAML reader speaks
// English, in lines that name the line.
func unreadable(file string, err error) error {
	line := regexp.MustCompile(`line (\d+): (.*)`)
	unknown := regexp.MustCompile(`^field (\S+) not found in type`)
	var errs []error
	for text := range strings.Lines(strings.TrimPrefix(err.Error(), "yaml: unmarshal errors:\n")) {
		k := &checker{d: &Definition{file: file}}
		text = strings.TrimPrefix(strings.TrimSpace(text), "yaml: ")
		if m := line.FindStringSubmatch(text); m != nil {
			k.at, _ = strconv.Atoi(m[1]) // digits
			text = m[2]
		}
		if m := unknown.FindStringSubmatch(text); m != nil {
			k.refuse("", "", "the key %s is not known here", m[1])
		} else {
			k.refuse("", "", "it cannot be read: %s", text)
		}
		errs = append(errs, k.errs...)
	}
	return errors.Join(errs...)
}
