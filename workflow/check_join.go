package workflow

import (
	"slices"
	"strings"
)

// joins checks the words of the joins: facts that are there and of their type.
func (k *checker) joins() {
	for _, name := range sorted(k.d.Joined) {
		j := k.d.Joined[name]
		k.at = k.d.lines["join "+name]
		if j.Title.ZH == "" || j.Title.EN == "" {
			k.refuse("", "", "join %s: the title is missing in a language", name)
		}
		if j.Kind == "" || len(j.Done) == 0 {
			k.refuse("", "", "join %s: it needs the kind of the children and the states in which they are done", name)
		}
		for what, typ := range map[string]string{j.Round: "int", j.Need: "int", j.Rule: "string"} {
			if k.d.Facts[what] != typ {
				k.refuse("", "", "join %s: unknown fact %q of type %s", name, what, typ)
			}
		}
	}
}

// checkJoins refuses a join that nobody waits for, one whose rule may be a word
// that is none, and one of children that do not exist or cannot be done.
func (s *set) checkJoins(d *Definition) []error {
	k := &checker{d: d}
	for _, name := range sorted(d.Joined) {
		j := d.Joined[name]
		k.at = d.lines["join "+name]
		if !slices.ContainsFunc(d.Transitions, func(t *Transition) bool { return t.reads(d, joinPrefix+name) }) {
			k.refuse("", "", "join %s: no guard reads %s%s", name, joinPrefix, name)
		}
		k.rules(name, j)
		child := s.latest(j.Kind)
		if child == nil {
			k.refuse("", "", "join %s: unknown kind %q", name, j.Kind)
			continue
		}
		if child.Facts[roundFact] != "int" {
			k.refuse("", "", "join %s: %s has no fact %s of type int", name, j.Kind, roundFact)
		}
		for _, end := range j.Done {
			if st := child.States[end]; st == nil || !st.Final {
				k.refuse("", "", "join %s: %q is no final state of %s", name, end, j.Kind)
			}
		}
	}
	return k.errs
}

// reads reports whether a guard of t reads a variable.
func (t *Transition) reads(d *Definition, variable string) bool {
	return slices.ContainsFunc(t.Guards, func(g Guard) bool {
		p := d.guards.programs[exprKey{t.scope, g.Expr}]
		return p != nil && p.reads[variable]
	})
}

// rules refuses a transition that sets the rule of a join to a word that is
// none, as far as it can be seen: a constant, or an enum input.
func (k *checker) rules(name string, j Join) {
	for _, t := range k.d.Transitions {
		expr, sets := t.Set[j.Rule]
		if !sets {
			continue
		}
		words := []string{strings.Trim(expr, "'")}
		if in, ok := strings.CutPrefix(expr, "input."); ok {
			words = nil
			for _, f := range t.Inputs {
				for _, o := range f.Options {
					if f.Name == in {
						words = append(words, o.Value)
					}
				}
			}
			if words == nil {
				k.refuse(t.first(k.d), t.Action, "join %s: its rule is set by %s, which is no enum", name, expr)
			}
		}
		for _, w := range words {
			if !slices.Contains(JoinRules(), w) && !strings.ContainsAny(w, " ?") {
				k.refuse(t.first(k.d), t.Action, "join %s: unknown rule %q", name, w)
			}
		}
	}
}

// closing refuses a join.close whose action the system cannot take on a child
// wherever it is open.
func (k *checker) closing(t *Transition, e *EffectOf, child *Definition) {
	if child == nil {
		return // checkJoins has said so
	}
	for _, s := range child.order {
		if child.States[s].Final {
			continue
		}
		ends := slices.ContainsFunc(child.Transitions, func(c *Transition) bool {
			return c.Action == e.Action && c.leaves(s) && child.States[c.target(s)].Final && slices.Contains(c.seats, Seat{Role: System})
		})
		if !ends {
			k.refuse(t.first(k.d), t.Action, "join.close: the system cannot end a %s in %s by %q", child.Kind, s, e.Action)
		}
	}
}
