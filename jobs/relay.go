package jobs

import (
	"context"
	"encoding/json"
	"fmt"
	"log/slog"
	"sync/atomic"
	"time"

	"github.com/hibiken/asynq"

	"github.com/shujie-gov/shujie/models"
)

// source is what the relay needs of the outbox.
type source interface {
	ClaimJobs(ctx context.Context, lease time.Duration, limit int) ([]models.Job, error)
	RetryJob(ctx context.Context, id int64, at time.Time, counted bool, reason string) error
	BuryJob(ctx context.Context, id int64, reason string) error
	Committed() <-chan struct{}
}

// carrier brings tickets to the mux.
type carrier interface {
	// room returns how many tickets it would take now. It takes them in gulps: a
	// full carrier has room again when it is half empty.
	room(ctx context.Context) (int, error)
	// carry takes one ticket; taking it twice is taking it once.
	carry(ctx context.Context, id string, t *asynq.Task) error
	start(ctx context.Context) error // ctx is what the work runs under
	stop()                           // waits for the work that has begun
}

// The pace of the relay.
const (
	claimBatch = 256                    // rows leased at once
	claimPace  = 2 * time.Millisecond   // rest between two turns, so that rows come in batches
	firstPause = 100 * time.Millisecond // after a failed turn; doubled up to
	lastPause  = 5 * time.Second
)

// relay hands rows that are due to the carrier. It is woken by a commit of this
// process, by the carrier when it has room again, and by a ticker.
type relay struct {
	rows    source
	carrier carrier
	mux     *Mux
	now     func() time.Time
	log     *slog.Logger
	lease   time.Duration
	poll    time.Duration
	count   *counters

	freed chan struct{}
	full  atomic.Bool // the carrier had no room when asked
	down  atomic.Bool // the last turn failed
	held  []parcel    // leased rows that the carrier has not taken yet
}

// parcel is a leased row on its way to the carrier.
type parcel struct {
	kind string
	tk   ticket
}

// run turns until ctx ends.
func (r *relay) run(ctx context.Context) {
	tick := time.NewTicker(r.poll)
	defer tick.Stop()
	pause := firstPause
	var since time.Time
	for ctx.Err() == nil {
		more, err := r.turn(ctx)
		switch {
		case ctx.Err() != nil: // stopped; what failed did so for that
			continue
		case err != nil:
			if !r.down.Swap(true) {
				since = r.now()
				r.log.WarnContext(ctx, "outbox waits: its rows stay due", "err", err)
			}
			rest(ctx, pause)
			pause = min(2*pause, lastPause)
			continue
		case r.down.Swap(false):
			r.log.InfoContext(ctx, "outbox moves again", "after", r.now().Sub(since))
		}
		pause = firstPause
		if more {
			continue
		}
		select {
		case <-ctx.Done():
		case <-r.rows.Committed():
			rest(ctx, claimPace)
		case <-r.freed:
		case <-tick.C:
		}
	}
	r.giveBack(context.WithoutCancel(ctx))
}

// wake says that the carrier may have room again.
func (r *relay) wake() {
	if !r.full.Load() {
		return
	}
	select {
	case r.freed <- struct{}{}:
	default:
	}
}

// turn leases as many rows as the carrier has room for and hands them over. It
// reports whether there may be more.
func (r *relay) turn(ctx context.Context) (more bool, err error) {
	if err := r.handOver(ctx); err != nil {
		return false, err
	}
	r.full.Store(true) // before asking, or a wake in between is lost
	room, err := r.carrier.room(ctx)
	if err != nil || room <= 0 {
		return false, err
	}
	r.full.Store(false)
	limit := min(room, claimBatch)
	until := r.now().Add(r.lease)
	jobs, err := r.claim(ctx, limit)
	if err != nil {
		return false, fmt.Errorf("claiming jobs: %w", err)
	}
	r.count.claimed.Add(int64(len(jobs)))
	for _, j := range jobs {
		if r.mux.knows(j.Kind) {
			r.held = append(r.held, parcel{j.Kind, ticket{ID: j.ID, Attempt: j.Attempt, Until: until}})
			continue
		}
		r.count.buried.Add(1)
		r.log.ErrorContext(ctx, "job of an unknown kind given up", "job", j.ID, "kind", j.Kind)
		if err := r.rows.BuryJob(ctx, j.ID, "no work of this kind: "+j.Kind); err != nil {
			return false, err
		}
	}
	return len(jobs) == limit, r.handOver(ctx)
}

// claim leases rows. A stop does not cut it off: what was leased by a call whose
// answer nobody heard could not be given back, and would wait for its lease.
func (r *relay) claim(ctx context.Context, limit int) ([]models.Job, error) {
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), settleLimit)
	defer cancel()
	return r.rows.ClaimJobs(ctx, r.lease, limit)
}

// handOver gives the carrier what the relay holds. What the carrier does not
// take is held and tried again, as long as its lease lasts.
func (r *relay) handOver(ctx context.Context) error {
	for len(r.held) > 0 {
		p := r.held[0]
		if r.now().Before(p.tk.Until) {
			payload, err := json.Marshal(p.tk)
			if err != nil {
				return err
			}
			if err := r.carrier.carry(ctx, p.tk.taskID(), asynq.NewTask(p.kind, payload)); err != nil {
				return fmt.Errorf("handing over jobs: %w", err)
			}
		}
		r.held = r.held[1:]
	}
	return nil
}

// giveBack makes the rows due again that the relay still holds when it stops.
func (r *relay) giveBack(ctx context.Context) {
	ctx, cancel := context.WithTimeout(ctx, settleLimit)
	defer cancel()
	for _, p := range r.held {
		if err := r.rows.RetryJob(ctx, p.tk.ID, r.now(), false, "the worker stopped before it began"); err != nil {
			r.log.WarnContext(ctx, "job not given back, it runs again after its lease", "job", p.tk.ID, "err", err)
		}
	}
	r.held = nil
}

// rest waits for d or the end of ctx.
func rest(ctx context.Context, d time.Duration) {
	t := time.NewTimer(d)
	defer t.Stop()
	select {
	case <-ctx.Done():
	case <-t.C:
	}
}
