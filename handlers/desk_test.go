package handlers

import (
	"fmt"
	"net/http"
	"net/url"
	"strings"
	"testing"
	"time"
)

// dispatched files a blocker and brings it to the department GA.
func (w *world) dispatched() caseView {
	w.t.Helper()
	c := w.blocker()
	w.act("coord", c.ID, "accept", nil)
	w.pump()
	return w.get("ga", c.ID)
}

func TestACaseIsClaimedAndFoundByWhoClaimedIt(t *testing.T) {
	w := newWorld(t, sqliteFor(t))
	a, b := w.dispatched(), w.dispatched()
	got := w.act("ga", a.ID, "claim", map[string]any{"version": a.Version})
	if got.Assignee == nil || got.Assignee.Name != "经办GA" || !got.Assignee.Me {
		t.Fatalf("assignee %+v", got.Assignee)
	}
	for query, want := range map[string]int64{"assignee=me": a.ID, "assignee=none": b.ID, fmt.Sprintf("assignee=%d", got.Assignee.ID): a.ID} {
		var list casesView
		w.as("ga", http.MethodGet, "/cases?box=todo&"+query, nil).want(http.StatusOK).into(&list)
		if len(list.Items) != 1 || list.Items[0].ID != want {
			t.Errorf("%s finds %+v, want case %d", query, list.Items, want)
		}
	}
	w.as("ga", http.MethodGet, "/cases?assignee=somebody", nil).problem(http.StatusUnprocessableEntity, "invalid")
	if head := w.get("ga_head", a.ID); head.Assignee == nil || head.Assignee.Me {
		t.Errorf("the head reads %+v", head.Assignee)
	}
}

// A colleague's claim warns and is taken over with one click; it locks nobody
// out.
func TestAColleaguesClaimWarnsAndIsTakenOver(t *testing.T) {
	w := newWorld(t, sqliteFor(t))
	c := w.dispatched()
	w.act("ga", c.ID, "claim", nil)
	page := w.page("ga_head", http.MethodGet, fmt.Sprintf("/cases/%d", c.ID), nil).want(http.StatusOK).Body.String()
	for _, want := range []string{"经办GA 已认领此案", ">接手<", fmt.Sprintf("/cases/%d/actions/sign", c.ID)} {
		if !strings.Contains(page, want) {
			t.Errorf("the page of a colleague lacks %q", want)
		}
	}
	w.act("ga_head", c.ID, "sign", nil)
	if got := w.get("ga", c.ID); got.State != "handling" || !got.Assignee.Me {
		t.Errorf("after a colleague acted: %s, %+v", got.State, got.Assignee)
	}
	w.page("ga_head", http.MethodPost, fmt.Sprintf("/cases/%d/actions/claim", c.ID), url.Values{}).want(http.StatusSeeOther)
	if got := w.get("ga_head", c.ID); !got.Assignee.Me {
		t.Errorf("taken over: %+v", got.Assignee)
	}
}

func TestTheLoadOfADepartmentIsItsHeadsToSee(t *testing.T) {
	w := newWorld(t, sqliteFor(t))
	a, b := w.dispatched(), w.dispatched()
	w.dispatched()
	handler := w.act("ga", a.ID, "claim", nil).Assignee.ID
	w.act("ga_head", b.ID, "assign", map[string]any{"to": handler})
	w.clock.add(24 * time.Hour * 30) // everything is overdue
	var load workloadView
	w.tokens = map[string]string{}
	w.as("ga_head", http.MethodGet, "/workload", nil).want(http.StatusOK).into(&load)
	d := load.Departments[0]
	if len(load.Departments) != 1 || d.Department.Code != "GA" || len(d.People) != 2 {
		t.Fatalf("load %+v", load)
	}
	if want := (personLoad{ID: handler, Name: "经办GA", Open: 2, Red: 2}); d.People[0] != want {
		t.Errorf("handler %+v, want %+v", d.People[0], want)
	}
	if want := (personLoad{Open: 1, Red: 1}); d.Pool != want {
		t.Errorf("pool %+v, want %+v", d.Pool, want)
	}
	form := w.page("ga_head", http.MethodGet, fmt.Sprintf("/cases/%d", a.ID), nil).want(http.StatusOK).Body.String()
	if !strings.Contains(form, "经办GA · 在办 2，红牌 2") {
		t.Error("the form that assigns does not show the load")
	}
	p := w.as("ga_head", http.MethodPost, fmt.Sprintf("/cases/%d/actions/assign", a.ID), map[string]any{"to": w.me("wj").ID}).problem(http.StatusUnprocessableEntity, "invalid")
	if got := p.names(); len(got) != 1 || got[0] != "to" {
		t.Errorf("assigning to a stranger names %v", got)
	}
}

