package workflow_test

import (
	"strings"
	"testing"
	"time"

	"github.com/shujie-gov/shujie/fault"
	"github.com/shujie-gov/shujie/workflow"
)

// supervisionLife supervises one blocker by hand, lets another run late until an
// order goes out by itself, and a third end under its order.
func supervisionLife(w *world) {
	id := toHandling(w, need(11, workflow.Unconditional))
	w.act("coordinator", id, "supervise", fields{"reason": "unsolved", "days": 5, "note": "请三日内反馈"})
	order := w.child(id, workflow.Supervision)
	w.pooled(order, "holder")
	w.act("coordinator", order, "remind", nil)
	w.act("holder handler", order, "sign", nil)
	w.act("coordinator", order, "raise", fields{"level": "listed", "note": "影响面大"})
	w.act("holder head", order, "answer", fields{"result": "planned", "answer": "接口正在联调"})
	w.act("coordinator", order, "return_answer", fields{"note": "未附计划"})
	w.now = w.now.AddDate(0, 0, 12)
	w.advance(order)
	w.act("holder head", order, "answer", fields{"result": "solved", "answer": "已开通接口"})
	w.act("coordinator", order, "accept_answer", nil)
	w.act("holder handler", order, "comment", fields{"note": "举一反三"})

	late := toHandling(w, need(12, workflow.Unconditional))
	w.now = w.now.AddDate(0, 0, 30)
	w.advance(late)
	w.act("coordinator", w.child(late, workflow.Supervision), "revoke", fields{"note": "已另行处理"})

	ends := toResolved(w)
	w.act("coordinator", ends, "supervise", fields{"level": "talk", "reason": "bad_effect", "note": "群众反映强烈"})
	w.act("demander head", ends, "approve_online", nil)
	w.act("hall", ends, "deliver", fields{"method": "push"})
	w.act("hall", ends, "verify", fields{"visits": 0})
}

// TestAnOrderHasALifeOfItsOwn answers an order, sends the answer back, answers
// again and concludes, with the terms of each step.
func TestAnOrderHasALifeOfItsOwn(t *testing.T) {
	w := newWorld(t, "2026-03-02 10:00") // a Monday
	id := toHandling(w, need(11, workflow.Unconditional))
	before := w.cases[id]
	w.act("coordinator", id, "supervise", fields{"level": "listed", "reason": "refused", "note": "请立即办理"})
	if c := w.cases[id]; c.State != before.State || !c.Due.Equal(*before.Due) || c.Waits != before.Waits {
		t.Errorf("supervised, the case is %s due %v, before %s due %v", c.State, c.Due, before.State, before.Due)
	}
	order := w.child(id, workflow.Supervision)
	c := w.cases[order]
	if c.Parts[workflow.Lead] != holderDept || c.Region != cityRegion || c.Series != "督〔2026〕" || c.Facts["issuer"] != w.people["coordinator"].UserID {
		t.Errorf("the order: %+v", c)
	}
	w.due(order, "2026-03-05") // three working days from its issue
	refused(t, w.try("coordinator", order, "accept_answer", nil), fault.Conflict, "accepting before there is an answer")
	w.now = at(t, "2026-03-03 10:00")
	w.act("holder handler", order, "sign", nil)
	w.due(order, "2026-03-05") // signing wins no time
	refused(t, w.try("holder handler", order, "answer", fields{"result": "solved", "answer": "已办"}), fault.Forbidden, "a handler answering for the department")
	refused(t, w.try("holder head", order, "answer", fields{"result": "solved"}), fault.Invalid, "an answer that says nothing")
	w.act("holder head", order, "answer", fields{"result": "solved", "answer": "已开通接口"})
	if c := w.cases[order]; c.State != "answered" || c.Waits.Role != workflow.Coordinator || c.Facts["answer"] != "已开通接口" {
		t.Errorf("answered: %s waits for %v, %v", c.State, c.Waits, c.Facts)
	}
	w.due(order, "2026-03-05") // two working days to judge it
	refused(t, w.try("holder head", order, "accept_answer", nil), fault.Forbidden, "the ordered department accepting its own answer")
	w.act("coordinator", order, "return_answer", fields{"note": "未见实效"})
	w.in(order, "rectifying")
	w.due(order, "2026-03-06")
	w.act("holder head", order, "answer", fields{"result": "solved", "answer": "已核实开通"})
	w.act("coordinator", order, "accept_answer", nil)
	if c := w.cases[order]; c.State != "concluded" || !c.Ended || c.Facts["returns"] != int64(1) {
		t.Errorf("at the end: %s, ended %v, %v", c.State, c.Ended, c.Facts)
	}
}

