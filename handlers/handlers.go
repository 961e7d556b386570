// Package handlers is the web face of shujie: pages for people and JSON for
// systems, made by the same handlers from the same data.
//
// A handler asks the engine or the store and returns a [Page]; one responder
// writes it as HTML or JSON, and every failure as a problem (RFC 9457) or as a
// page that says what to do next. The route table is the whole list of what the
// service does. Every read takes the reader's scope; every move goes through the
// engine.
package handlers

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net/http"
	"regexp"
	"time"

	"github.com/gin-gonic/gin"
	"github.com/prometheus/client_golang/prometheus"
	"github.com/prometheus/client_golang/prometheus/promhttp"

	"github.com/shujie-gov/shujie/fault"
	"github.com/shujie-gov/shujie/workflow"
)

// Store is what the handlers ask of the database, by who asks; models.Store is
// one.
type Store interface {
	accounts
	caseReader
	catalogue
	coverStore
	useStore
	batches
	receiptReader
	window
	noticeBoard
	shelf
	migrationBook
	calendarRegister
	replayBook
	staffReader
	routingStore
	bulkKeeper
	filterKeeper
	standIns
	watcher
	incidentBook
}

// Policy says what the roles of a person let them do; policies.Policy is one.
type Policy interface {
	// Can returns nil, or a Forbidden fault that names the missing rule.
	Can(a workflow.Actor, kind workflow.Kind, act workflow.Action) error
	// Fits refuses a definition that grants more than the policy does.
	Fits(d *workflow.Definition) error
}

// Account is a demo account that the login page offers.
type Account struct{ Username, Name, Department, Role, Password string }

// Options says what the handlers are made of.
type Options struct {
	Engine        *workflow.Engine
	Store         Store
	Policy        Policy
	Views         renderer
	Now           func() time.Time
	Log           *slog.Logger
	SecureCookies bool // the service is reached over HTTPS
	Version       string
	// Ready asks what the service depends on, by name; nil is well.
	Ready      func(context.Context) map[string]error
	Collectors []prometheus.Collector // besides those of HTTP
	Demo       []Account              // shown at login; empty in production
	// ResourceCode is what the codes of resources look like (docs of the province
	// differ); nil: anyhow.
	ResourceCode *regexp.Regexp
	// Ticks paces the live pages: each call returns a channel that ticks when a
	// page should look whether anything changed, and a function that stops it.
	// Nil turns live pages off.
	Ticks func() (<-chan time.Time, func())
}

// New returns the whole web face of shujie: pages under /, JSON under /api/v1.
func New(o Options) (http.Handler, error) {
	if o.Engine == nil || o.Store == nil || o.Policy == nil || o.Views == nil || o.Now == nil || o.Log == nil {
		return nil, errors.New("handlers: Engine, Store, Policy, Views, Now and Log are needed")
	}
	s, err := newServer(o)
	if err != nil {
		return nil, err
	}
	return s.handler(o)
}

// handler joins the routes with what surrounds each request.
func (s *server) handler(o Options) (http.Handler, error) {
	gin.SetMode(gin.ReleaseMode)
	reg := prometheus.NewRegistry()
	for _, c := range o.Collectors {
		if err := reg.Register(c); err != nil {
			return nil, fmt.Errorf("handlers: %w", err)
		}
	}
	metrics, err := newHTTPMetrics(reg)
	if err != nil {
		return nil, fmt.Errorf("handlers: %w", err)
	}
	g := gin.New()
	if err := g.SetTrustedProxies(nil); err != nil {
		return nil, fmt.Errorf("handlers: %w", err)
	}
	g.HandleMethodNotAllowed = true
	g.ContextWithFallback = false
	g.Use(identify, access(o.Log, o.Now, metrics), s.respond.recovered, secure(o.SecureCookies), bound)
	g.NoRoute(s.respond.check(s.session.load), s.respond.handle(unknownRoute))
	g.NoMethod(s.respond.handle(wrongMethod))
	static := gin.WrapH(o.Views.Static())
	g.GET("/static/*file", static)
	g.HEAD("/static/*file", static)
	g.GET("/metrics", gin.WrapH(promhttp.HandlerFor(reg, promhttp.HandlerOpts{})))
	for _, r := range s.routes() {
		s.mount(g, r)
	}
	return guard(g, s.respond, o.SecureCookies), nil
}

