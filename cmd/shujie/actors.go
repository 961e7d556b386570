package main

import (
	"context"
	"errors"
	"fmt"
	"net/url"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"time"

	"golang.org/x/sync/errgroup"
)

// deskLimit is how many demo users work at the same time.
const deskLimit = 6

// troupe is everybody who works in the demo. Each member reads their own inbox
// over the API and takes the next step of what waits for them, as their roles
// allow; nobody knows more than their inbox shows.
type troupe struct {
	base     string
	password string
	pace     <-chan time.Time // a step is taken when it ticks; nil: at once
	holders  map[string]int64 // case title → the department to dispatch to, when the catalogue cannot say

	mu      sync.Mutex
	clients map[string]*client
	steps   atomic.Int64
}

func (t *troupe) client(ctx context.Context, user string) (*client, error) {
	t.mu.Lock()
	c := t.clients[user]
	t.mu.Unlock()
	if c != nil {
		return c, nil
	}
	c, err := login(ctx, t.base, user, t.password)
	if err != nil {
		return nil, err
	}
	t.mu.Lock()
	t.clients[user] = c
	t.mu.Unlock()
	return c, nil
}

// round lets every user work through their inbox once and returns how many
// steps were taken.
func (t *troupe) round(ctx context.Context, users []string) (int64, error) {
	before := t.steps.Load()
	group, ctx := errgroup.WithContext(ctx)
	group.SetLimit(deskLimit)
	for _, user := range users {
		group.Go(func() error { return t.work(ctx, user) })
	}
	err := group.Wait()
	return t.steps.Load() - before, err
}

// work lets one user take a step on each case of their inbox.
func (t *troupe) work(ctx context.Context, user string) error {
	c, err := t.client(ctx, user)
	if err != nil {
		return err
	}
	todo, err := c.list(ctx, url.Values{"box": {"todo"}})
	if err != nil {
		return err
	}
	for _, line := range todo {
		if err := t.handle(ctx, c, line.ID); err != nil && !overtaken(err) {
			return err
		}
	}
	return nil
}

// handle takes steps on one case until it is somebody else's turn.
func (t *troupe) handle(ctx context.Context, c *client, id int64) error {
	now, err := c.get(ctx, id)
	if err != nil {
		return err
	}
	for range 5 {
		action, fields, err := t.next(now)
		if err != nil {
			return fmt.Errorf("%s on %s: %w", c.user, now.Number, err)
		}
		if action == "" {
			return nil
		}
		if err := t.wait(ctx); err != nil {
			return err
		}
		if now, err = c.act(ctx, now, action, fields); err != nil {
			return err
		}
		t.steps.Add(1)
	}
	return nil
}

func (t *troupe) wait(ctx context.Context) error {
	if t.pace == nil {
		return ctx.Err()
	}
	select {
	case <-t.pace:
		return nil
	case <-ctx.Done():
		return ctx.Err()
	}
}

// next chooses the step a conscientious user would take on a case, among the
// actions the API offers them; "" when there is nothing to do but wait.
func (t *troupe) next(c thing) (string, map[string]any, error) {
	can := func(action string) bool { return slices.Contains(c.Actions, action) }
	switch c.Kind {
	case "assist":
		switch {
		case can("sign"):
			return "sign", nil, nil
		case can("finish"):
			return "finish", map[string]any{"note": "已停止索要，窗口改用共享数据核验"}, nil
		}
	case "share_request":
		for _, action := range []string{"endorse", "grant", "connect", "deliver"} {
			if can(action) {
				return action, nil, nil
			}
		}
	case "blocker":
		return t.nextOfBlocker(c, can)
	}
	return "", nil, nil
}

func (t *troupe) nextOfBlocker(c thing, can func(string) bool) (string, map[string]any, error) {
	for _, action := range []string{"accept", "sign", "approve_online", "resolve", "resume"} {
		if can(action) {
			return action, nil, nil
		}
	}
	switch {
	case can("dispatch"):
		if n, _ := c.Facts["holders"].(float64); n == 1 {
			return "", nil, nil // one registered holder: the system dispatches by itself
		}
		lead, err := t.leadOf(c)
		return "dispatch", map[string]any{"lead": lead}, err
	case can("waive") && t.withoutData(c) >= 0:
		r := c.Requirements[t.withoutData(c)]
		alternative, _ := c.Facts["alternative"].(string)
		if alternative == "" {
			return "", nil, fmt.Errorf("no data exists for %q, and no legal alternative is known", c.Proof)
		}
		return "waive", map[string]any{"requirement": r.ID, "alternative": alternative}, nil
	case can("request_data"):
		return "request_data", nil, nil
	case can("deliver"):
		return "deliver", map[string]any{"method": "push"}, nil
	case can("verify"):
		return "verify", map[string]any{"visits": 0}, nil
	}
	return "", nil, nil
}

// leadOf is whom a coordinator dispatches to.
func (t *troupe) leadOf(c thing) (int64, error) {
	if c.Holder != nil {
		return c.Holder.ID, nil
	}
	if id, ok := t.holders[c.Title]; ok {
		return id, nil
	}
	return 0, errors.New("nobody is known to hold the data")
}

// withoutData returns the index of an open requirement for which no data
// exists, -1 when there is none.
func (t *troupe) withoutData(c thing) int {
	for i, r := range c.Requirements {
		if !r.Done && r.ShareClass == 0 {
			return i
		}
	}
	return -1
}

// users lists who works: the halls that filed, the coordinator, and the people
// of every department that the blockers name.
func usersOf(blockers []blocker) []string {
	list := []string{"hall_js", "hall_nj", "hall_sz", "coordinator"}
	seen := map[string]bool{}
	for _, b := range blockers {
		for _, code := range []string{b.Demander, b.Holder} {
			if code = strings.ToLower(code); !seen[code] {
				seen[code] = true
				list = append(list, code+"_handler", code+"_head")
			}
		}
	}
	return list
}
