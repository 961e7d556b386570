package web

import (
	"time"

	"github.com/shujie-gov/shujie/fault"
)

// The data of the pages of routing, under the field names of handlers.

// routingRowView is one rule of a table.
type routingRowView struct {
	N           int // its place, counted from 1
	Region      *regionView
	Item        *refView
	Proof       string
	Holder      string // none, one, several, or the code of a department
	HolderTitle fault.Text
	To          string // holder, coordinator, or the code of a department
	ToTitle     fault.Text
	Reason      string
}

// routingSetView is one version of a routing table.
type routingSetView struct {
	ID          int64
	Title       string
	Region      regionView
	State       string // draft, active, retired
	StateName   fault.Text
	Revision    int64
	Count       int
	Rows        []routingRowView
	CSV         string
	Author      string
	CreatedAt   time.Time
	UpdatedAt   time.Time
	Run         *runView // the last dry run
	Rehearsed   bool     // it was of this very revision
	Activator   string
	ActivatedAt *time.Time
	RetiredAt   *time.Time

	// For the page only.
	MayWrite    bool
	MayActivate bool
	Form        map[string]string // what was typed, after a 422
}

// runView records a dry run.
type runView struct {
	Revision int64
	From     time.Time
	To       time.Time
	Cases    int
	Moved    int
	At       time.Time
	By       string
}

// routingListView is GET /api/v1/routing, newest first.
type routingListView struct {
	Items []routingSetView

	// For the page only.
	MayWrite bool
	Form     map[string]string // what was typed, after a 422
}

// rehearsalView is a dry run: what the cases of some time would have come to.
type rehearsalView struct {
	Set   routingSetView
	From  time.Time
	To    time.Time
	Cases int
	Loads []loadView
	Moved []movedView // every case that would go elsewhere

	Shown []movedView // for the page: the first of them
}

// loadView is how many cases go to one department; none is the coordinator.
type loadView struct {
	Department *deptView
	Before     int
	After      int
}

// movedView is a case that would go elsewhere; no department is the
// coordinator.
type movedView struct {
	Case   caseRef
	Before *deptView
	After  *deptView
	Row    int // the rule that would send it
	Reason string
	Lead   *deptView // who has it now
}

// whyHereView says which rule sent a blocker where it is.
type whyHereView struct {
	By     string // rule, catalogue, coordinator, hop
	Set    int64  // version of the routing table
	Row    int64
	Reason string
	Text   fault.Text
}

// candidateView is a department that could lead, and why.
type candidateView struct {
	Department deptView
	Reasons    []fault.Text
	Holds      []holdsView // what it is registered for
	Closed     int64       // blockers of the same item and proof it closed
	Returned   bool
}

// holdsView is data that a candidate holds.
type holdsView struct {
	Proof     string
	Resource  *refView
	Class     int
	ClassName fault.Text
	Connected bool
}
