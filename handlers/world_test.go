package handlers

import (
	"bytes"
	"context"
	"encoding/csv"
	"encoding/json"
	"fmt"
	"io"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"net/url"
	"os"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/getkin/kin-openapi/openapi3"
	"github.com/getkin/kin-openapi/openapi3filter"
	"github.com/getkin/kin-openapi/routers"
	"github.com/getkin/kin-openapi/routers/legacy"

	"github.com/shujie-gov/shujie/fault"
	"github.com/shujie-gov/shujie/models"
	"github.com/shujie-gov/shujie/models/modelstest"
	"github.com/shujie-gov/shujie/policies"
	"github.com/shujie-gov/shujie/web"
	"github.com/shujie-gov/shujie/workflow"
)

// world is a whole service on a database of its own: two cities with a hall
// each, the departments of the province, a small catalogue, and somebody in
// every role.
type world struct {
	t       testing.TB
	store   *models.Store
	engine  *workflow.Engine
	server  *server
	handler http.Handler
	api     routers.Router
	log     *bytes.Buffer
	clock   *clock
	tokens  map[string]string
	tick    chan time.Time
}

// clock is the time of a test.
type clock struct {
	mu  sync.Mutex
	now time.Time
}

func (c *clock) time() time.Time {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.now
}

func (c *clock) add(d time.Duration) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.now = c.now.Add(d)
}

const password = "Shujie-2026"

func TestMain(m *testing.M) { os.Exit(modelstest.Main(m)) }

// everywhere runs a test on SQLite, and on PostgreSQL when there is one.
func everywhere(t *testing.T, test func(w *world)) {
	t.Helper()
	t.Run("sqlite", func(t *testing.T) { test(newWorld(t, modelstest.SQLite(t))) })
	if os.Getenv("TEST_DATABASE_URL") == "" && os.Getenv("SHUJIE_CI") == "" {
		return
	}
	t.Run("postgres", func(t *testing.T) {
		at, ok := modelstest.Postgres(t)
		if !ok {
			t.Fatal("no PostgreSQL")
		}
		test(newWorld(t, at))
	})
}

func newWorld(tb testing.TB, at string) *world {
	tb.Helper()
	return newWorldWith(tb, at, nil)
}

// newWorldWith is newWorld with a log of the test's own.
func newWorldWith(tb testing.TB, at string, log *slog.Logger) *world {
	tb.Helper()
	w := &world{
		t: tb, log: &bytes.Buffer{}, tokens: map[string]string{}, tick: make(chan time.Time),
		clock: &clock{now: time.Date(2026, 3, 2, 1, 0, 0, 0, time.UTC)}, // a Monday, nine in the morning in China
	}
	if log == nil {
		log = slog.New(slog.NewJSONHandler(&syncWriter{w: w.log}, &slog.HandlerOptions{Level: slog.LevelDebug}))
	}
	keys, _, err := models.NewKeys()
	w.must(err)
	w.store, err = models.Open(tb.Context(), models.Options{URL: at, Keys: keys, Now: w.clock.time, Log: log, MaxConns: 4})
	w.must(err)
	tb.Cleanup(func() { w.must(w.store.Close()) })
	w.must(w.store.Import(tb.Context(), reference(tb)))
	shipped, err := released()
	w.must(err)
	defs := shipped.Snapshot() // a version that this world releases is no other's
	for _, kind := range defs.Kinds() {
		d := defs.Latest(kind)
		w.must(w.store.KeepDefinitions(tb.Context(), []models.NewDefinition{{Kind: kind, Version: d.Version, File: string(kind) + ".v1.yaml", Text: d.Text()}}))
	}
	policy, err := policy()
	w.must(err)
	kept, err := w.store.CalendarInForce(tb.Context())
	w.must(err)
	cal, err := kept.Working()
	w.must(err)
	w.engine = &workflow.Engine{
		Store: w.store, Policy: policy, Staff: w.store, Defs: defs, Now: w.clock.time,
		Calendar: func() *workflow.Calendar { return cal },
		Learn:    func(ctx context.Context) error { _, err := w.store.LoadDefinitions(ctx, defs); return err },
	}
	views, err := views()
	w.must(err)
	o := Options{
		Engine: w.engine, Store: w.store, Policy: policy, Views: views, Now: w.clock.time, Log: log, Version: "test",
		Ready: func(ctx context.Context) map[string]error { return map[string]error{"database": w.store.Ping(ctx)} },
		Demo:  []Account{{Username: "hall", Name: "李敏", Department: "南京市政务服务大厅", Role: "大厅人员"}},
		Ticks: func() (<-chan time.Time, func()) { return w.tick, func() {} },
	}
	w.server, err = newServer(o)
	w.must(err)
	w.handler, err = w.server.handler(o)
	w.must(err)
	w.api, err = apiRouter()
	w.must(err)
	return w
}

