package workflow

import (
	"cmp"
	"context"
	"errors"
	"slices"
	"strings"
	"time"

	"github.com/shujie-gov/shujie/fault"
)

// Plan says what a migration would do to every open case of a kind, before it is
// done. It is counted by deciding each case and writing none.
type Plan struct {
	Mapping
	Open     int         `json:"open"`     // open cases on the old version
	Maps     int         `json:"maps"`     // … that would go over
	Stays    int         `json:"stays"`    // … that would stay on the old version
	Dues     int         `json:"dues"`     // … whose deadline would be another one
	Waits    int         `json:"waits"`    // … that would wait for somebody else
	Advances int         `json:"advances"` // … on which the system would act at once
	States   []StatePlan `json:"plan"`
	NewFacts []FactPlan  `json:"new_facts"`
	Dropped  []string    `json:"dropped_facts"` // kept in the case, read by nobody
	Retyped  []string    `json:"retyped_facts"` // a case that holds one stays, unless a value is given
	Mentions []Mention   `json:"mentions"`
}

// StatePlan is what would happen to the cases in one state.
type StatePlan struct {
	State    State         `json:"state"`
	Title    fault.Text    `json:"title"`
	To       State         `json:"to"` // "": they stay behind
	ToTitle  fault.Text    `json:"to_title"`
	Cases    int           `json:"cases"`
	Maps     int           `json:"maps"`
	Stays    int           `json:"stays"`
	Reasons  []ReasonCount `json:"reasons"` // why cases stay
	Due      DueChange     `json:"due"`
	Waits    []WaitChange  `json:"waits"`
	Rights   []Right       `json:"rights"`
	Advances int           `json:"advances"`
}

// ReasonCount is a reason to stay and how many cases have it.
type ReasonCount struct {
	Text  fault.Text `json:"text"`
	Cases int        `json:"cases"`
}

// DueChange is how deadlines would move.
type DueChange struct {
	Earlier int      `json:"earlier"`
	Later   int      `json:"later"`
	Begins  int      `json:"begins"` // had none
	Ends    int      `json:"ends"`   // would have none
	Shifts  []Shift  `json:"shifts"`
	Samples []Sample `json:"samples"`
}

// Shift is how many cases move by how many working days.
type Shift struct {
	Days  int `json:"days"`
	Cases int `json:"cases"`
}

// Sample is one case whose deadline would move.
type Sample struct {
	Case   CaseID     `json:"case"`
	Filed  time.Time  `json:"filed"`
	Before *time.Time `json:"before"`
	After  *time.Time `json:"after"`
}

// samples is how many cases a state shows.
const samples = 3

// WaitChange is how many cases would wait for another seat.
type WaitChange struct {
	From  string `json:"from"`
	To    string `json:"to"`
	Cases int    `json:"cases"`
}

// FactPlan is a fact that the new version has and the old one did not.
type FactPlan struct {
	Name  string `json:"name"`
	Type  string `json:"type"`
	Value any    `json:"value"` // what every case begins with
}

// Mention is an expression of another definition that names a state which goes:
// it may not hold any more.
type Mention struct {
	Kind       Kind   `json:"kind"`
	Version    int    `json:"version"`
	Action     Action `json:"action"`
	State      State  `json:"state"`
	Expression string `json:"expression"`
}

// OpenCases lists open cases of a kind and version by id, after one id.
type OpenCases interface {
	OpenCases(ctx context.Context, kind Kind, version int, after CaseID, limit int) ([]Case, error)
}

// planPage is how many cases are looked at in one go.
const planPage = 200

// Plan counts what t would do to all open cases now. Nothing is written.
func (e *Engine) Plan(ctx context.Context, cases OpenCases, t *Transfer) (*Plan, error) {
	p, m := t.empty(e.Defs.Snapshot()), e.Moment()
	err := t.each(ctx, cases, m, func(c *Case, dec Decision, err error) { p.count(c, dec, err, m.Calendar) })
	if err != nil {
		return nil, err
	}
	return p.sorted(), nil
}

// PlanDues lists every open case whose deadline t would move now, as the preview
// of a replay does for a calendar. Nothing is written.
func (e *Engine) PlanDues(ctx context.Context, cases OpenCases, t *Transfer) ([]Recount, error) {
	rows, m := []Recount{}, e.Moment()
	err := t.each(ctx, cases, m, func(c *Case, dec Decision, err error) {
		if how := dueDirection(c.Due, dec.After.Due); err == nil && how != "" {
			rows = append(rows, recount(c, &dec, how, m.Now))
		}
	})
	return rows, err
}

// each decides the migration of every open case.
func (t *Transfer) each(ctx context.Context, cases OpenCases, m Moment, tell func(*Case, Decision, error)) error {
	for after := CaseID(0); ; {
		list, err := cases.OpenCases(ctx, t.Kind, t.From, after, planPage)
		if err != nil {
			return err
		}
		for _, c := range list {
			dec, err := t.Move(c, 0, m)
			tell(&c, dec, err)
			after = c.ID
		}
		if len(list) < planPage {
			return nil
		}
	}
}

