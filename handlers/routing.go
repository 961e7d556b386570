package handlers

import (
	"bytes"
	"context"
	"encoding/csv"
	"fmt"
	"net/http"
	"slices"
	"time"

	"github.com/gin-gonic/gin"

	"github.com/shujie-gov/shujie/fault"
	"github.com/shujie-gov/shujie/models"
	"github.com/shujie-gov/shujie/workflow"
)

// routingStore keeps the versions of the routing tables.
type routingStore interface {
	routingSource
	RoutingSets(ctx context.Context) ([]models.RoutingSet, error)
	RoutingSet(ctx context.Context, id int64) (models.RoutingSet, error)
	CreateRouting(ctx context.Context, key workflow.Key, r models.RoutingSet) (models.RoutingSet, error)
	ReviseRouting(ctx context.Context, r models.RoutingSet) (models.RoutingSet, error)
	NoteRehearsal(ctx context.Context, id int64, run models.Rehearsal) (models.RoutingSet, error)
	ActivateRouting(ctx context.Context, id, revision int64, by string) (models.RoutingSet, error)
	RetireRouting(ctx context.Context, id, revision int64) (models.RoutingSet, error)
	FiledBlockers(ctx context.Context, sc models.Scope, region string, from, to time.Time) ([]models.Filed, error)
}

// routing serves the routing tables: versions of them, dry runs, activation.
type routing struct {
	store  routingStore
	items  itemFinder
	policy Policy
	show   *viewer
	tables *tables
}

func routingPath(id int64) string { return fmt.Sprintf("/routing/%d", id) }

// sees reports whether a table decides over cases that the actor keeps, or lies
// in their region.
func sees(a workflow.Actor, set *models.RoutingSet) bool {
	return slices.ContainsFunc(a.Grants, func(g workflow.Grant) bool {
		return g.Role.Domain() == workflow.InRegion && (below(set.Region, g.Region) || below(g.Region, set.Region))
	})
}

// may reports whether a role of the actor lets them do act on the tables of a
// region.
func (h *routing) may(a workflow.Actor, region string, act workflow.Action) bool {
	return slices.ContainsFunc(a.Grants, func(g workflow.Grant) bool {
		one := workflow.Actor{Grants: []workflow.Grant{g}}
		return g.Role.Domain() == workflow.InRegion && below(region, g.Region) && h.policy.Can(one, "routing", act) == nil
	})
}

// set reads the version in the path, as far as the reader sees it and may do
// act on it.
func (h *routing) set(c *gin.Context, act workflow.Action) (models.RoutingSet, error) {
	id, err := pathID(c)
	if err != nil {
		return models.RoutingSet{}, err
	}
	set, err := h.store.RoutingSet(c.Request.Context(), id)
	if err != nil {
		return set, err
	}
	a := actorOf(c)
	if !sees(a, &set) {
		return set, fault.New(fault.NotFound, "没有这一项。", "There is no such thing.")
	}
	if act != "read" && !h.may(a, set.Region, act) {
		return set, fault.New(fault.Forbidden, "这一版规则不在您的区划内。", "This table is not of your region.")
	}
	return set, nil
}

// list serves GET /routing.
func (h *routing) list(c *gin.Context) (Page, error) {
	out, err := h.all(c)
	return Page{View: "routing", Data: out}, err
}

func (h *routing) all(c *gin.Context) (routingListView, error) {
	out := routingListView{Items: []routingSetView{}, Form: map[string]string{}}
	a := actorOf(c)
	sets, err := h.store.RoutingSets(c.Request.Context())
	if err != nil {
		return out, err
	}
	n, err := h.show.dir.names(c.Request.Context())
	if err != nil {
		return out, err
	}
	for i := range sets {
		if sees(a, &sets[i]) {
			out.Items = append(out.Items, h.brief(n, a, &sets[i]))
		}
	}
	for _, g := range a.Grants {
		out.MayWrite = out.MayWrite || h.may(a, g.Region, "write")
	}
	return out, nil
}