// syncWriter makes a buffer safe for a logger that several requests share.
type syncWriter struct {
	mu sync.Mutex
	w  io.Writer
}

func (s *syncWriter) Write(p []byte) (int, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.w.Write(p)
}

func (w *world) must(err error) {
	w.t.Helper()
	if err != nil {
		w.t.Fatal(err)
	}
}

// reference is the data of the world: real departments, items and resources.
func reference(tb testing.TB) models.Reference {
	tb.Helper()
	hash, err := hashed()
	if err != nil {
		tb.Fatal(err)
	}
	r := models.Reference{
		Regions: []models.Region{
			{Code: "320000", Name: "江苏省"}, {Code: "320100", Name: "南京市", Parent: "320000"}, {Code: "320200", Name: "无锡市", Parent: "320000"},
		},
		Departments: []models.Department{
			{Code: "GA", Name: "公安厅", Region: "320000"},
			{Code: "MZ", Name: "民政厅", Region: "320000"},
			{Code: "WJ", Name: "卫生健康委员会", Region: "320000"},
			{Code: "YB", Name: "医疗保障局", Region: "320000"},
			{Code: "SJ", Name: "市场监督管理局", Region: "320000"},
			{Code: "JD", Name: "街道社区", Region: "320000"},
			{Code: "H-NJ", Name: "南京市政务服务大厅", Region: "320100", Hall: true},
			{Code: "H-WX", Name: "无锡市政务服务大厅", Region: "320200", Hall: true},
		},
		Resources: []models.NewResource{
			resource("人口基准信息", "GA", workflow.Unconditional), resource("出生医学证明电子证照", "WJ", workflow.Conditional), resource("婚姻登记信息", "MZ", workflow.Conditional),
		},
		Items: []models.NewItem{
			{Code: "YB-001", Name: "新生儿参保", DeptCode: "YB", RegionCode: "320000", Proofs: []models.NewProof{
				{Name: "出生证明", HolderCode: "WJ", Resource: "出生医学证明电子证照"}, {Name: "父母身份证复印件", HolderCode: "GA", Resource: "人口基准信息"},
			}},
			{Code: "GA-001", Name: "异地换领居民身份证", DeptCode: "GA", RegionCode: "320000", Proofs: []models.NewProof{{Name: "返回户籍地办理", HolderCode: "GA", Resource: "人口基准信息"}}},
			{Code: "SJ-001", Name: "企业登记全程电子化", DeptCode: "SJ", RegionCode: "320000", Proofs: []models.NewProof{
				{Name: "到场身份证明", HolderCode: "GA", Resource: "人口基准信息"}, {Name: "社区同意证明", HolderCode: "JD", Alternative: "现场核查"},
			}},
		},
		Batches: []models.NewBatch{{Name: "第一批", RegionCode: "320000"}},
	}
	person := func(username, name, dept, region string, roles ...workflow.Role) {
		r.Users = append(r.Users, models.NewUser{Username: username, Name: name, PasswordHash: hash, DeptCode: dept, RegionCode: region, Roles: roles})
	}
	person("hall", "李敏", "H-NJ", "320100", workflow.HallStaff)
	person("hall_wx", "钱进", "H-WX", "320200", workflow.HallStaff)
	for _, d := range []string{"GA", "WJ", "YB", "SJ", "MZ"} {
		person(strings.ToLower(d), "经办"+d, d, "320000", workflow.DeptHandler)
		person(strings.ToLower(d)+"_head", "负责人"+d, d, "320000", workflow.DeptHead)
	}
	person("coord", "周协调", "", "320000", workflow.Coordinator)
	person("coord_wx", "吴协调", "", "320200", workflow.Coordinator)
	person("steward", "郑管理", "", "320000", workflow.DataSteward)
	person("sysadmin", "系统", "", "320000", workflow.SysAdmin)
	person("secadmin", "安全", "", "320000", workflow.SecAdmin)
	person("auditor", "审计", "", "320000", workflow.Auditor)
	r.Days = calendarDays(tb)
	return r
}

