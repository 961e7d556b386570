package jobs

import (
	"context"
	"fmt"
	"io"
	"log/slog"
	"net"
	"os"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/hibiken/asynq"
	"github.com/redis/go-redis/v9"

	"github.com/shujie-gov/shujie/exchange"
	"github.com/shujie-gov/shujie/fault"
	"github.com/shujie-gov/shujie/models"
	"github.com/shujie-gov/shujie/models/modelstest"
	"github.com/shujie-gov/shujie/policies"
	"github.com/shujie-gov/shujie/workflow"
)

// house is a whole installation but for its pages: a real store with a small
// catalogue, the released rules and policy, and a simulated platform.
type house struct {
	t      *testing.T
	store  *models.Store
	engine *workflow.Engine
	sim    *exchange.Simulator
	caller Caller
	redis  asynq.RedisConnOpt // nil: in process
	log    *scribe

	url  string
	keys models.Keys

	forward *atomic.Int64 // nanoseconds by which the clock was put forward

	hall, coordinator workflow.Actor
	resource          models.Resource
	item              models.ServiceItem
	holder            workflow.DeptID
}

// ticking returns a clock that runs with real time from a working day of which
// the calendar knows, and by how much it was put forward.
func ticking() (now func() time.Time, forward *atomic.Int64) {
	base, began := time.Date(2026, 3, 2, 2, 0, 0, 0, time.UTC), time.Now()
	forward = &atomic.Int64{}
	return func() time.Time {
		return base.Add(time.Since(began) + time.Duration(forward.Load())).Truncate(time.Microsecond)
	}, forward
}

// fastBreaker asks often whether an outage is over.
func fastBreaker() models.Breaker {
	return models.Breaker{Pause: 50 * time.Millisecond, Max: 200 * time.Millisecond}
}

// newHouse opens a store on url and furnishes it.
func newHouse(t *testing.T, url string, opt asynq.RedisConnOpt) *house {
	t.Helper()
	must := func(err error) {
		t.Helper()
		if err != nil {
			t.Fatal(err)
		}
	}
	ctx := t.Context()
	now, forward := ticking()
	h := &house{t: t, redis: opt, log: &scribe{}, forward: forward, sim: exchange.NewSimulator(exchange.SimOptions{Seed: 1, Now: now})}
	base, stop, err := h.sim.Start("127.0.0.1:0")
	must(err)
	t.Cleanup(func() {
		ctx, cancel := context.WithTimeout(context.Background(), 100*time.Millisecond)
		defer cancel()
		_ = stop(ctx) // it would wait longer for connections that were never used
	})
	profile, err := exchange.ProfileByName("gjgxjhpt")
	must(err)
	client, err := exchange.NewClient(exchange.Options{Base: base, Profile: profile, Timeout: 20 * time.Second, Now: now})
	must(err)
	h.caller = client

	keys, _, err := models.NewKeys()
	must(err)
	h.url, h.keys = url, keys
	h.store, err = models.Open(ctx, models.Options{URL: url, Keys: keys, Now: now, Log: slog.New(slog.NewTextHandler(h.log, nil)), Breaker: fastBreaker()})
	must(err)
	t.Cleanup(func() { _ = h.store.Close() })
	s := h.sim.Register("人口基准信息", "GA")
	link := models.Link{RID: s.RID, SID: s.SID, AppKey: s.AppKey, Method: s.Method}
	must(h.store.Import(ctx, models.Reference{
		Regions:     []models.Region{{Code: "320000", Name: "江苏省"}},
		Departments: []models.Department{{Code: "DT", Name: "政务服务大厅", Hall: true, Region: "320000"}, {Code: "GA", Name: "公安厅", Region: "320000"}, {Code: "ZW", Name: "政务办", Region: "320000"}},
		Resources: []models.NewResource{{
			Resource: models.Resource{
				Name: "人口基准信息", Class: workflow.Unconditional, Version: "1", ValidDays: 30, Repeatable: true, Platform: "gjgxjhpt",
			},
			ProviderCode: "GA", Link: link,
		}},
		Items: []models.NewItem{{
			Code: "0001", Name: "表单填报", DeptCode: "ZW", RegionCode: "320000",
			Proofs: []models.NewProof{{Name: "身份信息", HolderCode: "GA", Resource: "人口基准信息"}},
		}},
		Users: []models.NewUser{
			{Username: "hall", Name: "大厅", PasswordHash: "x", DeptCode: "DT", RegionCode: "320000", Roles: []workflow.Role{workflow.HallStaff}},
			{Username: "coordinator", Name: "统筹", PasswordHash: "x", DeptCode: "ZW", RegionCode: "320000", Roles: []workflow.Role{workflow.Coordinator}},
		},
	}))
	for name, to := range map[string]*workflow.Actor{"hall": &h.hall, "coordinator": &h.coordinator} {
		u, err := h.store.UserByName(ctx, name)
		must(err)
		*to = u.Actor()
	}
	page, err := h.store.Resources(ctx, models.ResourceQuery{})
	must(err)
	h.resource = page.Items[0]
	items, err := h.store.ServiceItems(ctx, models.ItemQuery{})
	must(err)
	h.item, err = h.store.ServiceItem(ctx, items.Items[0].ID)
	must(err)
	h.holder = h.item.Proofs[0].Holder

	defs, err := workflow.Released()
	must(err)
	policy, err := policies.New(defs)
	must(err)
	days := []workflow.Day{{Date: "2026-01-01", Kind: workflow.Holiday}}
	calendar, err := workflow.NewCalendar(days, 18*time.Hour)
	must(err)
	h.engine = &workflow.Engine{
		Store: h.store, Policy: policy, Defs: defs, Calendar: func() *workflow.Calendar { return calendar }, Now: now,
	}
	return h
}

