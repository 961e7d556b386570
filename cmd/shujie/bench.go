package main

import (
	"context"
	"crypto/rand"
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"net/http"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"time"

	"github.com/spf13/cobra"
	"golang.org/x/sync/errgroup"

	"github.com/shujie-gov/shujie/handlers"
	"github.com/shujie-gov/shujie/models"
	"github.com/shujie-gov/shujie/workflow"
)

// benchOptions are the flags of shujie bench.
type benchOptions struct {
	cases   int
	clients int
	seconds int
	rounds  int
}

func benchCommand() *cobra.Command {
	var o benchOptions
	cmd := &cobra.Command{
		Use:   "bench",
		Short: "measure moves and inboxes over HTTP, against the bare database in the same run",
		Long: "bench makes a database of its own beside the configured one (a temporary file without one), fills it, and " +
			"measures in turns: bare statements (pgbench where it is installed), moves of cases over HTTP, and inbox pages. " +
			"Absolute figures say something about the machine, the ratio says something about shujie.",
		Args: cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			cfg, err := configOf(cmd)
			if err != nil {
				return err
			}
			if o.cases < 1000 || o.clients < 1 || o.seconds < 1 || o.rounds < 1 {
				return errors.New("bench needs at least 1000 cases, 1 client, 1 second and 1 round")
			}
			return runBench(cmd.Context(), cfg, o, cmd.OutOrStdout())
		},
	}
	f := cmd.Flags()
	f.IntVar(&o.cases, "cases", 100_000, "cases in the database")
	f.IntVar(&o.clients, "clients", 64, "clients that move cases at the same time; eight are measured as well")
	f.IntVar(&o.seconds, "seconds", 3, "length of one measurement")
	f.IntVar(&o.rounds, "rounds", 3, "how often the measurements take turns")
	return cmd
}

