package models

import (
	"crypto/cipher"
	"crypto/hmac"
	"crypto/rand"
	"encoding/base64"
	"encoding/hex"
	"errors"
	"fmt"

	"github.com/emmansun/gmsm/sm3"
	"github.com/emmansun/gmsm/sm4"
)

// safe holds the keys at work.
type safe struct {
	box                // of encrypted columns
	signers  []*signer // the oldest first
	mac      []byte
	ledger   []byte
	personal []byte
}

func (k Keys) open() (*safe, error) {
	if k.empty() {
		return nil, errors.New("the installation secret is missing")
	}
	s := &safe{}
	column, err := k.derive("shujie column encryption v1", 16)
	if err != nil {
		return nil, err
	}
	if s.box, err = newBox(column); err != nil {
		return nil, err
	}
	if s.mac, err = k.derive("shujie cursor v1", 32); err != nil {
		return nil, err
	}
	if s.ledger, err = k.derive("shujie ledger v1", 32); err != nil {
		return nil, err
	}
	if s.personal, err = k.derive("shujie subject v1", 32); err != nil {
		return nil, err
	}
	s.signers, err = k.signers()
	return s, err
}

// box encrypts with SM4-GCM (GB/T 32907, GB/T 36624).
type box struct{ aead cipher.AEAD }

func newBox(key []byte) (box, error) {
	block, err := sm4.NewCipher(key)
	if err != nil {
		return box{}, err
	}
	aead, err := cipher.NewGCM(block)
	return box{aead}, err
}

// seal encrypts what belongs to place, the name of the column and row, so that
// a ciphertext moved elsewhere does not open.
func (b box) seal(place string, text []byte) (string, error) {
	nonce := make([]byte, b.aead.NonceSize(), b.aead.NonceSize()+len(text)+b.aead.Overhead())
	if _, err := rand.Read(nonce); err != nil {
		return "", err
	}
	return base64.StdEncoding.EncodeToString(b.aead.Seal(nonce, nonce, text, []byte(place))), nil
}

// unseal decrypts what seal made for the same place.
func (b box) unseal(place, text string) ([]byte, error) {
	sealed, err := base64.StdEncoding.DecodeString(text)
	n := b.aead.NonceSize()
	if err != nil || len(sealed) < n {
		return nil, fmt.Errorf("%s: not a ciphertext", place)
	}
	opened, err := b.aead.Open(nil, sealed[:n], sealed[n:], []byte(place))
	if err != nil {
		return nil, fmt.Errorf("%s: the ciphertext does not open with its key", place)
	}
	return opened, nil
}

// tag authenticates a cursor.
func (s *safe) tag(text []byte) []byte {
	h := hmac.New(sm3.New, s.mac)
	h.Write(text)
	return h.Sum(nil)[:8]
}

// mark authenticates a row of the ledger: SM3-HMAC in hexadecimal.
func (s *safe) mark(text []byte) string { return keyed(s.ledger, text) }

func keyed(key, text []byte) string {
	h := hmac.New(sm3.New, key)
	h.Write(text)
	return hex.EncodeToString(h.Sum(nil))
}

// digest is SM3 in hexadecimal.
func digest(parts ...[]byte) string {
	h := sm3.New()
	for _, p := range parts {
		h.Write(p)
	}
	return hex.EncodeToString(h.Sum(nil))
}
