package models

import (
	"fmt"
	"regexp"
	"strconv"
	"time"

	"gorm.io/gorm"

	"github.com/shujie-gov/shujie/fault"
)

// Rate is how often a service may be called, as it is registered on the platform
// (reqRate, docs/domain.md §6). The zero Rate is no limit.
type Rate struct {
	Calls int
	Per   time.Duration
}

// The words of a registration, e.g. "1000次/小时".
var rateWords = regexp.MustCompile(`^(\d{1,7})次/(秒|分钟|小时|天)$`)

func rateUnit(word string) time.Duration {
	switch word {
	case "秒":
		return time.Second
	case "分钟":
		return time.Minute
	case "小时":
		return time.Hour
	}
	return 24 * time.Hour
}

// ParseRate reads the words of a registration; "" is no limit.
func ParseRate(text string) (Rate, error) {
	if text == "" {
		return Rate{}, nil
	}
	m := rateWords.FindStringSubmatch(text)
	if m == nil || m[1][0] == '0' {
		return Rate{}, fault.InvalidField("rate", "调用频率应形如 1000次/小时（秒、分钟、小时、天）。", "the rate must look like 1000次/小时 (秒, 分钟, 小时 or 天)")
	}
	n, _ := strconv.Atoi(m[1]) // at most seven digits
	return Rate{Calls: n, Per: rateUnit(m[2])}, nil
}

// burst is how many calls may go out at once after a rest: a tenth of what is
// registered, so that one hall does not use up an hour in its first minute. House
// rule.
func (r Rate) burst() int { return max(1, r.Calls/10) }

// Interval is the time between two calls of a steady stream. A burst and such a
// stream together never make more than r.Calls in any r.Per, whenever one begins
// to look.
func (r Rate) Interval() time.Duration {
	if r.Calls == 0 {
		return 0
	}
	steady := time.Duration(r.Calls - r.burst() + 1)
	return ((r.Per+steady-1)/steady + time.Microsecond - 1).Truncate(time.Microsecond)
}

// rateRow is where a service is in its rate: the generic cell rate algorithm
// (ITU-T I.371, Annex A) keeps one moment, the theoretical arrival time of the next
// call.
type rateRow struct {
	ResourceID int64
	Tat        stamp
	Promised   stamp // the last turn that a waiting fetch was promised
}

// TableName implements schema.Tabler.
func (rateRow) TableName() string { return "rates" }

// take lets one call go out now, or says when its turn is. Who was promised an
// earlier turn goes first: turn is what this caller was promised, zero for one who
// comes newly.
func (row *rateRow) take(r Rate, now, turn time.Time) (wait time.Time) {
	step := r.Interval()
	free := row.Tat.Add(-time.Duration(r.burst()-1) * step)
	first := turn.IsZero() && row.Promised.After(now) // others wait already
	if !free.After(now) && !first {
		row.Tat = at(latest(row.Tat.Time, now).Add(step))
		return time.Time{}
	}
	if !turn.IsZero() && turn.Before(latest(free, now)) { // it keeps its place
		return latest(free, now.Add(time.Millisecond))
	}
	wait = latest(latest(free, now), row.Promised.Add(step))
	row.Promised = at(wait)
	return wait
}

func latest(a, b time.Time) time.Time {
	if a.After(b) {
		return a
	}
	return b
}

// slot takes a call of resource out of its registered rate, in the transaction
// that writes the ledger, so that the rate holds for all replicas together: the row
// is the truth, and calls to one service follow each other through it. It returns
// zero, or the turn that job was given. now is when the ledger says that the call
// began: the rate holds for the ledger, in whatever order the calls come by here.
func (s *Store) slot(tx *gorm.DB, registered string, resource, job int64, now time.Time) (time.Time, error) {
	rate, err := ParseRate(registered)
	if err != nil {
		return time.Time{}, fmt.Errorf("resource %d: %w", resource, err)
	}
	var promised stamp
	if err := tx.Raw("SELECT turn_at FROM outbox WHERE id = ?", job).Scan(&promised).Error; err != nil {
		return time.Time{}, err
	}
	if err := tx.Exec("INSERT INTO rates (resource_id, tat, promised) VALUES (?, ?, ?) ON CONFLICT (resource_id) DO NOTHING",
		resource, epoch(), epoch()).Error; err != nil {
		return time.Time{}, err
	}
	var row rateRow
	if err := tx.Raw("SELECT * FROM rates WHERE resource_id = ?"+s.d.forUpdate(), resource).Scan(&row).Error; err != nil {
		return time.Time{}, err
	}
	wait := row.take(rate, now, promised.Time)
	if err := tx.Exec("UPDATE rates SET tat = ?, promised = ? WHERE resource_id = ?", row.Tat, row.Promised, resource).Error; err != nil {
		return time.Time{}, err
	}
	if wait != promised.Time {
		err = tx.Exec("UPDATE outbox SET turn_at = ? WHERE id = ?", at(wait), job).Error
	}
	return wait, err
}

// epoch is long ago.
func epoch() stamp { return stamp{time.Unix(0, 0).UTC()} }
