package workflow

import (
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"slices"
	"sort"
	"strings"
	"time"
)

// DayKind says what a day is.
type DayKind string

// The kinds of days. Only the exceptional ones, a holiday and a weekend day that
// is worked (调休上班), are listed in a calendar.
const (
	Holiday       DayKind = "holiday"
	MakeUpWorkday DayKind = "make_up_workday"
	Workday       DayKind = "workday"
	Weekend       DayKind = "weekend"
)

// Worked reports whether a day of this kind is a working day.
func (k DayKind) Worked() bool { return k == Workday || k == MakeUpWorkday }

// Day is one exceptional day of the calendar, as the State Council announces
// them each year.
type Day struct {
	Date string // 2006-01-02
	Kind DayKind
}

// Calendar knows which days are worked. It is immutable; a change makes a new
// one with another version. Years without data are an error, never a guess.
type Calendar struct {
	days    map[int]DayKind // by number, see dayOf
	list    []Day           // the same by date
	years   map[int]bool
	zone    *time.Location
	close   time.Duration // close of business, from midnight
	version string
}

// NewCalendar returns a calendar of the given exceptional days. A term ends at
// closing, counted from midnight: 24 hours unless business hours are set
// (Civil Code Art. 203). Days of the calendar are days in China.
func NewCalendar(days []Day, closing time.Duration) (*Calendar, error) {
	if closing <= 0 || closing > 24*time.Hour {
		return nil, fmt.Errorf("close of business must be after 00:00 and at most 24:00")
	}
	c := &Calendar{
		days: map[int]DayKind{}, years: map[int]bool{},
		zone: time.FixedZone("CST", 8*60*60), close: closing,
	}
	lines := make([]string, 0, len(days))
	for i, d := range days {
		if column, why := d.Wrong(); column != "" {
			return nil, fmt.Errorf("calendar row %d: %s %s", i+1, column, why.EN)
		}
		at, err := time.Parse(time.DateOnly, d.Date)
		if err != nil {
			return nil, err
		}
		if _, twice := c.days[dayOf(at)]; twice {
			return nil, fmt.Errorf("calendar row %d: %s is listed twice", i+1, d.Date)
		}
		c.days[dayOf(at)] = d.Kind
		c.years[at.Year()] = true
		lines = append(lines, d.Date+"="+string(d.Kind))
	}
	c.list = slices.SortedFunc(slices.Values(days), func(a, b Day) int { return strings.Compare(a.Date, b.Date) })
	sort.Strings(lines)
	lines = append(lines, "close="+closing.String())
	sum := sha256.Sum256([]byte(strings.Join(lines, "\n")))
	c.version = hex.EncodeToString(sum[:6])
	return c, nil
}

// Version names the content of the calendar: its days and its close of business.
func (c *Calendar) Version() string { return c.version }

// Zone returns the time zone of the calendar's days.
func (c *Calendar) Zone() *time.Location { return c.zone }

// Years lists the years the calendar has data for.
func (c *Calendar) Years() []int {
	var ys []int
	for y := range c.years {
		ys = append(ys, y)
	}
	sort.Ints(ys)
	return ys
}

// Workday reports whether the day of t in China is worked.
func (c *Calendar) Workday(t time.Time) (bool, error) {
	kind, err := c.Kind(t)
	return kind.Worked(), err
}

// Kind says what the day of t in China is: one of the exceptional days, else an
// ordinary working day or a day of the weekend.
func (c *Calendar) Kind(t time.Time) (DayKind, error) {
	t = t.In(c.zone)
	if !c.years[t.Year()] {
		return "", fmt.Errorf("the calendar has no data for %d: import the year's holiday notice", t.Year())
	}
	if kind, listed := c.days[dayOf(t)]; listed {
		return kind, nil
	}
	if t.Weekday() == time.Saturday || t.Weekday() == time.Sunday {
		return Weekend, nil
	}
	return Workday, nil
}

// Close returns the close of business, counted from midnight.
func (c *Calendar) Close() time.Duration { return c.close }

// Deadline returns the close of business of the n-th working day after the day
// of start; the first day does not count (Civil Code Art. 201, 203). n of 0 is
// the first close of a working day that is still to come.
func (c *Calendar) Deadline(start time.Time, n int) (time.Time, error) {
	t := Term{Start: start, Days: n}
	sum, err := t.count(nil, c, nil)
	return sum.end, err
}

// Today returns the date of now in China.
func (c *Calendar) Today(now time.Time) string { return now.In(c.zone).Format(time.DateOnly) }

// EndOf returns the close of business of a day, worked or not.
func (c *Calendar) EndOf(date string) (time.Time, error) {
	day, err := time.ParseInLocation(time.DateOnly, date, c.zone)
	if err != nil {
		return time.Time{}, fmt.Errorf("%q is not a date YYYY-MM-DD", date)
	}
	return day.Add(c.close).UTC(), nil
}

// Between counts the working days after the day of from up to and including
// the day of to.
func (c *Calendar) Between(from, to time.Time) (int, error) {
	n := 0
	last := c.midnight(to)
	for day := c.midnight(from).AddDate(0, 0, 1); !day.After(last); day = day.AddDate(0, 0, 1) {
		worked, err := c.Workday(day)
		if err != nil {
			return 0, err
		}
		if worked {
			n++
		}
	}
	return n, nil
}

// dayOf numbers the day of t, e.g. 20260302.
func dayOf(t time.Time) int {
	y, m, d := t.Date()
	return (y*100+int(m))*100 + d
}

func (c *Calendar) midnight(t time.Time) time.Time {
	y, m, d := t.In(c.zone).Date()
	return time.Date(y, m, d, 0, 0, 0, 0, c.zone)
}
