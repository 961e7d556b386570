package workflow_test

import (
	"testing"
	"time"

	"github.com/shujie-gov/shujie/fault"
	"github.com/shujie-gov/shujie/workflow"
)

// change opens a change of the catalogue by the holder's department.
func change(w *world) workflow.CaseID {
	return w.open("holder handler", workflow.Case{
		Kind: workflow.CatalogueChange, Region: "320000/320500", Title: "目录变更：人口基准信息",
		Parts: map[workflow.Part]workflow.DeptID{workflow.Lead: holderDept}, Facts: map[string]any{"entries": int64(2), "op": "publish", "cause": "职责调整"},
	})
}

// changeLife goes through everything that may happen to a change.
func changeLife(w *world) {
	id := change(w)
	w.pooled(id, "holder")
	w.act("far coordinator", id, "remind", nil)
	w.act("far coordinator", id, "supervise", fields{"reason": "unsolved", "note": "请尽快更新目录"})
	w.act("holder handler", id, "request_extension", fields{"note": "需会签"})
	w.act("far coordinator", id, "refuse_extension", fields{"note": "理由不足"})
	w.act("holder handler", id, "request_extension", fields{"note": "需会签"})
	w.act("far coordinator", id, "approve_extension", nil)
	w.act("holder handler", id, "submit", fields{"assessed": true})
	w.act("holder head", id, "send_back", fields{"note": "缺更新周期"})
	w.now = w.now.AddDate(0, 0, 40)
	w.advance(id)
	w.act("holder handler", id, "submit", fields{"assessed": true})
	w.act("holder head", id, "approve", nil)
	w.act("far coordinator", id, "return", fields{"note": "共享条件无依据"})
	w.act("holder handler", id, "submit", fields{"assessed": true})
	w.act("holder head", id, "approve", nil)
	w.act("coordinator", id, "publish", nil)
	w.act("system", id, "note_refused", fields{"note": "名称已被使用"})
	w.act("holder head", id, "submit", fields{"assessed": true})
	w.act("holder head", id, "approve", nil)
	w.act("far coordinator", id, "publish", nil)
	w.act("system", id, "note_done", nil)
	w.act("far coordinator", id, "comment", fields{"note": "已发布"})
	w.act("holder handler", change(w), "withdraw", fields{"note": "不再调整"})
}

// demand opens a demand for data of the demander's department; holder 0: nobody
// is likely to hold it.
func demand(w *world, holder workflow.DeptID) workflow.CaseID {
	id := w.open("demander handler", workflow.Case{
		Kind: workflow.DataDemand, Region: cityRegion, Title: "数据需求：疾病状况证明", Proof: "疾病状况证明",
		Parts: map[workflow.Part]workflow.DeptID{workflow.Demander: demanderDept, workflow.Holder: holder},
		Facts: map[string]any{"proof_id": int64(7), "purpose": "临时救助"},
	})
	w.settle()
	return id
}

// demandLife goes through everything that may happen to a demand.
func demandLife(w *world) {
	id := demand(w, holderDept)
	w.pooled(id, "holder")
	w.act("holder handler", id, "return", fields{"note": "不是我们"})
	w.act("coordinator", id, "appoint", fields{"to": int64(otherDept)})
	w.act("demander handler", id, "remind", nil)
	w.act("other handler", id, "accept", nil)
	w.act("coordinator", id, "supervise", fields{"reason": "unsolved", "note": "请尽快编目"})
	w.act("other head", id, "deny", fields{"note": "没有电子数据"})
	w.act("coordinator", id, "insist", fields{"note": "医保结算系统中有"})
	w.now = w.now.AddDate(0, 0, 40)
	w.advance(id)
	w.act("other handler", id, "name", fields{"resource": 12})
	w.act("system", id, "note_refused", fields{"note": "没有发布"})
	w.act("other handler", id, "name", fields{"resource": 13})
	w.act("system", id, "note_done", nil)
	w.act("demander head", id, "comment", fields{"note": "谢谢"})
	none := demand(w, 0)
	w.act("coordinator", none, "confirm_none", fields{"note": "各部门均无"})
	w.act("demander handler", demand(w, holderDept), "withdraw", fields{"note": "不再需要"})
}

func (w *world) lastDay(id workflow.CaseID) string {
	w.t.Helper()
	d := w.cases[id].Due
	if d == nil {
		w.t.Fatalf("case %d has no deadline", id)
	}
	return d.In(cst()).Add(-time.Minute).Format(time.DateOnly)
}

