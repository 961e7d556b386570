package handlers

import (
	"context"

	"github.com/gin-gonic/gin"

	"github.com/shujie-gov/shujie/models"
	"github.com/shujie-gov/shujie/workflow"
)

// staffReader is how the load of a department is read.
type staffReader interface {
	Workload(ctx context.Context, dept workflow.DeptID) (models.Workload, error)
}

// workloadView is GET /api/v1/workload: one entry for each department that the
// reader heads.
type workloadView struct {
	Departments []deptLoadView `json:"departments"`
}

// deptLoadView is what a department leads and who has claimed it.
type deptLoadView struct {
	Department *deptView    `json:"department"`
	People     []personLoad `json:"people"`
	Pool       personLoad   `json:"pool"` // what nobody has claimed
	Most       int64        `json:"-"`    // the largest load, for the bars
}

// personLoad is what one person has claimed.
type personLoad struct {
	ID     int64  `json:"id,omitempty"`
	Name   string `json:"name,omitempty"`
	Open   int64  `json:"open"`
	Yellow int64  `json:"yellow"`
	Red    int64  `json:"red"`
}

// personRef names a person.
type personRef struct {
	ID   int64  `json:"id"`
	Name string `json:"name"`
	Me   bool   `json:"me"` // it is the reader
}

// workloads shows heads what lies on whom.
type workloads struct {
	store staffReader
	show  *viewer
}

// get serves GET /workload.
func (h *workloads) get(c *gin.Context) (Page, error) {
	ctx := c.Request.Context()
	n, err := h.show.dir.names(ctx)
	if err != nil {
		return Page{}, err
	}
	out := workloadView{Departments: []deptLoadView{}}
	seen := map[workflow.DeptID]bool{}
	for _, g := range actorOf(c).Grants {
		if g.Role != workflow.DeptHead || seen[g.Dept] {
			continue
		}
		seen[g.Dept] = true
		load, err := h.store.Workload(ctx, g.Dept)
		if err != nil {
			return Page{}, err
		}
		out.Departments = append(out.Departments, loadOf(n, load))
	}
	return Page{View: "workload", Data: out}, nil
}

func loadOf(n *names, w models.Workload) deptLoadView {
	out := deptLoadView{Department: n.dept(w.Dept), People: []personLoad{}, Pool: personLoad(w.Pool), Most: max(1, w.Pool.Open)}
	for _, p := range w.People {
		out.People = append(out.People, personLoad(p))
		out.Most = max(out.Most, p.Open)
	}
	return out
}

// staff returns the people of a department as an action that names one offers
// them, when there is such an action.
func (h *cases) staff(ctx context.Context, choices []choiceView, dept workflow.DeptID) ([]personLoad, error) {
	for _, ch := range choices {
		for _, in := range ch.Inputs {
			if in.Type != "person" || !ch.Allowed {
				continue
			}
			load, err := h.staffing.Workload(ctx, dept)
			if err != nil {
				return nil, err
			}
			var list []personLoad
			for _, p := range load.People {
				list = append(list, personLoad(p))
			}
			return list, nil
		}
	}
	return nil, nil
}
