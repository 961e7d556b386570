package workflow

import (
	"slices"
	"strings"

	"cel.dev/cel-go/cel"
)

// Need is a requirement as expressions see it.
type Need struct {
	ID         int64  `cel:"id"`
	Name       string `cel:"name"`
	Status     string `cel:"status"`
	Done       bool   `cel:"done"`
	Waiting    bool   `cel:"waiting"`   // a share request is under way, whoever has it
	Fetching   bool   `cel:"fetching"`  // the call to the platform is under way, or parked
	Retryable  bool   `cel:"retryable"` // neither done nor under way
	Shared     bool   `cel:"shared"`    // its data may be shared: class 1 or 2
	ShareClass int64  `cel:"share_class"`
	Resource   int64  `cel:"resource"`
	Provider   int64  `cel:"provider"`
	NeedsGrant bool   `cel:"needs_grant"` // it is fetched only under a grant
	Grant      string `cel:"grant"`       // how far that is: see the Standings
}

// Kin is a child case as expressions see it.
type Kin struct {
	ID        int64  `cel:"id"`
	Kind      string `cel:"kind"`
	State     string `cel:"state"`
	Ended     bool   `cel:"ended"`
	NoMeeting string `cel:"no_meeting"`
	Need      int64  `cel:"need"`
	Lead      int64  `cel:"lead"`
	Round     int64  `cel:"round"` // in which it was asked together with others
	N         int64  `cel:"n"`
	Outcome   string `cel:"outcome"`
	Latest    bool   `cel:"latest"` // the last of its kind for the same requirement
}

// view is one look at a case, as expressions see it. A variable is worked out
// when an expression reads it, since most read few: see ResolveName.
type view struct {
	d      *Definition
	c      *Case
	m      Moment
	actor  int64          // the person who acts, 0 for the software
	seat   Seat           // … and in what seat
	inputs map[string]any // by "input.name"
	r      *Need          // the requirement of a loop
	dept   DeptID         // the department of a loop
	needs  []Need         // built when read, until the case changes
	kin    []Kin
}

// look returns a view of c at moment m.
func (d *Definition) look(c *Case, m Moment) *view { return &view{d: d, c: c, m: m} }

// changed forgets what was built from requirements and children.
func (v *view) changed() { v.needs, v.kin = nil, nil }

// Parent implements the activation of the guard language.
func (v *view) Parent() cel.Activation { return nil }

// ResolveName implements the activation of the guard language: it returns the
// value of a variable that newGuards declares.
func (v *view) ResolveName(name string) (any, bool) {
	switch name {
	case "id":
		return int64(v.c.ID), true
	case "actor":
		return v.actor, true
	case "state":
		return string(v.c.State), true
	case "title":
		return v.c.Title, true
	case "proof":
		return v.c.Proof, true
	case "level_due":
		return v.d.dueLevel(v.c, v.m) > 0, true
	case "last_level":
		return v.d.dueLevel(v.c, v.m) == len(v.d.Escalate) && len(v.d.Escalate) > 0, true
	case "awaited":
		return int64(v.c.Parts[v.c.Waits.Part]), true
	case "awaited_role":
		return string(v.c.Waits.Role), true
	case "own_move":
		return v.seat != Seat{} && v.seat == v.c.Waits, true
	case "overdue":
		return v.c.Overdue(v.m.Now), true
	case "today":
		return v.m.today(), true
	case "ended_days":
		return v.endedDays(), true
	case "requirements":
		return v.requirements(), true
	case "children":
		return v.children(), true
	case "r":
		if v.r == nil {
			return nil, false
		}
		return *v.r, true
	case "dept":
		return int64(v.dept), true
	case string(Filer), string(Demander), string(Holder), string(Lead):
		return int64(v.c.Parts[Part(name)]), true
	}
	if typ, ok := v.d.Facts[name]; ok {
		return factValue(v.c.Facts[name], typ), true
	}
	if join, ok := strings.CutPrefix(name, joinPrefix); ok {
		if _, ok = v.d.Joined[join]; ok {
			return v.d.joining(join, v.c).Met, true
		}
	}
	val, ok := v.inputs[name]
	return val, ok
}

func (v *view) requirements() []Need {
	if v.needs == nil {
		v.needs = make([]Need, len(v.c.Requirements))
		for i, r := range v.c.Requirements {
			v.needs[i] = Need{
				ID: r.ID, Name: r.Name, Status: string(r.Status), Done: r.Done(),
				Waiting: r.Status == NeedApplied || r.Status == NeedRequested, Fetching: r.Status.Fetching(),
				Retryable:  r.Status == NeedOpen || r.Status == NeedMissing || r.Status == NeedRefused,
				Shared:     r.Class == Unconditional || r.Class == Conditional,
				ShareClass: int64(r.Class), Resource: r.Resource, Provider: int64(r.Provider),
				NeedsGrant: r.NeedsGrant(v.c.Parts[Demander]),
			}
			_, standing := r.Rests(v.m.today())
			v.needs[i].Grant = string(standing)
		}
	}
	return v.needs
}

func (v *view) children() []Kin {
	if v.kin == nil {
		v.kin = make([]Kin, len(v.c.Children))
		for i, k := range v.c.Children {
			v.kin[i] = Kin{
				ID: int64(k.ID), Kind: string(k.Kind), State: string(k.State), Ended: k.Ended,
				NoMeeting: string(k.NoMeeting), Need: k.Need, Lead: int64(k.Lead), Round: k.Round, N: k.N, Outcome: k.Outcome,
				Latest: !slices.ContainsFunc(v.c.Children[i+1:], func(o Child) bool { return o.Kind == k.Kind && o.Need == k.Need }),
			}
		}
	}
	return v.kin
}

// endedDays counts the working days since the case ended, 0 while it is open.
// A year without calendar data counts as too long ago.
func (v *view) endedDays() int64 {
	if v.c.EndedAt == nil || v.m.Calendar == nil {
		return 0
	}
	n, err := v.m.Calendar.Between(*v.c.EndedAt, v.m.Now)
	if err != nil {
		return 1 << 30
	}
	return int64(n)
}

// factValue brings a stored fact, which may have been through JSON, to the Go
// type expressions expect. What is missing is the zero of its type.
func factValue(v any, typ string) any {
	switch typ {
	case "bool":
		b, _ := v.(bool)
		return b
	case "string", "text", "enum", "date":
		s, _ := v.(string)
		return s
	}
	n, _ := whole(v)
	return n
}
