package exchange_test

import (
	"context"
	"encoding/json"
	"errors"
	"net/http"
	"net/http/httptest"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/shujie-gov/shujie/exchange"
	"github.com/shujie-gov/shujie/fault"
)

// simulated is a simulator that listens, with one service.

type simulated struct {
	*exchange.Simulator
	base    string
	clock   *clock
	service exchange.Service
	person  exchange.Person
}

func newSimulated(tb testing.TB) *simulated {
	tb.Helper()
	s := &simulated{clock: newClock()}
	s.Simulator = exchange.NewSimulator(exchange.SimOptions{Seed: 7, Now: s.clock.now})
	s.service = s.Register("人口基准信息", "GA")
	s.person = s.Persons(1)[0]
	base, stop, err := s.Start("127.0.0.1:0")
	if err != nil {
		tb.Fatal(err)
	}
	s.base = base
	tb.Cleanup(func() {
		ctx, cancel := context.WithTimeout(context.Background(), 5*time.Second)
		defer cancel()
		if err := stop(ctx); err != nil {
			tb.Error(err)
		}
	})
	return s
}

func (s *simulated) stranger() *strangerClient {
	return &strangerClient{base: s.base, prefix: "gjgxjhpt", rid: s.service.RID, sid: s.service.SID, appkey: s.service.AppKey, now: s.clock.now}
}

func (s *simulated) client(t *testing.T) *exchange.Client {
	t.Helper()
	return newClient(t, s.base, func(o *exchange.Options) { o.Now = s.clock.now })
}

func (s *simulated) about() exchange.Question {
	return exchange.Question{Params: map[string]string{"gmsfhm": s.person.IDNumber, "xm": s.person.Name}}
}

func TestAnIndependentClientIsServedByTheLetterOfTheProtocol(t *testing.T) {
	s := newSimulated(t)
	c := s.stranger()
	e, secret, err := c.refresh(nil)
	if err != nil || e.Code != "0" || len(secret) != 32 {
		t.Fatalf("%+v, secret of %d characters, %v", e, len(secret), err)
	}
	var data map[string]string
	if err = json.Unmarshal(e.Data, &data); err != nil || data["secretEndTime"] != "1754064000000" { // 2 August, 00:00 in Shanghai
		t.Errorf("secretEndTime %q, %v", data["secretEndTime"], err)
	}
	for _, method := range []string{http.MethodPost, http.MethodGet} {
		e, err = c.call(method, secret, s.about().Params, nil)
		var records []map[string]string
		if err != nil || e.Code != "0" || json.Unmarshal(e.Data, &records) != nil || len(records) != 1 || records[0]["xm"] != s.person.Name {
			t.Errorf("%s: %+v, %v", method, e, err)
		}
	}
	// The same secret is handed out all day.
	s.clock.add(10 * time.Hour)
	if _, again, err := c.refresh(nil); err != nil || again != secret {
		t.Errorf("another secret on the same day, %v", err)
	}
}

func TestThePlatformTurnsAwayWhoMayNotCall(t *testing.T) {
	messages := map[string]string{}
	for name, tt := range map[string]struct {
		lie    func(*strangerClient)
		body   func(map[string]any)
		header func(http.Header)
		later  time.Duration // between the making and the sending of a signature
	}{
		"another appkey": {lie: func(c *strangerClient) { c.appkey = strings.Repeat("0", 32) }},
		"an unknown sid": {lie: func(c *strangerClient) { c.sid = "s_GA_9" }},
		"an unknown rid": {lie: func(c *strangerClient) { c.rid = "somebody" }},
		"a stale rtime": {lie: func(c *strangerClient) {
			now := c.now
			c.now = func() time.Time { return now().Add(-31 * time.Minute) }
		}},
		"a rtime ahead": {lie: func(c *strangerClient) { now := c.now; c.now = func() time.Time { return now().Add(31 * time.Minute) } }},
		"a changed rtime": {
			body:   func(in map[string]any) { in["gjgxjhpt_rtime"] = "1754013600001" },
			header: func(h http.Header) { h["gjgxjhpt_rtime"] = []string{"1754013600001"} },
		},
		"no signature": {
			body:   func(in map[string]any) { in["gjgxjhpt_sign"] = "" },
			header: func(h http.Header) { delete(h, "gjgxjhpt_sign") },
		},
		"a rtime in words": {
			body:   func(in map[string]any) { in["gjgxjhpt_rtime"] = "now" },
			header: func(h http.Header) { h["gjgxjhpt_rtime"] = []string{"now"} },
		},
	} {
		t.Run(name, func(t *testing.T) {
			s := newSimulated(t)
			_, secret, err := s.stranger().refresh(nil)
			if err != nil {
				t.Fatal(err)
			}
			c := s.stranger()
			if tt.lie != nil {
				tt.lie(c)
			}
			e, _, err := c.refresh(tt.body)
			if err != nil || e.Code != "-1" || e.Message == "" {
				t.Errorf("refresh: %+v, %v", e, err)
			}
			messages[name] = e.Message
			if name == "another appkey" {
				secret = c.appkey
			}
			if e, err = c.call(http.MethodPost, secret, s.about().Params, tt.header); err != nil || e.Code != "-1" || e.Message == "" {
				t.Errorf("call: %+v, %v", e, err)
			}
			if len(s.Worked()) != 0 {
				t.Error("the provider was asked")
			}
		})
	}
	for _, distinct := range [][2]string{
		{"another appkey", "an unknown sid"},
		{"an unknown sid", "an unknown rid"},
		{"an unknown rid", "a stale rtime"},
		{"a stale rtime", "another appkey"},
	} {
		if messages[distinct[0]] == messages[distinct[1]] {
			t.Errorf("%s and %s get the same words", distinct[0], distinct[1])
		}
	}
}

