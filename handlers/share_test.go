package handlers

import (
	"fmt"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
)

// applied brings a blocker about conditional data to its application.
func (w *world) applied(content map[string]any) (blocker, application caseView) {
	w.t.Helper()
	c := w.file(map[string]any{"kind": "blocker", "service_item": "YB-001", "proof": "出生证明", "person": map[string]string{"name": "张三"}})
	w.act("coord", c.ID, "accept", nil)
	w.pump()
	w.act("wj", c.ID, "sign", nil)
	blocker = w.act("yb", c.ID, "request_data", content)
	for _, k := range blocker.Children {
		if k.Kind == "share_request" {
			return blocker, w.get("yb_head", k.ID)
		}
	}
	w.t.Fatalf("no application: %+v", blocker.Children)
	return
}

func TestAnApplicationIsReadableWithItsGrant(t *testing.T) {
	everywhere(t, func(w *world) {
		t := w.t
		refused := w.file(map[string]any{"kind": "blocker", "service_item": "YB-001", "proof": "出生证明"})
		w.act("coord", refused.ID, "accept", nil)
		w.pump()
		w.act("wj", refused.ID, "sign", nil)
		p := w.as("yb", http.MethodPost, fmt.Sprintf("/cases/%d/actions/request_data", refused.ID), map[string]any{"way": "传真", "until": "昨天"}).problem(http.StatusUnprocessableEntity, "invalid")
		if got := strings.Join(p.names(), " "); got != "way until" && got != "until way" {
			t.Errorf("wrong fields: %s", got)
		}

		b, a := w.applied(map[string]any{"scenario": "新生儿参保受理", "scope": "仅核对出生日期", "until": "2026-12-31"})
		w.as("wj_head", http.MethodGet, fmt.Sprintf("/cases/%d", a.ID), nil).problem(http.StatusNotFound, "not-found") // not asked yet
		w.act("yb_head", a.ID, "endorse", nil)
		w.pump()
		rests := w.get("yb", b.ID).Requirements[0]
		if rests.Status != "requested" || rests.Application == nil || rests.Application.ID != a.ID || rests.Application.Number != a.Number || rests.Application.Standing != "provider" {
			t.Errorf("requirement %+v rests on %+v", rests, rests.Application)
		}
		for _, action := range []string{"grant", "connect", "deliver"} {
			w.act("wj_head", a.ID, action, nil)
		}
		w.pump()
		got := w.get("yb", b.ID)
		if r := got.Requirements[0]; r.Status != "satisfied" || r.Application.Standing != "valid" || r.Application.Until != "2026-12-31" {
			t.Errorf("requirement %+v rests on %+v", r, r.Application)
		}
		if got.Fetches[0].Applied != a.ID || got.Receipts[0].Applied != a.ID {
			t.Errorf("the ledger names %d and %d, want %d", got.Fetches[0].Applied, got.Receipts[0].Applied, a.ID)
		}
		w.says("yb_head", a.ID, "zh", "新生儿参保受理", "仅核对出生日期", "服务接口", "2026-12-31", "有效，至 2026-12-31 止")
		w.says("yb_head", a.ID, "en", "Service interface", "Valid until 2026-12-31")
		w.act("wj_head", a.ID, "suspend", map[string]any{"days": 5, "note": "超范围使用"})
		w.says("yb_head", a.ID, "zh", "已暂停，停止调取；整改期限 5 个工作日")
		w.says("yb", b.ID, "zh", a.Number, "授权已暂停")
	})
}

func TestADisputeAndACorrectionAreReadable(t *testing.T) {
	w := newWorld(t, sqliteFor(t))
	_, a := w.applied(nil)
	w.act("yb_head", a.ID, "endorse", nil)
	w.pump()
	w.act("wj_head", a.ID, "refuse", map[string]any{"code": "other_purpose", "legal_basis": "条例第十五条", "note": "用途不符"})
	d := w.act("yb_head", a.ID, "dispute", map[string]any{"note": "用途与目录一致"}).Children[0].ID
	w.act("wj_head", d, "request_coordination", map[string]any{"note": "分歧"})
	w.act("coord", d, "refer", map[string]any{"note": "未能一致"})
	w.act("coord", d, "decide", map[string]any{"outcome": "share", "number": "苏政复〔2026〕1号", "note": "应当共享"})
	w.says("yb_head", d, "zh", "用途与目录一致", "不符合目录载明的使用用途", "苏政复〔2026〕1号", "同意共享")
	w.says("yb_head", d, "en", "Not for the use that the catalogue states", "To be shared")
	w.pump()
	if got := w.get("yb_head", a.ID).State; got != "granted" {
		t.Fatalf("the application is %s: the decision binds", got)
	}

	c := w.blocker()
	w.act("coord", c.ID, "accept", nil)
	w.pump()
	w.act("ga", c.ID, "sign", nil)
	w.act("ga", c.ID, "request_data", nil)
	w.pump()
	c = w.get("ga", c.ID)
	kids := w.act("sj", c.ID, "report_error", map[string]any{"requirement": c.Requirements[0].ID, "note": "姓名与证件不符"}).Children
	x := kids[len(kids)-1].ID
	w.act("ga", x, "correct", map[string]any{"report": "登记有误，已更正"})
	w.says("sj", x, "zh", "姓名与证件不符", "登记有误，已更正", "人口基准信息（无条件共享）")
	w.pump()
	if got := w.get("sj", c.ID); got.Requirements[0].Status != "satisfied" || len(got.Receipts) != 2 {
		t.Fatalf("corrected: %+v", got.Requirements)
	}
}

// says fails unless the page of a case says the words in a language.
func (w *world) says(user string, id int64, lang string, words ...string) {
	w.t.Helper()
	req := w.request(http.MethodGet, fmt.Sprintf("/cases/%d", id), nil)
	req.Header.Set("Accept", "text/html,application/xhtml+xml")
	req.AddCookie(&http.Cookie{Name: cookieName, Value: w.login(user)})
	req.AddCookie(&http.Cookie{Name: "lang", Value: lang})
	rec := httptest.NewRecorder()
	w.handler.ServeHTTP(rec, req)
	for _, word := range words {
		if !strings.Contains(rec.Body.String(), word) {
			w.t.Errorf("the page of case %d (%s, status %d) does not say %q", id, lang, rec.Code, word)
		}
	}
}
