package workflow_test

import (
	"context"
	"encoding/csv"
	"fmt"
	"maps"
	"os"
	"slices"
	"testing"
	"time"

	"github.com/shujie-gov/shujie/fault"
	"github.com/shujie-gov/shujie/workflow"
)

// The departments of the tests.
const (
	hallDept     workflow.DeptID = 1
	demanderDept workflow.DeptID = 2
	holderDept   workflow.DeptID = 3
	otherDept    workflow.DeptID = 4
	cityRegion                   = "320000/320100"
)

// cst is the time zone of the calendar.
func cst() *time.Location { return time.FixedZone("CST", 8*60*60) }

// at reads a time in China, e.g. "2026-03-02 10:00".
func at(tb testing.TB, text string) time.Time {
	tb.Helper()
	v, err := time.ParseInLocation("2006-01-02 15:04", text, cst())
	if err != nil {
		tb.Fatal(err)
	}
	return v.UTC()
}

// chinaDays reads the days that the State Council announced.
func chinaDays(tb testing.TB) []workflow.Day {
	tb.Helper()
	f, err := os.Open("../testdata/calendar.csv")
	if err != nil {
		tb.Fatal(err)
	}
	defer f.Close()
	rows, err := csv.NewReader(f).ReadAll()
	if err != nil {
		tb.Fatal(err)
	}
	var days []workflow.Day
	for _, r := range rows[1:] {
		days = append(days, workflow.Day{Date: r[0], Kind: workflow.DayKind(r[1])})
	}
	return days
}

func china(tb testing.TB, closing time.Duration) *workflow.Calendar {
	tb.Helper()
	cal, err := workflow.NewCalendar(chinaDays(tb), closing)
	if err != nil {
		tb.Fatal(err)
	}
	return cal
}

func released(tb testing.TB) *workflow.Definitions {
	tb.Helper()
	ds, err := workflow.Released()
	if err != nil {
		tb.Fatal(err)
	}
	return ds
}

func person(id int64, name string, role workflow.Role, dept workflow.DeptID, region string) workflow.Actor {
	return workflow.Actor{
		UserID: id, Name: name, Dept: dept, Region: region,
		Grants: []workflow.Grant{{Role: role, Dept: dept, Region: region}},
	}
}

// cast returns everybody who plays in the tests, by a name.
func cast() map[string]workflow.Actor {
	return map[string]workflow.Actor{
		"hall":             person(1, "大厅", workflow.HallStaff, hallDept, ""),
		"other hall":       person(2, "别的大厅", workflow.HallStaff, 9, ""),
		"demander handler": person(3, "索要经办", workflow.DeptHandler, demanderDept, ""),
		"demander head":    person(4, "索要负责人", workflow.DeptHead, demanderDept, ""),
		"holder handler":   person(5, "持有经办", workflow.DeptHandler, holderDept, ""),
		"holder head":      person(6, "持有负责人", workflow.DeptHead, holderDept, ""),
		"other handler":    person(7, "其他经办", workflow.DeptHandler, otherDept, ""),
		"other head":       person(8, "其他负责人", workflow.DeptHead, otherDept, ""),
		"coordinator":      person(9, "统筹", workflow.Coordinator, 0, "320000"),
		"far coordinator":  person(10, "外市统筹", workflow.Coordinator, 0, "320000/320500"),
		"city coordinator": person(13, "本市统筹", workflow.Coordinator, 0, cityRegion),
		"steward":          person(11, "目录管理", workflow.DataSteward, 0, "320000"),
		"auditor":          person(12, "审计", workflow.Auditor, 0, ""),
		"system":           workflow.SystemActor(),
	}
}

// names returns the names of the cast in a fixed order.
func names() []string { return slices.Sorted(maps.Keys(cast())) }

// regions are where the departments of the tests are: the holder's is another
// city than the demander's.
func regions() map[workflow.DeptID]string {
	return map[workflow.DeptID]string{hallDept: cityRegion, demanderDept: cityRegion, holderDept: "320000/320500", otherDept: "320000"}
}

// anyone is a policy that forbids nothing; the definitions decide.
type anyone struct{}

func (anyone) Allow(workflow.Role, workflow.Domain, workflow.Kind, workflow.Action) error { return nil }

// world keeps cases in memory as the database would: children are told to their
// parents, effects are kept in order.
type world struct {
	t      testing.TB
	engine *workflow.Engine
	cal    *workflow.Calendar
	now    time.Time
	cases  map[workflow.CaseID]workflow.Case
	events map[workflow.CaseID][]workflow.Event
	outbox []workflow.Effect
	people map[string]workflow.Actor
	watch  func(d workflow.Decision, draft *workflow.Case, byParent bool) // told of every decision that is written
	draft  *workflow.Case                                                 // being opened
}

