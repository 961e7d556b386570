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
	if got := w.advance(id); len(got) != 2 {
		t.Fatalf("the warning that was missed and the breach: %v", got)
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
	w.now = endOf(t, "2026-03-10")
	if got := w.advance(id); len(got) != 4 {
		t.Fatalf("a week late: %v", got)
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
	if got := w.advance(id); len(got) != 2 {
		t.Fatalf("the warning and the breach: %v", got)
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
	if got := w.advance(id); len(got) != 2 {
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
