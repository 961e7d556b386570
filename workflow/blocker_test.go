package workflow_test

import (
	"errors"
	"testing"
	"time"

	"github.com/shujie-gov/shujie/fault"
	"github.com/shujie-gov/shujie/workflow"
)

// Each test drives a blocker through one rule of docs/design.md §2.

// refused fails the test unless err is a fault of the kind.
func refused(t *testing.T, err error, kind fault.Kind, what string) {
	t.Helper()
	if err == nil {
		t.Fatalf("%s: allowed, want %s", what, kind)
	}
	if got := fault.KindOf(err); got != kind {
		t.Fatalf("%s: %v is %s, want %s", what, err, got, kind)
	}
	f := (*fault.Error)(nil)
	if errors.As(err, &f) && (f.Text.ZH == "" || f.Text.EN == "") {
		t.Fatalf("%s: the refusal speaks one language: %+v", what, f.Text)
	}
}

// toHandling files a blocker and brings it to handling.
func toHandling(w *world, needs ...workflow.Requirement) workflow.CaseID {
	w.t.Helper()
	id := w.open("hall", draft(needs...))
	w.act("coordinator", id, "accept", nil)
	w.in(id, "dispatched")
	w.act("holder handler", id, "sign", nil)
	return id
}

// endAssist lets the demanding department do what it was asked.
func endAssist(w *world, id workflow.CaseID) {
	w.t.Helper()
	a := w.child(id, workflow.Assist)
	w.act("demander handler", a, "sign", nil)
	w.act("demander handler", a, "finish", fields{"note": "已停止索要"})
}

// toResolved brings a blocker of class 1 to resolved.
func toResolved(w *world) workflow.CaseID {
	w.t.Helper()
	id := toHandling(w, need(11, workflow.Unconditional))
	w.act("holder handler", id, "request_data", nil)
	w.fetch()
	endAssist(w, id)
	w.act("holder head", id, "resolve", nil)
	return id
}

// toClosed brings it to the end.
func toClosed(w *world) workflow.CaseID {
	w.t.Helper()
	id := toResolved(w)
	w.act("demander head", id, "approve_online", nil)
	w.act("hall", id, "deliver", fields{"method": "post", "number": "EMS1"})
	w.act("hall", id, "verify", fields{"visits": 0})
	w.in(id, "closed")
	return id
}

func TestABlockerTravelsFromTheWindowToTheArchive(t *testing.T) {
	w := newWorld(t, "2026-03-02 10:00")
	id := toHandling(w, need(11, workflow.Unconditional))
	step := func(want workflow.NoMeeting, waits string) {
		t.Helper()
		c := w.cases[id]
		if c.NoMeeting != want || c.Waits.String() != waits {
			t.Fatalf("after version %d: %s waits for %s, want %s and %s", c.Version, c.NoMeeting, c.Waits, want, waits)
		}
	}
	step(workflow.InPerson, "lead/dept_handler")
	w.act("holder handler", id, "request_data", nil)
	step(workflow.DataRequested, "system")
	w.fetch()
	step(workflow.DataReady, "demander/dept_head")
	w.act("demander head", id, "approve_online", nil)
	step(workflow.OnlineApproved, "lead/dept_head") // though the assist is still open
	endAssist(w, id)
	w.act("holder head", id, "resolve", nil)
	step(workflow.OnlineApproved, "filer/hall_staff")
	w.act("hall", id, "deliver", fields{"method": "push"})
	step(workflow.Delivered, "filer/hall_staff")
	w.act("hall", id, "verify", fields{"visits": 0})
	c := w.cases[id]
	if c.State != "closed" || !c.Ended || c.EndedAt == nil || c.Waits != (workflow.Seat{}) || c.Due != nil {
		t.Fatalf("closed case: %+v", c)
	}
	if n := w.count(workflow.EffectDestroy); n != 1 {
		t.Fatalf("the data is destroyed when its purpose has ended: %d effects", n)
	}
	if r := c.Requirements[0]; r.Status != workflow.NeedSatisfied || r.Receipt == 0 {
		t.Fatalf("requirement: %+v", r)
	}
	for i, e := range w.events[id] {
		if e.Seq != int64(i+1) || e.Def != 1 {
			t.Fatalf("event %d: %+v", i, e)
		}
	}
}

