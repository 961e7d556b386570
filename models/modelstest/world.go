package modelstest

import (
	"context"
	"database/sql"
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/shujie-gov/shujie/models"
	"github.com/shujie-gov/shujie/workflow"
)

// Open makes a database of a test's own with the current schema and returns its
// URL.
type Open func(tb testing.TB) string

// World is a store with a small province in it: departments, a catalogue, a
// batch and one user of each role.
type World struct {
	testing.TB
	URL    string
	Store  *models.Store
	Keys   models.Keys
	Clock  *Clock
	Engine *workflow.Engine
	Depts  map[string]workflow.DeptID
	Item   models.ServiceItem
	Batch  models.Batch

	raw *sql.DB
}

// allowAll is a policy that never refuses: these tests are about rows.
type allowAll struct{}

func (allowAll) Allow(workflow.Role, workflow.Domain, workflow.Kind, workflow.Action) error {
	return nil
}

// start is a Monday, a working day.
func start() time.Time { return time.Date(2026, 3, 2, 1, 0, 0, 0, time.UTC) }

// Probe is the provider's test person of the world's resources.
func Probe() workflow.Person { return workflow.Person{Name: "测试", IDNumber: "329900199001010010"} }

// Reference is what the world knows before anything happens.
func Reference() models.Reference {
	link := models.Link{RID: "rid-1", SID: "sid-1", AppKey: "clear-app-key", Method: "POST", Probe: Probe()}
	user := func(name, dept, region string, roles ...workflow.Role) models.NewUser {
		return models.NewUser{Username: name, Name: name, PasswordHash: "argon2id$" + name, DeptCode: dept, RegionCode: region, Roles: roles}
	}
	return models.Reference{
		Regions: []models.Region{
			{Code: "320100", Name: "南京市", Parent: "320000"}, // before its parent, as files may be
			{Code: "320000", Name: "江苏省"},
			{Code: "320200", Name: "无锡市", Parent: "320000"},
			{Code: "330000", Name: "浙江省"},
		},
		Departments: []models.Department{
			{Code: "HALL", Name: "南京市政务服务大厅", Hall: true, Region: "320100"},
			{Code: "HALL2", Name: "无锡市政务服务大厅", Hall: true, Region: "320200"},
			{Code: "GA", Name: "公安厅", Region: "320000"},
			{Code: "MZ", Name: "民政厅", Region: "320000"},
			{Code: "YB", Name: "医保局", Region: "320000"},
			{Code: "XX", Name: "无关局", Region: "320000"},
		},
		Resources: []models.NewResource{
			{Resource: models.Resource{Code: "R1", Name: "人口基准信息", Class: workflow.Unconditional, Version: "1", ValidDays: 30, Repeatable: true}, ProviderCode: "GA", Link: link},
			{Resource: models.Resource{Name: "婚姻登记信息", Class: workflow.Conditional, Condition: "经审批", Version: "2"}, ProviderCode: "MZ", Link: link},
		},
		Items: []models.NewItem{{
			Code: "I1", Name: "新生儿参保", DeptCode: "YB", RegionCode: "320000",
			Proofs: []models.NewProof{
				{Name: "户口簿复印件", HolderCode: "GA", Resource: "人口基准信息"},
				{Name: "结婚证复印件", HolderCode: "MZ", Resource: "婚姻登记信息"},
				{Name: "村委会证明", Alternative: "告知承诺"},
			},
		}},
		Batches: []models.NewBatch{{Name: "第一批", RegionCode: "320000", LeadCode: "YB"}},
		Users: []models.NewUser{
			user("hall", "HALL", "320100", workflow.HallStaff),
			user("hall2", "HALL2", "320200", workflow.HallStaff),
			user("ga", "GA", "320000", workflow.DeptHandler, workflow.DeptHead),
			user("mz", "MZ", "320000", workflow.DeptHandler, workflow.DeptHead),
			user("yb", "YB", "320000", workflow.DeptHandler, workflow.DeptHead),
			user("xx", "XX", "320000", workflow.DeptHandler),
			user("coord", "", "320000", workflow.Coordinator),
			user("coord2", "", "320200", workflow.Coordinator),
			user("zhejiang", "", "330000", workflow.Coordinator),
			user("steward", "", "320000", workflow.DataSteward),
			user("sys", "", "", workflow.SysAdmin),
			user("sec", "", "", workflow.SecAdmin),
			user("audit", "", "", workflow.Auditor),
		},
		Days: []workflow.Day{{Date: "2026-01-01", Kind: workflow.Holiday}},
	}
}

