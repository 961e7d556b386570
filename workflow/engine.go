package workflow

import (
	"context"
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
	Defs     *Definitions
	Calendar func() *Calendar // the calendar in force
	Now      func() time.Time
}

// Input is what an actor asks for.
type Input struct {
	Action  Action
	Version int64 // the version the actor saw; 0 acts on the present one
	Note    string
	Fields  map[string]any
}
