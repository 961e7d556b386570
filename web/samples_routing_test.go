package web

import (
	"fmt"
	"time"

	"github.com/shujie-gov/shujie/fault"
)

// candidates are departments that could lead theCase, and why.
func candidates() []candidateView {
	return []candidateView{
		{Department: *dept(2), Reasons: []fault.Text{both("退回部门建议", "Proposed by the department that returned it")}, Holds: []holdsView{}},
		{
			Department: *dept(3), Reasons: []fault.Text{both("目录登记持有「出生证明」的数据", "Registered as holding the data of 出生证明"), both("办结过 5 件同类堵点", "Closed 5 blockers of the same kind")},
			Holds: []holdsView{
				{Proof: "出生证明", Resource: &refView{1, "出生医学证明电子证照"}, Class: 2, ClassName: both("有条件共享", "Conditional"), Connected: true},
				{Proof: "户籍证明", Resource: &refView{3, "户籍登记信息"}, Class: 1, ClassName: both("无条件共享", "Unconditional")},
				{Proof: "社区同意证明", ClassName: both("无数据", "No data exists")},
			}, Closed: 5,
		},
		{Department: *dept(4), Reasons: []fault.Text{both("索要部门：可以停止索要", "Demands the paper, and may stop to")}, Holds: []holdsView{}, Returned: true},
	}
}

// routed waits for the coordinator to say who leads.
func routed(allowed bool) caseView {
	c := thirdHop(true)
	c.State, c.StateName, c.Hops.N, c.Hops.Decide = "accepted", stateOf("accepted"), 2, false
	c.WhyHere = &whyHereView{By: "catalogue", Text: both("目录登记了 2 个持有部门，由统筹协调员指定", "2 departments are registered as holding the data, so the coordinator decides")}
	c.Candidates, c.Gaps = candidates(), []string{"社区同意证明"}
	c.Choices = []choiceView{{Action: "dispatch", Title: both("派单", "Dispatch"), Style: "primary", Allowed: allowed, Mine: true, Inputs: []inputView{
		{Name: "lead", Type: "department", Title: both("主办部门", "Lead department"), Required: true, Default: int64(2)},
		{Name: "assists", Type: "departments", Title: both("协办部门", "Assisting departments")},
	}}}
	return c
}

func routingSet(id int64, state, zh, en string) routingSetView {
	v := routingSetView{
		ID: id, Title: "省级路由规则", Region: regionView{"320000", "江苏省"}, State: state, StateName: both(zh, en), Revision: 3, Count: 3,
		Rows: []routingRowView{
			{N: 1, Region: &regionView{"320100", "南京市"}, Item: &refView{46, "新生儿参保"}, Proof: "出生证明", Holder: "D3", HolderTitle: both("卫生健康委员会", "卫生健康委员会"), To: "D3", ToTitle: both("卫生健康委员会", "卫生健康委员会"), Reason: "南京由省卫健委统办"},
			{N: 2, Holder: "none", HolderTitle: both("没有登记（目录缺口）", "nobody (a gap in the catalogue)"), To: "coordinator", ToTitle: both("统筹协调员", "the coordinator"), Reason: "目录缺口先研判"},
			{N: 3, To: "holder", ToTitle: both("唯一的持有部门，否则统筹协调员", "the one holder, else the coordinator"), Reason: "默认"},
		},
		CSV:    "region,item,proof,holder,to,reason\n320100,JS-YB-0046,出生证明,D3,D3,南京由省卫健委统办\n,,,none,coordinator,目录缺口先研判\n,,,,holder,默认\n",
		Author: "王敏", CreatedAt: at(-50 * time.Hour), UpdatedAt: at(-3 * time.Hour), MayWrite: true, MayActivate: true, Form: map[string]string{},
	}
	return v
}

