package workflow_test

import (
	"slices"
	"testing"
	"time"

	"github.com/shujie-gov/shujie/fault"
	"github.com/shujie-gov/shujie/workflow"
)

// closing gives the world another close of business.
func (w *world) closing(at time.Duration) { w.cal = china(w.t, at) }

// explained counts the running term of a case again, and fails unless it comes
// to the date that the case has.
func (w *world) explained(id workflow.CaseID) *workflow.Why {
	w.t.Helper()
	c := w.cases[id]
	def, err := w.engine.Defs.Of(&c)
	if err != nil {
		w.t.Fatal(err)
	}
	why := def.Explain(&c, w.cal)
	if why.Due == nil || c.Due == nil || !why.Due.Equal(*c.Due) {
		w.t.Fatalf("explained as %v, the case is due %v", why.Due, c.Due)
	}
	return why
}

// uses lists the days of a count with what each did, like "02-14 counted".
func uses(steps []workflow.Step) []string {
	var list []string
	for _, s := range steps {
		list = append(list, s.Day.Format("01-02 ")+string(s.Use))
	}
	return list
}

func TestWhatExplainsADateIsWhatSetIt(t *testing.T) {
	w := newWorld(t, "2026-02-12 10:00") // the Thursday before the Spring Festival
	id := toHandling(w, need(11, workflow.Unconditional))
	w.due(id, "2026-02-26")
	got := uses(w.explained(id).Steps)
	want := []string{
		"02-12 start", "02-13 counted", "02-14 counted", "02-15 off", "02-16 off", "02-17 off", "02-18 off", "02-19 off", "02-20 off",
		"02-21 off", "02-22 off", "02-23 off", "02-24 counted", "02-25 counted", "02-26 counted",
	}
	if !slices.Equal(got, want) {
		t.Fatalf("days:\n%v\nwant\n%v", got, want)
	}
}

func TestADayCountsWhenTheTermRunsAtItsCloseOfBusiness(t *testing.T) {
	for name, tt := range map[string]struct {
		pause, resume string
		due           string
		stood         int
	}{
		"within one day": {"2026-03-03 09:00", "2026-03-03 17:00", "2026-03-09", 0},
		"over one close": {"2026-03-03 09:00", "2026-03-04 08:00", "2026-03-10", 1},
		"from after the close to before the next": {"2026-03-03 18:00", "2026-03-04 08:00", "2026-03-09", 0},
		"to after the close of the next day":      {"2026-03-03 18:00", "2026-03-04 18:00", "2026-03-10", 1},
		"over a weekend":                          {"2026-03-06 09:00", "2026-03-09 09:00", "2026-03-10", 1},
		"on the last day":                         {"2026-03-09 17:29", "2026-03-12 09:00", "2026-03-12", 3},
	} {
		t.Run(name, func(t *testing.T) {
			w := newWorld(t, "2026-03-02 10:00")
			w.closing(17*time.Hour + 30*time.Minute)
			id := toHandling(w, need(11, workflow.Unconditional))
			w.now = at(t, tt.pause)
			w.act("holder head", id, "suspend", fields{"reason": "hearing", "days": 5, "note": "听证"})
			w.now = at(t, tt.resume)
			w.act("holder handler", id, "resume", nil)
			c := w.cases[id]
			if want := at(t, tt.due+" 17:30"); c.Due == nil || !c.Due.Equal(want) || c.Term.Paused != tt.stood {
				t.Fatalf("due %v after %d days that stood still, want %s after %d", c.Due.In(cst()), c.Term.Paused, tt.due, tt.stood)
			}
			w.explained(id)
		})
	}
}

func TestADeadlineIsNotMissedWhileThePlatformIsWaitedFor(t *testing.T) {
	w := newWorld(t, "2026-03-02 10:00")
	id := toHandling(w, need(11, workflow.Unconditional))
	w.due(id, "2026-03-09")
	w.now = at(t, "2026-03-09 15:00") // the last day
	w.act("holder handler", id, "request_data", nil)
	c := w.cases[id]
	if c.Term.Still == nil || !c.Term.Still.Equal(w.now) {
		t.Fatalf("term: %+v", c.Term)
	}
	w.now = at(t, "2026-03-12 10:00") // the platform is down for days
	if got := workflow.LightOf(c.Term, c.Due, w.now, w.cal); got.Colour != workflow.Paused || got.Left != 0 {
		t.Fatalf("light: %+v", got)
	}
	if c.Overdue(w.now) || len(w.advance(id)) != 0 {
		t.Fatal("the department is blamed for the platform")
	}
	w.fetch()
	w.due(id, "2026-03-12") // the rest of the last day
	if w.cases[id].Term.Still != nil {
		t.Fatal("it runs again")
	}
}

