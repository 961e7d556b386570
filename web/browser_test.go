//go:build smoke

package web

import (
	"bytes"
	"context"
	"fmt"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/chromedp/chromedp"
	"github.com/chromedp/chromedp/kb"
)

// These tests drive Chromium over the sample pages, under the content security
// policy of handlers. They need a chromium on the PATH: go test -tags smoke ./web.

const policy = "default-src 'self'; object-src 'none'; base-uri 'none'; form-action 'self'; frame-ancestors 'none'"

// site serves the samples and remembers what was sent to it.
type site struct {
	*httptest.Server
	views *Views
	live  chan string // data of the next event of /live

	mu    sync.Mutex
	posts []string
	inbox casesView
}

func newSite(t *testing.T) *site {
	t.Helper()
	s := &site{views: newViews(t), inbox: inbox(), live: make(chan string, 2)}
	by := map[string]sample{}
	for _, p := range samples() {
		by[p.name] = p
	}
	show := func(name string) http.HandlerFunc {
		return func(w http.ResponseWriter, r *http.Request) { s.show(w, r, by[name]) }
	}
	mux := http.NewServeMux()
	mux.Handle("GET /static/", s.views.Static())
	for name := range by {
		mux.HandleFunc("GET /sample/"+name, show(name))
	}
	mux.HandleFunc("GET /{$}", func(w http.ResponseWriter, r *http.Request) {
		s.mu.Lock()
		v := s.inbox
		s.mu.Unlock()
		s.show(w, r, sample{page: "inbox", view: View{Frame: frame("/"), Data: v}})
	})
	mux.HandleFunc("GET /cases/{id}", show("case"))
	mux.HandleFunc("GET /cases/new", func(w http.ResponseWriter, r *http.Request) {
		name := "file"
		if r.URL.Query().Has("item") {
			name = "file-item"
		}
		show(name)(w, r)
	})
	mux.HandleFunc("GET /api/v1/service-items", func(w http.ResponseWriter, _ *http.Request) {
		fmt.Fprint(w, `{"items":[{"id":45,"name":"新生儿出生一件事","department":{"name":"公安厅"}},{"id":46,"name":"新生儿参保","department":{"name":"医疗保障局"}}]}`)
	})
	mux.HandleFunc("GET /live", s.follow)
	mux.HandleFunc("POST /", func(w http.ResponseWriter, r *http.Request) {
		s.mu.Lock()
		defer s.mu.Unlock()
		if err := r.ParseForm(); err != nil {
			t.Error(err)
		}
		s.posts = append(s.posts, r.URL.Path+" "+r.PostForm.Encode())
		http.Redirect(w, r, "/cases/46", http.StatusSeeOther)
	})
	s.Server = httptest.NewServer(mux)
	t.Cleanup(func() {
		s.CloseClientConnections()
		s.Close()
	})
	return s
}

func (s *site) show(w http.ResponseWriter, r *http.Request, p sample) {
	var buf bytes.Buffer
	lang := "zh"
	if r.URL.Query().Get("lang") == "en" {
		lang = "en"
	}
	if err := s.views.Render(&buf, lang, p.page, p.view); err != nil {
		http.Error(w, err.Error(), http.StatusInternalServerError)
		return
	}
	w.Header().Set("Content-Security-Policy", policy)
	w.Header().Set("Content-Type", "text/html; charset=utf-8")
	_, _ = w.Write(buf.Bytes())
}

func (s *site) follow(w http.ResponseWriter, r *http.Request) {
	w.Header().Set("Content-Type", "text/event-stream")
	for {
		select {
		case data := <-s.live:
			fmt.Fprintf(w, "event: change\ndata: %s\n\n", data)
			if err := http.NewResponseController(w).Flush(); err != nil {
				return
			}
		case <-r.Context().Done():
			return
		}
	}
}

