package handlers

import (
	"context"
	"time"

	"github.com/shujie-gov/shujie/fault"
	"github.com/shujie-gov/shujie/models"
	"github.com/shujie-gov/shujie/workflow"
)

// remindedView says who reminded last those for whom a case waits (催办), and
// when.
type remindedView struct {
	By         string     `json:"by"`
	RoleTitle  fault.Text `json:"role_title"`
	Department *deptView  `json:"department,omitempty"`
	At         time.Time  `json:"at"`
}

// reminded finds the last reminder of a case, nil when there was none.
func (h *cases) reminded(ctx context.Context, sc models.Scope, got *workflow.Case) (*remindedView, error) {
	if at, _ := got.Facts["reminded"].(string); at == "" {
		return nil, nil //nolint:nilnil // no reminder is an answer
	}
	e, err := h.store.LastOf(ctx, sc, got.ID, "remind")
	if fault.KindOf(err) == fault.NotFound {
		return nil, nil //nolint:nilnil // as above
	}
	if err != nil {
		return nil, err
	}
	n, err := h.show.dir.names(ctx)
	if err != nil {
		return nil, err
	}
	return &remindedView{By: e.Name, RoleTitle: e.Role.Title(), Department: n.dept(e.Dept), At: e.At}, nil
}
