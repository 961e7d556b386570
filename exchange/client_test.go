package exchange_test

import (
	"bytes"
	"context"
	"errors"
	"io"
	"log/slog"
	"net/http"
	"strings"
	"testing"

	"github.com/shujie-gov/shujie/exchange"
	"github.com/shujie-gov/shujie/fault"
)

// closeConn ends the connection of a request without a word.

func closeConn(w http.ResponseWriter, _ *http.Request) {
	conn, _, err := http.NewResponseController(w).Hijack()
	if err == nil {
		_ = conn.Close()
	}
}

func TestEveryOutcomeFollowsFromWhatThePlatformDid(t *testing.T) {
	status := func(code int) http.HandlerFunc {
		return func(w http.ResponseWriter, _ *http.Request) { w.WriteHeader(code) }
	}
	for name, tt := range map[string]struct {
		answer  http.HandlerFunc
		outcome exchange.Outcome
		calls   int64
	}{
		"a record":                      {says(oneRecord), exchange.Found, 1},
		"the provider's bare record":    {says(`{"xm":"张三"}`), exchange.Found, 1},
		"no record":                     {says(`{"code":0,"data":null}`), exchange.NoRecord, 1},
		"a code of the provider":        {says(`{"code":"400","message":"缺少参数","data":null}`), exchange.Refused, 1},
		"HTTP 404":                      {status(404), exchange.Refused, 1},
		"HTTP 500":                      {status(500), exchange.Technical, 1},
		"HTTP 503":                      {status(503), exchange.Technical, 1},
		"HTTP 429":                      {status(429), exchange.Technical, 1},
		"HTTP 408":                      {status(408), exchange.Technical, 1},
		"HTTP 200 and nothing":          {status(200), exchange.Technical, 1},
		"HTTP 204":                      {status(204), exchange.Technical, 1},
		"rubbish":                       {says("<html>系统维护中</html>"), exchange.Technical, 1},
		"more than it may be":           {says(`{"code":"0","data":"` + strings.Repeat("x", 2000) + `"}`), exchange.Technical, 1},
		"the connection closed":         {closeConn, exchange.Unknown, 1},
		"not authorised, again (-1)":    {says(`{"code":-1,"message":"接口调用失败"}`), exchange.Refused, 2},
		"not authorised, again (E-106)": {says(`{"code":"E-106","message":"","data":""}`), exchange.Refused, 2},
		"HTTP 401, again":               {status(401), exchange.Refused, 2},
		"the answer cut short": {func(w http.ResponseWriter, _ *http.Request) {
			w.Header().Set("Content-Length", "1000")
			_, _ = io.WriteString(w, `{"code":"0","data":`)
		}, exchange.Unknown, 1},
		"a chunked answer cut short": {func(w http.ResponseWriter, _ *http.Request) {
			_, _ = io.WriteString(w, oneRecord)
			_ = http.NewResponseController(w).Flush()
			panic(http.ErrAbortHandler)
		}, exchange.Unknown, 1},
	} {
		for _, method := range []string{"", http.MethodGet} {
			t.Run(name+" "+method, func(t *testing.T) {
				p := newPlatform(t, tt.answer)
				c := newClient(t, p.URL, func(o *exchange.Options) { o.MaxBody = 1000 })
				s := p.service
				s.Method = method
				a := c.Call(t.Context(), s, person())
				if a.Outcome != tt.outcome || !a.Sent {
					t.Errorf("got %v, sent %v", a, a.Sent)
				}
				if (a.Outcome == exchange.Found) != (len(a.Body) > 0) || a.Message == "" || a.RequestID == "" {
					t.Errorf("body %q, message %q, request %q", a.Body, a.Message, a.RequestID)
				}
				if got := p.calls.Load(); got != tt.calls {
					t.Errorf("the platform was called %d times, want %d", got, tt.calls)
				}
			})
		}
	}
}

func TestTheOtherNationalPlatformDiffersByItsPrefix(t *testing.T) {
	p := newPlatform(t, says(oneRecord))
	p.prefix = "gjzwfwpt"
	profile, err := exchange.ProfileByName("gjzwfwpt")
	if err != nil {
		t.Fatal(err)
	}
	c := newClient(t, p.URL, func(o *exchange.Options) { o.Profile = profile })
	if a := c.Call(t.Context(), p.service, person()); a.Outcome != exchange.Found {
		t.Error(a)
	}
}

func TestACallerWhoGivesUpStopsAtOnce(t *testing.T) {
	p := newPlatform(t, says(oneRecord))
	c := newClient(t, p.URL, nil)
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	if a := c.Call(ctx, p.service, person()); a.Outcome != exchange.Technical || a.Sent {
		t.Errorf("%v, sent %v", a, a.Sent)
	}
	p.change(func() {
		p.answer = func(_ http.ResponseWriter, r *http.Request) {
			cancel()
			<-r.Context().Done()
		}
	})
	ctx, cancel = context.WithCancel(t.Context())
	defer cancel()
	if a := c.Call(ctx, p.service, person()); a.Outcome != exchange.Unknown || !a.Sent {
		t.Errorf("%v, sent %v", a, a.Sent)
	}
}

