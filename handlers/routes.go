package handlers

import (
	"net/http"

	"github.com/gin-gonic/gin"

	"github.com/shujie-gov/shujie/fault"
	"github.com/shujie-gov/shujie/workflow"
)

// route is one thing the service does, at the address of people, of systems, or
// both.
type route struct {
	method string
	page   string // path of the page, "" when only systems ask
	api    string // path below /api/v1, "" when only people ask
	do     handler
	stream stream // instead of do, when it answers more than once
	open   bool   // may be asked before login
	bare   bool   // asks nothing of the session, nor of the database behind it
	may    rule   // what the reader's roles must allow; zero: cases, where scope and the engine decide
}

// rule is a permission on something that is no case.
type rule struct {
	kind workflow.Kind
	act  workflow.Action
}

// routes is every route of the service, in one table.
func (s *server) routes() []route {
	readCatalogue, writeCatalogue, proposeCatalogue := rule{"catalogue", "read"}, rule{"catalogue", "write"}, rule{"catalogue", "propose"}
	writeDefinition, readCalendar := rule{"definition", "write"}, rule{"calendar", "read"}
	return []route{
		{method: http.MethodGet, page: "/login", do: s.session.form, open: true},
		{method: http.MethodPost, page: "/login", api: "/session", do: s.session.login, open: true},
		{method: http.MethodPost, page: "/logout", do: s.session.logout},
		{method: http.MethodDelete, api: "/session", do: s.session.logout},
		{method: http.MethodPost, page: "/lang", do: s.session.language, open: true},
		{method: http.MethodGet, page: "/me", api: "/me", do: s.mine.get},
		{method: http.MethodGet, api: "/substitutes", do: s.mine.list},
		{method: http.MethodPost, page: "/substitutes", api: "/substitutes", do: s.mine.name},
		{method: http.MethodPost, page: "/substitutes/:id/end", api: "/substitutes/:id/end", do: s.mine.end},
		{method: http.MethodGet, api: "/filters", do: s.mine.filters.list},
		{method: http.MethodPost, page: "/filters", api: "/filters", do: s.mine.filters.keep},
		{method: http.MethodPost, page: "/filters/:id/remove", api: "/filters/:id/remove", do: s.mine.filters.drop},

		{method: http.MethodGet, page: "/", do: s.cases.inbox},
		{method: http.MethodGet, page: "/search", do: s.cases.search},
		{method: http.MethodGet, page: "/cases", api: "/cases", do: s.cases.list},
		{method: http.MethodGet, page: "/cases/new", do: s.filing.form},
		{method: http.MethodPost, page: "/cases", api: "/cases", do: s.filing.file},
		{method: http.MethodGet, page: "/cases/:id", api: "/cases/:id", do: s.cases.get},
		{method: http.MethodGet, page: "/cases/:id/window", do: s.cases.atWindow},
		{method: http.MethodGet, page: "/cases/:id/closing", do: s.cases.closing},
		{method: http.MethodGet, page: "/cases/:id/order", do: s.cases.order},
		{method: http.MethodGet, api: "/cases/:id/events", do: s.cases.events},
		{method: http.MethodGet, api: "/cases/:id/clocks", do: s.cases.clocks},
		{method: http.MethodPost, page: "/cases/:id/actions/:action", api: "/cases/:id/actions/:action", do: s.cases.act},

		{method: http.MethodPost, page: "/bulk", api: "/bulk", do: s.bulks.preview, may: rule{"blocker", "read"}},
		{method: http.MethodGet, page: "/bulk/:id", api: "/bulk/:id", do: s.bulks.get, may: rule{"blocker", "read"}},
		{method: http.MethodPost, page: "/bulk/:id/run", api: "/bulk/:id/run", do: s.bulks.run, may: rule{"blocker", "read"}},
		{method: http.MethodPost, page: "/bulk/:id/undo", api: "/bulk/:id/undo", do: s.bulks.undo, may: rule{"blocker", "read"}},
		{method: http.MethodGet, page: "/workload", api: "/workload", do: s.load.get, may: rule{"workload", "read"}},

		{method: http.MethodGet, api: "/incidents", do: s.away.list},

		{method: http.MethodGet, page: "/batches", api: "/batches", do: s.batches.list, may: rule{"batch", "read"}},
		{method: http.MethodPost, page: "/batches", api: "/batches", do: s.batches.create, may: rule{"batch", "create"}},
		{method: http.MethodGet, page: "/batches/:id", api: "/batches/:id", do: s.batches.get, may: rule{"batch", "read"}},

		{method: http.MethodGet, page: "/resources", api: "/resources", do: s.things.resources, may: readCatalogue},
		{method: http.MethodPost, api: "/resources", do: s.things.addResource, may: writeCatalogue},
		{method: http.MethodGet, page: importRoute, do: s.things.importForm, may: proposeCatalogue},
		{method: http.MethodPost, page: importRoute, api: importRoute, do: s.things.importEntries, may: proposeCatalogue},
		{method: http.MethodGet, page: "/resources/export", api: "/resources/export", stream: s.things.exportEntries, may: readCatalogue},
		{method: http.MethodGet, page: "/resources/new", do: s.things.entryForm, may: proposeCatalogue},
		{method: http.MethodPost, page: "/resources/changes", api: "/resources/changes", do: s.things.propose, may: proposeCatalogue},
		{method: http.MethodGet, page: "/resources/:id", api: "/resources/:id", do: s.things.entry, may: readCatalogue},
		{method: http.MethodPost, page: "/resources/:id", api: "/resources/:id", do: s.things.revise, may: writeCatalogue},
		{method: http.MethodGet, page: "/service-items", api: "/service-items", do: s.things.items, may: readCatalogue},
		{method: http.MethodPost, api: "/service-items", do: s.things.addItem, may: writeCatalogue},
		{method: http.MethodGet, page: "/service-items/import", do: s.things.proofForm, may: writeCatalogue},
		{method: http.MethodPost, page: "/service-items/import", api: "/service-items/import", do: s.things.importProofs, may: writeCatalogue},
		{method: http.MethodGet, page: "/service-items/:id", api: "/service-items/:id", do: s.things.item, may: readCatalogue},
		{method: http.MethodGet, page: "/coverage", api: "/coverage", do: s.lists.get, may: readCatalogue},
		{method: http.MethodGet, page: "/coverage/proofs", api: "/coverage/proofs", do: s.lists.proofs, may: readCatalogue},
		{method: http.MethodGet, page: "/coverage/proofs/export", api: "/coverage/proofs/export", stream: s.lists.export, may: readCatalogue},
		{method: http.MethodPost, page: "/coverage/match", api: "/coverage/match", do: s.lists.match, may: proposeCatalogue},
		{method: http.MethodGet, api: "/departments", do: s.things.departments, may: rule{"office", "read"}},
		{method: http.MethodPost, api: "/departments", do: s.things.addDepartment, may: rule{"office", "write"}},

		{method: http.MethodGet, page: "/routing", api: "/routing", do: s.routing.list, may: rule{"routing", "read"}},
		{method: http.MethodPost, page: "/routing", api: "/routing", do: s.routing.create, may: rule{"routing", "write"}},
		{method: http.MethodGet, page: "/routing/:id", api: "/routing/:id", do: s.routing.get, may: rule{"routing", "read"}},
		{method: http.MethodPost, page: "/routing/:id", api: "/routing/:id", do: s.routing.revise, may: rule{"routing", "write"}},
		{method: http.MethodGet, page: "/routing/:id/csv", api: "/routing/:id/csv", stream: s.routing.export, may: rule{"routing", "read"}},
		{method: http.MethodPost, page: "/routing/:id/rehearsal", api: "/routing/:id/rehearsal", do: s.routing.rehearse, may: rule{"routing", "write"}},
		{method: http.MethodPost, page: "/routing/:id/activate", api: "/routing/:id/activate", do: s.routing.activate, may: rule{"routing", "activate"}},
		{method: http.MethodPost, page: "/routing/:id/retire", api: "/routing/:id/retire", do: s.routing.retire, may: rule{"routing", "activate"}},

		{method: http.MethodGet, page: "/definitions", api: "/definitions", do: s.defs.list, may: rule{"definition", "read"}},
		{method: http.MethodPost, page: "/definitions", api: "/definitions", do: s.defs.upload, may: writeDefinition},
		{method: http.MethodPost, api: "/definitions/check", do: s.defs.check, may: rule{"definition", "check"}},
		{method: http.MethodGet, page: "/definitions/:kind", api: "/definitions/:kind", do: s.defs.get, may: rule{"definition", "read"}},
		{method: http.MethodPost, page: "/definitions/:kind/release", api: "/definitions/:kind/release", do: s.defs.release, may: writeDefinition},
		{method: http.MethodPost, page: "/definitions/:kind/retire", api: "/definitions/:kind/retire", do: s.defs.retire, may: writeDefinition},
		{method: http.MethodPost, page: "/definitions/:kind/discard", api: "/definitions/:kind/discard", do: s.defs.discard, may: writeDefinition},
		{method: http.MethodGet, page: "/definitions/:kind/plan", api: "/definitions/:kind/plan", do: s.defs.plan, may: writeDefinition},
		{method: http.MethodPost, page: "/definitions/:kind/migrations", api: "/definitions/:kind/migrations", do: s.defs.start, may: writeDefinition},
		{method: http.MethodGet, page: "/migrations/:id", api: "/migrations/:id", do: s.defs.migration, may: rule{"definition", "read"}},
		{method: http.MethodPost, page: "/migrations/:id/undo", api: "/migrations/:id/undo", do: s.defs.undo, may: writeDefinition},

		{method: http.MethodGet, page: "/calendars", api: "/calendars", do: s.days.list, may: readCalendar},
		{method: http.MethodPost, page: "/calendars", api: "/calendars", do: s.days.create, may: rule{"calendar", "write"}},
		{method: http.MethodGet, page: "/calendars/:id", api: "/calendars/:id", do: s.days.get, may: readCalendar},
		{method: http.MethodPost, page: "/calendars/:id", api: "/calendars/:id", do: s.days.revise, may: rule{"calendar", "write"}},
		{method: http.MethodGet, page: "/calendars/:id/csv", api: "/calendars/:id/csv", stream: s.days.export, may: readCalendar},
		{method: http.MethodPost, page: "/calendars/:id/discard", api: "/calendars/:id/discard", do: s.days.discard, may: rule{"calendar", "write"}},
		{method: http.MethodPost, page: "/calendars/:id/replays", api: "/calendars/:id/replays", do: s.days.preview, may: rule{"calendar", "write"}},
		{method: http.MethodGet, page: "/replays/:id", api: "/replays/:id", do: s.days.replay, may: readCalendar},
		{method: http.MethodPost, page: "/replays/:id/apply", api: "/replays/:id/apply", do: s.days.apply, may: rule{"calendar", "apply"}},

		{method: http.MethodGet, page: "/notices", api: "/notices", do: s.notices.list, may: rule{"notice", "read"}},
		{method: http.MethodPost, page: "/notices/seen", api: "/notices/seen", do: s.notices.seen, may: rule{"notice", "read"}},
		{method: http.MethodGet, page: "/receipts/:id", api: "/receipts/:id", do: s.receipts.get, may: rule{"receipt", "read"}},
		{method: http.MethodGet, page: "/receipts/:id/document", api: "/receipts/:id/document", do: s.receipts.document, may: rule{"receipt", "read"}},
		{method: http.MethodGet, page: "/usage", api: "/usage", do: s.usage.list, may: rule{"receipt", "read"}},
		{method: http.MethodGet, page: "/usage/export", api: "/usage/export", stream: s.usage.export, may: rule{"receipt", "read"}},
		{method: http.MethodGet, page: "/receipt-key", api: "/receipt-key", do: s.receipts.key, open: true},

		{method: http.MethodGet, page: "/watch", api: "/watch", do: s.watch.get, may: rule{"watch", "read"}},
		{method: http.MethodPost, page: "/watch/revivals", api: "/watch/revivals", do: s.watch.revive, may: rule{"job", "revive"}},

		{method: http.MethodGet, page: "/live", api: "/live", stream: s.live.serve},

		{method: http.MethodGet, page: "/healthz", do: s.ops.alive, bare: true},
		{method: http.MethodGet, page: "/readyz", do: s.ops.ready, bare: true},
		{method: http.MethodGet, api: "/openapi.json", do: s.ops.openapi, bare: true},
	}
}

