package models

import "gorm.io/gorm"

// inserts is how many rows go into one statement on SQLite, which takes 32,766
// values.
const inserts = 500

// writeSQLite writes plans in the transaction tx and reports which of their
// moves were taken.
func writeSQLite(tx *gorm.DB, plans []*plan) ([]bool, error) {
	taken := make([]bool, len(plans))
	var all plan
	var keys []keyRow
	for i, p := range plans {
		if p.move != nil {
			won, err := moveSQLite(tx, p.move)
			if err != nil {
				return nil, err
			}
			if !won {
				continue
			}
		}
		taken[i] = true
		all.cases = append(all.cases, p.cases...)
		all.needs = append(all.needs, p.needs...)
		all.change = append(all.change, p.change...)
		all.events = append(all.events, p.events...)
		all.marks = append(all.marks, p.marks...)
		all.jobs = append(all.jobs, p.jobs...)
		if p.key != nil {
			keys = append(keys, *p.key)
		}
	}
	for _, n := range all.change {
		if err := tx.Model(&needRow{}).Where("id = ? AND case_id = ?", n.ID, n.CaseID).
			Select("status", "receipt_id", "alternative").Updates(n).Error; err != nil {
			return nil, err
		}
	}
	if err := numberSQLite(tx, all.cases); err != nil {
		return nil, err
	}
	return taken, firstError(
		insert(tx, all.cases), insert(tx, all.needs), insert(tx, all.events),
		insert(tx, all.marks), insert(tx, all.jobs), insert(tx, keys),
	)
}

func moveSQLite(tx *gorm.DB, m *moveRow) (bool, error) {
	res := tx.Model(&caseRow{}).Where("id = ? AND version = ?", m.ID, m.Was).Select(
		"def_version", "state", "version", "filer", "demander", "holder", "lead", "facts", "term", "due", "wake", "assignee", "no_meeting",
		"ended", "ended_at", "waits_part", "waits_role", "waits_dept", "chain", "updated_at",
	).Updates(m.caseRow)
	return res.RowsAffected == 1, res.Error
}

// insert returns what inserts rows, to be done in order.
func insert[R any](tx *gorm.DB, rows []R) func() error {
	return func() error {
		if len(rows) == 0 {
			return nil
		}
		return tx.CreateInBatches(&rows, inserts).Error
	}
}

// firstError runs steps until one fails.
func firstError(steps ...func() error) error {
	for _, step := range steps {
		if err := step(); err != nil {
			return err
		}
	}
	return nil
}
