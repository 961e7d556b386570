package models

import (
	"context"
	"encoding/json"
	"time"

	"github.com/shujie-gov/shujie/workflow"
)

// Line is a case as a list shows it.
type Line struct {
	ID        workflow.CaseID
	Kind      workflow.Kind
	State     workflow.State
	Version   int64
	Def       int
	Title     string
	Proof     string
	Item      int64
	Batch     int64
	Parent    workflow.CaseID
	Series    string
	Serial    int64
	Region    string
	Parts     map[workflow.Part]workflow.DeptID
	Waits     workflow.Seat
	WaitsDept workflow.DeptID
	NoMeeting workflow.NoMeeting
	Assignee  int64 // the person who claimed it, 0 when it lies in the pool
	Ended     bool
	Term      *workflow.Term
	Due       *time.Time
	CreatedAt time.Time
	UpdatedAt time.Time
}

// Box is a view of the inbox.
type Box string

// The boxes: what waits for the actor, what the actor did, what the actor began.
const (
	Todo Box = "todo"
	Done Box = "done"
	Mine Box = "mine"
)

// Sort orders a list of cases.
type Sort string

// The orders. Every one ends with the id, so that pages neither lose nor repeat
// a row that stays where it is.
const (
	ByDue     Sort = "due"     // most urgent first, without a deadline last
	ByNewest  Sort = "newest"  // filed last first
	ByUpdated Sort = "updated" // moved last first
)

// CaseQuery filters a list of cases. Zero fields do not filter.
type CaseQuery struct {
	Kind       workflow.Kind
	State      workflow.State
	Department workflow.DeptID // plays a part in it
	Batch      int64
	Item       int64
	Parent     workflow.CaseID
	Open       *bool     // in work: somebody has the next move; or not
	Assignee   int64     // the person who claimed it
	Pool       bool      // nobody claimed it
	Light      Light     // yellow or red
	DueBefore  time.Time // due before this time
	Text       string    // number, or words of title, proof
	Box        Box
	Actor      workflow.Actor // whose box
	Sort       Sort           // ByDue for Todo, else ByNewest
	Limit      int
	Cursor     string
}

// Light narrows a list by urgency.
type Light string

// The lights of a deadline, see workflow.LightOf: 黄牌, close to it; 红牌, overdue.
const (
	Yellow Light = "yellow"
	Red    Light = "red"
)

// lineColumns are the columns of a line, of cases by the alias c.
const lineColumns = `c.id, c.kind, c.state, c.version, c.def_version, c.title, c.proof, c.item_id, c.batch_id, c.parent_id, c.series, c.serial, c.region,
  c.filer, c.demander, c.holder, c.lead, c.waits_part, c.waits_role, c.waits_dept, c.no_meeting, c.assignee, c.ended, c.term, c.due, c.created_at, c.updated_at`

// Cases lists cases in scope.
func (s *Store) Cases(ctx context.Context, sc Scope, q CaseQuery) (Page[Line], error) {
	var page Page[Line]
	o, err := q.order()
	if err != nil {
		return page, err
	}
	after, err := s.cursorOf(o.list, q.Cursor)
	if err != nil {
		return page, err
	}
	limit := limitOf(q.Limit)
	c, err := s.listSQL(sc, q, o, after, int64(limit)+1, lineColumns)
	if err != nil {
		return page, err
	}
	var rows []caseRow
	if err := s.read(ctx).Raw(c.sql, c.args...).Find(&rows).Error; err != nil {
		return page, dbError("cases", err)
	}
	page.Items = make([]Line, 0, min(len(rows), limit))
	for i := range rows {
		if i == limit {
			page.Next = s.cursorText(o.cursor(&rows[i-1]))
			break
		}
		line, err := rows[i].line()
		if err != nil {
			return page, dbError("cases", err)
		}
		page.Items = append(page.Items, line)
	}
	return page, nil
}

// CountCases counts what Cases would list over all pages, up to limit; a
// result of limit means "so many or more". 0 counts all.
func (s *Store) CountCases(ctx context.Context, sc Scope, q CaseQuery, limit int64) (int64, error) {
	if _, err := q.order(); err != nil {
		return 0, err
	}
	c, err := s.listSQL(sc, q, order{}, nil, limit, "c.id")
	if err != nil {
		return 0, err
	}
	var n int64
	err = s.read(ctx).Raw("SELECT count(*) FROM ("+c.sql+") q", c.args...).Scan(&n).Error
	return n, dbError("cases", err)
}

// Desk is how much waits for an actor.
type Desk struct {
	Todo   int64
	Red    int64 // of these: overdue
	Yellow int64 // of these: close to their deadline
	Kinds  map[workflow.Kind]int64
}

// Desk counts what Cases lists in the box Todo of an actor, by light and kind,
// in one look over at most limit cases, the most urgent ones. A Todo of limit
// means "so many or more", and so do the counts beside it.
func (s *Store) Desk(ctx context.Context, sc Scope, a workflow.Actor, limit int64) (Desk, error) {
	out := Desk{Kinds: map[workflow.Kind]int64{}}
	q := CaseQuery{Box: Todo, Actor: a}
	o, err := q.order()
	if err != nil {
		return out, err
	}
	inner, err := s.listSQL(sc, q, o, nil, limit, "c.id, c.kind, c.ended, c.due, c.term")
	if err != nil {
		return out, err
	}
	lights, err := s.lightCounts()
	if err != nil {
		return out, err
	}
	var rows []struct {
		Kind           string
		N, Red, Yellow int64
	}
	err = s.read(ctx).Raw("SELECT c.kind, count(*) AS n, "+lights.sql+" FROM ("+inner.sql+") c GROUP BY c.kind",
		append(lights.args, inner.args...)...).Scan(&rows).Error
	for _, r := range rows {
		out.Kinds[workflow.Kind(r.Kind)] = r.N
		out.Todo, out.Red, out.Yellow = out.Todo+r.N, out.Red+r.Red, out.Yellow+r.Yellow
	}
	return out, dbError("desk", err)
}

func (r *caseRow) line() (Line, error) {
	l := Line{
		ID: workflow.CaseID(r.ID), Kind: workflow.Kind(r.Kind), State: workflow.State(r.State), Version: r.Version, Def: r.DefVersion,
		Title: r.Title, Proof: r.Proof, Item: int64(r.ItemID), Batch: int64(r.BatchID), Parent: workflow.CaseID(r.ParentID),
		Region: r.Region, Series: r.Series, Serial: r.Serial, Parts: r.parts(),
		Waits:     workflow.Seat{Part: workflow.Part(r.WaitsPart), Role: workflow.Role(r.WaitsRole)},
		WaitsDept: workflow.DeptID(r.WaitsDept), NoMeeting: workflow.NoMeeting(r.NoMeeting), Assignee: r.Assignee, Ended: r.Ended,
		Due: r.Due.ptr(), CreatedAt: r.CreatedAt.Time, UpdatedAt: r.UpdatedAt.Time,
	}
	if len(r.Term) == 0 {
		return l, nil
	}
	return l, json.Unmarshal(r.Term, &l.Term)
}