func TestARefreshIsFourStringsAndNothingElse(t *testing.T) {
	s := newSimulated(t)
	for name, change := range map[string]func(map[string]any){
		"a fifth field":     func(in map[string]any) { in["more"] = "x" },
		"three fields":      func(in map[string]any) { delete(in, "gjgxjhpt_rid") },
		"a number for time": func(in map[string]any) { in["gjgxjhpt_rtime"] = 1754013600000 },
	} {
		if e, _, err := s.stranger().refresh(change); err != nil || e.Code != "-1" {
			t.Errorf("%s: %+v, %v", name, e, err)
		}
	}
}

func TestASignatureHoldsForHalfAnHour(t *testing.T) {
	s := newSimulated(t)
	c := s.stranger()
	_, secret, err := c.refresh(nil)
	if err != nil {
		t.Fatal(err)
	}
	signedAt := s.clock.now()
	c.now = func() time.Time { return signedAt }
	for _, step := range []struct {
		after time.Duration
		code  string
	}{{0, "0"}, {30 * time.Minute, "0"}, {30*time.Minute + time.Millisecond, "-1"}} {
		s.clock.set(signedAt.Add(step.after))
		if e, err := c.call(http.MethodPost, secret, s.about().Params, nil); err != nil || e.Code != step.code {
			t.Errorf("after %s: %+v, %v", step.after, e, err)
		}
	}
}

func TestTheSecretEndsAtMidnightInShanghai(t *testing.T) {
	s := newSimulated(t)
	c := s.stranger()
	_, yesterday, err := c.refresh(nil)
	if err != nil {
		t.Fatal(err)
	}
	midnight := time.Date(2025, 8, 1, 16, 0, 0, 0, time.UTC)
	s.clock.set(midnight.Add(-time.Millisecond))
	if e, err := c.call(http.MethodPost, yesterday, s.about().Params, nil); err != nil || e.Code != "0" {
		t.Errorf("before midnight: %+v, %v", e, err)
	}
	s.clock.set(midnight)
	if e, err := c.call(http.MethodPost, yesterday, s.about().Params, nil); err != nil || e.Code != "-1" || !strings.Contains(e.Message, "过期") {
		t.Errorf("at midnight: %+v, %v", e, err)
	}
	if _, today, err := c.refresh(nil); err != nil || today == yesterday {
		t.Errorf("the new day has the old secret, %v", err)
	}
}

func TestOurClientCrossesMidnightWithoutAnError(t *testing.T) {
	s := newSimulated(t)
	c := s.client(t)
	s.clock.set(time.Date(2025, 8, 1, 15, 58, 0, 0, time.UTC))
	for range 40 {
		if a := c.Call(t.Context(), s.service, s.about()); a.Outcome != exchange.Found {
			t.Fatalf("at %s: %v", s.clock.now(), a)
		}
		s.clock.add(6 * time.Second)
	}
	if st := s.Stats(); len(st.Rejected) != 0 || st.Found != 40 {
		t.Errorf("%+v", st)
	}
}

