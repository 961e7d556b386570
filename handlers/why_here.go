package handlers

import (
	"context"
	"fmt"
	"time"

	"github.com/shujie-gov/shujie/fault"
	"github.com/shujie-gov/shujie/models"
	"github.com/shujie-gov/shujie/workflow"
)

// routingSource is where the tables in force, and what else decides who gets a
// case, are read.
type routingSource interface {
	ActiveRouting(ctx context.Context) ([]models.RoutingSet, error)
	Holdings(ctx context.Context, item int64) ([]models.Holding, error)
	ClosedBy(ctx context.Context, sc models.Scope, item int64, proofs []string) (map[workflow.DeptID]int64, error)
}

// tables knows the routing tables in force. Another replica's activation counts
// within the time of its cache; a case keeps the version that sent it.
type tables struct {
	src  routingSource
	kept *cache[struct{}, []workflow.RoutingTable]
}

func newTables(src routingSource, now func() time.Time) *tables {
	return &tables{src: src, kept: newCache[struct{}, []workflow.RoutingTable](now, namesFor, 1)}
}

// active returns the tables in force.
func (t *tables) active(ctx context.Context) ([]workflow.RoutingTable, error) {
	return t.kept.get(struct{}{}, func() ([]workflow.RoutingTable, error) {
		sets, err := t.src.ActiveRouting(ctx)
		if err != nil {
			return nil, err
		}
		list := make([]workflow.RoutingTable, len(sets))
		for i := range sets {
			list[i] = sets[i].Table()
		}
		return list, nil
	})
}

// decide asks the table of a region.
func (t *tables) decide(ctx context.Context, q workflow.RoutingQuestion) (workflow.Route, error) {
	list, err := t.active(ctx)
	if err != nil {
		return workflow.Route{}, err
	}
	return workflow.NearestTable(list, q.Region).Route(q), nil
}

// send notes on a draft which rule will send it. Without a table the definition
// itself asks the catalogue.
func (t *tables) send(ctx context.Context, c *workflow.Case) error {
	r, err := t.decide(ctx, workflow.QuestionOf(c))
	if err != nil || r.Set == 0 {
		return err
	}
	c.Facts["routed"], c.Facts["route_set"], c.Facts["route_row"], c.Facts["route_reason"] = int64(r.To), r.Set, int64(r.Row), r.Reason
	return nil
}

// whyHere says which rule sent a blocker to the department that leads it, or why
// it is the coordinator's to decide. Nil for other kinds and before it matters.
func whyHere(c *workflow.Case) *whyHereView {
	if c.Kind != workflow.Blocker {
		return nil
	}
	number := func(name string) int64 { n, _ := c.Facts[name].(int64); return n }
	set, row, routed, holders := number("route_set"), number("route_row"), number("routed"), number("holders")
	out := &whyHereView{}
	out.Reason, _ = c.Facts["route_reason"].(string)
	rule := fault.Text{
		ZH: fmt.Sprintf("路由规则第 %d 版第 %d 行：%s", set, row, out.Reason), EN: fmt.Sprintf("Routing table %d, row %d: %s", set, row, out.Reason),
	}
	bound, _ := c.Facts["bound"].(bool)
	lead := c.Parts[workflow.Lead]
	waiting := lead == 0 || c.State == "accepted" || c.State == "filed"
	switch {
	case bound:
		out.By, out.Text = "coordinator", fault.Text{ZH: "统筹协调员裁定", EN: "The coordinator decided"}
	case number("hops") > 0:
		out.By, out.Text = "hop", fault.Text{ZH: "退回或转办之后", EN: "After it was returned or transferred"}
	case set != 0 && (waiting || lead == workflow.DeptID(routed)):
		out.By, out.Set, out.Row, out.Text = "rule", set, row, rule
		return out
	case waiting && holders == 0:
		out.By, out.Text = "catalogue", fault.Text{ZH: "目录缺口：没有部门登记持有这项数据，由统筹协调员指定", EN: "A gap in the catalogue: nobody is registered as holding the data, so the coordinator decides"}
	case waiting && holders > 1:
		out.By, out.Text = "catalogue", fault.Text{
			ZH: fmt.Sprintf("目录登记了 %d 个持有部门，由统筹协调员指定", holders), EN: fmt.Sprintf("%d departments are registered as holding the data, so the coordinator decides", holders),
		}
	case set == 0 && holders == 1 && (waiting || lead == c.Parts[workflow.Holder]):
		out.By, out.Text = "catalogue", fault.Text{ZH: "目录登记的唯一持有部门", EN: "The one department registered as holding the data"}
	default:
		out.By, out.Text = "coordinator", fault.Text{ZH: "统筹协调员指定", EN: "The coordinator chose"}
	}
	out.Reason = ""
	return out
}
