package modelstest

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"reflect"
	"slices"
	"strings"
	"sync"

	"github.com/shujie-gov/shujie/fault"
	"github.com/shujie-gov/shujie/models"
	"github.com/shujie-gov/shujie/workflow"
)

// same compares two values as JSON shows them.
func same(a, b any) bool {
	x, errX := json.Marshal(a)
	y, errY := json.Marshal(b)
	return errX == nil && errY == nil && string(x) == string(y)
}

func (w *World) wantKind(err error, kind fault.Kind, what string) {
	w.Helper()
	if err == nil || fault.KindOf(err) != kind {
		w.Errorf("%s: got %v (%v), want %v", what, err, fault.KindOf(err), kind)
	}
}

func readsBack(w *World) {
	draft := w.Draft("新生儿参保被要求户口簿")
	draft.Person = workflow.Person{Name: "张三丰", IDNumber: "329900199001010037", Phone: "13800005678"}
	answers := []workflow.Case{w.File(draft)}
	id := answers[0].ID
	answers = append(answers, w.Act("coord", id, "accept", nil))
	for i, c := range answers {
		if c.Version != int64(i+1) {
			w.Errorf("answer %d has version %d", i, c.Version)
		}
	}
	if got := w.Read(id); !same(got, answers[1]) || !reflect.DeepEqual(got.Facts, answers[1].Facts) {
		w.Errorf("read   %+v\nanswer %+v", got, answers[1])
	}
	moved := w.Act("coord", id, "dispatch", map[string]any{"lead": int64(w.Depts["MZ"])})
	if got := w.Read(id); !same(got, moved) {
		w.Errorf("read   %+v\nanswer %+v", got, moved)
	}
	page, err := w.Store.Events(w.Context(), models.Scope{All: true}, id, "", 0)
	if err != nil {
		w.Fatal(err)
	}
	var log []string
	for _, e := range page.Items {
		log = append(log, fmt.Sprintf("%d %s %s>%s %s", e.Seq, e.Action, e.From, e.To, e.Role))
	}
	want := []string{"1 file >filed hall_staff", "2 accept filed>accepted coordinator", "3 dispatch accepted>dispatched coordinator"}
	if !reflect.DeepEqual(log, want) {
		w.Errorf("log %q, want %q", log, want)
	}
	if lead := page.Items[2].Data["lead"]; lead != int64(w.Depts["MZ"]) {
		w.Errorf("the event keeps lead %v (%T)", lead, lead)
	}
}

// race runs fn n times at once and counts how each ended.
func race(n int, fn func(i int) error) (won int, lost map[fault.Kind]int) {
	var mu sync.Mutex
	var wg sync.WaitGroup
	lost = map[fault.Kind]int{}
	gate := make(chan struct{})
	for i := range n {
		wg.Go(func() {
			<-gate
			err := fn(i)
			mu.Lock()
			defer mu.Unlock()
			if err == nil {
				won++
			} else {
				lost[fault.KindOf(err)]++
			}
		})
	}
	close(gate)
	wg.Wait()
	return won, lost
}

func racingWriters(w *World) {
	w.race16([]*models.Store{w.Store})
}

func racingReplicas(w *World) {
	if w.Store.Dialect() == "sqlite" {
		w.race16([]*models.Store{w.Store}) // one process
		return
	}
	w.race16([]*models.Store{w.Store, w.Replica(), w.Replica(), w.Replica()})
}

func (w *World) race16(stores []*models.Store) {
	for range 5 {
		c := w.File(w.Draft("争用"))
		coord := w.Actor("coord")
		won, lost := race(16, func(i int) error {
			e := *w.Engine
			e.Store = stores[i%len(stores)]
			_, err := e.Act(w.Context(), coord, c.ID, workflow.Input{Action: "accept", Version: c.Version}, workflow.Key{})
			return err
		})
		if won != 1 || lost[fault.Stale] != 15 {
			w.Errorf("%d won, the others: %v", won, lost)
		}
		after := w.Read(c.ID)
		page, err := w.Store.Events(w.Context(), models.Scope{All: true}, c.ID, "", 0)
		if err != nil || after.Version != 2 || len(page.Items) != 2 || len(after.Marks) != 2 {
			w.Errorf("version %d, %d events, %d marks, %v", after.Version, len(page.Items), len(after.Marks), err)
		}
	}
}

