package workflow_test

import (
	"fmt"
	"maps"
	"reflect"
	"slices"
	"testing"
	"time"

	"pgregory.net/rapid"

	"github.com/shujie-gov/shujie/fault"
	"github.com/shujie-gov/shujie/workflow"
)

// The machine below lets random people do random things to random cases for
// weeks. Whatever happens, the promises of the engine hold.

// filled draws inputs that an honest person could give for a choice.
func filled(rt *rapid.T, ch workflow.Choice, c workflow.Case) fields {
	f := fields{"note": "说明"}
	for _, in := range ch.Inputs {
		switch in.Type {
		case "enum":
			f[in.Name] = rapid.SampledFrom(in.Options).Draw(rt, in.Name).Value
		case "text":
			f[in.Name] = "EMS123"
		case "date":
			f[in.Name] = int64(30)
		case "int":
			f[in.Name] = rapid.Int64Range(in.Min, max(in.Min, min(in.Max, 5))).Draw(rt, in.Name)
		case "department":
			f[in.Name] = rapid.SampledFrom([]int64{int64(holderDept), int64(otherDept), int64(demanderDept)}).Draw(rt, in.Name)
		case "departments":
			f[in.Name] = rapid.SliceOfN(rapid.SampledFrom([]any{int64(holderDept), int64(otherDept), int64(demanderDept)}), 0, 3).Draw(rt, in.Name)
		case "person":
			f[in.Name] = rapid.SampledFrom([]int64{5, 6}).Draw(rt, in.Name)
		case "case":
			f[in.Name] = int64(4711)
		case "requirement":
			f[in.Name] = int64(0)
			if n := len(c.Requirements); n > 0 {
				f[in.Name] = c.Requirements[rapid.IntRange(0, n-1).Draw(rt, in.Name)].ID
			}
		}
	}
	return f
}

// fills lists inputs wide enough that, if the action can be taken at all, one
// of them takes it.
func fills(ch workflow.Choice, c workflow.Case) []fields {
	list := []fields{{"note": "说明"}}
	for _, in := range ch.Inputs {
		var vals []any
		switch in.Type {
		case "enum":
			for _, o := range in.Options {
				vals = append(vals, o.Value)
			}
		case "text":
			vals = []any{"EMS123"}
		case "date":
			vals = []any{int64(30)}
		case "int":
			vals = []any{in.Min}
		case "department":
			vals = []any{int64(holderDept), int64(otherDept)}
		case "departments":
			vals = []any{[]any{int64(holderDept)}, []any{int64(otherDept), int64(otherDept)}}
		case "person":
			vals = []any{int64(5), int64(6)}
		case "case":
			vals = []any{int64(4711)}
		case "requirement":
			for _, r := range c.Requirements {
				vals = append(vals, r.ID)
			}
		}
		var wider []fields
		for _, f := range list {
			for _, v := range vals {
				g := maps.Clone(f)
				g[in.Name] = v
				wider = append(wider, g)
			}
		}
		if in.Name != "note" {
			list = wider
		}
	}
	return list
}

// agrees checks that buttons and refusals cannot disagree: an action is offered
// as allowed exactly when some input takes it, and one that is not offered is
// refused whatever the input.
func agrees(rt *rapid.T, w *world, c workflow.Case) {
	def, err := w.engine.Defs.Of(&c)
	if err != nil {
		rt.Fatal(err)
	}
	for _, who := range names() {
		list, err := w.engine.Choices(c, w.people[who])
		if err != nil {
			rt.Fatal(err)
		}
		offered := map[workflow.Action]bool{}
		for _, ch := range list {
			offered[ch.Action] = true
			if ch.Allowed != (len(ch.Reasons) == 0) {
				rt.Fatalf("%s: %s is allowed=%v with reasons %v", who, ch.Action, ch.Allowed, ch.Reasons)
			}
			taken := false
			var last error
			for _, f := range fills(ch, c) {
				if _, last = w.engine.Decide(c, w.people[who], input(string(ch.Action), f)); last == nil {
					taken = true
					break
				}
				if fault.KindOf(last) == fault.Internal {
					rt.Fatalf("%s: %s in %s: %v", who, ch.Action, c.State, last)
				}
			}
			if taken != ch.Allowed {
				rt.Fatalf("%s: %s on %s in %s (%v): offered as allowed=%v, decided %v; reasons %v", who, ch.Action, c.Kind, c.State, c.Facts, ch.Allowed, last, ch.Reasons)
			}
		}
		movable(rt, c, who, w.people[who], list)
		for _, a := range def.ActionNames() {
			if offered[a] || who == "system" {
				continue
			}
			if _, err := w.engine.Decide(c, w.people[who], input(string(a), fields{"note": "x", "requirement": 11, "receipt": 1})); err == nil {
				rt.Fatalf("%s took %s in %s, which was not offered", who, a, c.State)
			}
		}
	}
}

