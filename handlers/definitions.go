package handlers

import (
	"context"
	"maps"
	"slices"

	"github.com/gin-gonic/gin"

	"github.com/shujie-gov/shujie/fault"
	"github.com/shujie-gov/shujie/models"
	"github.com/shujie-gov/shujie/workflow"
)

// shelf keeps the versions of definitions; models.Store is one.
type shelf interface {
	Definitions(ctx context.Context) ([]models.Definition, int64, error)
	AddDefinition(ctx context.Context, n models.NewDefinition, by workflow.Actor) (models.Definition, error)
	ReleaseDefinition(ctx context.Context, kind workflow.Kind, version int, by workflow.Actor) error
	RetireDefinition(ctx context.Context, kind workflow.Kind, version int, by workflow.Actor) error
	DiscardDefinition(ctx context.Context, kind workflow.Kind, version int) error
	OpenByVersion(ctx context.Context, sc models.Scope) ([]models.VersionCount, error)
}

// definitions shows the lives of the kinds and keeps their versions.
type definitions struct {
	store  shelf
	book   migrationBook
	engine *workflow.Engine
	policy Policy
	show   *viewer
}

// look is one look at all versions.
type look struct {
	stored []models.Definition
	open   []models.VersionCount // in the reader's scope
}

func (h *definitions) look(c *gin.Context) (*look, error) {
	stored, _, err := h.store.Definitions(c.Request.Context())
	if err != nil {
		return nil, err
	}
	open, err := h.store.OpenByVersion(c.Request.Context(), scopeOf(c))
	return &look{stored, open}, err
}

// list serves GET /definitions.
func (h *definitions) list(c *gin.Context) (Page, error) {
	l, err := h.look(c)
	if err != nil {
		return Page{}, err
	}
	out, err := h.all(c, l)
	return Page{View: "definitions", Data: out}, err
}

// all lists every kind in its latest version.
func (h *definitions) all(c *gin.Context, l *look) (definitionsView, error) {
	out := definitionsView{Items: []definitionView{}, MayWrite: h.mayWrite(c)}
	defs := h.engine.Defs.Snapshot()
	for _, k := range defs.Kinds() {
		if d := defs.Latest(k); d != nil {
			view := definitionOf(d)
			view.All, view.Own = l.versions(defs, k, d.Version)
			out.Items = append(out.Items, view)
		}
	}
	if !wantsHTML(c) {
		return out, nil
	}
	past, err := h.book.Migrations(c.Request.Context(), "", 10)
	if err != nil {
		return out, err
	}
	for i := range past {
		out.Migrations = append(out.Migrations, h.migrationOf(&past[i]))
	}
	return out, nil
}

// get serves GET /definitions/:kind, the latest version or ?version=.
func (h *definitions) get(c *gin.Context) (Page, error) {
	q := queryOf(c)
	version := int(q.id("version"))
	if err := q.err(); err != nil {
		return Page{}, err
	}
	l, err := h.look(c)
	if err != nil {
		return Page{}, err
	}
	out, err := h.version(c, l, workflow.Kind(c.Param("kind")), version)
	return Page{View: "definition", Data: out}, err
}

// version shows one version, the latest for 0.
func (h *definitions) version(c *gin.Context, l *look, kind workflow.Kind, version int) (definitionView, error) {
	defs := h.engine.Defs.Snapshot()
	d := defs.Latest(kind)
	if version > 0 {
		var err error
		if d, err = l.find(defs, kind, version); err != nil {
			return definitionView{}, err
		}
	}
	if d == nil {
		return definitionView{}, noDefinition()
	}
	out := definitionOf(d)
	out.All, out.Own = l.versions(defs, kind, d.Version)
	out.YAML, out.MayWrite = d.Text(), h.mayWrite(c)
	out.Last = out.Own.Latest && !slices.ContainsFunc(out.All, func(v versionView) bool { return v.Version != d.Version && v.Status == string(models.Released) })
	if old := l.before(defs, kind, d.Version); old != nil {
		out.Before, out.Changes = old.Version, workflow.Diff(old, d)
	}
	if wantsHTML(c) {
		out.Diagram = d.SVG("", langOf(c))
	}
	return out, nil
}

func noDefinition() error {
	return fault.New(fault.NotFound, "没有这种流程定义。", "There is no such definition.")
}