func resource(name, provider string, class workflow.ShareClass) models.NewResource {
	return models.NewResource{
		Resource: models.Resource{Code: "R-" + provider + "-" + fmt.Sprint(int(class)), Name: name, Class: class, Condition: condition(class), Version: "1", ValidDays: 30, Repeatable: true, Platform: "gjgxjhpt"},
		Link:     models.Link{RID: "11111111-2222-3333-4444-555555555555", SID: "s_" + provider, AppKey: "00112233445566778899aabbccddeeff", Method: http.MethodPost},

		ProviderCode: provider,
	}
}

func condition(c workflow.ShareClass) string {
	if c == workflow.Conditional {
		return "用于政务服务事项办理"
	}
	return ""
}

func calendarDays(tb testing.TB) []workflow.Day {
	tb.Helper()
	f, err := os.Open("../testdata/calendar.csv")
	if err != nil {
		tb.Fatal(err)
	}
	defer f.Close()
	rows, err := csv.NewReader(f).ReadAll()
	if err != nil {
		tb.Fatal(err)
	}
	var days []workflow.Day
	for _, row := range rows[1:] {
		days = append(days, workflow.Day{Date: row[0], Kind: workflow.DayKind(row[1])})
	}
	return days
}

// What every world shares: it does not change, and takes a while to read.
var (
	released = sync.OnceValues(workflow.Released)
	views    = sync.OnceValues(web.New)
	hashed   = sync.OnceValues(func() (string, error) { return HashPassword(password) })
	policy   = sync.OnceValues(func() (*policies.Policy, error) {
		defs, err := released()
		if err != nil {
			return nil, err
		}
		return policies.New(defs)
	})
	apiRouter = sync.OnceValues(func() (routers.Router, error) {
		doc, err := openapi3.NewLoader().LoadFromData(openapiYAML)
		if err != nil {
			return nil, err
		}
		return legacy.NewRouter(doc, openapi3.IsOpenAPI31OrLater())
	})
)

// answer is what came back.
type answer struct {
	*httptest.ResponseRecorder
	t testing.TB
}

// into reads a JSON answer.
func (a answer) into(v any) answer {
	a.t.Helper()
	if err := json.Unmarshal(a.Body.Bytes(), v); err != nil {
		a.t.Fatalf("%s: %v", a.Body, err)
	}
	return a
}

// want checks the status.
func (a answer) want(status int) answer {
	a.t.Helper()
	if a.Code != status {
		a.t.Fatalf("status %d, want %d: %s", a.Code, status, a.Body)
	}
	return a
}

// problem reads a problem of the given status and code.
func (a answer) problem(status int, code string) problem {
	a.t.Helper()
	a.want(status)
	if got := a.Header().Get("Content-Type"); !strings.HasPrefix(got, "application/problem+json") {
		a.t.Fatalf("content type %q: %s", got, a.Body)
	}
	var p problem
	a.into(&p)
	if p.Code != code || p.Status != status || p.Type != "/problems/"+code || p.RequestID == "" || p.Title == "" {
		a.t.Fatalf("problem %+v, want code %s", p, code)
	}
	return p
}

// names lists the fields of a problem.
func (p problem) names() []string {
	var list []string
	for _, f := range p.Fields {
		list = append(list, f.Name)
	}
	return list
}

