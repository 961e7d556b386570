package workflow

import (
	"encoding/json"
	"strconv"
	"strings"
	"unicode/utf8"

	"github.com/shujie-gov/shujie/fault"
)

// maxText bounds what a person may type into one field, in characters.
const maxText = 2000

// inputs checks what the actor gave against what t asks for, puts it into v for
// the guards, and returns what the event keeps. A field named note is the
// event's note itself.
func (t *Transition) inputs(in *Input, v vars) (map[string]any, error) {
	data := map[string]any{}
	var wrong []fault.Field
	in.Note = strings.TrimSpace(in.Note)
	if utf8.RuneCountInString(in.Note) > maxText {
		wrong = append(wrong, tooLong("note"))
	}
	for _, f := range t.Inputs {
		if f.Name == "note" {
			v["input.note"] = in.Note
			if f.Required && in.Note == "" {
				wrong = append(wrong, missing(f))
			}
			continue
		}
		val, given, problem := f.read(in.Fields[f.Name])
		switch {
		case problem != nil:
			wrong = append(wrong, *problem)
		case !given && f.Required:
			wrong = append(wrong, missing(f))
		}
		v["input."+f.Name] = val
		if given {
			data[f.Name] = val
		}
	}
	if len(wrong) > 0 {
		e := fault.New(fault.Invalid, "填写有误，请检查标出的内容。", "Some input is wrong; see the marked fields.")
		e.Fields = wrong
		return nil, e
	}
	return data, nil
}

func missing(f Field) fault.Field {
	return fault.Field{Name: f.Name, Text: fault.Text{ZH: "请填写" + f.Title.ZH, EN: f.Title.EN + " is required"}}
}

func tooLong(name string) fault.Field {
	return fault.Field{Name: name, Text: fault.Text{ZH: "超过 2000 字", EN: "longer than 2000 characters"}}
}

// read brings one input, as JSON or a form gave it, to its type.
func (f Field) read(raw any) (val any, given bool, problem *fault.Field) {
	_, zero, err := celType(f.Type)
	if err != nil || raw == nil {
		return zero, false, nil
	}
	if _, isText := zero.(string); isText {
		s, ok := raw.(string)
		if !ok {
			return zero, false, &fault.Field{Name: f.Name, Text: fault.Text{ZH: "应为文字", EN: "must be text"}}
		}
		s = strings.TrimSpace(s)
		if utf8.RuneCountInString(s) > maxText {
			p := tooLong(f.Name)
			return zero, false, &p
		}
		if len(f.Options) > 0 && s != "" && !f.offers(s) {
			return zero, false, &fault.Field{Name: f.Name, Text: fault.Text{ZH: "没有这个选项", EN: "is not one of the options"}}
		}
		return s, s != "", nil
	}
	n, ok := whole(raw)
	if raw == "" {
		return zero, false, nil
	}
	if !ok {
		return zero, false, &fault.Field{Name: f.Name, Text: fault.Text{ZH: "应为整数", EN: "must be a whole number"}}
	}
	return n, true, nil
}

func (f Field) offers(v string) bool {
	for _, o := range f.Options {
		if o.Value == v {
			return true
		}
	}
	return false
}

// whole reads a whole number from what JSON or a form gives.
func whole(raw any) (int64, bool) {
	switch n := raw.(type) {
	case int64:
		return n, true
	case int:
		return int64(n), true
	case float64:
		return int64(n), n == float64(int64(n))
	case json.Number:
		i, err := n.Int64()
		return i, err == nil
	case string:
		i, err := strconv.ParseInt(strings.TrimSpace(n), 10, 64)
		return i, err == nil
	}
	return 0, false
}
