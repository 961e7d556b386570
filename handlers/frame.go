package handlers

import (
	"context"
	"strings"
	"time"

	"github.com/gin-gonic/gin"

	"github.com/shujie-gov/shujie/fault"
	"github.com/shujie-gov/shujie/models"
	"github.com/shujie-gov/shujie/web"
	"github.com/shujie-gov/shujie/workflow"
)

// countMax caps what is counted for a page; more shows as "or more".
const countMax = 1000

// counter is what the frame asks of the store.
type counter interface {
	Desk(ctx context.Context, sc models.Scope, a workflow.Actor, limit int64) (models.Desk, error)
	Notices(ctx context.Context, a workflow.Actor, limit int) ([]models.Notice, int64, error)
}

// frames makes what surrounds every page.
type frames struct {
	store   counter
	outages *outages
	policy  Policy
	dir     *directory
	now     func() time.Time
	version string
	live    bool
}

// of returns the frame of a page. A page is shown even when its counts cannot
// be had: the error page of a dead database has a frame, too.
func (f *frames) of(c *gin.Context) web.Frame {
	ctx, u := c.Request.Context(), userOf(c)
	out := web.Frame{
		Lang: langOf(c), Path: c.Request.URL.RequestURI(), RequestID: requestID(c), Query: c.Query("q"), Version: f.version, Now: f.now(),
	}
	if u.ID == 0 {
		return out
	}
	out.Live = f.live
	me := web.Me{Name: u.Name, Username: u.Username}
	if n, err := f.dir.names(ctx); err == nil {
		me.Department = n.byID[u.Dept].Name
	}
	if len(u.Grants) > 0 {
		me.Role = u.Grants[0].Role.Title()
	}
	out.Me = &me
	desk, _ := f.desk(c) // a failure shows as no count
	_, unread, err := f.store.Notices(ctx, u.Actor(), 1)
	if err == nil {
		out.Unread = unread
	}
	out.Outages, _ = f.outages.lines(ctx) // as above
	out.Nav = f.nav(c, u.Actor(), desk.Todo)
	return out
}

// desk counts what waits for the reader, once a request.
func (f *frames) desk(c *gin.Context) (models.Desk, error) {
	if d, ok := c.Value("desk").(models.Desk); ok {
		return d, nil
	}
	d, err := f.look(c)
	if err == nil {
		c.Set("desk", d)
	}
	return d, err
}

// look counts anew.
func (f *frames) look(c *gin.Context) (models.Desk, error) {
	return f.store.Desk(c.Request.Context(), scopeOf(c), actorOf(c), countMax)
}

// nav lists what the reader may open.
func (f *frames) nav(c *gin.Context, a workflow.Actor, todo int64) []web.NavItem {
	path := c.Request.URL.Path
	shares := c.Query("kind") == string(workflow.ShareRequest)
	var list []web.NavItem
	add := func(may rule, href, zh, en string, count int64, here bool) {
		if may == (rule{}) || f.policy.Can(a, may.kind, may.act) == nil {
			list = append(list, web.NavItem{Path: href, Title: fault.Text{ZH: zh, EN: en}, Count: count, Here: here})
		}
	}
	add(rule{"blocker", "read"}, "/", "工作台", "Inbox", todo, path == "/")
	add(rule{"blocker", "file"}, "/cases/new", "登记堵点", "File a blocker", 0, path == "/cases/new")
	add(rule{"blocker", "read"}, "/cases", "案件", "Cases", 0, path != "/cases/new" && strings.HasPrefix(path, "/cases") && !shares)
	add(rule{"workload", "read"}, "/workload", "本部门工作量", "Workload", 0, path == "/workload")
	add(rule{"batch", "read"}, "/batches", "批次", "Batches", 0, strings.HasPrefix(path, "/batches"))
	add(rule{"catalogue", "read"}, "/service-items", "事项目录", "Service items", 0, strings.HasPrefix(path, "/service-items"))
	add(rule{"catalogue", "read"}, "/resources", "数据目录", "Data catalogue", 0, strings.HasPrefix(path, "/resources"))
	add(rule{"catalogue", "read"}, "/coverage", "数据覆盖", "Coverage", 0, strings.HasPrefix(path, "/coverage"))
	add(rule{"receipt", "read"}, "/usage", "数据使用", "Data use", 0, strings.HasPrefix(path, "/usage"))
	add(rule{"share_request", "read"}, "/cases?kind=share_request", "共享申请", "Share requests", 0, shares)
	add(rule{"routing", "read"}, "/routing", "路由规则", "Routing rules", 0, strings.HasPrefix(path, "/routing"))
	add(rule{"definition", "read"}, "/definitions", "流程定义", "Definitions", 0, strings.HasPrefix(path, "/definitions") || strings.HasPrefix(path, "/migrations"))
	add(rule{"calendar", "read"}, "/calendars", "工作日历", "Working calendar", 0, strings.HasPrefix(path, "/calendars") || strings.HasPrefix(path, "/replays"))
	add(rule{"watch", "read"}, "/watch", "值守", "Watch", 0, path == "/watch")
	return list
}
