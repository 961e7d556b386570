package models

import (
	"context"

	"github.com/shujie-gov/shujie/workflow"
)

// CoverStatus is how far a demanded proof is from being replaced by data.
type CoverStatus string

// The statuses of a demanded proof; each proof has one.
const (
	CoverReady     CoverStatus = "ready"      // data replaces it today
	CoverConnect   CoverStatus = "connect"    // published; its provider must connect it
	CoverApply     CoverStatus = "apply"      // conditional; the demander must apply for it
	CoverApplied   CoverStatus = "applied"    // the application is under way
	CoverDemanded  CoverStatus = "demanded"   // a demand for the data is under way
	CoverUnmatched CoverStatus = "unmatched"  // no data is known, and nobody was asked
	CoverNotShared CoverStatus = "not_shared" // the law forbids sharing it
	CoverNoData    CoverStatus = "no_data"    // no data exists; a legal alternative stands, or it was confirmed
)

// CoverStatuses lists them, the best first.
func CoverStatuses() []CoverStatus {
	return []CoverStatus{CoverReady, CoverConnect, CoverApply, CoverApplied, CoverDemanded, CoverUnmatched, CoverNotShared, CoverNoData}
}

// Covered is one demanded proof and what is known of replacing it.
type Covered struct {
	Proof        int64
	Name         string
	Item         int64
	ItemName     string
	ItemCode     string
	Region       string // of the item
	Demander     workflow.DeptID
	Holder       workflow.DeptID // registered as holding it, 0 when nobody is
	Likely       workflow.DeptID // holds the proof of that name for most other items, 0 when none does
	Resource     int64           // published, 0 when none
	ResourceName string
	Alternative  string
	Basis        string // 设定依据
	Issuer       string // 开具单位
	Status       CoverStatus
	Waits        workflow.DeptID // whom it waits for, 0 for nobody or a coordinator
	Demand       workflow.CaseID // the open demand
	Rounds       int64           // demands that ended
}

// CoverQuery filters demanded proofs. Zero fields do not filter.
type CoverQuery struct {
	Status   CoverStatus
	Demander workflow.DeptID
	Waits    *workflow.DeptID
	Today    string // the date in China, by which grants are valid
	Limit    int
	Cursor   string
}

// coverage classifies every demanded proof. It is the one place that does, so
// that each figure and the list behind it have the same rows.
const coverage = `
SELECT q.*, CASE q.status WHEN 'connect' THEN q.provider WHEN 'apply' THEN q.demander WHEN 'applied' THEN q.applied WHEN 'demanded' THEN q.asked ELSE 0 END AS waits FROM (
SELECT p.id AS proof, p.name, i.id AS item, i.name AS item_name, i.code AS item_code, i.region, i.dept AS demander, p.alternative, p.basis, p.issuer,
  coalesce(h.dept, 0) AS holder, coalesce(r.id, 0) AS resource, coalesce(r.name, '') AS resource_name, coalesce(r.provider, 0) AS provider,
  coalesce(d.id, 0) AS demand, coalesce(d.waits_dept, 0) AS asked, coalesce(a.waits_dept, 0) AS applied,
  coalesce((SELECT o.dept FROM proof_holders o JOIN proofs s ON s.id = o.proof_id WHERE s.name = p.name
    GROUP BY o.dept ORDER BY count(*) DESC, o.dept LIMIT 1), 0) AS likely,
  (SELECT count(*) FROM cases e WHERE e.item_id = i.id AND e.proof = p.name AND e.kind = 'data_demand' AND e.ended) AS rounds,
  CASE
    WHEN r.class = 3 THEN 'not_shared'
    WHEN r.id IS NOT NULL AND r.class > 0 AND NOT r.connected THEN 'connect'
    WHEN r.class = 1 OR r.class = 2 AND (r.provider = i.dept OR EXISTS (SELECT 1 FROM cases g WHERE g.kind = 'share_request' AND g.state = 'delivered'
      AND g.demander = i.dept AND CAST(g.facts->>'resource' AS bigint) = r.id AND g.item_id = i.id AND g.facts->>'until' >= ?)) THEN 'ready'
    WHEN r.class = 2 AND a.id IS NOT NULL THEN 'applied'
    WHEN r.class = 2 THEN 'apply'
    WHEN d.id IS NOT NULL THEN 'demanded'
    WHEN p.alternative <> '' OR EXISTS (SELECT 1 FROM cases n WHERE n.item_id = i.id AND n.proof = p.name AND n.kind = 'data_demand' AND n.state = 'no_data') THEN 'no_data'
    ELSE 'unmatched'
  END AS status
FROM proofs p
JOIN service_items i ON i.id = p.item_id
LEFT JOIN proof_holders h ON h.id = (SELECT min(f.id) FROM proof_holders f LEFT JOIN resources x ON x.id = f.resource_id AND x.status = 'published'
  WHERE f.proof_id = p.id AND (x.id IS NOT NULL OR NOT EXISTS (SELECT 1 FROM proof_holders f2 JOIN resources x2 ON x2.id = f2.resource_id AND x2.status = 'published' WHERE f2.proof_id = p.id)))
LEFT JOIN resources r ON r.id = h.resource_id AND r.status = 'published'
LEFT JOIN cases d ON d.id = (SELECT max(c.id) FROM cases c WHERE c.item_id = i.id AND c.proof = p.name AND c.kind = 'data_demand' AND NOT c.ended)
LEFT JOIN cases a ON a.id = (SELECT max(c.id) FROM cases c WHERE c.kind = 'share_request' AND NOT c.ended AND c.state <> 'delivered'
  AND c.demander = i.dept AND c.item_id = i.id AND CAST(c.facts->>'resource' AS bigint) = r.id)
) q`

