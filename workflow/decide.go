package workflow

import (
	"fmt"
	"time"

	"github.com/shujie-gov/shujie/fault"
)

// Moment is what a decision needs to know of the outside: the time and the
// calendar in force. Given the same case, input and moment, Decide gives the
// same decision.
type Moment struct {
	Now      time.Time
	Calendar *Calendar
	Regions  map[DeptID]string // path of the region of each department
}

// Input is what an actor asks for.
type Input struct {
	Action  Action
	Version int64 // the version the actor saw; 0 acts on the present one
	Note    string
	Fields  map[string]any
	Bulk    int64 // the bulk act that this move is a row of, or 0: its people are told once
}

// Open decides the first event of a new case: draft carries its fields, parts,
// requirements and facts. A fact that the definition does not have is an error.
func (ds *Definitions) Open(a Actor, draft Case, in Input, m Moment) (Decision, error) {
	d := ds.Latest(draft.Kind)
	if d == nil {
		return Decision{}, fault.New(fault.Invalid, "没有这种事项："+string(draft.Kind), "There is no such kind: "+string(draft.Kind))
	}
	for name := range draft.Facts {
		if _, ok := d.Facts[name]; !ok {
			return Decision{}, fmt.Errorf("%s: a draft has the unknown fact %q", d.file, name)
		}
	}
	draft.DefVersion, draft.State, draft.Version = d.Version, d.Initial, 0
	draft.CreatedAt = m.Now
	draft.Series = d.series(m)
	t := d.Start()
	seat, grant, ok := t.seat(a, &draft)
	if !ok && !a.IsSystem() {
		return Decision{}, d.forbidden(t)
	}
	if !ok {
		seat = Seat{Role: System}
	}
	return ds.take(d, t, draft, by{a, seat, grant}, in, m)
}

// Decide answers what happens when actor a gives input in on case c. It is
// pure: the decision is data, nothing is done and c stays as it is. The faults
// are Stale (the actor saw an older version), Conflict (not possible in this
// state, or a guard does not hold), Forbidden, Invalid, and NotFound for an
// action that the kind does not have.
func (ds *Definitions) Decide(c Case, a Actor, in Input, m Moment) (Decision, error) {
	d, err := ds.Of(&c)
	if err != nil {
		return Decision{}, err
	}
	if !d.knows(in.Action) {
		return Decision{}, unknownAction(in.Action)
	}
	if in.Version != 0 && in.Version != c.Version {
		return Decision{}, fault.New(fault.Stale,
			fmt.Sprintf("您看到的是第 %d 版，现在已是第 %d 版，请核对最新情况后再办。", in.Version, c.Version),
			fmt.Sprintf("You saw version %d, it is now version %d; look at the present state and try again.", in.Version, c.Version))
	}
	refusal := error(nil)
	for _, t := range d.Transitions {
		if t.Action != in.Action || !t.leaves(c.State) {
			continue
		}
		seat, grant, ok := t.seat(a, &c)
		if !ok {
			continue
		}
		dec, err := ds.take(d, t, c, by{a, seat, grant}, in, m)
		if err == nil {
			return dec, nil
		}
		if refusal == nil || fault.KindOf(err) == fault.Invalid {
			refusal = err
		}
	}
	if refusal != nil {
		return Decision{}, refusal
	}
	return Decision{}, d.refusal(&c, in.Action)
}

func unknownAction(a Action) error {
	return fault.New(fault.NotFound, "没有这个操作："+string(a), "There is no such action: "+string(a))
}

// refusal says why nobody like the actor may take the action now.
func (d *Definition) refusal(c *Case, action Action) error {
	for _, t := range d.Transitions {
		if t.Action == action && t.leaves(c.State) {
			return d.forbidden(t)
		}
	}
	title, st := d.ActionTitle(action), d.TitleOf(c.State)
	return fault.New(fault.Conflict,
		fmt.Sprintf("现在的状态是「%s」，不能「%s」。", st.ZH, title.ZH),
		fmt.Sprintf("The case is %q now; it cannot be moved by %q.", st.EN, title.EN))
}

