package workflow_test

import (
	"maps"
	"reflect"
	"slices"
	"testing"
	"time"

	"pgregory.net/rapid"

	"github.com/shujie-gov/shujie/fault"
	"github.com/shujie-gov/shujie/workflow"
)

// with returns the calendar of cal with days of other kinds.
func with(tb testing.TB, cal *workflow.Calendar, kinds map[string]workflow.DayKind) *workflow.Calendar {
	tb.Helper()
	for _, date := range slices.Sorted(maps.Keys(kinds)) {
		next, err := workflow.NewCalendar(cal.Set(date, kinds[date]), cal.Close())
		if err != nil {
			tb.Fatal(err)
		}
		cal = next
	}
	return cal
}

// recalculate counts a case anew with the calendar of the world.
func (w *world) recalculate(id workflow.CaseID) (workflow.Decision, error) {
	w.t.Helper()
	dec, err := w.engine.Defs.Recalculate(w.cases[id], 7, w.engine.Moment())
	if err == nil {
		w.write(dec)
	}
	return dec, err
}

func TestADeadlineIsCountedAnewWithAnotherCalendarAndBack(t *testing.T) {
	w := newWorld(t, "2026-03-02 10:00")
	id := toHandling(w, need(11, workflow.Unconditional))
	before, old := deepCopy(w.cases[id]), w.cal
	_, err := w.recalculate(id)
	refused(t, err, fault.Conflict, "with the same calendar")
	w.cal = with(t, old, map[string]workflow.DayKind{"2026-03-05": workflow.Holiday})
	w.now = at(t, "2026-03-03 10:00")
	dec, err := w.recalculate(id)
	if err != nil {
		t.Fatal(err)
	}
	w.due(id, "2026-03-10")
	w.explained(id)
	after := w.cases[id]
	if after.Term.Calendar != w.cal.Version() || after.Version != before.Version+1 {
		t.Errorf("version %d, counted with %s", after.Version, after.Term.Calendar)
	}
	e := dec.Event
	if e.Action != workflow.ActionRecalculate || e.Role != workflow.System || e.Seq != after.Version || e.From != e.To || e.Data["replay"] != int64(7) ||
		e.Data["due_before"] != "2026-03-09T16:00:00Z" || e.Data["due"] != "2026-03-10T16:00:00Z" || e.Data["calendar_before"] != old.Version() || e.Data["calendar"] != w.cal.Version() {
		t.Errorf("event %+v", e)
	}
	// Nothing else is changed.
	after.Version, after.UpdatedAt, after.Term, after.Due, after.Wake = before.Version, before.UpdatedAt, before.Term, before.Due, before.Wake
	if !reflect.DeepEqual(before, after) {
		t.Errorf("was %+v\nis  %+v", before, after)
	}
	w.cal = old
	if _, err := w.recalculate(id); err != nil {
		t.Fatal(err)
	}
	if c := w.cases[id]; !reflect.DeepEqual(c.Term, before.Term) || !c.Due.Equal(*before.Due) || !c.Wake.Equal(*before.Wake) {
		t.Errorf("back: %+v due %v wake %v", c.Term, c.Due, c.Wake)
	}
}

func TestALevelThatANewDatePutsIntoTheFutureIsDueAgain(t *testing.T) {
	w := newWorld(t, "2026-03-02 10:00")
	id := toHandling(w, need(11, workflow.Unconditional))
	w.now = at(t, "2026-03-06 10:00")
	w.advance(id) // yellow: the seat is told
	if got := w.cases[id].Term.Level; got != 1 {
		t.Fatalf("level %d", got)
	}
	w.cal = with(t, w.cal, map[string]workflow.DayKind{"2026-03-04": workflow.Holiday, "2026-03-05": workflow.Holiday})
	if _, err := w.recalculate(id); err != nil {
		t.Fatal(err)
	}
	w.due(id, "2026-03-11")
	c := w.cases[id]
	if c.Term.Level != 0 || !c.Wake.Equal(at(t, "2026-03-10 00:00")) {
		t.Fatalf("level %d, looked at %v", c.Term.Level, c.Wake)
	}
	if got := w.advance(id); len(got) != 0 {
		t.Fatalf("escalated before its time: %v", got)
	}
}

