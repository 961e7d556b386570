package handlers

import (
	"context"

	"github.com/shujie-gov/shujie/models"
	"github.com/shujie-gov/shujie/workflow"
)

// similarShown is how many similar blockers the filing page lists for a proof.
const similarShown = 3

// similar lists the open blockers of an item and a proof that the reader sees.
func (v *viewer) similar(ctx context.Context, store caseReader, sc models.Scope, a workflow.Actor, item int64, proof string) ([]lineView, error) {
	open := true
	got, err := store.Cases(ctx, sc, models.CaseQuery{
		Kind: workflow.Blocker, Item: item, Text: proof, Open: &open, Sort: models.ByNewest, Limit: models.MaxLimit,
	})
	if err != nil {
		return nil, err
	}
	same := got.Items[:0]
	for _, l := range got.Items {
		if l.Proof == proof {
			same = append(same, l)
		}
	}
	return v.lines(ctx, a, same)
}

// brief shows a service item as a list does. Its no-meeting case is named only
// to readers who may see it.
func (v *viewer) brief(ctx context.Context, store caseReader, sc models.Scope, n *names, it models.ServiceItem) (itemView, error) {
	out := itemView{ID: it.ID, Code: it.Code, Name: it.Name, Dept: n.dept(it.Dept), Region: n.region(it.Region)}
	if it.Case == 0 {
		return out, nil
	}
	seen, err := store.CountCases(ctx, sc, models.CaseQuery{Kind: workflow.Service, Item: it.ID}, 1)
	if seen > 0 {
		out.Case = int64(it.Case)
	}
	return out, err
}

// item shows a service item; with its proofs, each says who holds it, whether
// it may be had, and how often it was asked for before.
func (v *viewer) item(ctx context.Context, store caseReader, sc models.Scope, a workflow.Actor, it models.ServiceItem) (itemView, error) {
	n, err := v.dir.names(ctx)
	if err != nil {
		return itemView{}, err
	}
	out, err := v.brief(ctx, store, sc, n, it)
	if err != nil {
		return out, err
	}
	for _, p := range it.Proofs {
		pv := proofView{ID: p.ID, Name: p.Name, Holder: n.dept(p.Holder), Holders: p.Holders, Alternative: p.Alternative, Basis: p.Basis, Issuer: p.Issuer}
		pv.ClassName = classTitle(workflow.NoData)
		route, err := v.tables.decide(ctx, workflow.RoutingQuestion{
			Region: a.Region, Item: it.ID, Proofs: []string{p.Name}, Holder: p.Holder, Holders: int64(p.Holders),
		})
		if err != nil {
			return out, err
		}
		pv.Goes = n.dept(route.To)
		if p.Resource != 0 {
			r, err := v.dir.resource(ctx, p.Resource)
			if err != nil {
				return out, err
			}
			pv.Resource = &refView{ID: r.ID, Name: r.Name}
			pv.ShareClass, pv.ClassName, pv.Connected = int(r.Class), classTitle(r.Class), r.Connected
		}
		if pv.FetchNow, err = v.fetchable(ctx, it.Dept, it.ID, p.Resource); err != nil {
			return out, err
		}
		first, err := v.window.Same(ctx, it.ID, p.Name)
		if err != nil {
			return out, err
		}
		if first.ID != 0 {
			pv.Same = &sameView{Number: first.Number, Joined: first.Joined}
		}
		same, err := v.similar(ctx, store, sc, a, it.ID, p.Name)
		if err != nil {
			return out, err
		}
		pv.Open = int64(len(same))
		pv.Similar = same[:min(len(same), similarShown)]
		pv.Closed, err = store.CountCases(ctx, sc, models.CaseQuery{Kind: workflow.Blocker, Item: it.ID, Text: p.Name, State: "closed"}, countMax)
		if err != nil {
			return out, err
		}
		out.Proofs = append(out.Proofs, pv)
	}
	return out, nil
}
