package handlers

import (
	"context"
	"log/slog"
	"net"
	"net/http"
	"net/url"
	"strings"
	"time"

	"github.com/alexedwards/scs/v2"
	"github.com/gin-gonic/gin"

	"github.com/shujie-gov/shujie/fault"
	"github.com/shujie-gov/shujie/models"
)

// How long a session lasts (docs/domain.md §9 #5): idle, and at most.
const (
	idleTime    = 30 * time.Minute
	sessionTime = 12 * time.Hour
	cookieName  = "shujie"
	hashesAtRun = 4 // password hashes at once; each takes 19 MiB
)

// accounts is what the session handlers ask of the store.
type accounts interface {
	UserByName(ctx context.Context, username string) (models.User, error)
	User(ctx context.Context, id int64) (models.User, error)
	Sessions() *models.Sessions
}

// sessionView is POST /api/v1/session. The token goes into Authorization:
// Bearer, or stays in the cookie.
type sessionView struct {
	Token     string    `json:"token"`
	ExpiresAt time.Time `json:"expires_at"` // earlier when nothing is asked for half an hour
	User      meView    `json:"user"`
}

// loginView is the login page.
type loginView struct {
	Username string
	Next     string // where to go after login
	Demo     []Account
}

// sessions logs people in and out and finds out who asks.
type sessions struct {
	store   accounts
	manager *scs.SessionManager
	tries   *tries
	show    *viewer

	log     *slog.Logger
	now     func() time.Time
	demo    []Account
	secure  bool
	nobody  string        // hash that no password has, for unknown names
	hashing chan struct{} // bounds the memory of hashing
}

func newSessions(o Options, show *viewer) (*sessions, error) {
	nobody, err := HashPassword(o.Now().String())
	if err != nil {
		return nil, err
	}
	m := scs.New()
	m.Store, m.Codec = o.Store.Sessions(), codec{}
	m.Lifetime, m.IdleTimeout = sessionTime, idleTime
	m.Cookie.Name, m.Cookie.Secure, m.Cookie.Persist = cookieName, o.SecureCookies, false
	m.Cookie.HttpOnly, m.Cookie.SameSite = true, http.SameSiteLaxMode
	return &sessions{
		store: o.Store, manager: m, tries: newTries(o.Now), show: show, log: o.Log, now: o.Now, demo: o.Demo,
		secure: o.SecureCookies, nobody: nobody, hashing: make(chan struct{}, hashesAtRun),
	}, nil
}

// load finds out who asks, and prolongs their session.
func (s *sessions) load(c *gin.Context) error {
	if err := s.peek(c); err != nil || userOf(c).ID == 0 {
		return err
	}
	_, _, err := s.manager.Commit(c.Request.Context())
	return err
}

// peek finds out who asks: by bearer token, else by cookie. An unknown token, a
// session that ended and a disabled account are nobody. It prolongs nothing: a
// page left open must not keep its reader logged in.
func (s *sessions) peek(c *gin.Context) error {
	scheme, token, _ := strings.Cut(c.GetHeader("Authorization"), " ")
	if !strings.EqualFold(scheme, "bearer") {
		token = ""
		if ck, err := c.Request.Cookie(cookieName); err == nil {
			token = ck.Value
		}
	}
	ctx, err := s.manager.Load(c.Request.Context(), token)
	if err != nil {
		return err
	}
	c.Request = c.Request.WithContext(ctx)
	id := s.manager.GetInt64(ctx, sessionUser)
	if id == 0 {
		return nil
	}
	u, err := s.store.User(ctx, id)
	if fault.KindOf(err) == fault.NotFound || (err == nil && u.Disabled) {
		return nil
	}
	if err == nil {
		c.Set(keyUser, u)
	}
	return err
}

// form serves GET /login.
func (s *sessions) form(c *gin.Context) (Page, error) {
	next := local(c.Query("next"))
	if userOf(c).ID != 0 {
		return Page{Location: next}, nil
	}
	return Page{View: "login", Data: loginView{Next: next, Demo: s.demo}}, nil
}

