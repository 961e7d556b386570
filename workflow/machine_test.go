package workflow_test

import (
	"context"
	"fmt"
	"maps"
	"math/rand/v2"
	"reflect"
	"slices"
	"time"

	"github.com/shujie-gov/shujie/fault"
	"github.com/shujie-gov/shujie/workflow"
)

// failer is what reports that a promise was broken.
type failer interface {
	Fatal(args ...any)
	Fatalf(format string, args ...any)
}

// machine lets random things happen in a world. The same seed does the same.
type machine struct {
	failer

	w   *world
	rnd *rand.Rand
}

func newMachine(f failer, w *world, seed uint64) *machine {
	return &machine{failer: f, w: w, rnd: rand.New(rand.NewPCG(seed, 0))}
}

// one draws from a list.
func one[T any](m *machine, list []T) T { return list[m.rnd.IntN(len(list))] }

// in reports true once in n times.
func (m *machine) in(n int) bool { return m.rnd.IntN(n) == 0 }

// begin opens cases of all kinds: a blocker as it is filed, others further on,
// and what people open beside them.
func (m *machine) begin() {
	d := draft()
	for i := range m.rnd.IntN(4) {
		r := need(int64(11+i), workflow.ShareClass(m.rnd.IntN(4)))
		if m.in(3) && r.Provider != 0 {
			r.Provider = demanderDept
		}
		d.Requirements = append(d.Requirements, r)
	}
	d.Facts["holders"] = m.rnd.Int64N(3)
	if m.in(2) {
		d.Facts["alternative"] = "告知承诺"
	}
	if m.in(3) {
		d.Parts[workflow.Demander] = holderDept
	}
	d.Parent = m.w.open("steward", workflow.Case{
		Kind: workflow.Service, Region: cityRegion, Title: "事项", Parts: map[workflow.Part]workflow.DeptID{workflow.Lead: demanderDept},
	})
	m.w.open("hall", d)
	switch m.rnd.IntN(4) {
	case 0:
		granted(m.w)
	case 1:
		disputed(m.w)
	case 2:
		shareRequest(m.w)
	case 3:
		toResolved(m.w)
	}
	doubted(m.w)
	change(m.w)
	demand(m.w, one(m, []workflow.DeptID{0, holderDept}))
	m.w.settle()
}

// step lets one thing happen: time passes, the watch looks, the platform or the
// catalogue answers, or somebody, who tries everything first, takes an action
// that is offered.
func (m *machine) step() {
	switch m.rnd.IntN(12) {
	case 0:
		m.w.now = m.w.now.Add(time.Duration(1+m.rnd.IntN(4*24*60)) * time.Minute)
	case 1:
		m.sweep()
	case 2, 3:
		m.answer()
	default:
		c := m.find()
		who := m.person(c)
		agrees(m, m.w, c, who)
		m.act(c, who)
	}
}

// find chooses a case, most often an open one.
func (m *machine) find() workflow.Case {
	list := m.w.sorted()
	if open := slices.DeleteFunc(slices.Clone(list), func(c workflow.Case) bool { return c.Ended }); len(open) > 0 && !m.in(8) {
		list = open
	}
	return one(m, list)
}

// person chooses somebody, most often one whom the case waits for.
func (m *machine) person(c workflow.Case) string {
	awaited := slices.DeleteFunc(names(), func(who string) bool { return !seated(m.w.people[who], &c) })
	if len(awaited) == 0 || m.in(3) {
		return one(m, names())
	}
	return one(m, awaited)
}

// sweep lets the system take what time made due, as the sweeps do.
func (m *machine) sweep() {
	for _, c := range m.w.sorted() {
		if c.Wake != nil && !c.Wake.After(m.w.now) {
			m.w.advance(c.ID)
			m.w.settle()
		}
	}
	for _, c := range m.w.sorted() {
		into, _ := c.Facts["merged_into"].(int64)
		if of, ok := m.w.cases[workflow.CaseID(into)]; ok && c.State == "joined" {
			err := m.w.engine.Follow(context.Background(), workflow.Follower{ID: c.ID, Into: of.ID, Kind: of.Kind, DefVersion: of.DefVersion, State: of.State})
			if err != nil && fault.KindOf(err) != fault.Conflict {
				m.Fatal(err)
			}
			m.w.settle()
		}
	}
}

// act lets somebody take one of the actions that are offered to them, seldom one
// that ends the case.
func (m *machine) act(c workflow.Case, who string) {
	list, err := m.w.engine.Choices(c, m.w.people[who])
	if err != nil {
		m.Fatal(err)
	}
	def, err := m.w.engine.Defs.Of(&c)
	if err != nil {
		m.Fatal(err)
	}
	ends := m.in(3)
	list = slices.DeleteFunc(list, func(ch workflow.Choice) bool { return !ch.Allowed || def.States[ch.To].Final && !ends })
	if len(list) == 0 {
		return
	}
	ch := one(m, list)
	f := fields{"note": "说明"}
	for _, in := range ch.Inputs {
		if list := values(m.w, in, c); in.Name != "note" && len(list) > 0 {
			f[in.Name] = one(m, list)
		}
	}
	if decides(m, m.w, c, who, input(string(ch.Action), f)) != nil {
		return
	}
	// Whether the person that was drawn works there is for the engine to ask.
	if err := m.w.try(who, c.ID, string(ch.Action), f); err != nil && fault.KindOf(err) != fault.Invalid {
		m.Fatal(err)
	}
	m.w.settle()
}

// answer lets the platform answer a fetch that waits, or the catalogue a change.
func (m *machine) answer() {
	i := slices.IndexFunc(m.w.outbox, func(e workflow.Effect) bool {
		return e.Kind == workflow.EffectFetch || e.Kind == workflow.EffectCatalogue
	})
	if i < 0 {
		return
	}
	e := m.w.outbox[i]
	m.w.outbox = slices.Delete(m.w.outbox, i, i+1)
	c := m.w.cases[e.Case]
	answers, f := []string{"data_arrived", "data_missing", "data_refused", "data_held"}, fields{"requirement": e.Args["requirement"], "receipt": int64(7)}
	if e.Kind == workflow.EffectCatalogue {
		answers, f = []string{"note_done", "note_refused"}, fields{"note": "名称已被使用"}
		if c.Ended {
			return // given up: the catalogue only drops the drafts
		}
	}
	action := one(m, answers)
	if err := decides(m, m.w, c, "system", input(action, f)); err != nil {
		m.Fatalf("an answer that nobody takes: %s on %+v: %v", action, c, err)
	}
	m.w.act("system", e.Case, action, f)
}

// decides takes one decision and checks that it is pure.
func decides(f failer, w *world, c workflow.Case, who string, in workflow.Input) error {
	before := deepCopy(c)
	d1, err1 := w.engine.Decide(c, w.people[who], in)
	d2, err2 := w.engine.Decide(c, w.people[who], in)
	if !reflect.DeepEqual(d1, d2) || fmt.Sprint(err1) != fmt.Sprint(err2) {
		f.Fatalf("%s decided twice gives two answers:\n%+v %v\n%+v %v", in.Action, d1, err1, d2, err2)
	}
	if !reflect.DeepEqual(c, before) {
		f.Fatalf("%s changed the case it decided on:\n%+v\n%+v", in.Action, before, c)
	}
	if err1 != nil && fault.KindOf(err1) == fault.Internal {
		f.Fatalf("%s: %v", in.Action, err1)
	}
	return err1
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
