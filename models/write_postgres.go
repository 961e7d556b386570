package models

import (
	"encoding/json"
	"strings"

	"gorm.io/gorm"
)

// A group of plans is written in one statement: a WITH query of the parts that
// the group needs, each fed by a JSON array of rows that carry the index i of
// their plan. A move is taken when the version is still the one it was decided
// on; of two moves of one case the update takes one. What belongs to a plan is
// written only when its move was taken, or when it has none. The answer is the
// indexes of what was written. Parts without rows are left out: each costs the
// server time even when it does nothing, and it is the same few combinations
// that come again and again, so their plans are kept.
const (
	partMoves = `move AS (
  SELECT * FROM json_to_recordset(?::json) AS x(i int, was bigint, id bigint, def_version int, state text, version bigint,
    filer bigint, demander bigint, holder bigint, lead bigint, facts jsonb, term jsonb, due timestamptz, wake timestamptz, assignee bigint, no_meeting text,
    ended boolean, ended_at timestamptz, waits_part text, waits_role text, waits_dept bigint, chain text, updated_at timestamptz)
), took AS (
  UPDATE cases c SET def_version = m.def_version, state = m.state, version = m.version,
    filer = m.filer, demander = m.demander, holder = m.holder, lead = m.lead, facts = m.facts, term = m.term, due = m.due, wake = m.wake, assignee = m.assignee,
    no_meeting = m.no_meeting, ended = m.ended, ended_at = m.ended_at,
    waits_part = m.waits_part, waits_role = m.waits_role, waits_dept = m.waits_dept, chain = m.chain, updated_at = m.updated_at
  FROM move m WHERE c.id = m.id AND c.version = m.was
  RETURNING m.i
)`
	partOpened = `opened AS (
  SELECT i FROM json_to_recordset(?::json) AS x(i int)
)`
	partNumbers = `numbers AS (
  INSERT INTO series (name, last)
  SELECT series, count(*) FROM json_to_recordset(?::json) AS x(i int, series text)
  WHERE i IN (SELECT i FROM written) GROUP BY series ORDER BY series
  ON CONFLICT (name) DO UPDATE SET last = series.last + excluded.last
  RETURNING name, last
)`
	// The numbers of a group are those that its series just grew by.
	serialTaken = `CASE WHEN series = '' THEN 0 ELSE (SELECT n.last FROM numbers n WHERE n.name = x.series)
    - count(*) OVER (PARTITION BY series) + row_number() OVER (PARTITION BY series ORDER BY id) END`
	partCases = `new_cases AS (
  INSERT INTO cases (id, kind, def_version, state, version, parent_id, region, title, proof, search, item_id, batch_id, need_id, series, serial,
    filer, demander, holder, lead, facts, term, due, wake, assignee, no_meeting, ended, ended_at, waits_part, waits_role, waits_dept,
    creator, person_masked, person_enc, chain, created_at, updated_at)
  SELECT id, kind, def_version, state, version, parent_id, region, title, proof, search, item_id, batch_id, need_id, series, SERIAL,
    filer, demander, holder, lead, facts, term, due, wake, assignee, no_meeting, ended, ended_at, waits_part, waits_role, waits_dept,
    creator, person_masked, person_enc, chain, created_at, updated_at
  FROM json_to_recordset(?::json) AS x(i int, id bigint, kind text, def_version int, state text, version bigint, parent_id bigint,
    region text, title text, proof text, search text, item_id bigint, batch_id bigint, need_id bigint, series text,
    filer bigint, demander bigint, holder bigint, lead bigint, facts jsonb, term jsonb, due timestamptz, wake timestamptz, assignee bigint, no_meeting text,
    ended boolean, ended_at timestamptz, waits_part text, waits_role text, waits_dept bigint,
    creator bigint, person_masked jsonb, person_enc text, chain text, created_at timestamptz, updated_at timestamptz)
  WHERE i IN (SELECT i FROM written)
)`
	partNeeds = `new_needs AS (
  INSERT INTO requirements (id, case_id, name, resource_id, provider, class, status, receipt_id, alternative)
  SELECT id, case_id, name, resource_id, provider, class, status, receipt_id, alternative
  FROM json_to_recordset(?::json) AS x(i int, id bigint, case_id bigint, name text, resource_id bigint, provider bigint,
    class smallint, status text, receipt_id bigint, alternative text)
  WHERE i IN (SELECT i FROM written)
)`
	partChanged = `changed AS (
  UPDATE requirements r SET status = x.status, receipt_id = x.receipt_id, alternative = x.alternative
  FROM json_to_recordset(?::json) AS x(i int, id bigint, case_id bigint, status text, receipt_id bigint, alternative text)
  WHERE r.id = x.id AND r.case_id = x.case_id AND x.i IN (SELECT i FROM written)
)`
	partEvents = `new_events AS (
  INSERT INTO events (case_id, seq, action, from_state, to_state, actor, name, role, dept, at, note, data, def, prev, hash)
  SELECT case_id, seq, action, from_state, to_state, actor, name, role, dept, at, note, data, def, prev, hash
  FROM json_to_recordset(?::json) AS x(i int, case_id bigint, seq bigint, action text, from_state text, to_state text, actor bigint,
    name text, role text, dept bigint, at timestamptz, note text, data text, def int, prev text, hash text)
  WHERE i IN (SELECT i FROM written)
)`
	partMarks = `new_marks AS (
  INSERT INTO marks (case_id, at, state, charge, dept, paused, reason)
  SELECT case_id, at, state, charge, dept, paused, reason
  FROM json_to_recordset(?::json) AS x(i int, case_id bigint, at timestamptz, state text, charge text, dept bigint, paused boolean, reason text)
  WHERE i IN (SELECT i FROM written)
)`
	partJobs = `new_jobs AS (
  INSERT INTO outbox (kind, case_id, args, due_at, free_at, created_at)
  SELECT kind, case_id, args, due_at, free_at, created_at
  FROM json_to_recordset(?::json) AS x(i int, kind text, case_id bigint, args text, due_at timestamptz, free_at timestamptz, created_at timestamptz)
  WHERE i IN (SELECT i FROM written)
)`
	partKeys = `new_keys AS (
  INSERT INTO idempotency_keys (actor, key, hash, answer, created_at)
  SELECT actor, key, hash, answer, created_at
  FROM json_to_recordset(?::json) AS x(i int, actor bigint, key text, hash text, answer text, created_at timestamptz)
  WHERE i IN (SELECT i FROM written)
)`
)

