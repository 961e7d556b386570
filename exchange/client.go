package exchange

import (
	"context"
	"crypto/rand"
	"errors"
	"fmt"
	"log/slog"
	"net/http"
	"net/url"
	"strings"
	"sync/atomic"
	"time"

	"github.com/sony/gobreaker/v2"

	"github.com/shujie-gov/shujie/fault"
)

// Options are what a client needs. Base, Profile and Now must be given; the
// others have defaults.
type Options struct {
	Base      string // address of the platform, such as http://10.1.2.3:8181
	Profile   Profile
	Timeout   time.Duration // of one request; a call makes two, four after a refused secret. Default 10 s
	MaxBody   int64         // bytes of one answer. Default 4 MiB
	Now       func() time.Time
	Transport http.RoundTripper // default: one with connection reuse and no proxy
	Log       *slog.Logger      // default: nothing is logged

	FailuresToOpen int           // failures of the platform in a row until calls wait. Default 10
	OpenFor        time.Duration // how long they wait until one is let through. Default 15 s

	AllowUnconfirmed bool // use a profile that no public source proves
}

// Client calls services of one platform. It is safe for concurrent use.
type Client struct {
	base      string
	profile   Profile
	timeout   time.Duration
	maxBody   int64
	now       func() time.Time
	transport http.RoundTripper
	log       *slog.Logger
	secrets   secrets

	breaker   *gobreaker.CircuitBreaker[Answer]
	openFor   time.Duration
	openUntil atomic.Pointer[time.Time]
}

// NewClient returns a client, or an Invalid fault that names the wrong option.
func NewClient(o Options) (*Client, error) {
	base, err := baseAddress(o.Base)
	if err != nil {
		return nil, err
	}
	switch {
	case o.Profile.dialect == nil:
		return nil, fault.InvalidField("profile", "未指定平台协议。", "no platform profile given")
	case o.Profile.Unconfirmed && !o.AllowUnconfirmed:
		return nil, fault.InvalidField("profile",
			"平台协议 "+o.Profile.Name+" 没有公开资料证实，须明确允许后才能使用。",
			"profile "+o.Profile.Name+" is not confirmed by any public source; allow it explicitly to use it")
	case o.Now == nil:
		return nil, fault.InvalidField("now", "未提供时钟。", "no clock given")
	case o.Timeout < 0, o.MaxBody < 0, o.FailuresToOpen < 0, o.OpenFor < 0:
		return nil, fault.InvalidField("timeout", "时限、大小和次数不能为负数。", "limits must not be negative")
	}
	c := &Client{
		base:      base,
		profile:   o.Profile,
		timeout:   or(o.Timeout, 10*time.Second),
		maxBody:   or(o.MaxBody, 4<<20),
		now:       o.Now,
		transport: o.Transport,
		log:       o.Log,
		secrets:   secrets{held: map[string]*secret{}},
		openFor:   or(o.OpenFor, 15*time.Second),
	}
	if c.transport == nil {
		c.transport = newTransport()
	}
	if c.log == nil {
		c.log = slog.New(slog.DiscardHandler)
	}
	failures := or(o.FailuresToOpen, 10)
	c.breaker = gobreaker.NewCircuitBreaker[Answer](gobreaker.Settings{
		Name:          base,
		MaxRequests:   1, // half open: one is let through
		Timeout:       c.openFor,
		ReadyToTrip:   func(n gobreaker.Counts) bool { return int(n.ConsecutiveFailures) >= failures },
		IsExcluded:    func(err error) bool { return errors.Is(err, context.Canceled) },
		OnStateChange: c.stateChanged,
	})
	return c, nil
}

// Call asks a service for the record that a question describes. It never fails
// otherwise than by the outcome of its answer. While the platform is away it
// answers at once with Technical, Sent false and the time to wait.
func (c *Client) Call(ctx context.Context, s Service, q Question) Answer {
	began := c.now()
	if why := c.profile.dialect.wrong(s); why != "" {
		return Answer{Outcome: Refused, Message: "the service is not set up: " + why}
	}
	a, err := c.breaker.Execute(func() (Answer, error) {
		a := c.call(ctx, s, q)
		return a, blame(ctx, a)
	})
	if errors.Is(err, gobreaker.ErrOpenState) || errors.Is(err, gobreaker.ErrTooManyRequests) {
		a = Answer{Outcome: Technical, Message: "the platform is away; calls wait until it answers again", RetryAfter: c.wait()}
	}
	a.Took = c.now().Sub(began)
	c.log.DebugContext(ctx, "exchange call", "sid", s.SID, "outcome", a.Outcome, "status", a.Status,
		"code", a.Code, "request", a.RequestID, "sent", a.Sent, "took", a.Took)
	return a
}

