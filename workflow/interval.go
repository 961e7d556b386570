package workflow

import (
	"slices"
	"time"

	"github.com/shujie-gov/shujie/fault"
)

// Interval is one stretch of a case's life with one owner of the time.
type Interval struct {
	From     time.Time
	To       *time.Time // nil while it lasts
	State    State
	Title    fault.Text // of the state
	Charge   Charge
	Dept     DeptID // the department charged, or 0
	Paused   bool   // the term stood still
	Reason   string // code of the reason of a pause
	Because  fault.Text
	Duration time.Duration // up to now while it lasts
}

// Intervals lists the stretches of c's life up to now, oldest first. They touch
// each other: their durations add up to the time from creation to now, or to
// the end of a case that has ended.
func (d *Definition) Intervals(c *Case, now time.Time) []Interval {
	var list []Interval
	for i, m := range c.Marks {
		iv := Interval{
			From: m.At, State: m.State, Title: d.TitleOf(m.State), Charge: m.Charge, Dept: m.Dept,
			Paused: m.Paused, Reason: m.Reason,
		}
		if m.Reason != "" {
			iv.Because = d.becauseOf(m)
		}
		if i+1 < len(c.Marks) {
			end := c.Marks[i+1].At
			iv.To, iv.Duration = &end, end.Sub(m.At)
		} else if c.Ended {
			break // nothing runs after the end
		} else {
			iv.Duration = max(0, now.Sub(m.At))
		}
		list = append(list, iv)
	}
	return list
}

// Wall is the time that passed on c up to now: from creation to the end, or to
// now while it is open.
func (c *Case) Wall(now time.Time) time.Duration {
	if c.EndedAt != nil {
		now = *c.EndedAt
	}
	return max(0, now.Sub(c.CreatedAt))
}

// Ledger is whose time passed. The three totals are Citizen, Department and
// Platform. Nobody's is what lies between an end and the reopening of the case,
// the time of a service or a grant that lives at its goal, and that of a blocker
// which joined another, where it is counted: with it the sum is the wall time, to
// the microsecond.
type Ledger struct {
	Citizen    time.Duration
	Department time.Duration
	Platform   time.Duration
	Nobody     time.Duration
}

// Sum is the time of all.
func (l Ledger) Sum() time.Duration { return l.Citizen + l.Department + l.Platform + l.Nobody }

// Totals adds up intervals by whom they are charged to.
func Totals(list []Interval) Ledger {
	var l Ledger
	for _, iv := range list {
		switch iv.Charge {
		case ChargeCitizen:
			l.Citizen += iv.Duration
		case ChargeDepartment:
			l.Department += iv.Duration
		case ChargePlatform:
			l.Platform += iv.Duration
		case ChargeNobody:
			l.Nobody += iv.Duration
		}
	}
	return l
}

// DeptTime is the time charged to one department; Dept 0 is nobody in
// particular.
type DeptTime struct {
	Dept DeptID
	Time time.Duration
}

// ByDept adds up what is charged to departments, in order of first appearance.
// The sum is Ledger.Department.
func ByDept(list []Interval) []DeptTime {
	var sums []DeptTime
	for _, iv := range list {
		if iv.Charge != ChargeDepartment {
			continue
		}
		i := slices.IndexFunc(sums, func(s DeptTime) bool { return s.Dept == iv.Dept })
		if i < 0 {
			i = len(sums)
			sums = append(sums, DeptTime{Dept: iv.Dept})
		}
		sums[i].Time += iv.Duration
	}
	return sums
}

// StateTime is the time spent in one state.
type StateTime struct {
	State State
	Title fault.Text
	Time  time.Duration
}

// ByState adds up intervals by state, in order of first appearance. The sum is
// the wall time.
func ByState(list []Interval) []StateTime {
	var sums []StateTime
	for _, iv := range list {
		i := slices.IndexFunc(sums, func(s StateTime) bool { return s.State == iv.State })
		if i < 0 {
			i = len(sums)
			sums = append(sums, StateTime{State: iv.State, Title: iv.Title})
		}
		sums[i].Time += iv.Duration
	}
	return sums
}

// Whole rounds the durations of list to seconds so that they still add up: every
// border is rounded, not every length.
func Whole(list []Interval) []Interval {
	list = slices.Clone(list)
	var passed time.Duration
	for i := range list {
		end := passed + list[i].Duration
		list[i].Duration = end.Truncate(time.Second) - passed.Truncate(time.Second)
		passed = end
	}
	return list
}

// becauseOf returns why the term stood still in m: the state says so, or
// somebody who chose a reason.
func (d *Definition) becauseOf(m Mark) fault.Text {
	if st := d.States[m.State]; st != nil {
		for _, c := range st.Charge {
			if c.Still.Value == m.Reason {
				return c.Still.Title
			}
		}
	}
	return d.OptionTitle(m.Reason)
}

// OptionTitle returns the words of an enum value of any input.
func (d *Definition) OptionTitle(value string) fault.Text {
	for _, t := range d.Transitions {
		for _, f := range t.Inputs {
			for _, o := range f.Options {
				if o.Value == value {
					return o.Title
				}
			}
		}
	}
	return fault.Text{ZH: value, EN: value}
}
