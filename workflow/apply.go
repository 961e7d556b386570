package workflow

import (
	"maps"
	"slices"
)

// apply carries out t on dec.After: parts and facts, state and clock, effects,
// and what is derived. before shows the case as it was, with the inputs.
func (ds *Definitions) apply(d *Definition, t *Transition, before *view, dec *Decision) error {
	after := &dec.After
	after.Version++
	after.UpdatedAt = before.m.Now
	if err := d.assign(t, before, after); err != nil {
		return err
	}
	t.taken(after, before.m)
	after.State = dec.Event.To
	if t.opens() || after.State != dec.Event.From {
		after.Ended, after.EndedAt = d.States[after.State].Final, nil
		if after.Ended {
			at := before.m.Now
			after.EndedAt = &at
		}
	}
	v := d.look(after, before.m)
	v.actor, v.seat, v.inputs = before.actor, before.seat, before.inputs
	if err := ds.effects(d, t, v, dec); err != nil {
		return err
	}
	level := 0
	if t.Escalates {
		level = d.dueLevel(before.c, before.m)
		to, notice := d.told(before.c, level)
		dec.Event.Data = map[string]any{dataLevel: int64(level), dataTo: to}
		if passed := level - 1 - before.c.Term.Level; passed > 0 {
			dec.Event.Data[dataPassed] = int64(passed)
		}
		dec.Effects = append(dec.Effects, notice)
	}
	if !d.rests(before.c) && d.rests(after) {
		dec.Effects = append(dec.Effects, ds.lapses(d, after)...)
	}
	if err := d.clock(v, dec, clockChange{extends: d.extension(t, before), handed: after.Parts[Lead] != before.c.Parts[Lead]}); err != nil {
		return err
	}
	if t.Escalates {
		term := *after.Term
		term.Level = level
		after.Term = &term
	}
	if err := d.derive(v, after); err != nil {
		return err
	}
	d.pool(before.c, after)
	return nil
}

// derive works out what follows from the rest of a case.
func (d *Definition) derive(v *view, after *Case) (err error) {
	after.NoMeeting = noMeeting(after)
	after.Wake = d.wake(after, v.m.Calendar)
	after.Assignee, _ = factValue(after.Facts[assignee], "int").(int64)
	after.Waits, err = d.waits(v)
	return err
}

// pool puts the case back into the pool when another department has to act: a
// claim is of a person of the lead department. While it waits for nobody's
// department, such as a coordinator or the platform, the claim stands.
func (d *Definition) pool(before, after *Case) {
	if d.Facts[assignee] == "" {
		return
	}
	lead, waits := after.Parts[Lead], after.Parts[after.Waits.Part]
	handed := lead != before.Parts[Lead] || waits != 0 && waits != lead && waits != before.Parts[before.Waits.Part]
	if handed && after.Facts[assignee] != nil {
		after.Facts[assignee] = int64(0)
	}
	after.Assignee, _ = factValue(after.Facts[assignee], "int").(int64)
}

// assignee is the fact that says who took the case out of the pool.
const assignee = "assignee"

// assign sets the parts and facts of t. All expressions see the case as it was.
func (d *Definition) assign(t *Transition, v *view, after *Case) error {
	for part, expr := range t.Parts {
		id, err := d.guards.dept(t.scope, expr, v)
		if err != nil {
			return err
		}
		after.Parts[part] = id
	}
	for fact, expr := range t.Set {
		val, err := d.guards.value(t.scope, expr, v)
		if err != nil {
			return err
		}
		after.Facts[fact] = val
	}
	return nil
}

// clock begins a new interval when the owner of the time changed, and sets the
// term.
func (d *Definition) clock(v *view, dec *Decision, change clockChange) error {
	after := &dec.After
	mark, err := d.mark(after, v, v.m.Now)
	if err != nil {
		return err
	}
	if mark != nil {
		change.marked = true
		dec.Mark = mark
		after.Marks = append(after.Marks, *mark)
	}
	return d.term(after, v, change)
}

// waits says whose move it is.
func (d *Definition) waits(v *view) (Seat, error) {
	waits := d.States[v.c.State].Waits
	for i := range waits {
		ok, err := d.guards.holds("", waits[i].When, v)
		if err != nil {
			return Seat{}, err
		}
		if ok {
			return waits[i].seat, nil
		}
	}
	return Seat{}, nil
}

// clone returns a copy of c that shares nothing which a decision changes.
func (c *Case) clone() Case {
	k := *c
	if k.Parts = maps.Clone(c.Parts); k.Parts == nil {
		k.Parts = map[Part]DeptID{}
	}
	if k.Facts = maps.Clone(c.Facts); k.Facts == nil {
		k.Facts = map[string]any{}
	}
	k.Requirements = slices.Clone(c.Requirements)
	k.Children = slices.Clone(c.Children)
	k.Marks = slices.Clone(c.Marks)
	return k
}
