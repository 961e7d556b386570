package web

import (
	"fmt"
	"strings"
	"time"

	"github.com/shujie-gov/shujie/fault"
)

// noon is when every sample page was made: a Monday in China.
func noon() time.Time { return time.Date(2026, 3, 2, 6, 20, 0, 0, time.UTC) }

func at(d time.Duration) time.Time { return noon().Add(d) }

func ptr(t time.Time) *time.Time { return &t }

func both(zh, en string) fault.Text { return fault.Text{ZH: zh, EN: en} }

func dept(id int64) *deptView {
	names := []string{"", "公安厅", "民政厅", "卫生健康委员会", "医疗保障局", "教育厅", "税务局", "街道社区", "南京市政务服务大厅"}
	return &deptView{ID: id, Code: fmt.Sprint("D", id), Name: names[id], Hall: id == 8}
}

func stateOf(s string) fault.Text {
	return map[string]fault.Text{
		"filed": both("已登记", "Filed"), "accepted": both("已受理", "Accepted"), "dispatched": both("已派单", "Dispatched"),
		"handling": both("办理中", "Handling"), "suspended": both("挂起", "Suspended"), "resolved": both("已办结", "Resolved"),
		"closed": both("已归档", "Closed"), "pending": both("待签收", "Pending"), "replying": both("待答复", "Replying"),
		"working": both("办理中", "Working"), "delivered": both("已交付", "Delivered"), "returned": both("已退回", "Returned"),
	}[s]
}

func kindOf(k string) fault.Text {
	return map[string]fault.Text{
		"blocker": both("堵点", "Blocker"), "assist": both("协办", "Assist"), "share_request": both("共享申请", "Share request"),
	}[k]
}

func light(colour, left, enLeft string) lightView {
	return lightView{
		Colour: colour, Left: both(left, enLeft),
		Why: both("办理时限：政务热线工单办理时限 5 个工作日，经批准可延长 5 个工作日", "Term for handling: 5 working days as for hotline work orders, one extension of 5 on approval"),
	}
}

func head(role, en string, d *deptView, me bool) *waitsView {
	return &waitsView{Role: "x", RoleTitle: both(role, en), Department: d, Me: me}
}

// line is one sample case: a real blocker of testdata/blockers.csv.
func line(id int64, kind, state, item, paper string, demander, holder int64, l lightView, w *waitsView) lineView {
	v := lineView{
		ID: id, Number: fmt.Sprintf("JS-2026-%05d", id), Kind: kind, KindTitle: kindOf(kind), State: state, StateName: stateOf(state),
		Version: 7, Title: item + "：索要" + paper, Proof: paper, Item: &refView{ID: id, Name: item}, Batch: &refView{ID: 5, Name: "第五批"},
		Demander: dept(demander), Holder: dept(holder), Lead: dept(holder), Filer: dept(8), Waits: w, NoMeeting: "data_requested",
		Light: l, Due: ptr(at(2 * time.Hour)), Ended: state == "closed", CreatedAt: at(-75 * time.Hour), UpdatedAt: at(-40 * time.Minute),
	}
	if kind == "assist" {
		v.Title = "停止索要，改用共享数据：" + paper
	}
	if kind == "share_request" {
		v.Title = "申请共享：" + paper
	}
	return v
}

func lines() []lineView {
	list := bareLines()
	list[0].Assignee, list[1].Assignee = &personRef{ID: 3, Name: "张晓岚", Me: true}, &personRef{ID: 4, Name: "欧阳建国"}
	list[1].Quick = &quickView{Title: both("办结", "Resolve"), Why: both("还有材料既无回执也无法定替代", "A requirement has neither a receipt nor a legal alternative")}
	list[3].Quick, list[4].Quick = &quickView{Action: "sign", Title: both("签收", "Sign for it")}, &quickView{Action: "claim", Title: both("认领", "Claim")}
	return list
}

func bulk(state string) bulkView {
	b := bulkView{
		ID: 3, Action: "claim", Title: both("认领", "Claim"), State: state, CreatedAt: noon(), Total: 4, Settled: 2, Undoable: true,
		Counts: map[string]int64{"ready": 2, "done": 0, "refused": 1, "stale": 1, "failed": 0},
	}
	for i, r := range []string{"ready", "ready", "refused", "stale"} {
		l := bareLines()[i]
		it := bulkItemView{Case: l.ID, Number: l.Number, Title: l.Title, Version: 3, Result: r, To: "handling", ToName: stateOf("handling")}
		if r == "refused" {
			it.Reason = both("已由您认领", "You have claimed it already")
		}
		if i == 1 {
			it.Holder = "欧阳建国"
		}
		b.Items = append(b.Items, it)
	}
	b.Items = append(b.Items, bulkItemView{Case: 4711, Version: 1, Result: "failed", Reason: both("没有这件事项。", "There is no such case.")})
	return b
}

func workload() workloadView {
	return workloadView{Departments: []deptLoadView{{
		Department: dept(3), Most: 31, Pool: personLoad{Open: 12, Yellow: 2, Red: 1},
		People: []personLoad{{ID: 3, Name: "张晓岚", Open: 31, Yellow: 4, Red: 2}, {ID: 4, Name: "欧阳建国", Open: 8}, {ID: 5, Name: "周海"}},
	}}}
}

