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
	"slices"
	"strings"
	"sync/atomic"
	"time"

	"github.com/spf13/cobra"

	"github.com/shujie-gov/shujie/models"
)

// benchOptions are the flags of shujie bench.
type benchOptions struct {
	cases   int
	clients []int
	seconds int
	rounds  int
	fetches int
}

func benchCommand() *cobra.Command {
	var o benchOptions
	cmd := &cobra.Command{
		Use:   "bench",
		Short: "measure moves and inboxes over HTTP, against the bare database in the same run",
		Long: "bench makes a database of its own beside the configured one (a temporary file without one), fills it, and " +
			"measures in turns: bare statements (pgbench where it is installed), moves of cases over HTTP by a few and by many " +
			"clients, and inbox pages. The bare statements always have eight clients. Absolute figures say something about " +
			"the machine, the ratio says something about shujie.",
		Args: cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			cfg, err := configOf(cmd)
			if err != nil {
				return err
			}
			if o.cases < 1000 || len(o.clients) == 0 || slices.Min(o.clients) < 1 || o.seconds < 1 || o.rounds < 1 {
				return errors.New("bench needs at least 1000 cases, 1 client, 1 second and 1 round")
			}
			if o.fetches > 0 {
				return runFetchBench(cmd.Context(), cfg, o, cmd.OutOrStdout())
			}
			return runBench(cmd.Context(), cfg, o, cmd.OutOrStdout())
		},
	}
	f := cmd.Flags()
	f.IntVar(&o.cases, "cases", 100_000, "cases in the database")
	f.IntSliceVar(&o.clients, "clients", []int{8, 16, 32}, "how many clients move cases at the same time, one measurement for each")
	f.IntVar(&o.seconds, "seconds", 3, "length of one measurement")
	f.IntVar(&o.rounds, "rounds", 3, "how often the measurements take turns")
	f.IntVar(&o.fetches, "fetches", 0, "instead measure so many fetch jobs a round over a platform of 20 ms, against bare asynq handlers; needs PostgreSQL and Redis")
	return cmd
}

// bench is one run.
type bench struct {
	o     benchOptions
	out   io.Writer
	app   *app
	addr  string
	fresh []freshCase
	next  atomic.Int64
}

func runBench(ctx context.Context, cfg config, o benchOptions, out io.Writer) (err error) {
	place, drop, err := benchPlace(ctx, cfg)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, drop(context.WithoutCancel(ctx))) }()
	cfg.DatabaseURL, cfg.RedisURL, cfg.ExchangeURL, cfg.Addr = place, "", "", "127.0.0.1:0"
	log := newLogger(io.Discard, "error")
	if err := models.Migrate(ctx, cfg.DatabaseURL, log); err != nil {
		return err
	}
	b := &bench{o: o, out: out}
	if b.app, err = openApp(ctx, cfg, log, appOptions{now: time.Now, secret: demoSecret}); err != nil {
		return err
	}
	defer func() { err = errors.Join(err, b.app.close()) }()
	began := time.Now()
	if err := b.fill(ctx); err != nil {
		return err
	}
	took := time.Since(began)
	fmt.Fprintf(out, "%d cases on %s in %s (%.0f cases/s through the store)\n", o.cases, b.app.store.Dialect(), took.Round(time.Millisecond), float64(o.cases)/took.Seconds())
	ctx, cancel := context.WithCancel(ctx)
	ready, ended := make(chan string, 1), make(chan error, 1)
	go func() { ended <- b.app.run(ctx, roleWeb, ready) }()
	defer func() { cancel(); err = errors.Join(err, <-ended) }()
	b.addr = <-ready
	return b.measure(ctx, place)
}

// benchPlace makes a database for the run.
func benchPlace(ctx context.Context, cfg config) (url string, drop func(context.Context) error, err error) {
	if strings.HasPrefix(cfg.DatabaseURL, "postgres") {
		var name [4]byte
		if _, err := rand.Read(name[:]); err != nil {
			return "", nil, err
		}
		return makeDatabase(ctx, cfg.DatabaseURL, "shujie_bench_"+hex.EncodeToString(name[:]))
	}
	dir, err := os.MkdirTemp("", "shujie-bench-")
	if err != nil {
		return "", nil, err
	}
	return "sqlite:" + filepath.Join(dir, "bench.db"), func(context.Context) error { return os.RemoveAll(dir) }, nil
}
