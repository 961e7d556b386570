package workflow_test

import (
	"reflect"
	"strings"
	"testing"
	"time"

	"github.com/shujie-gov/shujie/workflow"
)

// toldSince lists whom the notices since the n-th effect tell.
func (w *world) toldSince(n int) []string {
	var list []string
	for _, e := range w.outbox[n:] {
		if e.Kind == workflow.EffectNotify {
			role, _ := e.Args["role"].(string)
			list = append(list, role)
		}
	}
	return list
}

// TestALevelIsTakenWhenItIsDueAndOnce walks a term of five working days from
// Monday 2 March 2026, which ends on the 9th, over a weekend.
func TestALevelIsTakenWhenItIsDueAndOnce(t *testing.T) {
	w := newWorld(t, "2026-03-02 10:00")
	id := toHandling(w, need(11, workflow.Unconditional))
	for _, step := range []struct{ at, told string }{
		{"2026-03-06 00:00", "dept_handler"}, // 黄牌: the fourth day, one is left
		{"2026-03-10 00:00", "dept_head"},    // 红牌: the 9th is over
		{"2026-03-11 00:00", "coordinator"},  // one working day later
		// three: the office of the region above, and the order to the department
		{"2026-03-13 00:00", "coordinator,dept_handler,dept_head"},
	} {
		due := at(t, step.at)
		w.now = due.Add(-time.Microsecond)
		if got := w.advance(id); len(got) != 0 {
			t.Fatalf("before %s: %v", step.at, got)
		}
		w.now = due.Add(time.Microsecond)
		if c := w.cases[id]; c.Wake == nil || c.Wake.After(w.now) {
			t.Fatalf("at %s the system would look at it at %v", step.at, c.Wake)
		}
		n := len(w.outbox)
		if got := w.advance(id); len(got) != 1 || got[0] != "escalate" {
			t.Fatalf("at %s: %v", step.at, got)
		}
		if got := strings.Join(w.toldSince(n), ","); got != step.told {
			t.Errorf("at %s told %s, want %s", step.at, got, step.told)
		}
		if got := w.advance(id); len(got) != 0 {
			t.Errorf("at %s a second time: %v", step.at, got)
		}
	}
	if c := w.cases[id]; c.Wake != nil {
		t.Errorf("after the last level it wakes at %v", c.Wake)
	}
}

func TestAnExtendedTermIsWatchedAnewAndACommentChangesNothing(t *testing.T) {
	w := newWorld(t, "2026-03-02 10:00")
	id := toHandling(w, need(11, workflow.Unconditional))
	w.now = endOf(t, "2026-03-09").Add(time.Second)
	if got := w.advance(id); len(got) != 1 {
		t.Fatalf("the breach, in place of the warning that was missed: %v", got)
	}
	before := *w.cases[id].Wake
	w.act("holder handler", id, "comment", fields{"note": "在办"})
	if got := w.cases[id].Wake; !got.Equal(before) {
		t.Errorf("a comment moved the next level from %v to %v", before, got)
	}
	w.act("holder handler", id, "request_extension", fields{"note": "x"})
	w.act("coordinator", id, "approve_extension", nil)
	if c := w.cases[id]; c.Term.Level != 0 || !c.Wake.Equal(c.Term.Warn) {
		t.Errorf("after the extension: level %d, wakes at %v", c.Term.Level, c.Wake)
	}
}

// TestALateCoordinatorTellsTheRegionAbove leaves a filed case of a city to its
// coordinator, who has one working day to accept it.
func TestALateCoordinatorTellsTheRegionAbove(t *testing.T) {
	w := newWorld(t, "2026-03-02 10:00")
	id := w.open("hall", draft(need(11, workflow.Unconditional)))
	n := len(w.outbox)
	for range 4 { // a level at a time, as the watch finds them
		w.now = w.cases[id].Wake.Add(time.Microsecond)
		w.advance(id)
	}
	var regions []any
	for _, e := range w.outbox[n:] {
		if e.Kind == workflow.EffectNotify {
			if e.Args["role"] != "coordinator" {
				t.Errorf("told %v", e.Args)
			}
			regions = append(regions, e.Args["region"])
		}
	}
	if want := []any{cityRegion, "320000", "320000", "320000"}; !reflect.DeepEqual(regions, want) {
		t.Errorf("told %v, want %v", regions, want)
	}
}

// TestALevelInAYearWithoutCalendarWaitsForIt looks at a term that ends with
// 2026: who is told a working day later is known once 2027 is.
func TestALevelInAYearWithoutCalendarWaitsForIt(t *testing.T) {
	w := newWorld(t, "2026-12-24 10:00")
	id := toHandling(w, need(11, workflow.Unconditional))
	w.due(id, "2026-12-31")
	w.now = at(t, "2027-01-20 10:00")
	if got := w.advance(id); len(got) != 1 || w.cases[id].Term.Level != 2 {
		t.Fatalf("the breach: %v", got)
	}
	if c := w.cases[id]; c.Wake == nil || c.Wake.After(w.now) {
		t.Fatalf("the watch does not see it: it wakes at %v", c.Wake)
	}
	days := []workflow.Day{{Date: "2026-01-01", Kind: workflow.Holiday}, {Date: "2027-01-01", Kind: workflow.Holiday}}
	known, err := workflow.NewCalendar(days, 24*time.Hour)
	if err != nil {
		t.Fatal(err)
	}
	w.cal = known
	if got := w.advance(id); len(got) != 1 || w.cases[id].Term.Level != 4 {
		t.Errorf("when 2027 is known: %v", got)
	}
}

