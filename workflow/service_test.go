package workflow_test

import (
	"testing"

	"github.com/shujie-gov/shujie/fault"
	"github.com/shujie-gov/shujie/workflow"
)

func TestAServiceFollowsItsBlockers(t *testing.T) {
	w := newWorld(t, "2026-03-02 10:00")
	svc := w.open("steward", workflow.Case{
		Kind: workflow.Service, Region: cityRegion, Title: "新生儿参保",
		Parts: map[workflow.Part]workflow.DeptID{workflow.Lead: demanderDept},
	})
	d := draft(need(11, workflow.Unconditional))
	d.Parent = svc
	id := w.open("hall", d)
	w.settle()
	w.in(svc, "data_pending")
	w.act("coordinator", id, "accept", nil)
	w.act("holder handler", id, "sign", nil)
	w.act("holder handler", id, "request_data", nil)
	w.fetch()
	w.in(svc, "connecting")
	w.act("demander head", id, "approve_online", nil)
	w.in(svc, "trial")
	endAssist(w, id)
	w.act("holder head", id, "resolve", nil)
	w.act("hall", id, "deliver", fields{"method": "push"})
	w.act("hall", id, "verify", fields{"visits": 0})
	w.in(svc, "no_meeting")
	w.act("hall", id, "reopen", fields{"note": "又要"})
	w.in(svc, "data_pending") // regressed, and waiting for data again
	log := w.events[svc]
	if e := log[len(log)-2]; e.Action != "regress" || e.To != "regressed" {
		t.Fatalf("event: %+v", e)
	}
}

func TestAServiceWhoseBlockersProveNothingIsAssessedAgain(t *testing.T) {
	w := newWorld(t, "2026-03-02 10:00")
	svc := w.open("steward", workflow.Case{Kind: workflow.Service, Region: cityRegion, Title: "新生儿参保"})
	d := draft(need(11, workflow.Unconditional))
	d.Parent = svc
	id := w.open("hall", d)
	w.settle()
	w.act("hall", id, "withdraw", fields{"note": "登记错误"})
	w.in(svc, "assessing")
}

func TestAContestSetsATrialBack(t *testing.T) {
	w := newWorld(t, "2026-03-02 10:00")
	svc := w.open("steward", workflow.Case{Kind: workflow.Service, Region: cityRegion, Title: "新生儿参保"})
	d := draft(need(11, workflow.Unconditional))
	d.Parent = svc
	id := w.open("hall", d)
	w.act("coordinator", id, "accept", nil)
	w.act("holder handler", id, "sign", nil)
	w.act("holder handler", id, "request_data", nil)
	w.fetch()
	endAssist(w, id)
	w.act("holder head", id, "resolve", nil)
	w.act("demander head", id, "approve_online", nil)
	w.in(svc, "trial")
	w.act("hall", id, "contest", fields{"note": "仍要原件"})
	w.in(svc, "data_pending")
	w.act("demander head", id, "approve_online", nil)
	w.in(svc, "trial")
}

func TestAnAssistEndsWithAResultOrIsReturnedWithAReason(t *testing.T) {
	w := newWorld(t, "2026-03-02 10:00")
	id := toHandling(w, need(11, workflow.Unconditional))
	refused(t, w.try("holder handler", id, "request_assist", fields{"to": int64(holderDept), "note": "x"}), fault.Conflict, "from itself")
	a := w.child(id, workflow.Assist)
	refused(t, w.try("holder handler", a, "sign", nil), fault.Forbidden, "by who asked")
	refused(t, w.try("demander handler", a, "return", nil), fault.Invalid, "without a reason")
	w.act("demander handler", a, "sign", nil)
	refused(t, w.try("demander handler", a, "finish", nil), fault.Invalid, "without a result")
	w.now = w.now.AddDate(0, 0, 30)
	if got := w.advance(a); len(got) != 1 || got[0] != "escalate" { // the last level
		t.Fatalf("an assist that is late: %v", got)
	}
	w.act("demander head", a, "finish", fields{"note": "已停止索要"})
	if c := w.cases[a]; c.State != "done" || !c.Ended {
		t.Fatalf("assist: %+v", c)
	}
}
