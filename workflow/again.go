package workflow

import (
	"fmt"
	"time"

	"github.com/shujie-gov/shujie/fault"
)

// Again says how long an action rests once it was taken: until After working
// days are over, by the right of Source. Fact is the string fact that keeps when
// it was taken last. So a reminder leaves its addressee time to act.
type Again struct {
	After  int        `yaml:"after"`
	Fact   string     `yaml:"fact"`
	Source fault.Text `yaml:"source"`
}

// toAwaited in the addressees of a notice is whom the case waits for.
const toAwaited = "awaited"

// taken notes on after that t was taken at m, if t is to rest now.
func (t *Transition) taken(after *Case, m Moment) {
	if t.Again != nil {
		after.Facts[t.Again.Fact] = m.Now.Format(time.RFC3339)
	}
}

// rest says why t may not be taken again yet, nil when it may. In a year without
// calendar data nobody knows when the rest is over, and the reason says so.
func (t *Transition) rest(v *view) *fault.Text {
	if t.Again == nil || v.m.Calendar == nil {
		return nil
	}
	text, _ := v.c.Facts[t.Again.Fact].(string)
	last, err := time.Parse(time.RFC3339, text)
	if err != nil {
		return nil // it was never taken
	}
	over, err := v.m.Calendar.Deadline(last, t.Again.After)
	if err != nil {
		return &fault.Text{
			ZH: "上次是 " + day(v.m, last) + "；工作日历没有那一年的数据，不知何时可以再次" + t.Title.ZH,
			EN: "it was last done at " + day(v.m, last) + "; the working calendar does not reach so far as to say when it may be done again",
		}
	}
	if !v.m.Now.Before(over) {
		return nil
	}
	return &fault.Text{
		ZH: fmt.Sprintf("上次是 %s，%s 起可以再次%s", day(v.m, last), day(v.m, over), t.Title.ZH),
		EN: fmt.Sprintf("it was last done at %s and may be done again from %s", day(v.m, last), day(v.m, over)),
	}
}

// day writes a moment in the time of the calendar.
func day(m Moment, at time.Time) string { return at.In(m.Calendar.Zone()).Format("2006-01-02 15:04") }

// again checks how soon an action may be taken again.
func (k *checker) again(from State, t *Transition) {
	a := t.Again
	if a == nil {
		return
	}
	if k.d.Facts[a.Fact] != "string" {
		k.refuse(from, t.Action, "again: unknown fact %q of type string", a.Fact)
	}
	if _, set := t.Set[a.Fact]; set {
		k.refuse(from, t.Action, "again: the fact %s keeps when it was taken; it cannot be set", a.Fact)
	}
	if a.After < 1 || a.Source.ZH == "" || a.Source.EN == "" {
		k.refuse(from, t.Action, "again: it needs working days from 1 and a source in both languages")
	}
}
