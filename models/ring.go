package models

import (
	"bufio"
	"crypto/hkdf"
	"crypto/rand"
	"encoding/hex"
	"errors"
	"fmt"
	"slices"
	"strings"

	"github.com/emmansun/gmsm/sm3"
)

// KeyPurpose is what a key of the ring is for.
type KeyPurpose string

// The purposes of keys that rotate (GB/T 39786: a key has one purpose and a
// life of its own).
const (
	MasterKeys  KeyPurpose = "master" // wrap the data keys of payloads, SM4
	SigningKeys KeyPurpose = "sign"   // sign receipts, SM2
)

// Keys is what the installation keeps outside the database, its key ring: one
// secret of 32 bytes, from which the keys are derived that stay (encrypted
// columns, seals of the ledger, cursors), and the keys that rotate, each purpose
// with the oldest first. See docs/receipts.md for the form.
type Keys struct {
	secret [32]byte
	ring   []ringKey
}

// ringKey is a line of the ring. Without material it is derived from the secret.
type ringKey struct {
	purpose  KeyPurpose
	material string // hexadecimal, or derivedKey
}

// derivedKey stands for the key of a purpose that comes from the secret. A ring
// that has no line of a purpose has this one, so that a secret alone is a ring.
const derivedKey = "derived"

// size is how many bytes the material of a purpose has. The private key is
// reduced from more than it needs, see signerOf.
func (p KeyPurpose) size() int {
	if p == MasterKeys {
		return 16
	}
	return 40
}

// ParseKeys reads a key ring: the secret as 64 hexadecimal digits, then one line
// for each key that rotates: "master" or "sign", a space, and its material.
// Empty lines and lines that begin with # say nothing.
func ParseKeys(text string) (Keys, error) {
	var k Keys
	lines := bufio.NewScanner(strings.NewReader(text))
	for n, first := 1, true; lines.Scan(); n++ {
		line := strings.TrimSpace(lines.Text())
		if line == "" || strings.HasPrefix(line, "#") {
			continue
		}
		if first {
			if err := k.readSecret(line); err != nil {
				return Keys{}, err
			}
			first = false
			continue
		}
		key, err := readRingKey(line)
		if err != nil {
			return Keys{}, fmt.Errorf("line %d of the keys: %w", n, err) // what it says stays secret
		}
		if slices.Contains(k.ring, key) {
			return Keys{}, fmt.Errorf("line %d of the keys: this key is there twice", n)
		}
		k.ring = append(k.ring, key)
	}
	if err := lines.Err(); err != nil {
		return Keys{}, fmt.Errorf("the keys: %w", err)
	}
	if k.empty() {
		return Keys{}, errors.New("the secret must be 64 hexadecimal digits (32 bytes)")
	}
	for _, p := range []KeyPurpose{MasterKeys, SigningKeys} {
		if len(k.of(p)) == 0 {
			k.ring = append(k.ring, ringKey{p, derivedKey})
		}
	}
	return k, nil
}

func (k *Keys) readSecret(line string) error {
	b, err := hex.DecodeString(line)
	if err != nil || len(b) != len(k.secret) {
		return errors.New("the secret must be 64 hexadecimal digits (32 bytes)")
	}
	if k.secret = [32]byte(b); k.empty() {
		return errors.New("the secret must not be all zeros")
	}
	return nil
}

func readRingKey(line string) (ringKey, error) {
	purpose, material, _ := strings.Cut(line, " ")
	k := ringKey{KeyPurpose(purpose), strings.ToLower(strings.TrimSpace(material))}
	if k.purpose != MasterKeys && k.purpose != SigningKeys {
		return k, fmt.Errorf("it begins neither with %q nor with %q", MasterKeys, SigningKeys)
	}
	if k.material == derivedKey {
		return k, nil
	}
	b, err := hex.DecodeString(k.material)
	if err != nil || len(b) != k.purpose.size() {
		return k, fmt.Errorf("a %s key has %d hexadecimal digits, or is %q", k.purpose, 2*k.purpose.size(), derivedKey)
	}
	return k, nil
}

// NewKeys returns a new key ring and its text.
func NewKeys() (Keys, string, error) {
	var k Keys
	if _, err := rand.Read(k.secret[:]); err != nil {
		return Keys{}, "", err
	}
	for _, p := range []KeyPurpose{MasterKeys, SigningKeys} {
		var err error
		if k, _, err = k.With(p); err != nil {
			return Keys{}, "", err
		}
	}
	return k, k.Text(), nil
}

// Text is the ring as [ParseKeys] reads it.
func (k Keys) Text() string {
	var b strings.Builder
	fmt.Fprintln(&b, hex.EncodeToString(k.secret[:]))
	for _, key := range k.ring {
		fmt.Fprintln(&b, string(key.purpose), key.material)
	}
	return b.String()
}

// With returns the ring with one more key of a purpose, the newest, and its id.
func (k Keys) With(p KeyPurpose) (Keys, string, error) {
	b := make([]byte, p.size())
	if _, err := rand.Read(b); err != nil {
		return Keys{}, "", err
	}
	key := ringKey{p, hex.EncodeToString(b)}
	k.ring = append(slices.Clone(k.ring), key)
	id, err := k.id(key)
	return k, id, err
}

// Without returns the ring without the key that id names. The last key of a
// purpose stays.
func (k Keys) Without(id string) (Keys, error) {
	for i, key := range k.ring {
		is, err := k.id(key)
		if err != nil {
			return Keys{}, err
		}
		if is != id {
			continue
		}
		if len(k.of(key.purpose)) == 1 {
			return Keys{}, fmt.Errorf("%s is the only %s key of the ring", id, key.purpose)
		}
		k.ring = slices.Delete(slices.Clone(k.ring), i, i+1)
		return k, nil
	}
	return Keys{}, fmt.Errorf("the ring has no key %s", id)
}

// IDs names the keys of a purpose, the oldest first.
func (k Keys) IDs(p KeyPurpose) ([]string, error) {
	var ids []string
	for _, key := range k.of(p) {
		id, err := k.id(key)
		if err != nil {
			return nil, err
		}
		ids = append(ids, id)
	}
	return ids, nil
}

func (k Keys) of(p KeyPurpose) []ringKey {
	var list []ringKey
	for _, key := range k.ring {
		if key.purpose == p {
			list = append(list, key)
		}
	}
	return list
}

func (k Keys) empty() bool { return k.secret == [32]byte{} }

// id names a key without telling anything of it: a signing key by its public
// key, see [Fingerprint], a master key by SM3-HMAC under itself.
func (k Keys) id(key ringKey) (string, error) {
	b, err := k.material(key)
	if err != nil {
		return "", err
	}
	if key.purpose == MasterKeys {
		return masterID(b), nil
	}
	s, err := signerOf(b)
	if err != nil {
		return "", err
	}
	return s.id, nil
}

func (k Keys) material(key ringKey) ([]byte, error) {
	switch {
	case key.material != derivedKey:
		return hex.DecodeString(key.material)
	case key.purpose == MasterKeys:
		return k.derive("shujie master key v1", key.purpose.size())
	}
	return k.derive("shujie receipt signature v1", key.purpose.size())
}

// derive makes a key of the secret. What it is for is part of how it is derived
// (HKDF with SM3), so that no key serves two purposes.
func (k Keys) derive(purpose string, n int) ([]byte, error) {
	return hkdf.Key(sm3.New, k.secret[:], nil, purpose, n)
}
