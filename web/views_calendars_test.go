package web

import (
	"time"

	"github.com/shujie-gov/shujie/fault"
)

// The data of the pages about the working calendar, as in views_test.go.

type calendarsView struct {
	Items    []calendarView
	Undated  int64
	Replays  []replayView
	MayWrite bool
	Form     map[string]string
}

type calendarView struct {
	Number      int64
	Version     string
	Status      string
	StatusName  fault.Text
	Close       string
	Years       []int
	Source      string
	Note        string
	By          string
	At          time.Time
	MovedBy     string
	MovedAt     *time.Time
	Changes     []calendarChange
	CloseBefore string
	Year        int
	Day         string
	Unknown     bool
	Worked      int
	Off         int
	MadeUp      int
	Months      []monthView
	Replays     []replayView
	Kinds       []optionView
	MayWrite    bool
	Form        map[string]string
}

type calendarChange struct {
	Date, Was, Is   string
	WasName, IsName fault.Text
}

type monthView struct {
	Title fault.Text
	Weeks [][]dayCell
}

type dayCell struct {
	Day     int
	Date    string
	Kind    string
	Name    fault.Text
	Mark    fault.Text
	Changed bool
	Was     fault.Text
}

type replayView struct {
	ID, Calendar  int64
	Version, From string
	Status        string
	StatusName    fault.Text
	Active        bool
	Looked, Rows  int64
	Counts        []replayCount
	Outcomes      map[string]int64
	Follows       int64
	By            string
	At            time.Time
	AppliedBy     string
	AppliedAt     *time.Time
	EndedAt       *time.Time
	Items         []replayedView
	Outcome       string
	Done          int64
	Tallies       []replayMark
	InForce       bool
	Scoped        bool
	MayApply      bool
	MayWrite      bool
	NextURL       string
	First         string
}

type replayCount struct {
	Kind          string
	KindTitle     fault.Text
	Clock         string
	ClockTitle    fault.Text
	Direction     string
	DirectionName fault.Text
	N             int64
}

type replayMark struct {
	Outcome string
	Title   fault.Text
	N       int64
}

type replayedView struct {
	Case                    int64
	Number, Title           string
	Version                 int64
	Kind                    string
	KindTitle               fault.Text
	Clock                   string
	ClockTitle              fault.Text
	Department              *deptView
	Before, After           *time.Time
	Direction               string
	DirectionName           fault.Text
	LightBefore, LightAfter colourView
	Outcome                 string
	OutcomeName             fault.Text
	Why                     *fault.Text
}

type colourView struct{ Colour string }
