package handlers

import (
	"fmt"
	"maps"
	"net/http"
	"slices"
	"strings"
	"testing"

	"github.com/shujie-gov/shujie/models"
)

// people is one of each: both halls, a department that plays a part and one
// that does not, the coordinators of the province and of one city, the steward
// and the three administrators. The empty name is somebody who did not log in.
func people() []string {
	return []string{"", "hall", "hall_wx", "ga", "ga_head", "mz", "coord", "coord_wx", "steward", "sysadmin", "secadmin", "auditor"}
}

// who is a set of people.
type who []string

func business() who {
	return who{"hall", "hall_wx", "ga", "ga_head", "mz", "coord", "coord_wx", "steward"}
}

// probe is one request that every person makes, and what they should get: yes
// for those in may, hidden (404) for those who may not know of it, else 403.
type probe struct {
	path   string // with the ids of the world
	body   any
	yes    int
	may    who
	hidden who
	open   bool // whoever asks, logged in or not
}

func (p probe) want(user string) int {
	switch {
	case p.open || slices.Contains(p.may, user):
		return p.yes
	case user == "":
		return http.StatusUnauthorized
	case slices.Contains(p.hidden, user):
		return http.StatusNotFound
	}
	return http.StatusForbidden
}

// others is everybody who logged in and is not in w.
func (w who) others() who {
	return slices.DeleteFunc(people(), func(p string) bool { return p == "" || slices.Contains(w, p) })
}

// only is the people of w without those of not.
func (w who) but(not who) who {
	return slices.DeleteFunc(slices.Clone(w), func(p string) bool { return slices.Contains(not, p) })
}

