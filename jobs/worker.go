package jobs

import (
	"context"
	"errors"
	"log/slog"
	"math/rand/v2"
	"sync"
	"sync/atomic"
	"time"

	"github.com/hibiken/asynq"

	"github.com/shujie-gov/shujie/models"
	"github.com/shujie-gov/shujie/workflow"
)

// Store is everything the room needs of the database, by who needs it;
// models.Store is one.
type Store interface {
	source
	rows
	ledger
	waiters
	board
	shredder
	leader
	keeper
	deadlines
	followers
	selection
	registrar
	prober
	Backlog(ctx context.Context) (waiting, dead int64, err error)
}

// Options are what a worker needs. Store, Engine, Caller, Now and Log must be
// given; the others have defaults. No two workers do one row at a time as long
// as the clocks of the replicas differ by less than Lease minus Limit; if they
// differ by more a job may run twice, which counts once.
type Options struct {
	Store  Store
	Engine Engine
	Caller Caller                                // of the platform of the settings
	Dial   func(models.Platform) (Caller, error) // of a platform that is registered; nil: there are none
	Redis  asynq.RedisConnOpt                    // nil: the work is done in this process alone
	Now    func() time.Time
	Log    *slog.Logger

	Workers int           // jobs at once; default 16
	Poll    time.Duration // how often the outbox is looked at without being woken; default 200 ms
	Limit   time.Duration // one attempt may take so long; default 20 s
	Lease   time.Duration // a row that is not settled is due again after this; longer than Limit; default 30 s
	Grace   time.Duration // work that has begun may go on so long after a stop; default 10 s
	Backoff Backoff       // default 12 attempts, 250 ms doubled up to 10 min
	// Migrate goes on with the migrations of definitions that are at work; nil:
	// there are none.
	Migrate func(context.Context) error
	// Follow lets a case that joined another one follow it to its end; nil: they
	// stay.
	Follow func(context.Context, workflow.Follower) error
	Every  Every // default: escalate 30 s, seal 5 s, prune 1 h, migrate and follow 2 s, probe 1 s
}

// Worker does the work in the background of one process.
type Worker struct {
	opt     Options
	count   counters
	mux     *Mux
	relay   *relay
	carrier carrier
	queue   *queue // nil without Redis
	sweeper *sweeper
	sweeps  []sweep
	stop    chan struct{}
	began   atomic.Bool
}

// New returns a worker that has not begun to work. Redis need not be there.
func New(o Options) (*Worker, error) {
	if o.Store == nil || o.Engine == nil || o.Caller == nil || o.Now == nil || o.Log == nil {
		return nil, errors.New("jobs: Store, Engine, Caller, Now and Log must be given")
	}
	o.defaults()
	if o.Lease <= o.Limit {
		return nil, errors.New("jobs: Lease must be longer than Limit, so that no two workers do one row")
	}
	w := &Worker{opt: o, stop: make(chan struct{})}
	w.relay = &relay{
		rows: o.Store, now: o.Now, log: o.Log, lease: o.Lease, poll: o.Poll, count: &w.count, freed: make(chan struct{}, 1),
	}
	w.mux = newMux(&runner{
		rows: o.Store, now: o.Now, log: o.Log, limit: o.Limit, backoff: o.Backoff,
		count: &w.count, settled: w.relay.wake, stop: w.stop,
	})
	w.relay.mux = w.mux
	if err := w.register(); err != nil {
		return nil, err
	}
	if o.Redis == nil {
		w.carrier = newInline(w.mux, o.Workers, w.relay.wake, o.Log)
	} else {
		q, err := newQueue(o.Redis, w.mux, o.Workers, o.Grace, &w.relay.down, o.Log)
		if err != nil {
			return nil, err
		}
		w.carrier, w.queue = q, q
	}
	w.relay.carrier = w.carrier
	w.sweeper = &sweeper{lead: o.Store, log: o.Log, count: &w.count}
	escalation := &escalation{due: o.Store, engine: o.Engine, log: o.Log}
	w.sweeps = []sweep{
		{"escalate", o.Every.Escalate, escalation.sweep},
		{"seal", o.Every.Seal, func(ctx context.Context) error {
			_, err := o.Store.Seal(ctx, settleEvents)
			return err
		}},
		{"prune", o.Every.Prune, o.Store.Prune},
		{"probe", o.Every.Probe, o.Store.Probe},
	}
	if o.Follow != nil {
		w.sweeps = append(w.sweeps, sweep{"follow", o.Every.Follow, (&following{list: o.Store, follow: o.Follow, log: o.Log}).sweep})
	}
	if o.Migrate != nil {
		w.sweeps = append(w.sweeps, sweep{"migrate", o.Every.Migrate, o.Migrate})
	}
	return w, nil
}

