package models

import (
	"context"

	"gorm.io/gorm"
	"gorm.io/gorm/clause"
)

// keptYears is how long records of use are kept at least (条例 Art. 29).
const keptYears = 3

// removalRow records that rows of the ledger were removed when their time was
// over, so that what is gone by rule can be told from what vanished.
type removalRow struct {
	Through int64 `gorm:"primaryKey;autoIncrement:false"` // the last row that was looked at
	Count   int64 // so many of those since the removal before were removed
	Before  stamp // all of them began before
	At      stamp
	Seal    string
}

// TableName implements schema.Tabler.
func (removalRow) TableName() string { return "ledger_removals" }

// sealRemoval returns the seal of a removal, as sealFetch.
func (s *safe) sealRemoval(r removalRow) (string, error) {
	text, err := arrayText("shujie removal 1", r.Through, r.Count, micros(r.Before), micros(r.At))
	return s.mark(text), err
}

// ForgetCalls removes the rows of the ledger that began more than three years ago
// and left no receipt, and returns how many. A call that left one stays with it:
// the receipt stands in the file of its case for the paper that it replaced. The
// removal is on record, and the calls stay counted (累计调用).
func (s *Store) ForgetCalls(ctx context.Context) (int64, error) {
	var total int64
	before := at(s.now().AddDate(-keptYears, 0, 0))
	for {
		n, more, err := s.forgetSome(ctx, before)
		if total += n; err != nil || !more {
			return total, err
		}
	}
}

// forgetSome looks at the next rows of the ledger. Of two replicas that do at
// once, one is refused by the key of the removal.
func (s *Store) forgetSome(ctx context.Context, before stamp) (n int64, more bool, err error) {
	err = s.write(ctx, "ledger", func(tx *gorm.DB) error {
		var through int64
		if err := tx.Raw("SELECT coalesce(max(through), 0) FROM ledger_removals").Scan(&through).Error; err != nil {
			return err
		}
		var end int64 // the first row that is younger, where reading by id stops
		err := tx.Raw(`SELECT coalesce((SELECT min(id) FROM fetches WHERE id > ? AND started_at >= ?), (SELECT max(id) + 1 FROM fetches), 0)`, through, before).Scan(&end).Error
		if err != nil {
			return err
		}
		var rows []fetchRow
		err = tx.Where("id > ? AND id < ?", through, end).Order("id").Limit(inserts).Find(&rows).Error
		if err != nil || len(rows) == 0 {
			return err
		}
		more = len(rows) == inserts
		row := removalRow{Through: rows[len(rows)-1].ID, Before: before, At: s.moment()}
		if row.Count, err = forget(tx, rows); err != nil {
			return err
		}
		n = row.Count
		if row.Seal, err = s.sealRemoval(row); err != nil {
			return err
		}
		return tx.Create(&row).Error
	})
	if err != nil {
		return 0, false, err
	}
	return n, more, nil
}

// forget removes those of the rows that left no receipt.
func forget(tx *gorm.DB, rows []fetchRow) (int64, error) {
	var ids []int64
	type counted struct {
		resource, dept int64
		day            string
	}
	gone := map[counted]int64{}
	for _, r := range rows {
		if r.ReceiptID == 0 && r.Outcome != string(FetchPending) {
			ids = append(ids, r.ID)
			gone[counted{int64(r.ResourceID), int64(r.UserDept), dayOf(r.StartedAt.Time)}]++
		}
	}
	if len(ids) == 0 {
		return 0, nil
	}
	for c, n := range gone {
		err := tx.Clauses(clause.OnConflict{
			Columns:   []clause.Column{{Name: "resource_id"}, {Name: "dept"}, {Name: "day"}, {Name: "slot"}},
			DoUpdates: clause.Assignments(map[string]any{"forgotten": gorm.Expr("call_counts.forgotten + ?", n)}),
		}).Table("call_counts").Create(map[string]any{"resource_id": c.resource, "dept": c.dept, "day": c.day, "slot": 0, "calls": 0, "forgotten": n}).Error
		if err != nil {
			return 0, err
		}
	}
	res := tx.Exec("DELETE FROM fetches WHERE id IN ?", ids)
	return res.RowsAffected, res.Error
}

// removals checks the records of removals and returns through which row of the
// ledger rows may be gone, and how many.
func (v *verifier) removals(ctx context.Context) (through, count int64, err error) {
	var rows []removalRow
	if err := v.s.read(ctx).Order("through").Find(&rows).Error; err != nil {
		return 0, 0, err
	}
	for _, r := range rows {
		seal, err := v.s.sealRemoval(r)
		switch {
		case err != nil:
			return 0, 0, err
		case seal != r.Seal:
			v.found(Problem{Kind: Changed, Fetch: r.Through}, "the record of the removal of ledger rows through %d was changed or written by another program: its seal does not cover what it says", r.Through)
		default:
			through, count = r.Through, count+r.Count
		}
	}
	return through, count, nil
}
