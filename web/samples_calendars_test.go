package web

import (
	"fmt"
	"time"

	"github.com/shujie-gov/shujie/fault"
)

// yearOf draws 2026 with one holiday, one make-up day and one change.
func yearOf() []monthView {
	var list []monthView
	for m := time.January; m <= time.December; m++ {
		first := time.Date(2026, m, 1, 12, 0, 0, 0, time.UTC)
		month := monthView{Title: both(fmt.Sprintf("%d 月", m), m.String())}
		week := make([]dayCell, (int(first.Weekday())+6)%7)
		for day := first; day.Month() == m; day = day.AddDate(0, 0, 1) {
			cell := dayCell{Day: day.Day(), Date: day.Format(time.DateOnly), Kind: "workday", Name: both("工作日", "Working day")}
			switch {
			case cell.Date == "2026-02-14":
				cell.Kind, cell.Name, cell.Mark = "make_up_workday", both("调休上班", "Make-up working day"), both("班", "on")
			case m == time.February && cell.Day > 14 && cell.Day < 24:
				cell.Kind, cell.Name, cell.Mark = "holiday", both("放假", "Holiday"), both("休", "off")
			case day.Weekday() == time.Saturday || day.Weekday() == time.Sunday:
				cell.Kind, cell.Name = "weekend", both("周末", "Weekend")
			}
			if cell.Date == "2026-02-24" {
				cell.Kind, cell.Name, cell.Mark, cell.Changed, cell.Was = "holiday", both("放假", "Holiday"), both("休", "off"), true, both("工作日", "Working day")
			}
			if week = append(week, cell); len(week) == 7 {
				month.Weeks, week = append(month.Weeks, week), nil
			}
		}
		if len(week) > 0 {
			month.Weeks = append(month.Weeks, append(week, make([]dayCell, 7-len(week))...))
		}
		list = append(list, month)
	}
	return list
}

func calendarOf(number int64, status, zh, en string) calendarView {
	return calendarView{
		Number: number, Version: fmt.Sprintf("0a1b2c3d4e%02d", number), Status: status, StatusName: both(zh, en), Close: "24:00", Years: []int{2018, 2025, 2026},
		Source: "国办发明电〔2025〕7号", Note: "按当年通知", By: "省数据管理员", At: at(-50 * time.Hour), Year: 2026, Worked: 248, Off: 33, MadeUp: 6, Months: yearOf(),
		Kinds:    []optionView{{Value: "holiday", Title: both("放假", "Holiday")}, {Value: "ordinary", Title: both("按星期（平日或周末）", "By its weekday")}},
		MayWrite: true, Form: map[string]string{},
	}
}

func replayOfState(id int64, status, zh, en string) replayView {
	moved := both("预览之后又办过「受理」，请重新预览", "it was moved by \"Accept\" after the preview; preview it again")
	marks := []replayMark{{"pending", both("待重算", "Waiting"), 0}, {"moved", both("已重算", "Counted anew"), 42}, {"stale", both("预览后有变动，未重算", "Moved after the preview, left alone"), 1}, {"failed", both("未能重算", "Failed"), 0}}
	return replayView{
		ID: id, Calendar: 2, Version: "0a1b2c3d4e02", From: "0a1b2c3d4e01", Status: status, StatusName: both(zh, en), Looked: 1873, Rows: 43, Done: 43,
		Counts: []replayCount{
			{"blocker", both("堵点", "Blocker"), "handle", both("办理时限", "Term for handling"), "later", both("推后", "Later"), 40},
			{"share_request", both("共享申请", "Share request"), "reply", both("答复时限", "Term for the reply"), "light", both("截止日不变，提醒改期", "Same date, other warning"), 3},
		},
		Outcomes: map[string]int64{"pending": 0, "moved": 42, "stale": 1, "failed": 0}, Tallies: marks, By: "省数据管理员", At: at(-2 * time.Hour), Scoped: true,
		Items: []replayedView{
			{
				Case: 46, Number: "JS-2026-00046", Title: "新生儿参保：索要出生证明", Version: 7, Kind: "blocker", KindTitle: both("堵点", "Blocker"), Clock: "handle", ClockTitle: both("办理时限", "Term for handling"),
				Department: dept(2), Before: ptr(at(30 * time.Hour)), After: ptr(at(54 * time.Hour)), Direction: "later", DirectionName: both("推后", "Later"),
				LightBefore: colourView{"yellow"}, LightAfter: colourView{"normal"}, Outcome: "moved", OutcomeName: both("已重算", "Counted anew"),
			},
			{
				Case: 47, Number: "JS-2026-00047", Title: "异地换领居民身份证", Version: 3, Kind: "blocker", KindTitle: both("堵点", "Blocker"), Clock: "accept", ClockTitle: both("受理时限", "Term for acceptance"),
				After: ptr(at(54 * time.Hour)), Direction: "begins", DirectionName: both("有了截止日", "Gets a date"), LightBefore: colourView{"none"}, LightAfter: colourView{"normal"},
				Outcome: "stale", OutcomeName: both("预览后有变动，未重算", "Moved after the preview, left alone"), Why: &moved,
			},
		},
	}
}

