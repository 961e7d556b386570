package handlers

import (
	"bufio"
	"context"
	"fmt"
	"net/http"
	"net/http/httptest"
	"net/url"
	"reflect"
	"slices"
	"strings"
	"testing"
	"time"

	"golang.org/x/net/html"
)

func TestEveryPageIsShownInBothLanguages(t *testing.T) {
	w := newWorld(t, sqliteFor(t))
	own, foreign := w.twoCities()
	rules, waiting := w.draftRules(), w.file(map[string]any{"service_item": "企业登记全程电子化", "proofs": []string{"到场身份证明", "社区同意证明", "村委会盖章"}})
	for _, path := range []string{
		"/routing", fmt.Sprintf("/routing/%d", rules.ID), fmt.Sprintf("/cases/%d", waiting.ID), "/routing/777",
		"/", "/?box=done", "/?box=mine&light=red", "/cases", "/cases?kind=blocker&state=handling&sort=due&limit=1", fmt.Sprintf("/cases/%d", own.ID), fmt.Sprintf("/cases/%d", foreign.ID),
		fmt.Sprintf("/cases/%d", own.Children0(w)), "/batches", fmt.Sprintf("/batches/%d", own.Batch.ID), "/resources", "/resources?q=人口", "/service-items", "/service-items?q=xsecb",
		"/definitions", "/definitions/blocker", "/definitions/assist", "/notices", "/receipts/1", "/receipt-key", "/nothing", "/cases/99999",
	} {
		for _, lang := range []string{"zh", "en"} {
			w.looksWhole("coord", path, lang)
		}
	}
	for _, path := range []string{"/cases/new", "/cases/new?q=新生儿", "/cases/new?item=1", "/cases/new?item=1&proof=1", "/", "/cases/new?item=x", "/batches/7777"} {
		w.looksWhole("hall", path, "zh")
		w.looksWhole("hall", path, "en")
	}
	w.looksWhole("", "/login", "zh")
	w.looksWhole("", "/login", "en")
	w.looksWhole("auditor", "/batches", "zh")
	w.looksWhole("sysadmin", "/", "zh")
}

// Children0 is the first child of the case.
func (c caseView) Children0(w *world) int64 {
	w.t.Helper()
	return w.get("coord", c.ID).Children[0].ID
}

// looksWhole fetches a page and reads it as a browser would: a page that broke
// off, or carries inline code that the CSP forbids, does not pass.
func (w *world) looksWhole(user, path, lang string) {
	w.t.Helper()
	req := w.request(http.MethodGet, path, nil)
	req.Header.Set("Accept", "text/html")
	req.AddCookie(&http.Cookie{Name: "lang", Value: lang})
	if user != "" {
		req.AddCookie(&http.Cookie{Name: cookieName, Value: w.login(user)})
	}
	got := w.send(req)
	if got.Code >= http.StatusInternalServerError {
		w.t.Fatalf("%s (%s): %d %s\n%s", path, lang, got.Code, got.Body, w.log)
	}
	text := got.Body.String()
	if !strings.HasSuffix(strings.TrimSpace(text), "</html>") {
		w.t.Errorf("%s (%s) breaks off", path, lang)
	}
	doc, err := html.Parse(strings.NewReader(text))
	w.must(err)
	for n := range doc.Descendants() {
		if n.Type != html.ElementNode {
			continue
		}
		for _, a := range n.Attr {
			if a.Key == "style" || strings.HasPrefix(a.Key, "on") || strings.HasPrefix(strings.TrimSpace(a.Val), "javascript:") {
				w.t.Errorf("%s (%s): <%s %s=%q> is inline code", path, lang, n.Data, a.Key, a.Val)
			}
		}
		if n.Data == "script" && n.FirstChild != nil {
			w.t.Errorf("%s (%s): an inline script", path, lang)
		}
	}
}

func TestWhatPeopleTypeIsShownAsText(t *testing.T) {
	w := newWorld(t, sqliteFor(t))
	const evil = `"><script>alert(1)</script>'; DROP TABLE cases; --`
	c := w.file(map[string]any{"service_item": "YB-001", "proof": evil, "title": evil})
	w.act("coord", c.ID, "comment", map[string]any{"note": evil})
	for _, path := range []string{"/cases", casePath(c.ID), "/cases?q=" + url.QueryEscape(evil), "/?box=mine"} {
		page := w.page("hall", http.MethodGet, path, nil).want(http.StatusOK).Body.String()
		if strings.Contains(page, "<script>alert") {
			t.Errorf("%s carries the script", path)
		}
		if path != "/?box=mine" && !strings.Contains(page, "&lt;script&gt;") {
			t.Errorf("%s does not show what was typed", path)
		}
	}
	bad := w.page("coord", http.MethodPost, casePath(c.ID)+"/actions/merge", url.Values{"into": {evil}, "note": {evil}}).want(http.StatusUnprocessableEntity).Body.String()
	if strings.Contains(bad, "<script>alert") {
		t.Error("the form that comes back carries the script")
	}
	if got := w.get("hall", c.ID); got.Title != evil {
		t.Errorf("stored as %q", got.Title)
	}
}

