package handlers

import (
	"cmp"
	"context"
	"fmt"
	"slices"

	"github.com/shujie-gov/shujie/fault"
	"github.com/shujie-gov/shujie/models"
	"github.com/shujie-gov/shujie/workflow"
)

// choosing collects the departments that could lead a blocker, best first.
type choosing struct {
	v     *viewer
	names *names
	list  []candidateView
}

// decides reports whether it is the actor's to say who leads a blocker.
func decides(a workflow.Actor, c *workflow.Case, hops *hopsView) bool {
	if c.Kind != workflow.Blocker || c.Ended || c.State != "filed" && c.State != "accepted" && (hops == nil || !hops.Decide) {
		return false
	}
	seat := workflow.Seat{Role: workflow.Coordinator}
	return slices.ContainsFunc(a.Grants, func(g workflow.Grant) bool { return seat.Holds(g, c) })
}

// candidates lists who could lead a blocker and why: who was proposed when it
// came back, whom the table in force names, who holds or provides the data, who
// solved it before, who demands the paper. Proofs for which nobody is registered
// are gaps in the catalogue.
func (h *cases) candidates(ctx context.Context, sc models.Scope, c *workflow.Case) (list []candidateView, gaps []string, err error) {
	n, err := h.show.dir.names(ctx)
	if err != nil {
		return nil, nil, err
	}
	k := &choosing{v: h.show, names: n}
	if to, _ := c.Facts["proposed"].(int64); to != 0 {
		k.add(workflow.DeptID(to), "退回部门建议", "Proposed by the department that returned it")
	}
	route, err := h.tables.decide(ctx, workflow.QuestionOf(c))
	if err != nil {
		return nil, nil, err
	}
	if route.Set != 0 && route.To != 0 {
		k.add(route.To, fmt.Sprintf("路由规则第 %d 版第 %d 行：%s", route.Set, route.Row, route.Reason), fmt.Sprintf("Routing table %d, row %d: %s", route.Set, route.Row, route.Reason))
	}
	if gaps, err = k.holders(ctx, h.tables.src, c); err != nil {
		return nil, nil, err
	}
	closed, err := h.tables.src.ClosedBy(ctx, sc, c.Item, append(workflow.QuestionOf(c).Proofs, c.Proof))
	if err != nil {
		return nil, nil, err
	}
	k.closed(closed)
	if d := c.Parts[workflow.Demander]; d != 0 {
		k.add(d, "索要部门：可以停止索要", "Demands the paper, and may stop to")
	}
	k.back(c)
	return k.list, gaps, nil
}

// add gives a department one more reason. A hall leads nothing.
func (k *choosing) add(id workflow.DeptID, zh, en string) *candidateView {
	d := k.names.dept(id)
	if d == nil || d.Hall {
		return nil
	}
	i := slices.IndexFunc(k.list, func(c candidateView) bool { return c.Department.ID == id })
	if i < 0 {
		i = len(k.list)
		k.list = append(k.list, candidateView{Department: *d, Holds: []holdsView{}})
	}
	why := fault.Text{ZH: zh, EN: en}
	if !slices.Contains(k.list[i].Reasons, why) {
		k.list[i].Reasons = append(k.list[i].Reasons, why)
	}
	return &k.list[i]
}

// holders adds who is registered as holding the data of each demanded paper, and
// who provides what replaces it.
func (k *choosing) holders(ctx context.Context, src routingSource, c *workflow.Case) (gaps []string, err error) {
	var registered []models.Holding
	if c.Item != 0 {
		if registered, err = src.Holdings(ctx, c.Item); err != nil {
			return nil, err
		}
	}
	for _, need := range c.Requirements {
		found := false
		for _, h := range registered {
			if h.Proof != need.Name {
				continue
			}
			found = true
			if err := k.holder(ctx, h.Dept, need.Name, h.Resource, "目录登记持有「"+need.Name+"」的数据", "Registered as holding the data of "+need.Name); err != nil {
				return nil, err
			}
		}
		if !found {
			gaps = append(gaps, need.Name)
		}
		if need.Provider == 0 {
			continue
		}
		if err := k.holder(ctx, need.Provider, need.Name, need.Resource, "提供替代「"+need.Name+"」的数据", "Provides the data that replaces "+need.Name); err != nil {
			return nil, err
		}
	}
	return gaps, nil
}

func (k *choosing) holder(ctx context.Context, id workflow.DeptID, proof string, resource int64, zh, en string) error {
	c := k.add(id, zh, en)
	if c == nil {
		return nil
	}
	holds := holdsView{Proof: proof, ClassName: classTitle(workflow.NoData)}
	if resource != 0 {
		r, err := k.v.dir.resource(ctx, resource)
		if err != nil && fault.KindOf(err) != fault.NotFound {
			return err
		}
		if err == nil {
			holds.Resource, holds.Class, holds.ClassName, holds.Connected = &refView{ID: r.ID, Name: r.Name}, int(r.Class), classTitle(r.Class), r.Connected
		}
	}
	same := func(o holdsView) bool { return o.Proof == proof && (o.Resource == nil) == (holds.Resource == nil) }
	if !slices.ContainsFunc(c.Holds, same) {
		c.Holds = append(c.Holds, holds)
	}
	return nil
}

// closed adds who closed blockers of the same kind, the most first.
func (k *choosing) closed(by map[workflow.DeptID]int64) {
	var ids []workflow.DeptID
	for id := range by {
		ids = append(ids, id)
	}
	slices.SortFunc(ids, func(a, b workflow.DeptID) int { return cmp.Or(cmp.Compare(by[b], by[a]), cmp.Compare(a, b)) })
	for _, id := range ids {
		if c := k.add(id, fmt.Sprintf("办结过 %d 件同类堵点", by[id]), fmt.Sprintf("Blockers of the same kind closed: %d", by[id])); c != nil {
			c.Closed = by[id]
		}
	}
}

// back puts whoever has just passed the case on last.
func (k *choosing) back(c *workflow.Case) {
	if hops, _ := c.Facts["hops"].(int64); hops == 0 || c.State != "accepted" {
		return
	}
	for i := range k.list {
		k.list[i].Returned = k.list[i].Department.ID == c.Parts[workflow.Lead]
	}
	slices.SortStableFunc(k.list, func(a, b candidateView) int {
		switch {
		case a.Returned == b.Returned:
			return 0
		case a.Returned:
			return 1
		}
		return -1
	})
}
