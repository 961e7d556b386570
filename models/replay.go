package models

import (
	"context"
	"time"

	"gorm.io/gorm"

	"github.com/shujie-gov/shujie/fault"
	"github.com/shujie-gov/shujie/workflow"
)

// ReplayStatus is how far a replay is.
type ReplayStatus string

// A preview is counted, then ready to be applied. It is outdated when its
// calendar, or the one in force, became another one.
const (
	ReplayCounting ReplayStatus = "counting"
	ReplayReady    ReplayStatus = "ready"
	ReplayRunning  ReplayStatus = "running"
	ReplayDone     ReplayStatus = "done"
	ReplayOutdated ReplayStatus = "outdated"
)

// Replay counts every running term anew with a calendar: first as a preview, then
// in the cases.
type Replay struct {
	ID        int64
	Calendar  int64  // its number
	Version   string // of the calendar
	From      string // version of the calendar in force when the preview began
	Status    ReplayStatus
	Turn      workflow.CaseID // the last case that was looked at
	Looked    int64           // cases that were looked at
	Follows   int64           // the replay after which it looks for what is left, or 0
	By        string
	At        time.Time
	AppliedBy string
	AppliedAt *time.Time
	EndedAt   *time.Time
	Outcomes  map[workflow.Outcome]int64
	Counts    []ReplayCount
}

// ReplayCount counts rows of a preview that are alike.
type ReplayCount struct {
	Kind      workflow.Kind
	Clock     string
	Direction workflow.Direction
	N         int64
}

// Active reports whether it is still at work.
func (r *Replay) Active() bool { return r.Status == ReplayCounting || r.Status == ReplayRunning }

// Rows is how many cases would move.
func (r *Replay) Rows() (n int64) {
	for _, o := range r.Outcomes {
		n += o
	}
	return n
}

type replayRow struct {
	ID          int64
	Calendar    int64
	Version     string
	FromVersion string
	Status      string
	Turn        int64
	Looked      int64
	Follows     int64
	Actor       int64
	Name        string
	At          stamp
	AppliedBy   string
	AppliedAt   stamp
	EndedAt     stamp
	MovedAt     stamp
}

// TableName implements schema.Tabler.
func (replayRow) TableName() string { return "replays" }

// StartReplay writes down that a preview is to be counted with a calendar; a
// worker does it.
func (s *Store) StartReplay(ctx context.Context, calendar int64, by workflow.Actor) (Replay, error) {
	var row replayRow
	err := s.write(ctx, "replay", func(tx *gorm.DB) (err error) {
		row, err = s.replayOf(tx, calendar, by)
		if err != nil {
			return err
		}
		return tx.Create(&row).Error
	})
	if err != nil {
		return Replay{}, err
	}
	return s.Replay(ctx, row.ID)
}

// replayOf is a new preview with a calendar.
func (s *Store) replayOf(tx *gorm.DB, calendar int64, by workflow.Actor) (replayRow, error) {
	cal, err := calendarWhere(tx.Where("number = ?", calendar))
	if err != nil {
		return replayRow{}, err
	}
	now, err := calendarWhere(tx.Where("status = 'in_force'"))
	return replayRow{
		Calendar: calendar, Version: cal.Version, FromVersion: now.Version, Status: string(ReplayCounting), Actor: by.UserID, Name: by.Name, At: s.moment(), MovedAt: s.moment(),
	}, err
}

// EndPreview writes down that every case was looked at. A preview with the
// calendar in force by which nothing would move is done: there is nothing to
// apply.
func (s *Store) EndPreview(ctx context.Context, id int64) error {
	return s.write(ctx, "replay", func(tx *gorm.DB) error {
		return tx.Exec(`UPDATE replays SET ended_at = ?, status = CASE WHEN version = from_version AND NOT EXISTS
			(SELECT 1 FROM replay_rows r WHERE r.replay_id = replays.id) THEN 'done' ELSE 'ready' END WHERE id = ? AND status = 'counting'`, s.moment(), id).Error
	})
}