func TestACaseThatStandsStillIsNotEscalated(t *testing.T) {
	w := newWorld(t, "2026-03-02 10:00")
	id := toHandling(w, need(11, workflow.Unconditional))
	w.act("holder head", id, "suspend", fields{"reason": "citizen_papers", "days": 10, "note": "等材料"})
	c := w.cases[id]
	if c.Wake == nil || !c.Wake.After(*c.Due) {
		t.Errorf("it wakes at %v, want after the end of its pause, %v", c.Wake, c.Due)
	}
}

// TestLevelsThatNobodyTookInTimeArePassedOver lets the watch be down until a day
// on which several levels of a term are due at once: the highest is taken, its
// addressee is told and nobody else.
func TestLevelsThatNobodyTookInTimeArePassedOver(t *testing.T) {
	for _, c := range []struct {
		looks  string
		told   string
		says   string
		passed any
		orders int
	}{
		{"2026-03-06 09:00", "dept_handler", "第一级", nil, 0},
		{"2026-03-10 09:00", "dept_head", "第二级（越过第一级）", int64(1), 0},
		{"2026-03-11 09:00", "coordinator", "第三级（越过第一至二级）", int64(2), 0},
		{"2026-03-20 09:00", "coordinator,dept_handler,dept_head", "第四级（越过第一至三级）", int64(3), 1}, // with the order
	} {
		w := newWorld(t, "2026-03-02 10:00")
		id := toHandling(w, need(11, workflow.Unconditional))
		w.now = at(t, c.looks)
		n := len(w.outbox)
		if got := w.advance(id); len(got) != 1 || got[0] != "escalate" {
			t.Fatalf("at %s: %v", c.looks, got)
		}
		if got := strings.Join(w.toldSince(n), ","); got != c.told {
			t.Errorf("at %s told %s, want %s", c.looks, got, c.told)
		}
		e := last(w.events[id])
		level, _, ok := w.engine.Defs.Latest(workflow.Blocker).LevelOf(e)
		if !ok || level.ZH != c.says || e.Data["passed"] != c.passed {
			t.Errorf("at %s the log says %s of %v, want %s", c.looks, level.ZH, e.Data, c.says)
		}
		if got := w.orders(id); got != c.orders {
			t.Errorf("at %s there are %d orders", c.looks, got)
		}
		if got := w.advance(id); len(got) != 0 {
			t.Errorf("at %s what was passed over came after all: %v", c.looks, got)
		}
	}
}

// TestEveryTermIsWatched holds that no term runs out unseen: in each state with a
// clock somebody is told before its end. The system itself ends a pause and a
// grant at its last day.
func TestEveryTermIsWatched(t *testing.T) {
	ds := released(t)
	for _, kind := range ds.Kinds() {
		d := ds.Latest(kind)
		watched := map[workflow.State]bool{}
		for _, tr := range d.Transitions {
			if tr.Escalates {
				for _, s := range tr.From {
					watched[s] = true
				}
			}
		}
		for _, s := range d.StatesInOrder() {
			st := d.States[s]
			if ends := st.Goal || kind == workflow.Blocker && s == "suspended"; st.Clock != "" && !ends && !watched[s] {
				t.Errorf("%s in %s: nobody is told that the term %s runs out", kind, s, st.Clock)
			}
		}
	}
}

// TestWhoMustAddSomethingIsWarnedBeforeTheApplicationLapses looks at a pause
// with levels of its own.
func TestWhoMustAddSomethingIsWarnedBeforeTheApplicationLapses(t *testing.T) {
	w := newWorld(t, "2026-03-02 10:00")
	req := shareRequest(w)
	w.act("holder head", req, "ask_supplement", fields{"note": "请附法律依据"})
	w.due(req, "2026-03-16")
	w.now = at(t, "2026-03-13 09:00") // ≤ 20 % are left
	n := len(w.outbox)
	if got := w.advance(req); len(got) != 1 || got[0] != "escalate" {
		t.Fatalf("before the end: %v", got)
	}
	if got := strings.Join(w.toldSince(n), ","); got != "dept_handler" {
		t.Errorf("told %s", got)
	}
	w.now = endOf(t, "2026-03-16").Add(time.Second)
	if got := w.advance(req); len(got) != 1 || got[0] != "lapse" {
		t.Errorf("at the end: %v", got)
	}
}

// TestASuspendedGrantThatNobodyMendsEndsWithAnOrder leaves the applicant idle.
func TestASuspendedGrantThatNobodyMendsEndsWithAnOrder(t *testing.T) {
	w := newWorld(t, "2026-03-02 10:00")
	_, req := granted(w)
	w.act("holder head", req, "suspend", fields{"days": 5, "note": "超范围使用"})
	w.now = w.cases[req].Due.AddDate(0, 0, 10)
	w.advance(req)
	w.settle()
	order := w.cases[w.child(req, workflow.Supervision)]
	if order.Parts[workflow.Lead] != demanderDept || order.State != "issued" {
		t.Errorf("the order goes to %d: %s", order.Parts[workflow.Lead], order.State)
	}
}
