package handlers

import (
	"fmt"
	"net/http"
	"net/url"
	"strings"
	"testing"
)

// behind counts the rows of the list that a figure opens, page by page.
func (w *world) behind(user, url string) int64 {
	w.t.Helper()
	var n int64
	for cursor := ""; ; {
		var list coveredList
		w.as(user, http.MethodGet, url+"&limit=1"+cursor, nil).want(http.StatusOK).into(&list)
		n += int64(len(list.Items))
		if list.Next == "" {
			return n
		}
		cursor = "&cursor=" + list.Next
	}
}

func TestEveryFigureOfTheCoverageOpensItsList(t *testing.T) {
	everywhere(t, func(w *world) {
		t := w.t
		w.as("steward", http.MethodPost, "/service-items", map[string]any{"name": "临时救助", "department": "MZ", "proofs": []any{
			map[string]any{"name": "疾病状况证明", "holder": "WJ"},
			map[string]any{"name": "社区同意证明"},
			map[string]any{"name": "贫困证明"},
			map[string]any{"name": "婚姻证明", "holder": "MZ", "resource": "婚姻登记信息"},
		}}).want(http.StatusCreated)
		check := func(user, query string, want map[string]int64) coverageView {
			t.Helper()
			var v coverageView
			w.as(user, http.MethodGet, "/coverage"+query, nil).want(http.StatusOK).into(&v)
			var sum int64
			for _, s := range append(v.Statuses, v.Waits...) {
				if got := w.behind(user, s.URL); got != s.N {
					t.Errorf("%s %v says %d and lists %d", s.Status, s.Department, s.N, got)
				}
			}
			for _, s := range v.Statuses {
				sum += s.N
				if s.N != want[s.Status] {
					t.Errorf("%s%s: %d, want %d", s.Status, query, s.N, want[s.Status])
				}
			}
			if sum != v.Total {
				t.Errorf("the statuses are %d of %d", sum, v.Total)
			}
			return v
		}
		// The conditional birth certificate waits for an application; MZ's own data for nobody.
		check("hall", "", map[string]int64{"ready": 4, "apply": 1, "unmatched": 3, "no_data": 1})
		check("mz", "?department=MZ", map[string]int64{"ready": 1, "unmatched": 3})
		w.as("ga", http.MethodPost, "/coverage/match", map[string]any{"department": "MZ"}).problem(http.StatusForbidden, "forbidden")
		var out matchedView
		w.as("mz", http.MethodPost, "/coverage/match", map[string]any{"department": "MZ"}).want(http.StatusOK).into(&out)
		if len(out.Opened) != 3 {
			t.Fatalf("opened %v", out.Opened)
		}
		w.as("mz_head", http.MethodPost, "/coverage/match", map[string]any{"department": "MZ"}).want(http.StatusOK).into(&out)
		if len(out.Opened) != 0 {
			t.Errorf("asked again it opened %v", out.Opened)
		}
		w.pump()
		v := check("mz", "?department=MZ", map[string]int64{"ready": 1, "demanded": 3})
		if len(v.Waits) != 2 || len(v.Entries) != 3 || v.Entries[1].N != 1 {
			t.Errorf("whom is waited for: %+v; lists %+v", v.Waits, v.Entries)
		}
		demands := map[string]caseView{}
		var list casesView
		w.as("mz", http.MethodGet, "/cases?kind=data_demand", nil).into(&list)
		for _, l := range list.Items {
			demands[l.Proof] = w.get("mz", l.ID)
		}
		asked := demands["疾病状况证明"]
		if asked.Lead == nil || asked.Lead.Code != "WJ" || asked.State != "naming" || demands["社区同意证明"].Lead.Code != "JD" || demands["贫困证明"].State != "filed" {
			t.Fatalf("asked: %+v, %+v, %+v", asked.lineView, demands["社区同意证明"].lineView, demands["贫困证明"].lineView)
		}
		// What is named must be published data of its own; then it replaces the proof.
		if page := w.page("wj", http.MethodGet, fmt.Sprintf("/cases/%d", asked.ID), nil).want(http.StatusOK).Body.String(); !strings.Contains(page, `<option value="2">出生医学证明`) || strings.Contains(page, `<option value="1">`) {
			t.Error("the page does not offer the department's own data, and only that, to choose from")
		}
		w.act("wj", asked.ID, "name", map[string]any{"resource": 1})
		w.pump()
		if got := w.get("wj", asked.ID); got.State != "naming" {
			t.Errorf("another department's data was entered: %s", got.State)
		}
		w.act("wj", asked.ID, "name", map[string]any{"resource": 2})
		w.pump()
		if got := w.get("wj", asked.ID); got.State != "supplied" {
			t.Errorf("named: %s", got.State)
		}
		w.act("coord", demands["贫困证明"].ID, "confirm_none", map[string]any{"note": "各部门均无"})
		check("mz", "?department=MZ", map[string]int64{"ready": 1, "apply": 1, "demanded": 1, "no_data": 1})
	})
}

