package handlers

import (
	"encoding/json"
	"fmt"
	"strconv"
	"strings"
	"unicode/utf8"

	"github.com/shujie-gov/shujie/fault"
)

// refuse notes what is wrong with a field.
func (b *body) refuse(name, zh, en string) {
	*b.wrong = append(*b.wrong, fault.Field{Name: b.prefix + name, Text: fault.Text{ZH: zh, EN: en}})
}

// err returns everything that was wrong, or nil.
func (b *body) err() error {
	if len(*b.wrong) == 0 {
		return nil
	}
	e := fault.InvalidField("", "", "")
	e.Fields = *b.wrong
	return e
}

// text reads a text of at most most characters; a missing one is "".
func (b *body) text(name string, most int) string {
	switch v := b.values[name].(type) {
	case nil:
		return ""
	case string:
		v = strings.TrimSpace(v)
		if utf8.RuneCountInString(v) > most {
			b.refuse(name, fmt.Sprintf("超过 %d 字", most), fmt.Sprintf("longer than %d characters", most))
			return ""
		}
		return v
	case json.Number:
		return v.String() // an id where an id or a name may stand
	}
	b.refuse(name, "应为文字", "must be text")
	return ""
}

// must reads a text that may not be missing.
func (b *body) must(name string, most int) string {
	before := len(*b.wrong)
	s := b.text(name, most)
	if s == "" && len(*b.wrong) == before {
		b.refuse(name, "请填写", "is required")
	}
	return s
}

// secret reads a password as it was typed.
func (b *body) secret(name string) string {
	s, ok := b.values[name].(string)
	if !ok || s == "" {
		b.refuse(name, "请填写", "is required")
	}
	return s
}

// texts reads a list of texts; one text is a list of one.
func (b *body) texts(name string, most int) []string {
	list, ok := b.values[name].([]any)
	if !ok {
		if s := b.text(name, most); s != "" {
			return []string{s}
		}
		return nil
	}
	var out []string
	for _, v := range list {
		one := &body{values: map[string]any{name: v}, prefix: b.prefix, wrong: b.wrong}
		if s := one.text(name, most); s != "" {
			out = append(out, s)
		}
	}
	return out
}

// sub reads a nested object; a missing one is empty.
func (b *body) sub(name string) *body {
	m, ok := b.values[name].(map[string]any)
	if !ok && b.values[name] != nil && b.values[name] != "" {
		b.refuse(name, "应为一个对象", "must be an object")
	}
	return &body{values: m, prefix: b.prefix + name + ".", wrong: b.wrong}
}

// subs reads a list of objects.
func (b *body) subs(name string) []*body {
	if b.values[name] == nil {
		return nil
	}
	list, ok := b.values[name].([]any)
	if !ok {
		b.refuse(name, "应为列表", "must be a list")
	}
	var out []*body
	for i, v := range list {
		m, ok := v.(map[string]any)
		if !ok {
			b.refuse(fmt.Sprintf("%s.%d", name, i), "应为一个对象", "must be an object")
			continue
		}
		out = append(out, &body{values: m, prefix: fmt.Sprintf("%s%s.%d.", b.prefix, name, i), wrong: b.wrong})
	}
	return out
}

// whole reads a whole number; a missing one is not given.
func (b *body) whole(name string) (n int64, given bool) {
	var err error
	switch v := b.values[name].(type) {
	case nil:
		return 0, false
	case json.Number:
		n, err = v.Int64()
	case string:
		if strings.TrimSpace(v) == "" {
			return 0, false
		}
		n, err = strconv.ParseInt(strings.TrimSpace(v), 10, 64)
	default:
		err = strconv.ErrSyntax
	}
	if err != nil {
		b.refuse(name, "应为整数", "must be a whole number")
		return 0, false
	}
	return n, true
}

// flag reads true or false; forms send on.
func (b *body) flag(name string) bool {
	switch v := b.values[name].(type) {
	case nil:
	case bool:
		return v
	case string:
		switch v {
		case "on", "true", "1":
			return true
		case "", "false", "0":
			return false
		}
		b.refuse(name, "应为 true 或 false", "must be true or false")
	default:
		b.refuse(name, "应为 true 或 false", "must be true or false")
	}
	return false
}
