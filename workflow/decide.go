package workflow

import (
	"fmt"
	"maps"
	"slices"
	"time"

	"github.com/shujie-gov/shujie/fault"
)

// Moment is what a decision needs to know of the outside: the time and the
// calendar in force. Given the same case, input and moment, Decide gives the
// same decision.
type Moment struct {
	Now      time.Time
	Calendar *Calendar
}

// Open decides the first event of a new case: draft carries its fields, parts,
// requirements and facts.
func (ds *Definitions) Open(a Actor, draft Case, in Input, m Moment) (Decision, error) {
	d := ds.Latest(draft.Kind)
	if d == nil {
		return Decision{}, fault.New(fault.Invalid, "没有这种事项："+string(draft.Kind), "there is no such kind: "+string(draft.Kind))
	}
	draft.DefVersion, draft.State, draft.Version = d.Version, d.Initial, 0
	draft.CreatedAt = m.Now
	if draft.Facts == nil {
		draft.Facts = map[string]any{}
	}
	t := d.Start()
	in.Action = t.Action
	return ds.take(d, t, a, draft, in, m)
}

// Decide answers what happens when actor a gives input in on case c. It is
// pure: the decision is data, nothing is done. The faults are Stale (the actor
// saw an older version), Conflict (not possible in this state, or a guard does
// not hold), Forbidden and Invalid.
func (ds *Definitions) Decide(c Case, a Actor, in Input, m Moment) (Decision, error) {
	d, err := ds.Of(&c)
	if err != nil {
		return Decision{}, err
	}
	if in.Version != 0 && in.Version != c.Version {
		return Decision{}, fault.New(fault.Stale,
			fmt.Sprintf("您看到的是第 %d 版，现在已是第 %d 版，请核对最新情况后再办。", in.Version, c.Version),
			fmt.Sprintf("You saw version %d, it is now version %d; look at the present state and try again.", in.Version, c.Version))
	}
	var known, seated bool
	var refusal error
	for _, t := range d.Transitions {
		if t.Action != in.Action {
			continue
		}
		known = true
		if !t.leaves(c.State) {
			continue
		}
		if _, ok := t.seat(a, &c); !ok {
			continue
		}
		seated = true
		dec, err := ds.take(d, t, a, c, in, m)
		if err == nil {
			return dec, nil
		}
		if refusal == nil || fault.KindOf(err) == fault.Invalid {
			refusal = err
		}
	}
	switch {
	case refusal != nil:
		return Decision{}, refusal
	case !known:
		return Decision{}, unknownAction(in.Action)
	case seated:
		return Decision{}, fault.New(fault.Internal, "", "no transition answered")
	}
	return Decision{}, d.refusal(&c, in.Action)
}

func unknownAction(a Action) error {
	return fault.New(fault.NotFound, "没有这个操作："+string(a), "There is no such action: "+string(a))
}

func (d *Definition) knows(a Action) bool {
	for _, t := range d.Transitions {
		if t.Action == a {
			return true
		}
	}
	return false
}

// refusal says why nobody like the actor may take the action now.
func (d *Definition) refusal(c *Case, action Action) error {
	title := d.ActionTitle(action)
	for _, t := range d.Transitions {
		if t.Action == action && t.leaves(c.State) {
			f := fault.New(fault.Forbidden,
				"您不能在这件事项上「"+title.ZH+"」。", "You may not "+string(action)+" this case.")
			f.Rule = fmt.Sprintf("%s/%s: by %v", d.Kind, action, t.By)
			return f
		}
	}
	st := d.TitleOf(c.State)
	return fault.New(fault.Conflict,
		fmt.Sprintf("现在的状态是「%s」，不能「%s」。", st.ZH, title.ZH),
		fmt.Sprintf("The case is %q now; it cannot be moved by %q.", st.EN, title.EN))
}

// seat returns the seat that lets a take t on c.
func (t *Transition) seat(a Actor, c *Case) (Seat, bool) {
	for _, s := range t.seats {
		for _, g := range a.Grants {
			if s.Holds(g, c) {
				return s, true
			}
		}
	}
	return Seat{}, false
}

