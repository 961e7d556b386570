package exchange_test

import (
	"net/http"
	"net/http/httptest"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/shujie-gov/shujie/exchange"
)

// spoken is a simulator of one profile with a client that speaks it.
type spoken struct {
	t *testing.T
	*exchange.Simulator
	profile exchange.Profile
	base    string
	clock   *clock
	service exchange.Service
	person  exchange.Person
}

// speak starts a simulator of each profile.
func speak(t *testing.T, test func(s *spoken)) {
	t.Helper()
	for _, p := range exchange.Profiles() {
		t.Run(p.Name, func(t *testing.T) { test(speaking(t, p.Name)) })
	}
}

func speaking(t *testing.T, profile string) *spoken {
	t.Helper()
	p, err := exchange.ProfileByName(profile)
	if err != nil {
		t.Fatal(err)
	}
	s := &spoken{t: t, clock: newClock(), profile: p}
	s.Simulator = exchange.NewSimulator(exchange.SimOptions{Seed: 7, Now: s.clock.now, Profile: p})
	s.service = s.Register("人口基准信息", "GA")
	s.person = s.Persons(1)[0]
	srv := httptest.NewServer(s)
	t.Cleanup(srv.Close)
	s.base = srv.URL
	return s
}

func (s *spoken) client(t *testing.T) *exchange.Client {
	t.Helper()
	return newClient(t, s.base, func(o *exchange.Options) { o.Profile, o.Now, o.AllowUnconfirmed = s.profile, s.clock.now, true })
}

func (s *spoken) about() exchange.Question {
	return exchange.Question{
		Params: map[string]string{"gmsfhm": s.person.IDNumber, "xm": s.person.Name},
		By: exchange.Asker{
			Name: "窗口经办", IDNumber: "32990019850615003X", Account: "hall_js", Unit: "示例市大厅",
			UnitCode: "11329900014320013J", Matter: "新生儿参保", Case: "JS-2026-00042",
		},
	}
}

// keyed reports whether the calls of the profile are proved by keys of short life.
func (s *spoken) keyed() bool {
	return !slices.Contains([]string{exchange.ProfileDirect, exchange.ProfileTIF, exchange.ProfileXRoad}, s.profile.Name)
}

func TestEveryProfileEndsInEachOutcome(t *testing.T) {
	speak(t, func(s *spoken) {
		t := s.t
		c := s.client(t)
		if a := c.Call(t.Context(), s.service, s.about()); a.Outcome != exchange.Found || !strings.Contains(string(a.Body), s.person.Name) {
			t.Fatalf("%v: %s", a, a.Body)
		}
		nobody := s.about()
		nobody.Params["xm"] = "无名氏"
		if a := c.Call(t.Context(), s.service, nobody); a.Outcome != exchange.NoRecord {
			t.Errorf("nobody: %v", a)
		}
		for kind, want := range map[exchange.Fault]exchange.Outcome{
			exchange.FaultRefuse: exchange.Refused, exchange.FaultNoRecord: exchange.NoRecord, exchange.FaultDown: exchange.Technical,
			exchange.FaultBreakOff: exchange.Unknown, exchange.FaultLoseAnswer: exchange.Unknown, exchange.FaultExpiredSecret: exchange.Found,
		} {
			script := []exchange.Fault{kind}
			if s.profile.Name == exchange.ProfileZhejiang && kind == exchange.FaultRefuse {
				script = append(script, kind) // any refusal may mean the secret, so it is asked once more
			}
			if err := s.Script(s.service.SID, script...); err != nil {
				t.Fatal(err)
			}
			before := s.Stats().Found
			a := c.Call(t.Context(), s.service, s.about())
			if a.Outcome != want || !a.Sent {
				t.Errorf("%s: %v", kind, a)
			}
			if asked := s.Stats().Found - before; asked > 1 {
				t.Errorf("%s: the provider was asked %d times", kind, asked)
			}
		}
	})
}

func TestNoProfileIsServedWithoutItsSecret(t *testing.T) {
	speak(t, func(s *spoken) {
		t := s.t
		wrong := map[string]func(*exchange.Service){
			"another secret":    func(v *exchange.Service) { v.AppKey = strings.Repeat("0", 32) },
			"another requester": func(v *exchange.Service) { v.RID = "JS/GOV/HALL/OTHER" },
		}
		if s.profile.Name == exchange.ProfileXRoad { // the security servers prove who calls
			delete(wrong, "another secret")
		}
		if s.profile.Name == exchange.ProfileNationalSOAP {
			wrong["another password"] = func(v *exchange.Service) { v.Password = "x" }
		}
		for name, change := range wrong {
			v := s.service
			change(&v)
			if a := s.client(t).Call(t.Context(), v, s.about()); a.Outcome != exchange.Refused {
				t.Errorf("%s: %v", name, a)
			}
		}
		if len(s.Worked()) != 0 || len(s.Stats().Rejected) == 0 {
			t.Errorf("the provider was asked: %+v", s.Stats())
		}
	})
}

