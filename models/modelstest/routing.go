package modelstest

import (
	"fmt"
	"reflect"
	"slices"
	"time"

	"github.com/shujie-gov/shujie/fault"
	"github.com/shujie-gov/shujie/models"
	"github.com/shujie-gov/shujie/workflow"
)

// rules are rows that send one proof to a department and leave the rest to the
// catalogue.
func (w *World) rules(to string) []workflow.RoutingRow {
	return []workflow.RoutingRow{
		{Proof: "户口簿复印件", To: workflow.ToDepartment, Dept: w.Depts[to], Reason: "统办"},
		{To: workflow.ToHolder, Reason: "默认"},
	}
}

func (w *World) routing(region, title, to string) models.RoutingSet {
	w.Helper()
	set, err := w.Store.CreateRouting(w.Context(), workflow.Key{}, models.RoutingSet{Region: region, Title: title, Rows: w.rules(to), Author: "统筹"})
	if err != nil {
		w.Fatal(err)
	}
	return set
}

func (w *World) rehearse(set models.RoutingSet) models.RoutingSet {
	w.Helper()
	now := w.Clock.Now().UTC().Truncate(time.Microsecond)
	got, err := w.Store.NoteRehearsal(w.Context(), set.ID, models.Rehearsal{Revision: set.Revision, From: now.Add(-time.Hour), To: now, Cases: 3, Moved: 1, At: now, By: "统筹"})
	if err != nil {
		w.Fatal(err)
	}
	return got
}

// routingVersions walks a table from its draft to its end.
func routingVersions(w *World) {
	ctx := w.Context()
	set := w.routing("320000", "省级规则", "MZ")
	if set.State != models.RoutingDraft || set.Revision != 1 || !reflect.DeepEqual(set.Rows, w.rules("MZ")) || set.CreatedAt.IsZero() {
		w.Fatalf("draft: %+v", set)
	}
	_, err := w.Store.ActivateRouting(ctx, set.ID, 1, "统筹")
	w.wantFault(err, fault.Conflict, "never run dry")
	set = w.rehearse(set)
	set.Rows = w.rules("YB")
	revised, err := w.Store.ReviseRouting(ctx, set)
	if err != nil || revised.Revision != 2 || revised.Rehearsed() {
		w.Fatalf("revised: %+v, %v", revised, err)
	}
	_, err = w.Store.ReviseRouting(ctx, set)
	w.wantFault(err, fault.Stale, "a revision that somebody else replaced")
	_, err = w.Store.ActivateRouting(ctx, set.ID, 2, "统筹")
	w.wantFault(err, fault.Conflict, "changed since the dry run")
	w.rehearse(revised)
	_, err = w.Store.ActivateRouting(ctx, set.ID, 1, "统筹")
	w.wantFault(err, fault.Stale, "another revision than the one that was seen")
	active, err := w.Store.ActivateRouting(ctx, set.ID, 2, "统筹")
	if err != nil || active.State != models.RoutingActive || active.ActivatedAt == nil || active.Activator != "统筹" {
		w.Fatalf("active: %+v, %v", active, err)
	}
	_, err = w.Store.ReviseRouting(ctx, active)
	w.wantFault(err, fault.Conflict, "what is in force does not change")
	city := w.rehearse(w.routing("320000/320100", "市级规则", "GA"))
	if _, err := w.Store.ActivateRouting(ctx, city.ID, 1, "统筹"); err != nil {
		w.Fatal(err)
	}
	next := w.rehearse(w.routing("320000", "省级规则二", "MZ"))
	if _, err := w.Store.ActivateRouting(ctx, next.ID, 1, "统筹"); err != nil {
		w.Fatal(err)
	}
	w.wantActive(city.ID, next.ID)
	old, err := w.Store.RoutingSet(ctx, set.ID)
	if err != nil || old.State != models.RoutingRetired || old.RetiredAt == nil || !reflect.DeepEqual(old.Rows, w.rules("YB")) {
		w.Fatalf("retired: %+v, %v", old, err)
	}
	if _, err := w.Store.RetireRouting(ctx, next.ID, 1); err != nil {
		w.Fatal(err)
	}
	w.wantActive(city.ID)
	all, err := w.Store.RoutingSets(ctx)
	if err != nil || len(all) != 3 || all[0].ID != next.ID {
		w.Errorf("sets: %+v, %v", all, err)
	}
	key := workflow.Key{Actor: 1, Value: "k", Hash: "h"}
	once, err := w.Store.CreateRouting(ctx, key, models.RoutingSet{Region: "320000", Title: "一次", Rows: w.rules("GA"), Author: "统筹"})
	if err != nil {
		w.Fatal(err)
	}
	again, err := w.Store.CreateRouting(ctx, key, models.RoutingSet{Region: "320000", Title: "两次", Rows: w.rules("GA"), Author: "统筹"})
	if err != nil || again.ID != once.ID || again.Title != "一次" {
		w.Errorf("the same request made %+v, %v", again, err)
	}
	key.Hash = "another"
	_, err = w.Store.CreateRouting(ctx, key, once)
	w.wantFault(err, fault.Invalid, "a key that was used for another request")
	_, err = w.Store.RoutingSet(ctx, 4711)
	w.wantFault(err, fault.NotFound, "a version that is not there")
}

