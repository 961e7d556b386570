package handlers

import (
	"context"
	"fmt"
	"net/http"
	"strings"

	"github.com/gin-gonic/gin"

	"github.com/shujie-gov/shujie/fault"
	"github.com/shujie-gov/shujie/models"
	"github.com/shujie-gov/shujie/workflow"
)

// migrationBook keeps the migrations of open cases; models.Store is one.
type migrationBook interface {
	workflow.OpenCases
	StartMigration(ctx context.Context, p workflow.Plan, by workflow.Actor) (models.Migration, error)
	UndoMigration(ctx context.Context, id int64, by workflow.Actor) error
	Migration(ctx context.Context, id int64) (models.Migration, error)
	Migrations(ctx context.Context, kind workflow.Kind, limit int) ([]models.Migration, error)
	MigrationCases(ctx context.Context, sc models.Scope, migration int64, outcome workflow.Outcome, cursor string, limit int) (models.Page[models.MigratedCase], error)
}

// plan serves GET /definitions/:kind/plan?from=&to=&states.OLD=NEW&facts.NAME=VALUE:
// what a migration would do to all open cases. Nothing is written. Without a
// word on the states, renamed ones are guessed by their titles.
func (h *definitions) plan(c *gin.Context) (Page, error) {
	if err := h.whole(c); err != nil {
		return Page{}, err
	}
	q := queryOf(c)
	from, to := int(q.id("from")), int(q.id("to"))
	m := workflow.Mapping{States: map[workflow.State]workflow.State{}, Facts: map[string]any{}}
	said := false
	for name := range q.values {
		if s, ok := strings.CutPrefix(name, "states."); ok {
			m.States[workflow.State(s)], said = workflow.State(q.text(name)), true
		}
		if fact, ok := strings.CutPrefix(name, "facts."); ok && q.text(name) != "" {
			m.Facts[fact] = q.text(name)
		}
	}
	if err := q.err(); err != nil {
		return Page{}, err
	}
	l, err := h.look(c)
	if err != nil {
		return Page{}, err
	}
	kind, defs := workflow.Kind(c.Param("kind")), h.engine.Defs.Snapshot()
	old, now, err := l.pair(defs, kind, from, to)
	if err != nil {
		return Page{}, err
	}
	if !said {
		m.States = workflow.Suggest(old, now)
	}
	t, err := workflow.NewTransfer(old, now, m)
	if err != nil {
		return Page{}, err
	}
	p, err := h.engine.Plan(c.Request.Context(), h.book, t)
	if err != nil {
		return Page{}, err
	}
	out := planView{Plan: p, Title: now.Title, Changes: workflow.Diff(old, now), Draft: defs.Get(kind, now.Version) == nil}
	if wantsHTML(c) {
		out.Versions, _ = l.versions(defs, kind, 0)
		out.Rows, out.Facts = planRows(p, old, now), map[string]string{}
		for name, v := range p.Facts {
			out.Facts[name] = fmt.Sprint(v)
		}
	}
	return Page{View: "plan", Data: out}, nil
}

// pair finds the two versions of a plan: by default the latest one and the one
// before it.
func (l *look) pair(defs *workflow.Definitions, kind workflow.Kind, from, to int) (old, now *workflow.Definition, err error) {
	latest := defs.Latest(kind)
	if latest == nil {
		return nil, nil, noDefinition()
	}
	if to == 0 {
		to = latest.Version
	}
	if now, err = l.find(defs, kind, to); err != nil {
		return nil, nil, err
	}
	if from == 0 {
		if old = l.before(defs, kind, to); old == nil {
			return nil, nil, fault.InvalidField("from", "没有更早的版本", "there is no earlier version")
		}
		return old, now, nil
	}
	if old = defs.Get(kind, from); old == nil {
		return nil, nil, noDefinition()
	}
	return old, now, nil
}

