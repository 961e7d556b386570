package main

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"math"
	"net/http"
	"os"
	"strings"
	"sync/atomic"
	"time"

	"github.com/spf13/cobra"

	"github.com/shujie-gov/shujie/exchange"
	"github.com/shujie-gov/shujie/handlers"
	"github.com/shujie-gov/shujie/jobs"
	"github.com/shujie-gov/shujie/models"
	"github.com/shujie-gov/shujie/policies"
	"github.com/shujie-gov/shujie/web"
	"github.com/shujie-gov/shujie/workflow"
)

// appOptions are what only the program itself decides.
type appOptions struct {
	now    func() time.Time
	secret string             // installation secret of a demo without a key file
	demo   []handlers.Account // shown on the login page
}

// app is everything joined: the store, the rules, the background work and the
// pages of one process.
type app struct {
	cfg      config
	log      *slog.Logger
	now      func() time.Time
	store    *models.Store
	defs     *workflow.Definitions
	revision atomic.Int64 // of defs, as the database counts it
	policy   *policies.Policy
	engine   *workflow.Engine
	worker   *jobs.Worker
	handler  http.Handler
	calendar atomic.Pointer[workflow.Calendar]
	regions  atomic.Pointer[map[workflow.DeptID]string] // of the departments
	stopping chan struct{}                              // closed when the server begins to stop
}

// openApp opens the store and joins the rooms; nothing runs yet.
func openApp(ctx context.Context, cfg config, log *slog.Logger, o appOptions) (*app, error) {
	keys, err := keysOf(cfg, o.secret)
	if err != nil {
		return nil, err
	}
	store, err := models.Open(ctx, models.Options{URL: cfg.DatabaseURL, Keys: keys, Now: o.now, Log: log})
	if err != nil {
		return nil, err
	}
	a := &app{cfg: cfg, log: log, now: o.now, store: store, stopping: make(chan struct{})}
	if err := a.join(ctx, o); err != nil {
		return nil, errors.Join(err, store.Close())
	}
	return a, nil
}

func (a *app) join(ctx context.Context, o appOptions) (err error) {
	if a.defs, err = workflow.Released(); err != nil {
		return err
	}
	if a.policy, err = policies.New(a.defs); err != nil {
		return err
	}
	if err := a.keepDefinitions(ctx); err != nil {
		return err
	}
	if err := a.keepCalendar(ctx); err != nil {
		return err
	}
	a.engine = &workflow.Engine{
		Store: a.store, Policy: a.policy, Staff: a.store, Defs: a.defs, Calendar: a.calendar.Load,
		Regions: func() map[workflow.DeptID]string { return *a.regions.Load() }, Now: o.now, Learn: a.learn,
	}
	if a.worker, err = a.newWorker(); err != nil {
		return err
	}
	views, err := web.New()
	if err != nil {
		return err
	}
	code, err := a.cfg.resourceCode()
	if err != nil {
		return err
	}
	a.handler, err = handlers.New(handlers.Options{ //nolint:contextcheck // requests bring their own
		Engine: a.engine, Store: a.store, Policy: a.policy, Views: views, Now: o.now, Log: a.log,
		SecureCookies: a.cfg.SecureCookies, Version: version(), Ready: a.ready, Demo: o.demo,
		Ticks: a.liveTicks, Collectors: a.collectors(), ResourceCode: code,
	})
	return err
}

// newWorker joins the background work with the exchange platform and the queue.
func (a *app) newWorker() (*jobs.Worker, error) {
	o := jobs.Options{Store: a.store, Engine: a.engine, Caller: unconfigured{}, Workers: a.cfg.Workers, Dial: a.dial, Now: a.now, Log: a.log, Migrate: a.carryOn, Follow: a.engine.Follow}
	if a.cfg.ExchangeURL != "" {
		profile, err := exchange.ProfileByName(a.cfg.ExchangeProfile)
		if err != nil {
			return nil, fmt.Errorf("SHUJIE_EXCHANGE_PROFILE: %w", err)
		}
		if o.Caller, err = exchange.NewClient(exchange.Options{
			Base: a.cfg.ExchangeURL, Profile: profile, Timeout: a.cfg.ExchangeTimeout, Now: a.now, Log: a.log,
			// Outages are rows that all replicas share (docs/adr/0016). A breaker of this
			// process would blame the platform for one service of it.
			FailuresToOpen: math.MaxInt,
		}); err != nil {
			return nil, fmt.Errorf("SHUJIE_EXCHANGE_URL: %w", err)
		}
	}
	if a.cfg.RedisURL != "" {
		redis, err := jobs.RedisOpt(a.cfg.RedisURL)
		if err != nil {
			return nil, fmt.Errorf("SHUJIE_REDIS_URL: %w", err)
		}
		o.Redis = redis
		jobs.QuietRedis() // what goes wrong with Redis is logged once, by the worker
	}
	o.Limit = max(20*time.Second, 4*a.cfg.ExchangeTimeout+time.Second) // a call makes up to four requests
	return jobs.New(o)
}

// dial returns a client of a platform that is registered.
func (a *app) dial(p models.Platform) (jobs.Caller, error) {
	if p.Profile == exchange.ProfileFiles {
		open, err := exchange.FilesAt(p.Base)
		if err != nil {
			return nil, err
		}
		return exchange.NewDepot(exchange.DepotOptions{Open: open, Timeout: a.cfg.ExchangeTimeout, Now: a.now, Log: a.log})
	}
	profile, err := exchange.ProfileByName(p.Profile)
	if err != nil {
		return nil, err
	}
	return exchange.NewClient(exchange.Options{
		Base: p.Base, Profile: profile, AllowUnconfirmed: p.Unconfirmed, Timeout: a.cfg.ExchangeTimeout, Now: a.now, Log: a.log,
	})
}

