package workflow

import (
	"cmp"
	"fmt"
	"time"

	"github.com/shujie-gov/shujie/fault"
)

// ActionRecalculate is what the system does on a case whose deadline is counted
// anew with another calendar. Every definition has it; none may use its name.
const ActionRecalculate Action = "recalculate"

// Direction says how a deadline moves.
type Direction string

// The directions. Of a case that moves by Light alone the date stays, and its
// yellow light or a level of escalation comes at another time.
const (
	Earlier Direction = "earlier"
	Later   Direction = "later"
	Begins  Direction = "begins" // it had none
	Ends    Direction = "ends"   // it would have none
	ByLight Direction = "light"
)

// Directions lists them in the order of a page.
func Directions() []Direction { return []Direction{Earlier, Later, Begins, Ends, ByLight} }

// Recount is what counting the running term of one case anew comes to: a row of
// the preview of a replay.
type Recount struct {
	Case      CaseID
	Version   int64 // of the case that was looked at; another is stale
	Kind      Kind
	Clock     string
	Dept      DeptID // whose time it is, 0 when no department's
	Before    *time.Time
	After     *time.Time
	Direction Direction
	Was, Will Colour // the light, when it was looked at
}

// Recalculate decides to count the running term of c anew with the calendar of
// m, as a part of a replay. It changes the term, the deadline and what follows
// of them, and nothing else. A Conflict says that nothing would move.
//
// The levels of escalation that were taken stay taken, but for those that the
// new date puts into the future: they are due again.
func (ds *Definitions) Recalculate(c Case, replay int64, m Moment) (Decision, error) {
	d, err := ds.Of(&c)
	if err != nil {
		return Decision{}, err
	}
	if c.Ended || c.Term == nil {
		return Decision{}, fault.New(fault.Conflict, "没有正在计算的期限", "no term is running")
	}
	dec := Decision{After: c.clone()}
	after, term := &dec.After, *c.Term
	after.Version, after.UpdatedAt = c.Version+1, m.Now
	after.Due = term.due(after.Marks, m.Calendar)
	after.Term = &term
	if dated(&c) != dated(after) {
		d.giveBack(after, m)
	}
	v := d.look(after, m)
	if err := d.derive(v, after); err != nil {
		return Decision{}, err
	}
	if direction(&c, after) == "" {
		return Decision{}, fault.New(fault.Conflict, "期限没有变化", "nothing would move")
	}
	dec.Event = systemEvent(&c, ActionRecalculate, d.Version, m, map[string]any{
		"replay": replay, "clock": term.Clock, "calendar_before": c.Term.Calendar, "calendar": term.Calendar,
		"due_before": written(c.Due), "due": written(after.Due),
	})
	return dec, d.goOn(v, &dec)
}

// written puts a deadline into an event.
func written(due *time.Time) string {
	if due == nil {
		return ""
	}
	return due.UTC().Format(time.RFC3339)
}

// dates are what a count says of a case.
type dates struct {
	due, warn, still time.Time
	problem          string
}

func dated(c *Case) dates {
	when := func(t *time.Time) time.Time {
		if t == nil {
			return time.Time{}
		}
		return t.UTC()
	}
	return dates{when(c.Due), c.Term.Warn.UTC(), when(c.Term.Still), c.Term.Problem}
}

// direction says how the deadline moves from before to after, "" when nothing
// that depends on it would happen at another time.
func direction(before, after *Case) Direction {
	if d := dueDirection(before.Due, after.Due); d != "" {
		return d
	}
	same := (before.Wake == nil) == (after.Wake == nil) && (before.Wake == nil || before.Wake.Equal(*after.Wake))
	if same && dated(before) == dated(after) {
		return ""
	}
	return ByLight
}

// dueDirection says how a date moves, "" when it stays.
func dueDirection(was, is *time.Time) Direction {
	switch {
	case was == nil && is != nil:
		return Begins
	case was != nil && is == nil:
		return Ends
	case was != nil && is.Before(*was):
		return Earlier
	case was != nil && is.After(*was):
		return Later
	}
	return ""
}

// giveBack lets the levels that c's new date puts into the future be due again.
func (d *Definition) giveBack(c *Case, m Moment) {
	taken := c.Term.Level
	for c.Term.Level = 0; c.Term.Level < taken; c.Term.Level++ {
		if at, err := d.next(c, m.Calendar); err == nil && at != nil && at.After(m.Now) {
			return
		}
	}
}

// recount shows one decision as a row.
func recount(before *Case, dec *Decision, how Direction, now time.Time) Recount {
	after := &dec.After
	r := Recount{
		Case: before.ID, Version: before.Version, Kind: before.Kind, Before: before.Due, After: after.Due, Direction: how, Dept: before.Parts[before.Waits.Part],
		Was: LightOf(before.Term, before.Due, now, nil).Colour, Will: LightOf(after.Term, after.Due, now, nil).Colour,
	}
	for _, t := range []*Term{before.Term, after.Term} { // the term that runs then, if there is one
		if t != nil {
			r.Clock = t.Clock
		}
	}
	if n := len(before.Marks); n > 0 && before.Marks[n-1].Charge == ChargeDepartment {
		r.Dept = cmp.Or(before.Marks[n-1].Dept, r.Dept)
	}
	return r
}

// Recounted says what Recalculate would do to c, and whether anything would
// move.
func (ds *Definitions) Recounted(c Case, m Moment) (Recount, bool, error) {
	dec, err := ds.Recalculate(c, 0, m)
	if fault.KindOf(err) == fault.Conflict {
		return Recount{}, false, nil
	}
	if err != nil {
		return Recount{}, false, fmt.Errorf("case %d: %w", c.ID, err)
	}
	return recount(&c, &dec, direction(&c, &dec.After), m.Now), true, nil
}

// stale says that a case was moved after the preview; last is its last event.
func (ds *Definitions) stale(c *Case, last Event) error {
	title := fault.Text{ZH: string(last.Action), EN: string(last.Action)}
	if d := ds.Get(c.Kind, last.Def); d != nil {
		title = d.ActionTitle(last.Action)
	}
	return fault.New(fault.Conflict, "预览之后又办过「"+title.ZH+"」，请重新预览", fmt.Sprintf("it was moved by %q after the preview; preview it again", title.EN))
}
