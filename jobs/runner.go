package jobs

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"runtime/debug"
	"time"

	"github.com/shujie-gov/shujie/fault"
	"github.com/shujie-gov/shujie/models"
)

// rows is what a runner needs of the outbox.
type rows interface {
	Job(ctx context.Context, id int64) (models.Job, error)
	FinishJob(ctx context.Context, id int64) error
	RetryJob(ctx context.Context, id int64, at time.Time, counted bool, reason string) error
	BuryJob(ctx context.Context, id int64, reason string) error
}

// settleLimit bounds how long the outcome of a job may take to be written.
const settleLimit = 5 * time.Second

// runner does one attempt at a row and writes what came of it.
type runner struct {
	rows    rows
	now     func() time.Time
	log     *slog.Logger
	limit   time.Duration // one attempt may take so long
	backoff Backoff
	count   *counters
	settled func()        // called after each ticket
	stop    chan struct{} // closed when no new work shall begin
}

// do works on the row of a ticket, unless the ticket is out of date: the lease
// has run out, the row is done or buried, or another attempt has begun. Errors
// of the database end the attempt without a trace; the row is due again when
// its lease has run out.
func (r *runner) do(ctx context.Context, kind string, tk ticket, work func(context.Context, models.Job, bool) error) {
	defer r.settled()
	left := tk.Until.Sub(r.now())
	if left <= 0 {
		r.count.late.Add(1)
		return
	}
	log := r.log.With("job", tk.ID, "kind", kind)
	select {
	case <-r.stop:
		r.settle(ctx, log, tk.ID, verdict{act: again, at: r.now(), reason: "the worker stopped before it began"})
		return
	default:
	}
	j, err := r.rows.Job(ctx, tk.ID)
	switch {
	case fault.KindOf(err) == fault.NotFound:
		return
	case err != nil:
		log.WarnContext(ctx, "job not read", "err", err)
		return
	case j.Dead || j.Attempt != tk.Attempt || j.Kind != kind:
		r.count.late.Add(1)
		return
	}
	last := j.Attempt+1 >= r.backoff.Attempts
	err = r.attempt(ctx, min(left, r.limit), func(ctx context.Context) error { return work(ctx, j, last) })
	if err != nil && ctx.Err() != nil && !errors.Is(err, errParked) {
		err = later(0, "the worker stopped: "+err.Error()) // not the job's failure
	}
	r.settle(ctx, log, j.ID, r.backoff.verdict(j.Attempt, err, r.now()))
}

// attempt calls work within a time limit; a panic is an error of it.
func (r *runner) attempt(ctx context.Context, limit time.Duration, work func(context.Context) error) (err error) {
	ctx, cancel := context.WithTimeout(ctx, limit)
	defer cancel()
	defer func() {
		if p := recover(); p != nil {
			r.count.panicked.Add(1)
			r.log.ErrorContext(ctx, "job panicked", "panic", p, "stack", string(debug.Stack()))
			err = fmt.Errorf("panic: %v", p)
		}
	}()
	return work(ctx)
}

// settle writes the verdict into the row, even when the worker is stopping.
func (r *runner) settle(ctx context.Context, log *slog.Logger, id int64, v verdict) {
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), settleLimit)
	defer cancel()
	var err error
	switch v.act {
	case finish:
		r.count.done.Add(1)
		err = r.rows.FinishJob(ctx, id)
	case retry:
		r.count.retried.Add(1)
		log.InfoContext(ctx, "job failed, it is tried again", "at", v.at, "reason", v.reason)
		err = r.rows.RetryJob(ctx, id, v.at, true, v.reason)
	case again:
		r.count.parked.Add(1)
		log.DebugContext(ctx, "job waits", "at", v.at, "reason", v.reason)
		err = r.rows.RetryJob(ctx, id, v.at, false, v.reason)
	case hold:
		r.count.parked.Add(1)
		return
	case bury:
		r.count.buried.Add(1)
		log.ErrorContext(ctx, "job given up", "reason", v.reason)
		err = r.rows.BuryJob(ctx, id, v.reason)
	}
	if err != nil && fault.KindOf(err) != fault.NotFound {
		log.WarnContext(ctx, "job not settled, it runs again after its lease", "err", err)
	}
}

// outcome of an attempt.
type outcome int

const (
	finish outcome = iota // done
	retry                 // failed; another attempt follows
	again                 // had to wait; not counted as an attempt
	bury                  // given up
	hold                  // waits, as its row says already
)

// verdict is what becomes of a row.
type verdict struct {
	act    outcome
	at     time.Time // when it is due again
	reason string
}

// postponed is the error of work that waits for something and has not failed.
type postponed struct {
	wait   time.Duration
	until  time.Time // instead of wait
	reason string
}

func (p *postponed) Error() string { return p.reason }

// later puts the work off without counting an attempt.
func later(wait time.Duration, reason string) error { return &postponed{wait: wait, reason: reason} }

// Backoff says how often and when a job that failed is tried again.
type Backoff struct {
	Attempts int            // counted attempts before it is given up
	Base     time.Duration  // the wait after the first failure; each further one waits twice as long
	Max      time.Duration  // no wait is longer
	Rand     func() float64 // in [0,1): spreads the waits over their upper half
}

// wait returns how long to wait after so many failures before this one.
func (b Backoff) wait(failed int) time.Duration {
	d := b.Max
	if b.Base <= b.Max>>failed { // the other way round it would overflow
		d = b.Base << failed
	}
	return d/2 + time.Duration(b.Rand()*float64(d/2))
}

// verdict decides what follows from the error of an attempt. Temporary faults
// and what nobody classified, among it a panic and a time limit, count as a
// failed attempt; the others would fail for ever.
func (b Backoff) verdict(failed int, err error, now time.Time) verdict {
	var p *postponed
	switch {
	case err == nil:
		return verdict{act: finish}
	case errors.Is(err, errParked):
		return verdict{act: hold}
	case errors.As(err, &p) && !p.until.IsZero():
		return verdict{act: again, at: p.until, reason: p.reason}
	case errors.As(err, &p):
		return verdict{act: again, at: now.Add(p.wait), reason: p.reason}
	case permanent(err):
		return verdict{act: bury, reason: clip(err.Error())}
	case failed+1 >= b.Attempts:
		return verdict{act: bury, reason: clip(fmt.Sprintf("attempt %d was the last: %v", failed+1, err))}
	}
	return verdict{act: retry, at: now.Add(b.wait(failed)), reason: clip(err.Error())}
}

// permanent reports whether the same work would fail again whatever happens.
func permanent(err error) bool {
	switch fault.KindOf(err) {
	case fault.Invalid, fault.NotFound, fault.Forbidden, fault.Unauth, fault.Conflict:
		return true
	case fault.Internal, fault.Stale, fault.Unavailable:
	}
	return false
}

// clip bounds what a row keeps of an error.
func clip(s string) string {
	if r := []rune(s); len(r) > 500 {
		return string(r[:500]) + "…"
	}
	return s
}
