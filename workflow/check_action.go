package workflow

import (
	"slices"
)

// transition checks the words of one action.
func (k *checker) transition(t *Transition) {
	from := t.first(k.d)
	if t.Action == "" {
		k.refuse(from, t.Action, "an action has no name")
	}
	if t.Action == ActionMigrate || t.Action == ActionRestore || t.Action == ActionRecalculate {
		k.refuse(from, t.Action, "the name is kept for what the system itself does")
	}
	if t.Title.ZH == "" || t.Title.EN == "" {
		k.refuse(from, t.Action, "the title is missing in a language")
	}
	if t.To != "" && k.d.States[t.To] == nil {
		k.refuse(from, t.Action, "the target state %q is not defined", t.To)
	}
	for i, f := range t.From {
		if k.d.States[f] == nil {
			k.refuse(f, t.Action, "the state is not defined")
		}
		if slices.Contains(t.From[:i], f) {
			k.refuse(f, t.Action, "the state is listed twice")
		}
	}
	if !slices.Contains([]string{"", "primary", "danger"}, t.Style) {
		k.refuse(from, t.Action, "unknown style %q", t.Style)
	}
	for _, part := range sorted(t.Parts) {
		if !slices.Contains(Parts(), part) {
			k.refuse(from, t.Action, "parts: unknown part %q", part)
		}
	}
	for _, fact := range sorted(t.Set) {
		if _, ok := k.d.Facts[fact]; !ok {
			k.refuse(from, t.Action, "set: unknown fact %q", fact)
		}
	}
	k.clicks(from, t)
	k.again(from, t)
	k.seats(from, t)
	k.fields(from, t)
	k.guards(from, t)
	k.auto(from, t)
	for i := range t.Effects {
		k.effect(from, t, &t.Effects[i])
	}
}

// clicks refuses a quick action that asks for something, and an undo that is no
// action.
func (k *checker) clicks(from State, t *Transition) {
	if t.Quick && len(t.Inputs) > 0 {
		k.refuse(from, t.Action, "it is quick, but has inputs")
	}
	if t.Undo != "" && !k.d.knows(t.Undo) {
		k.refuse(from, t.Action, "undo: unknown action %q", t.Undo)
	}
}

// first is the state that a refusal about t names.
func (t *Transition) first(d *Definition) State {
	if t.opens() {
		return d.Initial
	}
	return t.From[0]
}

// seats refuses an action that nobody may do, or only somebody who may not see
// the case: the three administrators see no business (docs/domain.md §9).
func (k *checker) seats(from State, t *Transition) {
	if len(t.By) == 0 {
		k.refuse(from, t.Action, "nobody may do it")
	}
	t.seats = nil
	for _, by := range t.By {
		seat, err := seatOf(by)
		switch {
		case err != nil:
			k.refuse(from, t.Action, "by: %v", err)
		case slices.Contains([]Role{SysAdmin, SecAdmin, Auditor}, seat.Role):
			k.refuse(from, t.Action, "by: nobody may do it as %s, which sees no business", seat.Role)
		default:
			t.seats = append(t.seats, seat)
		}
	}
}

func (k *checker) fields(from State, t *Transition) {
	for i, in := range t.Inputs {
		_, err := celType(in.Type)
		if err != nil || in.Type == "string" {
			k.refuse(from, t.Action, "input %s: unknown type %q", in.Name, in.Type)
		}
		if in.Name == "" || in.Title.ZH == "" || in.Title.EN == "" {
			k.refuse(from, t.Action, "input %s: the name, or the title in a language, is missing", in.Name)
		}
		if slices.ContainsFunc(t.Inputs[:i], func(f Field) bool { return f.Name == in.Name }) {
			k.refuse(from, t.Action, "input %s: it is listed twice", in.Name)
		}
		if in.Name == "note" && (in.Type != "text" || in.Default != "") {
			k.refuse(from, t.Action, "input note: it is the event's note, a text without default")
		}
		if (in.Type == "enum") != (len(in.Options) > 0) {
			k.refuse(from, t.Action, "input %s: an enum has options, and only an enum", in.Name)
		}
		if (in.Min != 0 || in.Max != 0) && (in.Type != "int" || in.Max != 0 && in.Max < in.Min) {
			k.refuse(from, t.Action, "input %s: only an int has bounds, and min is not above max", in.Name)
		}
	}
}