func refusedDecision(w *World) {
	c := w.File(w.Draft("不动"))
	before := w.Rows()
	refusal := errors.New("no")
	_, err := w.Store.Update(w.Context(), w.Actor("coord"), c.ID, workflow.Key{}, func(workflow.Case) (workflow.Decision, error) {
		return workflow.Decision{}, refusal
	})
	if !errors.Is(err, refusal) {
		w.Errorf("got %v", err)
	}
	if after := w.Rows(); !reflect.DeepEqual(before, after) {
		w.Error("rows were written")
	}
}

func moveOutOfScope(w *World) {
	c := w.File(w.Draft("看不见"))
	for _, name := range []string{"xx", "hall2", "coord2", "zhejiang", "sys", "sec", "audit"} {
		asked := false
		_, err := w.Store.Update(w.Context(), w.Actor(name), c.ID, workflow.Key{}, func(workflow.Case) (workflow.Decision, error) {
			asked = true
			return workflow.Decision{}, errors.New("asked")
		})
		w.wantKind(err, fault.NotFound, name)
		if asked {
			w.Errorf("%s was shown the case", name)
		}
	}
	_, err := w.Store.Update(w.Context(), w.Actor("coord"), 999_999, workflow.Key{}, nil)
	w.wantKind(err, fault.NotFound, "a case that is not there")
}

// readTogether lets people with and without the right move cases at once: whoever
// comes at the same time shares the read, not the scope.
func readTogether(w *World) {
	var cases []workflow.Case
	for i := range 12 {
		cases = append(cases, w.File(w.Draft(fmt.Sprintf("同时 %d", i))))
	}
	names := []string{"coord", "xx", "hall2", "coord2", "zhejiang", "sys"}
	actors := make([]workflow.Actor, len(names))
	for i, name := range names {
		actors[i] = w.Actor(name)
	}
	won, lost := race(len(cases)*len(names), func(i int) error {
		c, who := cases[i/len(names)], i%len(names)
		moved, err := w.Store.Update(w.Context(), actors[who], c.ID, workflow.Key{}, func(seen workflow.Case) (workflow.Decision, error) {
			if who > 0 || seen.ID != c.ID || seen.Title != c.Title || len(seen.Requirements) != 1 {
				w.Errorf("%s was shown %+v for %d", names[who], seen, c.ID)
			}
			return w.Engine.Decide(seen, actors[who], workflow.Input{Action: "accept", Version: 1})
		})
		if err == nil && (moved.ID != c.ID || moved.Version != 2) {
			w.Errorf("%d moved to %d, version %d", c.ID, moved.ID, moved.Version)
		}
		return err
	})
	if hidden := len(cases) * (len(names) - 1); won != len(cases) || lost[fault.NotFound] != hidden {
		w.Errorf("%d moved, the others: %v", won, lost)
	}
}

func unknownDepartment(w *World) {
	before := w.Rows()
	draft := w.Draft("指向不存在的部门")
	draft.Parts[workflow.Holder] = 4711
	_, err := w.Engine.Open(w.Context(), w.Actor("hall"), draft, workflow.Input{}, workflow.Key{})
	w.wantKind(err, fault.Invalid, "holder 4711")
	if !reflect.DeepEqual(before, w.Rows()) {
		w.Error("something of it was written")
	}
	c := w.File(w.Draft("派给不存在的部门"))
	w.Act("coord", c.ID, "accept", nil)
	_, err = w.Engine.Act(w.Context(), w.Actor("coord"), c.ID, workflow.Input{Action: "dispatch", Fields: map[string]any{"lead": int64(4711)}}, workflow.Key{})
	w.wantKind(err, fault.Invalid, "lead 4711")
	if got := w.Read(c.ID); got.Version != 2 || got.State != "accepted" {
		w.Errorf("the case is at version %d, %s", got.Version, got.State)
	}
}