// ApplyReplay confirms a preview: its calendar comes into force at once, and a
// worker counts the cases of its rows anew. Other previews are outdated by it.
func (s *Store) ApplyReplay(ctx context.Context, id int64, by workflow.Actor) (Replay, error) {
	err := s.write(ctx, "replay", func(tx *gorm.DB) error {
		if err := notRunning(tx); err != nil {
			return err
		}
		res := tx.Exec("UPDATE replays SET status = 'running', applied_by = ?, applied_at = ?, moved_at = ?, ended_at = NULL WHERE id = ? AND status = 'ready'", by.Name, s.moment(), s.moment(), id)
		if res.Error != nil {
			return res.Error
		}
		var row replayRow
		if err := tx.Where("id = ?", id).Take(&row).Error; err != nil {
			return err
		}
		if res.RowsAffected == 0 {
			return unready(ReplayStatus(row.Status))
		}
		if err := s.enforce(tx, &row, by); err != nil {
			return err
		}
		return outdate(tx, cond{"id <> ?", []any{id}})
	})
	if err != nil {
		return Replay{}, err
	}
	return s.Replay(ctx, id)
}

// notRunning refuses while a replay is at work. Two that begin at the very same
// time are told apart by an index.
func notRunning(tx *gorm.DB) error {
	var n int64
	if err := tx.Raw("SELECT count(*) FROM replays WHERE status = 'running'").Scan(&n).Error; err != nil || n == 0 {
		return err
	}
	return fault.New(fault.Conflict, "另一次重算正在进行，请等它结束。", "Another replay is at work; wait until it ends.")
}

func unready(s ReplayStatus) error {
	switch s {
	case ReplayCounting:
		return fault.New(fault.Conflict, "预览尚未完成，请稍候。", "The preview is still being counted; wait a moment.")
	case ReplayOutdated:
		return fault.New(fault.Conflict, "预览之后日历已变，请重新预览。", "The calendar changed after this preview; preview it again.")
	case ReplayReady, ReplayRunning, ReplayDone:
	}
	return fault.New(fault.Conflict, "这次重算已经执行。", "This replay was applied already.")
}

// enforce puts the calendar of a replay into force, if the preview still speaks
// of it and of the one that it replaces.
func (s *Store) enforce(tx *gorm.DB, r *replayRow, by workflow.Actor) error {
	res := tx.Exec("UPDATE calendars SET status = 'retired' WHERE status = 'in_force' AND version = ?", r.FromVersion)
	if res.Error != nil {
		return res.Error
	}
	old := res.RowsAffected
	res = tx.Exec("UPDATE calendars SET status = 'in_force', moved_by = CASE WHEN version = ? THEN moved_by ELSE ? END, moved_at = CASE WHEN version = ? THEN moved_at ELSE ? END WHERE number = ? AND version = ?",
		r.FromVersion, by.Name, r.FromVersion, s.moment(), r.Calendar, r.Version)
	if res.Error == nil && (old != 1 || res.RowsAffected != 1) {
		return unready(ReplayOutdated)
	}
	return res.Error
}

// outdate lets previews that were not applied know that what they were counted
// with is no more.
func outdate(tx *gorm.DB, which cond) error {
	return tx.Exec("UPDATE replays SET status = 'outdated' WHERE status IN ('counting', 'ready') AND "+which.sql, which.args...).Error
}

// FinishReplay writes down that every row had its turn, and begins the preview
// that looks for what is left: cases that were moved after the preview, or filed
// after it. It is at rest when nothing is left.
func (s *Store) FinishReplay(ctx context.Context, id int64) error {
	return s.write(ctx, "replay", func(tx *gorm.DB) error {
		res := tx.Exec("UPDATE replays SET status = 'done', ended_at = ? WHERE id = ? AND status = 'running'", s.moment(), id)
		if res.Error != nil || res.RowsAffected == 0 {
			return res.Error
		}
		now, err := calendarWhere(tx.Where("status = 'in_force'"))
		if err != nil {
			return err
		}
		row, err := s.replayOf(tx, now.Number, workflow.SystemActor())
		if err != nil {
			return err
		}
		row.Follows = id
		return tx.Create(&row).Error
	})
}