// expectations says for every route who gets what. Each has at least one probe
// of something of the reader's own and, where rows are hidden, one of another
// department's and another region's.
func expectations(own, foreign caseView, receipt, set int64) map[string][]probe {
	everybody := people()[1:]
	seesOwn := who{"hall", "ga", "ga_head", "coord", "steward"}
	seesForeign := who{"hall_wx", "coord", "coord_wx", "steward"}
	halls, keepers := who{"hall", "hall_wx"}, who{"coord", "coord_wx", "steward"}
	proposers := who{"ga", "ga_head", "mz", "coord", "coord_wx", "steward"}
	say := map[string]any{"note": "看到了"}
	none, steward := map[string]any{}, who{"steward"}
	is := func(id int64, format string) string { return fmt.Sprintf(format, id) }
	ok, bad := http.StatusOK, http.StatusUnprocessableEntity
	return map[string][]probe{
		"GET /login":     {{path: "/login", yes: ok, open: true}},
		"POST /session":  {{path: "/session", body: none, yes: bad, open: true}},
		"POST /lang":     {{path: "/lang", body: none, yes: bad, open: true}},
		"GET /me":        {{path: "/me", yes: ok, may: everybody}},
		"GET /":          {{path: "/", yes: ok, may: everybody}},
		"GET /search":    {{path: "/search?q=x", yes: http.StatusSeeOther, may: everybody}},
		"GET /cases":     {{path: "/cases", yes: ok, may: everybody}},
		"GET /cases/new": {{path: "/cases/new", yes: ok, may: halls}},
		"POST /cases":    {{path: "/cases", body: none, yes: bad, may: halls}, {path: "/cases", body: map[string]any{"kind": "service"}, yes: bad, may: who{"steward"}}},
		"GET /cases/:id": {{path: is(own.ID, "/cases/%d"), yes: ok, may: seesOwn, hidden: seesOwn.others()}, {path: is(foreign.ID, "/cases/%d"), yes: ok, may: seesForeign, hidden: seesForeign.others()}},
		"GET /cases/:id/events": {
			{path: is(own.ID, "/cases/%d/events"), yes: ok, may: seesOwn, hidden: seesOwn.others()},
			{path: is(foreign.ID, "/cases/%d/events"), yes: ok, may: seesForeign, hidden: seesForeign.others()},
		},
		"GET /cases/:id/window": {
			{path: is(own.ID, "/cases/%d/window"), yes: ok, may: seesOwn, hidden: seesOwn.others()},
			{path: is(foreign.ID, "/cases/%d/window"), yes: ok, may: seesForeign, hidden: seesForeign.others()},
		},
		"GET /cases/:id/clocks": {
			{path: is(own.ID, "/cases/%d/clocks"), yes: ok, may: seesOwn, hidden: seesOwn.others()},
			{path: is(foreign.ID, "/cases/%d/clocks"), yes: ok, may: seesForeign, hidden: seesForeign.others()},
		},
		"POST /cases/:id/actions/:action": { // who sees it but has no seat is told so; the steward may not comment on blockers
			{path: is(own.ID, "/cases/%d/actions/comment"), body: say, yes: ok, may: seesOwn.but(who{"steward"}), hidden: seesOwn.others()},
			{path: is(foreign.ID, "/cases/%d/actions/comment"), body: say, yes: ok, may: seesForeign.but(who{"steward"}), hidden: seesForeign.others()},
			{path: is(own.ID, "/cases/%d/actions/supervise"), body: none, yes: bad, may: who{"coord"}, hidden: seesOwn.others()},
			{path: is(own.ID, "/cases/%d/actions/data_arrived"), body: say, yes: ok, hidden: seesOwn.others()},
		},
		"GET /batches":                       {{path: "/batches", yes: ok, may: business()}},
		"POST /batches":                      {{path: "/batches", body: none, yes: bad, may: who{"coord", "coord_wx"}}},
		"GET /batches/:id":                   {{path: is(own.Batch.ID, "/batches/%d"), yes: ok, may: seesOwn, hidden: business().but(seesOwn)}},
		"GET /resources":                     {{path: "/resources", yes: ok, may: business()}},
		"POST /resources":                    {{path: "/resources", body: none, yes: bad, may: keepers}},
		"GET /coverage":                      {{path: "/coverage", yes: ok, may: business()}},
		"GET /coverage/proofs":               {{path: "/coverage/proofs", yes: ok, may: business()}},
		"GET /coverage/proofs/export":        {{path: "/coverage/proofs/export", yes: ok, may: business()}},
		"POST /coverage/match":               {{path: "/coverage/match", body: none, yes: bad, may: proposers}},
		"GET /resources/import":              {{path: "/resources/import", yes: ok, may: proposers}},
		"POST /resources/import":             {{path: "/resources/import", body: none, yes: http.StatusUnsupportedMediaType, may: proposers}},
		"GET /resources/export":              {{path: "/resources/export", yes: ok, may: business()}},
		"GET /resources/new":                 {{path: "/resources/new", yes: ok, may: proposers}},
		"POST /resources/changes":            {{path: "/resources/changes", body: none, yes: bad, may: who{"ga", "ga_head", "mz"}}},
		"GET /resources/:id":                 {{path: "/resources/1", yes: ok, may: business()}},
		"POST /resources/:id":                {{path: "/resources/1", body: none, yes: bad, may: who{"coord", "steward"}}},
		"GET /service-items":                 {{path: "/service-items", yes: ok, may: business()}},
		"POST /service-items":                {{path: "/service-items", body: none, yes: bad, may: keepers}},
		"GET /service-items/import":          {{path: "/service-items/import", yes: ok, may: keepers}},
		"POST /service-items/import":         {{path: "/service-items/import", body: none, yes: http.StatusUnsupportedMediaType, may: keepers}},
		"GET /service-items/:id":             {{path: is(own.Item.ID, "/service-items/%d"), yes: ok, may: business()}},
		"GET /departments":                   {{path: "/departments", yes: ok, may: everybody}},
		"POST /departments":                  {{path: "/departments", body: none, yes: bad, may: who{"sysadmin"}}},
		"GET /routing":                       {{path: "/routing", yes: ok, may: keepers}},
		"POST /routing":                      {{path: "/routing", body: none, yes: bad, may: keepers}},
		"GET /routing/:id":                   {{path: is(set, "/routing/%d"), yes: ok, may: keepers}},
		"POST /routing/:id":                  {{path: is(set, "/routing/%d"), body: none, yes: bad, may: who{"coord", "steward"}}},
		"GET /routing/:id/csv":               {{path: is(set, "/routing/%d/csv"), yes: ok, may: keepers}},
		"POST /routing/:id/rehearsal":        {{path: is(set, "/routing/%d/rehearsal"), body: map[string]any{"from": "x"}, yes: bad, may: who{"coord", "steward"}}},
		"POST /routing/:id/activate":         {{path: is(set, "/routing/%d/activate"), body: none, yes: bad, may: who{"coord"}}},
		"POST /routing/:id/retire":           {{path: is(set, "/routing/%d/retire"), body: none, yes: bad, may: who{"coord"}}},
		"GET /definitions":                   {{path: "/definitions", yes: ok, may: everybody}},
		"POST /definitions":                  {{path: "/definitions", body: none, yes: bad, may: steward}},
		"POST /definitions/check":            {{path: "/definitions/check", body: none, yes: bad, may: who{"sysadmin", "steward"}}},
		"POST /definitions/:kind/release":    {{path: "/definitions/blocker/release", body: none, yes: bad, may: steward}},
		"POST /definitions/:kind/retire":     {{path: "/definitions/blocker/retire", body: none, yes: bad, may: steward}},
		"POST /definitions/:kind/discard":    {{path: "/definitions/blocker/discard", body: none, yes: bad, may: steward}},
		"GET /definitions/:kind/plan":        {{path: "/definitions/blocker/plan?from=1&to=1", yes: bad, may: steward}},
		"POST /definitions/:kind/migrations": {{path: "/definitions/blocker/migrations", body: none, yes: bad, may: steward}},
		"GET /migrations/:id":                {{path: "/migrations/9", yes: http.StatusNotFound, may: everybody}},
		"POST /migrations/:id/undo":          {{path: "/migrations/9/undo", body: none, yes: http.StatusNotFound, may: steward}},
		"GET /definitions/:kind":             {{path: "/definitions/blocker", yes: ok, may: everybody}},
		"GET /notices":                       {{path: "/notices", yes: ok, may: business()}},
		"POST /notices/seen":                 {{path: "/notices/seen", body: none, yes: http.StatusNoContent, may: business()}},
		"GET /receipts/:id":                  {{path: is(receipt, "/receipts/%d"), yes: ok, may: seesOwn, hidden: business().but(seesOwn)}},
		"GET /receipts/:id/document":         {{path: is(receipt, "/receipts/%d/document"), yes: ok, may: seesOwn, hidden: business().but(seesOwn)}},
		"GET /usage":                         {{path: "/usage", yes: ok, may: business()}},
		"GET /usage/export":                  {{path: "/usage/export", yes: ok, may: business()}},
		"GET /receipt-key":                   {{path: "/receipt-key", yes: ok, open: true}},
		"GET /incidents":                     {{path: "/incidents", yes: ok, may: everybody}},
		"GET /watch":                         {{path: "/watch", yes: ok, may: who{"coord", "coord_wx", "sysadmin"}}},
		"POST /watch/revivals":               {{path: "/watch/revivals", body: none, yes: ok, may: who{"sysadmin"}}},
		"GET /live":                          {{path: "/live", yes: ok, may: everybody}},
		"GET /healthz":                       {{path: "/healthz", yes: ok, open: true}},
		"GET /readyz":                        {{path: "/readyz", yes: ok, open: true}},
		"GET /openapi.json":                  {{path: "/openapi.json", yes: ok, open: true}},
		"POST /logout":                       {}, // ends the session it is asked with; see the session tests
		"DELETE /session":                    {},
	}
}

