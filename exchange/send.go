package exchange

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/http/httptrace"
	"strconv"
	"strings"
	"sync/atomic"
	"time"
)

// The media types that we send.
const (
	mediaJSON = "application/json"
	mediaForm = "application/x-www-form-urlencoded"
	mediaXML  = "text/xml;charset=UTF-8"
)

// newTransport returns a transport that keeps connections for all workers of a
// process. It follows no proxy of the environment: the platform is on the
// government network.
func newTransport() *http.Transport {
	dialer := &net.Dialer{Timeout: 5 * time.Second, KeepAlive: 15 * time.Second}
	return &http.Transport{
		DialContext:            dialer.DialContext,
		TLSHandshakeTimeout:    5 * time.Second,
		MaxIdleConns:           256,
		MaxIdleConnsPerHost:    256,
		IdleConnTimeout:        30 * time.Second,
		MaxResponseHeaderBytes: 64 << 10,
	}
}

// send makes one request. The outcome of its answer is "" when it came in whole,
// for the dialect to judge by its status and its body, which is UTF-8;
// otherwise the transport has decided. It uses the transport itself, not
// http.Client: nothing follows a redirect, and no error text carries the query.
func (c *Client) send(ctx context.Context, r request) Answer {
	a := Answer{RequestID: r.id}
	if ctx.Err() != nil {
		a.Outcome, a.Message = Technical, "the caller gave up before the request was sent"
		return a
	}
	ctx, cancel := context.WithTimeout(ctx, c.timeout)
	defer cancel()
	var asked, got atomic.Bool
	req, err := c.build(httptrace.WithClientTrace(ctx, &httptrace.ClientTrace{
		// Asked for again, the first connection was dead before a byte went out:
		// the transport repeats in no other case (see build).
		GetConn: func(string) { asked.Store(true); got.Store(false) },
		GotConn: func(httptrace.GotConnInfo) { got.Store(true) },
	}), r)
	if err != nil {
		a.Outcome, a.Message = Technical, "the request could not be built"
		return a
	}
	resp, err := c.transport.RoundTrip(req)
	// From the moment there is a connection, bytes may be under way. Only who
	// asked for one in vain has certainly sent nothing.
	a.Sent = got.Load() || !asked.Load()
	if err != nil {
		return c.broken(ctx, a, err)
	}
	defer func() { _ = resp.Body.Close() }()
	a.Sent, a.Status, a.header = true, resp.StatusCode, resp.Header
	if id := resp.Header.Get("X-Request-Id"); id != "" {
		a.RequestID = clip(id, 128)
	}
	body, err := io.ReadAll(io.LimitReader(resp.Body, c.maxBody+1))
	switch failed := a.Status >= 400; {
	case a.Status < 200 || a.Status >= 300 && !failed:
		a.Outcome, a.Message = Technical, fmt.Sprintf("HTTP status %d: redirects are not followed", a.Status)
		return a
	case err != nil && !failed: // the status of a failure says enough
		return c.broken(ctx, a, err)
	case int64(len(body)) > c.maxBody && !failed:
		a.Outcome, a.Message = Technical, fmt.Sprintf("the answer is larger than %d bytes", c.maxBody)
		return a
	}
	if a.Status >= 400 {
		a.RetryAfter = retryAfter(resp.Header.Get("Retry-After"), c.now())
	}
	a.Body = legible(body[:min(int64(len(body)), c.maxBody)], resp.Header.Get("Content-Type"))
	return a
}

// build makes the HTTP request.
func (c *Client) build(ctx context.Context, r request) (*http.Request, error) {
	target := c.base + r.path
	if len(r.query) > 0 {
		target += "?" + r.query.Encode()
	}
	// A transport repeats a GET by itself when a kept connection breaks. To the
	// provider that is a second call, so the request is given a body that cannot
	// be rewound: an empty one, of which nothing is sent.
	var body io.Reader = once{strings.NewReader("")}
	if r.body != nil {
		body = bytes.NewReader(r.body)
	}
	req, err := http.NewRequestWithContext(ctx, r.method, target, body)
	if err != nil {
		return nil, err
	}
	media := or(r.media, mediaJSON)
	req.Header.Set("Content-Type", media)
	req.Header.Set("Accept", mediaJSON)
	if media == mediaXML {
		req.Header.Set("Accept", "text/xml")
	}
	req.Header.Set("User-Agent", "shujie")
	req.Header.Set("X-Request-Id", r.id)
	for k, v := range r.header {
		req.Header.Set(k, v)
	}
	return req, nil
}

// once is a reader of a type that net/http does not know how to rewind.
type once struct{ io.Reader }

// broken ends a as the transport's failure demands. What came after sending is
// told without the error's text, for that may quote what the platform sent.
func (c *Client) broken(ctx context.Context, a Answer, err error) Answer {
	a.Outcome = Unknown
	if !a.Sent {
		a.Outcome = Technical
	}
	var timeout net.Error
	switch {
	case errors.Is(ctx.Err(), context.Canceled):
		a.Message = "the caller gave up"
	case ctx.Err() != nil, errors.As(err, &timeout) && timeout.Timeout():
		a.Message = "no answer within " + c.timeout.String()
	case a.Status != 0:
		a.Message = "the answer was cut short"
	case a.Sent:
		a.Message = "the connection broke before an answer came"
	default:
		a.Message = "no connection: " + clip(err.Error(), 200)
	}
	if a.Sent {
		a.Message += "; whether the provider did the work is not known"
	}
	return a
}

// retryAfter reads the header of that name: seconds or a date, at most an hour.
func retryAfter(v string, now time.Time) time.Duration {
	var d time.Duration
	if s, err := strconv.Atoi(v); err == nil {
		d = time.Duration(min(max(s, 0), 3600)) * time.Second
	} else if at, err := http.ParseTime(v); err == nil {
		d = at.Sub(now)
	}
	return min(max(d, 0), time.Hour)
}

// encode writes what is sent as JSON: strings by name.
func encode(v map[string]string) []byte {
	b, err := json.Marshal(v)
	if err != nil {
		panic(err) // texts can always be written
	}
	return b
}

// joinJSON makes a list of documents.
func joinJSON(items [][]byte) []byte {
	return append(append([]byte("["), bytes.Join(items, []byte(","))...), ']')
}
