package main

import (
	"context"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"strconv"
	"strings"
	"time"
)

// soakWorker is a worker in a process of its own, and how much memory it took.
type soakWorker struct {
	cmd    *exec.Cmd
	killed bool
	sizes  []int64 // resident kilobytes, second by second
}

// start starts this program as a worker.
func (s *soak) start(ctx context.Context) error {
	self, err := os.Executable()
	if err != nil {
		return err
	}
	// It is stopped by hand: a worker that is started in the middle outlives the
	// one who started it.
	cmd := exec.CommandContext(context.WithoutCancel(ctx), self, "serve", "--role=worker") //nolint:gosec // it is this program
	cmd.Env = append(os.Environ(), s.environ...)
	cmd.Stderr = os.Stderr
	if err := cmd.Start(); err != nil {
		return err
	}
	s.workers = append(s.workers, &soakWorker{cmd: cmd})
	return nil
}

func (w *soakWorker) stop() error {
	if w.killed {
		return nil
	}
	if err := w.cmd.Process.Signal(os.Interrupt); err != nil {
		return err
	}
	return w.cmd.Wait()
}

func (w *soakWorker) kill() error {
	w.killed = true
	if err := w.cmd.Process.Kill(); err != nil {
		return err
	}
	_ = w.cmd.Wait() // it says that it was killed
	return nil
}

// look notes how much memory the process takes, where the system tells.
func (w *soakWorker) look() {
	text, err := os.ReadFile(fmt.Sprintf("/proc/%d/status", w.cmd.Process.Pid))
	if err != nil || w.killed {
		return
	}
	for line := range strings.Lines(string(text)) {
		if v, ok := strings.CutPrefix(line, "VmRSS:"); ok {
			if kb, err := strconv.ParseInt(strings.Fields(v)[0], 10, 64); err == nil {
				w.sizes = append(w.sizes, kb)
			}
		}
	}
}

// mishap is what goes wrong when so large a part of the fetches has ended.
type mishap struct {
	at   float64
	what string
	do   func(context.Context) error
}

func (s *soak) mishaps() []mishap {
	flush := func(ctx context.Context) error { return s.redis.FlushDB(ctx).Err() }
	return []mishap{
		{0.10, "Redis is emptied", flush},
		{0.20, "the platform answers 503", s.platform.fail},
		{0.40, "a worker is killed", func(ctx context.Context) error {
			return errors.Join(s.workers[0].kill(), s.start(ctx))
		}},
		{0.50, "nobody can connect to the platform", s.platform.vanish},
		{0.70, "Redis is emptied", flush},
	}
}

// allow lets cases be filed up to a little more than the next mishap waits for:
// what is filed while one lasts meets it.
func (s *soak) allow(next []mishap) {
	part := 1.0
	if len(next) > 0 {
		part = next[0].at + 0.05
	}
	s.allowed.Store(int64(part * float64(s.o.fetches)))
}

// disturb lets things go wrong one after the other, until every fetch has ended
// and no job waits.
func (s *soak) disturb(ctx context.Context) error {
	tick := time.NewTicker(time.Second)
	defer tick.Stop()
	next := s.mishaps()
	s.allow(next)
	for n := 0; ; n++ {
		select {
		case <-ctx.Done():
			return ctx.Err()
		case <-tick.C:
		}
		for _, w := range s.workers {
			w.look()
		}
		var ended, jobs int64
		err := s.db.QueryRow(ctx, `SELECT (SELECT count(*) FROM requirements WHERE status NOT IN ('open', 'fetching', 'parked')),
			(SELECT count(*) FROM outbox WHERE NOT dead)`).Scan(&ended, &jobs)
		if err != nil {
			return err
		}
		if n%10 == 0 {
			fmt.Fprintf(s.out, "%4d s: %d filed, %d ended, %d jobs wait\n", n, s.filed.Load(), ended, jobs)
		}
		if len(next) > 0 && float64(ended) >= next[0].at*float64(s.o.fetches) {
			fmt.Fprintf(s.out, "%4d s: %s\n", n, next[0].what)
			s.allow(next[1:])
			if err := next[0].do(ctx); err != nil {
				return fmt.Errorf("%s: %w", next[0].what, err)
			}
			next = next[1:]
		}
		if ended == int64(s.o.fetches) && jobs == 0 && len(next) == 0 {
			return nil
		}
	}
}