func TestEveryRouteAnswersEveryRoleAsExpected(t *testing.T) {
	w := newWorld(t, sqliteFor(t))
	close(w.tick) // live pages end at once
	own, foreign := w.twoCities()
	receipt := w.get("ga", own.ID).Receipts[0].ID
	table := expectations(own, foreign, receipt, w.draftRules().ID)
	maps.Copy(table, deskExpectations(own))
	maps.Copy(table, calendarExpectations())
	known := map[string]bool{}
	for _, r := range w.server.routes() {
		name := r.method + " " + r.api
		if r.api == "" {
			name = r.method + " " + r.page
		}
		known[name] = true
		probes, ok := table[name]
		if !ok {
			t.Errorf("the route %s has no expectation: say who may see what", name)
		}
		for _, p := range probes {
			for _, user := range people() {
				if r.api != "" {
					w.probe(r.method, apiRoot+p.path, p, user, p.want(user))
				}
				if r.page != "" {
					path := p.path
					if rest, same := strings.CutPrefix(path, r.api); same && r.api != "" && r.api != r.page {
						path = r.page + rest
					}
					w.probe(r.method, path, p, user, asPage(r, p, user))
				}
			}
		}
	}
	for name := range table {
		if !known[name] {
			t.Errorf("there is no route %s", name)
		}
	}
}