// options are those of a worker that does not wait long.
func (h *house) options() Options {
	return Options{
		Store: h.store, Engine: h.engine, Caller: h.caller, Redis: h.redis, Now: h.engine.Now,
		Log: slog.New(slog.NewTextHandler(h.log, nil)), Workers: 8, Poll: 10 * time.Millisecond,
		Limit: time.Second, Lease: 1500 * time.Millisecond, Grace: 5 * time.Second,
		Backoff: Backoff{Attempts: 30, Base: 5 * time.Millisecond, Max: 200 * time.Millisecond},
		Every:   Every{Escalate: 50 * time.Millisecond, Seal: 50 * time.Millisecond, Prune: time.Minute, Probe: 20 * time.Millisecond},
	}
}

// work runs a worker until the test ends, or stop is called.
func work(t *testing.T, o Options) (w *Worker, stop func()) {
	t.Helper()
	w, err := New(o)
	if err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithCancel(context.Background())
	ended := make(chan error, 1)
	go func() { ended <- w.Run(ctx) }()
	stop = sync.OnceFunc(func() {
		cancel()
		if err := <-ended; err != nil {
			t.Errorf("the worker ended with %v", err)
		}
	})
	t.Cleanup(stop)
	return w, stop
}

// file files a blocker about the nth person, asks for its data at the window
// and accepts it, so that there is a fetch to do and a step for the system.
func (h *house) file(t *testing.T, n int) workflow.CaseID {
	t.Helper()
	p := h.sim.Persons(n + 1)[n]
	draft := workflow.Case{
		Kind: workflow.Blocker, Region: "320000", Item: h.item.ID, Proof: "身份信息", Title: fmt.Sprintf("表单填报：索要身份信息（%d）", n),
		Parts:        map[workflow.Part]workflow.DeptID{workflow.Filer: h.hall.Dept, workflow.Demander: h.item.Dept, workflow.Holder: h.holder},
		Facts:        map[string]any{"holders": int64(1)},
		Requirements: []workflow.Requirement{{Name: "身份信息", Resource: h.resource.ID, Provider: h.resource.Provider, Class: h.resource.Class, Status: workflow.NeedOpen}},
		Person:       workflow.Person{Name: p.Name, IDNumber: p.IDNumber},
	}
	c, err := h.engine.Open(t.Context(), h.hall, draft, workflow.Input{}, workflow.Key{})
	if err != nil {
		t.Fatal(err)
	}
	h.act(t, h.hall, c.ID, "request_data")
	h.act(t, h.coordinator, c.ID, "accept")
	return c.ID
}

