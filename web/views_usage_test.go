package web

import "time"

// The page of who used whose data, as handlers fill it.

type usageView struct {
	N              int64
	Totals         []usedTotalView
	Items          []usedView
	Resource       *refView
	User           int64
	From, To       string
	Depts          []deptView
	Filtered       bool
	NextURL, First string
	Export         string
}

type usedTotalView struct {
	Resource       refView
	Provider, User *deptView
	Purpose        string
	N, Kept        int64
	Last           time.Time
	URL            string
}

type usedView struct {
	Receipt             int64
	Resource            refView
	Version             string
	Provider, User      *deptView
	CaseNumber          string
	Purpose, Basis      string
	Application, Source int64
	Probe               bool
	At                  time.Time
	DestroyedAt         *time.Time
}
