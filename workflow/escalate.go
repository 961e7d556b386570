package workflow

import (
	"strings"
	"time"
)

// Level is one step of escalation: when it is due, counted from the running
// term, and who is told then. The numbers are house rules.
type Level struct {
	At    string `yaml:"at"`    // warn: when the light turns yellow; due: at the deadline; "" with After
	After int    `yaml:"after"` // working days after the deadline, at the close of business
	To    string `yaml:"to"`    // see the words below
}

// When a level is due, and whom it tells. Whom a case waits for is the seat in
// Case.Waits; its head and its coordinators follow from that. So a level reaches
// somebody though nobody has taken the case yet.
const (
	atWarn = "warn"
	atDue  = "due"

	toSeat        = "seat"        // whom the case waits for
	toHead        = "head"        // the head of that department
	toCoordinator = "coordinator" // the coordinator of the region
	toOffice      = "office"      // the supervising office: the coordinator of the region above
)

// next returns when the next level of c's term is due, nil when none is to come.
func (d *Definition) next(c *Case, cal *Calendar) (*time.Time, error) {
	if c.Term == nil {
		return nil, nil //nolint:nilnil // no level is an answer
	}
	return d.levelAt(c, c.Term.Level, cal)
}

// levelAt returns when level n, counted from 0, of c's term is due, nil when
// there is none: a term that stands still has none, and neither has a state that
// is not escalated. It asks the calendar of now, so that a year which had no data
// then is known later.
func (d *Definition) levelAt(c *Case, n int, cal *Calendar) (*time.Time, error) {
	t := c.Term
	if t.Still != nil || c.Due == nil || n >= len(d.Escalate) || !d.escalates(c.State) {
		return nil, nil //nolint:nilnil // no level is an answer
	}
	at := past(*c.Due)
	switch l := d.Escalate[n]; l.At {
	case atWarn:
		at = t.Warn
	case atDue:
	default:
		late, err := cal.Deadline(c.Due.Add(-1), l.After)
		if err != nil {
			return nil, err
		}
		at = past(late)
	}
	return &at, nil
}

// dueLevel returns the highest level of c's term that is due, counted from 1, or
// 0 when none is due that was not taken yet. Who did not look for days takes it
// in one step, and the levels below are passed over: their addressees would hear
// at once what is long past.
func (d *Definition) dueLevel(c *Case, m Moment) int {
	if c.Term == nil {
		return 0
	}
	due := 0
	for n := c.Term.Level; ; n++ {
		at, err := d.levelAt(c, n, m.Calendar)
		if err != nil || at == nil || m.Now.Before(*at) {
			return due
		}
		due = n + 1
	}
}

// wake returns when time alone lets the system act on c: at its next level, or
// at the deadline where an automatic action waits for it. A level for which the
// calendar has no data wakes the case at its deadline and is looked at until
// there is some; meanwhile the case shows among those that overslept.
func (d *Definition) wake(c *Case, cal *Calendar) *time.Time {
	if c.Ended || c.Term == nil || c.Due == nil || c.Term.Still != nil {
		return nil
	}
	due := past(*c.Due)
	at, err := d.next(c, cal)
	if err != nil {
		return &due
	}
	if at != nil && at.Before(due) {
		return at
	}
	for _, t := range d.Transitions {
		if t.timed && t.leaves(c.State) {
			return &due
		}
	}
	return at
}

// past is the first moment after a deadline, as the databases keep time: what is
// done in its last moment is in time.
func past(deadline time.Time) time.Time { return deadline.Add(time.Microsecond) }

// escalates reports whether cases in state s are escalated.
func (d *Definition) escalates(s State) bool {
	for _, t := range d.Transitions {
		if t.Escalates && t.leaves(s) {
			return true
		}
	}
	return false
}

// told is the notice of a level of c, counted from 1, and whom it tells in the
// words of a level. A coordinator who is late tells the region above, as only the
// supervising office is beyond them.
func (d *Definition) told(c *Case, level int) (to string, notice Effect) {
	role, dept, region := c.Waits.Role, c.Parts[c.Waits.Part], c.Region
	to = d.Escalate[level-1].To
	late := role.Domain() != InDepartment // a coordinator has the move, or the system
	switch {
	case to == toSeat && !late:
	case to == toHead && !late:
		role = DeptHead
	default:
		role, dept = Coordinator, 0
		if to == toOffice || late && to != toSeat {
			to, region = toOffice, above(region)
		} else {
			to = toCoordinator
		}
	}
	return to, notify(c.Version+1, role, dept, region)
}

// above is the path of the region over another: itself where there is none.
func above(region string) string {
	if i := strings.LastIndexByte(region, '/'); i >= 0 {
		return region[:i]
	}
	return region
}

// escalation checks the levels and the action that takes them.
func (k *checker) escalation() {
	k.at = 0
	last := -1
	for i, l := range k.d.Escalate {
		rank := l.After
		switch l.At {
		case atWarn:
			rank = -1
		case atDue:
			rank = 0
		case "":
		default:
			k.refuse("", "", "escalation level %d: at is neither warn nor due", i+1)
		}
		if (l.At == "") == (l.After < 1) {
			k.refuse("", "", "escalation level %d: it has either at, or after from 1", i+1)
		}
		if i > 0 && rank <= last {
			k.refuse("", "", "escalation level %d: it must be due later than the one before", i+1)
		}
		last = rank
		switch l.To {
		case toSeat, toHead, toCoordinator, toOffice:
		default:
			k.refuse("", "", "escalation level %d: unknown addressee %q", i+1, l.To)
		}
	}
	takes := false
	for _, t := range k.d.Transitions {
		if t == nil || !t.Escalates {
			continue
		}
		takes = true
		if !t.Auto || t.To != "" || !t.levelled {
			k.refuse(t.first(k.d), t.Action, "an escalation is automatic, stays in its state and has a guard that reads level_due")
		}
	}
	if takes != (len(k.d.Escalate) > 0) {
		k.refuse("", "", "there are levels of escalation without an action that takes them, or the other way round")
	}
}
