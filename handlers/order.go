package handlers

import (
	"context"
	"slices"
	"time"

	"github.com/gin-gonic/gin"

	"github.com/shujie-gov/shujie/fault"
	"github.com/shujie-gov/shujie/workflow"
)

// orderView is the sheet of a supervision order (督办单): what is demanded of
// which department, about which case, until when, by whom, and what it answered.
type orderView struct {
	Order  caseView
	About  *caseView // the case that is supervised; nil when the reader may not see it
	Way    fault.Text
	Ground fault.Text
	Demand string
	Days   int64
	Due    *time.Time // until when it is to be answered
	Rule   fault.Text // where the term comes from
	By     fault.Text
	At     time.Time

	Result   fault.Text // as the department answered last
	Answer   string
	Answered *time.Time
	Judged   *handledView // who judged the last answer, and how
	Note     string       // … and what they said
}

// order serves GET /cases/:id/order: of a supervision order.
func (h *cases) order(c *gin.Context) (Page, error) {
	got, view, err := h.printed(c)
	if err != nil {
		return Page{}, err
	}
	if got.Kind != workflow.Supervision {
		return Page{}, fault.New(fault.Conflict, "只有督办单才能这样打印；请从督办单的页面打印。", "Only a supervision order has this sheet; print it from the page of the order.")
	}
	out, err := h.orderOf(c, got, view)
	return Page{View: "order", Data: out}, err
}

func (h *cases) orderOf(c *gin.Context, got *workflow.Case, view caseView) (orderView, error) {
	ctx := c.Request.Context()
	out := orderView{Order: view, At: got.CreatedAt}
	out.Days, _ = got.Facts["days"].(int64)
	out.Demand, _ = got.Facts["demand"].(string)
	out.Answer, _ = got.Facts["answer"].(string)
	out.Way, out.Ground, out.Result = h.show.orderWords(got)
	var err error
	if out.By, err = h.show.issuer(ctx, got); err != nil {
		return out, err
	}
	if d, e := h.engine.Defs.Of(got); e == nil {
		out.Rule = d.Clocks["answer"].Source
	}
	if got.Term != nil && got.Term.Clock == "answer" {
		out.Due = got.Due
	}
	out.judged(view.Events)
	if view.Parent == nil {
		return out, nil
	}
	about, err := h.store.Case(ctx, scopeOf(c), workflow.CaseID(view.Parent.ID))
	if err != nil {
		return out, err
	}
	whole, err := h.show.whole(ctx, actorOf(c), &about)
	out.About = &whole
	return out, err
}

// judged finds the last answer in the log, newest first, and what was said of it.
func (o *orderView) judged(log []eventView) {
	i := slices.IndexFunc(log, func(e eventView) bool { return e.Action == "answer" })
	if i < 0 {
		return
	}
	o.Answered = &log[i].At
	for _, e := range log[:i] {
		if e.Action != "accept_answer" && e.Action != "return_answer" {
			continue
		}
		o.Judged, o.Note = &handledView{Title: e.Title, Name: e.Actor, Role: e.RoleTitle, At: e.At}, e.Note
		return
	}
}

// orderWords says the way, the ground and the last result of a supervision
// order.
func (v *viewer) orderWords(c *workflow.Case) (way, ground, result fault.Text) {
	say := func(kind workflow.Kind, fact string) fault.Text {
		value, _ := c.Facts[fact].(string)
		d := v.engine.Defs.Latest(kind)
		if value == "" || d == nil {
			return fault.Text{ZH: value, EN: value}
		}
		return d.OptionTitle(value)
	}
	return say(workflow.Supervision, "level"), say(workflow.Blocker, "reason"), say(workflow.Supervision, "result")
}

// issuer says who issued a supervision order.
func (v *viewer) issuer(ctx context.Context, c *workflow.Case) (fault.Text, error) {
	id, _ := c.Facts["issuer"].(int64)
	if id == 0 {
		return fault.Text{ZH: "系统（逾期逐级上报后自动下达）", EN: "the system, by the last level of escalation"}, nil
	}
	who, err := v.dir.src.PersonNames(ctx, []int64{id})
	role := workflow.Coordinator.Title()
	return fault.Text{ZH: who[id] + "（" + role.ZH + "）", EN: who[id] + " (" + role.EN + ")"}, err
}
