package handlers

import (
	"time"

	"github.com/shujie-gov/shujie/fault"
	"github.com/shujie-gov/shujie/workflow"
)

// definitionView is GET /api/v1/definitions/{kind}: one version of a kind.
type definitionView struct {
	Kind    string            `json:"kind"`
	Version int               `json:"version"`
	Title   fault.Text        `json:"title"`
	Initial string            `json:"initial"`
	States  []optionView      `json:"states"`
	Actions []optionView      `json:"actions"`
	Joins   []joinRuleView    `json:"joins,omitempty"`
	Mermaid string            `json:"mermaid"`
	Own     versionView       `json:"release"`
	All     []versionView     `json:"versions"`
	Before  int               `json:"changes_since,omitempty"` // the version that Changes compare with
	Changes []workflow.Change `json:"changes"`
	YAML    string            `json:"yaml,omitempty"`

	// For the page only.
	Diagram  string `json:"-"`
	MayWrite bool   `json:"-"` // the reader keeps definitions
	Last     bool   `json:"-"` // the only version in use, which cannot be retired
}

// versionView is one version with where it came from and how many open cases
// live in it.
type versionView struct {
	Version    int         `json:"version"`
	Status     string      `json:"status"`
	StatusName fault.Text  `json:"status_title"`
	Latest     bool        `json:"latest"` // new cases begin in it
	Shipped    bool        `json:"shipped"`
	Hash       string      `json:"hash"` // SM3 of its text
	By         string      `json:"by,omitempty"`
	At         time.Time   `json:"at"`
	MovedBy    string      `json:"moved_by,omitempty"`
	MovedAt    *time.Time  `json:"moved_at,omitempty"`
	Open       int64       `json:"open"`
	Cases      []countView `json:"cases"`
}

// definitionsView is GET /api/v1/definitions.
type definitionsView struct {
	Items []definitionView `json:"items"`

	// For the page only.
	Migrations []migrationView `json:"-"`
	MayWrite   bool            `json:"-"`
	Typed      string          `json:"-"` // what was typed into a form that came back
}

// checkedView is the answer to a definition that holds.
type checkedView struct {
	OK      bool              `json:"ok"`
	Kind    string            `json:"kind"`
	Version int               `json:"version"`
	Before  int               `json:"changes_since,omitempty"`
	Changes []workflow.Change `json:"changes"`
}

// planView is GET /api/v1/definitions/{kind}/plan.
type planView struct {
	*workflow.Plan
	Title   fault.Text        `json:"title"`
	Changes []workflow.Change `json:"changes"`

	// For the page only.
	Rows     []planRow         `json:"-"`
	Versions []versionView     `json:"-"`
	Facts    map[string]string `json:"-"`
	Draft    bool              `json:"-"` // the new version is not released yet
}

// planRow is one state of a plan as the page shows it.
type planRow struct {
	workflow.StatePlan
	Choices []goalView
	Kept    bool // the state goes to its namesake and nothing is said of it
	Samples []sampleView
	Hands   []handView
	Seats   []seatView
}

type goalView struct {
	Value  string
	Title  fault.Text
	Chosen bool
}

// migrationView is GET /api/v1/migrations/{id}.
type migrationView struct {
	ID         int64             `json:"id"`
	Kind       string            `json:"kind"`
	Title      fault.Text        `json:"title"`
	From       int               `json:"from"`
	To         int               `json:"to"`
	States     map[string]string `json:"states"`
	Status     string            `json:"status"`
	StatusName fault.Text        `json:"status_title"`
	Active     bool              `json:"active"`
	By         string            `json:"by"`
	At         time.Time         `json:"at"`
	EndedAt    *time.Time        `json:"ended_at,omitempty"`
	UndoneBy   string            `json:"undone_by,omitempty"`
	Expected   expectedView      `json:"expected"`
	Outcomes   map[string]int64  `json:"outcomes"`
	Done       int64             `json:"done"` // of the cases expected
	Items      []turnView        `json:"items"`
	Next       string            `json:"next,omitempty"`

	// For the page only.
	Outcome  string      `json:"-"`
	Tallies  []tallyView `json:"-"`
	NextURL  string      `json:"-"`
	First    string      `json:"-"`
	MayWrite bool        `json:"-"`
}

// expectedView is what the plan said when a migration began.
type expectedView struct {
	Open  int `json:"open"`
	Maps  int `json:"maps"`
	Stays int `json:"stays"`
	Dues  int `json:"dues"`
	Waits int `json:"waits"`
}

// turnView is what became of one case.
type turnView struct {
	Case        int64       `json:"case"`
	Number      string      `json:"number"`
	Outcome     string      `json:"outcome"`
	OutcomeName fault.Text  `json:"outcome_title"`
	Why         *fault.Text `json:"why,omitempty"`
}

// sampleView is a case whose deadline would move.
type sampleView struct {
	ID     int64
	Number string
	Before *time.Time
	After  *time.Time
}

// handView is how many cases would wait for another seat.
type handView struct {
	From, To fault.Text
	N        int
}

// seatView is what a seat gains and loses in a state.
type seatView struct {
	Seat  fault.Text
	Gains []fault.Text
	Loses []fault.Text
}

// tallyView is how many cases had an outcome, and how many were expected to.
type tallyView struct {
	Outcome  string
	Title    fault.Text
	N        int64
	Planned  bool
	Expected int
}
