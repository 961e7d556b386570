package handlers

import (
	"fmt"
	"strings"

	"github.com/shujie-gov/shujie/fault"
	"github.com/shujie-gov/shujie/workflow"
)

// steps shows how near a blocker is to no meeting, with the evidence of each
// step; other kinds have none.
func steps(c *workflow.Case, log []eventView) []stepView {
	if c.NoMeeting == "" {
		return nil
	}
	order := workflow.NoMeetingSteps()
	at := 0
	for i, s := range order {
		if s == c.NoMeeting {
			at = i
		}
	}
	out := make([]stepView, len(order))
	for i, s := range order {
		out[i] = stepView{Name: string(s), Title: stepTitle(s), Reached: i <= at, Present: i == at}
		if i <= at {
			out[i].Evidence = evidence(c, s, log)
		}
	}
	if c.NoMeeting == workflow.Regressed {
		out[0].Title = stepTitle(workflow.Regressed)
		out[0].Evidence = last(log, "contest", "reopen")
	}
	return out
}

// evidence says what proves a step.
func evidence(c *workflow.Case, s workflow.NoMeeting, log []eventView) fault.Text {
	switch s {
	case workflow.DataRequested:
		return last(log, "request_data", "waive")
	case workflow.DataReady:
		receipts, waived := 0, 0
		for _, r := range c.Requirements {
			if r.Status == workflow.NeedSatisfied {
				receipts++
			}
			if r.Status == workflow.NeedWaived {
				waived++
			}
		}
		var zh, en []string
		if receipts > 0 {
			zh, en = append(zh, fmt.Sprintf("回执 %d 份", receipts)), append(en, fmt.Sprintf("%d receipts", receipts))
		}
		if waived > 0 {
			zh, en = append(zh, fmt.Sprintf("法定替代 %d 项", waived)), append(en, fmt.Sprintf("%d waived", waived))
		}
		return fault.Text{ZH: strings.Join(zh, "，"), EN: strings.Join(en, ", ")}
	case workflow.OnlineApproved:
		return last(log, "approve_online")
	case workflow.Delivered:
		t := last(log, "deliver")
		if n, ok := c.Facts["delivery_number"].(string); ok && n != "" {
			t.ZH, t.EN = t.ZH+" 单号 "+n, t.EN+" number "+n
		}
		return t
	case workflow.InPerson, workflow.DataPartial, workflow.Regressed:
	}
	return fault.Text{}
}

// last tells of the latest event of one of the actions.
func last(log []eventView, acts ...string) fault.Text {
	for i := len(log) - 1; i >= 0; i-- {
		for _, a := range acts {
			if e := log[i]; e.Action == a {
				day := e.At.In(china()).Format("01-02 15:04")
				return fault.Text{ZH: e.Title.ZH + " " + day + " " + e.Actor, EN: e.Title.EN + " " + day + " " + e.Actor}
			}
		}
	}
	return fault.Text{}
}
