package handlers

import (
	"bytes"
	"fmt"
	"mime/multipart"
	"net/http"
	"os"
	"slices"
	"strings"
	"testing"

	"github.com/shujie-gov/shujie/models"
	"github.com/shujie-gov/shujie/models/modelstest"
	"github.com/shujie-gov/shujie/workflow"
)

// blockerV2 is the sample version: see modelstest.SampleFile.
func blockerV2(t *testing.T) string {
	t.Helper()
	text, err := os.ReadFile(modelstest.SampleFile)
	if err != nil {
		t.Fatal(err)
	}
	return string(text)
}

// carry does what the worker does with migrations at work.
func (w *world) carry() {
	w.t.Helper()
	active, err := w.store.ActiveMigrations(w.t.Context())
	w.must(err)
	for _, m := range active {
		if m.Status == models.MigrationUndoing {
			w.must(w.engine.UndoMigration(w.t.Context(), w.store, m.ID))
		} else {
			t, err := workflow.NewTransfer(w.engine.Defs.Get(m.Mapping.Kind, m.Mapping.From), w.engine.Defs.Get(m.Mapping.Kind, m.Mapping.To), m.Mapping)
			w.must(err)
			w.must(w.engine.RunMigration(w.t.Context(), w.store, m.ID, t))
		}
		w.must(w.store.FinishMigration(w.t.Context(), m.ID))
	}
}

func TestADefinitionLivesFromUploadToMigrationAndBack(t *testing.T) {
	everywhere(t, func(w *world) {
		text := blockerV2(t)
		var filed []caseView
		for range 3 {
			filed = append(filed, w.blocker())
		}
		var draft definitionView
		got := w.as("steward", http.MethodPost, "/definitions", map[string]any{"yaml": text}).want(http.StatusCreated).into(&draft)
		if draft.Own.Status != "draft" || draft.Before != 1 || len(draft.Changes) == 0 || got.Header().Get("Location") != "/api/v1/definitions/blocker?version=2" {
			t.Errorf("the draft: %+v at %s", draft.Own, got.Header().Get("Location"))
		}
		w.as("steward", http.MethodPost, "/definitions", map[string]any{"yaml": text}).want(http.StatusCreated)
		w.as("steward", http.MethodPost, "/definitions", map[string]any{"yaml": text + "# other\n"}).problem(http.StatusConflict, "conflict")
		if c := w.blocker(); c.Definition != 1 {
			t.Errorf("a case begins in a draft: version %d", c.Definition)
		}
		var p struct {
			Draft bool
			workflow.Plan
		}
		w.as("steward", http.MethodGet, "/definitions/blocker/plan?from=1&to=2", nil).want(http.StatusOK).into(&p)
		if p.Open != 4 || p.Maps != 4 || p.Stays != 0 || p.Mapping.States["accepted"] != "admitted" {
			t.Errorf("the plan of a draft: %+v", p.Plan)
		}
		begin := map[string]any{"from": 1, "to": 2, "states": map[string]any{"accepted": "admitted", "suspended": ""}, "facts": map[string]any{"priority": 3}, "open": p.Open, "maps": p.Maps, "stays": p.Stays}
		w.as("steward", http.MethodPost, "/definitions/blocker/migrations", begin).problem(http.StatusUnprocessableEntity, "invalid") // a draft
		w.as("steward", http.MethodPost, "/definitions/blocker/release", map[string]any{"version": 2}).want(http.StatusOK).into(&draft)
		if !draft.Own.Latest || draft.Own.Status != "released" || draft.Own.MovedBy != "郑管理" {
			t.Errorf("released: %+v", draft.Own)
		}
		if c := w.blocker(); c.Definition != 2 {
			t.Errorf("a new case begins in version %d", c.Definition)
		}
		begin["maps"] = p.Maps + 1
		w.as("steward", http.MethodPost, "/definitions/blocker/migrations", begin).problem(http.StatusConflict, "conflict")
		begin["maps"] = p.Maps
		var m migrationView
		w.as("steward", http.MethodPost, "/definitions/blocker/migrations", begin).want(http.StatusCreated).into(&m)
		path := fmt.Sprintf("/migrations/%d", m.ID)
		w.as("steward", http.MethodPost, path+"/undo", nil).problem(http.StatusConflict, "conflict") // it is at work
		w.carry()
		w.as("steward", http.MethodGet, path+"?outcome=moved", nil).want(http.StatusOK).into(&m)
		if m.Status != "done" || m.Outcomes["moved"] != int64(p.Maps) || m.Expected.Maps != p.Maps || len(m.Items) != p.Maps || m.Done != int64(p.Open) {
			t.Errorf("the migration: %+v", m)
		}
		var c caseView
		w.as("coord", http.MethodGet, fmt.Sprintf("/cases/%d", filed[0].ID), nil).want(http.StatusOK).into(&c)
		if c.Definition != 2 {
			t.Errorf("a migrated case runs under version %d", c.Definition)
		}
		events := w.as("coord", http.MethodGet, fmt.Sprintf("/cases/%d/events", filed[0].ID), nil).want(http.StatusOK).Body.String()
		if !strings.Contains(events, `"action":"migrate"`) || !strings.Contains(events, "改用新版流程") || strings.Contains(events, `"before"`) {
			t.Errorf("its log: %s", events)
		}
		w.as("coord", http.MethodPost, fmt.Sprintf("/cases/%d/actions/accept", filed[0].ID), nil).want(http.StatusOK).into(&c)
		if c.State != "admitted" {
			t.Errorf("it goes on to %s", c.State)
		}
		w.as("steward", http.MethodPost, path+"/undo", nil).want(http.StatusOK)
		w.carry()
		w.as("steward", http.MethodGet, path+"?outcome=kept", nil).want(http.StatusOK).into(&m)
		if m.Status != "undone" || m.Outcomes["undone"] != int64(p.Maps-1) || len(m.Items) != 1 || m.Items[0].Case != filed[0].ID || m.Items[0].Why == nil {
			t.Errorf("undone: %+v", m)
		}
		w.as("steward", http.MethodPost, "/definitions/blocker/retire", map[string]any{"version": 2}).want(http.StatusOK)
		if c := w.blocker(); c.Definition != 1 {
			t.Errorf("a new case begins in the retired version %d", c.Definition)
		}
		w.as("steward", http.MethodPost, "/definitions/blocker/retire", map[string]any{"version": 1}).problem(http.StatusConflict, "conflict")
		var all definitionsView
		w.as("hall", http.MethodGet, "/definitions", nil).want(http.StatusOK).into(&all)
		i := slices.IndexFunc(all.Items, func(d definitionView) bool { return d.Kind == "blocker" })
		if v := all.Items[i].All; len(v) != 2 || v[0].Status != "retired" || v[1].Open == 0 || !v[1].Latest {
			t.Errorf("versions as the hall sees them: %+v", v)
		}
	})
}

