package models

import (
	"cmp"
	"context"
	"encoding/json"
	"slices"
	"strings"
	"time"

	"gorm.io/gorm"

	"github.com/shujie-gov/shujie/workflow"
)

// Job is a row of the outbox: work that follows a committed move. A row lives
// until its work is done. Attempts, next time and last error are kept here and
// nowhere else.
type Job struct {
	ID        int64
	Kind      string
	Case      workflow.CaseID
	Args      json.RawMessage
	Attempt   int // attempts that failed so far
	DueAt     time.Time
	Dead      bool // given up; waits for an operator
	LastError string
}

// jobRow is a row of outbox.
type jobRow struct {
	I int `json:"i" gorm:"-"` // index of its plan, see statement

	ID        int64  `json:"-"`
	Kind      string `json:"kind"`
	CaseID    int64  `json:"case_id"`
	Args      string `json:"args"`
	Attempt   int    `json:"-"`
	DueAt     stamp  `json:"due_at"`
	FreeAt    stamp  `json:"free_at"` // when it may be claimed: due_at, or the end of the lease
	Dead      bool   `json:"-"`
	LastError string `json:"-"`
	CreatedAt stamp  `json:"created_at"`
}

// TableName implements schema.Tabler.
func (jobRow) TableName() string { return "outbox" }

func (r jobRow) job() Job {
	return Job{
		ID: r.ID, Kind: r.Kind, Case: workflow.CaseID(r.CaseID), Args: json.RawMessage(r.Args),
		Attempt: r.Attempt, DueAt: r.DueAt.Time, Dead: r.Dead, LastError: r.LastError,
	}
}

// ClaimJobs returns up to limit jobs that are due and not leased, the oldest
// first, and leases them. A job whose lease ran out is claimed again: whoever
// carried it may have lost it.
func (s *Store) ClaimJobs(ctx context.Context, lease time.Duration, limit int) ([]Job, error) {
	now := s.now()
	skip := ""
	if s.d.name == postgresName {
		skip = " FOR UPDATE SKIP LOCKED"
	}
	var rows []jobRow
	err := s.alone(func() error {
		return s.read(ctx).Raw(`UPDATE outbox SET free_at = ? WHERE id IN (
			SELECT id FROM outbox WHERE NOT dead AND free_at <= ? ORDER BY free_at, id LIMIT ?`+skip+`) RETURNING *`,
			at(now.Add(lease)), at(now), limit).Scan(&rows).Error
	})
	if err != nil {
		return nil, dbError("outbox", err)
	}
	slices.SortFunc(rows, func(a, b jobRow) int { return cmp.Compare(a.ID, b.ID) })
	jobs := make([]Job, len(rows))
	for i, r := range rows {
		jobs[i] = r.job()
	}
	return jobs, nil
}

// ReleaseJobs ends every lease: whoever held one is gone. It is for an embedded
// database that was just opened, which has one process; what a crash interrupted
// need not wait for its lease to run out.
func (s *Store) ReleaseJobs(ctx context.Context) error {
	return dbError("outbox", s.alone(func() error {
		return s.read(ctx).Exec("UPDATE outbox SET free_at = due_at WHERE NOT dead AND free_at > due_at").Error
	}))
}

// Job returns a job that is not done yet, NotFound when it is.
func (s *Store) Job(ctx context.Context, id int64) (Job, error) {
	var row jobRow
	if err := s.read(ctx).Where("id = ?", id).Take(&row).Error; err != nil {
		return Job{}, dbError("job", err)
	}
	return row.job(), nil
}

// FinishJob removes a job whose work is done.
func (s *Store) FinishJob(ctx context.Context, id int64) error {
	err := s.alone(func() error { return s.read(ctx).Exec("DELETE FROM outbox WHERE id = ?", id).Error })
	return dbError("job", err)
}

// RetryJob plans the next attempt of a job. Counted attempts raise Attempt;
// waiting for a platform that is down does not count.
func (s *Store) RetryJob(ctx context.Context, id int64, next time.Time, counted bool, reason string) error {
	more := 0
	if counted {
		more = 1
	}
	return s.changeJob(ctx, id, "due_at = ?, free_at = ?, attempt = attempt + ?, last_error = ?", at(next), at(next), more, legibleText(reason))
}

// BuryJob gives a job up until somebody revives it, see [Store.Revive].
func (s *Store) BuryJob(ctx context.Context, id int64, reason string) error {
	return s.changeJob(ctx, id, "dead = ?, last_error = ?", true, legibleText(reason))
}

func (s *Store) changeJob(ctx context.Context, id int64, set string, args ...any) error {
	var n int64
	err := s.alone(func() error {
		res := s.read(ctx).Exec("UPDATE outbox SET "+set+" WHERE id = ?", append(args, id)...)
		n = res.RowsAffected
		return res.Error
	})
	if err == nil && n == 0 {
		return notFound("job")
	}
	return dbError("job", err)
}

// legibleText is what the database can keep of a message from elsewhere.
func legibleText(s string) string {
	return strings.ReplaceAll(strings.ToValidUTF8(s, "\uFFFD"), "\x00", "\uFFFD")
}

// Backlog counts jobs that wait and jobs that were given up.
func (s *Store) Backlog(ctx context.Context) (waiting, dead int64, err error) {
	var row struct{ Waiting, Dead int64 }
	err = s.read(ctx).Raw(`SELECT (SELECT count(*) FROM outbox WHERE NOT dead) AS waiting,
		(SELECT count(*) FROM outbox WHERE dead) AS dead`).Scan(&row).Error
	return row.Waiting, row.Dead, dbError("outbox", err)
}

// keyAge is how long an answer is kept for a repeated request.
const keyAge = 24 * time.Hour

// Prune removes idempotency keys older than a day, bulk acts that were previewed
// then and never run, sessions that ended, and calls whose time is over.
func (s *Store) Prune(ctx context.Context) error {
	now := s.now()
	err := s.write(ctx, "prune", func(tx *gorm.DB) error {
		if err := tx.Exec("DELETE FROM idempotency_keys WHERE created_at < ?", at(now.Add(-keyAge))).Error; err != nil {
			return err
		}
		const unrun = "SELECT id FROM bulks WHERE state = 'preview' AND created_at < ?"
		if err := tx.Exec("DELETE FROM bulk_items WHERE bulk_id IN ("+unrun+")", at(now.Add(-keyAge))).Error; err != nil {
			return err
		}
		if err := tx.Exec("DELETE FROM bulks WHERE id IN ("+unrun+")", at(now.Add(-keyAge))).Error; err != nil {
			return err
		}
		return tx.Exec("DELETE FROM sessions WHERE expiry <= ?", at(now)).Error
	})
	if err != nil {
		return err
	}
	_, err = s.ForgetCalls(ctx)
	return err
}
