package jobs

import (
	"context"
	"log/slog"
	"sync"
	"time"
)

// resumeGap spreads the jobs that waited for a platform: not more than one in
// so long is let at it when it is back.
const resumeGap = 10 * time.Millisecond

// platform keeps one incident where there would be thousands of failures
// (docs/design.md, invariant 6). While the platform is away its jobs are parked
// without being tried; when the time to wait is over one is let through, and
// what becomes of it decides for the others.
type platform struct {
	now    func() time.Time
	log    *slog.Logger
	spread func() float64

	mu     sync.Mutex
	away   bool
	since  time.Time
	until  time.Time          // nobody asks before
	pause  time.Duration      // the last time to wait that was given
	parked map[int64]struct{} // jobs that wait in this incident
}

func newPlatform(now func() time.Time, spread func() float64, log *slog.Logger) *platform {
	return &platform{now: now, log: log, spread: spread, parked: map[int64]struct{}{}}
}

// enter returns how long the job must wait, 0 when it may call now. Who may
// call reports back by leave.
func (p *platform) enter(job int64) time.Duration {
	p.mu.Lock()
	defer p.mu.Unlock()
	if !p.away {
		return 0
	}
	now := p.now()
	if now.Before(p.until) {
		return p.park(job)
	}
	p.until = now.Add(p.pause) // the others wait for what becomes of this one
	return 0
}

// leave notes what became of a call: wait is how long the platform asks not to
// be called (0: it did not say so), answered that it gave an answer at all. It
// returns how long the job must wait, 0 when the call counts.
func (p *platform) leave(ctx context.Context, job int64, wait time.Duration, answered bool) time.Duration {
	p.mu.Lock()
	defer p.mu.Unlock()
	switch {
	case answered:
		if p.away {
			p.log.InfoContext(ctx, "exchange platform answers again", "after", p.now().Sub(p.since), "parked", len(p.parked))
			p.away = false
			clear(p.parked)
		}
		return 0
	case wait > 0:
		if !p.away {
			p.away, p.since = true, p.now()
			p.log.WarnContext(ctx, "exchange platform is away, its jobs are parked", "wait", wait)
		}
		p.pause = wait
	case !p.away:
		return 0 // a failure of this call alone, as far as anybody knows
	}
	p.until = p.now().Add(p.pause)
	return p.park(job)
}

// park returns a time to wait that lets the parked jobs come back one after the
// other.
func (p *platform) park(job int64) time.Duration {
	p.parked[job] = struct{}{}
	window := max(p.pause, time.Duration(len(p.parked))*resumeGap)
	return max(p.until.Sub(p.now()), 0) + time.Duration(p.spread()*float64(window)) + time.Millisecond
}

// state reports whether the platform is away, since when, and how many jobs
// wait for it.
func (p *platform) state() (away bool, since time.Time, parked int) {
	p.mu.Lock()
	defer p.mu.Unlock()
	return p.away, p.since, len(p.parked)
}
