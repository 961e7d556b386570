package handlers

import (
	"bytes"
	"encoding/csv"
	"fmt"
	"mime/multipart"
	"net/http"
	"strings"
	"testing"

	"github.com/shujie-gov/shujie/sheet"
	"github.com/shujie-gov/shujie/workflow"
)

// upload sends a file as an API client does.
func (w *world) upload(user, path, kind string, data []byte) answer {
	w.t.Helper()
	req := w.request(http.MethodPost, apiRoot+path, string(data))
	req.Header.Set("Content-Type", kind)
	req.Header.Set("Authorization", "Bearer "+w.login(user))
	return w.send(req)
}

func (w *world) download(user, path string) []byte {
	w.t.Helper()
	return w.as(user, http.MethodGet, path, nil).want(http.StatusOK).Body.Bytes()
}

// catalogueFile is a table of n complete entries of GA, two rows each.
func catalogueFile(tb testing.TB, n int) []byte {
	tb.Helper()
	var b bytes.Buffer
	err := sheet.WriteCSV(&b, func(yield func([]string, error) bool) {
		yield(workflow.EntryHead(), nil)
		for i := range n {
			e := workflow.Entry{
				Category: "部门信息资源", Name: fmt.Sprintf("样本资源 %d", i), Code: fmt.Sprintf("307011001/%06d", i), Abstract: "=SUM(A1)", Format: workflow.FormatDatabase,
				Items: []workflow.DataItem{{Name: "姓名", Type: "C"}, {Name: "日期", Type: "D"}}, Class: workflow.Unconditional, ShareWay: workflow.WayService,
				Openness: workflow.OpenNot, Cycle: "daily",
			}
			for _, row := range workflow.EntryRows(&e, "", "GA") {
				yield(row, nil)
			}
		}
	})
	if err != nil {
		tb.Fatal(err)
	}
	return b.Bytes()
}

func TestTheCatalogueGoesOutAndComesBackTheSame(t *testing.T) {
	everywhere(t, func(w *world) {
		t := w.t
		var got importView
		file := catalogueFile(t, 3)
		w.upload("steward", "/resources/import?dry_run=true", "text/csv", file).want(http.StatusOK).into(&got)
		if got.Created != 3 || got.Items != 6 || !got.Dry {
			t.Errorf("dry: %+v", got)
		}
		var list resourcesView
		w.as("hall", http.MethodGet, "/resources?q=样本资源", nil).into(&list)
		if len(list.Items) != 0 {
			t.Errorf("a dry run wrote %v", list.Items)
		}
		w.upload("steward", "/resources/import", "text/csv", file).want(http.StatusOK).into(&got)
		w.as("hall", http.MethodGet, "/resources?q=样本资源&department=GA", nil).into(&list)
		if got.Created != 3 || len(list.Items) != 3 || list.Items[0].Version != "1" {
			t.Errorf("imported: %+v, %+v", got, list.Items)
		}
		for _, format := range []string{"csv", "xlsx"} {
			out := w.download("hall", "/resources/export?q=样本资源&format="+format)
			got = importView{}
			w.upload("steward", "/resources/import", "application/octet-stream", out).want(http.StatusOK).into(&got)
			if got.Same != 3 || got.Created+got.Changed != 0 {
				t.Errorf("%s came back as %+v", format, got)
			}
		}
		csvText := string(w.download("hall", "/resources/export?q=样本资源"))
		if !strings.Contains(csvText, ",'=SUM(A1),") {
			t.Errorf("a formula went out: %.300s", csvText)
		}
		// A known code under another name renames; its version counts on.
		renamed := bytes.ReplaceAll(file, []byte("样本资源 1"), []byte("改名信息"))
		w.upload("steward", "/resources/import", "text/csv", renamed).want(http.StatusOK).into(&got)
		if got.Changed != 1 || got.Same != 2 {
			t.Errorf("renamed: %+v", got)
		}
		w.as("hall", http.MethodGet, "/resources?q=改名信息", nil).into(&list)
		if len(list.Items) != 1 || list.Items[0].Version != "2" || list.Items[0].Code != "307011001/000001" {
			t.Errorf("renamed: %+v", list.Items)
		}
	})
}

