package handlers

import (
	"net/http"
	"net/url"
	"strings"
	"testing"
)

func TestAPersonLogsInAndOut(t *testing.T) {
	everywhere(t, func(w *world) {
		t := w.t
		var s sessionView
		got := w.send(w.request(http.MethodPost, "/api/v1/session", map[string]string{"username": "hall", "password": password})).want(http.StatusOK).into(&s)
		if s.Token == "" || s.User.Name != "李敏" || s.User.Department.Name != "南京市政务服务大厅" || s.User.Region.Name != "南京市" || s.ExpiresAt.IsZero() {
			t.Fatalf("session %+v", s)
		}
		cookie := got.Result().Cookies()[0]
		if cookie.Value != s.Token || !cookie.HttpOnly || cookie.SameSite != http.SameSiteLaxMode || cookie.Path != "/" {
			t.Errorf("cookie %+v", cookie)
		}
		req := w.request(http.MethodGet, "/api/v1/me", nil)
		req.Header.Set("Authorization", "Bearer "+s.Token)
		var me meView
		w.send(req).want(http.StatusOK).into(&me)
		if me.Username != "hall" || len(me.Roles) != 1 || me.Roles[0] != "hall_staff" || me.Grants[0].Department.Code != "H-NJ" {
			t.Errorf("me %+v", me)
		}
		out := w.request(http.MethodDelete, "/api/v1/session", nil)
		out.AddCookie(cookie)
		w.send(out).want(http.StatusNoContent)
		req = w.request(http.MethodGet, "/api/v1/me", nil)
		req.Header.Set("Authorization", "Bearer "+s.Token)
		if p := w.send(req).problem(http.StatusUnauthorized, "unauthenticated"); p.Detail != "请先登录。" {
			t.Errorf("after logout: %+v", p)
		}
	})
}

func TestLoginThroughThePageGoesWhereItWasMeantToAndNowhereElse(t *testing.T) {
	w := newWorld(t, sqliteFor(t))
	w.page("", http.MethodGet, "/cases?kind=blocker", nil).want(http.StatusSeeOther)
	for next, want := range map[string]string{
		"/cases?kind=blocker": "/cases?kind=blocker", "": "/", "//evil.example": "/", `/\evil.example`: "/", "https://evil.example/": "/",
		"/\t/evil.example": "/", "javascript:alert(1)": "/", "cases": "/", "/%2f%2fevil.example": "/%2f%2fevil.example",
	} {
		got := w.page("", http.MethodPost, "/login", url.Values{"username": {"hall"}, "password": {password}, "next": {next}}).want(http.StatusSeeOther)
		if to := got.Header().Get("Location"); to != want {
			t.Errorf("next %q leads to %q, want %q", next, to, want)
		}
		got = w.page("", http.MethodPost, "/lang", url.Values{"lang": {"en"}, "back": {next}}).want(http.StatusSeeOther)
		if to := got.Header().Get("Location"); to != want {
			t.Errorf("lang: back %q leads to %q, want %q", next, to, want)
		}
	}
	if got := w.page("", http.MethodGet, "/cases/7?x=1", nil).Header().Get("Location"); got != "/login?next=%2Fcases%2F7%3Fx%3D1" {
		t.Errorf("an anonymous reader is sent to %q", got)
	}
}

func TestALoginThatFailsTellsNobodyWhichPartWasWrong(t *testing.T) {
	w := newWorld(t, sqliteFor(t))
	try := func(user, pass string) string {
		p := w.send(w.request(http.MethodPost, "/api/v1/session", map[string]string{"username": user, "password": pass})).problem(http.StatusUnauthorized, "unauthenticated")
		return p.Title + p.Detail
	}
	if wrong, unknown := try("hall", "wrong"), try("nobody", "wrong"); wrong != unknown {
		t.Errorf("a wrong password answers %q, an unknown name %q", wrong, unknown)
	}
	form := w.page("", http.MethodPost, "/login", url.Values{"username": {"hall"}, "password": {"wrong"}}).want(http.StatusUnauthorized)
	if body := form.Body.String(); !strings.Contains(body, `value="hall"`) || strings.Contains(body, "wrong\"") {
		t.Error("the login page must keep the name and forget the password")
	}
	p := w.send(w.request(http.MethodPost, "/api/v1/session", map[string]string{})).problem(http.StatusUnprocessableEntity, "invalid")
	if got := strings.Join(p.names(), " "); got != "username password" {
		t.Errorf("wrong fields: %s", got)
	}
}

