package modelstest

import (
	"fmt"
	"slices"
	"time"

	"github.com/shujie-gov/shujie/fault"
	"github.com/shujie-gov/shujie/models"
	"github.com/shujie-gov/shujie/workflow"
)

// scopeIsOne holds every read of cases to one answer: what the list shows is
// what the count counts, the detail opens, the log, the ledger, the receipts,
// the records, the batches, the progress and the totals speak of.
func scopeIsOne(w *World) {
	nanjing, job := w.Fetching("南京的")
	receipt := w.fetch(nanjing, job, "found")
	d := w.Draft("无锡的")
	d.Region = "320000/320200"
	d.Parts[workflow.Filer] = w.Depts["HALL2"]
	d.Parts[workflow.Holder] = w.Depts["MZ"]
	wuxi, err := w.Engine.Open(w.Context(), w.Actor("hall2"), d, workflow.Input{}, workflow.Key{})
	if err != nil {
		w.Fatal(err)
	}
	assist := nanjing.Children[0].ID
	everything := []workflow.CaseID{nanjing.ID, assist, wuxi.ID}
	for user, want := range map[string][]workflow.CaseID{
		"hall":     {nanjing.ID, assist},
		"hall2":    {wuxi.ID},
		"ga":       {nanjing.ID, assist},
		"mz":       {wuxi.ID},
		"yb":       everything,
		"xx":       nil,
		"coord":    everything,
		"steward":  everything,
		"coord2":   {wuxi.ID},
		"zhejiang": nil,
		"sys":      nil,
		"sec":      nil,
		"audit":    nil,
	} {
		w.oneScope(user, models.ScopeOf(w.Actor(user)), want, everything, nanjing.ID, *receipt)
	}
	w.oneScope("the system", models.ScopeOf(workflow.SystemActor()), everything, everything, nanjing.ID, *receipt)
}

func (w *World) oneScope(who string, sc models.Scope, want, everything []workflow.CaseID, fetched workflow.CaseID, receipt models.Receipt) {
	w.Helper()
	slices.Sort(want)
	list := ids(w.all(sc, models.CaseQuery{}))
	if slices.Sort(list); !slices.Equal(list, want) {
		w.Errorf("%s: the list shows %v, want %v", who, list, want)
	}
	if n, err := w.Store.CountCases(w.Context(), sc, models.CaseQuery{}, 0); err != nil || int(n) != len(want) {
		w.Errorf("%s: the count is %d, %v", who, n, err)
	}
	for _, id := range append(slices.Clone(everything), 4711) {
		sees := slices.Contains(want, id)
		for what, read := range map[string]func() error{
			"case":     func() error { _, err := w.Store.Case(w.Context(), sc, id); return err },
			"events":   func() error { _, err := w.Store.Events(w.Context(), sc, id, "", 0); return err },
			"citizen":  func() error { _, err := w.Store.Citizen(w.Context(), sc, id); return err },
			"fetches":  func() error { _, err := w.Store.Fetches(w.Context(), sc, id); return err },
			"receipts": func() error { _, err := w.Store.Receipts(w.Context(), sc, id); return err },
		} {
			if err := read(); sees && err != nil || !sees && fault.KindOf(err) != fault.NotFound {
				w.Errorf("%s: %s of case %d: %v", who, what, id, err)
			}
		}
	}
	sees := slices.Contains(want, fetched)
	for what, read := range map[string]func() error{
		"receipt": func() error { _, err := w.Store.Receipt(w.Context(), sc, receipt.ID); return err },
		"payload": func() error { _, err := w.Store.Payload(w.Context(), sc, receipt.ID); return err },
	} {
		if err := read(); sees && err != nil || !sees && fault.KindOf(err) != fault.NotFound {
			w.Errorf("%s: %s: %v", who, what, err)
		}
	}
	totals, err := w.Store.Totals(w.Context(), sc)
	if err != nil {
		w.Fatal(err)
	}
	var n int64
	for _, k := range totals.CasesByKind {
		n += k
	}
	if int(n) != len(want) || (totals.Receipts == 1) != sees || (totals.FetchesByOutcome[models.FetchFound] == 1) != sees {
		w.Errorf("%s: totals %+v", who, totals)
	}
	blockers := len(want)
	if slices.Contains(want, everything[1]) {
		blockers-- // the assist is no blocker
	}
	progress, err := w.Store.Progress(w.Context(), sc, []int64{w.Batch.ID}, start())
	if err != nil || int(progress[w.Batch.ID].Total) != blockers {
		w.Errorf("%s: progress %+v, %v", who, progress, err)
	}
	list2, err := w.Store.Batches(w.Context(), sc)
	_, one := w.Store.Batch(w.Context(), sc, w.Batch.ID)
	if err != nil || (len(list2) == 1) != (len(want) > 0) || (one == nil) != (len(want) > 0) {
		w.Errorf("%s: batches %v, %v, %v", who, list2, err, one)
	}
}

