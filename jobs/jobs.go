package jobs

import (
	"context"
	"encoding/json"
	"fmt"
	"strings"
	"time"

	"github.com/hibiken/asynq"

	"github.com/shujie-gov/shujie/fault"
	"github.com/shujie-gov/shujie/models"
	"github.com/shujie-gov/shujie/workflow"
)

// Job is the arguments of one kind of work, as the outbox row holds them.
type Job interface {
	// Kind is the name of the work in the outbox and of the task in the queue.
	Kind() string
}

// Task is one attempt at a job.
type Task[T Job] struct {
	ID      int64           // of the outbox row
	Case    workflow.CaseID // the case it is about
	Attempt int             // counted from 1
	Last    bool            // the job is buried when this attempt fails
	Args    T
}

// ticket is the payload of a task: which row, and until when it is ours. The
// row says what is to be done.
type ticket struct {
	ID      int64     `json:"id"`
	Attempt int       `json:"attempt"` // attempts that had failed when it was written
	Until   time.Time `json:"until"`   // the row is leased to the holder until then
}

// taskID identifies the handing over of one attempt under one lease. Handing
// over twice is a conflict that says it was done already; a copy that a crash
// left behind has another id, so it cannot be in the way.
func (t ticket) taskID() string {
	return fmt.Sprintf("outbox:%d:%d:%d", t.ID, t.Attempt, t.Until.UnixMilli())
}

// Mux knows the work of each kind. The same mux serves every carrier.
type Mux struct {
	serve *asynq.ServeMux
	run   *runner
	kinds map[string]bool
}

func newMux(run *runner) *Mux {
	return &Mux{serve: asynq.NewServeMux(), run: run, kinds: map[string]bool{}}
}

// Handle registers fn as the work of the kind of T. asynq finds handlers by
// prefix, so a kind that is a prefix of another is refused.
func Handle[T Job](m *Mux, fn func(context.Context, Task[T]) error) error {
	var zero T
	kind := zero.Kind()
	for other := range m.kinds {
		if strings.HasPrefix(other, kind) || strings.HasPrefix(kind, other) {
			return fmt.Errorf("job kind %q and %q: one is a prefix of the other", kind, other)
		}
	}
	m.kinds[kind] = true
	m.serve.HandleFunc(kind, func(ctx context.Context, t *asynq.Task) error {
		var tk ticket
		if err := json.Unmarshal(t.Payload(), &tk); err != nil {
			return fmt.Errorf("ticket of a task %s: %w: %w", kind, err, asynq.SkipRetry)
		}
		if tk.ID == 0 {
			return fmt.Errorf("a task %s names no row: %w", kind, asynq.SkipRetry)
		}
		m.run.do(ctx, kind, tk, func(ctx context.Context, j models.Job, last bool) error {
			task := Task[T]{ID: j.ID, Case: j.Case, Attempt: j.Attempt + 1, Last: last}
			if err := decode(j.Args, &task.Args); err != nil {
				return fault.Wrap(fault.Invalid, err, "任务参数无法读取", "the arguments of the job cannot be read")
			}
			return fn(ctx, task)
		})
		return nil
	})
	return nil
}

// decode reads the arguments of a row; a row without any is the zero value.
func decode(args json.RawMessage, v any) error {
	if len(args) == 0 || string(args) == "null" {
		return nil
	}
	return json.Unmarshal(args, v)
}

// knows reports whether there is work of this kind. The lookup by prefix of the
// asynq mux would give a row of an unknown kind to a stranger's handler.
func (m *Mux) knows(kind string) bool { return m.kinds[kind] }

// ProcessTask implements asynq.Handler. An error is a defect of the program:
// whatever happens to a job is written into its row.
func (m *Mux) ProcessTask(ctx context.Context, t *asynq.Task) error {
	if !m.knows(t.Type()) {
		return fmt.Errorf("no work of kind %q: %w", t.Type(), asynq.SkipRetry)
	}
	return m.serve.ProcessTask(ctx, t)
}
