package models

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"time"

	"gorm.io/gorm"

	"github.com/shujie-gov/shujie/fault"
	"github.com/shujie-gov/shujie/workflow"
)

// RoutingState is how far a version of a routing table is.
type RoutingState string

// The states of a routing table, in their order.
const (
	RoutingDraft   RoutingState = "draft"
	RoutingActive  RoutingState = "active"
	RoutingRetired RoutingState = "retired"
)

// RoutingSet is one version of the routing table of a region. Its rows change
// only while it is a draft; each change is a new revision.
type RoutingSet struct {
	ID          int64
	Region      string // path
	Title       string
	State       RoutingState
	Revision    int64
	Rows        []workflow.RoutingRow
	Rehearsal   *Rehearsal // the last dry run; nil before the first
	Author      string
	CreatedAt   time.Time
	UpdatedAt   time.Time
	Activator   string
	ActivatedAt *time.Time
	RetiredAt   *time.Time
}

// Rehearsal records a dry run of a routing table over cases that were filed.
type Rehearsal struct {
	Revision int64     `json:"revision"`
	From     time.Time `json:"from"`
	To       time.Time `json:"to"`
	Cases    int       `json:"cases"`
	Moved    int       `json:"moved"` // would have gone elsewhere
	At       time.Time `json:"at"`
	By       string    `json:"by"`
}

// Table is the set as the rules see it.
func (r *RoutingSet) Table() workflow.RoutingTable {
	return workflow.RoutingTable{Set: r.ID, Region: r.Region, Rows: r.Rows}
}

// Rehearsed reports whether this very revision was run dry.
func (r *RoutingSet) Rehearsed() bool {
	return r.Rehearsal != nil && r.Rehearsal.Revision == r.Revision
}

type routingRow struct {
	ID          int64
	Region      string
	Title       string
	State       string
	Revision    int64
	Rules       jsonText
	Rehearsal   jsonText
	Author      string
	CreatedAt   stamp
	UpdatedAt   stamp
	Activator   string
	ActivatedAt stamp
	RetiredAt   stamp
	Request     string
	Hash        string
}

// TableName implements schema.Tabler.
func (routingRow) TableName() string { return "routing_sets" }

func (r routingRow) set() (RoutingSet, error) {
	out := RoutingSet{
		ID: r.ID, Region: r.Region, Title: r.Title, State: RoutingState(r.State), Revision: r.Revision, Author: r.Author,
		CreatedAt: r.CreatedAt.Time, UpdatedAt: r.UpdatedAt.Time, Activator: r.Activator, ActivatedAt: r.ActivatedAt.ptr(), RetiredAt: r.RetiredAt.ptr(),
	}
	err := json.Unmarshal(r.Rules, &out.Rows)
	if err == nil && len(r.Rehearsal) > 0 {
		err = json.Unmarshal(r.Rehearsal, &out.Rehearsal)
	}
	return out, dbError("routing table", err)
}

// RoutingSets lists the versions of all regions, newest first.
func (s *Store) RoutingSets(ctx context.Context) ([]RoutingSet, error) {
	return s.routing(s.read(ctx).Order("id DESC"))
}

// ActiveRouting lists the tables in force, one a region.
func (s *Store) ActiveRouting(ctx context.Context) ([]RoutingSet, error) {
	return s.routing(s.read(ctx).Where("state = ?", string(RoutingActive)).Order("id"))
}

// RoutingSet returns one version.
func (s *Store) RoutingSet(ctx context.Context, id int64) (RoutingSet, error) {
	list, err := s.routing(s.read(ctx).Where("id = ?", id))
	if err != nil {
		return RoutingSet{}, err
	}
	if len(list) == 0 {
		return RoutingSet{}, notFound("routing table")
	}
	return list[0], nil
}

func (s *Store) routing(q *gorm.DB) ([]RoutingSet, error) {
	var rows []routingRow
	if err := q.Find(&rows).Error; err != nil {
		return nil, dbError("routing tables", err)
	}
	list := make([]RoutingSet, len(rows))
	for i := range rows {
		var err error
		if list[i], err = rows[i].set(); err != nil {
			return nil, err
		}
	}
	return list, nil
}

// CreateRouting keeps a new draft and returns it with its id. A key that made a
// draft before returns that one.
func (s *Store) CreateRouting(ctx context.Context, key workflow.Key, r RoutingSet) (RoutingSet, error) {
	rules, err := jsonOf(r.Rows)
	if err != nil {
		return RoutingSet{}, dbError("routing table", err)
	}
	now := s.moment()
	row := routingRow{
		Region: r.Region, Title: r.Title, State: string(RoutingDraft), Revision: 1, Rules: rules, Author: r.Author, CreatedAt: now, UpdatedAt: now,
	}
	if key.Value != "" {
		row.Request, row.Hash = fmt.Sprintf("%d %s", key.Actor, key.Value), key.Hash
	}
	err = dbError("routing table", s.alone(func() error { return s.read(ctx).Create(&row).Error }))
	if fault.KindOf(err) == fault.Conflict && key.Value != "" {
		return s.drafted(ctx, row)
	}
	if err != nil {
		return RoutingSet{}, err
	}
	return row.set()
}

