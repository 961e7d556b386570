package models

import (
	"context"
	"time"

	"gorm.io/gorm/clause"

	"github.com/shujie-gov/shujie/workflow"
)

// Notice tells the people of a seat that a case moved. It is kept once per
// case, event and seat, so telling twice is harmless.
type Notice struct {
	ID     int64
	Case   workflow.CaseID
	Seq    int64
	Action workflow.Action
	Title  string // of the case
	Number string // … and its number
	Role   workflow.Role
	Dept   workflow.DeptID
	Region string
	At     time.Time
	Bulk   int64 // the bulk act of which the event is the first row told of, or 0
	Rows   int64 // how many cases that act moved
}

type noticeRow struct {
	ID     int64
	CaseID int64
	Seq    int64
	Role   string
	Dept   int64
	Region string
	At     stamp
	BulkID int64
}

// TableName implements schema.Tabler.
func (noticeRow) TableName() string { return "notices" }

// AddNotice keeps a notice, once; of a bulk act once for all its rows. Action and Title are not kept: they are those
// of the event and the case.
func (s *Store) AddNotice(ctx context.Context, n Notice) error {
	row := noticeRow{
		CaseID: int64(n.Case), Seq: n.Seq, Role: string(n.Role), Dept: int64(n.Dept), Region: n.Region, At: s.moment(), BulkID: n.Bulk,
	}
	err := s.alone(func() error {
		return s.read(ctx).Clauses(clause.OnConflict{DoNothing: true}).Create(&row).Error
	})
	return dbError("notice", err)
}

// maxUnread bounds how far unread notices are counted.
const maxUnread = 1000

// Notices lists what the actor's seats were told, newest first, and how many
// of them are newer than the last look, counted up to 1000. A case is seen through the actor's
// scope: whoever lost sight of it reads no more about it.
func (s *Store) Notices(ctx context.Context, a workflow.Actor, limit int) (list []Notice, unread int64, err error) {
	where := and(toldTo(a), ScopeOf(a).cases())
	const from = ` FROM notices n JOIN cases c ON c.id = n.case_id JOIN events e ON e.case_id = n.case_id AND e.seq = n.seq WHERE `
	var rows []struct {
		ID, CaseID, Seq int64
		Role, Region    string
		Dept            int64
		At              stamp
		BulkID, BulkN   int64
		Action, Title   string
		Series          string
		Serial          int64
		CreatedAt       stamp
	}
	err = s.read(ctx).Raw("SELECT n.id, n.case_id, n.seq, n.role, n.region, n.dept, n.at, e.action, c.title, c.series, c.serial, c.created_at, n.bulk_id,"+
		" (SELECT count(*) FROM bulk_items i WHERE i.bulk_id = n.bulk_id AND i.result = 'done') AS bulk_n"+from+where.sql+
		" ORDER BY n.id DESC LIMIT ?", append(where.args, limitOf(limit))...).Scan(&rows).Error
	if err != nil {
		return nil, 0, dbError("notices", err)
	}
	list = make([]Notice, len(rows))
	for i, r := range rows {
		list[i] = Notice{
			ID: r.ID, Case: workflow.CaseID(r.CaseID), Seq: r.Seq, Action: workflow.Action(r.Action), Title: r.Title,
			Number: numberIn(r.Series, r.Serial, workflow.CaseID(r.CaseID), r.CreatedAt.Time),
			Role:   workflow.Role(r.Role), Dept: workflow.DeptID(r.Dept), Region: r.Region, At: r.At.Time, Bulk: r.BulkID, Rows: r.BulkN,
		}
	}
	err = s.read(ctx).Raw("SELECT count(*) FROM (SELECT 1 AS one"+from+
		"n.id > (SELECT coalesce(max(notices_seen), 0) FROM users WHERE id = ?) AND "+where.sql+" LIMIT ?) q",
		append(append([]any{a.UserID}, where.args...), maxUnread)...).Scan(&unread).Error
	return list, unread, dbError("notices", err)
}

// SeeNotices moves the actor's last look to the newest notice.
func (s *Store) SeeNotices(ctx context.Context, a workflow.Actor) error {
	err := s.alone(func() error {
		return s.read(ctx).Exec("UPDATE users SET notices_seen = (SELECT coalesce(max(id), 0) FROM notices) WHERE id = ?", a.UserID).Error
	})
	return dbError("notices", err)
}

// toldTo says which notices, by the alias n, are for one of the actor's seats.
func toldTo(a workflow.Actor) cond {
	var seats []cond
	for _, g := range a.Grants {
		switch g.Role.Domain() {
		case workflow.InDepartment:
			if g.Dept > 0 {
				seats = append(seats, cond{"(n.role = ? AND n.dept = ?)", []any{string(g.Role), int64(g.Dept)}})
			}
		case workflow.InRegion:
			if g.Region != "" {
				seats = append(seats, and(cond{"n.role = ? AND n.dept = 0", []any{string(g.Role)}}, within("n.region", g.Region)))
			}
		case workflow.Everywhere:
		}
	}
	return or(seats...)
}
