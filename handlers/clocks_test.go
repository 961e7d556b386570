package handlers

import (
	"fmt"
	"net/http"
	"slices"
	"testing"
	"time"

	"github.com/shujie-gov/shujie/models"
	"github.com/shujie-gov/shujie/workflow"
)

// clocksOf reads the clocks of a case, and checks that whose time passed adds up
// in it and in every child.
func (w *world) clocksOf(user string, id int64) caseClocksView {
	w.t.Helper()
	var out caseClocksView
	w.as(user, http.MethodGet, fmt.Sprintf("/cases/%d/clocks", id), nil).want(http.StatusOK).into(&out)
	all := []clocksView{out.Clocks}
	for _, k := range out.Children {
		all = append(all, k.Clocks)
	}
	for _, c := range all {
		var intervals, depts int64
		for _, iv := range c.Intervals {
			intervals += iv.Seconds
		}
		for _, d := range c.Departments {
			depts += d.Seconds
		}
		if t := c.Totals; t.Citizen+t.Department+t.Platform+t.Nobody != t.Wall || intervals != t.Wall || depts != t.Department {
			w.t.Errorf("case %d: %+v, intervals %d, departments %d", id, t, intervals, depts)
		}
	}
	return out
}

// TestTheClocksTellOfEachFetchAndOfEachChild follows a blocker whose application
// has a term by law of its own, and the two calls over the platform.
func TestTheClocksTellOfEachFetchAndOfEachChild(t *testing.T) {
	everywhere(t, func(w *world) {
		t := w.t
		b, a := w.applied(nil) // Monday 2 March, nine in the morning
		w.clock.add(2 * time.Hour)
		w.act("yb_head", a.ID, "endorse", nil)
		w.pump()
		w.clock.add(3 * time.Hour)
		got := w.clocksOf("yb", b.ID)
		i := slices.IndexFunc(got.Children, func(k childClock) bool { return k.ID == a.ID })
		if i < 0 || len(got.Fetches) != 0 {
			t.Fatalf("children %+v, fetches %+v", got.Children, got.Fetches)
		}
		k := got.Children[i]
		// 条例 Art. 21: ten working days for conditional data.
		if r := k.Clocks.Rule; k.Kind != "share_request" || k.State != "replying" || r == nil || r.Days != 10 || !k.Clocks.Due.Equal(time.Date(2026, 3, 16, 16, 0, 0, 0, time.UTC)) ||
			k.Light.Colour != "normal" || k.Clocks.Totals.Wall != 5*3600 {
			t.Errorf("the application: %+v of %+v, light %+v", k.Clocks.Rule, k.Clocks, k.Light)
		}
		if own := got.Clocks; own.Rule == nil || own.Rule.Still == nil || own.Totals.Wall != 5*3600 {
			t.Errorf("the blocker waits for the provider: %+v", own)
		}
		hidden := w.clocksOf("hall", b.ID)
		for _, k := range hidden.Children {
			w.as("hall", http.MethodGet, fmt.Sprintf("/cases/%d", k.ID), nil).want(http.StatusOK)
		}

		for _, action := range []string{"grant", "connect", "deliver"} {
			w.act("wj_head", a.ID, action, nil)
		}
		first := w.fetching()
		w.clock.add(90 * time.Second)
		if got = w.clocksOf("yb", b.ID); len(got.Fetches) != 1 || got.Fetches[0].Seconds != 90 || got.Fetches[0].EndedAt != nil {
			t.Errorf("a call that lasts: %+v", got.Fetches)
		}
		w.fetched(first, models.FetchEnd{Outcome: models.FetchTechnical, Message: "timeout"})
		w.clock.add(30 * time.Second)
		second := w.begin(first.Job+1_000_000, 2, first.Case, first.Requirement)
		w.clock.add(5 * time.Second)
		w.fetched(second, models.FetchEnd{Outcome: models.FetchFound, RequestID: "req-2", Payload: []byte("{}"), ValidDays: 30})
		got = w.clocksOf("yb", b.ID)
		var seconds []int64
		for _, f := range got.Fetches {
			seconds = append(seconds, f.Seconds)
		}
		slices.Sort(seconds)
		if !slices.Equal(seconds, []int64{5, 90}) || got.Clocks.Totals.Platform != 125 {
			t.Errorf("calls of %v seconds, the platform had %d", seconds, got.Clocks.Totals.Platform)
		}
	})
}

// fetching does the work up to where the first fetch begins.
func (w *world) fetching() models.Fetch {
	w.t.Helper()
	ctx := w.t.Context()
	for range 100 {
		list, err := w.store.ClaimJobs(ctx, time.Minute, 50)
		w.must(err)
		var fetch *models.Job
		for i, j := range list {
			if j.Kind == workflow.EffectFetch {
				fetch = &list[i]
			} else {
				w.work(j)
			}
			w.must(w.store.FinishJob(ctx, j.ID))
		}
		if fetch != nil {
			c, err := w.store.Case(ctx, models.Scope{All: true}, fetch.Case)
			w.must(err)
			return w.begin(fetch.ID, 1, fetch.Case, c.Requirements[0].ID)
		}
	}
	w.t.Fatal("nothing is fetched")
	return models.Fetch{}
}

func (w *world) begin(job int64, attempt int, id workflow.CaseID, need int64) models.Fetch {
	w.t.Helper()
	target, err := w.store.Target(w.t.Context(), id, need)
	w.must(err)
	f, err := w.store.BeginFetch(w.t.Context(), models.Fetch{
		Job: job, Attempt: attempt, Case: id, Requirement: need, Resource: target.Resource.ID, ResourceName: target.Resource.Name,
		ResourceVersion: target.Resource.Version, Provider: target.Resource.Provider, Purpose: target.Purpose, Basis: target.Basis, Application: target.Grant.Application.ID,
	})
	w.must(err)
	return f
}

// fetched ends a call; what was found arrives at the case.
func (w *world) fetched(f models.Fetch, end models.FetchEnd) {
	w.t.Helper()
	r, err := w.store.EndFetch(w.t.Context(), f.ID, end)
	w.must(err)
	if end.Outcome == models.FetchFound {
		_, err = w.engine.Act(w.t.Context(), workflow.SystemActor(), f.Case, workflow.Input{Action: "data_arrived", Fields: map[string]any{"requirement": f.Requirement, "receipt": r.ID}}, workflow.Key{})
		w.must(err)
	}
}
