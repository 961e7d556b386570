package main

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"strings"
	"sync/atomic"
	"time"

	"github.com/hibiken/asynq"
	"github.com/jackc/pgx/v5"
	"golang.org/x/sync/errgroup"

	"github.com/shujie-gov/shujie/exchange"
	"github.com/shujie-gov/shujie/jobs"
	"github.com/shujie-gov/shujie/models"
	"github.com/shujie-gov/shujie/workflow"
)

// benchLatency is how long the platform of the fetch bench takes for an answer.
const benchLatency = 20 * time.Millisecond

// fetchesAtOnce is how many jobs run at once in either measurement.
const fetchesAtOnce = 64

// fetchBench measures fetch jobs with their ledger, receipts and moves against
// asynq handlers that make the same call and nothing else.
type fetchBench struct {
	o       benchOptions
	out     io.Writer
	app     *app
	place   string
	redis   asynq.RedisConnOpt
	sim     *exchange.Simulator
	client  *exchange.Client
	service exchange.Service
	persons []exchange.Person // one a case, or a record would be used again
	item    models.Resource
	hall    workflow.Actor
}

func runFetchBench(ctx context.Context, cfg config, o benchOptions, out io.Writer) (err error) {
	if !strings.HasPrefix(cfg.DatabaseURL, "postgres") || cfg.RedisURL == "" {
		return errors.New("bench --fetches needs PostgreSQL and Redis: SHUJIE_DATABASE_URL and SHUJIE_REDIS_URL")
	}
	place, drop, err := benchPlace(ctx, cfg)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, drop(context.WithoutCancel(ctx))) }()
	b := &fetchBench{o: o, out: out, place: place}
	if b.redis, err = jobs.RedisOpt(cfg.RedisURL); err != nil {
		return err
	}
	jobs.QuietRedis()
	stop, err := b.connect() //nolint:contextcheck // the platform is stopped by hand
	if err != nil {
		return err
	}
	defer func() {
		last, cancel := context.WithTimeout(context.WithoutCancel(ctx), 50*time.Millisecond)
		defer cancel()
		_ = stop(last) // connections that were never used keep it from ending in time
	}()
	cfg.DatabaseURL, cfg.RedisURL, cfg.ExchangeURL, cfg.Addr = place, "", "", "127.0.0.1:0"
	log := newLogger(io.Discard, "error")
	if err := models.Migrate(ctx, place, log); err != nil {
		return err
	}
	if b.app, err = openApp(ctx, cfg, log, appOptions{now: time.Now, secret: demoSecret}); err != nil {
		return err
	}
	defer func() { err = errors.Join(err, b.app.close()) }()
	if err := b.furnish(ctx); err != nil {
		return err
	}
	return b.measure(ctx)
}

// connect starts the platform, every answer of which takes its time.
func (b *fetchBench) connect() (stop func(context.Context) error, err error) {
	b.sim = exchange.NewSimulator(exchange.SimOptions{Seed: 1, Now: time.Now})
	b.service, b.persons = b.sim.Register("人口基准信息", "GA"), b.sim.Persons(b.o.fetches)
	if err := b.sim.SetFaults(exchange.Faults{Rate: 1, Kinds: []exchange.Fault{exchange.FaultSlow}, Slow: benchLatency}); err != nil {
		return nil, err
	}
	if len(b.persons) < b.o.fetches {
		return nil, fmt.Errorf("the platform knows %d persons: --fetches must not be more", len(b.persons))
	}
	base, stop, err := b.sim.Start("127.0.0.1:0")
	if err != nil {
		return nil, err
	}
	profile, err := exchange.ProfileByName("")
	if err == nil {
		b.client, err = exchange.NewClient(exchange.Options{Base: base, Profile: profile, Now: time.Now})
	}
	return stop, err
}

func (b *fetchBench) furnish(ctx context.Context) error {
	ref, err := reference("-")
	if err != nil {
		return err
	}
	r := models.NewResource{ProviderCode: "GA", Link: models.Link{RID: b.service.RID, SID: b.service.SID, AppKey: b.service.AppKey, Method: b.service.Method}}
	r.Name, r.Class, r.Version, r.Platform, r.Repeatable = "人口基准信息", workflow.Unconditional, "1", exchange.ProfileNational, true
	ref.Resources = []models.NewResource{r}
	if err := b.app.register(ctx, ref); err != nil {
		return err
	}
	page, err := b.app.store.Resources(ctx, models.ResourceQuery{})
	if err != nil {
		return err
	}
	hall, err := b.app.store.UserByName(ctx, "hall_js")
	b.item, b.hall = page.Items[0], hall.Actor()
	return err
}

