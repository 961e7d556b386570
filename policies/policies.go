package policies

import (
	"cmp"
	_ "embed" // the policy and its model are files of the program
	"errors"
	"fmt"

	"github.com/casbin/casbin/v2"
	"github.com/casbin/casbin/v2/model"

	"github.com/shujie-gov/shujie/fault"
	"github.com/shujie-gov/shujie/workflow"
)

//go:embed model.conf
var modelConf string

//go:embed policy.csv
var policyCSV string

// Policy answers for roles. It is immutable and safe for concurrent use.
//
// casbin decides every cell of the access matrix once, when the policy is
// loaded; a question is then one look into a map, as a move asks it for every
// request. The matrix has some hundreds of cells and the policy cannot change
// while the program runs, so there is nothing to invalidate.
type Policy struct {
	words   vocabulary
	allowed map[cell]bool
}

// cell is one square of the access matrix.
type cell struct {
	role   workflow.Role
	domain workflow.Domain
	kind   workflow.Kind
	act    workflow.Action
}

func (c cell) String() string {
	return fmt.Sprintf("p, %s, %s, %s, %s", c.role, c.domain, c.kind, c.act)
}

func (c cell) compare(o cell) int {
	return cmp.Or(
		cmp.Compare(c.kind, o.kind), cmp.Compare(c.act, o.act), cmp.Compare(c.role, o.role), cmp.Compare(c.domain, o.domain),
	)
}

// New loads the embedded policy and checks it against defs. It refuses, naming
// the line, a rule on an unknown role, domain, kind or action; and, naming the
// rule, a seat of a definition that no rule allows, or a rule on a case that no
// definition has a seat for.
func New(defs *workflow.Definitions) (*Policy, error) {
	return load(defs, modelConf, policyCSV)
}

func load(defs *workflow.Definitions, conf, csv string) (*Policy, error) {
	p := &Policy{words: words(defs), allowed: map[cell]bool{}}
	rules, err := read(csv, p.words)
	if err != nil {
		return nil, err
	}
	e, err := enforcer(conf, rules)
	if err != nil {
		return nil, err
	}
	for c := range p.cells() {
		ok, err := e.Enforce(string(c.role), string(c.domain), string(c.kind), string(c.act))
		if err != nil {
			return nil, fmt.Errorf("policy: deciding %s: %w", c, err)
		}
		if ok {
			p.allowed[c] = true
		}
	}
	if err := errors.Join(append(p.drift(seats(defs)), p.separation()...)...); err != nil {
		return nil, err
	}
	return p, nil
}

// enforcer builds the casbin enforcer of the rules.
func enforcer(conf string, rules rules) (*casbin.Enforcer, error) {
	m, err := model.NewModelFromString(conf)
	if err != nil {
		return nil, fmt.Errorf("policy model: %w", err)
	}
	e, err := casbin.NewEnforcer(m)
	if err != nil {
		return nil, fmt.Errorf("policy model: %w", err)
	}
	if _, err := e.AddPolicies(rules.allow); err != nil {
		return nil, fmt.Errorf("policy: %w", err)
	}
	if _, err := e.AddGroupingPolicies(rules.groups); err != nil {
		return nil, fmt.Errorf("policy: %w", err)
	}
	return e, nil
}

// cells walks the whole access matrix: every role in the domain it is held in,
// every kind, every act.
func (p *Policy) cells() func(yield func(cell) bool) {
	return func(yield func(cell) bool) {
		for _, role := range workflow.Roles() {
			for _, kind := range p.words.order {
				for _, act := range p.words.objects[kind].order {
					if !yield(cell{role, role.Domain(), kind, act}) {
						return
					}
				}
			}
		}
	}
}

// drift names what the policy and the definitions say differently.
func (p *Policy) drift(granted map[cell]bool) []error {
	var errs []error
	for _, c := range sorted(granted) {
		if !p.allowed[c] {
			errs = append(errs, fmt.Errorf("policy: the definition of %s seats %s for %s, but there is no rule %q", c.kind, c.role, c.act, c))
		}
	}
	kinds := map[workflow.Kind]bool{}
	for c := range granted {
		kinds[c.kind] = true
	}
	for _, c := range sorted(p.allowed) {
		if kinds[c.kind] && c.act != Read && !granted[c] {
			errs = append(errs, fmt.Errorf("policy: the rule %q has no seat in any definition of %s", c, c.kind))
		}
	}
	return errs
}

