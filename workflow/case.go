package workflow

import "time"

// CaseID is the number of a case.
type CaseID int64

// Kind names a definition: blocker, assist, share_request, service.
type Kind string

// The kinds that the code itself speaks of; more may come as data.
const (
	Blocker      Kind = "blocker"
	Assist       Kind = "assist"
	ShareRequest Kind = "share_request"
	Dispute      Kind = "dispute"
	Correction   Kind = "correction"
	Service      Kind = "service"
	Supervision  Kind = "supervision"

	CatalogueChange Kind = "catalogue_change"
	DataDemand      Kind = "data_demand"
)

// State is a word of a definition for where a case stands.
type State string

// Action is a word of a definition for what somebody does.
type Action string

// Case is one thing that waits for somebody, with all that the rules may look
// at. Version counts its events: the event that made version n has Seq n.
type Case struct {
	ID         CaseID
	Kind       Kind
	DefVersion int
	State      State
	Version    int64
	Parent     CaseID
	Region     string // path of GB/T 2260 codes
	Title      string
	Item       int64  // service item
	Proof      string // the demanded paper
	Batch      int64
	Need       int64 // the parent's requirement that this child serves, or 0

	// Series and Serial are the number of a kind that has gapless numbers, such as
	// 督〔2026〕 and 7. The store gives the serial when it writes the case; a case
	// that was just opened has none yet.
	Series string
	Serial int64

	Parts        map[Part]DeptID
	Facts        map[string]any // the definition's own variables
	Requirements []Requirement
	Children     []Child // of blockers under a service: one entry per group
	Marks        []Mark  // clock intervals, each until the next begins
	Term         *Term   // the running term, nil when nothing is due
	Due          *time.Time
	Wake         *time.Time // when the system looks at it next, nil when time alone changes nothing
	Assignee     int64      // the person who took it out of the department's pool, 0 when it is in the pool

	// Person is who the case is about. A draft carries it in clear to the store,
	// which encrypts it; a case that was read carries it masked. No rule sees it.
	Person Person

	NoMeeting NoMeeting
	Ended     bool
	Waits     Seat // whose move it is; the zero Seat when nobody's
	CreatedAt time.Time
	UpdatedAt time.Time
	EndedAt   *time.Time
}

// Person is a citizen at the window (办事人).
type Person struct {
	Name     string `json:"name,omitempty"`
	IDNumber string `json:"id_number,omitempty"`
	Phone    string `json:"phone,omitempty"`
}

// Requirement is one demanded proof and the data that replaces it.
type Requirement struct {
	ID          int64
	Name        string     // the proof as the citizen was asked for it
	Resource    int64      // catalogue resource that replaces it, 0 when no data exists
	Provider    DeptID     // the department that provides the resource, 0 when none
	Class       ShareClass // sharing class of the resource, 条例 Art. 14
	Status      NeedStatus
	Receipt     int64  // the receipt that satisfied it
	Alternative string // the legal alternative that waived it (告知承诺, 现场核查)

	// Applications are those that it may rest on, see [Requirement.Rests]. The
	// store finds them anew at each read; nobody sets them.
	Applications []Application `json:",omitempty"`
}

// ShareClass is the sharing class of a resource (条例 Art. 14).
type ShareClass int

// The sharing classes. NoData marks a proof for which no data exists anywhere.
const (
	NoData        ShareClass = 0
	Unconditional ShareClass = 1
	Conditional   ShareClass = 2
	NotShared     ShareClass = 3
)

// NeedStatus is how far a requirement is.
type NeedStatus string

// The statuses of a requirement.
const (
	NeedOpen      NeedStatus = "open"
	NeedApplied   NeedStatus = "applied"   // a share request is under way; it is with the applicant
	NeedRequested NeedStatus = "requested" // … it is with the provider
	NeedFetching  NeedStatus = "fetching"  // the call to the platform is under way
	NeedParked    NeedStatus = "parked"    // … and waits for the end of an outage of the platform
	NeedUnsure    NeedStatus = "unsure"    // nobody knows how the call ended; a person finds out
	NeedSatisfied NeedStatus = "satisfied" // a receipt proves it
	NeedChecking  NeedStatus = "checking"  // its data is in doubt; the provider verifies it (数据校核)
	NeedWaived    NeedStatus = "waived"    // a legal alternative stands for it
	NeedMissing   NeedStatus = "missing"   // the holder has no such record
	NeedRefused   NeedStatus = "refused"   // the provider or the platform refused
)

