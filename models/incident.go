package models

import (
	"cmp"
	"context"
	"time"

	"gorm.io/gorm"
)

// Breaker says when calls that fail are an outage, and how often it is asked
// whether it is over.
type Breaker struct {
	Failures int           // of one service in a row; default 5
	Pause    time.Duration // until it is asked the first time, doubled up to Max; default 5 s
	Max      time.Duration // default 1 min
}

func (b Breaker) withDefaults() Breaker {
	return Breaker{cmp.Or(b.Failures, 5), cmp.Or(b.Pause, 5*time.Second), cmp.Or(b.Max, time.Minute)}
}

// Incident is an outage of a service of an exchange platform, or of the whole
// platform: one row where there would be thousands of failures (docs/adr/0016).
type Incident struct {
	ID           int64
	Platform     string
	Resource     int64 // the service, 0 when it is the platform
	ResourceName string
	Reason       string // what the last call before it met
	OpenedAt     time.Time
	ProbeAt      time.Time // when it is asked next whether it is over
	Waiting      int64     // fetches that wait for its end
	Parked       int64     // … that were parked in all
	MergedInto   int64     // the outage of the platform that it turned out to be, 0 when it did not
	ClosedAt     *time.Time
}

type incidentRow struct {
	ID           int64
	Platform     string
	ResourceID   int64
	ResourceName string
	Reason       string
	OpenedAt     stamp
	Pause        int64 // microseconds
	ProbeAt      stamp
	ProbeJob     int64
	Probed       int64
	ProbeUntil   stamp
	Parked       int64
	MergedInto   int64
	ClosedAt     stamp
}

// TableName implements schema.Tabler.
func (incidentRow) TableName() string { return "incidents" }

func (r incidentRow) incident() Incident {
	return Incident{
		ID: r.ID, Platform: r.Platform, Resource: r.ResourceID, ResourceName: r.ResourceName, Reason: r.Reason, OpenedAt: r.OpenedAt.Time,
		ProbeAt: r.ProbeAt.Time, Parked: r.Parked, MergedInto: r.MergedInto, ClosedAt: r.ClosedAt.ptr(),
	}
}

func (r incidentRow) pause() time.Duration { return time.Duration(r.Pause) * time.Microsecond }

// openIncidents reads what is on for a service, the platform first.
func openIncidents(tx *gorm.DB, platform string, resource int64, lock string) ([]incidentRow, error) {
	var rows []incidentRow
	err := tx.Raw("SELECT * FROM incidents WHERE closed_at IS NULL AND platform = ? AND resource_id IN (0, ?) ORDER BY resource_id"+lock,
		platform, resource).Scan(&rows).Error
	return rows, err
}

// judge looks at the call that just ended in the transaction that writes how: an
// answer ends the outage that it was asked in, a failure puts the next question
// off, or is the last of too many in a row. It reports whether rows became due.
func (s *Store) judge(tx *gorm.DB, f fetchRow, e FetchEnd) (woke bool, err error) {
	open, err := openIncidents(tx, f.Platform, int64(f.ResourceID), s.d.forUpdate())
	if err != nil {
		return false, err
	}
	failed := e.Outcome == FetchTechnical || e.Outcome == FetchUnknown
	for _, i := range open {
		switch {
		case !failed && !f.StartedAt.Before(i.OpenedAt.Time):
			if err := s.closeIncident(tx, i); err != nil {
				return false, err
			}
			woke = true
		case failed && i.ProbeJob == f.JobID:
			if err := s.putOff(tx, i, e.RetryAfter); err != nil {
				return false, err
			}
		}
	}
	if !failed || len(open) > 0 && open[0].ResourceID == 0 {
		return woke, nil
	}
	return woke, s.trip(tx, f, e, len(open) > 0)
}

// putOff makes everybody wait twice as long as before.
func (s *Store) putOff(tx *gorm.DB, i incidentRow, asked time.Duration) error {
	pause := max(min(2*i.pause(), s.breaker.Max), asked)
	return tx.Exec("UPDATE incidents SET pause = ?, probe_at = ?, probe_job = 0, probe_until = NULL WHERE id = ?",
		pause.Microseconds(), at(s.now().Add(pause)), i.ID).Error
}