// planRows adds to each state where its cases could go.
func planRows(p *workflow.Plan, old, now *workflow.Definition) []planRow {
	rows := make([]planRow, len(p.States))
	for i, s := range p.States {
		r := planRow{StatePlan: s}
		_, said := p.Mapping.States[s.State]
		r.Kept = !said && s.To == s.State
		r.Choices = append(r.Choices, goalView{Title: fault.Text{ZH: fmt.Sprintf("留在第 %d 版", old.Version), EN: fmt.Sprintf("stay on version %d", old.Version)}, Chosen: s.To == ""})
		for _, o := range now.StatesInOrder() {
			if !now.States[o].Final {
				r.Choices = append(r.Choices, goalView{Value: string(o), Title: now.TitleOf(o), Chosen: o == s.To})
			}
		}
		titles := func(d *workflow.Definition, list []workflow.Action) (out []fault.Text) {
			for _, a := range list {
				out = append(out, d.ActionTitle(a))
			}
			return out
		}
		for _, w := range s.Waits {
			r.Hands = append(r.Hands, handView{workflow.SeatTitle(w.From), workflow.SeatTitle(w.To), w.Cases})
		}
		for _, one := range s.Rights {
			r.Seats = append(r.Seats, seatView{workflow.SeatTitle(one.Seat), titles(now, one.Gains), titles(old, one.Loses)})
		}
		for _, one := range s.Due.Samples {
			r.Samples = append(r.Samples, sampleView{ID: int64(one.Case), Number: models.Number(one.Case, one.Filed), Before: one.Before, After: one.After})
		}
		rows[i] = r
	}
	return rows
}

// start serves POST /definitions/:kind/migrations. With open, maps and stays the
// caller says what they saw; a plan that counts otherwise now is a Conflict.
func (h *definitions) start(c *gin.Context) (Page, error) {
	if err := h.whole(c); err != nil {
		return Page{}, err
	}
	b, err := readBody(c)
	if err != nil {
		return Page{}, err
	}
	from, _ := b.whole("from")
	to, _ := b.whole("to")
	m := workflow.Mapping{States: map[workflow.State]workflow.State{}, Facts: map[string]any{}}
	states, facts := b.sub("states"), b.sub("facts")
	for name := range states.values {
		m.States[workflow.State(name)] = workflow.State(states.text(name, 100))
	}
	for name, v := range facts.values {
		if v != "" {
			m.Facts[name] = v
		}
	}
	kind, defs := workflow.Kind(c.Param("kind")), h.engine.Defs.Snapshot()
	old, now := defs.Get(kind, int(from)), defs.Get(kind, int(to))
	if old == nil {
		b.refuse("from", "没有这个版本", "there is no such version")
	}
	if now == nil {
		b.refuse("to", "没有这个已发布的版本", "there is no such released version")
	}
	seen := map[string]int64{}
	for _, name := range []string{"open", "maps", "stays"} {
		if n, given := b.whole(name); given {
			seen[name] = n
		}
	}
	if err := b.err(); err != nil {
		return Page{}, err
	}
	t, err := workflow.NewTransfer(old, now, m)
	if err != nil {
		return Page{}, err
	}
	ctx := c.Request.Context()
	p, err := h.engine.Plan(ctx, h.book, t)
	if err != nil {
		return Page{}, err
	}
	for name, n := range map[string]int{"open": p.Open, "maps": p.Maps, "stays": p.Stays} {
		if was, given := seen[name]; given && was != int64(n) {
			return Page{}, fault.New(fault.Conflict, "预演之后有案件变动，数目已不同，请重新预演。", "Cases moved since the plan was made and its counts are others now; make it again.")
		}
	}
	begun, err := h.book.StartMigration(ctx, *p, actorOf(c))
	if err != nil {
		return Page{}, err
	}
	out := h.migrationOf(&begun)
	return Page{Status: http.StatusCreated, View: "migration", Data: out, Location: fmt.Sprintf("/migrations/%d", begun.ID)}, nil
}

// migration serves GET /migrations/:id with the cases of ?outcome=.
func (h *definitions) migration(c *gin.Context) (Page, error) {
	id, err := pathID(c)
	if err != nil {
		return Page{}, err
	}
	q := queryOf(c)
	outcome := q.oneOf("outcome", words(outcomes())...)
	cursor, limit := q.text("cursor"), q.limit()
	if err := q.err(); err != nil {
		return Page{}, err
	}
	ctx := c.Request.Context()
	m, err := h.book.Migration(ctx, id)
	if err != nil {
		return Page{}, err
	}
	out := h.migrationOf(&m)
	out.MayWrite = h.mayWrite(c)
	if outcome == "" && wantsHTML(c) { // a page shows first what needs a person
		outcome = string(workflow.Stayed)
		if m.Status == models.MigrationUndoing || m.Status == models.MigrationUndone {
			outcome = string(workflow.Kept)
		}
	}
	list, err := h.book.MigrationCases(ctx, scopeOf(c), id, workflow.Outcome(outcome), cursor, limit)
	if err != nil {
		return Page{}, err
	}
	for _, o := range list.Items {
		t := turnView{Case: int64(o.Case), Number: models.Number(o.Case, o.Filed), Outcome: string(o.Outcome), OutcomeName: outcomeName(o.Outcome)}
		if o.Why != (fault.Text{}) {
			t.Why = &o.Why
		}
		out.Items = append(out.Items, t)
	}
	out.Outcome, out.Next = outcome, list.Next
	if list.Next != "" {
		out.NextURL = fmt.Sprintf("/migrations/%d?%s", id, q.next(list.Next))
	}
	out.First = q.first(fmt.Sprintf("/migrations/%d", id))
	return Page{View: "migration", Data: out, Next: q.next(list.Next)}, nil
}

