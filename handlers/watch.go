package handlers

import (
	"context"
	"time"

	"github.com/gin-gonic/gin"

	"github.com/shujie-gov/shujie/fault"
	"github.com/shujie-gov/shujie/models"
	"github.com/shujie-gov/shujie/workflow"
)

// watcher is what the watch asks of the store.
type watcher interface {
	Watch(ctx context.Context, grace time.Duration) ([]models.Watched, error)
	Revive(ctx context.Context, by workflow.Actor) (int64, error)
	Revivals(ctx context.Context, limit int) ([]models.Revival, error)
}

// revivalsShown is how many acts of reviving the watch shows.
const revivalsShown = 5

// watchView is GET /api/v1/watch: what should have happened and did not, in
// counts. It names no case, since the system administrator sees no business.
type watchView struct {
	Empty bool        `json:"empty"`
	AsOf  time.Time   `json:"as_of"`
	Grace int64       `json:"grace_seconds"` // how late something may be before it shows
	Items []watchItem `json:"items"`

	Revivals  []revivalView `json:"revivals"` // the last acts by which jobs that were given up were made due again
	MayRevive bool          `json:"-"`        // and there is something to revive
}

// revivalView is one act by which somebody revived jobs.
type revivalView struct {
	By    string    `json:"by"`
	At    time.Time `json:"at"`
	Count int64     `json:"count"`
}

// revivedView is the answer to POST /api/v1/watch/revivals.
type revivedView struct {
	Revived int64 `json:"revived"`
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
	store  watcher
	policy Policy
	now    func() time.Time
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
		out.MayRevive = out.MayRevive || w.Kind == models.WatchDead && h.policy.Can(actorOf(c), "job", "revive") == nil
	}
	acts, err := h.store.Revivals(c.Request.Context(), revivalsShown)
	if err != nil {
		return Page{}, err
	}
	out.Revivals = make([]revivalView, len(acts))
	for i, a := range acts {
		out.Revivals[i] = revivalView(a)
	}
	return Page{View: "watch", Data: out}, nil
}

// revive serves POST /watch/revivals: the jobs that were given up are due again,
// and it is written down who did it.
func (h *watch) revive(c *gin.Context) (Page, error) {
	n, err := h.store.Revive(c.Request.Context(), actorOf(c))
	if err != nil {
		return Page{}, err
	}
	return Page{View: "watch", Data: revivedView{n}, Location: "/watch"}, nil
}
