package models

import (
	"bytes"
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

// ReceiptKey is the SM2 key that checks the receipts of this installation.
func (s *Store) ReceiptKey() ReceiptKey {
	return ReceiptKey{public: &s.signer.PublicKey, point: s.point}
}

// PublicKey returns the key that checks the receipts which are signed with k,
// without a database.
func (k Keys) PublicKey() (ReceiptKey, error) {
	signer, err := k.signer()
	if err != nil {
		return ReceiptKey{}, err
	}
	return receiptKeyOf(&signer.PublicKey)
}

// VerifyReceipt reports whether r carries the signature of this installation
// over its fields.
func (s *Store) VerifyReceipt(r Receipt) error { return r.Check(s.ReceiptKey()) }
