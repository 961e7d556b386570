package handlers

import (
	"bytes"
	"encoding/json"
	"fmt"
	"io"
	"log/slog"
	"net/http"
	"strconv"
	"strings"

	"github.com/gin-gonic/gin"

	"github.com/shujie-gov/shujie/web"
)

// apiRoot is where systems speak JSON.
const apiRoot = "/api/v1"

// Page is an answer that knows nothing of its format. Data is what JSON shows
// and what the template reads, so the two cannot drift apart.
type Page struct {
	Status   int    // 200 when zero
	View     string // name of a page in web; empty: people are only sent elsewhere
	Data     any
	Location string // after a change: browsers are sent here with 303, systems get it beside 201
	Next     string // query of the next page of a list, for Link
	Version  int64  // of the case shown, for ETag
}

// handler answers one route.
type handler func(c *gin.Context) (Page, error)

// renderer writes pages; web.Views is one.
type renderer interface {
	Render(w io.Writer, lang, page string, data web.View) error
	Static() http.Handler
}

// responder is the only place that writes a body, for every route and format.
type responder struct {
	views renderer
	frame func(c *gin.Context) web.Frame
	log   *slog.Logger
}

// handle adapts h to gin.
func (r *responder) handle(h handler) gin.HandlerFunc {
	return func(c *gin.Context) {
		p, err := h(c)
		if err != nil {
			r.fail(c, p, err)
			return
		}
		if p.Status == 0 {
			p.Status = http.StatusOK
		}
		html := wantsHTML(c)
		if p.Location != "" && (html || p.Data == nil) {
			c.Header("Vary", "Accept")
			c.Redirect(http.StatusSeeOther, p.Location)
			return
		}
		r.headers(c, p)
		switch {
		case p.Data == nil:
			c.Status(p.Status)
		case html && p.View != "":
			r.page(c, p.Status, p.View, web.View{Data: p.Data})
		default:
			r.json(c, p.Status, "application/json; charset=utf-8", p.Data)
		}
	}
}

// headers says what HTTP itself can say of a page: where it is, what comes
// after it, which version it shows.
func (r *responder) headers(c *gin.Context, p Page) {
	if p.Location != "" && p.Status == http.StatusCreated {
		if isAPI(c) {
			p.Location = apiRoot + p.Location
		}
		c.Header("Location", p.Location)
	}
	if p.Next != "" {
		c.Header("Link", fmt.Sprintf("<%s?%s>; rel=\"next\"", c.Request.URL.EscapedPath(), p.Next))
	}
	if p.Version != 0 {
		c.Header("ETag", fmt.Sprintf("%q", fmt.Sprint(p.Version)))
	}
}

// json writes body. It is marshalled before anything is sent, so that a failure
// still gets an honest status.
func (r *responder) json(c *gin.Context, status int, kind string, body any) {
	c.Header("Vary", "Accept")
	data, err := json.Marshal(body)
	if err != nil {
		r.log.ErrorContext(c.Request.Context(), "writing JSON", "route", c.FullPath(), "err", err)
		c.Data(http.StatusInternalServerError, "application/problem+json", []byte(`{"type":"/problems/internal","status":500}`))
		return
	}
	deliver(c, status, kind, data)
}

// deliver sends a body that is whole. Its length is said, so that it goes out in
// one piece and the reader knows when it was cut short.
func deliver(c *gin.Context, status int, kind string, body []byte) {
	c.Header("Content-Length", strconv.Itoa(len(body)))
	c.Data(status, kind, body)
}

// page renders an HTML page to a buffer first.
func (r *responder) page(c *gin.Context, status int, name string, v web.View) {
	c.Header("Vary", "Accept, Cookie")
	v.Frame = r.frame(c)
	var buf bytes.Buffer
	if err := r.views.Render(&buf, v.Frame.Lang, name, v); err != nil {
		r.log.ErrorContext(c.Request.Context(), "rendering a page", "page", name, "request", requestID(c), "err", err)
		c.String(http.StatusInternalServerError, "疏解：页面无法显示。The page cannot be shown. (%s)", requestID(c))
		return
	}
	deliver(c, status, "text/html; charset=utf-8", buf.Bytes())
}

// isAPI reports whether a system asks.
func isAPI(c *gin.Context) bool { return strings.HasPrefix(c.Request.URL.Path, "/api/") }

// wantsHTML reports whether the answer is a page: not under /api, and not when
// the caller prefers JSON.
func wantsHTML(c *gin.Context) bool {
	return !isAPI(c) && c.NegotiateFormat(gin.MIMEHTML, gin.MIMEJSON) != gin.MIMEJSON
}
