package handlers

import (
	"net/http"
	"slices"
	"strconv"

	"github.com/gin-gonic/gin"

	"github.com/shujie-gov/shujie/fault"
	"github.com/shujie-gov/shujie/models"
	"github.com/shujie-gov/shujie/workflow"
)

// entry serves GET /resources/:id.
func (h *things) entry(c *gin.Context) (Page, error) {
	id, err := pathID(c)
	if err != nil {
		return Page{}, err
	}
	return h.showEntry(c, id, http.StatusOK)
}

func (h *things) showEntry(c *gin.Context, id int64, status int) (Page, error) {
	ctx := c.Request.Context()
	e, err := h.store.Entry(ctx, scopeOf(c), id)
	if err != nil {
		return Page{}, err
	}
	view, err := h.entryOf(ctx, actorOf(c), &e)
	page := Page{Status: status, View: "resource", Data: view}
	if c.Request.Method == http.MethodPost {
		page.Location = resourcePath(id)
	}
	return page, err
}

func resourcePath(id int64) string { return "/resources/" + strconv.FormatInt(id, 10) }

// revises reports whether a may publish a version of e at once: the authority
// that keeps the region of its provider.
func (h *things) revises(n *names, a workflow.Actor, e *models.Entry) bool {
	return slices.ContainsFunc(a.Grants, func(g workflow.Grant) bool {
		one := workflow.Actor{Grants: []workflow.Grant{g}}
		return g.Role.Domain() == workflow.InRegion && below(n.byID[e.Provider].Region, g.Region) && h.policy.Can(one, "catalogue", "write") == nil
	})
}

// revise serves POST /resources/:id: the authority publishes another version at
// once.
func (h *things) revise(c *gin.Context) (Page, error) {
	id, err := pathID(c)
	if err != nil {
		return Page{}, err
	}
	b, err := readBody(c)
	if err != nil {
		return Page{}, err
	}
	ctx, a := c.Request.Context(), actorOf(c)
	n, err := h.show.dir.names(ctx)
	if err != nil {
		return Page{}, err
	}
	e, err := h.store.Entry(ctx, scopeOf(c), id)
	if err != nil {
		return Page{}, err
	}
	if !h.revises(n, a, &e) {
		return Page{}, fault.New(fault.Forbidden, "这条目录的提供方不在您的区划内。", "The provider of this entry is not within your region.")
	}
	seen, given := b.whole("n")
	if !given {
		b.refuse("n", "请给出您看到的版本号", "is required: the version that you saw")
	}
	next := b.entry()
	b.complete(&next, h)
	if err := b.err(); err != nil {
		if !wantsHTML(c) {
			return Page{}, err
		}
		view, e := h.entryOf(ctx, a, &e)
		view.Form = typedIn(b, entryFields()...)
		if e != nil {
			return Page{}, e
		}
		return Page{View: "resource", Data: view}, err
	}
	if err := h.store.ReviseEntry(ctx, id, int(seen), next, a.Name); err != nil {
		return Page{}, err
	}
	h.show.dir.forget()
	return h.showEntry(c, id, http.StatusOK)
}
