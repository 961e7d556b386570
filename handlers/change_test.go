package handlers

import (
	"fmt"
	"net/http"
	"net/url"
	"strings"
	"testing"
)

func TestADepartmentsEntryIsPublishedByItsChange(t *testing.T) {
	everywhere(t, func(w *world) {
		t := w.t
		var c caseView
		p := w.as("ga", http.MethodPost, "/resources/changes", map[string]any{"entries": []any{map[string]any{"name": "x", "share_class": 3}}}).problem(http.StatusUnprocessableEntity, "invalid")
		if got := " " + strings.Join(p.names(), " ") + " "; !strings.Contains(got, " entries.0.basis ") || !strings.Contains(got, " entries.0.abstract ") {
			t.Errorf("named: %s", got)
		}
		body := map[string]any{"cause": "职责调整", "entries": []any{wholeEntry("居住证信息")}}
		w.as("ga", http.MethodPost, "/resources/changes", body).want(http.StatusCreated).into(&c)
		if c.Kind != "catalogue_change" || c.State != "drafting" || c.Lead.Code != "GA" || c.Due == nil {
			t.Fatalf("opened: %+v", c.lineView)
		}
		c = w.get("ga", c.ID)
		if len(c.Changes) != 1 || c.Changes[0].Name != "居住证信息" || c.Changes[0].Status != "draft" || c.Changes[0].Items != 2 {
			t.Fatalf("its entries: %+v", c.Changes)
		}
		path := fmt.Sprintf("/resources/%d", c.Changes[0].Resource)
		for user, want := range map[string]int{"ga": http.StatusOK, "coord": http.StatusOK, "steward": http.StatusOK, "mz": http.StatusNotFound, "hall": http.StatusNotFound, "coord_wx": http.StatusNotFound} {
			w.as(user, http.MethodGet, path, nil).want(want)
		}
		var list resourcesView
		w.as("ga", http.MethodGet, "/resources?status=draft", nil).into(&list)
		if len(list.Items) != 1 {
			t.Errorf("the drafts of its own department: %+v", list.Items)
		}
		w.as("mz", http.MethodGet, "/resources?status=draft", nil).into(&list)
		if len(list.Items) != 0 {
			t.Errorf("another department sees drafts: %+v", list.Items)
		}
		// While it is being prepared it is edited, by its own department alone.
		again := with(wholeEntry("居住证信息"), map[string]any{"abstract": "居住登记", "resource": c.Changes[0].Resource, "case": c.ID})
		w.as("ga_head", http.MethodPost, "/resources/changes", again).want(http.StatusCreated)
		w.as("mz", http.MethodPost, "/resources/changes", again).problem(http.StatusNotFound, "not-found")
		w.as("ga", http.MethodPost, "/resources/changes", body).problem(http.StatusUnprocessableEntity, "invalid") // it is in a change already
		w.act("ga", c.ID, "submit", map[string]any{"assessed": true})
		w.as("ga", http.MethodPost, "/resources/changes", again).problem(http.StatusConflict, "conflict")
		w.act("ga_head", c.ID, "approve", nil)
		w.act("coord", c.ID, "publish", nil)
		w.pump()
		var e entryView
		w.as("hall", http.MethodGet, path, nil).want(http.StatusOK).into(&e)
		if w.get("ga", c.ID).State != "published" || e.Status != "published" || e.Entry.Abstract != "居住登记" || e.Versions[0].Publisher != "周协调" || e.Versions[0].Case != c.ID {
			t.Errorf("published: %s %+v", w.get("ga", c.ID).State, e)
		}
		// And it leaves the catalogue by a change, too.
		w.as("ga", http.MethodPost, "/resources/changes", map[string]any{"op": "withdraw", "resource": e.ID, "cause": "职责划出"}).want(http.StatusCreated).into(&c)
		w.as("hall", http.MethodGet, path, nil).into(&e)
		if e.Status != "published" {
			t.Errorf("before it was decided it is %s", e.Status)
		}
		w.act("ga", c.ID, "submit", map[string]any{"assessed": true})
		w.act("ga_head", c.ID, "approve", nil)
		w.act("coord", c.ID, "publish", nil)
		w.pump()
		w.as("hall", http.MethodGet, path, nil).into(&e)
		if e.Status != "withdrawn" || !e.Versions[0].Withdraws {
			t.Errorf("withdrawn: %+v", e.Versions)
		}
	})
}