// undo serves POST /migrations/:id/undo.
func (h *definitions) undo(c *gin.Context) (Page, error) {
	if err := h.whole(c); err != nil {
		return Page{}, err
	}
	id, err := pathID(c)
	if err != nil {
		return Page{}, err
	}
	ctx := c.Request.Context()
	if err := h.book.UndoMigration(ctx, id, actorOf(c)); err != nil {
		return Page{}, err
	}
	m, err := h.book.Migration(ctx, id)
	return Page{View: "migration", Data: h.migrationOf(&m), Location: fmt.Sprintf("/migrations/%d", id)}, err
}

func (h *definitions) migrationOf(m *models.Migration) migrationView {
	out := migrationView{
		ID: m.ID, Kind: string(m.Mapping.Kind), Title: h.show.kindTitle(m.Mapping.Kind), From: m.Mapping.From, To: m.Mapping.To,
		States: map[string]string{}, Status: string(m.Status), StatusName: migrationStatus(m.Status), Active: m.Active(), By: m.By, At: m.At,
		EndedAt: m.EndedAt, UndoneBy: m.UndoneBy, Outcomes: map[string]int64{}, Items: []turnView{},
		Expected: expectedView{Open: m.Plan.Open, Maps: m.Plan.Maps, Stays: m.Plan.Stays, Dues: m.Plan.Dues, Waits: m.Plan.Waits},
	}
	for from, to := range m.Mapping.States {
		out.States[string(from)] = string(to)
	}
	undoing := m.Status == models.MigrationUndoing
	for _, o := range outcomes() {
		n := m.Outcomes[o]
		out.Outcomes[string(o)] = n
		if o != workflow.Pending {
			t := tallyView{Outcome: string(o), Title: outcomeName(o), N: n, Planned: true}
			switch o {
			case workflow.Moved:
				t.Expected = m.Plan.Maps
			case workflow.Stayed:
				t.Expected = m.Plan.Stays
			case workflow.Failed:
			case workflow.Pending, workflow.Undone, workflow.Kept, workflow.Stale:
				t.Planned = false // nothing is expected of an undo
			}
			out.Tallies = append(out.Tallies, t)
		}
		if o != workflow.Pending && (!undoing || o != workflow.Moved) {
			out.Done += n
		}
	}
	return out
}

func outcomes() []workflow.Outcome {
	return []workflow.Outcome{workflow.Pending, workflow.Moved, workflow.Stayed, workflow.Failed, workflow.Undone, workflow.Kept}
}

func words[T ~string](list []T) []string {
	out := make([]string, len(list))
	for i, v := range list {
		out[i] = string(v)
	}
	return out
}

func outcomeName(o workflow.Outcome) fault.Text {
	switch o {
	case workflow.Pending:
		return fault.Text{ZH: "等待", EN: "Waiting"}
	case workflow.Moved:
		return fault.Text{ZH: "已改用新版", EN: "Moved"}
	case workflow.Stayed:
		return fault.Text{ZH: "留在旧版", EN: "Stayed"}
	case workflow.Failed:
		return fault.Text{ZH: "未能办理", EN: "Failed"}
	case workflow.Undone:
		return fault.Text{ZH: "已恢复", EN: "Brought back"}
	case workflow.Kept:
		return fault.Text{ZH: "未恢复", EN: "Not brought back"}
	case workflow.Stale: // of replays
	}
	return fault.Text{ZH: string(o), EN: string(o)}
}

func migrationStatus(s models.MigrationStatus) fault.Text {
	switch s {
	case models.MigrationRunning:
		return fault.Text{ZH: "正在改版", EN: "At work"}
	case models.MigrationDone:
		return fault.Text{ZH: "已完成", EN: "Done"}
	case models.MigrationUndoing:
		return fault.Text{ZH: "正在撤销", EN: "Being undone"}
	case models.MigrationUndone:
		return fault.Text{ZH: "已撤销", EN: "Undone"}
	}
	return fault.Text{ZH: string(s), EN: string(s)}
}
