package handlers

import (
	"fmt"
	"net/http"
	"os"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/getkin/kin-openapi/openapi3"
)

func TestTheAPIDescriptionAndTheRoutesAreTheSame(t *testing.T) {
	w := newWorld(t, sqliteFor(t))
	var routed []string
	parameter := regexp.MustCompile(`:(\w+)`)
	for _, r := range w.server.routes() {
		if r.api != "" {
			routed = append(routed, r.method+" "+parameter.ReplaceAllString(r.api, "{$1}"))
		}
	}
	body := w.send(w.request(http.MethodGet, "/api/v1/openapi.json", nil)).want(http.StatusOK).Body.Bytes()
	doc, err := openapi3.NewLoader().LoadFromData(body)
	if err != nil {
		t.Fatal(err)
	}
	if err := doc.Validate(t.Context(), openapi3.IsOpenAPI31OrLater()); err != nil {
		t.Fatal(err)
	}
	if doc.OpenAPI != "3.1.0" || doc.Info.Version != "test" {
		t.Errorf("openapi %s, version %s", doc.OpenAPI, doc.Info.Version)
	}
	var described []string
	for path, item := range doc.Paths.Map() {
		for method := range item.Operations() {
			described = append(described, method+" "+path)
		}
	}
	for _, r := range routed {
		if !slices.Contains(described, r) {
			t.Errorf("%s is not described", r)
		}
	}
	for _, d := range described {
		if !slices.Contains(routed, d) {
			t.Errorf("%s is described and does not exist", d)
		}
	}
}

// Every answer of every test is held against the description (see world.send).
// This one makes sure that the main routes answer something worth checking.
func TestTheMainAnswersFitTheirDescription(t *testing.T) {
	w := newWorld(t, sqliteFor(t))
	own, _ := w.twoCities()
	for _, path := range []string{
		"/me", "/cases", "/cases?box=todo", fmt.Sprintf("/cases/%d", own.ID), fmt.Sprintf("/cases/%d/events?limit=2", own.ID), "/batches",
		fmt.Sprintf("/batches/%d", own.Batch.ID), "/resources?limit=1", "/resources?share_class=2&department=WJ", "/service-items?limit=1", "/service-items/1",
		"/departments", "/definitions", "/definitions/share_request", "/notices?limit=5", "/receipts/1",
	} {
		w.as("coord", http.MethodGet, path, nil).want(http.StatusOK)
	}
}

