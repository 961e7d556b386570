package handlers

import (
	"context"
	"slices"

	"github.com/shujie-gov/shujie/fault"
	"github.com/shujie-gov/shujie/models"
	"github.com/shujie-gov/shujie/workflow"
)

// quickView is what one click does with a row of a list, or why nothing can be
// done with it now.
type quickView struct {
	Action string // "" when there is nothing to click
	Title  fault.Text
	Why    fault.Text // the reason, when Action is ""
}

// quicken says for each row of a list that waits for the reader what one click
// does, by the same engine that decides. Rows that wait for others have none.
func (v *viewer) quicken(ctx context.Context, store caseReader, sc models.Scope, a workflow.Actor, rows []lineView) error {
	var ids []workflow.CaseID
	for i := range rows {
		if w := rows[i].Waits; w != nil && w.Me {
			ids = append(ids, workflow.CaseID(rows[i].ID))
		}
	}
	if len(ids) == 0 {
		return nil
	}
	whole, err := store.Whole(ctx, sc, ids)
	if err != nil {
		return err
	}
	for i := range whole {
		list, err := v.engine.Steps(whole[i], a)
		if err != nil {
			return err
		}
		at := slices.IndexFunc(rows, func(l lineView) bool { return l.ID == int64(whole[i].ID) })
		rows[at].Quick = quick(&whole[i], list)
	}
	return nil
}

// quick picks the action of a row from the reader's steps: the first that one click takes, where a claim
// counts only while the case lies in the pool. With none, the reader's step that
// would carry the case on says why it is not possible yet.
func quick(c *workflow.Case, list []workflow.Choice) *quickView {
	for _, ch := range list {
		if ch.Quick && ch.Allowed && (ch.Undo == "" || c.Assignee == 0) {
			return &quickView{Action: string(ch.Action), Title: ch.Title}
		}
	}
	for _, ch := range list {
		if ch.Style == "primary" && ch.Allowed {
			return nil // it asks for something: the row leads there
		}
	}
	for _, ch := range list {
		if ch.Style == "primary" && ch.To != c.State {
			return &quickView{Title: ch.Title, Why: ch.Reasons[0]}
		}
	}
	return nil
}