// movable checks that whoever a case waits for is offered something to do about
// it.
func movable(rt *rapid.T, c workflow.Case, who string, a workflow.Actor, list []workflow.Choice) {
	seated := slices.ContainsFunc(a.Grants, func(g workflow.Grant) bool { return c.Waits.Holds(g, &c) })
	if !seated || c.Waits.Role == workflow.System || c.Waits == (workflow.Seat{}) {
		return
	}
	aside := []workflow.Action{"comment", "unmask", "supervise", "remind", "raise", "claim", "unclaim", "assign"}
	if !slices.ContainsFunc(list, func(ch workflow.Choice) bool { return ch.Allowed && !slices.Contains(aside, ch.Action) }) && c.Kind != workflow.Service {
		rt.Fatalf("%s %d in %s waits for %s, who can do nothing: %v", c.Kind, c.ID, c.State, who, c.Facts)
	}
}

// decides takes one decision and checks what every decision promises.
func decides(rt *rapid.T, w *world, c workflow.Case, who string, in workflow.Input) error {
	before := deepCopy(c)
	d1, err1 := w.engine.Decide(c, w.people[who], in)
	d2, err2 := w.engine.Decide(c, w.people[who], in)
	if !reflect.DeepEqual(d1, d2) || fmt.Sprint(err1) != fmt.Sprint(err2) {
		rt.Fatalf("%s decided twice gives two answers:\n%+v %v\n%+v %v", in.Action, d1, err1, d2, err2)
	}
	if !reflect.DeepEqual(c, before) {
		rt.Fatalf("%s changed the case it decided on:\n%+v\n%+v", in.Action, before, c)
	}
	if err1 != nil {
		if fault.KindOf(err1) == fault.Internal {
			rt.Fatalf("%s: %v", in.Action, err1)
		}
		return err1
	}
	def, err := w.engine.Defs.Of(&c)
	if err != nil {
		rt.Fatal(err)
	}
	a, e := d1.After, d1.Event
	switch {
	case a.Version != c.Version+1 || e.Seq != a.Version:
		rt.Fatalf("version %d → %d, event %d", c.Version, a.Version, e.Seq)
	case !slices.Contains(def.StatesInOrder(), a.State) || e.To != a.State || e.From != c.State:
		rt.Fatalf("event %s → %s, case in %s", e.From, e.To, a.State)
	case a.Ended != def.States[a.State].Final || a.Ended != (a.EndedAt != nil):
		rt.Fatalf("ended %v at %v in %s", a.Ended, a.EndedAt, a.State)
	case a.Ended && (a.Due != nil || a.Term != nil || a.Waits != (workflow.Seat{})):
		rt.Fatalf("an ended case waits: %+v", a)
	case !a.Ended && !def.States[a.State].Goal && a.Waits == (workflow.Seat{}):
		rt.Fatalf("a case in %s waits for nobody", a.State)
	case c.Kind == workflow.Blocker && hops(a) > 3:
		rt.Fatalf("%d hops, bound: %v", hops(a), a.Facts["bound"])
	case (def.States[a.State].Clock != "") != (a.Term != nil):
		rt.Fatalf("term %+v in %s", a.Term, a.State)
	}
	l := workflow.Totals(def.Intervals(&a, w.now))
	if sum, wall := l.Citizen+l.Department+l.Platform, w.now.Sub(a.CreatedAt); sum > wall || sum < 0 {
		rt.Fatalf("ledger %+v of %s", l, wall)
	}
	return nil
}

// hops counts how often a case was passed on.
func hops(c workflow.Case) int64 { n, _ := c.Facts["hops"].(int64); return n }

