package web

import (
	"time"

	"github.com/shujie-gov/shujie/fault"
)

// The data of the pages of the catalogue, under the field names of handlers.

type entryView struct {
	resourceView
	N        int
	Missing  []missingView
	Versions []entryVersionView
	Uses     []useView
	Calls    callsView
	Pairs    []entryPair
	Rows     []dataItemView
	Revises  bool

	Proposes  bool
	DraftCase int64

	Form  map[string]string
	Lists map[string][]optionView
}

type callsView struct {
	Total int64
	Depts []deptCalls
}

type deptCalls struct {
	Dept         *deptView
	Today, Month int64
}

type missingView struct{ Label, Message fault.Text }

type entryPair struct {
	Field        string
	Label, Value fault.Text
}

type dataItemView struct {
	Name string
	Type fault.Text
	Note string
}

type entryVersionView struct {
	N           int
	Status      string
	StatusTitle fault.Text
	Withdraws   bool
	Case        int64
	Author      string
	CreatedAt   time.Time
	PublishedAt *time.Time
	Publisher   string
	Changes     []entryChange
}

type entryChange struct{ Label, Before, After fault.Text }

type useView struct {
	Item, Proof refView
	Dept        *deptView
}

type entryFormView struct {
	Form  map[string]string
	Lists map[string][]optionView
}

type importView struct {
	Of                            string
	Created, Changed, Same, Items int
	Dry, Done                     bool
	File                          string
	Faults                        []cellView
	Wrong                         int
	Columns                       []string
}

type coverageView struct {
	Department      *deptView
	Total           int64
	Statuses, Waits []coverView
	Entries         []figureView
	Depts           []deptView
	Matches         bool
	Opened          int64
}

type coverView struct {
	Title      fault.Text
	Department *deptView
	N          int64
	URL        string
}

type figureView struct {
	Title fault.Text
	N     int64
	URL   string
}

type coveredView struct {
	Name                            string
	Item                            refView
	Demander, Holder, Likely, Waits *deptView
	Resource                        *refView
	Alternative                     string
	StatusTitle                     fault.Text
}

type coveredList struct {
	Items          []coveredView
	Title          fault.Text
	NextURL, First string
	Export         string
}

type cellView struct {
	Line         int
	Column, Text fault.Text
}

type changeView struct {
	Resource    int64
	Name, Code  string
	N           int
	Status      string
	StatusTitle fault.Text
	Withdraws   bool
	Class       int
	ClassName   fault.Text
	Items       int
}
