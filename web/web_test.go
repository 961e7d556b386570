package web

import (
	"bytes"
	"encoding/json"
	"flag"
	"io/fs"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"
)

// To look at the pages: go test ./web -run TestEverySample -out DIR, then serve DIR.
var out = flag.String("out", "", "write the sample pages and static files to this directory")

func newViews(t *testing.T) *Views {
	t.Helper()
	v, err := New()
	if err != nil {
		t.Fatal(err)
	}
	return v
}

func render(t *testing.T, v *Views, lang string, s sample) string {
	t.Helper()
	var buf bytes.Buffer
	if err := v.Render(&buf, lang, s.page, s.view); err != nil {
		t.Fatalf("%s in %s: %v", s.name, lang, err)
	}
	return buf.String()
}

func TestEverySampleRendersInBothLanguages(t *testing.T) {
	v := newViews(t)
	seen := map[string]bool{}
	for _, s := range samples() {
		seen[s.page] = true
		for _, lang := range Languages() {
			html := render(t, v, lang, s)
			check(t, s.name+" "+lang, html)
			save(t, s.name+"."+lang+".html", []byte(html))
		}
	}
	for _, p := range v.Pages() {
		if !seen[p] {
			t.Errorf("page %s has no sample", p)
		}
	}
	for url, f := range v.static.file {
		save(t, url, f.body)
	}
}

// check holds every page to what the content security policy and readers need.
func check(t *testing.T, name, html string) {
	t.Helper()
	for what, bad := range map[string]*regexp.Regexp{
		"an inline style":         regexp.MustCompile(`<[a-z][^>]*\sstyle=|<style`),
		"an inline script":        regexp.MustCompile(`<script(>|\s+[^>]*>[^<])|<[a-z][^>]*\son[a-z]+=`),
		"an unfilled value":       regexp.MustCompile(`<no value>|&lt;nil&gt;|<nil>|ZgotmplZ|%!`),
		"an unfilled placeholder": regexp.MustCompile(`>[^<]*\{\d\}`),
		"a foreign address":       regexp.MustCompile(`(src|href|action)="(https?:)?//`),
	} {
		if m := bad.FindString(html); m != "" {
			t.Errorf("%s has %s: %s", name, what, m)
		}
	}
	ids := map[string]bool{}
	for _, m := range regexp.MustCompile(`\sid="([^"]*)"`).FindAllStringSubmatch(html, -1) {
		if ids[m[1]] {
			t.Errorf("%s has two elements with id %q", name, m[1])
		}
		ids[m[1]] = true
	}
	for _, m := range regexp.MustCompile(`\s(?:for|aria-labelledby|aria-describedby|aria-controls)="([^"]*)"|href="#([^"]+)"`).FindAllStringSubmatch(html, -1) {
		for _, id := range strings.Fields(m[1] + m[2]) {
			if !ids[id] {
				t.Errorf("%s refers to id %q, which is not there", name, id)
			}
		}
	}
	if n := strings.Count(html, "<h1"); n != 1 {
		t.Errorf("%s has %d main headings", name, n)
	}
}

func save(t *testing.T, name string, body []byte) {
	t.Helper()
	if *out == "" {
		return
	}
	path := filepath.Join(*out, name)
	if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(path, body, 0o644); err != nil {
		t.Fatal(err)
	}
}

func readTexts(t *testing.T, lang string) texts {
	t.Helper()
	tx, err := loadTexts(files, lang)
	if err != nil {
		t.Fatal(err)
	}
	return tx
}

func TestBothLanguagesHaveTheSameTextsWithTheSameArguments(t *testing.T) {
	zh, en := readTexts(t, "zh"), readTexts(t, "en")
	arg := regexp.MustCompile(`\{\d\}`)
	for key, s := range zh {
		e, ok := en[key]
		if !ok {
			t.Errorf("%s is missing in English", key)
			continue
		}
		a, b := arg.FindAllString(s, -1), arg.FindAllString(e, -1)
		slices.Sort(a)
		slices.Sort(b)
		if !slices.Equal(a, b) {
			t.Errorf("%s has arguments %v in Chinese and %v in English", key, a, b)
		}
		if strings.TrimSpace(s) == "" || strings.TrimSpace(e) == "" {
			t.Errorf("%s is empty", key)
		}
	}
	for key := range en {
		if _, ok := zh[key]; !ok {
			t.Errorf("%s is missing in Chinese", key)
		}
	}
}