// Done reports whether the citizen no longer has to bring this paper.
func (r Requirement) Done() bool { return r.Status == NeedSatisfied || r.Status == NeedWaived }

// Fetching reports whether a call to the platform is under way, or will be when an
// outage is over.
func (s NeedStatus) Fetching() bool { return s == NeedFetching || s == NeedParked }

// Child is what a parent may know of its children. Blockers under a service
// are counted in groups (ID 0); other children stand alone (N 1).
type Child struct {
	ID        CaseID    `json:"id"`
	Kind      Kind      `json:"kind"`
	State     State     `json:"state"`
	Ended     bool      `json:"ended"`
	NoMeeting NoMeeting `json:"no_meeting"`
	Need      int64     `json:"need"`
	Lead      DeptID    `json:"lead,omitempty"`
	Round     int64     `json:"round,omitempty"` // in which it was asked together with others, see Join
	N         int64     `json:"n"`
	Outcome   string    `json:"outcome,omitempty"` // the child's fact of that name
}

// Charge says whose time passes.
type Charge string

// Whose time a clock interval is charged to.
const (
	ChargeCitizen    Charge = "citizen"
	ChargeDepartment Charge = "department"
	ChargePlatform   Charge = "platform"
	ChargeNobody     Charge = "none" // after the end
)

// Mark begins a clock interval; it lasts until the next mark of the case.
type Mark struct {
	At     time.Time
	State  State
	Charge Charge
	Dept   DeptID // the department charged, or 0
	Paused bool   // the term stands still
	Reason string // why it is paused
}

// Term is a running deadline and where it comes from.
type Term struct {
	Clock    string    `json:"clock"` // name in the definition
	Start    time.Time `json:"start"`
	Days     int       `json:"days"`            // working days allowed
	Extra    int       `json:"extra"`           // working days added by an extension
	Paused   int       `json:"paused"`          // working days it stood still so far
	Warn     time.Time `json:"warn"`            // when its light turns yellow
	Pause    bool      `json:"pause,omitempty"` // it is a pause; at its end the case goes on by itself
	Until    string    `json:"until,omitempty"` // the day it ends with, when it is no number of days
	Calendar string    `json:"calendar"`        // version of the calendar used
	Problem  string    `json:"problem,omitempty"`
	Level    int       `json:"level,omitempty"` // levels of escalation that were taken or passed over
	Held     *Term     `json:"held,omitempty"`  // the term that stands still while this one, a pause, runs

	// Still is since when the term stands still because the exchange platform, or
	// somebody whose own term runs, is waited for; nil while it runs. The deadline
	// is then what it would be if they answered at once; it cannot be missed before
	// they do.
	Still *time.Time `json:"still,omitempty"`
}

// Event is one entry of a case's log.
type Event struct {
	Case   CaseID
	Seq    int64
	Action Action
	From   State
	To     State
	Actor  int64
	Name   string // the actor's name when it happened
	Role   Role
	Dept   DeptID
	At     time.Time
	Note   string
	Data   map[string]any // the inputs, without personal data
	Def    int            // definition version it was decided under
}

// Effect is work that follows a decision; the store writes it to the outbox in
// the same transaction.
type Effect struct {
	Kind string // case.notify, case.advance, case.act, exchange.fetch, data.destroy
	Case CaseID // 0 is the decided case itself
	Args map[string]any
}

// Decision is what a move does, as data.
type Decision struct {
	After    Case  // the case as it will be; Version is the old one plus one
	Event    Event // the log entry
	Mark     *Mark // the clock interval that begins, if any
	Needs    []Requirement
	Children []Decision // cases to open, each by its own first event
	Effects  []Effect
}
