package handlers

import (
	"context"
	"fmt"
	"net/http"

	"github.com/gin-gonic/gin"

	"github.com/shujie-gov/shujie/fault"
	"github.com/shujie-gov/shujie/models"
	"github.com/shujie-gov/shujie/workflow"
)

// replayBook keeps the replays; models.Store is one. A worker does their work.
type replayBook interface {
	StartReplay(ctx context.Context, calendar int64, by workflow.Actor) (models.Replay, error)
	ApplyReplay(ctx context.Context, id int64, by workflow.Actor) (models.Replay, error)
	Replay(ctx context.Context, id int64) (models.Replay, error)
	Replays(ctx context.Context, calendar int64, limit int) ([]models.Replay, error)
	ReplayedCases(ctx context.Context, sc models.Scope, replay int64, outcome workflow.Outcome, cursor string, limit int) (models.Page[models.ReplayedCase], error)
}

func replayPath(id int64) string { return fmt.Sprintf("/replays/%d", id) }

// preview serves POST /calendars/:id/replays: which dates would move if this
// version were in force. A version that was in force before is the way back.
func (h *calendars) preview(c *gin.Context) (Page, error) {
	if err := h.steward(c); err != nil {
		return Page{}, err
	}
	id, err := pathID(c)
	if err != nil {
		return Page{}, err
	}
	r, err := h.book.StartReplay(c.Request.Context(), id, actorOf(c))
	if err != nil {
		return Page{}, err
	}
	return Page{Status: http.StatusCreated, View: "replay", Data: h.replayOf(&r), Location: replayPath(r.ID)}, nil
}

// apply serves POST /replays/:id/apply: the calendar comes into force, and each
// case of the preview is counted anew.
func (h *calendars) apply(c *gin.Context) (Page, error) {
	id, err := pathID(c)
	if err != nil {
		return Page{}, err
	}
	r, err := h.book.ApplyReplay(c.Request.Context(), id, actorOf(c))
	if err != nil {
		return Page{}, err
	}
	return Page{View: "replay", Data: h.replayOf(&r), Location: replayPath(id)}, nil
}

// replay serves GET /replays/:id with the reader's own cases of it, of one
// ?outcome= when it is given. Who sees no cases sees the counts.
func (h *calendars) replay(c *gin.Context) (Page, error) {
	id, err := pathID(c)
	if err != nil {
		return Page{}, err
	}
	q := queryOf(c)
	outcome := q.oneOf("outcome", words(replayOutcomes())...)
	cursor, limit := q.text("cursor"), q.limit()
	if err := q.err(); err != nil {
		return Page{}, err
	}
	ctx := c.Request.Context()
	r, err := h.book.Replay(ctx, id)
	if err != nil {
		return Page{}, err
	}
	out := h.replayOf(&r)
	list, err := h.book.ReplayedCases(ctx, scopeOf(c), id, workflow.Outcome(outcome), cursor, limit)
	if err != nil {
		return Page{}, err
	}
	n, err := h.show.dir.names(ctx)
	if err != nil {
		return Page{}, err
	}
	for _, row := range list.Items {
		out.Items = append(out.Items, h.replayed(n, &row))
	}
	out.Outcome, out.Next = outcome, list.Next
	if list.Next != "" {
		out.NextURL = replayPath(id) + "?" + q.next(list.Next)
	}
	out.First = q.first(replayPath(id))
	if wantsHTML(c) {
		kept, err := h.store.Calendar(ctx, r.Calendar)
		if err != nil {
			return Page{}, err
		}
		out.InForce = kept.Status == models.CalendarInForce
		out.MayApply = r.Status == models.ReplayReady && h.policy.Can(actorOf(c), "calendar", "apply") == nil
		out.MayWrite = h.mayWrite(c)
		out.Scoped = h.policy.Can(actorOf(c), workflow.Blocker, "read") == nil
	}
	return Page{View: "replay", Data: out, Next: q.next(list.Next)}, nil
}