// where returns the conditions of the query on the rows of coverage.
func (q CoverQuery) where() cond {
	var where []cond
	add := func(sql string, args ...any) { where = append(where, cond{sql, args}) }
	if q.Status != "" {
		add("z.status = ?", string(q.Status))
	}
	if q.Demander != 0 {
		add("z.demander = ?", int64(q.Demander))
	}
	if q.Waits != nil {
		add("z.waits = ?", int64(*q.Waits))
	}
	return and(where...)
}

const coverList = "coverage"

// Coverage lists demanded proofs by id.
func (s *Store) Coverage(ctx context.Context, q CoverQuery) (Page[Covered], error) {
	after, err := s.cursorOf(coverList, q.Cursor)
	if err != nil {
		return Page[Covered]{}, err
	}
	from := int64(0)
	if after != nil {
		from = after.ID
	}
	limit, c := limitOf(q.Limit), q.where()
	var rows []Covered
	args := append(append([]any{q.Today}, c.args...), from, limit+1)
	err = s.read(ctx).Raw("SELECT z.* FROM ("+coverage+") z WHERE "+c.sql+" AND z.proof > ? ORDER BY z.proof LIMIT ?", args...).Scan(&rows).Error
	if err != nil {
		return Page[Covered]{}, dbError("coverage", err)
	}
	return paged(s.safe, rows, limit, func(r Covered) cursor { return cursor{List: coverList, ID: r.Proof} }, func(r Covered) Covered { return r }), nil
}

// CoverCount is how many proofs have a status and wait for a department.
type CoverCount struct {
	Status CoverStatus
	Waits  workflow.DeptID
	N      int64
}

// CountCoverage counts what Coverage lists over all pages, by status and by whom
// it waits for.
func (s *Store) CountCoverage(ctx context.Context, q CoverQuery) ([]CoverCount, error) {
	c := q.where()
	var rows []CoverCount
	err := s.read(ctx).Raw("SELECT z.status, z.waits, count(*) AS n FROM ("+coverage+") z WHERE "+c.sql+" GROUP BY z.status, z.waits ORDER BY n DESC, z.waits",
		append([]any{q.Today}, c.args...)...).Scan(&rows).Error
	return rows, dbError("coverage", err)
}

// CountEntries counts the published entries of a provider by sharing class.
func (s *Store) CountEntries(ctx context.Context, provider workflow.DeptID) (map[workflow.ShareClass]int64, error) {
	var rows []struct {
		Class int
		N     int64
	}
	err := s.read(ctx).Raw("SELECT class, count(*) AS n FROM resources WHERE provider = ? AND status = ? GROUP BY class", int64(provider), string(EntryPublished)).Scan(&rows).Error
	out := map[workflow.ShareClass]int64{}
	for _, r := range rows {
		out[workflow.ShareClass(r.Class)] = r.N
	}
	return out, dbError("entries", err)
}
