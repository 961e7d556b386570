package models

import (
	"context"

	"gorm.io/gorm"
	"gorm.io/gorm/clause"

	"github.com/shujie-gov/shujie/fault"
)

// MaxFilters bounds how many named filters a person keeps.
const MaxFilters = 10

// Filter is the query of a list that a person keeps: under a name, or under
// none the one they used last on that page.
type Filter struct {
	ID    int64
	Page  string // inbox or cases
	Name  string
	Query string
}

type filterRow struct {
	ID     int64
	UserID int64
	Page   string
	Name   string
	Query  string
}

// TableName implements schema.Tabler.
func (filterRow) TableName() string { return "filters" }

// Filters lists what a person keeps, in the order it was named.
func (s *Store) Filters(ctx context.Context, person int64) ([]Filter, error) {
	var rows []filterRow
	if err := s.read(ctx).Where("user_id = ?", person).Order("id").Find(&rows).Error; err != nil {
		return nil, dbError("filters", err)
	}
	list := make([]Filter, len(rows))
	for i, r := range rows {
		list[i] = Filter{ID: r.ID, Page: r.Page, Name: r.Name, Query: r.Query}
	}
	return list, nil
}

// KeepFilter keeps a query of a page under a name, in place of what had that
// name. An eleventh name is refused.
func (s *Store) KeepFilter(ctx context.Context, person int64, f Filter) error {
	row := filterRow{UserID: person, Page: f.Page, Name: f.Name, Query: f.Query}
	return s.write(ctx, "filter", func(tx *gorm.DB) error {
		if f.Name != "" {
			if err := s.lockUsers(tx, person); err != nil {
				return err
			}
			var n int64
			if err := tx.Model(&filterRow{}).Where("user_id = ? AND name <> '' AND NOT (page = ? AND name = ?)", person, f.Page, f.Name).Count(&n).Error; err != nil {
				return err
			}
			if n >= MaxFilters {
				return fault.InvalidField("name", "最多保存 10 个筛选，请先删除一个", "at most 10 filters are kept; remove one first")
			}
		}
		return tx.Clauses(clause.OnConflict{
			Columns:   []clause.Column{{Name: "user_id"}, {Name: "page"}, {Name: "name"}},
			DoUpdates: clause.AssignmentColumns([]string{"query"}),
		}).Create(&row).Error
	})
}

// ForgetFilter forgets the filter that a person used last on a page.
func (s *Store) ForgetFilter(ctx context.Context, person int64, page string) error {
	err := s.alone(func() error {
		return s.read(ctx).Exec("DELETE FROM filters WHERE user_id = ? AND page = ? AND name = ''", person, page).Error
	})
	return dbError("filter", err)
}

// DropFilter removes a named filter of a person.
func (s *Store) DropFilter(ctx context.Context, person, id int64) error {
	var n int64
	err := s.alone(func() error {
		res := s.read(ctx).Exec("DELETE FROM filters WHERE user_id = ? AND id = ? AND name <> ''", person, id)
		n = res.RowsAffected
		return res.Error
	})
	if err == nil && n == 0 {
		return notFound("filter")
	}
	return dbError("filter", err)
}
