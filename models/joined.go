package models

import (
	"context"

	"github.com/shujie-gov/shujie/workflow"
)

// Followers lists the open cases, from one id on, that joined a case which has
// ended since.
func (s *Store) Followers(ctx context.Context, after workflow.CaseID, limit int) ([]workflow.Follower, error) {
	var list []workflow.Follower
	err := s.read(ctx).Raw(`SELECT c.id, m.id AS "into", m.kind, m.def_version, m.state FROM cases c
		JOIN cases m ON m.id = CAST(c.facts->>'merged_into' AS bigint)
		WHERE NOT c.ended AND c.facts->>'merged_into' IS NOT NULL AND m.ended AND c.id > ? ORDER BY c.id LIMIT ?`, int64(after), limitOf(limit)).
		Scan(&list).Error
	return list, dbError("followers", err)
}

// Same is the blocker that others about the same service item and demanded
// papers join, and how many did.
type Same struct {
	ID     workflow.CaseID // 0 when there is none
	Number string
	Joined int64
}

// Same finds the oldest open blocker of a service item and its demanded papers
// that has joined no other. It looks beyond the reader's scope, since whose
// citizen was first makes no difference to the block; it tells nothing but the
// number of the case.
func (s *Store) Same(ctx context.Context, item int64, proof string) (Same, error) {
	var rows []struct {
		ID        int64
		CreatedAt stamp
		Joined    int64
	}
	err := s.read(ctx).Raw(`SELECT c.id, c.created_at, (SELECT count(*) FROM cases j
			WHERE CAST(j.facts->>'merged_into' AS bigint) = c.id AND NOT j.ended AND j.facts->>'merged_into' IS NOT NULL) AS joined
		FROM cases c WHERE c.kind = ? AND c.item_id = ? AND c.proof = ? AND NOT c.ended
		AND coalesce(CAST(c.facts->>'merged_into' AS bigint), 0) = 0 ORDER BY c.id LIMIT 1`, string(workflow.Blocker), item, proof).Scan(&rows).Error
	if err != nil || len(rows) == 0 {
		return Same{}, dbError("the same blocker", err)
	}
	id := workflow.CaseID(rows[0].ID)
	return Same{ID: id, Number: Number(id, rows[0].CreatedAt.Time), Joined: rows[0].Joined}, nil
}

// Joined counts the open cases that joined a case.
func (s *Store) Joined(ctx context.Context, id workflow.CaseID) (int64, error) {
	var n int64
	err := s.read(ctx).Raw(`SELECT count(*) FROM cases c WHERE CAST(c.facts->>'merged_into' AS bigint) = ? AND NOT c.ended
		AND c.facts->>'merged_into' IS NOT NULL`, int64(id)).Scan(&n).Error
	return n, dbError("joined", err)
}
