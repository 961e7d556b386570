package handlers

import (
	"fmt"
	"maps"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"testing"
	"time"
)

// english fetches a page in English.
func (w *world) english(user, path string) string {
	w.t.Helper()
	req := w.request(http.MethodGet, path, nil)
	req.Header.Set("Accept", "text/html")
	req.AddCookie(&http.Cookie{Name: "lang", Value: "en"})
	req.AddCookie(&http.Cookie{Name: cookieName, Value: w.login(user)})
	return w.send(req).want(http.StatusOK).Body.String()
}

const toMZ = "region,item,proof,holder,to,reason\n,SJ-001,到场身份证明,,MZ,试点由民政统办\n,,,,holder,目录登记的唯一持有部门\n"

// draftRules drafts a table of the province.
func (w *world) draftRules() routingSetView {
	w.t.Helper()
	var set routingSetView
	w.as("coord", http.MethodPost, "/routing", map[string]any{"title": "省级规则", "csv": toMZ}).want(http.StatusCreated).into(&set)
	return set
}

// force runs a draft dry and puts it in force.
func (w *world) force(user string, set routingSetView) {
	w.t.Helper()
	w.as(user, http.MethodPost, fmt.Sprintf("/routing/%d/rehearsal", set.ID), nil).want(http.StatusOK)
	w.as(user, http.MethodPost, fmt.Sprintf("/routing/%d/activate", set.ID), map[string]any{"revision": set.Revision}).want(http.StatusOK)
}

func TestATableIsRehearsedBeforeItSendsCases(t *testing.T) {
	everywhere(t, func(w *world) {
		t := w.t
		old := w.blocker()
		w.clock.add(time.Minute)
		set := w.draftRules()
		if set.State != "draft" || len(set.Rows) != 2 || set.Rows[0].Item.Name != "企业登记全程电子化" || set.Rows[0].To != "MZ" || set.CSV != toMZ {
			t.Fatalf("draft: %+v", set)
		}
		path := fmt.Sprintf("/routing/%d", set.ID)
		w.as("coord", http.MethodPost, path+"/activate", map[string]any{"revision": 1}).problem(http.StatusConflict, "conflict")
		var run rehearsalView
		w.as("steward", http.MethodPost, path+"/rehearsal", nil).want(http.StatusOK).into(&run)
		if run.Cases != 1 || len(run.Moved) != 1 || run.Moved[0].Case.ID != old.ID || run.Moved[0].Before.Code != "GA" || run.Moved[0].After.Code != "MZ" || run.Moved[0].Row != 1 {
			t.Fatalf("dry run: %+v", run)
		}
		loads := map[string][2]int{}
		for _, l := range run.Loads {
			loads[l.Department.Code] = [2]int{l.Before, l.After}
		}
		if loads["GA"] != [2]int{1, 0} || loads["MZ"] != [2]int{0, 1} {
			t.Fatalf("loads: %v", loads)
		}
		w.as("steward", http.MethodPost, path+"/activate", map[string]any{"revision": 1}).problem(http.StatusForbidden, "forbidden")
		revised := strings.Replace(toMZ, "试点由民政统办", "试点统办", 1)
		w.as("steward", http.MethodPost, path, map[string]any{"title": "省级规则", "revision": 1, "csv": revised}).want(http.StatusOK).into(&set)
		w.as("coord", http.MethodPost, path+"/activate", map[string]any{"revision": 2}).problem(http.StatusConflict, "conflict")
		w.as("coord", http.MethodPost, path, map[string]any{"title": "省级规则", "revision": 1, "csv": toMZ}).problem(http.StatusConflict, "stale")
		w.force("coord", set)
		c := w.blocker()
		w.act("coord", c.ID, "accept", nil)
		w.pump()
		got := w.get("coord", c.ID)
		if got.Lead == nil || got.Lead.Code != "MZ" || got.WhyHere.By != "rule" || got.WhyHere.Set != set.ID || got.WhyHere.Row != 1 || got.WhyHere.Reason != "试点统办" {
			t.Fatalf("lead %+v, why here %+v", got.Lead, got.WhyHere)
		}
		var log eventsView
		w.as("coord", http.MethodGet, fmt.Sprintf("/cases/%d/events", c.ID), nil).into(&log)
		if e := log.Items[2]; e.Action != "dispatch" || fmt.Sprint(e.Data["route_set"], e.Data["route_row"]) != fmt.Sprint(set.ID, 1) {
			t.Fatalf("the event does not name the rule: %+v", e)
		}
		if s := log.Items[2].Said; len(s) != 2 || s[0].Text.ZH != fmt.Sprint(set.ID) || s[1].Title.ZH != "规则序号" {
			t.Fatalf("in words: %+v", s)
		}
		var item itemView
		w.as("hall", http.MethodGet, fmt.Sprintf("/service-items/%d", c.Item.ID), nil).want(http.StatusOK).into(&item)
		if g := item.Proofs[0].Goes; g == nil || g.Code != "MZ" || item.Proofs[1].Goes.Code != "JD" {
			t.Fatalf("the filing page says that it goes to %+v", g)
		}
		if page := w.page("mz", http.MethodGet, fmt.Sprintf("/cases/%d", c.ID), nil).Body.String(); !strings.Contains(page, fmt.Sprintf("路由规则第 %d 版第 1 行：试点统办", set.ID)) {
			t.Error("the page does not say why the case is here")
		}
		w.as("coord", http.MethodPost, path+"/retire", map[string]any{"revision": 2}).want(http.StatusOK)
		c = w.blocker()
		w.act("coord", c.ID, "accept", nil)
		w.pump()
		if got = w.get("coord", c.ID); got.Lead.Code != "GA" || got.WhyHere.By != "catalogue" || got.WhyHere.Text.ZH != "目录登记的唯一持有部门" {
			t.Fatalf("without a table: lead %+v, why here %+v", got.Lead, got.WhyHere)
		}
	})
}