func (w *World) wantFault(err error, kind fault.Kind, what string) {
	w.Helper()
	if err == nil || fault.KindOf(err) != kind {
		w.Fatalf("%s: %v, want %s", what, err, kind)
	}
}

func (w *World) wantActive(ids ...int64) {
	w.Helper()
	list, err := w.Store.ActiveRouting(w.Context())
	if err != nil {
		w.Fatal(err)
	}
	var got []int64
	for _, s := range list {
		got = append(got, s.ID)
	}
	if !slices.Equal(got, ids) {
		w.Fatalf("active: %v, want %v", got, ids)
	}
}

// filedBlockers reads what a dry run looks at: in scope, in time, in the region,
// as it was filed.
func filedBlockers(w *World) {
	early := w.File(w.Draft("早"))
	w.Clock.Add(48 * time.Hour)
	from := w.Clock.Now()
	c := w.Dispatched("堵点")
	w.Clock.Add(time.Hour)
	to := w.Clock.Now()
	w.File(w.Draft("晚"))
	ask := func(user, region string) []models.Filed {
		w.Helper()
		list, err := w.Store.FiledBlockers(w.Context(), models.ScopeOf(w.Actor(user)), region, from, to)
		if err != nil {
			w.Fatal(err)
		}
		return list
	}
	got := ask("coord", "320000")
	if len(got) != 1 || got[0].ID != c.ID {
		w.Fatalf("filed: %+v, want %d alone (not %d)", got, c.ID, early.ID)
	}
	q := got[0].Question
	if q.Holders != 1 || q.Holder != w.Depts["GA"] || q.Item != w.Item.ID || q.Region != c.Region || len(q.Proofs) == 0 || got[0].Lead != w.Depts["GA"] {
		w.Errorf("question: %+v of %+v", q, got[0])
	}
	for user, region := range map[string]string{"coord": "320000/320200", "zhejiang": "320000", "audit": "320000"} {
		if n := len(ask(user, region)); n != 0 {
			w.Errorf("%s sees %d in %s", user, n, region)
		}
	}
}

// holdings lists every registered holder, and counts who closed what.
func holdings(w *World) {
	ctx := w.Context()
	err := w.Store.Import(ctx, models.Reference{Items: []models.NewItem{{Name: w.Item.Name, DeptCode: "YB", Proofs: []models.NewProof{{Name: "户口簿复印件", HolderCode: "MZ"}}}}})
	if err != nil {
		w.Fatal(err)
	}
	list, err := w.Store.Holdings(ctx, w.Item.ID)
	if err != nil {
		w.Fatal(err)
	}
	var got []string
	for _, h := range list {
		got = append(got, fmt.Sprintf("%s %d %v", h.Proof, h.Dept, h.Resource != 0))
	}
	ga, mz := w.Depts["GA"], w.Depts["MZ"]
	want := []string{fmt.Sprintf("户口簿复印件 %d true", ga), fmt.Sprintf("结婚证复印件 %d true", mz), fmt.Sprintf("户口簿复印件 %d false", mz)}
	if !slices.Equal(got, want) {
		w.Errorf("holdings %v, want %v", got, want)
	}
	c := w.Dispatched("已办结")
	w.Exec(fmt.Sprintf("UPDATE cases SET state = 'closed' WHERE id = %d", c.ID))
	for user, n := range map[string]int64{"coord": 1, "zhejiang": 0} {
		by, err := w.Store.ClosedBy(w.Context(), models.ScopeOf(w.Actor(user)), c.Item, []string{c.Proof, "结婚证复印件"})
		if err != nil || by[ga] != n {
			w.Errorf("%s counts %v, %v", user, by, err)
		}
	}
}