// NewWorld makes the world on a database of open's.
func NewWorld(tb testing.TB, open Open) *World {
	tb.Helper()
	keys, _, err := models.NewKeys()
	if err != nil {
		tb.Fatal(err)
	}
	w := &World{TB: tb, URL: open(tb), Keys: keys, Clock: NewClock(start())}
	w.raw = Raw(tb, w.URL)
	w.Store = w.Replica()
	if err := w.Store.Import(tb.Context(), Reference()); err != nil {
		tb.Fatal(err)
	}
	defs, err := workflow.Released()
	if err != nil {
		tb.Fatal(err)
	}
	calendar, err := workflow.NewCalendar(Reference().Days, 24*time.Hour)
	if err != nil {
		tb.Fatal(err)
	}
	w.Engine = &workflow.Engine{
		Store: w.Store, Policy: allowAll{}, Staff: w.Store, Defs: defs, Now: w.Clock.Now,
		Calendar: func() *workflow.Calendar { return calendar },
	}
	w.Depts = map[string]workflow.DeptID{}
	depts, err := w.Store.Departments(tb.Context())
	if err != nil {
		tb.Fatal(err)
	}
	regions := map[workflow.DeptID]string{}
	for _, d := range depts {
		w.Depts[d.Code] = d.ID
		regions[d.ID] = d.Region
	}
	w.Engine.Regions = func() map[workflow.DeptID]string { return regions }
	items, err := w.Store.ServiceItems(tb.Context(), models.ItemQuery{})
	if err != nil || len(items.Items) != 1 {
		tb.Fatalf("service items: %v %v", items, err)
	}
	if w.Item, err = w.Store.ServiceItem(tb.Context(), items.Items[0].ID); err != nil {
		tb.Fatal(err)
	}
	batches, err := w.Store.Batches(tb.Context(), models.Scope{All: true})
	if err != nil || len(batches) != 1 {
		tb.Fatalf("batches: %v %v", batches, err)
	}
	w.Batch = batches[0]
	return w
}

// Pause is how long the stores of the world wait in an outage. Their clock runs a
// second each time it is read.
const Pause = 20 * time.Minute

// Replica opens another store on the same database.
func (w *World) Replica() *models.Store {
	w.Helper()
	return w.replicaAt(w.Clock.Now)
}

// replicaAt opens another store, which has a clock of its own.
func (w *World) replicaAt(now func() time.Time) *models.Store {
	w.Helper()
	s, err := models.Open(w.Context(), models.Options{
		URL: w.URL, Keys: w.Keys, Now: now, Breaker: models.Breaker{Pause: Pause, Max: 4 * Pause},
	})
	if err != nil {
		w.Fatal(err)
	}
	w.Cleanup(func() {
		if err := s.Close(); err != nil {
			w.Error(err)
		}
	})
	return s
}

// Actor returns a user of the world as the rules see them.
func (w *World) Actor(name string) workflow.Actor {
	w.Helper()
	u, err := w.Store.UserByName(w.Context(), name)
	if err != nil {
		w.Fatal(err)
	}
	return u.Actor()
}

