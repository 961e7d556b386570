package handlers

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"time"

	"github.com/gin-gonic/gin"

	"github.com/shujie-gov/shujie/fault"
	"github.com/shujie-gov/shujie/web"
)

// problem is an error answer by RFC 9457. Its texts are in the reader's
// language; programs branch on code.
type problem struct {
	Type      string         `json:"type"`
	Title     string         `json:"title"`
	Status    int            `json:"status"`
	Detail    string         `json:"detail"`
	Code      string         `json:"code"`
	Fields    []problemField `json:"fields,omitempty"`
	Rule      string         `json:"rule,omitempty"` // with 403: the permission that is missing
	RequestID string         `json:"request_id"`

	// With 409 on a case: how it is now and what the reader may do.
	State   string   `json:"state,omitempty"`
	Version int64    `json:"version,omitempty"`
	Actions []string `json:"actions,omitzero"`
}

type problemField struct {
	Name    string `json:"name"`
	Message string `json:"message"`
}

// httpError is a failure that only HTTP knows: of the request's form, not of
// its sense.
type httpError struct {
	status int
	code   string
	detail fault.Text
	retry  time.Duration // for Retry-After
}

// Error implements error.
func (e *httpError) Error() string { return e.code + ": " + e.detail.EN }

// clashError is a refused move with the case as it is now.
type clashError struct {
	err  error
	now  caseView
	acts web.Again
	past []any // events since the version the reader saw, oldest first
}

// Error implements error.
func (e *clashError) Error() string { return e.err.Error() }

// Unwrap returns the refusal.
func (e *clashError) Unwrap() error { return e.err }

// statusOf is the one table from faults to HTTP.
func statusOf(k fault.Kind) int {
	switch k {
	case fault.Invalid:
		return http.StatusUnprocessableEntity
	case fault.NotFound:
		return http.StatusNotFound
	case fault.Forbidden:
		return http.StatusForbidden
	case fault.Unauth:
		return http.StatusUnauthorized
	case fault.Conflict, fault.Stale:
		return http.StatusConflict
	case fault.Unavailable:
		return http.StatusServiceUnavailable
	case fault.Internal:
	}
	return http.StatusInternalServerError
}

// titleOf names a problem.
func titleOf(code string) fault.Text {
	switch code {
	case "invalid":
		return fault.Text{ZH: "填写有误", EN: "Some input is wrong"}
	case "not-found":
		return fault.Text{ZH: "没有找到", EN: "Not found"}
	case "forbidden", "cross-site":
		return fault.Text{ZH: "没有权限", EN: "Not permitted"}
	case "unauthenticated":
		return fault.Text{ZH: "请先登录", EN: "Please log in"}
	case "conflict":
		return fault.Text{ZH: "现在不能这样办", EN: "Not possible now"}
	case "stale":
		return fault.Text{ZH: "案件已有新进展", EN: "The case has moved on"}
	case "unavailable":
		return fault.Text{ZH: "服务暂时不可用", EN: "Unavailable for the moment"}
	case "malformed":
		return fault.Text{ZH: "请求格式错误", EN: "Malformed request"}
	case "too-large":
		return fault.Text{ZH: "内容过大", EN: "Too large"}
	case "media-type":
		return fault.Text{ZH: "不支持的内容类型", EN: "Unsupported media type"}
	case "method":
		return fault.Text{ZH: "不支持的方法", EN: "Method not allowed"}
	case "too-many-tries":
		return fault.Text{ZH: "尝试次数过多", EN: "Too many tries"}
	}
	return fault.Text{ZH: "系统出错", EN: "Something went wrong on our side"}
}

// refusal is an error as it will be answered.
type refusal struct {
	status int
	code   string
	detail fault.Text
	fields []fault.Field
	rule   string
	retry  time.Duration
	ours   bool // a defect or an outage: it is logged
}