// act moves a case; when somebody was faster it is tried again, as a person
// would.
func (h *house) act(t *testing.T, a workflow.Actor, id workflow.CaseID, action workflow.Action) {
	t.Helper()
	for {
		_, err := h.engine.Act(t.Context(), a, id, workflow.Input{Action: action}, workflow.Key{})
		if fault.KindOf(err) == fault.Stale {
			continue
		}
		if err != nil {
			t.Fatalf("%s on %d: %v", action, id, err)
		}
		return
	}
}

// drained waits until the outbox is empty and nothing was given up.
func (h *house) drained(t *testing.T, w *Worker) {
	t.Helper()
	if err := w.Drain(bounded(t)); err != nil {
		waiting, dead, _ := h.store.Backlog(context.Background())
		t.Fatalf("%d jobs wait, %d are dead: %v\n%s", waiting, dead, err, h.log.tail())
	}
	if _, dead, err := h.store.Backlog(t.Context()); err != nil || dead != 0 {
		t.Fatalf("%d jobs were given up, %v\n%s", dead, err, h.log.tail())
	}
}

// once checks that each case got its data and took the system's step exactly
// once, and that the chain of events holds.
func (h *house) once(t *testing.T, ids []workflow.CaseID) {
	t.Helper()
	ctx, all := t.Context(), models.Scope{All: true}
	for _, id := range ids {
		c, err := h.store.Case(ctx, all, id)
		if err != nil {
			t.Fatal(err)
		}
		if c.State != "dispatched" || c.Requirements[0].Status != workflow.NeedSatisfied {
			t.Errorf("case %d is %s, its requirement %s", id, c.State, c.Requirements[0].Status)
		}
		receipts, err := h.store.Receipts(ctx, all, id)
		if err != nil || len(receipts) != 1 || c.Requirements[0].Receipt != receipts[0].ID {
			t.Errorf("case %d has %d receipts (%v), its requirement names %d", id, len(receipts), err, c.Requirements[0].Receipt)
		}
		count := map[workflow.Action]int{}
		events, err := h.store.Events(ctx, all, id, "", 100)
		if err != nil {
			t.Fatal(err)
		}
		for _, e := range events.Items {
			count[e.Action]++
		}
		for _, a := range []workflow.Action{"file", "request_data", "accept", "dispatch", "data_arrived"} {
			if count[a] != 1 {
				t.Errorf("case %d: %s happened %d times", id, a, count[a])
			}
		}
		found := 0
		fetches, err := h.store.Fetches(ctx, all, id)
		if err != nil {
			t.Fatal(err)
		}
		for _, f := range fetches {
			if f.Outcome == models.FetchFound {
				found++
			}
			if f.EndedAt == nil {
				t.Errorf("case %d: the call %d is still open in the ledger", id, f.ID)
			}
		}
		if found == 0 {
			t.Errorf("case %d: no call in the ledger found anything", id)
		}
	}
	if r, err := h.store.Verify(ctx, 10); err != nil || len(r.Problems) > 0 {
		t.Errorf("the chain: %+v, %v", r.Problems, err)
	}
}

func (s *scribe) tail() string {
	s.mu.Lock()
	defer s.mu.Unlock()
	lines := strings.Split(s.buf.String(), "\n")
	return strings.Join(lines[max(0, len(lines)-40):], "\n")
}

