package modelstest

import (
	"strings"

	"github.com/shujie-gov/shujie/fault"
	"github.com/shujie-gov/shujie/models"
	"github.com/shujie-gov/shujie/workflow"
)

// cascade are platforms of a city, its province and the nation: calls to the
// nation's pass through the province's.
func cascade() []models.Platform {
	return []models.Platform{
		{Code: "js", Name: "省平台", Level: models.LevelProvince, Profile: "gjgxjhpt", Base: "http://127.0.0.1:1"},
		{Code: "gj", Name: "国家平台", Level: models.LevelNation, Profile: "gjgxjhpt", Via: "js"},
		{Code: "nj", Name: "市平台", Level: models.LevelCity, Profile: "oauth2", Base: "http://127.0.0.1:2"},
	}
}

func (w *World) platforms() {
	w.Helper()
	for _, p := range cascade() {
		if err := w.Store.RegisterPlatform(w.Context(), p); err != nil {
			w.Fatal(err)
		}
	}
}

func routes(w *World) {
	w.platforms()
	for code, want := range map[string]string{"gj": "js gj", "js": "js", "nj": "nj", "gjgxjhpt": "gjgxjhpt", "": ""} {
		r, err := w.Store.Route(w.Context(), code)
		var codes []string
		for _, p := range r {
			codes = append(codes, p.Code)
		}
		if got := strings.Join(codes, " "); err != nil || len(r) == 0 || got != want {
			w.Errorf("the way to %q is %q, %v", code, got, err)
		}
	}
	for name, tt := range map[string]struct {
		change func(*models.Platform)
		field  string
	}{
		"no code":             {func(p *models.Platform) { p.Code = "" }, "code"},
		"no name":             {func(p *models.Platform) { p.Name = "" }, "name"},
		"a level of its own":  {func(p *models.Platform) { p.Level = "world" }, "level"},
		"no profile":          {func(p *models.Platform) { p.Profile = "" }, "profile"},
		"nowhere":             {func(p *models.Platform) { p.Base = "" }, "base"},
		"here and elsewhere":  {func(p *models.Platform) { p.Via = "nj" }, "base"},
		"through a stranger":  {func(p *models.Platform) { p.Base, p.Via = "", "x" }, "via"},
		"in a circle":         {func(p *models.Platform) { p.Base, p.Via = "", "gj" }, "via"},
		"through itself only": {func(p *models.Platform) { p.Base, p.Via = "", "js" }, "via"},
	} {
		p := cascade()[0]
		tt.change(&p)
		err := w.Store.RegisterPlatform(w.Context(), p)
		w.wantKind(err, fault.Invalid, name)
		w.wantField(err, tt.field, name)
	}
	moved := cascade()[0]
	moved.Base = "http://127.0.0.1:3"
	if err := w.Store.RegisterPlatform(w.Context(), moved); err != nil {
		w.Fatal(err)
	}

	c, job := w.Fetching("级联")
	id := c.Requirements[0].Resource
	if err := w.Store.Connect(w.Context(), id, models.Connection{Platform: "gj"}); err != nil {
		w.Fatal(err)
	}
	t, err := w.Store.Target(w.Context(), c.ID, c.Requirements[0].ID)
	if err != nil || len(t.Route) != 2 || t.Route[0] != moved || t.Route[1] != cascade()[1] {
		w.Fatalf("the way is %+v, %v", t.Route, err)
	}
	if a := t.Asker; a.Account == "" || a.Name == "" || a.Unit == "" || a.UnitCode == "" || a.Matter != "新生儿参保" || a.Case != models.Number(c.ID, c.CreatedAt) {
		w.Errorf("who asks: %+v", a)
	}
	f := w.ledger(c, job)
	f.Platform, f.Trail = t.Route[0].Code, t.Route.Hops()
	row, err := w.Store.BeginFetch(w.Context(), f)
	if err != nil || len(row.Trail) != 2 || row.Trail[0].Request != "" {
		w.Fatalf("%+v, %v", row, err)
	}
	r, err := w.Store.EndFetch(w.Context(), row.ID, models.FetchEnd{
		Outcome: models.FetchFound, RequestID: "req-7", Evidence: "hash-7", Payload: []byte(`{}`), ValidDays: 30, Subject: t.Subject,
	})
	if err != nil || r.Trail != "省平台 → 国家平台" {
		w.Fatalf("%+v, %v", r, err)
	}
	in := workflow.Input{Action: "data_arrived", Fields: map[string]any{"requirement": r.Requirement, "receipt": r.ID}}
	if _, err := w.Engine.Act(w.Context(), workflow.SystemActor(), c.ID, in, workflow.Key{}); err != nil {
		w.Fatal(err)
	}
	list, err := w.Store.Fetches(w.Context(), models.Scope{All: true}, c.ID)
	want := models.Hop{Platform: "js", Name: "省平台", Level: models.LevelProvince, Request: "req-7", Evidence: "hash-7"}
	if err != nil || len(list) != 1 || len(list[0].Trail) != 2 || list[0].Trail[0] != want || list[0].Trail[1].Platform != "gj" {
		w.Errorf("%+v, %v", list, err)
	}
	if r := w.verify(); len(r.Problems) != 0 {
		w.Errorf("%+v", r.Problems)
	}
}

func connections(w *World) {
	w.platforms()
	page, err := w.Store.Resources(w.Context(), models.ResourceQuery{})
	if err != nil {
		w.Fatal(err)
	}
	id := page.Items[0].ID
	link := models.Link{RID: "rid-2", Operation: "person", AppKey: "clear-secret", Account: "user", Password: "clear-password", Probe: Probe()}
	if err := w.Store.Connect(w.Context(), id, models.Connection{Platform: "nj", Mapping: `{"x":1}`, Link: link}); err != nil {
		w.Fatal(err)
	}
	r, err := w.Store.Resource(w.Context(), id)
	if err != nil || r.Link != link || r.Platform != "nj" || r.Mapping != `{"x":1}` || !r.Connected {
		w.Errorf("%+v, %v", r, err)
	}
	if err := w.Store.Connect(w.Context(), id, models.Connection{Platform: "js"}); err != nil {
		w.Fatal(err)
	}
	if r, err = w.Store.Resource(w.Context(), id); err != nil || r.Link != link || r.Platform != "js" || r.Mapping != `{"x":1}` {
		w.Errorf("in part: %+v, %v", r, err)
	}
	w.wantKind(w.Store.Connect(w.Context(), 4711, models.Connection{Platform: "js"}), fault.NotFound, "a resource that is not there")
	for table, rows := range w.Rows() {
		for _, row := range rows {
			if strings.Contains(row, "clear-secret") || strings.Contains(row, "clear-password") {
				w.Errorf("a secret stands in %s: %s", table, row)
			}
		}
	}
}
