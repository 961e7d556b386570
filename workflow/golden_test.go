package workflow_test

import (
	"strings"
	"testing"
	"time"

	"github.com/shujie-gov/shujie/workflow"
)

// The dates below were counted by hand from docs/domain.md §7.

// finish carries a blocker that is being handled to its end.
func (w *world) finish(id workflow.CaseID) {
	w.t.Helper()
	endAssist(w, id)
	w.act("holder head", id, "resolve", nil)
	w.act("demander head", id, "approve_online", nil)
	w.act("hall", id, "deliver", fields{"method": "push"})
	w.act("hall", id, "verify", fields{"visits": 0})
	w.in(id, "closed")
	c := w.cases[id]
	if list := w.engine.Defs.Latest(workflow.Blocker).Intervals(&c, w.now); workflow.Totals(list).Sum() != c.Wall(w.now) {
		w.t.Errorf("the intervals add up to %s of %s", workflow.Totals(list).Sum(), c.Wall(w.now))
	}
}

func TestACaseLivesAcrossTheSpringFestival(t *testing.T) {
	w := newWorld(t, "2026-02-13 16:00") // the Friday before
	id := w.open("hall", draft(need(11, workflow.Unconditional)))
	w.due(id, "2026-02-14") // the make-up Saturday
	w.now = at(t, "2026-02-14 10:00")
	w.act("coordinator", id, "accept", nil)
	w.due(id, "2026-02-24") // 15 to 23 February are off
	w.now = at(t, "2026-02-24 09:00")
	w.act("holder handler", id, "sign", nil)
	w.due(id, "2026-03-02") // 25, 26, 27, the make-up Saturday 28, 2 March
	w.now = at(t, "2026-02-28 15:00")
	w.act("holder handler", id, "request_extension", fields{"note": "需核对"})
	w.act("coordinator", id, "approve_extension", nil)
	w.due(id, "2026-03-09")
	w.explained(id)
	w.act("holder handler", id, "request_data", nil)
	w.now = at(t, "2026-03-03 10:00") // the platform was down at the close of the 28th and of 2 March
	w.fetch()
	w.due(id, "2026-03-11")
	w.explained(id)
	w.finish(id)
}

func TestACaseLivesAcrossNationalDayAndItsMakeUpDays(t *testing.T) {
	w := newWorld(t, "2025-09-28 10:00") // a make-up Sunday
	id := w.open("hall", draft(need(11, workflow.Unconditional)))
	w.due(id, "2025-09-29")
	w.now = at(t, "2025-09-30 09:00") // late by a day
	w.act("coordinator", id, "accept", nil)
	w.due(id, "2025-10-09") // 1 to 8 October are off
	w.now = at(t, "2025-10-10 09:00")
	w.act("holder handler", id, "sign", nil)
	w.due(id, "2025-10-16") // the make-up Saturday 11, 13, 14, 15, 16
	w.now = at(t, "2025-10-11 10:00")
	w.act("holder handler", id, "request_data", nil)
	w.now = at(t, "2025-10-13 10:00") // over the close of the Saturday, which was worked; the Sunday was not
	w.fetch()
	w.due(id, "2025-10-17")
	if got := w.cases[id].Term.Paused; got != 1 {
		t.Errorf("the term stood still for %d working days, want the one make-up Saturday", got)
	}
	w.explained(id)
	w.finish(id)
}

func TestACaseLivesAcrossTheYearChange(t *testing.T) {
	w := newWorld(t, "2025-12-30 10:00")
	id := w.open("hall", draft(need(11, workflow.Unconditional)))
	w.due(id, "2025-12-31")
	w.now = at(t, "2025-12-31 16:00")
	w.act("coordinator", id, "accept", nil)
	w.due(id, "2026-01-04") // 1 to 3 January are off, the Sunday 4 is a make-up day
	w.now = at(t, "2026-01-04 10:00")
	w.act("holder handler", id, "sign", nil)
	w.due(id, "2026-01-09")
	w.now = at(t, "2026-01-05 10:00")
	w.act("holder head", id, "suspend", fields{"reason": "citizen_papers", "days": 2, "note": "待补正"})
	w.due(id, "2026-01-07")
	w.now = endOf(t, "2026-01-07").Add(time.Second)
	w.advance(id)
	w.due(id, "2026-01-14") // stood still at the closes of the 5th, 6th and 7th: 8, 9, 12, 13, 14
	w.explained(id)
	w.act("holder handler", id, "request_data", nil)
	w.fetch()
	w.finish(id)
}

func TestACaseThatComesBackHasANewTerm(t *testing.T) {
	w := newWorld(t, "2025-09-22 10:00")
	id := toResolved(w)
	if c := w.cases[id]; c.Term != nil || c.Due != nil {
		t.Fatalf("resolved and due %v", c.Due)
	}
	w.now = at(t, "2025-09-26 10:00")
	w.act("hall", id, "contest", fields{"note": "仍要求提交"})
	w.due(id, "2025-10-10") // the make-up Sunday 28, 29, 30 September, 9, 10 October
	w.now = at(t, "2025-09-30 10:00")
	w.act("holder head", id, "resolve", nil)
	if c := w.cases[id]; c.Term != nil {
		t.Fatalf("resolved again, with the term %+v", c.Term)
	}
	w.act("demander head", id, "approve_online", nil)
	w.act("hall", id, "deliver", fields{"method": "push"})
	w.act("hall", id, "verify", fields{"visits": 0})
	w.in(id, "closed")
	w.now = at(t, "2025-10-09 10:00")
	w.act("hall", id, "reopen", fields{"note": "又要证明"})
	w.due(id, "2025-10-15") // 10, the make-up Saturday 11, 13, 14, 15: five days, none of them spent before
	w.explained(id)
}

