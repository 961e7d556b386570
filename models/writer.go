package models

import (
	"cmp"
	"context"
	"slices"
	"sync"
	"sync/atomic"
	"time"

	"gorm.io/gorm"

	"github.com/shujie-gov/shujie/fault"
)

// groupSize bounds how many plans share one commit.
const groupSize = 64

// patience is how long a group waits for moves that were announced: those that
// are just being read and decided. They would have to wait for the whole commit
// otherwise. Nobody waits when nobody else is about to write.
const patience = 500 * time.Microsecond

// writeTimeout bounds one group; a database that takes longer is not there.
const writeTimeout = 30 * time.Second

// writer commits plans. While one commit is in flight the plans that arrive
// wait, and then all go together in the next: under load a commit is shared by
// many moves, and none waits for more than one other commit. Each is still checked
// by its own version and answered for itself.
type writer struct {
	s      *Store
	queue  chan *pending
	closed chan struct{}
	once   sync.Once
	done   sync.WaitGroup

	patience time.Duration
	coming   atomic.Int64 // announced and not handed in yet
}

// pending is a plan on its way. Answer gets exactly one value.
type pending struct {
	ctx    context.Context //nolint:containedctx // of the caller, asked once before the write begins
	plan   *plan
	answer chan answer
}

type answer struct {
	taken bool // false: the version had moved on
	err   error
}

func newWriter(s *Store) *writer {
	w := &writer{s: s, queue: make(chan *pending, groupSize), closed: make(chan struct{})}
	if s.d.name == postgresName {
		w.patience = patience // its commit waits for the disk; that of SQLite does not
	}
	w.done.Go(w.run)
	return w
}

// close waits for what was handed in.
func (w *writer) close() {
	w.once.Do(func() { close(w.closed) })
	w.done.Wait()
}

// announce says that a write is on its way; it ends in write, or in withdraw.
func (w *writer) announce() { w.coming.Add(1) }

func (w *writer) withdraw() { w.coming.Add(-1) }

// write hands in p, which was announced, and waits for its answer. A caller that goes away before the
// write begins is not written; afterwards the answer is awaited, so that nobody
// is told less than what happened.
func (w *writer) write(ctx context.Context, p *plan) (taken bool, err error) {
	e := &pending{ctx: ctx, plan: p, answer: make(chan answer, 1)}
	select {
	case <-w.closed:
		w.withdraw()
		return false, closing()
	case <-ctx.Done():
		w.withdraw()
		return false, dbError("write", ctx.Err())
	case w.queue <- e:
		w.withdraw()
	}
	select {
	case a := <-e.answer:
		return a.taken, a.err
	case <-w.closed:
	}
	// Closing: either the writer still took it, or it never will.
	w.done.Wait()
	select {
	case a := <-e.answer:
		return a.taken, a.err
	default:
		return false, closing()
	}
}

func closing() error {
	return fault.New(fault.Unavailable, "系统正在停机，请稍后再试。", "The system is shutting down; try again later.")
}

func (w *writer) run() {
	for {
		select {
		case first := <-w.queue:
			w.commit(w.gather(first))
		case <-w.closed:
			for {
				select {
				case first := <-w.queue:
					w.commit(w.gather(first))
				default:
					return
				}
			}
		}
	}
}

// gather takes what waits beside first.
func (w *writer) gather(first *pending) []*pending {
	group := make([]*pending, 0, groupSize)
	add := func(e *pending) {
		if err := e.ctx.Err(); err != nil {
			e.answer <- answer{err: dbError("write", err)}
			return
		}
		group = append(group, e)
	}
	var late <-chan time.Time
	for add(first); len(group) < groupSize; {
		select {
		case e := <-w.queue:
			add(e)
			continue
		default:
		}
		if w.coming.Load() == 0 || w.patience == 0 {
			return group
		}
		if late == nil {
			late = time.After(w.patience)
		}
		select {
		case e := <-w.queue:
			add(e)
		case <-late:
			return group
		}
	}
	return group
}

// commit writes a group and answers each of its members. When the database
// refuses the group, its members are written one by one, so that a bad one
// fails alone. When the database was lost, nobody knows whether it committed:
// nothing is tried again, and all are told so.
func (w *writer) commit(group []*pending) {
	if len(group) == 0 {
		return
	}
	// Groups that update the same cases meet them in one order.
	slices.SortStableFunc(group, func(a, b *pending) int { return cmp.Compare(a.plan.about(), b.plan.about()) })
	taken, err := w.apply(group)
	if err != nil && len(group) > 1 && refused(err) {
		for _, e := range group {
			w.commit([]*pending{e})
		}
		return
	}
	wake := false
	for i, e := range group {
		if err != nil {
			e.answer <- answer{err: dbError("write", err)}
			continue
		}
		wake = wake || taken[i] && len(e.plan.jobs) > 0
		e.answer <- answer{taken: taken[i]}
	}
	if wake {
		w.s.wake()
	}
}

func (w *writer) apply(group []*pending) ([]bool, error) {
	ctx, cancel := context.WithTimeout(context.Background(), writeTimeout)
	defer cancel()
	plans := make([]*plan, len(group))
	for i, e := range group {
		plans[i] = e.plan
	}
	if w.s.d.name == postgresName {
		return writePostgres(w.s.db.WithContext(ctx), plans)
	}
	var taken []bool
	err := w.s.alone(func() error {
		return w.s.db.WithContext(ctx).Transaction(func(tx *gorm.DB) (err error) {
			taken, err = writeSQLite(tx, plans)
			return err
		})
	})
	return taken, err
}
