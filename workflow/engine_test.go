package workflow_test

import (
	"context"
	"strings"
	"testing"
	"testing/fstest"

	"github.com/shujie-gov/shujie/fault"
	"github.com/shujie-gov/shujie/workflow"
)

// without is a policy that lacks one rule.
type without struct {
	role workflow.Role
	act  workflow.Action
}

func (p without) Allow(r workflow.Role, _ workflow.Domain, k workflow.Kind, a workflow.Action) error {
	if r == p.role && a == p.act {
		f := fault.New(fault.Forbidden, "缺少权限规则", "a rule is missing")
		f.Rule = "p, " + string(r) + ", " + string(k) + ", " + string(a)
		return f
	}
	return nil
}

func TestThePolicyStandsBeforeTheDefinition(t *testing.T) {
	w := newWorld(t, "2026-03-02 10:00")
	id := w.open("hall", draft(need(11, workflow.Unconditional)))
	w.engine.Policy = without{workflow.Coordinator, "accept"}
	refused(t, w.try("coordinator", id, "accept", nil), fault.Forbidden, "without the rule")
	ch := w.choices("coordinator", id)["accept"]
	if ch.Allowed || len(ch.Reasons) != 1 || ch.Reasons[0].EN != "a rule is missing" {
		t.Fatalf("choice: %+v", ch)
	}
	if !w.choices("coordinator", id)["reject"].Allowed {
		t.Fatal("the other actions stay")
	}
	w.engine.Policy = without{workflow.HallStaff, "file"}
	_, err := w.engine.Open(context.Background(), w.people["hall"], draft(), workflow.Input{}, workflow.Key{})
	refused(t, err, fault.Forbidden, "filing without the rule")
}

func TestSomebodyWithoutRolesMayDoNothing(t *testing.T) {
	w := newWorld(t, "2026-03-02 10:00")
	id := w.open("hall", draft(need(11, workflow.Unconditional)))
	w.engine.Policy = without{"", "accept"}
	w.people["nobody"] = workflow.Actor{UserID: 99, Name: "路人"}
	refused(t, w.try("nobody", id, "accept", nil), fault.Forbidden, "without a grant")
	for a, ch := range w.choices("nobody", id) {
		if ch.Allowed || ch.Seated {
			t.Errorf("nobody is offered %s", a)
		}
	}
}

func TestAnActorOfSeveralDepartmentsSpeaksForTheOneThatIsSeated(t *testing.T) {
	w := newWorld(t, "2026-03-02 10:00")
	id := w.open("hall", draft(need(11, workflow.Unconditional)))
	w.act("coordinator", id, "accept", nil)
	both := workflow.Actor{UserID: 20, Dept: otherDept, Grants: []workflow.Grant{
		{Role: workflow.DeptHandler, Dept: otherDept}, {Role: workflow.DeptHandler, Dept: holderDept},
	}}
	d, err := w.engine.Decide(w.cases[id], both, input("sign", nil))
	if err != nil || d.Event.Dept != holderDept || d.Event.Role != workflow.DeptHandler {
		t.Fatalf("%+v, %v", d.Event, err)
	}
}

func TestACaseOfAnUnknownKindOrVersionIsRefused(t *testing.T) {
	w := newWorld(t, "2026-03-02 10:00")
	_, err := w.engine.Open(context.Background(), w.people["hall"], workflow.Case{Kind: "party"}, workflow.Input{}, workflow.Key{})
	refused(t, err, fault.Invalid, "no such kind")
	id := w.open("hall", draft())
	c := w.cases[id]
	c.DefVersion = 7
	if _, err := w.engine.Choices(c, w.people["hall"]); err == nil || !strings.Contains(err.Error(), "blocker version 7") {
		t.Fatalf("err = %v", err)
	}
	if _, err := w.engine.Decide(c, w.people["hall"], input("comment", nil)); err == nil {
		t.Fatal("decided without a definition")
	}
}

func TestADefinitionThatNeverRestsIsStopped(t *testing.T) {
	w := newWorld(t, "2026-03-02 10:00")
	ds, err := workflow.Load(fstest.MapFS{"d/loop.yaml": {Data: []byte(`kind: loop
version: 1
title: {zh: 圈, en: Loop}
initial: a
states:
  a: {title: {zh: 甲, en: A}, charge: platform, waits: [{for: system}]}
  b: {title: {zh: 乙, en: B}, charge: platform, waits: [{for: system}]}
  c: {title: {zh: 丙, en: C}, final: true}
transitions:
  - {action: begin, title: {zh: 始, en: Begin}, to: a, by: [system]}
  - {action: there, title: {zh: 去, en: There}, from: [a], to: b, by: [system], auto: true}
  - {action: back, title: {zh: 回, en: Back}, from: [b], to: a, by: [system], auto: true}
  - {action: end, title: {zh: 终, en: End}, from: [a], to: c, by: [coordinator]}
`)}}, "d")
	if err != nil {
		t.Fatal(err)
	}
	w.engine.Defs = ds
	id := w.open("system", workflow.Case{Kind: "loop"})
	if taken, err := w.engine.Advance(context.Background(), id); err == nil || len(taken) != 20 {
		t.Fatalf("%d steps, %v", len(taken), err)
	}
}

func TestAdvancingACaseThatIsGoneSaysSo(t *testing.T) {
	w := newWorld(t, "2026-03-02 10:00")
	_, err := w.engine.Advance(context.Background(), 4711)
	refused(t, err, fault.NotFound, "no such case")
}

func TestRolesAreHeldWhereTheyBelong(t *testing.T) {
	for _, r := range workflow.Roles() {
		if r.Domain() == "" {
			t.Errorf("%s is held nowhere", r)
		}
	}
	system := workflow.SystemActor()
	if !system.IsSystem() || !system.Has(workflow.System) || system.Has(workflow.Auditor) {
		t.Fatal("the software is the system and nothing else")
	}
}

func TestARegionalRoleReachesDownNotUpAndNotAside(t *testing.T) {
	c := workflow.Case{Region: "320000/320100"}
	for region, want := range map[string]bool{
		"320000": true, "320000/320100": true, "320000/320100/320102": false, "320000/3201": false, "320000/320500": false, "": false,
	} {
		seat := workflow.Seat{Role: workflow.Coordinator}
		if got := seat.Holds(workflow.Grant{Role: workflow.Coordinator, Region: region}, &c); got != want {
			t.Errorf("a coordinator of %q: %v", region, got)
		}
	}
	if (workflow.Seat{Part: workflow.Lead, Role: workflow.DeptHead}).Holds(workflow.Grant{Role: workflow.DeptHead}, &c) {
		t.Error("department 0 plays no part")
	}
}
