package exchange_test

import (
	"bytes"
	"context"
	"errors"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/shujie-gov/shujie/exchange"
)

type wire func(*http.Request) (*http.Response, error)

func (w wire) RoundTrip(r *http.Request) (*http.Response, error) { return w(r) }

func handled(h http.Handler, r *http.Request) *http.Response {
	w := httptest.NewRecorder()
	h.ServeHTTP(w, r)
	return w.Result()
}

func TestADeadPlatformStopsCallsUntilItAnswersAgain(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		sim := exchange.NewSimulator(exchange.SimOptions{Seed: 1, Now: time.Now})
		service := sim.Register("人口基准信息", "GA")
		p := sim.Persons(1)[0]
		asked, dead := 0, true
		var log bytes.Buffer
		c := newClient(t, "http://platform", func(o *exchange.Options) {
			o.Now, o.FailuresToOpen, o.OpenFor = time.Now, 3, time.Minute
			o.Log = slog.New(slog.NewTextHandler(&log, nil))
			o.Transport = wire(func(r *http.Request) (*http.Response, error) {
				asked++
				if dead {
					return nil, errors.New("the cable is cut")
				}
				return handled(sim, r), nil
			})
		})
		call := func() exchange.Answer {
			return c.Call(t.Context(), service, exchange.Question{Params: map[string]string{"gmsfhm": p.IDNumber, "xm": p.Name}})
		}
		for range 3 {
			if a := call(); a.Outcome != exchange.Technical || a.RetryAfter != 0 {
				t.Fatal(a)
			}
		}
		time.Sleep(20 * time.Second)
		for range 1000 {
			if a := call(); a.Outcome != exchange.Technical || a.Sent || a.RetryAfter != 40*time.Second || asked != 3 {
				t.Fatalf("%v, retry after %s, asked %d times", a, a.RetryAfter, asked)
			}
		}
		time.Sleep(41 * time.Second) // one is let through and fails: a minute more
		if a := call(); a.Outcome != exchange.Technical || asked != 4 {
			t.Fatalf("%v, asked %d times", a, asked)
		}
		if a := call(); a.RetryAfter != time.Minute || asked != 4 {
			t.Fatalf("%v, retry after %s, asked %d times", a, a.RetryAfter, asked)
		}
		dead = false
		time.Sleep(61 * time.Second)
		for range 3 {
			if a := call(); a.Outcome != exchange.Found {
				t.Fatal(a)
			}
		}
		if away, back := strings.Count(log.String(), "is away"), strings.Count(log.String(), "is back"); away != 2 || back != 1 {
			t.Errorf("the log has %d outages and %d returns:\n%s", away, back, &log)
		}
	})
}

func TestOneIsLetThroughToAPlatformThatMayBeBack(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		hold := make(chan struct{})
		asked, holding := 0, false
		c := newClient(t, "http://platform", func(o *exchange.Options) {
			o.Now, o.FailuresToOpen, o.OpenFor = time.Now, 1, time.Minute
			o.Transport = wire(func(*http.Request) (*http.Response, error) {
				asked++
				if holding {
					<-hold
				}
				return nil, errors.New("the cable is cut")
			})
		})
		service := exchange.Service{RID: "r", SID: "s", AppKey: "k"}
		c.Call(t.Context(), service, exchange.Question{})
		time.Sleep(61 * time.Second)
		holding = true
		go c.Call(t.Context(), service, exchange.Question{})
		synctest.Wait()
		for range 10 {
			if a := c.Call(t.Context(), service, exchange.Question{}); a.Sent || a.RetryAfter <= 0 || asked != 2 {
				t.Errorf("%v, retry after %s, asked %d times", a, a.RetryAfter, asked)
			}
		}
		close(hold)
		synctest.Wait()
	})
}

func TestRefusalsAndImpatientCallersDoNotStopCalls(t *testing.T) {
	p := newPlatform(t, says(`{"code":"500","message":"no"}`))
	c := newClient(t, p.URL, func(o *exchange.Options) { o.FailuresToOpen = 2 })
	for range 5 {
		if a := c.Call(t.Context(), p.service, person()); a.Outcome != exchange.Refused {
			t.Fatal(a)
		}
	}
	for range 5 {
		ctx, cancel := context.WithCancel(t.Context())
		p.change(func() {
			p.answer = func(_ http.ResponseWriter, r *http.Request) {
				cancel()
				<-r.Context().Done()
			}
		})
		if a := c.Call(ctx, p.service, person()); a.Outcome != exchange.Unknown || a.RetryAfter != 0 {
			t.Fatal(a)
		}
		cancel()
	}
	p.change(func() { p.answer = says(oneRecord) })
	if a := c.Call(t.Context(), p.service, person()); a.Outcome != exchange.Found {
		t.Error(a)
	}
}

func TestThePlatformsRetryAfterIsPassedOn(t *testing.T) {
	for header, want := range map[string]time.Duration{
		"30": 30 * time.Second, "999999": time.Hour, "-5": 0, "soon": 0,
		start.Add(time.Minute).Format(http.TimeFormat): time.Minute,
	} {
		p := newPlatform(t, func(w http.ResponseWriter, _ *http.Request) {
			w.Header().Set("Retry-After", header)
			w.WriteHeader(http.StatusTooManyRequests)
		})
		if a := newClient(t, p.URL, nil).Call(t.Context(), p.service, person()); a.RetryAfter != want {
			t.Errorf("%s: %s", header, a.RetryAfter)
		}
	}
}