// login serves POST /login and POST /api/v1/session. A wrong password and an
// unknown name get the same answer after the same work.
func (s *sessions) login(c *gin.Context) (Page, error) {
	b, err := readBody(c)
	if err != nil {
		return Page{}, err
	}
	name, password := b.must("username", 100), b.secret("password")
	page := Page{View: "login", Data: loginView{Username: name, Next: local(b.text("next", 1000)), Demo: s.demo}}
	if err := b.err(); err != nil {
		return page, err
	}
	host, _, err := net.SplitHostPort(c.Request.RemoteAddr)
	if err != nil {
		host = c.Request.RemoteAddr
	}
	key := strings.ToLower(name) + "\n" + host
	if wait := s.tries.locked(key); wait > 0 {
		return page, &httpError{status: http.StatusTooManyRequests, code: "too-many-tries", retry: wait, detail: fault.Text{
			ZH: "连续五次登录失败，请三十分钟后再试。", EN: "Five logins failed in a row; try again in half an hour.",
		}}
	}
	ctx := c.Request.Context()
	u, err := s.store.UserByName(ctx, name)
	if err != nil && fault.KindOf(err) != fault.NotFound {
		return page, err
	}
	ok, err := s.verify(ctx, u, password)
	if err != nil {
		return page, err
	}
	if !ok {
		s.tries.fail(key)
		s.log.InfoContext(ctx, "login refused", "request", requestID(c), "user", u.ID)
		return page, fault.New(fault.Unauth, "用户名或密码不正确。", "The username or the password is wrong.")
	}
	s.tries.clear(key)
	view, err := s.begin(c, u)
	if err != nil {
		return page, err
	}
	s.log.InfoContext(ctx, "login", "request", requestID(c), "user", u.ID)
	next := "/"
	if v, ok := page.Data.(loginView); ok {
		next = v.Next
	}
	return Page{Data: view, Location: next}, nil
}

// verify checks a password. The zero User has a password nobody knows.
func (s *sessions) verify(ctx context.Context, u models.User, password string) (bool, error) {
	select {
	case s.hashing <- struct{}{}:
	case <-ctx.Done():
		return false, ctx.Err()
	}
	defer func() { <-s.hashing }()
	if u.ID == 0 || u.Disabled {
		_, err := VerifyPassword(s.nobody, password)
		return false, err
	}
	return VerifyPassword(u.Password, password)
}

// begin starts a session under a new token.
func (s *sessions) begin(c *gin.Context, u models.User) (sessionView, error) {
	ctx := c.Request.Context()
	if err := s.manager.RenewToken(ctx); err != nil {
		return sessionView{}, err
	}
	s.manager.Put(ctx, sessionUser, u.ID)
	token, _, err := s.manager.Commit(ctx)
	if err != nil {
		return sessionView{}, err
	}
	end := s.manager.Deadline(ctx)
	s.manager.WriteSessionCookie(ctx, c.Writer, token, end)
	me, err := s.show.person(ctx, u)
	return sessionView{Token: token, ExpiresAt: end.UTC(), User: me}, err
}

// logout serves POST /logout and DELETE /api/v1/session.
func (s *sessions) logout(c *gin.Context) (Page, error) {
	ctx := c.Request.Context()
	if err := s.manager.Destroy(ctx); err != nil {
		return Page{}, err
	}
	s.manager.WriteSessionCookie(ctx, c.Writer, "", time.Time{})
	if wantsHTML(c) {
		return Page{Location: "/login"}, nil
	}
	return Page{Status: http.StatusNoContent}, nil
}

// language serves POST /lang: it keeps the reader's language in a cookie and
// goes back to where they were.
func (s *sessions) language(c *gin.Context) (Page, error) {
	b, err := readBody(c)
	if err != nil {
		return Page{}, err
	}
	lang, back := b.must("lang", 10), local(b.text("back", 2000))
	if lang != "zh" && lang != "en" {
		b.refuse("lang", "只有 zh 和 en", "is zh or en")
	}
	if err := b.err(); err != nil {
		return Page{}, err
	}
	http.SetCookie(c.Writer, &http.Cookie{ //nolint:gosec // Secure is set when the service is reached over HTTPS
		Name: "lang", Value: lang, Path: "/", MaxAge: int((365 * 24 * time.Hour).Seconds()),
		HttpOnly: true, Secure: s.secure, SameSite: http.SameSiteLaxMode,
	})
	return Page{Location: back}, nil
}

// local returns path when it leads to a page of this very server, else "/": a
// link must not send anybody elsewhere after login.
func local(path string) string {
	u, err := url.Parse(path)
	if err != nil || u.Scheme != "" || u.Host != "" || u.User != nil || !strings.HasPrefix(path, "/") ||
		strings.HasPrefix(path, "//") || strings.ContainsFunc(path, func(r rune) bool { return r < ' ' || r == '\\' || r == 0x7f }) {
		return "/"
	}
	return path
}
