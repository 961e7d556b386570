package handlers

import (
	"time"

	"github.com/shujie-gov/shujie/fault"
	"github.com/shujie-gov/shujie/workflow"
)

// What people and systems read. JSON shows these structs, templates read the
// same fields; a row or a workflow.Case is never shown.

// deptView names a department.
type deptView struct {
	ID   workflow.DeptID `json:"id"`
	Code string          `json:"code"`
	Name string          `json:"name"`
	Hall bool            `json:"hall,omitempty"`
}

// refView names an item, a batch or a case.
type refView struct {
	ID   int64  `json:"id"`
	Name string `json:"name"`
}

// meView is GET /api/v1/me.
type meView struct {
	ID         int64       `json:"id"`
	Username   string      `json:"username"`
	Name       string      `json:"name"`
	Roles      []string    `json:"roles"`
	Department *deptView   `json:"department,omitempty"`
	Region     regionView  `json:"region"`
	Grants     []grantView `json:"grants"`
}

type regionView struct {
	Code string `json:"code"`
	Name string `json:"name"`
}

type grantView struct {
	Role       string     `json:"role"`
	Title      fault.Text `json:"title"`
	Department *deptView  `json:"department,omitempty"`
	Region     string     `json:"region,omitempty"`
	For        string     `json:"standing_in_for,omitempty"` // the absent person whose grant it is
}

// lineView is a case in a list.
type lineView struct {
	ID        int64      `json:"id"`
	Number    string     `json:"number"`
	Kind      string     `json:"kind"`
	KindTitle fault.Text `json:"kind_title"`
	State     string     `json:"state"`
	StateName fault.Text `json:"state_title"`
	Version   int64      `json:"version"`
	Title     string     `json:"title"`
	Proof     string     `json:"proof,omitempty"`
	Item      *refView   `json:"service_item,omitempty"`
	Batch     *refView   `json:"batch,omitempty"`
	Demander  *deptView  `json:"demander,omitempty"`
	Holder    *deptView  `json:"holder,omitempty"`
	Lead      *deptView  `json:"lead,omitempty"`
	Filer     *deptView  `json:"filer,omitempty"`
	Waits     *waitsView `json:"waits,omitempty"`
	Assignee  *personRef `json:"assignee,omitempty"` // who claimed it
	NoMeeting string     `json:"no_meeting,omitempty"`
	Light     lightView  `json:"light"`
	Due       *time.Time `json:"due,omitempty"`
	Ended     bool       `json:"ended"`
	CreatedAt time.Time  `json:"created_at"`
	UpdatedAt time.Time  `json:"updated_at"`

	Quick *quickView `json:"-"` // for the page only
}

// waitsView says whose move it is.
type waitsView struct {
	Role       string     `json:"role"`
	RoleTitle  fault.Text `json:"role_title"`
	Department *deptView  `json:"department,omitempty"`
	Me         bool       `json:"me"` // the reader is one of them
}

// lightView is a deadline in colour and words: normal, yellow (黄牌), red (红牌),
// paused, or none.
type lightView struct {
	Colour string     `json:"colour"`
	Left   fault.Text `json:"left"` // "剩 2 小时", "逾期 3 天"
	Why    fault.Text `json:"why"`  // the rule behind the date
}

// casesView is GET /api/v1/cases.
type casesView struct {
	Items []lineView `json:"items"`
	Next  string     `json:"next,omitempty"`

	// For the page only.
	Query   listQuery        `json:"-"`
	Counts  map[string]int64 `json:"-"` // todo, red, yellow, assist, share_request
	Pools   bool             `json:"-"` // the reader may take cases out of a pool
	Least   bool             `json:"-"` // the counts are of the first so many: there are at least so many
	Total   int64            `json:"-"` // capped, see More
	More    bool             `json:"-"`
	Kinds   []optionView     `json:"-"`
	States  []optionView     `json:"-"`
	Depts   []deptView       `json:"-"`
	Lots    []refView        `json:"-"` // batches
	Saved   []filterView     `json:"-"` // the reader's named filters of this page
	Keep    string           `json:"-"` // the present filter, which could be kept; "" when there is none
	Bulk    []optionView     `json:"-"` // what can be done with many rows at once
	NextURL string           `json:"-"`
	First   string           `json:"-"` // URL of the first page, when this is not it
}

// listQuery is what a list was asked for, as the form shows it again.
type listQuery struct {
	Kind, State, Text, Box, Light, Sort, Cursor, DueBefore string
	Department, Batch, Item                                int64
	Open, Assignee                                         string
	Limit                                                  int
}

