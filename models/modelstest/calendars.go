package modelstest

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"time"

	"github.com/shujie-gov/shujie/fault"
	"github.com/shujie-gov/shujie/models"
	"github.com/shujie-gov/shujie/workflow"
)

// inForce returns the calendar in force.
func (w *World) inForce() models.Calendar {
	w.Helper()
	c, err := w.Store.CalendarInForce(w.Context())
	if err != nil {
		w.Fatal(err)
	}
	return c
}

// propose keeps the calendar in force with some days off.
func (w *World) propose(holidays ...string) models.Calendar {
	w.Helper()
	now := w.inForce()
	n := models.NewCalendar{Close: now.Close, Days: slices.Clone(now.Days), Source: "国办发明电"}
	for _, d := range holidays {
		n.Days = append(n.Days, workflow.Day{Date: d, Kind: workflow.Holiday})
	}
	c, made, err := w.Store.ProposeCalendar(w.Context(), n, w.Actor("steward"))
	if err != nil || !made {
		w.Fatalf("proposed %+v, made %v: %v", c, made, err)
	}
	return c
}

// useCalendar lets the engine count with the calendar in force, as a replica
// that has taken it up.
func (w *World) useCalendar() {
	w.Helper()
	kept := w.inForce()
	cal, err := kept.Working()
	if err != nil {
		w.Fatal(err)
	}
	w.Engine.Calendar = func() *workflow.Calendar { return cal }
}

// preview counts a preview to its end.
func (w *World) preview(calendar int64) models.Replay {
	w.Helper()
	r, err := w.Store.StartReplay(w.Context(), calendar, w.Actor("steward"))
	if err != nil {
		w.Fatal(err)
	}
	w.count(w.Engine, w.Store, r)
	return w.replay(r.ID)
}

func (w *World) count(e *workflow.Engine, s workflow.Replays, r models.Replay) {
	w.Helper()
	if err := e.PreviewReplay(w.Context(), s, r.ID, r.Turn, w.working(r.Calendar)); err != nil {
		w.Fatal(err)
	}
	if err := w.Store.EndPreview(w.Context(), r.ID); err != nil {
		w.Fatal(err)
	}
}

func (w *World) replay(id int64) models.Replay {
	w.Helper()
	r, err := w.Store.Replay(w.Context(), id)
	if err != nil {
		w.Fatal(err)
	}
	return r
}

func (w *World) working(number int64) *workflow.Calendar {
	w.Helper()
	kept, err := w.Store.Calendar(w.Context(), number)
	if err != nil {
		w.Fatal(err)
	}
	cal, err := kept.Working()
	if err != nil {
		w.Fatal(err)
	}
	return cal
}

// carry applies a preview and does its work; it returns the preview of what is
// left.
func (w *World) carry(id int64) (done, left models.Replay) {
	w.Helper()
	r, err := w.Store.ApplyReplay(w.Context(), id, w.Actor("sys"))
	if err != nil {
		w.Fatal(err)
	}
	w.useCalendar()
	if err := w.Engine.RunReplay(w.Context(), w.Store, r.ID, w.working(r.Calendar)); err != nil {
		w.Fatal(err)
	}
	return w.finished(r.ID)
}

func (w *World) finished(id int64) (done, left models.Replay) {
	w.Helper()
	if err := w.Store.FinishReplay(w.Context(), id); err != nil {
		w.Fatal(err)
	}
	active, err := w.Store.ActiveReplays(w.Context())
	if err != nil || len(active) != 1 || active[0].Follows != id {
		w.Fatalf("what follows replay %d: %+v %v", id, active, err)
	}
	w.count(w.Engine, w.Store, active[0])
	return w.replay(id), w.replay(active[0].ID)
}

