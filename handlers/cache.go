package handlers

import (
	"sync"
	"time"
)

// cache keeps names for a short time, so that a list of fifty cases does not
// ask the database fifty times how a department is called.
type cache[K comparable, V any] struct {
	now  func() time.Time
	ttl  time.Duration
	size int

	mu   sync.Mutex
	kept map[K]kept[V]
}

type kept[V any] struct {
	value V
	until time.Time
}

func newCache[K comparable, V any](now func() time.Time, ttl time.Duration, size int) *cache[K, V] {
	return &cache[K, V]{now: now, ttl: ttl, size: size, kept: map[K]kept[V]{}}
}

// get returns what is kept under key, or loads and keeps it. Errors are not
// kept.
func (c *cache[K, V]) get(key K, load func() (V, error)) (V, error) {
	c.mu.Lock()
	k, ok := c.kept[key]
	c.mu.Unlock()
	if ok && c.now().Before(k.until) {
		return k.value, nil
	}
	v, err := load()
	if err != nil {
		return v, err
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	if len(c.kept) >= c.size {
		clear(c.kept) // rare; what is needed is loaded again
	}
	c.kept[key] = kept[V]{v, c.now().Add(c.ttl)}
	return v, nil
}

// forget drops everything, after a change.
func (c *cache[K, V]) forget() {
	c.mu.Lock()
	defer c.mu.Unlock()
	clear(c.kept)
}
