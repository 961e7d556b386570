package workflow_test

import (
	"encoding/json"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"unicode/utf8"

	"github.com/shujie-gov/shujie/fault"
	"github.com/shujie-gov/shujie/workflow"
)

// FuzzParse reads any text as a definition. It is refused or it works: whatever
// passes the check can be drawn.
func FuzzParse(f *testing.F) {
	files, err := filepath.Glob("definitions/*.yaml")
	if err != nil || len(files) == 0 {
		f.Fatal(files, err)
	}
	for _, name := range files {
		text, err := os.ReadFile(name)
		if err != nil {
			f.Fatal(err)
		}
		f.Add(string(text))
	}
	f.Add(sound)
	f.Add("states: {a: null}\ntransitions: [null]")
	f.Add("kind: x\nversion: 1\nstates: &a {b: *a}")
	f.Add(strings.Replace(sound, `"!urgent && input.days < 9"`, `"[1,2,3].all(a, [1,2,3].all(b, [1,2,3].all(c, a+b+c > 0)))"`, 1))
	f.Fuzz(func(t *testing.T, text string) {
		d, err := workflow.Parse("fuzz.yaml", []byte(text))
		if err != nil {
			if !strings.Contains(err.Error(), "fuzz.yaml") {
				t.Fatalf("a refusal without its file: %v", err)
			}
			return
		}
		if d.Mermaid() == "" || d.Start() == nil {
			t.Fatal("a definition that passed is empty")
		}
		if svg := d.SVG(d.Initial, "zh"); utf8.ValidString(text) {
			wellFormed(t, svg)
		}
	})
}

// FuzzInputs gives any JSON as the inputs of every action. It is refused as
// Invalid or Conflict, or what the event keeps has the type of its field.
func FuzzInputs(f *testing.F) {
	w := newWorld(f, "2026-03-02 10:00")
	id := toHandling(w, need(11, workflow.Unconditional), need(12, workflow.NoData))
	def := w.engine.Defs.Latest(workflow.Blocker)
	c := w.cases[id]
	f.Add("说明", `{"days": 3, "reason": "hearing"}`)
	f.Add("", `{"to": "4", "requirement": 12, "alternative": "告知承诺"}`)
	f.Add("请协办", `{"to": [4, "5"], "rule": "any"}`)
	f.Add("\x00", `{"days": 1e300, "to": -1, "reason": ["hearing"], "alternative": {"a": 1}}`)
	f.Add(strings.Repeat("长", 2001), `{"to": true, "requirement": null, "days": "30"}`)
	f.Fuzz(func(t *testing.T, note, body string) {
		var fields map[string]any
		if json.Unmarshal([]byte(body), &fields) != nil {
			return
		}
		for _, a := range def.ActionNames() {
			for _, who := range []string{"holder head", "demander head", "hall", "coordinator", "system"} {
				d, err := w.engine.Decide(c, w.people[who], workflow.Input{Action: a, Note: note, Fields: fields})
				if err != nil {
					if fault.KindOf(err) == fault.Internal {
						t.Fatalf("%s by %s: %v", a, who, err)
					}
					continue
				}
				if strings.ContainsRune(d.Event.Note, 0) || utf8.RuneCountInString(d.Event.Note) > 2000 {
					t.Fatalf("%s kept the note %q", a, d.Event.Note)
				}
				for name, v := range d.Event.Data {
					switch v := v.(type) {
					case int64, bool:
					case []int64:
						if slices.Min(append(v, 1)) < 1 || len(v) > 20 {
							t.Fatalf("%s kept %s = %v", a, name, v)
						}
					case string:
						if strings.ContainsRune(v, 0) || !utf8.ValidString(v) {
							t.Fatalf("%s kept %s = %q", a, name, v)
						}
					default:
						t.Fatalf("%s kept %s = %T", a, name, v)
					}
				}
			}
		}
	})
}
