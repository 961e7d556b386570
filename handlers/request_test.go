package handlers

import (
	"fmt"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"testing"
	"time"
)

func TestBadRequestsCostNothingAndSayWhatIsWrong(t *testing.T) {
	w := newWorld(t, sqliteFor(t))
	token := w.login("hall")
	raw := func(method, path, kind, body string) answer {
		req := w.request(method, path, body)
		req.Header.Set("Content-Type", kind)
		req.Header.Set("Authorization", "Bearer "+token)
		return w.send(req)
	}
	const cases = "/api/v1/cases"
	if p := raw(http.MethodPost, cases, "application/json", `{"kind":"blocker",,}`).problem(http.StatusBadRequest, "malformed"); !strings.Contains(p.Detail, "19") {
		t.Errorf("the offset is not named: %s", p.Detail)
	}
	for name, body := range map[string]string{
		"cut off": `{"kind":`, "a list": `[1,2]`, "a text": `"x"`, "two documents": `{} {}`, "a brace too many": `{}}`, "garbage": "\x00\x01", "bare word": "kind",
	} {
		if p := raw(http.MethodPost, cases, "application/json", body); p.Code != http.StatusBadRequest {
			t.Errorf("%s: %d %s", name, p.Code, p.Body)
		}
	}
	raw(http.MethodPost, cases, "application/xml", `<a/>`).problem(http.StatusUnsupportedMediaType, "media-type")
	raw(http.MethodPost, cases, "", `{"kind":"blocker"}`).problem(http.StatusUnsupportedMediaType, "media-type")
	raw(http.MethodPost, cases, "application/x-www-form-urlencoded", `{"kind":"blocker"}`).problem(http.StatusUnsupportedMediaType, "media-type")
	raw(http.MethodPost, cases, "application/x-www-form-urlencoded", `kind=%zz`).problem(http.StatusBadRequest, "malformed")
	raw(http.MethodPost, cases, "application/json", `{"title":"`+strings.Repeat("x", maxBody)+`"}`).problem(http.StatusRequestEntityTooLarge, "too-large")
	raw(http.MethodPut, cases, "application/json", `{}`).problem(http.StatusMethodNotAllowed, "method")
	if got := raw(http.MethodPut, cases, "application/json", `{}`).Header().Get("Allow"); !strings.Contains(got, http.MethodPost) {
		t.Errorf("Allow: %q", got)
	}
	raw(http.MethodGet, "/api/v1/nothing", "", "").problem(http.StatusNotFound, "not-found")
	raw(http.MethodGet, "/api/v1/cases/99999", "", "").problem(http.StatusNotFound, "not-found")
	raw(http.MethodGet, "/api/v1/cases/abc", "", "").problem(http.StatusNotFound, "not-found")
	raw(http.MethodGet, "/api/v1/cases/-1/events", "", "").problem(http.StatusNotFound, "not-found")
	raw(http.MethodPost, "/api/v1/cases/1/actions/explode", "application/json", `{}`).problem(http.StatusNotFound, "not-found")
	raw(http.MethodGet, "/api/v1/definitions/dragon", "", "").problem(http.StatusNotFound, "not-found")
	if page := w.page("hall", http.MethodGet, "/nothing", nil).want(http.StatusNotFound).Body.String(); !strings.Contains(page, "没有这个地址") || !strings.Contains(page, "李敏") {
		t.Error("a page that is not there must come in the frame")
	}
}

