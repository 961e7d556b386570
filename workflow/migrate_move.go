package workflow

import (
	"bytes"
	"encoding/json"
	"fmt"
	"maps"

	"github.com/shujie-gov/shujie/fault"
)

// Move decides the migration of case c: the same case in the mapped state of the
// new version. It is an event of the system; its data says under which migration
// and how the case was before, so that [Restore] can bring that back. A Conflict
// says why the case stays as it is.
//
// Clocks: a term of the same name goes on from where it began, with the days of
// the new rule, so nobody gains or loses what has passed. A clock that the old
// version did not run begins now.
func (t *Transfer) Move(c Case, migration int64, m Moment) (Decision, error) {
	goal, why := t.goal(&c)
	if why != nil {
		return Decision{}, why
	}
	before, err := json.Marshal(c.image())
	if err != nil {
		return Decision{}, err
	}
	dec := Decision{After: c.clone(), Event: systemEvent(&c, ActionMigrate, t.To, m, map[string]any{
		"migration": migration, "from_version": int64(t.From), "to_version": int64(t.To),
		"from_state": string(c.State), "to_state": string(goal), "before": string(before),
	})}
	after := &dec.After
	after.Version, after.UpdatedAt, after.DefVersion, after.State = dec.Event.Seq, m.Now, t.To, goal
	dec.Event.To = goal
	maps.Copy(after.Facts, t.Facts)
	v := t.to.look(after, m)
	if err := t.clock(v, &dec); err != nil {
		return Decision{}, err
	}
	if err := t.to.derive(v, after); err != nil {
		return Decision{}, err
	}
	return dec, t.to.goOn(v, &dec)
}

// goal returns the state that c goes to, or why it does not go.
func (t *Transfer) goal(c *Case) (State, error) {
	stays := func(zh, en string) (State, error) { return "", fault.New(fault.Conflict, zh, en) }
	switch goal, goes := t.Target(c.State); {
	case c.Kind != t.Kind || c.DefVersion != t.From:
		return stays(fmt.Sprintf("现在用的是第 %d 版", c.DefVersion), fmt.Sprintf("it runs under version %d now", c.DefVersion))
	case c.Ended:
		return stays("已经终结", "it has ended")
	case !goes:
		title := t.from.TitleOf(c.State)
		return stays("状态「"+title.ZH+"」在新版中没有对应", fmt.Sprintf("the state %q has no counterpart in the new version", title.EN))
	default:
		for _, name := range t.retyped() {
			if _, held := c.Facts[name]; held {
				return stays("变量 "+name+" 在新版中换了类型，须给出新值", "the fact "+name+" has another type in the new version; give a value")
			}
		}
		return goal, nil
	}
}

// goOn lets the system act at once where the new state asks it to.
func (d *Definition) goOn(v *view, dec *Decision) error {
	for _, t := range d.Transitions {
		if !t.Auto || !t.leaves(dec.After.State) {
			continue
		}
		why, err := d.blocked(t, v, false)
		if err != nil {
			return err
		}
		if len(why) == 0 {
			dec.Effects = append(dec.Effects, Effect{Kind: EffectAdvance})
			return nil
		}
	}
	return nil
}

func systemEvent(c *Case, a Action, def int, m Moment, data map[string]any) Event {
	sys := SystemActor()
	return Event{
		Case: c.ID, Seq: c.Version + 1, Action: a, From: c.State, To: c.State,
		Name: sys.Name, Role: System, At: m.Now, Data: data, Def: def,
	}
}

// image is what a migration may change of a case. What no move changes, and what
// is kept elsewhere, is left out.
func (c *Case) image() Case {
	i := c.clone()
	i.Title, i.Proof, i.Region, i.Person = "", "", "", Person{}
	i.Requirements, i.Children, i.Marks = nil, nil, nil
	return i
}

