package handlers

import (
	"fmt"
	"net/http"
	"net/url"
	"strings"
	"testing"
	"time"
)

// later lets what is cached of users expire.
func (w *world) later() { w.clock.add(5 * time.Second) }

func TestASubstituteHoldsTheRightsOfTheAbsentAndTheLogSaysSo(t *testing.T) {
	w := newWorld(t, sqliteFor(t))
	head, handler := w.me("ga_head").ID, w.me("ga").ID
	c := w.dispatched()
	var s substituteView
	w.as("ga_head", http.MethodPost, "/substitutes", map[string]any{"substitute": handler, "from": "2026-03-02", "until": "2026-03-03"}).want(http.StatusCreated).into(&s)
	if s.Absent.ID != head || s.Substitute.ID != handler || !s.Now || !s.Mine || s.Dept.Code != "GA" {
		t.Errorf("named %+v", s)
	}
	w.later()
	if me := w.me("ga"); len(me.Grants) != 2 || me.Grants[1].For != "负责人GA" || me.Grants[1].Role != "dept_head" {
		t.Errorf("grants %+v", me.Grants)
	}
	w.act("ga", c.ID, "assign", map[string]any{"to": handler}) // what only a head may
	log := w.page("coord", http.MethodGet, fmt.Sprintf("/cases/%d", c.ID), nil).want(http.StatusOK).Body.String()
	if !strings.Contains(log, "经办GA（代 负责人GA）") {
		t.Error("the log does not say in whose place")
	}
	var list substitutesView
	for user, want := range map[string]int{"ga": 1, "ga_head": 1, "wj_head": 0, "sysadmin": 0} {
		if w.as(user, http.MethodGet, "/substitutes", nil).want(http.StatusOK).into(&list); len(list.Items) != want {
			t.Errorf("%s lists %d", user, len(list.Items))
		}
	}
	w.as("ga", http.MethodPost, fmt.Sprintf("/substitutes/%d/end", s.ID), nil).problem(http.StatusNotFound, "not-found")
	w.as("ga_head", http.MethodPost, fmt.Sprintf("/substitutes/%d/end", s.ID), nil).want(http.StatusNoContent)
	w.later()
	w.as("ga", http.MethodPost, fmt.Sprintf("/cases/%d/actions/assign", c.ID), map[string]any{"to": head}).problem(http.StatusForbidden, "forbidden")
}

func TestTheOwnPageNamesASubstituteAndKeepsWhatWasTyped(t *testing.T) {
	w := newWorld(t, sqliteFor(t))
	page := w.page("ga", http.MethodGet, "/me", nil).want(http.StatusOK).Body.String()
	if !strings.Contains(page, "负责人GA") || strings.Contains(page, "负责人WJ") {
		t.Error("the page does not offer the colleagues, and them alone")
	}
	form := url.Values{"substitute": {fmt.Sprint(w.me("wj").ID)}, "from": {"2026-03-09"}, "until": {"2026-03-10"}}
	page = w.page("ga", http.MethodPost, "/substitutes", form).want(http.StatusUnprocessableEntity).Body.String()
	if !strings.Contains(page, "不是同一部门的人员") || !strings.Contains(page, `value="2026-03-10"`) {
		t.Error("a stranger is not refused by field, or what was typed is lost")
	}
	form.Set("substitute", fmt.Sprint(w.me("ga_head").ID))
	w.page("ga", http.MethodPost, "/substitutes", form).want(http.StatusSeeOther)
	if page = w.page("ga", http.MethodGet, "/me", nil).Body.String(); !strings.Contains(page, "2026-03-09 – 2026-03-10") {
		t.Error("the substitute is not listed")
	}
	for name, body := range map[string]map[string]any{
		"substitute": {"from": "2026-03-02", "until": "2026-03-03"},
		"from":       {"substitute": 1, "from": "morgen", "until": "2026-03-03"},
		"until":      {"substitute": 1, "from": "2026-03-02"},
	} {
		p := w.as("ga", http.MethodPost, "/substitutes", body).problem(http.StatusUnprocessableEntity, "invalid")
		if got := p.names(); len(got) != 1 || got[0] != name {
			t.Errorf("wrong %s: fields %v", name, got)
		}
	}
	if page := w.page("auditor", http.MethodGet, "/me", nil).want(http.StatusOK).Body.String(); strings.Contains(page, "/substitutes") {
		t.Error("an administrator is offered a substitute")
	}
}

