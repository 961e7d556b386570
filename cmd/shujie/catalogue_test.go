package main

import (
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// TestTheCatalogueGoesThroughAFileAndComesBackTheSame exports the catalogue of
// the demo as both kinds of file, and imports them, as they are and changed.
func TestTheCatalogueGoesThroughAFileAndComesBackTheSame(t *testing.T) {
	for _, g := range grounds(t) {
		t.Run(g.name, func(t *testing.T) {
			run(t, g.environ, "import", filepath.Join("..", "..", "testdata"))
			dir := t.TempDir()
			text, book := filepath.Join(dir, "all.csv"), filepath.Join(dir, "ga.xlsx")
			says := func(want string, args ...string) {
				t.Helper()
				if got := run(t, g.environ, append([]string{"catalogue"}, args...)...); !strings.Contains(got, want) {
					t.Errorf("catalogue %v says %q, want %q", args, got, want)
				}
			}
			says("38 resources written", "export", text)
			says("11 resources written", "export", book, "--provider", "GA")
			says("published: 0 new, 0 changed, 38 unchanged, with 315 information items", "import", text)
			says("0 new, 0 changed, 11 unchanged", "import", book)

			data, err := os.ReadFile(text)
			if err != nil {
				t.Fatal(err)
			}
			write := func(name, from, to string) string {
				t.Helper()
				if !strings.Contains(string(data), from) {
					t.Fatalf("%q is not in the file", from)
				}
				path := filepath.Join(dir, name)
				if err := os.WriteFile(path, []byte(strings.ReplaceAll(string(data), from, to)), 0o600); err != nil {
					t.Fatal(err)
				}
				return path
			}
			next := write("next.csv", "养犬登记与免疫情况。", "养犬登记、免疫与注销情况。")
			says("would be published: 0 new, 1 changed, 37 unchanged", "import", next, "--dry-run")
			says("published: 0 new, 1 changed, 37 unchanged", "import", next)
			says("0 new, 0 changed, 38 unchanged", "import", next)

			cmd := process(t, g.environ, "catalogue", "import", write("bad.csv", "养犬登记信息,318001/000001,城市管理局,CG,养犬登记与免疫情况。,服务接口", "养犬登记信息,318001/000001,城市管理局,XX,另一摘要,光盘"))
			out, err := cmd.CombinedOutput()
			for _, want := range []string{"bad.csv is refused, nothing was loaded", "信息资源提供方代码: there is no such department", "信息资源格式: is not one of"} {
				if err == nil || !strings.Contains(string(out), want) {
					t.Errorf("the refusal (%v) lacks %q: %s", err, want, out)
				}
			}
			says("0 new, 0 changed, 38 unchanged", "import", next, "--dry-run")
		})
	}
}