func zeroScope(w *World) {
	w.crowd(3)
	for what, sc := range map[string]models.Scope{
		"zero": {}, "department 0": {Depts: []workflow.DeptID{0}}, "no region": {Regions: []string{""}},
		"half a code": {Regions: []string{"32"}}, "wildcards": {Regions: []string{"%", "320000%"}},
	} {
		w.oneScope(what, sc, nil, []workflow.CaseID{1, 2, 3}, 1, models.Receipt{ID: 1})
	}
	if got := w.all(models.Scope{}, models.CaseQuery{Box: models.Todo, Actor: w.Actor("coord")}); len(got) != 0 {
		w.Errorf("an inbox without scope shows %v", ids(got))
	}
}

func batches(w *World) {
	for i := range 4 {
		c := w.Dispatched(fmt.Sprintf("批次 %d", i))
		if i == 0 {
			w.Act("ga", c.ID, "sign", nil)
		}
	}
	c := w.File(w.Draft("驳回"))
	w.Act("coord", c.ID, "reject", nil)
	p, err := w.Store.Progress(w.Context(), models.Scope{All: true}, []int64{w.Batch.ID, 4711}, start().Add(60*24*time.Hour))
	if err != nil {
		w.Fatal(err)
	}
	got := p[w.Batch.ID]
	if got.Total != 5 || got.Ended != 1 || got.Closed != 0 || got.Red != 4 || len(got.Groups) != 3 {
		w.Errorf("progress %+v", got)
	}
	if other := p[4711]; other.Total != 0 {
		w.Errorf("an unknown batch has %+v", other)
	}
	target := start().Add(30 * 24 * time.Hour)
	b, err := w.Store.CreateBatch(w.Context(), models.Batch{Name: "第二批", Region: "320000/320200", Lead: w.Depts["GA"], Target: &target})
	if err != nil || b.ID == 0 || b.CreatedAt.IsZero() {
		w.Fatalf("%+v %v", b, err)
	}
	_, err = w.Store.CreateBatch(w.Context(), models.Batch{Name: "第二批", Region: "320000"})
	w.wantKind(err, fault.Conflict, "a second batch of one name")
	_, err = w.Store.CreateBatch(w.Context(), models.Batch{Name: "第三批", Region: "320000", Lead: 4711})
	w.wantKind(err, fault.Invalid, "a lead that is no department")
	read, err := w.Store.Batch(w.Context(), models.ScopeOf(w.Actor("coord2")), b.ID)
	if err != nil || !same(read, b) {
		w.Errorf("read %+v, want %+v, %v", read, b, err)
	}
}

func totals(w *World) {
	w.Dispatched("一")
	c := w.File(w.Draft("二"))
	w.Act("coord", c.ID, "reject", nil)
	got, err := w.Store.Totals(w.Context(), models.Scope{All: true})
	if err != nil || got.CasesByKind[workflow.Blocker] != 2 || got.CasesByKind[workflow.Assist] != 1 ||
		got.CasesByState[workflow.Blocker]["rejected"] != 1 || got.Events != 6 {
		w.Errorf("%+v %v", got, err)
	}
}
