package models

import (
	"context"
	"fmt"
	"slices"
)

// A payload is encrypted under a data key of its own, and the data key is kept
// wrapped under a master key (envelope encryption, docs/adr/0018). A new master
// key costs a new wrapping of small keys and no payload; a destroyed data key
// leaves a payload that opens nowhere, also in a copy.

// KeyWrapper wraps data keys under master keys that it alone holds: the key
// ring, or a key management service that never gives them away. It is asked
// outside of transactions.
type KeyWrapper interface {
	// Masters names the master keys it holds, the oldest first.
	Masters() []string
	// Wrap encrypts key under a master key, bound to place.
	Wrap(ctx context.Context, master string, key []byte, place string) (string, error)
	// Unwrap is the reverse; it fails for another place.
	Unwrap(ctx context.Context, master, wrapped, place string) ([]byte, error)
}

// masters are the master keys of a ring.
type masters struct {
	ids   []string
	boxes map[string]box
}

func (k Keys) masters() (*masters, error) {
	m := &masters{boxes: map[string]box{}}
	for _, key := range k.of(MasterKeys) {
		b, err := k.material(key)
		if err != nil {
			return nil, err
		}
		id := masterID(b)
		if m.boxes[id], err = newBox(b); err != nil {
			return nil, err
		}
		m.ids = append(m.ids, id)
	}
	return m, nil
}

// masterID names a master key: SM3-HMAC under itself.
func masterID(key []byte) string { return keyed(key, []byte("shujie master key id 1"))[:32] }

// Masters implements KeyWrapper.
func (m *masters) Masters() []string { return slices.Clone(m.ids) }

// Wrap implements KeyWrapper.
func (m *masters) Wrap(_ context.Context, master string, key []byte, place string) (string, error) {
	b, err := m.box(master)
	if err != nil {
		return "", err
	}
	return b.seal(place, key)
}

// Unwrap implements KeyWrapper.
func (m *masters) Unwrap(_ context.Context, master, wrapped, place string) ([]byte, error) {
	b, err := m.box(master)
	if err != nil {
		return nil, err
	}
	return b.unseal(place, wrapped)
}

func (m *masters) box(master string) (box, error) {
	b, ok := m.boxes[master]
	if !ok {
		return box{}, fmt.Errorf("the key ring has no master key %q", master)
	}
	return b, nil
}
