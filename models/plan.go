package models

import (
	"bytes"
	"context"
	"encoding/json"
	"strings"
	"unicode/utf8"

	"github.com/shujie-gov/shujie/fault"
	"github.com/shujie-gov/shujie/workflow"
)

// plan is everything that one decision writes, as rows. All of it is written,
// or nothing.
type plan struct {
	move   *moveRow // nil when a case is created
	cases  []caseRow
	needs  []needRow // new requirements
	change []needRow // requirements that change
	events []eventRow
	marks  []markRow
	jobs   []jobRow
	key    *keyRow
}

// about is the case that p moves, 0 when it creates one.
func (p *plan) about() int64 {
	if p.move == nil {
		return 0
	}
	return p.move.ID
}

// moveRow is a case after a move; it is written only over version Was.
type moveRow struct {
	caseRow
	Was int64 `json:"was"`
}

// keyRow is a row of idempotency_keys.
type keyRow struct {
	I int `json:"i" gorm:"-"` // index of its plan, see statement

	Actor     int64  `json:"actor"`
	Key       string `json:"key"`
	Hash      string `json:"hash"`
	Answer    string `json:"answer"` // the case that was answered, as JSON
	CreatedAt stamp  `json:"created_at"`
}

// TableName implements schema.Tabler.
func (keyRow) TableName() string { return "idempotency_keys" }

// planCreate makes the plan of a new case and the case as it will be stored.
func (s *Store) planCreate(ctx context.Context, key workflow.Key, d workflow.Decision) (*plan, workflow.Case, error) {
	p := &plan{}
	c, err := s.open(ctx, p, d, 0)
	if err != nil {
		return nil, c, err
	}
	return p, c, s.remember(p, key, c)
}

// planMove makes the plan of a move of the case that is stored as row, and the
// case as it will be.
func (s *Store) planMove(ctx context.Context, row *caseRow, key workflow.Key, d workflow.Decision) (*plan, workflow.Case, error) {
	p := &plan{}
	c := d.After
	event, err := eventRowOf(d.Event, row.Chain)
	if err != nil {
		return nil, c, err
	}
	after, err := rowOf(&c)
	if err != nil {
		return nil, c, err
	}
	after.Chain = event.Hash
	p.move = &moveRow{caseRow: after, Was: row.Version}
	p.events = append(p.events, event)
	if d.Mark != nil {
		p.marks = append(p.marks, markRowOf(c.ID, *d.Mark))
	}
	for _, n := range d.Needs {
		p.change = append(p.change, needRowOf(c.ID, n))
	}
	if err := p.follow(c.ID, d); err != nil {
		return nil, c, err
	}
	if err := s.children(ctx, p, d, &c); err != nil {
		return nil, c, err
	}
	if err := p.legible(); err != nil {
		return nil, c, err
	}
	return p, c, s.remember(p, key, c)
}

// open adds a new case to p, with the children it opens in turn.
func (s *Store) open(ctx context.Context, p *plan, d workflow.Decision, parent workflow.CaseID) (workflow.Case, error) {
	c := d.After
	if parent != 0 {
		c.Parent = parent
	}
	ids, err := s.cases.take(ctx, s, 1)
	if err != nil {
		return c, err
	}
	c.ID = workflow.CaseID(ids[0])
	if ids, err = s.requirements.take(ctx, s, len(c.Requirements)); err != nil {
		return c, err
	}
	c.Requirements = append([]workflow.Requirement(nil), c.Requirements...)
	for i := range c.Requirements {
		c.Requirements[i].ID = ids[i]
		p.needs = append(p.needs, needRowOf(c.ID, c.Requirements[i]))
	}
	e := d.Event
	e.Case = c.ID
	event, err := eventRowOf(e, "")
	if err != nil {
		return c, err
	}
	row, err := rowOf(&c)
	if err != nil {
		return c, err
	}
	row.Chain, row.Creator = event.Hash, e.Actor
	if err := s.keepPerson(&row, c.Person); err != nil {
		return c, err
	}
	c.Person = maskPerson(c.Person)
	p.cases = append(p.cases, row)
	p.events = append(p.events, event)
	if d.Mark != nil {
		p.marks = append(p.marks, markRowOf(c.ID, *d.Mark))
	}
	if err := p.follow(c.ID, d); err != nil {
		return c, err
	}
	if err := s.children(ctx, p, d, &c); err != nil {
		return c, err
	}
	return c, p.legible()
}

// children opens the children of d and names them in c, whose last children
// they are.
func (s *Store) children(ctx context.Context, p *plan, d workflow.Decision, c *workflow.Case) error {
	if len(d.Children) == 0 {
		return nil
	}
	c.Children = append([]workflow.Child(nil), c.Children...)
	first := len(c.Children) - len(d.Children)
	for i, child := range d.Children {
		k, err := s.open(ctx, p, child, c.ID)
		if err != nil {
			return err
		}
		if first >= 0 {
			c.Children[first+i].ID = k.ID
		}
	}
	return nil
}

// follow adds the outbox rows of d, decided on case id.
func (p *plan) follow(id workflow.CaseID, d workflow.Decision) error {
	for _, e := range d.Effects {
		args, err := json.Marshal(e.Args)
		if err != nil {
			return err
		}
		about := e.Case
		if about == 0 {
			about = id
		}
		now := at(d.Event.At)
		p.jobs = append(p.jobs, jobRow{Kind: e.Kind, CaseID: int64(about), Args: string(args), DueAt: now, FreeAt: now, CreatedAt: now})
	}
	return nil
}

// remember adds the answer under key.
func (s *Store) remember(p *plan, key workflow.Key, c workflow.Case) error {
	if key.Value == "" {
		return nil
	}
	answer, err := json.Marshal(c)
	if err != nil {
		return err
	}
	p.key = &keyRow{Actor: key.Actor, Key: key.Value, Hash: key.Hash, Answer: string(answer), CreatedAt: s.moment()}
	return nil
}

// legible refuses text that PostgreSQL cannot keep, on both databases: the
// null character, and bytes that are no UTF-8 and would be changed on the way,
// so that the hash of the event no longer held.
func (p *plan) legible() error {
	bad := func(texts ...string) bool {
		for _, t := range texts {
			if strings.ContainsRune(t, 0) || !utf8.ValidString(t) {
				return true
			}
		}
		return false
	}
	null := []byte(`\u0000`)
	for i := range p.cases {
		c := &p.cases[i]
		if bad(c.Title, c.Proof) || bytes.Contains(c.Facts, null) || bytes.Contains(c.PersonMasked, null) {
			return illegible("title")
		}
	}
	for i := range p.needs {
		if bad(p.needs[i].Name, p.needs[i].Alternative) {
			return illegible("proofs")
		}
	}
	for i := range p.events {
		e := &p.events[i]
		if bad(e.Note, e.Name) || strings.Contains(e.Data, string(null)) {
			return illegible("note")
		}
	}
	return nil
}

func illegible(field string) error {
	return fault.InvalidField(field, "含有无法保存的字符", "has characters that cannot be kept")
}