func (o *Options) defaults() {
	def := func(d *time.Duration, v time.Duration) {
		if *d <= 0 {
			*d = v
		}
	}
	if o.Workers <= 0 {
		o.Workers = 16
	}
	def(&o.Poll, 200*time.Millisecond)
	def(&o.Limit, 20*time.Second)
	def(&o.Lease, max(30*time.Second, o.Limit*3/2))
	def(&o.Grace, 10*time.Second)
	if o.Backoff.Attempts <= 0 {
		o.Backoff.Attempts = 12
	}
	def(&o.Backoff.Base, 250*time.Millisecond)
	def(&o.Backoff.Max, 10*time.Minute)
	if o.Backoff.Rand == nil {
		o.Backoff.Rand = rand.Float64
	}
	if o.Every == (Every{}) {
		o.Every = Every{Escalate: 30 * time.Second, Seal: 5 * time.Second, Prune: time.Hour, Migrate: 2 * time.Second, Follow: 2 * time.Second, Probe: probeEvery}
	}
}

// register names the work of every kind.
func (w *Worker) register() error {
	o := w.opt
	f := &fetcher{ledger: o.Store, engine: o.Engine, caller: o.Caller, lines: newLines(o.Dial), count: &w.count, log: o.Log}
	return errors.Join(
		Handle(w.mux, notifier(o.Store)),
		Handle(w.mux, advancer(o.Engine, o.Log)),
		Handle(w.mux, doer(o.Engine, o.Log)),
		Handle(w.mux, usersAdvancer(o.Store, o.Engine, o.Log)),
		Handle(w.mux, f.fetch),
		Handle(w.mux, destroyer(o.Store, o.Log)),
		Handle(w.mux, applier(o.Store, o.Engine, o.Log)),
		Handle(w.mux, (&bulker{store: o.Store, engine: o.Engine, now: o.Now, log: o.Log}).run),
	)
}

// Run works until ctx ends. Then it leases nothing more, gives back what has
// not begun, and waits for the work that has, at most as long as Grace. A
// worker runs once.
func (w *Worker) Run(ctx context.Context) error {
	if w.began.Swap(true) {
		return errors.New("jobs: a worker runs once")
	}
	work, cancel := context.WithCancel(context.WithoutCancel(ctx))
	defer cancel()
	if err := w.carrier.start(work); err != nil {
		return err
	}
	var wg sync.WaitGroup
	wg.Go(func() { w.relay.run(ctx) })
	for _, s := range w.sweeps {
		if s.every > 0 {
			wg.Go(func() { w.sweeper.loop(ctx, s) })
		}
	}
	wg.Wait()
	close(w.stop)
	end := time.AfterFunc(w.opt.Grace, cancel)
	defer end.Stop()
	w.carrier.stop()
	return nil
}

// Drain waits until no job waits: each is done or was given up. It is for tests
// and for the demo; other processes may do the work.
func (w *Worker) Drain(ctx context.Context) error {
	tick := time.NewTicker(10 * time.Millisecond)
	defer tick.Stop()
	for {
		waiting, _, err := w.opt.Store.Backlog(ctx)
		if err != nil {
			return err
		}
		if waiting == 0 {
			return nil
		}
		select {
		case <-ctx.Done():
			return ctx.Err()
		case <-tick.C:
		}
	}
}

// Status is how the worker sees its surroundings.
type Status struct {
	Queue string // "redis" or "in process"
	Stuck bool   // the relay cannot move: the queue or the database is away
}

// Status returns how the worker sees its surroundings now.
func (w *Worker) Status() Status {
	s := Status{Queue: "in process", Stuck: w.relay.down.Load()}
	if w.queue != nil {
		s.Queue = "redis"
	}
	return s
}

// Ping asks Redis whether it is there; without Redis there is nothing to ask.
func (w *Worker) Ping(ctx context.Context) error {
	if w.queue == nil {
		return nil
	}
	return w.queue.ping(ctx)
}