// trip opens an outage when the last calls say so. The ledger is the memory of the
// breaker, so that all replicas count together and none forgets. A call that never
// went out, or failures of several services, are the platform's.
func (s *Store) trip(tx *gorm.DB, f fetchRow, e FetchEnd, known bool) error {
	n := s.breaker.Failures
	var last []struct {
		ResourceID int64
		Outcome    string
	}
	tail := func(where string, arg any, n int) (row bool, services int, err error) {
		last = nil
		err = tx.Raw("SELECT coalesce(resource_id, 0) AS resource_id, outcome FROM fetches WHERE "+where+
			" AND ended_at IS NOT NULL ORDER BY id DESC LIMIT ?", arg, n).Scan(&last).Error
		seen := map[int64]bool{}
		for _, l := range last {
			seen[l.ResourceID] = true
			if o := Outcome(l.Outcome); o != FetchTechnical && o != FetchUnknown {
				return false, 0, err
			}
		}
		return len(last) == n, len(seen), err
	}
	// The service first: what the others write meanwhile can only make it the
	// platform's.
	service, _, err := tail("resource_id = ?", int64(f.ResourceID), n)
	if err != nil {
		return err
	}
	whole, services, err := tail("platform = ?", f.Platform, 2*n)
	if err != nil {
		return err
	}
	whole = whole && services > 1
	if !whole && !e.Sent {
		if whole, _, err = tail("platform = ?", f.Platform, n); err != nil {
			return err
		}
		whole = whole || e.RetryAfter > 0 // it says so itself
	}
	switch {
	case whole:
		return s.openIncident(tx, incidentRow{Platform: f.Platform}, e)
	case service && !known:
		return s.openIncident(tx, incidentRow{Platform: f.Platform, ResourceID: int64(f.ResourceID), ResourceName: f.ResourceName}, e)
	}
	return nil
}

// openIncident writes the row of an outage unless another replica was faster. That
// of a platform takes over those of its services.
func (s *Store) openIncident(tx *gorm.DB, row incidentRow, e FetchEnd) error {
	now, pause := s.now(), max(s.breaker.Pause, e.RetryAfter)
	var id int64
	err := tx.Raw(`INSERT INTO incidents (platform, resource_id, resource_name, reason, opened_at, pause, probe_at) VALUES (?, ?, ?, ?, ?, ?, ?)
		ON CONFLICT (platform, resource_id) WHERE closed_at IS NULL DO NOTHING RETURNING id`,
		row.Platform, row.ResourceID, row.ResourceName, legibleText(e.Message), at(now), pause.Microseconds(), at(now.Add(pause))).Scan(&id).Error
	if err != nil || id == 0 {
		return err
	}
	s.log.Warn("an outage begins, its fetches are parked", "incident", id, "platform", row.Platform, "resource", row.ResourceID, "reason", e.Message)
	if row.ResourceID != 0 {
		return nil
	}
	const others = "SELECT id FROM incidents WHERE platform = ? AND closed_at IS NULL AND resource_id <> 0"
	var moved int64
	res := tx.Exec("UPDATE parks SET incident_id = ? WHERE incident_id IN ("+others+")", id, row.Platform)
	if moved = res.RowsAffected; res.Error != nil {
		return res.Error
	}
	if err := tx.Exec("UPDATE incidents SET parked = ? WHERE id = ?", moved, id).Error; err != nil {
		return err
	}
	return tx.Exec("UPDATE incidents SET closed_at = ?, merged_into = ? WHERE id IN ("+others+")", at(now), id, row.Platform).Error
}

// closeIncident ends an outage and makes its parked fetches due one after the other.
func (s *Store) closeIncident(tx *gorm.DB, i incidentRow) error {
	res := tx.Exec("UPDATE incidents SET closed_at = ?, probe_job = 0, probe_until = NULL WHERE id = ? AND closed_at IS NULL", s.moment(), i.ID)
	if res.Error != nil || res.RowsAffected == 0 {
		return res.Error
	}
	s.log.Info("an outage is over, its fetches go on", "incident", i.ID, "platform", i.Platform, "resource", i.ResourceID,
		"after", s.now().Sub(i.OpenedAt.Time), "parked", i.Parked)
	return s.unpark(tx, i.ID)
}

// IncidentQuery chooses incidents: those that are on, or the last Limit of all.
type IncidentQuery struct {
	Open  bool
	Limit int
}

// Incidents lists outages, the latest first.
func (s *Store) Incidents(ctx context.Context, q IncidentQuery) ([]Incident, error) {
	where := ""
	if q.Open {
		where = "WHERE i.closed_at IS NULL "
	}
	var rows []struct {
		Row     incidentRow `gorm:"embedded"`
		Waiting int64
	}
	err := s.read(ctx).Raw(`SELECT i.*, (SELECT count(*) FROM parks p WHERE p.incident_id = i.id) AS waiting FROM incidents i `+where+
		`ORDER BY i.id DESC LIMIT ?`, limitOf(q.Limit)).Scan(&rows).Error
	list := make([]Incident, len(rows))
	for n, r := range rows {
		list[n] = r.Row.incident()
		list[n].Waiting = r.Waiting
	}
	return list, dbError("incidents", err)
}

// Away returns the outage that is on for a service or its whole platform, 0 when
// there is none.
func (s *Store) Away(ctx context.Context, platform string, resource int64) (Incident, error) {
	rows, err := openIncidents(s.read(ctx), platform, resource, "")
	if err != nil || len(rows) == 0 {
		return Incident{}, dbError("incidents", err)
	}
	return rows[0].incident(), nil
}
