package handlers

import (
	"context"
	"slices"

	"github.com/shujie-gov/shujie/models"
	"github.com/shujie-gov/shujie/workflow"
)

// resourceLister lists entries of the catalogue.
type resourceLister interface {
	Resources(ctx context.Context, q models.ResourceQuery) (models.Page[models.Resource], error)
}

// maxSupplies bounds how many resources an action offers to choose from; who has
// more gives the number. House rule.
const maxSupplies = 1000

// supplies returns the published resources of a department as an action that
// names one offers them, when there is such an action; none when there are too
// many to choose from.
func (h *cases) supplies(ctx context.Context, choices []choiceView, dept workflow.DeptID) ([]refView, error) {
	asked := slices.ContainsFunc(choices, func(ch choiceView) bool {
		return ch.Allowed && slices.ContainsFunc(ch.Inputs, func(in inputView) bool { return in.Type == "resource" })
	})
	if !asked || dept == 0 {
		return nil, nil
	}
	var list []refView
	q := models.ResourceQuery{Provider: dept, Status: models.EntryPublished, Scope: models.Scope{All: true}, Limit: models.MaxLimit}
	for {
		page, err := h.entries.Resources(ctx, q)
		if err != nil {
			return nil, err
		}
		for _, r := range page.Items {
			list = append(list, refView{r.ID, r.Name})
		}
		if len(list) > maxSupplies {
			return nil, nil
		}
		if q.Cursor = page.Next; q.Cursor == "" {
			return list, nil
		}
	}
}
