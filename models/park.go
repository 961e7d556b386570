package models

import (
	"context"
	"fmt"
	"time"

	"gorm.io/gorm"
)

// WaitError is why a call may not go out now. It is no failure.
type WaitError struct {
	Until    time.Time // when its turn is: the service has been called as often as it may
	Incident Incident  // the outage that it has to wait for; its ID is 0 when there is none
}

// Error implements error.
func (w *WaitError) Error() string {
	if w.Incident.ID != 0 {
		return fmt.Sprintf("incident %d: the exchange platform is away: %s", w.Incident.ID, w.Incident.Reason)
	}
	return "the service has been called as often as it is registered for; its turn is at " + w.Until.Format(time.RFC3339)
}

// glance is what is to be looked at before a call goes out, in one query: mostly
// nothing.
type glance struct {
	Away int64  // outages that are on
	Rate string // registered rate, "" for none
	Open int64  // calls of the same job that did not end
}

func glanceAt(tx *gorm.DB, f Fetch) (g glance, err error) {
	err = tx.Raw(`SELECT (SELECT count(*) FROM incidents WHERE closed_at IS NULL AND platform = ? AND resource_id IN (0, ?)) AS away,
		coalesce((SELECT rate FROM resources WHERE id = ?), '') AS rate,
		(SELECT count(*) FROM fetches WHERE job_id = ? AND outcome = 'pending') AS open`,
		f.Platform, f.Resource, f.Resource, f.Job).Scan(&g).Error
	return g, err
}

// gate decides, in the transaction that would write the ledger row, whether a call
// may go out: there is no outage, or the job is the one that asks whether it is
// over; and the registered rate of the service allows it.
func (s *Store) gate(tx *gorm.DB, f Fetch, g glance, now time.Time) (*WaitError, error) {
	var open []incidentRow
	var err error
	if g.Away > 0 {
		if open, err = openIncidents(tx, f.Platform, f.Resource, s.d.forUpdate()); err != nil {
			return nil, err
		}
	}
	for _, i := range open {
		if !i.lets(f.Job, now) {
			return &WaitError{Incident: i.incident()}, nil
		}
	}
	if g.Rate != "" {
		turn, err := s.slot(tx, g.Rate, f.Resource, f.Job, now)
		if err != nil {
			return nil, err
		}
		if !turn.IsZero() {
			return &WaitError{Until: turn}, nil
		}
	}
	for _, i := range open {
		if err := claimProbe(tx, i.ID, f.Job, f.Resource, now); err != nil {
			return nil, err
		}
	}
	return nil, nil //nolint:nilnil // nothing to wait for
}

// Park lets a fetch wait for the end of an outage: it is due never, and nobody
// looks at it until then. It reports false when the outage is over, and the fetch
// may try at once.
func (s *Store) Park(ctx context.Context, job, resource int64, incident Incident) (bool, error) {
	parked := false
	err := s.write(ctx, "park", func(tx *gorm.DB) error {
		var open []int64
		// Locked, so that the end of the outage comes before this or finds it.
		if err := tx.Raw("SELECT id FROM incidents WHERE id = ? AND closed_at IS NULL"+s.d.forUpdate(), incident.ID).Scan(&open).Error; err != nil || len(open) == 0 {
			return err
		}
		res := tx.Exec("UPDATE outbox SET due_at = ?, free_at = ?, last_error = ? WHERE id = ? AND NOT dead",
			at(never()), at(never()), (&WaitError{Incident: incident}).Error(), job)
		if res.Error != nil || res.RowsAffected == 0 {
			return res.Error
		}
		res = tx.Exec("INSERT INTO parks (job_id, incident_id, resource_id, at) VALUES (?, ?, ?, ?) ON CONFLICT (job_id) DO NOTHING",
			job, incident.ID, resource, s.moment())
		if parked = true; res.Error != nil || res.RowsAffected == 0 {
			return res.Error
		}
		return tx.Exec("UPDATE incidents SET parked = parked + 1 WHERE id = ?", incident.ID).Error
	})
	return parked && err == nil, err
}

// resumeGap is the time between two parked fetches of a service that is registered
// without a rate: a platform that just came back is not run over. House rule.
const resumeGap = 10 * time.Millisecond

// unpark makes the fetches that waited for an outage due, those of each service in
// the order in which they waited and at its registered rate. Each has its turn
// then, and who comes newly waits behind them.
func (s *Store) unpark(tx *gorm.DB, incident int64) error {
	var waiting []struct {
		ResourceID int64
		Rate       string
		N          int64
	}
	err := tx.Raw(`SELECT p.resource_id, coalesce(r.rate, '') AS rate, count(*) AS n FROM parks p LEFT JOIN resources r ON r.id = p.resource_id
		WHERE p.incident_id = ? GROUP BY p.resource_id, coalesce(r.rate, '') ORDER BY p.resource_id`, incident).Scan(&waiting).Error
	if err != nil {
		return err
	}
	now := s.now()
	for _, w := range waiting {
		rate, err := ParseRate(w.Rate)
		if err != nil {
			return fmt.Errorf("resource %d: %w", w.ResourceID, err)
		}
		gap := max(rate.Interval(), resumeGap)
		turn := s.d.after
		set := "UPDATE outbox SET due_at = " + turn + ", free_at = " + turn + ", turn_at = " + turn + ` FROM (
			SELECT job_id, row_number() OVER (ORDER BY job_id) AS n FROM parks WHERE incident_id = ? AND resource_id = ?) AS w WHERE outbox.id = w.job_id`
		g := gap.Microseconds()
		if err := tx.Exec(set, at(now), g, at(now), g, at(now), g, incident, w.ResourceID).Error; err != nil {
			return err
		}
		if rate != (Rate{}) {
			last := at(now.Add(time.Duration(w.N) * gap))
			if err := tx.Exec(`INSERT INTO rates (resource_id, tat, promised) VALUES (?, ?, ?) ON CONFLICT (resource_id)
				DO UPDATE SET promised = CASE WHEN rates.promised < excluded.promised THEN excluded.promised ELSE rates.promised END`,
				w.ResourceID, epoch(), last).Error; err != nil {
				return err
			}
		}
	}
	return tx.Exec("DELETE FROM parks WHERE incident_id = ?", incident).Error
}