// measure takes turns and prints the median of the ratios.
func (b *fetchBench) measure(ctx context.Context) error {
	var ratios, rates []float64
	for round := range b.o.rounds {
		bare, err := b.bare(ctx)
		if err != nil {
			return err
		}
		full, err := b.full(ctx)
		if err != nil {
			return err
		}
		fmt.Fprintf(b.out, "round %d: bare asynq handlers %.0f/s, fetch jobs %.0f/s, %d at once\n", round+1, bare, full, fetchesAtOnce)
		ratios, rates = append(ratios, full/bare), append(rates, full)
	}
	fmt.Fprintf(b.out, "median: fetch jobs %.0f/s = %.2f of bare asynq handlers\n", median(rates), median(ratios))
	return nil
}

// bare lets asynq handlers make the call, and nothing else.
func (b *fetchBench) bare(ctx context.Context) (float64, error) {
	client := asynq.NewClient(b.redis)
	defer client.Close()
	payload, err := json.Marshal(map[string]string{"xm": b.persons[0].Name, "gmsfhm": b.persons[0].IDNumber})
	if err != nil {
		return 0, err
	}
	for range b.o.fetches {
		if _, err := client.EnqueueContext(ctx, asynq.NewTask("bare.fetch", payload), asynq.MaxRetry(0), asynq.Queue("bare")); err != nil {
			return 0, err
		}
	}
	var n, failed atomic.Int64
	done := make(chan struct{})
	server := asynq.NewServer(b.redis, asynq.Config{
		Concurrency: fetchesAtOnce, Queues: map[string]int{"bare": 1}, TaskCheckInterval: 5 * time.Millisecond, LogLevel: asynq.FatalLevel,
	})
	began := time.Now()
	err = server.Start(asynq.HandlerFunc(func(ctx context.Context, t *asynq.Task) error {
		var params map[string]string
		if err := json.Unmarshal(t.Payload(), &params); err != nil {
			return err
		}
		if b.client.Call(ctx, b.service, exchange.Question{Params: params}).Outcome != exchange.Found {
			failed.Add(1)
		}
		if n.Add(1) == int64(b.o.fetches) {
			close(done)
		}
		return nil
	}))
	if err != nil {
		return 0, err
	}
	defer server.Shutdown()
	select {
	case <-done:
	case <-ctx.Done():
		return 0, ctx.Err()
	}
	took := time.Since(began)
	if failed.Load() > 0 {
		return 0, fmt.Errorf("%d bare calls found nothing", failed.Load())
	}
	return float64(b.o.fetches) / took.Seconds(), nil
}

// full files cases whose data is asked for, and lets a worker fetch it: with the
// ledger, the receipts and the moves of the cases.
func (b *fetchBench) full(ctx context.Context) (float64, error) {
	group, inner := errgroup.WithContext(ctx)
	group.SetLimit(32)
	for i := range b.o.fetches {
		group.Go(func() error { return b.file(inner, i) })
	}
	if err := group.Wait(); err != nil {
		return 0, err
	}
	// What tells people of the filing is not measured.
	conn, err := pgx.Connect(ctx, b.place)
	if err != nil {
		return 0, err
	}
	_, err = conn.Exec(ctx, "DELETE FROM outbox WHERE kind <> $1", workflow.EffectFetch)
	if err = errors.Join(err, conn.Close(ctx)); err != nil {
		return 0, err
	}
	w, err := jobs.New(jobs.Options{
		Store: b.app.store, Engine: b.app.engine, Caller: b.client, Redis: b.redis, Workers: fetchesAtOnce, Now: time.Now, Log: b.app.log,
	})
	if err != nil {
		return 0, err
	}
	run, stop := context.WithCancel(ctx)
	ended := make(chan error, 1)
	began := time.Now()
	go func() { ended <- w.Run(run) }()
	for w.Stats().Fetches[models.FetchFound] < int64(b.o.fetches) && ctx.Err() == nil {
		pause(ctx, 5*time.Millisecond)
	}
	took := time.Since(began)
	err = w.Drain(ctx)
	stop()
	if err = errors.Join(err, <-ended); err != nil {
		return 0, err
	}
	if s := w.Stats(); s.Retried+s.Buried > 0 {
		return 0, fmt.Errorf("jobs failed: %+v", s)
	}
	return float64(b.o.fetches) / took.Seconds(), nil
}

func (b *fetchBench) file(ctx context.Context, i int) error {
	draft := workflow.Case{
		Kind: workflow.Blocker, Title: fmt.Sprintf("第 %d 件", i), Proof: b.item.Name, Region: province,
		Parts:        map[workflow.Part]workflow.DeptID{workflow.Filer: b.hall.Dept, workflow.Demander: b.item.Provider, workflow.Holder: b.item.Provider},
		Requirements: []workflow.Requirement{{Name: b.item.Name, Resource: b.item.ID, Provider: b.item.Provider, Class: b.item.Class, Status: workflow.NeedOpen}},
		Person:       workflow.Person{Name: b.persons[i].Name, IDNumber: b.persons[i].IDNumber},
	}
	c, err := b.app.engine.Open(ctx, b.hall, draft, workflow.Input{}, workflow.Key{})
	if err == nil {
		_, err = b.app.engine.Act(ctx, b.hall, c.ID, workflow.Input{Action: "request_data"}, workflow.Key{})
	}
	return err
}
