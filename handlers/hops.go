package handlers

import (
	"fmt"

	"github.com/shujie-gov/shujie/fault"
	"github.com/shujie-gov/shujie/workflow"
)

// hopLimit is how often a blocker is passed on before the coordinator decides;
// the guards of its definition hold it.
const hopLimit = 3

// hops shows how often a case was passed on, nil when it never was.
func (v *viewer) hops(n *names, c *workflow.Case) *hopsView {
	count, _ := c.Facts["hops"].(int64)
	if count == 0 {
		return nil
	}
	bound, _ := c.Facts["bound"].(bool)
	return &hopsView{N: count, Limit: hopLimit, Bound: bound, Decide: count >= hopLimit && !bound && !c.Ended, Return: v.returned(n, c)}
}

// returned shows why a case came back, nil when it did not.
func (v *viewer) returned(n *names, c *workflow.Case) *hopView {
	why, _ := c.Facts["return_reason"].(string)
	if why == "" {
		return nil
	}
	to, _ := c.Facts["proposed"].(int64)
	out := &hopView{Reason: why, Title: fault.Text{ZH: why, EN: why}, Proposed: n.dept(workflow.DeptID(to))}
	d, err := v.engine.Defs.Of(c)
	if err != nil {
		return out // an unknown definition shows no words; Choices reports it
	}
	for _, t := range d.Transitions {
		if t.Action != "return" {
			continue
		}
		for _, f := range t.Inputs {
			for _, o := range f.Options {
				if f.Name == "reason" && o.Value == why {
					out.Title = o.Title
				}
			}
		}
	}
	return out
}

// joins shows how far those are whom a case waits for together.
func (v *viewer) joins(c *workflow.Case) []joinView {
	out := []joinView{}
	d, err := v.engine.Defs.Of(c)
	if err != nil {
		return out // as returned
	}
	for _, j := range d.Joins(c) {
		out = append(out, joinView{
			Name: j.Name, Title: j.Title, Rule: j.Rule, Words: ruleTitle(j), Asked: j.Asked, Done: j.Done, Open: j.Open, Gone: j.Gone, Met: j.Met,
		})
	}
	return out
}

// ruleTitle says the rule of a join.
func ruleTitle(j workflow.Joining) fault.Text {
	switch j.Rule {
	case workflow.JoinAny:
		return fault.Text{ZH: "一家完成即可", EN: "one of them is enough"}
	case workflow.JoinSome:
		return fault.Text{ZH: fmt.Sprintf("完成 %d 家即可", j.Need), EN: fmt.Sprintf("%d of them are enough", j.Need)}
	case workflow.JoinNone:
		return fault.Text{ZH: "不再等待", EN: "no longer waited for"}
	}
	return fault.Text{ZH: "全部完成", EN: "all of them"}
}
