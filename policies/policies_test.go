package policies

import (
	"encoding/csv"
	"errors"
	"flag"
	"os"
	"slices"
	"strconv"
	"strings"
	"sync"
	"testing"

	"pgregory.net/rapid"

	"github.com/shujie-gov/shujie/fault"
	"github.com/shujie-gov/shujie/workflow"
)

var update = flag.Bool("update", false, "rewrite testdata/access.csv")

const goldenFile = "../testdata/access.csv"

// The policy is what the engine asks.
var _ workflow.Policy = (*Policy)(nil)

// Both are immutable, so the tests share them.
var (
	theDefinitions = sync.OnceValues(workflow.Released)
	thePolicy      = sync.OnceValues(func() (*Policy, error) {
		defs, err := theDefinitions()
		if err != nil {
			return nil, err
		}
		return New(defs)
	})
)

func released(tb testing.TB) *workflow.Definitions {
	tb.Helper()
	defs, err := theDefinitions()
	if err != nil {
		tb.Fatal(err)
	}
	return defs
}

func policy(tb testing.TB) *Policy {
	tb.Helper()
	p, err := thePolicy()
	if err != nil {
		tb.Fatal(err)
	}
	return p
}

// golden reads the access matrix as people reviewed it.
func golden(t *testing.T) map[[3]string]bool {
	t.Helper()
	f, err := os.Open(goldenFile)
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	rows, err := csv.NewReader(f).ReadAll()
	if err != nil {
		t.Fatal(err)
	}
	if !slices.Equal(rows[0], []string{"role", "kind", "action", "allow"}) {
		t.Fatalf("the header is %v", rows[0])
	}
	m := map[[3]string]bool{}
	for i, row := range rows[1:] {
		key := [3]string{row[0], row[1], row[2]}
		if _, twice := m[key]; twice {
			t.Errorf("row %d: the cell %v is there twice", i+2, key)
		}
		allow, err := strconv.ParseBool(row[3])
		if err != nil {
			t.Errorf("row %d: %v", i+2, err)
		}
		m[key] = allow
	}
	return m
}

