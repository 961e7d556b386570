package exchange

import (
	"encoding/hex"
	"slices"
	"strconv"
	"time"
)

// The keys of the simulator. Where a key lives a day, it follows from the day,
// and everybody who asks gets the same. Where it lives for minutes, each asking
// makes one.

// issued is a key that lives for minutes.
type issued struct {
	grant
	revoked bool
}

// issue hands out a key at a moment. The caller holds the lock.
func (s *Simulator) issue(v *simService, now time.Time, life time.Duration) grant {
	if life == 0 {
		return grant{key: s.secretOf(v, dayOf(now), v.turnOf(now)), until: nextMidnight(now)}
	}
	v.count++
	h := digest(s.seed, "key", v.SID, strconv.Itoa(v.count))
	g := grant{
		key: hex.EncodeToString(h[:16]), until: now.Add(life),
		renewal: hex.EncodeToString(h[16:]), renewalUntil: now.Add(zhejiangRenewal),
	}
	// Whoever asks a thousand times forgets the first ones.
	v.issued = append(v.issued[max(0, len(v.issued)-1000):], issued{grant: g})
	return g
}

// keys returns the keys by which a service may be called at a moment, and those
// by which it could be before. The caller holds the lock.
func (s *Simulator) keys(v *simService, now time.Time) (good, old []string) {
	d, ok := s.desk.(keyDesk)
	switch {
	case !ok:
		return []string{v.AppKey}, nil
	case d.life() == 0:
		for turn := range v.turnOf(now) {
			old = append(old, s.secretOf(v, dayOf(now), turn))
		}
		old = append(old, s.secretOf(v, dayOf(now.AddDate(0, 0, -1)), 0))
		return []string{s.secretOf(v, dayOf(now), v.turnOf(now))}, old
	}
	for _, k := range v.issued {
		if !k.revoked && now.Before(k.until) {
			good = append(good, k.key)
		} else {
			old = append(old, k.key)
		}
	}
	return good, old
}

func (s *Simulator) secretOf(v *simService, day string, turn int) string {
	h := digest(s.seed, "secret", v.SID, day, strconv.Itoa(turn))
	return hex.EncodeToString(h[:16])
}

// turnOf returns how often the keys of the day of t were replaced.
func (v *simService) turnOf(t time.Time) int {
	if v.day != dayOf(t) {
		return 0
	}
	return v.turn
}

func dayOf(t time.Time) string { return t.In(shanghai()).Format(time.DateOnly) }

// revoke ends every key before its time. The caller holds the lock.
func (v *simService) revoke(now time.Time) {
	v.day, v.turn = dayOf(now), v.turnOf(now)+1
	for i := range v.issued {
		v.issued[i].revoked = true
	}
}

// renewedBy reports whether the request for a key was proved by what an earlier
// key left for it.
func (v *simService) renewedBy(in visit, now time.Time) bool {
	return slices.ContainsFunc(v.issued, func(k issued) bool {
		return now.Before(k.renewalUntil) && in.signed(v.Registered, k.renewal)
	})
}

// used notes the nonce of a visit, which is good once. The caller holds the lock.
func (v *simService) used(in visit) *gateError {
	if in.nonce == "" {
		return nil
	}
	if v.nonces[in.nonce] {
		return &gateError{"nonce_used", "随机串已使用过"}
	}
	if v.nonces == nil || len(v.nonces) >= maxNonces {
		v.nonces = map[string]bool{}
	}
	v.nonces[in.nonce] = true
	return nil
}

// maxNonces bounds what the simulator remembers; design.
const maxNonces = 100_000