// login returns the bearer token of a user.
func (w *world) login(user string) string {
	w.t.Helper()
	if token := w.tokens[user]; token != "" {
		return token
	}
	var s sessionView
	w.send(w.request(http.MethodPost, "/api/v1/session", map[string]string{"username": user, "password": password})).want(http.StatusOK).into(&s)
	w.tokens[user] = s.Token
	return s.Token
}

// request makes a request; body is JSON, a form (url.Values), raw text, or nil.
func (w *world) request(method, path string, body any) *http.Request {
	w.t.Helper()
	var r io.Reader
	kind := ""
	switch b := body.(type) {
	case nil:
	case url.Values:
		r, kind = strings.NewReader(b.Encode()), "application/x-www-form-urlencoded"
	case string:
		r, kind = strings.NewReader(b), "application/json"
	default:
		data, err := json.Marshal(b)
		w.must(err)
		r, kind = bytes.NewReader(data), "application/json"
	}
	req := httptest.NewRequestWithContext(w.t.Context(), method, path, r)
	if kind != "" {
		req.Header.Set("Content-Type", kind)
	}
	return req
}

// send serves a request. Every answer of the API is held against its
// description.
func (w *world) send(req *http.Request) answer {
	w.t.Helper()
	rec := httptest.NewRecorder()
	w.handler.ServeHTTP(rec, req)
	if strings.HasPrefix(req.URL.Path, apiRoot) {
		w.described(req, rec)
	}
	return answer{rec, w.t}
}

func (w *world) described(req *http.Request, rec *httptest.ResponseRecorder) {
	w.t.Helper()
	route, params, err := w.api.FindRoute(req)
	if err != nil {
		return // an unknown address or a wrong method: the problem is all there is
	}
	in := &openapi3filter.ResponseValidationInput{
		RequestValidationInput: &openapi3filter.RequestValidationInput{Request: req, PathParams: params, Route: route},
		Status:                 rec.Code, Header: rec.Header(), Options: &openapi3filter.Options{
			IncludeResponseStatus: true, ExcludeResponseBody: strings.HasPrefix(rec.Header().Get("Content-Type"), "text/event-stream"),
		},
	}
	in.SetBodyBytes(rec.Body.Bytes())
	if err := openapi3filter.ValidateResponse(req.Context(), in); err != nil {
		w.t.Errorf("%s %s answered what the API description does not say: %v\n%s", req.Method, req.URL.Path, err, rec.Body)
	}
}

// as asks the API as a user.
func (w *world) as(user, method, path string, body any, headers ...string) answer {
	w.t.Helper()
	req := w.request(method, path, body)
	if strings.HasPrefix(path, "/") && !strings.HasPrefix(path, "/api/") {
		req = w.request(method, apiRoot+path, body)
	}
	req.Header.Set("Authorization", "Bearer "+w.login(user))
	for i := 0; i+1 < len(headers); i += 2 {
		req.Header.Set(headers[i], headers[i+1])
	}
	return w.send(req)
}

// page asks for a page as a user with a browser.
func (w *world) page(user, method, path string, form url.Values) answer {
	w.t.Helper()
	var body any
	if form != nil {
		body = form
	}
	req := w.request(method, path, body)
	req.Header.Set("Accept", "text/html,application/xhtml+xml")
	if user != "" {
		req.AddCookie(&http.Cookie{Name: cookieName, Value: w.login(user)})
	}
	return w.send(req)
}

// file files a blocker as the hall of Nanjing.
func (w *world) file(body map[string]any) caseView {
	w.t.Helper()
	var c caseView
	w.as("hall", http.MethodPost, "/cases", body).want(http.StatusCreated).into(&c)
	return c
}

// blocker files the blocker that most tests use: class 1, holder GA.
func (w *world) blocker() caseView {
	w.t.Helper()
	return w.file(map[string]any{"kind": "blocker", "service_item": "企业登记全程电子化", "proof": "到场身份证明", "batch": "第一批"})
}

// act moves a case as a user.
func (w *world) act(user string, id int64, action string, body map[string]any) caseView {
	w.t.Helper()
	var c caseView
	w.as(user, http.MethodPost, fmt.Sprintf("/cases/%d/actions/%s", id, action), body).want(http.StatusOK).into(&c)
	return c
}

