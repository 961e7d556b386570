package workflow

import "time"

// Colour is how urgent a deadline is.
type Colour string

// The colours of a deadline. Yellow (黄牌): at most a fifth of the term, or one
// working day, is left; red (红牌): overdue. The thresholds are a house rule, and
// so is their limit: before its first counted day a term is never yellow, or one
// of a single day would begin so and the colour would say nothing
// (docs/clocks.md).
const (
	NoLight Colour = "none"
	Normal  Colour = "normal"
	Yellow  Colour = "yellow"
	Red     Colour = "red"
	Paused  Colour = "paused"
)

// Light is a deadline as a page shows it, in colour and in numbers.
type Light struct {
	Colour Colour
	Left   int           // working days left after today, when not overdue
	Over   int           // working days since the deadline, when overdue
	Rest   time.Duration // wall time to the deadline, negative when overdue
}

// LightOf returns the light of a term and its deadline, as a case or a line of
// a list carries them. A paused case shows the time to the end of its pause, one
// that waits for the platform (see [Term.Still]) what it will have left. A
// deadline that could not be computed (see [Term.Problem]) has no light.
func LightOf(t *Term, due *time.Time, now time.Time, cal *Calendar) Light {
	if t == nil || due == nil {
		return Light{Colour: NoLight}
	}
	if t.Still != nil {
		now = *t.Still
	}
	l := Light{Colour: Normal, Rest: due.Sub(now)}
	switch {
	case now.After(*due):
		l.Colour = Red
		l.Over = workdays(cal, due.Add(-1), now)
		return l
	case t.Pause, t.Still != nil:
		l.Colour = Paused
	case !now.Before(t.Warn):
		l.Colour = Yellow
	}
	l.Left = workdays(cal, now, due.Add(-1))
	return l
}

// Overdue reports whether the deadline of c was missed at now. While the term
// stands still it cannot be missed.
func (c *Case) Overdue(now time.Time) bool {
	return c.Due != nil && now.After(*c.Due) && (c.Term == nil || c.Term.Still == nil)
}

// workdays counts as [Calendar.Between] does; in a year without data it counts
// nothing, since the colour does not depend on it.
func workdays(cal *Calendar, from, to time.Time) int {
	if cal == nil {
		return 0
	}
	n, err := cal.Between(from, to)
	if err != nil {
		return 0
	}
	return n
}