// rows lists the rows of a replay.
func (w *World) rows(id int64, outcome workflow.Outcome) []models.ReplayedCase {
	w.Helper()
	return Walk(w.Context(), w, func(ctx context.Context, cursor string) (models.Page[models.ReplayedCase], error) {
		return w.Store.ReplayedCases(ctx, models.Scope{All: true}, id, outcome, cursor, models.MaxLimit)
	})
}

// calendarVersions is the life of the register.
func calendarVersions(w *World) {
	first := w.inForce()
	if first.Number == 0 || first.Close != 24*time.Hour || len(first.Days) != 1 {
		w.Fatalf("begun with %+v", first)
	}
	if err := w.Store.SeedCalendar(w.Context(), models.NewCalendar{Close: 17 * time.Hour, Days: first.Days}); err != nil || w.inForce().Version != first.Version {
		w.Errorf("a second beginning: %v", err)
	}
	steward := w.Actor("steward")
	propose := func(closing time.Duration, days ...workflow.Day) error {
		_, _, err := w.Store.ProposeCalendar(w.Context(), models.NewCalendar{Close: closing, Days: days}, steward)
		return err
	}
	w.wantKind(propose(24*time.Hour), fault.Invalid, "no day")
	w.wantKind(propose(24*time.Hour, workflow.Day{Date: "2026-01-32", Kind: workflow.Holiday}), fault.Invalid, "a day that is none")
	w.wantKind(propose(25*time.Hour, first.Days...), fault.Invalid, "a close of business after the day")
	err := propose(24*time.Hour, workflow.Day{Date: "2027-01-01", Kind: workflow.Holiday})
	if w.wantKind(err, fault.Invalid, "a year is lost"); err != nil && !strings.Contains(err.Error(), "2026") {
		w.Errorf("the lost year is not named: %v", err)
	}
	same, made, err := w.Store.ProposeCalendar(w.Context(), models.NewCalendar{Close: first.Close, Days: first.Days}, steward)
	if err != nil || made || same.Number != first.Number {
		w.Errorf("the same content: %+v, made %v, %v", same, made, err)
	}

	draft := w.propose("2026-03-05")
	ready := w.preview(draft.Number)
	n := models.NewCalendar{Close: draft.Close, Days: append(slices.Clone(draft.Days), workflow.Day{Date: "2026-03-06", Kind: workflow.Holiday})}
	_, err = w.Store.ReviseCalendar(w.Context(), draft.Number, "another", n, steward)
	w.wantKind(err, fault.Stale, "a draft that somebody else changed")
	_, err = w.Store.ReviseCalendar(w.Context(), draft.Number, draft.Version, models.NewCalendar{Close: first.Close, Days: first.Days}, steward)
	w.wantKind(err, fault.Conflict, "made the same as another")
	revised, err := w.Store.ReviseCalendar(w.Context(), draft.Number, draft.Version, n, steward)
	if err != nil || revised.Version == draft.Version || len(revised.Days) != 3 {
		w.Errorf("revised: %+v %v", revised, err)
	}
	_, err = w.Store.ApplyReplay(w.Context(), ready.ID, w.Actor("sys"))
	w.wantKind(err, fault.Conflict, "a preview of what the draft was")
	w.wantKind(w.Store.DiscardCalendar(w.Context(), first.Number), fault.Conflict, "throwing away what is in force")
	_, err = w.Store.ReviseCalendar(w.Context(), first.Number, first.Version, n, steward)
	w.wantKind(err, fault.Conflict, "changing what is in force")
	if err := w.Store.DiscardCalendar(w.Context(), draft.Number); err != nil {
		w.Error(err)
	}
	_, err = w.Store.Calendar(w.Context(), draft.Number)
	w.wantKind(err, fault.NotFound, "a draft that was thrown away")

	next := w.propose("2026-03-09")
	if next.Number == draft.Number {
		w.Error("a number is given twice")
	}
	replica := w.Replica()
	w.carry(w.preview(next.Number).ID)
	if v, err := replica.CalendarVersion(w.Context()); err != nil || v != next.Version {
		w.Errorf("a replica finds %q in force, %v", v, err)
	}
	if old, err := w.Store.Calendar(w.Context(), first.Number); err != nil || old.Status != models.CalendarRetired {
		w.Errorf("the first one is %s, %v", old.Status, err)
	}
	w.Exec(fmt.Sprintf("UPDATE calendars SET days = '[]' WHERE number = %d", next.Number))
	kept := w.inForce()
	if _, err := kept.Working(); err == nil {
		w.Error("days that were changed in the database are not noticed")
	}
}