func (s *site) sent() []string {
	s.mu.Lock()
	defer s.mu.Unlock()
	return append([]string(nil), s.posts...)
}

// tab is an open page.
type tab struct {
	t   *testing.T
	ctx context.Context
	url string
}

// open starts a browser on path. Anything the console says fails the test.
func open(t *testing.T, s *site, path string) tab {
	t.Helper()
	alloc, stop := chromedp.NewExecAllocator(t.Context(), append(chromedp.DefaultExecAllocatorOptions[:], chromedp.NoSandbox, chromedp.WindowSize(1366, 768))...)
	t.Cleanup(stop)
	ctx, cancel := chromedp.NewContext(alloc)
	t.Cleanup(cancel)
	ctx, late := context.WithTimeout(ctx, 5*time.Minute)
	t.Cleanup(late)
	words, said := chromedp.Console(ctx), make(chan struct{})
	go func() {
		defer close(said)
		for m, err := range words {
			if err != nil {
				return
			}
			t.Errorf("the console says: %s (%s:%d)", m, m.URL, m.Line)
		}
	}()
	t.Cleanup(func() { cancel(); <-said })
	p := tab{t, ctx, s.URL}
	p.goTo(path)
	return p
}

func (p tab) do(a ...chromedp.Action[chromedp.Void]) {
	p.t.Helper()
	if err := chromedp.Do(p.ctx, a...); err != nil {
		p.t.Fatal(err)
	}
}

func (p tab) goTo(path string) { p.t.Helper(); p.do(chromedp.Navigate(p.url + path)) }
func (p tab) key(keys string)  { p.t.Helper(); p.do(chromedp.KeyEvent(keys)) }
func (p tab) click(sel string) { p.t.Helper(); p.do(chromedp.Click(chromedp.CSS(sel))) }

func (p tab) typed(sel, text string) {
	p.t.Helper()
	p.do(chromedp.SendKeys(chromedp.CSS(sel), text))
}

// until waits for a JavaScript condition, over page loads.
func (p tab) until(cond string) {
	p.t.Helper()
	ctx, cancel := context.WithTimeout(p.ctx, time.Minute)
	defer cancel()
	for {
		_, err := chromedp.Run(ctx, chromedp.Poll[any](cond))
		if err == nil {
			return
		}
		if ctx.Err() != nil { // else the page was left while it was asked
			p.t.Fatalf("%s never holds: %v", cond, err)
		}
	}
}

func value[T any](p tab, js string) T {
	p.t.Helper()
	v, err := chromedp.Run(p.ctx, chromedp.Evaluate[T](js))
	if err != nil {
		p.t.Fatalf("%s: %v", js, err)
	}
	return v
}

func TestAListIsWalkedAndOpenedByKeys(t *testing.T) {
	p := open(t, newSite(t), "/")
	p.key("j")
	p.key("j")
	p.until(`document.activeElement.id === "case-65"`)
	p.key("k")
	p.until(`document.activeElement.id === "case-46"`)
	p.key(kb.Enter)
	p.until(`location.pathname === "/cases/46"`)
	p.key("/")
	p.until(`document.activeElement.id === "q"`)
	p.key("j")
	if got := value[string](p, `document.activeElement.id + " " + document.activeElement.value`); !strings.HasPrefix(got, "q ") || !strings.HasSuffix(got, "j") {
		t.Errorf("j in the search box: %q", got)
	}
}

func TestTheKeysAreShownByAQuestionMark(t *testing.T) {
	p := open(t, newSite(t), "/")
	p.key("?")
	p.until(`document.querySelector("#keys").open`)
	p.key(kb.Escape)
	p.until(`!document.querySelector("#keys").open`)
}

func TestAServiceItemIsFoundWhileTypingAndTakenByEnter(t *testing.T) {
	p := open(t, newSite(t), "/cases/new")
	p.typed("#f-service_item", "xse")
	p.until(`document.querySelectorAll("#item-options [role=option]").length === 2`)
	p.key(kb.ArrowDown)
	p.until(`document.querySelector("#f-service_item").getAttribute("aria-activedescendant") === "item-options-1"`)
	p.key(kb.Enter)
	p.until(`location.search === "?item=46"`)
}

