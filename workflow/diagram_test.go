package workflow_test

import (
	"encoding/xml"
	"errors"
	"flag"
	"fmt"
	"io"
	"maps"
	"os"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"testing"

	"github.com/shujie-gov/shujie/workflow"
)

// updating reports whether golden files are to be written: go test -update.
var updating = flag.Bool("update", false, "write the golden files, docs/definitions.md and recorded histories")

// golden compares got with a file, or writes it when the test is run with
// -update.
func golden(t *testing.T, path, got string) {
	t.Helper()
	if *updating {
		if err := os.WriteFile(path, []byte(got), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	want, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	if string(want) != got {
		t.Fatalf("%s differs from the definitions; go test ./workflow -update writes it.\n%s", path, got)
	}
}

func TestMermaidShowsEveryDefinition(t *testing.T) {
	ds := released(t)
	for _, kind := range ds.Kinds() {
		d := ds.Latest(kind)
		text := d.Mermaid()
		golden(t, fmt.Sprintf("../testdata/golden/%s.v%d.mmd", kind, d.Version), text)
		for _, s := range d.StatesInOrder() {
			if !strings.Contains(text, `state "`+d.TitleOf(s).ZH+" "+string(s)+`" as `+string(s)) {
				t.Errorf("%s: the diagram has no %s", kind, s)
			}
		}
	}
}

func TestTheDocumentOfTheDefinitionsIsWhatTheyAre(t *testing.T) {
	golden(t, "../docs/definitions.md", document(released(t)))
}

// document writes docs/definitions.md.
func document(ds *workflow.Definitions) string {
	var b strings.Builder
	b.WriteString("# Definitions\n\n" +
		"Written by `go test ./workflow -update` from `workflow/definitions/*.yaml`; do not edit. What the words of a definition mean is said in the package documentation of `workflow`.\n")
	for _, kind := range ds.Kinds() {
		d := ds.Latest(kind)
		fmt.Fprintf(&b, "\n## %s %s, version %d\n\n```mermaid\n%s```\n", d.Title.ZH, kind, d.Version, d.Mermaid())
		b.WriteString("\n### States\n\n| state | 名称 | title | time of | clock | waits for |\n|---|---|---|---|---|---|\n")
		for _, s := range d.StatesInOrder() {
			st := d.States[s]
			fmt.Fprintf(&b, "| `%s`%s | %s | %s | %s | %s | %s |\n", s, mark(st), st.Title.ZH, st.Title.EN, charges(st), st.Clock, waits(st))
		}
		b.WriteString("\n### Actions\n\n| action | 名称 | from | to | by | guards | what follows |\n|---|---|---|---|---|---|---|\n")
		for _, t := range d.Transitions {
			fmt.Fprintf(&b, "| `%s`%s | %s | %s | %s | %s | %s | %s |\n", t.Action, auto(t), t.Title.ZH, joined(t.From), t.To, joined(t.Seats()), reasons(t), effects(t))
		}
		if len(d.Joined) > 0 {
			b.WriteString("\n### Joins\n\n| join | 名称 | children | done in | rule | how many | round |\n|---|---|---|---|---|---|---|\n")
			for _, name := range slices.Sorted(maps.Keys(d.Joined)) {
				j := d.Joined[name]
				fmt.Fprintf(&b, "| `joined.%s` | %s | %s | %s | `%s`: %s | `%s` | `%s` |\n", name, j.Title.ZH, j.Kind, joined(j.Done), j.Rule, strings.Join(workflow.JoinRules(), ", "), j.Need, j.Round)
			}
		}
		if len(d.Clocks) > 0 {
			b.WriteString("\n### Clocks\n\n| clock | 名称 | working days | extension | source |\n|---|---|---|---|---|\n")
			for _, name := range clocks(d) {
				c := d.Clocks[name]
				fmt.Fprintf(&b, "| `%s` | %s | %s | %s | %s |\n", name, c.Title.ZH, limits(c), some(c.Extend), c.Source.ZH)
			}
		}
	}
	return b.String()
}

func mark(st *workflow.StateOf) string {
	switch {
	case st.Final:
		return " (end)"
	case st.Goal:
		return " (goal)"
	case st.Pause:
		return " (pause)"
	}
	return ""
}

func auto(t *workflow.Transition) string {
	if t.Auto {
		return " (automatic)"
	}
	return ""
}

func some(n int) string {
	if n == 0 {
		return ""
	}
	return "+" + strconv.Itoa(n)
}

func joined[T any](list []T) string {
	words := make([]string, len(list))
	for i, v := range list {
		words[i] = fmt.Sprint(v)
	}
	return strings.Join(words, ", ")
}

func under(when, what string) string {
	if when == "" {
		return what
	}
	return what + " if `" + strings.ReplaceAll(when, "|", `\|`) + "`"
}

func charges(st *workflow.StateOf) string {
	var list []string
	for _, c := range st.Charge {
		list = append(list, under(c.When, c.To))
	}
	return strings.Join(list, "; else ")
}

func waits(st *workflow.StateOf) string {
	var list []string
	for _, w := range st.Waits {
		list = append(list, under(w.When, w.For))
	}
	return strings.Join(list, "; else ")
}

func limits(c workflow.Clock) string {
	var list []string
	for _, l := range c.Limits {
		what := strconv.Itoa(l.Days)
		if l.Fact != "" {
			what = "as " + l.Fact + " says"
		}
		list = append(list, under(l.When, what))
	}
	return strings.Join(list, "; else ")
}

func clocks(d *workflow.Definition) []string {
	var list []string
	seen := map[string]bool{"": true}
	for _, s := range d.StatesInOrder() {
		if c := d.States[s].Clock; !seen[c] {
			seen[c] = true
			list = append(list, c)
		}
	}
	return list
}

func reasons(t *workflow.Transition) string {
	var list []string
	for _, g := range t.Guards {
		list = append(list, g.Name)
	}
	return strings.Join(list, ", ")
}

func effects(t *workflow.Transition) string {
	var list []string
	for _, e := range t.Effects {
		what := e.Do
		if e.Do == workflow.EffectNotify {
			what += " " + strings.Join(e.To, " ")
		}
		if e.Do == workflow.EffectOpen {
			what += " " + string(e.Kind)
		}
		list = append(list, what)
	}
	return strings.Join(list, "; ")
}

// number finds the coordinates of a drawing.
var number = regexp.MustCompile(`-?\d+(\.\d+)?`)

func TestTheDrawingIsCleanAndFitsAPhone(t *testing.T) {
	ds := released(t)
	for _, kind := range ds.Kinds() {
		d := ds.Latest(kind)
		for _, lang := range []string{"zh", "en"} {
			for _, s := range append(d.StatesInOrder(), "") {
				svg := d.SVG(s, lang)
				if svg != d.SVG(s, lang) {
					t.Fatalf("%s: drawn twice, it differs", kind)
				}
				wellFormed(t, svg)
				for _, bad := range []string{"style=", "<script", "<style", "onload", "href", "NaN", "Inf"} {
					if strings.Contains(svg, bad) {
						t.Fatalf("%s: the drawing has %q in it", kind, bad)
					}
				}
				if got := strings.Count(svg, `class="state present`); (s != "") != (got == 1) {
					t.Fatalf("%s in %q: %d states are lit", kind, s, got)
				}
				if !strings.Contains(svg, `role="img"`) || s != "" && !strings.Contains(svg, d.TitleOf(s).In(lang)) {
					t.Fatalf("%s in %s does not say what it shows", kind, s)
				}
				if w := width(t, svg); w > 360 {
					t.Fatalf("%s is %g wide", kind, w)
				}
			}
		}
	}
}

func wellFormed(t *testing.T, svg string) {
	t.Helper()
	dec := xml.NewDecoder(strings.NewReader(svg))
	for {
		if _, err := dec.Token(); errors.Is(err, io.EOF) {
			return
		} else if err != nil {
			t.Fatalf("not well formed: %v\n%s", err, svg)
		}
	}
}

func width(t *testing.T, svg string) float64 {
	t.Helper()
	box := number.FindAllString(svg[strings.Index(svg, "viewBox"):], 3)
	w, err := strconv.ParseFloat(box[2], 64)
	if err != nil {
		t.Fatal(err)
	}
	return w
}

func TestTheDrawingMarksWhatEveryCasePassed(t *testing.T) {
	d := released(t).Latest(workflow.Blocker)
	svg := d.SVG("suspended", "zh")
	if got := strings.Count(svg, `class="state past`); got != 4 {
		t.Fatalf("%d states are past, want filed, accepted, dispatched and handling", got)
	}
	if !strings.Contains(svg, "<title>办理中 → 挂起: 挂起</title>") {
		t.Fatal("an arrow does not name its action")
	}
	if svg = d.SVG("rejected", "en"); strings.Count(svg, `class="state past`) != 1 || !strings.Contains(svg, "now: Rejected") {
		t.Fatal("a rejected case passed filed only")
	}
}