// deepCopy copies all that a decision could reach.
func deepCopy(c workflow.Case) workflow.Case {
	c.Parts, c.Facts = maps.Clone(c.Parts), maps.Clone(c.Facts)
	c.Requirements, c.Children, c.Marks = slices.Clone(c.Requirements), slices.Clone(c.Children), slices.Clone(c.Marks)
	if c.Term != nil {
		t := *c.Term
		if t.Held != nil {
			h := *t.Held
			t.Held = &h
		}
		c.Term = &t
	}
	if c.Due != nil {
		d := *c.Due
		c.Due = &d
	}
	if c.EndedAt != nil {
		e := *c.EndedAt
		c.EndedAt = &e
	}
	return c
}

func TestChoicesAndDecideNeverDisagree(t *testing.T) {
	base := newWorld(t, "2026-03-02 10:00") // definitions and calendar are loaded once
	rapid.Check(t, func(rt *rapid.T) {
		w := newWorldFrom(base)
		d := draft()
		for i := range rapid.IntRange(0, 3).Draw(rt, "requirements") {
			r := need(int64(11+i), workflow.ShareClass(rapid.IntRange(0, 3).Draw(rt, "class")))
			if rapid.Bool().Draw(rt, "own") && r.Provider != 0 {
				r.Provider = demanderDept
			}
			d.Requirements = append(d.Requirements, r)
		}
		d.Facts["holders"] = rapid.Int64Range(0, 2).Draw(rt, "holders")
		if rapid.Bool().Draw(rt, "alternative known") {
			d.Facts["alternative"] = "告知承诺"
		}
		if rapid.Bool().Draw(rt, "one department") {
			d.Parts[workflow.Demander] = holderDept
		}
		svc := w.open("steward", workflow.Case{Kind: workflow.Service, Region: cityRegion, Title: "事项"})
		d.Parent = svc
		w.open("hall", d)
		w.settle()
		for range rapid.IntRange(1, 40).Draw(rt, "steps") {
			step(rt, w)
		}
		for _, id := range slices.Sorted(maps.Keys(w.cases)) {
			agrees(rt, w, w.cases[id])
		}
	})
}

// step lets something happen: time passes, the platform answers, the system
// goes on, or somebody takes an allowed action.
func step(rt *rapid.T, w *world) {
	id := rapid.SampledFrom(slices.Sorted(maps.Keys(w.cases))).Draw(rt, "case")
	c := w.cases[id]
	switch rapid.IntRange(0, 9).Draw(rt, "what") {
	case 0:
		w.now = w.now.AddDate(0, 0, rapid.IntRange(0, 4).Draw(rt, "days"))
	case 1:
		w.advance(id)
	case 2:
		answer(rt, w)
	default:
		who := rapid.SampledFrom(names()).Draw(rt, "who")
		list, err := w.engine.Choices(c, w.people[who])
		if err != nil {
			rt.Fatal(err)
		}
		list = slices.DeleteFunc(list, func(ch workflow.Choice) bool { return !ch.Allowed })
		if len(list) == 0 {
			return
		}
		ch := rapid.SampledFrom(list).Draw(rt, "action")
		f := filled(rt, ch, c)
		if decides(rt, w, c, who, input(string(ch.Action), f)) != nil {
			return
		}
		// Whether the person that was drawn works there is for the engine to ask.
		if err := w.try(who, id, string(ch.Action), f); err != nil && fault.KindOf(err) != fault.Invalid {
			rt.Fatal(err)
		}
		w.settle()
	}
}

// answer lets the platform answer one fetch that waits.
func answer(rt *rapid.T, w *world) {
	i := slices.IndexFunc(w.outbox, func(e workflow.Effect) bool { return e.Kind == workflow.EffectFetch })
	if i < 0 {
		return
	}
	e := w.outbox[i]
	w.outbox = slices.Delete(w.outbox, i, i+1)
	f := fields{"requirement": e.Args["requirement"], "receipt": int64(7)}
	action := rapid.SampledFrom([]string{"data_arrived", "data_missing", "data_refused"}).Draw(rt, "answer")
	if err := decides(rt, w, w.cases[e.Case], "system", input(action, f)); err != nil {
		rt.Fatalf("an answer that nobody takes: %s on %+v: %v", action, w.cases[e.Case], err)
	}
	w.act("system", e.Case, action, f)
}

// newWorldFrom returns an empty world with the definitions of another.
func newWorldFrom(base *world) *world {
	w := &world{
		t: base.t, cal: base.cal, now: base.now, cases: map[workflow.CaseID]workflow.Case{},
		events: map[workflow.CaseID][]workflow.Event{}, people: base.people,
	}
	e := *base.engine
	e.Store, e.Now = w, func() time.Time { return w.now }
	w.engine = &e
	return w
}
