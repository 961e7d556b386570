package exchange

import (
	"bytes"
	"crypto/hmac"
	"encoding/json"
	"io"
	"net/http"
	"strconv"
	"time"
)

const (
	maxRequest = 64 << 10         // bytes of a request's body; design
	sentSlack  = 30 * time.Minute // one running client reuses a signature that long (docs/domain.md §6.4); design
)

// gateError says why the platform turned somebody away. The words distinguish
// for people, the reason for counters; no full table of codes is known
// (docs/domain.md §6.5).
type gateError struct{ reason, message string }

// serveKey hands out a key of short life.
func (s *Simulator) serveKey(d keyDesk) http.HandlerFunc {
	return func(w http.ResponseWriter, r *http.Request) {
		body, err := readBody(w, r)
		if err != nil {
			return
		}
		in := d.keyVisit(r, body)
		v := s.service(in)
		if !s.up(w, r, v) {
			return
		}
		now := s.now()
		if refusal := s.gate(v, in, now, func(v *simService) *gateError {
			if in.signed(v.Registered, v.AppKey) || v.renewedBy(in, now) {
				return nil
			}
			return &gateError{"bad_sign", "签名错误"}
		}); refusal != nil {
			s.turnAway(refusal)
			d.keyPage(Registered{}, grant{}, refusal).write(w)
			return
		}
		s.mu.Lock()
		s.stats.Refreshes++
		g := s.issue(v, now, d.life())
		s.mu.Unlock()
		d.keyPage(v.Registered, g, nil).write(w)
	}
}

// serveCall lets the provider answer a call that passes the gate.
func (s *Simulator) serveCall(w http.ResponseWriter, r *http.Request) {
	body, err := readBody(w, r)
	if err != nil {
		return
	}
	in := s.desk.visit(r, body)
	v := s.service(in)
	met, late := s.drawn(v, true)
	if met == FaultDown {
		w.WriteHeader(http.StatusServiceUnavailable)
		return
	}
	if met == FaultSlow && !waited(r, late) {
		return
	}
	now := s.now()
	refusal := s.gate(v, in, now, func(v *simService) *gateError {
		s.mu.Lock()
		defer s.mu.Unlock()
		if met == FaultExpiredSecret {
			v.revoke(now)
		}
		good, old := s.keys(v, now)
		by := func(key string) bool { return in.signed == nil || in.signed(v.Registered, key) }
		switch {
		case anyOf(good, by):
			return v.used(in)
		case anyOf(old, by):
			return &gateError{"expired_secret", "密钥已过期，请重新获取"}
		}
		return &gateError{"bad_sign", "签名错误"}
	})
	if refusal != nil {
		s.turnAway(refusal)
		var known Registered
		if v != nil {
			known = v.Registered
		}
		s.desk.page(in, known, reply{gate: refusal}).write(w)
		return
	}
	s.count(func(st *Stats) { st.Calls++ })
	s.provide(w, v, met, in)
}

// gate checks what keys and calls have in common, and then the proof.
func (s *Simulator) gate(v *simService, in visit, now time.Time, proof func(*simService) *gateError) *gateError {
	switch {
	case in.odd != "":
		return &gateError{"bad_request", in.odd}
	case v == nil:
		return &gateError{"unknown_sid", "服务不存在或未授权（sid）"}
	case !in.bearer && !same(in.rid, v.RID):
		return &gateError{"unknown_rid", "请求方未获授权（rid）"}
	}
	if in.unit > 0 {
		n, err := strconv.ParseInt(in.sent, 10, 64)
		if err != nil {
			return &gateError{"stale_rtime", "时间戳须为整数"}
		}
		at := time.UnixMilli(n * in.unit.Milliseconds())
		if at.Before(now.Add(-sentSlack)) || at.After(now.Add(sentSlack)) {
			return &gateError{"stale_rtime", "时间戳已失效，与平台时间相差超过 30 分钟"}
		}
	}
	return proof(v)
}

func anyOf(keys []string, by func(string) bool) bool {
	for _, k := range keys {
		if by(k) {
			return true
		}
	}
	return false
}

// same compares in a time that tells nothing about where two texts differ.
func same(a, b string) bool { return hmac.Equal([]byte(a), []byte(b)) }

// service finds the service of a visit, nil when there is none.
func (s *Simulator) service(in visit) *simService {
	s.mu.Lock()
	defer s.mu.Unlock()
	if in.sid != "" {
		return s.bySID[in.sid]
	}
	return s.byRID[in.rid]
}

func (s *Simulator) count(add func(*Stats)) {
	s.mu.Lock()
	defer s.mu.Unlock()
	add(&s.stats)
}

// turnAway counts somebody who did not pass the gate.
func (s *Simulator) turnAway(e *gateError) {
	s.count(func(st *Stats) { st.Rejected[e.reason]++ })
}

// up answers a request for a key for a platform that is down, or waits for a
// slow one.
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

// show answers a tester.
func show(w http.ResponseWriter, v any) { jsonPage(0, v).write(w) }
