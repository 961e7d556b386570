package workflow

import (
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"sort"
	"strings"
	"time"
)

// DayKind says how a day differs from its weekday.
type DayKind string

// The kinds of exceptional days.
const (
	Holiday       DayKind = "holiday"
	MakeUpWorkday DayKind = "make_up_workday" // a weekend day that is worked (调休上班)
)

// Day is one exceptional day of the calendar, as the State Council announces
// them each year.
type Day struct {
	Date string // 2006-01-02
	Kind DayKind
}

// Calendar knows which days are worked. It is immutable; a change makes a new
// one with another version. Years without data are an error, never a guess.
type Calendar struct {
	days    map[string]DayKind
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
		days: map[string]DayKind{}, years: map[int]bool{},
		zone: time.FixedZone("CST", 8*60*60), close: closing,
	}
	lines := make([]string, 0, len(days))
	for i, d := range days {
		at, err := time.Parse(time.DateOnly, d.Date)
		if err != nil {
			return nil, fmt.Errorf("calendar row %d: date %q is not YYYY-MM-DD", i+1, d.Date)
		}
		if d.Kind != Holiday && d.Kind != MakeUpWorkday {
			return nil, fmt.Errorf("calendar row %d: kind %q is neither %s nor %s", i+1, d.Kind, Holiday, MakeUpWorkday)
		}
		if weekend := at.Weekday() == time.Saturday || at.Weekday() == time.Sunday; d.Kind == MakeUpWorkday && !weekend {
			return nil, fmt.Errorf("calendar row %d: %s is no weekend day, so it cannot be a make-up working day", i+1, d.Date)
		}
		if _, twice := c.days[d.Date]; twice {
			return nil, fmt.Errorf("calendar row %d: %s is listed twice", i+1, d.Date)
		}
		c.days[d.Date] = d.Kind
		c.years[at.Year()] = true
		lines = append(lines, d.Date+"="+string(d.Kind))
	}
	sort.Strings(lines)
	sum := sha256.Sum256([]byte(strings.Join(lines, "\n")))
	c.version = hex.EncodeToString(sum[:6])
	return c, nil
}

// Version names the content of the calendar.
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
	t = t.In(c.zone)
	if !c.years[t.Year()] {
		return false, fmt.Errorf("the calendar has no data for %d: import the year's holiday notice", t.Year())
	}
	switch c.days[t.Format(time.DateOnly)] {
	case Holiday:
		return false, nil
	case MakeUpWorkday:
		return true, nil
	}
	return t.Weekday() != time.Saturday && t.Weekday() != time.Sunday, nil
}

// Deadline returns the close of business of the n-th working day after the day
// of start; the first day does not count (Civil Code Art. 201, 203). n of 0 is
// the close of the day itself or of the next working day.
func (c *Calendar) Deadline(start time.Time, n int) (time.Time, error) {
	day := c.midnight(start)
	if n == 0 {
		day = day.AddDate(0, 0, -1)
		n = 1
	}
	for n > 0 {
		day = day.AddDate(0, 0, 1)
		worked, err := c.Workday(day)
		if err != nil {
			return time.Time{}, err
		}
		if worked {
			n--
		}
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

func (c *Calendar) midnight(t time.Time) time.Time {
	y, m, d := t.In(c.zone).Date()
	return time.Date(y, m, d, 0, 0, 0, 0, c.zone)
}
