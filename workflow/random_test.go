package workflow_test

import (
	"maps"

	"github.com/shujie-gov/shujie/workflow"
)

// values lists what an honest person could give for an input of an action on c.
// A blocker that another can be merged into, or join, is an open one.
func values(w *world, in workflow.Field, c workflow.Case) []any {
	switch in.Type {
	case "enum":
		var list []any
		for _, o := range in.Options {
			list = append(list, o.Value)
		}
		return list
	case "text":
		return []any{"EMS123"}
	case "bool":
		return []any{true, false}
	case "date":
		return []any{int64(30), int64(3)}
	case "int":
		return []any{in.Min, max(in.Min, min(in.Max, 5))}
	case "department":
		return []any{int64(holderDept), int64(otherDept), int64(demanderDept)}
	case "departments":
		return []any{
			[]any{int64(holderDept)},
			[]any{int64(otherDept), int64(otherDept)},
			[]any{},
			[]any{int64(demanderDept), int64(otherDept)},
			[]any{int64(holderDept), int64(demanderDept), int64(otherDept)},
		}
	case "person":
		return []any{int64(3), int64(5), int64(6), int64(7), int64(8)}
	case "case":
		list := []any{}
		for _, o := range w.sorted() {
			if o.Kind == c.Kind && o.ID != c.ID && !o.Ended && o.State != "joined" {
				list = append(list, int64(o.ID))
			}
		}
		return append(list, int64(4711)) // of another world
	case "resource":
		return []any{int64(1), int64(4711)}
	case "requirement":
		list := []any{}
		for _, r := range c.Requirements {
			list = append(list, r.ID)
		}
		return list
	}
	return nil
}

// fills lists all inputs that an honest person could give for a choice.
func fills(w *world, ch workflow.Choice, c workflow.Case) []fields {
	list := []fields{{"note": "说明"}}
	for _, in := range ch.Inputs {
		if in.Name == "note" {
			continue
		}
		var wider []fields
		for _, f := range list {
			for _, v := range values(w, in, c) {
				g := maps.Clone(f)
				g[in.Name] = v
				wider = append(wider, g)
			}
		}
		list = wider
	}
	return list
}
