package exchange_test

import (
	"context"
	"encoding/json"
	"fmt"
	"net/http"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/shujie-gov/shujie/exchange"
	"github.com/shujie-gov/shujie/fault"
)

func TestAFaultEndsInItsOutcome(t *testing.T) {
	for kind, tt := range map[exchange.Fault]struct {
		outcome exchange.Outcome
		worked  int
	}{
		exchange.FaultNone:          {exchange.Found, 1},
		exchange.FaultSlow:          {exchange.Found, 1},
		exchange.FaultRefuse:        {exchange.Refused, 0},
		exchange.FaultNoRecord:      {exchange.NoRecord, 0},
		exchange.FaultBreakOff:      {exchange.Unknown, 1},
		exchange.FaultLoseAnswer:    {exchange.Unknown, 1},
		exchange.FaultExpiredSecret: {exchange.Found, 1}, // got over by one refresh and one retry
		exchange.FaultRubbish:       {exchange.Technical, 0},
		exchange.FaultDown:          {exchange.Technical, 0},
	} {
		t.Run("once "+string(kind), func(t *testing.T) {
			s := newSimulated(t)
			c := s.client(t)
			if err := s.Script(s.service.SID, kind); err != nil {
				t.Fatal(err)
			}
			if a := c.Call(t.Context(), s.service, s.about()); a.Outcome != tt.outcome || !a.Sent {
				t.Errorf("%v, sent %v", a, a.Sent)
			}
			work := exchange.Work{SID: s.service.SID, IDNumber: s.person.IDNumber}
			if got := s.Worked()[work]; got != tt.worked {
				t.Errorf("the provider worked %d times, want %d", got, tt.worked)
			}
			// The next call finds a platform that behaves.
			if a := c.Call(t.Context(), s.service, s.about()); a.Outcome != exchange.Found {
				t.Error(a)
			}
			if got := s.Worked()[work]; got != tt.worked+1 {
				t.Errorf("the provider worked %d times, want %d", got, tt.worked+1)
			}
			if got := s.Stats().Faults[kind]; kind != exchange.FaultNone && got != 1 {
				t.Errorf("the fault was counted %d times", got)
			}
		})
	}
}

func TestFaultsMayBeSetForAServiceOrForAll(t *testing.T) {
	s := newSimulated(t)
	other := s.Register("婚姻登记信息", "MZ")
	c := s.client(t)
	outcome := func(service exchange.Service) exchange.Outcome {
		return c.Call(t.Context(), service, s.about()).Outcome
	}
	set := func(err error) {
		t.Helper()
		if err != nil {
			t.Fatal(err)
		}
	}
	set(s.SetServiceFaults(s.service.SID, exchange.Faults{Rate: 1, Kinds: []exchange.Fault{exchange.FaultRefuse}}))
	if a, b := outcome(s.service), outcome(other); a != exchange.Refused || b != exchange.Found {
		t.Errorf("of one service: %s, %s", a, b)
	}
	set(s.SetFaults(exchange.Faults{Rate: 1, Kinds: []exchange.Fault{exchange.FaultNoRecord}}))
	if a, b := outcome(s.service), outcome(other); a != exchange.Refused || b != exchange.NoRecord {
		t.Errorf("of one and of all: %s, %s", a, b)
	}
	set(s.SetServiceFaults(s.service.SID, exchange.Faults{}))
	set(s.SetFaults(exchange.Faults{}))
	if a, b := outcome(s.service), outcome(other); a != exchange.Found || b != exchange.Found {
		t.Errorf("of none: %s, %s", a, b)
	}
	set(s.SetServiceFaults(s.service.SID, exchange.Faults{Rate: 1, Kinds: []exchange.Fault{exchange.FaultExpiredSecret}}))
	if a := outcome(s.service); a != exchange.Refused {
		t.Errorf("a secret that never holds: %s", a)
	}
	set(s.SetFaults(exchange.Faults{Rate: 1, Kinds: []exchange.Fault{exchange.FaultDown}}))
	fresh := s.client(t)
	if a := fresh.Call(t.Context(), other, s.about()); a.Outcome != exchange.Technical || a.Sent {
		t.Errorf("a platform that is down hands out no secret: %v, sent %v", a, a.Sent)
	}
}

