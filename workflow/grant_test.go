package workflow_test

import (
	"testing"
	"time"

	"github.com/shujie-gov/shujie/fault"
	"github.com/shujie-gov/shujie/workflow"
)

// granted brings the application of a blocker to its grant; the fetch waits.
func granted(w *world) (blocker, req workflow.CaseID) {
	w.t.Helper()
	req = shareRequest(w)
	for _, step := range []string{"grant", "connect", "deliver"} {
		w.act("holder head", req, step, nil)
	}
	return w.cases[req].Parent, req
}

func TestAGrantServesLaterBlockersOfTheSameService(t *testing.T) {
	w := newWorld(t, "2026-03-02 10:00")
	granted(w)
	w.fetch()
	second := w.open("hall", draft(need(12, workflow.Conditional)))
	r := w.cases[second].Requirements[0]
	if _, s := r.Rests("2026-03-02"); s != workflow.GrantNone {
		t.Fatal("another resource rests on this grant")
	}
	same := need(13, workflow.Conditional)
	same.Resource = 81
	third := w.open("hall", draft(same))
	w.act("hall", third, "request_data", nil) // at the window, at once
	if w.count(workflow.EffectFetch) != 1 || len(w.cases[third].Children) != 0 {
		t.Fatal("a valid grant is used, no second application is made")
	}
	other := draft(need(14, workflow.Conditional))
	other.Requirements[0].Resource, other.Item = 81, 6
	fourth := w.open("hall", other)
	refused(t, w.try("hall", fourth, "request_data", nil), fault.Conflict, "a grant serves its own purpose only")
}

func TestBlockersWaitForOneApplication(t *testing.T) {
	w := newWorld(t, "2026-03-02 10:00")
	req := shareRequest(w)
	same := need(12, workflow.Conditional)
	same.Resource = 81
	second := toHandling(w, same)
	w.act("holder handler", second, "request_data", nil)
	for _, k := range w.cases[second].Children {
		if k.Kind == workflow.ShareRequest {
			t.Fatal("a second application for the same data and purpose")
		}
	}
	if got := w.cases[second].Requirements[0].Status; got != workflow.NeedRequested {
		t.Fatalf("requirement is %s", got)
	}
	for _, step := range []string{"grant", "connect", "deliver"} {
		w.act("holder head", req, step, nil)
	}
	if w.count(workflow.EffectFetch) != 2 {
		t.Fatalf("%d fetches, want one for each blocker that waited", w.count(workflow.EffectFetch))
	}
}

func TestABreachSuspendsThePermissionAndFetchingWaits(t *testing.T) {
	w := newWorld(t, "2026-03-02 10:00")
	parent, req := granted(w)
	w.outbox = nil // the fetch that is queued asks again before it calls
	w.act("holder head", req, "suspend", fields{"days": 5, "note": "超范围使用"})
	w.due(req, "2026-03-09")
	if _, s := w.cases[parent].Requirements[0].Rests("2026-03-02"); s != workflow.GrantHeld {
		t.Fatalf("a queued fetch meets the standing %s", s)
	}
	w.act("system", parent, "data_held", fields{"requirement": 11})
	if got := w.cases[parent].Requirements[0].Status; got != workflow.NeedApplied || w.count(workflow.EffectFetch) != 0 {
		t.Fatalf("requirement is %s", got)
	}
	refused(t, w.try("holder head", req, "terminate", fields{"note": "x"}), fault.Conflict, "before the rectification term is over")
	refused(t, w.try("holder head", req, "reinstate", nil), fault.Conflict, "before it was mended")
	w.act("demander head", req, "report_rectified", fields{"note": "已整改"})
	w.act("holder head", req, "reinstate", nil)
	if w.count(workflow.EffectFetch) != 1 {
		t.Fatal("reinstated, the data is fetched")
	}
	if got := *w.cases[req].Due; !got.Equal(endOf(t, "2027-03-02")) {
		t.Fatalf("the grant ends on %s: a suspension does not lengthen it", got)
	}
}

func TestWhatIsNotMendedIsTerminated(t *testing.T) {
	w := newWorld(t, "2026-03-02 10:00")
	parent, req := granted(w)
	w.act("holder head", req, "suspend", fields{"days": 5, "note": "超范围使用"})
	w.act("system", parent, "data_held", fields{"requirement": 11})
	w.now = endOf(t, "2026-03-09").Add(time.Minute)
	w.act("far coordinator", req, "terminate", fields{"note": "逾期未整改"})
	w.in(req, "terminated")
	if got := w.cases[parent].Requirements[0].Status; got != workflow.NeedRefused {
		t.Fatalf("requirement is %s", got)
	}
}

func TestAGrantEndsWithItsTerm(t *testing.T) {
	w := newWorld(t, "2026-03-02 10:00")
	id := toHandling(w, need(11, workflow.Conditional))
	w.act("holder handler", id, "request_data", fields{"until": "2026-03-31"})
	req := w.child(id, workflow.ShareRequest)
	w.act("demander head", req, "endorse", nil)
	for _, step := range []string{"grant", "connect", "deliver"} {
		w.act("holder head", req, step, nil)
	}
	w.fetch()
	r := w.cases[id].Requirements[0]
	if _, s := r.Rests("2026-03-31"); s != workflow.GrantValid {
		t.Fatalf("on its last day it is %s", s)
	}
	if _, s := r.Rests("2026-04-01"); s != workflow.GrantNone {
		t.Fatalf("after it, though nobody has swept, it is %s", s)
	}
	w.now = endOf(t, "2026-03-31")
	if len(w.advance(req)) != 0 {
		t.Fatal("expired before its end")
	}
	w.now = w.now.Add(time.Microsecond)
	w.advance(req)
	w.in(req, "expired")
}

// A blocker that waits for its application is charged to who has it, its own
// term stands still, and it goes on by itself.
func TestABlockerWaitsForItsApplicationOnTheProvidersTime(t *testing.T) {
	w := newWorld(t, "2026-03-02 10:00")
	id := toHandling(w, need(11, workflow.Conditional))
	w.due(id, "2026-03-09")
	w.act("holder handler", id, "request_data", nil)
	c := w.cases[id]
	if m := last(c.Marks); m.Charge != workflow.ChargeDepartment || m.Dept != demanderDept || !m.Paused || c.Term.Still == nil {
		t.Fatalf("until it is endorsed the time is the applicant's: %+v, %+v", m, c.Term)
	}
	req := w.child(id, workflow.ShareRequest)
	w.act("demander head", req, "endorse", nil)
	if m := last(w.cases[id].Marks); m.Dept != holderDept || m.Reason != "application" {
		t.Fatalf("then it is the provider's: %+v", m)
	}
	if got := w.cases[id].Waits.String(); got != "system" {
		t.Fatalf("it waits for %s", got)
	}
	w.now = at(t, "2026-03-16 10:00") // after what its own term would have been
	if got := w.advance(id); len(got) != 0 {
		t.Fatalf("a case that waits was moved: %v", got)
	}
	for _, step := range []string{"grant", "connect", "deliver"} {
		w.act("holder head", req, step, nil)
	}
	w.fetch()
	w.due(id, "2026-03-20") // five working days, without those that stood still
	if got := w.cases[id].Requirements[0].Status; got != workflow.NeedSatisfied {
		t.Fatalf("requirement is %s", got)
	}
}