// Replay returns one replay with what became of its rows so far.
func (s *Store) Replay(ctx context.Context, id int64) (Replay, error) {
	list, err := s.replays(ctx, cond{"id = ?", []any{id}}, 1)
	if err == nil && len(list) == 0 {
		err = notFound("replay")
	}
	if err != nil {
		return Replay{}, err
	}
	err = s.read(ctx).Raw(`SELECT kind, clock, direction, count(*) AS n FROM replay_rows WHERE replay_id = ?
		GROUP BY kind, clock, direction ORDER BY kind, clock, direction`, id).Scan(&list[0].Counts).Error
	return list[0], dbError("replay", err)
}

// Replays lists the last replays, newest first; those with one calendar when
// calendar is not 0.
func (s *Store) Replays(ctx context.Context, calendar int64, limit int) ([]Replay, error) {
	where := cond{sql: "1 = 1"}
	if calendar != 0 {
		where = cond{"calendar = ?", []any{calendar}}
	}
	return s.replays(ctx, where, limitOf(limit))
}

// ActiveReplays lists those that are at work, those that move cases first.
func (s *Store) ActiveReplays(ctx context.Context) ([]Replay, error) {
	return s.replays(ctx, cond{sql: "status IN ('running', 'counting')"}, MaxLimit)
}

func (s *Store) replays(ctx context.Context, where cond, limit int) ([]Replay, error) {
	var rows []replayRow
	err := s.read(ctx).Where(where.sql, where.args...).Order("CASE status WHEN 'running' THEN 0 ELSE 1 END, id DESC").Limit(limit).Find(&rows).Error
	if err != nil {
		return nil, dbError("replays", err)
	}
	list := make([]Replay, len(rows))
	for i, r := range rows {
		list[i] = Replay{
			ID: r.ID, Calendar: r.Calendar, Version: r.Version, From: r.FromVersion, Status: ReplayStatus(r.Status), Turn: workflow.CaseID(r.Turn),
			Looked: r.Looked, Follows: r.Follows, By: r.Name, At: r.At.Time, AppliedBy: r.AppliedBy, AppliedAt: r.AppliedAt.ptr(), EndedAt: r.EndedAt.ptr(),
			Outcomes: map[workflow.Outcome]int64{},
		}
		var counts []struct {
			Outcome string
			N       int64
		}
		if err := s.read(ctx).Raw("SELECT outcome, count(*) AS n FROM replay_rows WHERE replay_id = ? GROUP BY outcome", r.ID).Scan(&counts).Error; err != nil {
			return nil, dbError("replays", err)
		}
		for _, c := range counts {
			list[i].Outcomes[workflow.Outcome(c.Outcome)] = c.N
		}
	}
	return list, nil
}

// KeepRecounts implements workflow.Replays.
func (s *Store) KeepRecounts(ctx context.Context, replay int64, page workflow.RecountPage) error {
	rows := make([]recountRow, len(page.Rows))
	for i := range page.Rows {
		rows[i] = recountRowOf(replay, &page.Rows[i])
	}
	return s.write(ctx, "replay", func(tx *gorm.DB) error {
		res := tx.Exec("UPDATE replays SET turn = ?, looked = looked + ?, moved_at = ? WHERE id = ? AND status = 'counting' AND turn = ?",
			int64(page.Last), page.Looked, s.moment(), replay, int64(page.After))
		if res.Error == nil && res.RowsAffected == 0 {
			return fault.New(fault.Conflict, "这次预览已作废，或正由别处计算。", "This preview is outdated, or is being counted elsewhere.")
		}
		return firstError(func() error { return res.Error }, insert(tx, rows))
	})
}
