package handlers

import (
	"context"
	"net/http"

	"github.com/gin-gonic/gin"

	"github.com/shujie-gov/shujie/fault"
	"github.com/shujie-gov/shujie/models"
	"github.com/shujie-gov/shujie/workflow"
)

// noticeBoard is what the notices page asks of the store.
type noticeBoard interface {
	Notices(ctx context.Context, a workflow.Actor, limit int) ([]models.Notice, int64, error)
	SeeNotices(ctx context.Context, a workflow.Actor) error
}

// notices tells people what happened to the cases of their seats.
type notices struct {
	store noticeBoard
	show  *viewer
}

// list serves GET /notices.
func (h *notices) list(c *gin.Context) (Page, error) {
	ctx, a := c.Request.Context(), actorOf(c)
	q := queryOf(c)
	limit := q.limit()
	if err := q.err(); err != nil {
		return Page{}, err
	}
	list, unread, err := h.store.Notices(ctx, a, limit)
	if err != nil {
		return Page{}, err
	}
	out := noticesView{Items: make([]noticeView, 0, len(list)), Unread: unread}
	for _, n := range list {
		out.Items = append(out.Items, noticeView{
			ID: n.ID, Case: int64(n.Case), Number: n.Number, Title: n.Title, Action: string(n.Action), Name: h.actionTitle(n.Action), At: n.At, Rows: n.Rows,
		})
	}
	return Page{View: "notices", Data: out}, nil
}

// actionTitle returns what an action is called in the first kind that has it.
func (h *notices) actionTitle(act workflow.Action) fault.Text {
	for _, k := range h.show.engine.Defs.Kinds() {
		for _, t := range h.show.engine.Defs.Latest(k).Transitions {
			if t.Action == act {
				return t.Title
			}
		}
	}
	return fault.Text{ZH: string(act), EN: string(act)}
}

// seen serves POST /notices/seen.
func (h *notices) seen(c *gin.Context) (Page, error) {
	if err := h.store.SeeNotices(c.Request.Context(), actorOf(c)); err != nil {
		return Page{}, err
	}
	if wantsHTML(c) {
		return Page{Location: "/notices"}, nil
	}
	return Page{Status: http.StatusNoContent}, nil
}
