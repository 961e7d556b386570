package handlers

import (
	"errors"
	"fmt"
	"iter"

	"github.com/gin-gonic/gin"

	"github.com/shujie-gov/shujie/fault"
	"github.com/shujie-gov/shujie/models"
	"github.com/shujie-gov/shujie/sheet"
	"github.com/shujie-gov/shujie/workflow"
)

// proofImport is the page on which the list of demanded proofs is imported.
func proofImport() importView {
	return importView{Of: "proofs", Columns: workflow.Head(workflow.ProofColumns())}
}

// proofForm serves GET /service-items/import.
func (h *things) proofForm(*gin.Context) (Page, error) {
	return Page{View: "import", Data: proofImport()}, nil
}

// importProofs serves POST /service-items/import: a list of demanded proofs
// (证明事项清单), checked cell by cell, taken as a whole or not at all. Items and
// proofs that are known get what the file states of them.
func (h *things) importProofs(c *gin.Context) (Page, error) {
	out := proofImport()
	name, data, dry, err := fileOf(c)
	if err != nil {
		return Page{View: "import", Data: out}, err
	}
	out.File, out.Dry = name, dry
	ctx, a := c.Request.Context(), actorOf(c)
	n, err := h.show.dir.names(ctx)
	if err != nil {
		return Page{}, err
	}
	t := &workflow.ProofTable{Alternatives: h.alternatives(), Department: func(code, name string) (string, *fault.Text) {
		d, why := n.named(code, name)
		return d.Code, why
	}}
	if err = sheet.Read(data, FileLimits(), t.Take); err == nil {
		t.End()
		kept := n.keptItems(a, t)
		if t.Wrong == 0 {
			write := h.store.Import
			if dry {
				write = h.store.CheckImport
			}
			err = refusedProofs(t, write(ctx, models.Reference{Items: kept}))
		}
	}
	if t.Wrong > 0 {
		err = out.report(&t.Table, workflow.ProofLabel)
	}
	if err != nil {
		return Page{View: "import", Data: out}, err
	}
	if !dry {
		h.show.dir.forget()
	}
	out.Done, out.Items = true, len(t.Proofs)
	return Page{View: "import", Data: out}, nil
}

// alternatives are the legal alternatives that a requirement can be waived by.
func (h *things) alternatives() []string {
	var list []string
	for _, t := range h.show.engine.Defs.Latest(workflow.Blocker).Transitions {
		for _, in := range t.Inputs {
			if in.Name == "alternative" {
				for _, o := range in.Options {
					list = append(list, o.Value)
				}
			}
		}
	}
	return list
}

// keptItems returns the rows of a list as items to register, and refuses those of
// departments outside of the regions that the actor keeps.
func (n *names) keptItems(a workflow.Actor, t *workflow.ProofTable) []models.NewItem {
	list := make([]models.NewItem, len(t.Proofs))
	for i, p := range t.Proofs {
		d := n.byCode[p.Demander]
		list[i] = models.NewItem{
			Code: p.ItemCode, Name: p.Item, DeptCode: p.Demander, RegionCode: n.region(d.Region).Code,
			Proofs: []models.NewProof{{
				Name: p.Name, HolderCode: p.Holder, Resource: p.Resource, Alternative: p.Alternative, Basis: p.Basis, Issuer: p.Issuer,
			}},
		}
		if _, why := n.provider(a, p.Demander, ""); p.Demander != "" && why != nil {
			t.Refuse(t.Lines[i], "demander_code", *why)
		}
	}
	return list
}

// refusedProofs takes what the store refused of items into the report, where they
// stand in the file.
func refusedProofs(t *workflow.ProofTable, err error) error {
	var f *fault.Error
	if !errors.As(err, &f) || len(f.Fields) == 0 {
		return err
	}
	columns := map[string]string{
		"name": "item", "code": "item_code", "dept_code": "demander_code", "proofs.name": "proof", "proofs.holder_code": "holder_code", "proofs.resource": "resource",
	}
	for _, w := range f.Fields {
		var i int
		var field string
		if _, e := fmt.Sscanf(w.Name, "items[%d].%s", &i, &field); e != nil || i < 0 || i >= len(t.Proofs) {
			return err
		}
		t.Refuse(t.Lines[i], columns[field], w.Text)
	}
	return nil
}

// export serves GET /coverage/proofs/export: the demanded proofs that a list with
// the same filters shows, in the layout that an import reads, with what is known
// of replacing each.
func (h *lists) export(c *gin.Context, fail func(error)) {
	ctx := c.Request.Context()
	n, err := h.show.dir.names(ctx)
	if err != nil {
		fail(err)
		return
	}
	q := queryOf(c)
	ask, format := h.query(q, n), q.oneOf("format", "csv", "xlsx")
	if err := q.err(); err != nil {
		fail(err)
		return
	}
	lang := langOf(c)
	ask.Limit = models.MaxLimit
	rows := func(yield func([]string, error) bool) {
		if !yield(workflow.Head(workflow.ProofColumns()), nil) {
			return
		}
		for {
			page, err := h.store.Coverage(ctx, ask)
			if err != nil {
				yield(nil, err)
				return
			}
			for _, p := range page.Items {
				if !yield(n.proofRow(&p, lang), nil) {
					return
				}
			}
			if ask.Cursor = page.Next; ask.Cursor == "" {
				return
			}
		}
	}
	if err := sendTable(c, "proofs", "证明事项清单", format, iter.Seq2[[]string, error](rows)); err != nil {
		fail(err)
	}
}

func (n *names) proofRow(p *models.Covered, lang string) []string {
	demander, holder := n.byID[p.Demander], n.byID[p.Holder]
	row := workflow.Proof{
		Item: p.ItemName, ItemCode: p.ItemCode, Demander: demander.Code, Name: p.Name, Basis: p.Basis, Issuer: p.Issuer,
		Holder: holder.Code, Resource: p.ResourceName, Alternative: p.Alternative, Status: coverTitle(p.Status).In(lang), Wait: n.byID[p.Waits].Name,
	}
	return workflow.ProofRow(&row, demander.Name, holder.Name)
}
