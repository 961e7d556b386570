package main

import (
	"context"
	"crypto/rand"
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"strings"
	"sync/atomic"
	"time"

	"github.com/jackc/pgx/v5/pgxpool"
	"github.com/redis/go-redis/v9"
	"github.com/spf13/cobra"
	"golang.org/x/sync/errgroup"

	"github.com/shujie-gov/shujie/jobs"
	"github.com/shujie-gov/shujie/models"
	"github.com/shujie-gov/shujie/workflow"
)

// soakOptions are the flags of shujie soak.
type soakOptions struct {
	fetches int
	outage  time.Duration
	workers int
	rate    string
	seed    uint64
}

func soakCommand() *cobra.Command {
	var o soakOptions
	cmd := &cobra.Command{
		Use:   "soak",
		Short: "let everything go wrong under load, and count what came of it",
		Long: "soak makes a database of its own beside the configured PostgreSQL, files cases, and lets two worker processes fetch " +
			"their data over HTTP from a simulated platform: a tenth of the answers is slow, a twentieth refused, a twentieth " +
			"broken. Meanwhile the platform goes away twice, the Redis database is emptied twice, and a worker is killed. Then " +
			"every requirement, receipt, ledger row, count and rate is checked. The Redis database must be empty to begin with.",
		Args: cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			cfg, err := configOf(cmd)
			if err != nil {
				return err
			}
			if !strings.HasPrefix(cfg.DatabaseURL, "postgres") || cfg.RedisURL == "" {
				return errors.New("soak needs PostgreSQL and Redis: SHUJIE_DATABASE_URL and SHUJIE_REDIS_URL")
			}
			if _, err := models.ParseRate(o.rate); err != nil || o.fetches < 100 || o.workers < 1 {
				return errors.Join(errors.New("soak needs at least 100 fetches, a worker and a rate such as 600次/分钟"), err)
			}
			return runSoak(cmd.Context(), cfg, o, cmd.OutOrStdout())
		},
	}
	f := cmd.Flags()
	f.IntVar(&o.fetches, "fetches", 200_000, "cases whose data is fetched")
	f.DurationVar(&o.outage, "outage", time.Minute, "length of each of the two outages")
	f.IntVar(&o.workers, "jobs", 32, "jobs at once in each of the two workers")
	f.StringVar(&o.rate, "rate", "600次/分钟", "registered rate of one of the services")
	f.Uint64Var(&o.seed, "seed", 1, "of the faults")
	return cmd
}

// soak is one run.
type soak struct {
	o        soakOptions
	out      io.Writer
	app      *app
	db       *pgxpool.Pool
	redis    redis.UniversalClient
	platform *soakPlatform
	environ  []string
	workers  []*soakWorker
	filed    atomic.Int64
	allowed  atomic.Int64 // how many may be filed by now, so that each mishap finds work
}

func runSoak(ctx context.Context, cfg config, o soakOptions, out io.Writer) (err error) {
	var name [4]byte
	if _, err := rand.Read(name[:]); err != nil {
		return err
	}
	place, drop, err := makeDatabase(ctx, cfg.DatabaseURL, "shujie_soak_"+hex.EncodeToString(name[:]))
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, drop(context.WithoutCancel(ctx))) }()
	dir, err := os.MkdirTemp("", "shujie-soak-")
	if err != nil {
		return err
	}
	defer os.RemoveAll(dir)
	s := &soak{o: o, out: out}
	if err := s.open(ctx, cfg, place, filepath.Join(dir, "key")); err != nil {
		return errors.Join(err, s.close(ctx))
	}
	err = s.run(ctx)
	return errors.Join(err, s.close(context.WithoutCancel(ctx)))
}

