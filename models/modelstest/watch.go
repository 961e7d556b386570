package modelstest

import (
	"fmt"
	"time"

	"github.com/shujie-gov/shujie/models"
	"github.com/shujie-gov/shujie/workflow"
)

// watched looks what the watch shows now.
func (w *World) watched() map[models.WatchKind]models.Watched {
	w.Helper()
	list, err := w.Store.Watch(w.Context(), models.WatchGrace)
	if err != nil {
		w.Fatal(err)
	}
	found := map[models.WatchKind]models.Watched{}
	for _, x := range list {
		found[x.Kind] = x
	}
	return found
}

// near reports whether two times are seconds apart: the clock of the world goes on
// whenever it is asked.
func near(a, b time.Time) bool { return a.Sub(b).Abs() < time.Minute }

// watchShows lets everything that could stand still do so, kind by kind, and
// clears it again.
func watchShows(w *World) {
	exec := func(text string, args ...any) {
		w.Helper()
		if _, err := w.raw.ExecContext(w.Context(), fmt.Sprintf(text, args...)); err != nil {
			w.Fatal(err)
		}
	}
	if got := w.watched(); len(got) != 0 {
		w.Fatalf("in a new house the watch shows %+v", got)
	}
	c := w.File(w.Draft("值守"))
	began := w.Clock.Now()
	w.Clock.Add(models.WatchGrace / 2)
	if got := w.watched(); len(got) != 0 {
		w.Fatalf("within the grace it shows %+v", got)
	}
	w.Clock.Add(models.WatchGrace)
	got := w.watched()
	if x := got[models.WatchOutbox]; x.Count == 0 || !near(x.Oldest, began) {
		w.Errorf("a notice that nobody shipped: %+v", x)
	}
	if x := got[models.WatchSeal]; x.Count != 1 || !near(x.Oldest, began) {
		w.Errorf("an event that was not sealed: %+v", x)
	}
	if len(got) != 2 {
		w.Errorf("it shows %+v", got)
	}
	w.seal()
	exec("DELETE FROM outbox")
	if got := w.watched(); len(got) != 0 {
		w.Fatalf("sealed and shipped, it shows %+v", got)
	}
	w.Clock.Add(14 * 24 * time.Hour)
	if x := w.watched()[models.WatchCases]; x.Count != 1 || x.Oldest.Before(*c.Wake) || x.Oldest.After(*c.Wake) {
		w.Errorf("a case that overslept: %+v, want since %v", x, c.Wake)
	}
	w.advance(c.ID)
	exec("UPDATE outbox SET kind = '%s'", workflow.EffectFetch)
	w.Clock.Add(models.WatchGrace + time.Second)
	got = w.watched()
	if x := got[models.WatchFetches]; x.Count == 0 || got[models.WatchOutbox].Count != 0 {
		w.Errorf("fetches past their next time: %+v", got)
	}
	if _, shown := got[models.WatchCases]; shown {
		w.Errorf("a case that was moved still shows: %+v", got)
	}
	exec("UPDATE outbox SET dead = true")
	if got = w.watched(); got[models.WatchDead].Count == 0 || got[models.WatchFetches].Count != 0 {
		w.Errorf("what was given up: %+v", got)
	}
}

// watchMigrations shows a migration that nobody works at, until somebody does.
func watchMigrations(w *World) {
	w.inFlight(3)
	m := w.start(w.newVersion())
	w.Clock.Add(models.WatchGrace + time.Second)
	if x := w.watched()[models.WatchMigrations]; x.Count != 1 || !near(x.Oldest, m.At) {
		w.Errorf("a migration that nobody works at: %+v", x)
	}
	if ids, err := w.Store.NextTurns(w.Context(), m.ID, 2); err != nil || len(ids) != 2 {
		w.Fatalf("turns %v, %v", ids, err)
	}
	if x := w.watched()[models.WatchMigrations]; x.Count != 0 {
		w.Errorf("a migration that somebody works at: %+v", x)
	}
}

// watchTurns shows a bulk act and a replay that nobody works at, until somebody
// does.
func watchTurns(w *World) {
	w.useCalendar()
	c, u := w.File(w.Draft("批量")), w.Actor("coord")
	b, err := w.Store.CreateBulk(w.Context(), models.Bulk{
		Actor: u.UserID, Action: "accept", Items: []models.BulkItem{{Case: c.ID, Version: c.Version, Result: models.RowReady}, {N: 1, Case: c.ID, Version: c.Version, Result: models.RowReady}},
	})
	if err != nil {
		w.Fatal(err)
	}
	w.Clock.Add(models.WatchGrace + time.Second)
	if x := w.watched()[models.WatchBulks]; x.Count != 0 {
		w.Errorf("a preview, which waits for its person: %+v", x)
	}
	if err := w.Store.RunBulk(w.Context(), u.UserID, b.ID); err != nil {
		w.Fatal(err)
	}
	r, err := w.Store.StartReplay(w.Context(), w.propose("2026-03-03").Number, u)
	if err != nil {
		w.Fatal(err)
	}
	w.Clock.Add(models.WatchGrace + time.Second)
	if got := w.watched(); got[models.WatchBulks].Count != 1 || got[models.WatchReplays].Count != 1 || !near(got[models.WatchReplays].Oldest, r.At) {
		w.Errorf("what nobody works at: %+v", got)
	}
	if err := w.Store.SettleRow(w.Context(), b.ID, models.BulkItem{Result: models.RowDone, After: 2}); err != nil {
		w.Fatal(err)
	}
	if err := w.Store.KeepRecounts(w.Context(), r.ID, workflow.RecountPage{Last: c.ID, Looked: 1}); err != nil {
		w.Fatal(err)
	}
	if got := w.watched(); got[models.WatchBulks].Count != 0 || got[models.WatchReplays].Count != 0 {
		w.Errorf("what somebody works at: %+v", got)
	}
}
