package workflow

import (
	"fmt"
	"strings"

	"github.com/shujie-gov/shujie/fault"
)

// effects works out what follows transition t, in the order it is written. Each
// effect sees the case as the ones before it left it.
func (ds *Definitions) effects(d *Definition, t *Transition, in vars, dec *Decision, m Moment) error {
	for i := range t.Effects {
		e := &t.Effects[i]
		v := d.look(&dec.After, m.Now, m.Calendar)
		for name, val := range in {
			if strings.HasPrefix(name, "input.") {
				v[name] = val
			}
		}
		ok, err := d.guards.holds(t.scope(), e.When, v)
		if err != nil {
			return err
		}
		if !ok {
			continue
		}
		if err := ds.effect(d, t, e, v, dec, m); err != nil {
			return err
		}
	}
	return nil
}

func (ds *Definitions) effect(d *Definition, t *Transition, e *EffectOf, v vars, dec *Decision, m Moment) error {
	c := &dec.After
	switch e.Do {
	case EffectNotify:
		for _, s := range e.seats {
			dec.Effects = append(dec.Effects, Effect{Kind: EffectNotify, Args: map[string]any{
				"seq": c.Version, "role": string(s.Role), "dept": int64(c.Parts[s.Part]), "region": c.Region,
			}})
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
	case EffectOpen:
		return ds.open(d, t, e, v, dec, m)
	}
	needs, err := d.targets(t, e, v)
	if err != nil {
		return err
	}
	for _, id := range needs {
		if err := dec.need(e.Do, id, v); err != nil {
			return err
		}
	}
	return nil
}

// targets returns the requirements an effect is about.
func (d *Definition) targets(t *Transition, e *EffectOf, v vars) ([]int64, error) {
	if e.For == "" {
		id, ok := v["input.requirement"].(int64)
		if !ok {
			return nil, fmt.Errorf("%s: no requirement given", e.Do)
		}
		return []int64{id}, nil
	}
	list, err := d.guards.list(t.scope(), e.For, v)
	if err != nil {
		return nil, err
	}
	ids := make([]int64, len(list))
	for i, n := range list {
		ids[i] = n.ID
	}
	return ids, nil
}

// need changes one requirement of the case.
func (dec *Decision) need(do string, id int64, v vars) error {
	c := &dec.After
	for i := range c.Requirements {
		r := &c.Requirements[i]
		if r.ID != id {
			continue
		}
		switch do {
		case EffectRequest:
			r.Status = NeedRequested
		case EffectFetch:
			r.Status = NeedFetching
			dec.Effects = append(dec.Effects, Effect{Kind: EffectFetch, Args: map[string]any{"requirement": id, "seq": c.Version}})
		case EffectSatisfy:
			r.Status = NeedSatisfied
			r.Receipt, _ = v["input.receipt"].(int64)
		case EffectWaive:
			r.Status = NeedWaived
			r.Alternative, _ = v["input.alternative"].(string)
		case EffectMiss:
			r.Status = NeedMissing
		case EffectRefuse:
			r.Status = NeedRefused
		}
		dec.Needs = append(dec.Needs, *r)
		return nil
	}
	return fault.InvalidField("requirement", "本事项没有这份材料", "the case has no such requirement")
}

// open opens a child case, or one for each requirement of the effect's list.
func (ds *Definitions) open(d *Definition, t *Transition, e *EffectOf, v vars, dec *Decision, m Moment) error {
	if e.For == "" {
		return ds.openOne(d, t.scope(), e, v, 0, dec, m)
	}
	list, err := d.guards.list(t.scope(), e.For, v)
	if err != nil {
		return err
	}
	for _, n := range list {
		v["r"] = n
		if err := ds.openOne(d, t.scope()+"*", e, v, n.ID, dec, m); err != nil {
			return err
		}
	}
	delete(v, "r")
	return nil
}

func (ds *Definitions) openOne(d *Definition, scope string, e *EffectOf, v vars, need int64, dec *Decision, m Moment) error {
	parent := &dec.After
	title, err := d.guards.value(scope, e.Title, v)
	if err != nil {
		return err
	}
	draft := Case{
		Kind: e.Kind, Parent: parent.ID, Region: parent.Region, Item: parent.Item, Proof: parent.Proof,
		Batch: parent.Batch, Need: need, Parts: map[Part]DeptID{}, Facts: map[string]any{},
	}
	draft.Title, _ = title.(string)
	for part, expr := range e.Parts {
		val, err := d.guards.value(scope, expr, v)
		if err != nil {
			return err
		}
		id, _ := val.(int64)
		draft.Parts[part] = DeptID(id)
	}
	for fact, expr := range e.Facts {
		if draft.Facts[fact], err = d.guards.value(scope, expr, v); err != nil {
			return err
		}
	}
	child, err := ds.Open(SystemActor(), draft, Input{}, m)
	if err != nil {
		return err
	}
	dec.Children = append(dec.Children, child)
	parent.Children = append(parent.Children, Child{
		Kind: child.After.Kind, State: child.After.State, NoMeeting: child.After.NoMeeting, Need: need, N: 1,
	})
	return nil
}