// replays carries a calendar through preview, force and undo over a thousand
// cases in flight.
func replays(w *World) {
	w.useCalendar()
	w.inFlight(1000)
	first, before, dues, cells := w.inForce(), w.table("cases"), w.due(), w.cells()
	same := w.preview(first.Number)
	if same.Rows() != 0 || same.Status != models.ReplayDone || same.Looked < 700 {
		w.Errorf("with the same calendar %d of %d cases move (%s)", same.Rows(), same.Looked, same.Status)
	}
	next := w.propose("2026-03-03", "2026-03-05")
	p := w.preview(next.Number)
	if !slices.Equal(before, w.table("cases")) {
		w.Error("a preview changed a case")
	}
	rows := w.rows(p.ID, "")
	if p.Status != models.ReplayReady || int64(len(rows)) != p.Rows() || p.Outcomes[workflow.Pending] != p.Rows() || p.Rows() < 500 || p.Looked != same.Looked {
		w.Fatalf("preview: %+v with %d rows", p, len(rows))
	}
	var counted int64
	for _, c := range p.Counts {
		counted += c.N
	}
	if counted != p.Rows() {
		w.Errorf("counts of %d rows for %d", counted, p.Rows())
	}
	if page, err := w.Store.ReplayedCases(w.Context(), models.ScopeOf(w.Actor("zhejiang")), p.ID, "", "", 0); err != nil || len(page.Items) > 0 {
		w.Errorf("another province sees %d rows, %v", len(page.Items), err)
	}
	if page, err := w.Store.ReplayedCases(w.Context(), models.ScopeOf(w.Actor("sys")), p.ID, "", "", 0); err != nil || len(page.Items) > 0 {
		w.Errorf("the system administrator sees %d rows, %v", len(page.Items), err)
	}

	done, left := w.carry(p.ID)
	if done.Status != models.ReplayDone || done.Outcomes[workflow.Moved] != p.Rows() || len(done.Outcomes) != 1 || done.AppliedBy != "sys" {
		w.Errorf("applied: %+v", done)
	}
	if left.Rows() != 0 || left.Status != models.ReplayDone {
		w.Errorf("%d cases are left (%s)", left.Rows(), left.Status)
	}
	w.once(workflow.ActionRecalculate, len(rows))
	expected := map[workflow.CaseID]*time.Time{}
	for _, r := range rows {
		expected[r.Case] = r.After
	}
	for id, due := range w.due() {
		want := dues[id]
		if e, ok := expected[id]; ok {
			want = *e
		}
		if !due.Equal(want) {
			w.Errorf("case %d is due %v, the preview said %v", id, due, want)
		}
	}
	if c := w.Read(rows[0].Case); c.Term.Calendar != next.Version {
		w.Errorf("counted with %s, in force is %s", c.Term.Calendar, next.Version)
	}
	w.sound()
	_, err := w.Store.ApplyReplay(w.Context(), p.ID, w.Actor("sys"))
	w.wantKind(err, fault.Conflict, "applied twice")

	back := w.preview(first.Number)
	if back.Rows() != p.Rows() {
		w.Errorf("the way back moves %d cases, the way there %d", back.Rows(), p.Rows())
	}
	w.carry(back.ID)
	if !slices.Equal(cells, w.cells()) {
		w.Error("the rows are not the same after the way back")
	}
	if now := w.inForce(); now.Number != first.Number {
		w.Errorf("calendar %d is in force", now.Number)
	}
	w.sound()
}

