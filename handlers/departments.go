package handlers

import (
	"fmt"
	"net/http"

	"github.com/gin-gonic/gin"

	"github.com/shujie-gov/shujie/fault"
	"github.com/shujie-gov/shujie/models"
)

// departments serves GET /departments.
func (h *things) departments(c *gin.Context) (Page, error) {
	n, err := h.show.dir.names(c.Request.Context())
	if err != nil {
		return Page{}, err
	}
	out := departmentsView{Items: make([]departmentView, 0, len(n.depts))}
	for _, d := range n.depts {
		out.Items = append(out.Items, departmentView{deptView: *n.dept(d.ID), Region: n.region(d.Region)})
	}
	return Page{Data: out}, nil
}

// addDepartment serves POST /departments: it registers a department or a hall,
// or renames the one of the same code.
func (h *things) addDepartment(c *gin.Context) (Page, error) {
	b, err := readBody(c)
	if err != nil {
		return Page{}, err
	}
	ctx := c.Request.Context()
	n, err := h.show.dir.names(ctx)
	if err != nil {
		return Page{}, err
	}
	d := models.Department{Code: b.must("code", 40), Name: b.must("name", maxTitle), Hall: b.flag("hall"), Region: b.must("region", 20)}
	if d.Region != "" {
		if _, ok := n.regionByCode(d.Region); !ok {
			b.refuse("region", "没有这个区划", "there is no such region")
		}
	}
	if err := b.err(); err != nil {
		return Page{}, err
	}
	if err := h.store.Import(ctx, models.Reference{Departments: []models.Department{d}}); err != nil {
		return Page{}, err
	}
	h.show.dir.forget()
	if n, err = h.show.dir.names(ctx); err != nil {
		return Page{}, err
	}
	got, ok := n.byCode[d.Code]
	if !ok {
		return Page{}, fault.New(fault.Internal, "", fmt.Sprintf("department %q was imported and is not there", d.Code))
	}
	return Page{Status: http.StatusCreated, Data: departmentView{deptView: *n.dept(got.ID), Region: n.region(got.Region)}}, nil
}
