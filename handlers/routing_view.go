package handlers

import (
	"fmt"

	"github.com/gin-gonic/gin"

	"github.com/shujie-gov/shujie/fault"
	"github.com/shujie-gov/shujie/models"
	"github.com/shujie-gov/shujie/workflow"
)

// brief shows a version as a list does.
func (h *routing) brief(n *names, a workflow.Actor, set *models.RoutingSet) routingSetView {
	out := routingSetView{
		ID: set.ID, Title: set.Title, Region: n.region(set.Region), State: string(set.State), StateName: routingTitle(set.State),
		Revision: set.Revision, Count: len(set.Rows), Author: set.Author, CreatedAt: set.CreatedAt, UpdatedAt: set.UpdatedAt,
		Rehearsed: set.Rehearsed(), Activator: set.Activator, ActivatedAt: set.ActivatedAt, RetiredAt: set.RetiredAt,
		MayWrite: h.may(a, set.Region, "write"), MayActivate: h.may(a, set.Region, "activate"), Form: map[string]string{},
	}
	if r := set.Rehearsal; r != nil {
		out.Run = &runView{Revision: r.Revision, From: r.From, To: r.To, Cases: r.Cases, Moved: r.Moved, At: r.At, By: r.By}
	}
	return out
}

// whole shows a version with its rows.
func (h *routing) whole(c *gin.Context, set *models.RoutingSet) (routingSetView, error) {
	ctx := c.Request.Context()
	n, err := h.show.dir.names(ctx)
	if err != nil {
		return routingSetView{}, err
	}
	out := h.brief(n, actorOf(c), set)
	for i, r := range set.Rows {
		row := routingRowView{N: i + 1, Proof: r.Proof, Reason: r.Reason}
		if r.Region != "" {
			region := n.region(r.Region)
			row.Region = &region
		}
		if r.Item != 0 {
			it, err := h.show.dir.item(ctx, r.Item)
			if err != nil && fault.KindOf(err) != fault.NotFound {
				return out, err
			}
			row.Item = &refView{ID: r.Item, Name: it.Name}
		}
		row.Holder, row.HolderTitle = holdingTitle(n, r)
		row.To, row.ToTitle = targetTitle(n, r)
		out.Rows = append(out.Rows, row)
	}
	out.CSV, err = h.text(ctx, set)
	return out, err
}

func holdingTitle(n *names, r workflow.RoutingRow) (string, fault.Text) {
	switch r.Holder {
	case workflow.HeldByNone:
		return string(r.Holder), fault.Text{ZH: "没有登记（目录缺口）", EN: "nobody (a gap in the catalogue)"}
	case workflow.HeldByOne:
		return string(r.Holder), fault.Text{ZH: "唯一一个", EN: "exactly one"}
	case workflow.HeldBySome:
		return string(r.Holder), fault.Text{ZH: "有几个", EN: "several"}
	case workflow.HeldByGiven:
		d := n.byID[r.Held]
		return d.Code, fault.Text{ZH: d.Name, EN: d.Name}
	case workflow.HeldAnyhow:
	}
	return "", fault.Text{}
}

func targetTitle(n *names, r workflow.RoutingRow) (string, fault.Text) {
	switch r.To {
	case workflow.ToHolder:
		return string(r.To), fault.Text{ZH: "唯一的持有部门，否则统筹协调员", EN: "the one holder, else the coordinator"}
	case workflow.ToDepartment:
		d := n.byID[r.Dept]
		return d.Code, fault.Text{ZH: d.Name, EN: d.Name}
	case workflow.ToCoordinator:
	}
	return string(workflow.ToCoordinator), fault.Text{ZH: "统筹协调员", EN: "the coordinator"}
}

func routingTitle(s models.RoutingState) fault.Text {
	switch s {
	case models.RoutingDraft:
		return fault.Text{ZH: "草稿", EN: "Draft"}
	case models.RoutingActive:
		return fault.Text{ZH: "启用中", EN: "In force"}
	case models.RoutingRetired:
		return fault.Text{ZH: "已停用", EN: "Retired"}
	}
	return fault.Text{ZH: fmt.Sprint(s), EN: fmt.Sprint(s)}
}