func TestTheHelpAndTheButtonFollowTheTicks(t *testing.T) {
	p := open(t, newSite(t), "/cases/new?item=46")
	helps := `Array.from(document.querySelectorAll("[data-help]")).filter(h => !h.hidden).map(h => h.dataset.help).join()`
	label := `document.querySelector("[data-go]").textContent`
	for _, step := range []struct{ click, helps, label string }{
		{"", "11", "登记并转卫生健康委员会"},
		{`[data-proof="12"]`, "11,12", "登记并交统筹协调员派单"},
		{`[data-proof="11"]`, "12", "登记并转公安厅"},
		{`[data-proof="12"]`, "", "登记"},
		{`[data-proof="13"]`, "13", "登记并交统筹协调员派单"},
	} {
		if step.click != "" {
			p.click(step.click)
		}
		if got := value[string](p, helps); got != step.helps {
			t.Errorf("after %q the help shows %q, want %q", step.click, got, step.helps)
		}
		if got := value[string](p, label); got != step.label {
			t.Errorf("after %q the button says %q, want %q", step.click, got, step.label)
		}
	}
}

func TestAPersonIsMaskedOnScreenAndSentInClear(t *testing.T) {
	s := newSite(t)
	p := open(t, s, "/cases/new?item=46")
	p.typed(`#f-person\.id_number`, "329901199003070037")
	p.click("#f-proof")
	if got := value[string](p, `document.getElementById("f-person.id_number").value`); got != "3299**********0037" {
		t.Errorf("the field shows %q", got)
	}
	if got := value[string](p, `JSON.stringify(sessionStorage)`); strings.Contains(got, "329901") {
		t.Errorf("the browser keeps %s", got)
	}
	p.click("[data-go]")
	p.until(`location.pathname === "/cases/46"`)
	if got := s.sent(); len(got) != 1 || !strings.Contains(got[0], "person.id_number=329901199003070037") || !strings.Contains(got[0], "person.name=%E8%B5%B5%E7%A3%8A") {
		t.Errorf("sent: %v", got)
	}
}

func TestADangerActionAsksOnceAndIsSentOnce(t *testing.T) {
	s := newSite(t)
	p := open(t, s, "/cases/46")
	form := `form[action="/cases/46/actions/return"]`
	p.do(chromedp.Evaluate[chromedp.Void](`document.querySelector('`+form+`').closest("details").open = true`, chromedp.EvalIgnoreExceptions))
	p.typed("#return-note", "不属于本部门职责")
	p.click(form + " button.danger")
	p.until(`document.querySelector("#confirm").open`)
	p.click(`#confirm button[value="no"]`)
	p.until(`!document.querySelector("#confirm").open`)
	if got := s.sent(); len(got) != 0 {
		t.Fatalf("refused, but sent: %v", got)
	}
	p.click(form + " button.danger")
	p.until(`document.querySelector("#confirm").open`)
	p.click(`#confirm button[value="yes"]`)
	p.until(`performance.getEntriesByType("navigation")[0].redirectCount === 1`)
	if got := s.sent(); len(got) != 1 || !strings.Contains(got[0], "version=7") {
		t.Errorf("sent: %v", got)
	}
}

func TestWhatWasTypedSurvivesAReloadAndEndsWhenItWasSent(t *testing.T) {
	p := open(t, newSite(t), "/cases/46")
	p.typed("#comment-note", "已电话联系")
	p.do(chromedp.Reload())
	p.until(`document.querySelector("#comment-note").value === "已电话联系"`)
	p.click(".comment .btn")
	p.until(`document.querySelector("#comment-note").value === ""`)
	if got := value[int](p, `Object.keys(sessionStorage).length`); got != 0 {
		t.Errorf("%d drafts are left", got)
	}
}

