package models

import (
	"context"
	"encoding/json"

	"github.com/shujie-gov/shujie/workflow"
)

// arrivedAction is the event that names the receipt of a requirement.
const arrivedAction = "data_arrived"

// ledger checks what external calls left behind: the rows of the ledger, the
// receipts with their records, and the destructions. Each is proved by a key
// outside the database, and each is named where the proof fails.
func (v *verifier) ledger(ctx context.Context) error {
	var keys ReceiptKeys
	return firstError(
		func() error { return v.fetches(ctx) },
		func() error { return v.counts(ctx) },
		func() (err error) { keys, err = v.keys(ctx); return err },
		func() error { return v.receipts(ctx, keys) },
		func() error { return v.destructions(ctx) },
		func() error { return v.arrivals(ctx) },
	)
}

// fetches checks the seal of each row of the ledger.
func (v *verifier) fetches(ctx context.Context) error {
	return eachChunk(ctx, v, "SELECT * FROM fetches WHERE id > ? ORDER BY id LIMIT ?", func(r fetchRow) (int64, error) {
		v.Calls++
		seal, err := v.s.sealFetch(r)
		if err == nil && seal != r.Seal {
			v.found(Problem{Kind: Changed, Case: workflow.CaseID(r.CaseID), Fetch: r.ID},
				"ledger row %d (case %d) was changed or written by another program: its seal does not cover what it says", r.ID, r.CaseID)
		}
		return r.ID, err
	})
}

// counts compares how often each resource was called (累计调用) with the ledger, in
// one statement, so that what is called meanwhile counts on both sides.
func (v *verifier) counts(ctx context.Context) error {
	var rows []struct {
		ResourceID, Dept, Counted, Written int64
		Day                                string
	}
	err := v.s.read(ctx).Raw(`SELECT resource_id, dept, day, sum(counted) AS counted, sum(written) AS written FROM (
		SELECT resource_id, dept, day, calls - forgotten AS counted, 0 AS written FROM call_counts
		UNION ALL SELECT coalesce(resource_id, 0), coalesce(user_dept, 0), `+v.s.d.day+`, 0, 1 FROM fetches) AS c
		GROUP BY resource_id, dept, day HAVING sum(counted) <> sum(written) ORDER BY day, resource_id, dept LIMIT ?`, inserts).Scan(&rows).Error
	for _, r := range rows {
		v.found(Problem{Kind: Changed}, "calls of resource %d for department %d on %s: %d are counted, the ledger has %d", r.ResourceID, r.Dept, r.Day, r.Counted, r.Written)
	}
	return err
}

// proven is a receipt with what is there of its record.
type proven struct {
	Row     receiptRow `gorm:"embedded"`
	Body    *string
	Master  *string
	Wrapped *string
	Ended   int64 // its destruction, 0 when there is none
}

// receipts checks the signature of each receipt, and that its record is the one
// it was signed for or was destroyed on record, and its data key with it.
func (v *verifier) receipts(ctx context.Context, keys ReceiptKeys) error {
	return eachChunk(ctx, v, `SELECT r.*, p.body, k.master, k.wrapped, coalesce(d.id, 0) AS ended FROM receipts r
		LEFT JOIN payloads p ON p.receipt_id = r.id LEFT JOIN payload_keys k ON k.receipt_id = r.id
		LEFT JOIN destructions d ON d.receipt_id = r.id
		WHERE r.id > ? ORDER BY r.id LIMIT ?`, func(k proven) (int64, error) {
		v.Receipts++
		r := k.Row.receipt()
		at := Problem{Kind: Changed, Case: r.Case, Receipt: r.ID}
		if err := keys.Check(r); err != nil {
			v.found(at, "%s", err)
		}
		v.record(ctx, k, at)
		return r.ID, nil
	})
}

