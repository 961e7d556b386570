package workflow_test

import (
	"strings"
	"testing"
	"time"

	"github.com/shujie-gov/shujie/workflow"
)

func TestWorkingDaysFollowHolidaysAndMakeUpDays(t *testing.T) {
	cal := china(t, 24*time.Hour)
	for _, c := range []struct { // docs/domain.md §7
		start string
		days  int
		want  string
	}{
		{"2026-02-10", 1, "2026-02-11"},
		{"2026-02-10", 10, "2026-03-02"},
		{"2026-02-10", 20, "2026-03-16"},
		{"2026-09-24", 1, "2026-09-28"},
		{"2026-09-24", 10, "2026-10-15"},
		{"2025-09-26", 10, "2025-10-16"},
		{"2025-09-26", 20, "2025-10-30"},
		{"2018-02-09", 10, "2018-02-28"},
		{"2026-04-30", 5, "2026-05-11"},
		{"2026-01-30", 0, "2026-01-30"},
		{"2026-02-15", 0, "2026-02-24"}, // a holiday: the next working day
		{"2026-02-13", 1, "2026-02-14"}, // a make-up Saturday is worked
		{"2025-12-31", 1, "2026-01-04"}, // the year changes; a make-up Sunday
	} {
		got, err := cal.Deadline(at(t, c.start+" 15:30"), c.days)
		if err != nil {
			t.Fatal(err)
		}
		// 24:00 of a day is 00:00 of the next.
		if want := at(t, c.want+" 00:00").AddDate(0, 0, 1); !got.Equal(want) {
			t.Errorf("%s + %d = %s, want the end of %s", c.start, c.days, got.In(cst()), c.want)
		}
		if c.days == 0 {
			continue
		}
		if n, err := cal.Between(at(t, c.start+" 23:59"), at(t, c.want+" 00:01")); err != nil || n != c.days {
			t.Errorf("between %s and %s: %d, %v; want %d", c.start, c.want, n, err, c.days)
		}
	}
}

func TestAYearHasAsManyWorkingDaysAsAnnounced(t *testing.T) {
	cal := china(t, 24*time.Hour)
	for year, want := range map[int]int{2018: 250, 2025: 248, 2026: 248} {
		n := 0
		for day := time.Date(year, 1, 1, 12, 0, 0, 0, cst()); day.Year() == year; day = day.AddDate(0, 0, 1) {
			worked, err := cal.Workday(day)
			if err != nil {
				t.Fatal(err)
			}
			if worked {
				n++
			}
		}
		if n != want {
			t.Errorf("%d has %d working days, want %d", year, n, want)
		}
	}
}

func TestADayIsADayInChina(t *testing.T) {
	cal := china(t, 24*time.Hour)
	// 2026-02-13 17:00 UTC is 2026-02-14 01:00 in China, a Saturday that is worked.
	worked, err := cal.Workday(time.Date(2026, 2, 13, 17, 0, 0, 0, time.UTC))
	if err != nil || !worked {
		t.Fatalf("worked = %v, %v", worked, err)
	}
}

func TestAYearWithoutDataIsALoudError(t *testing.T) {
	cal := china(t, 24*time.Hour)
	_, err := cal.Deadline(at(t, "2026-12-31 10:00"), 1)
	if err == nil || !strings.Contains(err.Error(), "2027") {
		t.Fatalf("err = %v, want one that names 2027", err)
	}
	if _, err := cal.Between(at(t, "2026-12-30 10:00"), at(t, "2027-01-05 10:00")); err == nil {
		t.Fatal("counting into a year without data must fail")
	}
}

func TestADeadlineIsAtTheCloseOfBusiness(t *testing.T) {
	cal := china(t, 17*time.Hour+30*time.Minute)
	got, err := cal.Deadline(at(t, "2026-03-02 09:00"), 1)
	if err != nil {
		t.Fatal(err)
	}
	if want := at(t, "2026-03-03 17:30"); !got.Equal(want) {
		t.Fatalf("deadline = %s, want %s", got.In(cst()), want.In(cst()))
	}
}

func TestTheVersionOfACalendarNamesItsContent(t *testing.T) {
	a, b := china(t, 24*time.Hour), china(t, 24*time.Hour)
	if a.Version() != b.Version() || a.Version() == "" {
		t.Fatalf("versions %q and %q of the same days", a.Version(), b.Version())
	}
	c, err := workflow.NewCalendar(append(chinaDays(t), workflow.Day{Date: "2027-01-01", Kind: workflow.Holiday}), 24*time.Hour)
	if err != nil {
		t.Fatal(err)
	}
	if c.Version() == a.Version() {
		t.Fatal("another day must make another version")
	}
	if ys := c.Years(); ys[len(ys)-1] != 2027 {
		t.Fatalf("years = %v", ys)
	}
}

func TestABadCalendarIsRefusedByRow(t *testing.T) {
	for name, c := range map[string]struct {
		days    []workflow.Day
		closing time.Duration
		want    string
	}{
		"a date in words":            {[]workflow.Day{{Date: "1 May", Kind: workflow.Holiday}}, time.Hour, "row 1"},
		"an unknown kind":            {[]workflow.Day{{Date: "2026-05-01", Kind: "party"}}, time.Hour, `row 1: kind "party"`},
		"a make-up day on a Monday":  {[]workflow.Day{{Date: "2026-05-04", Kind: workflow.MakeUpWorkday}}, time.Hour, "no weekend day"},
		"a day listed twice":         {[]workflow.Day{{Date: "2026-05-01", Kind: workflow.Holiday}, {Date: "2026-05-01", Kind: workflow.Holiday}}, time.Hour, "row 2"},
		"no business hours":          {nil, 0, "close of business"},
		"business hours of 25 hours": {nil, 25 * time.Hour, "close of business"},
	} {
		t.Run(name, func(t *testing.T) {
			if _, err := workflow.NewCalendar(c.days, c.closing); err == nil || !strings.Contains(err.Error(), c.want) {
				t.Fatalf("err = %v, want %q in it", err, c.want)
			}
		})
	}
}
