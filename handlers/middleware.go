package handlers

import (
	"crypto/rand"
	"encoding/hex"
	"fmt"
	"log/slog"
	"net/http"
	"runtime/debug"
	"strconv"
	"strings"
	"time"

	"github.com/gin-gonic/gin"
	"github.com/prometheus/client_golang/prometheus"
	"golang.org/x/text/language"

	"github.com/shujie-gov/shujie/fault"
)

// maxBody bounds a request body.
const maxBody = 1 << 20

// The keys under which a request carries what middleware found out.
const (
	keyRequest = "request"
	keyUser    = "user"
)

// requestID returns the number of the request, which answers and log share.
func requestID(c *gin.Context) string { return c.GetString(keyRequest) }

// identify gives each request a number.
func identify(c *gin.Context) {
	var raw [8]byte
	_, _ = rand.Read(raw[:]) // crypto/rand.Read does not fail
	id := hex.EncodeToString(raw[:])
	c.Set(keyRequest, id)
	c.Header("X-Request-Id", id)
}

// secure sets the headers that keep a page what it is: no foreign content, no
// frame around it, nothing left in caches. Over HTTPS browsers are told to stay
// there.
func secure(https bool) gin.HandlerFunc {
	return func(c *gin.Context) { harden(c.Writer.Header(), https) }
}

func harden(h http.Header, https bool) {
	if https {
		h.Set("Strict-Transport-Security", "max-age=31536000; includeSubDomains")
	}
	h.Set("Content-Security-Policy", "default-src 'self'; object-src 'none'; base-uri 'none'; form-action 'self'; frame-ancestors 'none'")
	h.Set("X-Content-Type-Options", "nosniff")
	h.Set("Referrer-Policy", "no-referrer")
	h.Set("Cross-Origin-Opener-Policy", "same-origin")
	h.Set("Cache-Control", "no-store")
}

// bound limits the request body. Files of the catalogue are larger than forms.
func bound(c *gin.Context) {
	most := int64(maxBody)
	if strings.HasSuffix(c.FullPath(), "/import") {
		most = maxFile
	}
	c.Request.Body = http.MaxBytesReader(c.Writer, c.Request.Body, most)
}

// access logs one line per request: what was asked by which route, never the
// path itself, its query or a name.
func access(log *slog.Logger, now func() time.Time, m *httpMetrics) gin.HandlerFunc {
	return func(c *gin.Context) {
		start := now()
		c.Next()
		took := now().Sub(start)
		route := c.FullPath()
		if route == "" {
			route = "unknown"
		}
		m.seen(c.Request.Method, route, c.Writer.Status(), took)
		log.LogAttrs(c.Request.Context(), slog.LevelInfo, "request",
			slog.String("request", requestID(c)), slog.String("method", c.Request.Method), slog.String("route", route),
			slog.Int("status", c.Writer.Status()), slog.Int("bytes", c.Writer.Size()),
			slog.Duration("took", took), slog.Int64("user", userOf(c).ID))
	}
}

// recovered turns a panic into an honest 500 and logs where it came from.
func (r *responder) recovered(c *gin.Context) {
	defer func() {
		p := recover()
		if p == nil {
			return
		}
		if p == http.ErrAbortHandler { //nolint:errorlint // the value net/http documents to compare with
			panic(p)
		}
		r.log.ErrorContext(c.Request.Context(), "panic", "request", requestID(c), "route", c.FullPath(), "panic", fmt.Sprint(p), "stack", string(debug.Stack()))
		c.Abort()
		if !c.Writer.Written() {
			r.fail(c, Page{}, fmt.Errorf("panic: %v", p))
		}
	}()
	c.Next()
}

// langOf returns the reader's language. Pages are Chinese unless the reader
// switched, which the cookie keeps; programs say it in Accept-Language.
func langOf(c *gin.Context) string {
	if v, err := c.Cookie("lang"); err == nil && (v == "zh" || v == "en") {
		return v
	}
	if wantsHTML(c) {
		return "zh"
	}
	tags, weights, err := language.ParseAcceptLanguage(c.GetHeader("Accept-Language"))
	if err != nil {
		return "zh"
	}
	for i, t := range tags {
		if weights[i] == 0 {
			continue
		}
		switch base, _ := t.Base(); base.String() {
		case "zh":
			return "zh"
		case "en":
			return "en"
		}
	}
	return "zh"
}

// unknownRoute and wrongMethod answer what no route does.
func unknownRoute(*gin.Context) (Page, error) {
	return Page{}, fault.New(fault.NotFound, "没有这个地址。", "There is nothing at this address.")
}

func wrongMethod(c *gin.Context) (Page, error) {
	return Page{}, &httpError{status: http.StatusMethodNotAllowed, code: "method", detail: fault.Text{
		ZH: "这个地址不支持 " + c.Request.Method + "。", EN: c.Request.Method + " is not possible at this address.",
	}}
}

// httpMetrics counts requests by route, never by path.
type httpMetrics struct {
	requests *prometheus.CounterVec
	seconds  *prometheus.HistogramVec
}

func newHTTPMetrics(reg prometheus.Registerer) (*httpMetrics, error) {
	m := &httpMetrics{
		requests: prometheus.NewCounterVec(prometheus.CounterOpts{
			Name: "shujie_http_requests_total", Help: "Requests answered, by method, route and status.",
		}, []string{"method", "route", "status"}),
		seconds: prometheus.NewHistogramVec(prometheus.HistogramOpts{
			Name: "shujie_http_request_seconds", Help: "Time to answer, by method and route.",
			Buckets: []float64{.001, .0025, .005, .01, .025, .05, .1, .25, .5, 1, 2.5, 5},
		}, []string{"method", "route"}),
	}
	for _, c := range []prometheus.Collector{m.requests, m.seconds} {
		if err := reg.Register(c); err != nil {
			return nil, err
		}
	}
	return m, nil
}

func (m *httpMetrics) seen(method, route string, status int, took time.Duration) {
	switch method {
	case http.MethodGet, http.MethodHead, http.MethodPost, http.MethodDelete:
	default:
		method = "other" // a caller must not make up series
	}
	m.requests.WithLabelValues(method, route, strconv.Itoa(status)).Inc()
	m.seconds.WithLabelValues(method, route).Observe(took.Seconds())
}
