package workflow_test

import (
	"reflect"
	"slices"
	"time"

	"github.com/shujie-gov/shujie/fault"
	"github.com/shujie-gov/shujie/workflow"
)

// keeps checks what every decision promises that is written, whoever took it: d
// moves before, which is the zero case when d opens one.
func keeps(f failer, w *world, before workflow.Case, d workflow.Decision) {
	a, e := d.After, d.Event
	def, err := w.engine.Defs.Of(&a)
	if err != nil {
		f.Fatal(err)
	}
	switch st := def.States[a.State]; {
	case a.Version != before.Version+1 || e.Seq != a.Version:
		f.Fatalf("version %d → %d, event %d", before.Version, a.Version, e.Seq)
	case st == nil || e.To != a.State || e.From != before.State:
		f.Fatalf("event %s → %s, case in %s", e.From, e.To, a.State)
	case a.Ended != st.Final || a.Ended != (a.EndedAt != nil):
		f.Fatalf("ended %v at %v in %s", a.Ended, a.EndedAt, a.State)
	case a.Ended && (a.Due != nil || a.Term != nil || a.Wake != nil || a.Waits != (workflow.Seat{})):
		f.Fatalf("an ended case waits: %+v", a)
	case !a.Ended && !st.Goal && a.Waits == (workflow.Seat{}):
		f.Fatalf("%s in %s waits for nobody and is no end", a.Kind, a.State)
	case (st.Clock != "") != (a.Term != nil):
		f.Fatalf("term %+v in %s", a.Term, a.State)
	case a.Kind == workflow.Blocker && hops(a) > 3:
		f.Fatalf("%d hops, bound: %v", hops(a), a.Facts["bound"])
	}
	forward(f, before, a)
}

// hops counts how often a case was passed on.
func hops(c workflow.Case) int64 { n, _ := c.Facts["hops"].(int64); return n }

// forward checks that no clock of a case runs backward: what was is written, and
// while a term lasts its deadline is only put off.
func forward(f failer, before, after workflow.Case) {
	if after.UpdatedAt.Before(before.UpdatedAt) {
		f.Fatalf("moved at %v, before at %v", after.UpdatedAt, before.UpdatedAt)
	}
	if n := len(before.Marks); len(after.Marks) < n || !slices.Equal(after.Marks[:n], before.Marks) {
		f.Fatalf("the intervals that were: %+v, now %+v", before.Marks, after.Marks)
	}
	for i, m := range after.Marks {
		if i > 0 && m.At.Before(after.Marks[i-1].At) || m.At.After(after.UpdatedAt) {
			f.Fatalf("an interval begins before the one that it follows: %+v", after.Marks)
		}
	}
	old, t := before.Term, after.Term
	if t == nil {
		return
	}
	// The last day of use is stated in the application: delivered after it, a grant
	// is over at once.
	if after.Due != nil && after.Due.Before(t.Start) && t.Clock != "use" {
		f.Fatalf("a term from %v ends at %v", t.Start, after.Due)
	}
	if old == nil || old.Clock != t.Clock || !old.Start.Equal(t.Start) {
		return
	}
	switch {
	case before.Due != nil && (after.Due == nil || after.Due.Before(*before.Due)):
		f.Fatalf("the term of %s ended at %v, now at %v", t.Clock, before.Due, after.Due)
	case t.Level < old.Level && t.Extra == old.Extra:
		f.Fatalf("level %d was taken, now %d of the same term", old.Level, t.Level)
	}
}

// adds checks that the three totals and what is nobody's are the time that
// passed, to the nanosecond, and that time is nobody's only while a case has
// ended, lives at its goal or has joined another, where it is counted. None of
// the totals is less than it was.
func adds(f failer, w *world, c workflow.Case, was workflow.Ledger) workflow.Ledger {
	def, err := w.engine.Defs.Of(&c)
	if err != nil {
		f.Fatal(err)
	}
	list := def.Intervals(&c, w.now)
	l := workflow.Totals(list)
	if l.Sum() != c.Wall(w.now) {
		f.Fatalf("%s %d: citizen %v, departments %v, platform %v, nobody %v make %v; %v passed", c.Kind, c.ID, l.Citizen, l.Department, l.Platform, l.Nobody, l.Sum(), c.Wall(w.now))
	}
	var depts, idle time.Duration
	for _, t := range workflow.ByDept(list) {
		depts += t.Time
	}
	for _, iv := range list {
		if st := def.States[iv.State]; st.Final || st.Goal || iv.State == "joined" {
			idle += iv.Duration
		}
		if iv.Duration < 0 || iv.To != nil && iv.To.Before(iv.From) {
			f.Fatalf("an interval of %v", iv.Duration)
		}
	}
	if depts != l.Department || idle != l.Nobody {
		f.Fatalf("%s %d: departments %v, one by one %v; nobody %v, ended, at the goal or joined %v", c.Kind, c.ID, l.Department, depts, l.Nobody, idle)
	}
	if l.Citizen < was.Citizen || l.Department < was.Department || l.Platform < was.Platform || l.Nobody < was.Nobody {
		f.Fatalf("%s %d: time ran from %+v to %+v", c.Kind, c.ID, was, l)
	}
	return l
}