// take works out transition t of definition d.
func (ds *Definitions) take(d *Definition, t *Transition, a Actor, c Case, in Input, m Moment) (Decision, error) {
	seat, ok := t.seat(a, &c)
	if !ok && !(len(t.From) == 0 && a.IsSystem()) {
		f := fault.New(fault.Forbidden, "您不能「"+t.Title.ZH+"」。", "You may not "+string(t.Action)+".")
		f.Rule = fmt.Sprintf("%s/%s: by %v", d.Kind, t.Action, t.By)
		return Decision{}, f
	}
	v := d.look(&c, m.Now, m.Calendar)
	if why, err := d.blocked(t, v, false); err != nil {
		return Decision{}, err
	} else if len(why) > 0 {
		return Decision{}, fault.New(fault.Conflict, why[0].ZH+"。", why[0].EN+".")
	}
	data, err := t.inputs(&in, v)
	if err != nil {
		return Decision{}, err
	}
	if why, err := d.blocked(t, v, true); err != nil {
		return Decision{}, err
	} else if len(why) > 0 {
		return Decision{}, fault.New(fault.Conflict, why[0].ZH+"。", why[0].EN+".")
	}
	role := seat.Role
	if role == "" && len(a.Grants) > 0 {
		role = a.Grants[0].Role
	}
	dec := Decision{
		After: c.clone(),
		Event: Event{
			Case: c.ID, Seq: c.Version + 1, Action: t.Action, From: c.State, To: t.target(c.State),
			Actor: a.UserID, Name: a.Name, Role: role, Dept: a.Dept, At: m.Now, Note: in.Note, Data: data, Def: d.Version,
		},
	}
	if len(t.From) == 0 {
		dec.Event.From = ""
		dec.Event.To = d.Initial
	}
	if err := ds.apply(d, t, v, &dec, m); err != nil {
		return Decision{}, fmt.Errorf("%s %s: %w", d.file, t.Action, err)
	}
	return dec, nil
}

// blocked returns the reasons of the guards of t that do not hold: those that
// speak of the inputs, or those that can be judged before anything is typed.
func (d *Definition) blocked(t *Transition, v vars, inputs bool) ([]fault.Text, error) {
	var why []fault.Text
	for _, g := range t.Guards {
		if g.readsInput != inputs {
			continue
		}
		ok, err := d.guards.holds(t.scope(), g.Expr, v)
		if err != nil {
			return nil, fmt.Errorf("%s: action %s: guard %s: %w", d.file, t.Action, g.Name, err)
		}
		if !ok {
			why = append(why, g.Reason)
		}
	}
	return why, nil
}

// apply carries out t on dec.After: parts and facts, state and clock, effects,
// and what is derived.
func (ds *Definitions) apply(d *Definition, t *Transition, v vars, dec *Decision, m Moment) error {
	after := &dec.After
	after.Version++
	after.UpdatedAt = m.Now
	for part, expr := range t.Parts {
		val, err := d.guards.value(t.scope(), expr, v)
		if err != nil {
			return err
		}
		after.Parts[part] = DeptID(val.(int64)) //nolint:forcetypeassert // the type was checked when the definition was
	}
	for fact, expr := range t.Set {
		val, err := d.guards.value(t.scope(), expr, v)
		if err != nil {
			return err
		}
		after.Facts[fact] = val
	}
	opened := len(t.From) == 0
	moved := opened || dec.Event.To != dec.Event.From
	after.State = dec.Event.To
	st := d.States[after.State]
	if moved {
		after.Ended = st.Final
		after.EndedAt = nil
		if st.Final {
			after.EndedAt = &m.Now
		}
	}
	if err := ds.effects(d, t, v, dec, m); err != nil {
		return err
	}
	if moved || len(t.Parts) > 0 {
		reason, _ := after.Facts["suspend_reason"].(string)
		dec.Mark = d.mark(after, m.Now, reason)
		after.Marks = append(after.Marks, *dec.Mark)
	}
	if err := d.term(after, moved, t.Extends, m.Now, m.Calendar); err != nil {
		return err
	}
	after.NoMeeting = noMeeting(after)
	seat, err := d.waits(after, m)
	after.Waits = seat
	return err
}

// waits says whose move it is.
func (d *Definition) waits(c *Case, m Moment) (Seat, error) {
	v := d.look(c, m.Now, m.Calendar)
	for _, w := range d.States[c.State].Waits {
		ok, err := d.guards.holds("", w.When, v)
		if err != nil {
			return Seat{}, err
		}
		if ok {
			return seatOf(w.For)
		}
	}
	return Seat{}, nil
}

func (c *Case) clone() Case {
	k := *c
	k.Parts = maps.Clone(c.Parts)
	if k.Parts == nil {
		k.Parts = map[Part]DeptID{}
	}
	k.Facts = maps.Clone(c.Facts)
	if k.Facts == nil {
		k.Facts = map[string]any{}
	}
	k.Requirements = slices.Clone(c.Requirements)
	k.Children = slices.Clone(c.Children)
	k.Marks = slices.Clone(c.Marks)
	return k
}
