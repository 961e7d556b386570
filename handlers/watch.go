package handlers

import (
	"context"
	"time"

	"github.com/gin-gonic/gin"

	"github.com/shujie-gov/shujie/fault"
	"github.com/shujie-gov/shujie/models"
)

// watcher is what the watch asks of the store.
type watcher interface {
	Watch(ctx context.Context, grace time.Duration) ([]models.Watched, error)
}

// watchView is GET /api/v1/watch: what should have happened and did not, in
// counts. It names no case, since the system administrator sees no business.
type watchView struct {
	Empty bool        `json:"empty"`
	AsOf  time.Time   `json:"as_of"`
	Grace int64       `json:"grace_seconds"` // how late something may be before it shows
	Items []watchItem `json:"items"`
}

// watchItem is one kind of thing that should have happened.
type watchItem struct {
	Kind   string     `json:"kind"`
	Title  fault.Text `json:"title"`
	Count  int64      `json:"count"`
	Oldest time.Time  `json:"oldest"`
	Todo   fault.Text `json:"what_to_do"`
}

// watch shows what should have happened and did not.
type watch struct {
	store watcher
	now   func() time.Time
}

// get serves GET /watch.
func (h *watch) get(c *gin.Context) (Page, error) {
	list, err := h.store.Watch(c.Request.Context(), models.WatchGrace)
	if err != nil {
		return Page{}, err
	}
	out := watchView{Empty: len(list) == 0, AsOf: h.now().UTC(), Grace: int64(models.WatchGrace / time.Second), Items: make([]watchItem, 0, len(list))}
	for _, w := range list {
		out.Items = append(out.Items, watchItem{Kind: string(w.Kind), Title: w.Kind.Title(), Count: w.Count, Oldest: w.Oldest, Todo: w.Kind.Todo()})
	}
	return Page{View: "watch", Data: out}, nil
}
