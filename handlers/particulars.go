package handlers

import (
	"context"
	"fmt"

	"github.com/shujie-gov/shujie/fault"
	"github.com/shujie-gov/shujie/models"
	"github.com/shujie-gov/shujie/workflow"
)

// particulars lists what a case is about, for the kinds whose facts people read:
// an application with its grant, a dispute, a correction.
func (v *viewer) particulars(ctx context.Context, c *workflow.Case) ([]pairView, error) {
	p := &pairs{c: c}
	var err error
	if p.d, err = v.engine.Defs.Of(c); err != nil {
		return nil, nil //nolint:nilerr // an unknown definition shows nothing; Choices reports it
	}
	if id, _ := c.Facts["resource"].(int64); id != 0 {
		res, err := v.dir.resource(ctx, id)
		if err != nil && fault.KindOf(err) != fault.NotFound {
			return nil, err
		}
		class := classTitle(res.Class)
		p.add("申请的数据", "Data", fault.Text{ZH: res.Name + "（" + class.ZH + "）", EN: res.Name + " (" + class.EN + ")"})
	}
	switch c.Kind {
	case workflow.ShareRequest:
		p.fact("使用依据", "Legal basis", "basis")
		p.fact("使用场景", "Scenario", "scenario")
		p.fact("使用范围", "Scope", "scope")
		p.option("共享方式", "Way of sharing", "way", p.d)
		p.fact("使用时限", "Term of use, until", "until")
		p.add("共享授权", "Grant", grantTitle(c))
		p.refusal(p.d)
	case workflow.Dispute:
		p.refusal(v.engine.Defs.Latest(workflow.ShareRequest))
		p.fact("争议意见", "What is disputed", "claim")
		p.option("结果", "Outcome", "outcome", p.d)
		p.fact("决定文号", "Number of the decision", "decision")
	case workflow.Correction:
		p.fact("疑义或错误", "What seems wrong", "doubt")
		p.fact("校核结果", "What was found", "report")
	case workflow.CatalogueChange:
		p.fact("变更事由", "Reason of the change", "cause")
	case workflow.DataDemand:
		p.fact("需求用途", "What the data is for", "purpose")
		p.fact("数源依据", "Why this department is asked", "why")
	case workflow.Supervision:
		way, ground, result := v.orderWords(c)
		by, err := v.issuer(ctx, c)
		if err != nil {
			return nil, err
		}
		days, _ := c.Facts["days"].(int64)
		p.add("督办方式", "Way of supervising", way)
		p.add("督办情形", "Ground", ground)
		p.fact("督办要求", "What is demanded", "demand")
		p.add("反馈时限", "Term for the answer", fault.Text{ZH: fmt.Sprintf("%d 个工作日", days), EN: fmt.Sprintf("%d working days", days)})
		p.add("下达", "Issued by", by)
		if result.ZH != "" {
			p.add("办理结果", "Result", result)
		}
		p.fact("采取的措施和办理情况", "What was done", "answer")
		if n, _ := c.Facts["returns"].(int64); n > 0 {
			p.add("退回重办", "Sent back", fault.Text{ZH: fmt.Sprintf("%d 次", n), EN: fmt.Sprintf("%d times", n)})
		}
	case workflow.Blocker, workflow.Assist, workflow.Service:
	}
	return p.list, nil
}

// pairs collects what is known of a case; what is empty is left out.
type pairs struct {
	c    *workflow.Case
	d    *workflow.Definition
	list []pairView
}

func (p *pairs) add(zh, en string, value fault.Text) {
	p.list = append(p.list, pairView{Label: fault.Text{ZH: zh, EN: en}, Value: value})
}

func (p *pairs) fact(zh, en, name string) {
	if s, _ := p.c.Facts[name].(string); s != "" {
		p.add(zh, en, fault.Text{ZH: s, EN: s})
	}
}

// option is a fact that holds the value of an enum of definition d.
func (p *pairs) option(zh, en, name string, d *workflow.Definition) {
	if s, _ := p.c.Facts[name].(string); s != "" && d != nil {
		p.add(zh, en, d.OptionTitle(s))
	}
}

// refusal is why the provider refused, in the words of applications.
func (p *pairs) refusal(applications *workflow.Definition) {
	p.option("不同意的情形", "Refused because", "refusal_code", applications)
	p.fact("不同意的依据", "Legal basis of the refusal", "refusal_basis")
}

// grantTitle says what an application lets its applicant do now.
func grantTitle(c *workflow.Case) fault.Text {
	until, _ := c.Facts["until"].(string)
	switch {
	case c.State == workflow.StateDelivered:
		return fault.Text{ZH: "有效，至 " + until + " 止；限本部门、本事项使用该数据", EN: "Valid until " + until + ", for this department, this service and this data"}
	case c.State == workflow.StateSuspended:
		days, _ := c.Facts["rectify_days"].(int64)
		return fault.Text{ZH: fmt.Sprintf("已暂停，停止调取；整改期限 %d 个工作日", days), EN: fmt.Sprintf("Suspended, nothing is fetched; to be mended within %d working days", days)}
	case c.Ended:
		return fault.Text{ZH: "无效", EN: "None any more"}
	}
	return fault.Text{ZH: "尚未授权", EN: "Not granted yet"}
}

// standingTitle says how far the application is that a requirement rests on.
func standingTitle(s workflow.Standing) fault.Text {
	switch s {
	case workflow.GrantValid:
		return fault.Text{ZH: "授权有效", EN: "granted"}
	case workflow.GrantHeld:
		return fault.Text{ZH: "授权已暂停", EN: "suspended"}
	case workflow.AtProvider:
		return fault.Text{ZH: "待提供部门", EN: "with the provider"}
	case workflow.AtApplicant:
		return fault.Text{ZH: "待申请部门", EN: "with the applicant"}
	case workflow.GrantNone:
	}
	return fault.Text{ZH: "没有有效授权", EN: "no valid grant"}
}

// rests shows the application that a requirement rests on, nil when it needs
// none or has none.
func (v *viewer) rests(c *workflow.Case, r workflow.Requirement) *restsView {
	m := v.engine.Moment()
	a, s := r.Rests(m.Calendar.Today(m.Now))
	if !r.NeedsGrant(c.Parts[workflow.Demander]) || a.ID == 0 {
		return nil
	}
	return &restsView{
		ID: int64(a.ID), Number: models.Number(a.ID, a.CreatedAt), Standing: string(s), Title: standingTitle(s), Until: a.Until,
	}
}