// guard refuses writes that another site made the browser send. Programs send
// neither Origin nor Sec-Fetch-Site and pass.
func guard(g *gin.Engine, r *responder, https bool) http.Handler {
	cop := http.NewCrossOriginProtection()
	refused := gin.New()
	refused.Use(identify, secure(https))
	refused.NoRoute(r.handle(func(*gin.Context) (Page, error) {
		return Page{}, &httpError{status: http.StatusForbidden, code: "cross-site", detail: fault.Text{
			ZH: "这个请求来自其他网站，已拒绝。", EN: "This request came from another site and was refused.",
		}}
	}))
	cop.SetDenyHandler(refused)
	return cop.Handler(g)
}

// server is the handlers joined, one per resource.
type server struct {
	respond  *responder
	session  *sessions
	policy   Policy
	frame    *frames
	cases    *cases
	filing   *filing
	batches  *batchPages
	things   *things
	lists    *lists
	usage    *usage
	defs     *definitions
	days     *calendars
	notices  *notices
	receipts *receipts
	ops      *operations
	watch    *watch
	away     *incidents
	live     *live
	load     *workloads
	routing  *routing
	bulks    *bulks
	mine     *mine
}

func newServer(o Options) (*server, error) {
	dir := newDirectory(o.Store, o.Now)
	tables := newTables(o.Store, o.Now)
	show := &viewer{window: o.Store, dir: dir, tables: tables, engine: o.Engine}
	ops, err := newOperations(o)
	if err != nil {
		return nil, err
	}
	session, err := newSessions(o, show)
	if err != nil {
		return nil, err
	}
	frame := &frames{store: o.Store, outages: newOutages(o.Store, o.Now), policy: o.Policy, dir: dir, now: o.Now, version: o.Version, live: o.Ticks != nil}
	kept := &filters{store: o.Store}
	cs := &cases{changes: o.Store, window: o.Store, kept: kept, tables: tables, store: o.Store, ledger: o.Store, staffing: o.Store, entries: o.Store, engine: o.Engine, show: show, frame: frame}
	return &server{
		respond: &responder{views: o.Views, frame: frame.of, log: o.Log},
		session: session, policy: o.Policy, frame: frame, cases: cs,
		filing:   &filing{window: o.Store, tables: tables, engine: o.Engine, policy: o.Policy, store: o.Store, catalogue: o.Store, show: show, cases: cs, now: o.Now},
		batches:  &batchPages{store: o.Store, cases: o.Store, show: show},
		lists:    &lists{store: o.Store, policy: o.Policy, show: show},
		things:   &things{store: o.Store, cases: o.Store, policy: o.Policy, show: show, code: o.ResourceCode},
		defs:     &definitions{store: o.Store, book: o.Store, engine: o.Engine, policy: o.Policy, show: show},
		days:     &calendars{store: o.Store, book: o.Store, policy: o.Policy, show: show, now: o.Now},
		notices:  &notices{store: o.Store, show: show},
		receipts: &receipts{store: o.Store, show: show},
		usage:    &usage{store: o.Store, show: show},
		ops:      ops,
		away:     &incidents{store: o.Store},
		watch:    &watch{store: o.Store, policy: o.Policy, now: o.Now},
		live:     &live{frame: frame, ticks: o.Ticks},
		load:     &workloads{store: o.Store, show: show},
		routing:  &routing{store: o.Store, items: o.Store, policy: o.Policy, show: show, tables: tables},
		mine:     &mine{store: o.Store, staff: o.Store, filters: kept, show: show, now: o.Now},
		bulks:    &bulks{store: o.Store, cases: cs, now: o.Now},
	}, nil
}
