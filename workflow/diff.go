package workflow

import (
	"fmt"
	"slices"
	"strconv"
	"strings"

	"github.com/shujie-gov/shujie/fault"
)

// Change is one difference between two versions of a definition, in words for
// the people who keep it.
type Change struct {
	What    string         `json:"what"`  // added, removed, changed or renamed
	Thing   string         `json:"thing"` // state, action, clock, join, escalation or fact
	Name    string         `json:"name"`
	Title   fault.Text     `json:"title"`
	Details []ChangeDetail `json:"details"`
}

// ChangeDetail is one aspect of a thing that is another now.
type ChangeDetail struct {
	Aspect fault.Text `json:"aspect"`
	Before fault.Text `json:"before"`
	After  fault.Text `json:"after"`
}

// aspect is one thing that a definition says of another thing.
type aspect struct{ name, value fault.Text }

// Diff lists what differs between two versions: states, actions, clocks, joins,
// levels of escalation, facts.
// A state that went while another of the same title came is renamed, and what
// only follows from that is not told again.
func Diff(from, to *Definition) []Change {
	renamed := map[State]State{}
	for old, now := range Suggest(from, to) {
		if now != "" {
			renamed[now] = old
		}
	}
	list := []Change{}
	for _, s := range to.order {
		old := s
		if was, ok := renamed[s]; ok {
			old = was
			list = append(list, Change{What: "renamed", Thing: "state", Name: string(was) + " → " + string(s), Title: to.TitleOf(s), Details: []ChangeDetail{}})
		}
		list = append(list, compare("state", string(s), to.TitleOf(s), from.stateAspects(old), to.stateAspects(s))...)
	}
	var gone []State
	for _, s := range from.order {
		if _, still := to.States[s]; !still && !slices.Contains(values(renamed), s) {
			gone = append(gone, s)
			list = append(list, Change{What: "removed", Thing: "state", Name: string(s), Title: from.TitleOf(s), Details: []ChangeDetail{}})
		}
	}
	for _, a := range union(from.ActionNames(), to.ActionNames()) {
		title := to.ActionTitle(a)
		if !to.knows(a) {
			title = from.ActionTitle(a)
		}
		list = append(list, compare("action", string(a), title, from.actionAspects(a, gone), to.actionAspects(a, nil))...)
	}
	for _, name := range union(sorted(from.Clocks), sorted(to.Clocks)) {
		title := to.Clocks[name].Title
		if title == (fault.Text{}) {
			title = from.Clocks[name].Title
		}
		list = append(list, compare("clock", name, title, from.clockAspects(name), to.clockAspects(name))...)
	}
	for _, name := range union(sorted(from.Joined), sorted(to.Joined)) {
		title := to.Joined[name].Title
		if title == (fault.Text{}) {
			title = from.Joined[name].Title
		}
		list = append(list, compare("join", name, title, from.joinAspects(name), to.joinAspects(name))...)
	}
	if old, now := from.supervisionAspects(), to.supervisionAspects(); len(old)+len(now) > 0 {
		list = append(list, compare("escalation", "escalate", fault.Text{ZH: "逐级预警与督办", EN: "Escalation and supervision"}, old, now)...)
	}
	for _, name := range union(sorted(from.Facts), sorted(to.Facts)) {
		list = append(list, compare("fact", name, same(name), from.factAspects(name), to.factAspects(name))...)
	}
	return list
}

func values(m map[State]State) []State {
	var list []State
	for _, v := range m {
		list = append(list, v)
	}
	return list
}

// union keeps the order of the new version and appends what is gone.
func union[T comparable](old, now []T) []T {
	list := slices.Clone(now)
	for _, v := range old {
		if !slices.Contains(list, v) {
			list = append(list, v)
		}
	}
	return list
}

