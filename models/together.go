package models

import (
	"context"
	"sync"
	"sync/atomic"
	"time"

	"github.com/shujie-gov/shujie/fault"
)

// groupSize bounds how many callers are served together.
const groupSize = 64

// serveTimeout bounds one group; a database that takes longer is not there.
const serveTimeout = 30 * time.Second

// together serves callers in groups. While one group is being served the callers
// that arrive wait, and then all go together in the next: under load a commit, or
// a look, is shared by many, and none waits for more than one other. Each is
// answered for itself.
type together[Q, A any] struct {
	what  string // is done, a word for the log
	serve func(ctx context.Context, group []Q) ([]A, error)
	queue chan *asking[Q, A]

	patience time.Duration // how long a group waits for callers that were announced
	coming   atomic.Int64  // announced and not here yet

	closed chan struct{}
	once   sync.Once
	done   sync.WaitGroup
}

// asking is a caller on the way. Answer gets exactly one value.
type asking[Q, A any] struct {
	ctx    context.Context //nolint:containedctx // of the caller, asked once before it is served
	q      Q
	answer chan answer[A]
}

type answer[A any] struct {
	a   A
	err error
}

// newTogether serves so many groups at once as there are lanes. An error of
// serve is that of every caller in the group.
func newTogether[Q, A any](what string, lanes int, patience time.Duration, serve func(ctx context.Context, group []Q) ([]A, error)) *together[Q, A] {
	t := &together[Q, A]{
		what: what, serve: serve, patience: patience,
		queue: make(chan *asking[Q, A], groupSize), closed: make(chan struct{}),
	}
	for range lanes {
		t.done.Go(t.run)
	}
	return t
}

// close waits for what was handed in.
func (t *together[Q, A]) close() {
	t.once.Do(func() { close(t.closed) })
	t.done.Wait()
}

// announce says that a caller is on the way; withdraw, that it is here or will
// not come.
func (t *together[Q, A]) announce() { t.coming.Add(1) }

func (t *together[Q, A]) withdraw() { t.coming.Add(-1) }

// ask hands in q and waits for its answer. A caller that goes away before it is
// served is not served; afterwards the answer is awaited, so that nobody is told
// less than what happened.
func (t *together[Q, A]) ask(ctx context.Context, q Q) (A, error) {
	var none A
	e := &asking[Q, A]{ctx: ctx, q: q, answer: make(chan answer[A], 1)}
	select {
	case <-t.closed:
		return none, closing()
	case <-ctx.Done():
		return none, dbError(t.what, ctx.Err())
	case t.queue <- e:
	}
	select {
	case got := <-e.answer:
		return got.a, got.err
	case <-t.closed:
	}
	// Closing: either a lane still took it, or none ever will.
	t.done.Wait()
	select {
	case got := <-e.answer:
		return got.a, got.err
	default:
		return none, closing()
	}
}

func closing() error {
	return fault.New(fault.Unavailable, "系统正在停机，请稍后再试。", "The system is shutting down; try again later.")
}

func (t *together[Q, A]) run() {
	for {
		select {
		case first := <-t.queue:
			t.answer(t.gather(first))
		case <-t.closed:
			for {
				select {
				case first := <-t.queue:
					t.answer(t.gather(first))
				default:
					return
				}
			}
		}
	}
}

// gather takes what waits beside first.
func (t *together[Q, A]) gather(first *asking[Q, A]) []*asking[Q, A] {
	group := make([]*asking[Q, A], 0, groupSize)
	add := func(e *asking[Q, A]) {
		if err := e.ctx.Err(); err != nil {
			e.answer <- answer[A]{err: dbError(t.what, err)}
			return
		}
		group = append(group, e)
	}
	var late <-chan time.Time
	for add(first); len(group) < groupSize; {
		select {
		case e := <-t.queue:
			add(e)
			continue
		default:
		}
		if t.coming.Load() == 0 || t.patience == 0 {
			return group
		}
		if late == nil {
			late = time.After(t.patience)
		}
		select {
		case e := <-t.queue:
			add(e)
		case <-late:
			return group
		}
	}
	return group
}

// answer serves a group and answers each of its callers. When the database
// refuses the group, they are served one by one, so that a bad one fails alone.
// When the database was lost, nobody knows what it did: nothing is tried again,
// and all are told so.
func (t *together[Q, A]) answer(group []*asking[Q, A]) {
	if len(group) == 0 {
		return
	}
	ctx, cancel := context.WithTimeout(context.Background(), serveTimeout)
	defer cancel()
	list := make([]Q, len(group))
	for i, e := range group {
		list[i] = e.q
	}
	got, err := t.serve(ctx, list)
	if err != nil && len(group) > 1 && refused(err) {
		for _, e := range group {
			t.answer([]*asking[Q, A]{e})
		}
		return
	}
	for i, e := range group {
		if err != nil {
			e.answer <- answer[A]{err: dbError(t.what, err)}
			continue
		}
		e.answer <- answer[A]{a: got[i]}
	}
}
