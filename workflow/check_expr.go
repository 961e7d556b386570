package workflow

import (
	"fmt"
	"slices"
	"strings"

	"cel.dev/cel-go/cel"
)

// expressions compiles everything that is written in the guard language, and
// notes what each guard reads.
func (k *checker) expressions() {
	g, err := newGuards(k.d)
	if err != nil {
		k.refuse("", "", "%v", err)
		return
	}
	k.d.guards = g
	for _, name := range sorted(k.d.Clocks) {
		k.at = k.d.lines["clock "+name]
		for _, l := range k.d.Clocks[name].Limits {
			if err := g.condition(l.When); err != nil {
				k.refuse("", "", "clock %s: %v", name, err)
			}
		}
	}
	for _, s := range k.d.order {
		k.at = k.d.lines["state "+string(s)]
		for _, w := range k.d.States[s].Waits {
			if err := g.condition(w.When); err != nil {
				k.refuse(s, "", "waits: %v", err)
			}
		}
		for _, c := range k.d.States[s].Charge {
			if err := g.condition(c.When); err != nil {
				k.refuse(s, "", "charge: %v", err)
			}
			if err := g.kept(c.Dept, cel.IntType); err != nil {
				k.refuse(s, "", "charge: %v", err)
			}
		}
	}
	for i, t := range k.d.Transitions {
		t.scope = fmt.Sprintf("%d", i)
		t.loop, t.each = t.scope+"*", t.scope+"#"
		k.at = t.line
		k.transitionExpressions(g, t)
	}
	k.escalation()
}

// condition compiles a condition that is kept, see kept.
func (g *guards) condition(text string) error { return g.kept(text, cel.BoolType) }

// kept compiles an expression that is worked out when the case moves and kept
// until it moves again. So it may not read what changes in between: the
// children, the applications of others, the time and who acts; nor whose move it
// is, which such an expression says itself.
func (g *guards) kept(text string, want *cel.Type) error {
	if text == "" {
		return nil
	}
	p, err := g.compile("", g.base, text, want)
	if err != nil {
		return say("expression %q: %v", text, err)
	}
	for name := range p.reads {
		if slices.Contains([]string{"children", "overdue", "level_due", "last_level", "awaited", "awaited_role", "own_move", "ended_days", "today", "actor", ".grant"}, name) || strings.HasPrefix(name, joinPrefix) {
			return say("expression %q: %s may change without a move of the case", text, name)
		}
	}
	return nil
}

// The types of the lists that an effect may follow.
func needList() *cel.Type { return cel.ListType(cel.ObjectType("workflow.Need")) }
func deptList() *cel.Type { return cel.ListType(cel.IntType) }

func (k *checker) transitionExpressions(g *guards, t *Transition) {
	from := t.first(k.d)
	envs := map[string]*cel.Env{}
	for scope, more := range map[string][]cel.EnvOption{
		t.scope: nil,
		t.loop:  {cel.Variable("r", cel.ObjectType("workflow.Need"))},
		t.each:  {cel.Variable("dept", cel.IntType)},
	} {
		env, err := g.scopeOf(t, more...)
		if err != nil {
			k.refuse(from, t.Action, "%v", err)
			return
		}
		envs[scope] = env
	}
	compile := func(scope, text string, want *cel.Type) *program {
		if text == "" {
			return nil
		}
		p, err := g.compile(scope, envs[scope], text, want)
		if err != nil {
			k.refuse(from, t.Action, "expression %q: %v", text, err)
		}
		return p
	}
	k.guardExpressions(from, t, func(text string) *program { return compile(t.scope, text, cel.BoolType) })
	for _, in := range t.Inputs {
		if want, err := celType(in.Type); err == nil {
			k.fallback(g, t, in, want)
		}
	}
	for _, fact := range sorted(t.Set) {
		if want, err := celType(k.d.Facts[fact]); err == nil {
			compile(t.scope, t.Set[fact], want)
		}
	}
	for _, part := range sorted(t.Parts) {
		compile(t.scope, t.Parts[part], cel.IntType)
	}
	for i := range t.Effects {
		e := &t.Effects[i]
		compile(t.scope, e.When, cel.BoolType)
		scope := t.scope
		if list := compile(t.scope, e.For, nil); list != nil {
			e.each = list.typ.IsExactType(deptList())
			if !e.each && !list.typ.IsExactType(needList()) {
				k.refuse(from, t.Action, "expression %q: it is a %s, not a list of requirements or departments", e.For, list.typ)
			}
			if e.each && e.Do != EffectOpen {
				k.refuse(from, t.Action, "%s follows requirements, not departments", e.Do)
			}
			scope = e.scope(t)
		}
		compile(scope, e.Title, cel.StringType)
		for _, dept := range e.At {
			compile(scope, dept, cel.IntType)
		}
		for _, part := range sorted(e.Parts) {
			compile(scope, e.Parts[part], cel.IntType)
		}
		for _, fact := range sorted(e.Facts) {
			compile(scope, e.Facts[fact], nil)
		}
	}
}

