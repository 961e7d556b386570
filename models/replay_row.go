package models

import (
	"context"
	"time"

	"gorm.io/gorm"

	"github.com/shujie-gov/shujie/fault"
	"github.com/shujie-gov/shujie/workflow"
)

// recountRow is a row of replay_rows.
type recountRow struct {
	ReplayID    int64
	CaseID      int64
	Version     int64
	Kind        string
	Clock       string
	Dept        int64
	DueBefore   stamp
	DueAfter    stamp
	Direction   string
	LightBefore string
	LightAfter  string
	Outcome     string
	Seq         int64
	WhyZH       string `gorm:"column:why_zh"`
	WhyEN       string `gorm:"column:why_en"`

	Filed stamp  `gorm:"->"` // of the case, where a list asks for it
	Title string `gorm:"->"`
}

// TableName implements schema.Tabler.
func (recountRow) TableName() string { return "replay_rows" }

func recountRowOf(replay int64, r *workflow.Recount) recountRow {
	return recountRow{
		ReplayID: replay, CaseID: int64(r.Case), Version: r.Version, Kind: string(r.Kind), Clock: r.Clock, Dept: int64(r.Dept),
		DueBefore: atPtr(r.Before), DueAfter: atPtr(r.After), Direction: string(r.Direction), LightBefore: string(r.Was), LightAfter: string(r.Will),
		Outcome: string(workflow.Pending),
	}
}

func (r *recountRow) recount() workflow.Recount {
	return workflow.Recount{
		Case: workflow.CaseID(r.CaseID), Version: r.Version, Kind: workflow.Kind(r.Kind), Clock: r.Clock, Dept: workflow.DeptID(r.Dept),
		Before: r.DueBefore.ptr(), After: r.DueAfter.ptr(), Direction: workflow.Direction(r.Direction),
		Was: workflow.Colour(r.LightBefore), Will: workflow.Colour(r.LightAfter),
	}
}

// RunningTerms implements workflow.Replays.
func (s *Store) RunningTerms(ctx context.Context, after workflow.CaseID, limit int) ([]workflow.Case, error) {
	return s.wholeCases(ctx, cond{
		"(SELECT c.id FROM cases c WHERE NOT c.ended AND c.term IS NOT NULL AND c.id > ? ORDER BY c.id LIMIT ?)", []any{int64(after), limit},
	}, everything())
}

// PendingRecounts implements workflow.Replays.
func (s *Store) PendingRecounts(ctx context.Context, replay int64, limit int) ([]workflow.Recount, error) {
	var rows []recountRow
	err := s.read(ctx).Where("replay_id = ? AND outcome = ?", replay, string(workflow.Pending)).Order("case_id").Limit(limit).Find(&rows).Error
	list := make([]workflow.Recount, len(rows))
	for i := range rows {
		list[i] = rows[i].recount()
	}
	return list, dbError("replay", err)
}

// SettleRecounts implements workflow.Replays.
func (s *Store) SettleRecounts(ctx context.Context, replay int64, done []workflow.CaseOutcome) error {
	return s.write(ctx, "replay", func(tx *gorm.DB) error {
		for _, o := range done {
			if err := tx.Exec("UPDATE replay_rows SET outcome = ?, seq = ?, why_zh = ?, why_en = ? WHERE replay_id = ? AND case_id = ?",
				string(o.Outcome), o.Seq, o.Why.ZH, o.Why.EN, replay, int64(o.Case)).Error; err != nil {
				return err
			}
		}
		return tx.Exec("UPDATE replays SET moved_at = ? WHERE id = ?", s.moment(), replay).Error
	})
}

// RecountEvent implements workflow.Replays.
func (s *Store) RecountEvent(ctx context.Context, id workflow.CaseID, replay int64) (*workflow.Event, error) {
	return s.eventSaying(ctx, id, workflow.ActionRecalculate, "replay", replay)
}

// ReplayedCase is a row of a replay with its case.
type ReplayedCase struct {
	workflow.Recount
	Title   string
	Filed   time.Time
	Outcome workflow.Outcome
	Seq     int64
	Why     fault.Text
}

const replayedCasesList = "replayed cases"

// ReplayedCases lists the rows of a replay whose cases are in scope, by case; an
// empty outcome lists all.
func (s *Store) ReplayedCases(ctx context.Context, sc Scope, replay int64, outcome workflow.Outcome, cursorText string, limit int) (Page[ReplayedCase], error) {
	after, err := s.cursorOf(replayedCasesList, cursorText)
	if err != nil {
		return Page[ReplayedCase]{}, err
	}
	where := []cond{{"r.replay_id = ?", []any{replay}}, sc.cases()}
	if outcome != "" {
		where = append(where, cond{"r.outcome = ?", []any{string(outcome)}})
	}
	if after != nil {
		where = append(where, cond{"r.case_id > ?", []any{after.ID}})
	}
	c := and(where...)
	limit = limitOf(limit)
	var rows []recountRow
	err = s.read(ctx).Raw("SELECT r.*, c.created_at AS filed, c.title FROM replay_rows r JOIN cases c ON c.id = r.case_id WHERE "+c.sql+" ORDER BY r.case_id LIMIT ?",
		append(c.args, limit+1)...).Scan(&rows).Error
	if err != nil {
		return Page[ReplayedCase]{}, dbError("replayed cases", err)
	}
	return paged(s.safe, rows, limit, func(r recountRow) cursor { return cursor{List: replayedCasesList, ID: r.CaseID} }, func(r recountRow) ReplayedCase {
		return ReplayedCase{
			Recount: r.recount(), Title: r.Title, Filed: r.Filed.Time, Outcome: workflow.Outcome(r.Outcome), Seq: r.Seq, Why: fault.Text{ZH: r.WhyZH, EN: r.WhyEN},
		}
	}), nil
}
