package models

import (
	"context"
	"encoding/json"
	"fmt"
	"time"

	"gorm.io/gorm"

	"github.com/shujie-gov/shujie/fault"
	"github.com/shujie-gov/shujie/workflow"
)

// BulkState is how far a bulk act is.
type BulkState string

// The states of a bulk act.
const (
	BulkPreview BulkState = "preview" // rehearsed; nothing was done
	BulkRunning BulkState = "running"
	BulkDone    BulkState = "done"
)

// BulkResult is what became of one row of a bulk act.
type BulkResult string

// The results of a row. Ready rows are done when the bulk act runs.
const (
	RowReady   BulkResult = "ready"
	RowDone    BulkResult = "done"
	RowRefused BulkResult = "refused" // the rules do not allow it
	RowStale   BulkResult = "stale"   // the case moved on since it was chosen
	RowFailed  BulkResult = "failed"  // a defect; see the log
)

// MaxBulk bounds how many cases one bulk act moves.
const MaxBulk = 500

// Bulk is one action on many cases: a frozen selection in frozen versions. It is
// done row by row through the engine, each row once.
type Bulk struct {
	ID        int64
	Actor     int64
	Action    workflow.Action
	Note      string
	Fields    map[string]any
	State     BulkState
	Undoes    int64 // the bulk act that this one takes back, or 0
	CreatedAt time.Time
	EndedAt   *time.Time
	Items     []BulkItem
}

// BulkItem is one row of a bulk act.
type BulkItem struct {
	N       int
	Case    workflow.CaseID
	Version int64          // at which it is moved, and no other
	To      workflow.State // where it goes, "" when its state stays
	Was     int64          // who had claimed it before
	Result  BulkResult
	Reason  fault.Text // why not
	After   int64      // its version after the move
}

type bulkRow struct {
	ID        int64
	Actor     int64
	Action    string
	Note      string
	Fields    jsonText
	State     string
	Undoes    int64
	CreatedAt stamp
	EndedAt   stamp
	MovedAt   stamp
}

// TableName implements schema.Tabler.
func (bulkRow) TableName() string { return "bulks" }

type bulkItemRow struct {
	BulkID   int64
	N        int
	CaseID   int64
	Version  int64
	ToState  string
	Was      int64
	Result   string
	ReasonZH string `gorm:"column:reason_zh"`
	ReasonEN string `gorm:"column:reason_en"`
	After    int64
}

// TableName implements schema.Tabler.
func (bulkItemRow) TableName() string { return "bulk_items" }

func (r bulkItemRow) item() BulkItem {
	return BulkItem{
		N: r.N, Case: workflow.CaseID(r.CaseID), Version: r.Version, To: workflow.State(r.ToState), Was: r.Was,
		Result: BulkResult(r.Result), Reason: fault.Text{ZH: r.ReasonZH, EN: r.ReasonEN}, After: r.After,
	}
}

// CreateBulk keeps a rehearsed bulk act and returns it with its id.
func (s *Store) CreateBulk(ctx context.Context, b Bulk) (Bulk, error) {
	fields, err := jsonOf(b.Fields)
	if err != nil {
		return b, err
	}
	row := bulkRow{
		Actor: b.Actor, Action: string(b.Action), Note: b.Note, Fields: fields, State: string(BulkPreview), Undoes: b.Undoes, CreatedAt: s.moment(), MovedAt: s.moment(),
	}
	err = s.write(ctx, "bulk", func(tx *gorm.DB) error {
		if err := tx.Create(&row).Error; err != nil {
			return err
		}
		items := make([]bulkItemRow, len(b.Items))
		for i, it := range b.Items {
			items[i] = bulkItemRow{
				BulkID: row.ID, N: i, CaseID: int64(it.Case), Version: it.Version, ToState: string(it.To), Was: it.Was,
				Result: string(it.Result), ReasonZH: it.Reason.ZH, ReasonEN: it.Reason.EN,
			}
		}
		return insert(tx, items)()
	})
	if err != nil {
		return b, err
	}
	return s.Bulk(ctx, b.Actor, row.ID)
}

// Bulk returns a bulk act of actor with all its rows; others' are NotFound.
func (s *Store) Bulk(ctx context.Context, actor, id int64) (Bulk, error) {
	b, err := s.bulk(ctx, cond{"id = ? AND actor = ?", []any{id, actor}})
	if err != nil {
		return b, err
	}
	b.Items, err = s.bulkItems(ctx, cond{"bulk_id = ?", []any{id}}, 0)
	return b, err
}