// get serves GET /routing/:id.
func (h *routing) get(c *gin.Context) (Page, error) {
	set, err := h.set(c, "read")
	if err != nil {
		return Page{}, err
	}
	view, err := h.whole(c, &set)
	return Page{View: "routing_set", Data: view}, err
}

// create serves POST /routing: a new draft, of rows or of CSV.
func (h *routing) create(c *gin.Context) (Page, error) {
	b, err := readBody(c)
	if err != nil {
		return Page{}, err
	}
	ctx, a := c.Request.Context(), actorOf(c)
	n, err := h.show.dir.names(ctx)
	if err != nil {
		return Page{}, err
	}
	set := models.RoutingSet{Title: b.must("title", maxTitle), Region: b.region(n, a, "region", workflow.Coordinator, workflow.DataSteward), Author: a.Name}
	key := b.key(c, a)
	if err := h.rows(c, n, b, &set); err != nil {
		return Page{}, err
	}
	if err := b.err(); err != nil {
		if !wantsHTML(c) {
			return Page{}, err
		}
		out, e := h.all(c)
		out.Form = typedIn(b, "title", "region", "csv")
		if e != nil {
			return Page{}, e
		}
		return Page{View: "routing", Data: out}, err
	}
	if set, err = h.store.CreateRouting(ctx, key, set); err != nil {
		return Page{}, err
	}
	view, err := h.whole(c, &set)
	return Page{Status: http.StatusCreated, View: "routing_set", Data: view, Location: routingPath(set.ID)}, err
}

// revise serves POST /routing/:id: other rows for a draft.
func (h *routing) revise(c *gin.Context) (Page, error) {
	set, err := h.set(c, "write")
	if err != nil {
		return Page{}, err
	}
	b, err := readBody(c)
	if err != nil {
		return Page{}, err
	}
	ctx := c.Request.Context()
	n, err := h.show.dir.names(ctx)
	if err != nil {
		return Page{}, err
	}
	before := set
	set.Title, set.Author, set.Revision = b.must("title", maxTitle), actorOf(c).Name, revision(b)
	if err := h.rows(c, n, b, &set); err != nil {
		return Page{}, err
	}
	if err := b.err(); err != nil {
		if !wantsHTML(c) {
			return Page{}, err
		}
		view, e := h.whole(c, &before)
		if e != nil {
			return Page{}, e
		}
		view.Form = typedIn(b, "title", "csv")
		return Page{View: "routing_set", Data: view}, err
	}
	if set, err = h.store.ReviseRouting(ctx, set); err != nil {
		return Page{}, err
	}
	return h.moved(c, &set)
}

// revision reads which revision of a version the caller saw.
func revision(b *body) int64 {
	n, given := b.whole("revision")
	if !given || n < 1 {
		b.refuse("revision", "请给出您看到的修订号", "is required: the revision that you saw")
	}
	return n
}

// typedIn returns the named texts of a form, to be shown again.
func typedIn(b *body, names ...string) map[string]string {
	out := map[string]string{}
	for _, name := range names {
		out[name], _ = b.values[name].(string)
	}
	return out
}

// activate serves POST /routing/:id/activate.
func (h *routing) activate(c *gin.Context) (Page, error) {
	return h.move(c, "activate", func(ctx context.Context, set models.RoutingSet, revision int64) (models.RoutingSet, error) {
		return h.store.ActivateRouting(ctx, set.ID, revision, actorOf(c).Name)
	})
}

// retire serves POST /routing/:id/retire.
func (h *routing) retire(c *gin.Context) (Page, error) {
	return h.move(c, "activate", func(ctx context.Context, set models.RoutingSet, revision int64) (models.RoutingSet, error) {
		return h.store.RetireRouting(ctx, set.ID, revision)
	})
}