func TestAChangeOfTheCatalogueHasTheTermsOfArticle17(t *testing.T) {
	w := newWorld(t, "2026-02-10 10:00")
	id := change(w)
	if got := w.lastDay(id); got != "2026-03-02" { // 10 working days over the Spring Festival
		t.Errorf("to be updated until %s", got)
	}
	w.act("holder handler", id, "request_extension", fields{"note": "需会签"})
	w.act("far coordinator", id, "approve_extension", fields{"days": 5})
	if got := w.lastDay(id); got != "2026-03-09" {
		t.Errorf("after the extension until %s", got)
	}
	w.refuses("holder handler", id, "request_extension", fields{"note": "再延"}, fault.Conflict)
	w.refuses("holder handler", id, "submit", fields{"assessed": false}, fault.Conflict)
	w.act("holder handler", id, "submit", fields{"assessed": true})
	if got := w.lastDay(id); got != "2026-03-09" {
		t.Errorf("with the head, the same term: until %s", got)
	}
	w.refuses("holder handler", id, "approve", nil, fault.Forbidden)
	w.act("holder head", id, "approve", nil)
	if got := w.lastDay(id); got != "2026-02-12" { // 2 working days from receipt
		t.Errorf("to be audited until %s", got)
	}
	w.refuses("holder head", id, "publish", nil, fault.Forbidden)
	w.act("far coordinator", id, "publish", nil)
	w.in(id, "publishing")
	if len(w.outbox) == 0 || w.outbox[len(w.outbox)-1].Kind != workflow.EffectCatalogue {
		t.Errorf("the catalogue is not told: %+v", w.outbox)
	}
}

func TestADemandIsAnsweredWithinFifteenWorkingDaysWhoeverHasIt(t *testing.T) {
	w := newWorld(t, "2026-02-10 10:00")
	id := demand(w, holderDept)
	w.in(id, "naming")
	due := w.lastDay(id)
	if due != "2026-03-09" { // 15 working days over the Spring Festival
		t.Errorf("to be named until %s", due)
	}
	w.act("holder handler", id, "return", fields{"note": "不是我们"})
	w.in(id, "filed")
	if c := w.cases[id]; c.Waits.Role != workflow.Coordinator || w.lastDay(id) != due {
		t.Errorf("after the return it waits for %v until %s", c.Waits, w.lastDay(id))
	}
	w.act("coordinator", id, "appoint", fields{"to": int64(otherDept)})
	if w.lastDay(id) != due {
		t.Errorf("with another holder until %s", w.lastDay(id))
	}
	w.act("other handler", id, "name", fields{"resource": 13})
	w.in(id, "linking")
}

// refuses holds that somebody may not do something.
func (w *world) refuses(who string, id workflow.CaseID, action string, f fields, kind fault.Kind) {
	w.t.Helper()
	if err := w.try(who, id, action, f); fault.KindOf(err) != kind {
		w.t.Errorf("%s %s: %v, want %v", who, action, err, kind)
	}
}

// TestALateCatalogueEndsWithAnOrderAsOtherWorkDoes leaves a change and a demand
// until the last level, and reminds of them before.
func TestALateCatalogueEndsWithAnOrderAsOtherWorkDoes(t *testing.T) {
	for name, open := range map[string]func(w *world) workflow.CaseID{
		"a change": change,
		"a demand": func(w *world) workflow.CaseID { return demand(w, holderDept) },
	} {
		t.Run(name, func(t *testing.T) {
			w := newWorld(t, "2026-03-02 10:00")
			id := open(w)
			n := len(w.outbox)
			w.act("coordinator", id, "remind", nil)
			if got := w.toldSince(n); len(got) != 1 || got[0] != "dept_handler" {
				t.Errorf("the reminder tells %v", got)
			}
			w.refuses("coordinator", id, "remind", nil, fault.Conflict) // within the working day
			w.now = w.cases[id].Due.AddDate(0, 0, 10)
			w.advance(id)
			w.settle()
			order := w.cases[w.child(id, workflow.Supervision)]
			if order.Parts[workflow.Lead] != holderDept || order.Facts["reason"] != "overdue" {
				t.Errorf("the order: %+v", order)
			}
			w.refuses("coordinator", id, "supervise", fields{"note": "再督"}, fault.Conflict) // beside one that stands
		})
	}
}