func TestTheSystemDispatchesAloneWhenExactlyOneHolderIsRegistered(t *testing.T) {
	for name, c := range map[string]struct {
		holders int64
		holder  workflow.DeptID
		want    workflow.State
	}{
		"one holder":  {1, holderDept, "dispatched"},
		"two holders": {2, holderDept, "accepted"},
		"no holder":   {0, 0, "accepted"},
	} {
		t.Run(name, func(t *testing.T) {
			w := newWorld(t, "2026-03-02 10:00")
			d := draft(need(11, workflow.Unconditional))
			d.Facts["holders"] = c.holders
			d.Parts[workflow.Holder] = c.holder
			id := w.open("hall", d)
			w.act("coordinator", id, "accept", nil)
			w.in(id, c.want)
		})
	}
}

func TestTheDemanderIsAskedToStopUnlessItLeadsItself(t *testing.T) {
	w := newWorld(t, "2026-03-02 10:00")
	id := toHandling(w, need(11, workflow.Unconditional))
	a := w.cases[w.child(id, workflow.Assist)]
	if a.Parts[workflow.Lead] != demanderDept || a.Parts[workflow.Holder] != holderDept || a.State != "pending" {
		t.Fatalf("assist: %+v", a)
	}
	d := draft(need(11, workflow.Unconditional))
	d.Parts[workflow.Demander] = holderDept
	same := w.open("hall", d)
	w.act("coordinator", same, "accept", nil)
	if n := len(w.cases[same].Children); n != 0 {
		t.Fatalf("%d children where both departments are the same", n)
	}
}

func TestHallStaffFetchAtTheWindowWhatMayBeHadAtOnce(t *testing.T) {
	w := newWorld(t, "2026-03-02 10:00")
	id := w.open("hall", draft(need(11, workflow.Unconditional)))
	w.act("hall", id, "request_data", nil)
	w.fetch()
	if got := w.cases[id].NoMeeting; got != workflow.DataReady {
		t.Fatalf("no-meeting = %s before it was even accepted", got)
	}
	other := w.open("hall", draft(need(11, workflow.Conditional)))
	refused(t, w.try("hall", other, "request_data", nil), fault.Conflict, "conditional data without an application")
	own := need(11, workflow.Conditional)
	own.Provider = demanderDept
	mine := w.open("hall", draft(own))
	w.act("hall", mine, "request_data", nil)
	if w.count(workflow.EffectFetch) != 1 {
		t.Fatal("what the demander holds itself needs no application")
	}
}

func TestResolveWaitsForChildrenAndForEveryRequirement(t *testing.T) {
	w := newWorld(t, "2026-03-02 10:00")
	id := toHandling(w, need(11, workflow.Unconditional), need(12, workflow.NoData))
	refused(t, w.try("holder head", id, "resolve", nil), fault.Conflict, "with everything open")
	w.act("holder handler", id, "request_data", nil)
	w.fetch()
	if got := w.cases[id].NoMeeting; got != workflow.DataPartial {
		t.Fatalf("no-meeting = %s", got)
	}
	endAssist(w, id)
	refused(t, w.try("holder head", id, "resolve", nil), fault.Conflict, "with one requirement open")
	w.act("holder head", id, "waive", fields{"requirement": 12, "alternative": "告知承诺"})
	w.act("holder handler", id, "request_assist", fields{"to": int64(otherDept), "note": "请核对"})
	refused(t, w.try("holder head", id, "resolve", nil), fault.Conflict, "with an assist open")
	a := w.child(id, workflow.Assist)
	w.act("other handler", a, "return", fields{"reason": "not_our_duty", "note": "非本部门职责"})
	refused(t, w.try("holder handler", id, "resolve", nil), fault.Forbidden, "by the handler instead of the head")
	w.act("holder head", id, "resolve", nil)
}

func TestARequirementWithoutDataIsWaivedByItsLegalAlternative(t *testing.T) {
	w := newWorld(t, "2026-03-02 10:00")
	d := draft(need(11, workflow.NoData))
	d.Facts["alternative"] = "现场核查"
	id := w.open("hall", d)
	w.act("coordinator", id, "accept", nil)
	w.act("holder handler", id, "sign", nil)
	if got := w.cases[id].Waits.String(); got != "lead/dept_head" {
		t.Fatalf("it waits for %s, who cannot waive", got)
	}
	refused(t, w.try("holder handler", id, "request_data", nil), fault.Conflict, "no data exists")
	if got := w.choices("holder head", id)["waive"].Defaults["alternative"]; got != "现场核查" {
		t.Fatalf("default = %v, want what the catalogue knows", got)
	}
	w.act("holder head", id, "waive", fields{"requirement": 11})
	r := w.cases[id].Requirements[0]
	if r.Status != workflow.NeedWaived || r.Alternative != "现场核查" {
		t.Fatalf("requirement: %+v", r)
	}
	refused(t, w.try("holder head", id, "waive", fields{"requirement": 11}), fault.Conflict, "waived twice")
}

