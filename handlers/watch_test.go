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
