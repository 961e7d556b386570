package handlers

import (
	"time"

	"github.com/shujie-gov/shujie/fault"
)

// What people and systems read of routing.

// routingRowView is one rule of a table.
type routingRowView struct {
	N           int         `json:"n"` // its place, counted from 1
	Region      *regionView `json:"region,omitempty"`
	Item        *refView    `json:"service_item,omitempty"`
	Proof       string      `json:"proof,omitempty"`
	Holder      string      `json:"holder,omitempty"` // none, one, several, or the code of a department
	HolderTitle fault.Text  `json:"holder_title,omitzero"`
	To          string      `json:"to"` // holder, coordinator, or the code of a department
	ToTitle     fault.Text  `json:"to_title"`
	Reason      string      `json:"reason"`
}

// routingSetView is one version of a routing table.
type routingSetView struct {
	ID          int64            `json:"id"`
	Title       string           `json:"title"`
	Region      regionView       `json:"region"`
	State       string           `json:"state"` // draft, active, retired
	StateName   fault.Text       `json:"state_title"`
	Revision    int64            `json:"revision"`
	Count       int              `json:"rows_count"`
	Rows        []routingRowView `json:"rows,omitempty"`
	CSV         string           `json:"csv,omitempty"`
	Author      string           `json:"author"`
	CreatedAt   time.Time        `json:"created_at"`
	UpdatedAt   time.Time        `json:"updated_at"`
	Run         *runView         `json:"rehearsal,omitempty"` // the last dry run
	Rehearsed   bool             `json:"rehearsed"`           // it was of this very revision
	Activator   string           `json:"activated_by,omitempty"`
	ActivatedAt *time.Time       `json:"activated_at,omitempty"`
	RetiredAt   *time.Time       `json:"retired_at,omitempty"`

	// For the page only.
	MayWrite    bool              `json:"-"`
	MayActivate bool              `json:"-"`
	Form        map[string]string `json:"-"` // what was typed, after a 422
}

// runView records a dry run.
type runView struct {
	Revision int64     `json:"revision"`
	From     time.Time `json:"from"`
	To       time.Time `json:"to"`
	Cases    int       `json:"cases"`
	Moved    int       `json:"moved"`
	At       time.Time `json:"at"`
	By       string    `json:"by"`
}

// routingListView is GET /api/v1/routing, newest first.
type routingListView struct {
	Items []routingSetView `json:"items"`

	// For the page only.
	MayWrite bool              `json:"-"`
	Form     map[string]string `json:"-"` // what was typed, after a 422
}

// rehearsalView is a dry run: what the cases of some time would have come to.
type rehearsalView struct {
	Set   routingSetView `json:"set"`
	From  time.Time      `json:"from"`
	To    time.Time      `json:"to"`
	Cases int            `json:"cases"`
	Loads []loadView     `json:"loads"`
	Moved []movedView    `json:"moved"` // every case that would go elsewhere

	Shown []movedView `json:"-"` // for the page: the first of them
}

// loadView is how many cases go to one department; none is the coordinator.
type loadView struct {
	Department *deptView `json:"department,omitempty"`
	Before     int       `json:"before"`
	After      int       `json:"after"`
}

// movedView is a case that would go elsewhere; no department is the
// coordinator.
type movedView struct {
	Case   caseRef   `json:"case"`
	Before *deptView `json:"before,omitempty"`
	After  *deptView `json:"after,omitempty"`
	Row    int       `json:"row"` // the rule that would send it
	Reason string    `json:"reason"`
	Lead   *deptView `json:"lead,omitempty"` // who has it now
}

// whyHereView says which rule sent a blocker where it is.
type whyHereView struct {
	By     string     `json:"by"`            // rule, catalogue, coordinator, hop
	Set    int64      `json:"set,omitempty"` // version of the routing table
	Row    int64      `json:"row,omitempty"`
	Reason string     `json:"reason,omitempty"`
	Text   fault.Text `json:"text"`
}

// candidateView is a department that could lead, and why.
type candidateView struct {
	Department deptView     `json:"department"`
	Reasons    []fault.Text `json:"reasons"`
	Holds      []holdsView  `json:"holds"`  // what it is registered for
	Closed     int64        `json:"closed"` // blockers of the same item and proof it closed
	Returned   bool         `json:"returned"`
}

// holdsView is data that a candidate holds.
type holdsView struct {
	Proof     string     `json:"proof"`
	Resource  *refView   `json:"resource,omitempty"`
	Class     int        `json:"share_class"`
	ClassName fault.Text `json:"share_class_title"`
	Connected bool       `json:"connected"`
}