// drafted returns the draft that an equal request made.
func (s *Store) drafted(ctx context.Context, asked routingRow) (RoutingSet, error) {
	var row routingRow
	if err := s.read(ctx).Where("request = ?", asked.Request).Take(&row).Error; err != nil {
		return RoutingSet{}, dbError("routing table", err)
	}
	if row.Hash != asked.Hash {
		return RoutingSet{}, fault.InvalidField("Idempotency-Key", "这个键已用于另一个请求", "was used for another request")
	}
	return row.set()
}

// ReviseRouting replaces title and rows of a draft that is still at the revision
// the writer saw.
func (s *Store) ReviseRouting(ctx context.Context, r RoutingSet) (RoutingSet, error) {
	rules, err := jsonOf(r.Rows)
	if err != nil {
		return RoutingSet{}, dbError("routing table", err)
	}
	return s.moveRouting(ctx, r.ID, RoutingDraft, r.Revision, func(_ *gorm.DB, at *routingRow) ([]string, error) {
		at.Title, at.Rules, at.Author, at.UpdatedAt = r.Title, rules, r.Author, s.moment()
		at.Revision++
		return []string{"title", "rules", "author", "updated_at", "revision"}, nil
	})
}

// NoteRehearsal records the dry run of a draft at the revision that was run.
func (s *Store) NoteRehearsal(ctx context.Context, id int64, run Rehearsal) (RoutingSet, error) {
	text, err := jsonOf(run)
	if err != nil {
		return RoutingSet{}, dbError("routing table", err)
	}
	return s.moveRouting(ctx, id, RoutingDraft, run.Revision, func(_ *gorm.DB, at *routingRow) ([]string, error) {
		at.Rehearsal = text
		return []string{"rehearsal"}, nil
	})
}

// ActivateRouting puts a draft in force in the place of the version that is,
// when this very revision was run dry.
func (s *Store) ActivateRouting(ctx context.Context, id, revision int64, by string) (RoutingSet, error) {
	return s.moveRouting(ctx, id, RoutingDraft, revision, func(tx *gorm.DB, at *routingRow) ([]string, error) {
		set, err := at.set()
		if err != nil {
			return nil, err
		}
		if !set.Rehearsed() {
			return nil, fault.New(fault.Conflict, "这一版还没有试运行，不能启用；修改后须重新试运行。", "This revision was not run dry; run it before it is activated, and again after each change.")
		}
		now := s.moment()
		err = tx.Exec("UPDATE routing_sets SET state = ?, retired_at = ? WHERE region = ? AND state = ?",
			string(RoutingRetired), now, at.Region, string(RoutingActive)).Error
		if err != nil {
			return nil, err
		}
		at.State, at.Activator, at.ActivatedAt = string(RoutingActive), by, now
		return []string{"state", "activator", "activated_at"}, nil
	})
}

// RetireRouting takes the active version out of force: the table of the region
// above decides again, or the catalogue.
func (s *Store) RetireRouting(ctx context.Context, id, revision int64) (RoutingSet, error) {
	return s.moveRouting(ctx, id, RoutingActive, revision, func(_ *gorm.DB, at *routingRow) ([]string, error) {
		at.State, at.RetiredAt = string(RoutingRetired), s.moment()
		return []string{"state", "retired_at"}, nil
	})
}

// moveRouting changes a version that is in the wanted state and at the wanted
// revision. change changes the row and names the columns that are written.
func (s *Store) moveRouting(ctx context.Context, id int64, state RoutingState, revision int64, change func(tx *gorm.DB, at *routingRow) ([]string, error)) (RoutingSet, error) {
	var row routingRow
	err := s.write(ctx, "routing table", func(tx *gorm.DB) error {
		if err := tx.Where("id = ?", id).Take(&row).Error; err != nil {
			return err
		}
		if row.State != string(state) {
			return fault.New(fault.Conflict, "这一版的状态不允许这样做。", "The state of this version does not allow it.")
		}
		if row.Revision != revision {
			return staleRouting()
		}
		columns, err := change(tx, &row)
		if err != nil {
			return err
		}
		res := tx.Model(&routingRow{}).Where("id = ? AND state = ? AND revision = ?", id, string(state), revision).Select(columns).Updates(row)
		if res.Error == nil && res.RowsAffected != 1 {
			return staleRouting()
		}
		return res.Error
	})
	if fault.KindOf(err) == fault.Conflict && errors.Is(err, gorm.ErrDuplicatedKey) {
		return RoutingSet{}, staleRouting() // two versions of a region were activated at once
	}
	if err != nil {
		return RoutingSet{}, err
	}
	return row.set()
}

func staleRouting() error {
	return fault.New(fault.Stale, "别人刚刚改过这一版规则，请核对最新内容后再试。", "Somebody else has just changed this table; look at it anew and try again.")
}
