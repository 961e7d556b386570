package workflow

import (
	"maps"
	"slices"

	"github.com/shujie-gov/shujie/fault"
)

// Join says when enough of the children that were asked together have done
// their part, so that their parent may go on. Who is asked together forms a
// round; the fact named by Round numbers the present one, and each child keeps
// the number of its own in its fact round. Guards read the answer as
// joined.NAME.
type Join struct {
	Title fault.Text `yaml:"title"`
	Kind  Kind       `yaml:"kind"`  // of the children
	Done  []State    `yaml:"done"`  // where a child has done its part
	Round string     `yaml:"round"` // int fact: the present round, 0 before the first
	Rule  string     `yaml:"rule"`  // string fact: one of JoinRules
	Need  string     `yaml:"need"`  // int fact: how many, with JoinSome
}

// The rules of a join. A child that ended without doing its part, because it
// was returned, takes no part in any of them: the others go on without it, or
// another is asked in its place.
const (
	JoinAll  = "all"  // no child of the round is open
	JoinAny  = "any"  // one has done its part
	JoinSome = "n"    // so many have done their part
	JoinNone = "none" // it is no longer waited for
)

// JoinRules lists the rules of a join.
func JoinRules() []string { return []string{JoinAll, JoinAny, JoinSome, JoinNone} }

// roundFact is the fact in which a child keeps the round it was asked in.
const roundFact = "round"

// Joining is how far a join is.
type Joining struct {
	Name  string
	Title fault.Text
	Rule  string
	Need  int // how many must do their part; 0 when the rule counts none
	Asked int // the children of the round
	Done  int
	Open  int
	Gone  int // returned, or let go
	Met   bool
}

// Joins returns how far the joins of case c are, those in which somebody was
// asked.
func (d *Definition) Joins(c *Case) []Joining {
	var list []Joining
	for _, name := range slices.Sorted(maps.Keys(d.Joined)) {
		if j := d.joining(name, c); j.Asked > 0 {
			list = append(list, j)
		}
	}
	return list
}

// joining counts the present round of a join. Where nobody was asked nothing is
// waited for.
func (d *Definition) joining(name string, c *Case) Joining {
	j := d.Joined[name]
	out := Joining{Name: name, Title: j.Title}
	out.Rule, _ = factValue(c.Facts[j.Rule], "string").(string)
	for _, k := range d.round(name, c) {
		out.Asked++
		switch {
		case slices.Contains(j.Done, k.State):
			out.Done++
		case k.Ended:
			out.Gone++
		default:
			out.Open++
		}
	}
	switch out.Rule {
	case JoinNone:
		out.Met = true
	case JoinAny:
		out.Need = 1
	case JoinSome:
		need, _ := whole(c.Facts[j.Need])
		out.Need = int(need)
	default:
		out.Rule = JoinAll
		out.Met = out.Open == 0
	}
	if out.Need > 0 {
		out.Met = out.Done >= out.Need
	}
	out.Met = out.Met || out.Asked == 0
	return out
}

// round returns the children of the present round of a join.
func (d *Definition) round(name string, c *Case) []Child {
	j := d.Joined[name]
	now, _ := whole(c.Facts[j.Round])
	var list []Child
	for _, k := range c.Children {
		if now != 0 && k.Kind == j.Kind && k.Round == now {
			list = append(list, k)
		}
	}
	return list
}
