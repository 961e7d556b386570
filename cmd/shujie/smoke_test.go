//go:build smoke

package main

import (
	"bytes"
	"context"
	"fmt"
	"os"
	"os/exec"
	"strings"
	"testing"
	"time"

	"github.com/chromedp/chromedp"
	"github.com/chromedp/chromedp/kb"
)

// stage starts the demo's server with its catalogue and accounts, and nobody at
// work: the browser does that.
func stage(t *testing.T) string {
	t.Helper()
	cfg, err := loadConfig(nil)
	if err != nil {
		t.Fatal(err)
	}
	cfg.LogLevel = "error"
	d := &demo{o: demoOptions{once: true, dir: t.TempDir()}, cfg: cfg, out: new(bytes.Buffer), err: new(bytes.Buffer), began: time.Now()}
	if err := d.read(); err != nil {
		t.Fatal(err)
	}
	if _, err := d.place(t.Context()); err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithCancel(context.Background())
	ended, err := d.start(ctx)
	if err != nil {
		cancel()
		t.Fatal(err)
	}
	t.Cleanup(func() {
		cancel()
		if err := <-ended; err != nil {
			t.Error(err)
		}
	})
	return d.base
}

// desk is one user's browser. Anything its console says fails the test.
type desk struct {
	t    *testing.T
	ctx  context.Context
	base string
	user string
}

// chromium finds the browser; in CI its absence fails.
func chromium(t *testing.T) string {
	t.Helper()
	for _, name := range []string{os.Getenv("TEST_CHROMIUM"), "chromium", "chromium-browser", "google-chrome"} {
		if path, err := exec.LookPath(name); name != "" && err == nil {
			return path
		}
	}
	t.Fatal("no Chromium: install one or name it in TEST_CHROMIUM")
	return ""
}

func sit(t *testing.T, base, user string) desk {
	t.Helper()
	opts := append(chromedp.DefaultExecAllocatorOptions[:], chromedp.ExecPath(chromium(t)), chromedp.NoSandbox,
		chromedp.WindowSize(1366, 768), chromedp.Flag("disable-background-networking", true))
	alloc, stop := chromedp.NewExecAllocator(t.Context(), opts...)
	t.Cleanup(stop)
	ctx, cancel := chromedp.NewContext(alloc)
	t.Cleanup(cancel)
	if err := chromedp.Do(ctx, chromedp.Navigate(base+"/login")); err != nil {
		t.Fatal(err)
	}
	words, said := chromedp.Console(ctx), make(chan struct{})
	go func() {
		defer close(said)
		for m, err := range words {
			if err != nil {
				return
			}
			t.Errorf("%s: the console says: %s (%s:%d)", user, m, m.URL, m.Line)
		}
	}()
	t.Cleanup(func() { cancel(); <-said })
	d := desk{t, ctx, base, user}
	d.do(chromedp.SendKeys(chromedp.CSS("#username"), user), chromedp.SendKeys(chromedp.CSS("#password"), demoPassword+kb.Enter))
	d.until(`location.pathname === "/" && document.querySelector("#tabs")`)
	return d
}

func (d desk) do(a ...chromedp.Action[chromedp.Void]) {
	d.t.Helper()
	ctx, cancel := context.WithTimeout(d.ctx, time.Minute)
	defer cancel()
	if err := chromedp.Do(ctx, a...); err != nil {
		d.t.Fatalf("%s: %v", d.user, err)
	}
}

func (d desk) key(keys string)  { d.t.Helper(); d.do(chromedp.KeyEvent(keys)) }
func (d desk) goTo(path string) { d.t.Helper(); d.do(chromedp.Navigate(d.base + path)) }
func (d desk) click(sel string) { d.t.Helper(); d.do(chromedp.Click(chromedp.CSS(sel))) }

// until waits for a JavaScript condition, over page loads.
func (d desk) until(cond string) {
	d.t.Helper()
	ctx, cancel := context.WithTimeout(d.ctx, time.Minute)
	defer cancel()
	for {
		if _, err := chromedp.Run(ctx, chromedp.Poll[any](cond)); err == nil {
			return
		} else if ctx.Err() != nil { // else the page was left while it was asked
			d.t.Fatalf("%s: %s never holds: %v", d.user, cond, err)
		}
	}
}

func (d desk) value(js string) string {
	d.t.Helper()
	v, err := chromedp.Run(d.ctx, chromedp.Evaluate[string](js))
	if err != nil {
		d.t.Fatalf("%s: %s: %v", d.user, js, err)
	}
	return v
}

// arrive opens the inbox and waits until the title stands in it; background
// work may still be bringing it.
func (d desk) arrive(title string) {
	d.t.Helper()
	row := fmt.Sprintf(`Array.from(document.querySelectorAll("#rows .row-link")).some(a => a.textContent.includes(%q))`, title)
	for end := time.Now().Add(30 * time.Second); ; {
		d.goTo("/")
		if d.value(`String(`+row+`)`) == "true" {
			return
		}
		if time.Now().After(end) {
			d.t.Fatalf("%s: %s does not arrive; the inbox shows: %s", d.user, title, d.value(`document.querySelector("#rows").innerText`))
		}
	}
}

// open opens a case from the inbox by mouse.
func (d desk) open(title string) {
	d.t.Helper()
	d.arrive(title)
	d.do(chromedp.Evaluate[chromedp.Void](fmt.Sprintf(
		`Array.from(document.querySelectorAll("#rows .row-link")).find(a => a.textContent.includes(%q)).setAttribute("data-test", "row")`, title), chromedp.EvalIgnoreExceptions))
	d.click(`[data-test="row"]`)
	d.until(`location.pathname.startsWith("/cases/") && document.querySelector("#case-head")`)
}

