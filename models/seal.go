package models

import (
	"context"
	"encoding/json"
	"fmt"
	"slices"
	"time"

	"gorm.io/gorm"
)

// checkpointRow seals the rows of a range of ids of a log (docs/adr/0006).
type checkpointRow struct {
	Log     string
	ID      int64
	FromID  int64
	ToID    int64
	Missing string // ids of the range that were not there, as JSON
	Late    string // ids of earlier ranges that it counts, as JSON
	Count   int64
	Root    string
	Prev    string
	Hash    string
	At      stamp
}

// TableName implements schema.Tabler.
func (checkpointRow) TableName() string { return "checkpoints" }

func (c *checkpointRow) digest() (string, error) {
	return digestOf("shujie checkpoint 2", c.Log, c.Prev, c.ID, c.FromID, c.ToID, c.Missing, c.Late, c.Count, c.Root, c.At.UnixMicro())
}

// lateFor is how long an id that was missing when its range was sealed may
// still turn up: no transaction lives that long.
const lateFor = time.Hour

// sealAtOnce bounds the ids of one checkpoint, so that a first seal of a long
// log does not hold everything in memory.
const sealAtOnce = 50_000

// sealedLog is a table of which no row may vanish unseen: its name, and its
// columns of time and of what a checkpoint counts of a row. A row of the ledger is
// closed after it was written, and its own seal says that it is unchanged; so
// only that it is there is counted.
type sealedLog struct{ table, at, hash string }

const (
	eventLog  = "events"
	ledgerLog = "fetches"
)

func sealedLogs() []sealedLog {
	return []sealedLog{{eventLog, "at", "hash"}, {ledgerLog, "started_at", "CAST(id AS text)"}}
}

// Seal seals the events and the rows of the ledger that were written since the
// last checkpoint into the next one of their log (docs/adr/0006). Rows younger
// than settle are left for the next turn. It returns how many were sealed. One
// replica at a time seals; of two, one is refused by the number of the
// checkpoint.
func (s *Store) Seal(ctx context.Context, settle time.Duration) (int64, error) {
	var total int64
	for more := true; more; {
		var n int64
		now := s.now()
		err := s.write(ctx, "seal", func(tx *gorm.DB) error {
			n, more = 0, false
			for _, l := range sealedLogs() {
				sealed, rest, err := l.seal(tx, now, settle)
				if err != nil {
					return err
				}
				n, more = n+sealed, more || rest
			}
			return nil
		})
		if err != nil {
			return total, err
		}
		total += n
	}
	return total, nil
}

// seal writes the next checkpoint of the log, and returns how many rows it counts
// and whether there are more.
func (l sealedLog) seal(tx *gorm.DB, now time.Time, settle time.Duration) (n int64, more bool, err error) {
	var last checkpointRow
	if err := tx.Where("log = ?", l.table).Order("id DESC").Limit(1).Find(&last).Error; err != nil {
		return 0, false, err
	}
	to, err := l.settled(tx, last.ToID, at(now.Add(-settle)))
	if err != nil {
		return 0, false, err
	}
	more = to > last.ToID+sealAtOnce
	to = min(to, last.ToID+sealAtOnce)
	awaited, err := l.missingSince(tx, at(now.Add(-lateFor)))
	if err != nil {
		return 0, false, err
	}
	c := checkpointRow{Log: l.table, ID: last.ID + 1, FromID: last.ToID + 1, ToID: to, Prev: last.Hash, At: at(now)}
	if n, err = c.fill(tx, l, awaited); err != nil || n == 0 {
		return 0, false, err // with nothing new, the range stays open
	}
	if c.Hash, err = c.digest(); err != nil {
		return 0, false, err
	}
	return n, more, tx.Create(&c).Error
}

// settled returns the last id before the first row that is younger than the
// time given.
func (l sealedLog) settled(tx *gorm.DB, after int64, before stamp) (int64, error) {
	var to int64
	err := tx.Raw("SELECT coalesce((SELECT min(id) - 1 FROM "+l.table+" WHERE id > ? AND "+l.at+" > ?), (SELECT max(id) FROM "+l.table+"), 0)", after, before).
		Scan(&to).Error
	return max(to, after), err
}

// missingSince returns the ids that checkpoints since a time missed and no
// later one picked up.
func (l sealedLog) missingSince(tx *gorm.DB, since stamp) (map[int64]bool, error) {
	var recent []checkpointRow
	if err := tx.Select("id", "missing", "late").Where("log = ? AND at > ?", l.table, since).Order("id").Find(&recent).Error; err != nil {
		return nil, err
	}
	ids := map[int64]bool{}
	for _, c := range recent {
		missing, late, err := c.lists()
		if err != nil {
			return nil, err
		}
		for _, id := range missing {
			ids[id] = true
		}
		for _, id := range late {
			delete(ids, id)
		}
	}
	return ids, nil
}

func (c *checkpointRow) lists() (missing, late []int64, err error) {
	if err = json.Unmarshal([]byte(c.Missing), &missing); err != nil {
		return nil, nil, fmt.Errorf("checkpoint %d: missing: %w", c.ID, err)
	}
	if err = json.Unmarshal([]byte(c.Late), &late); err != nil {
		return nil, nil, fmt.Errorf("checkpoint %d: late: %w", c.ID, err)
	}
	return missing, late, nil
}

// hashed is a row as a checkpoint counts it.
type hashed struct {
	ID   int64
	Hash string
}

// fill counts the rows of the range and those awaited that came since, and
// returns how many there are.
func (c *checkpointRow) fill(tx *gorm.DB, l sealedLog, awaited map[int64]bool) (int64, error) {
	var there []hashed
	if err := tx.Raw("SELECT id, "+l.hash+" AS hash FROM "+l.table+" WHERE id BETWEEN ? AND ? ORDER BY id", c.FromID, c.ToID).Scan(&there).Error; err != nil {
		return 0, err
	}
	missing := []int64{}
	next := c.FromID
	for _, e := range there {
		for ; next < e.ID; next++ {
			missing = append(missing, next)
		}
		next = e.ID + 1
	}
	for ; next <= c.ToID; next++ {
		missing = append(missing, next)
	}
	late := []int64{}
	ids := make([]int64, 0, len(awaited))
	for id := range awaited {
		ids = append(ids, id)
	}
	slices.Sort(ids)
	for chunk := range slices.Chunk(ids, inserts) {
		var came []hashed
		if err := tx.Raw("SELECT id, "+l.hash+" AS hash FROM "+l.table+" WHERE id IN ? ORDER BY id", chunk).Scan(&came).Error; err != nil {
			return 0, err
		}
		for _, e := range came {
			late = append(late, e.ID)
			there = append(there, e)
		}
	}
	missingText, err := jsonOf(missing)
	if err != nil {
		return 0, err
	}
	lateText, err := jsonOf(late)
	if err != nil {
		return 0, err
	}
	c.Missing, c.Late = string(missingText), string(lateText)
	c.Count, c.Root = int64(len(there)), root(there)
	return c.Count, nil
}

// root is SM3 over the hashes of rows in the order of their ids.
func root(events []hashed) string {
	slices.SortFunc(events, func(a, b hashed) int { return int(a.ID - b.ID) })
	text := make([][]byte, len(events))
	for i, e := range events {
		text[i] = []byte(e.Hash)
	}
	return digest(text...)
}