type optionView struct {
	Value string     `json:"value"`
	Title fault.Text `json:"title"`
}

// caseView is GET /api/v1/cases/{id}.
type caseView struct {
	lineView
	Definition   int            `json:"definition"` // version of the definition it runs under
	Region       regionView     `json:"region"`
	Parent       *caseRef       `json:"parent,omitempty"`
	Person       *personView    `json:"person,omitempty"` // masked
	Facts        map[string]any `json:"facts"`
	Clocks       clocksView     `json:"clocks"`
	Requirements []needView     `json:"requirements"`
	Children     []childView    `json:"children"`
	Joins        []joinView     `json:"joins"`          // whom it waits for together
	Hops         *hopsView      `json:"hops,omitempty"` // absent before the first
	WhyHere      *whyHereView   `json:"why_here,omitempty"`
	Reminded     *remindedView  `json:"reminded,omitempty"` // the last reminder
	Fetches      []fetchView    `json:"fetches,omitzero"`   // given by GET; a move answers without
	Receipts     []receiptView  `json:"receipts,omitzero"`  // as Fetches
	Actions      []string       `json:"actions"`            // what the reader may do now
	Choices      []choiceView   `json:"choices"`            // every action that leaves this state, with why not; a move answers with the reader's own

	// Given by GET to whom it is to say who leads.
	Changes    []changeView    `json:"changes,omitempty"` // of a change of the catalogue
	Candidates []candidateView `json:"candidates,omitzero"`
	Gaps       []string        `json:"catalogue_gaps,omitzero"` // papers whose data nobody is registered as holding

	// For the page only.
	Pairs    []pairView     `json:"-"` // what it is about, in words
	Events   []eventView    `json:"-"` // newest first
	Steps    []stepView     `json:"-"` // no-meeting progress
	Diagram  string         `json:"-"` // SVG of the definition, present state lit
	Form     map[string]any `json:"-"` // what was typed, after a 422
	Acted    string         `json:"-"` // the action that was refused
	Depts    []deptView     `json:"-"` // for department inputs
	Staff    []personLoad   `json:"-"` // for person inputs
	Supplies []refView      `json:"-"` // for resource inputs
	Similar  int64          `json:"-"` // open blockers of the same item and proof, besides this one
}

type caseRef struct {
	ID     int64  `json:"id"`
	Number string `json:"number"`
	Title  string `json:"title"`
}

type personView struct {
	Name     string `json:"name"`
	IDNumber string `json:"id_number,omitempty"`
	Phone    string `json:"phone,omitempty"`
}

type needView struct {
	ID          int64      `json:"id"`
	Name        string     `json:"name"`
	Status      string     `json:"status"`
	StatusName  fault.Text `json:"status_title"`
	Done        bool       `json:"done"`
	ShareClass  int        `json:"share_class"`
	ClassName   fault.Text `json:"share_class_title"`
	Resource    *refView   `json:"resource,omitempty"`
	Provider    *deptView  `json:"provider,omitempty"`
	Receipt     int64      `json:"receipt,omitempty"`
	Alternative string     `json:"alternative,omitempty"`
	Application *restsView `json:"application,omitempty"` // what lets its data be fetched
}

// restsView is the share application that a requirement rests on.
type restsView struct {
	ID       int64      `json:"id"`
	Number   string     `json:"number"`
	Standing string     `json:"standing"` // valid, held, provider, applicant, none
	Title    fault.Text `json:"standing_title"`
	Until    string     `json:"until,omitempty"` // the last day of the grant
}

// pairView is one line of what a case is about.
type pairView struct {
	Label fault.Text
	Value fault.Text
}

type childView struct {
	ID        int64      `json:"id,omitempty"`
	Number    string     `json:"number,omitempty"`
	Kind      string     `json:"kind"`
	KindTitle fault.Text `json:"kind_title"`
	State     string     `json:"state"`
	StateName fault.Text `json:"state_title"`
	Ended     bool       `json:"ended"`
	NoMeeting string     `json:"no_meeting,omitempty"`
	N         int64      `json:"n"`
	Lead      *deptView  `json:"lead,omitempty"`
	Round     int64      `json:"round,omitempty"`  // with whom it was asked together
	Return    *hopView   `json:"return,omitempty"` // why it came back, where the reader may see it
}