func (w *world) me(user string) meView {
	w.t.Helper()
	var me meView
	w.as(user, http.MethodGet, "/me", nil).want(http.StatusOK).into(&me)
	return me
}

// A row offers what one click does, by the rights of the reader on this row,
// and comes back to the list.
func TestARowOffersWhatOneClickDoes(t *testing.T) {
	w := newWorld(t, sqliteFor(t))
	c := w.dispatched()
	list := func(user string) string {
		return w.page(user, http.MethodGet, "/cases", nil).want(http.StatusOK).Body.String()
	}
	click := fmt.Sprintf(`action="/cases/%d/actions/`, c.ID)
	if page := list("ga"); !strings.Contains(page, click+`sign"`) {
		t.Error("the handler is not offered to sign")
	}
	for _, other := range []string{"coord", "hall", "sj"} {
		if page := list(other); strings.Contains(page, click) {
			t.Errorf("%s, for whom it does not wait, is offered a click", other)
		}
	}
	w.page("ga", http.MethodPost, fmt.Sprintf("/cases/%d/actions/sign", c.ID), url.Values{"version": {fmt.Sprint(c.Version)}, "back": {"/cases?kind=blocker"}}).want(http.StatusSeeOther)
	if got := w.get("ga", c.ID); got.State != "handling" {
		t.Fatalf("after the click: %s", got.State)
	}
	if page := list("ga"); !strings.Contains(page, click+`claim"`) {
		t.Error("the handler is not offered to claim what was signed for")
	}
	answer := w.page("ga", http.MethodPost, fmt.Sprintf("/cases/%d/actions/claim", c.ID), url.Values{"back": {"https://elsewhere.example/"}}).want(http.StatusSeeOther)
	if to := answer.Header().Get("Location"); to != "/" {
		t.Errorf("a click leads to %q", to)
	}
	if page := list("ga"); strings.Contains(page, click) {
		t.Error("a claimed case is offered to be claimed")
	}
}

// The closing sheet says how each paper was replaced and what proves it; only a
// blocker that has ended has one.
func TestTheClosingSheetSaysHowItWasSolved(t *testing.T) {
	w := newWorld(t, sqliteFor(t))
	c := w.dispatched()
	w.page("ga", http.MethodGet, fmt.Sprintf("/cases/%d/closing", c.ID), nil).want(http.StatusConflict)
	w.act("ga", c.ID, "claim", nil)
	w.act("ga", c.ID, "sign", nil)
	w.act("ga", c.ID, "request_data", nil)
	w.pump()
	assist := w.get("ga", c.ID).Children[0].ID
	w.act("sj", assist, "sign", nil)
	w.act("sj", assist, "finish", map[string]any{"note": "已停止索要"})
	w.act("sj_head", c.ID, "approve_online", nil)
	w.act("ga_head", c.ID, "resolve", nil)
	w.act("hall", c.ID, "deliver", map[string]any{"method": "push"})
	closed := w.act("hall", c.ID, "verify", map[string]any{"visits": 0})
	page := w.page("hall", http.MethodGet, fmt.Sprintf("/cases/%d/closing", c.ID), nil).want(http.StatusOK).Body.String()
	receipt := w.get("hall", c.ID).Receipts[0]
	for _, want := range []string{closed.Number, "人口基准信息", "SM3 " + receipt.Hash, "经办GA", "负责人SJ", "送达结果", "主办部门（签章）", "已归档"} {
		if !strings.Contains(page, want) {
			t.Errorf("the sheet lacks %q", want)
		}
	}
	w.page("mz", http.MethodGet, fmt.Sprintf("/cases/%d/closing", c.ID), nil).want(http.StatusNotFound)
	if page := w.page("hall", http.MethodGet, fmt.Sprintf("/cases/%d", c.ID), nil).Body.String(); !strings.Contains(page, fmt.Sprintf("/cases/%d/closing", c.ID)) {
		t.Error("the case does not lead to its sheet")
	}
}

// A step that is not possible yet stands grey in the row, with its reason.
func TestARowSaysWhyItsNextStepIsNotPossible(t *testing.T) {
	w := newWorld(t, sqliteFor(t))
	c := w.dispatched()
	w.act("ga", c.ID, "sign", nil)
	w.act("ga", c.ID, "request_data", nil)
	w.pump()
	w.act("sj_head", c.ID, "approve_online", nil) // now it waits for the lead's head, and the assist is still open
	w.act("ga_head", c.ID, "claim", nil)
	page := w.page("ga_head", http.MethodGet, "/", nil).want(http.StatusOK).Body.String()
	if !strings.Contains(page, `<span class="btn small off" title="还有协办或共享申请未结束">办结`) {
		t.Errorf("no reason in the row: %s", page)
	}
}
