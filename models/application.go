package models

import (
	"context"
	"fmt"
	"time"

	"github.com/shujie-gov/shujie/workflow"
)

// applicationRow is a share application, the zero value none.
type applicationRow struct {
	ID        int64
	State     string
	Ended     bool
	Waits     string
	Until     string
	Basis     string
	CreatedAt stamp
}

// applicationColumns are the columns of an application by the alias a, in the
// order of fields; there may be none.
const applicationColumns = `coalesce(a.id, 0), coalesce(a.state, ''), coalesce(a.ended, false), coalesce(a.waits_part, ''),
  coalesce(a.facts->>'until', ''), coalesce(a.facts->>'basis', ''), a.created_at`

// fields are where a row of applicationColumns is scanned into.
func (r *applicationRow) fields() []any {
	return []any{&r.ID, &r.State, &r.Ended, &r.Waits, &r.Until, &r.Basis, &r.CreatedAt}
}

func (r applicationRow) application() workflow.Application {
	return workflow.Application{
		ID: workflow.CaseID(r.ID), State: workflow.State(r.State), Ended: r.Ended, Waits: workflow.Part(r.Waits),
		Until: r.Until, Basis: r.Basis, CreatedAt: r.CreatedAt.Time,
	}
}

// serves says which applications a serve requirement r of case c: the same
// applicant, resource and purpose. The purpose is the service item; an
// application without one serves its own blocker alone.
const serves = `a.kind = 'share_request' AND a.demander = c.demander AND CAST(a.facts->>'resource' AS bigint) = r.resource_id
        AND (a.item_id = c.item_id OR a.parent_id = c.id)`

// Waiting lists the cases that have a requirement waiting for an application:
// its blocker, and every other that rests on it.
func (s *Store) Waiting(ctx context.Context, application workflow.CaseID) ([]workflow.CaseID, error) {
	var ids []workflow.CaseID
	err := s.read(ctx).Raw(`SELECT DISTINCT c.id FROM cases a
		JOIN requirements r ON r.resource_id = CAST(a.facts->>'resource' AS bigint) AND r.status IN ('applied', 'requested')
		JOIN cases c ON c.id = r.case_id
		WHERE a.id = ? AND NOT c.ended AND `+serves+` ORDER BY c.id`, int64(application)).Scan(&ids).Error
	return ids, dbError("waiting cases", err)
}

// Grant is what lets the data of a requirement be fetched: nothing for data
// that needs no grant, else the application it rests on.
type Grant struct {
	Needed      bool
	Standing    workflow.Standing
	Application workflow.Application
}

// Number names the application.
func (g Grant) Number() string {
	if g.Application.ID == 0 {
		return ""
	}
	return Number(g.Application.ID, g.Application.CreatedAt)
}

// Refusal says why nothing may be fetched now, nil when it may.
func (g Grant) Refusal() string {
	switch {
	case !g.Needed || g.Standing == workflow.GrantValid:
		return ""
	case g.Standing == workflow.GrantHeld:
		return fmt.Sprintf("共享授权已暂停，恢复后自动调取（申请 %s）", g.Number())
	case g.Application.ID == 0:
		return "没有共享授权：尚未就该资源和用途提出申请"
	case g.Application.State == workflow.StateDelivered || g.Application.State == workflow.StateSuspended:
		return fmt.Sprintf("共享授权已于 %s 到期（申请 %s）", g.Application.Until, g.Number())
	case !g.Application.Ended:
		return fmt.Sprintf("共享申请尚未交付（申请 %s）", g.Number())
	}
	return fmt.Sprintf("没有有效的共享授权（申请 %s）", g.Number())
}

// Granted reports whether an application of a department for a resource and a
// service item stands today.
func (s *Store) Granted(ctx context.Context, demander workflow.DeptID, item, resource int64) (bool, error) {
	var n int64
	err := s.read(ctx).Raw(`SELECT count(*) FROM (SELECT 1 AS one FROM cases a WHERE a.kind = 'share_request' AND a.demander = ?
		AND CAST(a.facts->>'resource' AS bigint) = ? AND a.item_id = ? AND a.state = ?
		AND (coalesce(a.facts->>'until', '') = '' OR a.facts->>'until' >= ?) LIMIT 1) q`,
		int64(demander), resource, item, string(workflow.StateDelivered), s.now().In(china()).Format(time.DateOnly)).Scan(&n).Error
	return n > 0, dbError("grant", err)
}