// unconfigured stands where no exchange platform is configured: calls wait,
// honestly pending, until an operator names one.
type unconfigured struct{}

// Call implements jobs.Caller.
func (unconfigured) Call(context.Context, exchange.Service, exchange.Question) exchange.Answer {
	return exchange.Answer{
		Outcome: exchange.Technical, RetryAfter: 10 * time.Minute,
		Message: "no exchange platform is configured: set SHUJIE_EXCHANGE_URL",
	}
}

// secretFile is where the installation secret lies: in the key file, or beside an
// SQLite database; "" is nowhere.
func secretFile(cfg config) string {
	if file, embedded := strings.CutPrefix(cfg.DatabaseURL, "sqlite:"); embedded && cfg.KeyFile == "" {
		return file + ".key"
	}
	return cfg.KeyFile
}

// keysOf finds the installation secret: in the key file, or beside an SQLite
// database, where it is made when missing.
func keysOf(cfg config, secret string) (models.Keys, error) {
	path := secretFile(cfg)
	embedded := strings.HasPrefix(cfg.DatabaseURL, "sqlite:")
	switch {
	case cfg.KeyFile == "" && secret != "":
		return models.ParseKeys(secret)
	case path == "":
		return models.Keys{}, errors.New("SHUJIE_KEY_FILE: it is required with PostgreSQL; make one by: shujie keys new FILE")
	}
	text, err := os.ReadFile(path) //nolint:gosec // the operator names the file
	if errors.Is(err, os.ErrNotExist) && embedded && cfg.KeyFile == "" {
		keys, fresh, err := models.NewKeys()
		if err != nil {
			return models.Keys{}, err
		}
		return keys, os.WriteFile(path, []byte(fresh), 0o600)
	}
	if err != nil {
		return models.Keys{}, fmt.Errorf("SHUJIE_KEY_FILE: %w", err)
	}
	keys, err := models.ParseKeys(string(text))
	if err != nil {
		return models.Keys{}, fmt.Errorf("SHUJIE_KEY_FILE: %s: %w", path, err)
	}
	return keys, nil
}

// loadRegions takes the departments of the database into force: where a case
// belongs that asks for the authority of one (条例 Art. 21, 28).
func (a *app) loadRegions(ctx context.Context) error {
	list, err := a.store.Departments(ctx)
	if err != nil {
		return err
	}
	regions := make(map[workflow.DeptID]string, len(list))
	for _, d := range list {
		regions[d.ID] = d.Region
	}
	a.regions.Store(&regions)
	return nil
}

// register imports reference data, proposes its calendar and opens the no-meeting
// case of each service item that has none.
func (a *app) register(ctx context.Context, ref models.Reference) error {
	days := ref.Days
	ref.Days = nil
	if err := a.store.Import(ctx, ref); err != nil {
		return err
	}
	if err := a.announce(ctx, days); err != nil {
		return err
	}
	if err := a.loadRegions(ctx); err != nil {
		return err
	}
	cursor := ""
	for {
		page, err := a.store.ServiceItems(ctx, models.ItemQuery{Limit: models.MaxLimit, Cursor: cursor})
		if err != nil {
			return err
		}
		for _, item := range page.Items {
			if item.Case == 0 {
				if err := a.openService(ctx, item); err != nil {
					return err
				}
			}
		}
		if cursor = page.Next; cursor == "" {
			return nil
		}
	}
}

func (a *app) openService(ctx context.Context, item models.ServiceItem) error {
	draft := workflow.Case{
		Kind: workflow.Service, Title: item.Name, Item: item.ID, Region: item.Region,
		Parts: map[workflow.Part]workflow.DeptID{workflow.Lead: item.Dept, workflow.Demander: item.Dept},
	}
	c, err := a.engine.Open(ctx, workflow.SystemActor(), draft, workflow.Input{}, workflow.Key{Value: fmt.Sprintf("service-item-%d", item.ID)})
	if err != nil {
		return fmt.Errorf("service item %s: %w", item.Name, err)
	}
	return a.store.SetItemCase(ctx, item.ID, c.ID)
}

// ready asks what the service depends on. Redis only carries: without it jobs
// wait, and the pages go on.
func (a *app) ready(ctx context.Context) map[string]error {
	checks := map[string]error{"database": a.store.Ping(ctx)}
	if a.cfg.RedisURL != "" {
		checks["redis"] = a.worker.Ping(ctx)
	}
	return checks
}

// queue names what carries the jobs.
func (a *app) queue() string {
	if a.cfg.RedisURL == "" {
		return "in process"
	}
	return "redis"
}

func (a *app) close() error { return a.store.Close() }

// withStore opens the app for a command that works on the database.
func withStore(cmd *cobra.Command, fn func(context.Context, *app) error) error {
	cfg, err := configOf(cmd)
	if err != nil {
		return err
	}
	cfg = cfg.withDefaults()
	cfg.RedisURL = "" // no background work is done here
	a, err := openApp(cmd.Context(), cfg, newLogger(cmd.ErrOrStderr(), cfg.LogLevel), appOptions{now: time.Now})
	if err != nil {
		return err
	}
	return errors.Join(fn(cmd.Context(), a), a.close())
}
