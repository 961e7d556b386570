package models

import (
	"context"
	"time"

	"github.com/shujie-gov/shujie/fault"
	"github.com/shujie-gov/shujie/workflow"
)

// maxFiled bounds how many cases one dry run looks at, and filedStep how many
// are read at once.
const (
	maxFiled  = 50_000
	filedStep = 1000
)

// Filed is a blocker as a routing table looked at it when it was filed.
type Filed struct {
	ID        workflow.CaseID
	Title     string
	CreatedAt time.Time
	Lead      workflow.DeptID // who answers for it now
	Question  workflow.RoutingQuestion
}

// FiledBlockers lists the blockers in scope that were filed in or below a region
// from from until before to, by id. More than a dry run can look at is Invalid.
func (s *Store) FiledBlockers(ctx context.Context, sc Scope, region string, from, to time.Time) ([]Filed, error) {
	var out []Filed
	for last := int64(0); ; {
		where := and(
			cond{"c.kind = ? AND c.id > ? AND c.created_at >= ? AND c.created_at < ?", []any{string(workflow.Blocker), last, at(from), at(to)}},
			within("c.region", region), sc.cases(),
		)
		var rows []caseRow
		err := s.read(ctx).Raw(`SELECT c.id, c.title, c.region, c.item_id, c.holder, c.lead, c.facts, c.created_at FROM cases c WHERE `+
			where.sql+` ORDER BY c.id LIMIT ?`, append(where.args, filedStep)...).Scan(&rows).Error
		if err != nil {
			return nil, dbError("filed cases", err)
		}
		if len(out)+len(rows) > maxFiled {
			return nil, fault.InvalidField("from", "这段时间的案件太多，请缩短时间范围", "there are too many cases in this time; take a shorter one")
		}
		list, err := s.filed(ctx, rows)
		if err != nil {
			return nil, err
		}
		out = append(out, list...)
		if len(rows) < filedStep {
			return out, nil
		}
		last = rows[len(rows)-1].ID
	}
}

// filed adds the demanded papers to rows of cases.
func (s *Store) filed(ctx context.Context, rows []caseRow) ([]Filed, error) {
	ids := make([]int64, len(rows))
	for i := range rows {
		ids[i] = rows[i].ID
	}
	var needs []needRow
	if err := s.read(ctx).Select("case_id", "name").Where("case_id IN ?", ids).Order("id").Find(&needs).Error; err != nil {
		return nil, dbError("filed cases", err)
	}
	papers := map[int64][]workflow.Requirement{}
	for _, n := range needs {
		papers[n.CaseID] = append(papers[n.CaseID], workflow.Requirement{Name: n.Name})
	}
	list := make([]Filed, len(rows))
	for i := range rows {
		r := &rows[i]
		facts, err := factsOf(r.Facts)
		if err != nil {
			return nil, dbError("filed cases", err)
		}
		c := workflow.Case{Region: r.Region, Item: int64(r.ItemID), Parts: r.parts(), Facts: facts, Requirements: papers[r.ID]}
		list[i] = Filed{
			ID: workflow.CaseID(r.ID), Title: r.Title, CreatedAt: r.CreatedAt.Time, Lead: workflow.DeptID(r.Lead), Question: workflow.QuestionOf(&c),
		}
	}
	return list, nil
}

// Holding is one department that is registered as holding the data of a proof.
type Holding struct {
	Proof    string
	Dept     workflow.DeptID
	Resource int64 // what replaces the proof, 0 when no data exists
}

// Holdings lists who is registered as holding the data of the proofs of an
// item, in the order of registration.
func (s *Store) Holdings(ctx context.Context, item int64) ([]Holding, error) {
	var list []Holding
	err := s.read(ctx).Raw(`SELECT p.name AS proof, h.dept, coalesce(h.resource_id, 0) AS resource
		FROM proofs p JOIN proof_holders h ON h.proof_id = p.id WHERE p.item_id = ? ORDER BY h.id`, item).Scan(&list).Error
	return list, dbError("holders", err)
}

// ClosedBy counts by lead department the closed blockers of an item and one of
// the proofs that sc sees.
func (s *Store) ClosedBy(ctx context.Context, sc Scope, item int64, proofs []string) (map[workflow.DeptID]int64, error) {
	where := and(cond{"c.kind = ? AND c.state = ? AND c.item_id = ? AND c.proof IN ? AND c.lead IS NOT NULL", []any{string(workflow.Blocker), stateClosed, item, proofs}}, sc.cases())
	var rows []struct{ Lead, N int64 }
	err := s.read(ctx).Raw("SELECT c.lead, count(*) AS n FROM cases c WHERE "+where.sql+" GROUP BY c.lead", where.args...).Scan(&rows).Error
	if err != nil {
		return nil, dbError("closed cases", err)
	}
	out := map[workflow.DeptID]int64{}
	for _, r := range rows {
		out[workflow.DeptID(r.Lead)] = r.N
	}
	return out, nil
}