// mount registers a route at its addresses. GET answers HEAD too.
func (s *server) mount(g *gin.Engine, r route) {
	var chain []gin.HandlerFunc
	switch {
	case r.bare:
	case r.stream != nil:
		chain = append(chain, s.respond.check(s.session.peek), s.respond.check(needLogin))
	case r.open:
		chain = append(chain, s.respond.check(s.session.load))
	default:
		chain = append(chain, s.respond.check(s.session.load), s.respond.check(needLogin))
	}
	if r.may != (rule{}) {
		chain = append(chain, s.respond.check(func(c *gin.Context) error { return s.policy.Can(actorOf(c), r.may.kind, r.may.act) }))
	}
	if r.stream != nil {
		chain = append(chain, func(c *gin.Context) { r.stream(c, func(err error) { s.respond.fail(c, Page{}, err) }) })
	} else {
		chain = append(chain, s.respond.handle(r.do))
	}
	for _, path := range r.paths() {
		g.Handle(r.method, path, chain...)
		if r.method == http.MethodGet && r.stream == nil {
			g.HEAD(path, chain...)
		}
	}
}

// paths lists the addresses of a route as gin writes them.
func (r route) paths() []string {
	var list []string
	if r.page != "" {
		list = append(list, r.page)
	}
	if r.api != "" {
		list = append(list, apiRoot+r.api)
	}
	return list
}

// stream answers a route by itself, as long as the caller listens. It gives what
// goes wrong before the first byte to fail.
type stream func(c *gin.Context, fail func(error))

// check adapts what must hold before a handler.
func (r *responder) check(check func(c *gin.Context) error) gin.HandlerFunc {
	return func(c *gin.Context) {
		if err := check(c); err != nil {
			c.Abort()
			r.fail(c, Page{}, err)
		}
	}
}

func needLogin(c *gin.Context) error {
	if userOf(c).ID == 0 {
		return fault.New(fault.Unauth, "请先登录。", "Please log in first.")
	}
	return nil
}
