package workflow

import (
	"fmt"
	"reflect"
	"strings"
	"time"

	"cel.dev/cel-go/cel"
	"cel.dev/cel-go/common/ast"
	"cel.dev/cel-go/common/types"
	"cel.dev/cel-go/common/types/ref"
	"cel.dev/cel-go/ext"
)

// guardCost bounds the work of one expression that loops, so that a definition
// cannot stall the engine. The longest expression of the released definitions
// costs far less for a thousand children.
const guardCost = 1_000_000

// guards holds the compiled expressions of one definition. Expressions of an
// action may also read its inputs, so each action has its own scope.
type guards struct {
	base     *cel.Env
	programs map[exprKey]*program
}

type exprKey struct{ scope, text string }

// program is one compiled expression, or the constant it comes to.
type program struct {
	run   cel.Program
	fixed ref.Val
	typ   *cel.Type
	reads map[string]bool // the variables it names, and the fields with a dot before them
}

// celType returns the type of a fact or input in the guard language.
func celType(name string) (*cel.Type, error) {
	switch name {
	case "int", "department", "requirement", "case", "person", "resource":
		return cel.IntType, nil
	case "departments":
		return cel.ListType(cel.IntType), nil
	case "bool":
		return cel.BoolType, nil
	case "string", "text", "enum", "date":
		return cel.StringType, nil
	}
	return nil, say("unknown type %q", name)
}

// newGuards declares what expressions of d may read: the case's own fields, its
// parts, its requirements and children, and the definition's facts.
func newGuards(d *Definition) (*guards, error) {
	opts := []cel.EnvOption{
		ext.NativeTypes(ext.ParseStructTags(true), reflect.TypeFor[Need](), reflect.TypeFor[Kin]()),
		cel.Variable("id", cel.IntType),
		cel.Variable("actor", cel.IntType),
		cel.Variable("state", cel.StringType),
		cel.Variable("title", cel.StringType),
		cel.Variable("proof", cel.StringType),
		cel.Variable("overdue", cel.BoolType),
		cel.Variable("level_due", cel.BoolType),
		cel.Variable("last_level", cel.BoolType),
		cel.Variable("awaited", cel.IntType),
		cel.Variable("awaited_role", cel.StringType),
		cel.Variable("own_move", cel.BoolType),
		cel.Variable("ended_days", cel.IntType),
		cel.Variable("today", cel.StringType),
		cel.Function("days_after", cel.Overload("days_after_date", []*cel.Type{cel.StringType, cel.IntType}, cel.StringType,
			cel.BinaryBinding(daysAfter))),
		cel.Variable("requirements", cel.ListType(cel.ObjectType("workflow.Need"))),
		cel.Variable("children", cel.ListType(cel.ObjectType("workflow.Kin"))),
	}
	for _, p := range Parts() {
		opts = append(opts, cel.Variable(string(p), cel.IntType))
	}
	for name := range d.Joined {
		opts = append(opts, cel.Variable(joinPrefix+name, cel.BoolType))
	}
	for name, typ := range d.Facts {
		t, err := celType(typ)
		if err != nil {
			return nil, say("fact %s: %v", name, err)
		}
		opts = append(opts, cel.Variable(name, t))
	}
	env, err := cel.NewEnv(opts...)
	if err != nil {
		return nil, err
	}
	return &guards{base: env, programs: map[exprKey]*program{}}, nil
}

// joinPrefix begins the variable that says whether a join is met.
const joinPrefix = "joined."

// scopeOf returns the environment for the expressions of one transition. In a
// loop they also see the variable more: the requirement r, or the department
// dept.
func (g *guards) scopeOf(t *Transition, more ...cel.EnvOption) (*cel.Env, error) {
	opts := more
	for _, f := range t.Inputs {
		typ, err := celType(f.Type)
		if err != nil {
			return nil, say("input %s: %v", f.Name, err)
		}
		opts = append(opts, cel.Variable("input."+f.Name, typ))
	}
	if len(opts) == 0 {
		return g.base, nil
	}
	return g.base.Extend(opts...)
}

