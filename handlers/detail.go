package handlers

import (
	"context"

	"github.com/gin-gonic/gin"

	"github.com/shujie-gov/shujie/fault"
	"github.com/shujie-gov/shujie/models"
	"github.com/shujie-gov/shujie/workflow"
)

// log reads the whole log of a case, up to a bound no person reads beyond.
func (h *cases) log(ctx context.Context, sc models.Scope, k workflow.Kind, id workflow.CaseID) ([]eventView, error) {
	n, err := h.show.dir.names(ctx)
	if err != nil {
		return nil, err
	}
	var out []eventView
	for cursor := ""; len(out) < 1000; {
		p, err := h.store.Events(ctx, sc, id, cursor, models.MaxLimit)
		if err != nil {
			return nil, err
		}
		for _, e := range p.Items {
			out = append(out, h.show.event(n, k, e))
		}
		if cursor = p.Next; cursor == "" {
			break
		}
	}
	return out, nil
}

// full shows a case with what is kept beside it: the numbers of its relatives,
// the ledger, and for the page its log, progress and diagram.
func (h *cases) full(c *gin.Context, got *workflow.Case) (caseView, error) {
	ctx, a, sc := c.Request.Context(), actorOf(c), scopeOf(c)
	out, err := h.show.whole(ctx, a, got)
	if err != nil {
		return out, err
	}
	n, err := h.show.dir.names(ctx)
	if err != nil {
		return out, err
	}
	if err := h.relatives(ctx, sc, got, &out); err != nil {
		return out, err
	}
	fetches, err := h.ledger.Fetches(ctx, sc, got.ID)
	if err != nil {
		return out, err
	}
	out.Fetches = make([]fetchView, 0, len(fetches))
	now := h.engine.Moment().Now
	for _, f := range fetches {
		out.Fetches = append(out.Fetches, fetchOf(n, f, now))
	}
	receipts, err := h.ledger.Receipts(ctx, sc, got.ID)
	if err != nil {
		return out, err
	}
	out.Receipts = make([]receiptView, 0, len(receipts))
	for _, r := range receipts {
		out.Receipts = append(out.Receipts, receiptOf(n, r))
	}
	if out.Changes, err = h.show.changed(ctx, h.changes, got); err != nil {
		return out, err
	}
	if out.Reminded, err = h.reminded(ctx, sc, got); err != nil {
		return out, err
	}
	if decides(a, got, out.Hops) {
		if out.Candidates, out.Gaps, err = h.candidates(ctx, sc, got); err != nil {
			return out, err
		}
	}
	if !wantsHTML(c) {
		return out, nil
	}
	out.Clocks.Rule = h.show.why(got)
	log, err := h.log(ctx, sc, got.Kind, got.ID)
	if err != nil {
		return out, err
	}
	out.Steps = steps(got, log)
	for i := len(log) - 1; i >= 0; i-- {
		out.Events = append(out.Events, log[i])
	}
	out.Depts = n.deptViews()
	if out.Staff, err = h.staff(ctx, out.Choices, got.Parts[workflow.Lead]); err != nil {
		return out, err
	}
	if out.Supplies, err = h.supplies(ctx, out.Choices, got.Parts[workflow.Lead]); err != nil {
		return out, err
	}
	if d, err := h.engine.Defs.Of(got); err == nil {
		out.Diagram = d.SVG(got.State, langOf(c))
	}
	if got.Kind == workflow.Blocker && got.Item != 0 {
		same, err := h.show.similar(ctx, h.store, sc, a, got.Item, got.Proof)
		if err != nil {
			return out, err
		}
		for _, s := range same {
			if s.ID != out.ID {
				out.Similar++
			}
		}
	}
	return out, nil
}

// relatives names the parent and the children that the reader may see.
func (h *cases) relatives(ctx context.Context, sc models.Scope, got *workflow.Case, out *caseView) error {
	if got.Parent != 0 {
		p, err := h.store.Case(ctx, sc, got.Parent)
		switch {
		case err == nil:
			out.Parent = &caseRef{ID: int64(p.ID), Number: models.NumberOf(&p), Title: p.Title}
		case fault.KindOf(err) != fault.NotFound:
			return err
		}
	}
	alone := false
	for _, k := range got.Children {
		alone = alone || k.ID != 0
	}
	if !alone {
		return nil
	}
	kids, err := h.store.Cases(ctx, sc, models.CaseQuery{Parent: got.ID, Sort: models.ByNewest, Limit: models.MaxLimit})
	if err != nil {
		return err
	}
	for i := range out.Children {
		for _, k := range kids.Items {
			if out.Children[i].ID == int64(k.ID) {
				out.Children[i].Number = k.Number()
				out.Children[i].StateName = h.show.stateTitle(k.Kind, k.Def, k.State)
			}
		}
	}
	return h.cameBack(ctx, sc, got, out)
}

// cameBack says why assists were returned, to whom may see them.
func (h *cases) cameBack(ctx context.Context, sc models.Scope, got *workflow.Case, out *caseView) error {
	n, err := h.show.dir.names(ctx)
	if err != nil {
		return err
	}
	for i, k := range got.Children {
		if k.Kind != workflow.Assist || k.State != "returned" || out.Children[i].Number == "" {
			continue
		}
		child, err := h.store.Case(ctx, sc, k.ID)
		if err != nil {
			return err
		}
		out.Children[i].Return = h.show.returned(n, &child)
	}
	return nil
}
