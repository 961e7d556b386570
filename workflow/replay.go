package workflow

import (
	"context"

	"github.com/shujie-gov/shujie/fault"
)

// Stale is the outcome of a row whose case was moved after the preview.
const Stale Outcome = "stale"

// Replays is what a replay needs of the store, beside moving cases.
type Replays interface {
	// RunningTerms lists open cases with a running term by id, after one id.
	RunningTerms(ctx context.Context, after CaseID, limit int) ([]Case, error)
	// KeepRecounts adds a page to a preview: its rows, how many cases it looked at,
	// and the last of them. A page that does not go on from the last one, as
	// somebody else counts, too, is a Conflict.
	KeepRecounts(ctx context.Context, replay int64, page RecountPage) error
	// PendingRecounts returns rows that had no turn yet.
	PendingRecounts(ctx context.Context, replay int64, limit int) ([]Recount, error)
	// SettleRecounts writes outcomes down.
	SettleRecounts(ctx context.Context, replay int64, done []CaseOutcome) error
	// RecountEvent returns the event that a replay made of a case, nil when there
	// is none.
	RecountEvent(ctx context.Context, id CaseID, replay int64) (*Event, error)
	// LastEvent returns the last event of a case.
	LastEvent(ctx context.Context, id CaseID) (Event, error)
}

// RecountPage is what looking at some cases in a row came to.
type RecountPage struct {
	After, Last CaseID // the cases after one, up to one
	Looked      int
	Rows        []Recount
}

// PreviewReplay keeps as rows what counting every running term with cal would
// move, from the case after on. It writes no case. A preview that was cut off is
// taken up with the last case that was noted.
func (e *Engine) PreviewReplay(ctx context.Context, r Replays, replay int64, after CaseID, cal *Calendar) error {
	defs, m := e.Defs.Snapshot(), e.Moment()
	m.Calendar = cal
	for {
		list, err := r.RunningTerms(ctx, after, planPage)
		if err != nil || len(list) == 0 {
			return err
		}
		page := RecountPage{After: after, Last: list[len(list)-1].ID, Looked: len(list)}
		for _, c := range list {
			row, moves, err := defs.Recounted(c, m)
			if err != nil {
				return err
			}
			if moves {
				page.Rows = append(page.Rows, row)
			}
		}
		if err := r.KeepRecounts(ctx, replay, page); err != nil {
			return err
		}
		after = page.Last
	}
}

// RunReplay gives every row of a preview its turn: the case is counted anew with
// cal, as an event of its own, if it is at the version that the preview saw and
// comes to the date that the preview says. A run that was cut off is taken up by
// calling it again: no case is counted twice and none is forgotten.
func (e *Engine) RunReplay(ctx context.Context, r Replays, replay int64, cal *Calendar) error {
	return inChunks(ctx, func() ([]Recount, error) { return r.PendingRecounts(ctx, replay, turnPage) },
		func(row Recount) (CaseOutcome, error) { return e.recalculate(ctx, r, replay, cal, row) },
		func(done []CaseOutcome) error { return r.SettleRecounts(ctx, replay, done) })
}

// recalculate moves the case of one row, or finds out why it is not moved.
func (e *Engine) recalculate(ctx context.Context, r Replays, replay int64, cal *Calendar, row Recount) (CaseOutcome, error) {
	other := false // the case is another one than the preview saw
	c, err := again(func() (Case, error) {
		return e.update(ctx, SystemActor(), row.Case, Key{}, func(c Case) (Decision, error) {
			if other = c.Version != row.Version; other {
				return Decision{}, e.superseded(ctx, r, &c)
			}
			m := e.Moment()
			m.Calendar = cal
			dec, err := e.Defs.Recalculate(c, replay, m)
			if err == nil && written(dec.After.Due) != written(row.After) {
				err = fault.New(fault.Conflict, "结果与预览不同，请重新预览", "it comes to another date than the preview says; preview it again")
			}
			return dec, err
		})
	})
	out := CaseOutcome{Case: row.Case, Outcome: Moved, Seq: c.Version}
	switch {
	case err == nil:
		return out, nil
	case fault.Temporary(err) || ctx.Err() != nil:
		return out, err
	case other:
		made, e := r.RecountEvent(ctx, row.Case, replay)
		if e != nil {
			return out, e
		}
		if made != nil { // it was moved before the run was cut off
			out.Seq = made.Seq
			return out, nil
		}
	}
	return CaseOutcome{Case: row.Case, Outcome: unmoved(err), Why: Reason(err)}, nil
}

// superseded refuses a row by what was done to its case after the preview.
func (e *Engine) superseded(ctx context.Context, r Replays, c *Case) error {
	last, err := r.LastEvent(ctx, c.ID)
	if err != nil {
		return err
	}
	return e.Defs.stale(c, last)
}

// unmoved is the outcome of a row that was refused.
func unmoved(err error) Outcome {
	if fault.KindOf(err) == fault.Conflict {
		return Stale
	}
	return Failed
}