// Refreshes returns how many keys of short life the client has fetched.
func (c *Client) Refreshes() int64 { return c.secrets.fetched.Load() }

// call makes one call, and a second one with a new key when the platform turned
// the first away at the gate.
func (c *Client) call(ctx context.Context, s Service, q Question) Answer {
	out := call{Service: s, Question: q, id: requestID(), key: s.AppKey}
	d, ok := c.profile.dialect.(keyed)
	if !ok {
		return c.ask(ctx, out)
	}
	var rejected *secret
	for {
		held, failed := c.secret(ctx, d, s, rejected)
		if held == nil {
			failed.Sent = rejected != nil // the first call did go out
			return failed
		}
		out.key = held.key
		a := c.ask(ctx, out)
		if rejected != nil || !d.rejects(a) {
			return a
		}
		rejected = held
	}
}

// ask sends a call and judges its answer.
func (c *Client) ask(ctx context.Context, out call) Answer {
	out.at = c.now()
	r := c.profile.dialect.request(out)
	r.id = out.id
	a := c.send(ctx, r)
	if a.Outcome == "" {
		a = c.profile.dialect.read(a, out)
	}
	a.header = nil
	return a
}

// wait returns how long calls still wait for the platform.
func (c *Client) wait() time.Duration {
	if until := c.openUntil.Load(); until != nil {
		if d := until.Sub(c.now()); d > 0 {
			return d
		}
	}
	return min(c.openFor, time.Second) // the one that was let through is still out
}

// stateChanged makes one line of what would be thousands: the platform went
// away, or it is back.
func (c *Client) stateChanged(base string, _, to gobreaker.State) {
	switch to {
	case gobreaker.StateOpen:
		until := c.now().Add(c.openFor)
		c.openUntil.Store(&until)
		c.log.Warn("exchange platform is away, calls wait", "base", base, "until", until)
	case gobreaker.StateClosed:
		c.openUntil.Store(nil)
		c.log.Info("exchange platform is back", "base", base)
	case gobreaker.StateHalfOpen:
	}
}

var errPlatform = errors.New("the platform failed")

// blame tells the breaker whose failure it was: a refusal is an answer, and a
// caller who gave up says nothing about the platform.
func blame(ctx context.Context, a Answer) error {
	switch {
	case a.Outcome != Technical && a.Outcome != Unknown:
		return nil
	case errors.Is(ctx.Err(), context.Canceled):
		return context.Canceled
	}
	return errPlatform
}

// baseAddress checks and shortens the address of a platform.
func baseAddress(base string) (string, error) {
	u, err := url.Parse(base)
	if err != nil || (u.Scheme != "http" && u.Scheme != "https") || u.Host == "" || u.User != nil || u.RawQuery != "" || u.Fragment != "" {
		return "", fault.InvalidField("base",
			"平台地址应形如 http://主机:端口，不带账号、参数和锚点。",
			"the platform's address must look like http://host:port, without account, query or fragment")
	}
	return strings.TrimRight(u.String(), "/"), nil
}

// requestID returns a random UUID (RFC 9562, version 4).
func requestID() string {
	var b [16]byte
	_, _ = rand.Read(b[:]) // crypto/rand does not fail
	b[6], b[8] = b[6]&0x0f|0x40, b[8]&0x3f|0x80
	return fmt.Sprintf("%x-%x-%x-%x-%x", b[:4], b[4:6], b[6:8], b[8:10], b[10:])
}

// or returns v, or the default when v is zero.
func or[T comparable](v, def T) T {
	var zero T
	if v == zero {
		return def
	}
	return v
}

// CheckBase says what is wrong with the address of a platform.
func CheckBase(base string) error {
	_, err := baseAddress(base)
	return err
}
