package workflow

import (
	"fmt"
	"strings"
	"time"
)

// chargeOf reads a state's charge: whose time it is, and for departments which
// part is charged. No part means nobody in particular.
func chargeOf(s string) (Charge, Part, error) {
	who, part, _ := strings.Cut(s, "/")
	switch c := Charge(who); c {
	case ChargeCitizen, ChargePlatform, ChargeNobody:
		return c, "", nil
	case ChargeDepartment:
		for _, p := range append(Parts(), "") {
			if Part(part) == p {
				return c, p, nil
			}
		}
	case "":
		return ChargeNobody, "", nil
	}
	return "", "", fmt.Errorf("unknown charge %q", s)
}

// mark returns the clock interval that begins when c enters its state.
func (d *Definition) mark(c *Case, at time.Time, reason string) *Mark {
	st := d.States[c.State]
	charge, part, err := chargeOf(st.Charge)
	if err != nil { // refused by check
		charge = ChargeNobody
	}
	m := &Mark{At: at, State: c.State, Charge: charge, Paused: st.Pause}
	if part != "" {
		m.Dept = c.Parts[part]
	}
	if st.Pause {
		m.Reason = reason
	}
	return m
}

// term sets the running term and due date of after, which just made a move at
// time at. A state of the same clock continues the term; another clock starts
// its own; a state without a clock has none.
func (d *Definition) term(after *Case, entered, extend bool, at time.Time, cal *Calendar) error {
	st := d.States[after.State]
	if st.Clock == "" || st.Final {
		after.Term, after.Due = nil, nil
		return nil
	}
	rule := d.Clocks[st.Clock]
	switch {
	case after.Term == nil || after.Term.Clock != st.Clock:
		days, err := d.limit(rule, after, at, cal)
		if err != nil {
			return err
		}
		after.Term = &Term{Clock: st.Clock, Start: at, Days: days}
	case extend:
		t := *after.Term
		t.Extra += rule.Extend
		after.Term = &t
	case !entered:
		return nil // a comment does not touch a clock
	default:
		t := *after.Term
		after.Term = &t
	}
	due(after, at, cal)
	return nil
}

func (d *Definition) limit(rule Clock, c *Case, at time.Time, cal *Calendar) (int, error) {
	v := d.look(c, at, cal)
	for _, l := range rule.Limits {
		ok, err := d.guards.holds("", l.When, v)
		if err != nil {
			return 0, err
		}
		if ok {
			return l.Days, nil
		}
	}
	return 0, fmt.Errorf("no limit of the clock applies")
}

// due computes the deadline of c's term from its intervals: the allowed working
// days after the start, plus the working days it was paused (docs/domain.md
// §1.5). While paused there is no deadline. A year without calendar data leaves
// the deadline open and says so in Term.Problem, loudly, instead of guessing.
func due(c *Case, now time.Time, cal *Calendar) {
	t := c.Term
	c.Due, t.Problem, t.Calendar = nil, "", cal.Version()
	days := t.Days + t.Extra
	for i, m := range c.Marks {
		if !m.Paused || m.At.Before(t.Start) {
			continue
		}
		if i == len(c.Marks)-1 {
			return // paused now
		}
		n, err := cal.Between(m.At, c.Marks[i+1].At)
		if err != nil {
			t.Problem = err.Error()
			return
		}
		days += n
	}
	end, err := cal.Deadline(t.Start, days)
	if err != nil {
		t.Problem = err.Error()
		return
	}
	c.Due = &end
}