func bareLines() []lineView {
	h, d := head("部门经办", "Handler", dept(3), true), head("部门负责人", "Head", dept(4), false)
	return []lineView{
		line(46, "blocker", "handling", "新生儿参保", "出生证明", 4, 3, light("red", "逾期 3 个工作日", "3 working days overdue"), h),
		line(65, "blocker", "handling", "殡葬办理", "正常死亡证明", 2, 3, light("yellow", "剩 2 小时", "2 h left"), h),
		line(81, "share_request", "replying", "临时救助", "疾病状况证明", 2, 3, light("yellow", "剩 1 个工作日", "1 working day left"), h),
		line(23, "blocker", "dispatched", "新生儿出生一件事", "出生医学证明等十五份材料", 1, 3, light("normal", "剩 4 个工作日", "4 working days left"), h),
		line(90, "assist", "pending", "生育服务登记", "夫妻双方身份证复印件", 3, 1, light("normal", "剩 4 个工作日", "4 working days left"), h),
		line(49, "blocker", "suspended", "临时救助", "疾病状况证明", 2, 3, light("paused", "暂停，余 12 个工作日", "12 working days of pause left"), h),
		line(62, "blocker", "resolved", "生育登记", "生育状况证明", 3, 3, light("none", "", ""), d),
		line(86, "blocker", "closed", "各类事项", "正常死亡证明", 4, 3, light("none", "", ""), nil),
	}
}

func inbox() casesView {
	return casesView{
		Pools: true,
		Items: lines()[:6], Query: listQuery{Box: "todo"},
		Counts: map[string]int64{"todo": 12, "done": 40, "mine": 3, "red": 1, "yellow": 2, "assist": 4, "share_request": 3},
		Total:  1204, More: false, Kinds: []optionView{{"blocker", kindOf("blocker")}, {"assist", kindOf("assist")}},
		States: []optionView{{"filed", stateOf("filed")}, {"handling", stateOf("handling")}},
		Depts:  []deptView{*dept(1), *dept(2), *dept(3)}, Lots: []refView{{5, "第五批"}}, NextURL: "/?cursor=abc", First: "/", Keep: "light=red", Saved: []filterView{{1, "inbox", "急件", "light=red", "/?light=red", true}}, Bulk: []optionView{{"sign", both("签收", "Sign for it")}, {"claim", both("认领", "Claim")}},
	}
}

func steps(present int) []stepView {
	names := []string{"in_person", "data_requested", "data_partial", "data_ready", "online_approved", "delivered"}
	titles := []fault.Text{
		both("需到现场", "In person"), both("已申请", "Data requested"), both("部分到位", "Partly there"),
		both("数据就绪", "Data ready"), both("网上已批", "Approved online"), both("已送达", "Delivered"),
	}
	var list []stepView
	for i, n := range names {
		s := stepView{Name: n, Title: titles[i], Reached: i <= present, Present: i == present}
		if i == 1 && present >= 1 {
			s.Evidence = both("共享申请 JS-2026-00081", "Share request JS-2026-00081")
		}
		if i == 3 && present >= 3 {
			s.Evidence = both("回执 17", "Receipt 17")
		}
		list = append(list, s)
	}
	return list
}

func note(zh, en string) inputView {
	return inputView{Name: "note", Type: "text", Title: both(zh, en), Required: true}
}

func choices() []choiceView {
	return []choiceView{
		{Action: "request_data", Title: both("申请数据", "Request the data"), Style: "primary", Allowed: true, Mine: true},
		{Action: "waive", Title: both("以法定方式替代", "Waive by a legal alternative"), Allowed: true, Mine: true, Inputs: []inputView{
			{Name: "requirement", Type: "requirement", Title: both("材料", "Requirement"), Required: true},
			{Name: "alternative", Type: "enum", Title: both("替代方式", "Alternative"), Required: true, Options: []optionView{
				{"告知承诺", both("告知承诺", "Notice and commitment")}, {"现场核查", both("现场核查", "Check on site")}, {"部门核查", both("部门核查", "Check between departments")},
			}},
		}},
		{Action: "request_assist", Title: both("申请协办", "Ask to assist"), Allowed: true, Mine: true, Inputs: []inputView{
			{Name: "to", Type: "departments", Title: both("协办部门", "Assisting departments"), Required: true},
			{Name: "rule", Type: "enum", Title: both("协办汇合规则", "Enough of them are"), Default: "all", Options: []optionView{{"all", both("全部完成", "all of them")}, {"any", both("一家完成即可", "one of them")}}},
			note("请对方做什么", "What they should do"),
		}},
		{Action: "suspend", Title: both("挂起", "Suspend"), Allowed: true, Mine: true, Inputs: []inputView{
			{Name: "reason", Type: "enum", Title: both("挂起原因", "Reason"), Required: true, Options: []optionView{
				{"citizen_papers", both("等待办事人补正", "The citizen must add something")},
				{"hearing", both("听证、检验、鉴定、专家评审（行政许可法第四十五条）", "Hearing, inspection or expert review (Licensing Law Art. 45)")},
			}}, note("说明", "Note"),
		}},
		{Action: "claim", Title: both("认领", "Claim"), Allowed: true, Mine: true},
		{Action: "assign", Title: both("指派经办人", "Assign to a person"), Allowed: true, Mine: true, Inputs: []inputView{
			{Name: "to", Type: "person", Title: both("经办人", "Person"), Required: true},
		}},
		{Action: "transfer", Title: both("转办", "Transfer"), Allowed: true, Mine: true, Inputs: []inputView{
			{Name: "to", Type: "department", Title: both("转给", "To"), Required: true}, note("理由", "Reason"),
		}},
		{Action: "return", Title: both("退回", "Return"), Style: "danger", Allowed: true, Mine: true, Inputs: []inputView{note("退回理由", "Reason")}},
		{Action: "merge", Title: both("并案", "Merge"), Allowed: true, Mine: true, Inputs: []inputView{
			{Name: "into", Type: "case", Title: both("并入案件编号", "Into case"), Required: true},
			{Name: "visits", Type: "int", Title: both("办事人实际跑动次数", "Visits the citizen made")},
			{Name: "legal_basis", Type: "text", Title: both("法律、行政法规依据", "Legal basis")},
		}},
		{Action: "resolve", Title: both("办结", "Resolve"), Style: "primary", Mine: true, Reasons: []fault.Text{
			both("还有协办或共享申请未结束", "An assist or share request is still open"),
			both("还有材料既无回执也无法定替代", "A requirement has neither a receipt nor a legal alternative"),
		}},
		{Action: "approve_online", Title: both("同意网上办理", "Approve online handling"), Style: "primary", Reasons: []fault.Text{
			both("由其他岗位办理", "Somebody else's step"), both("数据尚未就绪", "The data is not ready"),
		}},
		{Action: "supervise", Title: both("督办", "Supervise"), Reasons: []fault.Text{both("由其他岗位办理", "Somebody else's step")}},
		{Action: "unmask", Title: both("查看办事人信息", "See who the citizen is"), Allowed: true, Mine: true, Inputs: []inputView{note("查看理由", "Reason")}},
		{Action: "comment", Title: both("留言", "Comment"), Allowed: true, Mine: true, Inputs: []inputView{note("内容", "Text")}},
	}
}

