package workflow

import (
	"slices"
	"strings"
)

// arrow joins all transitions between two states.
type arrow struct {
	from, to State
	actions  []*Transition // one for each action name
}

// arrows returns one arrow for each ordered pair of states that some action
// joins, in the order of the definition, self-loops included.
func (d *Definition) arrows() []*arrow {
	var list []*arrow
	for _, s := range d.order {
		for _, t := range d.Transitions {
			if !t.leaves(s) {
				continue
			}
			to := t.target(s)
			i := slices.IndexFunc(list, func(a *arrow) bool { return a.from == s && a.to == to })
			if i < 0 {
				i = len(list)
				list = append(list, &arrow{from: s, to: to})
			}
			list[i].add(t)
		}
	}
	return list
}

func (a *arrow) add(t *Transition) {
	if !slices.ContainsFunc(a.actions, func(o *Transition) bool { return o.Title == t.Title }) {
		a.actions = append(a.actions, t)
	}
}

// titles joins the titles of the arrow's actions.
func (a *arrow) titles(lang, sep string) string {
	words := make([]string, len(a.actions))
	for i, t := range a.actions {
		words[i] = t.Title.In(lang)
	}
	return strings.Join(words, sep)
}

// Mermaid returns the definition as the text of a stateDiagram-v2, with Chinese
// titles beside the state ids. Actions between two states share an arrow; those
// that stay in a state stand in a note beside it.
func (d *Definition) Mermaid() string {
	var b strings.Builder
	line := func(parts ...string) { b.WriteString("    " + strings.Join(parts, "") + "\n") }
	b.WriteString("stateDiagram-v2\n")
	for _, s := range d.order {
		line(`state "`, d.TitleOf(s).ZH, " ", string(s), `" as `, string(s))
	}
	line("[*] --> ", string(d.Initial), " : ", d.Start().Title.ZH)
	var loops []*arrow
	for _, a := range d.arrows() {
		if a.from == a.to {
			loops = append(loops, a)
			continue
		}
		line(string(a.from), " --> ", string(a.to), " : ", a.titles("zh", "、"))
	}
	for _, s := range d.order {
		if d.States[s].Final {
			line(string(s), " --> [*]")
		}
	}
	for _, s := range d.order {
		for _, name := range d.waitsForJoin(s) {
			j := d.Joined[name]
			line("note left of ", string(s), " : ", j.Title.ZH, " ", name, "：", string(j.Kind), " → ", strings.Join(JoinRules(), "、"))
		}
	}
	for _, a := range loops {
		line("note right of ", string(a.from), " : ", a.titles("zh", "、"))
	}
	return b.String()
}

// waitsForJoin lists the joins that an action of people waits for in state s.
func (d *Definition) waitsForJoin(s State) []string {
	var list []string
	for _, name := range sorted(d.Joined) {
		waits := slices.ContainsFunc(d.Transitions, func(t *Transition) bool {
			return t.leaves(s) && t.target(s) != s && !t.systemOnly() && t.reads(d, joinPrefix+name)
		})
		if waits {
			list = append(list, name)
		}
	}
	return list
}
