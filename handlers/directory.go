package handlers

import (
	"context"
	"strings"
	"time"

	"github.com/shujie-gov/shujie/models"
	"github.com/shujie-gov/shujie/workflow"
)

// How long names are kept. A renamed department shows within this time.
const (
	namesFor  = 5 * time.Second
	thingsFor = 30 * time.Second
	thingsMax = 4096
)

// nameSource is where the directory reads names.
type nameSource interface {
	Regions(ctx context.Context) ([]models.Region, error)
	Departments(ctx context.Context) ([]models.Department, error)
	Batches(ctx context.Context, sc models.Scope) ([]models.Batch, error)
	ServiceItem(ctx context.Context, id int64) (models.ServiceItem, error)
	Resource(ctx context.Context, id int64) (models.Resource, error)
	PersonNames(ctx context.Context, ids []int64) (map[int64]string, error)
}

// directory knows what departments, regions, batches, items and resources are
// called. Names are no secret; which cases one sees is not decided here.
type directory struct {
	src       nameSource
	all       *cache[struct{}, *names]
	items     *cache[int64, models.ServiceItem]
	resources *cache[int64, models.Resource]
}

func newDirectory(src nameSource, now func() time.Time) *directory {
	return &directory{
		src: src, all: newCache[struct{}, *names](now, namesFor, 1),
		items:     newCache[int64, models.ServiceItem](now, thingsFor, thingsMax),
		resources: newCache[int64, models.Resource](now, thingsFor, thingsMax),
	}
}

// forget drops what is kept, after reference data changed.
func (d *directory) forget() {
	d.all.forget()
	d.items.forget()
	d.resources.forget()
}

func (d *directory) item(ctx context.Context, id int64) (models.ServiceItem, error) {
	return d.items.get(id, func() (models.ServiceItem, error) { return d.src.ServiceItem(ctx, id) })
}

func (d *directory) resource(ctx context.Context, id int64) (models.Resource, error) {
	return d.resources.get(id, func() (models.Resource, error) { return d.src.Resource(ctx, id) })
}

// names is one look at the directory.
type names struct {
	depts   []models.Department
	byID    map[workflow.DeptID]models.Department
	byCode  map[string]models.Department
	regions map[string]models.Region // by path
	batches map[int64]models.Batch
}

func (d *directory) names(ctx context.Context) (*names, error) {
	return d.all.get(struct{}{}, func() (*names, error) {
		n := &names{
			byID: map[workflow.DeptID]models.Department{}, byCode: map[string]models.Department{},
			regions: map[string]models.Region{}, batches: map[int64]models.Batch{},
		}
		var err error
		if n.depts, err = d.src.Departments(ctx); err != nil {
			return nil, err
		}
		for _, dep := range n.depts {
			n.byID[dep.ID], n.byCode[dep.Code] = dep, dep
		}
		regions, err := d.src.Regions(ctx)
		if err != nil {
			return nil, err
		}
		for _, r := range regions {
			n.regions[r.Path] = r
		}
		lots, err := d.src.Batches(ctx, models.Scope{All: true})
		if err != nil {
			return nil, err
		}
		for _, b := range lots {
			n.batches[b.ID] = b
		}
		return n, nil
	})
}

// dept names a department, nil for none.
func (n *names) dept(id workflow.DeptID) *deptView {
	d, ok := n.byID[id]
	if !ok {
		return nil
	}
	return &deptView{ID: d.ID, Code: d.Code, Name: d.Name, Hall: d.Hall}
}

func (n *names) deptViews() []deptView {
	list := make([]deptView, 0, len(n.depts))
	for _, d := range n.depts {
		list = append(list, deptView{ID: d.ID, Code: d.Code, Name: d.Name, Hall: d.Hall})
	}
	return list
}

// region names a region by its path.
func (n *names) region(path string) regionView {
	if r, ok := n.regions[path]; ok {
		return regionView{Code: r.Code, Name: r.Name}
	}
	return regionView{Code: path[strings.LastIndexByte(path, '/')+1:]}
}

// regionByCode finds a region's path.
func (n *names) regionByCode(code string) (models.Region, bool) {
	for _, r := range n.regions {
		if r.Code == code {
			return r, true
		}
	}
	return models.Region{}, false
}

func (n *names) batch(id int64) *refView {
	b, ok := n.batches[id]
	if !ok {
		return nil
	}
	return &refView{ID: b.ID, Name: b.Name}
}

// below reports whether region path child lies in or below parent.
func below(child, parent string) bool {
	return parent != "" && (child == parent || strings.HasPrefix(child, parent+"/"))
}