func TestADateInThePastIsEscalatedAtOnce(t *testing.T) {
	w := newWorld(t, "2026-03-02 10:00")
	w.cal = with(t, w.cal, map[string]workflow.DayKind{"2026-03-04": workflow.Holiday, "2026-03-05": workflow.Holiday})
	id := toHandling(w, need(11, workflow.Unconditional))
	w.now = at(t, "2026-03-10 10:00")
	w.cal = china(t, 24*time.Hour) // it was no holiday
	dec, err := w.recalculate(id)
	if err != nil {
		t.Fatal(err)
	}
	w.due(id, "2026-03-09")
	if len(dec.Effects) != 1 || dec.Effects[0].Kind != workflow.EffectAdvance {
		t.Fatalf("effects %+v", dec.Effects)
	}
	w.settle()
	if got := w.cases[id].Term.Level; got != 2 {
		t.Fatalf("level %d, want the yellow and the red one", got)
	}
}

func TestARecountSaysHowADateMovesAndWhose(t *testing.T) {
	w := newWorld(t, "2026-03-02 10:00")
	old := w.cal
	handling, paused := toHandling(w, need(11, workflow.Unconditional)), toHandling(w, need(11, workflow.Unconditional))
	w.act("holder head", paused, "suspend", fields{"reason": "hearing", "days": 3, "note": "听证"})
	ended := w.open("hall", draft(need(11, workflow.Unconditional)))
	w.act("hall", ended, "withdraw", fields{"note": "撤"})
	row := func(id workflow.CaseID, cal *workflow.Calendar) (workflow.Recount, bool) {
		t.Helper()
		m := w.engine.Moment()
		m.Calendar = cal
		r, moves, err := w.engine.Defs.Recounted(w.cases[id], m)
		if err != nil {
			t.Fatal(err)
		}
		return r, moves
	}
	later := with(t, old, map[string]workflow.DayKind{"2026-03-04": workflow.Holiday})
	w.now = at(t, "2026-03-06 10:00")
	r, moves := row(handling, later)
	if !moves || r.Direction != workflow.Later || r.Dept != holderDept || r.Clock != "handle" || r.Kind != workflow.Blocker || r.Version != w.cases[handling].Version ||
		!r.Before.Equal(endOf(t, "2026-03-09")) || !r.After.Equal(endOf(t, "2026-03-10")) || r.Was != workflow.Yellow || r.Will != workflow.Normal {
		t.Errorf("handling: %+v, moves %v", r, moves)
	}
	if r, moves = row(paused, later); !moves || r.Clock != "suspend" || r.Direction != workflow.Later || !r.After.Equal(endOf(t, "2026-03-06")) {
		t.Errorf("the end of a pause: %+v, moves %v", r, moves)
	}
	// A make-up Saturday for a Friday off: the date stays, the yellow light does not.
	swap := with(t, old, map[string]workflow.DayKind{"2026-03-06": workflow.Holiday, "2026-03-07": workflow.MakeUpWorkday})
	if r, moves = row(handling, swap); !moves || r.Direction != workflow.ByLight || !r.Before.Equal(*r.After) {
		t.Errorf("a light alone: %+v, moves %v", r, moves)
	}
	if r, moves = row(ended, later); moves {
		t.Errorf("a case that has ended moves: %+v", r)
	}
	empty, err := workflow.NewCalendar([]workflow.Day{{Date: "2025-01-01", Kind: workflow.Holiday}}, 24*time.Hour)
	if err != nil {
		t.Fatal(err)
	}
	if r, moves = row(handling, empty); !moves || r.Direction != workflow.Ends || r.After != nil {
		t.Errorf("without the year: %+v, moves %v", r, moves)
	}
}

func TestAYearThatArrivesGivesTheCasesTheirDates(t *testing.T) {
	w := newWorld(t, "2026-12-31 10:00")
	id := w.open("hall", draft(need(11, workflow.Unconditional)))
	if w.cases[id].Due != nil {
		t.Fatal("dated without data")
	}
	w.cal = with(t, w.cal, map[string]workflow.DayKind{"2027-01-01": workflow.Holiday})
	if _, err := w.recalculate(id); err != nil {
		t.Fatal(err)
	}
	w.due(id, "2027-01-04")
	if c := w.cases[id]; c.Term.Problem != "" || c.Wake == nil {
		t.Errorf("term %+v, wake %v", c.Term, c.Wake)
	}
}