func newWorld(tb testing.TB, start string) *world {
	tb.Helper()
	w := &world{
		t: tb, cal: china(tb, 24*time.Hour), now: at(tb, start), cases: map[workflow.CaseID]workflow.Case{},
		events: map[workflow.CaseID][]workflow.Event{}, people: cast(),
	}
	w.engine = &workflow.Engine{
		Store: w, Policy: anyone{}, Staff: w, Defs: released(tb),
		Calendar: func() *workflow.Calendar { return w.cal }, Now: func() time.Time { return w.now }, Regions: regions,
	}
	return w
}

// Create implements workflow.Store.
func (w *world) Create(_ context.Context, _ workflow.Key, d workflow.Decision) (workflow.Case, error) {
	id := workflow.CaseID(len(w.cases) + 1)
	d.After.ID, d.Event.Case = id, id
	w.write(d)
	return w.cases[id], nil
}

// Update implements workflow.Store.
func (w *world) Update(_ context.Context, _ workflow.Actor, id workflow.CaseID, _ workflow.Key, decide func(workflow.Case) (workflow.Decision, error)) (workflow.Case, error) {
	c, ok := w.cases[id]
	if !ok {
		return workflow.Case{}, fault.New(fault.NotFound, "没有", "none")
	}
	d, err := decide(c)
	if err != nil {
		return workflow.Case{}, err
	}
	w.write(d)
	return w.cases[id], nil
}

func (w *world) write(d workflow.Decision) {
	c := d.After
	w.events[c.ID] = append(w.events[c.ID], d.Event)
	if w.watch != nil {
		w.watch(d, w.draft, d.Event.Seq == 1 && w.draft == nil)
		w.draft = nil
	}
	for _, e := range d.Effects {
		if e.Case == 0 {
			e.Case = c.ID
		}
		w.outbox = append(w.outbox, e)
	}
	w.cases[c.ID] = c
	first := len(w.cases)
	for n := range d.Children { // the new ones stand last, without a number
		child := &d.Children[n]
		child.After.ID = workflow.CaseID(first + n + 1)
		child.Event.Case, child.After.Parent = child.After.ID, c.ID
		if c.Kind != workflow.Service {
			c.Children[len(c.Children)-len(d.Children)+n].ID = child.After.ID
		}
	}
	for _, child := range d.Children {
		w.write(child)
	}
	if parent, ok := w.cases[c.Parent]; ok {
		kids := slices.Clone(parent.Children)
		i := slices.IndexFunc(kids, func(k workflow.Child) bool { return k.ID == c.ID })
		kin := workflow.Child{ID: c.ID, Kind: c.Kind, State: c.State, Ended: c.Ended, NoMeeting: c.NoMeeting, Need: c.Need, Lead: c.Parts[workflow.Lead], N: 1}
		kin.Round, _ = c.Facts["round"].(int64)
		kin.Outcome, _ = c.Facts["outcome"].(string)
		if i >= 0 {
			kids[i] = kin
		} else if !slices.ContainsFunc(kids, func(k workflow.Child) bool { return k.ID == 0 }) {
			kids = append(kids, kin)
		}
		parent.Children = kids
		w.cases[c.Parent] = parent
	}
	w.rest()
}

// rest lets every requirement know the applications it may rest on.
func (w *world) rest() {
	for id, c := range w.cases {
		c.Requirements = slices.Clone(c.Requirements)
		for i := range c.Requirements {
			c.Requirements[i].Applications = nil
			for _, a := range w.sorted() {
				if serves(&a, &c, c.Requirements[i].Resource) {
					until, _ := a.Facts["until"].(string)
					c.Requirements[i].Applications = append(c.Requirements[i].Applications, workflow.Application{
						ID: a.ID, State: a.State, Ended: a.Ended, Waits: a.Waits.Part, Until: until, CreatedAt: a.CreatedAt,
					})
				}
			}
		}
		w.cases[id] = c
	}
}

// serves reports whether a is an application of the same applicant for the same
// resource and purpose as a requirement of c.
func serves(a, c *workflow.Case, resource int64) bool {
	return a.Kind == workflow.ShareRequest && a.Parts[workflow.Demander] == c.Parts[workflow.Demander] &&
		a.Facts["resource"] == resource && (a.Parent == c.ID || a.Item == c.Item)
}

func (w *world) sorted() []workflow.Case {
	var list []workflow.Case
	for _, id := range slices.Sorted(maps.Keys(w.cases)) {
		list = append(list, w.cases[id])
	}
	return list
}

// need describes a requirement by its share class.
func need(id int64, class workflow.ShareClass) workflow.Requirement {
	r := workflow.Requirement{ID: id, Name: "出生医学证明", Class: class, Status: workflow.NeedOpen}
	if class != workflow.NoData {
		r.Resource, r.Provider = 70+id, holderDept
	}
	return r
}

// draft is a blocker at the window that demands the given requirements.
func draft(needs ...workflow.Requirement) workflow.Case {
	return workflow.Case{
		Kind: workflow.Blocker, Region: cityRegion, Title: "新生儿参保：索要出生证明", Proof: "出生证明", Item: 5,
		Parts:        map[workflow.Part]workflow.DeptID{workflow.Filer: hallDept, workflow.Demander: demanderDept, workflow.Holder: holderDept},
		Facts:        map[string]any{"holders": int64(1)},
		Requirements: needs,
	}
}