// compile checks one expression and keeps its program. want is the type that
// it must have, nil for any.
func (g *guards) compile(scope string, env *cel.Env, text string, want *cel.Type) (*program, error) {
	key := exprKey{scope, text}
	if p, ok := g.programs[key]; ok {
		return p, nil
	}
	checked, iss := env.Compile(text)
	if iss.Err() != nil {
		return nil, fmt.Errorf("%s", firstLine(iss.Err().Error()))
	}
	if want != nil && !checked.OutputType().IsExactType(want) {
		return nil, say("it is a %s, not a %s", checked.OutputType(), want)
	}
	native := checked.NativeRep()
	p := &program{typ: checked.OutputType(), reads: map[string]bool{}}
	for _, r := range native.ReferenceMap() {
		if r.Name != "" {
			p.reads[r.Name] = true
		}
	}
	ast.PostOrderVisit(native.Expr(), ast.NewExprVisitor(func(e ast.Expr) {
		if e.Kind() == ast.SelectKind {
			p.reads["."+e.AsSelect().FieldName()] = true
		}
	}))
	if e := native.Expr(); e.Kind() == ast.LiteralKind {
		p.fixed = e.AsLiteral()
	} else {
		opts := []cel.ProgramOption{cel.EvalOptions(cel.OptOptimize)}
		if loops(e) { // without a loop the work is bounded by the length of the text
			opts = append(opts, cel.CostLimit(guardCost))
		}
		run, err := env.Program(checked, opts...)
		if err != nil {
			return nil, err
		}
		p.run = run
	}
	g.programs[key] = p
	return p, nil
}

func loops(e ast.Expr) bool {
	found := false
	ast.PostOrderVisit(e, ast.NewExprVisitor(func(e ast.Expr) {
		found = found || e.Kind() == ast.ComprehensionKind
	}))
	return found
}

// daysAfter is the function days_after: the date that lies n days after a date,
// by the ordinary calendar.
func daysAfter(date, n ref.Val) ref.Val {
	text, _ := date.Value().(string)
	days, _ := n.Value().(int64)
	day, err := time.Parse(time.DateOnly, text)
	if err != nil {
		return types.NewErr("%q is not a date", text)
	}
	return types.String(day.AddDate(0, 0, int(days)).Format(time.DateOnly))
}

func firstLine(s string) string {
	line, _, _ := strings.Cut(s, "\n")
	return line
}

// eval runs a compiled expression on what v shows.
func (g *guards) eval(scope, text string, v *view) (ref.Val, error) {
	p, ok := g.programs[exprKey{scope, text}]
	if !ok {
		return nil, fmt.Errorf("expression was not compiled: %s", text)
	}
	if p.fixed != nil {
		return p.fixed, nil
	}
	out, _, err := p.run.Eval(v)
	if err != nil {
		return nil, fmt.Errorf("%s: %w", text, err)
	}
	return out, nil
}

// holds runs a condition; the empty condition holds.
func (g *guards) holds(scope, text string, v *view) (bool, error) {
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
func (g *guards) value(scope, text string, v *view) (any, error) {
	out, err := g.eval(scope, text, v)
	if err != nil {
		return nil, err
	}
	return out.Value(), nil
}

// dept runs an expression that names a department.
func (g *guards) dept(scope, text string, v *view) (DeptID, error) {
	out, err := g.value(scope, text, v)
	n, _ := out.(int64) // its type was checked when the definition was
	return DeptID(n), err
}

// depts runs an expression over departments.
func (g *guards) depts(scope, text string, v *view) ([]DeptID, error) {
	out, err := g.eval(scope, text, v)
	if err != nil {
		return nil, err
	}
	native, err := out.ConvertToNative(reflect.TypeFor[[]int64]())
	if err != nil {
		return nil, fmt.Errorf("%s: %w", text, err)
	}
	ids, ok := native.([]int64)
	if !ok {
		return nil, fmt.Errorf("%s: not a list of departments", text)
	}
	list := make([]DeptID, len(ids))
	for i, id := range ids {
		list[i] = DeptID(id)
	}
	return list, nil
}

// list runs an expression over requirements.
func (g *guards) list(scope, text string, v *view) ([]Need, error) {
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