func TestATargetThatChangesDuringAPauseHoldsWhenItIsOver(t *testing.T) {
	w := newWorld(t, "2026-02-09 10:00")
	id := toHandling(w, need(11, workflow.Unconditional))
	w.due(id, "2026-02-14")
	w.now = at(t, "2026-02-11 09:00")
	w.act("holder head", id, "suspend", fields{"reason": "citizen_papers", "days": 10, "note": "待补正"})
	w.due(id, "2026-03-03")
	// The rule becomes eight working days while the case is paused.
	v1 := w.engine.Defs.Get(workflow.Blocker, 1)
	text := strings.Replace(v1.Text(), "version: 1", "version: 2", 1)
	text = strings.Replace(text, "limits: [{days: 5}]", "limits: [{days: 8}]", 1)
	v2, err := workflow.Parse("blocker.v2.yaml", []byte(text))
	if err != nil {
		t.Fatal(err)
	}
	with, err := w.engine.Defs.With(v2)
	if err != nil {
		t.Fatal(err)
	}
	w.engine.Defs = with
	tr, err := workflow.NewTransfer(v1, v2, workflow.Mapping{})
	if err != nil {
		t.Fatal(err)
	}
	w.now = at(t, "2026-02-12 10:00")
	dec, err := tr.Move(w.cases[id], 1, w.engine.Moment())
	if err != nil {
		t.Fatal(err)
	}
	w.write(dec)
	w.due(id, "2026-03-03") // the pause ends when it did
	if held := w.cases[id].Term.Held; held == nil || held.Days != 8 {
		t.Fatalf("held: %+v", held)
	}
	w.now = at(t, "2026-02-24 15:00")
	w.act("holder handler", id, "resume", nil)
	w.due(id, "2026-03-03") // 10, then 24 to 27, the make-up 28, 2 and 3 March: eight days; 11 to 14 stood still
	w.explained(id)
}

func TestAnotherDepartmentThatGetsACaseWhileItStandsStillHasItsOwnTerm(t *testing.T) {
	w := newWorld(t, "2026-03-02 10:00")
	id := toHandling(w, need(11, workflow.Unconditional))
	w.act("holder handler", id, "request_data", nil) // the platform is down
	w.now = at(t, "2026-03-04 10:00")
	w.act("holder head", id, "transfer", fields{"to": int64(otherDept), "note": "归你们"})
	w.due(id, "2026-03-05") // signing runs: nobody waits for the platform to sign
	w.act("other head", id, "sign", nil)
	if c := w.cases[id]; c.Term.Still == nil || c.Term.Paused != 0 || !c.Term.Start.Equal(w.now) {
		t.Fatalf("the new department's term: %+v", c.Term)
	}
	w.now = at(t, "2026-03-06 10:00")
	w.fetch()
	w.due(id, "2026-03-12") // the 4th is its start, at the close of the 5th it stood still: 6, 9, 10, 11, 12
}

func TestTheYellowLightWithAnEarlyCloseOfBusiness(t *testing.T) {
	w := newWorld(t, "2026-03-02 18:00") // after the close, which does not matter: the first day is not counted
	w.closing(17 * time.Hour)
	id := toHandling(w, need(11, workflow.Unconditional))
	c := w.cases[id]
	if !c.Due.Equal(at(t, "2026-03-09 17:00")) || !c.Term.Warn.Equal(at(t, "2026-03-06 00:00")) {
		t.Fatalf("due %v, yellow from %v", c.Due.In(cst()), c.Term.Warn.In(cst()))
	}
	if c.Wake == nil || !c.Wake.Equal(c.Term.Warn) {
		t.Errorf("the system looks at it %v, not when it turns yellow", c.Wake)
	}
	for when, want := range map[string]workflow.Colour{
		"2026-03-05 23:59": workflow.Normal,
		"2026-03-06 00:00": workflow.Yellow,
		"2026-03-09 17:00": workflow.Yellow,
		"2026-03-09 17:01": workflow.Red,
	} {
		if got := workflow.LightOf(c.Term, c.Due, at(t, when), w.cal).Colour; got != want {
			t.Errorf("%s: %s, want %s", when, got, want)
		}
	}
	// At the close of the 3rd it runs, at that of the 4th it stands still.
	w.now = at(t, "2026-03-03 17:30")
	w.act("holder head", id, "suspend", fields{"reason": "hearing", "days": 5, "note": "听证"})
	w.now = at(t, "2026-03-04 17:30")
	w.act("holder handler", id, "resume", nil)
	c = w.cases[id]
	if !c.Due.Equal(at(t, "2026-03-10 17:00")) || !c.Term.Warn.Equal(at(t, "2026-03-09 00:00")) || c.Term.Paused != 1 {
		t.Errorf("due %v, yellow from %v, stood still %d", c.Due.In(cst()), c.Term.Warn.In(cst()), c.Term.Paused)
	}
}
