package models

import (
	"context"
	"slices"

	"github.com/shujie-gov/shujie/workflow"
)

// checkpoints checks the chains of checkpoints, and each against the rows that
// are there. It reads the checkpoints first: what they count was committed by
// then.
func (v *verifier) checkpoints(ctx context.Context, logs []sealedLog) error {
	for _, l := range logs {
		var list []checkpointRow
		if err := v.s.read(ctx).Where("log = ?", l.table).Order("id").Find(&list).Error; err != nil {
			return err
		}
		v.Checkpoints += int64(len(list))
		v.removed = removed{}
		if l.table == ledgerLog {
			var err error
			if v.removed.through, v.removed.count, err = v.removals(ctx); err != nil {
				return err
			}
		}
		if err := v.chain(ctx, l, list); err != nil {
			return err
		}
		if r := v.removed; r.gone > r.count {
			v.found(Problem{Kind: Missing, Fetch: r.through}, "of the ledger rows through %d, %d are gone, and %d were removed on record", r.through, r.gone, r.count)
		}
	}
	return nil
}

// chain checks the checkpoints of a log.
func (v *verifier) chain(ctx context.Context, l sealedLog, list []checkpointRow) error {
	late := map[int64]bool{}
	for i := range list {
		_, ids, err := list[i].lists()
		if err != nil {
			continue // the checkpoint is reported below: its hash covers the lists
		}
		for _, id := range ids {
			late[id] = true
		}
	}
	var prev checkpointRow
	for i := range list {
		c := &list[i]
		sum, err := c.digest()
		if err != nil {
			return err
		}
		switch at := (Problem{Checkpoint: c.ID}); {
		case sum != c.Hash:
			at.Kind = Changed
			v.found(at, "checkpoint %d of the %s was changed: its hash does not cover what it says", c.ID, l.table)
		case c.ID != prev.ID+1:
			at.Kind = Missing
			v.found(at, "the checkpoints of the %s between %d and %d are gone", l.table, prev.ID, c.ID)
		case c.Prev != prev.Hash || c.FromID != prev.ToID+1:
			at.Kind = Changed
			v.found(at, "checkpoint %d of the %s does not follow checkpoint %d: one of them was rewritten", c.ID, l.table, prev.ID)
		}
		if sum == c.Hash {
			if err := v.counted(ctx, l, c, late); err != nil {
				return err
			}
		}
		if v.full() {
			return nil
		}
		prev = *c
	}
	return nil
}

// placed is a row as it is compared with a checkpoint.
type placed struct {
	ID     int64
	Hash   string
	CaseID int64
	Seq    int64
}

// counted compares a checkpoint with the rows that are there.
func (v *verifier) counted(ctx context.Context, l sealedLog, c *checkpointRow, lateAnywhere map[int64]bool) error {
	missing, late, err := c.lists()
	if err != nil {
		return err
	}
	var there []placed
	err = v.s.read(ctx).Raw(l.rows()+" WHERE id BETWEEN ? AND ? ORDER BY id", c.FromID, c.ToID).Scan(&there).Error
	if err != nil {
		return err
	}
	for chunk := range slices.Chunk(late, inserts) {
		var came []placed
		if err := v.s.read(ctx).Raw(l.rows()+" WHERE id IN ?", chunk).Scan(&came).Error; err != nil {
			return err
		}
		there = append(there, came...)
	}
	uncounted := map[int64]bool{}
	for _, id := range missing {
		uncounted[id] = true
	}
	present := map[int64]bool{}
	var sum []hashed
	for _, e := range there {
		present[e.ID] = true
		inRange := e.ID >= c.FromID && e.ID <= c.ToID
		switch {
		case !inRange || !uncounted[e.ID]:
			sum = append(sum, hashed{e.ID, e.Hash})
		case lateAnywhere[e.ID]: // counted by a later checkpoint
		case c.At.Add(lateFor).Before(v.s.now()):
			p := l.problem(Inserted, e.ID, c)
			p.Case, p.Seq = workflow.CaseID(e.CaseID), e.Seq
			v.found(p, "%s %d (case %d) was not there when checkpoint %d of the %s sealed its range", l.row(), e.ID, e.CaseID, c.ID, l.table)
		}
	}
	if l.table == eventLog {
		v.sealed += int64(len(sum))
	}
	gone := false
	absent := func(id int64) {
		switch {
		case present[id]:
		case id <= v.removed.through:
			gone = true
			v.removed.gone++
		default:
			gone = true
			v.found(l.problem(Missing, id, c), "%s %d is gone: checkpoint %d of the %s counted it", l.row(), id, c.ID, l.table)
		}
	}
	for id := c.FromID; id <= c.ToID && !v.full(); id++ {
		if !uncounted[id] {
			absent(id)
		}
	}
	for _, id := range late {
		absent(id)
	}
	if !gone && (root(sum) != c.Root || int64(len(sum)) != c.Count) {
		v.found(Problem{Kind: Changed, Checkpoint: c.ID},
			"one of the %s %d to %d has another hash than the one that checkpoint %d sealed", l.table, c.FromID, c.ToID, c.ID)
	}
	return nil
}

// rows selects the rows of the log as they are compared.
func (l sealedLog) rows() string {
	seq := "0"
	if l.table == eventLog {
		seq = "seq"
	}
	return "SELECT id, " + l.hash + " AS hash, case_id, " + seq + " AS seq FROM " + l.table
}

// row is what a row of the log is called.
func (l sealedLog) row() string {
	if l.table == eventLog {
		return "event"
	}
	return "ledger row"
}

func (l sealedLog) problem(kind string, id int64, c *checkpointRow) Problem {
	p := Problem{Kind: kind, Checkpoint: c.ID}
	if l.table == eventLog {
		p.Event = id
	} else {
		p.Fetch = id
	}
	return p
}
