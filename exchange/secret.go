package exchange

import (
	"context"
	"encoding/json"
	"net/http"
	"strconv"
	"sync"
	"sync/atomic"
	"time"

	"golang.org/x/sync/singleflight"
)

// renewBefore is how long before its end a secret is renewed, as running
// clients do (docs/domain.md §6.3).
const renewBefore = 60 * time.Second

// secrets keeps the secret of the day of each service.
type secrets struct {
	flight  singleflight.Group
	fetched atomic.Int64

	mu   sync.Mutex
	held map[string]*secret
}

// secret is one answer of the platform to "the secret of the day, please". Two
// answers are two secrets, even if their texts are alike.
type secret struct {
	number int64 // counts the answers of this client, from 1
	text   string
	until  time.Time // not used from here on
}

// secret returns the secret of the day: the one held, unless it is at its end
// or is the one that the platform rejected; else a new one, fetched once for
// all who wait. Without a secret it returns how the asking ended.
func (c *Client) secret(ctx context.Context, s Service, rejected *secret) (*secret, Answer) {
	key := s.RID + "\n" + s.SID + "\n" + s.AppKey
	if day := c.held(key, rejected); day != nil {
		return day, Answer{}
	}
	type result struct {
		day    *secret
		failed Answer
	}
	// Who was just turned away must not wait for an answer that set out before.
	turn := key
	if rejected != nil {
		turn += "\n" + strconv.FormatInt(rejected.number, 10)
	}
	done := c.secrets.flight.DoChan(turn, func() (any, error) {
		if day := c.held(key, rejected); day != nil {
			return result{day: day}, nil
		}
		// The first who asks may give up; the others still wait.
		day, failed := c.refresh(context.WithoutCancel(ctx), s)
		if day != nil {
			c.secrets.mu.Lock()
			c.secrets.held[key] = day
			c.secrets.mu.Unlock()
		}
		return result{day, failed}, nil
	})
	select {
	case r := <-done:
		got, _ := r.Val.(result)
		return got.day, got.failed
	case <-ctx.Done():
		return nil, Answer{Outcome: Technical, Message: "the caller gave up while the secret of the day was asked for"}
	}
}

func (c *Client) held(key string, rejected *secret) *secret {
	c.secrets.mu.Lock()
	defer c.secrets.mu.Unlock()
	day := c.secrets.held[key]
	if day == nil || day == rejected || !c.now().Before(day.until) {
		return nil
	}
	return day
}

// refresh asks the platform for the secret of the day. It changes nothing there,
// so however it fails, nothing is unknown about the call it was asked for.
func (c *Client) refresh(ctx context.Context, s Service) (*secret, Answer) {
	at := c.now()
	a := c.send(ctx, request{
		method: http.MethodPost,
		path:   c.profile.RefreshPath,
		body:   c.profile.Signer.Proof(s, s.AppKey, at),
		id:     requestID(),
	})
	var grant grant
	if a.Outcome == "" || a.Outcome == Refused {
		a, grant = judgeRefresh(a, []string{s.AppKey})
	}
	a.Body, a.Sent = nil, false
	if a.Outcome == "" {
		opened, err := c.profile.Signer.Open(s.AppKey, grant.sealed)
		if err == nil {
			until := nextMidnight(at)
			if end := grant.end.Add(-renewBefore); !grant.end.IsZero() && end.Before(until) {
				until = end
			}
			return &secret{number: c.secrets.fetched.Add(1), text: opened, until: until}, a
		}
		a.Outcome, a.Message = Technical, err.Error()
	}
	if a.Outcome == Unknown {
		a.Outcome = Technical
	}
	a.Message = "the secret of the day: " + a.Message
	return nil, a
}

// grant is a secret of the day as the platform sends it.
type grant struct {
	sealed string
	end    time.Time // zero when the platform does not say
}

// judgeRefresh reads the answer to a refresh. Its outcome stays "" when there is
// a secret. The code comes as a string or a number, and data may be an object,
// null or "" (docs/domain.md §6.3).
func judgeRefresh(a Answer, private []string) (Answer, grant) {
	var envelope map[string]json.RawMessage
	err := json.Unmarshal(a.Body, &envelope)
	if a.Outcome != "" {
		return explain(a, envelope, private), grant{} // the HTTP status has refused it
	}
	if err != nil {
		a.Outcome, a.Message = Technical, "the answer is not a JSON object"
		return a, grant{}
	}
	code, _ := text(envelope["code"])
	a.Code = clip(code, 32)
	if code == "" {
		a.Outcome, a.Message = Technical, "the answer has no code"
		return a, grant{}
	}
	if !success(code) {
		a.Outcome = Refused
		return explain(a, envelope, private), grant{}
	}
	var data map[string]json.RawMessage
	_ = json.Unmarshal(envelope["data"], &data) // null and "" have no secret either
	var g grant
	if g.sealed, _ = text(data["secret"]); g.sealed == "" {
		a.Outcome, a.Message = Technical, "the answer has no secret"
		return a, grant{}
	}
	if end, ok := text(data["secretEndTime"]); ok && end != "" {
		ms, err := strconv.ParseInt(end, 10, 64)
		if err != nil {
			a.Outcome, a.Message = Technical, "secretEndTime is not a time in milliseconds"
			return a, grant{}
		}
		g.end = time.UnixMilli(ms)
	}
	return a, g
}
