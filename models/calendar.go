package models

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"

	"gorm.io/gorm"

	"github.com/shujie-gov/shujie/fault"
	"github.com/shujie-gov/shujie/workflow"
)

// CalendarStatus is how far a version of the calendar is.
type CalendarStatus string

// A draft counts no term. One version is in force. A retired one was, and can be
// put into force again.
const (
	CalendarDraft   CalendarStatus = "draft"
	CalendarInForce CalendarStatus = "in_force"
	CalendarRetired CalendarStatus = "retired"
)

// Title returns what the status is called.
func (c CalendarStatus) Title() fault.Text {
	switch c {
	case CalendarDraft:
		return fault.Text{ZH: "草稿", EN: "draft"}
	case CalendarInForce:
		return fault.Text{ZH: "现行", EN: "in force"}
	case CalendarRetired:
		return fault.Text{ZH: "已停用", EN: "retired"}
	}
	return fault.Text{ZH: string(c), EN: string(c)}
}

// Calendar is one version of the working calendar as it is kept.
type Calendar struct {
	Number  int64
	Version string        // names the content; every term keeps it
	Close   time.Duration // close of business, from midnight, in whole minutes
	Days    []workflow.Day
	Source  string // where the days were announced
	Note    string
	Status  CalendarStatus
	By      string // who proposed it
	At      time.Time
	MovedBy string // who put it into force last
	MovedAt *time.Time
}

// Working returns the calendar as the rules see it.
func (c *Calendar) Working() (*workflow.Calendar, error) {
	cal, err := workflow.NewCalendar(c.Days, c.Close)
	if err != nil {
		return nil, fmt.Errorf("calendar %d: %w", c.Number, err)
	}
	if cal.Version() != c.Version {
		return nil, fmt.Errorf("calendar %d is not what its version %s says: it was changed in the database", c.Number, c.Version)
	}
	return cal, nil
}

// NewCalendar is a version to keep.
type NewCalendar struct {
	Close  time.Duration
	Days   []workflow.Day
	Source string
	Note   string
}

type calendarRow struct {
	Number  int64 `gorm:"primaryKey"`
	Version string
	Closing int64
	Days    string
	Source  string
	Note    string
	Status  string
	Actor   int64
	Name    string
	At      stamp
	MovedBy string
	MovedAt stamp
}

// TableName implements schema.Tabler.
func (calendarRow) TableName() string { return "calendars" }

func (r *calendarRow) calendar() (Calendar, error) {
	c := Calendar{
		Number: r.Number, Version: r.Version, Close: time.Duration(r.Closing) * time.Minute, Source: r.Source, Note: r.Note,
		Status: CalendarStatus(r.Status), By: r.Name, At: r.At.Time, MovedBy: r.MovedBy, MovedAt: r.MovedAt.ptr(),
	}
	return c, json.Unmarshal([]byte(r.Days), &c.Days)
}

// row checks n and makes it a row.
func (n *NewCalendar) row() (*calendarRow, *workflow.Calendar, error) {
	if p := (&plan{events: []eventRow{{Note: n.Note, Name: n.Source}}}); p.legible() != nil {
		return nil, nil, illegible("note")
	}
	if n.Close%time.Minute != 0 {
		return nil, nil, fault.InvalidField("close", "应为整分钟", "must be a whole minute")
	}
	cal, err := workflow.NewCalendar(n.Days, n.Close)
	if err != nil {
		return nil, nil, fault.InvalidField("days", "日历有误："+err.Error(), err.Error())
	}
	if len(n.Days) == 0 {
		return nil, nil, fault.InvalidField("days", "没有任何节假日：日历须有整年的数据", "there is no day: a calendar has the data of whole years")
	}
	days, err := json.Marshal(cal.Days())
	return &calendarRow{
		Version: cal.Version(), Closing: int64(n.Close / time.Minute), Days: string(days), Source: n.Source, Note: n.Note, Status: string(CalendarDraft),
	}, cal, err
}

// Calendars lists every version, newest first.
func (s *Store) Calendars(ctx context.Context) ([]Calendar, error) {
	var rows []calendarRow
	if err := s.read(ctx).Order("number DESC").Find(&rows).Error; err != nil {
		return nil, dbError("calendars", err)
	}
	list := make([]Calendar, len(rows))
	for i := range rows {
		var err error
		if list[i], err = rows[i].calendar(); err != nil {
			return nil, dbError("calendars", err)
		}
	}
	return list, nil
}

