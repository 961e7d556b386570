package workflow

import (
	"cmp"
	"fmt"
	"strings"

	"github.com/shujie-gov/shujie/fault"
)

// effects works out what follows transition t, in the order it is written. Each
// effect sees the case as the ones before it left it; v shows dec.After.
func (ds *Definitions) effects(d *Definition, t *Transition, v *view, dec *Decision) error {
	for i := range t.Effects {
		e := &t.Effects[i]
		ok, err := d.guards.holds(t.scope, e.When, v)
		if err != nil {
			return err
		}
		if !ok {
			continue
		}
		if err := ds.effect(d, t, e, v, dec); err != nil {
			return err
		}
	}
	return nil
}

func (ds *Definitions) effect(d *Definition, t *Transition, e *EffectOf, v *view, dec *Decision) error {
	c := &dec.After
	switch e.Do {
	case EffectNotify:
		for _, s := range e.seats {
			if s == (Seat{}) {
				s = c.Waits // awaited
			}
			dept := c.Parts[s.Part]
			if s.Part != "" && dept == 0 {
				continue // nobody plays the part yet
			}
			dec.Effects = append(dec.Effects, notify(c.Version, s.Role, dept, c.Region))
		}
		return nil
	case EffectAdvance:
		dec.Effects = append(dec.Effects, Effect{Kind: EffectAdvance})
		return nil
	case EffectAdvanceParent:
		if c.Parent != 0 {
			dec.Effects = append(dec.Effects, Effect{Kind: EffectAdvance, Case: c.Parent})
		}
		return nil
	case EffectAdvanceUsers, EffectCatalogue:
		dec.Effects = append(dec.Effects, Effect{Kind: e.Do})
		return nil
	case EffectDestroy:
		dec.Effects = append(dec.Effects, Effect{Kind: EffectDestroy, Args: map[string]any{"seq": c.Version}})
		return nil
	}
	if e.Do == EffectClose {
		for _, k := range d.round(e.Join, c) {
			if !k.Ended && k.ID != 0 {
				dec.Effects = append(dec.Effects, Effect{Kind: EffectAct, Case: k.ID, Args: map[string]any{"action": string(e.Action)}})
			}
		}
		return nil
	}
	if e.each {
		return ds.openEach(d, t, e, v, dec)
	}
	if e.For == "" {
		if e.Do == EffectOpen {
			return ds.open(d, t.scope, e, v, 0, dec)
		}
		id, _ := v.inputs["input.requirement"].(int64)
		return dec.need(e.Do, id, v)
	}
	list, err := d.guards.list(t.scope, e.For, v)
	if err != nil {
		return err
	}
	for i := range list {
		if e.Do == EffectOpen {
			v.r = &list[i]
			err = ds.open(d, t.loop, e, v, list[i].ID, dec)
			v.r = nil
		} else {
			err = dec.need(e.Do, list[i].ID, v)
		}
		if err != nil {
			return err
		}
	}
	return nil
}

// openEach opens a child for each department of a list.
func (ds *Definitions) openEach(d *Definition, t *Transition, e *EffectOf, v *view, dec *Decision) error {
	list, err := d.guards.depts(t.scope, e.For, v)
	if err != nil {
		return err
	}
	for _, v.dept = range list {
		if err := ds.open(d, t.each, e, v, 0, dec); err != nil {
			return err
		}
	}
	v.dept = 0
	return nil
}

