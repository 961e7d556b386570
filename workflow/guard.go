package workflow

import (
	"fmt"
	"reflect"
	"strings"
	"time"

	"cel.dev/cel-go/cel"
	"cel.dev/cel-go/common/types"
	"cel.dev/cel-go/common/types/ref"
	"cel.dev/cel-go/ext"
)

// guardCost bounds the work of one expression, so that a definition cannot
// stall the engine. The longest expression of the released definitions costs
// far less for a thousand children.
const guardCost = 1_000_000

// Need is a requirement as expressions see it.
type Need struct {
	ID         int64  `cel:"id"`
	Name       string `cel:"name"`
	Status     string `cel:"status"`
	Done       bool   `cel:"done"`
	Waiting    bool   `cel:"waiting"`   // a share request is under way
	Retryable  bool   `cel:"retryable"` // the data may be asked for
	ShareClass int64  `cel:"share_class"`
	Resource   int64  `cel:"resource"`
}

// Kin is a child case as expressions see it.
type Kin struct {
	ID        int64  `cel:"id"`
	Kind      string `cel:"kind"`
	State     string `cel:"state"`
	Ended     bool   `cel:"ended"`
	NoMeeting string `cel:"no_meeting"`
	Need      int64  `cel:"need"`
	N         int64  `cel:"n"`
}

// guards holds the compiled expressions of one definition. Expressions of an
// action may also read its inputs, so each action has its own scope.
type guards struct {
	base     *cel.Env
	programs map[exprKey]cel.Program
}

type exprKey struct{ scope, text string }

func celType(name string) (*cel.Type, any, error) {
	switch name {
	case "int", "department", "requirement", "case":
		return cel.IntType, int64(0), nil
	case "bool":
		return cel.BoolType, false, nil
	case "string", "text", "enum":
		return cel.StringType, "", nil
	}
	return nil, nil, fmt.Errorf("unknown type %q", name)
}

// newGuards declares what expressions of d may read: the case's own fields, its
// parts, its requirements and children, and the definition's facts.
func newGuards(d *Definition) (*guards, error) {
	opts := []cel.EnvOption{
		ext.NativeTypes(ext.ParseStructTags(true), reflect.TypeFor[Need](), reflect.TypeFor[Kin]()),
		cel.Variable("id", cel.IntType),
		cel.Variable("state", cel.StringType),
		cel.Variable("title", cel.StringType),
		cel.Variable("proof", cel.StringType),
		cel.Variable("overdue", cel.BoolType),
		cel.Variable("ended_days", cel.IntType),
		cel.Variable("requirements", cel.ListType(cel.ObjectType("workflow.Need"))),
		cel.Variable("children", cel.ListType(cel.ObjectType("workflow.Kin"))),
	}
	for _, p := range Parts() {
		opts = append(opts, cel.Variable(string(p), cel.IntType))
	}
	for name, typ := range d.Facts {
		t, _, err := celType(typ)
		if err != nil {
			return nil, fmt.Errorf("fact %s: %w", name, err)
		}
		opts = append(opts, cel.Variable(name, t))
	}
	env, err := cel.NewEnv(opts...)
	if err != nil {
		return nil, err
	}
	return &guards{base: env, programs: map[exprKey]cel.Program{}}, nil
}

// scopeOf returns the environment for the expressions of one transition.
func (g *guards) scopeOf(t *Transition, loop bool) (*cel.Env, error) {
	var opts []cel.EnvOption
	if t != nil {
		for _, f := range t.Inputs {
			typ, _, err := celType(f.Type)
			if err != nil {
				return nil, fmt.Errorf("input %s: %w", f.Name, err)
			}
			opts = append(opts, cel.Variable("input."+f.Name, typ))
		}
	}
	if loop {
		opts = append(opts, cel.Variable("r", cel.ObjectType("workflow.Need")))
	}
	if len(opts) == 0 {
		return g.base, nil
	}
	return g.base.Extend(opts...)
}

// compile checks one expression and keeps its program. want is the type that
// it must have.
func (g *guards) compile(scope string, env *cel.Env, text string, want *cel.Type) error {
	key := exprKey{scope, text}
	if _, ok := g.programs[key]; ok {
		return nil
	}
	ast, iss := env.Compile(text)
	if iss.Err() != nil {
		return fmt.Errorf("%s", firstLine(iss.Err().Error()))
	}
	if want != nil && !ast.OutputType().IsAssignableType(want) {
		return fmt.Errorf("it is a %s, not a %s", ast.OutputType(), want)
	}
	prg, err := env.Program(ast, cel.CostLimit(guardCost), cel.EvalOptions(cel.OptOptimize))
	if err != nil {
		return err
	}
	g.programs[key] = prg
	return nil
}

