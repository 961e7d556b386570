package models

import (
	"cmp"
	"context"
	"fmt"
	"slices"

	"github.com/shujie-gov/shujie/workflow"
)

// Report is what Verify found.
type Report struct {
	Events      int64
	Checkpoints int64
	Unsealed    int64
	Calls       int64 // rows of the ledger
	Receipts    int64
	Problems    []Problem // in the order of the log; empty when the chain holds
}

// Problem names a row that does not fit.
type Problem struct {
	Kind       string // changed, missing, inserted, reordered
	Case       workflow.CaseID
	Seq        int64
	Event      int64 // row id
	Checkpoint int64
	Fetch      int64 // row of the ledger
	Receipt    int64
	Text       string // English, for the operator
}

// The kinds of problems.
const (
	Changed   = "changed"
	Missing   = "missing"
	Inserted  = "inserted"
	Reordered = "reordered"
)

// Verify walks both chains and then ledger, receipts and records, and names what
// was changed, removed, inserted or reordered. It stops after limit problems.
func (s *Store) Verify(ctx context.Context, limit int) (Report, error) {
	if limit <= 0 {
		limit = 100
	}
	v := &verifier{s: s, limit: limit}
	err := firstError(
		func() error { return v.checkpoints(ctx, sealedLogs()) },
		func() error { return v.chains(ctx) },
		func() error { return v.orphans(ctx) },
		func() error { return v.ledger(ctx) },
		func() error { return v.numbers(ctx) },
	)
	if err != nil {
		return Report{}, dbError("verify", err)
	}
	v.Unsealed = v.Events - v.sealed
	slices.SortStableFunc(v.Problems, func(a, b Problem) int {
		return cmp.Or(cmp.Compare(a.Checkpoint, b.Checkpoint), cmp.Compare(a.Case, b.Case), cmp.Compare(a.Seq, b.Seq), cmp.Compare(a.Event, b.Event))
	})
	return v.Report, nil
}

type verifier struct {
	Report
	s      *Store
	limit  int
	sealed int64 // events that are there and counted

	removed removed // of the log that is looked at
}

// removed is how many rows of a log may be gone, since their time was over, and
// how many are.
type removed struct{ through, count, gone int64 }

func (v *verifier) full() bool { return len(v.Problems) >= v.limit }

func (v *verifier) found(p Problem, text string, args ...any) {
	if v.full() {
		return
	}
	p.Text = fmt.Sprintf(text, args...)
	v.Problems = append(v.Problems, p)
}

// chains checks the chain of every case and that the case says what its last
// event says. One statement reads all of it, at one moment.
func (v *verifier) chains(ctx context.Context) error {
	rows, err := v.s.read(ctx).Raw(`SELECT c.id, c.version, c.def_version, c.state, c.chain,
		coalesce(e.id, 0), coalesce(e.seq, 0), coalesce(e.action, ''), coalesce(e.from_state, ''), coalesce(e.to_state, ''),
		coalesce(e.actor, 0), coalesce(e.name, ''), coalesce(e.role, ''), coalesce(e.dept, 0), e.at, coalesce(e.note, ''),
		coalesce(e.data, ''), coalesce(e.def, 0), coalesce(e.prev, ''), coalesce(e.hash, '')
		FROM cases c LEFT JOIN events e ON e.case_id = c.id ORDER BY c.id, e.seq`).Rows()
	if err != nil {
		return err
	}
	defer func() { _ = rows.Close() }()
	var c history
	for rows.Next() && !v.full() {
		var r caseRow
		var e eventRow
		err := rows.Scan(&r.ID, &r.Version, &r.DefVersion, &r.State, &r.Chain, &e.ID, &e.Seq, &e.Action, &e.FromState, &e.ToState,
			&e.Actor, &e.Name, &e.Role, &e.Dept, &e.At, &e.Note, &e.Data, &e.Def, &e.Prev, &e.Hash)
		if err != nil {
			return err
		}
		if r.ID != c.row.ID {
			if err := v.history(&c); err != nil {
				return err
			}
			c = history{row: r}
		}
		if e.ID != 0 {
			e.CaseID = r.ID
			c.events = append(c.events, e)
			v.Events++
		}
	}
	if err := rows.Err(); err != nil {
		return err
	}
	return v.history(&c)
}

// orphans finds events whose case is gone.
func (v *verifier) orphans(ctx context.Context) error {
	if v.full() {
		return nil
	}
	var list []struct{ CaseID, Event, N int64 }
	err := v.s.read(ctx).Raw(`SELECT e.case_id, min(e.id) AS event, count(*) AS n FROM events e
		WHERE NOT EXISTS (SELECT 1 FROM cases c WHERE c.id = e.case_id) GROUP BY e.case_id ORDER BY e.case_id LIMIT ?`, v.limit).Scan(&list).Error
	for _, o := range list {
		v.Events += o.N
		v.found(Problem{Kind: Missing, Case: workflow.CaseID(o.CaseID), Event: o.Event}, "case %d is gone, and %d of its events are there", o.CaseID, o.N)
	}
	return err
}