// need changes one requirement of the case.
func (dec *Decision) need(do string, id int64, v *view) error {
	c := &dec.After
	for i := range c.Requirements {
		r := &c.Requirements[i]
		if r.ID != id {
			continue
		}
		switch do {
		case EffectApply:
			r.Status = NeedApplied
		case EffectRequest:
			r.Status = NeedRequested
		case EffectFetch:
			r.Status = NeedFetching
			dec.Effects = append(dec.Effects, Effect{Kind: EffectFetch, Args: map[string]any{"requirement": id, "seq": c.Version}})
		case EffectPark:
			r.Status = NeedParked
		case EffectDoubt:
			r.Status = NeedUnsure
		case EffectSatisfy:
			r.Status, r.Alternative = NeedSatisfied, ""
			r.Receipt, _ = v.inputs["input.receipt"].(int64)
		case EffectWaive:
			r.Status, r.Receipt = NeedWaived, 0
			r.Alternative, _ = v.inputs["input.alternative"].(string)
		case EffectCheck:
			r.Status = NeedChecking
		case EffectConfirm:
			r.Status = NeedSatisfied // by the receipt it has
		case EffectMiss:
			r.Status = NeedMissing
		case EffectRefuse:
			r.Status = NeedRefused
		case EffectReset:
			r.Status, r.Receipt, r.Alternative = NeedOpen, 0, ""
		}
		dec.note(*r)
		v.changed()
		return nil
	}
	return fault.InvalidField("requirement", "本事项没有这份材料", "the case has no such requirement")
}

// note keeps the last change of each requirement.
func (dec *Decision) note(r Requirement) {
	for i := range dec.Needs {
		if dec.Needs[i].ID == r.ID {
			dec.Needs[i] = r
			return
		}
	}
	dec.Needs = append(dec.Needs, r)
}

// open opens a child case for requirement need, or for none.
func (ds *Definitions) open(d *Definition, scope string, e *EffectOf, v *view, need int64, dec *Decision) error {
	parent := &dec.After
	title, err := d.guards.value(scope, e.Title, v)
	if err != nil {
		return err
	}
	draft := Case{
		Kind: e.Kind, Parent: parent.ID, Item: parent.Item, Proof: parent.Proof,
		Batch: parent.Batch, Need: need, Parts: map[Part]DeptID{}, Facts: map[string]any{},
	}
	draft.Title, _ = title.(string)
	for part, expr := range e.Parts {
		if draft.Parts[part], err = d.guards.dept(scope, expr, v); err != nil {
			return err
		}
	}
	for fact, expr := range e.Facts {
		if draft.Facts[fact], err = d.guards.value(scope, expr, v); err != nil {
			return err
		}
	}
	if draft.Region, err = d.regionOf(scope, e, v); err != nil {
		return err
	}
	child, err := ds.Open(SystemActor(), draft, Input{}, v.m)
	if err != nil {
		return fmt.Errorf("open %s: %w", e.Kind, err)
	}
	dec.Children = append(dec.Children, child)
	round, _ := whole(child.After.Facts[roundFact])
	parent.Children = append(parent.Children, Child{
		Kind: child.After.Kind, State: child.After.State, NoMeeting: child.After.NoMeeting, Need: need,
		Lead: child.After.Parts[Lead], Round: round, N: 1,
	})
	v.changed()
	return nil
}

// regionOf returns the region a child belongs to: the one that the departments
// of e.At have in common, else the parent's. The authority of that region is
// their same-level authority, or the common superior of departments of
// different regions (条例 Art. 21, 28).
func (d *Definition) regionOf(scope string, e *EffectOf, v *view) (string, error) {
	if e.Above {
		return above(v.c.Region), nil
	}
	region := ""
	for i, expr := range e.At {
		dept, err := d.guards.dept(scope, expr, v)
		if err != nil {
			return "", err
		}
		if path := v.m.Regions[dept]; i == 0 {
			region = path
		} else {
			region = common(region, path)
		}
	}
	return cmp.Or(region, v.c.Region), nil
}

// common returns the region path that two have in common.
func common(a, b string) string {
	as, bs := strings.Split(a, "/"), strings.Split(b, "/")
	n := 0
	for n < min(len(as), len(bs)) && as[n] == bs[n] {
		n++
	}
	return strings.Join(as[:n], "/")
}

// notify tells the people of a seat of the event seq.
func notify(seq int64, role Role, dept DeptID, region string) Effect {
	return Effect{Kind: EffectNotify, Args: map[string]any{
		"seq": seq, "role": string(role), "dept": int64(dept), "region": region,
	}}
}
