package exchange

import (
	"math/rand/v2"
	"slices"
	"strconv"
	"time"

	"github.com/shujie-gov/shujie/fault"
)

// Fault is a way in which the simulator misbehaves.
type Fault string

// The faults. Down and slow are the platform's and meet every request; the
// others meet calls only.
const (
	FaultNone          Fault = ""               // behaves
	FaultSlow          Fault = "slow"           // answers late
	FaultRefuse        Fault = "refuse"         // the provider refuses with a code of its own
	FaultNoRecord      Fault = "no_record"      // the provider says that there is no such record
	FaultBreakOff      Fault = "break_off"      // does the work, and closes the connection in the middle of the answer
	FaultLoseAnswer    Fault = "lose_answer"    // does the work, and closes the connection without an answer
	FaultExpiredSecret Fault = "expired_secret" // replaces the secret of the day, and rejects the old one as expired
	FaultRubbish       Fault = "rubbish"        // answers a page of HTML with status 200
	FaultDown          Fault = "down"           // answers 503
)

// slowFor is how late an answer is when nobody says otherwise; design.
const slowFor = 300 * time.Millisecond

// TransientFaults are those that a client gets over by trying again. Only they
// are drawn when no kinds are named: a refusal or a missing record is a true
// answer to the one who asks, so the simulator gives it by order only.
func TransientFaults() []Fault {
	return []Fault{FaultSlow, FaultBreakOff, FaultLoseAnswer, FaultExpiredSecret, FaultRubbish, FaultDown}
}

func everyFault() []Fault { return append(TransientFaults(), FaultRefuse, FaultNoRecord) }

// Faults says how often the simulator misbehaves and how. The zero value is a
// platform that behaves.
type Faults struct {
	Rate  float64 // share of the requests that are met, 0 to 1
	Kinds []Fault // drawn from evenly; none are the transient ones
	Seed  uint64  // of the draw
	Slow  time.Duration
}

func (f Faults) check() error {
	if !(f.Rate >= 0 && f.Rate <= 1) {
		return fault.InvalidField("rate", "故障率应在 0 到 1 之间。", "the rate of faults must lie between 0 and 1")
	}
	if f.Slow < 0 || f.Slow > time.Minute {
		return fault.InvalidField("slow_ms", "延迟应在 0 到 60000 毫秒之间。", "a slow answer takes 0 to 60000 milliseconds")
	}
	return checkFaults(f.Kinds)
}

func checkFaults(kinds []Fault) error {
	for _, k := range kinds {
		if k != FaultNone && !slices.Contains(everyFault(), k) {
			return fault.InvalidField("kinds", "没有名为“"+string(k)+"”的故障。", "there is no fault named "+strconv.Quote(string(k)))
		}
	}
	return nil
}

// faultDraw draws faults. It is used under the simulator's lock.
type faultDraw struct {
	Faults
	rng *rand.Rand
}

func newFaultDraw(f Faults) *faultDraw {
	if len(f.Kinds) == 0 {
		f.Kinds = TransientFaults()
	}
	f.Slow = or(f.Slow, slowFor)
	//nolint:gosec // repeatable by design: the same seed misbehaves alike
	return &faultDraw{Faults: f, rng: rand.New(rand.NewPCG(f.Seed, 0x5f375a86))}
}

func (d *faultDraw) next() Fault {
	if d == nil || d.Rate == 0 || d.rng.Float64() >= d.Rate {
		return FaultNone
	}
	return d.Kinds[d.rng.IntN(len(d.Kinds))]
}

// SetFaults says how the whole platform misbehaves from now on. It returns an
// Invalid fault for a rate or a kind that does not exist.
func (s *Simulator) SetFaults(f Faults) error {
	if err := f.check(); err != nil {
		return err
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	s.faults = newFaultDraw(f)
	return nil
}

// SetServiceFaults says how one service misbehaves from now on, instead of what
// holds for the platform. A service that does not exist is NotFound.
func (s *Simulator) SetServiceFaults(sid string, f Faults) error {
	if err := f.check(); err != nil {
		return err
	}
	return s.withService(sid, func(v *simService) { v.faults = newFaultDraw(f) })
}

// Script says what happens to the next calls of a service, one fault a call and
// before any draw; FaultNone lets a call through.
func (s *Simulator) Script(sid string, next ...Fault) error {
	if err := checkFaults(next); err != nil {
		return err
	}
	return s.withService(sid, func(v *simService) { v.script = append(v.script, next...) })
}

func (s *Simulator) withService(sid string, change func(*simService)) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	v, ok := s.bySID[sid]
	if !ok {
		return fault.New(fault.NotFound, "模拟平台没有服务 "+sid+"。", "the simulator has no service "+sid)
	}
	change(v)
	return nil
}

// drawn returns the fault that meets the next request of a service and how late
// a slow answer is. A secret replaced by a draw is replaced once a service and
// day, as on the real platform, so that one refresh and one retry are always
// enough; only a rate of 1 rejects for good.
func (s *Simulator) drawn(v *simService, call bool) (Fault, time.Duration) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if v != nil && call && len(v.script) > 0 {
		k := v.script[0]
		v.script = v.script[1:]
		return s.met(k), slowFor
	}
	d := s.faults
	if v != nil && v.faults != nil {
		d = v.faults
	}
	k := d.next()
	switch {
	case k == FaultExpiredSecret && d.Rate < 1 && v != nil && v.turnOf(s.now()) > 0,
		!call && k != FaultDown && k != FaultSlow:
		k = FaultNone
	}
	if k == FaultNone {
		return k, 0
	}
	return s.met(k), d.Slow
}

func (s *Simulator) met(k Fault) Fault {
	if k != FaultNone {
		s.stats.Faults[k]++
	}
	return k
}