// clock carries the term over to the new version.
func (t *Transfer) clock(v *view, dec *Decision) error {
	after := &dec.After
	mark, err := t.to.mark(after, v, v.m.Now)
	if err != nil {
		return err
	}
	charged := false // whose time it is, or whether the term runs, is another now
	if mark != nil {
		n := len(after.Marks)
		charged = n == 0 || after.Marks[n-1].Charge != mark.Charge || after.Marks[n-1].Paused != mark.Paused
		dec.Mark = mark
		after.Marks = append(after.Marks, *mark)
	}
	st, old := t.to.States[after.State], after.Term
	if st.Clock == "" {
		after.Term, after.Due = nil, nil
		return nil
	}
	if old != nil && old.Pause && !st.Pause {
		old, charged = old.Held, true
	}
	if old == nil || old.Clock != st.Clock || old.Pause != st.Pause {
		days, until, err := t.to.limit(t.to.Clocks[st.Clock], after, v)
		if err != nil {
			return err
		}
		held := old
		if old = (&Term{Clock: st.Clock, Start: v.m.Now, Days: days, Until: until, Pause: st.Pause}); st.Pause {
			old.Held = held
		}
		charged = true
	}
	term, changed, err := t.retuned(old, after, v)
	if err != nil || !changed && !charged {
		return err // a term whose rule is the same is not touched
	}
	after.Term = term
	after.Due = term.due(after.Marks, v.m.Calendar)
	return nil
}

// retuned returns the term with the days of the new rule, and whether its
// deadline may be another one. A term that is held is retuned too; one that the
// new version does not know is let go.
func (t *Transfer) retuned(old *Term, c *Case, v *view) (*Term, bool, error) {
	term := *old
	days, until, err := t.to.limit(t.to.Clocks[term.Clock], c, v)
	if err != nil {
		return nil, false, err
	}
	changed := days != term.Days || until != term.Until
	term.Days, term.Until = days, until
	if old.Held != nil {
		if _, known := t.to.Clocks[old.Held.Clock]; !known {
			term.Held = nil
			return &term, true, nil
		}
		held, heldChanged, err := t.retuned(old.Held, c, v)
		if err != nil {
			return nil, false, err
		}
		term.Held, changed = held, changed || heldChanged
	}
	return &term, changed, nil
}

// Restore decides the way back of case c from a migration, which its event moved
// made: the case as it was before, to the letter. A Conflict says that it was
// moved since, and by what; last is its last event.
func (ds *Definitions) Restore(c Case, moved, last Event, m Moment) (Decision, error) {
	if c.Version != moved.Seq {
		title := fault.Text{ZH: string(last.Action), EN: string(last.Action)}
		if d := ds.Get(c.Kind, last.Def); d != nil {
			title = d.ActionTitle(last.Action)
		}
		return Decision{}, fault.New(fault.Conflict, "改版之后又办过「"+title.ZH+"」", fmt.Sprintf("it was moved since by %q", title.EN))
	}
	text, _ := moved.Data["before"].(string)
	var was Case
	dec := json.NewDecoder(bytes.NewReader([]byte(text)))
	dec.UseNumber()
	if err := dec.Decode(&was); err != nil {
		return Decision{}, fmt.Errorf("event %d of case %d: %w", moved.Seq, c.ID, err)
	}
	d := ds.Get(c.Kind, was.DefVersion)
	if d == nil {
		return Decision{}, fmt.Errorf("no definition %s version %d", c.Kind, was.DefVersion)
	}
	for name, val := range was.Facts {
		if n, ok := val.(json.Number); ok {
			was.Facts[name] = factValue(n, "int")
		}
	}
	event := systemEvent(&c, ActionRestore, was.DefVersion, m, map[string]any{
		"migration": moved.Data["migration"], "from_version": int64(c.DefVersion), "to_version": int64(was.DefVersion),
		"from_state": string(c.State), "to_state": string(was.State),
	})
	event.To = was.State
	out := Decision{After: was, Event: event}
	after := &out.After
	after.Title, after.Proof, after.Region, after.Person = c.Title, c.Proof, c.Region, c.Person
	now := c.clone()
	after.Requirements, after.Children, after.Marks = now.Requirements, now.Children, now.Marks
	after.Version, after.UpdatedAt = event.Seq, m.Now
	mark, err := d.mark(after, d.look(after, m), m.Now)
	if mark != nil {
		out.Mark = mark
		after.Marks = append(after.Marks, *mark)
	}
	return out, err
}