func TestEveryTextIsWrittenOnce(t *testing.T) {
	for _, lang := range Languages() {
		raw, err := fs.ReadFile(files, "locales/"+lang+".json")
		if err != nil {
			t.Fatal(err)
		}
		dec, seen := json.NewDecoder(bytes.NewReader(raw)), map[string]bool{}
		for i := 0; ; i++ {
			tok, err := dec.Token()
			if err != nil {
				break
			}
			if key, ok := tok.(string); ok && i%2 == 1 {
				if seen[key] {
					t.Errorf("%s: %s is written twice", lang, key)
				}
				seen[key] = true
			}
		}
	}
}

func TestTemplatesUseEveryTextAndNoOther(t *testing.T) {
	zh, used := readTexts(t, "zh"), map[string]bool{}
	call := regexp.MustCompile(`[{(\s]t "([^"]+)"`)
	err := fs.WalkDir(files, "templates", func(path string, d fs.DirEntry, err error) error {
		if err != nil || d.IsDir() {
			return err
		}
		raw, err := fs.ReadFile(files, path)
		if err != nil {
			return err
		}
		for _, m := range call.FindAllStringSubmatch(string(raw), -1) {
			used[m[1]] = true
			if _, ok := zh[m[1]]; !ok {
				t.Errorf("%s uses text %q, which does not exist", path, m[1])
			}
		}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	for key := range zh {
		if !used[key] && !strings.HasPrefix(key, "time.") && !strings.HasPrefix(key, "dur.") {
			t.Errorf("text %q is used by no template", key)
		}
	}
}

func TestAFailedPageWritesNothing(t *testing.T) {
	v := newViews(t)
	for name, s := range map[string]sample{
		"a page that does not exist": {page: "nothing"},
		"data that lacks a field":    {page: "inbox", view: View{Frame: frame("/"), Data: struct{ Items []int }{}}},
	} {
		var buf bytes.Buffer
		if err := v.Render(&buf, "zh", s.page, s.view); err == nil {
			t.Errorf("%s was rendered", name)
		}
		if buf.Len() > 0 {
			t.Errorf("%s: %d bytes were written", name, buf.Len())
		}
	}
}

func TestWhatPeopleTypedIsEscaped(t *testing.T) {
	c := theCase()
	c.Title = `<script>alert(1)</script>`
	c.Events[1].Note = `"><img src=x onerror=alert(1)>`
	c.Acted, c.Form = "suspend", map[string]any{"note": `</textarea><script>`}
	html := render(t, newViews(t), "zh", sample{page: "case", view: View{Frame: frame("/cases/46"), Data: c}})
	for _, bad := range []string{"<script>alert", "<img", "</textarea><script>"} {
		if strings.Contains(html, bad) {
			t.Errorf("the page holds %q", bad)
		}
	}
}

func TestAnUnknownLanguageIsChinese(t *testing.T) {
	html := render(t, newViews(t), "fr", samples()[0])
	if !strings.Contains(html, `<html lang="zh-CN">`) {
		t.Error("the page is not in Chinese")
	}
}

func TestStaticFilesAreKeptForEverUnderTheHashOfTheirContent(t *testing.T) {
	v := newViews(t)
	url, err := v.static.asset("app.css")
	if err != nil {
		t.Fatal(err)
	}
	if !regexp.MustCompile(`^/static/app\.[0-9a-f]{8}\.css$`).MatchString(url) {
		t.Errorf("the style sheet is at %s", url)
	}
	get := func(method, path string) *httptest.ResponseRecorder {
		rec := httptest.NewRecorder()
		v.Static().ServeHTTP(rec, httptest.NewRequest(method, path, nil))
		return rec
	}
	res := get("GET", url)
	if h := res.Header(); res.Code != http.StatusOK || !strings.HasPrefix(h.Get("Content-Type"), "text/css") || !strings.Contains(h.Get("Cache-Control"), "immutable") {
		t.Errorf("%s answers %d %v", url, res.Code, h)
	}
	if head := get("HEAD", url); head.Code != http.StatusOK || head.Body.Len() > 0 || head.Header().Get("Content-Length") == "0" {
		t.Errorf("HEAD answers %d", head.Code)
	}
	for path, want := range map[string]int{"/static/app.css": 404, "/static/": 404, "/static/../web.go": 404} {
		if got := get("GET", path).Code; got != want {
			t.Errorf("%s answers %d, want %d", path, got, want)
		}
	}
	if got := get("POST", url).Code; got != http.StatusMethodNotAllowed {
		t.Errorf("POST answers %d", got)
	}
	if _, err := v.static.asset("none.css"); err == nil {
		t.Error("a file that does not exist has an address")
	}
}
