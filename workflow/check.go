package workflow

import (
	"errors"
	"fmt"
	"strings"

	"cel.dev/cel-go/cel"
)

// checker collects the refusals of one definition; each names file, state and
// action.
type checker struct {
	d    *Definition
	errs []error
}

func (k *checker) refuse(state State, action Action, format string, args ...any) {
	where := k.d.file
	if state != "" {
		where += ": state " + string(state)
	}
	if action != "" {
		where += ": action " + string(action)
	}
	k.errs = append(k.errs, fmt.Errorf("%s: %s", where, fmt.Sprintf(format, args...)))
}

// check refuses a definition that could strand a case: an unreachable state, a
// state without a way to an end, an action nobody may do, two unguarded actions
// of one name from one state, an unknown effect, variable, role or clock.
func (d *Definition) check() error {
	k := &checker{d: d}
	k.shape()
	if len(k.errs) == 0 {
		k.graph()
		k.ambiguous()
		k.expressions()
	}
	return errors.Join(k.errs...)
}

func (k *checker) shape() {
	d := k.d
	if d.Kind == "" || d.Version < 1 {
		k.refuse("", "", "kind and a version from 1 are required")
	}
	if d.States[d.Initial] == nil {
		k.refuse(d.Initial, "", "the initial state is not defined")
	}
	for _, s := range d.order {
		k.state(s, d.States[s])
	}
	starts := 0
	for _, t := range d.Transitions {
		if len(t.From) == 0 {
			starts++
			if t.To != d.Initial {
				k.refuse(t.To, t.Action, "the opening action must lead to the initial state %s", d.Initial)
			}
		}
		k.transition(t)
	}
	if starts != 1 {
		k.refuse(d.Initial, "", "there must be exactly one action without from, which opens the case; found %d", starts)
	}
}

func (k *checker) state(name State, s *StateOf) {
	if s == nil {
		k.refuse(name, "", "the state is empty")
		return
	}
	if s.Title.ZH == "" || s.Title.EN == "" {
		k.refuse(name, "", "the title is missing in a language")
	}
	if s.Clock != "" {
		if _, ok := k.d.Clocks[s.Clock]; !ok {
			k.refuse(name, "", "unknown clock %q", s.Clock)
		}
	}
	if _, _, err := chargeOf(s.Charge); err != nil {
		k.refuse(name, "", "%v", err)
	}
	for _, w := range s.Waits {
		if _, err := seatOf(w.For); err != nil {
			k.refuse(name, "", "waits: %v", err)
		}
	}
	if !s.Final && !s.Goal && len(s.Waits) == 0 {
		k.refuse(name, "", "it waits for nobody")
	}
}

func (k *checker) transition(t *Transition) {
	from := State("")
	if len(t.From) > 0 {
		from = t.From[0]
	}
	if t.Title.ZH == "" || t.Title.EN == "" {
		k.refuse(from, t.Action, "the title is missing in a language")
	}
	if t.To != "" && k.d.States[t.To] == nil {
		k.refuse(from, t.Action, "the target state %q is not defined", t.To)
	}
	for _, f := range t.From {
		if k.d.States[f] == nil {
			k.refuse(f, t.Action, "the state is not defined")
		}
	}
	if len(t.By) == 0 {
		k.refuse(from, t.Action, "nobody may do it")
	}
	t.seats = nil
	for _, by := range t.By {
		seat, err := seatOf(by)
		if err != nil {
			k.refuse(from, t.Action, "by: %v", err)
			continue
		}
		t.seats = append(t.seats, seat)
	}
	for _, in := range t.Inputs {
		if _, _, err := celType(in.Type); err != nil {
			k.refuse(from, t.Action, "input %s: %v", in.Name, err)
		}
		if in.Title.ZH == "" || in.Title.EN == "" {
			k.refuse(from, t.Action, "input %s: the title is missing in a language", in.Name)
		}
		if (in.Type == "enum") != (len(in.Options) > 0) {
			k.refuse(from, t.Action, "input %s: an enum has options, and only an enum", in.Name)
		}
	}
	for i := range t.Guards {
		g := &t.Guards[i]
		g.readsInput = strings.Contains(g.Expr, "input.")
		if g.Name == "" || g.Reason.ZH == "" || g.Reason.EN == "" {
			k.refuse(from, t.Action, "guard %q needs a name and a reason in both languages", g.Name)
		}
	}
	for i := range t.Effects {
		k.effect(from, t, &t.Effects[i])
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
	case EffectFetch, EffectRequest, EffectRefuse, EffectMiss, EffectSatisfy, EffectWaive:
		if e.For == "" && !t.takes("requirement") {
			k.refuse(from, t.Action, "%s needs either for or an input named requirement", e.Do)
		}
	case EffectAdvance, EffectAdvanceParent:
	default:
		k.refuse(from, t.Action, "unknown effect %q", e.Do)
	}
}

func (t *Transition) takes(input string) bool {
	for _, f := range t.Inputs {
		if f.Name == input {
			return true
		}
	}
	return false
}

