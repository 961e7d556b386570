package handlers

import (
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"time"

	"github.com/gin-gonic/gin"

	"github.com/shujie-gov/shujie/fault"
)

// maxPulses is after how many ticks a stream ends. The page connects again, and
// shows whether its reader is still logged in.
const maxPulses = 100

// live tells open pages that something of their reader's changed. It is a
// stream of server-sent events; a page that misses one sees the next.
type live struct {
	frame *frames
	ticks func() (<-chan time.Time, func())
}

// pulse is what a page is told.
type pulse struct {
	Todo   int64 `json:"todo"`
	Unread int64 `json:"unread"`
}

// serve answers GET /live. It writes by itself, since it answers more than once.
func (h *live) serve(c *gin.Context, fail func(error)) {
	if h.ticks == nil {
		fail(fault.New(fault.NotFound, "没有启用实时更新。", "Live updates are off."))
		return
	}
	now, err := h.look(c)
	if err != nil {
		fail(err)
		return
	}
	out := http.NewResponseController(c.Writer)
	if err := out.SetWriteDeadline(time.Time{}); err != nil && !errors.Is(err, http.ErrNotSupported) {
		fail(fmt.Errorf("live: %w", err))
		return
	}
	c.Header("Content-Type", "text/event-stream; charset=utf-8")
	c.Header("X-Accel-Buffering", "no")
	c.Status(http.StatusOK)
	tick, stop := h.ticks()
	defer stop()
	if !send(c, out, now) {
		return
	}
	for range maxPulses {
		select {
		case <-c.Request.Context().Done():
			return
		case _, more := <-tick:
			if !more {
				return
			}
		}
		next, err := h.look(c)
		if err != nil {
			return // the page connects again by itself
		}
		if next != now {
			if now = next; !send(c, out, now) {
				return
			}
			continue
		}
		if _, err := c.Writer.WriteString(": still here\n\n"); err != nil || out.Flush() != nil {
			return
		}
	}
}

func send(c *gin.Context, out *http.ResponseController, p pulse) bool {
	data, err := json.Marshal(p)
	if err != nil {
		return false
	}
	if _, err := fmt.Fprintf(c.Writer, "event: change\ndata: %s\n\n", data); err != nil {
		return false
	}
	return out.Flush() == nil
}

// look counts what a page would show.
func (h *live) look(c *gin.Context) (pulse, error) {
	desk, err := h.frame.look(c)
	if err != nil {
		return pulse{}, err
	}
	_, unread, err := h.frame.store.Notices(c.Request.Context(), actorOf(c), 1)
	return pulse{Todo: desk.Todo, Unread: unread}, err
}