func TestWhatWasMissedBeforeThePlatformWasAskedStaysMissed(t *testing.T) {
	w := newWorld(t, "2026-03-02 10:00")
	id := toHandling(w, need(11, workflow.Unconditional))
	w.now = at(t, "2026-03-10 10:00")
	w.act("holder handler", id, "request_data", nil)
	c := w.cases[id]
	if c.Term.Still != nil || workflow.LightOf(c.Term, c.Due, w.now, w.cal).Colour != workflow.Red {
		t.Fatalf("term: %+v", c.Term)
	}
	w.now = at(t, "2026-03-16 10:00")
	w.fetch()
	w.due(id, "2026-03-09") // a pause after the end heals nothing
}

func TestATermOfOneDayTurnsYellowOnItsDay(t *testing.T) {
	w := newWorld(t, "2026-03-06 10:00") // a Friday
	id := w.open("hall", draft(need(11, workflow.Unconditional)))
	w.due(id, "2026-03-09")
	c := w.cases[id]
	for when, want := range map[string]workflow.Colour{
		"2026-03-06 10:00": workflow.Normal,
		"2026-03-08 23:59": workflow.Normal,
		"2026-03-09 00:00": workflow.Yellow,
	} {
		if got := workflow.LightOf(c.Term, c.Due, at(t, when), w.cal).Colour; got != want {
			t.Errorf("%s: %s, want %s", when, got, want)
		}
	}
	if got := workflow.LightOf(c.Term, c.Due, *c.Due, w.cal).Colour; got != workflow.Yellow {
		t.Errorf("at the deadline itself: %s", got)
	}
	if got := workflow.LightOf(c.Term, c.Due, c.Due.Add(time.Microsecond), w.cal).Colour; got != workflow.Red {
		t.Errorf("a moment later: %s", got)
	}
}

func TestATermOfNoDaysEndsAtTheNextClose(t *testing.T) {
	cal := china(t, 17*time.Hour)
	for start, want := range map[string]string{
		"2026-03-03 10:00": "2026-03-03 17:00",
		"2026-03-03 17:00": "2026-03-04 17:00", // closed: never due before it began
		"2026-03-06 18:00": "2026-03-09 17:00",
	} {
		if got, err := cal.Deadline(at(t, start), 0); err != nil || !got.Equal(at(t, want)) {
			t.Errorf("%s: %v, %v; want %s", start, got.In(cst()), err, want)
		}
	}
}

func TestAPauseSaysWhatIsLeftOfTheTermItHolds(t *testing.T) {
	w := newWorld(t, "2026-03-02 10:00")
	id := toHandling(w, need(11, workflow.Unconditional))
	w.now = at(t, "2026-03-04 10:00")
	w.act("holder head", id, "suspend", fields{"reason": "hearing", "days": 10, "note": "听证"})
	why := w.explained(id)
	if why.Held == nil || why.Held.Left != 4 || why.Held.Due != nil {
		t.Fatalf("held: %+v", why.Held)
	}
	if got := uses(why.Held.Steps); !slices.Equal(got, []string{"03-02 start", "03-03 counted"}) {
		t.Fatalf("held days: %v", got)
	}
}

func TestTimeIsToldByDepartmentAndByState(t *testing.T) {
	w := newWorld(t, "2026-03-02 10:00")
	id := w.open("hall", draft(need(11, workflow.Unconditional)))
	w.act("coordinator", id, "accept", nil)
	w.now = w.now.Add(90*time.Minute + 500*time.Millisecond)
	w.act("holder head", id, "transfer", fields{"to": int64(otherDept), "note": "归你们"})
	w.now = w.now.Add(2*time.Hour + 700*time.Millisecond)
	c := w.cases[id]
	list := w.engine.Defs.Latest(workflow.Blocker).Intervals(&c, w.now)
	depts := workflow.ByDept(list)
	var sum time.Duration
	for _, d := range depts {
		sum += d.Time
	}
	if len(depts) < 2 || depts[len(depts)-1] != (workflow.DeptTime{Dept: otherDept, Time: 2*time.Hour + 700*time.Millisecond}) || sum != workflow.Totals(list).Department {
		t.Fatalf("departments: %+v", depts)
	}
	sum = 0
	for _, s := range workflow.ByState(list) {
		sum += s.Time
	}
	if sum != c.Wall(w.now) {
		t.Fatalf("states add up to %s of %s", sum, c.Wall(w.now))
	}
	whole := workflow.Totals(workflow.Whole(list))
	if whole.Sum() != c.Wall(w.now).Truncate(time.Second) || whole.Department%time.Second != 0 {
		t.Fatalf("in whole seconds: %+v of %s", whole, c.Wall(w.now))
	}
}

func TestAnExtensionAtTheLastHourIsNoBreach(t *testing.T) {
	w := newWorld(t, "2026-03-02 10:00")
	id := toHandling(w, need(11, workflow.Unconditional))
	w.now = at(t, "2026-03-09 23:58")
	w.act("holder handler", id, "request_extension", fields{"note": "需省厅接口"})
	w.now = at(t, "2026-03-09 23:59")
	w.act("coordinator", id, "approve_extension", nil)
	w.due(id, "2026-03-16")
	w.explained(id)
	refused(t, w.try("holder handler", id, "request_extension", fields{"note": "再来"}), fault.Conflict, "a second time")
}
