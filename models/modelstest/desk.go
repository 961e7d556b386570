package modelstest

import (
	"reflect"
	"slices"
	"time"

	"github.com/shujie-gov/shujie/fault"
	"github.com/shujie-gov/shujie/models"
	"github.com/shujie-gov/shujie/workflow"
)

// claims finds what somebody claimed, what lies in the pool, and the load of
// each person of the department.
func claims(w *World) {
	a, b, c := w.Dispatched("甲"), w.Dispatched("乙"), w.Dispatched("丙")
	ga := w.Actor("ga")
	svc := w.service() // goes on by itself: nobody claims it
	w.Act("ga", a.ID, "claim", nil)
	if got := w.Read(a.ID); got.Assignee != ga.UserID {
		w.Errorf("claimed by %d, want %d", got.Assignee, ga.UserID)
	}
	sc := models.ScopeOf(ga)
	find := func(q models.CaseQuery) []workflow.CaseID {
		q.Actor, q.Box = ga, models.Todo
		got := ids(w.all(sc, q))
		slices.Sort(got)
		return got
	}
	if got := find(models.CaseQuery{Assignee: ga.UserID}); !slices.Equal(got, []workflow.CaseID{a.ID}) {
		w.Errorf("claimed: %v", got)
	}
	if got := find(models.CaseQuery{Pool: true}); !slices.Equal(got, []workflow.CaseID{b.ID, c.ID}) {
		w.Errorf("in the pool: %v", got)
	}
	pool := ids(w.all(models.Scope{All: true}, models.CaseQuery{Department: w.Depts["GA"], Pool: true}))
	if slices.Contains(pool, svc.ID) || !slices.Contains(pool, b.ID) {
		w.Errorf("in the pool of the department: %v", pool)
	}
	w.Clock.Add(30 * 24 * time.Hour) // all are overdue
	load, err := w.Store.Workload(w.Context(), w.Depts["GA"])
	if err != nil {
		w.Fatal(err)
	}
	if want := []models.Colleague{{ID: ga.UserID, Name: "ga", Open: 1, Red: 1}}; !reflect.DeepEqual(load.People, want) {
		w.Errorf("people %+v, want %+v", load.People, want)
	}
	if want := (models.Colleague{Open: 2, Red: 2}); load.Pool != want {
		w.Errorf("pool %+v, want %+v", load.Pool, want)
	}
	for person, want := range map[string]bool{"ga": true, "mz": false, "coord": false, "sys": false} {
		if got, err := w.Store.WorksIn(w.Context(), w.Actor(person).UserID, w.Depts["GA"]); got != want || err != nil {
			w.Errorf("%s works in GA: %v, %v", person, got, err)
		}
	}
	w.Exec("UPDATE users SET disabled = true WHERE username = 'ga'")
	if got, err := w.Store.WorksIn(w.Context(), ga.UserID, w.Depts["GA"]); got || err != nil {
		w.Errorf("a disabled account works: %v, %v", got, err)
	}
	names, err := w.Store.PersonNames(w.Context(), []int64{ga.UserID, 4711})
	if err != nil || !reflect.DeepEqual(names, map[int64]string{ga.UserID: "ga"}) {
		w.Errorf("names %v, %v", names, err)
	}
}

// service opens the no-meeting life of the world's item, led by GA.
func (w *World) service() workflow.Case {
	w.Helper()
	c, err := w.Engine.Open(w.Context(), w.Actor("steward"), workflow.Case{
		Kind: workflow.Service, Title: "新生儿参保", Region: "320000", Item: w.Item.ID, Parts: map[workflow.Part]workflow.DeptID{workflow.Lead: w.Depts["GA"]},
	}, workflow.Input{}, workflow.Key{})
	if err != nil {
		w.Fatal(err)
	}
	return c
}

// wholeLists reads many cases as one by one.
func wholeLists(w *World) {
	a, b := w.Dispatched("甲"), w.File(w.Draft("乙"))
	w.Act("ga", a.ID, "sign", nil)
	svc := w.service()
	child := w.Draft("丙")
	child.Parent = svc.ID
	w.File(child)
	asked := []workflow.CaseID{svc.ID, 4711, b.ID, a.ID}
	list, err := w.Store.Whole(w.Context(), models.Scope{All: true}, asked)
	if err != nil {
		w.Fatal(err)
	}
	if want := []workflow.Case{w.Read(svc.ID), w.Read(b.ID), w.Read(a.ID)}; !reflect.DeepEqual(list, want) {
		w.Errorf("read together:\n%+v\none by one:\n%+v", list, want)
	}
	seen, err := w.Store.Whole(w.Context(), models.ScopeOf(w.Actor("mz")), asked)
	if err != nil || len(seen) != 0 {
		w.Errorf("out of scope: %v, %v", seen, err)
	}
	none, err := w.Store.Whole(w.Context(), models.Scope{All: true}, nil)
	if err != nil || len(none) != 0 {
		w.Errorf("of nothing: %v, %v", none, err)
	}
}

// keptFilters keeps ten named filters and the last one of each page, each
// person's apart.
func keptFilters(w *World) {
	ga, mz := w.Actor("ga").UserID, w.Actor("mz").UserID
	keep := func(f models.Filter) error { return w.Store.KeepFilter(w.Context(), ga, f) }
	for i := range models.MaxFilters {
		if err := keep(models.Filter{Page: "cases", Name: string(rune('a' + i)), Query: "light=red"}); err != nil {
			w.Fatal(err)
		}
	}
	if err := keep(models.Filter{Page: "inbox", Name: "k", Query: "light=red"}); fault.KindOf(err) != fault.Invalid {
		w.Errorf("an eleventh filter: %v", err)
	}
	for _, query := range []string{"light=red", "kind=assist"} {
		if err := keep(models.Filter{Page: "inbox", Query: query}); err != nil { // the last one counts for nothing
			w.Fatal(err)
		}
		if err := keep(models.Filter{Page: "cases", Name: "a", Query: query}); err != nil {
			w.Fatal(err)
		}
	}
	list, err := w.Store.Filters(w.Context(), ga)
	if err != nil || len(list) != models.MaxFilters+1 {
		w.Fatalf("filters %+v, %v", list, err)
	}
	queries := map[string]string{}
	for _, f := range list {
		queries[f.Page+"/"+f.Name] = f.Query
	}
	if queries["inbox/"] != "kind=assist" || queries["cases/a"] != "kind=assist" || queries["cases/b"] != "light=red" {
		w.Errorf("kept %v", queries)
	}
	if other, err := w.Store.Filters(w.Context(), mz); err != nil || len(other) != 0 {
		w.Errorf("another's filters: %+v, %v", other, err)
	}
	if err := w.Store.DropFilter(w.Context(), mz, list[0].ID); fault.KindOf(err) != fault.NotFound {
		w.Errorf("another removes it: %v", err)
	}
	if err := w.Store.DropFilter(w.Context(), ga, list[0].ID); err != nil {
		w.Error(err)
	}
	if err := w.Store.ForgetFilter(w.Context(), ga, "inbox"); err != nil {
		w.Error(err)
	}
	if list, err := w.Store.Filters(w.Context(), ga); err != nil || len(list) != models.MaxFilters-1 {
		w.Errorf("left %+v, %v", list, err)
	}
}
