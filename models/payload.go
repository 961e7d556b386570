package models

import (
	"context"
	"fmt"

	"gorm.io/gorm"
	"gorm.io/gorm/clause"

	"github.com/shujie-gov/shujie/workflow"
)

// payloadRow is what was fetched, encrypted.
type payloadRow struct {
	ReceiptID int64 `gorm:"primaryKey;autoIncrement:false"`
	Body      string
}

// TableName implements schema.Tabler.
func (payloadRow) TableName() string { return "payloads" }

// payloadPlace binds a record to its receipt and to whom it is about, so that it
// opens for no other.
func payloadPlace(receipt int64, subject string) string {
	return fmt.Sprintf("payloads.body:%d:%s", receipt, subject)
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

// openPayload reads and decrypts the record of a receipt.
func (s *Store) openPayload(tx *gorm.DB, r receiptRow) ([]byte, error) {
	var row payloadRow
	if err := tx.Where("receipt_id = ?", r.ID).Take(&row).Error; err != nil {
		return nil, err
	}
	body, err := s.unseal(payloadPlace(r.ID, r.Subject), row.Body)
	if err != nil {
		return nil, err
	}
	return body, r.receipt().CheckRecord(body)
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
