package workflow

import (
	"cmp"
	"errors"
	"maps"
	"slices"
)

// checker collects the refusals of one definition; each names file, line, state
// and action.
type checker struct {
	d    *Definition
	at   int // the line of what is looked at
	errs []error
}

// refuse notes what is wrong, in the words of format; see [say] for the Chinese
// of it.
func (k *checker) refuse(state State, action Action, format string, args ...any) {
	k.errs = append(k.errs, &RefusalError{
		File: k.d.file, Line: k.at, State: state, Action: action, Text: sayingError{format, args}.text(),
	})
}

// check refuses a definition that could strand a case or surprise its people:
// an unreachable state, a state without a way to an end, an action nobody may
// do, two unguarded actions of one name from one state, a pause without an end,
// an unknown effect, variable, role, part, clock, fact or kind.
//
// It goes from the outside in: words first, then the graph, then expressions.
// A later step runs only when the earlier found nothing, so that one mistake is
// not refused three times.
func (d *Definition) check() error {
	k := &checker{d: d}
	for _, step := range []func(){k.shape, k.graph, k.expressions} {
		if step(); len(k.errs) > 0 {
			break
		}
	}
	return errors.Join(k.errs...)
}

func (k *checker) shape() {
	d := k.d
	if d.Kind == "" || d.Version < 1 {
		k.refuse("", "", "kind and a version from 1 are required")
	}
	if d.Title.ZH == "" || d.Title.EN == "" {
		k.refuse("", "", "the title is missing in a language")
	}
	if d.States[d.Initial] == nil {
		k.refuse(d.Initial, "", "the initial state is not defined")
	}
	for _, name := range sorted(d.Facts) {
		k.at = d.lines["fact "+name]
		if _, err := celType(d.Facts[name]); err != nil {
			k.refuse("", "", "fact %s: %v", name, err)
		}
		if reserved(name) {
			k.refuse("", "", "fact %s: expressions know this name already", name)
		}
	}
	k.clocks()
	k.joins()
	for _, s := range d.order {
		k.at = d.lines["state "+string(s)]
		if d.States[s] == nil {
			k.refuse(s, "", "the state is empty")
			continue
		}
		k.state(s, d.States[s])
	}
	starts := 0
	for _, t := range d.Transitions {
		if t == nil {
			k.at = 0
			k.refuse("", "", "a transition is empty")
			continue
		}
		k.at = t.line
		if t.opens() {
			starts++
			if t.To != d.Initial {
				k.refuse(t.To, t.Action, "the opening action must lead to the initial state %s", d.Initial)
			}
		}
		k.transition(t)
	}
	k.lapse()
	k.named()
	k.at = 0
	if starts != 1 {
		k.refuse(d.Initial, "", "there must be exactly one action without from, which opens the case; found %d", starts)
	}
}

// sorted returns the keys of m in order, so that refusals come in one.
func sorted[K cmp.Ordered, V any](m map[K]V) []K { return slices.Sorted(maps.Keys(m)) }

// reserved reports whether expressions use name for something of the case.
func reserved(name string) bool {
	switch name {
	case "id", "state", "title", "proof", "overdue", "level_due", "last_level", "awaited", "awaited_role", "own_move", "ended_days", "today", "requirements", "children", "r", "dept", "input", "joined":
		return true
	}
	return slices.Contains(Parts(), Part(name))
}

func (k *checker) clocks() {
	used := map[string]bool{}
	for _, s := range k.d.States {
		if s != nil {
			used[s.Clock] = true
		}
	}
	for _, name := range sorted(k.d.Clocks) {
		c := k.d.Clocks[name]
		k.at = k.d.lines["clock "+name]
		if !used[name] {
			k.refuse("", "", "clock %s: no state runs it", name)
		}
		if c.Title.ZH == "" || c.Title.EN == "" || c.Source.ZH == "" || c.Source.EN == "" {
			k.refuse("", "", "clock %s: title or source is missing in a language", name)
		}
		if n := len(c.Limits); n == 0 || c.Limits[n-1].When != "" {
			k.refuse("", "", "clock %s: its last limit must hold without a condition", name)
		}
		for _, l := range c.Limits {
			switch {
			case l.Fact != "" && k.d.Facts[l.Fact] != "int":
				k.refuse("", "", "clock %s: unknown fact %q of type int", name, l.Fact)
			case l.Until != "" && k.d.Facts[l.Until] != "date":
				k.refuse("", "", "clock %s: unknown fact %q of type date", name, l.Until)
			case l.Until != "" && (l.Fact != "" || l.Days != 0) || l.Until == "" && (l.Fact == "") == (l.Days < 1):
				k.refuse("", "", "clock %s: a limit has either days, from 1, or a fact, or a day until which it runs", name)
			}
		}
	}
}

func (k *checker) state(name State, s *StateOf) {
	if s.Title.ZH == "" || s.Title.EN == "" {
		k.refuse(name, "", "the title is missing in a language")
	}
	if s.Clock != "" {
		if _, ok := k.d.Clocks[s.Clock]; !ok {
			k.refuse(name, "", "unknown clock %q", s.Clock)
		}
	}
	if s.Followers != "" && !k.d.knows(s.Followers) {
		k.refuse(name, "", "followers: there is no action %q", s.Followers)
	}
	for i := range s.Waits {
		var err error
		if s.Waits[i].seat, err = seatOf(s.Waits[i].For); err != nil {
			k.refuse(name, "", "waits: %v", err)
		}
	}
	for i := range s.Charge {
		c := &s.Charge[i]
		var err error
		if c.charge, c.part, err = chargeOf(c.To); err != nil {
			k.refuse(name, "", "%v", err)
		}
		if c.Dept != "" && (c.charge != ChargeDepartment || c.part != "") {
			k.refuse(name, "", "charge %q: dept names the department, so it takes no part", c.To)
		}
		if w := c.Still; w.Value != "" && (w.Title.ZH == "" || w.Title.EN == "") {
			k.refuse(name, "", "charge %q: why the term stands still is missing in a language", c.To)
		}
	}
	switch {
	case s.Final:
		if len(s.Waits) > 0 || len(s.Charge) > 0 || s.Clock != "" {
			k.refuse(name, "", "a final state waits for nobody and has no charge and no clock")
		}
		return
	case s.Pause && s.Clock == "":
		k.refuse(name, "", "a pause needs a clock that ends it")
	}
	if n := len(s.Charge); n == 0 || s.Charge[n-1].When != "" {
		k.refuse(name, "", "its last charge must hold without a condition, or the time would be nobody's")
	}
	if n := len(s.Waits); !s.Goal && (n == 0 || s.Waits[n-1].When != "") {
		k.refuse(name, "", "its last wait must hold without a condition, or it waits for nobody")
	}
}