func TestAWaiverNeedsALegalAlternative(t *testing.T) {
	w := newWorld(t, "2026-03-02 10:00")
	id := toHandling(w, need(11, workflow.NoData))
	refused(t, w.try("holder head", id, "waive", fields{"requirement": 11}), fault.Invalid, "none given and none known")
	refused(t, w.try("holder head", id, "waive", fields{"requirement": 11, "alternative": "口头说明"}), fault.Invalid, "not in the law")
	refused(t, w.try("holder head", id, "waive", fields{"requirement": 99, "alternative": "告知承诺"}), fault.Conflict, "somebody else's requirement")
}

func TestOnlineApprovalNeedsTheDataAndDeliveryNeedsTheApproval(t *testing.T) {
	w := newWorld(t, "2026-03-02 10:00")
	id := toHandling(w, need(11, workflow.Unconditional))
	refused(t, w.try("demander head", id, "approve_online", nil), fault.Conflict, "without data")
	refused(t, w.try("hall", id, "deliver", fields{"method": "push"}), fault.Conflict, "without approval")
	w.act("holder handler", id, "request_data", nil)
	w.fetch()
	refused(t, w.try("holder head", id, "approve_online", nil), fault.Forbidden, "by the holding department")
	w.act("demander head", id, "approve_online", nil)
	refused(t, w.try("demander head", id, "approve_online", nil), fault.Conflict, "twice")
	refused(t, w.try("hall", id, "deliver", fields{"method": "post"}), fault.Conflict, "by post without a number")
	refused(t, w.try("hall", id, "deliver", fields{"method": "pigeon"}), fault.Invalid, "by an unknown way")
	w.act("demander handler", id, "deliver", fields{"method": "post", "number": "EMS123"})
	refused(t, w.try("hall", id, "deliver", fields{"method": "push"}), fault.Conflict, "twice")
}

func TestOnlyARealHandlingWithoutAVisitCloses(t *testing.T) {
	w := newWorld(t, "2026-03-02 10:00")
	id := toResolved(w)
	w.act("demander head", id, "approve_online", nil)
	refused(t, w.try("hall", id, "verify", fields{"visits": 0}), fault.Conflict, "before delivery")
	w.act("hall", id, "deliver", fields{"method": "terminal"})
	refused(t, w.try("hall", id, "verify", fields{"visits": 1}), fault.Conflict, "with a visit")
	refused(t, w.try("hall", id, "verify", nil), fault.Invalid, "without counting")
	refused(t, w.try("other hall", id, "verify", fields{"visits": 0}), fault.Forbidden, "by another hall")
	w.act("hall", id, "verify", fields{"visits": 0})
}

func TestAContestedBlockerGoesBackAndItsDataCanBeFetchedAgain(t *testing.T) {
	w := newWorld(t, "2026-03-02 10:00")
	id := toResolved(w)
	w.act("demander head", id, "approve_online", nil)
	w.act("hall", id, "deliver", fields{"method": "push"})
	w.act("hall", id, "contest", fields{"note": "窗口仍要求出示原件"})
	c := w.cases[id]
	if c.State != "handling" || c.NoMeeting != workflow.Regressed || c.Facts["approved"] != false || c.Facts["delivered"] != false {
		t.Fatalf("contested: %s %s %v", c.State, c.NoMeeting, c.Facts)
	}
	if c.Requirements[0].Status != workflow.NeedSatisfied {
		t.Fatal("the receipt is still valid: the data was not destroyed")
	}
	w.act("holder handler", id, "refetch", fields{"requirement": 11, "note": "数据有误"})
	if r := w.cases[id].Requirements[0]; r.Status != workflow.NeedOpen || r.Receipt != 0 {
		t.Fatalf("requirement: %+v", r)
	}
	w.act("holder handler", id, "request_data", nil)
	w.fetch()
	w.act("demander head", id, "approve_online", nil)
	if got := w.cases[id].NoMeeting; got != workflow.OnlineApproved {
		t.Fatalf("no-meeting = %s", got)
	}
}

