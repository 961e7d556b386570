package modelstest

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"time"

	"github.com/shujie-gov/shujie/fault"
	"github.com/shujie-gov/shujie/models"
	"github.com/shujie-gov/shujie/workflow"
)

// inFlight opens n blockers and leaves them in six states, one of them an end.
func (w *World) inFlight(n int) {
	w.Helper()
	hall, coord, ga := w.Actor("hall"), w.Actor("coord"), w.Actor("ga")
	one := func(i int) error {
		act := func(c workflow.Case, a workflow.Actor, action workflow.Action, fields map[string]any) (workflow.Case, error) {
			return w.Engine.Act(w.Context(), a, c.ID, workflow.Input{Action: action, Note: "办理", Fields: fields}, workflow.Key{})
		}
		draft := w.Draft(fmt.Sprintf("第 %d 件", i))
		if i%6 == 1 {
			draft.Facts["holders"] = int64(2) // stays accepted
		}
		c, err := w.Engine.Open(w.Context(), hall, draft, workflow.Input{}, workflow.Key{})
		if err != nil || i%6 == 0 {
			return err
		}
		if i%6 == 5 && i%12 == 5 {
			_, err = act(c, hall, "withdraw", nil)
			return err
		}
		if c, err = act(c, coord, "accept", nil); err != nil || i%6 == 1 {
			return err
		}
		if _, err = w.Engine.Advance(w.Context(), c.ID); err != nil || i%6 == 2 {
			return err
		}
		if c, err = act(c, ga, "sign", nil); err != nil || i%6 == 3 {
			return err
		}
		_, err = act(c, ga, "suspend", map[string]any{"reason": "citizen_papers", "days": 3})
		return err
	}
	var wg sync.WaitGroup
	errs := make(chan error, n)
	for g := range 16 {
		wg.Go(func() {
			for i := g; i < n; i += 16 {
				errs <- one(i)
			}
		})
	}
	wg.Wait()
	close(errs)
	for err := range errs {
		if err != nil {
			w.Fatal(err)
		}
	}
}

// newVersion puts the sample into force.
func (w *World) newVersion() *workflow.Transfer {
	w.Helper()
	d, err := workflow.Parse("blocker.v2.yaml", []byte(w.Sample()))
	if err != nil {
		w.Fatal(err)
	}
	with, err := w.Engine.Defs.With(d)
	if err != nil {
		w.Fatal(err)
	}
	w.Engine.Defs.Replace(with)
	t, err := workflow.NewTransfer(with.Get(workflow.Blocker, 1), d, workflow.Mapping{States: map[workflow.State]workflow.State{"accepted": "admitted"}})
	if err != nil {
		w.Fatal(err)
	}
	return t
}

// cells are the rows of cases without what counts events.
func (w *World) cells() []string {
	w.Helper()
	return w.table("cases", "version", "chain", "updated_at")
}

func (w *World) start(t *workflow.Transfer) models.Migration {
	w.Helper()
	p, err := w.Engine.Plan(w.Context(), w.Store, t)
	if err != nil {
		w.Fatal(err)
	}
	m, err := w.Store.StartMigration(w.Context(), *p, w.Actor("steward"))
	if err != nil {
		w.Fatal(err)
	}
	return m
}

func (w *World) migration(id int64) models.Migration {
	w.Helper()
	m, err := w.Store.Migration(w.Context(), id)
	if err != nil {
		w.Fatal(err)
	}
	return m
}

func (w *World) sound() {
	w.Helper()
	r, err := w.Store.Verify(w.Context(), 5)
	if err != nil || len(r.Problems) > 0 {
		w.Errorf("verify: %+v %v", r.Problems, err)
	}
}

// due returns the deadline of every case.
func (w *World) due() map[workflow.CaseID]time.Time {
	w.Helper()
	all := map[workflow.CaseID]time.Time{}
	for _, l := range Walk(w.Context(), w, func(ctx context.Context, cursor string) (models.Page[models.Line], error) {
		return w.Store.Cases(ctx, models.Scope{All: true}, models.CaseQuery{Cursor: cursor, Limit: models.MaxLimit})
	}) {
		if l.Due != nil {
			all[l.ID] = *l.Due
		}
	}
	return all
}