// staleRows lets a case be moved, one end and one be filed between preview and
// application.
func staleRows(w *World) {
	w.useCalendar()
	w.inFlight(12)
	p := w.preview(w.propose("2026-03-03", "2026-03-04").Number)
	rows := w.rows(p.ID, "")
	ids := map[workflow.State]workflow.CaseID{}
	for _, r := range rows {
		ids[w.Read(r.Case).State] = r.Case
	}
	moved, ended := ids["handling"], ids["filed"]
	w.Act("ga", moved, "comment", nil)
	w.Act("hall", ended, "withdraw", nil)
	fresh := w.File(w.Draft("预览之后登记"))
	if !fresh.Due.Equal(time.Date(2026, 3, 3, 16, 0, 0, 0, time.UTC)) {
		w.Fatalf("filed under the old calendar, due %v", fresh.Due)
	}
	done, left := w.carry(p.ID)
	if done.Outcomes[workflow.Stale] != 2 || done.Outcomes[workflow.Moved] != p.Rows()-2 || len(done.Outcomes) != 2 {
		w.Errorf("outcomes: %v of %d", done.Outcomes, p.Rows())
	}
	stale := w.rows(p.ID, workflow.Stale)
	i := slices.IndexFunc(stale, func(r models.ReplayedCase) bool { return r.Case == moved })
	if i < 0 || !strings.Contains(stale[i].Why.ZH, w.Engine.Defs.Latest(workflow.Blocker).ActionTitle("comment").ZH) {
		w.Errorf("stale: %+v", stale)
	}
	if c := w.Read(moved); !c.Due.Equal(*rows[slices.IndexFunc(rows, func(r models.ReplayedCase) bool { return r.Case == moved })].Before) {
		w.Errorf("a stale case was moved, due %v", c.Due)
	}
	var found []workflow.CaseID
	for _, r := range w.rows(left.ID, "") {
		found = append(found, r.Case)
	}
	if want := []workflow.CaseID{moved, fresh.ID}; left.Status != models.ReplayReady || left.Follows != p.ID || !slices.Equal(found, want) {
		w.Errorf("left: %v (%s), want %v", found, left.Status, want)
	}
	if done, left = w.carry(left.ID); done.Outcomes[workflow.Moved] != 2 || left.Rows() != 0 {
		w.Errorf("the rest: %v, %d left", done.Outcomes, left.Rows())
	}
	if c := w.Read(fresh.ID); !c.Due.Equal(time.Date(2026, 3, 5, 16, 0, 0, 0, time.UTC)) {
		w.Errorf("the case that was filed meanwhile is due %v", c.Due)
	}
}

// cutReplay pulls the plug again and again while a replay is at work, and while
// its preview is.
func cutReplay(w *World) {
	w.useCalendar()
	w.inFlight(240)
	r, err := w.Store.StartReplay(w.Context(), w.propose("2026-03-03").Number, w.Actor("steward"))
	if err != nil {
		w.Fatal(err)
	}
	half := &halfway{Store: w.Store}
	if err := w.Engine.PreviewReplay(w.Context(), half, r.ID, 0, w.working(r.Calendar)); fault.KindOf(err) != fault.Unavailable {
		w.Fatalf("the preview was not cut off: %v", err)
	}
	w.wantKind(w.Store.KeepRecounts(w.Context(), r.ID, workflow.RecountPage{Last: 1}), fault.Conflict, "a page that was kept already")
	r = w.replay(r.ID)
	if r.Turn == 0 || r.Status != models.ReplayCounting {
		w.Fatalf("cut off at %+v", r)
	}
	w.count(w.Engine, w.Store, r)
	p := w.replay(r.ID)
	if whole := w.preview(p.Calendar); whole.Rows() != p.Rows() || whole.Looked != p.Looked {
		w.Errorf("cut off and taken up: %d of %d, in one go %d of %d", p.Rows(), p.Looked, whole.Rows(), whole.Looked)
	}
	if _, err := w.Store.ApplyReplay(w.Context(), p.ID, w.Actor("sys")); err != nil {
		w.Fatal(err)
	}
	w.restarted(func(e *workflow.Engine, s *plug) error {
		return e.RunReplay(w.Context(), s, p.ID, w.working(p.Calendar))
	})
	done, left := w.finished(p.ID)
	if done.Outcomes[workflow.Moved] != p.Rows() || len(done.Outcomes) != 1 || left.Rows() != 0 {
		w.Errorf("cut off and taken up: %v of %d, %d left", done.Outcomes, p.Rows(), left.Rows())
	}
	w.once(workflow.ActionRecalculate, int(p.Rows()))
	w.sound()
}

