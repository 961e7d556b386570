package main

import (
	"context"
	"fmt"
	"net/http"
	"net/url"

	"golang.org/x/sync/errgroup"

	"github.com/shujie-gov/shujie/workflow"
)

// hallOf says at which hall the i-th blocker is filed: three of five at the
// province's, one each in Nanjing and Suzhou.
func hallOf(i int) string {
	switch i % 5 {
	case 3:
		return "hall_nj"
	case 4:
		return "hall_sz"
	}
	return "hall_js"
}

// itemKey names a service item by the department that offers it.
type itemKey struct{ name, dept string }

// items reads the service items of the catalogue.
func (c *client) items(ctx context.Context) (map[itemKey]int64, error) {
	found := map[itemKey]int64{}
	query := url.Values{"limit": {"100"}}
	for {
		var page struct {
			Items []struct {
				ID         int64  `json:"id"`
				Name       string `json:"name"`
				Department *dept  `json:"department"`
			} `json:"items"`
			Next string `json:"next"`
		}
		if err := c.do(ctx, http.MethodGet, "/api/v1/service-items?"+query.Encode(), "", nil, &page); err != nil {
			return nil, err
		}
		for _, it := range page.Items {
			if it.Department != nil {
				found[itemKey{it.Name, it.Department.Code}] = it.ID
			}
		}
		if page.Next == "" {
			return found, nil
		}
		query.Set("cursor", page.Next)
	}
}

// paperKey names a demanded paper of a service item.
type paperKey struct {
	item  int64
	proof string
}

// file files every blocker that was not filed before, each at its hall and for
// a fictitious citizen, and returns how many were filed now.
func (t *troupe) file(ctx context.Context, blockers []blocker, people []workflow.Person) (int, error) {
	watch, err := t.client(ctx, "coordinator")
	if err != nil {
		return 0, err
	}
	items, err := watch.items(ctx)
	if err != nil {
		return 0, err
	}
	filed, err := watch.list(ctx, url.Values{"kind": {"blocker"}, "sort": {"newest"}})
	if err != nil {
		return 0, err
	}
	known := map[paperKey]bool{}
	for _, c := range filed {
		if c.Item != nil {
			known[paperKey{c.Item.ID, c.Proof}] = true
		}
	}
	group, ctx := errgroup.WithContext(ctx)
	group.SetLimit(deskLimit)
	fresh := 0
	for i, b := range blockers {
		item, ok := items[itemKey{b.Item, b.Demander}]
		if !ok {
			return 0, fmt.Errorf("the catalogue lacks the service item %q of %s", b.Item, b.Demander)
		}
		if known[paperKey{item, b.Proof}] {
			continue
		}
		fresh++
		group.Go(func() error { return t.fileOne(ctx, i, b, item, people[i%len(people)]) })
	}
	return fresh, group.Wait()
}

func (t *troupe) fileOne(ctx context.Context, i int, b blocker, item int64, person workflow.Person) error {
	c, err := t.client(ctx, hallOf(i))
	if err != nil {
		return err
	}
	if err := t.wait(ctx); err != nil {
		return err
	}
	body := map[string]any{
		"kind": "blocker", "title": b.title(), "service_item": item, "proof": b.Proof, "batch": b.batchName(),
		"person": person,
	}
	var out thing
	if err := c.do(ctx, http.MethodPost, "/api/v1/cases", fmt.Sprintf("demo-file-%d-%s", item, b.No), body, &out); err != nil {
		return fmt.Errorf("row %s: %w", b.No, err)
	}
	t.steps.Add(1)
	return nil
}
