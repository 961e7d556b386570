package workflow

import (
	"errors"
	"strings"
	"time"
)

// chargeOf reads the written form of a charge: whose time it is, and for
// departments which part is charged. No part means nobody in particular.
func chargeOf(s string) (Charge, Part, error) {
	who, part, _ := strings.Cut(s, "/")
	switch c := Charge(who); c {
	case ChargeCitizen, ChargePlatform, ChargeNobody:
		if part != "" {
			return "", "", say("charge %q: only departments play parts", s)
		}
		return c, "", nil
	case ChargeDepartment:
		if part == "" {
			return c, "", nil
		}
		for _, p := range Parts() {
			if Part(part) == p {
				return c, p, nil
			}
		}
	}
	return "", "", say("unknown charge %q", s)
}

// mark returns the clock interval that begins now that c is as it is, nil when
// the one that runs goes on.
func (d *Definition) mark(c *Case, v *view, at time.Time) (*Mark, error) {
	st := d.States[c.State]
	m := Mark{At: at, State: c.State, Charge: ChargeNobody, Paused: st.Pause}
	for i := range st.Charge {
		ch := &st.Charge[i]
		ok, err := d.guards.holds("", ch.When, v)
		if err != nil {
			return nil, err
		}
		if ok {
			m.Charge, m.Reason = ch.charge, ch.Still.Value
			m.Paused = m.Paused || ch.Still.Value != ""
			switch {
			case ch.Dept != "":
				if m.Dept, err = d.guards.dept("", ch.Dept, v); err != nil {
					return nil, err
				}
			case ch.part != "":
				m.Dept = c.Parts[ch.part]
			}
			break
		}
	}
	if why, _ := c.Facts["suspend_reason"].(string); st.Pause && why != "" {
		m.Reason = why
	}
	if n := len(c.Marks); n > 0 {
		last := c.Marks[n-1]
		if last.At = m.At; last == m {
			return nil, nil //nolint:nilnil // no new interval is an answer
		}
	}
	return &m, nil
}

var errNoLimit = errors.New("no limit of the clock applies")

// clockChange is what a move does to the clock.
type clockChange struct {
	marked  bool // a new interval began
	extends int  // working days that the term gets in addition
	handed  bool // it is another department's time now
}

// extension returns the working days by which t extends the running term: those
// of its input days, else as many as the clock allows; never more.
func (d *Definition) extension(t *Transition, before *view) int {
	if !t.Extends || before.c.Term == nil {
		return 0
	}
	most := d.Clocks[before.c.Term.Clock].Extend
	if t.takes("days", "int") {
		days, _ := before.inputs["input.days"].(int64)
		return min(int(days), most)
	}
	return most
}

// term sets the running term and due date of after, which just made a move.
// A state of the same clock continues the term, unless it is another
// department's time now: nobody inherits a spent clock. Another clock starts
// its own; a state without a clock has none. A pause holds the term it found
// and has a clock of its own, at whose end the system goes on.
func (d *Definition) term(after *Case, v *view, c clockChange) error {
	st := d.States[after.State]
	old := after.Term
	if st.Clock == "" {
		after.Term, after.Due = nil, nil
		return nil
	}
	if old != nil && old.Pause && !st.Pause {
		old = old.Held // the pause is over
	}
	var t Term
	switch {
	case old != nil && old.Clock == st.Clock && !c.handed:
		if !c.marked && c.extends == 0 {
			return nil // a comment does not touch a clock
		}
		t = *old
		t.Extra += c.extends
		if c.extends > 0 {
			t.Level = 0 // it is watched anew
		}
	default:
		days, until, err := d.limit(d.Clocks[st.Clock], after, v)
		if err != nil {
			return err
		}
		t = Term{Clock: st.Clock, Start: v.m.Now, Days: days, Until: until, Pause: st.Pause}
		if st.Pause {
			t.Held = old
		}
	}
	after.Term = &t
	after.Due = t.due(after.Marks, v.m.Calendar)
	return nil
}

// limit returns the working days that rule allows on c, or the day until which
// it does.
func (d *Definition) limit(rule Clock, c *Case, v *view) (int, string, error) {
	for _, l := range rule.Limits {
		ok, err := d.guards.holds("", l.When, v)
		if err != nil {
			return 0, "", err
		}
		switch {
		case !ok:
		case l.Until != "":
			day, _ := c.Facts[l.Until].(string)
			return 0, day, nil
		case l.Fact != "":
			n, _ := factValue(c.Facts[l.Fact], "int").(int64)
			return int(n), "", nil
		default:
			return l.Days, "", nil
		}
	}
	return 0, "", errNoLimit
}

// due computes the deadline of t from the intervals of its case and sets what t
// says of it; see [Term.count]. A year without calendar data leaves the deadline
// open and says so in Term.Problem, loudly, instead of guessing.
func (t *Term) due(marks []Mark, cal *Calendar) *time.Time {
	n, err := t.count(marks, cal, nil)
	t.Calendar, t.Paused, t.Warn, t.Still, t.Problem = cal.Version(), n.stood, n.warn, n.still, ""
	if err != nil {
		t.Problem, t.Warn, t.Still = err.Error(), time.Time{}, nil
		return nil
	}
	return &n.end
}
