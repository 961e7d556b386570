package handlers

import (
	"cmp"
	"context"
	"fmt"
	"net/http"
	"slices"
	"time"

	"github.com/gin-gonic/gin"

	"github.com/shujie-gov/shujie/fault"
	"github.com/shujie-gov/shujie/models"
	"github.com/shujie-gov/shujie/workflow"
)

// stuckShown is how many cases a batch page lists as stuck.
const stuckShown = 20

// batches is what the batch pages ask of the store.
type batches interface {
	Batches(ctx context.Context, sc models.Scope) ([]models.Batch, error)
	Batch(ctx context.Context, sc models.Scope, id int64) (models.Batch, error)
	CreateBatch(ctx context.Context, b models.Batch) (models.Batch, error)
	Progress(ctx context.Context, sc models.Scope, batches []int64, now time.Time) (map[int64]models.Progress, error)
}

// batchPages serves batches of blockers and their progress.
type batchPages struct {
	store batches
	cases caseReader
	show  *viewer
}

// list serves GET /batches.
func (h *batchPages) list(c *gin.Context) (Page, error) {
	ctx, sc := c.Request.Context(), scopeOf(c)
	lots, err := h.store.Batches(ctx, sc)
	if err != nil {
		return Page{}, err
	}
	ids := make([]int64, len(lots))
	for i, b := range lots {
		ids[i] = b.ID
	}
	now := h.show.engine.Moment().Now
	sums, err := h.store.Progress(ctx, sc, ids, now)
	if err != nil {
		return Page{}, err
	}
	n, err := h.show.dir.names(ctx)
	if err != nil {
		return Page{}, err
	}
	out := batchesView{Items: make([]batchView, 0, len(lots))}
	for _, b := range lots {
		out.Items = append(out.Items, h.view(n, b, sums[b.ID], now))
	}
	return Page{View: "batches", Data: out}, nil
}

// get serves GET /batches/:id.
func (h *batchPages) get(c *gin.Context) (Page, error) {
	id, err := pathID(c)
	if err != nil {
		return Page{}, err
	}
	ctx, sc := c.Request.Context(), scopeOf(c)
	b, err := h.store.Batch(ctx, sc, id)
	if err != nil {
		return Page{}, err
	}
	now := h.show.engine.Moment().Now
	sums, err := h.store.Progress(ctx, sc, []int64{id}, now)
	if err != nil {
		return Page{}, err
	}
	n, err := h.show.dir.names(ctx)
	if err != nil {
		return Page{}, err
	}
	out := h.view(n, b, sums[id], now)
	if wantsHTML(c) {
		open := true
		stuck, err := h.cases.Cases(ctx, sc, models.CaseQuery{Kind: workflow.Blocker, Batch: id, Open: &open, Sort: models.ByDue, Limit: stuckShown})
		if err != nil {
			return Page{}, err
		}
		if out.Stuck, err = h.show.lines(ctx, actorOf(c), stuck.Items); err != nil {
			return Page{}, err
		}
	}
	return Page{View: "batch", Data: out}, nil
}

// view shows a batch with the bars of its departments, the most stuck first.
func (h *batchPages) view(n *names, b models.Batch, p models.Progress, now time.Time) batchView {
	out := batchView{
		ID: b.ID, Name: b.Name, Region: n.region(b.Region), Lead: n.dept(b.Lead), Target: b.Target,
		Total: p.Total, Closed: p.Closed, Ended: p.Ended, Red: p.Red, Departments: []batchDeptView{}, AsOf: now,
	}
	all := map[workflow.State]int64{}
	by := map[workflow.DeptID]map[workflow.State]int64{}
	for _, g := range p.Groups {
		all[g.State] += g.N
		if by[g.Lead] == nil {
			by[g.Lead] = map[workflow.State]int64{}
		}
		by[g.Lead][g.State] += g.N
	}
	out.States = h.counts(all)
	for dept, states := range by {
		d := batchDeptView{Department: n.dept(dept), States: h.counts(states)}
		for s, k := range states {
			d.Total += k
			if s == "closed" {
				d.Closed += k
			}
		}
		out.Departments = append(out.Departments, d)
	}
	slices.SortFunc(out.Departments, func(x, y batchDeptView) int {
		return cmp.Or(cmp.Compare(y.Total-y.Closed, x.Total-x.Closed), cmp.Compare(deptName(x.Department), deptName(y.Department)))
	})
	return out
}

