package handlers

import (
	"fmt"
	"net/http"
	"net/url"
	"strings"
	"testing"
	"time"

	"github.com/shujie-gov/shujie/workflow"
)

// ordered brings a blocker to the department GA and lets the coordinator
// supervise it. It returns the order as the department reads it.
func (w *world) ordered() (blocker, order caseView) {
	w.t.Helper()
	c := w.dispatched()
	c = w.act("coord", c.ID, "supervise", map[string]any{"note": "请于三日内办结"})
	for _, k := range w.get("ga", c.ID).Children {
		if k.Kind == "supervision" {
			return c, w.get("ga", k.ID)
		}
	}
	w.t.Fatal("no order was opened")
	return c, c
}

// An order stands in the inbox of the department it orders, among the children
// of its case, and in lists of its kind, under a number of its own.
func TestAnOrderIsFoundByTheDepartmentItOrders(t *testing.T) {
	everywhere(t, func(w *world) {
		blocker, order := w.ordered()
		if order.Number != "督〔2026〕1号" || order.State != "issued" || order.Lead.Code != "GA" || !order.Waits.Me || order.Parent.ID != blocker.ID {
			t.Fatalf("the order %+v", order.lineView)
		}
		for _, path := range []string{"/cases?box=todo&kind=supervision", "/cases?kind=supervision", "/cases?q=" + url.QueryEscape("督[2026]1号")} {
			var list casesView
			w.as("ga", http.MethodGet, path, nil).want(http.StatusOK).into(&list)
			if len(list.Items) != 1 || list.Items[0].Number != order.Number {
				t.Errorf("%s finds %+v", path, list.Items)
			}
		}
		w.as("hall", http.MethodGet, fmt.Sprintf("/cases/%d", order.ID), nil).want(http.StatusNotFound)
		page := w.page("coord", http.MethodGet, fmt.Sprintf("/cases/%d", blocker.ID), nil).want(http.StatusOK).Body.String()
		if !strings.Contains(page, fmt.Sprintf(`<a href="/cases/%d">督〔2026〕1号</a>`, order.ID)) {
			t.Error("the case does not lead to its order")
		}
		if _, second := w.ordered(); second.Number != "督〔2026〕2号" {
			t.Errorf("the next order has the number %s", second.Number)
		}
	})
}

// The sheet says what is demanded of which department, on what ground, until
// when, by whom, and what it answered.
func TestTheOrderSheetSaysWhatIsDemandedAndAnswered(t *testing.T) {
	w := newWorld(t, sqliteFor(t))
	blocker, order := w.ordered()
	path := fmt.Sprintf("/cases/%d/order", order.ID)
	w.page("ga", http.MethodGet, fmt.Sprintf("/cases/%d/order", blocker.ID), nil).want(http.StatusConflict)
	read := func(user string, words ...string) {
		t.Helper()
		page := w.page(user, http.MethodGet, path, nil).want(http.StatusOK).Body.String()
		for _, want := range words {
			if !strings.Contains(page, want) {
				t.Errorf("the order lacks %q", want)
			}
		}
	}
	read("ga", "督〔2026〕1号", blocker.Number, "公安厅", "请于三日内办结", "周协调（统筹协调员）", "日常督办", "3 个工作日", "承办部门负责人（签章）")
	w.act("ga", order.ID, "sign", nil)
	w.act("ga_head", order.ID, "answer", map[string]any{"result": "solved", "answer": "已开通接口"})
	w.act("coord", order.ID, "return_answer", map[string]any{"note": "未见实效"})
	read("ga_head", "已解决", "已开通接口", "不认可，退回重办", "未见实效")
	w.act("ga_head", order.ID, "answer", map[string]any{"result": "solved", "answer": "已核实开通"})
	w.act("coord", order.ID, "accept_answer", nil)
	read("coord", "已核实开通", "认可反馈，销号")
	page := w.page("ga", http.MethodGet, fmt.Sprintf("/cases/%d", order.ID), nil).want(http.StatusOK).Body.String()
	for _, want := range []string{path, "督办要求", "采取的措施和办理情况", "退回重办", "督办情形"} {
		if !strings.Contains(page, want) {
			t.Errorf("the page of the order lacks %q", want)
		}
	}
}

// The page says who reminded last and when; the next reminder is refused with
// the time from which it is possible.
func TestAReminderIsOneClickAndShows(t *testing.T) {
	w := newWorld(t, sqliteFor(t))
	c := w.dispatched()
	path := fmt.Sprintf("/cases/%d", c.ID)
	if page := w.page("hall", http.MethodGet, path, nil).Body.String(); !strings.Contains(page, path+`/actions/remind"`) || strings.Contains(page, "最近一次催办") {
		t.Error("the filer is not offered to remind, or somebody has")
	}
	w.page("hall", http.MethodPost, path+"/actions/remind", url.Values{}).want(http.StatusSeeOther)
	w.pump()
	got := w.get("ga", c.ID)
	if got.Reminded == nil || got.Reminded.By != "李敏" || got.Reminded.RoleTitle.ZH != "大厅人员" {
		t.Fatalf("reminded %+v", got.Reminded)
	}
	page := w.page("hall", http.MethodGet, path, nil).Body.String()
	for _, want := range []string{"最近一次催办：", got.Reminded.By, "起可以再次催办"} {
		if !strings.Contains(page, want) {
			t.Errorf("the page lacks %q", want)
		}
	}
	w.as("coord", http.MethodPost, path+"/actions/remind", map[string]any{}).problem(http.StatusConflict, "conflict")
	var told noticesView
	w.as("ga", http.MethodGet, "/notices", nil).want(http.StatusOK).into(&told)
	if len(told.Items) == 0 || told.Items[0].Action != "remind" {
		t.Errorf("the department was told %+v", told.Items)
	}
}

// The timeline says in words which level an escalation was, and whom it told.
func TestTheTimelineSaysWhichLevelAnEscalationWas(t *testing.T) {
	w := newWorld(t, sqliteFor(t))
	c := w.dispatched()
	for _, days := range []int{4, 14} { // by then the second level is due, and the last
		w.clock.add(time.Duration(days) * 24 * time.Hour)
		if _, err := w.engine.Advance(t.Context(), workflow.CaseID(c.ID)); err != nil {
			t.Fatal(err)
		}
	}
	w.pump()
	w.says("coord", c.ID, "zh", `第三级（越过第一至二级）：</span>统筹协调员`, `第四级：</span>上级督办机构`, "督〔2026〕1号")
	w.says("coord", c.ID, "en", `Level 3 (levels 1 to 2 passed over): </span>the coordinator`, `Level 4: </span>the supervising office above`)
}
