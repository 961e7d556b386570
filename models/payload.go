package models

import (
	"context"
	"crypto/rand"
	"fmt"

	"gorm.io/gorm"
	"gorm.io/gorm/clause"

	"github.com/shujie-gov/shujie/workflow"
)

// payloadRow is what was fetched, encrypted under a data key of its own.
type payloadRow struct {
	ReceiptID int64 `gorm:"primaryKey;autoIncrement:false"`
	Body      string
}

// TableName implements schema.Tabler.
func (payloadRow) TableName() string { return "payloads" }

// payloadKeyRow is the data key of a payload, wrapped under a master key. It has
// a table of its own: a copy of payloads alone opens nowhere.
type payloadKeyRow struct {
	ReceiptID int64 `gorm:"primaryKey;autoIncrement:false"`
	Master    string
	Wrapped   string
}

// TableName implements schema.Tabler.
func (payloadKeyRow) TableName() string { return "payload_keys" }

// payloadPlace binds a record to its receipt and to whom it is about, so that it
// opens for no other.
func payloadPlace(receipt int64, subject string) string {
	return fmt.Sprintf("payloads.body:%d:%s", receipt, subject)
}

// keyPlace binds a data key likewise, and to the master key that it names.
func keyPlace(receipt int64, subject, master string) string {
	return fmt.Sprintf("payload_keys.wrapped:%d:%s:%s", receipt, subject, master)
}

// dataKey is how many bytes a data key has: one of SM4.
const dataKey = 16

// envelope is a record as it is written down, under the number of its receipt. It is
// made before the transaction, which must not wait for a key service.
type envelope struct {
	number  int64
	hash    string
	payload payloadRow
	key     payloadKeyRow
	signer  *signer
}

// keep encrypts a record under a new data key and wraps that.
func (s *Store) keep(ctx context.Context, subject string, payload []byte) (envelope, error) {
	numbers, err := s.receipts.take(ctx, s, 1)
	if err != nil {
		return envelope{}, err
	}
	k := envelope{number: numbers[0], hash: digest(payload)}
	if k.signer, err = s.signing(ctx); err != nil {
		return envelope{}, err
	}
	master, err := s.current(ctx, MasterKeys)
	if err != nil {
		return envelope{}, err
	}
	key := make([]byte, dataKey)
	if _, err := rand.Read(key); err != nil {
		return envelope{}, err
	}
	b, err := newBox(key)
	if err != nil {
		return envelope{}, err
	}
	k.payload.ReceiptID, k.key.ReceiptID, k.key.Master = k.number, k.number, master
	if k.payload.Body, err = b.seal(payloadPlace(k.number, subject), payload); err != nil {
		return envelope{}, err
	}
	k.key.Wrapped, err = s.wrapper.Wrap(ctx, master, key, keyPlace(k.number, subject, master))
	return k, err
}

// Payload returns the record behind a receipt of a case in scope, decrypted;
// NotFound once it was destroyed.
func (s *Store) Payload(ctx context.Context, sc Scope, receipt int64) ([]byte, error) {
	r, err := s.receiptRow(ctx, sc, receipt)
	if err != nil {
		return nil, err
	}
	body, err := s.openPayload(s.read(ctx), r)
	return body, dbError("payload", err)
}

// openPayload reads and decrypts the record of a receipt. It asks the wrapper,
// and so belongs outside of transactions.
func (s *Store) openPayload(tx *gorm.DB, r receiptRow) ([]byte, error) {
	var row payloadRow
	if err := tx.Where("receipt_id = ?", r.ID).Take(&row).Error; err != nil {
		return nil, err
	}
	var key payloadKeyRow
	if err := tx.Where("receipt_id = ?", r.ID).Take(&key).Error; err != nil {
		return nil, err
	}
	return s.decrypt(tx.Statement.Context, r, row.Body, key)
}

// decrypt opens a record and checks that it is the one of its receipt. What does
// not hold, key or payload, is named.
func (s *Store) decrypt(ctx context.Context, r receiptRow, body string, k payloadKeyRow) ([]byte, error) {
	key, err := s.wrapper.Unwrap(ctx, k.Master, k.Wrapped, keyPlace(r.ID, r.Subject, k.Master))
	if err != nil {
		return nil, fmt.Errorf("key: the data key of receipt %d was changed: %w", r.ID, err)
	}
	b, err := newBox(key)
	if err != nil {
		return nil, fmt.Errorf("key: the data key of receipt %d was changed: %w", r.ID, err)
	}
	record, err := b.unseal(payloadPlace(r.ID, r.Subject), body)
	if err != nil {
		return nil, fmt.Errorf("payload: the record of receipt %d was changed: %w", r.ID, err)
	}
	return record, r.receipt().CheckRecord(record)
}

// destructionRow records that a payload was destroyed.
type destructionRow struct {
	ID        int64
	ReceiptID int64
	CaseID    int64
	Hash      string
	Reason    string
	Actor     string
	At        stamp
	Seal      string // see sealDestruction
}

// TableName implements schema.Tabler.
func (destructionRow) TableName() string { return "destructions" }

// DestroyPayloads destroys what was fetched for a case and records it (条例 Art.
// 27, 29). It returns how many were destroyed now.
func (s *Store) DestroyPayloads(ctx context.Context, id workflow.CaseID, reason string) (int, error) {
	n := 0
	err := s.write(ctx, "payloads", func(tx *gorm.DB) error {
		var receipts []receiptRow
		err := tx.Raw(`SELECT r.* FROM receipts r JOIN payloads p ON p.receipt_id = r.id WHERE r.case_id = ? ORDER BY r.id`, int64(id)).
			Scan(&receipts).Error
		if err != nil || len(receipts) == 0 {
			return err
		}
		now := s.moment()
		ids := make([]int64, len(receipts))
		rows := make([]destructionRow, len(receipts))
		for i, r := range receipts {
			ids[i] = r.ID
			rows[i] = destructionRow{
				ReceiptID: r.ID, CaseID: r.CaseID, Hash: r.Hash, Reason: legibleText(reason), Actor: string(workflow.System), At: now,
			}
			if rows[i].Seal, err = s.sealDestruction(rows[i]); err != nil {
				return err
			}
		}
		// Of two that destroy at once, the unique receipt of a destruction lets
		// one through, and the other finds nothing left.
		if err := tx.Clauses(clause.OnConflict{DoNothing: true}).CreateInBatches(&rows, inserts).Error; err != nil {
			return err
		}
		if err := tx.Exec("UPDATE receipts SET destroyed_at = ? WHERE id IN ? AND destroyed_at IS NULL", now, ids).Error; err != nil {
			return err
		}
		// Without its key the record is gone wherever a copy of it lies.
		if err := tx.Exec("DELETE FROM payload_keys WHERE receipt_id IN ?", ids).Error; err != nil {
			return err
		}
		res := tx.Exec("DELETE FROM payloads WHERE receipt_id IN ?", ids)
		n = int(res.RowsAffected)
		return res.Error
	})
	return n, err
}

// sealDestruction returns the seal of a record of a destruction, as sealFetch.
func (s *safe) sealDestruction(d destructionRow) (string, error) {
	text, err := arrayText("shujie destruction 1", d.ReceiptID, d.CaseID, d.Hash, d.Reason, d.Actor, micros(d.At))
	return s.mark(text), err
}
