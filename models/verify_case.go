package models

import "github.com/shujie-gov/shujie/workflow"

// history is a case with its events by seq.
type history struct {
	row    caseRow
	events []eventRow
}

// history checks one case.
func (v *verifier) history(h *history) error {
	if h.row.ID == 0 {
		return nil
	}
	id := workflow.CaseID(h.row.ID)
	own, err := h.ownSeqs()
	if err != nil {
		return err
	}
	next, prev, linked := int64(1), "", true
	for i := range h.events {
		e := &h.events[i]
		for ; next < e.Seq && !v.full(); next++ {
			linked = false
			v.found(Problem{Kind: Missing, Case: id, Seq: next}, "event %d of case %d is gone", next, id)
		}
		at := Problem{Case: id, Seq: e.Seq, Event: e.ID}
		switch sound := own[i] == e.Seq; {
		case !sound && own[i] != 0:
			at.Kind, linked = Reordered, false
			v.found(at, "event %d of case %d was written as event %d", e.Seq, id, own[i])
		case !sound:
			at.Kind, linked = Changed, false
			v.found(at, "event %d of case %d was changed: its hash does not cover what it says", e.Seq, id)
		case h.displaces(own, i):
			at.Kind, linked = Inserted, false
			v.found(at, "event %d of case %d was put in the place of another", e.Seq, id)
		case linked && e.Prev != prev:
			at.Kind, at.Seq, at.Event = Changed, e.Seq-1, 0
			v.found(at, "event %d of case %d was rewritten: event %d follows another one", e.Seq-1, id, e.Seq)
			linked = true
		default:
			linked = true
		}
		prev, next = e.Hash, e.Seq+1
	}
	v.ending(h, id, next-1)
	return nil
}

// ending compares the case with its last event, whose seq is given.
func (v *verifier) ending(h *history, id workflow.CaseID, last int64) {
	for seq := last + 1; seq <= h.row.Version && !v.full(); seq++ {
		v.found(Problem{Kind: Missing, Case: id, Seq: seq}, "event %d of case %d is gone: the case is at version %d", seq, id, h.row.Version)
	}
	if len(h.events) == 0 || last < h.row.Version {
		return
	}
	for _, e := range h.events {
		if e.Seq > h.row.Version {
			v.found(Problem{Kind: Inserted, Case: id, Seq: e.Seq, Event: e.ID}, "case %d is at version %d and has an event %d", id, h.row.Version, e.Seq)
		}
	}
	if last > h.row.Version {
		return
	}
	e := h.events[len(h.events)-1]
	at := Problem{Kind: Changed, Case: id, Seq: e.Seq, Event: e.ID}
	if e.Hash != h.row.Chain {
		v.found(at, "the last event of case %d was rewritten: the case knows another hash", id)
	}
	if e.Def != h.row.DefVersion {
		v.found(at, "case %d runs under version %d of its definition, and its last event under %d", id, h.row.DefVersion, e.Def)
	}
	if e.ToState != h.row.State {
		v.found(at, "case %d is in state %q, and its last event led to %q", id, h.row.State, e.ToState)
	}
}

// ownSeqs returns for each event the seq that its hash covers, 0 when its
// content fits none.
func (h *history) ownSeqs() ([]int64, error) {
	own := make([]int64, len(h.events))
	most := max(h.row.Version, int64(len(h.events))) + 1
	for i := range h.events {
		e := h.events[i] // a copy, to try other places
		at := e.Seq
		for try := int64(0); try <= most; try++ {
			if e.Seq = try; try == 0 {
				e.Seq = at
			}
			sum, err := e.digest()
			if err != nil {
				return nil, err
			}
			if sum == e.Hash {
				own[i] = e.Seq
				break
			}
		}
	}
	return own, nil
}

// displaces reports whether event i sits where an older row belongs.
func (h *history) displaces(own []int64, i int) bool {
	for j := range h.events {
		if j != i && own[j] == h.events[i].Seq && h.events[j].ID < h.events[i].ID {
			return true
		}
	}
	return false
}
