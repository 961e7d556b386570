package workflow

import (
	"fmt"
	"slices"

	"github.com/shujie-gov/shujie/fault"
)

// What the system itself does with the version of a case; no definition may use
// these names.
const (
	ActionMigrate Action = "migrate"
	ActionRestore Action = "migrate_undo"
)

// Mapping says how the open cases of a kind go from one version of its
// definition to another. A state that is not in States goes to the state of its
// own name; one that is mapped to nothing, or has no namesake, stays behind with
// its cases on the old version.
type Mapping struct {
	Kind   Kind            `json:"kind"`
	From   int             `json:"from"`
	To     int             `json:"to"`
	States map[State]State `json:"states"`
	Facts  map[string]any  `json:"facts"` // what a fact begins with; else it is kept, or the zero of its type
}

// Transfer moves cases along a mapping. It is pure, so that a plan and what then
// happens are made by the same code.
type Transfer struct {
	Mapping
	from, to *Definition
}

// NewTransfer checks a mapping against the two versions. The faults are Invalid
// and name the field.
func NewTransfer(from, to *Definition, m Mapping) (*Transfer, error) {
	var wrong []fault.Field
	refuse := func(field, zh, en string, args ...any) {
		wrong = append(wrong, fault.Field{Name: field, Text: fault.Text{ZH: fmt.Sprintf(zh, args...), EN: fmt.Sprintf(en, args...)}})
	}
	if from.Kind != to.Kind || from.Version == to.Version {
		refuse("to", "须是同一种流程的另一版", "must be another version of the same kind")
	}
	for _, s := range sorted(m.States) {
		field, goal := "states."+string(s), m.States[s]
		switch {
		case from.States[s] == nil || from.States[s].Final:
			refuse(field, "第 %d 版没有这个未终结的状态", "version %d has no such state that is not final", from.Version)
		case goal == "":
		case to.States[goal] == nil:
			refuse(field, "第 %[1]d 版没有状态 %[2]s", "version %[1]d has no state %[2]s", to.Version, goal)
		case to.States[goal].Final:
			refuse(field, "不能对应到终结状态 %s：改版不办结事项", "cannot go to the final state %s: a new version ends no case", goal)
		}
	}
	facts := map[string]any{}
	for _, name := range sorted(m.Facts) {
		val, ok := factOf(m.Facts[name], to.Facts[name])
		if !ok {
			refuse("facts."+name, "第 %d 版没有这个变量，或值的类型不对", "version %d has no such fact, or the value is of another type", to.Version)
		}
		facts[name] = val
	}
	if len(wrong) > 0 {
		f := fault.New(fault.Invalid, "新旧版本的对应关系有误，请检查标出的内容。", "The mapping between the versions is wrong; see the marked fields.")
		f.Fields = wrong
		return nil, f
	}
	m.Kind, m.From, m.To, m.Facts = from.Kind, from.Version, to.Version, facts
	return &Transfer{Mapping: m, from: from, to: to}, nil
}

// factOf brings a value that was typed to the type of a fact.
func factOf(raw any, typ string) (any, bool) {
	val, given, problem := Field{Type: typ}.read(raw, Moment{})
	if typ == "string" {
		val, given, problem = Field{Type: "text"}.read(raw, Moment{})
	}
	return val, typ != "" && problem == nil && (given || raw != nil)
}

// Target returns the state that cases in s go to, and whether they go.
func (t *Transfer) Target(s State) (State, bool) {
	goal, mapped := t.States[s]
	if !mapped {
		goal = s
	}
	st := t.to.States[goal]
	return goal, st != nil && !st.Final
}

// retyped lists the facts that have another type in the new version and no given
// value: what a case holds in them cannot be read any more.
func (t *Transfer) retyped() []string {
	var names []string
	for _, name := range sorted(t.from.Facts) {
		if _, given := t.Facts[name]; given {
			continue
		}
		is, err1 := celType(t.from.Facts[name])
		will, err2 := celType(t.to.Facts[name])
		if err1 == nil && err2 == nil && !is.IsExactType(will) {
			names = append(names, name)
		}
	}
	return names
}

// Suggest returns a mapping for the states that went: a state of the new version
// with the same Chinese title is most likely the old one renamed.
func Suggest(from, to *Definition) map[State]State {
	states := map[State]State{}
	for _, s := range from.order {
		if to.States[s] != nil || from.States[s].Final {
			continue
		}
		states[s] = ""
		for _, o := range to.order {
			if from.States[o] == nil && to.States[o].Title.ZH == from.States[s].Title.ZH && !to.States[o].Final {
				states[s] = o
			}
		}
	}
	return states
}

// Right is what a seat may do in a state of the new version and could not do
// before, and the other way round.
type Right struct {
	Seat  string   `json:"seat"`
	Gains []Action `json:"gains"`
	Loses []Action `json:"loses"`
}

// Rights compares who may act in a state and in the state that it becomes. What
// the system does is nobody's right.
func (t *Transfer) Rights(from, to State) []Right {
	old, now := t.from.seated(from), t.to.seated(to)
	var list []Right
	names := append(sorted(old), sorted(now)...)
	slices.Sort(names)
	for _, seat := range slices.Compact(names) {
		r := Right{Seat: seat, Gains: minus(now[seat], old[seat]), Loses: minus(old[seat], now[seat])}
		if len(r.Gains)+len(r.Loses) > 0 {
			list = append(list, r)
		}
	}
	return list
}

// seated lists by seat the actions that people may take in state s.
func (d *Definition) seated(s State) map[string][]Action {
	by := map[string][]Action{}
	for _, t := range d.Transitions {
		if !t.leaves(s) {
			continue
		}
		for _, seat := range t.seats {
			if key := seat.String(); seat.Role != System && !slices.Contains(by[key], t.Action) {
				by[key] = append(by[key], t.Action)
			}
		}
	}
	return by
}

func minus(list, without []Action) []Action {
	return slices.DeleteFunc(append([]Action{}, list...), func(a Action) bool { return slices.Contains(without, a) })
}
