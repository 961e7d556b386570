package workflow

import (
	"fmt"

	"github.com/shujie-gov/shujie/fault"
)

// supervisionAspects says when whom the levels of escalation tell, and how orders
// to supervise end.
func (d *Definition) supervisionAspects() []aspect {
	list := make([]aspect, 0, len(d.Escalate)+1)
	for i, l := range d.Escalate {
		at, who := l.due(), addressee(l.To)
		list = append(list, aspect{
			fault.Text{ZH: "第" + ordinal(int64(i+1)) + "级", EN: fmt.Sprintf("Level %d", i+1)},
			fault.Text{ZH: at.ZH + "告知" + who.ZH, EN: at.EN + " to " + who.EN},
		})
	}
	if d.Lapse != "" {
		list = append(list, aspect{fault.Text{ZH: "随所属事项终止", EN: "Ends with its parent"}, d.ActionTitle(d.Lapse)})
	}
	return list
}

// due says when a level is due.
func (l Level) due() fault.Text {
	switch l.At {
	case atWarn:
		return fault.Text{ZH: "到期前（黄牌）", EN: "before the deadline (yellow)"}
	case atDue:
		return fault.Text{ZH: "到期时（红牌）", EN: "at the deadline (red)"}
	}
	return fault.Text{ZH: fmt.Sprintf("逾期 %d 个工作日", l.After), EN: fmt.Sprintf("%d working days after it", l.After)}
}

// words says how soon an action may be taken again, nothing when at once.
func (a *Again) words() fault.Text {
	if a == nil {
		return fault.Text{}
	}
	return fault.Text{ZH: fmt.Sprintf("%d 个工作日后", a.After), EN: fmt.Sprintf("after %d working days", a.After)}
}