// Calendar returns one version.
func (s *Store) Calendar(ctx context.Context, number int64) (Calendar, error) {
	return calendarWhere(s.read(ctx).Where("number = ?", number))
}

// CalendarInForce returns the version that counts the terms; NotFound while
// there is none.
func (s *Store) CalendarInForce(ctx context.Context) (Calendar, error) {
	return calendarWhere(s.read(ctx).Where("status = 'in_force'"))
}

func calendarWhere(q *gorm.DB) (Calendar, error) {
	var row calendarRow
	if err := q.Take(&row).Error; err != nil {
		return Calendar{}, dbError("calendar", err)
	}
	c, err := row.calendar()
	return c, dbError("calendar", err)
}

// CalendarVersion returns the version of the calendar in force, "" while there is
// none. It is cheap to ask: replicas watch it.
func (s *Store) CalendarVersion(ctx context.Context) (string, error) {
	var version string
	err := s.read(ctx).Raw("SELECT version FROM calendars WHERE status = 'in_force'").Scan(&version).Error
	return version, dbError("calendar", err)
}

// SeedCalendar puts a first calendar into force. It changes nothing when there is
// one.
func (s *Store) SeedCalendar(ctx context.Context, n NewCalendar) error {
	row, _, err := n.row()
	if err != nil {
		return err
	}
	return s.write(ctx, "calendar", func(tx *gorm.DB) error { return s.seed(tx, row) })
}

func (s *Store) seed(tx *gorm.DB, row *calendarRow) error {
	return tx.Exec(`INSERT INTO calendars (version, closing, days, source, note, status, actor, name, at, moved_by, moved_at)
		SELECT ?, ?, ?, ?, ?, 'in_force', 0, ?, ?, ?, ? WHERE NOT EXISTS (SELECT 1 FROM calendars WHERE status = 'in_force') ON CONFLICT DO NOTHING`,
		row.Version, row.Closing, row.Days, row.Source, row.Note, workflow.SystemActor().Name, s.moment(), workflow.SystemActor().Name, s.moment()).Error
}

// ProposeCalendar keeps a version as a draft. One of the same content that is
// there already, in whatever status, is returned instead, and made is false. A
// version that loses a year is refused.
func (s *Store) ProposeCalendar(ctx context.Context, n NewCalendar, by workflow.Actor) (c Calendar, made bool, err error) {
	row, cal, err := n.row()
	if err != nil {
		return Calendar{}, false, err
	}
	row.Actor, row.Name, row.At = by.UserID, by.Name, s.moment()
	err = s.write(ctx, "calendar", func(tx *gorm.DB) error {
		if err := keepsYears(tx, cal); err != nil {
			return err
		}
		var was []calendarRow
		if err := tx.Where("version = ?", row.Version).Find(&was).Error; err != nil {
			return err
		}
		if len(was) > 0 {
			row, made = &was[0], false
			return nil
		}
		made = true
		return tx.Create(row).Error
	})
	if err != nil {
		return Calendar{}, false, err
	}
	c, err = row.calendar()
	return c, made, err
}

// keepsYears refuses a calendar that has no data for a year that one which was in
// force had: deadlines were counted in it.
func keepsYears(tx *gorm.DB, cal *workflow.Calendar) error {
	var used []calendarRow
	if err := tx.Where("status <> 'draft'").Find(&used).Error; err != nil {
		return err
	}
	var lost []int
	for i := range used {
		c, err := used[i].calendar()
		if err != nil {
			return err
		}
		old, err := c.Working()
		if err != nil {
			return err
		}
		lost = append(lost, cal.Lost(old)...)
	}
	if len(lost) == 0 {
		return nil
	}
	slices.Sort(lost)
	years := strings.Trim(fmt.Sprint(slices.Compact(lost)), "[]")
	return fault.InvalidField("days", "缺少 "+years+" 年的数据：已有期限按该年计算，不得删去", "the data of "+years+" is missing: terms were counted in that year")
}

