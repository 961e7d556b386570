package handlers

import (
	"context"
	"fmt"
	"time"

	"github.com/gin-gonic/gin"

	"github.com/shujie-gov/shujie/fault"
	"github.com/shujie-gov/shujie/models"
	"github.com/shujie-gov/shujie/web"
)

// incidentBook is what is asked about outages of the exchange platforms.
type incidentBook interface {
	Incidents(ctx context.Context, q models.IncidentQuery) ([]models.Incident, error)
}

// incidentView is an outage of a service or of a whole platform. It tells nothing
// of a case.
type incidentView struct {
	ID       int64      `json:"id"`
	Platform string     `json:"platform"`
	Resource *refView   `json:"resource,omitempty"` // the service; none is the platform
	Reason   string     `json:"reason"`
	OpenedAt time.Time  `json:"opened_at"`
	ProbeAt  *time.Time `json:"probe_at,omitempty"` // when it is asked next whether it is over
	Waiting  int64      `json:"waiting"`            // fetches that wait for its end
	Parked   int64      `json:"parked"`             // … that waited in all
	Part     int64      `json:"part_of,omitempty"`  // the outage of the platform that it turned out to be
	ClosedAt *time.Time `json:"closed_at,omitempty"`
	Title    fault.Text `json:"title"`
}

// incidentsView is GET /api/v1/incidents.
type incidentsView struct {
	Items []incidentView `json:"items"`
}

func incidentOf(i models.Incident) incidentView {
	out := incidentView{
		ID: i.ID, Platform: i.Platform, Reason: i.Reason, OpenedAt: i.OpenedAt, Waiting: i.Waiting, Parked: i.Parked,
		Part: i.MergedInto, ClosedAt: i.ClosedAt, Title: awayTitle(i),
	}
	if i.Resource != 0 {
		out.Resource = &refView{ID: i.Resource, Name: i.ResourceName}
	}
	if i.ClosedAt == nil {
		out.ProbeAt = &i.ProbeAt
	}
	return out
}

// awayTitle says what is away.
func awayTitle(i models.Incident) fault.Text {
	if i.Resource != 0 {
		return fault.Text{ZH: "「" + i.ResourceName + "」的接口中断", EN: "The service of " + i.ResourceName + " is away"}
	}
	if i.Platform == "" {
		return fault.Text{ZH: "数据共享交换平台中断", EN: "The exchange platform is away"}
	}
	return fault.Text{ZH: "数据共享交换平台（" + i.Platform + "）中断", EN: "The exchange platform (" + i.Platform + ") is away"}
}

// awayLine is the one line that everybody reads instead of failures.
func awayLine(i models.Incident) fault.Text {
	title, since := awayTitle(i), i.OpenedAt.In(china())
	return fault.Text{
		ZH: fmt.Sprintf("%s（%d月%d日 %s 起），%d 件调取等待恢复。恢复后自动继续，用时计入平台，无需重复操作。", title.ZH, since.Month(), since.Day(), since.Format("15:04"), i.Waiting),
		EN: fmt.Sprintf("%s (since %s); %d fetches wait. They go on by themselves when it is back, the time is the platform's, and nothing need be done twice.", title.EN, since.Format("2 Jan 15:04"), i.Waiting),
	}
}

// incidents tells of outages.
type incidents struct{ store incidentBook }

// list serves GET /api/v1/incidents: those that are on, or with state=all the
// last ones.
func (h *incidents) list(c *gin.Context) (Page, error) {
	q := queryOf(c)
	ask := models.IncidentQuery{Open: q.oneOf("state", "open", "all") != "all", Limit: q.limit()}
	if err := q.err(); err != nil {
		return Page{}, err
	}
	list, err := h.store.Incidents(c.Request.Context(), ask)
	if err != nil {
		return Page{}, err
	}
	out := incidentsView{Items: make([]incidentView, 0, len(list))}
	for _, i := range list {
		out.Items = append(out.Items, incidentOf(i))
	}
	return Page{Data: out}, nil
}

// outagesFor is how long the lines of the frame are kept.
const outagesFor = 2 * time.Second

// outages are the lines on top of every page.
type outages struct {
	store incidentBook
	kept  *cache[struct{}, []web.Outage]
}

func newOutages(store incidentBook, now func() time.Time) *outages {
	return &outages{store: store, kept: newCache[struct{}, []web.Outage](now, outagesFor, 1)}
}

func (o *outages) lines(ctx context.Context) ([]web.Outage, error) {
	return o.kept.get(struct{}{}, func() ([]web.Outage, error) {
		list, err := o.store.Incidents(ctx, models.IncidentQuery{Open: true})
		lines := make([]web.Outage, 0, len(list))
		for _, i := range list {
			lines = append(lines, web.Outage{ID: i.ID, Line: awayLine(i)})
		}
		return lines, err
	})
}
