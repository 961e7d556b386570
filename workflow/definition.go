package workflow

import (
	"gopkg.in/yaml.v3"

	"github.com/shujie-gov/shujie/fault"
)

// Definition is the life of one kind of case, in one released version.
type Definition struct {
	Kind        Kind               `yaml:"kind"`
	Version     int                `yaml:"version"`
	Title       fault.Text         `yaml:"title"`
	Initial     State              `yaml:"initial"`
	Lapse       Action             `yaml:"lapse"`  // by which the system ends an open case when its parent came to rest
	Series      string             `yaml:"series"` // cases are numbered by it, gapless in each year; "" by their id
	Facts       map[string]string  `yaml:"facts"`  // name → int, bool, string or time
	Clocks      map[string]Clock   `yaml:"clocks"`
	Escalate    []Level            `yaml:"escalate"` // of the terms in the states that the escalation leaves
	States      map[State]*StateOf `yaml:"states"`
	Joined      map[string]Join    `yaml:"joins"` // what guards read as joined.NAME
	Transitions []*Transition      `yaml:"transitions"`

	file   string
	text   string         // as it was written
	order  []State        // states in the order they were written
	lines  map[string]int // of "state filed", "clock sign", "fact hops"
	guards *guards
	layout func() layout // worked out once, when first drawn
}

// Clock is a deadline rule: how many working days, and by what right.
type Clock struct {
	Title  fault.Text `yaml:"title"`
	Limits []Limit    `yaml:"limits"` // the first whose When holds is taken
	Extend int        `yaml:"extend"` // working days one extension adds
	Source fault.Text `yaml:"source"` // article or rule
}

// Limit is a number of working days that holds under a condition: Days, or what
// the fact named by Fact says. Until instead names a fact that is a date: the
// term ends with that day.
type Limit struct {
	When  string `yaml:"when"`
	Days  int    `yaml:"days"`
	Fact  string `yaml:"fact"`
	Until string `yaml:"until"`
}

// StateOf is what a definition says of one state.
type StateOf struct {
	Title  fault.Text `yaml:"title"`
	Final  bool       `yaml:"final"`  // the case has ended
	Goal   bool       `yaml:"goal"`   // a state to live in: an end that is no end
	Charge Charges    `yaml:"charge"` // whose time it is: the first whose When holds
	Clock  string     `yaml:"clock"`
	Pause  bool       `yaml:"pause"` // the running term stands still until the state's own clock ends
	Waits  []Wait     `yaml:"waits"` // whose move it is: the first whose When holds

	// What the system does on each case that joined this one, once it is here.
	Followers Action `yaml:"followers"`
}

// Charges says whose time passes in a state. In a file it is one word, such as
// department/lead, or a list with conditions.
type Charges []ChargeOf

// ChargeOf charges the time to somebody under a condition. To is citizen,
// platform, none, department, or department/ and a part; Dept instead of a part
// is an expression for a department that need not play one. With Still the
// case's own term stands still meanwhile, for the reason that is written there:
// somebody else's term runs.
type ChargeOf struct {
	When  string `yaml:"when"`
	To    string `yaml:"to"`
	Dept  string `yaml:"dept"`
	Still Option `yaml:"still"`

	charge Charge
	part   Part
}

// UnmarshalYAML reads one word or a list.
func (c *Charges) UnmarshalYAML(n *yaml.Node) error {
	if n.Kind == yaml.ScalarNode {
		*c = Charges{{To: n.Value}}
		return nil
	}
	return n.Decode((*[]ChargeOf)(c))
}

// Wait says whose move it is in a state, under a condition.
type Wait struct {
	When string `yaml:"when"`
	For  string `yaml:"for"`

	seat Seat
}

// Transition is one arrow: an action that may be taken from some states by
// some seats when its guards hold. The transition without From opens a case.
type Transition struct {
	Action    Action            `yaml:"action"`
	Title     fault.Text        `yaml:"title"`
	From      []State           `yaml:"from"`
	To        State             `yaml:"to"` // empty: the state stays
	By        []string          `yaml:"by"`
	Auto      bool              `yaml:"auto"` // the system takes it as soon as the guards hold
	Style     string            `yaml:"style"`
	Quick     bool              `yaml:"quick"` // one click in a list suffices; it asks for nothing
	Undo      Action            `yaml:"undo"`  // the action that takes it back, if any
	Inputs    []Field           `yaml:"inputs"`
	Guards    []Guard           `yaml:"guards"`
	Set       map[string]string `yaml:"set"`       // fact → expression
	Parts     map[Part]string   `yaml:"parts"`     // part → expression
	Extends   bool              `yaml:"extend"`    // the running term gets its extension, or as much of it as the input days says
	Escalates bool              `yaml:"escalates"` // it takes the level of escalation that is due
	Again     *Again            `yaml:"again"`     // how soon it may be taken again; nil: at once
	Effects   []EffectOf        `yaml:"effects"`

	line     int // in the file
	seats    []Seat
	levelled bool   // asks whether a level of escalation is due
	timed    bool   // an automatic action that asks whether the case is overdue
	scope    string // names its expressions, see guards
	loop     string // … of those that see a requirement r
	each     string // … of those that see a department dept
}