func TestWhatTheCatalogueCannotTakeGoesBack(t *testing.T) {
	w := newWorld(t, sqliteFor(t))
	var c, given caseView
	w.as("ga", http.MethodPost, "/resources/changes", wholeEntry("居住证信息")).want(http.StatusCreated).into(&c)
	w.act("ga", c.ID, "submit", map[string]any{"assessed": true})
	w.act("ga_head", c.ID, "approve", nil)
	w.as("steward", http.MethodPost, "/resources", with(wholeEntry("抢先登记"), map[string]any{"provider": "MZ"})).want(http.StatusCreated) // takes the code
	w.act("coord", c.ID, "publish", nil)
	w.pump()
	c = w.get("ga", c.ID)
	if c.State != "drafting" || c.Changes[0].Status != "draft" {
		t.Fatalf("%s %+v", c.State, c.Changes)
	}
	var log eventsView
	w.as("ga", http.MethodGet, fmt.Sprintf("/cases/%d/events", c.ID), nil).into(&log)
	if last := log.Items[len(log.Items)-1]; !strings.Contains(last.Note, "居住证信息") {
		t.Errorf("the reason: %q", last.Note)
	}
	w.act("ga", c.ID, "withdraw", map[string]any{"note": "改日再报"})
	w.pump()
	if c = w.get("ga", c.ID); c.Changes[0].Status != "dropped" {
		t.Errorf("given up: %+v", c.Changes)
	}
	w.as("ga", http.MethodPost, "/resources/changes", with(wholeEntry("居住证信息"), map[string]any{"code": "307011001/9"})).want(http.StatusCreated).into(&given)
	if got := w.get("ga", given.ID); got.Changes[0].Resource != c.Changes[0].Resource || got.Changes[0].N != 2 {
		t.Errorf("anew: %+v", got.Changes)
	}
}

func TestADepartmentPreparesChangesOnPages(t *testing.T) {
	w := newWorld(t, sqliteFor(t))
	form := url.Values{"items": {"姓名，字符型\n"}, "idempotency_key": {"k1"}, "cause": {"新增职责"}}
	for name, v := range wholeEntry("居住证信息") {
		if name != "items" {
			form.Set(name, fmt.Sprint(v))
		}
	}
	bad := url.Values{"name": {"居住证信息"}, "share_class": {"1"}, "items": {"姓名，怪\n"}, "cause": {"新增职责"}}
	refused := w.page("ga", http.MethodPost, "/resources/changes", bad).want(http.StatusUnprocessableEntity).Body.String()
	for _, want := range []string{"第 1 行：没有这个数据类型", "新增职责", "居住证信息"} {
		if !strings.Contains(refused, want) {
			t.Errorf("the form that came back does not show %q", want)
		}
	}
	first := w.page("ga", http.MethodPost, "/resources/changes", form).want(http.StatusSeeOther).Header().Get("Location")
	if again := w.page("ga", http.MethodPost, "/resources/changes", form).want(http.StatusSeeOther).Header().Get("Location"); again != first {
		t.Errorf("the same form opened %s and %s", first, again)
	}
	page := w.page("ga", http.MethodGet, first, nil).want(http.StatusOK).Body.String()
	for _, want := range []string{"变更的目录", "居住证信息", "新增职责", "第十七条"} {
		if !strings.Contains(page, want) {
			t.Errorf("the page of the case does not show %q", want)
		}
	}
	var c caseView
	w.upload("ga", "/resources/import", "text/csv", catalogueFile(t, 3)).want(http.StatusOK)
	w.as("ga", http.MethodGet, "/cases?kind=catalogue_change&sort=newest&limit=1", nil).want(http.StatusOK)
	if c = w.get("ga", 2); len(c.Changes) != 3 || c.Title != "目录变更：样本资源 0等 3 条" {
		t.Errorf("what a department imports is a change: %s %+v", c.Title, c.Changes)
	}
	w.as("steward", http.MethodPost, "/resources/changes", wholeEntry("x")).problem(http.StatusForbidden, "forbidden")
}
