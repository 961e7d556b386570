package workflow

import (
	"github.com/shujie-gov/shujie/fault"
)

// Choice is one action as an actor sees it on a case: either it can be taken,
// or Reasons say why not.
type Choice struct {
	Action  Action
	Title   fault.Text
	Style   string
	To      State
	Inputs  []Field
	Allowed bool
	Reasons []fault.Text
	Seated  bool // the actor has a seat that takes it; false: somebody else's
	Seats   []Seat
}

// Choices lists the actions that leave the present state of c, as actor a sees
// them, from the same definition that decides. An action of several transitions
// appears once, as the one nearest to being allowed. What only the system takes
// is left out.
func (ds *Definitions) Choices(c Case, a Actor, m Moment) ([]Choice, error) {
	d, err := ds.Of(&c)
	if err != nil {
		return nil, err
	}
	v := d.look(&c, m.Now, m.Calendar)
	var list []Choice
	at := map[Action]int{}
	for _, t := range d.Transitions {
		if !t.leaves(c.State) || t.systemOnly() {
			continue
		}
		ch := Choice{Action: t.Action, Title: t.Title, Style: t.Style, To: t.target(c.State), Inputs: t.Inputs, Seats: t.seats}
		_, ch.Seated = t.seat(a, &c)
		if ch.Reasons, err = d.blocked(t, v, false); err != nil {
			return nil, err
		}
		if !ch.Seated {
			ch.Reasons = append([]fault.Text{{ZH: "由其他岗位办理", EN: "Somebody else's step"}}, ch.Reasons...)
		}
		ch.Allowed = len(ch.Reasons) == 0
		if i, twice := at[t.Action]; twice {
			if ch.better(list[i]) {
				list[i] = ch
			}
			continue
		}
		at[t.Action] = len(list)
		list = append(list, ch)
	}
	return list, nil
}

func (ch Choice) better(old Choice) bool {
	if ch.Allowed != old.Allowed {
		return ch.Allowed
	}
	return ch.Seated && !old.Seated
}

func (t *Transition) systemOnly() bool {
	for _, s := range t.seats {
		if s.Role != System {
			return false
		}
	}
	return true
}

// Auto returns the actions the system may take on c by itself now, in the order
// of the definition.
func (ds *Definitions) Auto(c Case, m Moment) ([]Action, error) {
	d, err := ds.Of(&c)
	if err != nil {
		return nil, err
	}
	v := d.look(&c, m.Now, m.Calendar)
	var due []Action
	for _, t := range d.Transitions {
		if !t.Auto || !t.leaves(c.State) {
			continue
		}
		why, err := d.blocked(t, v, false)
		if err != nil {
			return nil, err
		}
		if len(why) == 0 {
			due = append(due, t.Action)
		}
	}
	return due, nil
}
