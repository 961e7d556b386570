package handlers

import (
	"fmt"
	"slices"
	"time"

	"github.com/gin-gonic/gin"

	"github.com/shujie-gov/shujie/fault"
	"github.com/shujie-gov/shujie/models"
	"github.com/shujie-gov/shujie/workflow"
)

// clocks serves GET /cases/:id/clocks: whose time passed, down to each call over
// the platform, and why the case is due when it is, day by day.
func (h *cases) clocks(c *gin.Context) (Page, error) {
	id, err := pathID(c)
	if err != nil {
		return Page{}, err
	}
	ctx, sc := c.Request.Context(), scopeOf(c)
	got, err := h.store.Case(ctx, sc, workflow.CaseID(id))
	if err != nil {
		return Page{}, err
	}
	n, err := h.show.dir.names(ctx)
	if err != nil {
		return Page{}, err
	}
	l := lineOf(&got)
	out := caseClocksView{
		ID: id, Number: models.NumberOf(&got), Version: got.Version, AsOf: h.engine.Moment().Now, Light: h.show.light(&l),
		Clocks: h.show.clocks(n, &got), Fetches: []fetchView{}, Children: []childClock{},
	}
	out.Clocks.Rule = h.show.why(&got)
	fetches, err := h.ledger.Fetches(ctx, sc, got.ID)
	if err != nil {
		return Page{}, err
	}
	for _, f := range fetches {
		out.Fetches = append(out.Fetches, fetchOf(n, f, out.AsOf))
	}
	for _, k := range got.Children {
		if k.ID == 0 { // blockers under a service are counted in groups
			continue
		}
		child, err := h.store.Case(ctx, sc, k.ID)
		if fault.KindOf(err) == fault.NotFound {
			continue
		}
		if err != nil {
			return Page{}, err
		}
		line := lineOf(&child)
		out.Children = append(out.Children, childClock{
			ID: int64(child.ID), Number: models.NumberOf(&child), Kind: string(child.Kind), KindTitle: h.show.kindTitle(child.Kind),
			State: string(child.State), StateName: h.show.stateTitle(child.Kind, child.DefVersion, child.State),
			Light: h.show.light(&line), Clocks: h.show.clocks(n, &child),
		})
	}
	return Page{Data: out, Version: got.Version}, nil
}

// clocks shows whose time passed and by which rule the case is due.
func (v *viewer) clocks(n *names, c *workflow.Case) clocksView {
	out := clocksView{Due: c.Due, Intervals: []intervalView{}, Departments: []deptTimeView{}, States: []stateTime{}}
	d, err := v.engine.Defs.Of(c)
	if err != nil {
		return out // an unknown definition shows no clock; Choices reports it
	}
	list := workflow.Whole(d.Intervals(c, v.engine.Moment().Now))
	for _, iv := range list {
		out.Intervals = append(out.Intervals, intervalView{
			From: iv.From, To: iv.To, State: string(iv.State), StateName: iv.Title, Charge: string(iv.Charge),
			Department: n.dept(iv.Dept), Paused: iv.Paused, Reason: iv.Reason, Because: iv.Because, Seconds: seconds(iv.Duration),
		})
	}
	sum := workflow.Totals(list)
	out.Totals = totalsView{
		Citizen: seconds(sum.Citizen), Department: seconds(sum.Department), Platform: seconds(sum.Platform),
		Nobody: seconds(sum.Nobody), Wall: seconds(sum.Sum()),
	}
	for _, t := range workflow.ByDept(list) {
		out.Departments = append(out.Departments, deptTimeView{Department: n.dept(t.Dept), Seconds: seconds(t.Time)})
	}
	for _, t := range workflow.ByState(list) {
		out.States = append(out.States, stateTime{State: string(t.State), Title: t.Title, Seconds: seconds(t.Time)})
	}
	out.Rule = ruleOf(d.Why(c.Term))
	return out
}

func seconds(d time.Duration) int64 { return int64(d / time.Second) }

