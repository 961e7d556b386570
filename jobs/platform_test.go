package jobs

import (
	"math"
	"testing"
	"time"
)

func TestADeadPlatformIsOneIncident(t *testing.T) {
	c, log := newClock(), &scribe{}
	p := newPlatform(c.now, half, logTo(log))
	ctx := t.Context()
	if w := p.enter(1); w != 0 {
		t.Fatalf("a healthy platform lets a job wait %v", w)
	}
	if w := p.leave(ctx, 1, 0, false); w != 0 {
		t.Fatalf("one failure is the call's own, but it waits %v", w)
	}
	if w := p.leave(ctx, 1, 10*time.Second, false); w < 10*time.Second {
		t.Fatalf("the platform asks for 10 s, the job waits %v", w)
	}
	for id := int64(2); id <= 5000; id++ {
		if p.enter(id) == 0 {
			t.Fatal("a job was let at a platform that is away")
		}
	}
	if away, since, parked := p.state(); !away || since != c.now() || parked != 5000 {
		t.Errorf("away %v since %v, parked %d", away, since, parked)
	}
	c.pass(10 * time.Second)
	if p.enter(2) != 0 {
		t.Fatal("nobody is let through when the time is over")
	}
	if p.enter(3) == 0 {
		t.Fatal("two are let through at once")
	}
	if p.leave(ctx, 2, 0, false) == 0 {
		t.Fatal("the call that was let through failed, and counts as the job's own failure")
	}
	c.pass(10 * time.Second)
	if p.enter(3) != 0 {
		t.Fatal("nobody is let through the second time")
	}
	if p.leave(ctx, 3, 0, true) != 0 || p.enter(4) != 0 {
		t.Fatal("the platform answers and jobs still wait")
	}
	if log.count("is away") != 1 || log.count("answers again") != 1 {
		t.Errorf("logged %d and %d lines", log.count("is away"), log.count("answers again"))
	}
}

func TestTheResumeIsPaced(t *testing.T) {
	c := newClock()
	turn := 0.0
	p := newPlatform(c.now, func() float64 { turn = math.Mod(turn+0.618034, 1); return turn }, quietLog())
	p.leave(t.Context(), 1, time.Second, false)
	perSecond := map[int]int{}
	for id := int64(2); id <= 10000; id++ {
		perSecond[int(p.enter(id)/time.Second)]++
	}
	for s, n := range perSecond {
		if n > 1000 {
			t.Errorf("%d jobs come back in second %d", n, s)
		}
	}
	if len(perSecond) < 50 {
		t.Errorf("10000 jobs come back within %d s", len(perSecond))
	}
}
