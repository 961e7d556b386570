package handlers

import (
	"bytes"
	"net/http"
	"strings"
	"testing"

	"github.com/shujie-gov/shujie/sheet"
)

// proofFile is a list of demanded proofs with this head and these rows.
func proofFile(tb testing.TB, rows ...[]string) []byte {
	tb.Helper()
	var b bytes.Buffer
	head := []string{"事项名称", "索要单位代码", "证明名称", "设定依据", "开具单位", "数据持有部门", "替代数据资源", "替代方式"}
	if err := sheet.WriteCSV(&b, sheet.Rows(append([][]string{head}, rows...))); err != nil {
		tb.Fatal(err)
	}
	return b.Bytes()
}

func TestTheListOfDemandedProofsGoesInAndOut(t *testing.T) {
	everywhere(t, func(w *world) {
		t := w.t
		file := proofFile(t,
			[]string{"临时救助", "MZ", "婚姻证明", "《社会救助暂行办法》", "婚姻登记机关", "民政厅", "婚姻登记信息", ""},
			[]string{"", "", "社区同意证明", "", "街道社区", "", "", "现场核查"},
		)
		var got importView
		w.upload("steward", "/service-items/import?dry_run=true", "text/csv", file).want(http.StatusOK).into(&got)
		if !got.Dry || got.Items != 2 {
			t.Errorf("dry: %+v", got)
		}
		if out := string(w.download("hall", "/coverage/proofs/export?department=MZ")); strings.Contains(out, "临时救助") {
			t.Error("a dry run wrote")
		}
		w.upload("steward", "/service-items/import", "text/csv", file).want(http.StatusOK).into(&got)
		out := string(w.download("hall", "/coverage/proofs/export?department=MZ"))
		for _, want := range []string{
			"临时救助,,民政厅,MZ,婚姻证明,《社会救助暂行办法》,婚姻登记机关,民政厅,MZ,婚姻登记信息,,今日可替代,",
			"临时救助,,民政厅,MZ,社区同意证明,,街道社区,,,,现场核查,无数据,",
		} {
			if !strings.Contains(out, want) {
				t.Errorf("%q is not in %s", want, out)
			}
		}
		for _, format := range []string{"csv", "xlsx"} {
			back := w.download("steward", "/coverage/proofs/export?department=MZ&format="+format)
			w.upload("steward", "/service-items/import", "application/octet-stream", back).want(http.StatusOK)
			if again := string(w.download("hall", "/coverage/proofs/export?department=MZ")); again != out {
				t.Errorf("%s came back as %s, was %s", format, again, out)
			}
		}
		none := string(w.download("hall", "/coverage/proofs/export?department=MZ&status=no_data"))
		if strings.Contains(none, "婚姻证明") || !strings.Contains(none, "社区同意证明") {
			t.Errorf("the filter is not that of the list: %s", none)
		}
	})
}

func TestAWrongListOfProofsWritesNothingAndNamesEachCell(t *testing.T) {
	w := newWorld(t, sqliteFor(t))
	p := w.upload("steward", "/service-items/import", "text/csv", proofFile(t,
		[]string{"临时救助", "MZ", "婚姻证明", "", "", "", "没有的数据", ""},
		[]string{"临时救助", "MZ", "收入证明", "", "", "税务总局", "", ""},
		[]string{"临时救助", "XX", "收入证明", "", "", "", "", ""},
		[]string{"临时救助", "MZ", "", strings.Repeat("据", 501), "", "", "", "掷骰子"},
		[]string{"临时救助", "MZ", "婚姻证明", "", "", "", "", ""},
		[]string{"事项", "", "证明", "", "", "", "", ""},
	)).problem(http.StatusUnprocessableEntity, "invalid")
	want := "line[3].holder line[4].demander_code line[5].proof line[5].basis line[5].alternative line[6].proof line[7].demander_code"
	if got := strings.Join(p.names(), " "); got != want {
		t.Errorf("named %s, want %s", got, want)
	}
	p = w.upload("steward", "/service-items/import", "text/csv", proofFile(t, []string{"临时救助", "MZ", "婚姻证明", "", "", "", "没有的数据", ""})).problem(http.StatusUnprocessableEntity, "invalid")
	if got := strings.Join(p.names(), " "); got != "line[2].resource" {
		t.Errorf("named %s", got)
	}
	p = w.upload("coord_wx", "/service-items/import", "text/csv", proofFile(t, []string{"临时救助", "MZ", "婚姻证明", "", "", "", "", ""})).problem(http.StatusUnprocessableEntity, "invalid")
	if got := strings.Join(p.names(), " "); got != "line[2].demander_code" {
		t.Errorf("another region: %s", got)
	}
	if out := string(w.download("hall", "/coverage/proofs/export")); strings.Contains(out, "临时救助") {
		t.Error("something was written")
	}
	page := w.page("steward", http.MethodGet, "/service-items/import", nil).want(http.StatusOK).Body.String()
	for _, want := range []string{"导入证明事项清单", `action="/service-items/import"`, "设定依据"} {
		if !strings.Contains(page, want) {
			t.Errorf("the page lacks %q", want)
		}
	}
}

func FuzzImportProofs(f *testing.F) {
	f.Add(proofFile(f, []string{"临时救助", "MZ", "婚姻证明", "", "", "民政厅", "婚姻登记信息", ""}))
	w := newWorld(f, sqliteFor(f))
	w.login("steward")
	f.Fuzz(func(t *testing.T, data []byte) {
		got := w.in(t).upload("steward", "/service-items/import", "application/octet-stream", data)
		if got.Code >= http.StatusInternalServerError {
			t.Errorf("the fault is ours: %d %s", got.Code, got.Body)
		}
	})
}
