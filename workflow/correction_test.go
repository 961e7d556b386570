package workflow_test

import (
	"testing"

	"github.com/shujie-gov/shujie/fault"
	"github.com/shujie-gov/shujie/workflow"
)

// doubted brings a blocker to a correction of the data that arrived.
func doubted(w *world) (blocker, correction workflow.CaseID) {
	w.t.Helper()
	blocker = toHandling(w, need(11, workflow.Unconditional))
	w.act("holder handler", blocker, "request_data", nil)
	w.fetch()
	w.act("demander head", blocker, "approve_online", nil)
	w.act("demander handler", blocker, "report_error", fields{"requirement": 11, "note": "出生日期与户口簿不符"})
	return blocker, w.child(blocker, workflow.Correction)
}

func TestWrongDataIsVerifiedAndFetchedAnew(t *testing.T) {
	w := newWorld(t, "2026-03-02 10:00")
	id, c := doubted(w)
	b := w.cases[id]
	if b.Requirements[0].Status != workflow.NeedChecking || b.Facts["approved"] != false || b.Term.Still == nil {
		t.Fatalf("blocker: %+v", b)
	}
	if m := last(b.Marks); m.Dept != holderDept || !m.Paused {
		t.Fatalf("the time is charged as %+v", m)
	}
	if got := w.cases[c]; got.Parts[workflow.Holder] != holderDept || got.Facts["doubt"] != "出生日期与户口簿不符" || got.Need != 11 {
		t.Fatalf("correction: %+v", got)
	}
	w.due(c, "2026-03-16") // Art. 26
	refused(t, w.try("holder head", id, "resolve", nil), fault.Conflict, "while the data is in doubt")
	refused(t, w.try("holder handler", c, "correct", nil), fault.Invalid, "without a report")
	w.act("holder handler", c, "correct", fields{"report": "登记有误，已更正"})
	if w.count(workflow.EffectFetch) != 1 {
		t.Fatal("corrected, the data is fetched anew")
	}
	w.fetch()
	if got := w.cases[id].Requirements[0].Status; got != workflow.NeedSatisfied {
		t.Fatalf("requirement is %s", got)
	}
}

func TestConfirmedDataStands(t *testing.T) {
	w := newWorld(t, "2026-03-02 10:00")
	id, c := doubted(w)
	receipt := w.cases[id].Requirements[0].Receipt
	w.act("holder head", c, "confirm", fields{"report": "经核无误"})
	r := w.cases[id].Requirements[0]
	if r.Status != workflow.NeedSatisfied || r.Receipt != receipt || receipt == 0 || w.count(workflow.EffectFetch) != 0 {
		t.Fatalf("requirement %+v", r)
	}
	w.act("demander handler", id, "report_error", fields{"requirement": 11, "note": "仍有疑义"})
	if w.cases[id].Requirements[0].Status != workflow.NeedChecking {
		t.Fatal("the earlier answer must not count for the new question")
	}
	w.act("holder head", w.child(id, workflow.Correction), "correct", fields{"report": "已更正"})
	if w.count(workflow.EffectFetch) != 1 {
		t.Fatal("the latest answer counts")
	}
}