func events() []eventView {
	e := func(seq int64, action, zh, en, from, to, who string, d *deptView, ago time.Duration, note string) eventView {
		v := eventView{
			Seq: seq, Action: action, Title: both(zh, en), From: from, To: to, FromName: stateOf(from), ToName: stateOf(to), Actor: who,
			Role: "dept_handler", RoleTitle: both("部门经办", "Handler"), Dept: d, At: at(-ago), Note: note, System: d == nil,
		}
		if action == "dispatch" {
			v.Said = []saidView{{both("路由规则版本", "Version of the routing table"), both("3", "3")}, {both("规则序号", "Row of the table"), both("12", "12")}}
		}
		return v
	}
	return []eventView{
		e(7, "request_data", "申请数据", "Request the data", "handling", "handling", "张晓岚", dept(3), 40*time.Minute, ""),
		e(6, "comment", "留言", "Comment", "handling", "handling", "李建国", dept(4), 3*time.Hour, "医保系统已可读取出生医学证明电子证照，到位后窗口不再收原件。"),
		e(5, "escalate", "超期上报", "Escalate", "handling", "handling", "系统", nil, 5*time.Hour, ""),
		e(4, "sign", "签收", "Sign for it", "dispatched", "handling", "张晓岚", dept(3), 70*time.Hour, ""),
		e(3, "dispatch", "派单", "Dispatch", "accepted", "dispatched", "系统", nil, 74*time.Hour, ""),
		e(2, "accept", "受理", "Accept", "filed", "accepted", "王敏", dept(8), 74*time.Hour, ""),
		e(1, "file", "登记", "File", "", "filed", "陈静", dept(8), 75*time.Hour, "群众第二次来，上次被要求回医院补开出生证明。"),
	}
}

func days() []stepDay {
	return []stepDay{
		{Date: "2026-02-13", Day: at(-17 * 24 * time.Hour), Kind: "workday", Use: "start", Because: both("起算当日，不计入", "the day of the start, not counted")},
		{Date: "2026-02-14", Day: at(-16 * 24 * time.Hour), Kind: "make_up_workday", Use: "counted", N: 1, Because: both("调休上班日，计第 1 日", "make-up working day, counted as day 1")},
		{Date: "2026-02-15", Day: at(-15 * 24 * time.Hour), Kind: "holiday", Use: "off", Because: both("法定节假日，不计", "public holiday, not counted")},
		{Date: "2026-02-24", Day: at(-6 * 24 * time.Hour), Kind: "workday", Use: "stood", Because: both("工作日，下班时期限停走，不计：挂起", "the term stood still")},
	}
}

