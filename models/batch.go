package models

import (
	"context"
	"time"

	"github.com/shujie-gov/shujie/workflow"
)

// Batch is a set of blockers that a coordinator drives to zero (批次).
type Batch struct {
	ID        int64           `json:"id"`
	Name      string          `json:"name"`
	Region    string          `json:"region"`
	Lead      workflow.DeptID `json:"lead,omitempty"`
	Target    *time.Time      `json:"target,omitempty"`
	CreatedAt time.Time       `json:"created_at"`
}

// NewBatch is a batch to register by name and region; an existing one of the
// name is updated.
type NewBatch struct {
	Name, RegionCode, LeadCode string
	Target                     *time.Time
}

// Progress counts the blockers of a batch in scope.
type Progress struct {
	Batch  int64
	Total  int64
	Closed int64 // ended in closed
	Ended  int64 // ended in any way
	Red    int64
	Groups []ProgressGroup
}

// ProgressGroup counts blockers of one lead department in one state.
type ProgressGroup struct {
	Lead  workflow.DeptID
	State workflow.State
	N     int64
}

type batchRow struct {
	ID        int64
	Name      string
	Region    string
	Lead      ref
	Target    stamp
	CreatedAt stamp
}

// TableName implements schema.Tabler.
func (batchRow) TableName() string { return "batches" }

func (r batchRow) batch() Batch {
	return Batch{
		ID: r.ID, Name: r.Name, Region: r.Region, Lead: workflow.DeptID(r.Lead), Target: r.Target.ptr(), CreatedAt: r.CreatedAt.Time,
	}
}

// batches is the predicate of batches, by the alias b: those of which the scope
// sees a case, and those of its regions.
func (sc Scope) batches() cond {
	if sc.All {
		return cond{sql: "1 = 1"}
	}
	cases := sc.cases()
	seen := []cond{{"EXISTS (SELECT 1 FROM cases c WHERE c.batch_id = b.id AND " + cases.sql + ")", cases.args}}
	for _, path := range sc.regions() {
		seen = append(seen, within("b.region", path))
	}
	return or(seen...)
}

// Batches lists the batches of which scope sees a case, or whose region it
// covers, newest last.
func (s *Store) Batches(ctx context.Context, sc Scope) ([]Batch, error) {
	return s.batches(ctx, sc.batches())
}

// Batch returns one batch in scope.
func (s *Store) Batch(ctx context.Context, sc Scope, id int64) (Batch, error) {
	list, err := s.batches(ctx, and(cond{"b.id = ?", []any{id}}, sc.batches()))
	if err != nil {
		return Batch{}, err
	}
	if len(list) == 0 {
		return Batch{}, notFound("batch")
	}
	return list[0], nil
}

func (s *Store) batches(ctx context.Context, where cond) ([]Batch, error) {
	var rows []batchRow
	if err := s.read(ctx).Raw("SELECT b.* FROM batches b WHERE "+where.sql+" ORDER BY b.id", where.args...).Scan(&rows).Error; err != nil {
		return nil, dbError("batches", err)
	}
	list := make([]Batch, len(rows))
	for i, r := range rows {
		list[i] = r.batch()
	}
	return list, nil
}

// CreateBatch registers a batch and returns it with its id. A name that is
// taken is a Conflict.
func (s *Store) CreateBatch(ctx context.Context, b Batch) (Batch, error) {
	row := batchRow{Name: b.Name, Region: b.Region, Lead: ref(b.Lead), Target: atPtr(b.Target), CreatedAt: s.moment()}
	err := s.alone(func() error { return s.read(ctx).Create(&row).Error })
	if err != nil {
		return Batch{}, dbError("batch", err)
	}
	return row.batch(), nil
}

// Progress returns the progress of each given batch, as far as sc sees it.
func (s *Store) Progress(ctx context.Context, sc Scope, batches []int64, now time.Time) (map[int64]Progress, error) {
	out := map[int64]Progress{}
	if len(batches) == 0 {
		return out, nil
	}
	for _, id := range batches {
		out[id] = Progress{Batch: id}
	}
	where := and(cond{"c.kind = ? AND c.batch_id IN ?", []any{string(workflow.Blocker), batches}}, sc.cases())
	var rows []struct {
		Batch int64
		Lead  ref
		State string
		Ended bool
		N     int64
		Red   int64
	}
	err := s.read(ctx).Raw(`SELECT c.batch_id AS batch, c.lead, c.state, c.ended, count(*) AS n,
		sum(CASE WHEN `+overdueIs+` THEN 1 ELSE 0 END) AS red
		FROM cases c WHERE `+where.sql+` GROUP BY c.batch_id, c.lead, c.state, c.ended ORDER BY c.batch_id, c.lead, c.state`,
		append([]any{at(now)}, where.args...)...).Scan(&rows).Error
	if err != nil {
		return nil, dbError("progress", err)
	}
	for _, r := range rows {
		p := out[r.Batch]
		p.Total += r.N
		p.Red += r.Red
		if r.Ended {
			p.Ended += r.N
		}
		if r.State == stateClosed {
			p.Closed += r.N
		}
		p.Groups = append(p.Groups, ProgressGroup{Lead: workflow.DeptID(r.Lead), State: workflow.State(r.State), N: r.N})
		out[r.Batch] = p
	}
	return out, nil
}

// stateClosed is the state in which a blocker is gone for good.
const stateClosed = "closed"
