package workflow_test

import (
	"slices"
	"strings"
	"testing"

	"github.com/shujie-gov/shujie/workflow"
)

func TestADiffTellsWhatChangedAndNotWhatFollows(t *testing.T) {
	ds := withSample(t)
	v1, v2 := ds.Get(workflow.Blocker, 1), ds.Get(workflow.Blocker, 2)
	if same := workflow.Diff(v1, v1); len(same) != 0 {
		t.Errorf("a version differs from itself: %+v", same)
	}
	list := workflow.Diff(v1, v2)
	find := func(what, thing, name string) workflow.Change {
		t.Helper()
		i := slices.IndexFunc(list, func(c workflow.Change) bool { return c.What == what && c.Thing == thing && c.Name == name })
		if i < 0 {
			t.Fatalf("no %s %s %s in %+v", what, thing, name, list)
		}
		return list[i]
	}
	find("renamed", "state", "accepted → admitted")
	find("removed", "state", "suspended")
	find("removed", "clock", "suspend")
	find("removed", "action", "suspend")
	find("added", "fact", "priority")
	if c := find("changed", "clock", "handle"); len(c.Details) != 1 || c.Details[0].Before.ZH != "5 个工作日" || c.Details[0].After.EN != "3 working days" {
		t.Errorf("the clock: %+v", c.Details)
	}
	if c := find("changed", "action", "sign"); len(c.Details) != 1 || c.Details[0].Before.ZH != "主办部门·部门经办、主办部门·部门负责人" || c.Details[0].After.ZH != "主办部门·部门负责人" {
		t.Errorf("the seat: %+v", c.Details)
	}
	if slices.ContainsFunc(list, func(c workflow.Change) bool { return c.Thing == "action" && c.Name == "accept" }) {
		t.Error("what follows from a renamed state is told again")
	}
	if slices.ContainsFunc(list, func(c workflow.Change) bool { return c.Thing == "action" && c.Name == "comment" }) {
		t.Error("what follows from a state that is gone is told again")
	}
}

func TestADiffTellsOfJoins(t *testing.T) {
	v1 := released(t).Latest(workflow.Blocker)
	if len(v1.Joined) == 0 {
		t.Fatal("the blocker has no join")
	}
	changed, err := workflow.Parse("blocker.v2.yaml", []byte(strings.Replace(v1.Text(), "en: Join of the assists", "en: Join of those who assist", 1)))
	if err != nil {
		t.Fatal(err)
	}
	list := workflow.Diff(v1, changed)
	if len(list) != 1 || list[0].Thing != "join" || list[0].What != "changed" || len(list[0].Details) != 1 {
		t.Errorf("the diff is %+v", list)
	}
}

// A steward who changes when whom a late case tells, and how often one may
// remind, reads it in words.
func TestADiffTellsOfSupervisionInWords(t *testing.T) {
	v1 := released(t).Latest(workflow.Blocker)
	text := strings.Replace(v1.Text(), "{after: 1, to: coordinator}", "{after: 2, to: coordinator}", 1)
	text = strings.Replace(text, "again: {after: 1,", "again: {after: 2,", 1)
	changed, err := workflow.Parse("blocker.v2.yaml", []byte(text))
	if err != nil {
		t.Fatal(err)
	}
	var got []string
	for _, c := range workflow.Diff(v1, changed) {
		for _, d := range c.Details {
			got = append(got, c.Thing+" "+d.Aspect.ZH+"："+d.Before.ZH+" → "+d.After.ZH, d.Aspect.EN+": "+d.Before.EN+" → "+d.After.EN)
		}
	}
	want := []string{
		"action 再次办理：1 个工作日后 → 2 个工作日后", "Again: after 1 working days → after 2 working days",
		"escalation 第三级：逾期 1 个工作日告知统筹协调员 → 逾期 2 个工作日告知统筹协调员",
		"Level 3: 1 working days after it to the coordinator → 2 working days after it to the coordinator",
	}
	if !slices.Equal(got, want) {
		t.Errorf("it tells %q", got)
	}
}
