package handlers

import (
	"context"
	"net/http"
	"net/url"
	"slices"

	"github.com/gin-gonic/gin"

	"github.com/shujie-gov/shujie/models"
)

// filterKeeper is where people keep the filters of their lists.
type filterKeeper interface {
	Filters(ctx context.Context, person int64) ([]models.Filter, error)
	KeepFilter(ctx context.Context, person int64, f models.Filter) error
	ForgetFilter(ctx context.Context, person int64, page string) error
	DropFilter(ctx context.Context, person, id int64) error
}

// filterView is a named filter of the reader's.
type filterView struct {
	ID    int64  `json:"id"`
	Page  string `json:"page"` // inbox or cases
	Name  string `json:"name"`
	Query string `json:"query"` // as in the address of the list
	URL   string `json:"-"`
	Here  bool   `json:"-"` // the page shows it
}

// filtersView is GET /api/v1/filters.
type filtersView struct {
	Items []filterView `json:"items"`
}

// filters keeps what people look for again and again. The last filter of a list
// is kept when its form says so (keep), and forgotten on demand (clear); both
// work without a script.
type filters struct{ store filterKeeper }

// maxQuery bounds a query that is kept.
const maxQuery = 500

// filterPath is the address of a page that keeps filters.
func filterPath(page string) string {
	if page == "inbox" {
		return "/"
	}
	return "/cases"
}

// filterWords are the parameters of a list that a filter keeps: what is looked
// for, not where one stands in it.
func filterWords() []string {
	return []string{"box", "kind", "state", "department", "batch", "item", "open", "assignee", "light", "due_before", "q", "sort"}
}

// filterOf returns what of a query is kept, "" when nothing is.
func filterOf(v url.Values) string {
	kept := url.Values{}
	for _, name := range filterWords() {
		if s := v.Get(name); s != "" && (name != "box" || s != string(models.Todo)) {
			kept.Set(name, s)
		}
	}
	return kept.Encode()
}

// remember keeps or forgets the last filter of a page, and returns where the
// reader goes on, "" when they stay. Who asks for a page without any query gets
// the filter they used last. A query that is not valid is not kept.
func (h *filters) remember(c *gin.Context, page string, valid bool) (string, error) {
	ctx, me, v := c.Request.Context(), userOf(c).ID, c.Request.URL.Query()
	path, kept := filterPath(page), filterOf(v)
	switch {
	case v.Get("clear") != "":
		return path, h.store.ForgetFilter(ctx, me, page)
	case v.Get("keep") != "" && kept == "":
		return path, h.store.ForgetFilter(ctx, me, page)
	case v.Get("keep") != "":
		if !valid || len(kept) > maxQuery {
			return "", nil
		}
		return path + "?" + kept, h.store.KeepFilter(ctx, me, models.Filter{Page: page, Query: kept})
	case c.Request.URL.RawQuery != "":
		return "", nil
	}
	list, err := h.store.Filters(ctx, me)
	if err != nil {
		return "", err
	}
	i := slices.IndexFunc(list, func(f models.Filter) bool { return f.Page == page && f.Name == "" })
	if i < 0 {
		return "", nil
	}
	return path + "?" + list[i].Query, nil
}

// shown returns the named filters of a page and what of the present query could
// be kept.
func (h *filters) shown(c *gin.Context, page string) ([]filterView, string, error) {
	here := filterOf(c.Request.URL.Query())
	list, err := h.named(c, page)
	for i := range list {
		list[i].Here = list[i].Query == here
	}
	return list, here, err
}

func (h *filters) named(c *gin.Context, page string) ([]filterView, error) {
	list, err := h.store.Filters(c.Request.Context(), userOf(c).ID)
	out := []filterView{}
	for _, f := range list {
		if f.Name != "" && (page == "" || f.Page == page) {
			out = append(out, filterView{ID: f.ID, Page: f.Page, Name: f.Name, Query: f.Query, URL: filterPath(f.Page) + "?" + f.Query})
		}
	}
	return out, err
}

// list serves GET /filters.
func (h *filters) list(c *gin.Context) (Page, error) {
	list, err := h.named(c, "")
	return Page{Data: filtersView{Items: list}}, err
}

// keep serves POST /filters: it keeps a query under a name.
func (h *filters) keep(c *gin.Context) (Page, error) {
	b, err := readBody(c)
	if err != nil {
		return Page{}, err
	}
	f := models.Filter{Page: b.must("page", 20), Name: b.must("name", 20)}
	query, err := url.ParseQuery(b.text("query", maxQuery))
	if f.Page != "inbox" && f.Page != "cases" && f.Page != "" {
		b.refuse("page", "只能是 inbox 或 cases", "is inbox or cases")
	}
	if f.Query = filterOf(query); err != nil || f.Query == "" {
		b.refuse("query", "没有可以保存的筛选条件", "holds no filter to keep")
	}
	if err := b.err(); err != nil {
		return Page{}, err
	}
	if err := h.store.KeepFilter(c.Request.Context(), userOf(c).ID, f); err != nil {
		return Page{}, err
	}
	if wantsHTML(c) {
		return Page{Location: filterPath(f.Page) + "?" + f.Query}, nil
	}
	page, err := h.list(c)
	page.Status = http.StatusCreated
	return page, err
}

// drop serves POST /filters/:id/remove.
func (h *filters) drop(c *gin.Context) (Page, error) {
	id, err := pathID(c)
	if err != nil {
		return Page{}, err
	}
	if err := h.store.DropFilter(c.Request.Context(), userOf(c).ID, id); err != nil {
		return Page{}, err
	}
	if wantsHTML(c) {
		return Page{Location: "/me"}, nil
	}
	return Page{Status: http.StatusNoContent}, nil
}
