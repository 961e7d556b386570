package exchange

import (
	"context"
	"strconv"
	"sync"
	"sync/atomic"
	"time"

	"golang.org/x/sync/singleflight"
)

// renewBefore is how long before its end a secret is renewed, as running
// clients do (docs/domain.md §6.3).
const renewBefore = 60 * time.Second

// secrets keeps the key of short life of each service.
type secrets struct {
	flight  singleflight.Group
	fetched atomic.Int64

	mu   sync.Mutex
	held map[string]*secret
}

// secret is one answer of the platform to "a key, please". Two answers are two
// secrets, even if their texts are alike.
type secret struct {
	grant
	number int64 // counts the answers of this client, from 1
}

// secret returns the key of the moment: the one held, unless it is at its end or
// is the one that the platform rejected; else a new one, fetched once for all
// who wait. Without a key it returns how the asking ended.
func (c *Client) secret(ctx context.Context, d keyed, s Service, rejected *secret) (*secret, Answer) {
	name := s.RID + "\n" + s.SID + "\n" + s.AppKey
	if held := c.held(name, rejected); held != nil {
		return held, Answer{}
	}
	type result struct {
		held   *secret
		failed Answer
	}
	// Who was just turned away must not wait for an answer that set out before.
	turn := name
	if rejected != nil {
		turn += "\n" + strconv.FormatInt(rejected.number, 10)
	}
	done := c.secrets.flight.DoChan(turn, func() (any, error) {
		if held := c.held(name, rejected); held != nil {
			return result{held: held}, nil
		}
		// The first who asks may give up; the others still wait.
		held, failed := c.renew(context.WithoutCancel(ctx), d, s, c.last(name))
		if held != nil {
			c.secrets.mu.Lock()
			c.secrets.held[name] = held
			c.secrets.mu.Unlock()
		}
		return result{held, failed}, nil
	})
	select {
	case r := <-done:
		got, _ := r.Val.(result)
		return got.held, got.failed
	case <-ctx.Done():
		return nil, Answer{Outcome: Technical, Message: "the caller gave up while the key was asked for"}
	}
}

func (c *Client) held(name string, rejected *secret) *secret {
	c.secrets.mu.Lock()
	defer c.secrets.mu.Unlock()
	held := c.secrets.held[name]
	if held == nil || held == rejected || !c.now().Before(held.until) {
		return nil
	}
	return held
}

// last is the grant of the key held last, whether it is still good or not.
func (c *Client) last(name string) grant {
	c.secrets.mu.Lock()
	defer c.secrets.mu.Unlock()
	if held := c.secrets.held[name]; held != nil {
		return held.grant
	}
	return grant{}
}

// renew asks the platform for a key. It changes nothing there, so however it
// fails, nothing is unknown about the call it was asked for. Who is refused with
// what the last key left for renewing asks again from the beginning.
func (c *Client) renew(ctx context.Context, d keyed, s Service, last grant) (*secret, Answer) {
	at := c.now()
	r := d.ask(s, last, at)
	r.id = requestID()
	a := c.send(ctx, r)
	var g grant
	if a.Outcome == "" {
		g, a = d.grant(a, s, at)
	}
	a.Body, a.Sent, a.header = nil, false, nil
	switch {
	case a.Outcome == "":
		return &secret{grant: g, number: c.secrets.fetched.Add(1)}, a
	case a.Outcome == Refused && last.renewal != "":
		return c.renew(ctx, d, s, grant{})
	case a.Outcome == Unknown:
		a.Outcome = Technical
	}
	a.Message = "asking for a key: " + a.Message
	return nil, a
}