// fallback compiles the default of an input, which sees no other input.
func (k *checker) fallback(g *guards, t *Transition, in Field, want *cel.Type) {
	if in.Default == "" {
		return
	}
	if _, err := g.compile(t.scope, g.base, in.Default, want); err != nil {
		k.refuse(t.first(k.d), t.Action, "expression %q: %v", in.Default, err)
	}
}

// scope names the expressions of e: those of its loop, or of its transition.
func (e *EffectOf) scope(t *Transition) string {
	switch {
	case e.For == "":
		return t.scope
	case e.each:
		return t.each
	}
	return t.loop
}

// guardExpressions compiles the guards of t and notes which read the inputs. An
// automatic action has none that does.
func (k *checker) guardExpressions(from State, t *Transition, compile func(string) *program) {
	t.timed, t.levelled = false, false
	for i := range t.Guards {
		p := compile(t.Guards[i].Expr)
		if p == nil {
			continue
		}
		for name := range p.reads {
			t.Guards[i].readsInput = t.Guards[i].readsInput || strings.HasPrefix(name, "input.")
		}
		if t.Auto && t.Guards[i].readsInput {
			k.refuse(from, t.Action, "guard %s: the action is automatic, but the guard reads an input", t.Guards[i].Name)
		}
		t.timed = t.timed || t.Auto && p.reads["overdue"]
		t.levelled = t.levelled || p.reads["level_due"]
	}
}

// checkChildren refuses a child.open effect of a kind that does not exist, or
// with facts that the kind does not have or has in another type.
func (s *set) checkChildren() []error {
	var errs []error
	for _, kind := range s.kinds {
		for _, v := range s.versions(kind) {
			errs = append(errs, s.checkJoins(v.Definition)...)
			for _, t := range v.Transitions {
				for i := range t.Effects {
					k := &checker{d: v.Definition, at: t.line}
					switch e := &t.Effects[i]; e.Do {
					case EffectOpen:
						k.child(t, e, s.latest(e.Kind))
					case EffectClose:
						k.closing(t, e, s.latest(v.Joined[e.Join].Kind))
					}
					errs = append(errs, k.errs...)
				}
			}
		}
	}
	return errs
}

func (k *checker) child(t *Transition, e *EffectOf, child *Definition) {
	from := t.first(k.d)
	if child == nil {
		k.refuse(from, t.Action, "child.open: unknown kind %q", e.Kind)
		return
	}
	start := child.Start()
	for _, in := range start.Inputs {
		if in.Required {
			k.refuse(from, t.Action, "child.open: %s cannot be opened without the input %s", e.Kind, in.Name)
		}
	}
	scope := e.scope(t)
	for _, fact := range sorted(e.Facts) {
		want, err := celType(child.Facts[fact])
		if err != nil {
			k.refuse(from, t.Action, "child.open: %s has no fact %q", e.Kind, fact)
			continue
		}
		if got := k.d.guards.programs[exprKey{scope, e.Facts[fact]}]; got != nil && !got.typ.IsExactType(want) {
			k.refuse(from, t.Action, "child.open: fact %s of %s is a %s, not a %s", fact, e.Kind, want, got.typ)
		}
	}
}