// Fits refuses a definition that was uploaded while the program runs and grants
// what the policy does not: a seat without its rule. The policy is a reviewed
// file of the program; a definition cannot widen it. What the definition no
// longer grants needs no change of the policy.
func (p *Policy) Fits(d *workflow.Definition) error {
	var errs []error
	for _, t := range d.Transitions {
		for _, s := range t.Seats() {
			if c := (cell{s.Role, s.Role.Domain(), d.Kind, t.Action}); !p.allowed[c] {
				errs = append(errs, d.Refusal(t, fault.Text{
					ZH: fmt.Sprintf("权限表中没有规则「%s」，流程定义不能自行授予权限", c), EN: fmt.Sprintf("the policy has no rule %q, and a definition cannot grant one", c.String()),
				}))
			}
		}
	}
	return errors.Join(errs...)
}

// separation names the rules that would let an administrator into business
// data (三员分立, docs/domain.md §9 no. 8).
func (p *Policy) separation() []error {
	var errs []error
	for _, c := range sorted(p.allowed) {
		switch c.role {
		case workflow.SysAdmin, workflow.SecAdmin, workflow.Auditor:
			if p.words.objects[c.kind].business {
				errs = append(errs, fmt.Errorf("policy: the rule %q lets an administrator into business data", c))
			}
		case workflow.HallStaff, workflow.DeptHandler, workflow.DeptHead, workflow.Coordinator, workflow.DataSteward, workflow.System:
		}
	}
	return errs
}

// Allow implements workflow.Policy. The refusal is a Forbidden fault whose Rule
// is the line that is missing in policy.csv. What the policy does not know, a
// role, a domain, a kind or an act, is refused.
func (p *Policy) Allow(role workflow.Role, domain workflow.Domain, kind workflow.Kind, act workflow.Action) error {
	c := cell{role, domain, kind, act}
	if p.allowed[c] {
		return nil
	}
	return p.refusal(c)
}

// Can reports whether one of the actor's roles may do act on kind; with none,
// the refusal names the rule that the first role lacks.
func (p *Policy) Can(a workflow.Actor, kind workflow.Kind, act workflow.Action) error {
	var first error
	for _, g := range a.Grants {
		err := p.Allow(g.Role, g.Role.Domain(), kind, act)
		if err == nil {
			return nil
		}
		if first == nil {
			first = err
		}
	}
	if first == nil {
		first = p.refusal(cell{kind: kind, act: act})
	}
	return first
}

func (p *Policy) refusal(c cell) error {
	kind, act := fault.Text{ZH: string(c.kind), EN: string(c.kind)}, actTitle(c.act)
	if o := p.words.objects[c.kind]; o != nil {
		kind = o.title
		if t, known := o.acts[c.act]; known {
			act = t
		}
	}
	if c.role == "" {
		f := fault.New(fault.Forbidden, "您没有任何角色，不能办理。", "You hold no role, so you may not do this.")
		f.Rule = cell{"?", "?", c.kind, c.act}.String()
		return f
	}
	role := RoleTitle(c.role)
	f := fault.New(fault.Forbidden,
		fmt.Sprintf("%s没有「%s」的「%s」权限。", role.ZH, kind.ZH, act.ZH),
		fmt.Sprintf("The role %q may not %q on %q.", role.EN, act.EN, kind.EN))
	f.Rule = c.String()
	return f
}

// Cell is one square of the access matrix with its answer.
type Cell struct {
	Role  workflow.Role
	Kind  workflow.Kind
	Act   workflow.Action
	Allow bool
}

// Matrix returns the whole access matrix, every role × kind × act, in a stable
// order.
func (p *Policy) Matrix() []Cell {
	var m []Cell
	for c := range p.cells() {
		m = append(m, Cell{c.role, c.kind, c.act, p.allowed[c]})
	}
	return m
}
