package workflow_test

import (
	"slices"
	"testing"

	"github.com/shujie-gov/shujie/fault"
	"github.com/shujie-gov/shujie/workflow"
)

// thirdHop brings a blocker to its third hop, a transfer, undecided.
func thirdHop(w *world) workflow.CaseID {
	w.t.Helper()
	id := toHandling(w, need(11, workflow.Unconditional))
	w.act("holder handler", id, "return", fields{"reason": "not_our_duty", "note": "不是我们"})
	w.act("coordinator", id, "dispatch", fields{"lead": int64(otherDept)})
	w.act("other head", id, "transfer", fields{"to": int64(holderDept), "note": "归你们"})
	w.outbox = nil
	w.act("holder head", id, "transfer", fields{"to": int64(otherDept), "note": "归你们"})
	return id
}

func TestTheThirdHopWaitsForTheCoordinatorWhoIsTold(t *testing.T) {
	w := newWorld(t, "2026-03-02 10:00")
	id := thirdHop(w)
	c := w.cases[id]
	if hops(c) != 3 || c.Waits.String() != "coordinator" {
		t.Fatalf("%d hops, waiting for %s", hops(c), c.Waits)
	}
	if !slices.ContainsFunc(w.outbox, func(e workflow.Effect) bool {
		return e.Kind == workflow.EffectNotify && e.Args["role"] == "coordinator"
	}) {
		t.Fatal("the coordinator was not told")
	}
	if ch := w.choices("coordinator", id)["dispatch"]; !ch.Allowed || ch.Title.ZH != "裁定派单" {
		t.Fatalf("the coordinator is offered %+v", ch)
	}
	for who, action := range map[string]string{"other head": "transfer", "other handler": "return"} {
		if ch := w.choices(who, id)[workflow.Action(action)]; ch.Allowed {
			t.Fatalf("%s may %s a fourth time", who, action)
		}
	}
	w.act("coordinator", id, "dispatch", fields{"lead": int64(holderDept)})
	if c := w.cases[id]; c.Facts["bound"] != true || c.Waits.String() != "lead/dept_handler" || c.Parts[workflow.Lead] != holderDept {
		t.Fatalf("decided: %v, waiting for %s", c.Facts, c.Waits)
	}
}

func TestADepartmentMayTakeTheCaseBeforeTheCoordinatorDecides(t *testing.T) {
	w := newWorld(t, "2026-03-02 10:00")
	id := thirdHop(w)
	w.act("other handler", id, "sign", nil)
	w.in(id, "handling")
	refused(t, w.try("other head", id, "transfer", fields{"to": int64(holderDept), "note": "x"}), fault.Conflict, "it cannot be passed on any more")
	w.act("coordinator", id, "dispatch", fields{"lead": int64(holderDept)})
	refused(t, w.try("holder head", id, "transfer", fields{"to": int64(otherDept), "note": "x"}), fault.Conflict, "the decision binds")
}

func TestHopsAndTheDecisionOutliveAReopening(t *testing.T) {
	w := newWorld(t, "2026-03-02 10:00")
	id := thirdHop(w)
	w.act("coordinator", id, "dispatch", fields{"lead": int64(holderDept)})
	w.act("holder handler", id, "sign", nil)
	w.act("holder handler", id, "request_data", nil)
	w.fetch()
	endAssist(w, id)
	w.act("holder head", id, "resolve", nil)
	w.act("demander head", id, "approve_online", nil)
	w.act("hall", id, "deliver", fields{"method": "push"})
	w.act("hall", id, "verify", fields{"visits": 0})
	w.act("coordinator", id, "reopen", fields{"note": "又被索要"})
	c := w.cases[id]
	if hops(c) != 3 || c.Facts["bound"] != true {
		t.Fatalf("reopened: %v", c.Facts)
	}
	refused(t, w.try("holder handler", id, "return", fields{"reason": "other", "note": "x"}), fault.Conflict, "the decision still binds")
}

func TestAMergeLeavesTheHopsOfBothCasesAlone(t *testing.T) {
	w := newWorld(t, "2026-03-02 10:00")
	into := toHandling(w, need(11, workflow.Unconditional))
	w.act("holder handler", into, "return", fields{"reason": "other", "note": "x"})
	id := toHandling(w, need(11, workflow.Unconditional))
	endAssist(w, id)
	for range 2 {
		w.act("holder handler", id, "return", fields{"reason": "other", "note": "x"})
		if hops(w.cases[id]) == 1 {
			w.act("coordinator", id, "dispatch", nil)
			endAssist(w, id)
		}
	}
	w.act("coordinator", id, "merge", fields{"into": int64(into)})
	if a, b := hops(w.cases[id]), hops(w.cases[into]); a != 2 || b != 1 {
		t.Fatalf("hops are %d and %d, want 2 and 1: the log says what happened to each", a, b)
	}
}

func TestAReturnNamesItsReasonAndWhoShouldHaveIt(t *testing.T) {
	w := newWorld(t, "2026-03-02 10:00")
	id := toHandling(w, need(11, workflow.Unconditional))
	refused(t, w.try("holder handler", id, "return", fields{"note": "x"}), fault.Invalid, "without a reason code")
	refused(t, w.try("holder handler", id, "return", fields{"reason": "lazy", "note": "x"}), fault.Invalid, "an unknown reason")
	refused(t, w.try("holder handler", id, "return", fields{"reason": "other", "proposed": int64(holderDept), "note": "x"}), fault.Conflict, "proposing itself")
	w.act("holder handler", id, "return", fields{"reason": "data_not_held", "proposed": int64(otherDept), "note": "数据在他处"})
	c := w.cases[id]
	if c.Facts["return_reason"] != "data_not_held" || c.Facts["proposed"] != int64(otherDept) {
		t.Fatalf("returned: %v", c.Facts)
	}
	if got := w.choices("coordinator", id)["dispatch"].Defaults["lead"]; got != int64(otherDept) {
		t.Fatalf("the coordinator is offered %v first", got)
	}
	w.act("coordinator", id, "dispatch", nil)
	if c := w.cases[id]; c.Parts[workflow.Lead] != otherDept || c.Facts["proposed"] != int64(0) {
		t.Fatalf("dispatched: %v %v", c.Parts, c.Facts)
	}
}

func TestTheRoutingTableSendsTheCaseAndTheEventNamesTheRule(t *testing.T) {
	for name, c := range map[string]struct {
		facts map[string]any
		want  workflow.State
		lead  workflow.DeptID
	}{
		"a row names a department": {map[string]any{"holders": int64(1), "routed": int64(otherDept), "route_set": int64(3), "route_row": int64(2)}, "dispatched", otherDept},
		"a row names nobody":       {map[string]any{"holders": int64(1), "route_set": int64(3), "route_row": int64(9)}, "accepted", 0},
		"no table is in force":     {map[string]any{"holders": int64(1)}, "dispatched", holderDept},
	} {
		t.Run(name, func(t *testing.T) {
			w := newWorld(t, "2026-03-02 10:00")
			d := draft(need(11, workflow.Unconditional))
			d.Facts = c.facts
			id := w.open("hall", d)
			w.act("coordinator", id, "accept", nil)
			w.in(id, c.want)
			if got := w.cases[id].Parts[workflow.Lead]; got != c.lead {
				t.Fatalf("it went to %d, want %d", got, c.lead)
			}
			if e := w.events[id][len(w.events[id])-1]; c.lead == otherDept && (e.Action != "dispatch" || e.Data["route_set"] != int64(3) || e.Data["route_row"] != int64(2)) {
				t.Fatalf("the event does not name the rule: %+v", e)
			}
		})
	}
}
