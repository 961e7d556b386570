package main

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"slices"
	"time"

	"golang.org/x/sync/errgroup"
)

// measure takes turns and prints medians.
func (b *bench) measure(ctx context.Context, url string) error {
	chief, err := login(ctx, "http://"+b.addr, "coordinator", demoPassword)
	if err != nil {
		return err
	}
	handler, err := login(ctx, "http://"+b.addr, "ga_handler", demoPassword)
	if err != nil {
		return err
	}
	bare, name, err := bareRun(ctx, url, b.o)
	if err != nil {
		return err
	}
	var inboxes []float64
	moves := make([]moveRates, len(b.o.clients))
	for round := range b.o.rounds {
		var base float64
		if bare != nil {
			if base, err = bare(ctx); err != nil {
				return err
			}
			fmt.Fprintf(b.out, "round %d: %s %.0f/s with %d clients\n", round+1, name, base, bareClients)
		}
		for i, clients := range b.o.clients {
			rate, slow, err := b.load(ctx, chief.token, "application/json", clients, b.move)
			if err != nil {
				return err
			}
			moves[i].add(rate, base)
			fmt.Fprintf(b.out, "round %d: moves over HTTP %.0f/s with %d clients (p95 %.1f ms)\n", round+1, rate, clients, slow)
		}
		pages, p95, err := b.load(ctx, handler.token, "text/html", bareClients, inbox)
		if err != nil {
			return err
		}
		inboxes = append(inboxes, p95)
		fmt.Fprintf(b.out, "round %d: inbox pages %.0f/s with %d clients (p95 %.1f ms)\n", round+1, pages, bareClients, p95)
	}
	for i, clients := range b.o.clients {
		fmt.Fprintf(b.out, "median: moves over HTTP %.0f/s with %d clients", median(moves[i].rates), clients)
		if bare != nil {
			fmt.Fprintf(b.out, " = %.2f of %s with %d", median(moves[i].ratios), name, bareClients)
		}
		fmt.Fprintln(b.out)
	}
	fmt.Fprintf(b.out, "median: inbox p95 %.1f ms with %d clients\n", median(inboxes), bareClients)
	return nil
}

// moveRates are moves a second, and their ratios to the bare database in the
// same round, of one number of clients.
type moveRates struct{ rates, ratios []float64 }

func (m *moveRates) add(rate, base float64) {
	m.rates = append(m.rates, rate)
	if base > 0 {
		m.ratios = append(m.ratios, rate/base)
	}
}

// move makes the next step of a case: each is accepted, and when all are, each
// is dispatched.
func (b *bench) move(c *caller) error {
	i := b.next.Add(1) - 1
	n := int64(len(b.fresh))
	if i >= 2*n {
		return errNoneLeft
	}
	one, action, body := b.fresh[i%n], "accept", `{"version":1}`
	if i >= n {
		action, body = "dispatch", fmt.Sprintf(`{"version":2,"lead":%d}`, one.lead)
	}
	_, err := c.call(http.MethodPost, fmt.Sprintf("/api/v1/cases/%d/actions/%s", one.id, action), body)
	return err
}

var errNoneLeft = errors.New("no case is left to move: use more --cases, fewer --rounds or --seconds")

// leastPage is what an inbox page is longer than, in bytes.
const leastPage = 1000

// inbox reads the page of a department's inbox.
func inbox(c *caller) error {
	n, err := c.call(http.MethodGet, "/", "")
	if err == nil && n < leastPage {
		err = fmt.Errorf("the inbox page has %d bytes", n)
	}
	return err
}

// load lets the clients call as fast as they can for the seconds of one
// measurement; it returns calls a second and the 95th percentile in
// milliseconds.
func (b *bench) load(ctx context.Context, token, accept string, clients int, call func(*caller) error) (rate, p95 float64, err error) {
	each := make([][]float64, clients)
	began := time.Now()
	end := began.Add(time.Duration(b.o.seconds) * time.Second)
	group, ctx := errgroup.WithContext(ctx)
	for i := range clients {
		group.Go(func() error {
			c, err := dialCaller(ctx, b.addr, token, accept, end)
			if err != nil {
				return err
			}
			for at := time.Now(); at.Before(end) && ctx.Err() == nil && err == nil; {
				if err = call(c); err == nil {
					now := time.Now()
					each[i] = append(each[i], float64(now.Sub(at).Microseconds())/1000)
					at = now
				}
			}
			return errors.Join(err, c.close())
		})
	}
	if err := group.Wait(); err != nil {
		return 0, 0, err
	}
	all := slices.Sorted(slices.Values(slices.Concat(each...)))
	return float64(len(all)) / time.Since(began).Seconds(), all[len(all)*95/100], nil
}

func median(v []float64) float64 {
	s := slices.Sorted(slices.Values(v))
	return s[len(s)/2]
}