func (d *Definition) forbidden(t *Transition) error {
	f := fault.New(fault.Forbidden,
		"您不能在这件事项上「"+t.Title.ZH+"」。", "You may not "+string(t.Action)+" this case.")
	f.Rule = fmt.Sprintf("%s/%s: by %v", d.Kind, t.Action, t.By)
	return f
}

// by is who takes a transition, and in what seat by which grant.
type by struct {
	actor Actor
	seat  Seat
	grant Grant
}

// dept is the department the actor speaks for.
func (b by) dept() DeptID {
	if b.grant.Dept != 0 {
		return b.grant.Dept
	}
	return b.actor.Dept
}

// name is the actor's name as the log keeps it: with the name of the absent
// person in whose place they act.
func (b by) name() string {
	if b.grant.For == 0 {
		return b.actor.Name
	}
	return b.actor.Name + "（代 " + b.grant.ForName + "）"
}

// seat returns the seat that lets a take t on c, and the grant that fills it.
// What an absent person had claimed is done in their place; apart from that the
// actor's own grants count before those of somebody absent.
func (t *Transition) seat(a Actor, c *Case) (Seat, Grant, bool) {
	var seat Seat
	var grant Grant
	best := 0
	for _, s := range t.seats {
		for _, g := range a.Grants {
			if rank := g.rank(c); rank > best && s.Holds(g, c) {
				seat, grant, best = s, g, rank
			}
		}
	}
	return seat, grant, best > 0
}

// rank orders the grants that fill a seat on c, the highest first.
func (g Grant) rank(c *Case) int {
	switch {
	case g.For != 0 && g.For == c.Assignee:
		return 3
	case g.For == 0:
		return 2
	}
	return 1
}

// take works out transition t of definition d, taken by who.
func (ds *Definitions) take(d *Definition, t *Transition, c Case, who by, in Input, m Moment) (Decision, error) {
	v := d.look(&c, m)
	v.actor, v.seat = who.actor.UserID, who.seat
	if err := d.guarded(t, v, false); err != nil {
		return Decision{}, err
	}
	data, err := d.inputs(t, &in, v)
	if err != nil {
		return Decision{}, err
	}
	if err := d.guarded(t, v, true); err != nil {
		return Decision{}, err
	}
	dec := Decision{
		After: c.clone(),
		Event: Event{
			Case: c.ID, Seq: c.Version + 1, Action: t.Action, From: c.State, To: t.target(c.State),
			Actor: who.actor.UserID, Name: who.name(), Role: who.seat.Role, Dept: who.dept(),
			At: m.Now, Note: in.Note, Data: data, Def: d.Version,
		},
	}
	if t.opens() {
		dec.Event.From = ""
	}
	if err := ds.apply(d, t, v, &dec); err != nil {
		return Decision{}, fmt.Errorf("%s: state %s: action %s: %w", d.file, c.State, t.Action, err)
	}
	return dec, nil
}

// guarded returns a Conflict with the reason of the first guard that does not
// hold, nil when all do.
func (d *Definition) guarded(t *Transition, v *view, inputs bool) error {
	why, err := d.blocked(t, v, inputs)
	if err != nil {
		return err
	}
	if len(why) > 0 {
		return fault.New(fault.Conflict, why[0].ZH+"。", why[0].EN+".")
	}
	return nil
}

// blocked returns the reasons of the guards of t that do not hold: those that
// speak of the inputs, or those that can be judged before anything is typed.
func (d *Definition) blocked(t *Transition, v *view, inputs bool) ([]fault.Text, error) {
	var why []fault.Text
	for i := range t.Guards {
		g := &t.Guards[i]
		if g.readsInput != inputs {
			continue
		}
		ok, err := d.guards.holds(t.scope, g.Expr, v)
		if err != nil {
			return nil, fmt.Errorf("%s: state %s: action %s: guard %s: %w", d.file, v.c.State, t.Action, g.Name, err)
		}
		if !ok {
			why = append(why, g.Reason)
		}
	}
	if rest := t.rest(v); rest != nil && !inputs {
		why = append(why, *rest)
	}
	return why, nil
}