// TestTheLastLevelOpensOneOrderAndNoneBesideOneThatStands lets a case run late,
// once alone and once with an order that was given by hand.
func TestTheLastLevelOpensOneOrderAndNoneBesideOneThatStands(t *testing.T) {
	for name, byHand := range map[string]bool{"alone": false, "by hand before": true} {
		t.Run(name, func(t *testing.T) {
			w := newWorld(t, "2026-03-02 10:00")
			id := toHandling(w, need(11, workflow.Unconditional))
			if byHand {
				w.act("coordinator", id, "supervise", fields{"note": "请抓紧"})
			}
			w.now = endOf(t, "2026-03-11").Add(time.Hour)
			w.advance(id)
			if n := w.orders(id); byHand != (n == 1) {
				t.Fatalf("before the last level there are %d orders", n)
			}
			w.now = endOf(t, "2026-03-12").Add(time.Hour)
			w.advance(id)
			w.advance(id)
			if n := w.orders(id); n != 1 {
				t.Fatalf("after the last level there are %d orders", n)
			}
			c := w.cases[w.child(id, workflow.Supervision)]
			if region := "320000"; !byHand && (c.Region != region || c.Facts["issuer"] != nil && c.Facts["issuer"] != int64(0) || c.Facts["reason"] != "overdue") {
				t.Errorf("the order belongs to %s: %v", c.Region, c.Facts)
			}
			if c.Parts[workflow.Lead] != holderDept {
				t.Errorf("it orders department %d", c.Parts[workflow.Lead])
			}
		})
	}
}

func (w *world) orders(id workflow.CaseID) int {
	n := 0
	for _, k := range w.cases[id].Children {
		if k.Kind == workflow.Supervision {
			n++
		}
	}
	return n
}

// TestAnOrderHoldsNothingUpAndEndsWithItsCase brings a blocker to its end under
// an order that nobody answers.
func TestAnOrderHoldsNothingUpAndEndsWithItsCase(t *testing.T) {
	w := newWorld(t, "2026-03-02 10:00")
	id := toResolved(w)
	w.act("coordinator", id, "supervise", fields{"note": "请抓紧"}) // resolved: it waits for the demander's head
	order := w.child(id, workflow.Supervision)
	if got := w.cases[order].Parts[workflow.Lead]; got != demanderDept {
		t.Errorf("the order goes to department %d, want the one whose move it is", got)
	}
	refused(t, w.try("coordinator", id, "supervise", fields{"note": "再督"}), fault.Conflict, "a second order beside one that stands")
	w.act("demander head", id, "approve_online", nil)
	refused(t, w.try("coordinator", id, "supervise", fields{"note": "大厅"}), fault.Conflict, "ordering a hall, which has nobody to answer")
	w.act("hall", id, "deliver", fields{"method": "push"})
	w.act("hall", id, "verify", fields{"visits": 0})
	w.in(id, "closed")
	w.in(order, "lapsed")
	last := w.events[order][len(w.events[order])-1]
	if last.Role != workflow.System || !strings.Contains(last.Note, "已归档") {
		t.Errorf("it ended by %s with the note %q", last.Role, last.Note)
	}
}

