package workflow

import (
	"cmp"
	"maps"
	"slices"
	"time"
)

// Days lists the exceptional days by date.
func (c *Calendar) Days() []Day { return slices.Clone(c.list) }

// Replace returns the days of c with every year that days speaks of taken from
// days instead: the yearly notice of the State Council is whole, so what it does
// not name is an ordinary day. The other years stay.
func (c *Calendar) Replace(days []Day) []Day {
	named := map[string]bool{}
	for _, d := range days {
		named[yearOf(d.Date)] = true
	}
	list := slices.DeleteFunc(c.Days(), func(d Day) bool { return named[yearOf(d.Date)] })
	return byDate(append(list, days...))
}

// Set returns the days of c with one day being of a kind; a kind that is not
// exceptional leaves it to its weekday.
func (c *Calendar) Set(date string, kind DayKind) []Day {
	list := slices.DeleteFunc(c.Days(), func(d Day) bool { return d.Date == date })
	if kind == Holiday || kind == MakeUpWorkday {
		list = append(list, Day{date, kind})
	}
	return byDate(list)
}

// Lost lists the years that before has data for and c has not. Deadlines were
// counted in them: a calendar that loses one could not count them again.
func (c *Calendar) Lost(before *Calendar) []int {
	return slices.DeleteFunc(before.Years(), func(y int) bool { return c.years[y] })
}

// DayChange is a day that is of another kind in a later calendar.
type DayChange struct {
	Date string  `json:"date"`
	Was  DayKind `json:"was"`
	Is   DayKind `json:"is"`
}

// Changes lists the days on which c differs from before, by date. A day of a year
// that one of them has no data for is told by its weekday there.
func (c *Calendar) Changes(before *Calendar) []DayChange {
	dates := map[string]bool{}
	for _, d := range append(c.Days(), before.list...) {
		dates[d.Date] = true
	}
	var list []DayChange
	for _, date := range slices.Sorted(maps.Keys(dates)) {
		if was, is := before.kindOf(date), c.kindOf(date); was != is {
			list = append(list, DayChange{date, was, is})
		}
	}
	return list
}

// kindOf says what a date is, by its weekday where nothing is listed.
func (c *Calendar) kindOf(date string) DayKind {
	at, err := time.Parse(time.DateOnly, date)
	if err != nil {
		return ""
	}
	if kind, listed := c.days[dayOf(at)]; listed {
		return kind
	}
	if at.Weekday() == time.Saturday || at.Weekday() == time.Sunday {
		return Weekend
	}
	return Workday
}

func byDate(list []Day) []Day {
	slices.SortFunc(list, func(a, b Day) int { return cmp.Compare(a.Date, b.Date) })
	return list
}

// yearOf is the year of a date as it is written; what is no date is told by
// [NewCalendar].
func yearOf(date string) string { return date[:min(4, len(date))] }
