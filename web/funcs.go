package web

import (
	"errors"
	"fmt"
	"html/template"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/shujie-gov/shujie/fault"
)

// shanghai is the time of every page: China has one, without summer time.
func shanghai(t time.Time) time.Time { return t.In(time.FixedZone("UTC+8", 8*60*60)) }

// funcs returns what templates may call, bound to one language.
func funcs(lang string, tx texts, st *static) template.FuncMap {
	w := words{lang: lang, texts: tx}
	return template.FuncMap{
		"t":        tx.text,
		"tx":       func(t fault.Text) string { return t.In(lang) },
		"asset":    st.asset,
		"date":     w.date,
		"datetime": w.datetime,
		"deadline": w.deadline,
		"iso":      iso,
		"ago":      w.ago,
		"duration": w.duration,
		"num":      num,
		"add":      func(a, b int64) int64 { return a + b },
		"sub":      func(a, b int64) int64 { return a - b },
		"less":     func(a, b int) int { return a - b },
		"percent":  percent,
		"dict":     dict,
		"has":      has,
		"only":     only,
		"typed":    typed,
		"text":     plain,
		"wrong":    w.wrong,
		"svg":      svg,
		"qr":       qrCode,
	}
}

// words says times and amounts in one language.
type words struct {
	lang  string
	texts texts
}

// moment accepts the time.Time and *time.Time of views.
func moment(v any) (time.Time, bool, error) {
	switch t := v.(type) {
	case time.Time:
		return shanghai(t), !t.IsZero(), nil
	case *time.Time:
		if t == nil {
			return time.Time{}, false, nil
		}
		return shanghai(*t), !t.IsZero(), nil
	}
	return time.Time{}, false, fmt.Errorf("%T is not a time", v)
}

// date is "2026-03-02 周一" or "2026-03-02 Mon"; nothing for no time.
func (w words) date(v any) (string, error) {
	t, ok, err := moment(v)
	if err != nil || !ok {
		return "", err
	}
	return t.Format(time.DateOnly) + " " + w.weekday(t), nil
}

// datetime is the date with the minute.
func (w words) datetime(v any) (string, error) {
	t, ok, err := moment(v)
	if err != nil || !ok {
		return "", err
	}
	return t.Format(time.DateOnly) + " " + w.weekday(t) + " " + t.Format("15:04"), nil
}

// deadline is the datetime of an end: midnight is the 24:00 of the day it ends
// (Civil Code Art. 203), as people say it.
func (w words) deadline(v any) (string, error) {
	t, ok, err := moment(v)
	if err != nil || !ok || t.Hour() != 0 || t.Minute() != 0 {
		return w.datetime(v)
	}
	day, err := w.date(t.Add(-time.Minute))
	return day + " 24:00", err
}

func (w words) weekday(t time.Time) string {
	if w.lang == english {
		return t.Weekday().String()[:3]
	}
	return "周" + []string{"日", "一", "二", "三", "四", "五", "六"}[t.Weekday()]
}

// iso is the machine-readable form for the datetime attribute.
func iso(v any) (string, error) {
	t, ok, err := moment(v)
	if err != nil || !ok {
		return "", err
	}
	return t.Format(time.RFC3339), nil
}

// ago says how long before or after now v is: "3 小时前", "in 2 days".
func (w words) ago(now time.Time, v any) (string, error) {
	t, ok, err := moment(v)
	if err != nil || !ok {
		return "", err
	}
	d, key := now.Sub(t), "time.ago"
	if d < 0 {
		d, key = -d, "time.in"
	}
	var unit string
	var n int64
	switch {
	case d < time.Minute:
		return w.texts.text("time.now")
	case d < time.Hour:
		unit, n = "minute", int64(d/time.Minute)
	case d < 24*time.Hour:
		unit, n = "hour", int64(d/time.Hour)
	default:
		unit, n = "day", int64(d/(24*time.Hour))
	}
	words, err := w.count(unit, n)
	if err != nil {
		return "", err
	}
	return w.texts.text(key, words)
}