func firstLine(s string) string {
	line, _, _ := strings.Cut(s, "\n")
	return line
}

// vars is one look at a case, as expressions see it.
type vars map[string]any

// look prepares the variables of c at a moment. The inputs are added per
// action, the element r per requirement.
func (d *Definition) look(c *Case, now time.Time, cal *Calendar) vars {
	needs := make([]Need, len(c.Requirements))
	for i, r := range c.Requirements {
		needs[i] = Need{
			ID: r.ID, Name: r.Name, Status: string(r.Status), Done: r.Done(), Waiting: r.Status == NeedRequested,
			Retryable:  r.Status == NeedOpen || r.Status == NeedMissing || r.Status == NeedRefused,
			ShareClass: int64(r.Class), Resource: r.Resource,
		}
	}
	kin := make([]Kin, len(c.Children))
	for i, k := range c.Children {
		kin[i] = Kin{
			ID: int64(k.ID), Kind: string(k.Kind), State: string(k.State), Ended: k.Ended,
			NoMeeting: string(k.NoMeeting), Need: k.Need, N: k.N,
		}
	}
	v := vars{
		"id": int64(c.ID), "state": string(c.State), "title": c.Title, "proof": c.Proof,
		"overdue":      c.Due != nil && now.After(*c.Due),
		"ended_days":   endedDays(c, now, cal),
		"requirements": needs, "children": kin,
	}
	for _, p := range Parts() {
		v[string(p)] = int64(c.Parts[p])
	}
	for name, typ := range d.Facts {
		v[name] = factValue(c.Facts[name], typ)
	}
	return v
}

// endedDays counts the working days since the case ended, 0 while it is open.
// A year without calendar data counts as too long ago.
func endedDays(c *Case, now time.Time, cal *Calendar) int64 {
	if c.EndedAt == nil || cal == nil {
		return 0
	}
	n, err := cal.Between(*c.EndedAt, now)
	if err != nil {
		return 1 << 30
	}
	return int64(n)
}

// factValue brings a stored fact to the Go type expressions expect.
func factValue(v any, typ string) any {
	_, zero, err := celType(typ)
	if err != nil {
		return nil
	}
	switch zero.(type) {
	case int64:
		switch n := v.(type) {
		case int64:
			return n
		case int:
			return int64(n)
		case float64:
			return int64(n)
		}
	case bool:
		if b, ok := v.(bool); ok {
			return b
		}
	case string:
		if s, ok := v.(string); ok {
			return s
		}
	}
	return zero
}

// eval runs a compiled expression.
func (g *guards) eval(scope, text string, v vars) (ref.Val, error) {
	prg, ok := g.programs[exprKey{scope, text}]
	if !ok {
		return nil, fmt.Errorf("expression was not compiled: %s", text)
	}
	out, _, err := prg.Eval(map[string]any(v))
	if err != nil {
		return nil, fmt.Errorf("%s: %w", text, err)
	}
	return out, nil
}

// holds runs a condition; the empty condition holds.
func (g *guards) holds(scope, text string, v vars) (bool, error) {
	if text == "" {
		return true, nil
	}
	out, err := g.eval(scope, text, v)
	if err != nil {
		return false, err
	}
	return out == types.True, nil
}

// value runs an expression and returns an int64, bool or string.
func (g *guards) value(scope, text string, v vars) (any, error) {
	out, err := g.eval(scope, text, v)
	if err != nil {
		return nil, err
	}
	return out.Value(), nil
}

// list runs an expression over requirements.
func (g *guards) list(scope, text string, v vars) ([]Need, error) {
	out, err := g.eval(scope, text, v)
	if err != nil {
		return nil, err
	}
	native, err := out.ConvertToNative(reflect.TypeFor[[]Need]())
	if err != nil {
		return nil, fmt.Errorf("%s: %w", text, err)
	}
	needs, ok := native.([]Need)
	if !ok {
		return nil, fmt.Errorf("%s: not a list of requirements", text)
	}
	return needs, nil
}
