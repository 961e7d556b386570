package workflow

import "fmt"

// rests reports whether c has ended or lives at its goal: nothing is to be done
// about it now.
func (d *Definition) rests(c *Case) bool { return c.Ended || d.States[c.State].Goal }

// lapses lets the system end the open children of a case that has just come to
// rest, where their kind says so (see Definition.Lapse): what was asked about the
// case is asked no more. The note says why.
func (ds *Definitions) lapses(d *Definition, parent *Case) []Effect {
	var list []Effect
	for _, k := range parent.Children {
		if k.Ended || k.ID == 0 {
			continue
		}
		if kind := ds.Latest(k.Kind); kind != nil && kind.Lapse != "" {
			list = append(list, Effect{Kind: EffectAct, Case: k.ID, Args: map[string]any{
				"action": string(kind.Lapse),
				"note":   fmt.Sprintf("所属%s「%s」%s，本件随之终止。", d.Title.ZH, parent.Title, d.TitleOf(parent.State).ZH),
			}})
		}
	}
	return list
}

// lapse checks the action by which cases of the kind end with their parent: the
// system takes it from every state that is no end, and asks nothing.
func (k *checker) lapse() {
	act := k.d.Lapse
	if act == "" {
		return
	}
	k.at = 0
	for _, s := range k.d.order {
		st := k.d.States[s]
		if st == nil || st.Final {
			continue
		}
		found := false
		for _, t := range k.d.Transitions {
			if t == nil || t.Action != act || !t.leaves(s) || len(t.Guards) > 0 {
				continue
			}
			to := k.d.States[t.target(s)]
			for _, seat := range t.seats {
				found = found || seat.Role == System && to != nil && to.Final
			}
			for _, in := range t.Inputs {
				found = found && !in.Required
			}
		}
		if !found {
			k.refuse(s, act, "lapse: the system cannot end the case by it without a question")
		}
	}
}
