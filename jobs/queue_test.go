package jobs

import (
	"context"
	"encoding/json"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/hibiken/asynq"
)

// onRedis makes a queue with a handler that notes the payloads it is given.
func onRedis(t *testing.T, opt asynq.RedisClientOpt, workers int, handle asynq.HandlerFunc) *queue {
	t.Helper()
	flush(t, opt)
	q, err := newQueue(opt, handle, workers, time.Second, &atomic.Bool{}, quietLog())
	if err != nil {
		t.Fatal(err)
	}
	return q
}

func TestHandingOverTwiceIsHandingOverOnce(t *testing.T) {
	opt, ok := testRedis(t)
	if !ok {
		return
	}
	var mu sync.Mutex
	got := map[string]int{}
	done := make(chan struct{}, 10)
	q := onRedis(t, opt, 2, func(_ context.Context, task *asynq.Task) error {
		mu.Lock()
		defer mu.Unlock()
		got[string(task.Payload())]++
		done <- struct{}{}
		return nil
	})
	carry := func(tk ticket) {
		t.Helper()
		payload, _ := json.Marshal(tk)
		if err := q.carry(bounded(t), tk.taskID(), asynq.NewTask(Fetch{}.Kind(), payload)); err != nil {
			t.Fatal(err)
		}
	}
	now := newClock().now()
	carry(ticket{1, 0, now})
	carry(ticket{1, 0, now})
	carry(ticket{1, 1, now})                  // the next attempt
	carry(ticket{1, 1, now.Add(time.Minute)}) // the same attempt under a new lease
	if err := q.start(t.Context()); err != nil {
		t.Fatal(err)
	}
	for range 3 {
		select {
		case <-done:
		case <-bounded(t).Done():
			t.Fatal("a task did not arrive")
		}
	}
	q.stop()
	mu.Lock()
	defer mu.Unlock()
	if len(got) != 3 {
		t.Errorf("arrived: %v", got)
	}
	for payload, n := range got {
		if n != 1 {
			t.Errorf("%s arrived %d times", payload, n)
		}
	}
}

func TestTheQueueHasRoomForSoManyAndSeesItselfAgainAfterItWasEmptied(t *testing.T) {
	opt, ok := testRedis(t)
	if !ok {
		return
	}
	q := onRedis(t, opt, 1, func(context.Context, *asynq.Task) error { return nil }) // nobody works
	defer func() { _ = q.redis.Close() }()
	ctx := bounded(t)
	room := func(want int) {
		t.Helper()
		if n, err := q.room(ctx); err != nil || n != want {
			t.Fatalf("room for %d (%v), want %d", n, err, want)
		}
	}
	fill := func(lease, n int) {
		t.Helper()
		for id := range n {
			tk := ticket{int64(id + 1), lease, time.Unix(1, 0)}
			if err := q.carry(ctx, tk.taskID(), asynq.NewTask(Advance{}.Kind(), nil)); err != nil {
				t.Fatal(err)
			}
		}
	}
	room(8)
	fill(0, 3)
	room(5)
	fill(1, 2)
	room(0) // more than half full: it waits until there is room for a gulp
	flush(t, opt)
	room(8)
	fill(0, 3)
	room(5) // the queue is seen again, though Redis forgot that it exists
}

func TestEveryKindHasItsQueue(t *testing.T) {
	for kind, want := range map[string]string{
		Advance{}.Kind(): critical, Fetch{}.Kind(): fetches, Notify{}.Kind(): ordinary, Destroy{}.Kind(): ordinary,
	} {
		if got := queueOf(kind); got != want || queues()[got] == 0 {
			t.Errorf("%s is carried by %q", kind, got)
		}
	}
}