func TestDemandsAreOpenedOnThePageOfADepartment(t *testing.T) {
	w := newWorld(t, sqliteFor(t))
	w.as("steward", http.MethodPost, "/service-items", map[string]any{"name": "临时救助", "department": "MZ", "proofs": []any{map[string]any{"name": "贫困证明"}}}).want(http.StatusCreated)
	page := w.page("mz", http.MethodGet, "/coverage?department=MZ", nil).want(http.StatusOK).Body.String()
	for _, want := range []string{`action="/coverage/match"`, "负面清单：不予共享", "没有数据，尚未提出需求"} {
		if !strings.Contains(page, want) {
			t.Errorf("the page does not show %q", want)
		}
	}
	if page := w.page("ga", http.MethodGet, "/coverage?department=MZ", nil).want(http.StatusOK).Body.String(); strings.Contains(page, `action="/coverage/match"`) {
		t.Error("another department is offered to demand")
	}
	to := w.page("mz", http.MethodPost, "/coverage/match", url.Values{"department": {"MZ"}}).want(http.StatusSeeOther).Header().Get("Location")
	if page := w.page("mz", http.MethodGet, to, nil).want(http.StatusOK).Body.String(); !strings.Contains(page, "已提出 1 件数据需求") {
		t.Errorf("%s does not say what was opened", to)
	}
	if list := w.page("hall", http.MethodGet, "/coverage/proofs?status=demanded", nil).want(http.StatusOK).Body.String(); !strings.Contains(list, "贫困证明") {
		t.Error("the list behind the figure lacks the proof")
	}
}

// TestAnApplicationUnderWayIsNotToBeAppliedForAgain follows one proof from "to be
// applied for" to "replaceable", and whom it waits for.
func TestAnApplicationUnderWayIsNotToBeAppliedForAgain(t *testing.T) {
	everywhere(t, func(w *world) {
		t := w.t
		check := func(status, waits string) {
			t.Helper()
			var list coveredList
			w.as("hall", http.MethodGet, "/coverage/proofs?department=YB", nil).want(http.StatusOK).into(&list)
			for _, p := range list.Items {
				if p.Name != "出生证明" {
					continue
				}
				code := ""
				if p.Waits != nil {
					code = p.Waits.Code
				}
				if p.Status != status || code != waits {
					t.Errorf("it is %s and waits for %q, want %s and %q", p.Status, code, status, waits)
				}
				return
			}
			t.Error("the proof is not listed")
		}
		check("apply", "YB")
		_, a := w.applied(map[string]any{"scenario": "新生儿参保受理", "scope": "仅核对出生日期", "until": "2026-12-31"})
		check("applied", "YB") // its head endorses it
		w.act("yb_head", a.ID, "endorse", nil)
		w.pump()
		check("applied", "WJ")
		for _, action := range []string{"grant", "connect", "deliver"} {
			w.act("wj_head", a.ID, action, nil)
		}
		w.pump()
		check("ready", "")
	})
}
