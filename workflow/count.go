package workflow

import "time"

// Use says what one day does to a term.
type Use string

// What a day may do to a term.
const (
	UseStart   Use = "start"   // the day it began: not counted (Civil Code Art. 201)
	UseCounted Use = "counted" // a working day of the term
	UseOff     Use = "off"     // not worked
	UseStood   Use = "stood"   // worked, but the term stood still at its close
)

// Step is one day of a count.
type Step struct {
	Day  time.Time // its midnight in China
	Kind DayKind
	Use  Use
	N    int   // which counted day it is, from 1
	Mark *Mark // of the interval in which the term stood still
}

// counted is what a count comes to.
type counted struct {
	end   time.Time
	warn  time.Time
	stood int        // working days that were not counted because the term stood still
	still *time.Time // since when it stands still, see Term.Still
}

// count is the arithmetic of every deadline: the close of business of the n-th
// counted day after the day of the start, which is not counted itself (Civil
// Code Art. 201-203). A working day is counted when the term runs at its close
// of business: days on which it stood still then, because the case was paused
// (docs/domain.md §1.5) or waited for the exchange platform, whose time is
// nobody's fault, are not. So a term ends only while it runs. A pause has an end
// of its own, and nothing stops it.
//
// Every day looked at is told to note, so that what explains a date is what set
// it; note may be nil.
func (t *Term) count(marks []Mark, cal *Calendar, note func(Step)) (counted, error) {
	if t.Pause {
		marks = nil
	}
	var sum counted
	if t.Until != "" {
		return t.until(cal)
	}
	total := t.Days + t.Extra
	warnAt := max(1, total-max(1, total/5))
	for day, n := cal.midnight(t.Start), 0; ; day = day.AddDate(0, 0, 1) {
		kind, err := cal.Kind(day)
		if err != nil {
			return sum, err
		}
		step := Step{Day: day, Kind: kind, Use: UseCounted}
		end := day.Add(cal.close).UTC()
		switch {
		case n == 0 && !day.After(t.Start) && (total > 0 || !end.After(t.Start)):
			step.Use = UseStart
		case !kind.Worked():
			step.Use = UseOff
		default:
			if step.Mark = stoodAt(marks, end); step.Mark != nil {
				step.Use = UseStood
				sum.stood++
				break
			}
			n++
			step.N = n
		}
		if note != nil {
			note(step)
		}
		if step.N == 0 {
			continue
		}
		if n == warnAt {
			sum.warn = day.UTC()
		}
		if n >= total {
			sum.end = end
			break
		}
	}
	if last := len(marks) - 1; last >= 0 && marks[last].stands() && marks[last].At.Before(sum.end) {
		at := marks[last].At
		sum.still = &at
	}
	return sum, nil
}

// until is the count of a term that ends with a day. It needs no working days;
// its light turns yellow when a fifth is left.
func (t *Term) until(cal *Calendar) (counted, error) {
	end, err := cal.EndOf(t.Until)
	return counted{end: end, warn: end.Add(-end.Sub(t.Start) / 5)}, err
}

// stands reports whether the term stands still in the interval of m.
func (m Mark) stands() bool { return m.Paused || m.Charge == ChargePlatform }

// stoodAt returns the mark of the interval in which the term stood still at the
// moment, nil when it ran. The interval that still runs is none: nobody knows
// yet how long it will last.
func stoodAt(marks []Mark, moment time.Time) *Mark {
	for i := 0; i+1 < len(marks); i++ {
		if m := &marks[i]; m.stands() && m.At.Before(moment) && !moment.After(marks[i+1].At) {
			return m
		}
	}
	return nil
}