func TestASignatureIsWorthNothingUnderAClockThatIsWrong(t *testing.T) {
	speak(t, func(s *spoken) {
		t := s.t
		if s.profile.Name == exchange.ProfileOAuth2 || s.profile.Name == exchange.ProfileXRoad {
			return // they sign no time
		}
		for _, skew := range []time.Duration{-31 * time.Minute, 31 * time.Minute} {
			c := newClient(t, s.base, func(o *exchange.Options) {
				o.Profile, o.AllowUnconfirmed = s.profile, true
				o.Now = func() time.Time { return s.clock.now().Add(skew) }
			})
			if a := c.Call(t.Context(), s.service, s.about()); a.Outcome != exchange.Refused {
				t.Errorf("skew of %s: %v", skew, a)
			}
		}
	})
}

func TestEveryProfileCrossesMidnightAndTwoDaysWithoutARefusal(t *testing.T) {
	speak(t, func(s *spoken) {
		t := s.t
		c := s.client(t)
		s.clock.set(time.Date(2025, 8, 1, 15, 58, 0, 0, time.UTC))
		for _, pause := range []time.Duration{6 * time.Second, time.Minute, 20 * time.Minute, 7 * time.Hour} {
			for range 8 {
				if a := c.Call(t.Context(), s.service, s.about()); a.Outcome != exchange.Found {
					t.Fatalf("at %s: %v", s.clock.now(), a)
				}
				s.clock.add(pause)
			}
		}
		if st := s.Stats(); len(st.Rejected) != 0 {
			t.Errorf("%+v", st.Rejected)
		}
		if got := c.Refreshes() > 0; got != s.keyed() {
			t.Errorf("%d keys were fetched", c.Refreshes())
		}
	})
}

func TestReplicasThatAskForKeysAtOnceAreServedBoth(t *testing.T) {
	speak(t, func(s *spoken) {
		t := s.t
		replicas := []*exchange.Client{s.client(t), s.client(t)}
		var wg sync.WaitGroup
		for i := range 32 {
			wg.Go(func() {
				if a := replicas[i%2].Call(t.Context(), s.service, s.about()); a.Outcome != exchange.Found {
					t.Error(a)
				}
			})
		}
		wg.Wait()
		if got := s.Stats().Refreshes; s.keyed() && got != 2 {
			t.Errorf("%d keys for two replicas", got)
		}
	})
}

func TestAServiceOfAProfileIsCheckedBeforeAnybodyIsAsked(t *testing.T) {
	for profile, tt := range map[string]struct {
		change func(*exchange.Service)
		why    string
	}{
		exchange.ProfileNationalSOAP: {func(v *exchange.Service) { v.Operation = "a b" }, "operation"},
		exchange.ProfileDirect:       {func(v *exchange.Service) { v.Operation = "" }, "operation"},
		exchange.ProfileZhejiang:     {func(v *exchange.Service) { v.Operation = "/a?b" }, "operation"},
		exchange.ProfileTIF:          {func(v *exchange.Service) { v.AppKey = "" }, "appkey"},
		exchange.ProfileXRoad:        {func(v *exchange.Service) { v.SID = "JS/GOV//DATA/x" }, "sid"},
		exchange.ProfileOAuth2:       {func(v *exchange.Service) { v.Method = "PUT" }, "method"},
	} {
		t.Run(profile, func(t *testing.T) {
			s := speaking(t, profile)
			tt.change(&s.service)
			a := s.client(t).Call(t.Context(), s.service, s.about())
			if a.Outcome != exchange.Refused || a.Sent || !strings.Contains(a.Message, tt.why) {
				t.Errorf("%v, sent %v", a, a.Sent)
			}
		})
	}
}

func TestANonceIsGoodOnce(t *testing.T) {
	s := speaking(t, exchange.ProfileTIF)
	var first http.Header
	c := newClient(t, s.base, func(o *exchange.Options) {
		o.Profile, o.Now = s.profile, s.clock.now
		o.Transport = rewriter(func(r *http.Request) {
			if first == nil {
				first = r.Header.Clone()
			}
			r.Header = first.Clone()
		})
	})
	if a := c.Call(t.Context(), s.service, s.about()); a.Outcome != exchange.Found {
		t.Fatal(a)
	}
	if a := c.Call(t.Context(), s.service, s.about()); a.Outcome != exchange.Refused || s.Stats().Rejected["nonce_used"] != 1 {
		t.Errorf("%v, %+v", a, s.Stats())
	}
}

// rewriter is a transport that changes requests on their way.
type rewriter func(*http.Request)

func (f rewriter) RoundTrip(r *http.Request) (*http.Response, error) {
	r = r.Clone(r.Context())
	f(r)
	return http.DefaultTransport.RoundTrip(r)
}