// compare tells how a thing changed, nothing when it did not; a thing without
// aspects is not there.
func compare(thing, name string, title fault.Text, old, now []aspect) []Change {
	c := Change{What: "changed", Thing: thing, Name: name, Title: title, Details: []ChangeDetail{}}
	switch {
	case len(old) == 0:
		c.What = "added"
		for _, a := range now {
			if a.value != (fault.Text{}) {
				c.Details = append(c.Details, ChangeDetail{Aspect: a.name, After: a.value})
			}
		}
		return []Change{c}
	case len(now) == 0:
		c.What = "removed"
		return []Change{c}
	}
	for i := range max(len(old), len(now)) {
		var before, after aspect
		if i < len(old) {
			before = old[i]
		}
		if i < len(now) {
			after = now[i]
		}
		if before.value != after.value {
			label := after.name
			if label == (fault.Text{}) {
				label = before.name
			}
			c.Details = append(c.Details, ChangeDetail{Aspect: label, Before: before.value, After: after.value})
		}
	}
	if len(c.Details) == 0 {
		return nil
	}
	return []Change{c}
}

func same(s string) fault.Text { return fault.Text{ZH: s, EN: s} }

// both joins texts in both languages.
func both(list []fault.Text) fault.Text {
	var zh, en []string
	for _, t := range list {
		zh, en = append(zh, t.ZH), append(en, t.EN)
	}
	return fault.Text{ZH: strings.Join(zh, "、"), EN: strings.Join(en, ", ")}
}

func yes(b bool) fault.Text {
	if b {
		return fault.Text{ZH: "是", EN: "yes"}
	}
	return fault.Text{}
}

func (d *Definition) stateAspects(s State) []aspect {
	st := d.States[s]
	if st == nil {
		return nil
	}
	var charge, waits []fault.Text
	for _, c := range st.Charge {
		whose := same(strings.TrimSpace(c.To + " " + c.Dept))
		if c.Still.Value != "" {
			whose = fault.Text{ZH: whose.ZH + "，时限停走", EN: whose.EN + ", the term stands still"}
		}
		charge = append(charge, when(c.When, whose))
	}
	for _, w := range st.Waits {
		waits = append(waits, when(w.When, w.seat.Title()))
	}
	return []aspect{
		{fault.Text{ZH: "标题", EN: "Title"}, st.Title},
		{fault.Text{ZH: "等谁办理", EN: "Waits for"}, both(waits)},
		{fault.Text{ZH: "时限", EN: "Clock"}, d.Clocks[st.Clock].Title},
		{fault.Text{ZH: "计谁的时间", EN: "Charged to"}, both(charge)},
		{fault.Text{ZH: "暂停计时", EN: "Pause"}, yes(st.Pause)},
		{fault.Text{ZH: "终结", EN: "Final"}, yes(st.Final)},
		{fault.Text{ZH: "目标状态", EN: "Goal"}, yes(st.Goal)},
	}
}

// when adds its condition to what holds under one.
func when(cond string, t fault.Text) fault.Text {
	if cond == "" {
		return t
	}
	return fault.Text{ZH: t.ZH + "（当 " + cond + "）", EN: t.EN + " (when " + cond + ")"}
}

// actionAspects lists what the transitions of an action say, one after another.
// That it can no longer be taken from a state that is gone goes without saying.
func (d *Definition) actionAspects(a Action, gone []State) []aspect {
	var all []aspect
	n := 0
	for _, t := range d.Transitions {
		if t.Action != a {
			continue
		}
		n++
		which := fault.Text{}
		if n > 1 {
			which = fault.Text{ZH: fmt.Sprintf("（第 %d 种）", n), EN: fmt.Sprintf(" (case %d)", n)}
		}
		add := func(zh, en string, value fault.Text) {
			all = append(all, aspect{fault.Text{ZH: zh + which.ZH, EN: en + which.EN}, value})
		}
		var from, by, inputs, guards, effects, set []fault.Text
		for _, s := range t.From {
			if !slices.Contains(gone, s) {
				from = append(from, d.TitleOf(s))
			}
		}
		for _, s := range t.seats {
			by = append(by, s.Title())
		}
		for _, f := range t.Inputs {
			inputs = append(inputs, f.Title)
		}
		for _, g := range t.Guards {
			guards = append(guards, same(g.Expr))
		}
		for _, e := range t.Effects {
			effects = append(effects, when(e.When, same(strings.TrimSpace(e.Do+" "+strings.Join(e.To, " ")+string(e.Kind)+" "+strings.Join(e.At, " ")))))
		}
		for _, name := range sorted(t.Set) {
			set = append(set, same(name+" = "+t.Set[name]))
		}
		for _, part := range sorted(t.Parts) {
			set = append(set, same(string(part)+" = "+t.Parts[part]))
		}
		add("标题", "Title", t.Title)
		add("从", "From", both(from))
		add("到", "To", d.TitleOf(t.To))
		add("谁可办理", "By", both(by))
		add("填写", "Inputs", both(inputs))
		add("条件", "Guards", both(guards))
		add("改写", "Sets", both(set))
		add("后续", "Effects", both(effects))
		add("系统自动", "Automatic", yes(t.Auto))
		add("延长时限", "Extends", yes(t.Extends))
		add("再次办理", "Again", t.Again.words())
	}
	return all
}