// bench is one run.
type bench struct {
	o     benchOptions
	out   io.Writer
	app   *app
	base  string
	fresh []int64 // filed cases that nobody moved yet
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
	b.base = "http://" + <-ready
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

// fill files the cases; every fifth is dispatched to a department.
func (b *bench) fill(ctx context.Context) error {
	hash, err := handlers.HashPassword(demoPassword)
	if err != nil {
		return err
	}
	ref, err := reference(hash)
	if err != nil {
		return err
	}
	if err := b.app.store.Import(ctx, ref); err != nil {
		return err
	}
	if err := b.app.loadRegions(ctx); err != nil {
		return err
	}
	departments, err := b.app.store.Departments(ctx)
	if err != nil {
		return err
	}
	hall, err := b.app.store.UserByName(ctx, "hall_js")
	if err != nil {
		return err
	}
	chief, err := b.app.store.UserByName(ctx, "coordinator")
	if err != nil {
		return err
	}
	departments = slices.DeleteFunc(departments, func(d models.Department) bool { return d.Hall })
	var mu sync.Mutex
	group, ctx := errgroup.WithContext(ctx)
	group.SetLimit(64)
	for i := range b.o.cases {
		lead := departments[i%len(departments)]
		group.Go(func() error {
			id, moved, err := b.open(ctx, hall.Actor(), chief.Actor(), lead, i)
			if err == nil && !moved {
				mu.Lock()
				b.fresh = append(b.fresh, int64(id))
				mu.Unlock()
			}
			return err
		})
	}
	return group.Wait()
}

func (b *bench) open(ctx context.Context, hall, chief workflow.Actor, lead models.Department, i int) (workflow.CaseID, bool, error) {
	draft := workflow.Case{
		Kind: workflow.Blocker, Title: fmt.Sprintf("事项%d：索要证明", i), Proof: "证明", Region: province,
		Parts:        map[workflow.Part]workflow.DeptID{workflow.Filer: hall.Dept, workflow.Demander: lead.ID},
		Facts:        map[string]any{"holders": int64(0)},
		Requirements: []workflow.Requirement{{Name: "证明", Class: workflow.NoData, Status: workflow.NeedOpen}},
	}
	c, err := b.app.engine.Open(ctx, hall, draft, workflow.Input{}, workflow.Key{})
	if err != nil || i%5 != 0 {
		return c.ID, false, err
	}
	if c, err = b.app.engine.Act(ctx, chief, c.ID, workflow.Input{Action: "accept"}, workflow.Key{}); err != nil {
		return c.ID, true, err
	}
	_, err = b.app.engine.Act(ctx, chief, c.ID, workflow.Input{Action: "dispatch", Fields: map[string]any{"lead": int64(lead.ID)}}, workflow.Key{})
	return c.ID, true, err
}

// measure takes turns and prints medians.
func (b *bench) measure(ctx context.Context, url string) error {
	chief, err := login(ctx, b.base, "coordinator", demoPassword)
	if err != nil {
		return err
	}
	handler, err := login(ctx, b.base, "ga_handler", demoPassword)
	if err != nil {
		return err
	}
	bare, name, err := bareRun(ctx, url, b.o)
	if err != nil {
		return err
	}
	var bases, inboxes []float64
	few, many := &moveRates{clients: bareClients}, &moveRates{clients: b.o.clients}
	for round := range b.o.rounds {
		var base float64
		if bare != nil {
			if base, err = bare(ctx); err != nil {
				return err
			}
			bases = append(bases, base)
			fmt.Fprintf(b.out, "round %d: %s %.0f/s with %d clients\n", round+1, name, base, bareClients)
		}
		for _, m := range []*moveRates{few, many} {
			rate, slow, err := b.load(ctx, chief, m.clients, b.accept)
			if err != nil {
				return err
			}
			m.add(rate, base)
			fmt.Fprintf(b.out, "round %d: moves over HTTP %.0f/s with %d clients (p95 %.1f ms)\n", round+1, rate, m.clients, slow)
		}
		pages, p95, err := b.load(ctx, handler, bareClients, inbox)
		if err != nil {
			return err
		}
		inboxes = append(inboxes, p95)
		fmt.Fprintf(b.out, "round %d: inbox pages %.0f/s with %d clients (p95 %.1f ms)\n", round+1, pages, bareClients, p95)
	}
	for _, m := range []*moveRates{few, many} {
		fmt.Fprintf(b.out, "median: moves over HTTP %.0f/s with %d clients", median(m.rates), m.clients)
		if len(bases) > 0 {
			fmt.Fprintf(b.out, " = %.2f of %s", median(m.ratios), name)
		}
		fmt.Fprintln(b.out)
	}
	fmt.Fprintf(b.out, "median: inbox p95 %.1f ms with %d clients\n", median(inboxes), bareClients)
	return nil
}

// moveRates are moves a second, and their ratios to the bare database, of one
// number of clients.
type moveRates struct {
	clients       int
	rates, ratios []float64
}

func (m *moveRates) add(rate, base float64) {
	m.rates = append(m.rates, rate)
	if base > 0 {
		m.ratios = append(m.ratios, rate/base)
	}
}

// accept moves a case that nobody moved before.
func (b *bench) accept(ctx context.Context, c *client) error {
	i := b.next.Add(1) - 1
	if i >= int64(len(b.fresh)) {
		return errNoneLeft
	}
	return c.do(ctx, http.MethodPost, fmt.Sprintf("/api/v1/cases/%d/actions/accept", b.fresh[i]), "", map[string]any{"version": 1}, nil)
}

var errNoneLeft = errors.New("no case is left to move: use more --cases, fewer --rounds or --seconds")

// inbox reads the page of a department's inbox.
func inbox(ctx context.Context, c *client) error {
	req, err := http.NewRequestWithContext(ctx, http.MethodGet, c.base+"/", nil)
	if err != nil {
		return err
	}
	req.Header.Set("Accept", "text/html")
	req.Header.Set("Authorization", "Bearer "+c.token)
	res, err := c.http.Do(req)
	if err != nil {
		return err
	}
	defer res.Body.Close()
	if n, err := io.Copy(io.Discard, res.Body); err != nil || res.StatusCode != http.StatusOK || n < 1000 {
		return fmt.Errorf("inbox: %s, %d bytes: %w", res.Status, n, err)
	}
	return nil
}

// load lets the clients call as fast as they can for the seconds of one
// measurement; it returns calls a second and the 95th percentile in
// milliseconds.
func (b *bench) load(ctx context.Context, c *client, clients int, call func(context.Context, *client) error) (rate, p95 float64, err error) {
	transport := &http.Transport{MaxIdleConnsPerHost: clients, MaxIdleConns: clients}
	defer transport.CloseIdleConnections()
	each := make([][]float64, clients)
	began := time.Now()
	end := began.Add(time.Duration(b.o.seconds) * time.Second)
	group, ctx := errgroup.WithContext(ctx)
	for i := range clients {
		mine := *c
		mine.http = &http.Client{Transport: transport, Timeout: 30 * time.Second}
		group.Go(func() error {
			for time.Now().Before(end) {
				at := time.Now()
				if err := call(ctx, &mine); err != nil {
					return err
				}
				each[i] = append(each[i], float64(time.Since(at).Microseconds())/1000)
			}
			return nil
		})
	}
	if err := group.Wait(); err != nil {
		return 0, 0, err
	}
	all := slices.Concat(each...)
	slices.Sort(all)
	return float64(len(all)) / time.Since(began).Seconds(), all[len(all)*95/100], nil
}

func median(v []float64) float64 {
	s := slices.Sorted(slices.Values(v))
	return s[len(s)/2]
}
