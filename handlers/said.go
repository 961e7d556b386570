package handlers

import (
	"encoding/json"
	"fmt"
	"slices"
	"strings"

	"github.com/shujie-gov/shujie/fault"
	"github.com/shujie-gov/shujie/workflow"
)

// said puts the inputs of an event into words, in the order in which they were
// asked for. What names a row of the case or a person is left out: the page
// shows it elsewhere.
func said(n *names, d *workflow.Definition, e workflow.Event) []saidView {
	var out []saidView
	if level, who, ok := d.LevelOf(e); ok {
		out = append(out, saidView{Title: level, Text: who})
	}
	seen := map[string]bool{}
	for _, t := range d.Transitions {
		if t.Action != e.Action || e.From != "" && !slices.Contains(t.From, e.From) {
			continue
		}
		for _, f := range t.Inputs {
			v, given := e.Data[f.Name]
			if !given || seen[f.Name] {
				continue
			}
			if text := inWords(n, f, v); text.ZH != "" {
				seen[f.Name] = true
				out = append(out, saidView{Title: f.Title, Text: text})
			}
		}
	}
	return out
}

// inWords says one value of an input.
func inWords(n *names, f workflow.Field, v any) fault.Text {
	same := func(s string) fault.Text { return fault.Text{ZH: s, EN: s} }
	switch f.Type {
	case "enum":
		for _, o := range f.Options {
			if o.Value == v {
				return o.Title
			}
		}
	case "text":
		s, _ := v.(string)
		return same(s)
	case "int", "resource":
		if id := wholeOf(v); id != 0 {
			return same(fmt.Sprint(id))
		}
	case "department", "departments":
		list, many := v.([]any)
		if !many {
			list = []any{v}
		}
		var called []string
		for _, one := range list {
			if d := n.dept(workflow.DeptID(wholeOf(one))); d != nil {
				called = append(called, d.Name)
			}
		}
		return fault.Text{ZH: strings.Join(called, "、"), EN: strings.Join(called, ", ")}
	}
	return fault.Text{}
}

// wholeOf reads a number of an event's data, as it came from JSON.
func wholeOf(v any) int64 {
	switch n := v.(type) {
	case int64:
		return n
	case float64:
		return int64(n)
	case json.Number:
		i, err := n.Int64()
		if err != nil {
			return 0
		}
		return i
	}
	return 0
}