// waited checks that somebody or something comes to move c: of the people it
// waits for one can (see movable); the system has work under way, an hour at
// which it looks, or a case of others whose end it hears of.
func waited(f failer, w *world, c workflow.Case) {
	if c.Ended {
		return
	}
	due, err := w.engine.Defs.Auto(c, w.engine.Moment())
	if err != nil {
		f.Fatal(err)
	}
	if len(due) > 0 && (c.Wake == nil || c.Wake.After(w.now)) {
		f.Fatalf("%s %d in %s: nothing tells the system to %v", c.Kind, c.ID, c.State, due)
	}
	switch {
	case c.Waits == workflow.Seat{}: // a goal
	case c.Waits.Role != workflow.System:
		if !slices.ContainsFunc(names(), func(who string) bool { return seated(w.people[who], &c) }) {
			f.Fatalf("%s %d in %s waits for %v of %v, who is nobody", c.Kind, c.ID, c.State, c.Waits, c.Parts)
		}
	case c.Kind == workflow.Service && c.State == "assessing": // no blocker is open; the next that is filed moves it
	case !w.busy(c):
		f.Fatalf("%s %d in %s waits for the system, which has nothing to wait for: %+v %v", c.Kind, c.ID, c.State, c.Requirements, c.Facts)
	}
}

// busy reports whether something comes that lets the system move c.
func (w *world) busy(c workflow.Case) bool {
	into, _ := c.Facts["merged_into"].(int64)
	joined, known := w.cases[workflow.CaseID(into)]
	return c.Wake != nil || into != 0 && (!known || !joined.Ended || w.engine.Defs.Latest(joined.Kind).States[joined.State].Followers != "") ||
		slices.ContainsFunc(w.outbox, func(e workflow.Effect) bool { return e.Case == c.ID && e.Kind != workflow.EffectNotify }) ||
		slices.ContainsFunc(c.Children, func(k workflow.Child) bool { return !k.Ended }) ||
		slices.ContainsFunc(c.Requirements, func(r workflow.Requirement) bool {
			_, standing := r.Rests(w.cal.Today(w.now))
			return !r.Done() && standing != workflow.GrantNone
		})
}

// seated reports whether a holds the seat that c waits for.
func seated(a workflow.Actor, c *workflow.Case) bool {
	return slices.ContainsFunc(a.Grants, func(g workflow.Grant) bool { return c.Waits.Holds(g, c) })
}

// movable checks that whoever a case waits for is offered something to do about
// it: more than to speak of it, or to share out the work.
func movable(f failer, c workflow.Case, who string, a workflow.Actor, list []workflow.Choice) {
	if !seated(a, &c) || c.Waits.Role == workflow.System {
		return
	}
	aside := []workflow.Action{"comment", "unmask", "supervise", "remind", "raise", "claim", "unclaim", "assign"}
	if !slices.ContainsFunc(list, func(ch workflow.Choice) bool { return ch.Allowed && !slices.Contains(aside, ch.Action) }) {
		f.Fatalf("%s %d in %s waits for %s, who can do nothing: %v", c.Kind, c.ID, c.State, who, c.Facts)
	}
}

// agrees checks that buttons and refusals cannot disagree: an action is offered
// as allowed exactly when some input takes it, and one that is not offered is
// refused whatever the input. The system is offered nothing; it takes what is
// due.
func agrees(f failer, w *world, c workflow.Case, people ...string) {
	def, err := w.engine.Defs.Of(&c)
	if err != nil {
		f.Fatal(err)
	}
	for _, who := range people {
		if who == "system" {
			takes(f, w, c)
			continue
		}
		list, err := w.engine.Choices(c, w.people[who])
		if err != nil {
			f.Fatal(err)
		}
		steps, err := w.engine.Steps(c, w.people[who])
		if err != nil {
			f.Fatal(err)
		}
		if own := slices.DeleteFunc(slices.Clone(list), func(ch workflow.Choice) bool { return !ch.Seated }); !slices.EqualFunc(steps, own, func(a, b workflow.Choice) bool { return reflect.DeepEqual(a, b) }) {
			f.Fatalf("%s: the steps are %+v, the choices of that seat %+v", who, steps, own)
		}
		offered := map[workflow.Action]bool{}
		for _, ch := range list {
			offered[ch.Action] = true
			if ch.Allowed != (len(ch.Reasons) == 0) {
				f.Fatalf("%s: %s is allowed=%v with reasons %v", who, ch.Action, ch.Allowed, ch.Reasons)
			}
			taken := false
			var last error
			for _, in := range fills(w, ch, c) {
				if _, last = w.engine.Decide(c, w.people[who], input(string(ch.Action), in)); last == nil {
					taken = true
					break
				}
				if fault.KindOf(last) == fault.Internal {
					f.Fatalf("%s: %s in %s: %v", who, ch.Action, c.State, last)
				}
			}
			if taken != ch.Allowed {
				f.Fatalf("%s: %s on %s in %s (%v): offered as allowed=%v, decided %v; reasons %v", who, ch.Action, c.Kind, c.State, c.Facts, ch.Allowed, last, ch.Reasons)
			}
		}
		movable(f, c, who, w.people[who], list)
		for _, a := range def.ActionNames() {
			if offered[a] {
				continue
			}
			if _, err := w.engine.Decide(c, w.people[who], input(string(a), fields{"note": "x", "requirement": 11, "receipt": 1})); err == nil {
				f.Fatalf("%s took %s in %s, which was not offered", who, a, c.State)
			}
		}
	}
}

// takes checks that the system can take what is due on c.
func takes(f failer, w *world, c workflow.Case) {
	due, err := w.engine.Defs.Auto(c, w.engine.Moment())
	if err != nil {
		f.Fatal(err)
	}
	for _, a := range due {
		if err := decides(f, w, c, "system", input(string(a), nil)); err != nil {
			f.Fatalf("%s is due on %s in %s, and refused: %v", a, c.Kind, c.State, err)
		}
	}
}
