package models

import (
	"context"
	"time"

	"gorm.io/gorm"
)

// probeLimit is how long it is waited for who asks whether an outage is over. It is
// longer than a job may take.
const probeLimit = 30 * time.Second

// lapse is after how long without anybody who waits an outage is taken to be over.
const lapse = 5 * time.Minute

// lets reports whether a job may call although the outage is on: nobody asks at
// the moment, and it is time to, or it is the one that asks.
func (r incidentRow) lets(job int64, now time.Time) bool {
	asked := r.ProbeJob != 0 && r.ProbeUntil.After(now)
	return asked && r.ProbeJob == job || !asked && !r.ProbeAt.After(now)
}

// Probe lets one parked fetch of each outage whose time has come ask whether it is
// over. Where nobody waits any more, and nobody has for a while, the outage ends:
// the next call will tell. It is a sweep; the row of the incident is the claim, so
// two at once do no harm.
func (s *Store) Probe(ctx context.Context) error {
	var due []int64
	now := s.now()
	if err := s.read(ctx).Raw("SELECT id FROM incidents WHERE closed_at IS NULL AND probe_at <= ? ORDER BY id", at(now)).Scan(&due).Error; err != nil {
		return dbError("incidents", err)
	}
	woke := false
	for _, id := range due {
		err := s.write(ctx, "incident", func(tx *gorm.DB) error {
			var rows []incidentRow
			if err := tx.Raw("SELECT * FROM incidents WHERE id = ? AND closed_at IS NULL"+s.d.forUpdate(), id).Scan(&rows).Error; err != nil {
				return err
			}
			if len(rows) == 0 || !rows[0].lets(0, now) {
				return nil
			}
			freed, err := s.sendProbe(tx, rows[0])
			woke = woke || freed
			if err == nil && !freed && rows[0].ProbeAt.Before(now.Add(-lapse)) {
				err = s.closeIncident(tx, rows[0])
			}
			return err
		})
		if err != nil {
			return err
		}
	}
	if woke {
		s.wake()
	}
	return nil
}

// sendProbe frees the parked fetch that waits longest, and waits for what becomes
// of it. In the outage of a platform its services are asked in turns: one that is
// broken for itself must not keep the others waiting.
func (s *Store) sendProbe(tx *gorm.DB, i incidentRow) (bool, error) {
	var next []struct{ JobID, ResourceID int64 }
	err := tx.Raw(`SELECT job_id, resource_id FROM parks WHERE incident_id = ?
		ORDER BY CASE WHEN resource_id > ? THEN 0 ELSE 1 END, resource_id, job_id LIMIT 1`, i.ID, i.Probed).Scan(&next).Error
	if err != nil || len(next) == 0 {
		return false, err
	}
	p := next[0]
	if err := claimProbe(tx, i.ID, p.JobID, p.ResourceID, s.now()); err != nil {
		return false, err
	}
	if err := tx.Exec("DELETE FROM parks WHERE job_id = ?", p.JobID).Error; err != nil {
		return false, err
	}
	now := s.moment()
	return true, tx.Exec("UPDATE outbox SET due_at = ?, free_at = ? WHERE id = ?", now, now, p.JobID).Error
}

func claimProbe(tx *gorm.DB, incident, job, resource int64, now time.Time) error {
	return tx.Exec("UPDATE incidents SET probe_job = ?, probe_until = ?, probed = ? WHERE id = ?", job, at(now.Add(probeLimit)), resource, incident).Error
}