func theCase() caseView {
	l := lines()[0]
	l.NoMeeting = "data_partial"
	return caseView{
		lineView: l, Definition: 1, Region: regionView{"320100", "南京市"},
		Person: &personView{Name: "赵*", IDNumber: "3299**********0037", Phone: "138****0000"}, Facts: map[string]any{"holders": 1},
		Clocks: clocksView{
			Due: ptr(at(-72 * time.Hour)), Rule: &ruleView{
				Clock: "handle", Title: both("办理时限", "Term for handling"),
				Source: both("政务热线工单办理时限 5 个工作日，经批准可延长 5 个工作日（参照潍坊办法第 20 条、安阳办法第 50 条）", "5 working days as for hotline work orders (after Weifang Art. 20)"),
				Start:  at(-70 * time.Hour), Days: 5, Extra: 5, Paused: 2, Calendar: "2026-1", Warn: ptr(at(-96 * time.Hour)), Still: ptr(at(-4 * time.Hour)),
				Counted: ptr(at(-72 * time.Hour)), Agreement: "agrees", Other: "2026-2", Closes: "24:00", Steps: days(),
				Articles: both("当日不计入，自次日起算。", "The first day is not counted."),
				Held:     &ruleView{Title: both("办理时限", "Term for handling"), Source: both("内部规定", "House rule"), Left: 3, Agreement: "differs", Steps: days()},
			},
			Intervals: []intervalView{
				{From: at(-75 * time.Hour), To: ptr(at(-70 * time.Hour)), State: "filed", StateName: stateOf("filed"), Charge: "department", Seconds: 5 * 3600},
				{From: at(-70 * time.Hour), To: ptr(at(-30 * time.Hour)), State: "suspended", StateName: stateOf("suspended"), Charge: "citizen", Paused: true, Reason: "citizen_papers", Because: both("等待办事人补正", "The citizen must add something"), Seconds: 40 * 3600},
				{From: at(-30 * time.Hour), To: ptr(at(-26 * time.Hour)), State: "handling", StateName: stateOf("handling"), Charge: "platform", Seconds: 4 * 3600},
				{From: at(-26 * time.Hour), State: "handling", StateName: stateOf("handling"), Charge: "department", Department: dept(3), Seconds: 26 * 3600},
			},
			Totals:      totalsView{Citizen: 40 * 3600, Department: 31 * 3600, Platform: 4 * 3600, Nobody: 3600, Wall: 76 * 3600},
			Departments: []deptTimeView{{dept(3), 26 * 3600}, {nil, 5 * 3600}},
			States:      []stateTime{{"filed", stateOf("filed"), 5 * 3600}, {"handling", stateOf("handling"), 30 * 3600}},
		},
		Requirements: []needView{
			{ID: 1, Name: "出生证明", Status: "satisfied", StatusName: both("已调取", "Fetched"), Done: true, ShareClass: 2, ClassName: both("有条件共享", "Conditional"), Resource: &refView{1, "出生医学证明电子证照"}, Provider: dept(3), Receipt: 17, Application: &restsView{ID: 80, Number: "JS-2026-00080", Standing: "valid", Title: both("授权有效", "granted"), Until: "2027-03-01"}},
			{ID: 2, Name: "父母结婚证", Status: "requested", StatusName: both("已申请共享", "Sharing requested"), ShareClass: 2, ClassName: both("有条件共享", "Conditional"), Resource: &refView{2, "婚姻登记信息"}, Provider: dept(2)},
			{ID: 3, Name: "社区同意证明", Status: "waived", StatusName: both("法定方式替代", "Waived"), Done: true, ClassName: both("无数据", "No data exists"), Alternative: "现场核查"},
		},
		Children: []childView{
			{ID: 81, Number: "JS-2026-00081", Kind: "share_request", KindTitle: kindOf("share_request"), State: "replying", StateName: stateOf("replying"), N: 1},
			{ID: 90, Number: "JS-2026-00090", Kind: "assist", KindTitle: kindOf("assist"), State: "working", StateName: stateOf("working"), N: 1, Lead: dept(1), Round: 1},
			{ID: 91, Number: "JS-2026-00091", Kind: "assist", KindTitle: kindOf("assist"), State: "returned", StateName: stateOf("returned"), Ended: true, N: 1, Lead: dept(5), Round: 1, Return: &hopView{Reason: "data_not_held", Title: both("本部门不持有该数据", "We do not hold the data"), Proposed: dept(2)}},
			{Kind: "blocker", KindTitle: kindOf("blocker"), State: "closed", StateName: stateOf("closed"), Ended: true, NoMeeting: "delivered", N: 4},
		},
		Fetches: []fetchView{
			{ID: 1, Attempt: 1, Need: 1, Resource: "出生医学证明电子证照", Version: "2025-1", Provider: dept(3), Purpose: "新生儿参保：出生证明", Basis: "政务数据共享条例第二十条", Outcome: "technical", Title: both("技术故障", "Technical failure"), Message: "平台 30 秒内没有答复", RequestID: "8f3a-01", StartedAt: at(-30 * time.Hour), EndedAt: ptr(at(-30 * time.Hour))},
			{
				ID: 2, Attempt: 2, Need: 1, Resource: "出生医学证明电子证照", Version: "2025-1", Provider: dept(3), Purpose: "新生儿参保：出生证明", Basis: "政务数据共享条例第二十条", Outcome: "found", Title: both("已取得", "Found"), Applied: 80, RequestID: "8f3a-02", StartedAt: at(-26 * time.Hour), EndedAt: ptr(at(-26 * time.Hour)), Receipt: 17,
				Trail: []trailView{{Platform: "js", Name: "省数据共享交换平台", Level: "province"}, {Platform: "gj", Name: "国家数据共享交换平台", Level: "nation"}},
			},
		},
		Actions: []string{"request_data"}, Choices: choices(), Events: events(), Steps: steps(2), Depts: []deptView{*dept(1), *dept(2), *dept(4)}, Staff: workload().Departments[0].People,
		Diagram: `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 300 60" width="300" height="60" role="img"><title>堵点</title><rect class="state" x="2" y="10" width="80" height="36" rx="4" fill="none" stroke="#56616f"/><text x="42" y="33" text-anchor="middle" font-size="13">已派单</text></svg>`,
		Pairs: []pairView{
			{both("使用依据", "Legal basis"), both("《政务数据共享条例》第十九条", "Art. 19")},
			{both("共享授权", "Grant"), both("有效，至 2027-03-01 止；限本部门、本事项使用该数据", "Valid until 2027-03-01, for this department, this service and this data")},
		},
		Similar: 2,
		Joins: []joinView{
			{Name: "assists", Title: both("协办汇合", "Join of the assists"), Rule: "any", Words: both("一家完成即可", "one of them is enough"), Asked: 2, Open: 1, Gone: 1},
			{Name: "other", Title: both("协办汇合", "Join of the assists"), Rule: "all", Words: both("全部完成", "all of them"), Asked: 1, Done: 1, Met: true},
		},
		Hops: &hopsView{N: 2, Limit: 3},
	}
}

