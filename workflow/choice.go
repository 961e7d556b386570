package workflow

import (
	"github.com/shujie-gov/shujie/fault"
)

// Choice is one action as an actor sees it on a case: either it can be taken,
// or Reasons say why not.
type Choice struct {
	Action   Action
	Title    fault.Text
	Style    string
	To       State
	Inputs   []Field
	Quick    bool           // one click in a list suffices
	Undo     Action         // what takes it back, if anything
	Defaults map[string]any // what stands when an input is not given, by its name
	Allowed  bool
	Reasons  []fault.Text
	Seated   bool // the actor has a seat that takes it; false: somebody else's
	Seats    []Seat
}

// Choices lists the actions that leave the present state of c, as actor a sees
// them, from the same definition that decides. An action of several transitions
// appears once, as the one nearest to being allowed. What only the system takes
// is left out.
func (ds *Definitions) Choices(c Case, a Actor, m Moment) ([]Choice, error) {
	return ds.choices(c, a, m, false)
}

// Steps lists those of the choices in which actor a has a seat. What is somebody
// else's is not looked at.
func (ds *Definitions) Steps(c Case, a Actor, m Moment) ([]Choice, error) {
	return ds.choices(c, a, m, true)
}

func (ds *Definitions) choices(c Case, a Actor, m Moment, seated bool) ([]Choice, error) {
	d, err := ds.Of(&c)
	if err != nil {
		return nil, err
	}
	v := d.look(&c, m)
	v.actor = a.UserID
	var list []Choice
	at := map[Action]int{}
	for _, t := range d.Transitions {
		if !t.leaves(c.State) || t.systemOnly() {
			continue
		}
		if _, _, ok := t.seat(a, v.c); seated && !ok {
			continue
		}
		ch, err := d.choice(t, a, v)
		if err != nil {
			return nil, err
		}
		if i, twice := at[t.Action]; !twice {
			at[t.Action] = len(list)
			list = append(list, ch)
		} else if ch.better(list[i]) {
			list[i] = ch
		}
	}
	return list, nil
}

func (d *Definition) choice(t *Transition, a Actor, v *view) (Choice, error) {
	ch := Choice{Action: t.Action, Title: t.Title, Style: t.Style, Quick: t.Quick, Undo: t.Undo, To: t.target(v.c.State), Inputs: t.Inputs, Seats: t.seats}
	var err error
	v.seat, _, ch.Seated = t.seat(a, v.c)
	if ch.Reasons, err = d.blocked(t, v, false); err != nil {
		return ch, err
	}
	if !ch.Seated {
		ch.Reasons = append([]fault.Text{{ZH: "由其他岗位办理", EN: "Somebody else's step"}}, ch.Reasons...)
	}
	ch.Allowed = len(ch.Reasons) == 0
	if !ch.Allowed {
		return ch, nil
	}
	for _, f := range t.Inputs {
		if f.Default == "" {
			continue
		}
		val, err := d.guards.value(t.scope, f.Default, v)
		if err != nil {
			return ch, err
		}
		if val == int64(0) || val == "" {
			continue
		}
		if ch.Defaults == nil {
			ch.Defaults = map[string]any{}
		}
		ch.Defaults[f.Name] = val
	}
	return ch, nil
}

// better reports whether ch is nearer to being allowed than old.
func (ch Choice) better(old Choice) bool {
	if ch.Allowed != old.Allowed {
		return ch.Allowed
	}
	return ch.Seated && !old.Seated
}

// systemOnly reports whether nobody but the software takes t.
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
	v := d.look(&c, m)
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