// BulkWork returns a bulk act that runs, with the next rows to be done.
func (s *Store) BulkWork(ctx context.Context, id int64, limit int) (Bulk, error) {
	b, err := s.bulk(ctx, cond{"id = ? AND state = ?", []any{id, string(BulkRunning)}})
	if err != nil {
		return b, err
	}
	b.Items, err = s.bulkItems(ctx, cond{"bulk_id = ? AND result = ?", []any{id, string(RowReady)}}, limit)
	return b, err
}

func (s *Store) bulk(ctx context.Context, where cond) (Bulk, error) {
	var row bulkRow
	if err := s.read(ctx).Where(where.sql, where.args...).Take(&row).Error; err != nil {
		return Bulk{}, dbError("bulk", err)
	}
	fields, err := factsOf(row.Fields)
	if err != nil {
		return Bulk{}, dbError("bulk", err)
	}
	return Bulk{
		ID: row.ID, Actor: row.Actor, Action: workflow.Action(row.Action), Note: row.Note, Fields: fields, State: BulkState(row.State),
		Undoes: row.Undoes, CreatedAt: row.CreatedAt.Time, EndedAt: row.EndedAt.ptr(),
	}, nil
}

func (s *Store) bulkItems(ctx context.Context, where cond, limit int) ([]BulkItem, error) {
	q := s.read(ctx).Where(where.sql, where.args...).Order("n")
	if limit > 0 {
		q = q.Limit(limit)
	}
	var rows []bulkItemRow
	if err := q.Find(&rows).Error; err != nil {
		return nil, dbError("bulk", err)
	}
	items := make([]BulkItem, len(rows))
	for i, r := range rows {
		items[i] = r.item()
	}
	return items, nil
}

// JobBulk is the kind of the job that runs a bulk act.
const JobBulk = "bulk.run"

// RunBulk lets a bulk act begin: the job that does it is written with the same
// commit. One that runs, or has run, is left as it is.
func (s *Store) RunBulk(ctx context.Context, actor, id int64) error {
	began := false
	err := s.write(ctx, "bulk", func(tx *gorm.DB) error {
		res := tx.Exec("UPDATE bulks SET state = ?, moved_at = ? WHERE id = ? AND actor = ? AND state = ?", string(BulkRunning), s.moment(), id, actor, string(BulkPreview))
		if began = res.RowsAffected == 1; res.Error != nil || !began {
			return res.Error
		}
		args, err := json.Marshal(map[string]int64{"bulk": id})
		if err != nil {
			return err
		}
		now := s.moment()
		return tx.Create(&jobRow{Kind: JobBulk, Args: string(args), DueAt: now, FreeAt: now, CreatedAt: now}).Error
	})
	if began && err == nil {
		s.wake()
	}
	return err
}

// SettleRow writes what became of a row, and that somebody works at the act. What
// was settled stays.
func (s *Store) SettleRow(ctx context.Context, bulk int64, it BulkItem) error {
	return s.write(ctx, "bulk", func(tx *gorm.DB) error {
		res := tx.Exec("UPDATE bulk_items SET result = ?, reason_zh = ?, reason_en = ?, after = ? WHERE bulk_id = ? AND n = ? AND result = ?",
			string(it.Result), it.Reason.ZH, it.Reason.EN, it.After, bulk, it.N, string(RowReady))
		return firstError(func() error { return res.Error }, func() error {
			return tx.Exec("UPDATE bulks SET moved_at = ? WHERE id = ?", s.moment(), bulk).Error
		})
	})
}

// EndBulk ends a bulk act of which no row is left.
func (s *Store) EndBulk(ctx context.Context, id int64) error {
	err := s.alone(func() error {
		return s.read(ctx).Exec("UPDATE bulks SET state = ?, ended_at = ? WHERE id = ? AND state = ?", string(BulkDone), s.moment(), id, string(BulkRunning)).Error
	})
	return dbError("bulk", err)
}

// Key makes the move of row n repeatable: a row whose result could not be
// written is moved once all the same.
func (b *Bulk) Key(n int) workflow.Key {
	name := fmt.Sprintf("bulk:%d:%d", b.ID, n)
	return workflow.Key{Actor: b.Actor, Value: name, Hash: name}
}
