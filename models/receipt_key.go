package models

import (
	"bytes"
	"context"
	"crypto/ecdsa"
	"encoding/hex"
	"encoding/json"
	"encoding/pem"
	"errors"
	"fmt"

	"github.com/emmansun/gmsm/sm2"
	"github.com/emmansun/gmsm/smx509"
)

// ReceiptKey checks receipts: an SM2 public key (GB/T 32918).
type ReceiptKey struct {
	public *ecdsa.PublicKey
	point  string
}

// ParseReceiptKey reads a public key: the uncompressed point in hexadecimal, PEM,
// or the JSON that the installation publishes.
func ParseReceiptKey(text []byte) (ReceiptKey, error) {
	text = bytes.TrimSpace(text)
	var published struct {
		Point string `json:"point"`
	}
	if bytes.HasPrefix(text, []byte("{")) {
		if err := json.Unmarshal(text, &published); err != nil {
			return ReceiptKey{}, fmt.Errorf("the public key: %w", err)
		}
		text = []byte(published.Point)
	}
	if block, _ := pem.Decode(text); block != nil {
		k, err := smx509.ParsePKIXPublicKey(block.Bytes)
		public, ok := k.(*ecdsa.PublicKey)
		if err != nil || !ok || !sm2.IsSM2PublicKey(public) {
			return ReceiptKey{}, errors.New("the PEM block holds no SM2 public key")
		}
		return receiptKeyOf(public)
	}
	point, err := hex.DecodeString(string(text))
	if err != nil {
		return ReceiptKey{}, errors.New("the public key is neither 130 hexadecimal digits nor PEM")
	}
	public, err := sm2.NewPublicKey(point)
	if err != nil {
		return ReceiptKey{}, errors.New("the public key is not a point of the SM2 curve")
	}
	return receiptKeyOf(public)
}

func receiptKeyOf(public *ecdsa.PublicKey) (ReceiptKey, error) {
	p, err := sm2.PublicKeyToECDH(public)
	if err != nil {
		return ReceiptKey{}, err
	}
	return ReceiptKey{public: public, point: hex.EncodeToString(p.Bytes())}, nil
}

// Fingerprint names a public key: the first 32 hexadecimal digits of SM3 over
// its uncompressed point.
func Fingerprint(point string) string {
	b, err := hex.DecodeString(point)
	if err != nil {
		return ""
	}
	return digest(b)[:32]
}

// Fingerprint names the key.
func (k ReceiptKey) Fingerprint() string { return Fingerprint(k.point) }

// Point is the key as an uncompressed point in hexadecimal.
func (k ReceiptKey) Point() string { return k.point }

// PEM is the key as other programs read it (SubjectPublicKeyInfo, RFC 5280).
func (k ReceiptKey) PEM() (string, error) {
	der, err := smx509.MarshalPKIXPublicKey(k.public)
	if err != nil {
		return "", err
	}
	return string(pem.EncodeToMemory(&pem.Block{Type: "PUBLIC KEY", Bytes: der})), nil
}

// Check reports what is wrong with a receipt: that it names another key than
// this one, or that the signature does not cover what it says.
func (r Receipt) Check(k ReceiptKey) error {
	if r.Key != k.Fingerprint() {
		return fmt.Errorf("key: receipt %d names the key %s, and this is the key %s", r.ID, r.Key, k.Fingerprint())
	}
	text, err := r.text()
	if err != nil {
		return err
	}
	sig, err := hex.DecodeString(r.Signature)
	if err != nil || !sm2.VerifyASN1WithSM2(k.public, nil, text, sig) {
		return fmt.Errorf("receipt: receipt %d was changed: the signature does not cover what it says", r.ID)
	}
	return nil
}

// CheckRecord reports whether payload is the record that a receipt is about.
func (r Receipt) CheckRecord(payload []byte) error {
	if sum := digest(payload); sum != r.Hash {
		return fmt.Errorf("payload: the record of receipt %d was changed: its SM3 is %s, the receipt says %s", r.ID, sum, r.Hash)
	}
	return nil
}

// ReceiptKeys are the public keys of one installation, those of all times, the
// one in force last.
type ReceiptKeys []ReceiptKey

// ParseReceiptKeys reads public keys: one as [ParseReceiptKey] does, several as
// PEM, or the JSON that the installation publishes, with its older keys.
func ParseReceiptKeys(text []byte) (ReceiptKeys, error) {
	var published struct {
		Keys []struct {
			Point string `json:"point"`
		} `json:"keys"`
	}
	text = bytes.TrimSpace(text)
	if bytes.HasPrefix(text, []byte("{")) && json.Unmarshal(text, &published) == nil && len(published.Keys) > 0 {
		var list ReceiptKeys
		for _, p := range published.Keys {
			k, err := ParseReceiptKey([]byte(p.Point))
			if err != nil {
				return nil, err
			}
			list = append(list, k)
		}
		return list, nil
	}
	var list ReceiptKeys
	for block, rest := pem.Decode(text); block != nil && len(bytes.TrimSpace(rest)) > 0; block, rest = pem.Decode(text) {
		k, err := ParseReceiptKey(pem.EncodeToMemory(block))
		if err != nil {
			return nil, err
		}
		list, text = append(list, k), rest
	}
	k, err := ParseReceiptKey(text)
	if err != nil {
		return nil, err
	}
	return append(list, k), nil
}

// Named returns the key of a fingerprint.
func (list ReceiptKeys) Named(fingerprint string) (ReceiptKey, bool) {
	for _, k := range list {
		if k.Fingerprint() == fingerprint {
			return k, true
		}
	}
	return ReceiptKey{}, false
}

// Check is [Receipt.Check] with the one of several keys that the receipt names.
func (list ReceiptKeys) Check(r Receipt) error {
	k, ok := list.Named(r.Key)
	switch {
	case ok:
		return r.Check(k)
	case len(list) == 1:
		return r.Check(list[0])
	}
	return fmt.Errorf("key: receipt %d names the key %s, which is none of the %d keys given", r.ID, r.Key, len(list))
}

// ReceiptKeys returns the public keys that this installation ever signed with,
// the one in force last. A receipt is checked by the one that it names.
func (s *Store) ReceiptKeys(ctx context.Context) (ReceiptKeys, error) {
	rows, _, err := s.keyRows(ctx)
	if err != nil {
		return nil, dbError("keys", err)
	}
	var list ReceiptKeys
	for _, r := range rows {
		if r.Purpose != string(SigningKeys) {
			continue
		}
		k, err := ParseReceiptKey([]byte(r.Public))
		if err != nil {
			return nil, fmt.Errorf("key %s: %w", r.ID, err)
		}
		list = append(list, k)
	}
	return list, nil
}

// VerifyReceipt reports whether r carries the signature of this installation
// over its fields.
func (s *Store) VerifyReceipt(ctx context.Context, r Receipt) error {
	keys, err := s.ReceiptKeys(ctx)
	if err != nil {
		return err
	}
	return keys.Check(r)
}