func TestTheMatrixIsTheGoldenFile(t *testing.T) {
	p := policy(t)
	var b strings.Builder
	b.WriteString("role,kind,action,allow\n")
	for _, c := range p.Matrix() {
		b.WriteString(strings.Join([]string{string(c.Role), string(c.Kind), string(c.Act), strconv.FormatBool(c.Allow)}, ",") + "\n")
	}
	if *update {
		if err := os.WriteFile(goldenFile, []byte(b.String()), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	want, err := os.ReadFile(goldenFile)
	if err != nil {
		t.Fatal(err)
	}
	have, lines := strings.Split(b.String(), "\n"), strings.Split(string(want), "\n")
	for i := range max(len(have), len(lines)) {
		var h, w string
		if i < len(have) {
			h = have[i]
		}
		if i < len(lines) {
			w = lines[i]
		}
		if h != w {
			t.Fatalf("%s line %d: the policy says %q, the file %q; after a review: go test ./policies -update", goldenFile, i+1, h, w)
		}
	}
}

func TestNoCellOfTheMatrixIsMissing(t *testing.T) {
	m, defs := golden(t), released(t)
	want := 0
	cover := func(kind workflow.Kind, acts []workflow.Action) {
		for _, role := range workflow.Roles() {
			for _, act := range acts {
				want++
				if _, ok := m[[3]string{string(role), string(kind), string(act)}]; !ok {
					t.Errorf("no cell for %s %s %s", role, kind, act)
				}
			}
		}
	}
	for _, kind := range defs.Kinds() {
		cover(kind, append(defs.Latest(kind).ActionNames(), Read))
	}
	others := map[workflow.Kind][]workflow.Action{
		Catalogue: {Read, "propose", "write"}, Office: {Read, "write"}, Batch: {Read, "create"}, Receipt: {Read}, Notice: {Read},
		Report: {Read, "export"}, Definition: {Read, "check", "write"}, User: {Read, "manage"}, Right: {Read, "grant"},
		Configuration: {Read, "write"}, Log: {Read}, Job: {Read, "revive"}, Metrics: {Read}, Watch: {Read}, Workload: {Read}, Routing: {Read, "write", "activate"},
		Calendar: {Read, "write", "apply"},
	}
	for kind, acts := range others {
		cover(kind, acts)
	}
	if len(m) != want {
		t.Errorf("the file has %d cells, the vocabulary %d", len(m), want)
	}
}

func TestAllowAgreesWithTheGoldenFileCellByCell(t *testing.T) {
	p := policy(t)
	for key, allow := range golden(t) {
		role, kind, act := workflow.Role(key[0]), workflow.Kind(key[1]), workflow.Action(key[2])
		err := p.Allow(role, role.Domain(), kind, act)
		if (err == nil) != allow {
			t.Errorf("%v: allow is %v, the golden file says %v", key, err == nil, allow)
		}
		for _, domain := range []workflow.Domain{workflow.InDepartment, workflow.InRegion, workflow.Everywhere, ""} {
			if domain != role.Domain() && p.Allow(role, domain, kind, act) == nil {
				t.Errorf("%v is allowed in domain %q, where the role cannot be held", key, domain)
			}
		}
		if err != nil {
			refused(t, err, "p, "+key[0]+", "+string(role.Domain())+", "+key[1]+", "+key[2])
		}
	}
}

// refused checks that a refusal tells a person in both languages what rule they
// lack.
func refused(t *testing.T, err error, rule string) {
	t.Helper()
	f := (*fault.Error)(nil)
	if !errors.As(err, &f) || f.Kind != fault.Forbidden || f.Rule != rule || f.Text.ZH == "" || f.Text.EN == "" {
		t.Errorf("refusal %#v, want Forbidden with the rule %q and a sentence in both languages", f, rule)
	}
}

func TestEveryRoleMaySomethingAndNotEverything(t *testing.T) {
	grants, denials := map[workflow.Role]int{}, map[workflow.Role]int{}
	for _, c := range policy(t).Matrix() {
		if c.Allow {
			grants[c.Role]++
		} else {
			denials[c.Role]++
		}
	}
	for _, r := range workflow.Roles() {
		if grants[r] == 0 || denials[r] == 0 {
			t.Errorf("%s: %d grants, %d denials", r, grants[r], denials[r])
		}
	}
}

func TestTheAdministratorsAreSeparated(t *testing.T) {
	p := policy(t)
	business := append([]workflow.Kind{Catalogue, Batch, Receipt, Notice, Report}, released(t).Kinds()...)
	own := map[workflow.Role]cell{
		workflow.SysAdmin: {kind: User, act: "manage"},
		workflow.SecAdmin: {kind: Right, act: "grant"},
		workflow.Auditor:  {kind: Log, act: Read},
	}
	for _, c := range p.Matrix() {
		if _, admin := own[c.Role]; admin && c.Allow && slices.Contains(business, c.Kind) {
			t.Errorf("%s may %s %s, which is business data", c.Role, c.Act, c.Kind)
		}
	}
	for role, c := range own {
		if err := p.Allow(role, workflow.Everywhere, c.kind, c.act); err != nil {
			t.Errorf("%s lacks its own work: %v", role, err)
		}
	}
	for role, c := range map[workflow.Role]cell{
		workflow.SysAdmin: {kind: Right, act: "grant"},
		workflow.SecAdmin: {kind: User, act: "manage"},
		workflow.Auditor:  {kind: Right, act: "grant"},
	} {
		if p.Allow(role, workflow.Everywhere, c.kind, c.act) == nil {
			t.Errorf("%s may %s %s, which is another administrator's", role, c.act, c.kind)
		}
	}
}

func TestWhatIsNotKnownIsDenied(t *testing.T) {
	p := policy(t)
	matrix := map[cell]bool{}
	for c := range p.cells() {
		matrix[c] = true
	}
	roles, kinds, acts := []string{"", "root"}, []string{"", "*", "case"}, []string{"", "*", ".*", "delete"}
	for c := range matrix {
		roles, kinds, acts = append(roles, string(c.role)), append(kinds, string(c.kind)), append(acts, string(c.act))
	}
	word := func(known []string) *rapid.Generator[string] {
		return rapid.OneOf(rapid.SampledFrom(known), rapid.String())
	}
	rapid.Check(t, func(r *rapid.T) {
		c := cell{
			workflow.Role(word(roles).Draw(r, "role")),
			workflow.Domain(word([]string{"department", "region", "everywhere", ""}).Draw(r, "domain")),
			workflow.Kind(word(kinds).Draw(r, "kind")), workflow.Action(word(acts).Draw(r, "act")),
		}
		if err := p.Allow(c.role, c.domain, c.kind, c.act); err == nil && !matrix[c] {
			r.Fatalf("%v is allowed and is no cell of the matrix", c)
		}
	})
}

func TestAnyOfTheActorsRolesIsEnough(t *testing.T) {
	p := policy(t)
	a := workflow.Actor{Grants: []workflow.Grant{{Role: workflow.HallStaff, Dept: 1}, {Role: workflow.Coordinator, Region: "320000"}}}
	if err := p.Can(a, Batch, "create"); err != nil {
		t.Errorf("a coordinator may create batches: %v", err)
	}
	refused(t, p.Can(a, User, "manage"), "p, hall_staff, department, user, manage")
	refused(t, p.Can(workflow.Actor{}, workflow.Blocker, "file"), "p, ?, ?, blocker, file")
}

func TestARefusalSpeaksToThePerson(t *testing.T) {
	err := policy(t).Allow(workflow.HallStaff, workflow.InDepartment, workflow.Blocker, "resolve")
	f := (*fault.Error)(nil)
	if !errors.As(err, &f) {
		t.Fatal(err)
	}
	if f.Text.ZH != "大厅人员没有「堵点」的「办结」权限。" || f.Text.EN != `The role "hall staff" may not "Resolve" on "Blocker".` {
		t.Errorf("it says %+v", f.Text)
	}
}

func TestAPolicyThatDoesNotFitIsRefused(t *testing.T) {
	defs := released(t)
	without := func(line string) string {
		if !strings.Contains(policyCSV, line+"\n") {
			t.Fatalf("the policy has no line %q", line)
		}
		return strings.Replace(policyCSV, line+"\n", "", 1)
	}
	for name, tt := range map[string]struct{ csv, says string }{
		"a role nobody knows":          {policyCSV + "p, mayor, region, blocker, accept\n", `unknown role or group "mayor"`},
		"a group without members":      {policyCSV + "p, clerks, region, blocker, read\n", `unknown role or group "clerks"`},
		"a kind nobody knows":          {policyCSV + "p, coordinator, region, bloker, accept\n", `unknown kind "bloker"`},
		"an action nobody knows":       {policyCSV + "p, coordinator, region, blocker, acept\n", `blocker has no act "acept"`},
		"a role in another domain":     {policyCSV + "p, coordinator, everywhere, blocker, accept\n", `held in domain "region", not in "everywhere"`},
		"a member in another domain":   {policyCSV + "g, coordinator, business, everywhere\n", `held in domain "region", not in "everywhere"`},
		"a role used as a group":       {policyCSV + "g, dept_head, coordinator, department\n", "coordinator is a role, not a group"},
		"a row of another shape":       {policyCSV + "p, coordinator, blocker, accept\n", "it must be"},
		"the same row twice":           {policyCSV + "g, coordinator, business, region\n", "the same rule as line"},
		"broken quotes":                {policyCSV + "p, \"coordinator\n", "policy:"},
		"a seat without its rule":      {without("p, coordinator, region, blocker, accept"), `there is no rule "p, coordinator, region, blocker, accept"`},
		"a rule without a seat":        {policyCSV + "p, hall_staff, department, blocker, resolve\n", `the rule "p, hall_staff, department, blocker, resolve" has no seat`},
		"an administrator in business": {policyCSV + "p, auditor, everywhere, batch, read\n", "lets an administrator into business data"},
	} {
		t.Run(name, func(t *testing.T) {
			if _, err := load(defs, modelConf, tt.csv); err == nil || !strings.Contains(err.Error(), tt.says) {
				t.Errorf("the refusal is %v, want %q", err, tt.says)
			}
		})
	}
	if _, err := load(defs, "[matchers]\nm = nothing", policyCSV); err == nil {
		t.Error("a broken model was accepted")
	}
	if _, err := load(defs, strings.Replace(modelConf, "g(r.sub, p.sub, r.dom)", "g(r.sub)", 1), policyCSV); err == nil {
		t.Error("an error of casbin did not deny")
	}
}

func TestALiveDefinitionIsHeldToTheMatrix(t *testing.T) {
	p, text := policy(t), released(t).Latest(workflow.Assist).Text()
	parse := func(text string) *workflow.Definition {
		d, err := workflow.Parse("assist.v2.yaml", []byte(text))
		if err != nil {
			t.Fatal(err)
		}
		return d
	}
	if list := workflow.Refusals(p.Fits(parse(text))); len(list) != 0 {
		t.Errorf("a released definition: %v", list)
	}
	list := workflow.Refusals(p.Fits(parse(strings.Replace(text, "by: [lead/dept_handler, lead/dept_head]", "by: [filer/hall_staff, lead/dept_head]", 1))))
	if len(list) != 1 || !strings.Contains(list[0].Text.ZH, "p, hall_staff, department, assist, sign") || list[0].Action != "sign" || list[0].Line == 0 {
		t.Errorf("a seat without its rule: %v", list)
	}
	list = workflow.Refusals(p.Fits(parse(strings.Replace(text, "action: finish", "action: finalise", 1))))
	if len(list) == 0 || !strings.Contains(list[0].Text.EN, "assist, finalise") {
		t.Errorf("an action that the policy does not know: %v", list)
	}
}

func BenchmarkAllow(b *testing.B) {
	p := policy(b)
	b.ReportAllocs()
	for b.Loop() {
		if err := p.Allow(workflow.DeptHead, workflow.InDepartment, workflow.Blocker, "resolve"); err != nil {
			b.Fatal(err)
		}
	}
}

// BenchmarkEnforce is what Allow would cost without the matrix.
func BenchmarkEnforce(b *testing.B) {
	rs, err := read(policyCSV, words(released(b)))
	if err != nil {
		b.Fatal(err)
	}
	e, err := enforcer(modelConf, rs)
	if err != nil {
		b.Fatal(err)
	}
	b.ReportAllocs()
	for b.Loop() {
		if ok, err := e.Enforce("dept_head", "department", "blocker", "resolve"); err != nil || !ok {
			b.Fatal(ok, err)
		}
	}
}

func BenchmarkNew(b *testing.B) {
	defs := released(b)
	for b.Loop() {
		if _, err := New(defs); err != nil {
			b.Fatal(err)
		}
	}
}