// anotherCalendar draws a calendar in which some days of a spring are others.
func anotherCalendar(tb testing.TB, rt *rapid.T, cal *workflow.Calendar) *workflow.Calendar {
	tb.Helper()
	kinds := map[string]workflow.DayKind{}
	for range rapid.IntRange(1, 6).Draw(rt, "days") {
		day := time.Date(2026, 3, 2, 0, 0, 0, 0, time.UTC).AddDate(0, 0, rapid.IntRange(0, 60).Draw(rt, "day"))
		kind := workflow.Holiday
		if wd := day.Weekday(); wd == time.Saturday || wd == time.Sunday {
			kind = workflow.MakeUpWorkday
		}
		kinds[day.Format(time.DateOnly)] = kind
	}
	return with(tb, cal, kinds)
}

// TestAReplayIsPredictableAndCanBeUndone lets random people do random things and
// then counts every case anew: with the same calendar nothing moves; with another
// one each case comes to the date that explains it, never before its term began;
// with the first one again every date is as it was.
func TestAReplayIsPredictableAndCanBeUndone(t *testing.T) {
	base := newWorld(t, "2026-03-02 10:00")
	rapid.Check(t, func(rt *rapid.T) {
		w := newWorldFrom(base)
		w.engine.Calendar = func() *workflow.Calendar { return w.cal }
		for range rapid.IntRange(1, 3).Draw(rt, "cases") {
			d := draft(need(11, workflow.ShareClass(rapid.IntRange(0, 3).Draw(rt, "class"))))
			d.Facts["holders"] = rapid.Int64Range(0, 2).Draw(rt, "holders")
			w.open("hall", d)
		}
		w.settle()
		m := newMachine(rt, w, rapid.Uint64().Draw(rt, "people"))
		for range rapid.IntRange(1, 40).Draw(rt, "steps") {
			m.step()
		}
		first := w.cal
		before := map[workflow.CaseID]workflow.Case{}
		for id, c := range w.cases {
			before[id] = c
			if _, moves, err := w.engine.Defs.Recounted(c, w.engine.Moment()); err != nil || moves {
				rt.Fatalf("with the same calendar case %d moves: %v (%+v due %v wake %v)", id, err, c.Term, c.Due, c.Wake)
			}
		}
		w.cal = anotherCalendar(t, rt, first)
		for _, id := range slices.Sorted(maps.Keys(w.cases)) {
			c := w.cases[id]
			row, moves, err := w.engine.Defs.Recounted(c, w.engine.Moment())
			if err != nil {
				rt.Fatal(err)
			}
			if !moves {
				continue
			}
			if _, err := w.recalculate(id); err != nil {
				rt.Fatalf("the preview says that case %d moves: %v", id, err)
			}
			now := w.cases[id]
			if now.Due == nil || !now.Due.Equal(*row.After) || now.Due.Before(now.Term.Start) {
				rt.Fatalf("case %d is due %v, the preview says %v, its term began %v", id, now.Due, row.After, now.Term.Start)
			}
			def, err := w.engine.Defs.Of(&now)
			if err != nil {
				rt.Fatal(err)
			}
			if why := def.Explain(&now, w.cal); !why.Due.Equal(*now.Due) {
				rt.Fatalf("explained as %v, due %v", why.Due, now.Due)
			}
		}
		w.cal = first
		for id, c := range w.cases {
			if _, err := w.recalculate(id); err != nil && fault.KindOf(err) != fault.Conflict {
				rt.Fatal(err)
			}
			was, is := before[id], w.cases[id]
			if (was.Due == nil) != (is.Due == nil) || was.Due != nil && (!was.Due.Equal(*is.Due) || !was.Term.Warn.Equal(is.Term.Warn)) {
				rt.Fatalf("case %d was due %v and is due %v (%v under the other calendar)", id, was.Due, is.Due, c.Due)
			}
		}
		w.settle()
		for range rapid.IntRange(0, 10).Draw(rt, "later") {
			m.step()
		}
	})
}
