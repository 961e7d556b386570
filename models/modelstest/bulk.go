package modelstest

import (
	"reflect"
	"time"

	"github.com/shujie-gov/shujie/fault"
	"github.com/shujie-gov/shujie/models"
	"github.com/shujie-gov/shujie/workflow"
)

// bulkActs keeps a frozen selection and lets it run once, by one job.
func bulkActs(w *World) {
	a, b := w.Dispatched("甲"), w.Dispatched("乙")
	w.Claim() // what the moves so far left to be done
	ga, mz := w.Actor("ga"), w.Actor("mz")
	got, err := w.Store.CreateBulk(w.Context(), models.Bulk{
		Actor: ga.UserID, Action: "claim", Note: "统一认领", Fields: map[string]any{"days": int64(3)},
		Items: []models.BulkItem{
			{Case: a.ID, Version: a.Version, To: "dispatched", Result: models.RowReady},
			{Case: b.ID, Version: b.Version, Was: 7, Result: models.RowReady},
			{Case: 4711, Version: 1, Result: models.RowRefused, Reason: fault.Text{ZH: "没有", EN: "none"}},
		},
	})
	if err != nil {
		w.Fatal(err)
	}
	if got.State != models.BulkPreview || len(got.Items) != 3 || got.Items[1].Was != 7 || got.Items[2].Reason.ZH != "没有" || got.Fields["days"] != int64(3) || got.Note != "统一认领" {
		w.Errorf("kept %+v", got)
	}
	if _, err := w.Store.Bulk(w.Context(), mz.UserID, got.ID); fault.KindOf(err) != fault.NotFound {
		w.Errorf("another's bulk act: %v", err)
	}
	if _, err := w.Store.BulkWork(w.Context(), got.ID, 10); fault.KindOf(err) != fault.NotFound {
		w.Errorf("a preview has work: %v", err)
	}
	if err := w.Store.RunBulk(w.Context(), mz.UserID, got.ID); err != nil {
		w.Fatal(err)
	}
	for range 3 {
		if err := w.Store.RunBulk(w.Context(), ga.UserID, got.ID); err != nil {
			w.Fatal(err)
		}
	}
	jobs := w.Claim()
	if len(jobs) != 1 || jobs[0].Kind != models.JobBulk {
		w.Fatalf("jobs %+v", jobs)
	}
	work, err := w.Store.BulkWork(w.Context(), got.ID, 1)
	if err != nil || len(work.Items) != 1 || work.Items[0].Case != a.ID {
		w.Fatalf("the first row: %+v, %v", work.Items, err)
	}
	done := work.Items[0]
	done.Result, done.After = models.RowDone, a.Version+1
	for _, r := range []models.BulkResult{models.RowDone, models.RowFailed} { // what was settled stays
		done.Result = r
		if err := w.Store.SettleRow(w.Context(), got.ID, done); err != nil {
			w.Fatal(err)
		}
	}
	work, err = w.Store.BulkWork(w.Context(), got.ID, 10)
	if err != nil || len(work.Items) != 1 || work.Items[0].Case != b.ID {
		w.Errorf("left: %+v, %v", work.Items, err)
	}
	if err := w.Store.EndBulk(w.Context(), got.ID); err != nil {
		w.Fatal(err)
	}
	end, err := w.Store.Bulk(w.Context(), ga.UserID, got.ID)
	if err != nil || end.State != models.BulkDone || end.EndedAt == nil || end.Items[0].Result != models.RowDone || end.Items[0].After != a.Version+1 {
		w.Errorf("ended: %+v, %v", end, err)
	}
}

// unrunBulks forgets after a day what was previewed and never run.
func unrunBulks(w *World) {
	c, ga := w.Dispatched("甲"), w.Actor("ga")
	var ids []int64
	for range 2 {
		b, err := w.Store.CreateBulk(w.Context(), models.Bulk{Actor: ga.UserID, Action: "claim", Items: []models.BulkItem{{Case: c.ID, Version: c.Version, Result: models.RowReady}}})
		if err != nil {
			w.Fatal(err)
		}
		ids = append(ids, b.ID)
	}
	if err := w.Store.RunBulk(w.Context(), ga.UserID, ids[1]); err != nil {
		w.Fatal(err)
	}
	w.Clock.Add(25 * time.Hour)
	if err := w.Store.Prune(w.Context()); err != nil {
		w.Fatal(err)
	}
	if _, err := w.Store.Bulk(w.Context(), ga.UserID, ids[0]); fault.KindOf(err) != fault.NotFound {
		w.Errorf("a preview of yesterday: %v", err)
	}
	if b, err := w.Store.Bulk(w.Context(), ga.UserID, ids[1]); err != nil || len(b.Items) != 1 {
		w.Errorf("one that runs: %+v, %v", b, err)
	}
}

// bulkNotices tells a seat once of a bulk act.
func bulkNotices(w *World) {
	a, b := w.Dispatched("甲"), w.Dispatched("乙")
	ga := w.Actor("ga")
	act, err := w.Store.CreateBulk(w.Context(), models.Bulk{Actor: ga.UserID, Action: "sign", Items: []models.BulkItem{
		{Case: a.ID, Version: 1, Result: models.RowDone}, {Case: b.ID, Version: 1, Result: models.RowDone},
	}})
	if err != nil {
		w.Fatal(err)
	}
	for range 2 {
		for _, c := range []workflow.Case{a, b} {
			if err := w.Store.AddNotice(w.Context(), models.Notice{Case: c.ID, Seq: 1, Role: workflow.DeptHandler, Dept: w.Depts["GA"], Region: c.Region, Bulk: act.ID}); err != nil {
				w.Fatal(err)
			}
		}
	}
	list, unread, err := w.Store.Notices(w.Context(), ga, 10)
	if err != nil || unread != 1 || len(list) != 1 || list[0].Rows != 2 || list[0].Bulk != act.ID {
		w.Errorf("notices %+v, %d unread, %v", list, unread, err)
	}
}

// repeatedRow moves a row once, though its result could not be written.
func repeatedRow(w *World) {
	c := w.Dispatched("甲")
	ga := w.Actor("ga")
	act := models.Bulk{ID: 9, Actor: ga.UserID}
	in := workflow.Input{Action: "claim", Version: c.Version, Bulk: act.ID}
	first, err := w.Engine.Act(w.Context(), ga, c.ID, in, act.Key(0))
	if err != nil {
		w.Fatal(err)
	}
	again, err := w.Engine.Act(w.Context(), ga, c.ID, in, act.Key(0))
	if err != nil || again.Version != first.Version || w.Read(c.ID).Version != first.Version || !reflect.DeepEqual(again.Facts, first.Facts) {
		w.Errorf("again: %+v, %v", again, err)
	}
}
