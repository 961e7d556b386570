package exchange

import (
	"bytes"
	"crypto/hmac"
	"encoding/hex"
	"encoding/json"
	"errors"
	"io"
	"net/http"
	"strconv"
	"strings"
	"time"
)

const (
	maxRequest = 64 << 10         // bytes of a request's body; design
	rtimeSlack = 30 * time.Minute // one running client reuses a signature that long (docs/domain.md §6.4); design
)

// gateError says why the platform turned somebody away. Its code is always -1
// (docs/domain.md §6.5); the words distinguish for people, the reason for
// counters.
type gateError struct{ reason, message string }

func (e gateError) Error() string { return e.message }

// serveRefresh hands out the secret of the day (docs/domain.md §6.3).
func (s *Simulator) serveRefresh(w http.ResponseWriter, r *http.Request) {
	body, err := readBody(w, r)
	if err != nil {
		return
	}
	var in map[string]string
	if json.Unmarshal(body, &in) != nil || len(in) != len(s.names) {
		s.reject(w, gateError{"bad_request", "请求体须为且仅为四个字符串：" + strings.Join(s.names[:], "、")})
		return
	}
	v := s.service(in[s.names[1]])
	if !s.up(w, r, v) {
		return
	}
	now := s.now()
	err = s.gate(v, in[s.names[0]], in[s.names[2]], now, func(v *simService) error {
		if !signed(v.AppKey, v, in[s.names[2]], in[s.names[3]]) {
			return gateError{"bad_sign", "签名错误"}
		}
		return nil
	})
	if err != nil {
		s.reject(w, err)
		return
	}
	s.mu.Lock()
	s.stats.Refreshes++
	secret := s.daySecret(v, now)
	s.mu.Unlock()
	reply(w, map[string]any{"code": "0", "message": "成功", "data": map[string]string{
		"secret":        s.profile.Signer.Seal(v.AppKey, secret),
		"secretEndTime": strconv.FormatInt(nextMidnight(now).UnixMilli(), 10),
	}})
}

// serveCall checks the four headers and lets the provider answer (docs/domain.md
// §6.4).
func (s *Simulator) serveCall(w http.ResponseWriter, r *http.Request) {
	body, err := readBody(w, r)
	if err != nil {
		return
	}
	h := func(i int) string { return r.Header.Get(s.names[i]) }
	v := s.service(h(1))
	met, late := s.drawn(v, true)
	if met == FaultDown {
		w.WriteHeader(http.StatusServiceUnavailable)
		return
	}
	if met == FaultSlow && !waited(r, late) {
		return
	}
	now := s.now()
	err = s.gate(v, h(0), h(2), now, func(v *simService) error {
		s.mu.Lock()
		defer s.mu.Unlock()
		if met == FaultExpiredSecret {
			v.day, v.turn = dayOf(now), v.turnOf(now)+1
		}
		switch {
		case signed(s.daySecret(v, now), v, h(2), h(3)):
			return nil
		case s.signedBefore(v, now, h(2), h(3)):
			return gateError{"expired_secret", "当日密钥已过期，请重新获取"}
		}
		return gateError{"bad_sign", "签名错误"}
	})
	if err != nil {
		s.reject(w, err)
		return
	}
	s.count(func(st *Stats) { st.Calls++ })
	s.answer(w, v, met, parameters(r, body))
}

// gate checks what refreshes and calls have in common, and then the signature.
func (s *Simulator) gate(v *simService, rid, rtime string, now time.Time, signature func(*simService) error) error {
	if v == nil {
		return gateError{"unknown_sid", "服务不存在或未授权（sid）"}
	}
	if !same(rid, v.RID) {
		return gateError{"unknown_rid", "请求方未获授权（rid）"}
	}
	ms, err := strconv.ParseInt(rtime, 10, 64)
	if err != nil {
		return gateError{"stale_rtime", "rtime 须为毫秒时间戳"}
	}
	if at := time.UnixMilli(ms); at.Before(now.Add(-rtimeSlack)) || at.After(now.Add(rtimeSlack)) {
		return gateError{"stale_rtime", "rtime 已失效，与平台时间相差超过 30 分钟"}
	}
	return signature(v)
}