func (w words) count(unit string, n int64) (string, error) {
	if n == 1 {
		return w.texts.text("time." + unit + ".one")
	}
	return w.texts.text("time."+unit, n)
}

// duration says seconds in the two largest units: "3天2时", "5分", "0".
func (w words) duration(seconds int64) (string, error) {
	if seconds == 0 {
		return "0", nil
	}
	if seconds < 60 {
		return w.texts.text("dur.short")
	}
	days, hours, minutes := seconds/86400, seconds/3600%24, seconds/60%60
	switch {
	case days > 0 && hours > 0:
		return w.texts.text("dur.dh", days, hours)
	case days > 0:
		return w.texts.text("dur.d", days)
	case hours > 0 && minutes > 0:
		return w.texts.text("dur.hm", hours, minutes)
	case hours > 0:
		return w.texts.text("dur.h", hours)
	}
	return w.texts.text("dur.m", minutes)
}

// num groups the digits of a number: 12,345.
func num(v any) (string, error) {
	var n int64
	switch x := v.(type) {
	case int:
		n = int64(x)
	case int64:
		n = x
	default:
		return "", fmt.Errorf("%T is not a whole number", v)
	}
	s := strconv.FormatInt(n, 10)
	sign := ""
	if n < 0 {
		sign, s = "-", s[1:]
	}
	for i := len(s) - 3; i > 0; i -= 3 {
		s = s[:i] + "," + s[i:]
	}
	return sign + s, nil
}

// percent is a share in whole percent, never 100 before all are done.
func percent(n, of int64) int64 {
	if of <= 0 {
		return 0
	}
	return n * 100 / of
}

// dict joins names and values for a partial template.
func dict(pairs ...any) (map[string]any, error) {
	if len(pairs)%2 != 0 {
		return nil, errors.New("dict: a name without a value")
	}
	m := make(map[string]any, len(pairs)/2)
	for pair := range slices.Chunk(pairs, 2) {
		name, ok := pair[0].(string)
		if !ok {
			return nil, fmt.Errorf("dict: %v is not a name", pair[0])
		}
		m[name] = pair[1]
	}
	return m, nil
}

// has reports whether the comma-joined list holds v.
func has(list string, v any) bool {
	want := fmt.Sprint(v)
	for _, s := range strings.Split(list, ",") {
		if strings.TrimSpace(s) == want {
			return true
		}
	}
	return false
}

// only is v when ok, else nothing.
func only(ok bool, v any) any {
	if ok {
		return v
	}
	return nil
}

// typed is what was typed into a form under a name, or a fact of a case, as text.
func typed(form any, name string) (string, error) {
	var v any
	switch m := form.(type) {
	case map[string]string:
		return m[name], nil
	case map[string]any:
		v = m[name]
	default:
		return "", fmt.Errorf("%T is not a form", form)
	}
	return plain(v), nil
}

// plain is a value as a form holds it: several are joined by commas, nothing is
// empty.
func plain(v any) string {
	switch v := v.(type) {
	case nil:
		return ""
	case []any:
		parts := make([]string, len(v))
		for i, one := range v {
			parts[i] = fmt.Sprint(one)
		}
		return strings.Join(parts, ",")
	}
	return fmt.Sprint(v)
}

// wrong says what is wrong with the input called name, nothing when it is right.
func (w words) wrong(problem any, name string) string {
	p, ok := problem.(*Problem)
	if !ok || p == nil {
		return ""
	}
	for _, f := range p.Fields {
		if f.Name == name {
			return f.Text.In(w.lang)
		}
	}
	return ""
}

// svg marks a drawing of our own diagram generator as safe. Nothing a person
// typed may come here: the generator escapes the titles of the definition.
func svg(drawing string) template.HTML {
	return template.HTML(drawing) //nolint:gosec // drawn by workflow from a checked definition
}
