package workflow_test

import (
	"testing"
	"time"

	"github.com/shujie-gov/shujie/fault"
	"github.com/shujie-gov/shujie/workflow"
)

// endOf is the end of a day in China.
func endOf(t *testing.T, day string) time.Time {
	t.Helper()
	return at(t, day+" 00:00").AddDate(0, 0, 1)
}

func (w *world) due(id workflow.CaseID, day string) {
	w.t.Helper()
	c := w.cases[id]
	want := at(w.t, day+" 00:00").AddDate(0, 0, 1)
	if c.Due == nil || !c.Due.Equal(want) {
		w.t.Fatalf("due %v (%+v), want the end of %s", c.Due, c.Term, day)
	}
}

func TestEachStepHasItsOwnTerm(t *testing.T) {
	w := newWorld(t, "2026-03-02 10:00") // a Monday
	id := w.open("hall", draft(need(11, workflow.Unconditional)))
	w.due(id, "2026-03-03") // acceptance: 1
	w.now = at(t, "2026-03-03 10:00")
	w.act("coordinator", id, "accept", nil)
	w.due(id, "2026-03-04") // signing: 1
	w.act("holder handler", id, "sign", nil)
	w.due(id, "2026-03-10") // handling: 5
	w.act("holder handler", id, "comment", fields{"note": "在办"})
	w.due(id, "2026-03-10")
}

func TestNobodyInheritsASpentClock(t *testing.T) {
	w := newWorld(t, "2026-03-02 10:00")
	id := w.open("hall", draft(need(11, workflow.Unconditional)))
	w.act("coordinator", id, "accept", nil)
	w.due(id, "2026-03-03")
	w.now = at(t, "2026-03-03 16:00")
	w.act("holder head", id, "transfer", fields{"to": int64(otherDept), "note": "归你们"})
	w.due(id, "2026-03-04") // the next department has a day of its own
}

func TestOneExtensionAddsItsDays(t *testing.T) {
	w := newWorld(t, "2026-03-02 10:00")
	id := toHandling(w, need(11, workflow.Unconditional))
	w.due(id, "2026-03-09")
	refused(t, w.try("coordinator", id, "approve_extension", nil), fault.Conflict, "unasked")
	w.act("holder handler", id, "request_extension", fields{"note": "需省厅接口"})
	if got := w.cases[id].Waits.Role; got != workflow.Coordinator {
		t.Fatalf("it waits for %s", got)
	}
	w.act("coordinator", id, "approve_extension", nil)
	w.due(id, "2026-03-16")
	if got := w.cases[id].Term.Extra; got != 5 {
		t.Fatalf("extra = %d", got)
	}
	refused(t, w.try("holder handler", id, "request_extension", fields{"note": "再来"}), fault.Conflict, "a second time")
}

func TestAPauseStopsTheTermAcrossAHoliday(t *testing.T) {
	w := newWorld(t, "2026-02-09 10:00") // the Monday before the Spring Festival week
	id := toHandling(w, need(11, workflow.Unconditional))
	w.due(id, "2026-02-14") // 10, 11, 12, 13 and the make-up Saturday
	w.now = at(t, "2026-02-11 09:00")
	w.act("holder head", id, "suspend", fields{"reason": "citizen_papers", "days": 10, "note": "待补正"})
	c := w.cases[id]
	if c.Term.Clock != "suspend" || !c.Term.Pause || c.Term.Held == nil || c.Term.Held.Clock != "handle" {
		t.Fatalf("term: %+v", c.Term)
	}
	w.due(id, "2026-03-03") // 12, 13, 14; holidays 15-23; 24-27 and the make-up 28; 2 and 3 March
}

func TestThePausedDaysAreAddedToTheTerm(t *testing.T) {
	w := newWorld(t, "2026-02-09 10:00")
	id := toHandling(w, need(11, workflow.Unconditional))
	w.now = at(t, "2026-02-11 09:00")
	w.act("holder head", id, "suspend", fields{"reason": "citizen_papers", "days": 10, "note": "待补正"})
	w.now = at(t, "2026-02-24 15:00") // 12, 13, 14 and 24 February were worked
	w.act("holder handler", id, "resume", nil)
	c := w.cases[id]
	if c.Term.Clock != "handle" || c.Term.Paused != 4 || c.Term.Held != nil {
		t.Fatalf("term: %+v", c.Term)
	}
	w.due(id, "2026-02-27") // three of five days were left on the 11th
}