// graph refuses states that no case can reach and states no case can leave.
func (k *checker) graph() {
	reached := k.spread([]State{k.d.Initial}, func(t *Transition, s State) (State, bool) {
		return t.target(s), t.leaves(s)
	})
	var ends []State
	for _, s := range k.d.order {
		if k.d.States[s].Final || k.d.States[s].Goal {
			ends = append(ends, s)
		}
		if !reached[s] {
			k.refuse(s, "", "it cannot be reached from %s", k.d.Initial)
		}
	}
	leading := map[State]bool{}
	for _, s := range ends {
		leading[s] = true
	}
	for grown := true; grown; {
		grown = false
		for _, t := range k.d.Transitions {
			for _, f := range t.From {
				if !leading[f] && leading[t.target(f)] {
					leading[f], grown = true, true
				}
			}
		}
	}
	for _, s := range k.d.order {
		if !leading[s] {
			k.refuse(s, "", "no way leads from it to an end")
		}
	}
}

func (k *checker) spread(from []State, step func(*Transition, State) (State, bool)) map[State]bool {
	seen := map[State]bool{}
	for len(from) > 0 {
		s := from[0]
		from = from[1:]
		if seen[s] {
			continue
		}
		seen[s] = true
		for _, t := range k.d.Transitions {
			if next, ok := step(t, s); ok {
				from = append(from, next)
			}
		}
	}
	return seen
}

// ambiguous refuses two transitions of one name from one state that the same
// seat could take without a guard to tell them apart.
func (k *checker) ambiguous() {
	for _, s := range k.d.order {
		open := map[string]bool{}
		for _, t := range k.d.Transitions {
			if !t.leaves(s) || len(t.Guards) > 0 {
				continue
			}
			key := string(t.Action)
			if open[key] {
				k.refuse(s, t.Action, "two actions of this name leave the state without a guard")
			}
			open[key] = true
		}
	}
}

// expressions compiles everything that is written in the guard language.
func (k *checker) expressions() {
	g, err := newGuards(k.d)
	if err != nil {
		k.refuse("", "", "%v", err)
		return
	}
	k.d.guards = g
	for name, c := range k.d.Clocks {
		if len(c.Limits) == 0 || c.Source.ZH == "" {
			k.refuse("", "", "clock %s needs a limit and a source", name)
		}
		for _, l := range c.Limits {
			k.compile("", "", "", g.base, l.When, cel.BoolType)
		}
	}
	for _, s := range k.d.order {
		for _, w := range k.d.States[s].Waits {
			k.compile(s, "", "", g.base, w.When, cel.BoolType)
		}
	}
	for _, t := range k.d.Transitions {
		k.transitionExpressions(g, t)
	}
}

func (k *checker) transitionExpressions(g *guards, t *Transition) {
	env, err := g.scopeOf(t, false)
	if err != nil {
		k.refuse("", t.Action, "%v", err)
		return
	}
	loop, err := g.scopeOf(t, true)
	if err != nil {
		k.refuse("", t.Action, "%v", err)
		return
	}
	from := k.d.Initial
	if len(t.From) > 0 {
		from = t.From[0]
	}
	scope, each := t.scope(), t.scope()+"*"
	for _, gu := range t.Guards {
		k.compile(from, t.Action, scope, env, gu.Expr, cel.BoolType)
	}
	for fact, expr := range t.Set {
		typ, ok := k.d.Facts[fact]
		if !ok {
			k.refuse(from, t.Action, "set: unknown fact %q", fact)
			continue
		}
		want, _, err := celType(typ)
		if err != nil {
			continue
		}
		k.compile(from, t.Action, scope, env, expr, want)
	}
	for _, expr := range t.Parts {
		k.compile(from, t.Action, scope, env, expr, cel.IntType)
	}
	for _, e := range t.Effects {
		k.compile(from, t.Action, scope, env, e.When, cel.BoolType)
		k.compile(from, t.Action, scope, env, e.For, nil)
		ev, sc := env, scope
		if e.For != "" {
			ev, sc = loop, each
		}
		k.compile(from, t.Action, sc, ev, e.Title, cel.StringType)
		for _, expr := range e.Parts {
			k.compile(from, t.Action, sc, ev, expr, cel.IntType)
		}
		for _, expr := range e.Facts {
			k.compile(from, t.Action, sc, ev, expr, nil)
		}
	}
}

func (k *checker) compile(s State, a Action, scope string, env *cel.Env, expr string, want *cel.Type) {
	if expr == "" {
		return
	}
	if err := k.d.guards.compile(scope, env, expr, want); err != nil {
		k.refuse(s, a, "expression %q: %v", expr, err)
	}
}

// scope names the expressions of t; two actions of one name may take other
// inputs, so the target and seats are part of it.
func (t *Transition) scope() string {
	return string(t.Action) + ">" + string(t.To) + ":" + strings.Join(t.By, ",")
}