func TestTheInboxFollowsLiveButNotUnderTheReadersHand(t *testing.T) {
	s := newSite(t)
	p := open(t, s, "/")
	s.live <- `{"todo":12}`
	next := func(todo int64, items []lineView) {
		s.mu.Lock()
		s.inbox.Items, s.inbox.Counts = items, map[string]int64{"todo": todo}
		s.mu.Unlock()
		s.live <- fmt.Sprintf(`{"todo":%d}`, todo)
	}
	next(3, lines()[:3])
	p.until(`document.querySelectorAll("#rows tbody tr").length === 3 && document.querySelector("#tabs .count").textContent === "3"`)
	p.key("j")
	next(2, lines()[:2])
	p.until(`document.querySelector(".stale-note") && !document.querySelector(".stale-note").hidden`)
	if got := value[int](p, `document.querySelectorAll("#rows tbody tr").length`); got != 3 {
		t.Errorf("the list changed under the reader: %d rows", got)
	}
	p.click(".stale-note")
	p.until(`document.querySelectorAll("#rows tbody tr").length === 2`)
}

// seen measures a page: text without contrast, content wider than the window,
// and controls without a name.
const seen = `(() => {
  const bad = [];
  const lum = (c) => { const [r, g, b] = c.map((v) => { v /= 255; return v <= .03928 ? v / 12.92 : ((v + .055) / 1.055) ** 2.4; }); return .2126 * r + .7152 * g + .0722 * b; };
  const rgba = (s) => { const m = s.match(/[\d.]+/g).map(Number); return m.length < 4 ? [...m, 1] : m; };
  const ground = (el) => { for (; el; el = el.parentElement) { const c = rgba(getComputedStyle(el).backgroundColor); if (c[3] === 1) return c.slice(0, 3); } return [255, 255, 255]; };
  const walk = document.createTreeWalker(document.body, NodeFilter.SHOW_TEXT);
  while (walk.nextNode()) {
    const el = walk.currentNode.parentElement;
    if (!walk.currentNode.textContent.trim() || !el.offsetParent || el.closest("svg, .sr, .skip, option")) continue;
    const style = getComputedStyle(el), a = lum(rgba(style.color).slice(0, 3)), b = lum(ground(el));
    const ratio = (Math.max(a, b) + .05) / (Math.min(a, b) + .05);
    if (ratio < 4.5) bad.push("contrast " + ratio.toFixed(2) + ": " + walk.currentNode.textContent.trim().slice(0, 20));
  }
  const wide = document.documentElement.scrollWidth - innerWidth;
  if (wide > 0) bad.push("the page is " + wide + " px wider than the window");
  for (const el of document.querySelectorAll("a, button, input:not([type=hidden]), select, textarea")) {
    if (!el.offsetParent) continue;
    const name = el.getAttribute("aria-label") || (el.labels && el.labels.length && el.labels[0].textContent) || el.textContent || el.title;
    if (!name.trim()) bad.push("no name: " + el.outerHTML.slice(0, 80));
    const box = el.getBoundingClientRect();
    if (box.height && box.height < 16) bad.push("too small to hit: " + el.outerHTML.slice(0, 80));
  }
  return bad;
})()`

func TestEveryPageIsReadableOnEveryScreen(t *testing.T) {
	p := open(t, newSite(t), "/")
	for _, size := range [][2]int64{{1366, 768}, {390, 844}} {
		p.do(chromedp.EmulateViewport(size[0], size[1]))
		for _, s := range samples() {
			for _, lang := range Languages() {
				p.goTo("/sample/" + s.name + "?lang=" + lang)
				for _, bad := range value[[]string](p, seen) {
					t.Errorf("%s in %s at %d px: %s", s.name, lang, size[0], bad)
				}
			}
		}
	}
}