func illegibleText(w *World) {
	before := w.Rows()
	for what, title := range map[string]string{"null character": "a\x00b", "not UTF-8": "a\xff"} {
		_, err := w.Engine.Open(w.Context(), w.Actor("hall"), w.Draft(title), workflow.Input{}, workflow.Key{})
		w.wantKind(err, fault.Invalid, what)
	}
	if !reflect.DeepEqual(before, w.Rows()) {
		w.Error("something of it was written")
	}
}

func personIsSafe(w *World) {
	p := workflow.Person{Name: "张三丰", IDNumber: "329900199001010037", Phone: "13800005678"}
	draft := w.Draft("隐私")
	draft.Person = p
	c, err := w.Engine.Open(w.Context(), w.Actor("hall"), draft, workflow.Input{}, workflow.Key{Actor: 1, Value: "k", Hash: "h"})
	if err != nil {
		w.Fatal(err)
	}
	masked := workflow.Person{Name: "张*丰", IDNumber: "3299**********0037", Phone: "138****5678"}
	for what, got := range map[string]workflow.Person{"answer": c.Person, "read": w.Read(c.ID).Person} {
		if got != masked {
			w.Errorf("%s shows %+v", what, got)
		}
	}
	if got, err := w.Store.Citizen(w.Context(), models.ScopeOf(w.Actor("hall")), c.ID); err != nil || got != p {
		w.Errorf("in clear: %+v, %v", got, err)
	}
	_, err = w.Store.Citizen(w.Context(), models.ScopeOf(w.Actor("xx")), c.ID)
	w.wantKind(err, fault.NotFound, "the citizen of a case out of scope")
	for table, rows := range w.Rows() {
		for _, row := range rows {
			for _, clear := range []string{p.Name, p.IDNumber, p.Phone, "clear-app-key", Probe().IDNumber} {
				if strings.Contains(row, clear) {
					w.Errorf("%s keeps %s in clear: %s", table, clear, row)
				}
			}
		}
	}
	// A ciphertext of another case does not open here.
	other := w.Draft("别人的")
	other.Person = workflow.Person{Name: "李四", IDNumber: "329900199001010053"}
	o := w.File(other)
	w.Exec(fmt.Sprintf("UPDATE cases SET person_enc = (SELECT person_enc FROM cases k WHERE k.id = %d) WHERE id = %d", c.ID, o.ID))
	if got, err := w.Store.Citizen(w.Context(), models.Scope{All: true}, o.ID); err == nil {
		w.Errorf("a moved ciphertext opened: %+v", got)
	}
	for person, want := range map[workflow.Person]workflow.Person{
		{Name: "李四"}:                             {Name: "李*"},
		{Name: "王"}:                              {Name: "*"},
		{Name: "欧阳锋刚"}:                           {Name: "欧**刚"},
		{IDNumber: "12345", Phone: "110"}:        {IDNumber: "*****", Phone: "***"},
		{Phone: "025-83456789", Name: "Ann Lee"}: {Phone: "025*****6789", Name: "A*****e"},
	} {
		d := w.Draft("掩码")
		d.Person = person
		if got := w.File(d).Person; got != want {
			w.Errorf("%+v is masked as %+v, want %+v", person, got, want)
		}
	}
}

func children(w *World) {
	c := w.Dispatched("协办")
	if len(c.Children) != 1 || c.Children[0].Kind != workflow.Assist || c.Children[0].ID == 0 || c.Children[0].N != 1 {
		w.Fatalf("children: %+v", c.Children)
	}
	child := w.Read(c.Children[0].ID)
	if child.Parent != c.ID || child.Parts[workflow.Lead] != w.Depts["YB"] || child.Version != 1 || child.Batch != w.Batch.ID {
		w.Errorf("child: %+v", child)
	}
	w.Act("yb", child.ID, "sign", nil)
	done := w.Act("yb", child.ID, "finish", nil)
	if !done.Ended || done.EndedAt == nil || done.Due != nil {
		w.Errorf("finished: %+v", done)
	}
	if got := w.Read(c.ID).Children[0]; got.State != "done" || !got.Ended {
		w.Errorf("the parent sees %+v", got)
	}
	// The parent is told: an effect about another case than the decided one.
	told := false
	for _, j := range w.Claim() {
		told = told || j.Kind == workflow.EffectAdvance && j.Case == c.ID
	}
	if !told {
		w.Error("the parent was not told")
	}
}