func TestIdentifiersFollowFromSeedAndNamesOnly(t *testing.T) {
	sim := func(seed uint64) *exchange.Simulator {
		return exchange.NewSimulator(exchange.SimOptions{Seed: seed, Now: newClock().now})
	}
	a, b := sim(1), sim(1)
	first, second := a.Register("人口基准信息", "GA"), a.Register("婚姻登记信息", "MZ")
	if got := b.Register("婚姻登记信息", "MZ"); got != second {
		t.Errorf("in another order %+v became %+v", second, got)
	}
	if a.Register("人口基准信息", "GA") != first || len(a.Services()) != 2 {
		t.Error("registering again is not the same")
	}
	if other := sim(2).Register("人口基准信息", "GA"); other.SID == first.SID || other.AppKey == first.AppKey || other.RID == first.RID {
		t.Errorf("another seed has the same identifiers: %+v", other)
	}
	if !strings.HasPrefix(first.SID, "s_GA_") || len(first.AppKey) != 32 || !strings.Contains(first.RID, "@") || first.RID != second.RID {
		t.Errorf("%+v", first)
	}
	if odd := a.Register("某信息", "某局"); !strings.HasPrefix(odd.SID, "s_00_") {
		t.Errorf("%+v", odd)
	}
	if !slices.Equal(a.Persons(50), b.Persons(50)) {
		t.Error("the same seed knows other persons")
	}
}

// resources are the resources that real blockers name.

func TestASimulatorOfTheOtherNationalPlatform(t *testing.T) {
	profile, err := exchange.ProfileByName("gjzwfwpt")
	if err != nil {
		t.Fatal(err)
	}
	ck := newClock()
	sim := exchange.NewSimulator(exchange.SimOptions{Now: ck.now, Profile: profile})
	srv := httptest.NewServer(sim)
	defer srv.Close()
	p := sim.Persons(1)[0]
	c := newClient(t, srv.URL, func(o *exchange.Options) { o.Profile = profile })
	if a := c.Call(t.Context(), sim.Register("x", "GA"), exchange.Question{Params: map[string]string{"gmsfhm": p.IDNumber, "xm": p.Name}}); a.Outcome != exchange.Found {
		t.Error(a)
	}
}

func TestAnAddressThatIsTakenIsAFault(t *testing.T) {
	s := newSimulated(t)
	_, _, err := exchange.NewSimulator(exchange.SimOptions{Now: s.clock.now}).Start(strings.TrimPrefix(s.base, "http://"))
	if f := (*fault.Error)(nil); !errors.As(err, &f) || f.Kind != fault.Unavailable || f.Text.ZH == "" {
		t.Errorf("got %v", err)
	}
}

func FuzzSimulatorBody(f *testing.F) {
	ck := newClock()
	sim := exchange.NewSimulator(exchange.SimOptions{Seed: 7, Now: ck.now})
	service := sim.Register("人口基准信息", "GA")
	c := &strangerClient{prefix: "gjgxjhpt", rid: service.RID, sid: service.SID, appkey: service.AppKey, now: ck.now}
	srv := httptest.NewServer(sim)
	f.Cleanup(srv.Close)
	c.base = srv.URL
	_, secret, err := c.refresh(nil)
	if err != nil {
		f.Fatal(err)
	}
	for _, s := range []string{`{"gmsfhm":"32990019900101001X","xm":"张三"}`, `{"gmsfhm":1}`, `[]`, `{`, ``, `null`, `{"gjgxjhpt_rid":"a","gjgxjhpt_sid":"b","gjgxjhpt_rtime":"1","gjgxjhpt_sign":"c"}`} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, body string) {
		rtime := c.rtime()
		for _, path := range []string{"/sysapi/auth/refreshappsecret", "/httpproxy"} {
			r := httptest.NewRequest(http.MethodPost, path, strings.NewReader(body))
			r.Header.Set("gjgxjhpt_rid", c.rid)
			r.Header.Set("gjgxjhpt_sid", c.sid)
			r.Header.Set("gjgxjhpt_rtime", rtime)
			r.Header.Set("gjgxjhpt_sign", strangerSign(secret, c.sid+c.rid+rtime))
			w := httptest.NewRecorder()
			sim.ServeHTTP(w, r)
			if w.Code != http.StatusRequestEntityTooLarge && (w.Code != http.StatusOK || !json.Valid(w.Body.Bytes())) {
				t.Errorf("%s: %d %q", path, w.Code, w.Body)
			}
		}
	})
}
