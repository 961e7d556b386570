package handlers

import (
	"encoding/binary"
	"errors"
	"time"
)

// codec writes a session as what it is: when it ends at the latest, and whose it
// is. It implements scs.Codec. Every request reads its session, and the general
// codec of the library costs a tenth of a move.
type codec struct{}

// sessionUser is the one value of a session.
const sessionUser = "user"

var errSession = errors.New("this is no session of ours")

// Encode implements scs.Codec.
func (codec) Encode(deadline time.Time, values map[string]any) ([]byte, error) {
	user, ok := values[sessionUser].(int64)
	if len(values) > 1 || (len(values) == 1 && !ok) {
		return nil, errSession
	}
	b := binary.BigEndian.AppendUint64(nil, uint64(deadline.UnixMicro()))
	return binary.BigEndian.AppendUint64(b, uint64(user)), nil //nolint:gosec // the bits are kept as they are
}

// Decode implements scs.Codec.
func (codec) Decode(b []byte) (time.Time, map[string]any, error) {
	if len(b) != 16 {
		return time.Time{}, nil, errSession
	}
	deadline := time.UnixMicro(int64(binary.BigEndian.Uint64(b))).UTC() //nolint:gosec // as Encode wrote them
	user := int64(binary.BigEndian.Uint64(b[8:]))                       //nolint:gosec // as Encode wrote them
	if user == 0 {
		return deadline, map[string]any{}, nil
	}
	return deadline, map[string]any{sessionUser: user}, nil
}