// joins lets two departments be asked together: the parent reads whom, in which
// round, and lets the rest go by an effect about them.
func joins(w *World) {
	c := w.Dispatched("汇合")
	w.Act("ga", c.ID, "sign", nil)
	asked := w.Act("ga", c.ID, "request_assist", map[string]any{"to": []any{int64(w.Depts["MZ"]), int64(w.Depts["YB"])}, "rule": "any"})
	var kids []workflow.Child
	for _, k := range w.Read(c.ID).Children {
		if k.Round == 1 {
			kids = append(kids, k)
		}
	}
	if len(kids) != 2 || kids[0].Lead != w.Depts["MZ"] || kids[1].Lead != w.Depts["YB"] {
		w.Fatalf("children: %+v", kids)
	}
	if !reflect.DeepEqual(asked.Children, w.Read(c.ID).Children) {
		w.Errorf("answered %+v, read %+v", asked.Children, w.Read(c.ID).Children)
	}
	w.Act("mz", kids[0].ID, "sign", nil)
	w.Act("mz", kids[0].ID, "finish", nil)
	w.Claim()
	taken, err := w.Engine.Advance(w.Context(), c.ID)
	if err != nil || !slices.Equal(taken, []workflow.Action{"close_assists"}) {
		w.Fatalf("the system took %v, %v", taken, err)
	}
	for _, j := range w.Claim() {
		if j.Kind == workflow.EffectAct && j.Case == kids[1].ID && strings.Contains(string(j.Args), `"release"`) {
			return
		}
	}
	w.Error("nothing lets the other assist go")
}

func groups(w *World) {
	service, err := w.Engine.Open(w.Context(), workflow.SystemActor(), workflow.Case{
		Kind: workflow.Service, Title: w.Item.Name, Region: "320000", Item: w.Item.ID,
		Parts: map[workflow.Part]workflow.DeptID{workflow.Lead: w.Item.Dept},
	}, workflow.Input{}, workflow.Key{})
	if err != nil {
		w.Fatal(err)
	}
	for i := range 5 {
		d := w.Draft(fmt.Sprintf("堵点 %d", i))
		d.Parent = service.ID
		c := w.File(d)
		if i < 2 {
			w.Act("coord", c.ID, "accept", nil)
		}
	}
	var got []string
	for _, k := range w.Read(service.ID).Children {
		got = append(got, fmt.Sprintf("%d %s %s %v %s x%d", k.ID, k.Kind, k.State, k.Ended, k.NoMeeting, k.N))
	}
	want := []string{"0 blocker accepted false in_person x2", "0 blocker filed false in_person x3"}
	if !reflect.DeepEqual(got, want) {
		w.Errorf("children %q, want %q", got, want)
	}
	if err := w.Store.SetItemCase(w.Context(), w.Item.ID, service.ID); err != nil {
		w.Fatal(err)
	}
	item, err := w.Store.ServiceItem(w.Context(), w.Item.ID)
	if err != nil || item.Case != service.ID {
		w.Errorf("the item knows case %d, %v", item.Case, err)
	}
	w.wantKind(w.Store.SetItemCase(w.Context(), 4711, service.ID), fault.NotFound, "an unknown item")
}

// all is everything a scope sees under a query.
func (w *World) all(sc models.Scope, q models.CaseQuery) []models.Line {
	w.Helper()
	return Walk(w.Context(), w.TB, func(ctx context.Context, cursor string) (models.Page[models.Line], error) {
		q.Cursor = cursor
		return w.Store.Cases(ctx, sc, q)
	})
}
