package exchange_test

import (
	"encoding/json"
	"errors"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"net/http/httptrace"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/shujie-gov/shujie/exchange"
)

func TestABrokenConnectionThatWasKeptIsNotCalledAgainByTheTransport(t *testing.T) {
	for _, method := range []string{http.MethodGet, http.MethodPost} {
		t.Run(method, func(t *testing.T) {
			p := newPlatform(t, says(oneRecord))
			c := newClient(t, p.URL, nil)
			s := p.service
			s.Method = method
			if a := c.Call(t.Context(), s, person()); a.Outcome != exchange.Found {
				t.Fatal(a)
			}
			p.change(func() { p.answer = closeConn })
			if a := c.Call(t.Context(), s, person()); a.Outcome != exchange.Unknown || !a.Sent {
				t.Error(a)
			}
			if got := p.calls.Load(); got != 2 {
				t.Errorf("%d calls reached the platform, want 2", got)
			}
		})
	}
}

func TestWhatTheRequestCarries(t *testing.T) {
	type seen struct {
		method, query, body, id string
		length                  int64
		chunked                 []string
	}
	var got seen
	p := newPlatform(t, func(w http.ResponseWriter, r *http.Request) {
		b, _ := io.ReadAll(r.Body)
		got = seen{r.Method, r.URL.RawQuery, string(b), r.Header.Get("X-Request-Id"), r.ContentLength, r.TransferEncoding}
		w.Header().Set("X-Request-Id", "platform-7")
		_, _ = io.WriteString(w, oneRecord)
	})
	c := newClient(t, p.URL+"/", nil) // a slash at the end is no other address
	a := c.Call(t.Context(), p.service, person())
	var body map[string]string
	if err := json.Unmarshal([]byte(got.body), &body); err != nil || body["xm"] != "张三" || len(body) != 2 || got.method != "POST" || got.query != "" {
		t.Errorf("POST carried %+v", got)
	}
	if len(got.id) != 36 || a.RequestID != "platform-7" {
		t.Errorf("request id %q went out, %q came back", got.id, a.RequestID)
	}
	get := p.service
	get.Method = "get"
	c.Call(t.Context(), get, person())
	if got.method != "GET" || got.query != "gmsfhm=32990019900101001X&xm=%E5%BC%A0%E4%B8%89" || got.body != "" || got.length != 0 || got.chunked != nil {
		t.Errorf("GET carried %+v", got)
	}
	c.Call(t.Context(), p.service, exchange.Question{})
	if got.body != "{}" {
		t.Errorf("no parameters are sent as %q", got.body)
	}
}

func TestARedirectIsNotFollowed(t *testing.T) {
	elsewhere := httptest.NewServer(http.HandlerFunc(func(http.ResponseWriter, *http.Request) {
		t.Error("the redirect was followed")
	}))
	defer elsewhere.Close()
	p := newPlatform(t, func(w http.ResponseWriter, r *http.Request) {
		http.Redirect(w, r, elsewhere.URL, http.StatusTemporaryRedirect)
	})
	a := newClient(t, p.URL, nil).Call(t.Context(), p.service, person())
	if a.Outcome != exchange.Technical || a.Status != 307 {
		t.Error(a)
	}
}

func TestNoAnswerInTimeIsUnknown(t *testing.T) {
	done := make(chan struct{})
	p := newPlatform(t, func(_ http.ResponseWriter, r *http.Request) {
		select {
		case <-done:
		case <-r.Context().Done():
		}
	})
	defer close(done)
	c := newClient(t, p.URL, func(o *exchange.Options) { o.Timeout = 500 * time.Millisecond })
	a := c.Call(t.Context(), p.service, person())
	if a.Outcome != exchange.Unknown || !a.Sent || !strings.Contains(a.Message, "no answer within 500ms") {
		t.Error(a)
	}
}

