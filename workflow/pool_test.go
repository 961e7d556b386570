package workflow_test

import (
	"context"
	"reflect"
	"testing"
	"time"

	"github.com/shujie-gov/shujie/fault"
	"github.com/shujie-gov/shujie/workflow"
)

// The pool of a department: who takes a case out of it, and when it goes back.

// WorksIn implements workflow.Staff: the cast works where it holds a role.
func (w *world) WorksIn(_ context.Context, user int64, dept workflow.DeptID) (bool, error) {
	for _, p := range w.people {
		if p.UserID == user && dept != 0 && p.Dept == dept {
			return true, nil
		}
	}
	return false, nil
}

// pooled takes a case out of the pool of a department and puts it back, in
// every way there is.
func (w *world) pooled(id workflow.CaseID, dept string) {
	w.t.Helper()
	handler, head := dept+" handler", dept+" head"
	w.act(handler, id, "claim", nil)
	w.act(handler, id, "unclaim", nil)
	w.act(head, id, "assign", fields{"to": w.people[handler].UserID})
	w.act(head, id, "unclaim", nil)
}

func (w *world) assignee(id workflow.CaseID, want int64) {
	w.t.Helper()
	if got := w.cases[id].Assignee; got != want {
		w.t.Fatalf("case %d is with person %d, want %d", id, got, want)
	}
}

func TestACaseIsClaimedReleasedAndAssignedInTheLeadDepartment(t *testing.T) {
	w := newWorld(t, "2026-03-02 10:00")
	id := toHandling(w, need(11, workflow.Unconditional))
	handler, head := w.people["holder handler"].UserID, w.people["holder head"].UserID
	w.assignee(id, 0)
	w.act("holder handler", id, "claim", nil)
	w.assignee(id, handler)
	refused(t, w.try("holder handler", id, "claim", nil), fault.Conflict, "claiming twice")
	refused(t, w.try("other handler", id, "claim", nil), fault.Forbidden, "claiming what another department leads")
	refused(t, w.try("demander handler", id, "claim", nil), fault.Forbidden, "claiming what the demander does not lead")
	w.act("holder handler", id, "unclaim", nil)
	w.assignee(id, 0)
	refused(t, w.try("holder handler", id, "unclaim", nil), fault.Conflict, "releasing what lies in the pool")
	refused(t, w.try("holder head", id, "unclaim", nil), fault.Conflict, "a head releasing what lies in the pool")
	refused(t, w.try("holder handler", id, "assign", fields{"to": head}), fault.Forbidden, "a handler assigning")
	refused(t, w.try("holder head", id, "assign", fields{"to": w.people["other handler"].UserID}), fault.Invalid, "assigning to another department")
	refused(t, w.try("holder head", id, "assign", fields{"to": int64(4711)}), fault.Invalid, "assigning to nobody")
	refused(t, w.try("holder head", id, "assign", nil), fault.Invalid, "assigning without a person")
	w.act("holder head", id, "assign", fields{"to": handler})
	w.assignee(id, handler)
	refused(t, w.try("holder head", id, "assign", fields{"to": handler}), fault.Conflict, "assigning to the same person")
	w.act("holder head", id, "unclaim", nil)
	w.assignee(id, 0)
}

// What a colleague claimed is not locked: anybody of the department may act on
// it, which leaves the claim, and may take it over by one more claim.
func TestAColleaguesClaimIsNoLock(t *testing.T) {
	w := newWorld(t, "2026-03-02 10:00")
	id := toHandling(w, need(11, workflow.Unconditional))
	handler, head := w.people["holder handler"].UserID, w.people["holder head"].UserID
	w.act("holder head", id, "claim", nil)
	refused(t, w.try("holder handler", id, "unclaim", nil), fault.Conflict, "a handler releasing a colleague's claim")
	w.act("holder handler", id, "request_data", nil)
	w.assignee(id, head)
	w.act("holder handler", id, "claim", nil)
	w.assignee(id, handler)
}

func TestAClaimEndsWhenAnotherDepartmentHasToAct(t *testing.T) {
	w := newWorld(t, "2026-03-02 10:00")
	handler := w.people["holder handler"].UserID

	id := toHandling(w, need(11, workflow.Unconditional))
	w.act("holder handler", id, "claim", nil)
	w.act("holder handler", id, "request_extension", fields{"note": "需会签"})
	w.assignee(id, handler) // it waits for the coordinator, who is no department
	w.act("coordinator", id, "refuse_extension", fields{"note": "理由不足"})
	w.act("holder handler", id, "request_data", nil)
	w.assignee(id, handler) // it waits for the platform
	w.fetch()
	w.assignee(id, 0) // it waits for the demanding department
	w.act("demander head", id, "approve_online", nil)
	w.act("holder handler", id, "claim", nil)
	w.act("holder handler", id, "comment", fields{"note": "快了"})
	w.assignee(id, handler)
	endAssist(w, id)
	w.act("holder head", id, "resolve", nil)
	w.assignee(id, 0) // it waits for the hall

	moved := toHandling(w, need(11, workflow.Unconditional))
	w.act("holder handler", moved, "claim", nil)
	w.act("holder head", moved, "transfer", fields{"to": int64(otherDept), "note": "归你们"})
	w.assignee(moved, 0)
}

func TestAClaimTouchesNoClock(t *testing.T) {
	w := newWorld(t, "2026-03-02 10:00")
	id := toHandling(w, need(11, workflow.Unconditional))
	before := w.cases[id]
	w.now = w.now.Add(30 * time.Hour)
	w.pooled(id, "holder")
	after := w.cases[id]
	if !reflect.DeepEqual(before.Term, after.Term) || !reflect.DeepEqual(before.Due, after.Due) ||
		!reflect.DeepEqual(before.Wake, after.Wake) || !reflect.DeepEqual(before.Marks, after.Marks) {
		t.Errorf("the clocks moved:\n%+v %v\n%+v %v", before.Term, before.Marks, after.Term, after.Marks)
	}
}

// A quick action is offered as one click, and what takes it back is named.
func TestClaimAndSignAreOneClick(t *testing.T) {
	w := newWorld(t, "2026-03-02 10:00")
	id := w.open("hall", draft(need(11, workflow.Unconditional)))
	w.act("coordinator", id, "accept", nil)
	list := w.choices("holder handler", id)
	for _, act := range []workflow.Action{"sign", "claim"} {
		if ch := list[act]; !ch.Allowed || !ch.Quick {
			t.Errorf("%s is no click: %+v", act, ch)
		}
	}
	if list["return"].Quick {
		t.Error("an action with inputs is offered as one click")
	}
}
