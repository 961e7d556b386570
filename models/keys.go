package models

import (
	"crypto/cipher"
	"crypto/hkdf"
	"crypto/hmac"
	"crypto/rand"
	"encoding/base64"
	"encoding/hex"
	"errors"
	"fmt"
	"math/big"

	"github.com/emmansun/gmsm/sm2"
	"github.com/emmansun/gmsm/sm3"
	"github.com/emmansun/gmsm/sm4"
)

// Keys is what the installation keeps outside the database: the key of
// encrypted columns (SM4, 16 bytes) and the private key of its signature (SM2).
// Both come from one secret of 32 bytes, see [ParseKeys].
type Keys struct{ secret [32]byte }

// ParseKeys reads the installation secret: 64 hexadecimal digits.
func ParseKeys(text string) (Keys, error) {
	b, err := hex.DecodeString(text)
	if err != nil || len(b) != 32 {
		return Keys{}, errors.New("the secret must be 64 hexadecimal digits (32 bytes)")
	}
	k := Keys{secret: [32]byte(b)}
	if k == (Keys{}) {
		return Keys{}, errors.New("the secret must not be all zeros")
	}
	return k, nil
}

// NewKeys returns a new installation secret and its text.
func NewKeys() (Keys, string, error) {
	var k Keys
	if _, err := rand.Read(k.secret[:]); err != nil {
		return Keys{}, "", err
	}
	return k, hex.EncodeToString(k.secret[:]), nil
}

// safe holds the keys at work. What each is for is part of how it is derived
// (HKDF with SM3), so that no key serves two purposes.
type safe struct {
	aead   cipher.AEAD
	signer *sm2.PrivateKey
	point  string // of the public key, uncompressed, hexadecimal
	mac    []byte
	ledger []byte
	person []byte
}

func (k Keys) open() (*safe, error) {
	if k == (Keys{}) {
		return nil, errors.New("the installation secret is missing")
	}
	column, err := k.derive("shujie column encryption v1", 16)
	if err != nil {
		return nil, err
	}
	block, err := sm4.NewCipher(column)
	if err != nil {
		return nil, err
	}
	aead, err := cipher.NewGCM(block)
	if err != nil {
		return nil, err
	}
	signer, err := k.signer()
	if err != nil {
		return nil, err
	}
	mac, err := k.derive("shujie cursor v1", 32)
	if err != nil {
		return nil, err
	}
	ledger, err := k.derive("shujie ledger v1", 32)
	if err != nil {
		return nil, err
	}
	person, err := k.derive("shujie subject v1", 32)
	if err != nil {
		return nil, err
	}
	public, err := sm2.PublicKeyToECDH(&signer.PublicKey)
	if err != nil {
		return nil, err
	}
	return &safe{aead: aead, signer: signer, point: hex.EncodeToString(public.Bytes()), mac: mac, ledger: ledger, person: person}, nil
}

func (k Keys) derive(purpose string, n int) ([]byte, error) {
	return hkdf.Key(sm3.New, k.secret[:], nil, purpose, n)
}

// signer derives the private key: 40 bytes reduced to [1, n-2], so that the
// bias is negligible (GB/T 32918.1, FIPS 186-5 A.2.1).
func (k Keys) signer() (*sm2.PrivateKey, error) {
	seed, err := k.derive("shujie receipt signature v1", 40)
	if err != nil {
		return nil, err
	}
	d := new(big.Int).SetBytes(seed)
	d.Mod(d, new(big.Int).Sub(sm2.P256().Params().N, big.NewInt(2)))
	d.Add(d, big.NewInt(1))
	return sm2.NewPrivateKeyFromInt(d)
}

// seal encrypts what belongs to place, the name of the column and row, so that
// a ciphertext moved elsewhere does not open.
func (s *safe) seal(place string, text []byte) (string, error) {
	nonce := make([]byte, s.aead.NonceSize(), s.aead.NonceSize()+len(text)+s.aead.Overhead())
	if _, err := rand.Read(nonce); err != nil {
		return "", err
	}
	return base64.StdEncoding.EncodeToString(s.aead.Seal(nonce, nonce, text, []byte(place))), nil
}

// unseal decrypts what seal made for the same place.
func (s *safe) unseal(place, text string) ([]byte, error) {
	b, err := base64.StdEncoding.DecodeString(text)
	n := s.aead.NonceSize()
	if err != nil || len(b) < n {
		return nil, fmt.Errorf("%s: not a ciphertext", place)
	}
	opened, err := s.aead.Open(nil, b[:n], b[n:], []byte(place))
	if err != nil {
		return nil, fmt.Errorf("%s: the ciphertext does not open with this installation's secret", place)
	}
	return opened, nil
}

func (s *safe) sign(text []byte) (string, error) {
	sig, err := sm2.SignASN1(rand.Reader, s.signer, text, sm2.DefaultSM2SignerOpts)
	return hex.EncodeToString(sig), err
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
