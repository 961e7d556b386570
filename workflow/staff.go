package workflow

import (
	"context"

	"github.com/shujie-gov/shujie/fault"
)

// Staff knows who works where.
type Staff interface {
	// WorksIn reports whether a person may be given the cases of a department.
	WorksIn(ctx context.Context, person int64, dept DeptID) (bool, error)
}

// Rehearse answers what Act would do on c, and writes nothing.
func (e *Engine) Rehearse(ctx context.Context, c Case, a Actor, in Input) (Decision, error) {
	dec, err := e.Decide(c, a, in)
	if err != nil {
		return dec, err
	}
	if in.Bulk != 0 {
		dec.gather(in.Bulk)
	}
	return dec, e.staffed(ctx, &dec)
}

// gather marks what people are told as a part of a bulk act, so that each of
// them reads one notice of it and not one for each row.
func (dec *Decision) gather(bulk int64) {
	for _, e := range dec.Effects {
		if e.Kind == EffectNotify {
			e.Args["bulk"] = bulk
		}
	}
	for i := range dec.Children {
		dec.Children[i].gather(bulk)
	}
}

// staffed refuses a person named in an input who does not work in the
// department that the actor speaks for.
func (e *Engine) staffed(ctx context.Context, dec *Decision) error {
	d, err := e.Defs.Of(&dec.After)
	if err != nil {
		return err
	}
	for _, f := range d.inputsOf(dec.Event.Action) {
		id, given := dec.Event.Data[f.Name].(int64)
		if f.Type != "person" || !given {
			continue
		}
		ok, err := e.Staff.WorksIn(ctx, id, dec.Event.Dept)
		if err != nil {
			return err
		}
		if !ok {
			return fault.InvalidField(f.Name, "不是本部门的经办人员", "does not work in this department")
		}
	}
	return nil
}