// thirdHop waits for the coordinator, who reads it, to decide.
func thirdHop(me bool) caseView {
	c := theCase()
	c.Lead, c.Waits = nil, head("统筹协调员", "Coordinator", nil, me)
	c.Hops = &hopsView{N: 3, Limit: 3, Decide: true, Return: &hopView{Reason: "not_our_duty", Title: both("非本部门职责", "Not our duty"), Proposed: dept(2)}}
	return c
}

func assist() caseView {
	c := theCase()
	c.lineView, c.Steps, c.Requirements, c.Fetches, c.Children, c.Joins = lines()[4], nil, nil, nil, nil, nil
	c.Facts = map[string]any{"task": "请核对申请人父母的户籍登记，三日内答复。"}
	c.Hops = &hopsView{N: 3, Limit: 3, Bound: true}
	return c
}

func shareRequest() caseView {
	c := theCase()
	c.lineView, c.Steps, c.Requirements, c.Fetches, c.Children = lines()[2], nil, nil, nil, nil
	c.Parent = &caseRef{ID: 46, Number: "JS-2026-00046", Title: "新生儿参保：索要出生证明"}
	c.Facts = map[string]any{"basis": "政务数据共享条例第二十条", "scenario": "临时救助：索要疾病状况证明", "scope": "疾病状况证明", "way": "服务接口", "term_days": 60.0, "refusal_basis": "档案法第二十八条"}
	return c
}

func refused() caseView {
	c := theCase()
	c.Acted, c.Form = "suspend", map[string]any{"note": "等群众把原件寄来", "reason": "hearing", "visits": 2.0}
	return c
}

func proofs() []proofView {
	return []proofView{
		{ID: 11, Name: "出生证明", Holder: dept(3), Holders: 1, Goes: dept(3), Resource: &refView{1, "出生医学证明电子证照"}, ShareClass: 2, ClassName: both("有条件共享", "Conditional"), Connected: true, Open: 2, Closed: 5, Similar: lines()[:2]},
		{ID: 12, Name: "父母身份证复印件", Holder: dept(1), Holders: 1, Goes: dept(1), Resource: &refView{2, "居民身份证电子证照"}, ShareClass: 1, ClassName: both("无条件共享", "Unconditional"), Connected: true, FetchNow: true, Same: &sameView{"JS-2026-00040", 3}},
		{ID: 13, Name: "户籍证明", Holder: dept(1), Holders: 2, Resource: &refView{3, "户籍登记信息"}, ShareClass: 2, ClassName: both("有条件共享", "Conditional")},
		{ID: 14, Name: "社区同意证明", ClassName: both("无数据", "No data exists"), Alternative: "现场核查"},
	}
}

func item() itemView {
	return itemView{ID: 46, Code: "JS-YB-0046", Name: "新生儿参保", Dept: dept(4), Region: regionView{"320000", "江苏省"}, Case: 7, Proofs: proofs()}
}

func spread(n ...int64) []countView {
	var list []countView
	for i, s := range []string{"filed", "accepted", "dispatched", "handling", "suspended", "resolved", "closed"} {
		list = append(list, countView{State: s, Title: stateOf(s), N: n[i]})
	}
	return list
}

func batch(id int64, name string) batchView {
	return batchView{
		ID: id, Name: name, Region: regionView{"320000", "江苏省"}, Lead: dept(3), Target: ptr(at(30 * 24 * time.Hour)), Total: 100, Closed: 87, Ended: 88, Red: 2,
		States: spread(1, 1, 2, 6, 1, 2, 87), AsOf: noon(), Stuck: lines()[:4], Departments: []batchDeptView{
			{Department: dept(3), Total: 24, Closed: 17, States: spread(0, 0, 1, 4, 1, 1, 17)},
			{Department: dept(1), Total: 41, Closed: 37, States: spread(0, 0, 1, 2, 0, 1, 37)},
			{Department: dept(2), Total: 33, Closed: 33, States: spread(0, 0, 0, 0, 0, 0, 33)},
			{Total: 2, States: spread(1, 1, 0, 0, 0, 0, 0)},
		},
	}
}

func frame(path string) Frame {
	return Frame{
		Path: path, RequestID: "01J9ZK4T7Q", Me: &Me{Name: "张晓岚", Username: "wj.handler", Department: "卫生健康委员会", Role: both("部门经办", "Handler")},
		Nav: []NavItem{
			{Path: "/", Title: both("工作台", "Inbox"), Count: 12, Here: path == "/"},
			{Path: "/cases", Title: both("案件", "Cases"), Here: path == "/cases"},
			{Path: "/cases/new", Title: both("登记堵点", "File a blocker")},
			{Path: "/batches", Title: both("批次", "Batches")},
			{Path: "/resources", Title: both("目录", "Catalogue")},
			{Path: "/cases?kind=share_request", Title: both("共享申请", "Share requests"), Count: 3},
		},
		Unread: 4, Version: "0.1.0", Live: true, Now: noon(),
	}
}

