package models

import (
	"context"
	"time"

	"gorm.io/gorm"

	"github.com/shujie-gov/shujie/workflow"
)

// reviveMost bounds how many jobs one act revives; the watch shows what is left.
const reviveMost = 10_000

// Revival is one act by which somebody made jobs due again that had been given
// up. Why each had failed stands with it.
type Revival struct {
	By    string
	At    time.Time
	Count int64
}

// revivalRow is a row of revivals: one job.
type revivalRow struct {
	ID     int64
	Job    int64
	Kind   string
	CaseID int64
	Error  string
	Actor  int64
	Name   string
	At     stamp
}

// TableName implements schema.Tabler.
func (revivalRow) TableName() string { return "revivals" }

// Revive makes the jobs that were given up due again, with fresh attempts, and
// writes down who did it and why each had failed. It returns how many there were.
func (s *Store) Revive(ctx context.Context, by workflow.Actor) (int64, error) {
	now := s.moment()
	var n int64
	err := s.write(ctx, "jobs", func(tx *gorm.DB) error {
		var dead []jobRow
		err := tx.Raw(`UPDATE outbox SET dead = ?, attempt = 0, due_at = ?, free_at = ?
			WHERE id IN (SELECT id FROM outbox WHERE dead ORDER BY id LIMIT ?) AND dead RETURNING *`, false, now, now, reviveMost).Scan(&dead).Error
		if err != nil {
			return err
		}
		rows := make([]revivalRow, len(dead))
		for i, j := range dead {
			rows[i] = revivalRow{Job: j.ID, Kind: j.Kind, CaseID: j.CaseID, Error: j.LastError, Actor: by.UserID, Name: by.Name, At: now}
		}
		n = int64(len(rows))
		return insert(tx, rows)()
	})
	if err == nil && n > 0 {
		s.wake()
	}
	return n, err
}

// Revivals lists the last acts by which jobs were revived, newest first.
func (s *Store) Revivals(ctx context.Context, limit int) ([]Revival, error) {
	var rows []struct {
		Name string
		At   stamp
		N    int64
	}
	err := s.read(ctx).Raw("SELECT name, at, count(*) AS n FROM revivals GROUP BY actor, name, at ORDER BY at DESC LIMIT ?", limitOf(limit)).Scan(&rows).Error
	list := make([]Revival, len(rows))
	for i, r := range rows {
		list[i] = Revival{By: r.Name, At: r.At.Time, Count: r.N}
	}
	return list, dbError("revivals", err)
}