// The last filter comes back until it is cleared, without a script.
func TestAListRemembersItsLastFilter(t *testing.T) {
	w := newWorld(t, sqliteFor(t))
	to := func(path string) string {
		return w.page("ga", http.MethodGet, path, nil).want(http.StatusSeeOther).Header().Get("Location")
	}
	for _, list := range []string{"/", "/cases"} {
		w.page("ga", http.MethodGet, list, nil).want(http.StatusOK)
		if got := to(list + "?light=red&kind=&q=&keep=1&cursor=x"); got != list+"?light=red" {
			t.Errorf("a kept filter leads to %s", got)
		}
		if got := to(list); got != list+"?light=red" {
			t.Errorf("%s comes back as %s", list, got)
		}
		page := w.page("ga", http.MethodGet, list+"?light=red", nil).want(http.StatusOK).Body.String()
		if !strings.Contains(page, list+"?clear=1") {
			t.Error("nothing clears the filter")
		}
		w.page("ga", http.MethodGet, list+"?kind=blocker", nil).want(http.StatusOK) // a link from elsewhere is not kept
		w.page("ga", http.MethodGet, list+"?light=green&keep=1", nil).want(http.StatusUnprocessableEntity)
		if got := to(list); got != list+"?light=red" {
			t.Errorf("then it comes back as %s", got)
		}
		w.page("ga_head", http.MethodGet, list, nil).want(http.StatusOK) // another's
		if got := to(list + "?clear=1"); got != list {
			t.Errorf("clearing leads to %s", got)
		}
		w.page("ga", http.MethodGet, list, nil).want(http.StatusOK)
	}
	if got := to("/?box=todo&keep=1"); got != "/" {
		t.Errorf("the inbox without a filter is kept as %s", got)
	}
}

func TestFiltersAreKeptUnderANameUpToTen(t *testing.T) {
	w := newWorld(t, sqliteFor(t))
	var list filtersView
	for i := range 10 {
		w.as("ga", http.MethodPost, "/filters", map[string]any{"page": "cases", "name": fmt.Sprint("筛选", i), "query": "light=red&limit=7&cursor=x"}).want(http.StatusCreated).into(&list)
	}
	if len(list.Items) != 10 || list.Items[0].Query != "light=red" {
		t.Fatalf("kept %+v", list.Items)
	}
	for field, body := range map[string]map[string]any{
		"name":  {"page": "cases", "name": "第十一个", "query": "light=red"},
		"query": {"page": "cases", "name": "空", "query": "limit=7"},
		"page":  {"page": "batches", "name": "批次", "query": "light=red"},
	} {
		p := w.as("ga", http.MethodPost, "/filters", body).problem(http.StatusUnprocessableEntity, "invalid")
		if got := p.names(); len(got) != 1 || got[0] != field {
			t.Errorf("fields %v, want %s", got, field)
		}
	}
	page := w.page("ga", http.MethodGet, "/cases?light=red", nil).want(http.StatusOK).Body.String()
	if !strings.Contains(page, ">筛选3</a>") {
		t.Error("the list does not offer the kept filter")
	}
	w.as("mz", http.MethodPost, fmt.Sprintf("/filters/%d/remove", list.Items[0].ID), nil).problem(http.StatusNotFound, "not-found")
	w.page("ga", http.MethodPost, fmt.Sprintf("/filters/%d/remove", list.Items[0].ID), url.Values{}).want(http.StatusSeeOther)
	if w.as("ga", http.MethodGet, "/filters", nil).into(&list); len(list.Items) != 9 {
		t.Errorf("left %d", len(list.Items))
	}
}