func anonymous() Frame { return Frame{Path: "/login", RequestID: "01J9ZK4T7Q", Now: noon()} }

// sample is a page with everything on it, or with nothing.
type sample struct {
	name, page string
	view       View
}

func samples() []sample {
	stale := &Problem{
		Status: 409, Code: "stale", Title: both("案件已有新进展", "The case has moved on"), Detail: both("您打开页面之后，有人办理了这个案件。", "Somebody moved it after you opened the page."),
		RequestID: "01J9ZK4T7Q", Case: "/cases/46", Number: "JS-2026-00046", State: stateOf("resolved"), Version: 9, Since: []any{events()[2], events()[1], events()[0]},
		Again: &Again{URL: "/cases/46/actions/suspend", Action: both("挂起", "Suspend"), Fields: map[string]string{"note": "等群众把原件寄来", "reason": "hearing"}},
	}
	invalid := &Problem{
		Status: 422, Code: "invalid", Title: both("填写有误", "Some input is wrong"), Detail: both("请检查标出的内容。", "See the marked fields."),
		Fields: []fault.Field{{Name: "reason", Text: both("请填写挂起原因", "Reason is required")}, {Name: "note", Text: both("请填写说明", "Note is required")}},
	}
	wrongFile := &Problem{Status: 422, Code: "invalid", Title: both("填写有误", "Some input is wrong"), Fields: []fault.Field{
		{Name: "proofs", Text: both("请至少选择一项材料", "Choose at least one paper")},
		{Name: "proof", Text: both("超过 100 字", "longer than 100 characters")},
		{Name: "service_item", Text: both("没有这个事项", "No such service")},
		{Name: "person.id_number", Text: both("身份证号校验码不对", "The check digit of the ID number is wrong")},
		{Name: "person.name", Text: both("超过 50 字", "longer than 50")},
		{Name: "person.phone", Text: both("不是手机号", "is not a phone number")},
	}}
	it, chosen, ended := item(), proofs()[0], theCase()
	ended.lineView, ended.Choices, ended.Clocks.Rule, ended.Light.Colour = lines()[7], nil, nil, "none"
	ended.Requirements, ended.Children, ended.Fetches, ended.Person, ended.Steps, ended.Diagram, ended.Similar = nil, nil, nil, nil, steps(5), "", 0
	overdue := receiptView{
		ID: 17, Case: 46, Need: 1, Resource: "出生医学证明电子证照", Version: "2025-1", Provider: dept(3), Purpose: "新生儿参保：出生证明", Basis: "政务数据共享条例第二十条", Applied: 80, Trail: "省数据共享交换平台 → 国家数据共享交换平台", RequestID: "8f3a-02",
		Hash: strings.Repeat("9c1f", 16), At: at(-26 * time.Hour), ValidUntil: at(90 * 24 * time.Hour), Signature: strings.Repeat("30450221", 17),
		CaseNumber: "JS-2026-00046", User: dept(1), Consent: "办事人当面同意", Key: strings.Repeat("5e0c", 8), PEM: "-----BEGIN PUBLIC KEY-----\nMFkwEwYHKoZIzj0CAQYIKoEcz1UBgi0DQgAE\n-----END PUBLIC KEY-----\n",
		Line: `["shujie receipt 4",17,"` + strings.Repeat("出生医学证明电子证照", 40) + `"]`,
	}
	expired := overdue
	expired.Source, expired.Line, expired.PEM = 3, strings.Repeat("长", 1000), ""
	expired.Probe, expired.ValidUntil, expired.DestroyedAt = true, at(-time.Hour), ptr(at(-time.Minute))
	f := frame
	var list []sample
	add := func(name, page string, fr Frame, data any, p *Problem) {
		list = append(list, sample{name, page, View{Frame: fr, Data: data, Problem: p}})
	}
	problem := func(status int) *Problem {
		return &Problem{Status: status, Detail: both("说明。", "Detail."), Rule: "blocker/accept", RequestID: "01J9ZK4T7Q", Fields: []fault.Field{{Name: "cursor", Text: both("无效", "invalid")}}}
	}
	add("login", "login", anonymous(), loginView{Next: "/", Demo: []demoView{{"hall", "陈静", "南京市政务服务大厅", "大厅人员", "演示口令"}, {"coordinator", "王敏", "江苏省", "统筹协调员", "演示口令"}, {"wj.handler", "张晓岚", "卫生健康委员会", "部门经办", "演示口令"}, {"wj.head", "周海", "卫生健康委员会", "部门负责人", "演示口令"}}}, nil)
	add("login-refused", "login", anonymous(), loginView{Username: "chen", Next: "/batches"}, &Problem{Status: 401, Title: both("请先登录", "Please log in"), Detail: both("用户名或密码不对。", "User name or password is wrong.")})
	add("inbox", "inbox", f("/"), inbox(), nil)
	for _, box := range []string{"todo", "done", "mine"} {
		add("inbox-empty-"+box, "inbox", f("/"), casesView{Query: listQuery{Box: box}, Counts: map[string]int64{}}, nil)
	}
	away := f("/")
	away.Outages = []Outage{
		{1, both("数据共享交换平台（gjgxjhpt）中断（3月2日 14:05 起），1234 件调取等待恢复。恢复后自动继续，用时计入平台，无需重复操作。", "The exchange platform (gjgxjhpt) is away (since 2 Mar 14:05); 1234 fetches wait. They go on by themselves when it is back, the time is the platform's, and nothing need be done twice.")},
		{2, both("「出生医学证明电子证照」的接口中断（3月2日 14:10 起），2 件调取等待恢复。恢复后自动继续，用时计入平台，无需重复操作。", "The service of 出生医学证明电子证照 is away (since 2 Mar 14:10); 2 fetches wait.")},
	}
	add("inbox-outage", "inbox", away, inbox(), nil)
	add("inbox-filtered", "inbox", f("/"), casesView{Query: listQuery{Light: "red"}}, nil)
	all := inbox()
	all.Items, all.Query = lines(), listQuery{Kind: "blocker", State: "handling", Department: 3, Batch: 5, Light: "red", Open: "true", Sort: "due", Text: "证明"}
	add("cases", "cases", f("/cases"), all, nil)
	add("workload", "workload", f("/workload"), workload(), nil)
	my := myView{
		Me: meView{3, "张晓岚", "wj.handler", []grantView{{both("部门经办", "Handler"), dept(3), ""}, {both("部门负责人", "Head"), dept(3), "周海"}}}, Today: "2026-03-02", Heads: true,
		People: workload().Departments[0].People, Filters: []filterView{{1, "cases", "急件", "light=red", "/cases?light=red", false}}, Form: map[string]any{},
		Substitutes: []substituteView{{1, personRef{5, "周海", false}, personRef{3, "张晓岚", true}, personRef{5, "周海", false}, "2026-03-02", "2026-03-09", true, true}},
	}
	add("me", "me", f("/me"), my, nil)
	plainMe := my
	plainMe.Heads = false
	add("me-refused", "me", f("/me"), plainMe, &Problem{Status: 422, Title: both("填写有误", "Some input is wrong"), Fields: []fault.Field{
		{Name: "absent", Text: both("这段时间正代他人办理", "stands in for another")},
		{Name: "substitute", Text: both("不是同一部门的人员", "works elsewhere")},
		{Name: "from", Text: both("应为日期", "must be a date")},
		{Name: "until", Text: both("已经过去", "is over")},
	}})
	add("me-bare", "me", f("/me"), myView{Me: meView{9, "审计", "auditor", nil}}, nil)
	closed := theCase()
	closed.lineView, closed.Steps = lines()[7], steps(5)
	sheet := closingView{Case: closed, Filed: at(-75 * time.Hour), Ended: ptr(noon()), Papers: []paperView{
		{Name: "出生证明", How: both("已调取", "Fetched"), Data: "出生医学证明电子证照", Provider: "卫生健康委员会", Receipt: 17, Hash: strings.Repeat("9c1f", 16), At: ptr(noon())},
		{Name: "社区同意证明", How: both("法定方式替代：现场核查", "Waived: check on site")},
	}, Handled: []handledView{{both("签收", "Sign for it"), "张晓岚", "卫生健康委员会", both("部门经办", "Handler"), noon()}}}
	add("closing", "closing", f("/cases/86/closing"), sheet, nil)
	add("closing-bare", "closing", f("/cases/86/closing"), closingView{Case: caseView{lineView: lineView{Title: "x"}}}, nil)
	add("order", "order", f("/cases/91/order"), orderSheet(), nil)
	add("order-bare", "order", f("/cases/91/order"), orderView{}, nil)
	add("watch", "watch", f("/watch"), watched(), nil)
	add("watch-empty", "watch", f("/watch"), watchView{Empty: true, AsOf: noon()}, nil)
	add("case-reminded", "case", f("/cases/46"), reminded(), nil)
	add("bulk-preview", "bulk", f("/bulk/3"), bulk("preview"), nil)
	add("bulk-running", "bulk", f("/bulk/3"), bulk("running"), nil)
	done, over, plain, back := bulk("done"), bulk("done"), bulk("done"), bulk("done")
	done.UndoUntil, done.Items[0].Result, plain.Undoable, back.Undoes, back.Note = ptr(at(9*time.Minute)), "done", false, 2, "统一处理"
	for i, b := range []bulkView{done, over, plain, back} {
		add(fmt.Sprint("bulk-done-", i), "bulk", f("/bulk/3"), b, nil)
	}
	ask := bulkFormView{Action: "transfer", Title: both("转办", "Transfer"), Rows: []bulkRowView{{46, 7}, {65, 7}}, Depts: []deptView{*dept(1)}, Form: map[string]any{}, Inputs: []inputView{
		{Name: "to", Type: "department", Title: both("转给", "To"), Required: true}, note("理由", "Reason"),
	}}
	add("bulkform", "bulkform", f("/bulk"), ask, nil)
	add("bulkform-refused", "bulkform", f("/bulk"), bulkFormView{Form: map[string]any{}}, &Problem{Status: 422, Title: both("填写有误", "Some input is wrong"), Detail: both("请至少选择一件。", "Choose at least one.")})
	taken := theCase()
	taken.Assignee = &personRef{ID: 4, Name: "欧阳建国"}
	add("case-taken", "case", f("/cases/46"), taken, nil)
	add("cases-empty", "cases", f("/cases"), casesView{More: true, Total: 1000}, &Problem{Status: 422, Fields: []fault.Field{{Name: "kind", Text: both("没有这个类型", "No such kind")}}})
	add("case", "case", f("/cases/46"), theCase(), nil)
	add("case-refused", "case", f("/cases/46"), refused(), invalid)
	add("case-share", "case", f("/cases/81"), shareRequest(), nil)
	add("case-assist", "case", f("/cases/90"), assist(), nil)
	add("case-third-hop", "case", f("/cases/46"), thirdHop(true), nil)
	add("case-third-hop-watched", "case", f("/cases/46"), thirdHop(false), nil)
	waitless := thirdHop(false)
	waitless.Waits = nil
	add("case-third-hop-nobody", "case", f("/cases/46"), waitless, nil)
	add("case-ended", "case", f("/cases/86"), ended, nil)
	add("file", "file", f("/cases/new"), fileView{Text: "新生儿", Found: []itemView{it, it}}, nil)
	add("file-none", "file", f("/cases/new"), fileView{Text: "不存在"}, wrongFile)
	add("file-item", "file", f("/cases/new"), fileView{Item: &it, Chosen: &chosen, Form: map[string]string{"person.name": "赵磊"}}, nil)
	add("file-refused", "file", f("/cases/new"), fileView{Item: &it, Form: map[string]string{"proofs": "12,13"}}, wrongFile)
	at46 := theCase()
	papers := []windowPaper{{Need: at46.Requirements[0], Receipt: &overdue, Facts: []factView{{"出生医学证明编号", "S320012345"}, {"xm", "赵*"}}}, {Need: at46.Requirements[1], Receipt: &expired, Opaque: true}}
	add("window", "window", f("/cases/46/window"), windowView{Case: at46, Papers: papers, Served: true, Into: &caseRef{40, "JS-2026-00040", "新生儿参保：索要出生证明"}}, nil)
	add("window-fetching", "window", f("/cases/46/window"), windowView{Case: at46, Papers: papers[:1], Fetching: true}, nil)
	add("window-parked", "window", f("/cases/46/window"), windowView{Case: at46, Papers: papers[:1], Parked: true}, nil)
	add("window-open", "window", f("/cases/46/window"), windowView{Case: ended, Papers: papers[:1]}, nil)
	add("file-bare", "file", f("/cases/new"), fileView{Item: &itemView{ID: 9, Name: "养犬登记"}}, nil)
	add("batches", "batches", f("/batches"), batchesView{Items: []batchView{batch(1, "第一批"), batch(2, "第二批"), {ID: 3, Name: "第三批"}}}, nil)
	add("batches-empty", "batches", f("/batches"), batchesView{}, nil)
	add("batch", "batch", f("/batches/1"), batch(1, "第一批"), nil)
	add("batch-empty", "batch", f("/batches/3"), batchView{ID: 3, Name: "第三批"}, nil)
	add("resources", "resources", f("/resources"), resourcesView{Query: "人口", Class: "2", Status: "draft", Department: 2, Depts: []deptView{*dept(1), *dept(2)}, Filtered: true, Proposes: true, Own: true, Export: "/resources/export?", Items: []resourceView{{ID: 1, Code: "RES-0001", Name: "人口基准信息", Provider: dept(1), Class: 1, ClassName: both("无条件共享", "Unconditional"), Version: "2025-1", ValidDays: 90, Connected: true}, {ID: 2, Code: "RES-0002", Name: "婚姻登记信息", Provider: dept(2), Class: 2, ClassName: both("有条件共享", "Conditional"), Condition: "限社会救助、户籍、公证事项", Version: "2025-1"}}}, nil)
	add("resources-empty", "resources", f("/resources"), resourcesView{}, nil)
	add("items", "items", f("/service-items"), itemsView{Items: []itemView{it, {ID: 2, Name: "养犬登记"}}}, nil)
	add("items-empty", "items", f("/service-items"), itemsView{Query: "x"}, nil)
	addDefinitions(add, f)
	add("notices", "notices", f("/notices"), noticesView{Items: []noticeView{{ID: 1, Case: 46, Number: "JS-2026-00046", Title: "新生儿参保：索要出生证明", Action: "data_arrived", Rows: 12, Name: both("数据到位", "Data arrived"), At: at(-2 * time.Hour)}}}, nil)
	add("notices-empty", "notices", f("/notices"), noticesView{}, nil)
	add("receipt", "receipt", f("/receipts/17"), overdue, nil)
	add("receipt-expired", "receipt", f("/receipts/17"), expired, nil)
	add("receipt-key", "receipt_key", f("/receipt-key"), receiptKeyView{
		publicKeyView: publicKeyView{overdue.Key, strings.Repeat("04", 65), overdue.PEM}, Algorithm: "SM2",
		Keys: []publicKeyView{{strings.Repeat("0a", 16), strings.Repeat("04", 65), overdue.PEM}, {overdue.Key, strings.Repeat("04", 65), overdue.PEM}},
	}, nil)
	add("error-409", "error", f("/cases/46"), nil, stale)
	conflict := *stale
	conflict.Code, conflict.Title, conflict.Again, conflict.Since = "conflict", fault.Text{}, nil, nil
	add("error-409-conflict", "error", f("/cases/46"), nil, &conflict)
	for _, s := range []int{400, 401, 403, 404, 422, 429, 500, 503} {
		add(fmt.Sprint("error-", s), "error", f("/x"), nil, problem(s))
	}
	list = append(list, routingSamples(f)...)
	list = append(list, catalogueSamples(f)...)
	list = append(list, usageSamples(f)...)
	list = append(list, calendarSamples(f)...)
	add("error-404-anonymous", "error", anonymous(), nil, &Problem{Status: 404, Title: both("没有找到", "Not found")})
	return list
}
