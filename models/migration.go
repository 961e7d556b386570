package models

import (
	"context"
	"encoding/json"
	"time"

	"gorm.io/gorm"

	"github.com/shujie-gov/shujie/fault"
	"github.com/shujie-gov/shujie/workflow"
)

// MigrationStatus is how far a migration is.
type MigrationStatus string

// The statuses of a migration, in their order.
const (
	MigrationRunning MigrationStatus = "running"
	MigrationDone    MigrationStatus = "done"
	MigrationUndoing MigrationStatus = "undoing"
	MigrationUndone  MigrationStatus = "undone"
)

// Migration is a migration of open cases to another version, with who began it,
// what was expected and how far it is.
type Migration struct {
	ID       int64
	Mapping  workflow.Mapping
	Plan     workflow.Plan // as it was counted when it began
	Status   MigrationStatus
	By       string
	At       time.Time
	EndedAt  *time.Time
	UndoneBy string
	Outcomes map[workflow.Outcome]int64
}

// Active reports whether it is still at work.
func (m *Migration) Active() bool {
	return m.Status == MigrationRunning || m.Status == MigrationUndoing
}

type migrationRow struct {
	ID          int64
	Kind        string
	FromVersion int
	ToVersion   int
	Mapping     string
	Plan        string
	Status      string
	Actor       int64
	Name        string
	At          stamp
	EndedAt     stamp
	UndoneBy    string
	Turn        int64
	MovedAt     stamp
}

// TableName implements schema.Tabler.
func (migrationRow) TableName() string { return "migrations" }

func (r *migrationRow) migration() (Migration, error) {
	m := Migration{
		ID: r.ID, Status: MigrationStatus(r.Status), By: r.Name, At: r.At.Time, EndedAt: r.EndedAt.ptr(), UndoneBy: r.UndoneBy,
		Outcomes: map[workflow.Outcome]int64{},
	}
	if err := json.Unmarshal([]byte(r.Mapping), &m.Mapping); err != nil {
		return m, err
	}
	return m, json.Unmarshal([]byte(r.Plan), &m.Plan)
}

// StartMigration writes down that a migration begins; a worker does it. One at a
// time of a kind: a second is a Conflict.
func (s *Store) StartMigration(ctx context.Context, p workflow.Plan, by workflow.Actor) (Migration, error) {
	mapping, err := json.Marshal(p.Mapping)
	if err != nil {
		return Migration{}, err
	}
	text, err := json.Marshal(p)
	if err != nil {
		return Migration{}, err
	}
	row := migrationRow{
		Kind: string(p.Kind), FromVersion: p.From, ToVersion: p.To, Mapping: string(mapping), Plan: string(text),
		Status: string(MigrationRunning), Actor: by.UserID, Name: by.Name, At: s.moment(),
	}
	row.MovedAt = row.At
	err = s.write(ctx, "migration", func(tx *gorm.DB) error {
		if err := idle(tx, row.Kind); err != nil {
			return err
		}
		return tx.Create(&row).Error
	})
	if err != nil {
		return Migration{}, err
	}
	return row.migration()
}

// idle refuses while a migration of the kind is at work. Two that begin at the
// very same time are told apart by an index.
func idle(tx *gorm.DB, kind string) error {
	var n int64
	if err := tx.Raw("SELECT count(*) FROM migrations WHERE kind = ? AND status IN ('running', 'undoing')", kind).Scan(&n).Error; err != nil || n == 0 {
		return err
	}
	return fault.New(fault.Conflict, "这种流程正在改版，请等它结束。", "A migration of this kind is at work; wait until it ends.")
}

// UndoMigration writes down that a migration is to be undone; a worker does it.
func (s *Store) UndoMigration(ctx context.Context, id int64, by workflow.Actor) error {
	return s.write(ctx, "migration", func(tx *gorm.DB) error {
		var row migrationRow
		if err := tx.Where("id = ?", id).Take(&row).Error; err != nil {
			return err
		}
		if err := idle(tx, row.Kind); err != nil {
			return err
		}
		res := tx.Exec("UPDATE migrations SET status = 'undoing', undone_by = ?, ended_at = NULL, moved_at = ? WHERE id = ? AND status = 'done'", by.Name, s.moment(), id)
		if res.Error == nil && res.RowsAffected == 0 {
			return fault.New(fault.Conflict, "这次改版已经撤销。", "This migration was undone already.")
		}
		return res.Error
	})
}

// FinishMigration writes down that the work at a migration has ended.
func (s *Store) FinishMigration(ctx context.Context, id int64) error {
	return s.write(ctx, "migration", func(tx *gorm.DB) error {
		return tx.Exec(`UPDATE migrations SET status = CASE status WHEN 'running' THEN 'done' ELSE 'undone' END, ended_at = ?
			WHERE id = ? AND status IN ('running', 'undoing')`, s.moment(), id).Error
	})
}

// Migration returns one migration with what became of its cases so far.
func (s *Store) Migration(ctx context.Context, id int64) (Migration, error) {
	list, err := s.migrations(ctx, cond{"id = ?", []any{id}}, 1)
	if err != nil {
		return Migration{}, err
	}
	if len(list) == 0 {
		return Migration{}, notFound("migration")
	}
	return list[0], nil
}

// Migrations lists the last migrations of a kind, or of all when it is empty,
// newest first.
func (s *Store) Migrations(ctx context.Context, kind workflow.Kind, limit int) ([]Migration, error) {
	where := cond{sql: "1 = 1"}
	if kind != "" {
		where = cond{"kind = ?", []any{string(kind)}}
	}
	return s.migrations(ctx, where, limitOf(limit))
}

// ActiveMigrations lists those that are still at work.
func (s *Store) ActiveMigrations(ctx context.Context) ([]Migration, error) {
	return s.migrations(ctx, cond{sql: "status IN ('running', 'undoing')"}, MaxLimit)
}

func (s *Store) migrations(ctx context.Context, where cond, limit int) ([]Migration, error) {
	var rows []migrationRow
	if err := s.read(ctx).Where(where.sql, where.args...).Order("id DESC").Limit(limit).Find(&rows).Error; err != nil {
		return nil, dbError("migrations", err)
	}
	list := make([]Migration, len(rows))
	for i := range rows {
		m, err := rows[i].migration()
		if err != nil {
			return nil, dbError("migrations", err)
		}
		var counts []struct {
			Outcome string
			N       int64
		}
		if err := s.read(ctx).Raw("SELECT outcome, count(*) AS n FROM migration_cases WHERE migration_id = ? GROUP BY outcome", m.ID).Scan(&counts).Error; err != nil {
			return nil, dbError("migrations", err)
		}
		for _, c := range counts {
			m.Outcomes[workflow.Outcome(c.Outcome)] = c.N
		}
		list[i] = m
	}
	return list, nil
}
