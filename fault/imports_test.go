package fault_test

import (
	"fmt"
	"go/parser"
	"go/token"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"testing"

	"gopkg.in/yaml.v3"
)

const module = "github.com/shujie-gov/shujie"

// rooms is the import table of docs/design.md: which rooms a room may import.
// cmd joins the parts and may import all of them; testdata is data for cmd and
// for tests.
var rooms = map[string][]string{
	"fault":    {},
	"workflow": {"fault"},
	"exchange": {"fault"},
	"web":      {"fault"},
	"sheet":    {"fault"},
	"models":   {"workflow", "fault"},
	"policies": {"workflow", "fault"},
	"jobs":     {"exchange", "models", "workflow", "fault"},
	"handlers": {"web", "sheet", "models", "workflow", "fault"},
	"cmd":      {"fault", "workflow", "exchange", "web", "models", "policies", "jobs", "handlers", "sheet", "testdata"},
	"testdata": {},
}

// strangers are the rooms that may import only what is listed here, beside the
// standard library.
var strangers = map[string][]string{
	"fault": {},
	"workflow": {
		"gopkg.in/yaml.v3", "cel.dev/cel-go", "cel.dev/expr",
		"google.golang.org/protobuf", "google.golang.org/genproto",
	},
	"testdata": {},
}

// banned is what pure rooms do not take from the standard library.
var banned = map[string][]string{
	"workflow": {"database/sql", "net/http", "os"},
}

// homes says in which rooms a library lives; cmd and tests may use it too.
var homes = map[string][]string{
	"github.com/gin-gonic/gin":  {"handlers"},
	"gorm.io":                   {"models"},
	"github.com/glebarez":       {"models"},
	"github.com/jackc/pgx":      {"models"},
	"github.com/pressly/goose":  {"models"},
	"database/sql":              {"models"},
	"github.com/hibiken/asynq":  {"jobs"},
	"github.com/redis/go-redis": {"jobs"},
	"github.com/casbin":         {"policies"},
	"github.com/emmansun/gmsm":  {"models", "exchange"},
	"github.com/piglig/go-qr":   {"web"},
	"github.com/xuri/excelize":  {"sheet"},
	"modernc.org/sqlite":        {},
}

