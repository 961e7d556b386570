package workflow

import (
	"context"
	"errors"
	"sync"

	"github.com/shujie-gov/shujie/fault"
)

// Outcome is what a migration did to one case.
type Outcome string

// The outcomes. A case is pending from when its turn is written down until its
// outcome is; whoever finds it pending after a crash looks into its log.
const (
	Pending Outcome = "pending"
	Moved   Outcome = "moved"
	Stayed  Outcome = "stayed" // on the old version, with the reason
	Failed  Outcome = "failed" // the system could not decide it
	Undone  Outcome = "undone"
	Kept    Outcome = "kept" // not brought back: it was moved since
)

// CaseOutcome is the outcome of one case. Seq is the event that moved it.
type CaseOutcome struct {
	Case    CaseID
	Outcome Outcome
	Seq     int64
	Why     fault.Text
}

// Turns is what running a migration needs of the store, beside moving cases.
type Turns interface {
	// NextTurns returns the cases whose turn it is, none when all had theirs.
	// Their turn is written down before they are returned.
	NextTurns(ctx context.Context, migration int64, limit int) ([]CaseID, error)
	// MovedCases returns cases that the migration moved and that were not looked
	// at by its undo yet.
	MovedCases(ctx context.Context, migration int64, limit int) ([]CaseOutcome, error)
	// Settle writes outcomes down.
	Settle(ctx context.Context, migration int64, done []CaseOutcome) error
	// EventOf returns the event of a case that the migration made by an action,
	// nil when there is none.
	EventOf(ctx context.Context, id CaseID, a Action, migration int64) (*Event, error)
	// LastEvent returns the last event of a case.
	LastEvent(ctx context.Context, id CaseID) (Event, error)
}

// turnPage is how many cases get their turn in one go.
const turnPage = 100

// turnsAtOnce is how many cases of a chunk are moved at once.
const turnsAtOnce = 8

// maxStale bounds how often a case that is moved by others meanwhile is tried.
const maxStale = 5

// RunMigration gives every open case of the old version its turn, chunk by chunk,
// and returns when all had it. A run that was cut off is taken up by calling it
// again: no case is moved twice and none is forgotten.
func (e *Engine) RunMigration(ctx context.Context, turns Turns, migration int64, t *Transfer) error {
	return inChunks(ctx, func() ([]CaseID, error) { return turns.NextTurns(ctx, migration, turnPage) },
		func(id CaseID) (CaseOutcome, error) { return e.turn(ctx, turns, migration, t, id) },
		func(done []CaseOutcome) error { return turns.Settle(ctx, migration, done) })
}

// UndoMigration brings back every case that the migration moved and nobody moved
// since. It can be cut off and taken up like [Engine.RunMigration].
func (e *Engine) UndoMigration(ctx context.Context, turns Turns, migration int64) error {
	return inChunks(ctx, func() ([]CaseOutcome, error) { return turns.MovedCases(ctx, migration, turnPage) },
		func(o CaseOutcome) (CaseOutcome, error) { return e.unturn(ctx, turns, migration, o) },
		func(done []CaseOutcome) error { return turns.Settle(ctx, migration, done) })
}

// inChunks does the work of a run chunk by chunk. Some cases of a chunk go at
// once, so that they share the commits of the store; a chunk that fails is not
// settled, and whoever takes the run up finds in the log which of it were done.
func inChunks[T any](ctx context.Context, next func() ([]T, error), one func(T) (CaseOutcome, error), settle func([]CaseOutcome) error) error {
	for {
		list, err := next()
		if err != nil || len(list) == 0 {
			return err
		}
		done, errs := make([]CaseOutcome, len(list)), make([]error, len(list))
		var wg sync.WaitGroup
		free := make(chan struct{}, turnsAtOnce)
		for i, item := range list {
			free <- struct{}{}
			if errs[i] = ctx.Err(); errs[i] != nil {
				break
			}
			wg.Go(func() {
				defer func() { <-free }()
				done[i], errs[i] = one(item)
			})
		}
		wg.Wait()
		if err := errors.Join(errs...); err != nil {
			return err
		}
		if err := settle(done); err != nil {
			return err
		}
	}
}

// turn moves one case, or finds out why it stays.
func (e *Engine) turn(ctx context.Context, turns Turns, migration int64, t *Transfer, id CaseID) (CaseOutcome, error) {
	c, err := again(func() (Case, error) { return e.Migrate(ctx, id, t, migration) })
	out := CaseOutcome{Case: id, Outcome: Moved, Seq: c.Version}
	switch {
	case err == nil:
		return out, nil
	case fault.Temporary(err) || ctx.Err() != nil:
		return out, err
	case fault.KindOf(err) == fault.Conflict:
		made, e := turns.EventOf(ctx, id, ActionMigrate, migration)
		if e != nil {
			return out, e
		}
		if made != nil { // it was moved before the run was cut off
			out.Seq = made.Seq
			return out, nil
		}
		return CaseOutcome{Case: id, Outcome: Stayed, Why: Reason(err)}, nil
	}
	return CaseOutcome{Case: id, Outcome: Failed, Why: Reason(err)}, nil
}

// unturn brings one case back, or finds out why it cannot be.
func (e *Engine) unturn(ctx context.Context, turns Turns, migration int64, o CaseOutcome) (CaseOutcome, error) {
	moved, err := turns.EventOf(ctx, o.Case, ActionMigrate, migration)
	if err != nil {
		return o, err
	}
	if moved == nil {
		return CaseOutcome{Case: o.Case, Outcome: Failed, Seq: o.Seq, Why: fault.Text{ZH: "记录中没有这次改版", EN: "its log knows nothing of this migration"}}, nil
	}
	_, err = again(func() (Case, error) {
		last, err := turns.LastEvent(ctx, o.Case)
		if err != nil {
			return Case{}, err
		}
		return e.Restore(ctx, o.Case, *moved, last)
	})
	out := CaseOutcome{Case: o.Case, Outcome: Undone, Seq: o.Seq}
	switch {
	case err == nil:
		return out, nil
	case fault.Temporary(err) || ctx.Err() != nil:
		return out, err
	case fault.KindOf(err) == fault.Conflict:
		back, e := turns.EventOf(ctx, o.Case, ActionRestore, migration)
		if e != nil || back != nil {
			return out, e
		}
		return CaseOutcome{Case: o.Case, Outcome: Kept, Seq: o.Seq, Why: Reason(err)}, nil
	}
	return CaseOutcome{Case: o.Case, Outcome: Failed, Seq: o.Seq, Why: Reason(err)}, nil
}

// again repeats a move that somebody else's move came before.
func again(move func() (Case, error)) (c Case, err error) {
	for range maxStale {
		if c, err = move(); fault.KindOf(err) != fault.Stale {
			break
		}
	}
	return c, err
}