func (k *checker) guards(from State, t *Transition) {
	for i, g := range t.Guards {
		if g.Name == "" || g.Expr == "" || g.Reason.ZH == "" || g.Reason.EN == "" {
			k.refuse(from, t.Action, "guard %q needs a name, an expression and a reason in both languages", g.Name)
		}
		if slices.ContainsFunc(t.Guards[:i], func(o Guard) bool { return o.Name == g.Name }) {
			k.refuse(from, t.Action, "guard %s: it is listed twice", g.Name)
		}
	}
}

// auto refuses an automatic action that the system cannot take, or would take
// for ever.
func (k *checker) auto(from State, t *Transition) {
	if !t.Auto {
		return
	}
	if !slices.Contains(t.seats, Seat{Role: System}) {
		k.refuse(from, t.Action, "it is automatic, but the system may not do it")
	}
	for _, in := range t.Inputs {
		if in.Required {
			k.refuse(from, t.Action, "it is automatic, but requires the input %s", in.Name)
		}
	}
	stays := t.To == "" || slices.Contains(t.From, t.To)
	if stays && len(t.Guards) == 0 {
		k.refuse(from, t.Action, "it is automatic, stays in the state and has no guard: it would not end")
	}
}

func (k *checker) effect(from State, t *Transition, e *EffectOf) {
	e.seats = nil
	switch e.Do {
	case EffectNotify:
		if len(e.To) == 0 {
			k.refuse(from, t.Action, "case.notify tells nobody")
		}
		for _, to := range e.To {
			if to == toAwaited { // the zero Seat stands for it
				e.seats = append(e.seats, Seat{})
				if t.To != "" || t.opens() {
					k.refuse(from, t.Action, "case.notify: whom it waits for may change with the state")
				}
				continue
			}
			seat, err := seatOf(to)
			if err != nil {
				k.refuse(from, t.Action, "case.notify: %v", err)
			}
			e.seats = append(e.seats, seat)
		}
	case EffectOpen:
		if e.Kind == "" || e.Title == "" {
			k.refuse(from, t.Action, "child.open needs kind and title")
		}
		for _, part := range sorted(e.Parts) {
			if !slices.Contains(Parts(), part) {
				k.refuse(from, t.Action, "child.open: unknown part %q", part)
			}
		}
	case EffectClose:
		if _, ok := k.d.Joined[e.Join]; !ok {
			k.refuse(from, t.Action, "join.close: unknown join %q", e.Join)
		}
		if e.Action == "" {
			k.refuse(from, t.Action, "join.close needs the action that ends a child")
		}
	case EffectFetch, EffectApply, EffectRequest, EffectPark, EffectDoubt, EffectRefuse, EffectMiss, EffectSatisfy, EffectWaive, EffectReset, EffectCheck, EffectConfirm:
		if e.For == "" && !t.takes("requirement", "requirement") {
			k.refuse(from, t.Action, "%s needs either for or an input requirement of that type", e.Do)
		}
		if e.Do == EffectSatisfy && !t.takes("receipt", "int") {
			k.refuse(from, t.Action, "%s needs an input receipt of type int", e.Do)
		}
		if e.Do == EffectWaive && !t.takes("alternative", "enum") {
			k.refuse(from, t.Action, "%s needs an input alternative of type enum", e.Do)
		}
	case EffectAdvance, EffectAdvanceParent, EffectAdvanceUsers, EffectDestroy, EffectCatalogue:
	default:
		k.refuse(from, t.Action, "unknown effect %q", e.Do)
	}
}

// takes reports whether t has an input of that name and type.
func (t *Transition) takes(name, typ string) bool {
	return slices.ContainsFunc(t.Inputs, func(f Field) bool { return f.Name == name && f.Type == typ })
}