func (h *calendars) replayOf(r *models.Replay) replayView {
	out := replayView{
		ID: r.ID, Calendar: r.Calendar, Version: r.Version, From: r.From, Status: string(r.Status), StatusName: replayStatus(r.Status), Active: r.Active(),
		Looked: r.Looked, Rows: r.Rows(), Counts: []replayCount{}, Outcomes: map[string]int64{}, Follows: r.Follows, By: r.By, At: r.At,
		AppliedBy: r.AppliedBy, AppliedAt: r.AppliedAt, EndedAt: r.EndedAt, Items: []replayedView{},
	}
	for _, n := range r.Counts {
		out.Counts = append(out.Counts, replayCount{
			Kind: string(n.Kind), KindTitle: h.show.kindTitle(n.Kind), Clock: n.Clock, ClockTitle: h.show.clockTitle(n.Kind, n.Clock),
			Direction: string(n.Direction), DirectionName: directionName(n.Direction), N: n.N,
		})
	}
	for _, o := range replayOutcomes() {
		n := r.Outcomes[o]
		out.Outcomes[string(o)] = n
		out.Tallies = append(out.Tallies, replayMark{string(o), replayOutcome(o), n})
		if o != workflow.Pending {
			out.Done += n
		}
	}
	return out
}

func (h *calendars) replayed(n *names, r *models.ReplayedCase) replayedView {
	out := replayedView{
		Case: int64(r.Case), Number: models.Number(r.Case, r.Filed), Title: r.Title, Version: r.Version, Kind: string(r.Kind), KindTitle: h.show.kindTitle(r.Kind),
		Clock: r.Clock, ClockTitle: h.show.clockTitle(r.Kind, r.Clock), Department: n.dept(r.Dept), Before: r.Before, After: r.After,
		Direction: string(r.Direction), DirectionName: directionName(r.Direction), LightBefore: colourView{string(r.Was)}, LightAfter: colourView{string(r.Will)},
		Outcome: string(r.Outcome), OutcomeName: replayOutcome(r.Outcome),
	}
	if r.Why != (fault.Text{}) {
		out.Why = &r.Why
	}
	return out
}

// clockTitle names a clock of any version of a kind, the latest one first.
func (v *viewer) clockTitle(kind workflow.Kind, clock string) fault.Text {
	versions := v.engine.Defs.Versions(kind)
	for i := len(versions) - 1; i >= 0; i-- {
		if rule, ok := versions[i].Clocks[clock]; ok {
			return rule.Title
		}
	}
	return fault.Text{ZH: clock, EN: clock}
}

func replayOutcomes() []workflow.Outcome {
	return []workflow.Outcome{workflow.Pending, workflow.Moved, workflow.Stale, workflow.Failed}
}

func replayOutcome(o workflow.Outcome) fault.Text {
	switch o {
	case workflow.Pending:
		return fault.Text{ZH: "待重算", EN: "Waiting"}
	case workflow.Moved:
		return fault.Text{ZH: "已重算", EN: "Counted anew"}
	case workflow.Stale:
		return fault.Text{ZH: "预览后有变动，未重算", EN: "Moved after the preview, left alone"}
	case workflow.Failed:
		return fault.Text{ZH: "未能重算", EN: "Failed"}
	case workflow.Stayed, workflow.Undone, workflow.Kept: // of migrations
	}
	return fault.Text{ZH: string(o), EN: string(o)}
}

func replayStatus(s models.ReplayStatus) fault.Text {
	switch s {
	case models.ReplayCounting:
		return fault.Text{ZH: "正在预览", EN: "Being counted"}
	case models.ReplayReady:
		return fault.Text{ZH: "待确认", EN: "To be confirmed"}
	case models.ReplayRunning:
		return fault.Text{ZH: "正在重算", EN: "At work"}
	case models.ReplayDone:
		return fault.Text{ZH: "已完成", EN: "Done"}
	case models.ReplayOutdated:
		return fault.Text{ZH: "已过时", EN: "Outdated"}
	}
	return fault.Text{ZH: string(s), EN: string(s)}
}

func directionName(d workflow.Direction) fault.Text {
	switch d {
	case workflow.Earlier:
		return fault.Text{ZH: "提前", EN: "Earlier"}
	case workflow.Later:
		return fault.Text{ZH: "推后", EN: "Later"}
	case workflow.Begins:
		return fault.Text{ZH: "有了截止日", EN: "Gets a date"}
	case workflow.Ends:
		return fault.Text{ZH: "失去截止日", EN: "Loses its date"}
	case workflow.ByLight:
		return fault.Text{ZH: "截止日不变，提醒改期", EN: "Same date, other warning"}
	}
	return fault.Text{ZH: string(d), EN: string(d)}
}