func TestAFilingThatIsWrongNamesEveryField(t *testing.T) {
	w := newWorld(t, sqliteFor(t))
	ok := map[string]any{"kind": "blocker", "service_item": "新生儿参保", "proof": "出生证明"}
	for name, tt := range map[string]struct {
		change map[string]any
		fields string
	}{
		"nothing":                   {map[string]any{"service_item": nil, "proof": nil}, "service_item proof"},
		"an unknown kind":           {map[string]any{"kind": "dragon"}, "kind"},
		"an unknown item":           {map[string]any{"service_item": "成仙"}, "service_item"},
		"a proof of another item":   {map[string]any{"proof": 999}, "proof"},
		"an unknown batch":          {map[string]any{"batch": "第九批"}, "batch"},
		"a region elsewhere":        {map[string]any{"region": "320200"}, "region"},
		"a region that is none":     {map[string]any{"region": "999999"}, "region"},
		"a wrong identity number":   {map[string]any{"person": map[string]any{"name": "张三", "id_number": "329900199001010011"}}, "person.id_number"},
		"a wrong phone":             {map[string]any{"person": map[string]any{"name": "张三", "phone": "12"}}, "person.phone"},
		"a person without a name":   {map[string]any{"person": map[string]any{"phone": "13812345678"}}, "person.name"},
		"markup for a name":         {map[string]any{"person": map[string]any{"name": "<b>"}}, "person.name"},
		"a person that is a text":   {map[string]any{"person": "张三"}, "person"},
		"a title that is a number":  {map[string]any{"title": []any{1}}, "title"},
		"a title without end":       {map[string]any{"title": strings.Repeat("长", 201)}, "title"},
		"a NUL":                     {map[string]any{"title": "a\x00b"}, "title"},
		"a NUL in a list":           {map[string]any{"proofs": []any{"a\x00"}}, "proofs"},
		"a note without end":        {map[string]any{"note": strings.Repeat("长", 2001)}, "note"},
		"everything wrong together": {map[string]any{"batch": "x", "region": "y", "person": map[string]any{"name": "1"}}, "region batch person.name"},
	} {
		body := map[string]any{}
		for k, v := range ok {
			body[k] = v
		}
		for k, v := range tt.change {
			body[k] = v
		}
		p := w.as("hall", http.MethodPost, "/cases", body).problem(http.StatusUnprocessableEntity, "invalid")
		if got := strings.Join(p.names(), " "); got != tt.fields {
			t.Errorf("%s: wrong fields %q, want %q", name, got, tt.fields)
		}
		en := w.as("hall", http.MethodPost, "/cases", body, "Accept-Language", "en").problem(http.StatusUnprocessableEntity, "invalid")
		if en.Fields[0].Message == p.Fields[0].Message || en.Detail == p.Detail {
			t.Errorf("%s: both languages say %q", name, p.Fields[0].Message)
		}
	}
	var list casesView
	w.as("hall", http.MethodGet, "/cases", nil).into(&list)
	if len(list.Items) != 0 {
		t.Errorf("%d cases were filed all the same", len(list.Items))
	}
}

func TestFilingTakesIdsCodesNamesAndFreeText(t *testing.T) {
	w := newWorld(t, sqliteFor(t))
	var it itemView
	w.as("hall", http.MethodGet, "/service-items/1", nil).want(http.StatusOK).into(&it)
	for name, body := range map[string]map[string]any{
		"by name":          {"service_item": "新生儿参保", "proof": "出生证明"},
		"by code":          {"service_item": "YB-001", "proof": "出生证明"},
		"by id":            {"service_item": it.ID, "proof": it.Proofs[0].ID},
		"by id as text":    {"service_item": fmt.Sprint(it.ID), "proofs": []any{fmt.Sprint(it.Proofs[0].ID)}},
		"named twice":      {"service_item": "YB-001", "proof": "出生证明", "proofs": []any{"出生证明", it.Proofs[0].ID}},
		"with a whole lot": {"kind": "blocker", "service_item": "YB-001", "proof": "出生证明", "batch": 1, "region": "320100", "title": "新生儿参保：索要出生证明", "note": "第二次来"},
	} {
		c := w.file(body)
		if c.Title != "新生儿参保：索要出生证明" || len(c.Requirements) != 1 || c.Requirements[0].ShareClass != 2 || c.Holder.Code != "WJ" {
			t.Errorf("%s: %+v %+v", name, c.lineView, c.Requirements)
		}
	}
	both := w.file(map[string]any{"service_item": "YB-001", "proofs": []any{"出生证明", "父母身份证复印件"}})
	if len(both.Requirements) != 2 || both.Facts["holders"] != float64(2) {
		t.Errorf("two holders: %+v %v", both.Requirements, both.Facts)
	}
	free := w.file(map[string]any{"service_item": "YB-001", "proof": "居委会盖章的情况说明"})
	if free.Holder != nil || free.Facts["holders"] != float64(0) || free.Requirements[0].Name != "居委会盖章的情况说明" || free.Requirements[0].Resource != nil {
		t.Errorf("free text: %+v %v", free.lineView, free.Facts)
	}
	none := w.file(map[string]any{"service_item": "SJ-001", "proof": "社区同意证明"})
	if none.Facts["alternative"] != "现场核查" || none.Requirements[0].ShareClass != 0 {
		t.Errorf("no data: %+v %v", none.Requirements, none.Facts)
	}
}

