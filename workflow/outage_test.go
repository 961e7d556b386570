package workflow_test

import (
	"testing"
	"time"

	"github.com/shujie-gov/shujie/fault"
	"github.com/shujie-gov/shujie/workflow"
)

// An outage is the platform's time: the deadline stands still from the moment the
// fetch is parked until it was answered, and nobody is asked to do anything.
func TestAnOutageIsChargedToThePlatform(t *testing.T) {
	w := newWorld(t, "2026-03-02 10:00")
	id := toHandling(w, need(11, workflow.Unconditional))
	w.due(id, "2026-03-09")
	w.now = at(t, "2026-03-04 10:00")
	w.act("holder handler", id, "request_data", nil)
	w.act("system", id, "data_parked", fields{"requirement": 11, "incident": 7})
	c := w.cases[id]
	if last := c.Marks[len(c.Marks)-1]; last.Charge != workflow.ChargePlatform || last.Reason != "outage" || !last.Paused {
		t.Fatalf("the time of the outage: %+v", last)
	}
	if c.Term.Still == nil || c.Waits.Role != workflow.System || c.NoMeeting != workflow.DataRequested {
		t.Fatalf("term %+v, waits for %+v, %s", c.Term, c.Waits, c.NoMeeting)
	}
	refused(t, w.try("system", id, "data_parked", fields{"requirement": 11, "incident": 7}), fault.Conflict, "parked twice")
	refused(t, w.try("holder handler", id, "request_data", nil), fault.Conflict, "asked for again while it waits")
	w.now = at(t, "2026-03-11 10:00")
	if c.Overdue(w.now) || len(w.advance(id)) != 0 {
		t.Fatal("the department is blamed for the platform")
	}
	w.fetch()
	w.due(id, "2026-03-16") // five working days stood still
	if now := w.cases[id]; now.Requirements[0].Status != workflow.NeedSatisfied || now.Term.Still != nil {
		t.Errorf("%+v, term %+v", now.Requirements, now.Term)
	}
	c = w.cases[id]
	spent := workflow.Totals(w.engine.Defs.Latest(workflow.Blocker).Intervals(&c, w.now))
	if got := spent.Platform; got != 7*24*time.Hour {
		t.Errorf("the platform took %v", got)
	}
}

// Who does not know how a call ended asks, and says what was found out.
func TestAPersonSettlesACallThatEndedInDoubt(t *testing.T) {
	for outcome, want := range map[string]workflow.NeedStatus{"已办成": workflow.NeedWaived, "未办成": workflow.NeedOpen} {
		w := newWorld(t, "2026-03-02 10:00")
		id := toHandling(w, need(11, workflow.Unconditional))
		w.act("holder handler", id, "request_data", nil)
		w.act("system", id, "data_unsure", fields{"requirement": 11})
		c := w.cases[id]
		if c.Waits.Role != workflow.DeptHandler || c.Marks[len(c.Marks)-1].Charge != workflow.ChargeDepartment {
			t.Fatalf("in doubt: waits for %+v, marks %+v", c.Waits, c.Marks)
		}
		refused(t, w.try("holder handler", id, "request_data", nil), fault.Conflict, "called again in doubt")
		refused(t, w.try("demander handler", id, "settle_call", fields{"requirement": 11, "outcome": outcome, "note": "问过"}), fault.Forbidden, "who has no part in it")
		refused(t, w.try("holder handler", id, "settle_call", fields{"requirement": 11, "outcome": outcome}), fault.Invalid, "without saying who was asked")
		w.act("holder handler", id, "settle_call", fields{"requirement": 11, "outcome": outcome, "note": "已电话向提供部门核实"})
		if got := w.cases[id].Requirements[0]; got.Status != want || want == workflow.NeedWaived && got.Alternative != "部门核查" {
			t.Errorf("%s: %+v", outcome, got)
		}
		refused(t, w.try("holder handler", id, "settle_call", fields{"requirement": 11, "outcome": outcome, "note": "再问"}), fault.Conflict, "settled twice")
	}
}