func migrations(w *World) {
	w.inFlight(1000)
	t := w.newVersion()
	before, dues := w.cells(), w.due()
	m := w.start(t)
	_, err := w.Store.StartMigration(w.Context(), m.Plan, w.Actor("steward"))
	w.wantKind(err, fault.Conflict, "a second migration of the kind")
	p := m.Plan
	if p.Open < 900 || p.Maps == 0 || p.Stays == 0 || p.Dues == 0 || p.Waits == 0 || p.Open != p.Maps+p.Stays {
		w.Fatalf("the plan counts %d open, %d map, %d stay, %d deadlines, %d seats", p.Open, p.Maps, p.Stays, p.Dues, p.Waits)
	}
	if err := w.Engine.RunMigration(w.Context(), w.Store, m.ID, t); err != nil {
		w.Fatal(err)
	}
	if err := w.Store.FinishMigration(w.Context(), m.ID); err != nil {
		w.Fatal(err)
	}
	m = w.migration(m.ID)
	if m.Status != models.MigrationDone || m.Outcomes[workflow.Moved] != int64(p.Maps) || m.Outcomes[workflow.Stayed] != int64(p.Stays) || len(m.Outcomes) != 2 {
		w.Errorf("the plan said %d move and %d stay, it became %v (%s)", p.Maps, p.Stays, m.Outcomes, m.Status)
	}
	w.asPlanned(p, dues)
	w.sound()

	moved := Walk(w.Context(), w, func(ctx context.Context, cursor string) (models.Page[models.MigratedCase], error) {
		return w.Store.MigrationCases(ctx, models.Scope{All: true}, m.ID, workflow.Moved, cursor, models.MaxLimit)
	})
	if len(moved) != p.Maps {
		w.Errorf("%d cases are listed as moved, want %d", len(moved), p.Maps)
	}
	if page, err := w.Store.MigrationCases(w.Context(), models.ScopeOf(w.Actor("zhejiang")), m.ID, "", "", 0); err != nil || len(page.Items) > 0 {
		w.Errorf("another province sees %d cases of the migration, %v", len(page.Items), err)
	}
	w.undone(m, before, moved[len(moved)/2].Case)
}

// asPlanned holds what became of the cases against what the plan said.
func (w *World) asPlanned(p workflow.Plan, before map[workflow.CaseID]time.Time) {
	w.Helper()
	counts, err := w.Store.OpenByVersion(w.Context(), models.Scope{All: true})
	if err != nil {
		w.Fatal(err)
	}
	have := map[string]int{}
	for _, c := range counts {
		if c.Kind == workflow.Blocker {
			have[fmt.Sprintf("%d/%s", c.Version, c.State)] += int(c.N)
		}
	}
	want := map[string]int{}
	for _, s := range p.States {
		if s.Maps > 0 {
			want["2/"+string(s.To)] += s.Maps
		}
		if s.Stays > 0 {
			want["1/"+string(s.State)] += s.Stays
		}
	}
	if !maps.Equal(have, want) {
		w.Errorf("the cases are %v, the plan said %v", have, want)
	}
	dues := 0
	for id, due := range w.due() {
		if !due.Equal(before[id]) {
			dues++
		}
	}
	if dues != p.Dues {
		w.Errorf("%d deadlines moved, the plan said %d", dues, p.Dues)
	}
}

// undone takes the migration back; the case touched was moved meanwhile.
func (w *World) undone(m models.Migration, before []string, touched workflow.CaseID) {
	w.Helper()
	w.Act("coord", touched, "comment", nil)
	if err := w.Store.UndoMigration(w.Context(), m.ID, w.Actor("steward")); err != nil {
		w.Fatal(err)
	}
	if err := w.Engine.UndoMigration(w.Context(), w.Store, m.ID); err != nil {
		w.Fatal(err)
	}
	if err := w.Store.FinishMigration(w.Context(), m.ID); err != nil {
		w.Fatal(err)
	}
	moved := m.Outcomes[workflow.Moved]
	if m = w.migration(m.ID); m.Status != models.MigrationUndone || m.Outcomes[workflow.Undone] != moved-1 || m.Outcomes[workflow.Kept] != 1 || m.UndoneBy != "steward" {
		w.Errorf("of %d moved: %v (%s, by %s)", moved, m.Outcomes, m.Status, m.UndoneBy)
	}
	page, err := w.Store.MigrationCases(w.Context(), models.Scope{All: true}, m.ID, workflow.Kept, "", 0)
	if err != nil || len(page.Items) != 1 || page.Items[0].Case != touched ||
		!strings.Contains(page.Items[0].Why.ZH, w.Engine.Defs.Get(workflow.Blocker, 2).ActionTitle("comment").ZH) {
		w.Errorf("what was not brought back: %+v %v", page.Items, err)
	}
	after, own := w.cells(), fmt.Sprintf("id=%d ", touched)
	if len(after) != len(before) {
		w.Fatalf("%d rows, were %d", len(after), len(before))
	}
	for i := range after {
		if after[i] != before[i] && !strings.HasPrefix(after[i], own) {
			w.Errorf("not the same row:\n was %s\n is  %s", before[i], after[i])
			break
		}
	}
	w.wantKind(w.Store.UndoMigration(w.Context(), m.ID, w.Actor("steward")), fault.Conflict, "undoing twice")
	w.sound()
	// What came back lives on in its own version.
	lines, err := w.Store.Cases(w.Context(), models.Scope{All: true}, models.CaseQuery{State: "accepted", Limit: 1})
	if err != nil || len(lines.Items) != 1 {
		w.Fatalf("accepted cases: %+v %v", lines, err)
	}
	w.Act("coord", lines.Items[0].ID, "dispatch", map[string]any{"lead": int64(w.Depts["GA"])})
}

var errPulled = errors.New("the plug was pulled")