func TestTheCatalogueIsKeptOverTheAPI(t *testing.T) {
	w := newWorld(t, sqliteFor(t))
	link := map[string]any{"rid": "r", "sid": "s_1", "appkey": "00112233445566778899aabbccddeeff", "method": "POST", "probe": map[string]any{"name": "测试", "id_number": "32990019900101001X"}}
	var r resourceView
	got := w.as("steward", http.MethodPost, "/resources", map[string]any{
		"code": "307011001/000123", "name": "残疾人证信息", "provider": "MZ", "share_class": 1, "version": "1", "valid_days": 30, "repeatable": true, "profile": "gjgxjhpt", "link": link,
	}).want(http.StatusCreated).into(&r)
	if !r.Connected || r.Provider.Code != "MZ" || strings.Contains(got.Body.String(), "appkey") || strings.Contains(got.Body.String(), "0011223344") {
		t.Errorf("resource %s", got.Body)
	}
	var it itemView
	w.as("steward", http.MethodPost, "/service-items", map[string]any{
		"code": "MZ-007", "name": "残疾人补贴", "department": "MZ", "proofs": []any{map[string]any{"name": "残疾状况证明", "holder": "MZ", "resource": "残疾人证信息", "basis": "《残疾人保障法》第四十六条", "issuer": "医疗机构"}},
	}).want(http.StatusCreated).into(&it)
	if len(it.Proofs) != 1 || it.Proofs[0].Resource.Name != "残疾人证信息" || it.Proofs[0].Issuer != "医疗机构" || it.Proofs[0].ShareClass != 1 {
		t.Errorf("item %+v", it)
	}
	page := w.page("ga", http.MethodGet, fmt.Sprintf("/service-items/%d", it.ID), nil).want(http.StatusOK).Body.String()
	for _, want := range []string{"《残疾人保障法》第四十六条", "医疗机构", "残疾人证信息"} {
		if !strings.Contains(page, want) {
			t.Errorf("the page of the item does not show %q", want)
		}
	}
	c := w.file(map[string]any{"service_item": "残疾人补贴", "proof": "残疾状况证明"})
	if c.Requirements[0].ShareClass != 1 {
		t.Errorf("filed on the new item: %+v", c.Requirements)
	}
	var d departmentView
	w.as("sysadmin", http.MethodPost, "/departments", map[string]any{"code": "CL", "name": "残疾人联合会", "region": "320000"}).want(http.StatusCreated).into(&d)
	if d.Name != "残疾人联合会" || d.Region.Name != "江苏省" {
		t.Errorf("department %+v", d)
	}
	for name, tt := range map[string]struct {
		user, path string
		body       map[string]any
		fields     string
	}{
		"a resource of nobody":              {"steward", "/resources", map[string]any{"name": "x", "provider": "XX", "share_class": 1}, "provider"},
		"conditional without condition":     {"steward", "/resources", map[string]any{"name": "x", "provider": "MZ", "share_class": 2}, "condition"},
		"a class that is none":              {"steward", "/resources", map[string]any{"name": "x", "provider": "MZ", "share_class": 7}, "share_class"},
		"a province's resource from a city": {"coord_wx", "/resources", map[string]any{"name": "x", "provider": "MZ", "share_class": 1}, "provider"},
		"half a link":                       {"steward", "/resources", map[string]any{"name": "x", "provider": "MZ", "share_class": 1, "link": map[string]any{"sid": "s"}}, "link.appkey"},
		"a link by a strange method":        {"steward", "/resources", map[string]any{"name": "x", "provider": "MZ", "share_class": 1, "link": map[string]any{"method": "BREW"}}, "link.method"},
		"an item without a name":            {"steward", "/service-items", map[string]any{"department": "MZ", "proofs": []any{map[string]any{}}}, "name proofs.0.name"},
		"proofs that are no list":           {"steward", "/service-items", map[string]any{"name": "x", "department": "MZ", "proofs": "x"}, "proofs"},
		"proofs that are no objects":        {"steward", "/service-items", map[string]any{"name": "x", "department": "MZ", "proofs": []any{1}}, "proofs.0"},
		"a department nowhere":              {"sysadmin", "/departments", map[string]any{"code": "x", "name": "x", "region": "999999"}, "region"},
		"a hall that is neither yes nor no": {"sysadmin", "/departments", map[string]any{"code": "x", "name": "x", "region": "320000", "hall": 7}, "hall"},
		"a batch of nobody":                 {"coord", "/batches", map[string]any{"name": "x", "lead": "XX", "target": "soon"}, "lead target"},
		"a batch outside of the region":     {"coord_wx", "/batches", map[string]any{"name": "x", "region": "320100"}, "region"},
	} {
		p := w.as(tt.user, http.MethodPost, tt.path, tt.body).problem(http.StatusUnprocessableEntity, "invalid")
		if got := strings.Join(p.names(), " "); got != tt.fields {
			t.Errorf("%s: wrong fields %q, want %q", name, got, tt.fields)
		}
	}
	p := w.as("steward", http.MethodPost, "/service-items", map[string]any{"name": "x", "department": "MZ", "proofs": []any{map[string]any{"name": "p", "resource": "没有的资源"}}}).problem(http.StatusUnprocessableEntity, "invalid")
	if len(p.Fields) == 0 {
		t.Errorf("an unknown resource: %+v", p)
	}
}

func TestADefinitionIsCheckedWithoutBeingKept(t *testing.T) {
	w := newWorld(t, sqliteFor(t))
	text, err := os.ReadFile("../workflow/definitions/assist.v1.yaml")
	w.must(err)
	send := func(kind, body string) answer {
		req := w.request(http.MethodPost, "/api/v1/definitions/check", body)
		req.Header.Set("Content-Type", kind)
		req.Header.Set("Authorization", "Bearer "+w.login("sysadmin"))
		return w.send(req)
	}
	var ok checkedView
	send("application/yaml", string(text)).want(http.StatusOK).into(&ok)
	if !ok.OK || ok.Kind != "assist" {
		t.Errorf("%+v", ok)
	}
	w.as("sysadmin", http.MethodPost, "/definitions/check", map[string]any{"yaml": string(text)}).want(http.StatusOK)
	for name, broken := range map[string]string{
		"an unknown role": strings.Replace(string(text), "by: [system]", "by: [wizard]", 1), "no YAML": "{{{", "nothing but a word": "hello", "nothing": " ",
	} {
		p := send("text/yaml", broken).problem(http.StatusUnprocessableEntity, "invalid")
		if len(p.Fields) == 0 || p.Fields[0].Message == "" {
			t.Errorf("%s: %+v", name, p)
		}
	}
}