// calendarSamples are the pages of the working calendar.
func calendarSamples(f func(string) Frame) []sample {
	var list []sample
	add := func(name, page, path string, data any, p *Problem) {
		list = append(list, sample{name, page, View{Frame: f(path), Data: data, Problem: p}})
	}
	draft, inForce, retired := calendarOf(3, "draft", "草稿", "draft"), calendarOf(2, "in_force", "现行", "in force"), calendarOf(1, "retired", "已停用", "retired")
	draft.Changes = []calendarChange{{"2026-02-24", "workday", "holiday", both("工作日", "Working day"), both("放假", "Holiday")}}
	inForce.MovedBy, inForce.MovedAt = "系统管理员", ptr(at(-40*time.Hour))
	retired.CloseBefore = "17:30"
	wrong := &Problem{Status: 422, Code: "invalid", Title: both("填写有误", "Some input is wrong"), Fields: []fault.Field{
		{Name: "csv", Text: both("第 3 行 kind 列：\"feast\" 应为 holiday（放假）或 make_up_workday（调休上班）", "row 3, column kind: \"feast\" is neither holiday nor make_up_workday")},
	}}
	ready, counting, outdated, running := replayOfState(9, "ready", "待确认", "To be confirmed"), replayOfState(10, "counting", "正在预览", "Being counted"), replayOfState(8, "outdated", "已过时", "Outdated"), replayOfState(6, "running", "正在重算", "At work")
	ready.MayApply, ready.Outcome, outdated.MayWrite = true, "pending", true
	counting.Active, counting.Counts, counting.Items, running.Active = true, nil, nil, true
	admin := replayOfState(9, "ready", "待确认", "To be confirmed")
	admin.MayApply, admin.InForce, admin.Scoped, admin.Items = true, true, false, nil
	done := replayOfState(7, "done", "已完成", "Done")
	done.AppliedBy, done.AppliedAt, done.Follows, done.NextURL, done.First = "系统管理员", ptr(at(-time.Hour)), 6, "/replays/7?cursor=x", "/replays/7"
	nothing := replayOfState(5, "done", "已完成", "Done")
	nothing.Counts, nothing.Items, nothing.Rows = nil, nil, 0
	all := []replayView{ready, counting, done}
	draft.Replays = all[:1]
	add("calendars", "calendars", "/calendars", calendarsView{Items: []calendarView{draft, inForce, retired}, Undated: 12, Replays: all, MayWrite: true, Form: map[string]string{}}, nil)
	add("calendars-read", "calendars", "/calendars", calendarsView{Items: []calendarView{inForce}, Form: map[string]string{}}, nil)
	add("calendars-refused", "calendars", "/calendars", calendarsView{Items: []calendarView{inForce}, MayWrite: true, Form: map[string]string{"csv": "date,kind\nx"}}, wrong)
	add("calendar-draft", "calendar", "/calendars/3", draft, nil)
	add("calendar-draft-refused", "calendar", "/calendars/3", func() calendarView { d := draft; d.Form = map[string]string{"csv": "x", "kind": "ordinary"}; return d }(), wrong)
	add("calendar-in-force", "calendar", "/calendars/2", inForce, nil)
	add("calendar-retired", "calendar", "/calendars/1", retired, nil)
	reader := draft
	reader.MayWrite, reader.Changes, reader.Unknown = false, nil, true
	add("calendar-read", "calendar", "/calendars/3", reader, nil)
	for _, r := range []replayView{ready, counting, outdated, running, done, nothing} {
		add(fmt.Sprint("replay-", r.ID), "replay", "/replays/9", r, nil)
	}
	add("replay-admin", "replay", "/replays/9", admin, nil)
	return list
}