// get reads a case as a user.
func (w *world) get(user string, id int64) caseView {
	w.t.Helper()
	var c caseView
	w.as(user, http.MethodGet, fmt.Sprintf("/cases/%d", id), nil).want(http.StatusOK).into(&c)
	return c
}

// pump does what follows the moves so far, as the workers would: notices,
// steps of the system, and fetches that find a record.
func (w *world) pump() {
	w.t.Helper()
	ctx := w.t.Context()
	for range 100 {
		list, err := w.store.ClaimJobs(ctx, time.Minute, 50)
		w.must(err)
		if len(list) == 0 {
			return
		}
		for _, j := range list {
			w.work(j)
			w.must(w.store.FinishJob(ctx, j.ID))
		}
	}
	w.t.Fatal("the outbox does not run dry")
}

func (w *world) work(j models.Job) {
	w.t.Helper()
	ctx := w.t.Context()
	var args struct {
		Seq         int64
		Role        workflow.Role
		Dept        workflow.DeptID
		Region      string
		Requirement int64
		Action      workflow.Action
		Bulk        int64
	}
	w.must(json.Unmarshal(j.Args, &args))
	switch j.Kind {
	case workflow.EffectNotify:
		c, err := w.store.Case(ctx, models.Scope{All: true}, j.Case)
		w.must(err)
		w.must(w.store.AddNotice(ctx, models.Notice{Case: j.Case, Seq: args.Seq, Action: "file", Title: c.Title, Role: args.Role, Dept: args.Dept, Region: args.Region, At: w.clock.time(), Bulk: args.Bulk}))
	case models.JobBulk:
		w.runBulk(args.Bulk)
	case workflow.EffectAdvance:
		_, err := w.engine.Advance(ctx, j.Case)
		w.must(err)
	case workflow.EffectAdvanceUsers:
		ids, err := w.store.Waiting(ctx, j.Case)
		w.must(err)
		for _, id := range ids {
			_, err := w.engine.Advance(ctx, id)
			w.must(err)
		}
	case workflow.EffectCatalogue:
		w.apply(j.Case)
	case workflow.EffectAct:
		if _, err := w.engine.Act(ctx, workflow.SystemActor(), j.Case, workflow.Input{Action: args.Action}, workflow.Key{}); fault.KindOf(err) != fault.Conflict {
			w.must(err)
		}
	case workflow.EffectFetch:
		target, err := w.store.Target(ctx, j.Case, args.Requirement)
		w.must(err)
		f, err := w.store.BeginFetch(ctx, models.Fetch{
			Job: j.ID, Attempt: 1, Case: j.Case, Requirement: args.Requirement, Resource: target.Resource.ID, ResourceName: target.Resource.Name,
			ResourceVersion: target.Resource.Version, Provider: target.Resource.Provider, Purpose: target.Purpose, Basis: target.Basis,
			Application: target.Grant.Application.ID, Consent: target.Consent,
		})
		w.must(err)
		r, err := w.store.EndFetch(ctx, f.ID, models.FetchEnd{Outcome: models.FetchFound, RequestID: "req-1", Payload: []byte(`{"xm":"张三"}`), ValidDays: 30})
		w.must(err)
		_, err = w.engine.Act(ctx, workflow.SystemActor(), j.Case, workflow.Input{Action: "data_arrived", Fields: map[string]any{"requirement": args.Requirement, "receipt": r.ID}}, workflow.Key{})
		w.must(err)
	}
}

// apply does what the job of the catalogue does.
func (w *world) apply(id workflow.CaseID) {
	w.t.Helper()
	in := workflow.Input{Action: workflow.ActionNoteDone}
	waits, err := w.store.ApplyCatalogue(w.t.Context(), id)
	if k := fault.KindOf(err); err != nil && (k == fault.Conflict || k == fault.Invalid) {
		in, err = workflow.Input{Action: workflow.ActionNoteRefused, Note: fault.Reason(err).ZH}, nil
	}
	w.must(err)
	if waits {
		_, err = w.engine.Act(w.t.Context(), workflow.SystemActor(), id, in, workflow.Key{})
		w.must(err)
	}
}