// Draft is a blocker about the first proof of the world's item.
func (w *World) Draft(title string) workflow.Case {
	p := w.Item.Proofs[0]
	return workflow.Case{
		Kind: workflow.Blocker, Title: title, Region: "320000/320100", Item: w.Item.ID, Proof: p.Name, Batch: w.Batch.ID,
		Parts: map[workflow.Part]workflow.DeptID{
			workflow.Filer: w.Depts["HALL"], workflow.Demander: w.Item.Dept, workflow.Holder: p.Holder,
		},
		Facts: map[string]any{"holders": int64(1)},
		Requirements: []workflow.Requirement{
			{Name: p.Name, Resource: p.Resource, Provider: p.Holder, Class: workflow.Unconditional, Status: workflow.NeedOpen},
		},
	}
}

// File files a draft as the hall.
func (w *World) File(draft workflow.Case) workflow.Case {
	w.Helper()
	c, err := w.Engine.Open(w.Context(), w.Actor("hall"), draft, workflow.Input{}, workflow.Key{})
	if err != nil {
		w.Fatal(err)
	}
	return c
}

// Act moves a case as a user of the world.
func (w *World) Act(user string, id workflow.CaseID, action workflow.Action, fields map[string]any) workflow.Case {
	w.Helper()
	c, err := w.Engine.Act(w.Context(), w.Actor(user), id, workflow.Input{Action: action, Note: "办理", Fields: fields}, workflow.Key{})
	if err != nil {
		w.Fatalf("%s %s on case %d: %v", user, action, id, err)
	}
	return c
}

// Dispatched files a case and brings it to the department that holds the data.
func (w *World) Dispatched(title string) workflow.Case {
	w.Helper()
	c := w.File(w.Draft(title))
	w.Act("coord", c.ID, "accept", nil)
	if _, err := w.Engine.Advance(w.Context(), c.ID); err != nil {
		w.Fatal(err)
	}
	return w.Read(c.ID)
}

// Fetching brings a case to where its data is being fetched, and returns the
// job that asks for it.
func (w *World) Fetching(title string) (workflow.Case, models.Job) {
	w.Helper()
	c := w.Dispatched(title)
	w.Act("ga", c.ID, "sign", nil)
	w.Act("ga", c.ID, "request_data", nil)
	for _, j := range w.Claim() {
		if j.Kind == workflow.EffectFetch && j.Case == c.ID {
			return w.Read(c.ID), j
		}
	}
	w.Fatal("no fetch was asked for")
	return workflow.Case{}, models.Job{}
}

// Claim leases everything that is due.
func (w *World) Claim() []models.Job {
	w.Helper()
	jobs, err := w.Store.ClaimJobs(w.Context(), time.Minute, 1000)
	if err != nil {
		w.Fatal(err)
	}
	return jobs
}

// Read reads a case as the software itself.
func (w *World) Read(id workflow.CaseID) workflow.Case {
	w.Helper()
	c, err := w.Store.Case(w.Context(), models.Scope{All: true}, id)
	if err != nil {
		w.Fatal(err)
	}
	return c
}

// Exec runs a statement behind the store's back.
func (w *World) Exec(statement string, args ...any) {
	w.Helper()
	if _, err := w.raw.ExecContext(w.Context(), statement, args...); err != nil {
		w.Fatalf("%s: %v", statement, err)
	}
}

// Tables lists every table of the schema.
func Tables() []string {
	return []string{
		"sequences", "regions", "departments", "platforms", "resources", "service_items", "proofs", "proof_holders", "routing_sets",
		"users", "grants", "sessions", "batches", "cases", "requirements", "events", "marks", "outbox", "idempotency_keys",
		"fetches", "receipts", "payloads", "payload_keys", "installation_keys", "destructions", "checkpoints", "notices", "definitions", "migrations", "migration_cases",
		"bulks", "bulk_items", "substitutes", "filters", "entry_versions", "calendars", "replays", "replay_rows",
		"incidents", "parks", "rates", "call_counts", "ledger_removals",
	}
}

// Rows dumps every row of every table except sequences, which only ever move
// on, so that two moments of a database can be compared.
func (w *World) Rows() map[string][]string {
	w.Helper()
	dump := map[string][]string{}
	for _, table := range Tables() {
		if table == "sequences" {
			continue
		}
		dump[table] = w.table(table)
	}
	return dump
}