// ReviseCalendar gives a draft another content. seen is the version that the
// caller saw: another one is Stale.
func (s *Store) ReviseCalendar(ctx context.Context, number int64, seen string, n NewCalendar, by workflow.Actor) (Calendar, error) {
	row, cal, err := n.row()
	if err != nil {
		return Calendar{}, err
	}
	err = s.write(ctx, "calendar", func(tx *gorm.DB) error {
		if err := keepsYears(tx, cal); err != nil {
			return err
		}
		if err := unlike(tx, number, row.Version); err != nil {
			return err
		}
		res := tx.Exec("UPDATE calendars SET version = ?, closing = ?, days = ?, source = ?, note = ?, actor = ?, name = ?, at = ? WHERE number = ? AND status = 'draft' AND version = ?",
			row.Version, row.Closing, row.Days, row.Source, row.Note, by.UserID, by.Name, s.moment(), number, seen)
		if err := oneCalendar(res, tx, number); err != nil {
			return err
		}
		return outdate(tx, cond{"calendar = ?", []any{number}})
	})
	if err != nil {
		return Calendar{}, err
	}
	return s.Calendar(ctx, number)
}

// unlike refuses a content that another version has.
func unlike(tx *gorm.DB, number int64, version string) error {
	var same []calendarRow
	if err := tx.Where("version = ? AND number <> ?", version, number).Find(&same).Error; err != nil || len(same) == 0 {
		return err
	}
	return fault.New(fault.Conflict,
		fmt.Sprintf("这样改与第 %d 版日历完全相同，请直接使用第 %d 版。", same[0].Number, same[0].Number),
		fmt.Sprintf("That makes it the same as calendar %d; use that one.", same[0].Number))
}

// oneCalendar says why a change of a draft met no row.
func oneCalendar(res, tx *gorm.DB, number int64) error {
	if res.Error != nil || res.RowsAffected == 1 {
		return res.Error
	}
	c, err := calendarWhere(tx.Where("number = ?", number))
	switch {
	case err != nil:
		return err
	case c.Status != CalendarDraft:
		return fault.New(fault.Conflict,
			fmt.Sprintf("第 %d 版日历已经用过，内容不能再改；请另建草稿。", number), fmt.Sprintf("Calendar %d has been in force and does not change any more; make a draft.", number))
	}
	return fault.New(fault.Stale, "别人刚刚改过这份日历，请核对后再改。", "Somebody else has just changed this calendar; look at it and try again.")
}

// DiscardCalendar removes a draft with its previews.
func (s *Store) DiscardCalendar(ctx context.Context, number int64) error {
	return s.write(ctx, "calendar", func(tx *gorm.DB) error {
		const drafts = "(SELECT number FROM calendars WHERE number = ? AND status = 'draft')"
		if err := tx.Exec("DELETE FROM replay_rows WHERE replay_id IN (SELECT id FROM replays WHERE calendar IN "+drafts+")", number).Error; err != nil {
			return err
		}
		if err := tx.Exec("DELETE FROM replays WHERE calendar IN "+drafts, number).Error; err != nil {
			return err
		}
		return oneCalendar(tx.Exec("DELETE FROM calendars WHERE number = ? AND status = 'draft'", number), tx, number)
	})
}

// Undated counts open cases whose deadline is open, since the calendar has no
// data for its year.
func (s *Store) Undated(ctx context.Context) (int64, error) {
	var n int64
	err := s.read(ctx).Raw("SELECT count(*) FROM cases WHERE NOT ended AND term IS NOT NULL AND due = ?", stamp{never()}).Scan(&n).Error
	return n, dbError("cases without a date", err)
}

// calendar puts the days of an import into force when there is no calendar. Days
// that differ from those in force are refused: deadlines depend on them, so they
// change by a replay.
func (im *importer) calendar(days []workflow.Day, closing time.Duration) error {
	if len(days) == 0 {
		return nil
	}
	var now calendarRow
	found := im.tx.Where("status = 'in_force'").Limit(1).Find(&now)
	switch {
	case found.Error != nil:
		return found.Error
	case closing == 0 && found.RowsAffected == 0:
		closing = 24 * time.Hour
	case closing == 0:
		closing = time.Duration(now.Closing) * time.Minute
	}
	row, _, err := (&NewCalendar{Close: closing, Days: days, Source: "导入 import"}).row()
	if f := (*fault.Error)(nil); errors.As(err, &f) {
		im.wrong = append(im.wrong, f.Fields...)
		return nil
	}
	if err != nil {
		return err
	}
	switch {
	case found.RowsAffected == 0:
		return im.s.seed(im.tx, row)
	case now.Version != row.Version:
		im.wrong = append(im.wrong, fault.Field{Name: "days", Text: fault.Text{
			ZH: "与现行日历不同；改动日历请先预览重算（clocks replay）", EN: "differ from the calendar in force; a calendar is changed by a replay (clocks replay)",
		}})
	}
	return nil
}