func TestAClosedBlockerReopensWithinThirtyWorkingDays(t *testing.T) {
	w := newWorld(t, "2026-03-02 10:00")
	id := toClosed(w)
	last, err := w.cal.Deadline(w.now, 30)
	if err != nil {
		t.Fatal(err)
	}
	w.now = last // the 31st begins at midnight
	refused(t, w.try("hall", id, "reopen", fields{"note": "又要证明"}), fault.Conflict, "on the day after the 30th")
	w.now = last.Add(-time.Microsecond)
	w.act("hall", id, "reopen", fields{"note": "又要证明"})
	c := w.cases[id]
	if c.State != "handling" || c.Ended || c.EndedAt != nil || c.NoMeeting != workflow.Regressed {
		t.Fatalf("reopened: %s %v %s", c.State, c.Ended, c.NoMeeting)
	}
	if c.Requirements[0].Status != workflow.NeedOpen {
		t.Fatal("its data was destroyed, so it must be fetched again")
	}
	if c.Term == nil || !c.Term.Start.Equal(w.now) {
		t.Fatal("the term begins anew")
	}
}

func TestAfterThreeHopsTheCoordinatorsDecisionBinds(t *testing.T) {
	w := newWorld(t, "2026-03-02 10:00")
	id := w.open("hall", draft(need(11, workflow.Unconditional)))
	w.act("coordinator", id, "accept", nil)
	w.act("holder handler", id, "return", fields{"reason": "not_our_duty", "note": "不是我们"})
	w.in(id, "accepted")
	if n := len(w.advance(id)); n != 0 {
		t.Fatal("a returned case is dispatched by a person, not by the catalogue again")
	}
	w.act("coordinator", id, "dispatch", fields{"lead": int64(holderDept)})
	refused(t, w.try("holder head", id, "transfer", fields{"to": int64(holderDept), "note": "x"}), fault.Conflict, "to itself")
	w.act("holder head", id, "transfer", fields{"to": int64(otherDept), "note": "归你们"})
	refused(t, w.try("coordinator", id, "dispatch", fields{"lead": int64(holderDept)}), fault.Conflict, "decided before three hops")
	w.act("other head", id, "transfer", fields{"to": int64(holderDept), "note": "归你们"})
	if got := w.cases[id].Facts["hops"]; got != int64(3) {
		t.Fatalf("hops = %v", got)
	}
	refused(t, w.try("holder head", id, "transfer", fields{"to": int64(otherDept), "note": "x"}), fault.Conflict, "a fourth hop")
	refused(t, w.try("holder handler", id, "return", fields{"reason": "not_our_duty", "note": "x"}), fault.Conflict, "a fourth return")
	w.act("coordinator", id, "dispatch", fields{"lead": int64(otherDept)})
	w.act("other handler", id, "sign", nil)
	refused(t, w.try("other head", id, "transfer", fields{"to": int64(holderDept), "note": "x"}), fault.Conflict, "bound")
	refused(t, w.try("other handler", id, "return", fields{"reason": "not_our_duty", "note": "x"}), fault.Conflict, "bound")
	refused(t, w.try("coordinator", id, "dispatch", fields{"lead": int64(holderDept)}), fault.Conflict, "decided twice")
}

func TestAThirdReturnLeavesTheDecisionToTheCoordinator(t *testing.T) {
	w := newWorld(t, "2026-03-02 10:00")
	id := w.open("hall", draft(need(11, workflow.Unconditional)))
	w.act("coordinator", id, "accept", nil)
	for range 2 {
		w.act("holder handler", id, "return", fields{"reason": "not_our_duty", "note": "不是我们"})
		w.act("coordinator", id, "dispatch", nil) // the holder by default
	}
	w.act("holder handler", id, "return", fields{"reason": "not_our_duty", "note": "不是我们"})
	w.act("coordinator", id, "dispatch", nil)
	if w.cases[id].Facts["bound"] != true {
		t.Fatal("the third decision binds")
	}
	refused(t, w.try("holder handler", id, "return", fields{"reason": "not_our_duty", "note": "x"}), fault.Conflict, "bound")
}

func TestAReturnedBlockerKeepsWhatWasFetched(t *testing.T) {
	w := newWorld(t, "2026-03-02 10:00")
	id := toHandling(w, need(11, workflow.Unconditional))
	w.act("holder handler", id, "request_data", nil)
	w.act("holder handler", id, "return", fields{"reason": "not_our_duty", "note": "不是我们"})
	refused(t, w.try("coordinator", id, "merge", fields{"into": int64(99)}), fault.Conflict, "while the fetch is under way")
	w.fetch() // the answer arrives while nobody leads
	if got := w.cases[id].Requirements[0].Status; got != workflow.NeedSatisfied {
		t.Fatalf("requirement is %s", got)
	}
}