func TestTheSearchBoxJumpsToANumber(t *testing.T) {
	w := newWorld(t, sqliteFor(t))
	c := w.blocker()
	for text, want := range map[string]string{
		c.Number: casePath(c.ID), strings.ToLower(c.Number): casePath(c.ID), fmt.Sprint(c.ID): casePath(c.ID), "出生": "/cases?q=%E5%87%BA%E7%94%9F", "JS-2026-99999": "/cases?q=JS-2026-99999",
	} {
		if got := w.page("hall", http.MethodGet, "/search?q="+url.QueryEscape(text), nil).want(http.StatusSeeOther).Header().Get("Location"); got != want {
			t.Errorf("search %q leads to %q, want %q", text, got, want)
		}
	}
	if got := w.page("mz", http.MethodGet, "/search?q="+c.Number, nil).Header().Get("Location"); got != "/cases?q="+c.Number {
		t.Errorf("the number of a hidden case leads to %q", got)
	}
}

func TestACaseMayBeMergedByItsNumber(t *testing.T) {
	w := newWorld(t, sqliteFor(t))
	a, b := w.blocker(), w.blocker()
	w.page("coord", http.MethodPost, casePath(b.ID)+"/actions/merge", url.Values{"into": {a.Number}}).want(http.StatusSeeOther)
	if got := w.get("coord", b.ID); got.State != "merged" || got.Facts["merged_into"] != float64(a.ID) {
		t.Errorf("%s %v", got.State, got.Facts)
	}
}

func TestAnOpenPageHearsThatSomethingChanged(t *testing.T) {
	w := newWorld(t, sqliteFor(t))
	srv := httptest.NewServer(w.handler)
	defer srv.Close()
	ctx, leave := context.WithTimeout(t.Context(), 30*time.Second)
	defer leave()
	req, err := http.NewRequestWithContext(ctx, http.MethodGet, srv.URL+"/live", nil)
	w.must(err)
	req.Header.Set("Authorization", "Bearer "+w.login("coord"))
	resp, err := http.DefaultClient.Do(req)
	w.must(err)
	defer resp.Body.Close()
	if got := resp.Header.Get("Content-Type"); !strings.HasPrefix(got, "text/event-stream") {
		t.Fatalf("content type %q", got)
	}
	lines := bufio.NewScanner(resp.Body)
	next := func() string {
		for lines.Scan() {
			if data, ok := strings.CutPrefix(lines.Text(), "data: "); ok {
				return data
			}
		}
		t.Fatalf("the stream ended: %v", lines.Err())
		return ""
	}
	if got := next(); got != `{"todo":0,"unread":0}` {
		t.Errorf("at first: %s", got)
	}
	w.tick <- time.Time{} // nothing changed, nothing is told
	w.blocker()
	w.tick <- time.Time{}
	if got := next(); !strings.HasPrefix(got, `{"todo":1,`) {
		t.Errorf("after a filing: %s", got)
	}
	leave()
}

func TestAnAnswerSaysHowLongItIs(t *testing.T) {
	w := newWorld(t, sqliteFor(t))
	c := w.blocker()
	path := fmt.Sprintf("/cases/%d", c.ID)
	for what, got := range map[string]answer{
		"a case":    w.as("coord", http.MethodGet, path, nil).want(http.StatusOK),
		"a move":    w.as("coord", http.MethodPost, path+"/actions/accept", map[string]any{"version": 1}).want(http.StatusOK),
		"a refusal": w.as("coord", http.MethodPost, path+"/actions/accept", map[string]any{"version": 1}).want(http.StatusConflict),
		"a page":    w.page("coord", http.MethodGet, path, nil).want(http.StatusOK),
	} {
		if said := got.Header().Get("Content-Length"); said != fmt.Sprint(got.Body.Len()) {
			t.Errorf("%s says %q bytes and has %d", what, said, got.Body.Len())
		}
	}
}

func TestOnlyWhatMayBeTakenAsksForInputs(t *testing.T) {
	w := newWorld(t, sqliteFor(t))
	c := w.blocker()
	choice := func(c caseView, act string) choiceView {
		i := slices.IndexFunc(c.Choices, func(ch choiceView) bool { return ch.Action == act })
		if i < 0 {
			t.Fatalf("%s is no choice of %s", act, c.State)
		}
		return c.Choices[i]
	}
	if ch := choice(w.get("coord", c.ID), "merge"); !ch.Allowed || len(ch.Inputs) == 0 {
		t.Errorf("the coordinator is asked for %+v", ch)
	}
	if ch := choice(w.get("hall", c.ID), "merge"); ch.Mine || ch.Allowed || len(ch.Reasons) == 0 || len(ch.Inputs) > 0 {
		t.Errorf("the hall may not merge and is asked for %+v", ch)
	}
}

func TestAMoveAnswersWithTheReadersOwnSteps(t *testing.T) {
	w := newWorld(t, sqliteFor(t))
	id := w.blocker().ID
	moved := w.act("coord", id, "accept", nil)
	var own []choiceView
	for _, ch := range w.get("coord", id).Choices {
		if ch.Mine {
			own = append(own, ch)
		}
	}
	if len(own) == 0 || !reflect.DeepEqual(moved.Choices, own) {
		t.Errorf("the move answers with %+v, of the case's choices %+v are the coordinator's", moved.Choices, own)
	}
	if whole := w.get("coord", id); len(whole.Choices) == len(own) || !slices.Equal(whole.Actions, moved.Actions) {
		t.Errorf("the case has %d choices, actions %v, after the move %v", len(whole.Choices), whole.Actions, moved.Actions)
	}
}
