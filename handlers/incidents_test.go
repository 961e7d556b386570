package handlers

import (
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/shujie-gov/shujie/models"
	"github.com/shujie-gov/shujie/workflow"
)

// While a platform is away everybody reads one line, on every page and over the
// API, and none when it is back.
func TestAnOutageIsOneLineForEverybody(t *testing.T) {
	everywhere(t, func(w *world) {
		t := w.t
		c := w.blocker()
		ctx := t.Context()
		call := func(e models.FetchEnd) {
			t.Helper()
			f, err := w.store.BeginFetch(ctx, models.Fetch{Job: 99, Case: workflow.CaseID(c.ID), Resource: 1, ResourceName: "出生医学证明", User: 1, Platform: "gjgxjhpt"})
			if err != nil {
				t.Fatal(err)
			}
			if _, err := w.store.EndFetch(ctx, f.ID, e); err != nil {
				t.Fatal(err)
			}
		}
		const words = "数据共享交换平台（gjgxjhpt）中断"
		lines := func(user string) int {
			return strings.Count(w.page(user, http.MethodGet, "/", nil).want(http.StatusOK).Body.String(), words)
		}
		var v incidentsView
		w.as("ga", http.MethodGet, "/incidents", nil).want(http.StatusOK).into(&v)
		if len(v.Items) != 0 || lines("hall") != 0 {
			t.Fatalf("in a new house: %+v", v)
		}
		call(models.FetchEnd{Outcome: models.FetchTechnical, RetryAfter: 1, Message: "no connection"})
		w.clock.add(2 * outagesFor)
		for _, user := range []string{"hall", "ga", "coord", "sysadmin"} {
			if n := lines(user); n != 1 {
				t.Errorf("%s reads %d lines", user, n)
			}
		}
		w.as("ga", http.MethodGet, "/incidents", nil).want(http.StatusOK).into(&v)
		if len(v.Items) != 1 || v.Items[0].Reason != "no connection" || v.Items[0].ProbeAt == nil || v.Items[0].Resource != nil || v.Items[0].ClosedAt != nil {
			t.Fatalf("%+v", v)
		}
		w.clock.add(time.Minute)
		call(models.FetchEnd{Outcome: models.FetchNoRecord, Sent: true})
		w.clock.add(2 * outagesFor)
		if n := lines("hall"); n != 0 {
			t.Errorf("%d lines though it is over", n)
		}
		v = incidentsView{}
		w.as("ga", http.MethodGet, "/incidents?state=all", nil).want(http.StatusOK).into(&v)
		if len(v.Items) != 1 || v.Items[0].ClosedAt == nil || v.Items[0].ProbeAt != nil {
			t.Errorf("%+v", v)
		}
		w.as("ga", http.MethodGet, "/incidents?state=past", nil).want(http.StatusUnprocessableEntity)
	})
}

// The catalogue says how often a resource may be called, and how often it was.
func TestAResourceSaysHowOftenItWasCalled(t *testing.T) {
	w := newWorld(t, sqliteFor(t))
	body := map[string]any{"name": "残疾人证信息", "provider": "MZ", "share_class": 1, "profile": "gjgxjhpt", "rate": "often"}
	w.as("steward", http.MethodPost, "/resources", body).want(http.StatusUnprocessableEntity)
	body["rate"] = "1000次/小时"
	var e entryView
	w.as("steward", http.MethodPost, "/resources", body).want(http.StatusCreated).into(&e)
	if e.Rate != "1000次/小时" || e.Calls.Total != 0 || len(e.Calls.Days) != 0 {
		t.Fatalf("%+v", e)
	}
	c := w.blocker()
	for range 3 {
		if _, err := w.store.BeginFetch(t.Context(), models.Fetch{Job: 99, Case: workflow.CaseID(c.ID), Resource: e.ID, User: 1}); err != nil {
			t.Fatal(err)
		}
	}
	w.as("ga", http.MethodGet, resourcePath(e.ID), nil).want(http.StatusOK).into(&e)
	if e.Calls.Total != 3 || len(e.Calls.Days) != 1 || e.Calls.Days[0].Calls != 3 || e.Calls.Days[0].Dept == nil {
		t.Errorf("%+v", e.Calls)
	}
	page := w.page("ga", http.MethodGet, resourcePath(e.ID), nil).want(http.StatusOK).Body.String()
	if !strings.Contains(page, "累计 3 次") || !strings.Contains(page, "1000次/小时") {
		t.Error("the page does not say so")
	}
}