func TestWhoeverWaitsRemindsAndThenLetsAWorkingDayPass(t *testing.T) {
	w := newWorld(t, "2026-03-06 10:00") // a Friday
	id := toHandling(w, need(11, workflow.Unconditional))
	before := w.cases[id]
	n := len(w.outbox)
	w.act("hall", id, "remind", nil)
	if got := w.toldSince(n); len(got) != 1 || got[0] != "dept_handler" {
		t.Errorf("the reminder tells %v", got)
	}
	if c := w.cases[id]; !c.Due.Equal(*before.Due) || !c.Wake.Equal(*before.Wake) || len(c.Marks) != len(before.Marks) {
		t.Error("the reminder touched a clock")
	}
	if e := w.events[id][len(w.events[id])-1]; e.Action != "remind" || e.Name != "大厅" {
		t.Errorf("the log says %+v", e)
	}
	w.now = endOf(t, "2026-03-09").Add(-time.Minute) // Monday is the working day it leaves
	err := w.try("coordinator", id, "remind", nil)
	refused(t, err, fault.Conflict, "a reminder within the working day")
	if !strings.Contains(err.Error(), "2026-03-10 00:00") {
		t.Errorf("it does not say from when it is possible again: %v", err)
	}
	if ch := w.choices("coordinator", id)["remind"]; ch.Allowed || !strings.Contains(ch.Reasons[0].ZH, "2026-03-10 00:00 起可以再次催办") {
		t.Errorf("the page says %+v", ch)
	}
	w.now = endOf(t, "2026-03-09")
	refused(t, w.try("holder handler", id, "remind", nil), fault.Conflict, "reminding oneself")
	refused(t, w.try("other handler", id, "remind", nil), fault.Forbidden, "a stranger reminding")
	w.act("coordinator", id, "remind", nil)
}

func TestAnEscalationSaysWhichLevelToldWhom(t *testing.T) {
	w := newWorld(t, "2026-03-02 10:00")
	id := toHandling(w, need(11, workflow.Unconditional))
	for range 4 {
		w.now = w.cases[id].Wake.Add(time.Microsecond)
		w.advance(id)
	}
	d := w.engine.Defs.Latest(workflow.Blocker)
	var got []string
	for _, e := range w.events[id] {
		if e.Action == "escalate" {
			level, who, ok := d.LevelOf(e)
			if !ok {
				t.Fatalf("no level in %+v", e)
			}
			got = append(got, level.ZH+"："+who.ZH, level.EN+": "+who.EN)
		}
	}
	want := "第一级：当前承办人,Level 1: whoever has the move,第二级：部门负责人,Level 2: the head of the department," +
		"第三级：统筹协调员,Level 3: the coordinator,第四级：上级督办机构,Level 4: the supervising office above"
	if text := strings.Join(got, ","); text != want {
		t.Errorf("it says %s", text)
	}
}

// TestTheCoordinatorChoosesWhoIsOrdered orders the demanding department while the
// holder has the move, each once, and nobody who plays no part.
func TestTheCoordinatorChoosesWhoIsOrdered(t *testing.T) {
	w := newWorld(t, "2026-03-02 10:00")
	id := toHandling(w, need(11, workflow.Unconditional))
	if got := w.choices("coordinator", id)["supervise"].Defaults["to"]; got != int64(holderDept) {
		t.Errorf("by default the order goes to %v, want whose move it is", got)
	}
	refused(t, w.try("coordinator", id, "supervise", fields{"to": int64(otherDept), "note": "x"}), fault.Conflict, "ordering a department that plays no part")
	w.act("coordinator", id, "supervise", fields{"to": int64(demanderDept), "note": "请停止索要"})
	if got := w.cases[w.child(id, workflow.Supervision)].Parts[workflow.Lead]; got != demanderDept {
		t.Errorf("the order goes to department %d", got)
	}
	refused(t, w.try("coordinator", id, "supervise", fields{"to": int64(demanderDept), "note": "x"}), fault.Conflict, "a second order to it")
	w.act("coordinator", id, "supervise", fields{"note": "请抓紧"})
	if ch := w.choices("coordinator", id)["supervise"]; ch.Allowed {
		t.Error("each has an open order, and one more is offered")
	}
}

// TestAnOrderOnAnApplicationEndsWhenTheDataIsDelivered supervises a provider: a
// delivered application lives on as a grant, and there is nothing left to do.
func TestAnOrderOnAnApplicationEndsWhenTheDataIsDelivered(t *testing.T) {
	w := newWorld(t, "2026-03-02 10:00")
	req := shareRequest(w)
	w.act("far coordinator", req, "supervise", fields{"note": "请及时答复"})
	order := w.child(req, workflow.Supervision)
	w.act("holder head", req, "grant", nil)
	w.act("holder handler", req, "connect", nil)
	w.in(order, "issued")
	w.act("holder handler", req, "deliver", nil)
	w.in(req, "delivered")
	w.in(order, "lapsed")
	if e := last(w.events[order]); !strings.Contains(e.Note, "已提供") {
		t.Errorf("it ended with the note %q", e.Note)
	}
}