func TestNoRoomImportsWhatItMayNot(t *testing.T) {
	root := filepath.Join("..")
	seen := 0
	err := filepath.WalkDir(root, func(path string, d fs.DirEntry, err error) error {
		if err != nil {
			return err
		}
		name := d.Name()
		if d.IsDir() {
			if path != root && (strings.HasPrefix(name, ".") || name == "node_modules") {
				return filepath.SkipDir
			}
			return nil
		}
		rel, err := filepath.Rel(root, path)
		if err != nil {
			return err
		}
		rel = filepath.ToSlash(rel)
		if !strings.HasSuffix(rel, ".go") || strings.HasSuffix(rel, "_test.go") {
			return nil
		}
		file, err := parser.ParseFile(token.NewFileSet(), path, nil, parser.ImportsOnly)
		if err != nil {
			return err
		}
		seen++
		for _, spec := range file.Imports {
			imp, err := strconv.Unquote(spec.Path.Value)
			if err != nil {
				return fmt.Errorf("%s: %w", rel, err)
			}
			if why := refused(rel, imp); why != "" {
				t.Errorf("%s imports %s: %s", rel, imp, why)
			}
		}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	if seen == 0 {
		t.Fatal("no Go file was looked at")
	}
}

// refused says why the file may not import imp, or "".
func refused(file, imp string) string {
	room, _, inRoom := strings.Cut(file, "/")
	if !inRoom {
		return "" // a file beside go.mod joins nothing: it is excluded by its build tag
	}
	allowed, known := rooms[room]
	if !known {
		return "there is no room " + room + "; add it to docs/design.md first"
	}
	if other, ok := strings.CutPrefix(imp, module+"/"); ok {
		other, _, _ = strings.Cut(other, "/")
		if other != room && !slices.Contains(allowed, other) {
			return fmt.Sprintf("%s may import %s only", room, strings.Join(allowed, ", "))
		}
		return ""
	}
	first, _, _ := strings.Cut(imp, "/")
	if only, strict := strangers[room]; strict && strings.Contains(first, ".") && !below(imp, only) {
		return room + " may not use this library"
	}
	if below(imp, banned[room]) {
		return room + " is pure"
	}
	for lib, home := range homes {
		if below(imp, []string{lib}) && room != "cmd" && !slices.Contains(home, room) {
			return fmt.Sprintf("its home is %v", home)
		}
	}
	return ""
}

func below(imp string, prefixes []string) bool {
	return slices.ContainsFunc(prefixes, func(p string) bool { return imp == p || strings.HasPrefix(imp, p+"/") })
}

func TestTheImportRuleRefuses(t *testing.T) {
	for name, tt := range map[string]struct {
		file, imp string
		refused   bool
	}{
		"models asks workflow":                 {"models/case.go", module + "/workflow", false},
		"models asks handlers":                 {"models/case.go", module + "/handlers", true},
		"jobs asks exchange":                   {"jobs/fetch.go", module + "/exchange", false},
		"jobs asks policies":                   {"jobs/fetch.go", module + "/policies", true},
		"web asks models":                      {"web/web.go", module + "/models", true},
		"web asks fault":                       {"web/web.go", module + "/fault", false},
		"a package inside a room asks another": {"models/modelstest/suite.go", module + "/jobs", true},
		"a package inside a room asks its own": {"models/modelstest/suite.go", module + "/models", false},
		"workflow uses its guard language":     {"workflow/guard.go", "cel.dev/cel-go/cel", false},
		"workflow uses gorm":                   {"workflow/guard.go", "gorm.io/gorm", true},
		"workflow reads files":                 {"workflow/load.go", "os", true},
		"workflow embeds files":                {"workflow/load.go", "embed", false},
		"fault uses a library":                 {"fault/fault.go", "gopkg.in/yaml.v3", true},
		"gin at home":                          {"handlers/routes.go", "github.com/gin-gonic/gin", false},
		"gin elsewhere":                        {"web/web.go", "github.com/gin-gonic/gin/render", true},
		"asynq in models":                      {"models/outbox.go", "github.com/hibiken/asynq", true},
		"casbin in handlers":                   {"handlers/scope.go", "github.com/casbin/casbin/v2", true},
		"SM3 in models":                        {"models/chain.go", "github.com/emmansun/gmsm/sm3", false},
		"SM3 in jobs":                          {"jobs/relay.go", "github.com/emmansun/gmsm/sm3", true},
		"a second SQLite":                      {"models/store.go", "modernc.org/sqlite", true},
		"cmd joins them":                       {"cmd/shujie/app.go", "github.com/hibiken/asynq", false},
		"a room nobody knows":                  {"utils/strings.go", "strings", true},
	} {
		t.Run(name, func(t *testing.T) {
			if got := refused(tt.file, tt.imp); (got != "") != tt.refused {
				t.Errorf("%s imports %s: refused = %q", tt.file, tt.imp, got)
			}
		})
	}
}

func TestTheLinterHoldsTheSameTable(t *testing.T) {
	text, err := os.ReadFile("../.golangci.yml")
	if err != nil {
		t.Fatal(err)
	}
	var conf struct {
		Linters struct {
			Settings struct {
				Depguard struct {
					Rules map[string]struct {
						Files []string `yaml:"files"`
						Allow []string `yaml:"allow"`
						Deny  []struct {
							Pkg string `yaml:"pkg"`
						} `yaml:"deny"`
					} `yaml:"rules"`
				} `yaml:"depguard"`
			} `yaml:"settings"`
		} `yaml:"linters"`
	}
	if err = yaml.Unmarshal(text, &conf); err != nil {
		t.Fatal(err)
	}
	rules := conf.Linters.Settings.Depguard.Rules
	for room, allowed := range rooms {
		if room == "cmd" || room == "testdata" {
			continue // cmd may import everything, testdata is no package to the linter
		}
		want := slices.Clone(strangers[room])
		for _, other := range allowed {
			want = append(want, module+"/"+other)
		}
		got := slices.DeleteFunc(rules["room-"+room].Allow, func(p string) bool { return p == "$gostd" || p == module+"/"+room })
		slices.Sort(want)
		slices.Sort(got)
		if !slices.Equal(got, want) {
			t.Errorf(".golangci.yml room-%s allows %v, the table says %v", room, got, want)
		}
	}
	guarded := map[string][]string{}
	for name, rule := range rules {
		if !strings.HasPrefix(name, "home-") && name != "one-sqlite" {
			continue
		}
		var home []string
		for _, f := range rule.Files {
			if room, ok := strings.CutPrefix(f, "!**/"); ok && room != "cmd/**" {
				home = append(home, strings.TrimSuffix(room, "/**"))
			}
		}
		for _, d := range rule.Deny {
			guarded[d.Pkg] = home
		}
	}
	for lib, home := range homes {
		if got, ok := guarded[lib]; !ok || !slices.Equal(got, home) {
			t.Errorf(".golangci.yml keeps %s in %v (known: %v), the table says %v", lib, got, ok, home)
		}
	}
	for lib := range guarded {
		if _, ok := homes[lib]; !ok {
			t.Errorf(".golangci.yml keeps %s at home, the table does not know it", lib)
		}
	}
}
