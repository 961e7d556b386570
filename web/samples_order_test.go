package web

import (
	"time"

	"github.com/shujie-gov/shujie/fault"
)

// orderSheet is a supervision order that was answered and sent back.
func orderSheet() orderView {
	order, about := theCase(), theCase()
	order.Number, order.Title, order.Kind = "督〔2026〕7号", "督办："+about.Title, "supervision"
	return orderView{
		Order: order, About: &about, Way: both("挂牌督办", "Listed"), Ground: both("逾期未办", "Overdue"),
		Demand: "请于三日内办结。\n逾期书面说明。", Days: 3, Due: ptr(noon()), Rule: both("内部规定", "House rule"),
		By: both("王敏（统筹协调员）", "Wang Min (Coordinator)"), At: noon(),
		Result: both("暂不能解决，附计划", "Planned"), Answer: "接口正在联调，三日内开通。", Answered: ptr(at(-time.Hour)),
		Judged: &handledView{Title: both("不认可，退回重办", "Send the answer back"), Name: "王敏", Role: both("统筹协调员", "Coordinator"), At: noon()}, Note: "未附计划",
	}
}

// reminded is a case on which somebody was reminded.
func reminded() caseView {
	c := theCase()
	c.Reminded = &remindedView{By: "陈静", RoleTitle: fault.Text{ZH: "大厅人员", EN: "Hall staff"}, Department: dept(3), At: at(-2 * time.Hour)}
	return c
}

// watched is a watch that found something.
func watched() watchView {
	return watchView{AsOf: noon(), Grace: 300, MayRevive: true, Revivals: []revivalView{{By: "系统管理员", At: at(-26 * time.Hour), Count: 1234}}, Items: []watchItem{
		{Kind: "cases", Title: both("到时未动的事项", "Cases that time should have moved"), Count: 12, Oldest: at(-3 * time.Hour), Todo: both("确认有后台进程在运行（shujie serve --role=worker）。", "See that a worker runs (shujie serve --role=worker).")},
		{Kind: "dead", Title: both("已放弃的后台任务", "Jobs that were given up"), Count: 10000, Oldest: at(-50 * time.Hour), Todo: both("查找原因。", "Find the cause.")},
	}}
}