func TestAPauseEndsByItself(t *testing.T) {
	w := newWorld(t, "2026-03-02 10:00")
	id := toHandling(w, need(11, workflow.Unconditional))
	w.act("holder head", id, "suspend", fields{"reason": "hearing", "days": 2, "note": "听证"})
	w.due(id, "2026-03-04")
	if n := len(w.advance(id)); n != 0 {
		t.Fatal("resumed before the pause was over")
	}
	w.now = endOf(t, "2026-03-04").Add(time.Second)
	if got := w.advance(id); len(got) != 1 || got[0] != "resume" {
		t.Fatalf("taken: %v", got)
	}
	w.in(id, "handling")
	w.due(id, "2026-03-11") // a pause of two days puts it off by two: at the close of the 3rd and the 4th it stood still
}

func TestAllPausesTogetherAreCapped(t *testing.T) {
	w := newWorld(t, "2026-03-02 10:00")
	id := toHandling(w, need(11, workflow.Unconditional))
	pause := func(days int) error {
		return w.try("holder head", id, "suspend", fields{"reason": "hearing", "days": days, "note": "听证"})
	}
	refused(t, pause(0), fault.Invalid, "no day")
	refused(t, pause(31), fault.Invalid, "31 days")
	refused(t, w.try("holder handler", id, "suspend", fields{"reason": "hearing", "days": 1, "note": "x"}), fault.Forbidden, "without the head")
	for _, days := range []int{20, 10} {
		if err := pause(days); err != nil {
			t.Fatal(err)
		}
		w.act("holder handler", id, "resume", nil)
	}
	refused(t, pause(1), fault.Conflict, "a 31st day in all")
}

func TestTheTimeOfThePlatformIsNotTheDepartments(t *testing.T) {
	w := newWorld(t, "2026-03-02 10:00")
	id := toHandling(w, need(11, workflow.Unconditional))
	w.now = at(t, "2026-03-03 10:00")
	w.act("holder handler", id, "request_data", nil)
	w.now = at(t, "2026-03-05 10:00") // the platform was down for two days
	w.fetch()
	c := w.cases[id]
	if c.Term.Paused != 2 {
		t.Fatalf("term: %+v", c.Term)
	}
	w.due(id, "2026-03-11")
	w.now = at(t, "2026-03-06 10:00")
	def := w.engine.Defs.Latest(workflow.Blocker)
	sum := workflow.Totals(def.Intervals(&c, w.now))
	if sum.Platform != 48*time.Hour || sum.Department != 48*time.Hour || sum.Citizen != 0 {
		t.Fatalf("ledger: %+v", sum)
	}
}

func TestAYearWithoutCalendarLeavesTheDeadlineOpenAndSaysSo(t *testing.T) {
	w := newWorld(t, "2026-12-31 10:00")
	id := w.open("hall", draft(need(11, workflow.Unconditional)))
	c := w.cases[id]
	if c.Due != nil || c.Term == nil || c.Term.Problem == "" {
		t.Fatalf("due %v, term %+v", c.Due, c.Term)
	}
	if got := workflow.LightOf(c.Term, c.Due, w.now, w.cal).Colour; got != workflow.NoLight {
		t.Fatalf("light = %s", got)
	}
}

func TestIntervalsAddUpToTheLifeOfACase(t *testing.T) {
	w := newWorld(t, "2026-03-02 10:00")
	id := toHandling(w, need(11, workflow.Unconditional))
	w.now = w.now.Add(7 * time.Hour)
	w.act("holder head", id, "suspend", fields{"reason": "citizen_papers", "days": 2, "note": "待补正"})
	w.now = w.now.Add(26 * time.Hour)
	w.act("holder handler", id, "resume", nil)
	w.now = w.now.Add(time.Hour)
	def := w.engine.Defs.Latest(workflow.Blocker)
	sums := func() (list []workflow.Interval, total, wall time.Duration) {
		c := w.cases[id]
		list = def.Intervals(&c, w.now)
		return list, workflow.Totals(list).Sum(), c.Wall(w.now)
	}
	list, total, wall := sums()
	if total != wall {
		t.Fatalf("intervals add up to %s of %s", total, wall)
	}
	last := list[len(list)-1]
	if last.To != nil || last.State != "handling" || last.Duration != time.Hour || last.Dept != holderDept {
		t.Fatalf("running interval: %+v", last)
	}
	paused := list[len(list)-2]
	if !paused.Paused || paused.Charge != workflow.ChargeCitizen || paused.Because.ZH != "等待办事人补正" || paused.Duration != 26*time.Hour {
		t.Fatalf("paused interval: %+v", paused)
	}
	w.act("holder handler", id, "request_data", nil)
	w.fetch()
	endAssist(w, id)
	w.act("holder head", id, "resolve", nil)
	w.act("demander head", id, "approve_online", nil)
	w.act("hall", id, "deliver", fields{"method": "push"})
	w.act("hall", id, "verify", fields{"visits": 0})
	w.now = w.now.Add(1000 * time.Hour)
	if list, total, wall = sums(); total != wall || list[len(list)-1].To == nil {
		t.Fatalf("after the end: %s of %s, last %+v", total, wall, list[len(list)-1])
	}
	w.act("hall", id, "reopen", fields{"note": "又要"})
	w.now = w.now.Add(time.Hour)
	if list, total, wall = sums(); total != wall || workflow.Totals(list).Nobody != 1000*time.Hour {
		t.Fatalf("the time between is nobody's: %s of %s, %+v", total, wall, workflow.Totals(list))
	}
}