// index adds rows to list with the index i of their plan.
func index[R any](list []R, i int, at func(*R) *int, rows ...R) []R {
	for _, r := range rows {
		*at(&r) = i
		list = append(list, r)
	}
	return list
}

// writePostgres writes plans in one statement and reports which of their moves
// were taken.
func writePostgres(db *gorm.DB, plans []*plan) ([]bool, error) {
	sql, params, err := statement(plans)
	if err != nil {
		return nil, err
	}
	rows, err := db.Raw(sql, params...).Rows()
	if err != nil {
		return nil, err
	}
	defer func() { _ = rows.Close() }()
	taken := make([]bool, len(plans))
	for rows.Next() {
		var i int
		if err := rows.Scan(&i); err != nil {
			return nil, err
		}
		taken[i] = true
	}
	return taken, rows.Err()
}

// statement returns the query that writes plans, and its parameters.
func statement(plans []*plan) (string, []any, error) {
	var (
		moves  []moveRow
		opened []map[string]int
		cases  []caseRow
		needs  []needRow
		change []needRow
		events []eventRow
		marks  []markRow
		jobs   []jobRow
		keys   []keyRow
	)
	ofNeed := func(r *needRow) *int { return &r.I }
	for i, p := range plans {
		if p.move != nil {
			moves = index(moves, i, func(r *moveRow) *int { return &r.I }, *p.move)
		} else {
			opened = append(opened, map[string]int{"i": i})
		}
		cases = index(cases, i, func(r *caseRow) *int { return &r.I }, p.cases...)
		needs = index(needs, i, ofNeed, p.needs...)
		change = index(change, i, ofNeed, p.change...)
		events = index(events, i, func(r *eventRow) *int { return &r.I }, p.events...)
		marks = index(marks, i, func(r *markRow) *int { return &r.I }, p.marks...)
		jobs = index(jobs, i, func(r *jobRow) *int { return &r.I }, p.jobs...)
		if p.key != nil {
			keys = index(keys, i, func(r *keyRow) *int { return &r.I }, *p.key)
		}
	}
	var q query
	var written []string
	if len(moves) > 0 {
		q.add(partMoves, moves)
		written = append(written, "SELECT i FROM took")
	}
	if len(opened) > 0 {
		q.add(partOpened, opened)
		written = append(written, "SELECT i FROM opened")
	}
	q.parts = append(q.parts, "written AS ("+strings.Join(written, " UNION ALL ")+")")
	if numbered := numbered(cases); len(numbered) > 0 {
		q.add(partNumbers, numbered)
		addRows(&q, strings.Replace(partCases, "SERIAL", serialTaken, 1), cases)
	} else {
		addRows(&q, strings.Replace(partCases, "SERIAL", "0", 1), cases)
	}
	addRows(&q, partNeeds, needs)
	addRows(&q, partChanged, change)
	addRows(&q, partEvents, events)
	addRows(&q, partMarks, marks)
	addRows(&q, partJobs, jobs)
	addRows(&q, partKeys, keys)
	return "WITH " + strings.Join(q.parts, ", ") + " SELECT i FROM written", q.params, q.err
}

// query is a WITH query in the making.
type query struct {
	parts  []string
	params []any
	err    error
}

// add appends a part and its rows.
func (q *query) add(part string, rows any) {
	text, err := json.Marshal(rows)
	if err != nil && q.err == nil {
		q.err = err
	}
	q.parts = append(q.parts, part)
	q.params = append(q.params, string(text))
}

// addRows appends a part when there are rows for it.
func addRows[R any](q *query, part string, rows []R) {
	if len(rows) > 0 {
		q.add(part, rows)
	}
}