// asPage is what a browser gets: a way to the login instead of 401, and a way
// on after a change.
func asPage(r route, p probe, user string) int {
	got := p.want(user)
	switch {
	case r.stream != nil:
		return got
	case got == http.StatusUnauthorized, r.method == http.MethodPost && got < http.StatusMultipleChoices:
		return http.StatusSeeOther
	case r.page == "/login" && r.method == http.MethodGet && user != "":
		return http.StatusSeeOther
	}
	return got
}

func (w *world) probe(method, path string, p probe, user string, want int) {
	w.t.Helper()
	req := w.request(method, path, p.body)
	switch {
	case (strings.HasSuffix(path, "/live") || strings.HasSuffix(path, "/csv") || strings.HasSuffix(path, "/export")) && user == "":
		want = http.StatusUnauthorized
		req.Header.Set("Accept", "application/json")
	case !strings.HasPrefix(path, apiRoot):
		req.Header.Set("Accept", "text/html")
	}
	if user != "" {
		req.Header.Set("Authorization", "Bearer "+w.login(user))
	}
	if got := w.send(req); got.Code != want {
		w.t.Errorf("%s %s as %q: %d, want %d: %.100s", method, path, user, got.Code, want, got.Body)
	}
}

// twoCities files a blocker in each city and carries the first to its receipt.
func (w *world) twoCities() (own, foreign caseView) {
	w.t.Helper()
	own = w.blocker()
	w.act("coord", own.ID, "accept", nil)
	w.pump()
	w.act("ga", own.ID, "sign", nil)
	w.act("ga", own.ID, "request_data", nil)
	w.pump()
	w.as("hall_wx", http.MethodPost, "/cases", map[string]any{"service_item": "新生儿参保", "proof": "出生证明"}).want(http.StatusCreated).into(&foreign)
	return own, foreign
}

func TestWhatAListShowsIsWhatCanBeOpenedAndCounted(t *testing.T) {
	everywhere(t, func(w *world) {
		t := w.t
		own, foreign := w.twoCities()
		var all []int64
		everything, err := w.store.Cases(t.Context(), models.Scope{All: true}, models.CaseQuery{Limit: models.MaxLimit})
		w.must(err)
		for _, l := range everything.Items {
			all = append(all, int64(l.ID))
		}
		if len(all) < 3 {
			t.Fatalf("only %d cases", len(all))
		}
		for _, user := range people()[1:] {
			var list casesView
			w.as(user, http.MethodGet, "/cases?limit=100", nil).want(http.StatusOK).into(&list)
			listed := map[int64]bool{}
			for _, l := range list.Items {
				listed[l.ID] = true
			}
			for _, id := range all {
				want := http.StatusNotFound
				if listed[id] {
					want = http.StatusOK
				}
				w.as(user, http.MethodGet, fmt.Sprintf("/cases/%d", id), nil).want(want)
				w.as(user, http.MethodGet, fmt.Sprintf("/cases/%d/events", id), nil).want(want)
				var found casesView
				w.as(user, http.MethodGet, "/cases?q="+models.Number(1, w.clock.time())[:8]+fmt.Sprintf("%05d", id), nil).into(&found)
				if (len(found.Items) == 1) != listed[id] {
					t.Errorf("%s: search for %d finds %d rows, listed: %v", user, id, len(found.Items), listed[id])
				}
			}
			if page := w.page(user, http.MethodGet, "/cases", nil).want(http.StatusOK).Body.String(); strings.Count(page, "class=\"row-link\"") != len(listed) {
				t.Errorf("%s: the page shows another number of rows than %d", user, len(listed))
			}
			switch user {
			case "sysadmin", "secadmin", "auditor", "mz":
				if len(listed) != 0 {
					t.Errorf("%s sees %d cases", user, len(listed))
				}
			case "coord", "steward":
				if len(listed) != len(all) {
					t.Errorf("%s sees %d of %d cases", user, len(listed), len(all))
				}
			case "hall", "ga":
				if !listed[own.ID] || listed[foreign.ID] {
					t.Errorf("%s sees own %v, foreign %v", user, listed[own.ID], listed[foreign.ID])
				}
			case "hall_wx", "coord_wx":
				if listed[own.ID] || !listed[foreign.ID] {
					t.Errorf("%s sees Nanjing's %v, Wuxi's %v", user, listed[own.ID], listed[foreign.ID])
				}
			}
		}
	})
}