func TestEveryWrongRowOfATableIsNamed(t *testing.T) {
	w := newWorld(t, sqliteFor(t))
	for name, c := range map[string]struct {
		body map[string]any
		want []string
	}{
		"words that name nothing": {map[string]any{"title": "x", "csv": "region,item,proof,holder,to,reason\n999999,无此事项,,ZZ,ZZ,r\n,,,,holder,r\n"}, []string{"csv[2].region", "csv[2].item", "csv[2].holder", "csv[2].to"}},
		"a hidden row":            {map[string]any{"title": "x", "csv": "region,item,proof,holder,to,reason\n,SJ-001,,,MZ,r\n,SJ-001,到场身份证明,,GA,r\n,,,,holder,r\n"}, []string{"csv[3].rows"}},
		"no default":              {map[string]any{"title": "x", "csv": "region,item,proof,holder,to,reason\n,SJ-001,,,MZ,r\n"}, []string{"csv"}},
		"another header":          {map[string]any{"title": "x", "csv": "a,b\n"}, []string{"csv"}},
		"rows instead":            {map[string]any{"title": "x", "rows": []map[string]any{{"to": "H-NJ", "reason": "r", "item": "SJ-001"}, {"to": "holder", "reason": "r"}}}, []string{"rows[0].to"}},
		"nothing":                 {map[string]any{"title": "x"}, []string{"csv"}},
		"a region outside":        {map[string]any{"title": "x", "region": "320200", "csv": "region,item,proof,holder,to,reason\n320100,,,,MZ,r\n,,,,holder,r\n"}, []string{"csv[2].region"}},
	} {
		t.Run(name, func(t *testing.T) {
			for _, lang := range []string{"zh", "en"} {
				p := w.as("coord", http.MethodPost, "/routing", c.body, "Accept-Language", lang).problem(http.StatusUnprocessableEntity, "invalid")
				if !slices.Equal(p.names(), c.want) {
					t.Fatalf("%v, want %v", p.names(), c.want)
				}
			}
		})
	}
	draft := map[string]any{"title": "一次", "csv": toMZ}
	var first, second routingSetView
	w.as("coord", http.MethodPost, "/routing", draft, "Idempotency-Key", "once").want(http.StatusCreated).into(&first)
	w.as("coord", http.MethodPost, "/routing", draft, "Idempotency-Key", "once").want(http.StatusCreated).into(&second)
	if first.ID != second.ID {
		t.Errorf("one request made the drafts %d and %d", first.ID, second.ID)
	}
	w.as("coord", http.MethodPost, "/routing", map[string]any{"title": "x", "rows": []map[string]any{{"to": "MZ", "reason": "r", "item": "SJ-001"}, {"to": "holder", "reason": "r"}}}).want(http.StatusCreated)
	page := w.page("coord", http.MethodPost, "/routing", url.Values{"title": {"坏表"}, "csv": {"a,b"}}).want(http.StatusUnprocessableEntity).Body.String()
	if !strings.Contains(page, "坏表") || !strings.Contains(page, "第一行应为 region,item,proof,holder,to,reason") {
		t.Error("the page does not show what was typed and what is wrong with it")
	}
}