func TestAServiceThatIsNotSetUpIsRefusedWithoutAskingAnybody(t *testing.T) {
	p := newPlatform(t, nil)
	c := newClient(t, p.URL, nil)
	for name, change := range map[string]func(*exchange.Service){
		"rid":         func(s *exchange.Service) { s.RID = "" },
		"sid":         func(s *exchange.Service) { s.SID = "" },
		"appkey":      func(s *exchange.Service) { s.AppKey = "" },
		"method":      func(s *exchange.Service) { s.Method = "DELETE" },
		"sid injects": func(s *exchange.Service) { s.SID = "s_1\r\nX-Evil: 1" },
	} {
		s := p.service
		change(&s)
		if a := c.Call(t.Context(), s, person()); a.Outcome != exchange.Refused || a.Sent || a.Message == "" {
			t.Errorf("%s: %v", name, a)
		}
	}
	if p.refreshes.Load()+p.calls.Load() != 0 {
		t.Error("the platform was asked")
	}
}

func TestNothingSecretOrPersonalIsLoggedOrTold(t *testing.T) {
	var log bytes.Buffer
	p := newPlatform(t, says(oneRecord))
	c := newClient(t, p.URL, func(o *exchange.Options) {
		o.Log = slog.New(slog.NewTextHandler(&log, &slog.HandlerOptions{Level: slog.LevelDebug}))
		o.FailuresToOpen = 2
	})
	get := p.service
	get.Method = http.MethodGet
	var told strings.Builder
	for _, answer := range []http.HandlerFunc{
		says(oneRecord),
		says(`{"code":"500","message":"张三 32990019900101001X 0f1e2d3c4b5a69788796a5b4c3d2e1f0 00112233445566778899aabbccddeeff"}`),
		closeConn, closeConn, closeConn,
	} {
		p.change(func() { p.answer = answer })
		told.WriteString(c.Call(t.Context(), get, person()).String())
	}
	p.Close()
	for _, private := range []string{"张三", "%E5%BC%A0", "32990019900101001X", p.secret, p.service.AppKey} {
		if strings.Contains(log.String()+told.String(), private) {
			t.Errorf("%s is told:\n%s\n%s", private, &log, &told)
		}
	}
	if !strings.Contains(log.String(), "exchange platform is away") {
		t.Errorf("the outage is not in the log:\n%s", &log)
	}
}

func TestWrongOptionsAreNamed(t *testing.T) {
	profile, err := exchange.ProfileByName("")
	if err != nil {
		t.Fatal(err)
	}
	jiangsu, err := exchange.ProfileByName("jsjhpt")
	if err != nil {
		t.Fatal(err)
	}
	good := exchange.Options{Base: "http://127.0.0.1:8181", Profile: profile, Now: newClock().now}
	for name, tt := range map[string]struct {
		change func(*exchange.Options)
		field  string
	}{
		"no base":             {func(o *exchange.Options) { o.Base = "" }, "base"},
		"a base that is none": {func(o *exchange.Options) { o.Base = "://x" }, "base"},
		"no scheme":           {func(o *exchange.Options) { o.Base = "127.0.0.1:8181" }, "base"},
		"another scheme":      {func(o *exchange.Options) { o.Base = "ftp://host" }, "base"},
		"with an account":     {func(o *exchange.Options) { o.Base = "http://u:p@host" }, "base"},
		"with a query":        {func(o *exchange.Options) { o.Base = "http://host/?a=1" }, "base"},
		"no profile":          {func(o *exchange.Options) { o.Profile = exchange.Profile{} }, "profile"},
		"unconfirmed profile": {func(o *exchange.Options) { o.Profile = jiangsu }, "profile"},
		"no clock":            {func(o *exchange.Options) { o.Now = nil }, "now"},
		"negative timeout":    {func(o *exchange.Options) { o.Timeout = -1 }, "timeout"},
	} {
		t.Run(name, func(t *testing.T) {
			o := good
			tt.change(&o)
			_, err := exchange.NewClient(o)
			f := (*fault.Error)(nil)
			if !errors.As(err, &f) || f.Kind != fault.Invalid || len(f.Fields) != 1 || f.Fields[0].Name != tt.field || f.Fields[0].Text.ZH == "" {
				t.Errorf("got %v", err)
			}
		})
	}
	allowed := good
	allowed.Profile, allowed.AllowUnconfirmed = jiangsu, true
	if _, err = exchange.NewClient(allowed); err != nil {
		t.Errorf("an unconfirmed profile that is allowed: %v", err)
	}
}

// wire is a transport without a network, so that a test can hold the time.

// handled answers a request by a handler.
