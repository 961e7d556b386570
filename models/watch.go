package models

import (
	"context"
	"time"

	"github.com/shujie-gov/shujie/workflow"
)

// WatchKind is a kind of thing that should have happened.
type WatchKind string

// What the watch looks for, in the order in which it lists it.
const (
	WatchCases      WatchKind = "cases"      // time should have moved them (Overslept)
	WatchFetches    WatchKind = "fetches"    // calls over the platform whose next time is past
	WatchOutbox     WatchKind = "outbox"     // other work that nobody has taken up
	WatchDead       WatchKind = "dead"       // work that was given up
	WatchSeal       WatchKind = "seal"       // events that no checkpoint covers
	WatchMigrations WatchKind = "migrations" // migrations of definitions that stand still
	WatchReplays    WatchKind = "replays"    // previews and replays of the calendar that stand still
	WatchBulks      WatchKind = "bulks"      // bulk acts that stand still
)

// WatchGrace is how late something may be before the watch shows it: sweeps run
// every few seconds, a lease lasts a minute or two. House rule.
const WatchGrace = 5 * time.Minute

// watchMost bounds how many of a kind are counted.
const watchMost = 10_000

// Watched is what should have happened longer than the grace ago and did not, of
// one kind: how many, counted up to 10,000, and since when the oldest waits.
type Watched struct {
	Kind   WatchKind
	Count  int64
	Oldest time.Time
}

// Watch lists what should have happened longer than grace ago and did not. In a
// healthy system it is empty. It counts and tells nothing of what a case is about.
func (s *Store) Watch(ctx context.Context, grace time.Duration) ([]Watched, error) {
	by := at(s.now().Add(-grace))
	var list []Watched
	for _, look := range []struct {
		kind WatchKind
		sql  string
		args []any
	}{
		{WatchCases, "SELECT wake AS since FROM cases WHERE NOT ended AND wake <= ? ORDER BY wake", []any{by}},
		{WatchFetches, "SELECT due_at AS since FROM outbox WHERE NOT dead AND free_at <= ? AND kind = ? ORDER BY free_at", []any{by, workflow.EffectFetch}},
		{WatchOutbox, "SELECT due_at AS since FROM outbox WHERE NOT dead AND free_at <= ? AND kind <> ? ORDER BY free_at", []any{by, workflow.EffectFetch}},
		{WatchDead, "SELECT created_at AS since FROM outbox WHERE dead ORDER BY id", nil},
		{WatchSeal, "SELECT at AS since FROM events WHERE id > (SELECT coalesce(max(to_id), 0) FROM checkpoints WHERE log = 'events') AND at <= ? ORDER BY id", []any{by}},
		{WatchMigrations, "SELECT moved_at AS since FROM migrations WHERE status IN ('running', 'undoing') AND moved_at <= ? ORDER BY id", []any{by}},
		{WatchReplays, "SELECT moved_at AS since FROM replays WHERE status IN ('counting', 'running') AND moved_at <= ? ORDER BY id", []any{by}},
		{WatchBulks, "SELECT moved_at AS since FROM bulks WHERE state = 'running' AND moved_at <= ? ORDER BY id", []any{by}},
	} {
		var row struct {
			N      int64
			Oldest stamp
		}
		err := s.read(ctx).Raw("SELECT count(*) AS n, min(since) AS oldest FROM ("+look.sql+" LIMIT ?) w", append(look.args, watchMost)...).Scan(&row).Error
		if err != nil {
			return nil, dbError("watch", err)
		}
		if row.N > 0 {
			list = append(list, Watched{Kind: look.kind, Count: row.N, Oldest: row.Oldest.Time})
		}
	}
	return list, nil
}