func TestRandomFaultsAreAlwaysGotOverByTryingAgain(t *testing.T) {
	s := newSimulated(t)
	if err := s.SetFaults(exchange.Faults{Rate: 0.3, Seed: 11, Slow: time.Millisecond}); err != nil {
		t.Fatal(err)
	}
	c := newClient(t, s.base, func(o *exchange.Options) { o.Now, o.FailuresToOpen = s.clock.now, 1000 })
	outcomes := map[exchange.Outcome]int{}
	done := make(chan map[exchange.Outcome]int)
	const workers, each = 8, 60
	for range workers {
		go func() {
			mine := map[exchange.Outcome]int{}
			for range each {
				for a := (exchange.Answer{}); a.Outcome != exchange.Found; mine[a.Outcome]++ {
					a = c.Call(context.Background(), s.service, s.about())
				}
			}
			done <- mine
		}()
	}
	for range workers {
		for o, n := range <-done {
			outcomes[o] += n
		}
	}
	if outcomes[exchange.Found] != workers*each || outcomes[exchange.Refused] != 0 || outcomes[exchange.NoRecord] != 0 {
		t.Errorf("%v", outcomes)
	}
	st := s.Stats()
	for _, k := range exchange.TransientFaults() {
		if st.Faults[k] == 0 {
			t.Errorf("%s never came: %v", k, st.Faults)
		}
	}
	if st.Faults[exchange.FaultRefuse]+st.Faults[exchange.FaultNoRecord] != 0 || st.Faults[exchange.FaultExpiredSecret] != 1 {
		t.Errorf("%v", st.Faults)
	}
}

func TestTheSameSeedMisbehavesAlike(t *testing.T) {
	run := func() string {
		s := newSimulated(t)
		if err := s.SetFaults(exchange.Faults{Rate: 0.5, Seed: 3, Slow: time.Millisecond}); err != nil {
			t.Fatal(err)
		}
		c := newClient(t, s.base, func(o *exchange.Options) { o.Now, o.FailuresToOpen = s.clock.now, 1000 })
		var got []string
		for range 40 {
			got = append(got, string(c.Call(t.Context(), s.service, s.about()).Outcome))
		}
		return strings.Join(got, " ")
	}
	if a, b := run(), run(); a != b || !strings.Contains(a, "unknown") {
		t.Errorf("%s\n%s", a, b)
	}
}

func TestWrongFaultsAreRefused(t *testing.T) {
	s := newSimulated(t)
	for name, err := range map[string]error{
		"a rate over 1":         s.SetFaults(exchange.Faults{Rate: 1.1}),
		"a negative rate":       s.SetFaults(exchange.Faults{Rate: -0.1}),
		"an unknown kind":       s.SetFaults(exchange.Faults{Rate: 1, Kinds: []exchange.Fault{"explode"}}),
		"a slowness of minutes": s.SetFaults(exchange.Faults{Rate: 1, Slow: time.Hour}),
		"an unknown script":     s.Script(s.service.SID, "explode"),
	} {
		if fault.KindOf(err) != fault.Invalid {
			t.Errorf("%s: %v", name, err)
		}
	}
	if err := s.SetServiceFaults("s_9", exchange.Faults{}); fault.KindOf(err) != fault.NotFound {
		t.Errorf("an unknown service: %v", err)
	}
}

func TestTestersOutsideCanLookAndOrderFaults(t *testing.T) {
	s := newSimulated(t)
	get := func(path string, into any) {
		t.Helper()
		resp, err := http.Get(s.base + path)
		if err != nil {
			t.Fatal(err)
		}
		defer func() { _ = resp.Body.Close() }()
		if err = json.NewDecoder(resp.Body).Decode(into); err != nil || resp.StatusCode != http.StatusOK {
			t.Errorf("%s: %d, %v", path, resp.StatusCode, err)
		}
	}
	post := func(body string) int {
		t.Helper()
		resp, err := http.Post(s.base+"/sim/faults", "application/json", strings.NewReader(body))
		if err != nil {
			t.Fatal(err)
		}
		_ = resp.Body.Close()
		return resp.StatusCode
	}
	var services []exchange.Registered
	get("/sim/services", &services)
	if len(services) != 1 || services[0].AppKey != s.service.AppKey || services[0].Name != "人口基准信息" {
		t.Errorf("%+v", services)
	}
	var persons []exchange.Person
	if get("/sim/persons?n=3", &persons); !slices.Equal(persons, s.Persons(3)) {
		t.Errorf("%+v", persons)
	}
	for body, want := range map[string]int{
		fmt.Sprintf(`{"sid":%q,"rate":1,"kinds":["refuse"]}`, s.service.SID): 204,
		fmt.Sprintf(`{"sid":%q,"script":["no_record"]}`, s.service.SID):      204,
		`{"rate":2}`:                     400,
		`{"kinds":["explode"]}`:          400,
		`{"rat":1}`:                      400,
		`nonsense`:                       400,
		`{"sid":"s_9","rate":1}`:         404,
		`{"script":["down"]}`:            404, // a script is for a service
		`{"rate":0,"slow_ms":500000000}`: 400,
	} {
		if got := post(body); got != want {
			t.Errorf("%s: %d, want %d", body, got, want)
		}
	}
	c := s.client(t)
	for _, want := range []exchange.Outcome{exchange.NoRecord, exchange.Refused} {
		if a := c.Call(t.Context(), s.service, s.about()); a.Outcome != want {
			t.Errorf("%v, want %s", a, want)
		}
	}
	var st exchange.Stats
	get("/sim/stats", &st)
	if st.Refreshes != 1 || st.Calls != 2 || st.NoRecord != 1 || st.BusinessErrors != 1 || st.Faults[exchange.FaultRefuse] != 1 {
		t.Errorf("%+v", st)
	}
}