// hopView is why a case came back, and who should have it instead.
type hopView struct {
	Reason   string     `json:"reason"`
	Title    fault.Text `json:"reason_title"`
	Proposed *deptView  `json:"proposed,omitempty"`
}

// joinView says how far those are who were asked together.
type joinView struct {
	Name  string     `json:"name"`
	Title fault.Text `json:"title"`
	Rule  string     `json:"rule"` // all, any, n, none
	Words fault.Text `json:"rule_title"`
	Asked int        `json:"asked"`
	Done  int        `json:"done"`
	Open  int        `json:"open"`
	Gone  int        `json:"gone"` // returned, or let go
	Met   bool       `json:"met"`
}

// hopsView is how often a case was passed on. At the limit the coordinator
// decides who has it, and the decision binds.
type hopsView struct {
	N      int64    `json:"n"`
	Limit  int64    `json:"limit"`
	Bound  bool     `json:"bound"`
	Decide bool     `json:"decide"` // the limit is reached and nobody has decided
	Return *hopView `json:"return,omitempty"`
}

type fetchView struct {
	ID        int64       `json:"id"`
	Attempt   int         `json:"attempt"`
	Need      int64       `json:"requirement"`
	Resource  string      `json:"resource"`
	Version   string      `json:"resource_version"`
	Provider  *deptView   `json:"provider,omitempty"`
	Purpose   string      `json:"purpose"`
	Basis     string      `json:"basis"`
	Applied   int64       `json:"application,omitempty"` // the application whose grant let it be fetched
	Outcome   string      `json:"outcome"`
	Title     fault.Text  `json:"outcome_title"`
	Message   string      `json:"message,omitempty"`
	RequestID string      `json:"request_id,omitempty"`
	StartedAt time.Time   `json:"started_at"`
	EndedAt   *time.Time  `json:"ended_at,omitempty"`
	Seconds   int64       `json:"seconds"` // the platform's time of this call, up to now while it lasts
	Receipt   int64       `json:"receipt,omitempty"`
	Trail     []trailView `json:"trail,omitempty"` // the platforms that the call passed, the one that was called first
}

// trailView is a platform that a call passed.
type trailView struct {
	Platform string `json:"platform"`
	Name     string `json:"name"`
	Level    string `json:"level,omitempty"`    // city, province, nation
	Request  string `json:"request,omitempty"`  // how the platform calls the request
	Evidence string `json:"evidence,omitempty"` // what it says of the request that it answered
}

// choiceView is a button: one that can be pressed, or one that says why not.
type choiceView struct {
	Action  string       `json:"action"`
	Title   fault.Text   `json:"title"`
	Style   string       `json:"style,omitempty"` // primary, danger
	To      string       `json:"to"`
	Allowed bool         `json:"allowed"`
	Mine    bool         `json:"mine"` // a step of the reader's, allowed or not
	Reasons []fault.Text `json:"reasons,omitempty"`
	Inputs  []inputView  `json:"inputs,omitempty"` // of one that can be pressed
}

type inputView struct {
	Name     string       `json:"name"`
	Type     string       `json:"type"`
	Title    fault.Text   `json:"title"`
	Required bool         `json:"required"`
	Options  []optionView `json:"options,omitempty"`
	Default  any          `json:"default,omitempty"` // what stands when nothing is given
}

type eventView struct {
	Seq       int64          `json:"seq"`
	Action    string         `json:"action"`
	Title     fault.Text     `json:"title"`
	From      string         `json:"from,omitempty"`
	To        string         `json:"to"`
	FromName  fault.Text     `json:"from_title"`
	ToName    fault.Text     `json:"to_title"`
	Actor     string         `json:"actor"`
	Role      string         `json:"role"`
	RoleTitle fault.Text     `json:"role_title"`
	Dept      *deptView      `json:"department,omitempty"`
	At        time.Time      `json:"at"`
	Note      string         `json:"note,omitempty"`
	Data      map[string]any `json:"data,omitempty"`
	Said      []saidView     `json:"said,omitempty"` // data in words
	System    bool           `json:"system"`
}

// saidView is one input of an action, as people read it.
type saidView struct {
	Title fault.Text `json:"title"`
	Text  fault.Text `json:"text"`
}

// eventsView is GET /api/v1/cases/{id}/events.
type eventsView struct {
	Items []eventView `json:"items"`
	Next  string      `json:"next,omitempty"`
}

// stepView is one step of the no-meeting progress with its evidence.
type stepView struct {
	Name     string
	Title    fault.Text
	Reached  bool
	Present  bool
	Evidence fault.Text
}
