package workflow

import (
	"github.com/shujie-gov/shujie/fault"
)

// Definition is the life of one kind of case, in one released version.
type Definition struct {
	Kind        Kind               `yaml:"kind"`
	Version     int                `yaml:"version"`
	Title       fault.Text         `yaml:"title"`
	Initial     State              `yaml:"initial"`
	Facts       map[string]string  `yaml:"facts"` // name → int, bool, string or time
	Clocks      map[string]Clock   `yaml:"clocks"`
	States      map[State]*StateOf `yaml:"states"`
	Transitions []*Transition      `yaml:"transitions"`

	file   string
	order  []State // states in the order they were written
	guards *guards
}

// Clock is a deadline rule: how many working days, and by what right.
type Clock struct {
	Title  fault.Text `yaml:"title"`
	Limits []Limit    `yaml:"limits"` // the first whose When holds is taken
	Extend int        `yaml:"extend"` // working days one extension adds
	Source fault.Text `yaml:"source"` // article or rule
}

// Limit is a number of working days that holds under a condition.
type Limit struct {
	When string `yaml:"when"`
	Days int    `yaml:"days"`
}

// StateOf is what a definition says of one state.
type StateOf struct {
	Title  fault.Text `yaml:"title"`
	Final  bool       `yaml:"final"` // the case has ended
	Goal   bool       `yaml:"goal"`  // a state to live in: an end that is no end
	Charge string     `yaml:"charge"`
	Clock  string     `yaml:"clock"`
	Pause  bool       `yaml:"pause"` // the running term stands still
	Waits  []Wait     `yaml:"waits"` // whose move it is: the first whose When holds
}

// Wait says whose move it is in a state, under a condition.
type Wait struct {
	When string `yaml:"when"`
	For  string `yaml:"for"`
}

// Transition is one arrow: an action that may be taken from some states by
// some seats when its guards hold. The transition without From opens a case.
type Transition struct {
	Action  Action            `yaml:"action"`
	Title   fault.Text        `yaml:"title"`
	From    []State           `yaml:"from"`
	To      State             `yaml:"to"` // empty: the state stays
	By      []string          `yaml:"by"`
	Auto    bool              `yaml:"auto"` // the system takes it as soon as the guards hold
	Style   string            `yaml:"style"`
	Inputs  []Field           `yaml:"inputs"`
	Guards  []Guard           `yaml:"guards"`
	Set     map[string]string `yaml:"set"`    // fact → expression
	Parts   map[Part]string   `yaml:"parts"`  // part → expression
	Extends bool              `yaml:"extend"` // the running term gets its extension
	Effects []EffectOf        `yaml:"effects"`

	seats []Seat
}

// Field is one input of an action.
type Field struct {
	Name     string     `yaml:"name"`
	Type     string     `yaml:"type"` // text, enum, int, department, requirement, case
	Title    fault.Text `yaml:"title"`
	Required bool       `yaml:"required"`
	Options  []Option   `yaml:"options"` // of an enum
}

// Option is one choice of an enum input.
type Option struct {
	Value string     `yaml:"value"`
	Title fault.Text `yaml:"title"`
}

// Guard is a named condition. Its reason is what a person reads when it does
// not hold.
type Guard struct {
	Name   string     `yaml:"name"`
	Expr   string     `yaml:"expr"`
	Reason fault.Text `yaml:"reason"`

	readsInput bool // it can only be judged with the inputs
}

// EffectOf is what follows a transition. With For, it follows once for each
// requirement in the list.
type EffectOf struct {
	Do    string            `yaml:"do"`
	When  string            `yaml:"when"`
	For   string            `yaml:"for"`
	To    []string          `yaml:"to"`   // seats, for case.notify
	Kind  Kind              `yaml:"kind"` // for child.open
	Title string            `yaml:"title"`
	Parts map[Part]string   `yaml:"parts"`
	Facts map[string]string `yaml:"facts"`

	seats []Seat
}

// The effects a definition may name.
const (
	EffectNotify        = "case.notify"         // tell the people of a seat
	EffectAdvance       = "case.advance"        // let the system take what is due on this case
	EffectAdvanceParent = "parent.advance"      // … on its parent
	EffectFetch         = "exchange.fetch"      // fetch the data of a requirement
	EffectOpen          = "child.open"          // open a child case
	EffectSatisfy       = "requirement.satisfy" // a receipt proves the requirement
	EffectWaive         = "requirement.waive"   // a legal alternative stands for it
	EffectRequest       = "requirement.request" // the data was asked for
	EffectMiss          = "requirement.miss"    // the holder has no such record
	EffectRefuse        = "requirement.refuse"  // provider or platform refused
)

// States returns the states in the order the definition writes them.
func (d *Definition) StatesInOrder() []State { return d.order }

// TitleOf returns the title of state s.
func (d *Definition) TitleOf(s State) fault.Text {
	if st := d.States[s]; st != nil {
		return st.Title
	}
	return fault.Text{ZH: string(s), EN: string(s)}
}

// ActionTitle returns the title of action a.
func (d *Definition) ActionTitle(a Action) fault.Text {
	for _, t := range d.Transitions {
		if t.Action == a {
			return t.Title
		}
	}
	return fault.Text{ZH: string(a), EN: string(a)}
}

// Actions lists the names of all actions in order of first appearance.
func (d *Definition) ActionNames() []Action {
	var names []Action
	seen := map[Action]bool{}
	for _, t := range d.Transitions {
		if !seen[t.Action] {
			seen[t.Action] = true
			names = append(names, t.Action)
		}
	}
	return names
}

// Start returns the transition that opens a case.
func (d *Definition) Start() *Transition {
	for _, t := range d.Transitions {
		if len(t.From) == 0 {
			return t
		}
	}
	return nil
}

// leaves reports whether t may be taken from state s.
func (t *Transition) leaves(s State) bool {
	for _, f := range t.From {
		if f == s {
			return true
		}
	}
	return false
}

// target is the state after t when it is taken from s.
func (t *Transition) target(s State) State {
	if t.To == "" {
		return s
	}
	return t.To
}

// Seats returns who may take the transition.
func (t *Transition) Seats() []Seat { return t.seats }