// refusalOf classifies err. What nobody classified is shown as one sentence,
// never as its text.
func refusalOf(err error) refusal {
	if h := (*httpError)(nil); errors.As(err, &h) {
		return refusal{status: h.status, code: h.code, detail: h.detail, retry: h.retry}
	}
	if errors.As(err, new(*http.MaxBytesError)) {
		return refusal{status: http.StatusRequestEntityTooLarge, code: "too-large", detail: fault.Text{ZH: "一次提交不能超过 1 MiB。", EN: "A request may hold at most 1 MiB."}}
	}
	kind := fault.KindOf(err)
	r := refusal{status: statusOf(kind), code: kind.String()}
	f := (*fault.Error)(nil)
	switch {
	case kind == fault.Internal || !errors.As(err, &f):
		r.detail, r.ours = fault.Text{ZH: "系统出错，问题已记录。请稍后再试，并向管理员提供请求编号。", EN: "Something went wrong on our side and was recorded. Please try again later and give the administrator the request number."}, true
		return r
	case kind == fault.Unavailable:
		r.retry, r.ours = 5*time.Second, true
	}
	r.detail, r.fields, r.rule = f.Text, f.Fields, f.Rule
	return r
}

// fail writes the answer to a request that failed.
func (r *responder) fail(c *gin.Context, p Page, err error) {
	ref := refusalOf(err)
	ctx := c.Request.Context()
	switch {
	case errors.Is(err, context.Canceled) && ctx.Err() != nil:
		r.log.DebugContext(ctx, "the caller left", "route", c.FullPath(), "request", requestID(c))
	case ref.ours:
		r.log.ErrorContext(ctx, "request failed", "route", c.FullPath(), "request", requestID(c), "err", err)
	}
	if ref.retry > 0 {
		c.Header("Retry-After", fmt.Sprint(int(ref.retry.Round(time.Second).Seconds())))
	}
	if !wantsHTML(c) {
		if ref.status == http.StatusUnauthorized {
			c.Header("WWW-Authenticate", "Bearer")
		}
		r.json(c, ref.status, "application/problem+json; charset=utf-8", r.problem(c, ref, err))
		return
	}
	if ref.status == http.StatusUnauthorized && p.View == "" {
		next := "/"
		if c.Request.Method == http.MethodGet {
			next = c.Request.URL.RequestURI()
		}
		c.Redirect(http.StatusSeeOther, "/login?next="+url.QueryEscape(next))
		return
	}
	v := web.View{Data: p.Data, Problem: &web.Problem{
		Status: ref.status, Code: ref.code, Title: titleOf(ref.code), Detail: ref.detail, Fields: ref.fields, Rule: ref.rule, RequestID: requestID(c),
	}}
	if e := (*clashError)(nil); errors.As(err, &e) {
		v.Problem.Case, v.Problem.Number = casePath(e.now.ID), e.now.Number
		v.Problem.State, v.Problem.Version, v.Problem.Since = e.now.StateName, e.now.Version, e.past
		if ref.code == fault.Stale.String() {
			v.Problem.Again = &e.acts
		}
	}
	if p.View != "" && (ref.status == http.StatusUnprocessableEntity || ref.status == http.StatusUnauthorized || ref.status == http.StatusTooManyRequests) {
		r.page(c, ref.status, p.View, v) // the form comes back with what was typed
		return
	}
	v.Data = nil
	r.page(c, ref.status, "error", v)
}

func (r *responder) problem(c *gin.Context, ref refusal, err error) problem {
	lang := langOf(c)
	p := problem{
		Type: "/problems/" + ref.code, Title: titleOf(ref.code).In(lang), Status: ref.status, Detail: ref.detail.In(lang),
		Code: ref.code, Rule: ref.rule, RequestID: requestID(c),
	}
	for _, f := range ref.fields {
		p.Fields = append(p.Fields, problemField{Name: f.Name, Message: f.Text.In(lang)})
	}
	if e := (*clashError)(nil); errors.As(err, &e) {
		p.State, p.Version, p.Actions = e.now.State, e.now.Version, e.now.Actions
	}
	return p
}