func TestFiveFailedTriesLockTheAccountFromThatAddressOnly(t *testing.T) {
	w := newWorld(t, sqliteFor(t))
	try := func(pass, address string) answer {
		req := w.request(http.MethodPost, "/api/v1/session", map[string]string{"username": "ga", "password": pass})
		req.RemoteAddr = address
		return w.send(req)
	}
	for range 5 {
		try("wrong", "10.0.0.1:1").want(http.StatusUnauthorized)
	}
	locked := try(password, "10.0.0.1:2")
	locked.problem(http.StatusTooManyRequests, "too-many-tries")
	if got := locked.Header().Get("Retry-After"); got != "1800" {
		t.Errorf("Retry-After %q", got)
	}
	try(password, "10.0.0.2:1").want(http.StatusOK)
	w.clock.add(tryWindow + 1)
	try(password, "10.0.0.1:3").want(http.StatusOK)
}

func TestANewLoginGetsANewToken(t *testing.T) {
	w := newWorld(t, sqliteFor(t))
	first := w.login("hall")
	req := w.request(http.MethodPost, "/login", url.Values{"username": {"ga"}, "password": {password}})
	req.AddCookie(&http.Cookie{Name: cookieName, Value: first})
	got := w.send(req).want(http.StatusSeeOther)
	if cookie := got.Result().Cookies()[0]; cookie.Value == first {
		t.Fatal("the token survived a login")
	}
	w.clock.add(3e9) // session reads may be two seconds old
	old := w.request(http.MethodGet, "/api/v1/me", nil)
	old.Header.Set("Authorization", "Bearer "+first)
	w.send(old).want(http.StatusUnauthorized)
	made := w.request(http.MethodGet, "/api/v1/me", nil)
	made.Header.Set("Authorization", "Bearer made-up-by-an-attacker")
	w.send(made).want(http.StatusUnauthorized)
}

func TestTheLanguageIsTheReaders(t *testing.T) {
	w := newWorld(t, sqliteFor(t))
	for accept, want := range map[string]string{
		"": "请先登录。", "zh-CN,zh;q=0.9,en;q=0.8": "请先登录。", "en-GB,en;q=0.9": "Please log in first.", "fr,en;q=0.5,zh;q=0.4": "Please log in first.",
		"en;q=0,zh": "请先登录。", "\xff\xfe": "请先登录。",
	} {
		req := w.request(http.MethodGet, "/api/v1/me", nil)
		req.Header.Set("Accept-Language", accept)
		if p := w.send(req).problem(http.StatusUnauthorized, "unauthenticated"); p.Detail != want {
			t.Errorf("Accept-Language %q: %q", accept, p.Detail)
		}
	}
	req := w.request(http.MethodGet, "/api/v1/me", nil)
	req.Header.Set("Accept-Language", "zh")
	req.AddCookie(&http.Cookie{Name: "lang", Value: "en"})
	if p := w.send(req).problem(http.StatusUnauthorized, "unauthenticated"); p.Detail != "Please log in first." {
		t.Errorf("the cookie decides: %q", p.Detail)
	}
	page := w.request(http.MethodGet, "/login", nil)
	page.Header.Set("Accept-Language", "en")
	page.Header.Set("Accept", "text/html")
	if got := w.send(page).want(http.StatusOK).Body.String(); !strings.Contains(got, `lang="zh`) {
		t.Error("a page is not Chinese first")
	}
	w.page("", http.MethodPost, "/lang", url.Values{"lang": {"fr"}}).want(http.StatusUnprocessableEntity)
}
