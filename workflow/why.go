package workflow

import (
	"time"

	"github.com/shujie-gov/shujie/fault"
)

// Why explains a deadline: by what right, from when, and how it was counted.
type Why struct {
	Clock    string
	Title    fault.Text
	Source   fault.Text // article or rule
	Start    time.Time
	Days     int    // working days allowed
	Extra    int    // working days added by an extension
	Until    string // the day it ends with, when it is no number of days
	Paused   int    // working days the term stood still
	Calendar string // version of the calendar it was computed with
	Problem  string // why there is no deadline, when it could not be computed
	Still    *time.Time
	Held     *Why // the term that stands still meanwhile, while the case is paused

	// What follows is told by Explain only.
	Due   *time.Time // as counted again
	Warn  time.Time
	Left  int    // counted days that are left of a held term
	Steps []Step // every day that was looked at
}

// Why explains term t, nil when nothing is due.
func (d *Definition) Why(t *Term) *Why {
	if t == nil {
		return nil
	}
	rule := d.Clocks[t.Clock]
	return &Why{
		Clock: t.Clock, Title: rule.Title, Source: rule.Source, Start: t.Start, Days: t.Days, Extra: t.Extra, Until: t.Until,
		Paused: t.Paused, Calendar: t.Calendar, Problem: t.Problem, Still: t.Still, Held: d.Why(t.Held),
	}
}

// Explain counts the running term of c again with cal, day by day, by the very
// function that set its deadline; with the calendar that the term names it comes
// to the same date. It is nil when nothing is due.
func (d *Definition) Explain(c *Case, cal *Calendar) *Why {
	if c.Term == nil {
		return nil
	}
	w := d.Why(c.Term)
	w.count(c.Term, c.Marks, cal)
	if held := c.Term.Held; held != nil {
		w.Held.hold(held, c.Marks, cal)
	}
	return w
}

// count fills in what counting t with cal comes to.
func (w *Why) count(t *Term, marks []Mark, cal *Calendar) {
	sum, err := t.count(marks, cal, func(s Step) { w.Steps = append(w.Steps, s) })
	w.Calendar, w.Paused, w.Still, w.Problem = cal.Version(), sum.stood, sum.still, ""
	if err != nil {
		w.Problem, w.Still = err.Error(), nil
		return
	}
	w.Due, w.Warn = &sum.end, sum.warn
}

// hold counts a held term up to the pause that holds it, which runs since the
// last mark: a date it has not until it goes on, only days that are left.
func (w *Why) hold(t *Term, marks []Mark, cal *Calendar) {
	w.count(t, marks, cal)
	w.Due, w.Warn = nil, time.Time{}
	w.Left = t.Days + t.Extra
	since := marks[len(marks)-1].At
	for i, s := range w.Steps {
		if s.Day.Add(cal.close).After(since) {
			w.Steps = w.Steps[:i]
			break
		}
		if s.Use == UseCounted {
			w.Left--
		}
	}
}

// Standing says why the term stands still in the interval of m.
func (d *Definition) Standing(m *Mark) fault.Text {
	st := d.TitleOf(m.State)
	switch {
	case m.Reason != "":
		why := d.becauseOf(*m)
		return fault.Text{ZH: st.ZH + "（" + why.ZH + "）", EN: st.EN + " (" + why.EN + ")"}
	case m.Charge == ChargePlatform:
		return fault.Text{ZH: "等待交换平台答复", EN: "the exchange platform was waited for"}
	}
	return st
}
