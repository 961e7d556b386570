package jobs

import (
	"context"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/shujie-gov/shujie/exchange"
	"github.com/shujie-gov/shujie/models"
	"github.com/shujie-gov/shujie/workflow"
)

// moody answers as the platform does, or fails, and counts the calls.
type moody struct {
	Caller
	failing atomic.Bool
	calls   atomic.Int64
}

func (m *moody) Call(ctx context.Context, s exchange.Service, q exchange.Question) exchange.Answer {
	m.calls.Add(1)
	if m.failing.Load() {
		return exchange.Answer{Outcome: exchange.Technical, Sent: true, Message: "not now"}
	}
	return m.Caller.Call(ctx, s, q)
}

// departments are the people of the applicant and of the provider.
func (h *house) departments() (applicant, provider workflow.Actor) {
	of := func(dept workflow.DeptID) workflow.Actor {
		return workflow.Actor{UserID: h.hall.UserID, Name: "部门", Dept: dept, Grants: []workflow.Grant{
			{Role: workflow.DeptHandler, Dept: dept}, {Role: workflow.DeptHead, Dept: dept},
		}}
	}
	return of(h.item.Dept), of(h.holder)
}

// do lets somebody act with inputs.
func (h *house) do(a workflow.Actor, id workflow.CaseID, action workflow.Action, fields map[string]any) {
	h.t.Helper()
	if _, err := h.engine.Act(h.t.Context(), a, id, workflow.Input{Action: action, Note: "办理", Fields: fields}, workflow.Key{}); err != nil {
		h.t.Fatalf("%s on %d: %v", action, id, err)
	}
}

func (h *house) read(id workflow.CaseID) workflow.Case {
	h.t.Helper()
	c, err := h.store.Case(h.t.Context(), models.Scope{All: true}, id)
	if err != nil {
		h.t.Fatal(err)
	}
	return c
}

// conditional files a blocker about data that needs a grant.
func (h *house) conditional(n int) workflow.CaseID {
	h.t.Helper()
	p := h.sim.Persons(n + 1)[n]
	c, err := h.engine.Open(h.t.Context(), h.hall, workflow.Case{
		Kind: workflow.Blocker, Region: "320000", Item: h.item.ID, Proof: "身份信息", Title: "表单填报：索要身份信息",
		Parts:        map[workflow.Part]workflow.DeptID{workflow.Filer: h.hall.Dept, workflow.Demander: h.item.Dept, workflow.Holder: h.holder},
		Facts:        map[string]any{"holders": int64(1)},
		Requirements: []workflow.Requirement{{Name: "身份信息", Resource: h.resource.ID, Provider: h.resource.Provider, Class: workflow.Conditional, Status: workflow.NeedOpen}},
		Person:       workflow.Person{Name: p.Name, IDNumber: p.IDNumber},
	}, workflow.Input{}, workflow.Key{})
	if err != nil {
		h.t.Fatal(err)
	}
	return c.ID
}

// came waits until the requirement of a case has come to a status.
func (h *house) came(id workflow.CaseID, status workflow.NeedStatus) {
	h.t.Helper()
	until(h.t, func() bool { return h.read(id).Requirements[0].Status == status })
}

// What happens to a permission happens to its fetches at once, also to those
// that wait for a retry; and what waited goes on by itself.
func TestAGrantRulesTheFetchesThatRestOnIt(t *testing.T) {
	eachHouse(t, func(h *house) {
		platform := &moody{Caller: h.caller}
		platform.failing.Store(true)
		o := h.options()
		o.Caller = platform
		o.Backoff.Attempts = 1000 // none is the last
		w, _ := work(h.t, o)
		applicant, provider := h.departments()

		first := h.conditional(0)
		h.act(h.t, h.coordinator, first, "accept")
		until(h.t, func() bool { return h.read(first).State == "dispatched" })
		h.do(provider, first, "sign", nil)
		h.do(applicant, first, "request_data", nil)
		var application workflow.CaseID
		for _, k := range h.read(first).Children {
			if k.Kind == workflow.ShareRequest {
				application = k.ID
			}
		}
		h.do(applicant, application, "endorse", nil)
		h.came(first, workflow.NeedRequested)
		until(h.t, func() bool { return h.read(application).State == "replying" })
		for _, action := range []workflow.Action{"grant", "connect", "deliver"} {
			h.do(provider, application, action, nil)
		}
		until(h.t, func() bool { return platform.calls.Load() > 1 }) // it is tried again and again

		h.do(provider, application, "suspend", map[string]any{"days": 5})
		h.came(first, workflow.NeedApplied)
		h.drained(h.t, w) // nothing is left that could call
		before := platform.calls.Load()
		platform.failing.Store(false)
		h.do(applicant, application, "report_rectified", nil)
		h.drained(h.t, w)
		if platform.calls.Load() != before {
			h.t.Fatal("the platform was called while the permission was suspended")
		}
		h.do(provider, application, "reinstate", nil)
		h.came(first, workflow.NeedSatisfied)
		receipts, err := h.store.Receipts(h.t.Context(), models.Scope{All: true}, first)
		if err != nil || len(receipts) != 1 || receipts[0].Application != application {
			h.t.Fatalf("receipts %+v: %v", receipts, err)
		}

		second := h.conditional(1)
		h.act(h.t, h.hall, second, "request_data") // at the window, under the grant that stands
		h.came(second, workflow.NeedSatisfied)

		platform.failing.Store(true)
		third := h.conditional(2)
		h.act(h.t, h.hall, third, "request_data")
		before = platform.calls.Load()
		until(h.t, func() bool { return platform.calls.Load() > before })
		h.do(provider, application, "suspend", map[string]any{"days": 5})
		h.came(third, workflow.NeedApplied)
		h.do(applicant, application, "report_rectified", nil)
		h.do(provider, application, "terminate", nil)
		h.came(third, workflow.NeedRefused)
		h.drained(h.t, w)
		h.named(third, application)
		h.expires(third)
	})
}

// expires lets a case be granted its data until a day, and that day pass.
func (h *house) expires(id workflow.CaseID) {
	h.t.Helper()
	applicant, provider := h.departments()
	h.act(h.t, h.coordinator, id, "accept")
	until(h.t, func() bool { return h.read(id).State == "dispatched" })
	h.do(provider, id, "sign", nil)
	h.do(applicant, id, "request_data", map[string]any{"until": "2026-03-20"})
	kids := h.read(id).Children
	application := kids[len(kids)-1].ID
	h.do(applicant, application, "endorse", nil)
	until(h.t, func() bool { return h.read(application).State == "replying" })
	for _, action := range []workflow.Action{"grant", "connect", "deliver"} {
		h.do(provider, application, action, nil)
	}
	h.came(id, workflow.NeedFetching)
	h.forward.Add(int64(30 * 24 * time.Hour))
	h.came(id, workflow.NeedRefused)
	until(h.t, func() bool { return h.read(application).State == "expired" })
	h.named(id, application)
}

// named fails unless the log of a case names the application for what happened.
func (h *house) named(id, application workflow.CaseID) {
	h.t.Helper()
	number := models.Number(application, h.read(application).CreatedAt)
	events, err := h.store.Events(h.t.Context(), models.Scope{All: true}, id, "", 100)
	if err != nil {
		h.t.Fatal(err)
	}
	for _, e := range events.Items {
		if strings.Contains(e.Note, number) {
			return
		}
	}
	h.t.Fatalf("no event of case %d names %s", id, number)
}
