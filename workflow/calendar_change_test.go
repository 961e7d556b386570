package workflow_test

import (
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/shujie-gov/shujie/workflow"
)

func TestAYearlyNoticeReplacesItsYearAndNoOther(t *testing.T) {
	cal := china(t, 24*time.Hour)
	notice := []workflow.Day{{Date: "2027-01-01", Kind: workflow.Holiday}, {Date: "2026-01-01", Kind: workflow.Holiday}}
	next, err := workflow.NewCalendar(cal.Replace(notice), cal.Close())
	if err != nil {
		t.Fatal(err)
	}
	if years := next.Years(); !slices.Contains(years, 2027) || len(next.Lost(cal)) != 0 {
		t.Errorf("years %v", years)
	}
	for _, d := range next.Days() {
		if strings.HasPrefix(d.Date, "2026") && d.Date != "2026-01-01" {
			t.Errorf("%s stayed though the notice of its year does not name it", d.Date)
		}
	}
	if n := len(slices.DeleteFunc(next.Days(), func(d workflow.Day) bool { return !strings.HasPrefix(d.Date, "2025") })); n != len(slices.DeleteFunc(cal.Days(), func(d workflow.Day) bool { return !strings.HasPrefix(d.Date, "2025") })) {
		t.Errorf("2025 has %d days", n)
	}
	changes := next.Changes(cal)
	if i := slices.IndexFunc(changes, func(c workflow.DayChange) bool { return c.Date == "2026-01-04" }); i < 0 || changes[i].Was != workflow.MakeUpWorkday || changes[i].Is != workflow.Weekend {
		t.Errorf("changes %v", changes)
	}
	if lost := cal.Lost(next); !slices.Equal(lost, []int{2027}) {
		t.Errorf("lost %v", lost)
	}
}

func TestACalendarFileIsReadBackAsItWasWritten(t *testing.T) {
	cal := china(t, 24*time.Hour)
	days, wrong := workflow.ReadCalendarCSV("\ufeff" + workflow.WriteCalendarCSV(cal.Days()))
	if len(wrong) != 0 || !slices.Equal(days, cal.Days()) {
		t.Errorf("%d of %d days, %v", len(days), len(cal.Days()), wrong)
	}
	if days, wrong = workflow.ReadCalendarCSV("kind,date\r\nholiday,2026-01-01\r\n"); len(wrong) != 0 || days[0] != (workflow.Day{Date: "2026-01-01", Kind: workflow.Holiday}) {
		t.Errorf("columns in another order: %v %v", days, wrong)
	}
}

func TestABadCalendarFileIsRefusedByRowAndColumn(t *testing.T) {
	for name, tt := range map[string]struct{ text, place string }{
		"no header":            {"2026-01-01,holiday\n", "row 1, column 2026-01-01,holiday"},
		"an empty file":        {"", "row 1"},
		"only a header":        {"date,kind\n", "the file"},
		"no date":              {"date,kind\n2026-01-01,holiday\n2026-13-01,holiday\n", "row 3, column date"},
		"no kind":              {"date,kind\n2026-01-01,feast\n", "row 2, column kind"},
		"a Monday made up":     {"date,kind\n2026-03-02,make_up_workday\n", "row 2, column kind"},
		"a day twice":          {"date,kind\n2026-01-01,holiday\n2026-01-01,holiday\n", "row 3, column date"},
		"a column too many":    {"date,kind\n2026-01-01,holiday,x\n", "row 2, column kind"},
		"a column too few":     {"date,kind\n2026-01-01\n", "row 2, column kind"},
		"quotes that are open": {"date,kind\n\"2026-01-01,holiday\n", "the file"},
		"another encoding":     {"date,kind\n2026-01-01,\xc0\xc0\n", "the file"},
	} {
		_, wrong := workflow.ReadCalendarCSV(tt.text)
		if len(wrong) != 1 || !strings.HasPrefix(wrong[0].Place().EN, tt.place) || wrong[0].Text.ZH == "" {
			t.Errorf("%s: %+v", name, wrong)
		}
	}
}