func ruleOf(why *workflow.Why) *ruleView {
	if why == nil {
		return nil
	}
	return &ruleView{
		Clock: why.Clock, Title: why.Title, Source: why.Source, Start: why.Start, Days: why.Days, Extra: why.Extra, Until: why.Until,
		Paused: why.Paused, Calendar: why.Calendar, Problem: why.Problem, Still: why.Still, Held: ruleOf(why.Held),
	}
}

// why counts the deadline of c again, day by day, and says whether it comes to
// the date that c has.
func (v *viewer) why(c *workflow.Case) *ruleView {
	d, err := v.engine.Defs.Of(c)
	if err != nil || c.Term == nil {
		return nil
	}
	cal := v.engine.Moment().Calendar
	why := d.Explain(c, cal)
	out := v.steps(d, why)
	out.Calendar, out.Problem, out.Paused = c.Term.Calendar, c.Term.Problem, c.Term.Paused
	if cal.Version() != c.Term.Calendar {
		out.Other = cal.Version()
	}
	out.Agreement, out.Replay = "differs", "/calendars" // whoever sees a case may look at the calendars
	if (why.Due == nil) == (c.Due == nil) && (why.Due == nil || why.Due.Equal(*c.Due)) {
		out.Agreement, out.Replay = "agrees", ""
	}
	if why.Held != nil {
		out.Held = v.steps(d, why.Held)
	}
	return out
}

// steps shows one count.
func (v *viewer) steps(d *workflow.Definition, why *workflow.Why) *ruleView {
	out := ruleOf(why)
	out.Held, out.Counted, out.Left = nil, why.Due, why.Left
	out.Articles = fault.Text{
		ZH: "当日不计入，自次日起算工作日，至期限最后一个工作日下班时止；法定节假日不计，调休上班日计入（民法典第二百零一条、第二百零三条，行政许可法第八十二条）。",
		EN: "The day of the start is not counted; working days are counted from the next day on, up to the close of business of the last one. Statutory holidays are not counted, make-up working days are (Civil Code Art. 201, 203; Licensing Law Art. 82).",
	}
	if why.Until != "" {
		out.Articles = fault.Text{
			ZH: "期限以日期约定，至该日届满，不论是否工作日。", EN: "The term is set by a date and ends with that day, worked or not.",
		}
	}
	if !why.Warn.IsZero() {
		out.Warn = &why.Warn
	}
	closes := v.engine.Moment().Calendar.Close()
	out.Closes = fmt.Sprintf("%02d:%02d", int(closes.Hours()), int(closes.Minutes())%60)
	for _, s := range why.Steps {
		out.Steps = append(out.Steps, stepDay{
			Date: s.Day.Format(time.DateOnly), Day: s.Day, Kind: string(s.Kind), Use: string(s.Use), N: s.N, Because: because(d, s),
		})
	}
	out.Steps = slices.Clip(out.Steps)
	return out
}

// because says in words why a day is counted or not.
func because(d *workflow.Definition, s workflow.Step) fault.Text {
	kind := map[workflow.DayKind]fault.Text{
		workflow.Workday: {ZH: "工作日", EN: "working day"}, workflow.MakeUpWorkday: {ZH: "调休上班日", EN: "make-up working day"},
		workflow.Weekend: {ZH: "周末", EN: "weekend"}, workflow.Holiday: {ZH: "法定节假日或调休放假", EN: "public holiday"},
	}[s.Kind]
	switch s.Use {
	case workflow.UseStart:
		return fault.Text{ZH: "起算当日，不计入", EN: "the day of the start, not counted"}
	case workflow.UseCounted:
		return fault.Text{ZH: fmt.Sprintf("%s，计第 %d 日", kind.ZH, s.N), EN: fmt.Sprintf("%s, counted as day %d", kind.EN, s.N)}
	case workflow.UseOff:
		return fault.Text{ZH: kind.ZH + "，不计", EN: kind.EN + ", not counted"}
	case workflow.UseStood:
		what := d.Standing(s.Mark)
		return fault.Text{ZH: kind.ZH + "，下班时期限停走，不计：" + what.ZH, EN: kind.EN + ", not counted: the term stood still at its close: " + what.EN}
	}
	return kind
}