func TestTheStewardOpensTheNoMeetingLifeOfAnItemOnce(t *testing.T) {
	w := newWorld(t, sqliteFor(t))
	var s caseView
	first := w.as("steward", http.MethodPost, "/cases", map[string]any{"kind": "service", "service_item": "YB-001"}).want(http.StatusCreated).into(&s)
	if s.State != "assessing" || s.Lead.Code != "YB" {
		t.Errorf("service %+v", s.lineView)
	}
	if !strings.HasPrefix(first.Header().Get("Location"), "/api/v1/cases/") {
		t.Errorf("Location %q", first.Header().Get("Location"))
	}
	w.as("steward", http.MethodPost, "/cases", map[string]any{"kind": "service", "service_item": "YB-001"}).problem(http.StatusConflict, "conflict")
	for user, want := range map[string]int64{"steward": s.ID, "coord": s.ID, "yb": s.ID, "hall": 0, "ga": 0} {
		var list itemsView
		var one itemView
		w.as(user, http.MethodGet, "/service-items?q=新生儿", nil).want(http.StatusOK).into(&list)
		w.as(user, http.MethodGet, fmt.Sprintf("/service-items/%d", s.Item.ID), nil).want(http.StatusOK).into(&one)
		if list.Items[0].Case != want || one.Case != want {
			t.Errorf("%s is shown case %d and %d of the item, want %d", user, list.Items[0].Case, one.Case, want)
		}
	}
	w.as("hall", http.MethodPost, "/cases", map[string]any{"kind": "service", "service_item": "GA-001"}).problem(http.StatusForbidden, "forbidden")
	c := w.file(map[string]any{"service_item": "YB-001", "proof": "出生证明"})
	w.pump()
	if got := w.get("steward", c.ID); got.Parent == nil || got.Parent.ID != s.ID {
		t.Errorf("parent %+v", got.Parent)
	}
	if got := w.get("steward", s.ID); len(got.Children) != 1 || got.State != "data_pending" {
		t.Errorf("the service after a blocker: %s %+v", got.State, got.Children)
	}
}