// routingSets are a draft that was run dry, one that was changed since, one that
// never was, the version in force and one of before.
func routingSets() []routingSetView {
	run := &runView{Revision: 3, From: at(-30 * 24 * time.Hour), To: noon(), Cases: 75, Moved: 12, At: at(-time.Hour), By: "王敏"}
	ran, changed, never := routingSet(5, "draft", "草稿", "Draft"), routingSet(4, "draft", "草稿", "Draft"), routingSet(3, "draft", "草稿", "Draft")
	ran.Run, ran.Rehearsed, changed.Run = run, true, run
	active, retired := routingSet(2, "active", "启用中", "In force"), routingSet(1, "retired", "已停用", "Retired")
	active.Run, active.Rehearsed, active.Activator, active.ActivatedAt = run, true, "王敏", ptr(at(-26*time.Hour))
	retired.Activator, retired.ActivatedAt, retired.RetiredAt = "王敏", ptr(at(-200*time.Hour)), ptr(at(-26*time.Hour))
	return []routingSetView{ran, changed, never, active, retired}
}

func rehearsed() rehearsalView {
	moved := []movedView{
		{Case: caseRef{46, "JS-2026-00046", "新生儿参保：索要出生证明"}, Before: dept(4), After: dept(3), Row: 1, Reason: "南京由省卫健委统办", Lead: dept(4)},
		{Case: caseRef{65, "JS-2026-00065", "殡葬办理：索要正常死亡证明"}, Before: dept(2), Row: 2, Reason: "目录缺口先研判"},
	}
	return rehearsalView{
		Set: routingSets()[0], From: at(-30 * 24 * time.Hour), To: noon(), Cases: 75, Moved: moved, Shown: moved[:1],
		Loads: []loadView{{Department: dept(3), Before: 20, After: 31}, {Before: 4, After: 5}, {Department: dept(4), Before: 12}, {Department: dept(1), Before: 9, After: 9}},
	}
}

// routingSamples are the pages of routing.
func routingSamples(f func(string) Frame) []sample {
	wrong := &Problem{Status: 422, Code: "invalid", Title: both("填写有误", "Some input is wrong"), Fields: []fault.Field{
		{Name: "title", Text: both("请填写", "is required")},
		{Name: "region", Text: both("没有这个区划", "there is no such region")},
		{Name: "csv", Text: both("最后一行须是不带条件的兜底规则", "the last row must be a default")},
		{Name: "csv", Text: both("第 3 行 to：没有这个部门：X", "line 3, to: there is no such department: X")},
	}}
	var list []sample
	add := func(name, page, path string, data any, p *Problem) {
		list = append(list, sample{name, page, View{Frame: f(path), Data: data, Problem: p}})
	}
	add("case-routed", "case", "/cases/46", routed(true), nil)
	add("case-routed-watched", "case", "/cases/46", routed(false), nil)
	add("routing", "routing", "/routing", routingListView{Items: routingSets(), MayWrite: true, Form: map[string]string{}}, nil)
	add("routing-empty", "routing", "/routing", routingListView{Form: map[string]string{}}, nil)
	add("routing-refused", "routing", "/routing", routingListView{MayWrite: true, Form: map[string]string{"title": "草稿", "region": "999999", "csv": "x"}}, wrong)
	for _, s := range routingSets() {
		add(fmt.Sprint("routing-set-", s.ID), "routing_set", "/routing/2", s, nil)
	}
	revision := *wrong
	revision.Fields = wrong.Fields[2:]
	refused := routingSets()[0]
	refused.Form = map[string]string{"title": "新名称", "csv": "x"}
	add("routing-set-refused", "routing_set", "/routing/5", refused, &revision)
	reader := routingSets()[0]
	reader.MayWrite, reader.MayActivate = false, false
	add("routing-set-read", "routing_set", "/routing/5", reader, nil)
	add("rehearsal", "rehearsal", "/routing/5", rehearsed(), nil)
	add("rehearsal-empty", "rehearsal", "/routing/5", rehearsalView{Set: reader, From: at(-time.Hour), To: noon()}, nil)
	return list
}