// open opens a case as somebody of the cast.
func (w *world) open(who string, c workflow.Case) workflow.CaseID {
	w.t.Helper()
	kept := deepCopy(c)
	w.draft = &kept
	got, err := w.engine.Open(context.Background(), w.people[who], c, workflow.Input{}, workflow.Key{})
	if err != nil {
		w.t.Fatalf("%s opens %s: %v", who, c.Kind, err)
	}
	return got.ID
}

// fields are the inputs of an action; the field note is the note.
type fields map[string]any

func input(action string, f fields) workflow.Input {
	in := workflow.Input{Action: workflow.Action(action), Fields: map[string]any{}}
	for k, v := range f {
		if k == "note" {
			in.Note, _ = v.(string)
			continue
		}
		in.Fields[k] = v
	}
	return in
}

// try lets somebody act and returns what the engine said.
func (w *world) try(who string, id workflow.CaseID, action string, f fields) error {
	_, err := w.engine.Act(context.Background(), w.people[who], id, input(action, f), workflow.Key{})
	return err
}

// act lets somebody act and then the system take what is due.
func (w *world) act(who string, id workflow.CaseID, action string, f fields) {
	w.t.Helper()
	if err := w.try(who, id, action, f); err != nil {
		w.t.Fatalf("%s: %s on %s in %s: %v", who, action, w.cases[id].Kind, w.cases[id].State, err)
	}
	w.settle()
}

// settle carries out the case.advance and users.advance effects that wait.
func (w *world) settle() {
	w.t.Helper()
	for range 200 {
		if i := slices.IndexFunc(w.outbox, func(e workflow.Effect) bool { return e.Kind == workflow.EffectAdvanceUsers }); i >= 0 {
			a := w.cases[w.outbox[i].Case]
			w.outbox = slices.Delete(w.outbox, i, i+1)
			for _, c := range w.sorted() {
				if slices.ContainsFunc(c.Requirements, func(r workflow.Requirement) bool { return serves(&a, &c, r.Resource) }) && !c.Ended {
					w.outbox = append(w.outbox, workflow.Effect{Kind: workflow.EffectAdvance, Case: c.ID})
				}
			}
		}
		i := slices.IndexFunc(w.outbox, func(e workflow.Effect) bool { return e.Kind == workflow.EffectAdvance || e.Kind == workflow.EffectAct })
		if i < 0 {
			return
		}
		e := w.outbox[i]
		w.outbox = slices.Delete(w.outbox, i, i+1)
		if e.Kind == workflow.EffectAdvance {
			w.advance(e.Case)
		} else if err := w.try("system", e.Case, fmt.Sprint(e.Args["action"]), fields{"note": e.Args["note"]}); err != nil && fault.KindOf(err) != fault.Conflict {
			w.t.Fatalf("%v on %d: %v", e.Args, e.Case, err)
		}
	}
	w.t.Fatal("the system's actions do not end")
}

// advance lets the system take what is due on a case.
func (w *world) advance(id workflow.CaseID) []workflow.Action {
	w.t.Helper()
	taken, err := w.engine.Advance(context.Background(), id)
	if err != nil {
		w.t.Fatalf("advance %d: %v", id, err)
	}
	return taken
}

// fetch answers every fetch that waits with a receipt.
func (w *world) fetch() {
	w.t.Helper()
	for {
		i := slices.IndexFunc(w.outbox, func(e workflow.Effect) bool { return e.Kind == workflow.EffectFetch })
		if i < 0 {
			return
		}
		e := w.outbox[i]
		w.outbox = slices.Delete(w.outbox, i, i+1)
		w.act("system", e.Case, "data_arrived", fields{"requirement": e.Args["requirement"], "receipt": int64(1000 + len(w.outbox))})
	}
}

// count counts the effects of a kind that wait.
func (w *world) count(kind string) int {
	n := 0
	for _, e := range w.outbox {
		if e.Kind == kind {
			n++
		}
	}
	return n
}

// in fails the test unless the case is in state.
func (w *world) in(id workflow.CaseID, state workflow.State) {
	w.t.Helper()
	if got := w.cases[id].State; got != state {
		w.t.Fatalf("case %d is %s, want %s", id, got, state)
	}
}

// child returns the last child of a kind.
func (w *world) child(id workflow.CaseID, kind workflow.Kind) workflow.CaseID {
	w.t.Helper()
	for _, k := range slices.Backward(w.cases[id].Children) {
		if k.Kind == kind {
			return k.ID
		}
	}
	w.t.Fatalf("case %d has no %s", id, kind)
	return 0
}

// choices returns what somebody may do now on a case.
func (w *world) choices(who string, id workflow.CaseID) map[workflow.Action]workflow.Choice {
	w.t.Helper()
	list, err := w.engine.Choices(w.cases[id], w.people[who])
	if err != nil {
		w.t.Fatal(err)
	}
	m := map[workflow.Action]workflow.Choice{}
	for _, c := range list {
		m[c.Action] = c
	}
	return m
}