// daySecret returns the secret of a service at a moment: the same for the whole
// day in Shanghai unless it was replaced. The caller holds the lock.
func (s *Simulator) daySecret(v *simService, at time.Time) string {
	return s.secretOf(v, dayOf(at), v.turnOf(at))
}

func (s *Simulator) secretOf(v *simService, day string, turn int) string {
	h := digest(s.seed, "secret", v.SID, day, strconv.Itoa(turn))
	return hex.EncodeToString(h[:16])
}

// signedBefore reports whether a signature was made with a secret that was good
// before: the day before's, or one of this day that was replaced.
func (s *Simulator) signedBefore(v *simService, now time.Time, rtime, sig string) bool {
	for turn := range v.turnOf(now) {
		if signed(s.secretOf(v, dayOf(now), turn), v, rtime, sig) {
			return true
		}
	}
	return signed(s.secretOf(v, dayOf(now.AddDate(0, 0, -1)), 0), v, rtime, sig)
}

func signed(secret string, v *simService, rtime, sig string) bool {
	return same(sig, sign(secret, v.SID, v.RID, rtime))
}

// same compares in a time that tells nothing about where two texts differ.
func same(a, b string) bool { return hmac.Equal([]byte(a), []byte(b)) }

func (s *Simulator) service(sid string) *simService {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.bySID[sid]
}

func (s *Simulator) count(add func(*Stats)) {
	s.mu.Lock()
	defer s.mu.Unlock()
	add(&s.stats)
}

// up answers a refresh for a platform that is down, or waits for a slow one.
func (s *Simulator) up(w http.ResponseWriter, r *http.Request, v *simService) bool {
	switch met, late := s.drawn(v, false); met {
	case FaultDown:
		w.WriteHeader(http.StatusServiceUnavailable)
		return false
	case FaultSlow:
		return waited(r, late)
	default:
		return true
	}
}

// waited reports whether the caller was still there at the end of the wait.
func waited(r *http.Request, d time.Duration) bool {
	t := time.NewTimer(d)
	defer t.Stop()
	select {
	case <-t.C:
		return true
	case <-r.Context().Done():
		return false
	}
}

// reject turns somebody away at the gate.
func (s *Simulator) reject(w http.ResponseWriter, err error) {
	if e := (gateError{}); errors.As(err, &e) {
		s.count(func(st *Stats) { st.Rejected[e.reason]++ })
		reply(w, map[string]any{"code": "-1", "message": e.message, "data": nil})
	}
}

// readBody reads a request's body, or answers 413.
func readBody(w http.ResponseWriter, r *http.Request) ([]byte, error) {
	body, err := io.ReadAll(http.MaxBytesReader(w, r.Body, maxRequest))
	if err != nil {
		w.WriteHeader(http.StatusRequestEntityTooLarge)
	}
	return body, err
}

// parameters returns the business parameters of a call, nil when the body is
// not a flat JSON object.
func parameters(r *http.Request, body []byte) map[string]string {
	params := map[string]string{}
	if r.Method == http.MethodGet {
		for k, v := range r.URL.Query() {
			params[k] = v[0]
		}
		return params
	}
	var in map[string]json.RawMessage
	if len(bytes.TrimSpace(body)) > 0 && json.Unmarshal(body, &in) != nil {
		return nil
	}
	for k, raw := range in {
		v, ok := text(raw)
		if !ok {
			return nil
		}
		params[k] = v
	}
	return params
}

func reply(w http.ResponseWriter, v any) {
	w.Header().Set("Content-Type", "application/json;charset=UTF-8")
	_ = json.NewEncoder(w).Encode(v) // a caller who left needs no answer
}