func TestAnUploadIsRefusedInTheReadersLanguage(t *testing.T) {
	w := newWorld(t, sqliteFor(t))
	text := blockerV2(t)
	for name, tt := range map[string]struct{ old, new, says string }{
		"a state that is not there":  {"to: admitted", "to: nowhere", "状态 filed：操作 accept：目标状态"},
		"a right nobody granted":     {"by:\n      - lead/dept_head\n", "by:\n      - filer/hall_staff\n", "权限表中没有规则「p, hall_staff, department, blocker, "},
		"another kind's lost fact":   {"kind: blocker", "kind: assist", ""},
		"a key that is not known":    {"initial: filed", "initial: filed\nfinal: closed", "这里没有 final 这个键"},
		"what the system keeps":      {"action: comment", "action: migrate", "保留给系统"},
		"an unknown role, with line": {"for: coordinator", "for: mayor", " 行：状态 filed：等待（waits）：没有角色"},
	} {
		broken := strings.Replace(text, tt.old, tt.new, 1)
		if broken == text {
			t.Fatalf("%s: the sample has no %q", name, tt.old)
		}
		p := w.as("steward", http.MethodPost, "/definitions", map[string]any{"yaml": broken}).problem(http.StatusUnprocessableEntity, "invalid")
		if !slices.ContainsFunc(p.Fields, func(f problemField) bool { return f.Name == "yaml" && strings.Contains(f.Message, tt.says) }) {
			t.Errorf("%s: %+v", name, p.Fields)
		}
	}
	list, _, err := w.store.Definitions(t.Context())
	w.must(err)
	if slices.ContainsFunc(list, func(d models.Definition) bool { return !d.Shipped }) {
		t.Error("a refused upload was kept")
	}
}

