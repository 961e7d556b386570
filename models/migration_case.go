package models

import (
	"context"
	"time"

	"gorm.io/gorm"

	"github.com/shujie-gov/shujie/fault"
	"github.com/shujie-gov/shujie/workflow"
)

type migrationCaseRow struct {
	MigrationID int64
	CaseID      int64
	Outcome     string
	Seq         int64
	WhyZH       string `gorm:"column:why_zh"`
	WhyEN       string `gorm:"column:why_en"`
	Filed       stamp  `gorm:"->"` // of the case, where a list asks for it
}

// TableName implements schema.Tabler.
func (migrationCaseRow) TableName() string { return "migration_cases" }

func (r *migrationCaseRow) outcome() workflow.CaseOutcome {
	return workflow.CaseOutcome{
		Case: workflow.CaseID(r.CaseID), Outcome: workflow.Outcome(r.Outcome), Seq: r.Seq, Why: fault.Text{ZH: r.WhyZH, EN: r.WhyEN},
	}
}

// NextTurns implements workflow.Turns. The cases come by id; cases that are filed
// meanwhile in the old version have a higher one and get their turn, too.
func (s *Store) NextTurns(ctx context.Context, migration int64, limit int) ([]workflow.CaseID, error) {
	var ids []workflow.CaseID
	err := s.write(ctx, "migration", func(tx *gorm.DB) error {
		if err := tx.Raw("SELECT case_id FROM migration_cases WHERE migration_id = ? AND outcome = 'pending' ORDER BY case_id LIMIT ?", migration, limit).
			Scan(&ids).Error; err != nil || len(ids) > 0 {
			return err
		}
		var row migrationRow
		if err := tx.Where("id = ?", migration).Take(&row).Error; err != nil {
			return err
		}
		if err := tx.Raw("SELECT id FROM cases WHERE kind = ? AND def_version = ? AND NOT ended AND id > ? ORDER BY id LIMIT ?",
			row.Kind, row.FromVersion, row.Turn, limit).Scan(&ids).Error; err != nil || len(ids) == 0 {
			return err
		}
		rows := make([]migrationCaseRow, len(ids))
		for i, id := range ids {
			rows[i] = migrationCaseRow{MigrationID: migration, CaseID: int64(id), Outcome: string(workflow.Pending)}
		}
		return firstError(insert(tx, rows), func() error {
			return tx.Exec("UPDATE migrations SET turn = ?, moved_at = ? WHERE id = ?", int64(ids[len(ids)-1]), s.moment(), migration).Error
		})
	})
	return ids, err
}

// MovedCases implements workflow.Turns.
func (s *Store) MovedCases(ctx context.Context, migration int64, limit int) ([]workflow.CaseOutcome, error) {
	var rows []migrationCaseRow
	err := s.read(ctx).Where("migration_id = ? AND outcome = ?", migration, string(workflow.Moved)).Order("case_id").Limit(limit).Find(&rows).Error
	return outcomes(rows), dbError("migration", err)
}

func outcomes(rows []migrationCaseRow) []workflow.CaseOutcome {
	list := make([]workflow.CaseOutcome, len(rows))
	for i := range rows {
		list[i] = rows[i].outcome()
	}
	return list
}

// Settle implements workflow.Turns.
func (s *Store) Settle(ctx context.Context, migration int64, done []workflow.CaseOutcome) error {
	return s.write(ctx, "migration", func(tx *gorm.DB) error {
		for _, o := range done {
			if err := tx.Exec("UPDATE migration_cases SET outcome = ?, seq = ?, why_zh = ?, why_en = ? WHERE migration_id = ? AND case_id = ?",
				string(o.Outcome), o.Seq, o.Why.ZH, o.Why.EN, migration, int64(o.Case)).Error; err != nil {
				return err
			}
		}
		return tx.Exec("UPDATE migrations SET moved_at = ? WHERE id = ?", s.moment(), migration).Error
	})
}

// EventOf implements workflow.Turns.
func (s *Store) EventOf(ctx context.Context, id workflow.CaseID, a workflow.Action, migration int64) (*workflow.Event, error) {
	return s.eventSaying(ctx, id, a, "migration", migration)
}

// eventSaying returns the last event of a case by an action whose data has a
// number under a name, nil when there is none.
func (s *Store) eventSaying(ctx context.Context, id workflow.CaseID, a workflow.Action, name string, number int64) (*workflow.Event, error) {
	var rows []eventRow
	err := s.read(ctx).Where("case_id = ? AND action = ?", int64(id), string(a)).Order("seq DESC").Find(&rows).Error
	if err != nil {
		return nil, dbError("events", err)
	}
	for i := range rows {
		e, err := rows[i].event()
		if err != nil {
			return nil, dbError("events", err)
		}
		if e.Data[name] == number {
			return &e, nil
		}
	}
	return nil, nil //nolint:nilnil // no event is an answer
}

// LastEvent implements workflow.Turns.
func (s *Store) LastEvent(ctx context.Context, id workflow.CaseID) (workflow.Event, error) {
	var row eventRow
	if err := s.read(ctx).Where("case_id = ?", int64(id)).Order("seq DESC").Take(&row).Error; err != nil {
		return workflow.Event{}, dbError("events", err)
	}
	e, err := row.event()
	return e, dbError("events", err)
}

// MigratedCase is what became of one case, with when it was filed.
type MigratedCase struct {
	workflow.CaseOutcome
	Filed time.Time
}

const migrationCasesList = "migration cases"

// MigrationCases lists what became of the cases of a migration that are in
// scope, by case; an empty outcome lists all.
func (s *Store) MigrationCases(ctx context.Context, sc Scope, migration int64, outcome workflow.Outcome, cursorText string, limit int) (Page[MigratedCase], error) {
	var page Page[MigratedCase]
	after, err := s.cursorOf(migrationCasesList, cursorText)
	if err != nil {
		return page, err
	}
	where := []cond{{"m.migration_id = ?", []any{migration}}, sc.cases()}
	if outcome != "" {
		where = append(where, cond{"m.outcome = ?", []any{string(outcome)}})
	}
	if after != nil {
		where = append(where, cond{"m.case_id > ?", []any{after.ID}})
	}
	c := and(where...)
	limit = limitOf(limit)
	var rows []migrationCaseRow
	err = s.read(ctx).Raw("SELECT m.*, c.created_at AS filed FROM migration_cases m JOIN cases c ON c.id = m.case_id WHERE "+c.sql+" ORDER BY m.case_id LIMIT ?",
		append(c.args, limit+1)...).Scan(&rows).Error
	if err != nil {
		return page, dbError("migration cases", err)
	}
	page.Items = make([]MigratedCase, 0, min(len(rows), limit))
	for i := range rows {
		if i == limit {
			page.Next = s.cursorText(cursor{List: migrationCasesList, ID: rows[i-1].CaseID})
			break
		}
		page.Items = append(page.Items, MigratedCase{rows[i].outcome(), rows[i].Filed.Time})
	}
	return page, nil
}
