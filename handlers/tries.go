package handlers

import (
	"sync"
	"time"
)

// The limit of failed logins (docs/domain.md §9 #5): five, then half an hour.
const (
	maxTries  = 5
	tryWindow = 30 * time.Minute
	maxTrials = 10_000 // accounts and addresses remembered at once
)

// tries counts failed logins per account and address in this process. Only
// failures count, so people who know their password never lock each other out.
type tries struct {
	now  func() time.Time
	mu   sync.Mutex
	seen map[string]trial
}

type trial struct {
	failed int
	until  time.Time
}

func newTries(now func() time.Time) *tries { return &tries{now: now, seen: map[string]trial{}} }

// locked returns how long key must wait, 0 when it may try.
func (t *tries) locked(key string) time.Duration {
	t.mu.Lock()
	defer t.mu.Unlock()
	s := t.seen[key]
	if s.failed < maxTries {
		return 0
	}
	return max(0, s.until.Sub(t.now()))
}

// fail counts a failed try of key.
func (t *tries) fail(key string) {
	t.mu.Lock()
	defer t.mu.Unlock()
	now := t.now()
	s := t.seen[key]
	if now.After(s.until) {
		s.failed = 0
	}
	if len(t.seen) >= maxTrials {
		t.forget(now)
	}
	t.seen[key] = trial{failed: s.failed + 1, until: now.Add(tryWindow)}
}

// forget drops what has run out, or else any one entry: memory stays bounded
// whatever an attacker sends.
func (t *tries) forget(now time.Time) {
	for key, s := range t.seen {
		if now.After(s.until) {
			delete(t.seen, key)
		}
	}
	for key := range t.seen {
		if len(t.seen) < maxTrials {
			return
		}
		delete(t.seen, key)
	}
}

// clear forgets the failures of key after a login.
func (t *tries) clear(key string) {
	t.mu.Lock()
	defer t.mu.Unlock()
	delete(t.seen, key)
}