// openByKeys opens a case from the inbox by keyboard alone.
func (d desk) openByKeys(title string) {
	d.t.Helper()
	d.arrive(title)
	for range 60 {
		d.key("j")
		if strings.Contains(d.value(`document.activeElement.textContent`), title) {
			d.key(kb.Enter)
			d.until(`location.pathname.startsWith("/cases/") && document.querySelector("#case-head")`)
			return
		}
	}
	d.t.Fatalf("%s: %s cannot be reached by keys", d.user, title)
}

// act presses the button of an action, fills its form and waits for the case to
// have moved on.
func (d desk) act(action string, fill ...chromedp.Action[chromedp.Void]) {
	d.t.Helper()
	form := fmt.Sprintf(`form[action$="/actions/%s"]`, action)
	version := d.value(`document.querySelector('` + form + ` [name=version]').value`)
	if d.value(`String(!!document.querySelector('details.act `+form+`'))`) == "true" {
		d.do(chromedp.Evaluate[chromedp.Void](`document.querySelector('`+form+`').closest("details").querySelector("summary").setAttribute("data-test", "open")`, chromedp.EvalIgnoreExceptions))
		d.click(`[data-test="open"]`)
		d.do(fill...)
	}
	d.click(form + " button")
	d.until(`!document.querySelector('` + form + ` [name=version][value="` + version + `"]')`)
	if bad := d.value(`(document.querySelector(".problem") || {innerText: ""}).innerText`); bad != "" {
		d.t.Fatalf("%s: %s was refused: %s", d.user, action, bad)
	}
}

// TestSmokeEachUserDoesTheirPart walks one real blocker from the window to the
// archive in the browser: hall staff by keyboard, coordinator and departments by
// mouse, the holder's handler by keyboard again.
func TestSmokeEachUserDoesTheirPart(t *testing.T) {
	base := stage(t)
	const title = "新生儿参保：索要出生证明"

	hall := sit(t, base, "hall_js")
	hall.goTo("/cases/new")
	hall.do(chromedp.SendKeys(chromedp.CSS("#f-service_item"), "xsecb"))
	hall.until(`document.querySelectorAll("#item-options [role=option]").length > 0`)
	hall.key(kb.ArrowDown)
	hall.until(`document.querySelector("#f-service_item").getAttribute("aria-activedescendant")`)
	hall.key(kb.Enter)
	hall.until(`location.search.startsWith("?item=") && document.querySelector("[data-proof]")`)
	hall.do(chromedp.Focus(chromedp.CSS("[data-proof]")))
	hall.key(" ")
	hall.until(`document.querySelector("[data-proof]").checked && document.querySelector("[data-go]").textContent.includes("卫生健康委员会")`)
	if help := hall.value(`document.querySelector(".file-help").innerText`); !strings.Contains(help, "出生医学证明电子证照") || !strings.Contains(help, "卫生健康委员会") {
		t.Errorf("the help does not say who holds what: %s", help)
	}
	hall.do(chromedp.SendKeys(chromedp.CSS(`#f-person\.name`), "测试"), chromedp.Focus(chromedp.CSS("[data-go]")))
	hall.key(kb.Enter)
	hall.until(`location.pathname.match(/^\/cases\/\d+$/)`)
	if got := hall.value(`document.querySelector("#case-head h1").textContent`); got != title {
		t.Fatalf("filed %q", got)
	}

	chief := sit(t, base, "coordinator")
	chief.open(title)
	chief.act("accept")

	holder := sit(t, base, "wj_handler")
	holder.openByKeys(title)
	holder.act("sign")
	holder.act("request_data")

	asker := sit(t, base, "yb_head")
	asker.open("申请共享：出生证明")
	asker.act("endorse")
	head := sit(t, base, "wj_head")
	head.open("申请共享：出生证明")
	head.act("grant")
	holder.open("申请共享：出生证明")
	holder.act("connect")
	holder.act("deliver")

	clerk := sit(t, base, "yb_handler")
	clerk.open("停止索要")
	clerk.act("sign")
	clerk.act("finish", chromedp.SendKeys(chromedp.CSS("#finish-note"), "窗口改用共享数据核验"))
	asker.open(title)
	asker.act("approve_online")
	head.open(title)
	if got := head.value(`document.querySelector("#steps [aria-current]").innerText`); !strings.Contains(got, "网上已批") {
		t.Errorf("no-meeting progress stands at %q", got)
	}
	head.act("resolve")

	hall.open(title)
	hall.act("deliver", chromedp.Click(chromedp.CSS(`input[name=method][value=push]`)))
	hall.act("verify", chromedp.SetValue(chromedp.CSS("#verify-visits"), "0"))
	if got := hall.value(`document.querySelector(".case-line").innerText`); !strings.Contains(got, "已归档") {
		t.Errorf("at the end it is %q", got)
	}
	if got := hall.value(`document.querySelector(".diagram").innerText || document.querySelector(".diagram").textContent`); !strings.Contains(got, "已归档") {
		t.Errorf("the diagram lacks the present state: %q", got)
	}

	chief.goTo("/batches")
	chief.do(chromedp.Click(chromedp.CSS(`a[href^="/batches/"]`)))
	chief.until(`location.pathname.match(/^\/batches\/\d+$/)`)
	stranger := sit(t, base, "jy_handler")
	stranger.goTo("/cases")
	if got := stranger.value(`document.querySelector("main").innerText`); strings.Contains(got, title) {
		t.Error("a department without a part in it sees the case in its list")
	}
}
