package handlers

import (
	"fmt"
	"maps"
	"net/http"
	"net/url"
	"strings"
	"testing"
)

// wholeEntry is an entry that lacks nothing.
func wholeEntry(name string) map[string]any {
	return map[string]any{
		"name": name, "code": "307011001/000123", "category": "基础信息资源/电子证照/出生医学证明", "abstract": "出生医学证明的签发信息",
		"format": "数据库", "format_type": "mysql", "share_class": 2, "condition": "限新生儿事项核验使用", "share_way": "接口", "openness": "否", "update_cycle": "每日",
		"items": []any{map[string]any{"name": "新生儿姓名", "type": "字符型C"}, map[string]any{"name": "出生日期", "type": "D"}},
	}
}

func with(m map[string]any, more map[string]any) map[string]any {
	out := maps.Clone(m)
	maps.Copy(out, more)
	return out
}

func TestAnEntryIsRevisedInVersions(t *testing.T) {
	everywhere(t, func(w *world) {
		t := w.t
		var e entryView
		w.as("hall", http.MethodGet, "/resources/2", nil).want(http.StatusOK).into(&e)
		if e.Name != "出生医学证明电子证照" || e.N != 1 || len(e.Versions) != 1 || len(e.Missing) == 0 || len(e.Uses) != 1 || e.Uses[0].Item.Name != "新生儿参保" {
			t.Fatalf("as registered: %+v", e)
		}
		p := w.as("steward", http.MethodPost, "/resources/2", map[string]any{"n": 1, "name": "x", "share_class": 3, "items": []any{map[string]any{"name": "a", "type": "?"}}}).problem(http.StatusUnprocessableEntity, "invalid")
		for _, field := range []string{"abstract", "basis", "condition", "items.0.type", "update_cycle"} {
			if !strings.Contains(" "+strings.Join(p.names(), " ")+" ", " "+field+" ") {
				t.Errorf("%s is not named: %v", field, p.names())
			}
		}
		// The link opens under the new name: what is sealed knows its place.
		whole := wholeEntry("出生医学证明")
		w.as("steward", http.MethodPost, "/resources/2", with(whole, map[string]any{"n": 1})).want(http.StatusOK).into(&e)
		if e.Name != "出生医学证明" || e.N != 2 || len(e.Missing) != 0 || len(e.Versions) != 2 || e.Versions[1].Status != "replaced" || e.Entry.Items[1].Type != "D" || e.Versions[0].Publisher != "郑管理" {
			t.Errorf("revised: %+v", e)
		}
		r, err := w.store.Resource(t.Context(), 2)
		if err != nil || r.Link.SID != "s_WJ" || r.Name != "出生医学证明" || !r.Connected {
			t.Errorf("its link: %+v, %v", r, err)
		}
		w.as("coord", http.MethodPost, "/resources/2", with(whole, map[string]any{"n": 1})).problem(http.StatusConflict, "stale")
		w.as("coord", http.MethodPost, "/resources/2", with(whole, map[string]any{"n": 2})).want(http.StatusOK).into(&e)
		if e.N != 2 {
			t.Errorf("the same again made version %d", e.N)
		}
		w.as("coord_wx", http.MethodPost, "/resources/2", with(whole, map[string]any{"n": 2})).problem(http.StatusForbidden, "forbidden")
		w.as("coord", http.MethodPost, "/resources/2", with(whole, map[string]any{"n": 2, "code": "R-GA-1"})).problem(http.StatusConflict, "conflict")
		var list resourcesView
		w.as("ga", http.MethodGet, "/resources?q="+"出生日期", nil).want(http.StatusOK).into(&list)
		if len(list.Items) != 1 || list.Items[0].Name != "出生医学证明" {
			t.Errorf("found by an information item: %+v", list.Items)
		}
	})
}

func TestAnEntryIsRevisedOnItsPage(t *testing.T) {
	w := newWorld(t, sqliteFor(t))
	page := w.page("steward", http.MethodGet, "/resources/2", nil).want(http.StatusOK).Body.String()
	for _, want := range []string{"出生医学证明电子证照", "目录信息不完整", "新生儿参保", `action="/resources/2"`} {
		if !strings.Contains(page, want) {
			t.Errorf("the page does not show %q", want)
		}
	}
	if strings.Contains(w.page("ga", http.MethodGet, "/resources/2", nil).want(http.StatusOK).Body.String(), `action="/resources/2"`) {
		t.Error("who may not publish is offered to")
	}
	form := url.Values{"n": {"1"}, "items": {"新生儿姓名，字符型\n出生日期,日期型,CCYYMMDD\n"}}
	for name, v := range wholeEntry("出生医学证明电子证照") {
		if name != "items" {
			form.Set(name, fmt.Sprint(v))
		}
	}
	bad := maps.Clone(form)
	bad.Set("items", "新生儿姓名，没有的类型")
	bad.Set("abstract", "")
	refused := w.page("steward", http.MethodPost, "/resources/2", bad).want(http.StatusUnprocessableEntity).Body.String()
	for _, want := range []string{"第 1 行：没有这个数据类型", "没有的类型", "限新生儿事项核验使用"} {
		if !strings.Contains(refused, want) {
			t.Errorf("the form that came back does not show %q", want)
		}
	}
	w.page("steward", http.MethodPost, "/resources/2", form).want(http.StatusSeeOther)
	page = w.page("hall", http.MethodGet, "/resources/2", nil).want(http.StatusOK).Body.String()
	for _, want := range []string{"第 2 版", "CCYYMMDD", "日期型", "<ins>每日</ins>"} {
		if !strings.Contains(page, want) {
			t.Errorf("after the revision the page does not show %q", want)
		}
	}
}