// table dumps a table without some of its columns.
func (w *World) table(name string, without ...string) []string {
	w.Helper()
	rows, err := w.raw.QueryContext(w.Context(), fmt.Sprintf("SELECT * FROM %s ORDER BY 1, 2", name))
	if err != nil {
		w.Fatal(err)
	}
	defer func() { _ = rows.Close() }()
	columns, err := rows.Columns()
	if err != nil {
		w.Fatal(err)
	}
	list := []string{}
	for rows.Next() {
		cells := make([]any, len(columns))
		into := make([]any, len(columns))
		for i := range cells {
			into[i] = &cells[i]
		}
		if err := rows.Scan(into...); err != nil {
			w.Fatal(err)
		}
		var line strings.Builder
		for i, c := range cells {
			if slices.Contains(without, columns[i]) {
				continue
			}
			fmt.Fprintf(&line, "%s=%s ", columns[i], text(c))
		}
		list = append(list, line.String())
	}
	if err := rows.Err(); err != nil {
		w.Fatal(err)
	}
	return list
}

func text(v any) string {
	if b, ok := v.([]byte); ok {
		return string(b)
	}
	return fmt.Sprint(v)
}

// Walk reads a list page by page to its end.
func Walk[T any](ctx context.Context, tb testing.TB, page func(ctx context.Context, cursor string) (models.Page[T], error)) []T {
	tb.Helper()
	var all []T
	next := ""
	for range 10_000 {
		p, err := page(ctx, next)
		if err != nil {
			tb.Fatal(err)
		}
		all = append(all, p.Items...)
		if next = p.Next; next == "" {
			return all
		}
	}
	tb.Fatal("the list does not end")
	return nil
}

// Fill adds cases behind the store's back until there are n, for tests at
// volume: dispatched ones, a tenth waiting for the coordinator, a third ended,
// spread over ten holders. They have no log.
func (w *World) Fill(n int) {
	w.Helper()
	c := w.Dispatched("样本")
	series, day := "generate_series(1000, %d) AS s(n)", "timestamptz '2026-01-01' + (n %% 60) * interval '1 day'"
	if w.Store.Dialect() == "sqlite" {
		series = "(WITH RECURSIVE s(n) AS (SELECT 1000 UNION ALL SELECT n + 1 FROM s WHERE n < %d) SELECT n FROM s) AS s"
		day = "1767225600000000 + (n %% 60) * 86400000000"
	}
	for i := range 10 {
		w.Exec(fmt.Sprintf("INSERT INTO departments (code, name, hall, region) VALUES ('D%d', 'D%d', false, '320000')", i, i))
	}
	w.Exec(fmt.Sprintf(`INSERT INTO cases (id, kind, def_version, state, version, region, title, proof, search, item_id, batch_id,
		filer, demander, holder, lead, facts, due, wake, no_meeting, ended, waits_part, waits_role, waits_dept, creator, chain, created_at, updated_at)
		SELECT s.n, kind, def_version, CASE WHEN n %% 3 = 0 THEN 'closed' ELSE 'dispatched' END, 3, region, title, proof, search, item_id, batch_id,
		filer, demander, d.id, d.id, facts, `+day+`, `+day+`, no_meeting, n %% 3 = 0,
		CASE WHEN n %% 3 = 0 OR n %% 10 = 1 THEN '' ELSE 'lead' END,
		CASE WHEN n %% 3 = 0 THEN '' WHEN n %% 10 = 1 THEN 'coordinator' ELSE 'dept_handler' END,
		CASE WHEN n %% 3 = 0 OR n %% 10 = 1 THEN 0 ELSE d.id END,
		creator, chain, created_at, `+day+`
		FROM cases, `+series+`, (SELECT id, code FROM departments) d WHERE cases.id = %d AND d.code IN ('GA', 'D' || (n %% 10)) AND (d.code = 'GA') = (n %% 11 = 0)`, n, c.ID))
	w.Exec("ANALYZE")
}
