package workflow_test

import (
	"crypto/sha256"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// pinFile holds the hash of each definition that ships with the program, in the
// form of sha256sum. A line that ends with "# since VERSION" is of a release:
// -update leaves it alone, and its file must never change again.
const pinFile = "../testdata/definitions.sum"

type pin struct{ sum, since string }

func pins(t *testing.T, text string) map[string]pin {
	t.Helper()
	all := map[string]pin{}
	for line := range strings.Lines(text) {
		line = strings.TrimSpace(line)
		if line == "" || strings.HasPrefix(line, "#") {
			continue
		}
		entry, since, _ := strings.Cut(line, "# since ")
		sum, file, ok := strings.Cut(strings.TrimSpace(entry), "  ")
		if !ok {
			t.Fatalf("%s: %q is no line of sha256sum", pinFile, line)
		}
		all[file] = pin{sum, strings.TrimSpace(since)}
	}
	return all
}

// broken lists what differs between the pins and the files, name → hash.
func broken(pinned map[string]pin, files map[string]string) []string {
	var list []string
	for file, sum := range files {
		switch p, ok := pinned[file]; {
		case !ok:
			list = append(list, file+" has no pin: go test ./workflow -update")
		case p.sum != sum && p.since != "":
			list = append(list, file+" was released with "+p.since+" and must not change: write the next version")
		case p.sum != sum:
			list = append(list, file+" is not what was pinned: go test ./workflow -update")
		}
	}
	for file := range pinned {
		if _, ok := files[file]; !ok {
			list = append(list, file+" is pinned and gone; cases may live in it")
		}
	}
	return list
}

func TestReleasedDefinitionsAreFrozen(t *testing.T) {
	text, err := os.ReadFile(pinFile)
	if err != nil && !*updating {
		t.Fatal(err)
	}
	pinned := pins(t, string(text))
	names, err := filepath.Glob("definitions/*.yaml")
	if err != nil || len(names) == 0 {
		t.Fatal("no definitions", err)
	}
	files, out := map[string]string{}, "# The hash of each definition that ships with the program. With a release its lines\n"+
		"# get \"# since VERSION\" at the end: from then on the file is frozen, and\n# go test ./workflow -update leaves its pin alone. Check by hand: sha256sum -c.\n"
	for _, name := range names {
		data, err := os.ReadFile(name)
		if err != nil {
			t.Fatal(err)
		}
		file := "workflow/" + filepath.ToSlash(name)
		files[file] = fmt.Sprintf("%x", sha256.Sum256(data))
		if p := pinned[file]; p.since != "" {
			out += p.sum + "  " + file + "  # since " + p.since + "\n"
		} else {
			out += files[file] + "  " + file + "\n"
		}
	}
	if *updating {
		if err := os.WriteFile(pinFile, []byte(out), 0o600); err != nil {
			t.Fatal(err)
		}
		pinned = pins(t, out)
	}
	for _, why := range broken(pinned, files) {
		t.Error(why)
	}
}

func TestAReleasedDefinitionCannotBeEditedInPlace(t *testing.T) {
	pinned := pins(t, "# head\naa  workflow/definitions/a.v1.yaml  # since 1.0.0\nbb  workflow/definitions/b.v1.yaml\n")
	got := strings.Join(broken(pinned, map[string]string{"workflow/definitions/a.v1.yaml": "a2", "workflow/definitions/b.v1.yaml": "bb"}), "\n")
	if got != "workflow/definitions/a.v1.yaml was released with 1.0.0 and must not change: write the next version" {
		t.Errorf("it says %q", got)
	}
	if got := broken(pinned, map[string]string{"workflow/definitions/b.v1.yaml": "bb"}); len(got) != 1 || !strings.Contains(got[0], "gone") {
		t.Errorf("a pinned file that is gone: %q", got)
	}
}