func TestALightTurnsYellowThenRed(t *testing.T) {
	w := newWorld(t, "2026-03-02 10:00")
	id := toHandling(w, need(11, workflow.Unconditional))
	c := w.cases[id] // due at the end of Monday 9 March
	for when, want := range map[string]workflow.Light{
		"2026-03-03 10:00": {Colour: workflow.Normal, Left: 4},
		"2026-03-05 23:59": {Colour: workflow.Normal, Left: 2},
		"2026-03-06 00:00": {Colour: workflow.Yellow, Left: 1},
		"2026-03-07 12:00": {Colour: workflow.Yellow, Left: 1}, // a Saturday
		"2026-03-09 23:59": {Colour: workflow.Yellow, Left: 0},
		"2026-03-10 00:01": {Colour: workflow.Red, Over: 1},
		"2026-03-16 09:00": {Colour: workflow.Red, Over: 5},
	} {
		now := at(t, when)
		want.Rest = c.Due.Sub(now)
		if got := workflow.LightOf(c.Term, c.Due, now, w.cal); got != want {
			t.Errorf("%s: %+v, want %+v", when, got, want)
		}
	}
}

func TestALongTermTurnsYellowWhenAFifthIsLeft(t *testing.T) {
	w := newWorld(t, "2026-03-02 10:00")
	req := shareRequest(w)
	c := w.cases[req] // ten working days: due at the end of Monday 16 March
	if got := workflow.LightOf(c.Term, c.Due, at(t, "2026-03-11 23:00"), w.cal).Colour; got != workflow.Normal {
		t.Fatalf("three days left: %s", got)
	}
	if got := workflow.LightOf(c.Term, c.Due, at(t, "2026-03-12 00:00"), w.cal); got.Colour != workflow.Yellow || got.Left != 2 {
		t.Fatalf("two of ten days left: %+v", got)
	}
}

func TestAPausedCaseShowsTheEndOfItsPause(t *testing.T) {
	w := newWorld(t, "2026-03-02 10:00")
	id := toHandling(w, need(11, workflow.Unconditional))
	w.act("holder head", id, "suspend", fields{"reason": "hearing", "days": 3, "note": "听证"})
	c := w.cases[id]
	if got := workflow.LightOf(c.Term, c.Due, w.now, w.cal); got.Colour != workflow.Paused || got.Left != 3 {
		t.Fatalf("light: %+v", got)
	}
	why := w.engine.Defs.Latest(workflow.Blocker).Why(c.Term)
	if why.Title.ZH != "挂起时限" || why.Days != 3 || why.Held == nil || why.Held.Days != 5 {
		t.Fatalf("why: %+v", why)
	}
}

func TestADeadlineSaysWhy(t *testing.T) {
	w := newWorld(t, "2026-03-02 10:00")
	id := toHandling(w, need(11, workflow.Unconditional))
	def := w.engine.Defs.Latest(workflow.Blocker)
	c := w.cases[id]
	why := def.Why(c.Term)
	if why.Clock != "handle" || why.Days != 5 || !why.Start.Equal(w.now) || why.Calendar != w.cal.Version() || why.Source.ZH == "" {
		t.Fatalf("why: %+v", why)
	}
	if def.Why(nil) != nil {
		t.Fatal("nothing is due, nothing to explain")
	}
}