// Field is one input of an action. Default is an expression for the value that
// stands when nothing is given. Numbers lie between Min and Max, where Max is
// not 0.
type Field struct {
	Name     string     `yaml:"name"`
	Type     string     `yaml:"type"` // text, enum, int, bool, date, department, departments, person, requirement, case
	Title    fault.Text `yaml:"title"`
	Required bool       `yaml:"required"`
	Options  []Option   `yaml:"options"` // of an enum
	Default  string     `yaml:"default"`
	Min      int64      `yaml:"min"`
	Max      int64      `yaml:"max"`
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
// requirement, or department, in the list. At names departments: a child that is
// opened belongs to the region they have in common, whose authority is the one
// to turn to.
type EffectOf struct {
	Do    string            `yaml:"do"`
	When  string            `yaml:"when"`
	For   string            `yaml:"for"`
	To    []string          `yaml:"to"`   // seats, for case.notify
	Kind  Kind              `yaml:"kind"` // for child.open
	Title string            `yaml:"title"`
	Parts map[Part]string   `yaml:"parts"`
	Facts map[string]string `yaml:"facts"`
	At    []string          `yaml:"at"`
	Above bool              `yaml:"above"` // the child belongs to the region above instead, or to this one where there is none

	Join   string `yaml:"join"`   // for join.close
	Action Action `yaml:"action"` // … what the system does on each open child

	seats []Seat
	each  bool // For lists departments
}

// The effects a definition may name.
const (
	EffectNotify        = "case.notify"         // tell the people of a seat
	EffectAdvance       = "case.advance"        // let the system take what is due on this case
	EffectAdvanceParent = "parent.advance"      // … on its parent
	EffectAdvanceUsers  = "users.advance"       // … on every case with a requirement that rests on this application
	EffectFetch         = "exchange.fetch"      // fetch the data of a requirement
	EffectOpen          = "child.open"          // open a child case
	EffectClose         = "join.close"          // end the open children of a join's round
	EffectAct           = "case.act"            // let the system take an action on a case
	EffectSatisfy       = "requirement.satisfy" // a receipt proves the requirement
	EffectWaive         = "requirement.waive"   // a legal alternative stands for it
	EffectApply         = "requirement.apply"   // an application for the data is with the applicant
	EffectRequest       = "requirement.request" // … is with the provider
	EffectCheck         = "requirement.check"   // the data is in doubt; its provider was asked
	EffectConfirm       = "requirement.confirm" // the provider says that it is right
	EffectMiss          = "requirement.miss"    // the holder has no such record
	EffectPark          = "requirement.park"    // the platform is away: the fetch waits until it is back
	EffectDoubt         = "requirement.doubt"   // nobody knows how the call ended
	EffectRefuse        = "requirement.refuse"  // provider or platform refused
	EffectReset         = "requirement.reset"   // the requirement is open again
	EffectCatalogue     = "catalogue.apply"     // carry out in the catalogue what the case decided
	EffectDestroy       = "data.destroy"        // destroy what was fetched: its purpose has ended
)

// StatesInOrder returns the states in the order the definition writes them.
func (d *Definition) StatesInOrder() []State { return d.order }

// TitleOf returns the title of state s.
func (d *Definition) TitleOf(s State) fault.Text {
	if st := d.States[s]; st != nil {
		return st.Title
	}
	return fault.Text{ZH: string(s), EN: string(s)}
}

// Text returns the definition as it was written, to the letter.
func (d *Definition) Text() string { return d.text }

// ActionTitle returns the title of action a.
func (d *Definition) ActionTitle(a Action) fault.Text {
	switch a {
	case ActionMigrate:
		return fault.Text{ZH: "改用新版流程", EN: "Moved to another version"}
	case ActionRestore:
		return fault.Text{ZH: "撤销改版", EN: "Moved back to its version"}
	case ActionRecalculate:
		return fault.Text{ZH: "重算期限", EN: "Deadline counted anew"}
	case ActionNoteDone, ActionNoteRefused: // as the definition says
	}
	for _, t := range d.Transitions {
		if t.Action == a {
			return t.Title
		}
	}
	return fault.Text{ZH: string(a), EN: string(a)}
}

// ActionNames lists the names of all actions in order of first appearance.
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

// knows reports whether some action of the definition is named a.
func (d *Definition) knows(a Action) bool {
	for _, t := range d.Transitions {
		if t.Action == a {
			return true
		}
	}
	return false
}

// inputsOf returns the inputs of every transition named a.
func (d *Definition) inputsOf(a Action) []Field {
	var list []Field
	for _, t := range d.Transitions {
		if t.Action == a {
			list = append(list, t.Inputs...)
		}
	}
	return list
}

// Start returns the transition that opens a case.
func (d *Definition) Start() *Transition {
	for _, t := range d.Transitions {
		if t.opens() {
			return t
		}
	}
	return nil
}

// opens reports whether t opens a case.
func (t *Transition) opens() bool { return len(t.From) == 0 }

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