func TestASlowBodyIsUnknown(t *testing.T) {
	done := make(chan struct{})
	p := newPlatform(t, func(w http.ResponseWriter, r *http.Request) {
		_, _ = io.WriteString(w, `{"code":"0",`)
		_ = http.NewResponseController(w).Flush()
		select {
		case <-done:
		case <-r.Context().Done():
		}
	})
	defer close(done)
	c := newClient(t, p.URL, func(o *exchange.Options) { o.Timeout = 500 * time.Millisecond })
	if a := c.Call(t.Context(), p.service, person()); a.Outcome != exchange.Unknown || !a.Sent {
		t.Error(a)
	}
}

func TestWithoutAConnectionNothingWasSent(t *testing.T) {
	ln, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	nobody := "http://" + ln.Addr().String()
	_ = ln.Close()
	plain := httptest.NewServer(http.NotFoundHandler())
	defer plain.Close()
	for name, base := range map[string]string{
		"nobody listens": nobody,
		"no TLS there":   strings.Replace(plain.URL, "http:", "https:", 1),
	} {
		t.Run(name, func(t *testing.T) {
			p := newPlatform(t, nil)
			a := newClient(t, base, nil).Call(t.Context(), p.service, person())
			if a.Outcome != exchange.Technical || a.Sent || a.Status != 0 {
				t.Errorf("%v, sent %v", a, a.Sent)
			}
		})
	}
}

func TestAPlatformThatGoesAwayAfterTheSecretWasFetchedIsTechnical(t *testing.T) {
	p := newPlatform(t, says(oneRecord))
	c := newClient(t, p.URL, func(o *exchange.Options) { o.Transport = &http.Transport{DisableKeepAlives: true} })
	if a := c.Call(t.Context(), p.service, person()); a.Outcome != exchange.Found {
		t.Fatal(a)
	}
	p.Close()
	if a := c.Call(t.Context(), p.service, person()); a.Outcome != exchange.Technical || a.Sent {
		t.Errorf("%v, sent %v", a, a.Sent)
	}
}

func TestWhatTheTransportDidDecidesWhetherTheCallWasSent(t *testing.T) {
	for name, tt := range map[string]struct {
		did  func(*httptrace.ClientTrace)
		sent bool
	}{
		"no connection":                             {func(h *httptrace.ClientTrace) { h.GetConn("") }, false},
		"a connection":                              {func(h *httptrace.ClientTrace) { h.GetConn(""); h.GotConn(httptrace.GotConnInfo{}) }, true},
		"a dead one, and no other":                  {func(h *httptrace.ClientTrace) { h.GetConn(""); h.GotConn(httptrace.GotConnInfo{}); h.GetConn("") }, false},
		"a transport that does not say what it did": {func(*httptrace.ClientTrace) {}, true},
	} {
		t.Run(name, func(t *testing.T) {
			p := newPlatform(t, nil)
			c := newClient(t, p.URL, func(o *exchange.Options) {
				o.Transport = wire(func(r *http.Request) (*http.Response, error) {
					if r.URL.Path != "/httpproxy" {
						return handled(p.Config.Handler, r), nil
					}
					tt.did(httptrace.ContextClientTrace(r.Context()))
					return nil, errors.New("broken")
				})
			})
			want := exchange.Technical
			if tt.sent {
				want = exchange.Unknown
			}
			if a := c.Call(t.Context(), p.service, person()); a.Sent != tt.sent || a.Outcome != want {
				t.Errorf("%v, sent %v", a, a.Sent)
			}
		})
	}
}

func TestConnectionsAreUsedAgain(t *testing.T) {
	var opened atomic.Int64
	p := newPlatform(t, says(oneRecord), func(srv *http.Server) {
		inner := srv.ConnState
		srv.ConnState = func(c net.Conn, s http.ConnState) {
			if s == http.StateNew {
				opened.Add(1)
			}
			if inner != nil {
				inner(c, s)
			}
		}
	})
	c := newClient(t, p.URL, nil)
	for range 20 {
		c.Call(t.Context(), p.service, person())
	}
	if n := opened.Load(); n != 1 {
		t.Errorf("%d connections for 21 requests", n)
	}
}
