package models

import (
	"sync"
	"time"
)

// cache remembers a bounded number of values for a short time. It spares the
// database the reads that every request repeats.
type cache[K comparable, V any] struct {
	ttl time.Duration
	max int
	now func() time.Time

	mu   sync.Mutex
	rows map[K]cached[V]
}

type cached[V any] struct {
	v     V
	until time.Time
}

func newCache[K comparable, V any](ttl time.Duration, limit int, now func() time.Time) *cache[K, V] {
	return &cache[K, V]{ttl: ttl, max: limit, now: now, rows: map[K]cached[V]{}}
}

func (c *cache[K, V]) get(k K) (V, bool) {
	c.mu.Lock()
	defer c.mu.Unlock()
	e, ok := c.rows[k]
	if !ok || !c.now().Before(e.until) {
		var none V
		return none, false
	}
	return e.v, true
}

// put remembers v. When the cache is full, what has expired goes, and when
// nothing has, everything: a cache of two seconds is soon warm again.
func (c *cache[K, V]) put(k K, v V) {
	c.mu.Lock()
	defer c.mu.Unlock()
	now := c.now()
	if len(c.rows) >= c.max {
		for key, e := range c.rows {
			if !now.Before(e.until) {
				delete(c.rows, key)
			}
		}
		if len(c.rows) >= c.max {
			clear(c.rows)
		}
	}
	c.rows[k] = cached[V]{v, now.Add(c.ttl)}
}

func (c *cache[K, V]) drop(k K) {
	c.mu.Lock()
	defer c.mu.Unlock()
	delete(c.rows, k)
}

func (c *cache[K, V]) empty() {
	c.mu.Lock()
	defer c.mu.Unlock()
	clear(c.rows)
}