func (d *Definition) clockAspects(name string) []aspect {
	c, ok := d.Clocks[name]
	if !ok {
		return nil
	}
	var limits []fault.Text
	for _, l := range c.Limits {
		days := fault.Text{ZH: strconv.Itoa(l.Days) + " 个工作日", EN: strconv.Itoa(l.Days) + " working days"}
		if l.Fact != "" {
			days = fault.Text{ZH: "由 " + l.Fact + " 定", EN: "as " + l.Fact + " says"}
		}
		if l.Until != "" {
			days = fault.Text{ZH: "至 " + l.Until + " 所载之日", EN: "until the day in " + l.Until}
		}
		limits = append(limits, when(l.When, days))
	}
	return []aspect{
		{fault.Text{ZH: "标题", EN: "Title"}, c.Title},
		{fault.Text{ZH: "期限", EN: "Limit"}, both(limits)},
		{fault.Text{ZH: "可延长（工作日）", EN: "Extension (working days)"}, same(strconv.Itoa(c.Extend))},
		{fault.Text{ZH: "依据", EN: "Source"}, c.Source},
	}
}

func (d *Definition) joinAspects(name string) []aspect {
	j, ok := d.Joined[name]
	if !ok {
		return nil
	}
	var done []fault.Text
	for _, s := range j.Done {
		done = append(done, same(string(s)))
	}
	return []aspect{
		{fault.Text{ZH: "标题", EN: "Title"}, j.Title},
		{fault.Text{ZH: "子事项", EN: "Children"}, same(string(j.Kind))},
		{fault.Text{ZH: "算作办完", EN: "Done in"}, both(done)},
		{fault.Text{ZH: "规则变量", EN: "Facts of the rule"}, same(j.Rule + ", " + j.Need + ", " + j.Round)},
	}
}

func (d *Definition) factAspects(name string) []aspect {
	typ, ok := d.Facts[name]
	if !ok {
		return nil
	}
	return []aspect{{fault.Text{ZH: "类型", EN: "Type"}, same(typ)}}
}

// Title returns what a part is called.
func (p Part) Title() fault.Text {
	switch p {
	case Filer:
		return fault.Text{ZH: "登记大厅", EN: "Filing hall"}
	case Demander:
		return fault.Text{ZH: "索要部门", EN: "Demanding department"}
	case Holder:
		return fault.Text{ZH: "持有部门", EN: "Holding department"}
	case Lead:
		return fault.Text{ZH: "主办部门", EN: "Lead department"}
	}
	return fault.Text{}
}

// Title returns what a seat is called: the part its department plays and the
// role.
func (s Seat) Title() fault.Text {
	role, part := s.Role.Title(), s.Part.Title()
	switch {
	case s == Seat{}:
		return fault.Text{}
	case s.Part == "":
		return role
	}
	return fault.Text{ZH: part.ZH + "·" + role.ZH, EN: part.EN + ", " + strings.ToLower(role.EN)}
}

// SeatTitle returns what a seat in its written form is called.
func SeatTitle(written string) fault.Text {
	s, err := seatOf(written)
	if err != nil {
		return same(written)
	}
	return s.Title()
}
