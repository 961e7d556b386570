package models

import (
	"context"
	"fmt"

	"gorm.io/gorm"
)

// rewrapAtOnce is how many data keys one transaction wraps anew.
const rewrapAtOnce = 500

// Rewrap wraps every data key under the master key that is in force, and returns
// how many it changed. Payloads are not touched. It may be stopped anywhere and
// run again: a data key names the master key that wraps it. One that does not
// open is left, counted in the error, and for [Store.Verify] to name.
func (s *Store) Rewrap(ctx context.Context) (int, error) {
	master, err := s.current(ctx, MasterKeys)
	if err != nil {
		return 0, err
	}
	total, lost := 0, 0
	for last, more := int64(0), true; more; {
		var keys []subjectKey
		err := s.read(ctx).Raw(`SELECT k.*, r.subject FROM payload_keys k JOIN receipts r ON r.id = k.receipt_id
			WHERE k.master <> ? AND k.receipt_id > ? ORDER BY k.receipt_id LIMIT ?`, master, last, rewrapAtOnce).Scan(&keys).Error
		if err != nil {
			return total, dbError("rewrap", err)
		}
		more = len(keys) == rewrapAtOnce
		var fresh []rewrapped
		for _, k := range keys {
			last = k.Key.ReceiptID
			wrapped, err := s.rewrap(ctx, k, master)
			if err != nil {
				s.log.ErrorContext(ctx, "a data key is not wrapped anew", "receipt", last, "err", err)
				lost++
				continue
			}
			fresh = append(fresh, rewrapped{k.Key, wrapped})
		}
		n, err := s.writeRewrapped(ctx, master, fresh)
		if total += n; err != nil {
			return total, err
		}
	}
	if lost > 0 {
		return total, fmt.Errorf("%d data keys do not open and stay as they are: `shujie verify` names them", lost)
	}
	return total, nil
}

// subjectKey is a data key with whom its payload is about.
type subjectKey struct {
	Key     payloadKeyRow `gorm:"embedded"`
	Subject string
}

func (s *Store) rewrap(ctx context.Context, k subjectKey, master string) (string, error) {
	key, err := s.wrapper.Unwrap(ctx, k.Key.Master, k.Key.Wrapped, keyPlace(k.Key.ReceiptID, k.Subject, k.Key.Master))
	if err != nil {
		return "", err
	}
	return s.wrapper.Wrap(ctx, master, key, keyPlace(k.Key.ReceiptID, k.Subject, master))
}

type rewrapped struct {
	was     payloadKeyRow
	wrapped string
}

// writeRewrapped replaces data keys that are still as they were read: one whose
// payload was destroyed meanwhile is gone and does not come back.
func (s *Store) writeRewrapped(ctx context.Context, master string, keys []rewrapped) (int, error) {
	if len(keys) == 0 {
		return 0, nil
	}
	n := 0
	err := s.write(ctx, "rewrap", func(tx *gorm.DB) error {
		n = 0
		for _, k := range keys {
			res := tx.Exec("UPDATE payload_keys SET master = ?, wrapped = ? WHERE receipt_id = ? AND wrapped = ?", master, k.wrapped, k.was.ReceiptID, k.was.Wrapped)
			if res.Error != nil {
				return res.Error
			}
			n += int(res.RowsAffected)
		}
		return nil
	})
	if err != nil {
		return 0, err
	}
	return n, nil
}
