package handlers

import (
	"time"

	"github.com/shujie-gov/shujie/fault"
)

// calendarsView is GET /api/v1/calendars.
type calendarsView struct {
	Items   []calendarView `json:"items"` // without their days
	Undated int64          `json:"undated"`

	// For the page only.
	Replays  []replayView      `json:"-"`
	MayWrite bool              `json:"-"`
	Form     map[string]string `json:"-"`
}

// calendarView is one version of the working calendar.
type calendarView struct {
	Number     int64      `json:"number"`
	Version    string     `json:"version"` // names the content, as the clocks of a case do
	Status     string     `json:"status"`  // draft, in_force, retired
	StatusName fault.Text `json:"status_title"`
	Close      string     `json:"close_of_business"`
	Years      []int      `json:"years"` // with data
	Source     string     `json:"source"`
	Note       string     `json:"note"`
	By         string     `json:"by"`
	At         time.Time  `json:"at"`
	MovedBy    string     `json:"put_into_force_by,omitempty"`
	MovedAt    *time.Time `json:"put_into_force_at,omitempty"`

	// Not in lists.
	Days        []calendarDay    `json:"days,omitempty"`
	Changes     []calendarChange `json:"changes,omitempty"` // against the calendar in force
	CloseBefore string           `json:"close_before,omitempty"`

	// For the page only.
	Year     int               `json:"-"`
	Day      string            `json:"-"` // that is being changed
	Unknown  bool              `json:"-"` // the year has no data
	Worked   int               `json:"-"` // days of the year
	Off      int               `json:"-"`
	MadeUp   int               `json:"-"`
	Months   []monthView       `json:"-"`
	Replays  []replayView      `json:"-"`
	Kinds    []optionView      `json:"-"`
	MayWrite bool              `json:"-"`
	Form     map[string]string `json:"-"`
}

type calendarDay struct {
	Date string `json:"date"`
	Kind string `json:"kind"` // holiday, make_up_workday
}

type calendarChange struct {
	Date    string     `json:"date"`
	Was     string     `json:"was"`
	Is      string     `json:"is"`
	WasName fault.Text `json:"was_title"`
	IsName  fault.Text `json:"is_title"`
}

// monthView is a month as weeks of seven cells; a cell without a day is blank.
type monthView struct {
	Title fault.Text
	Weeks [][]dayCell
}

type dayCell struct {
	Day     int
	Date    string
	Kind    string
	Name    fault.Text
	Mark    fault.Text // the word in the cell: 休, 班
	Changed bool
	Was     fault.Text
}

// replayView is a replay of deadlines with a calendar.
type replayView struct {
	ID         int64            `json:"id"`
	Calendar   int64            `json:"calendar"`
	Version    string           `json:"version"`      // of the calendar
	From       string           `json:"from_version"` // in force when it was counted
	Status     string           `json:"status"`       // counting, ready, running, done, outdated
	StatusName fault.Text       `json:"status_title"`
	Active     bool             `json:"active"`
	Looked     int64            `json:"looked"` // cases that were looked at
	Rows       int64            `json:"rows"`   // cases that move
	Counts     []replayCount    `json:"counts"`
	Outcomes   map[string]int64 `json:"outcomes"`
	Follows    int64            `json:"follows,omitempty"` // the replay whose rest it is
	By         string           `json:"by"`
	At         time.Time        `json:"at"`
	AppliedBy  string           `json:"applied_by,omitempty"`
	AppliedAt  *time.Time       `json:"applied_at,omitempty"`
	EndedAt    *time.Time       `json:"ended_at,omitempty"`
	Items      []replayedView   `json:"items"` // of the reader's own cases
	Next       string           `json:"next,omitempty"`

	// For the page only.
	Outcome  string       `json:"-"`
	Done     int64        `json:"-"`
	Tallies  []replayMark `json:"-"`
	InForce  bool         `json:"-"` // its calendar is in force already
	Scoped   bool         `json:"-"` // the reader may see cases
	MayApply bool         `json:"-"`
	MayWrite bool         `json:"-"`
	NextURL  string       `json:"-"`
	First    string       `json:"-"`
}

type replayCount struct {
	Kind          string     `json:"kind"`
	KindTitle     fault.Text `json:"kind_title"`
	Clock         string     `json:"clock"`
	ClockTitle    fault.Text `json:"clock_title"`
	Direction     string     `json:"direction"`
	DirectionName fault.Text `json:"direction_title"`
	N             int64      `json:"n"`
}

type replayMark struct {
	Outcome string
	Title   fault.Text
	N       int64
}

// replayedView is a case whose date moves.
type replayedView struct {
	Case          int64       `json:"case"`
	Number        string      `json:"number"`
	Title         string      `json:"title"`
	Version       int64       `json:"version"` // of the case that was looked at
	Kind          string      `json:"kind"`
	KindTitle     fault.Text  `json:"kind_title"`
	Clock         string      `json:"clock"`
	ClockTitle    fault.Text  `json:"clock_title"`
	Department    *deptView   `json:"department,omitempty"`
	Before        *time.Time  `json:"before"`
	After         *time.Time  `json:"after"`
	Direction     string      `json:"direction"`
	DirectionName fault.Text  `json:"direction_title"`
	LightBefore   colourView  `json:"light_before"`
	LightAfter    colourView  `json:"light_after"`
	Outcome       string      `json:"outcome"`
	OutcomeName   fault.Text  `json:"outcome_title"`
	Why           *fault.Text `json:"why,omitempty"`
}

type colourView struct {
	Colour string `json:"colour"`
}