// plug is a store whose process dies when a chunk is about to be settled, after
// its cases were moved, and sometimes in the middle of a chunk.
type plug struct {
	*models.Store
	left atomic.Int64 // moves until it dies
}

func (p *plug) Update(ctx context.Context, a workflow.Actor, id workflow.CaseID, key workflow.Key, decide func(workflow.Case) (workflow.Decision, error)) (workflow.Case, error) {
	c, err := p.Store.Update(ctx, a, id, key, decide)
	if p.left.Add(-1) < 0 && err == nil {
		return c, fault.Wrap(fault.Unavailable, errPulled, "断电", "power cut")
	}
	return c, err
}

func cutOff(w *World) {
	w.inFlight(240)
	t := w.newVersion()
	before := w.cells()
	m := w.start(t)
	w.restarted(func(e *workflow.Engine, s *plug) error { return e.RunMigration(w.Context(), s, m.ID, t) })
	if err := w.Store.FinishMigration(w.Context(), m.ID); err != nil {
		w.Fatal(err)
	}
	m = w.migration(m.ID)
	if m.Outcomes[workflow.Moved] != int64(m.Plan.Maps) || m.Outcomes[workflow.Stayed] != int64(m.Plan.Stays) || len(m.Outcomes) != 2 {
		w.Errorf("cut off and taken up: %v, the plan said %d and %d", m.Outcomes, m.Plan.Maps, m.Plan.Stays)
	}
	w.once(workflow.ActionMigrate, m.Plan.Maps)
	if err := w.Store.UndoMigration(w.Context(), m.ID, w.Actor("steward")); err != nil {
		w.Fatal(err)
	}
	w.restarted(func(e *workflow.Engine, s *plug) error { return e.UndoMigration(w.Context(), s, m.ID) })
	w.once(workflow.ActionRestore, m.Plan.Maps)
	if after := w.cells(); !slices.Equal(before, after) {
		w.Error("the rows are not the same after a migration and an undo that were cut off")
	}
	w.sound()
}

// restarted runs work that dies again and again after some moves, until it ends.
func (w *World) restarted(work func(*workflow.Engine, *plug) error) {
	w.Helper()
	deaths := 0
	for range 100 {
		s := &plug{Store: w.Store}
		s.left.Store(37)
		e := *w.Engine
		e.Store = s
		err := work(&e, s)
		if err == nil {
			if deaths == 0 {
				w.Error("the work was never cut off")
			}
			return
		}
		if !errors.Is(err, errPulled) {
			w.Fatal(err)
		}
		deaths++
	}
	w.Fatal("the work does not end")
}

// once checks that no case has two events of an action, and how many have one.
func (w *World) once(a workflow.Action, want int) {
	w.Helper()
	seen := map[string]int{}
	for _, row := range w.table("events") {
		if strings.Contains(row, " action="+string(a)+" ") {
			_, rest, _ := strings.Cut(row, " case_id=")
			id, _, _ := strings.Cut(rest, " ")
			seen[id]++
		}
	}
	for id, n := range seen {
		if n != 1 {
			w.Errorf("case %s has %d events %s", id, n, a)
		}
	}
	if len(seen) != want {
		w.Errorf("%d cases have an event %s, want %d", len(seen), a, want)
	}
}

// movedAway lets a case go, after the plan was made and before its turn, where
// the new version has no state for it, and another one end.
func movedAway(w *World) {
	w.inFlight(12)
	t := w.newVersion()
	m := w.start(t)
	ids := map[workflow.State][]workflow.CaseID{}
	for _, l := range Walk(w.Context(), w, func(ctx context.Context, cursor string) (models.Page[models.Line], error) {
		return w.Store.Cases(ctx, models.Scope{All: true}, models.CaseQuery{Kind: workflow.Blocker, Cursor: cursor})
	}) {
		ids[l.State] = append(ids[l.State], l.ID)
	}
	away, ended := ids["handling"][0], ids["filed"][0]
	w.Act("ga", away, "suspend", map[string]any{"reason": "citizen_papers", "days": 3})
	w.Act("hall", ended, "withdraw", nil)
	if err := w.Engine.RunMigration(w.Context(), w.Store, m.ID, t); err != nil {
		w.Fatal(err)
	}
	got := w.migration(m.ID)
	if got.Outcomes[workflow.Moved] != int64(m.Plan.Maps-2) || got.Outcomes[workflow.Stayed] != int64(m.Plan.Stays+1) {
		w.Errorf("%v, the plan said %d and %d before two cases moved away", got.Outcomes, m.Plan.Maps, m.Plan.Stays)
	}
	page, err := w.Store.MigrationCases(w.Context(), models.Scope{All: true}, m.ID, workflow.Stayed, "", 0)
	i := slices.IndexFunc(page.Items, func(o models.MigratedCase) bool { return o.Case == away })
	if err != nil || i < 0 || !strings.Contains(page.Items[i].Why.ZH, "挂起") {
		w.Errorf("what stayed: %+v %v", page.Items, err)
	}
	if c := w.Read(ended); c.DefVersion != 1 {
		w.Errorf("a case that has ended runs under version %d", c.DefVersion)
	}
}