// halfway is a store that dies after it has kept one page of a preview.
type halfway struct {
	*models.Store
	kept atomic.Bool
}

func (h *halfway) RunningTerms(ctx context.Context, after workflow.CaseID, limit int) ([]workflow.Case, error) {
	return h.Store.RunningTerms(ctx, after, min(limit, 100))
}

func (h *halfway) KeepRecounts(ctx context.Context, replay int64, page workflow.RecountPage) error {
	if h.kept.Swap(true) {
		return fault.Wrap(fault.Unavailable, errPulled, "断电", "power cut")
	}
	return h.Store.KeepRecounts(ctx, replay, page)
}

// twoReplays lets two processes do the work of one replay.
func twoReplays(w *World) {
	w.useCalendar()
	w.inFlight(120)
	p := w.preview(w.propose("2026-03-03").Number)
	other := w.preview(w.propose("2026-03-04").Number)
	if _, err := w.Store.ApplyReplay(w.Context(), p.ID, w.Actor("sys")); err != nil {
		w.Fatal(err)
	}
	_, err := w.Store.ApplyReplay(w.Context(), other.ID, w.Actor("sys"))
	w.wantKind(err, fault.Conflict, "a second replay at once")
	cal := w.working(p.Calendar)
	var group sync.WaitGroup
	errs := make([]error, 2)
	for i, s := range []*models.Store{w.Store, w.Replica()} {
		e := *w.Engine
		e.Store = s
		group.Go(func() { errs[i] = e.RunReplay(w.Context(), s, p.ID, cal) })
	}
	group.Wait()
	for _, err := range errs {
		if err != nil {
			w.Error(err)
		}
	}
	done, _ := w.finished(p.ID)
	if done.Outcomes[workflow.Moved] != p.Rows() || len(done.Outcomes) != 1 {
		w.Errorf("two at work: %v of %d", done.Outcomes, p.Rows())
	}
	w.once(workflow.ActionRecalculate, int(p.Rows()))
	_, err = w.Store.ApplyReplay(w.Context(), other.ID, w.Actor("sys"))
	w.wantKind(err, fault.Conflict, "a preview that another calendar overtook")
}

// bigReplay counts ten thousand running terms.
func bigReplay(w *World) {
	w.useCalendar()
	const n = 10_000
	w.Fill(n + 1000)
	w.Exec("UPDATE cases SET ended = (1 = 0), ended_at = NULL, term = (SELECT t.term FROM cases t WHERE t.id = (SELECT min(id) FROM cases)) WHERE term IS NULL")
	p := w.preview(w.propose("2026-03-03").Number)
	if p.Rows() < n || p.Looked != p.Rows() {
		w.Fatalf("%d of %d cases move", p.Rows(), p.Looked)
	}
	done, left := w.carry(p.ID)
	if done.Outcomes[workflow.Moved] != p.Rows() || len(done.Outcomes) != 1 || left.Rows() != 0 {
		w.Errorf("%v of %d, %d left", done.Outcomes, p.Rows(), left.Rows())
	}
	w.once(workflow.ActionRecalculate, int(p.Rows()))
}