func TestListsFilterAndNameEveryWrongValue(t *testing.T) {
	w := newWorld(t, sqliteFor(t))
	a := w.blocker()
	b := w.file(map[string]any{"service_item": "新生儿参保", "proof": "出生证明"})
	w.clock.add(time.Minute)
	w.act("coord", a.ID, "accept", nil)
	w.pump()
	for query, want := range map[string][]int64{
		"": {b.ID, a.ID}, "kind=blocker&state=dispatched": {a.ID}, "state=filed": {b.ID}, "department=WJ": {b.ID}, "department=GA": {a.ID},
		"batch=第一批": {a.ID}, fmt.Sprintf("batch=%d", a.Batch.ID): {a.ID}, fmt.Sprintf("item=%d", b.Item.ID): {b.ID}, "q=出生": {b.ID}, "q=" + a.Number: {a.ID},
		"open=true&sort=updated": {a.ID, b.ID}, "open=false": {}, "box=mine": {b.ID, a.ID}, "light=red": {}, "due_before=2020-01-01": {}, "due_before=2030-01-01T00:00:00Z&sort=due": nil,
		"q=%25": {}, "q='%20OR%201=1--": {}, "box=todo": {}, "batch=77": {},
	} {
		var list casesView
		w.as("hall", http.MethodGet, "/cases?kind=blocker&"+query, nil).want(http.StatusOK).into(&list)
		got := []int64{}
		for _, l := range list.Items {
			got = append(got, l.ID)
		}
		if want != nil && !slices.Equal(got, want) {
			t.Errorf("%q lists %v, want %v", query, got, want)
		}
	}
	for query, fields := range map[string]string{
		"kind=dragon": "kind", "state=flying": "state", "kind=assist&state=filed": "state", "department=XX": "department", "batch=第九批": "batch", "item=x": "item", "item=0": "item",
		"parent=-1": "parent", "open=maybe": "open", "light=green": "light", "due_before=tomorrow": "due_before", "due_before=99999-01-01": "due_before", "box=lunch": "box", "sort=name": "sort",
		"limit=0": "limit", "limit=101": "limit", "limit=ten": "limit", "cursor=forged": "cursor", "cursor=eyJ2IjoxfQ": "cursor", "q=%00": "q", "q=%ff": "q", "a=%zz": "query",
		"kind=x&light=x&limit=x": "kind light limit", "q=" + strings.Repeat("a", 500): "q",
	} {
		p := w.as("hall", http.MethodGet, "/cases?"+query, nil).problem(http.StatusUnprocessableEntity, "invalid")
		if got := strings.Join(p.names(), " "); got != fields {
			t.Errorf("%.40q: wrong fields %q, want %q", query, got, fields)
		}
	}
	w.page("hall", http.MethodGet, "/cases?kind=dragon", nil).want(http.StatusUnprocessableEntity)
	w.page("hall", http.MethodGet, "/?kind=assist&state=filed", nil).want(http.StatusUnprocessableEntity)
}

func TestListsAreWalkedByLinksToTheirEnd(t *testing.T) {
	w := newWorld(t, sqliteFor(t))
	for range 7 {
		w.blocker()
	}
	for _, sort := range []string{"due", "newest", "updated"} {
		seen := map[int64]int{}
		path, pages := "/api/v1/cases?limit=3&kind=blocker&sort="+sort, 0
		for path != "" {
			var list casesView
			got := w.as("hall", http.MethodGet, path, nil).want(http.StatusOK).into(&list)
			for _, l := range list.Items {
				seen[l.ID]++
			}
			pages++
			link := got.Header().Get("Link")
			if (link == "") != (list.Next == "") {
				t.Fatalf("Link %q, next %q", link, list.Next)
			}
			path = strings.TrimSuffix(strings.TrimPrefix(link, "<"), `>; rel="next"`)
		}
		if len(seen) != 7 || pages != 3 {
			t.Errorf("sort %s: %d cases on %d pages", sort, len(seen), pages)
		}
	}
	page := w.page("hall", http.MethodGet, "/cases?limit=3", nil).want(http.StatusOK).Body.String()
	if !strings.Contains(page, "cursor=") {
		t.Error("the page has no way to the next")
	}
}

func TestAnotherSiteCannotMakeABrowserWrite(t *testing.T) {
	w := newWorld(t, sqliteFor(t))
	form := url.Values{"lang": {"en"}, "back": {"/"}}
	for name, tt := range map[string]struct {
		header, value string
		refused       bool
	}{
		"from another site":        {"Sec-Fetch-Site", "cross-site", true},
		"from a sister site":       {"Sec-Fetch-Site", "same-site", true},
		"by a foreign origin":      {"Origin", "https://evil.example", true},
		"by an origin that hides":  {"Origin", "null", true},
		"from the page itself":     {"Sec-Fetch-Site", "same-origin", false},
		"typed into the browser":   {"Sec-Fetch-Site", "none", false},
		"by the very origin":       {"Origin", "http://example.com", false},
		"by a program, no headers": {"X-Nothing", "", false},
	} {
		req := w.request(http.MethodPost, "/lang", form)
		req.Header.Set(tt.header, tt.value)
		got := w.send(req)
		if refused := got.Code == http.StatusForbidden; refused != tt.refused {
			t.Errorf("%s: %d", name, got.Code)
		}
	}
	req := w.request(http.MethodPost, "/api/v1/cases", map[string]any{})
	req.Header.Set("Sec-Fetch-Site", "cross-site")
	req.AddCookie(&http.Cookie{Name: cookieName, Value: w.login("hall")})
	w.send(req).problem(http.StatusForbidden, "cross-site")
}

