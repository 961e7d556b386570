package jobs

import (
	"context"
	"log/slog"
	"sync"
	"sync/atomic"

	"github.com/hibiken/asynq"
)

// inline carries tickets to a pool of workers in this process: the embedded
// mode, and most tests.
type inline struct {
	mux     asynq.Handler
	log     *slog.Logger
	workers int
	tasks   chan *asynq.Task // as many wait as work
	busy    atomic.Int64     // tickets that wait or work
	freed   func()           // called after each ticket
	wg      sync.WaitGroup
}

func newInline(mux asynq.Handler, workers int, freed func(), log *slog.Logger) *inline {
	return &inline{mux: mux, log: log, workers: workers, freed: freed, tasks: make(chan *asynq.Task, 2*workers)}
}

func (c *inline) room(context.Context) (int, error) {
	busy := int(c.busy.Load())
	if busy > c.workers {
		return 0, nil
	}
	return 2*c.workers - busy, nil
}

func (c *inline) carry(ctx context.Context, _ string, t *asynq.Task) error {
	c.busy.Add(1)
	select {
	case c.tasks <- t:
		return nil
	case <-ctx.Done():
		c.busy.Add(-1)
		return ctx.Err()
	}
}

func (c *inline) start(ctx context.Context) error {
	for range c.workers {
		c.wg.Go(func() {
			for t := range c.tasks {
				if err := c.mux.ProcessTask(ctx, t); err != nil {
					c.log.ErrorContext(ctx, "task not processed", "kind", t.Type(), "err", err)
				}
				c.busy.Add(-1)
				c.freed()
			}
		})
	}
	return nil
}

func (c *inline) stop() {
	close(c.tasks)
	c.wg.Wait()
}
