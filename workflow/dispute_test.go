package workflow_test

import (
	"testing"
	"time"

	"github.com/shujie-gov/shujie/fault"
	"github.com/shujie-gov/shujie/workflow"
)

// disputed brings a share request to its dispute.
func disputed(w *world) (req, dispute workflow.CaseID) {
	w.t.Helper()
	req = shareRequest(w)
	w.act("holder head", req, "refuse", refusal())
	w.act("demander head", req, "dispute", fields{"note": "仅需核对是否"})
	w.in(req, "disputed")
	return req, w.child(req, workflow.Dispute)
}

func TestDepartmentsThatAgreeNeedNoAuthority(t *testing.T) {
	w := newWorld(t, "2026-03-02 10:00")
	req, d := disputed(w)
	w.act("holder head", d, "agree", fields{"note": "按最小范围提供"})
	w.in(d, "settled")
	w.in(req, "granted")
	w.due(req, "2026-03-30")

	w = newWorld(t, "2026-03-02 10:00")
	req, d = disputed(w)
	w.act("demander head", d, "yield", fields{"note": "改用告知承诺"})
	w.in(req, "upheld")
}

func TestADisputeGoesToTheCommonSuperior(t *testing.T) {
	w := newWorld(t, "2026-03-02 10:00")
	_, d := disputed(w) // between departments of two cities
	if got := w.cases[d].Region; got != "320000" {
		t.Fatalf("the dispute belongs to %s", got)
	}
	refused(t, w.try("coordinator", d, "settle", fields{"outcome": "share", "note": "x"}), fault.Conflict, "before they negotiated")
	w.act("demander head", d, "request_coordination", fields{"note": "对方坚持"})
	for _, who := range []string{"city coordinator", "far coordinator"} {
		refused(t, w.try(who, d, "settle", fields{"outcome": "share", "note": "x"}), fault.Forbidden, who)
	}
	w.act("coordinator", d, "settle", fields{"outcome": "share", "note": "双方同意"})
	w.in(d, "settled")
}

func TestADisputeWithinACityIsForItsAuthority(t *testing.T) {
	w := newWorld(t, "2026-03-02 10:00")
	w.engine.Regions = func() map[workflow.DeptID]string {
		return map[workflow.DeptID]string{demanderDept: cityRegion, holderDept: cityRegion}
	}
	_, d := disputed(w)
	if got := w.cases[d].Region; got != cityRegion {
		t.Fatalf("the dispute belongs to %s", got)
	}
	w.act("holder head", d, "request_coordination", fields{"note": "分歧"})
	w.act("city coordinator", d, "settle", fields{"outcome": "no_share", "note": "确属涉密"})
}

func TestTheGovernmentsDecisionBinds(t *testing.T) {
	for outcome, state := range map[string]workflow.State{"share": "granted", "no_share": "upheld"} {
		w := newWorld(t, "2026-03-02 10:00")
		req, d := disputed(w)
		w.act("holder head", d, "request_coordination", fields{"note": "分歧"})
		w.act("coordinator", d, "refer", fields{"note": "未能一致"})
		refused(t, w.try("coordinator", d, "decide", fields{"outcome": outcome, "note": "决定"}), fault.Invalid, "a decision has a number")
		w.act("coordinator", d, "decide", fields{"outcome": outcome, "number": "苏政复〔2026〕1号", "note": "决定"})
		w.in(d, "decided")
		w.in(req, state)
		refused(t, w.try("holder head", req, "refuse", refusal()), fault.Conflict, "the decision binds")
		refused(t, w.try("demander head", req, "dispute", fields{"note": "再议"}), fault.Conflict, "the decision binds")
	}
}

func TestSilenceBringsADisputeToTheAuthority(t *testing.T) {
	w := newWorld(t, "2026-03-02 10:00")
	_, d := disputed(w)
	w.due(d, "2026-03-09") // house rule: Art. 28 gives no number
	w.now = endOf(t, "2026-03-09").Add(time.Microsecond)
	w.advance(d)
	w.in(d, "coordinating")
}
