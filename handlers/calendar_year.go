package handlers

import (
	"fmt"
	"time"

	"github.com/shujie-gov/shujie/fault"
	"github.com/shujie-gov/shujie/workflow"
)

// months shows one year of a calendar as twelve months, weeks from Monday.
func months(v *calendarView, cal *workflow.Calendar) []monthView {
	changed := map[string]fault.Text{}
	for _, d := range v.Changes {
		changed[d.Date] = d.WasName
	}
	list := make([]monthView, 0, 12)
	for m := time.January; m <= time.December; m++ {
		first := time.Date(v.Year, m, 1, 12, 0, 0, 0, cal.Zone())
		month := monthView{Title: fault.Text{ZH: fmt.Sprintf("%d 月", m), EN: m.String()}}
		week := make([]dayCell, (int(first.Weekday())+6)%7) // what lies before the first
		for day := first; day.Month() == m; day = day.AddDate(0, 0, 1) {
			week = append(week, cellOf(v, cal, day, changed))
			if len(week) == 7 {
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

// cellOf shows one day. A year without data has no kinds of days: it is a plain
// calendar, and the page says so.
func cellOf(v *calendarView, cal *workflow.Calendar, day time.Time, changed map[string]fault.Text) dayCell {
	cell := dayCell{Day: day.Day(), Date: day.Format(time.DateOnly)}
	kind, err := cal.Kind(day)
	if err != nil {
		v.Unknown = true
		return cell
	}
	cell.Kind, cell.Name = string(kind), dayName(kind)
	switch kind {
	case workflow.Holiday:
		cell.Mark = fault.Text{ZH: "休", EN: "off"}
		v.Off++
	case workflow.MakeUpWorkday:
		cell.Mark = fault.Text{ZH: "班", EN: "on"}
		v.MadeUp++
	case workflow.Workday, workflow.Weekend:
	}
	if kind.Worked() {
		v.Worked++
	}
	if was, ok := changed[cell.Date]; ok {
		cell.Changed, cell.Was = true, was
	}
	return cell
}