func TestATableOfACityDecidesThereAndIsItsOwnCoordinators(t *testing.T) {
	w := newWorld(t, sqliteFor(t))
	w.force("coord", w.draftRules())
	var city routingSetView
	w.as("coord_wx", http.MethodPost, "/routing", map[string]any{"title": "无锡规则", "csv": strings.Replace(toMZ, "MZ", "WJ", 1)}).want(http.StatusCreated).into(&city)
	if city.Region.Code != "320200" {
		t.Fatalf("region %+v", city.Region)
	}
	w.force("coord_wx", city)
	w.as("coord_wx", http.MethodPost, "/routing", map[string]any{"title": "x", "region": "320000", "csv": toMZ}).problem(http.StatusUnprocessableEntity, "invalid")
	for hall, want := range map[string]string{"hall": "MZ", "hall_wx": "WJ"} {
		var c caseView
		w.as(hall, http.MethodPost, "/cases", map[string]any{"service_item": "企业登记全程电子化", "proof": "到场身份证明"}).want(http.StatusCreated).into(&c)
		w.act("coord", c.ID, "accept", nil)
		w.pump()
		if got := w.get("coord", c.ID); got.Lead.Code != want {
			t.Errorf("what %s filed went to %s, want %s", hall, got.Lead.Code, want)
		}
	}
}

func TestADryRunIsBoundedInTime(t *testing.T) {
	w := newWorld(t, sqliteFor(t))
	w.blocker()
	w.clock.add(40 * 24 * time.Hour)
	w.tokens = map[string]string{} // the sessions have ended
	set := w.draftRules()
	path := fmt.Sprintf("/routing/%d/rehearsal", set.ID)
	run := func(from, to string) rehearsalView {
		var v rehearsalView
		w.as("coord", http.MethodPost, path, map[string]any{"from": from, "to": to}).want(http.StatusOK).into(&v)
		return v
	}
	if v := run("", ""); v.Cases != 0 {
		t.Fatalf("the last 30 days hold %d cases", v.Cases)
	}
	if v := run("2026-03-01", "2026-03-02"); v.Cases != 1 {
		t.Fatalf("the range holds %d cases", v.Cases)
	}
	for _, body := range []map[string]any{{"from": "2026-03-03", "to": "2026-03-01"}, {"from": "2020-01-01"}, {"from": "gestern"}} {
		w.as("coord", http.MethodPost, path, body).problem(http.StatusUnprocessableEntity, "invalid")
	}
	page := w.page("coord", http.MethodPost, path, url.Values{"from": {"2026-03-01"}, "to": {"2026-03-03"}}).want(http.StatusOK).Body.String()
	if !strings.Contains(page, "登记的 1 件堵点") || !strings.Contains(page, "民政厅") {
		t.Error("the page does not show the dry run")
	}
	for _, want := range []string{"Routing rules", "Goes to", "民政厅", "the one holder, else the coordinator"} {
		if !strings.Contains(w.english("coord", fmt.Sprintf("/routing/%d", set.ID)), want) {
			t.Errorf("the English page does not say %q", want)
		}
	}
	csv := w.page("coord", http.MethodGet, fmt.Sprintf("/routing/%d/csv", set.ID), nil).want(http.StatusOK)
	if csv.Body.String() != "\ufeff"+toMZ || !strings.HasPrefix(csv.Header().Get("Content-Type"), "text/csv") {
		t.Errorf("export: %q", csv.Body)
	}
}

