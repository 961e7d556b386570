package models

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"

	"github.com/shujie-gov/shujie/fault"
	"github.com/shujie-gov/shujie/workflow"
)

// Create implements workflow.Store.
func (s *Store) Create(ctx context.Context, key workflow.Key, d workflow.Decision) (workflow.Case, error) {
	if first, err := s.answered(ctx, key); err != nil || first != nil {
		return deref(first), err
	}
	s.writes.announce()
	p, c, err := s.planCreate(ctx, key, d)
	if err != nil {
		s.writes.withdraw()
		return workflow.Case{}, err
	}
	_, err = s.writes.write(ctx, p)
	return s.settle(ctx, key, c, err)
}

// Update implements workflow.Store. What a move may change of a case is its
// state, version, parts, facts, term and what is derived of them; title, region
// and the like stay as they were filed.
func (s *Store) Update(ctx context.Context, a workflow.Actor, id workflow.CaseID, key workflow.Key, decide func(workflow.Case) (workflow.Decision, error)) (workflow.Case, error) {
	if first, err := s.answered(ctx, key); err != nil || first != nil {
		return deref(first), err
	}
	s.writes.announce()
	p, c, err := s.decided(ctx, a, id, key, decide)
	if err != nil {
		s.writes.withdraw()
		return s.settle(ctx, key, c, err)
	}
	taken, err := s.writes.write(ctx, p)
	if err == nil && !taken {
		err = fault.New(fault.Stale, "别人刚刚办过这件事项，请核对最新情况后再办。", "Somebody else has just moved this case; look at its present state and try again.")
	}
	return s.settle(ctx, key, c, err)
}

// decided reads case id as actor a may see it, asks decide, and plans what to
// write.
func (s *Store) decided(ctx context.Context, a workflow.Actor, id workflow.CaseID, key workflow.Key, decide func(workflow.Case) (workflow.Decision, error)) (*plan, workflow.Case, error) {
	found, err := s.find(ctx, ScopeOf(a), id)
	if err != nil {
		return nil, workflow.Case{}, err
	}
	before, err := found.toCase()
	if err != nil {
		return nil, workflow.Case{}, dbError("case", err)
	}
	d, err := decide(before)
	if err != nil {
		return nil, workflow.Case{}, err
	}
	if d.After.ID != id || d.Event.Seq != before.Version+1 || d.After.Version != d.Event.Seq {
		return nil, workflow.Case{}, fmt.Errorf("a decision on case %d version %d makes case %d version %d", id, before.Version, d.After.ID, d.After.Version)
	}
	return s.planMove(ctx, &found.Row, key, d)
}

// settle returns c, or what went wrong. Of two equal requests at once the
// slower one meets what the faster did: a version that moved, a state that no
// longer allows it, a key that is taken. It gets the answer of the faster.
func (s *Store) settle(ctx context.Context, key workflow.Key, c workflow.Case, err error) (workflow.Case, error) {
	if err == nil {
		return c, nil
	}
	if key.Value != "" && fault.KindOf(err) != fault.Unavailable {
		if first, e := s.answered(ctx, key); e != nil || first != nil {
			return deref(first), e
		}
	}
	return workflow.Case{}, err
}

// answered returns what was answered to key before, nil when nothing was.
func (s *Store) answered(ctx context.Context, key workflow.Key) (*workflow.Case, error) {
	if key.Value == "" {
		return nil, nil //nolint:nilnil // no answer yet
	}
	var rows []keyRow
	err := s.read(ctx).Where("actor = ? AND key = ?", key.Actor, key.Value).Limit(1).Find(&rows).Error
	if err != nil || len(rows) == 0 {
		return nil, dbError("idempotency key", err)
	}
	if rows[0].Hash != key.Hash {
		return nil, fault.InvalidField("Idempotency-Key", "这个键已用于另一个请求", "was used for another request")
	}
	var c workflow.Case
	dec := json.NewDecoder(bytes.NewReader([]byte(rows[0].Answer)))
	dec.UseNumber()
	if err := dec.Decode(&c); err != nil {
		return nil, dbError("idempotency key", err)
	}
	for name, v := range c.Facts {
		c.Facts[name] = plain(v)
	}
	return &c, nil
}

func deref(c *workflow.Case) workflow.Case {
	if c == nil {
		return workflow.Case{}
	}
	return *c
}

// Case returns one case in scope, NotFound when there is none or sc hides it.
func (s *Store) Case(ctx context.Context, sc Scope, id workflow.CaseID) (workflow.Case, error) {
	found, err := s.find(ctx, sc, id)
	if err != nil {
		return workflow.Case{}, err
	}
	c, err := found.toCase()
	return c, dbError("case", err)
}

// visible reports NotFound for a case that sc does not see.
func (s *Store) visible(ctx context.Context, sc Scope, id workflow.CaseID) error {
	where := and(cond{"c.id = ?", []any{int64(id)}}, sc.cases())
	var n int64
	if err := s.read(ctx).Raw("SELECT count(*) FROM cases c WHERE "+where.sql, where.args...).Scan(&n).Error; err != nil {
		return dbError("case", err)
	}
	if n == 0 {
		return notFound("case")
	}
	return nil
}

// Citizen returns who a case in scope is about, in clear. Callers mask it
// unless the look is recorded. Nobody is the zero Person.
func (s *Store) Citizen(ctx context.Context, sc Scope, id workflow.CaseID) (workflow.Person, error) {
	where := and(cond{"c.id = ?", []any{int64(id)}}, sc.cases())
	var sealed []string
	if err := s.read(ctx).Raw("SELECT c.person_enc FROM cases c WHERE "+where.sql, where.args...).Scan(&sealed).Error; err != nil {
		return workflow.Person{}, dbError("citizen", err)
	}
	if len(sealed) == 0 {
		return workflow.Person{}, notFound("case")
	}
	return s.openPerson(id, sealed[0])
}

const eventsList = "events"

// Events lists the log of a case in scope by seq.
func (s *Store) Events(ctx context.Context, sc Scope, id workflow.CaseID, cursorText string, limit int) (Page[workflow.Event], error) {
	var page Page[workflow.Event]
	after, err := s.cursorOf(eventsList, cursorText)
	if err != nil {
		return page, err
	}
	if err := s.visible(ctx, sc, id); err != nil {
		return page, err
	}
	limit = limitOf(limit)
	q := s.read(ctx).Where("case_id = ?", int64(id)).Order("seq").Limit(limit + 1)
	if after != nil {
		q = q.Where("seq > ?", after.ID)
	}
	var rows []eventRow
	if err := q.Find(&rows).Error; err != nil {
		return page, dbError("events", err)
	}
	events := make([]workflow.Event, len(rows))
	for i := range rows {
		if events[i], err = rows[i].event(); err != nil {
			return page, dbError("events", err)
		}
	}
	return paged(s.safe, events, limit,
		func(e workflow.Event) cursor { return cursor{List: eventsList, ID: e.Seq} },
		func(e workflow.Event) workflow.Event { return e }), nil
}

// LastOf returns the newest event of an action in the log of a case in scope,
// NotFound when there is none.
func (s *Store) LastOf(ctx context.Context, sc Scope, id workflow.CaseID, act workflow.Action) (workflow.Event, error) {
	if err := s.visible(ctx, sc, id); err != nil {
		return workflow.Event{}, err
	}
	var row eventRow
	if err := s.read(ctx).Where("case_id = ? AND action = ?", int64(id), string(act)).Order("seq DESC").Take(&row).Error; err != nil {
		return workflow.Event{}, dbError("event", err)
	}
	e, err := row.event()
	return e, dbError("event", err)
}