// empty returns the plan for no case: what the definitions alone say.
func (t *Transfer) empty(ds *Definitions) *Plan {
	p := &Plan{Mapping: t.Mapping, Retyped: t.retyped()}
	for _, s := range t.from.order {
		if t.from.States[s].Final {
			continue
		}
		sp := StatePlan{State: s, Title: t.from.TitleOf(s)}
		if to, goes := t.Target(s); goes {
			sp.To, sp.ToTitle, sp.Rights = to, t.to.TitleOf(to), t.Rights(s, to)
		}
		p.States = append(p.States, sp)
	}
	for _, name := range sorted(t.to.Facts) {
		if _, had := t.from.Facts[name]; !had {
			val, given := t.Facts[name]
			if !given {
				val = factValue(nil, t.to.Facts[name])
			}
			p.NewFacts = append(p.NewFacts, FactPlan{Name: name, Type: t.to.Facts[name], Value: val})
		}
	}
	for _, name := range sorted(t.from.Facts) {
		if _, has := t.to.Facts[name]; !has {
			p.Dropped = append(p.Dropped, name)
		}
	}
	p.mentions(t, ds)
	return p
}

// mentions finds where other kinds speak of a state that goes.
func (p *Plan) mentions(t *Transfer, ds *Definitions) {
	for _, kind := range ds.Kinds() {
		d := ds.Latest(kind)
		if kind == t.Kind || d == nil {
			continue
		}
		for _, tr := range d.Transitions {
			for _, g := range tr.Guards {
				for _, s := range t.from.order {
					if t.to.States[s] == nil && (strings.Contains(g.Expr, "'"+string(s)+"'") || strings.Contains(g.Expr, `"`+string(s)+`"`)) {
						p.Mentions = append(p.Mentions, Mention{Kind: kind, Version: d.Version, Action: tr.Action, State: s, Expression: g.Expr})
					}
				}
			}
		}
	}
}

// count adds one case, which was decided.
func (p *Plan) count(c *Case, dec Decision, err error, cal *Calendar) {
	i := slices.IndexFunc(p.States, func(s StatePlan) bool { return s.State == c.State })
	if i < 0 { // a state that its own definition does not have
		p.States = append(p.States, StatePlan{State: c.State, Title: fault.Text{ZH: string(c.State), EN: string(c.State)}})
		i = len(p.States) - 1
	}
	s := &p.States[i]
	s.Cases++
	p.Open++
	if err != nil {
		s.Stays++
		p.Stays++
		s.stays(Reason(err))
		return
	}
	s.Maps++
	p.Maps++
	if s.due(c, &dec.After, cal) {
		p.Dues++
	}
	if from, to := c.Waits.String(), dec.After.Waits.String(); from != to {
		p.Waits++
		s.waits(from, to)
	}
	if len(dec.Effects) > 0 {
		s.Advances++
		p.Advances++
	}
}

// Reason says why a case stays, in words for people. What went wrong inside is
// told in general; the log has the rest.
func Reason(err error) fault.Text {
	if f := (*fault.Error)(nil); errors.As(err, &f) && f.Kind != fault.Internal {
		return f.Text
	}
	return fault.Text{ZH: "系统无法办理：" + err.Error(), EN: "the system failed on it: " + err.Error()}
}

func (s *StatePlan) stays(why fault.Text) {
	for i := range s.Reasons {
		if s.Reasons[i].Text == why {
			s.Reasons[i].Cases++
			return
		}
	}
	s.Reasons = append(s.Reasons, ReasonCount{Text: why, Cases: 1})
}

func (s *StatePlan) waits(from, to string) {
	for i := range s.Waits {
		if s.Waits[i].From == from && s.Waits[i].To == to {
			s.Waits[i].Cases++
			return
		}
	}
	s.Waits = append(s.Waits, WaitChange{From: from, To: to, Cases: 1})
}

// due counts a deadline that moves, and reports whether it does.
func (s *StatePlan) due(before, after *Case, cal *Calendar) bool {
	was, will := before.Due, after.Due
	switch {
	case was == nil && will == nil, was != nil && will != nil && was.Equal(*will):
		return false
	case was == nil:
		s.Due.Begins++
	case will == nil:
		s.Due.Ends++
	case will.Before(*was):
		s.Due.Earlier++
		s.shift(-workdays(cal, *will, *was))
	default:
		s.Due.Later++
		s.shift(workdays(cal, *was, *will))
	}
	if len(s.Due.Samples) < samples {
		s.Due.Samples = append(s.Due.Samples, Sample{Case: before.ID, Filed: before.CreatedAt, Before: was, After: will})
	}
	return true
}

func (s *StatePlan) shift(days int) {
	for i := range s.Due.Shifts {
		if s.Due.Shifts[i].Days == days {
			s.Due.Shifts[i].Cases++
			return
		}
	}
	s.Due.Shifts = append(s.Due.Shifts, Shift{Days: days, Cases: 1})
}

// sorted brings what was counted into a stable order, with lists where there is
// nothing.
func (p *Plan) sorted() *Plan {
	p.States, p.NewFacts, p.Mentions = listed(p.States), listed(p.NewFacts), listed(p.Mentions)
	p.Dropped, p.Retyped = listed(p.Dropped), listed(p.Retyped)
	if p.Mapping.States == nil {
		p.Mapping.States = map[State]State{}
	}
	for i := range p.States {
		s := &p.States[i]
		s.Reasons, s.Waits, s.Rights = listed(s.Reasons), listed(s.Waits), listed(s.Rights)
		s.Due.Shifts, s.Due.Samples = listed(s.Due.Shifts), listed(s.Due.Samples)
		slices.SortFunc(s.Due.Shifts, func(a, b Shift) int { return cmp.Compare(a.Days, b.Days) })
		slices.SortFunc(s.Waits, func(a, b WaitChange) int { return cmp.Compare(b.Cases, a.Cases) })
		slices.SortFunc(s.Reasons, func(a, b ReasonCount) int { return cmp.Compare(b.Cases, a.Cases) })
	}
	return p
}

func listed[T any](list []T) []T {
	if list == nil {
		return []T{}
	}
	return list
}
