package workflow_test

import (
	"go/ast"
	"go/parser"
	"go/token"
	"path/filepath"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"testing"

	"github.com/shujie-gov/shujie/workflow"
)

func TestARefusalNamesFileLineStateAndActionInTheReadersLanguage(t *testing.T) {
	text := strings.Replace(sound, "to: resting\n    by: [lead/dept_head]", "to: nowhere\n    by: [lead/mayor]", 1)
	line := 1 + strings.Count(text[:strings.Index(text, "- action: rest")], "\n")
	_, err := workflow.Parse("errand.v2.yaml", []byte(text))
	list := workflow.Refusals(err)
	if len(list) < 2 {
		t.Fatalf("refused: %v", err)
	}
	r := list[0]
	if r.File != "errand.v2.yaml" || r.Line != line || r.State != "open" || r.Action != "rest" {
		t.Errorf("the place is %+v, want line %d", r, line)
	}
	if got := r.In("zh"); got != `errand.v2.yaml：第 `+strconv.Itoa(line)+` 行：状态 open：操作 rest：目标状态 "nowhere" 没有定义` {
		t.Error(got)
	}
	if got := r.In("en"); got != `errand.v2.yaml: line `+strconv.Itoa(line)+`: state open: action rest: the target state "nowhere" is not defined` {
		t.Error(got)
	}
	if i := slices.IndexFunc(list, func(r *workflow.RefusalError) bool { return strings.Contains(r.Text.ZH, "没有角色") }); i < 0 {
		t.Errorf("a sentence within a sentence is not said in Chinese: %v", list)
	}
}

func TestWhatIsNoDefinitionIsRefusedByLine(t *testing.T) {
	for text, want := range map[string]string{
		"kind: a\nedition: 1\n":    "x.yaml：第 2 行：这里没有 edition 这个键",
		"kind: a\n  version: [\n":  "x.yaml：第 ",
		"kind: a\nversion: many\n": "x.yaml：第 2 行：无法读取",
	} {
		_, err := workflow.Parse("x.yaml", []byte(text))
		if list := workflow.Refusals(err); len(list) == 0 || !strings.HasPrefix(list[0].In("zh"), want) {
			t.Errorf("%q: %v, want %q", text, list, want)
		}
	}
}

// TestEveryRefusalIsSaidInChinese reads the source: every sentence given to
// refuse or say must have its Chinese, with the same values in it.
func TestEveryRefusalIsSaidInChinese(t *testing.T) {
	files, err := filepath.Glob("*.go")
	if err != nil {
		t.Fatal(err)
	}
	verbs := regexp.MustCompile(`%(\[\d\])?[a-z]`)
	n := 0
	for _, file := range files {
		if strings.HasSuffix(file, "_test.go") {
			continue
		}
		tree, err := parser.ParseFile(token.NewFileSet(), file, nil, 0)
		if err != nil {
			t.Fatal(err)
		}
		ast.Inspect(tree, func(node ast.Node) bool {
			call, ok := node.(*ast.CallExpr)
			if !ok {
				return true
			}
			arg := -1
			switch fn := call.Fun.(type) {
			case *ast.SelectorExpr:
				if x, ok := fn.X.(*ast.Ident); ok && x.Name == "k" && fn.Sel.Name == "refuse" {
					arg = 2
				}
			case *ast.Ident:
				if fn.Name == "say" {
					arg = 0
				}
			}
			if arg < 0 || arg >= len(call.Args) {
				return true
			}
			lit, ok := call.Args[arg].(*ast.BasicLit)
			if !ok {
				return true
			}
			n++
			en, err := strconv.Unquote(lit.Value)
			if err != nil {
				t.Fatal(err)
			}
			zh := workflow.Chinese(en)
			if zh == en && en != "%v" {
				t.Errorf("%s: %q has no Chinese in refusal_zh.go", file, en)
			}
			if len(verbs.FindAllString(zh, -1)) != len(verbs.FindAllString(en, -1)) {
				t.Errorf("%s: %q and %q do not say the same values", file, en, zh)
			}
			return true
		})
	}
	if n < 50 {
		t.Errorf("found only %d sentences", n)
	}
}