func TestTheCoordinatorIsShownWhoCouldLeadAndWhy(t *testing.T) {
	everywhere(t, func(w *world) {
		t := w.t
		c := w.file(map[string]any{"service_item": "企业登记全程电子化", "proofs": []string{"到场身份证明", "社区同意证明", "村委会盖章"}})
		if c.WhyHere.Text.EN != "2 departments are registered as holding the data, so the coordinator decides" {
			t.Fatalf("why here: %+v", c.WhyHere)
		}
		w.act("coord", c.ID, "accept", nil)
		w.pump()
		got := w.get("coord", c.ID)
		var order []string
		for _, k := range got.Candidates {
			order = append(order, k.Department.Code)
			if len(k.Reasons) == 0 {
				t.Errorf("%s without a reason", k.Department.Code)
			}
		}
		if !slices.Equal(order, []string{"GA", "JD", "SJ"}) || !slices.Equal(got.Gaps, []string{"村委会盖章"}) {
			t.Fatalf("candidates %v, gaps %v", order, got.Gaps)
		}
		if h := got.Candidates[0].Holds; len(h) != 1 || h[0].Resource.Name != "人口基准信息" || h[0].Class != 1 || !h[0].Connected {
			t.Fatalf("GA holds %+v", h)
		}
		page := w.page("coord", http.MethodGet, fmt.Sprintf("/cases/%d", c.ID), nil).want(http.StatusOK).Body.String()
		for _, want := range []string{"目录登记持有「到场身份证明」的数据", "目录缺口：没有部门登记持有「村委会盖章」的数据", "派给它"} {
			if !strings.Contains(page, want) {
				t.Errorf("the page does not say %q", want)
			}
		}
		for _, want := range []string{"Registered as holding the data of 到场身份证明", "A gap in the catalogue: nobody is registered as holding the data of 村委会盖章", "Unconditional", "Send it there"} {
			if !strings.Contains(w.english("coord", fmt.Sprintf("/cases/%d", c.ID)), want) {
				t.Errorf("the English page does not say %q", want)
			}
		}
		if v := w.get("hall", c.ID); v.Candidates != nil || v.Gaps != nil {
			t.Error("who leads is not the hall's to say")
		}
		ids := w.departments()
		w.page("coord", http.MethodPost, fmt.Sprintf("/cases/%d/actions/dispatch", c.ID), url.Values{"lead": {fmt.Sprint(ids["GA"])}, "version": {fmt.Sprint(got.Version)}}).want(http.StatusSeeOther)
		w.act("ga", c.ID, "return", map[string]any{"reason": "not_our_duty", "proposed": ids["WJ"], "note": "归卫健"})
		got = w.get("coord", c.ID)
		if k := got.Candidates; k[0].Department.Code != "WJ" || k[0].Reasons[0].ZH != "退回部门建议" || k[len(k)-1].Department.Code != "GA" || !k[len(k)-1].Returned {
			t.Fatalf("after the return: %+v", k)
		}
	})
}

func TestADryRunForetellsWhereTheNextCasesGo(t *testing.T) {
	w := newWorld(t, sqliteFor(t))
	filings := []map[string]any{
		{"service_item": "企业登记全程电子化", "proof": "到场身份证明"},
		{"service_item": "企业登记全程电子化", "proof": "社区同意证明"},
		{"service_item": "新生儿参保", "proofs": []string{"出生证明", "父母身份证复印件"}},
		{"service_item": "新生儿参保", "proof": "村委会盖章"},
	}
	for _, f := range filings {
		w.file(f)
	}
	w.clock.add(time.Minute)
	var set routingSetView
	w.as("coord", http.MethodPost, "/routing", map[string]any{"title": "x", "csv": "region,item,proof,holder,to,reason\n,SJ-001,到场身份证明,,MZ,r\n,,,several,WJ,r\n,,,none,coordinator,r\n,,,,holder,r\n"}).want(http.StatusCreated).into(&set)
	var run rehearsalView
	w.as("coord", http.MethodPost, fmt.Sprintf("/routing/%d/rehearsal", set.ID), nil).want(http.StatusOK).into(&run)
	want, got := map[string]int{}, map[string]int{}
	code := func(d *deptView) string {
		if d == nil {
			return "coordinator"
		}
		return d.Code
	}
	for _, l := range run.Loads {
		if l.After > 0 {
			want[code(l.Department)] = l.After
		}
	}
	w.as("coord", http.MethodPost, fmt.Sprintf("/routing/%d/activate", set.ID), map[string]any{"revision": 1}).want(http.StatusOK)
	for _, f := range filings {
		c := w.file(f)
		w.act("coord", c.ID, "accept", nil)
		w.pump()
		got[code(w.get("coord", c.ID).Lead)]++
	}
	if !maps.Equal(got, want) || len(want) != 4 {
		t.Fatalf("they went to %v, the dry run said %v", got, want)
	}
}
