package models

import (
	"context"
	"slices"
)

// keys checks the records of keys and returns the public keys that receipts are
// checked with: those on record that are genuine, and those of the key ring, so
// that a key whose record was changed or removed is named once, and its receipts
// are still told from forged ones.
func (v *verifier) keys(ctx context.Context) (ReceiptKeys, error) {
	genuine, forged, err := v.s.keyRows(ctx)
	if err != nil {
		return nil, err
	}
	var known []string
	for _, r := range slices.Concat(genuine, forged) {
		known = append(known, r.ID)
	}
	for _, r := range forged {
		v.found(Problem{Kind: Changed}, "key: the record of the %s key %s was changed or written by another program: its seal does not cover what it says", r.Purpose, r.ID)
	}
	list, err := v.s.ReceiptKeys(ctx)
	if err != nil {
		return nil, err
	}
	for _, own := range v.s.signers {
		if _, there := list.Named(own.id); !there {
			list = append(list, own.public)
		}
	}
	var used []struct{ Purpose, ID string }
	err = v.s.read(ctx).Raw(`SELECT 'sign' AS purpose, signed_by AS id FROM receipts GROUP BY signed_by
		UNION ALL SELECT 'master', master FROM payload_keys GROUP BY master ORDER BY 1, 2`).Scan(&used).Error
	for _, u := range used {
		if !slices.Contains(known, u.ID) {
			v.found(Problem{Kind: Missing}, "key: the %s key %s was used, and there is no record of it", u.Purpose, u.ID)
		}
	}
	return list, err
}
