package main

import (
	"context"
	"fmt"
	"net/url"
	"time"

	"github.com/shujie-gov/shujie/exchange"
	"github.com/shujie-gov/shujie/models"
	"github.com/shujie-gov/shujie/workflow"
)

// soakServices is how many services the platform of a soak has. The last is
// registered with a rate, the one before must not be asked twice; each of the two
// gets a twentieth of the calls.
const soakServices = 6

// soakPlatform is a simulated platform that misbehaves and goes away.
type soakPlatform struct {
	o         soakOptions
	sim       *exchange.Simulator
	base      string
	addr      string
	stop      func(context.Context) error
	resources []models.NewResource
}

func newSoakPlatform(o soakOptions) (*soakPlatform, error) {
	p := &soakPlatform{o: o, sim: exchange.NewSimulator(exchange.SimOptions{Seed: o.seed, Now: time.Now})}
	for n := range soakServices {
		name := fmt.Sprintf("浸泡测试资源%d", n)
		s := p.sim.Register(name, "GA")
		r := models.NewResource{ProviderCode: "GA", Link: models.Link{RID: s.RID, SID: s.SID, AppKey: s.AppKey, Method: s.Method}}
		r.Name, r.Class, r.Version, r.Platform, r.Repeatable = name, workflow.Unconditional, "1", exchange.ProfileNational, n != soakServices-2
		if n == soakServices-1 {
			r.Rate = o.rate
		}
		p.resources = append(p.resources, r)
	}
	if err := p.misbehave(); err != nil {
		return nil, err
	}
	return p, p.listen("127.0.0.1:0")
}

func (p *soakPlatform) listen(addr string) error {
	base, stop, err := p.sim.Start(addr)
	if err != nil {
		return err
	}
	u, err := url.Parse(base)
	if err != nil {
		return err
	}
	p.base, p.addr, p.stop = base, u.Host, stop
	return nil
}

// close takes the platform off the network, whoever is connected.
func (p *soakPlatform) close(ctx context.Context) error {
	ctx, cancel := context.WithTimeout(ctx, 50*time.Millisecond)
	defer cancel()
	_ = p.stop(ctx) // connections that were never used keep it from ending in time
	return nil
}

// pick chooses the resource of the ith fetch among those of the catalogue.
func (p *soakPlatform) pick(i int, list []models.Resource) int {
	switch i % 20 {
	case 7:
		return len(list) - 1
	case 13:
		return len(list) - 2
	}
	return i % (len(list) - 2)
}

// misbehave: of twenty answers two are slow, one refused, one broken.
func (p *soakPlatform) misbehave() error {
	return p.sim.SetFaults(exchange.Faults{
		Rate: 0.2, Seed: p.o.seed, Slow: 300 * time.Millisecond,
		Kinds: []exchange.Fault{
			exchange.FaultSlow, exchange.FaultSlow, exchange.FaultSlow, exchange.FaultSlow,
			exchange.FaultRefuse, exchange.FaultRefuse, exchange.FaultBreakOff, exchange.FaultLoseAnswer,
		},
	})
}

// fail lets every request meet 503 for the length of an outage.
func (p *soakPlatform) fail(ctx context.Context) error {
	if err := p.sim.SetFaults(exchange.Faults{Rate: 1, Kinds: []exchange.Fault{exchange.FaultDown}}); err != nil {
		return err
	}
	pause(ctx, p.o.outage)
	return p.misbehave()
}

// vanish lets nobody connect for the length of an outage.
func (p *soakPlatform) vanish(ctx context.Context) error {
	if err := p.close(ctx); err != nil {
		return err
	}
	pause(ctx, p.o.outage)
	return p.listen(p.addr) //nolint:contextcheck // as in the beginning
}

func pause(ctx context.Context, d time.Duration) {
	t := time.NewTimer(d)
	defer t.Stop()
	select {
	case <-ctx.Done():
	case <-t.C:
	}
}
