package workflow

import (
	"context"
	"errors"
	"time"
)

// Store keeps cases. It is implemented by the room that owns the database.
type Store interface {
	// Create writes the first event of a new case. It returns the case as it
	// was stored.
	Create(ctx context.Context, key Key, d Decision) (Case, error)
	// Update loads case id as actor a may see it, asks decide, and writes the
	// decision in one transaction. A case that a may not see is NotFound; a
	// version that moved meanwhile is Stale.
	Update(ctx context.Context, a Actor, id CaseID, key Key, decide func(Case) (Decision, error)) (Case, error)
}

// Key makes a write repeatable: the same actor with the same Value gets the
// first answer again and nothing happens twice. The zero Key asks for nothing.
type Key struct {
	Actor int64
	Value string
	Hash  string // of the request, so that a key reused for another request is refused
}

// Policy says whether a role may do an act on a kind in a domain.
type Policy interface {
	// Allow returns nil, or a Forbidden fault that names the missing rule.
	Allow(role Role, domain Domain, kind Kind, act Action) error
}

// Engine moves cases: it asks the policy and the definitions, the store writes.
type Engine struct {
	Store    Store
	Policy   Policy
	Staff    Staff
	Defs     *Definitions
	Calendar func() *Calendar         // the calendar in force
	Regions  func() map[DeptID]string // the region paths of the departments; nil: none is known
	Now      func() time.Time
	// Learn takes definitions into force that another replica released; nil when
	// there is no other.
	Learn func(ctx context.Context) error
}

// Moment returns the time and the calendar of now. Times are UTC and whole
// microseconds, as the databases keep them.
func (e *Engine) Moment() Moment {
	m := Moment{Now: e.Now().UTC().Truncate(time.Microsecond), Calendar: e.Calendar()}
	if e.Regions != nil {
		m.Regions = e.Regions()
	}
	return m
}

// Open files a new case for actor a.
func (e *Engine) Open(ctx context.Context, a Actor, draft Case, in Input, key Key) (Case, error) {
	defs := e.Defs.Snapshot()
	if d := defs.Latest(draft.Kind); d != nil {
		if err := e.allow(a, &draft, d.Start().Action); err != nil {
			return Case{}, err
		}
	}
	dec, err := defs.Open(a, draft, in, e.Moment())
	if err != nil {
		return Case{}, err
	}
	return e.Store.Create(ctx, key, dec)
}

// Act moves case id by in, or reports why it may not. Version 0 acts on the
// present version.
func (e *Engine) Act(ctx context.Context, a Actor, id CaseID, in Input, key Key) (Case, error) {
	return e.update(ctx, a, id, key, func(c Case) (Decision, error) { return e.Rehearse(ctx, c, a, in) })
}

// update moves a case. When it runs under a version that another replica
// released a moment ago, that is learnt first.
func (e *Engine) update(ctx context.Context, a Actor, id CaseID, key Key, decide func(Case) (Decision, error)) (Case, error) {
	c, err := e.Store.Update(ctx, a, id, key, decide)
	if !errors.Is(err, errNotInForce) || e.Learn == nil {
		return c, err
	}
	if err := e.Learn(ctx); err != nil {
		return Case{}, err
	}
	return e.Store.Update(ctx, a, id, key, decide)
}

// Migrate moves case id along t, as an event of the given migration.
func (e *Engine) Migrate(ctx context.Context, id CaseID, t *Transfer, migration int64) (Case, error) {
	return e.update(ctx, SystemActor(), id, Key{}, func(c Case) (Decision, error) { return t.Move(c, migration, e.Moment()) })
}

// Restore brings case id back to how it was before its event moved, unless
// something has happened since; last is its last event.
func (e *Engine) Restore(ctx context.Context, id CaseID, moved, last Event) (Case, error) {
	return e.update(ctx, SystemActor(), id, Key{}, func(c Case) (Decision, error) { return e.Defs.Restore(c, moved, last, e.Moment()) })
}

// Decide asks the policy and then the definition; it writes nothing.
func (e *Engine) Decide(c Case, a Actor, in Input) (Decision, error) {
	defs := e.Defs.Snapshot()
	if d, err := defs.Of(&c); err != nil {
		return Decision{}, err
	} else if !d.knows(in.Action) {
		return Decision{}, unknownAction(in.Action)
	}
	if err := e.allow(a, &c, in.Action); err != nil {
		return Decision{}, err
	}
	return defs.Decide(c, a, in, e.Moment())
}

// Choices lists what actor a could do on c and why not, agreeing with Act.
func (e *Engine) Choices(c Case, a Actor) ([]Choice, error) {
	list, err := e.Defs.Choices(c, a, e.Moment())
	return e.permitted(&c, a, list), err
}

// Steps lists those of the choices that are for actor a to take, now or later.
func (e *Engine) Steps(c Case, a Actor) ([]Choice, error) {
	list, err := e.Defs.Steps(c, a, e.Moment())
	return e.permitted(&c, a, list), err
}

// permitted adds to choices what the policy has against them.
func (e *Engine) permitted(c *Case, a Actor, list []Choice) []Choice {
	for i := range list {
		if !list[i].Allowed {
			continue
		}
		if err := e.allow(a, c, list[i].Action); err != nil {
			list[i].Allowed = false
			list[i].Reasons = append(list[i].Reasons, reason(err))
		}
	}
	return list
}

// allow asks the policy for each role of a that could count on this case; one
// yes is enough. With none, the first refusal names the missing rule.
func (e *Engine) allow(a Actor, c *Case, act Action) error {
	var first error
	for _, g := range a.Grants {
		err := e.Policy.Allow(g.Role, g.Role.Domain(), c.Kind, act)
		if err == nil {
			return nil
		}
		if first == nil {
			first = err
		}
	}
	if first == nil {
		first = e.Policy.Allow("", "", c.Kind, act)
	}
	return first
}

// Advance lets the system take what is due on case id: one action after the
// other until none is left. It returns the actions taken.
func (e *Engine) Advance(ctx context.Context, id CaseID) ([]Action, error) {
	var taken []Action
	for range maxAdvance {
		var act Action
		_, err := e.update(ctx, SystemActor(), id, Key{}, func(c Case) (Decision, error) {
			due, err := e.Defs.Auto(c, e.Moment())
			if err != nil {
				return Decision{}, err
			}
			if len(due) == 0 {
				return Decision{}, errNothingDue
			}
			act = due[0]
			return e.Decide(c, SystemActor(), Input{Action: act})
		})
		if err != nil {
			return taken, ignoreNothingDue(err)
		}
		taken = append(taken, act)
	}
	return taken, errAdvanceLoop
}