func deptName(d *deptView) string {
	if d == nil {
		return ""
	}
	return d.Name
}

// counts lists states in the order of the definition; those that only older
// versions have come last.
func (h *batchPages) counts(by map[workflow.State]int64) []countView {
	out := []countView{}
	for _, s := range stateWords(h.show.engine.Defs, workflow.Blocker) {
		if n := by[workflow.State(s)]; n > 0 {
			out = append(out, countView{State: s, Title: h.show.anyState(workflow.Blocker, workflow.State(s)), N: n})
		}
	}
	return out
}

// create serves POST /batches. The region is one the reader coordinates.
func (h *batchPages) create(c *gin.Context) (Page, error) {
	b, err := readBody(c)
	if err != nil {
		return Page{}, err
	}
	ctx, a := c.Request.Context(), actorOf(c)
	n, err := h.show.dir.names(ctx)
	if err != nil {
		return Page{}, err
	}
	lot := models.Batch{Name: b.must("name", maxTitle), Region: b.region(n, a, "region", workflow.Coordinator), Lead: b.dept(n, "lead").ID, Target: b.day("target")}
	key := b.key(c, a)
	if err := b.err(); err != nil {
		return Page{}, err
	}
	got, err := h.store.CreateBatch(ctx, lot)
	if fault.KindOf(err) == fault.Conflict && key.Value != "" {
		got, err = h.repeated(ctx, lot, err)
	}
	if err != nil {
		return Page{}, err
	}
	h.show.dir.forget()
	if n, err = h.show.dir.names(ctx); err != nil {
		return Page{}, err
	}
	return Page{Status: http.StatusCreated, Data: h.view(n, got, models.Progress{}, h.show.engine.Moment().Now), Location: fmt.Sprintf("/batches/%d", got.ID)}, nil
}

// repeated answers a repeated creation with the batch that the first one made:
// one that is equal in everything.
func (h *batchPages) repeated(ctx context.Context, want models.Batch, cause error) (models.Batch, error) {
	lots, err := h.store.Batches(ctx, models.Scope{All: true})
	if err != nil {
		return models.Batch{}, err
	}
	for _, b := range lots {
		same := b.Target == nil && want.Target == nil || b.Target != nil && want.Target != nil && b.Target.Equal(*want.Target)
		if b.Name == want.Name && b.Region == want.Region && b.Lead == want.Lead && same {
			return b, nil
		}
	}
	return models.Batch{}, cause
}

// region reads the code of a region that the actor's role covers; the default
// is the region the role is held in.
func (b *body) region(n *names, a workflow.Actor, name string, roles ...workflow.Role) string {
	code := b.text(name, 20)
	path := ""
	if code != "" {
		r, ok := n.regionByCode(code)
		if !ok {
			b.refuse(name, "没有这个区划", "there is no such region")
			return ""
		}
		path = r.Path
	}
	for _, g := range a.Grants {
		if !slices.Contains(roles, g.Role) {
			continue
		}
		if path == "" && g.Region != "" {
			return g.Region
		}
		if path != "" && (g.Role.Domain() == workflow.Everywhere || below(path, g.Region)) {
			return path
		}
	}
	if path == "" {
		b.refuse(name, "请填写", "is required")
	} else {
		b.refuse(name, "不在您的区划内", "is not within your region")
	}
	return ""
}

// dept reads a department by id or code; a missing one is the zero Department.
func (b *body) dept(n *names, name string) models.Department {
	ref := b.text(name, 40)
	if ref == "" {
		return models.Department{}
	}
	if d, ok := n.findDept(ref); ok {
		return d
	}
	b.refuse(name, "没有这个部门", "there is no such department")
	return models.Department{}
}

// day reads a date, or a time by RFC 3339.
func (b *body) day(name string) *time.Time {
	s := b.text(name, 40)
	if s == "" {
		return nil
	}
	q := query{values: map[string][]string{name: {s}}}
	t := q.moment(name)
	if len(q.wrong) > 0 {
		*b.wrong = append(*b.wrong, q.wrong...)
		return nil
	}
	return &t
}