func (h *routing) move(c *gin.Context, act workflow.Action, do func(ctx context.Context, set models.RoutingSet, revision int64) (models.RoutingSet, error)) (Page, error) {
	set, err := h.set(c, act)
	if err != nil {
		return Page{}, err
	}
	b, err := readBody(c)
	if err != nil {
		return Page{}, err
	}
	seen := revision(b)
	if err := b.err(); err != nil {
		return Page{}, err
	}
	if set, err = do(c.Request.Context(), set, seen); err != nil {
		return Page{}, err
	}
	h.tables.kept.forget()
	return h.moved(c, &set)
}

// moved answers a change: people go back to the version, systems get it.
func (h *routing) moved(c *gin.Context, set *models.RoutingSet) (Page, error) {
	view, err := h.whole(c, set)
	return Page{View: "routing_set", Data: view, Location: routingPath(set.ID)}, err
}

// export serves GET /routing/:id/csv.
func (h *routing) export(c *gin.Context, fail func(error)) {
	set, err := h.set(c, "read")
	if err != nil {
		fail(err)
		return
	}
	text, err := h.text(c.Request.Context(), &set)
	if err != nil {
		fail(err)
		return
	}
	c.Header("Content-Disposition", fmt.Sprintf(`attachment; filename="routing-%d.csv"`, set.ID))
	c.Data(http.StatusOK, "text/csv; charset=utf-8", []byte("\ufeff"+text)) // the mark lets a spreadsheet see the encoding
}

// text writes the rows of a version as CSV.
func (h *routing) text(ctx context.Context, set *models.RoutingSet) (string, error) {
	n, err := h.show.dir.names(ctx)
	if err != nil {
		return "", err
	}
	w := &routingWords{ctx: ctx, names: n, items: h.items}
	text := workflow.WriteRoutingCSV(set.Rows, w)
	return text, w.err
}

// rows reads and checks the rows of a table: csv, or a list rows of objects with
// the same columns. Every wrong row is refused by its line, or its place.
func (h *routing) rows(c *gin.Context, n *names, b *body, set *models.RoutingSet) error {
	ctx := c.Request.Context()
	text, listed := b.text("csv", maxBody), b.subs("rows")
	name := func(i int, lines []int) string { return fmt.Sprintf("csv[%d]", lines[i]) }
	at := func(i int, lines []int) fault.Text {
		return fault.Text{ZH: fmt.Sprintf("第 %d 行", lines[i]), EN: fmt.Sprintf("line %d", lines[i])}
	}
	field := "csv"
	if text == "" && b.values["rows"] != nil {
		field, text = "rows", written(listed)
		name = func(i int, _ []int) string { return fmt.Sprintf("rows[%d]", i) }
		at = func(i int, _ []int) fault.Text {
			return fault.Text{ZH: fmt.Sprintf("第 %d 条", i+1), EN: fmt.Sprintf("row %d", i+1)}
		}
	}
	if text == "" {
		b.refuse(field, "请填写", "is required")
		return nil
	}
	w := &routingWords{ctx: ctx, names: n, items: h.items}
	rows, lines, wrong := workflow.ReadRoutingCSV(text, w)
	if len(wrong) == 0 && set.Region != "" {
		t := workflow.RoutingTable{Region: set.Region, Rows: rows}
		wrong = t.Check(w.known(rows))
	}
	for _, f := range wrong {
		if f.Row < 0 {
			b.refuse(field, f.Text.ZH, f.Text.EN)
			continue
		}
		where, what := at(f.Row, lines), name(f.Row, lines)+"."+f.Column
		if wantsHTML(c) {
			what = field // the one input of the page
		}
		b.refuse(what, where.ZH+" "+f.Column+"："+f.Text.ZH, where.EN+", "+f.Column+": "+f.Text.EN)
	}
	set.Rows = rows
	return w.err
}

// written puts a list of rows into the one form that is read.
func written(list []*body) string {
	var b bytes.Buffer
	out := csv.NewWriter(&b)
	_ = out.Write(workflow.RoutingColumns()) // a buffer takes everything
	for _, one := range list {
		var cells []string
		for _, column := range workflow.RoutingColumns() {
			cells = append(cells, one.text(column, maxTitle))
		}
		_ = out.Write(cells) // as above
	}
	out.Flush()
	return b.String()
}
