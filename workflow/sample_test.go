package workflow_test

import (
	"bytes"
	"os"
	"regexp"
	"slices"
	"testing"

	"gopkg.in/yaml.v3"

	"github.com/shujie-gov/shujie/workflow"
)

// sampleFile is a second version of the blocker for tests and for trying out an
// upload: it renames a state (accepted → admitted), drops one (suspended), gives
// three working days for handling instead of five, lets only the head sign, and
// has a new fact. It is made of version 1, so that it follows what that becomes
// until it is released.
const sampleFile = "../testdata/definitions/blocker.v2.yaml"

// sampleV2 makes the second version of the text of the first.
func sampleV2(tb testing.TB, v1 string) []byte {
	tb.Helper()
	v1 = regexp.MustCompile(`\baccepted\b`).ReplaceAllString(v1, "admitted")
	var doc struct {
		Kind        string           `yaml:"kind"`
		Version     int              `yaml:"version"`
		Title       yaml.Node        `yaml:"title"`
		Initial     string           `yaml:"initial"`
		Facts       yaml.Node        `yaml:"facts"`
		Clocks      yaml.Node        `yaml:"clocks"`
		States      yaml.Node        `yaml:"states"`
		Joins       yaml.Node        `yaml:"joins"`
		Escalate    yaml.Node        `yaml:"escalate"`
		Transitions []map[string]any `yaml:"transitions"`
	}
	if err := yaml.Unmarshal([]byte(v1), &doc); err != nil {
		tb.Fatal(err)
	}
	doc.Version = 2
	drop := func(n *yaml.Node, key string) {
		for i := 0; i+1 < len(n.Content); i += 2 {
			if n.Content[i].Value == key {
				n.Content = slices.Delete(n.Content, i, i+2)
				return
			}
		}
		tb.Fatalf("version 1 has no %s", key)
	}
	drop(&doc.States, "suspended")
	drop(&doc.Clocks, "suspend")
	set := func(n *yaml.Node, thing, key, text string) {
		for i := 0; i+1 < len(n.Content); i += 2 {
			if n.Content[i].Value != thing {
				continue
			}
			for j, of := 0, n.Content[i+1]; j+1 < len(of.Content); j += 2 {
				if of.Content[j].Value == key {
					var val yaml.Node
					if err := yaml.Unmarshal([]byte(text), &val); err != nil {
						tb.Fatal(err)
					}
					of.Content[j+1] = val.Content[0]
					return
				}
			}
		}
		tb.Fatalf("version 1 has no %s of %s", key, thing)
	}
	set(&doc.Clocks, "handle", "limits", "[{days: 3}]")
	set(&doc.States, "dispatched", "waits", "[{for: lead/dept_head}]")
	doc.Facts.Content = append(doc.Facts.Content,
		&yaml.Node{Kind: yaml.ScalarNode, Value: "priority"}, &yaml.Node{Kind: yaml.ScalarNode, Value: "int"})
	var kept []map[string]any
	for _, tr := range doc.Transitions {
		from, _ := tr["from"].([]any)
		left := slices.DeleteFunc(slices.Clone(from), func(s any) bool { return s == "suspended" })
		if tr["to"] == "suspended" || len(from) > 0 && len(left) == 0 {
			continue
		}
		if len(from) > 0 {
			tr["from"] = left
		}
		if tr["action"] == "sign" {
			tr["by"] = []string{"lead/dept_head"}
		}
		kept = append(kept, tr)
	}
	doc.Transitions = kept
	var out bytes.Buffer
	out.WriteString("# A sample for tests and for trying out an upload, made of blocker.v1.yaml by\n# go test ./workflow -update; see workflow/sample_test.go.\n")
	enc := yaml.NewEncoder(&out)
	enc.SetIndent(2)
	if err := enc.Encode(doc); err != nil {
		tb.Fatal(err)
	}
	return out.Bytes()
}

// sample reads the second version of the blocker.
func sample(tb testing.TB) *workflow.Definition {
	tb.Helper()
	text, err := os.ReadFile(sampleFile)
	if *updating { // the file is not written yet
		text, err = sampleV2(tb, released(tb).Get(workflow.Blocker, 1).Text()), nil
	}
	if err != nil {
		tb.Fatal(err)
	}
	d, err := workflow.Parse("blocker.v2.yaml", text)
	if err != nil {
		tb.Fatal(err)
	}
	return d
}

// withSample returns the released definitions and the sample.
func withSample(tb testing.TB) *workflow.Definitions {
	tb.Helper()
	ds, err := released(tb).With(sample(tb))
	if err != nil {
		tb.Fatal(err)
	}
	return ds
}

func TestTheSampleIsMadeOfTheFirstVersion(t *testing.T) {
	want := sampleV2(t, released(t).Get(workflow.Blocker, 1).Text())
	if *updating {
		if err := os.WriteFile(sampleFile, want, 0o600); err != nil {
			t.Fatal(err)
		}
	}
	have, err := os.ReadFile(sampleFile)
	if err != nil {
		t.Fatal(err)
	}
	if !bytes.Equal(have, want) {
		t.Fatalf("%s is not what blocker.v1.yaml makes of it: go test ./workflow -update", sampleFile)
	}
	if d := withSample(t).Latest(workflow.Blocker); d.Version != 2 {
		t.Errorf("new blockers begin in version %d, want 2", d.Version)
	}
}
