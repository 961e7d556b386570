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
	Service      Kind = "service"
)

// State and Action are words of a definition.
type (
	State  string
	Action string
)

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

	Parts        map[Part]DeptID
	Facts        map[string]any // the definition's own variables
	Requirements []Requirement
	Children     []Child // of blockers under a service: one entry per group
	Marks        []Mark  // clock intervals, each until the next begins
	Term         *Term   // the running term, nil when nothing is due
	Due          *time.Time

	NoMeeting NoMeeting
	Ended     bool
	Waits     Seat // whose move it is; the zero Seat when nobody's
	CreatedAt time.Time
	UpdatedAt time.Time
	EndedAt   *time.Time
}

// Requirement is one demanded proof and the data that replaces it.
type Requirement struct {
	ID          int64
	Name        string     // the proof as the citizen was asked for it
	Resource    int64      // catalogue resource that replaces it, 0 when no data exists
	Class       ShareClass // sharing class of the resource, 条例 Art. 14
	Status      NeedStatus
	Receipt     int64  // the receipt that satisfied it
	Alternative string // the legal alternative that waived it (告知承诺, 现场核查)
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
	NeedRequested NeedStatus = "requested" // a share request is under way
	NeedFetching  NeedStatus = "fetching"  // the call to the platform is under way
	NeedSatisfied NeedStatus = "satisfied" // a receipt proves it
	NeedWaived    NeedStatus = "waived"    // a legal alternative stands for it
	NeedMissing   NeedStatus = "missing"   // the holder has no such record
	NeedRefused   NeedStatus = "refused"   // the provider or the platform refused
)

// Done reports whether the citizen no longer has to bring this paper.
func (r Requirement) Done() bool { return r.Status == NeedSatisfied || r.Status == NeedWaived }

// Child is what a parent may know of its children. Blockers under a service
// are counted in groups (ID 0); other children stand alone (N 1).
type Child struct {
	ID        CaseID    `json:"id"`
	Kind      Kind      `json:"kind"`
	State     State     `json:"state"`
	Ended     bool      `json:"ended"`
	NoMeeting NoMeeting `json:"no_meeting"`
	Need      int64     `json:"need"`
	N         int64     `json:"n"`
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
	Days     int       `json:"days"`     // working days allowed
	Extra    int       `json:"extra"`    // working days added by an extension
	Calendar string    `json:"calendar"` // version of the calendar used
	Problem  string    `json:"problem,omitempty"`
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
	Kind string // case.notify, case.advance, exchange.fetch
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