func TestEveryAnswerCarriesTheHeadersThatKeepItSafe(t *testing.T) {
	w := newWorld(t, sqliteFor(t))
	for _, path := range []string{"/", "/login", "/api/v1/me", "/nothing", "/healthz"} {
		h := w.send(w.request(http.MethodGet, path, nil)).Header()
		csp := h.Get("Content-Security-Policy")
		if !strings.Contains(csp, "default-src 'self'") || !strings.Contains(csp, "frame-ancestors 'none'") || strings.Contains(csp, "unsafe") {
			t.Errorf("%s: CSP %q", path, csp)
		}
		if h.Get("X-Content-Type-Options") != "nosniff" || h.Get("Referrer-Policy") != "no-referrer" || h.Get("Cache-Control") != "no-store" || h.Get("X-Request-Id") == "" {
			t.Errorf("%s: %v", path, h)
		}
	}
}

func TestMachinesSeeHealthAndMetrics(t *testing.T) {
	w := newWorld(t, sqliteFor(t))
	var h healthView
	w.send(w.request(http.MethodGet, "/readyz", nil)).want(http.StatusOK)
	req := w.request(http.MethodGet, "/readyz", nil)
	req.Header.Set("Accept", "text/html")
	w.send(req).want(http.StatusOK).into(&h)
	if h.Status != "ok" || h.Checks["database"] != "ok" {
		t.Errorf("ready %+v", h)
	}
	w.as("hall", http.MethodGet, "/cases", nil)
	if text := w.send(w.request(http.MethodGet, "/metrics", nil)).want(http.StatusOK).Body.String(); !strings.Contains(text, `shujie_http_requests_total{method="GET",route="/api/v1/cases",status="200"} 1`) {
		t.Errorf("metrics:\n%s", text)
	}
	w.must(w.store.Close())
	w.send(w.request(http.MethodGet, "/healthz", nil)).want(http.StatusOK)
	w.send(w.request(http.MethodGet, "/readyz", nil)).want(http.StatusServiceUnavailable).into(&h)
	if h.Status != "down" || h.Checks["database"] != "down" {
		t.Errorf("not ready %+v", h)
	}
}

func TestAHallFilesIntoTheBatchesOfItsOwnRegion(t *testing.T) {
	w := newWorld(t, sqliteFor(t))
	var wuxi batchView
	w.as("coord_wx", http.MethodPost, "/batches", map[string]any{"name": "无锡第一批", "target": "2026-06-30", "lead": "YB"}).want(http.StatusCreated).into(&wuxi)
	if wuxi.Region.Code != "320200" || wuxi.Lead.Code != "YB" || wuxi.Target == nil {
		t.Errorf("batch %+v", wuxi)
	}
	var c caseView
	body := map[string]any{"service_item": "YB-001", "proof": "出生证明", "batch": "无锡第一批"}
	w.as("hall_wx", http.MethodPost, "/cases", body).want(http.StatusCreated).into(&c)
	if c.Batch.ID != wuxi.ID {
		t.Errorf("filed into batch %+v", c.Batch)
	}
	w.as("hall", http.MethodPost, "/cases", body).problem(http.StatusUnprocessableEntity, "invalid")
}

func TestOverHTTPSTheBrowserIsToldToStayThere(t *testing.T) {
	h := http.Header{}
	harden(h, true)
	if h.Get("Strict-Transport-Security") == "" {
		t.Error("no HSTS")
	}
	h = http.Header{}
	harden(h, false)
	if h.Get("Strict-Transport-Security") != "" {
		t.Error("HSTS on plain HTTP")
	}
}