// record checks what is there of the record of a receipt.
func (v *verifier) record(ctx context.Context, k proven, at Problem) {
	id := k.Row.ID
	if k.Wrapped != nil && (k.Ended != 0 || k.Body == nil) {
		at.Kind = Inserted
		v.found(at, "key: receipt %d has a data key, and its record is gone or its destruction on record", id)
	}
	switch {
	case k.Body == nil && k.Ended == 0:
		at.Kind = Missing
		v.found(at, "payload: the record of receipt %d is gone, and no destruction is on record", id)
	case k.Body == nil && k.Row.DestroyedAt.IsZero():
		at.Kind = Changed
		v.found(at, "receipt: receipt %d does not say that its record was destroyed", id)
	case k.Body != nil && k.Ended != 0:
		at.Kind = Inserted
		v.found(at, "payload: receipt %d has a record, and its destruction is on record", id)
	case k.Body != nil && k.Wrapped == nil:
		at.Kind = Missing
		v.found(at, "key: the data key of receipt %d is gone, and its record opens no more", id)
	case k.Body != nil:
		if _, err := v.s.decrypt(ctx, k.Row, *k.Body, payloadKeyRow{id, *k.Master, *k.Wrapped}); err != nil {
			at.Kind = Changed
			v.found(at, "%s", err)
		}
	}
}

// destructions checks the seal of each record of a destruction.
func (v *verifier) destructions(ctx context.Context) error {
	return eachChunk(ctx, v, "SELECT * FROM destructions WHERE id > ? ORDER BY id LIMIT ?", func(d destructionRow) (int64, error) {
		seal, err := v.s.sealDestruction(d)
		if err == nil && seal != d.Seal {
			v.found(Problem{Kind: Changed, Case: workflow.CaseID(d.CaseID), Receipt: d.ReceiptID},
				"the record %d of the destruction of receipt %d was changed: its seal does not cover what it says", d.ID, d.ReceiptID)
		}
		return d.ID, err
	})
}

// arrivals finds receipts that are gone: the event by which the data arrived
// names its receipt, and the log is chained.
func (v *verifier) arrivals(ctx context.Context) error {
	type arrival struct {
		ID, CaseID, Seq int64
		Data            string
	}
	named := map[int64]arrival{}
	look := func() error {
		ids := make([]int64, 0, len(named))
		for id := range named {
			ids = append(ids, id)
		}
		var there []int64
		if err := v.s.read(ctx).Raw("SELECT id FROM receipts WHERE id IN ?", ids).Scan(&there).Error; err != nil {
			return err
		}
		for _, id := range there {
			delete(named, id)
		}
		for id, e := range named {
			v.found(Problem{Kind: Missing, Case: workflow.CaseID(e.CaseID), Seq: e.Seq, Event: e.ID, Receipt: id},
				"receipt %d is gone: event %d of case %d names it", id, e.Seq, e.CaseID)
		}
		clear(named)
		return nil
	}
	err := eachChunk(ctx, v, "SELECT id, case_id, seq, data FROM events WHERE id > ? AND action = '"+arrivedAction+"' ORDER BY id LIMIT ?", func(e arrival) (int64, error) {
		var said struct {
			Receipt int64 `json:"receipt"`
		}
		if err := json.Unmarshal([]byte(e.Data), &said); err != nil || said.Receipt == 0 {
			return e.ID, nil //nolint:nilerr // the chain of the case reports what was done to its data
		}
		named[said.Receipt] = e
		if len(named) < inserts {
			return e.ID, nil
		}
		return e.ID, look()
	})
	if err != nil || len(named) == 0 {
		return err
	}
	return look()
}

// eachChunk reads rows in chunks by ascending id until the report is full.
func eachChunk[T any](ctx context.Context, v *verifier, query string, each func(T) (int64, error)) error {
	for last, more := int64(0), true; more && !v.full(); {
		var rows []T
		if err := v.s.read(ctx).Raw(query, last, inserts).Scan(&rows).Error; err != nil {
			return err
		}
		more = len(rows) == inserts
		for _, r := range rows {
			id, err := each(r)
			if err != nil {
				return err
			}
			last = id
		}
	}
	return nil
}