// eachHouse runs a test on every database and carrier there is.
func eachHouse(t *testing.T, test func(h *house)) {
	t.Helper()
	houses(t, true, test)
}

// redisHouses runs a test on every database, on Redis when there is one.
func redisHouses(t *testing.T, test func(h *house)) {
	t.Helper()
	houses(t, false, test)
}

func houses(t *testing.T, inProcess bool, test func(h *house)) {
	t.Helper()
	databases := map[string]func(*testing.T) string{
		"sqlite": func(t *testing.T) string { t.Helper(); return modelstest.SQLite(t) },
	}
	if os.Getenv("TEST_DATABASE_URL") != "" || os.Getenv("SHUJIE_CI") == "1" {
		databases["postgres"] = func(t *testing.T) string {
			t.Helper()
			url, _ := modelstest.Postgres(t)
			return url
		}
	}
	opt, onRedis := testRedis(t)
	for name, database := range databases {
		run := func(name string, opt asynq.RedisConnOpt) {
			t.Run(name, func(t *testing.T) { test(newHouse(t, database(t), opt)) })
		}
		if inProcess {
			run(name+" in process", nil)
		}
		if onRedis {
			flush(t, opt)
			run(name+" on redis", opt)
		}
	}
}

// testRedis returns the Redis of tests. Without it the answer is false; with
// SHUJIE_CI=1 that fails the test.
func testRedis(t *testing.T) (asynq.RedisClientOpt, bool) {
	t.Helper()
	address := os.Getenv("TEST_REDIS_URL")
	if address == "" {
		if os.Getenv("SHUJIE_CI") == "1" {
			t.Fatal("TEST_REDIS_URL is not set, and CI must run on Redis")
		}
		return asynq.RedisClientOpt{}, false
	}
	opt, err := RedisOpt(address)
	if err != nil {
		t.Fatal(err)
	}
	c, ok := opt.(asynq.RedisClientOpt)
	if !ok {
		t.Fatalf("TEST_REDIS_URL must name one server, not %T", opt)
	}
	return c, true
}

// flush empties the test's own database of Redis.
func flush(t *testing.T, opt asynq.RedisConnOpt) {
	t.Helper()
	rdb, ok := opt.MakeRedisClient().(redis.UniversalClient)
	if !ok {
		t.Fatalf("no client of %T", opt)
	}
	defer func() { _ = rdb.Close() }()
	if err := rdb.FlushDB(context.Background()).Err(); err != nil {
		t.Fatal(err)
	}
}

// gate is a TCP proxy that a test closes and opens: a server that goes away.
type gate struct {
	target string
	l      net.Listener
	open   atomic.Bool
	mu     sync.Mutex
	conns  map[net.Conn]bool
}

func newGate(t *testing.T, target string) *gate {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	g := &gate{target: target, l: l, conns: map[net.Conn]bool{}}
	t.Cleanup(func() { g.set(false); _ = l.Close() })
	go func() {
		for {
			c, err := l.Accept()
			if err != nil {
				return
			}
			go g.pass(c)
		}
	}()
	return g
}

func (g *gate) set(open bool) {
	g.open.Store(open)
	g.mu.Lock()
	defer g.mu.Unlock()
	if !open {
		for c := range g.conns {
			_ = c.Close()
		}
	}
}

func (g *gate) keep(c net.Conn) {
	g.mu.Lock()
	defer g.mu.Unlock()
	g.conns[c] = true
}

func (g *gate) pass(c net.Conn) {
	defer func() { _ = c.Close() }()
	if !g.open.Load() {
		return
	}
	s, err := net.Dial("tcp", g.target)
	if err != nil {
		return
	}
	defer func() { _ = s.Close() }()
	g.keep(c)
	g.keep(s)
	if !g.open.Load() {
		return
	}
	go func() { _, _ = io.Copy(s, c); _ = s.Close() }()
	_, _ = io.Copy(c, s)
}
