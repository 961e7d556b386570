package exchange_test

import (
	"fmt"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/shujie-gov/shujie/exchange"
)

func TestARefreshThatFailsNeverLeavesACallUnknown(t *testing.T) {
	for name, tt := range map[string]struct {
		refresh http.HandlerFunc
		outcome exchange.Outcome
	}{
		"refused":          {says(`{"code":"-1","message":"签名错误","data":""}`), exchange.Refused},
		"closed":           {closeConn, exchange.Technical},
		"rubbish":          {says("<html>"), exchange.Technical},
		"without a secret": {says(`{"code":"0","data":null}`), exchange.Technical},
		"another's secret": {says(`{"code":"0","data":{"secret":"` + strangerSeal("ffeeddccbbaa99887766554433221100", "secret") + `"}}`), exchange.Technical},
		"down":             {func(w http.ResponseWriter, _ *http.Request) { w.WriteHeader(http.StatusServiceUnavailable) }, exchange.Technical},
		"HTTP 403":         {func(w http.ResponseWriter, _ *http.Request) { w.WriteHeader(http.StatusForbidden) }, exchange.Refused},
	} {
		t.Run(name, func(t *testing.T) {
			srv := httptest.NewServer(tt.refresh)
			defer srv.Close()
			p := newPlatform(t, nil)
			a := newClient(t, srv.URL, nil).Call(t.Context(), p.service, person())
			if a.Outcome != tt.outcome || a.Sent || !strings.HasPrefix(a.Message, "asking for a key: ") {
				t.Errorf("%v, sent %v", a, a.Sent)
			}
		})
	}
}

func TestManyCallersAskForOneSecret(t *testing.T) {
	const callers = 64
	arrived := make(chan struct{}, callers)
	open := make(chan struct{})
	p := newPlatform(t, says(oneRecord), func(srv *http.Server) {
		inner := srv.Handler
		srv.Handler = http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			if strings.HasPrefix(r.URL.Path, "/sysapi") {
				<-open // the first refresh waits until every caller is on the way
			}
			inner.ServeHTTP(w, r)
		})
	})
	c := newClient(t, p.URL, nil)
	var wg sync.WaitGroup
	for range callers {
		wg.Go(func() {
			arrived <- struct{}{}
			if a := c.Call(t.Context(), p.service, person()); a.Outcome != exchange.Found {
				t.Error(a)
			}
		})
	}
	for range callers {
		<-arrived
	}
	close(open)
	wg.Wait()
	if p.refreshes.Load() != 1 || c.Refreshes() != 1 || p.calls.Load() != callers {
		t.Errorf("%d refreshes, %d calls", p.refreshes.Load(), p.calls.Load())
	}
}

func TestManyWhoWereTurnedAwayAskForOneSecret(t *testing.T) {
	p := newPlatform(t, says(oneRecord))
	c := newClient(t, p.URL, nil)
	if a := c.Call(t.Context(), p.service, person()); a.Outcome != exchange.Found {
		t.Fatal(a)
	}
	p.change(func() { p.secret = "ffffffffffffffffffffffffffffffff" })
	var wg sync.WaitGroup
	for range 32 {
		wg.Go(func() {
			if a := c.Call(t.Context(), p.service, person()); a.Outcome != exchange.Found {
				t.Error(a)
			}
		})
	}
	wg.Wait()
	if got := p.refreshes.Load(); got != 2 {
		t.Errorf("%d refreshes, want 2", got)
	}
}

func TestTheSecretIsRenewedInTime(t *testing.T) {
	midnight := time.Date(2025, 8, 1, 16, 0, 0, 0, time.UTC) // 2 August in Shanghai
	for name, tt := range map[string]struct {
		end             time.Time
		kept, renewedAt time.Time
	}{
		"a minute before its end": {
			start.Add(time.Hour), start.Add(time.Hour - 61*time.Second), start.Add(time.Hour - 60*time.Second),
		},
		"at midnight in Shanghai, though it ends later": {
			midnight.Add(20 * time.Hour), midnight.Add(-time.Second), midnight,
		},
		"at midnight when the platform names no end": {
			time.Time{}, midnight.Add(-time.Second), midnight,
		},
	} {
		t.Run(name, func(t *testing.T) {
			p := newPlatform(t, says(oneRecord))
			p.end = tt.end
			if tt.end.IsZero() {
				p.wrap = func(sealed, _ string) string { return fmt.Sprintf(`{"code":0,"data":{"secret":%q}}`, sealed) }
			}
			ck := newClock()
			c := newClient(t, p.URL, func(o *exchange.Options) { o.Now = ck.now })
			for _, step := range []struct {
				at   time.Time
				want int64
			}{{start, 1}, {tt.kept, 1}, {tt.renewedAt, 2}} {
				ck.set(step.at)
				if a := c.Call(t.Context(), p.service, person()); a.Outcome != exchange.Found {
					t.Fatal(a)
				}
				if got := p.refreshes.Load(); got != step.want {
					t.Fatalf("at %s: %d refreshes, want %d", step.at, got, step.want)
				}
			}
		})
	}
}

func TestASecretThatIsAtItsEndServesTheCallItWasFetchedFor(t *testing.T) {
	p := newPlatform(t, says(oneRecord))
	p.end = start.Add(30 * time.Second)
	c := newClient(t, p.URL, nil)
	for want := range int64(3) {
		if a := c.Call(t.Context(), p.service, person()); a.Outcome != exchange.Found || p.refreshes.Load() != want+1 {
			t.Errorf("%v after %d refreshes", a, p.refreshes.Load())
		}
	}
}

func TestARejectedSecretIsReplacedOnceAndTheCallRepeatedOnce(t *testing.T) {
	p := newPlatform(t, says(oneRecord))
	c := newClient(t, p.URL, nil)
	if a := c.Call(t.Context(), p.service, person()); a.Outcome != exchange.Found {
		t.Fatal(a)
	}
	p.change(func() { p.secret = "ffffffffffffffffffffffffffffffff" })
	if a := c.Call(t.Context(), p.service, person()); a.Outcome != exchange.Found {
		t.Error(a)
	}
	if p.refreshes.Load() != 2 || p.calls.Load() != 3 || p.badSigns.Load() != 1 {
		t.Errorf("%d refreshes, %d calls, %d bad signatures", p.refreshes.Load(), p.calls.Load(), p.badSigns.Load())
	}
}

func TestThePlatformMayWriteItsAnswersInEveryWaySeen(t *testing.T) {
	for name, wrap := range map[string]func(sealed, end string) string{
		"code and end as numbers": func(sealed, end string) string {
			return fmt.Sprintf(`{"code":0,"data":{"secret":%q,"secretEndTime":%s}}`, sealed, end)
		},
		"line breaks in the base64": func(sealed, end string) string {
			return fmt.Sprintf(`{"code":"0","data":{"secret":%q,"secretEndTime":%q}}`, sealed[:40]+"\r\n"+sealed[40:]+"\n", end)
		},
	} {
		t.Run(name, func(t *testing.T) {
			p := newPlatform(t, says(oneRecord))
			p.wrap = wrap
			if a := newClient(t, p.URL, nil).Call(t.Context(), p.service, person()); a.Outcome != exchange.Found {
				t.Error(a)
			}
		})
	}
}
