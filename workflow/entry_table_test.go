package workflow

import (
	"fmt"
	"reflect"
	"regexp"
	"strings"
	"testing"

	"github.com/shujie-gov/shujie/fault"
)

func readTable(rows [][]string) *EntryTable {
	t := &EntryTable{
		Code: regexp.MustCompile(`^[0-9]{6,}/[0-9]+$`),
		Provider: func(code, _ string) (DeptID, *fault.Text) {
			if code == "GA" {
				return 1, nil
			}
			return 0, &fault.Text{ZH: "没有这个部门", EN: "no such department"}
		},
	}
	for i, r := range rows {
		_ = t.Take(i+1, r) // it always takes the next row
	}
	t.End()
	return t
}

func TestWhatIsExportedIsReadTheSame(t *testing.T) {
	a, b := wholeEntry(), wholeEntry()
	b.Name, b.Code, b.Class, b.Condition, b.Basis, b.ShareWay = "另一个", "101001001/000002", NotShared, "涉密", "某法第一条", ""
	b.Related, b.Released, b.Openness, b.OpenCondition = []string{"101001001/000001", "x/1"}, "2026-03-02", OpenConditional, "实名"
	b.Items = append(b.Items, DataItem{Name: "备注", Type: "M", Note: "=HYPERLINK(1)"})
	rows := [][]string{EntryHead()}
	for _, e := range []*Entry{&a, &b} {
		rows = append(rows, EntryRows(e, "公安厅", "GA")...)
	}
	got := readTable(rows)
	if got.Wrong != 0 || len(got.Entries) != 2 {
		t.Fatalf("%+v", got.Faults)
	}
	for i, want := range []Entry{a, b} {
		e := got.Entries[i].Entry
		if len(e.Related) == 0 {
			e.Related = nil
		}
		if !reflect.DeepEqual(e, want) {
			t.Errorf("entry %d: %+v, want %+v", i, e, want)
		}
	}
	if got.Entries[1].Line != 4 || got.Entries[1].Provider != 1 {
		t.Errorf("place %+v", got.Entries[1])
	}
}

func TestEveryWrongCellIsNamedByLineAndColumn(t *testing.T) {
	head := []string{"共享类型", "信息资源名称*", "信息资源代码", "信息资源提供方代码", "信息资源分类", "信息资源摘要", "信息资源格式", "信息项名称", "数据类型", "共享方式类型", "开放属性", "更新周期", "发布日期"}
	row := func(change map[string]string) []string {
		v := map[string]string{
			"共享类型": "1", "信息资源名称*": "人口", "信息资源代码": "101001001/1", "信息资源提供方代码": "GA", "信息资源分类": "人口", "信息资源摘要": "x", "信息资源格式": "数据库",
			"信息项名称": "姓名", "数据类型": "字符型C", "共享方式类型": "接口", "开放属性": "0", "更新周期": "实时", "发布日期": "46083",
		}
		for k, x := range change {
			v[k] = x
		}
		cells := make([]string, len(head))
		for i, h := range head {
			cells[i] = v[h]
		}
		return cells
	}
	item := func(name, typ string) []string {
		cells := make([]string, len(head))
		cells[7], cells[8] = name, typ
		return cells
	}
	for name, tt := range map[string]struct {
		rows [][]string
		want string
	}{
		"nothing; merged cells are open, days are numbers": {[][]string{row(nil), item("住址", "C")}, ""},
		"a word, a provider, a code":                       {[][]string{row(map[string]string{"更新周期": "偶尔", "信息资源提供方代码": "XX", "信息资源代码": "R"})}, "2 update_cycle, 2 provider_code, 2 code"},
		"a type in the third row":                          {[][]string{row(nil), item("住址", "C"), item("电话", "?")}, "4 item.type"},
		"an item twice":                                    {[][]string{row(nil), item("姓名", "C")}, "3 item.name"},
		"a row that contradicts its resource":              {[][]string{row(nil), row(map[string]string{"信息项名称": "住址", "更新周期": "每年"})}, "3 update_cycle"},
		"a resource that comes back": {
			[][]string{row(nil), row(map[string]string{"信息资源名称*": "法人", "信息资源代码": "101001001/2"}), row(map[string]string{"信息项名称": "住址"})},
			"4 name",
		},
		"a row without a resource": {[][]string{item("姓名", "C")}, "2 provider, 2 name, 2 abstract, 2 category, 2 code, 2 format, 2 openness, 2 share_class, 2 share_way, 2 update_cycle"},
		"a cell beyond the head":   {[][]string{append(row(nil), "x")}, "2 "},
		"no rows":                  {nil, "1 "},
	} {
		got := readTable(append([][]string{head}, tt.rows...))
		where := map[string]bool{}
		for _, f := range got.Faults {
			where[fmt.Sprintf("%d %s", f.Line, f.Column)] = true
		}
		for _, w := range strings.Split(tt.want, ", ") {
			if w != "" && !where[w] {
				t.Errorf("%s: %q is not named in %v", name, w, got.Faults)
			}
			delete(where, w)
		}
		if len(where) > 0 {
			t.Errorf("%s: also named %v", name, where)
		}
		if tt.want == "" && got.Entries[0].Entry.Released != "2026-03-02" {
			t.Errorf("%s: released %q", name, got.Entries[0].Entry.Released)
		}
	}
	for name, cells := range map[string][]string{
		"an unknown column": append([]string{"颜色"}, head...), "a column twice": append(head[:len(head):len(head)], "共享类型"), "a column missing": head[1:],
	} {
		if got := readTable([][]string{cells, nil}); got.Wrong != 1 || got.Faults[0].Line != 1 {
			t.Errorf("%s: %+v", name, got.Faults)
		}
	}
}

func TestAReportIsBounded(t *testing.T) {
	rows := [][]string{EntryHead()}
	for i := range 500 {
		rows = append(rows, EntryRows(&Entry{Name: fmt.Sprint(i)}, "", "XX")...)
	}
	if got := readTable(rows); len(got.Faults) != MaxCellFaults || got.Wrong < 5000 {
		t.Errorf("%d of %d", len(got.Faults), got.Wrong)
	}
}
