package workflow

import (
	"encoding/json"
	"fmt"
	"math"
	"slices"
	"strconv"
	"strings"
	"time"
	"unicode/utf8"

	"github.com/shujie-gov/shujie/fault"
)

// maxText bounds what a person may type into one field, in characters.
const maxText = 2000

// maxDays bounds a term that is given in working days.
const maxDays = 2500

// inputs checks what the actor gave against what t asks for, shows it to the
// guards in v, and returns what the event keeps. A field named note is the
// event's note itself. Every wrong field is named at once.
func (d *Definition) inputs(t *Transition, in *Input, v *view) (map[string]any, error) {
	data := map[string]any{}
	given := make(map[string]any, len(t.Inputs)) // in v only at the end: a default does not see other inputs
	var wrong []fault.Field
	note, problem := text(in.Note)
	in.Note = note
	if problem != nil {
		wrong = append(wrong, fault.Field{Name: "note", Text: *problem})
	}
	for _, f := range t.Inputs {
		if f.Name == "note" {
			given["input.note"] = in.Note
			if f.Required && in.Note == "" && problem == nil {
				wrong = append(wrong, missing(f))
			}
			continue
		}
		val, set, problem := f.read(in.Fields[f.Name], v.m)
		if !set && problem == nil && f.Default != "" {
			fallback, err := d.guards.value(t.scope, f.Default, v)
			if err != nil {
				return nil, fmt.Errorf("%s: action %s: input %s: %w", d.file, t.Action, f.Name, err)
			}
			val, set, problem = f.read(fallback, v.m)
		}
		if !set && problem == nil && f.Required {
			m := missing(f).Text
			problem = &m
		}
		if problem != nil {
			wrong = append(wrong, fault.Field{Name: f.Name, Text: *problem})
		}
		given["input."+f.Name] = val
		if set {
			data[f.Name] = val
		}
	}
	if len(wrong) > 0 {
		e := fault.New(fault.Invalid, "填写有误，请检查标出的内容。", "Some input is wrong; see the marked fields.")
		e.Fields = wrong
		return nil, e
	}
	v.inputs = given
	return data, nil
}

func missing(f Field) fault.Field {
	return fault.Field{Name: f.Name, Text: fault.Text{ZH: "请填写" + f.Title.ZH, EN: f.Title.EN + " is required"}}
}

// read brings one input, as JSON or a form gave it, to the type of the field.
// Nothing, or a department or case numbered 0, counts as not given.
func (f Field) read(raw any, m Moment) (val any, given bool, problem *fault.Text) {
	switch f.Type {
	case "text", "enum":
		if raw == nil {
			return "", false, nil
		}
		s, isText := raw.(string)
		if !isText {
			return "", false, &fault.Text{ZH: "应为文字", EN: "must be text"}
		}
		if s, problem = text(s); problem != nil {
			return "", false, problem
		}
		if f.Type == "enum" && s != "" && !f.offers(s) {
			return "", false, &fault.Text{ZH: "没有这个选项", EN: "is not one of the options"}
		}
		return s, s != "", nil
	case "date":
		return date(raw, m)
	case "bool":
		switch raw {
		case nil, "":
			return false, false, nil
		case true, "true", "on":
			return true, true, nil
		case false, "false":
			return false, true, nil
		}
		return false, false, &fault.Text{ZH: "应为是或否", EN: "must be true or false"}
	case "departments":
		return f.list(raw)
	}
	return f.number(raw)
}

// maxDepartments bounds how many departments one input names. House rule.
const maxDepartments = 20

// list reads several departments: a list, or one alone. One that is named twice
// counts once.
func (f Field) list(raw any) (val any, given bool, problem *fault.Text) {
	ids := []int64{}
	all := []any{raw}
	switch many := raw.(type) {
	case []any:
		all = many
	case []int64:
		all = make([]any, len(many))
		for i, id := range many {
			all[i] = id
		}
	}
	for _, one := range all {
		val, given, problem := f.number(one)
		if problem != nil {
			return ids, false, problem
		}
		if id, ok := val.(int64); ok && given && !slices.Contains(ids, id) {
			ids = append(ids, id)
		}
	}
	if len(ids) > maxDepartments {
		return ids, false, &fault.Text{ZH: fmt.Sprintf("最多 %d 个部门", maxDepartments), EN: fmt.Sprintf("names more than %d departments", maxDepartments)}
	}
	return ids, len(ids) > 0, nil
}

