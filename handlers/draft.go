package handlers

import (
	"context"
	"fmt"
	"slices"
	"strconv"
	"strings"

	"github.com/shujie-gov/shujie/fault"
	"github.com/shujie-gov/shujie/models"
	"github.com/shujie-gov/shujie/workflow"
)

// draft makes the case to open from what was typed and what the catalogue
// knows.
func (h *filing) draft(ctx context.Context, a workflow.Actor, kind workflow.Kind, b *body) (workflow.Case, error) {
	c := workflow.Case{Kind: kind, Title: b.text("title", maxTitle), Region: a.Region, Parts: map[workflow.Part]workflow.DeptID{}, Facts: map[string]any{}}
	n, err := h.show.dir.names(ctx)
	if err != nil {
		return c, err
	}
	h.place(&c, a, n, b)
	it, err := h.resolve(ctx, b.must("service_item", maxTitle), a)
	if f := fieldsOf(err); f != nil {
		*b.wrong = append(*b.wrong, f...)
		err = nil
	}
	if err != nil {
		return c, err
	}
	c.Item = it.ID
	c.Parts[workflow.Demander] = it.Dept
	switch kind {
	case workflow.Blocker:
		c.Parent = it.Case
		err = h.blocker(ctx, &c, a, it, b)
	case workflow.Service:
		c.Parts[workflow.Lead] = it.Dept
		if it.Case != 0 {
			return c, fault.New(fault.Conflict, "这个事项已有不见面案件。", "This service item has its no-meeting case already.")
		}
		if c.Title == "" {
			c.Title = it.Name
		}
		if it.Region != "" {
			c.Region = it.Region
		}
	default:
		b.refuse("kind", "这种事项不能登记", "cannot be filed")
	}
	if err == nil {
		err = b.err()
	}
	return c, err
}

// place sets the region, which must be the actor's own or below it, and the
// batch.
func (h *filing) place(c *workflow.Case, a workflow.Actor, n *names, b *body) {
	if code := b.text("region", 20); code != "" {
		r, ok := n.regionByCode(code)
		if !ok || !below(r.Path, a.Region) {
			b.refuse("region", "不在您的区划内", "is not within your region")
		} else {
			c.Region = r.Path
		}
	}
	if ref := b.text("batch", maxTitle); ref != "" {
		lot, ok := n.findBatch(ref)
		if !ok || (!below(lot.Region, a.Region) && !below(a.Region, lot.Region)) {
			b.refuse("batch", "没有这个批次", "there is no such batch")
		} else {
			c.Batch = lot.ID
		}
	}
}

// blocker fills a blocker: what is demanded, who holds it, and about whom.
func (h *filing) blocker(ctx context.Context, c *workflow.Case, a workflow.Actor, it models.ServiceItem, b *body) error {
	for _, g := range a.Grants {
		if g.Role == workflow.HallStaff {
			c.Parts[workflow.Filer] = g.Dept
			break
		}
	}
	c.Person = h.person(b)
	refs := append(b.texts("proofs", maxProof), b.texts("proof", maxProof)...)
	refs = slices.Compact(refs)
	switch {
	case len(refs) == 0:
		if it.ID != 0 || b.values["service_item"] == nil {
			b.refuse("proof", "请选择或填写被要求提供的材料", "choose or type the demanded paper")
		}
		return nil
	case len(refs) > maxProofs:
		b.refuse("proofs", fmt.Sprintf("一次最多 %d 项材料", maxProofs), fmt.Sprintf("at most %d papers at once", maxProofs))
		return nil
	}
	var papers []string
	holders := map[workflow.DeptID]bool{}
	most := 0
	for _, ref := range refs {
		p, known := proofOf(it, ref)
		if !known && it.ID != 0 && isID(ref) {
			b.refuse("proof", "这个事项没有这项材料", "the item has no such proof")
			continue
		}
		need, err := h.need(ctx, p, ref, known)
		if err != nil {
			return err
		}
		if slices.Contains(papers, need.Name) {
			continue
		}
		papers = append(papers, need.Name)
		c.Requirements = append(c.Requirements, need)
		if p.Holder != 0 {
			holders[p.Holder] = true
			most = max(most, p.Holders, 1)
			if c.Parts[workflow.Holder] == 0 {
				c.Parts[workflow.Holder] = p.Holder
			}
		}
		if p.Alternative != "" && c.Facts["alternative"] == nil {
			c.Facts["alternative"] = p.Alternative
		}
	}
	c.Facts["holders"] = int64(max(most, len(holders)))
	c.Proof = strings.Join(papers, "、")
	if c.Title == "" {
		c.Title = it.Name + "：索要" + c.Proof
	}
	return h.tables.send(ctx, c)
}

// need makes the requirement of one demanded proof. One that the catalogue does
// not know has no data yet.
func (h *filing) need(ctx context.Context, p models.Proof, ref string, known bool) (workflow.Requirement, error) {
	r := workflow.Requirement{Name: ref, Status: workflow.NeedOpen}
	if !known {
		return r, nil
	}
	r.Name = p.Name
	if p.Resource == 0 {
		return r, nil
	}
	res, err := h.show.dir.resource(ctx, p.Resource)
	if err != nil {
		return r, err
	}
	r.Resource, r.Provider, r.Class = res.ID, res.Provider, res.Class
	return r, nil
}

func isID(s string) bool {
	n, err := strconv.ParseInt(s, 10, 64)
	return err == nil && n > 0
}

// proofOf finds a proof of an item by id or exact name.
func proofOf(it models.ServiceItem, ref string) (models.Proof, bool) {
	for _, p := range it.Proofs {
		if p.Name == ref || strconv.FormatInt(p.ID, 10) == ref {
			return p, true
		}
	}
	return models.Proof{}, false
}

// person reads and checks who the blocker is about; nobody is the zero Person.
func (h *filing) person(b *body) workflow.Person {
	in := b.sub("person")
	p := workflow.Person{Name: in.text("name", 100), IDNumber: strings.ToUpper(in.text("id_number", 40)), Phone: in.text("phone", 40)}
	if p.Name != "" && !validName(p.Name) {
		in.refuse("name", "不像姓名", "does not look like a name")
	}
	if p.IDNumber != "" && !ValidID(p.IDNumber, h.now()) {
		in.refuse("id_number", "公民身份号码不正确，请核对校验码和出生日期", "is not a valid identity number; check the last character and the date of birth")
	}
	if p.Phone != "" && !validPhone(p.Phone) {
		in.refuse("phone", "电话号码不正确", "is not a telephone number")
	}
	if p.Name == "" && (p.IDNumber != "" || p.Phone != "") {
		in.refuse("name", "请填写姓名", "is required")
	}
	return p
}