func TestAWrongFileWritesNothingAndNamesEachCell(t *testing.T) {
	w := newWorld(t, sqliteFor(t))
	file := catalogueFile(t, 3)
	rows, err := csv.NewReader(bytes.NewReader(bytes.TrimPrefix(file, []byte("\ufeff")))).ReadAll()
	w.must(err)
	at := func(label string) int {
		for i, h := range rows[0] {
			if h == label {
				return i
			}
		}
		t.Fatal(label)
		return 0
	}
	rows[1][at("更新周期")], rows[3][at("信息资源提供方代码")], rows[4][at("数据类型")], rows[5][at("信息资源摘要")] = "偶尔", "XX", "?", ""
	rows[2][at("更新周期")], rows[4][at("信息资源提供方代码")], rows[6][at("信息资源摘要")] = "偶尔", "XX", ""
	var b bytes.Buffer
	w.must(csv.NewWriter(&b).WriteAll(rows))
	p := w.upload("steward", "/resources/import", "text/csv", b.Bytes()).problem(http.StatusUnprocessableEntity, "invalid")
	got := strings.Join(p.names(), " ")
	if got != "line[2].update_cycle line[4].provider_code line[5].item.type line[6].abstract" {
		t.Errorf("named: %s", got)
	}
	var list resourcesView
	w.as("hall", http.MethodGet, "/resources?q=样本资源", nil).into(&list)
	if len(list.Items) != 0 {
		t.Errorf("something was written: %v", list.Items)
	}
	for name, tt := range map[string]struct {
		user string
		data []byte
	}{
		"a code of another department": {"steward", bytes.ReplaceAll(file, []byte("307011001/000002"), []byte("307011001/000123"))},
		"a province's from a city":     {"coord_wx", file},
		"another department's":         {"mz", file},
		"nothing":                      {"steward", nil},
		"no table":                     {"steward", []byte("hello")},
	} {
		if name == "a code of another department" {
			w.as("steward", http.MethodPost, "/resources", with(wholeEntry("别人的"), map[string]any{"provider": "MZ"})).want(http.StatusCreated)
		}
		p := w.upload(tt.user, "/resources/import", "text/csv", tt.data).problem(http.StatusUnprocessableEntity, "invalid")
		if len(p.Fields) == 0 {
			t.Errorf("%s: %+v", name, p)
		}
	}
	w.upload("steward", "/resources/import", "text/csv", bytes.Repeat([]byte("x"), maxFile+1)).problem(http.StatusRequestEntityTooLarge, "too-large")
	w.upload("hall", "/resources/import", "text/csv", file).problem(http.StatusForbidden, "forbidden")
}

func TestAFileIsImportedOnItsPage(t *testing.T) {
	w := newWorld(t, sqliteFor(t))
	send := func(user string, data []byte) answer {
		var b bytes.Buffer
		form := multipart.NewWriter(&b)
		part, err := form.CreateFormFile("file", "目录.csv")
		w.must(err)
		_, err = part.Write(data)
		w.must(err)
		w.must(form.Close())
		req := w.request(http.MethodPost, "/resources/import", b.String())
		req.Header.Set("Content-Type", form.FormDataContentType())
		req.Header.Set("Accept", "text/html")
		req.Header.Set("Authorization", "Bearer "+w.login(user))
		return w.send(req)
	}
	if page := send("steward", catalogueFile(t, 2)).want(http.StatusOK).Body.String(); !strings.Contains(page, "新增 2 条") {
		t.Errorf("the page does not say what was done")
	}
	wrong := bytes.ReplaceAll(catalogueFile(t, 2), []byte("每日"), []byte("偶尔"))
	page := send("steward", wrong).want(http.StatusUnprocessableEntity).Body.String()
	if !strings.Contains(page, "没有「偶尔」这个选项") || !strings.Contains(page, "更新周期") {
		t.Errorf("the page does not name the cell")
	}
}

func FuzzImport(f *testing.F) {
	f.Add([]byte("信息资源名称,信息项名称,共享类型,信息资源提供方代码\nx,y,1,GA\n"))
	w := newWorld(f, sqliteFor(f))
	w.login("steward")
	f.Add(catalogueFile(f, 1))
	f.Fuzz(func(t *testing.T, data []byte) {
		got := w.in(t).upload("steward", "/resources/import", "application/octet-stream", data)
		if got.Code >= http.StatusInternalServerError {
			t.Errorf("the fault is ours: %d %s", got.Code, got.Body)
		}
	})
}

// BenchmarkImport imports ten thousand resources of two information items each,
// new and then unchanged.
func BenchmarkImport(b *testing.B) {
	w := newWorld(b, sqliteFor(b))
	file := catalogueFile(b, 10_000)
	w.login("steward")
	for b.Loop() {
		w.upload("steward", "/resources/import", "text/csv", file).want(http.StatusOK)
	}
}
