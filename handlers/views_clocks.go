package handlers

import (
	"time"

	"github.com/shujie-gov/shujie/fault"
)

// clocksView is whose time passed on a case, and why it is due when it is.
type clocksView struct {
	Due         *time.Time     `json:"due,omitempty"`
	Rule        *ruleView      `json:"rule,omitempty"`
	Intervals   []intervalView `json:"intervals"`
	Totals      totalsView     `json:"totals"`
	Departments []deptTimeView `json:"departments"` // of Totals.Department
	States      []stateTime    `json:"states"`      // of Totals.Wall
}

// ruleView answers "why this date": who counts by it comes to the same date.
type ruleView struct {
	Clock    string     `json:"clock"`
	Title    fault.Text `json:"title"`
	Source   fault.Text `json:"source"` // article or rule
	Start    time.Time  `json:"start"`
	Days     int        `json:"working_days"`
	Extra    int        `json:"extension_days"`
	Until    string     `json:"until,omitempty"` // the day it ends with, when it is no number of days
	Paused   int        `json:"paused_days"`
	Calendar string     `json:"calendar"` // version
	Problem  string     `json:"problem,omitempty"`
	Still    *time.Time `json:"still_since,omitempty"` // the term stands still while the platform is waited for
	Held     *ruleView  `json:"held,omitempty"`        // the term that a pause holds

	// Given by GET …/clocks and on the page: the count itself.
	Warn    *time.Time `json:"yellow_from,omitempty"`
	Counted *time.Time `json:"counted,omitempty"` // the date it comes to
	// Agreement says whether that is the date of the case: agrees or differs.
	Agreement string     `json:"agreement,omitempty"`
	Replay    string     `json:"replay,omitempty"`       // where a date that differs is brought up to date: the register of calendars
	Other     string     `json:"counted_with,omitempty"` // the calendar of the count, if not that of the date
	Left      int        `json:"days_left,omitempty"`    // of a held term
	Closes    string     `json:"close_of_business,omitempty"`
	Steps     []stepDay  `json:"days,omitempty"`
	Articles  fault.Text `json:"articles,omitzero"`
}

// stepDay is one day of a count.
type stepDay struct {
	Date    string     `json:"date"` // in China
	Day     time.Time  `json:"-"`
	Kind    string     `json:"kind"` // workday, make_up_workday, weekend, holiday
	Use     string     `json:"use"`  // start, counted, off, stood
	N       int        `json:"n,omitempty"`
	Because fault.Text `json:"because"`
}

type intervalView struct {
	From       time.Time  `json:"from"`
	To         *time.Time `json:"to,omitempty"`
	State      string     `json:"state"`
	StateName  fault.Text `json:"state_title"`
	Charge     string     `json:"charge"` // citizen, department, platform, none
	Department *deptView  `json:"department,omitempty"`
	Paused     bool       `json:"paused"`
	Reason     string     `json:"reason,omitempty"`
	Because    fault.Text `json:"reason_title,omitzero"`
	Seconds    int64      `json:"seconds"`
}

// totalsView is whose time passed, in seconds of wall time. The four add up to
// Wall: nobody's is the time between an end and the reopening.
type totalsView struct {
	Citizen    int64 `json:"citizen"`
	Department int64 `json:"department"`
	Platform   int64 `json:"platform"`
	Nobody     int64 `json:"nobody"`
	Wall       int64 `json:"wall"`
}

type deptTimeView struct {
	Department *deptView `json:"department,omitempty"`
	Seconds    int64     `json:"seconds"`
}

type stateTime struct {
	State   string     `json:"state"`
	Title   fault.Text `json:"state_title"`
	Seconds int64      `json:"seconds"`
}

// caseClocksView is GET /api/v1/cases/{id}/clocks.
type caseClocksView struct {
	ID      int64       `json:"id"`
	Number  string      `json:"number"`
	Version int64       `json:"version"`
	AsOf    time.Time   `json:"as_of"`
	Light   lightView   `json:"light"`
	Clocks  clocksView  `json:"clocks"`
	Fetches []fetchView `json:"fetches"` // each with the platform's time
	// Children are the applications and requests under the case that the reader
	// may see, each with its own clock.
	Children []childClock `json:"children"`
}

type childClock struct {
	ID        int64      `json:"id"`
	Number    string     `json:"number"`
	Kind      string     `json:"kind"`
	KindTitle fault.Text `json:"kind_title"`
	State     string     `json:"state"`
	StateName fault.Text `json:"state_title"`
	Light     lightView  `json:"light"`
	Clocks    clocksView `json:"clocks"`
}
