package handlers

import (
	"time"

	"github.com/shujie-gov/shujie/fault"
)

// What people and systems read of batches, the catalogue and the rest.

// batchView is GET /api/v1/batches/{id}.
type batchView struct {
	ID          int64           `json:"id"`
	Name        string          `json:"name"`
	Region      regionView      `json:"region"`
	Lead        *deptView       `json:"lead,omitempty"`
	Target      *time.Time      `json:"target,omitempty"`
	Total       int64           `json:"total"`
	Closed      int64           `json:"closed"`
	Ended       int64           `json:"ended"`
	Red         int64           `json:"red"`
	Departments []batchDeptView `json:"departments"`
	States      []countView     `json:"states"`
	AsOf        time.Time       `json:"as_of"`

	// For the page only: what is stuck, the most urgent first.
	Stuck []lineView `json:"-"`
}

type batchDeptView struct {
	Department *deptView   `json:"department,omitempty"` // nil: not dispatched yet
	Total      int64       `json:"total"`
	Closed     int64       `json:"closed"`
	States     []countView `json:"states"`
}

type countView struct {
	State string     `json:"state"`
	Title fault.Text `json:"title"`
	N     int64      `json:"n"`
}

type batchesView struct {
	Items []batchView `json:"items"`
}

// itemView is a service item with what it demands.
type itemView struct {
	ID     int64       `json:"id"`
	Code   string      `json:"code"`
	Name   string      `json:"name"`
	Dept   *deptView   `json:"department,omitempty"`
	Region regionView  `json:"region"`
	Case   int64       `json:"case,omitempty"`
	Proofs []proofView `json:"proofs,omitempty"`
}

// proofView is the answer at the window: who holds it, may it be had, how often
// was it asked for before.
type proofView struct {
	ID          int64      `json:"id"`
	Name        string     `json:"name"`
	Holder      *deptView  `json:"holder,omitempty"`
	Holders     int        `json:"holders"`
	Goes        *deptView  `json:"goes_to,omitempty"` // whom a blocker that the reader files goes to; nil: the coordinator decides
	Resource    *refView   `json:"resource,omitempty"`
	ShareClass  int        `json:"share_class"`
	ClassName   fault.Text `json:"share_class_title"`
	Connected   bool       `json:"connected"` // can be fetched over the platform
	FetchNow    bool       `json:"fetch_now"` // … without asking anybody, for this item
	Same        *sameView  `json:"same,omitempty"`
	Alternative string     `json:"alternative,omitempty"`
	Basis       string     `json:"basis,omitempty"`  // 设定依据
	Issuer      string     `json:"issuer,omitempty"` // 开具单位
	Open        int64      `json:"open"`             // open blockers of this item and proof
	Closed      int64      `json:"closed"`           // solved ones
	Similar     []lineView `json:"similar,omitempty"`
}

// sameView is the open blocker of this item and proof that another one joins.
type sameView struct {
	Number string `json:"number"`
	Joined int64  `json:"joined"` // open blockers that joined it
}

type itemsView struct {
	Items []itemView `json:"items"`
	Next  string     `json:"next,omitempty"`

	// For the page only.
	Query   string `json:"-"`
	NextURL string `json:"-"`
	First   string `json:"-"`
}

// fileView is the filing page.
type fileView struct {
	Text   string // what was searched
	Found  []itemView
	Item   *itemView         // the chosen one
	Form   map[string]string // what was typed, after a 422; proofs joined by commas
	Chosen *proofView
}

type resourceView struct {
	ID        int64      `json:"id"`
	Code      string     `json:"code"`
	Name      string     `json:"name"`
	Provider  *deptView  `json:"provider,omitempty"`
	Class     int        `json:"share_class"`
	ClassName fault.Text `json:"share_class_title"`
	Condition string     `json:"condition,omitempty"`
	Version   string     `json:"version"`
	ValidDays int        `json:"valid_days"`
	Connected bool       `json:"connected"`
	Rate      string     `json:"rate,omitempty"` // as registered

	Status      string     `json:"status"` // draft, published, withdrawn
	StatusTitle fault.Text `json:"status_title"`
}

type resourcesView struct {
	Items []resourceView `json:"items"`
	Next  string         `json:"next,omitempty"`

	// For the page only.
	Query   string `json:"-"`
	NextURL string `json:"-"`
	First   string `json:"-"`

	Class      string     `json:"-"`
	Status     string     `json:"-"`
	Department int64      `json:"-"`
	Depts      []deptView `json:"-"`
	Filtered   bool       `json:"-"`
	Proposes   bool       `json:"-"` // the reader may import
	Own        bool       `json:"-"` // … and prepare entries of their department
	Export     string     `json:"-"` // address of the same list as a file, up to its format
}

// joinRuleView is what a definition says of children that are asked together.
type joinRuleView struct {
	Name  string     `json:"name"` // guards read joined.NAME
	Title fault.Text `json:"title"`
	Kind  string     `json:"kind"` // of the children
	Done  []string   `json:"done"` // the states in which one has done its part
	Rules []string   `json:"rules"`
}

type noticeView struct {
	ID     int64      `json:"id"`
	Case   int64      `json:"case"`
	Number string     `json:"number"`
	Title  string     `json:"title"`
	Action string     `json:"action"`
	Name   fault.Text `json:"action_title"`
	At     time.Time  `json:"at"`
	Rows   int64      `json:"cases,omitempty"` // of a bulk act: how many cases it moved, this being the first
}

// noticesView is GET /api/v1/notices, newest first.
type noticesView struct {
	Items  []noticeView `json:"items"`
	Unread int64        `json:"unread"`
}

// departmentView is an entry of GET /api/v1/departments.
type departmentView struct {
	deptView
	Region regionView `json:"region"`
}

type departmentsView struct {
	Items []departmentView `json:"items"`
}
