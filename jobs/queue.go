package jobs

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"slices"
	"sync/atomic"
	"time"

	"github.com/hibiken/asynq"
	"github.com/redis/go-redis/v9"

	"github.com/shujie-gov/shujie/fault"
)

// The queues, one per concern, and how much of the workers' time each gets when
// all are busy.
const (
	critical = "critical" // cases that can go on
	fetches  = "fetch"    // calls over the platform
	ordinary = "default"  // telling and tidying
)

func queues() map[string]int { return map[string]int{critical: 6, fetches: 3, ordinary: 2} }

// queueOf returns the queue for work of a kind.
func queueOf(kind string) string {
	switch kind {
	case Advance{}.Kind():
		return critical
	case Fetch{}.Kind():
		return fetches
	}
	return ordinary
}

// checkInterval is how often an idle worker looks into Redis. At asynq's own
// second a job is picked up after 0.6 s in the middle, at 5 ms after 3 ms.
const checkInterval = 5 * time.Millisecond

// queue carries tickets over asynq on Redis.
type queue struct {
	redis   redis.UniversalClient
	client  atomic.Pointer[asynq.Client]
	look    *asynq.Inspector
	server  *asynq.Server
	handler asynq.Handler
	window  int             // tickets that may wait in all queues
	work    context.Context // asynq asks for it by a callback
}

func newQueue(opt asynq.RedisConnOpt, mux asynq.Handler, workers int, grace time.Duration, quiet *atomic.Bool, log *slog.Logger) (*queue, error) {
	rdb, err := connect(opt)
	if err != nil {
		return nil, err
	}
	q := &queue{redis: rdb, look: asynq.NewInspectorFromRedisClient(rdb), handler: mux, window: 8 * workers}
	q.client.Store(asynq.NewClientFromRedisClient(rdb))
	q.server = asynq.NewServerFromRedisClient(rdb, asynq.Config{
		Concurrency:       workers,
		Queues:            queues(),
		TaskCheckInterval: checkInterval,
		BaseContext:       func() context.Context { return q.work },
		ShutdownTimeout:   grace + settleLimit, // the work itself ends at grace
		Logger:            logger{log.With("part", "asynq"), quiet},
		LogLevel:          asynq.InfoLevel,
	})
	return q, nil
}

// room looks how many tickets wait in Redis, of all replicas together.
func (q *queue) room(context.Context) (int, error) {
	known, err := q.look.Queues()
	if err != nil {
		return 0, err
	}
	waiting := 0
	for name := range queues() {
		if !slices.Contains(known, name) {
			// Never used, or Redis was emptied. A client registers a queue once
			// in its life, so a new one is needed for it to be seen again.
			q.client.Store(asynq.NewClientFromRedisClient(q.redis))
			continue
		}
		info, err := q.look.GetQueueInfo(name)
		if err != nil {
			return 0, err
		}
		waiting += info.Pending
	}
	if waiting > q.window/2 {
		return 0, nil
	}
	return q.window - waiting, nil
}

// carry enqueues one task. The queue keeps nothing of it when it is done, and
// never retries: that is for the outbox.
func (q *queue) carry(ctx context.Context, id string, t *asynq.Task) error {
	_, err := q.client.Load().EnqueueContext(ctx, t,
		asynq.TaskID(id), asynq.Queue(queueOf(t.Type())), asynq.MaxRetry(0), asynq.Retention(0))
	if errors.Is(err, asynq.ErrTaskIDConflict) {
		return nil // an earlier try of ours did arrive
	}
	return err
}

func (q *queue) start(ctx context.Context) error {
	q.work = ctx
	return q.server.Start(q.handler)
}

func (q *queue) stop() {
	q.server.Shutdown()
	_ = q.redis.Close() // nothing is lost: Redis holds no truth
}

func (q *queue) ping(ctx context.Context) error {
	if err := q.redis.Ping(ctx).Err(); err != nil {
		return fault.Wrap(fault.Unavailable, err, "任务队列暂时不可用。", "The job queue does not answer.")
	}
	return nil
}

func connect(opt asynq.RedisConnOpt) (redis.UniversalClient, error) {
	rdb, ok := opt.MakeRedisClient().(redis.UniversalClient)
	if !ok {
		return nil, fmt.Errorf("no Redis client can be made of %T", opt)
	}
	return rdb, nil
}