// open furnishes the database, the platform and the queue.
func (s *soak) open(ctx context.Context, cfg config, place, key string) (err error) {
	if err := os.WriteFile(key, []byte(demoSecret+"\n"), 0o600); err != nil {
		return err
	}
	opt, err := jobs.RedisOpt(cfg.RedisURL)
	if err != nil {
		return err
	}
	rdb, ok := opt.MakeRedisClient().(redis.UniversalClient)
	if !ok {
		return fmt.Errorf("no Redis client can be made of %T", opt)
	}
	s.redis = rdb
	if n, err := rdb.DBSize(ctx).Result(); err != nil || n != 0 {
		return errors.Join(fmt.Errorf("the Redis database has %d keys; soak empties it, so it must be empty to begin with", n), err)
	}
	if s.platform, err = newSoakPlatform(s.o); err != nil { //nolint:contextcheck // it is stopped by hand
		return err
	}
	cfg.DatabaseURL, cfg.KeyFile, cfg.Addr, cfg.ExchangeURL = place, key, "127.0.0.1:0", s.platform.base
	s.environ = []string{
		"SHUJIE_DATABASE_URL=" + place, "SHUJIE_REDIS_URL=" + cfg.RedisURL, "SHUJIE_KEY_FILE=" + key, "SHUJIE_ADDR=127.0.0.1:0",
		"SHUJIE_EXCHANGE_URL=" + s.platform.base, "SHUJIE_EXCHANGE_TIMEOUT=2s", fmt.Sprintf("SHUJIE_WORKERS=%d", s.o.workers), "SHUJIE_LOG_LEVEL=error",
	}
	log := newLogger(io.Discard, "error")
	if err := models.Migrate(ctx, place, log); err != nil {
		return err
	}
	cfg.RedisURL = "" // this process files; the workers work
	if s.app, err = openApp(ctx, cfg, log, appOptions{now: time.Now}); err != nil {
		return err
	}
	if s.db, err = pgxpool.New(ctx, place); err != nil {
		return err
	}
	ref, err := reference("-")
	if err != nil {
		return err
	}
	ref.Resources = s.platform.resources
	if err := s.app.register(ctx, ref); err != nil {
		return err
	}
	for range 2 {
		if err := s.start(ctx); err != nil {
			return err
		}
	}
	return nil
}

func (s *soak) close(ctx context.Context) (err error) {
	for _, w := range s.workers {
		err = errors.Join(err, w.stop())
	}
	if s.db != nil {
		s.db.Close()
	}
	if s.app != nil {
		err = errors.Join(err, s.app.close())
	}
	if s.platform != nil {
		err = errors.Join(err, s.platform.close(ctx))
	}
	if s.redis != nil {
		err = errors.Join(err, s.redis.Close())
	}
	return err
}

// run files everything, lets things go wrong meanwhile, and counts.
func (s *soak) run(ctx context.Context) error {
	began := time.Now()
	group, inner := errgroup.WithContext(ctx)
	group.Go(func() error { return s.file(inner) })
	group.Go(func() error { return s.disturb(inner) })
	if err := group.Wait(); err != nil {
		return err
	}
	took := time.Since(began)
	fmt.Fprintf(s.out, "%d fetches in %s (%.0f/s, the outages included)\n", s.o.fetches, took.Round(time.Second), float64(s.o.fetches)/took.Seconds())
	return s.check(ctx)
}

// file files the cases, a little ahead of what is to go wrong next.
func (s *soak) file(ctx context.Context) error {
	hall, err := s.app.store.UserByName(ctx, "hall_js")
	if err != nil {
		return err
	}
	page, err := s.app.store.Resources(ctx, models.ResourceQuery{Limit: models.MaxLimit})
	if err != nil {
		return err
	}
	persons := s.platform.sim.Persons(5000)
	group, ctx := errgroup.WithContext(ctx)
	group.SetLimit(8)
	for i := range s.o.fetches {
		for int64(i) >= s.allowed.Load() && ctx.Err() == nil {
			pause(ctx, 10*time.Millisecond)
		}
		r, p := page.Items[s.platform.pick(i, page.Items)], persons[i%len(persons)]
		group.Go(func() error {
			draft := workflow.Case{
				Kind: workflow.Blocker, Title: fmt.Sprintf("第 %d 件", i), Proof: r.Name, Region: province,
				Parts:        map[workflow.Part]workflow.DeptID{workflow.Filer: hall.Dept, workflow.Demander: r.Provider, workflow.Holder: r.Provider},
				Requirements: []workflow.Requirement{{Name: r.Name, Resource: r.ID, Provider: r.Provider, Class: r.Class, Status: workflow.NeedOpen}},
				Person:       workflow.Person{Name: p.Name, IDNumber: p.IDNumber},
			}
			c, err := s.app.engine.Open(ctx, hall.Actor(), draft, workflow.Input{}, workflow.Key{})
			if err != nil {
				return err
			}
			if _, err = s.app.engine.Act(ctx, hall.Actor(), c.ID, workflow.Input{Action: "request_data"}, workflow.Key{}); err == nil {
				s.filed.Add(1)
			}
			return err
		})
	}
	return group.Wait()
}