// number reads a whole number in the field's bounds. What names a row is
// numbered from 1.
func (f Field) number(raw any) (val any, given bool, problem *fault.Text) {
	if raw == nil || raw == "" {
		return int64(0), false, nil
	}
	n, ok := whole(raw)
	switch {
	case !ok:
		return int64(0), false, &fault.Text{ZH: "应为整数", EN: "must be a whole number"}
	case f.Type != "int" && n == 0:
		return int64(0), false, nil
	case f.Type != "int" && n < 0:
		return int64(0), false, &fault.Text{ZH: "没有这个编号", EN: "there is no such number"}
	case f.Type == "int" && n < f.Min:
		return int64(0), false, &fault.Text{ZH: fmt.Sprintf("不能小于 %d", f.Min), EN: fmt.Sprintf("must be at least %d", f.Min)}
	case f.Type == "int" && f.Max != 0 && n > f.Max:
		return int64(0), false, &fault.Text{ZH: fmt.Sprintf("不能大于 %d", f.Max), EN: fmt.Sprintf("must be at most %d", f.Max)}
	}
	return n, true, nil
}

// date reads a day to come: a date, or a number of working days from today. The
// event keeps the date.
func date(raw any, m Moment) (val any, given bool, problem *fault.Text) {
	if raw == nil || raw == "" {
		return "", false, nil
	}
	n, days := whole(raw)
	s, isText := raw.(string)
	switch {
	case days && m.Calendar == nil:
		return "", false, &fault.Text{ZH: "应为日期", EN: "must be a date"}
	case days && (n < 1 || n > maxDays):
		return "", false, &fault.Text{ZH: fmt.Sprintf("工作日数应为 1 至 %d", maxDays), EN: fmt.Sprintf("the working days must be 1 to %d", maxDays)}
	case days:
		end, err := m.Calendar.Deadline(m.Now, int(n))
		if err != nil {
			return "", false, &fault.Text{ZH: "工作日历没有那一年的数据，请改填截止日期", EN: "the working calendar does not reach so far; give an end date"}
		}
		return end.Add(-1).In(m.Calendar.Zone()).Format(time.DateOnly), true, nil
	case !isText:
		return "", false, &fault.Text{ZH: "应为日期", EN: "must be a date"}
	}
	s = strings.TrimSpace(s)
	if _, err := time.Parse(time.DateOnly, s); err != nil {
		return "", false, &fault.Text{ZH: "应为日期（如 2026-12-31）或工作日数", EN: "must be a date (such as 2026-12-31) or a number of working days"}
	}
	if s <= m.today() {
		return "", false, &fault.Text{ZH: "应晚于今天", EN: "must be after today"}
	}
	return s, true, nil
}

func (f Field) offers(v string) bool {
	for _, o := range f.Options {
		if o.Value == v {
			return true
		}
	}
	return false
}

// text trims what a person typed and refuses what no database keeps.
func text(s string) (string, *fault.Text) {
	s = strings.TrimSpace(s)
	switch {
	case !utf8.ValidString(s) || strings.ContainsRune(s, 0):
		return "", &fault.Text{ZH: "含有无效字符", EN: "contains invalid characters"}
	case utf8.RuneCountInString(s) > maxText:
		return "", &fault.Text{ZH: fmt.Sprintf("超过 %d 字", maxText), EN: fmt.Sprintf("is longer than %d characters", maxText)}
	}
	return s, nil
}

// whole reads a whole number from what JSON, a form or a database gives.
func whole(raw any) (int64, bool) {
	switch n := raw.(type) {
	case int64:
		return n, true
	case int:
		return int64(n), true
	case float64:
		if n != math.Trunc(n) || math.Abs(n) > 1<<53 {
			return 0, false
		}
		return int64(n), true
	case json.Number:
		i, err := n.Int64()
		return i, err == nil
	case string:
		i, err := strconv.ParseInt(strings.TrimSpace(n), 10, 64)
		return i, err == nil
	}
	return 0, false
}
