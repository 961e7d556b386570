package handlers

import (
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/shujie-gov/shujie/models"
)

// The watch is empty while all is well. It shows counts, and nothing of a case.
func TestTheWatchShowsWhatShouldHaveHappenedInCounts(t *testing.T) {
	everywhere(t, func(w *world) {
		read := func(user string) watchView {
			var v watchView
			w.as(user, http.MethodGet, "/watch", nil).want(http.StatusOK).into(&v)
			return v
		}
		if v := read("sysadmin"); !v.Empty || len(v.Items) != 0 {
			t.Fatalf("in a new house: %+v", v)
		}
		if page := w.page("coord", http.MethodGet, "/watch", nil).want(http.StatusOK).Body.String(); !strings.Contains(page, "一切正常") {
			t.Error("the page does not say that all is well")
		}
		c := w.blocker()
		w.clock.add(models.WatchGrace + time.Second)
		w.tokens = map[string]string{}
		v := read("sysadmin")
		if v.Empty || len(v.Items) != 2 || v.Items[0].Kind != "outbox" || v.Items[1].Kind != "seal" || v.Items[0].Count == 0 || v.Items[0].Todo.ZH == "" {
			t.Fatalf("nothing was shipped, nothing sealed: %+v", v)
		}
		page := w.page("sysadmin", http.MethodGet, "/watch", nil).want(http.StatusOK).Body.String()
		for _, want := range []string{"到时未执行的后台任务", "未封存的日志", "/readyz"} {
			if !strings.Contains(page, want) {
				t.Errorf("the page lacks %q", want)
			}
		}
		for _, secret := range []string{c.Number, c.Title, c.Item.Name} {
			if strings.Contains(page, secret) {
				t.Errorf("the page tells the administrator of %q", secret)
			}
		}
	})
}

// What was given up is revived by the system administrator, with a record.
func TestTheAdministratorRevivesWhatWasGivenUp(t *testing.T) {
	everywhere(t, func(w *world) {
		w.blocker()
		page := func(user string) string {
			return w.page(user, http.MethodGet, "/watch", nil).want(http.StatusOK).Body.String()
		}
		const button = `action="/watch/revivals"`
		if strings.Contains(page("sysadmin"), button) {
			t.Error("there is nothing to revive, and a button for it")
		}
		jobs, err := w.store.ClaimJobs(t.Context(), time.Minute, 10)
		if err != nil || len(jobs) == 0 {
			t.Fatal(jobs, err)
		}
		for _, j := range jobs {
			if err := w.store.BuryJob(t.Context(), j.ID, "no route"); err != nil {
				t.Fatal(err)
			}
		}
		if !strings.Contains(page("sysadmin"), button) || strings.Contains(page("coord"), button) {
			t.Error("the button is for who may revive, and for nobody else")
		}
		w.as("coord", http.MethodPost, "/watch/revivals", map[string]any{}).want(http.StatusForbidden)
		var got revivedView
		w.as("sysadmin", http.MethodPost, "/watch/revivals", map[string]any{}).want(http.StatusOK).into(&got)
		if got.Revived != int64(len(jobs)) {
			t.Errorf("revived %d of %d", got.Revived, len(jobs))
		}
		var v watchView
		w.as("sysadmin", http.MethodGet, "/watch", nil).want(http.StatusOK).into(&v)
		if len(v.Revivals) != 1 || v.Revivals[0].Count != got.Revived || v.Revivals[0].By == "" {
			t.Errorf("written down as %+v", v.Revivals)
		}
		if text := page("sysadmin"); !strings.Contains(text, "恢复记录") || strings.Contains(text, button) {
			t.Error("the page does not say who revived, or offers it again")
		}
	})
}