func TestAStewardUploadsAFileOnThePage(t *testing.T) {
	w := newWorld(t, sqliteFor(t))
	send := func(file, text string) answer {
		var b bytes.Buffer
		form := multipart.NewWriter(&b)
		f, err := form.CreateFormFile("file", file)
		w.must(err)
		_, err = f.Write([]byte(text))
		w.must(err)
		w.must(form.WriteField("yaml", ""))
		w.must(form.Close())
		req := w.request(http.MethodPost, "/definitions", b.String())
		req.Header.Set("Content-Type", form.FormDataContentType())
		req.Header.Set("Accept", "text/html")
		req.AddCookie(&http.Cookie{Name: cookieName, Value: w.login("steward")})
		return w.send(req)
	}
	page := send("blocker.v2.yaml", strings.Replace(blockerV2(t), "to: admitted", "to: nowhere", 1)).want(http.StatusUnprocessableEntity).Body.String()
	if !strings.Contains(page, "blocker.v2.yaml：第 ") || !strings.Contains(page, "to: nowhere") {
		t.Error("the page does not say what is wrong, or lost the text")
	}
	if got := send("blocker.v2.yaml", blockerV2(t)).want(http.StatusSeeOther); got.Header().Get("Location") != "/definitions/blocker?version=2" {
		t.Errorf("the browser is sent to %s", got.Header().Get("Location"))
	}
	w.blocker()
	for path, says := range map[string]string{
		"/definitions": "草稿", "/definitions/blocker?version=2": "改名", "/definitions/blocker/plan?from=1&to=2": "5 个工作日",
	} {
		if body := w.page("steward", http.MethodGet, path, nil).want(http.StatusOK).Body.String(); !strings.Contains(body, says) {
			t.Errorf("%s does not say %q", path, says)
		}
	}
	w.page("steward", http.MethodPost, "/definitions/blocker/release", map[string][]string{"version": {"2"}}).want(http.StatusSeeOther)
	started := w.page("steward", http.MethodPost, "/definitions/blocker/migrations", map[string][]string{"from": {"1"}, "to": {"2"}, "states.accepted": {"admitted"}}).want(http.StatusSeeOther)
	at := started.Header().Get("Location")
	w.page("steward", http.MethodGet, at, nil).want(http.StatusOK)
	w.carry()
	if body := w.page("steward", http.MethodGet, at, nil).want(http.StatusOK).Body.String(); !strings.Contains(body, "撤销这次改版") {
		t.Error("the page offers no undo")
	}
	if body := w.page("hall", http.MethodGet, at, nil).want(http.StatusOK).Body.String(); strings.Contains(body, "撤销这次改版") {
		t.Error("the hall is offered the undo")
	}
	w.page("steward", http.MethodPost, at+"/undo", nil).want(http.StatusSeeOther)
	w.carry()
	w.page("steward", http.MethodGet, at, nil).want(http.StatusOK)
}

func TestAStewardOfOneCityKeepsNoDefinition(t *testing.T) {
	w := newWorld(t, sqliteFor(t))
	hash, err := hashed()
	w.must(err)
	w.must(w.store.Import(t.Context(), models.Reference{Users: []models.NewUser{
		{Username: "steward_wx", Name: "无锡数据管理员", PasswordHash: hash, RegionCode: "320200", Roles: []workflow.Role{workflow.DataSteward}},
	}}))
	for path, body := range map[string]map[string]any{
		"/definitions": {"yaml": blockerV2(t)}, "/definitions/blocker/retire": {"version": 1}, "/definitions/blocker/release": {"version": 1},
		"/definitions/blocker/discard": {"version": 2}, "/definitions/blocker/migrations": {"from": 1, "to": 2}, "/migrations/1/undo": {},
	} {
		w.as("steward_wx", http.MethodPost, path, body).problem(http.StatusForbidden, "forbidden")
	}
	w.as("steward_wx", http.MethodGet, "/definitions/blocker/plan", nil).problem(http.StatusForbidden, "forbidden")
	if page := w.page("steward_wx", http.MethodGet, "/definitions", nil).want(http.StatusOK).Body.String(); strings.Contains(page, "上传新版本") {
		t.Error("a steward of one city is offered the upload")
	}
}