// find returns one version, be it in force or a draft.
func (l *look) find(defs *workflow.Definitions, kind workflow.Kind, version int) (*workflow.Definition, error) {
	if d := defs.Get(kind, version); d != nil {
		return d, nil
	}
	for _, s := range l.stored {
		if s.Kind == kind && s.Version == version {
			return workflow.Parse(s.File, []byte(s.Text))
		}
	}
	return nil, noDefinition()
}

// before returns the version before one, nil when it is the first.
func (l *look) before(defs *workflow.Definitions, kind workflow.Kind, version int) *workflow.Definition {
	var old *workflow.Definition
	for _, v := range defs.Versions(kind) {
		if v.Version < version {
			old = v.Definition
		}
	}
	return old
}

// versions lists the versions of a kind, newest first, and returns one of them.
func (l *look) versions(defs *workflow.Definitions, kind workflow.Kind, version int) (all []versionView, own versionView) {
	all = []versionView{}
	latest := defs.Latest(kind)
	for _, s := range slices.Backward(l.stored) {
		if s.Kind != kind {
			continue
		}
		v := versionView{
			Version: s.Version, Status: string(s.Status), StatusName: s.Status.Title(), Shipped: s.Shipped, Hash: s.Hash, By: s.By, At: s.At,
			MovedBy: s.MovedBy, MovedAt: s.MovedAt, Latest: latest != nil && latest.Version == s.Version, Cases: []countView{},
		}
		d := defs.Get(kind, s.Version)
		for _, n := range l.open {
			if n.Kind == kind && n.Version == s.Version && d != nil {
				v.Open += n.N
				v.Cases = append(v.Cases, countView{State: string(n.State), Title: d.TitleOf(n.State), N: n.N})
			}
		}
		if d != nil {
			slices.SortFunc(v.Cases, func(a, b countView) int {
				order := d.StatesInOrder()
				return slices.Index(order, workflow.State(a.State)) - slices.Index(order, workflow.State(b.State))
			})
		}
		all = append(all, v)
		if s.Version == version {
			own = v
		}
	}
	if own.Version == 0 { // in force and not stored: only where nothing keeps definitions
		own = versionView{Version: version, Status: string(models.Released), StatusName: models.Released.Title(), Latest: true, Shipped: true, Cases: []countView{}}
	}
	return all, own
}

func definitionOf(d *workflow.Definition) definitionView {
	out := definitionView{
		Kind: string(d.Kind), Version: d.Version, Title: d.Title, Initial: string(d.Initial), Mermaid: d.Mermaid(),
		All: []versionView{}, Changes: []workflow.Change{},
	}
	for _, name := range slices.Sorted(maps.Keys(d.Joined)) {
		j := d.Joined[name]
		done := make([]string, len(j.Done))
		for i, s := range j.Done {
			done[i] = string(s)
		}
		out.Joins = append(out.Joins, joinRuleView{Name: name, Title: j.Title, Kind: string(j.Kind), Done: done, Rules: workflow.JoinRules()})
	}
	for _, s := range d.StatesInOrder() {
		out.States = append(out.States, optionView{Value: string(s), Title: d.TitleOf(s)})
	}
	for _, a := range d.ActionNames() {
		out.Actions = append(out.Actions, optionView{Value: string(a), Title: d.ActionTitle(a)})
	}
	return out
}

func (h *definitions) mayWrite(c *gin.Context) bool {
	return h.policy.Can(actorOf(c), "definition", "write") == nil && h.whole(c) == nil
}

// whole refuses a steward of a part of the area: a definition holds in all of it.
func (h *definitions) whole(c *gin.Context) error {
	n, err := h.show.dir.names(c.Request.Context())
	if err != nil {
		return err
	}
	if top, ok := n.keptWhole(actorOf(c)); !ok {
		return fault.New(fault.Forbidden,
			"流程定义在全部地区生效，只能由「"+top+"」的数据管理员维护。", "A definition holds everywhere: a data steward of "+top+" keeps it.")
	}
	return nil
}

// keptWhole reports whether a is a data steward of the whole area; top is a
// region that they do not keep.
func (n *names) keptWhole(a workflow.Actor) (top string, ok bool) {
	for path, region := range n.regions {
		if region.Parent == "" && !slices.ContainsFunc(a.Grants, func(g workflow.Grant) bool { return g.Role == workflow.DataSteward && g.Region == path }) {
			return region.Name, false
		}
	}
	return "", true
}