func TestABlockerMergesIntoAnother(t *testing.T) {
	w := newWorld(t, "2026-03-02 10:00")
	id := w.open("hall", draft(need(11, workflow.Unconditional)))
	refused(t, w.try("coordinator", id, "merge", fields{"into": int64(id)}), fault.Conflict, "into itself")
	refused(t, w.try("coordinator", id, "merge", fields{"into": int64(-4)}), fault.Invalid, "into nothing")
	refused(t, w.try("coordinator", id, "merge", nil), fault.Invalid, "without a number")
	refused(t, w.try("far coordinator", id, "merge", fields{"into": 4}), fault.Forbidden, "from another city")
	w.act("coordinator", id, "merge", fields{"into": "42"})
	if c := w.cases[id]; c.State != "merged" || c.Facts["merged_into"] != int64(42) || !c.Ended {
		t.Fatalf("merged: %+v", c)
	}
}

func TestAMissingOrRefusedRequirementCanBeTriedAgainOrWaived(t *testing.T) {
	w := newWorld(t, "2026-03-02 10:00")
	id := toHandling(w, need(11, workflow.Unconditional))
	w.act("holder handler", id, "request_data", nil)
	w.act("system", id, "data_refused", fields{"requirement": 11})
	if got := w.cases[id].Waits.String(); got != "lead/dept_handler" {
		t.Fatalf("refused: it waits for %s", got)
	}
	refused(t, w.try("system", id, "data_missing", fields{"requirement": 11}), fault.Conflict, "nothing is being fetched")
	w.act("holder handler", id, "request_data", nil)
	w.act("system", id, "data_missing", fields{"requirement": 11})
	if got := w.cases[id].Waits.String(); got != "lead/dept_head" {
		t.Fatalf("no such record: it waits for %s", got)
	}
	w.act("demander head", id, "waive", fields{"requirement": 11, "alternative": "部门核查"})
	refused(t, w.try("system", id, "data_arrived", fields{"requirement": 11, "receipt": 5}), fault.Conflict, "a late answer to what was waived")
}

func TestALookAtTheCitizenIsAnEventWithAReason(t *testing.T) {
	w := newWorld(t, "2026-03-02 10:00")
	id := toHandling(w, need(11, workflow.Unconditional))
	refused(t, w.try("hall", id, "unmask", nil), fault.Invalid, "without a reason")
	refused(t, w.try("coordinator", id, "unmask", fields{"note": "好奇"}), fault.Forbidden, "by who does not handle it")
	before := w.cases[id].Version
	w.act("demander handler", id, "unmask", fields{"note": "核对身份"})
	log := w.events[id]
	if e := log[len(log)-1]; e.Action != "unmask" || e.Note != "核对身份" || e.Seq != before+1 || e.Dept != demanderDept {
		t.Fatalf("event: %+v", e)
	}
	w.in(id, "handling")
}

func TestSomebodyWhoSawAnOlderVersionIsStale(t *testing.T) {
	w := newWorld(t, "2026-03-02 10:00")
	id := w.open("hall", draft(need(11, workflow.Unconditional)))
	in := input("accept", nil)
	in.Version = 1
	if _, err := w.engine.Decide(w.cases[id], w.people["coordinator"], in); err != nil {
		t.Fatal(err)
	}
	w.act("hall", id, "comment", fields{"note": "请尽快"})
	_, err := w.engine.Decide(w.cases[id], w.people["coordinator"], in)
	refused(t, err, fault.Stale, "version 1 of 2")
}

func TestAnUnknownActionIsNotFoundAndAnImpossibleOneConflicts(t *testing.T) {
	w := newWorld(t, "2026-03-02 10:00")
	id := w.open("hall", draft(need(11, workflow.Unconditional)))
	refused(t, w.try("hall", id, "dance", nil), fault.NotFound, "no such action")
	refused(t, w.try("hall", id, "verify", fields{"visits": 0}), fault.Conflict, "not from filed")
	refused(t, w.try("auditor", id, "accept", nil), fault.Forbidden, "an auditor moves nothing")
}

func TestADraftWithAnUnknownFactIsRefused(t *testing.T) {
	w := newWorld(t, "2026-03-02 10:00")
	d := draft()
	d.Facts["holdres"] = int64(1)
	_, err := w.engine.Defs.Open(w.people["hall"], d, workflow.Input{}, w.engine.Moment())
	if err == nil {
		t.Fatal("a misspelt fact would never be read")
	}
}
