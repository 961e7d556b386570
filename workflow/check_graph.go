package workflow

// graph refuses states that no case can reach, states no case can leave, ends
// that leave behind who joined, and arrows of one name that nothing tells apart.
func (k *checker) graph() {
	reached := k.d.reach(k.d.Initial, "")
	leading := k.leading()
	followed := false // by cases that joined
	for _, st := range k.d.States {
		followed = followed || st.Followers != ""
	}
	for _, s := range k.d.order {
		k.at = k.d.lines["state "+string(s)]
		if !reached[s] {
			k.refuse(s, "", "it cannot be reached from %s", k.d.Initial)
		}
		if !leading[s] {
			k.refuse(s, "", "no way leads from it to an end")
		}
		if st := k.d.States[s]; followed && st.Final && st.Followers == "" {
			k.refuse(s, "", "followers: it ends here, and those that joined it would wait for ever")
		}
	}
	k.ambiguous()
}

// reach returns the states that a case can come to from s without passing
// through the state without.
func (d *Definition) reach(s, without State) map[State]bool {
	seen := map[State]bool{}
	for next := []State{s}; len(next) > 0; next = next[1:] {
		if seen[next[0]] || next[0] == without {
			continue
		}
		seen[next[0]] = true
		for _, t := range d.Transitions {
			if t.leaves(next[0]) {
				next = append(next, t.target(next[0]))
			}
		}
	}
	return seen
}

// leading returns the states from which a way leads to a final state or a goal.
func (k *checker) leading() map[State]bool {
	leads := map[State]bool{}
	for s, st := range k.d.States {
		leads[s] = st.Final || st.Goal
	}
	for grown := true; grown; {
		grown = false
		for _, t := range k.d.Transitions {
			for _, f := range t.From {
				if !leads[f] && leads[t.target(f)] {
					leads[f], grown = true, true
				}
			}
		}
	}
	return leads
}

// ambiguous refuses two transitions of one name from one state when neither
// has a guard to tell them apart.
func (k *checker) ambiguous() {
	for _, s := range k.d.order {
		open := map[Action]bool{}
		for _, t := range k.d.Transitions {
			if !t.leaves(s) || len(t.Guards) > 0 {
				continue
			}
			if open[t.Action] {
				k.at = t.line
				k.refuse(s, t.Action, "two actions of this name leave the state without a guard")
			}
			open[t.Action] = true
		}
	}
}
