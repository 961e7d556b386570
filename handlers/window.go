package handlers

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"slices"
	"sort"
	"strings"

	"github.com/gin-gonic/gin"

	"github.com/shujie-gov/shujie/fault"
	"github.com/shujie-gov/shujie/models"
	"github.com/shujie-gov/shujie/workflow"
)

// window is what the hall asks of the store while the citizen waits.
type window interface {
	Same(ctx context.Context, item int64, proof string) (models.Same, error)
	Granted(ctx context.Context, demander workflow.DeptID, item, resource int64) (bool, error)
	Payload(ctx context.Context, sc models.Scope, receipt int64) ([]byte, error)
}

// wish is what is to happen at once to a blocker that is filed.
type wish struct {
	join    bool   // it joins the open blocker of the same item and papers
	fetch   bool   // its data is fetched now
	consent string // how the citizen agreed to that
}

// wish reads what is to happen at once, and refuses what cannot.
func (h *filing) wish(ctx context.Context, c *workflow.Case, b *body) (wish, error) {
	w := wish{join: b.flag("join"), fetch: b.flag("fetch"), consent: b.text("consent", maxProof)}
	if !w.fetch {
		return w, nil
	}
	if c.Person.IDNumber == "" {
		b.refuse("person.id_number", "调取数据须填写办事人的公民身份号码", "is needed to fetch the citizen's data")
	}
	if !slices.Contains([]string{"当面同意", "书面同意"}, w.consent) {
		b.refuse("consent", "调取前请征得办事人同意，并勾选记录", "ask for the citizen's consent first, and record it here")
	}
	for _, r := range c.Requirements {
		now, err := h.show.fetchable(ctx, c.Parts[workflow.Demander], c.Item, r.Resource)
		if err != nil || now {
			return w, err
		}
	}
	b.refuse("proofs", "所选材料都不能直接调取，请只登记", "none of the chosen papers can be fetched now; file it only")
	return w, nil
}

// atOnce does what was wished for. The case is filed: what has become impossible
// meanwhile is left to those who work on it.
func (h *filing) atOnce(ctx context.Context, a workflow.Actor, c workflow.Case, w wish, key workflow.Key) (workflow.Case, error) {
	act := func(in workflow.Input) error {
		k := key
		if k.Value != "" {
			k.Value += ":" + string(in.Action)
		}
		got, err := h.engine.Act(ctx, a, c.ID, in, k)
		if err == nil {
			c = got
		} else if fault.KindOf(err) == fault.Conflict {
			err = nil
		}
		return err
	}
	if w.join && c.Item != 0 {
		same, err := h.window.Same(ctx, c.Item, c.Proof)
		if err != nil {
			return c, err
		}
		if same.ID != 0 && same.ID != c.ID {
			if err := act(workflow.Input{Action: "join", Fields: map[string]any{"into": int64(same.ID)}}); err != nil {
				return c, err
			}
		}
	}
	if w.fetch {
		return c, act(workflow.Input{Action: "request_data", Fields: map[string]any{"consent": w.consent}})
	}
	return c, nil
}

// fetchable reports whether the data of a resource can be fetched for a
// demanding department and a service item without asking anybody: it is
// connected, and unconditional, the department's own, or granted to it.
func (v *viewer) fetchable(ctx context.Context, demander workflow.DeptID, item, resource int64) (bool, error) {
	if resource == 0 {
		return false, nil
	}
	r, err := v.dir.resource(ctx, resource)
	switch {
	case err != nil || !r.Connected:
		return false, err
	case r.Class == workflow.Unconditional || r.Provider == demander:
		return true, nil
	case r.Class != workflow.Conditional:
		return false, nil
	}
	return v.window.Granted(ctx, demander, item, resource)
}

// windowView is the page of one filing while the citizen waits.
type windowView struct {
	Case     caseView
	Papers   []windowPaper
	Fetching bool // something is still under way
	Parked   bool // something waits for the end of an outage
	Served   bool // every paper is replaced: the citizen need not come again
	Into     *caseRef
}

// windowPaper is a demanded paper, and what replaces it.
type windowPaper struct {
	Need    needView
	Receipt *receiptView
	Facts   []factView // of the record, masked; nil where the reader may not see it
	Opaque  bool       // the record is no list of facts
}

// factView is one field of a record.
type factView struct{ Name, Value string }

// atWindow serves GET /cases/:id/window: how far the fetch is, and its result.
func (h *cases) atWindow(c *gin.Context) (Page, error) {
	id, err := pathID(c)
	if err != nil {
		return Page{}, err
	}
	ctx, sc := c.Request.Context(), scopeOf(c)
	got, err := h.store.Case(ctx, sc, workflow.CaseID(id))
	if err != nil {
		return Page{}, err
	}
	if got.Kind != workflow.Blocker {
		return Page{Location: casePath(id)}, nil
	}
	view, err := h.show.whole(ctx, actorOf(c), &got)
	if err != nil {
		return Page{}, err
	}
	receipts, err := h.ledger.Receipts(ctx, sc, got.ID)
	if err != nil {
		return Page{}, err
	}
	n, err := h.show.dir.names(ctx)
	if err != nil {
		return Page{}, err
	}
	out := windowView{Case: view, Served: len(view.Requirements) > 0}
	for _, r := range view.Requirements {
		p := windowPaper{Need: r}
		out.Fetching = out.Fetching || r.Status == string(workflow.NeedFetching)
		out.Parked = out.Parked || r.Status == string(workflow.NeedParked)
		out.Served = out.Served && r.Done
		if i := slices.IndexFunc(receipts, func(x models.Receipt) bool { return x.ID == r.Receipt }); i >= 0 {
			rv := receiptOf(n, receipts[i])
			p.Receipt = &rv
			if handles(actorOf(c), &got) {
				if p.Facts, p.Opaque, err = h.facts(ctx, sc, receipts[i]); err != nil {
					return Page{}, err
				}
			}
		}
		out.Papers = append(out.Papers, p)
	}
	if into, _ := got.Facts["merged_into"].(int64); into != 0 {
		if main, err := h.store.Case(ctx, sc, workflow.CaseID(into)); err == nil {
			out.Into = &caseRef{ID: into, Number: models.Number(main.ID, main.CreatedAt), Title: main.Title}
		} else if fault.KindOf(err) != fault.NotFound {
			return Page{}, err
		}
	}
	return Page{View: "window", Data: out}, nil
}

// handles reports whether a works on c with the citizen's data: the hall that
// filed it, and the departments that lead it or demand the paper.
func handles(a workflow.Actor, c *workflow.Case) bool {
	return slices.ContainsFunc(a.Grants, func(g workflow.Grant) bool {
		switch g.Role {
		case workflow.HallStaff:
			return g.Dept != 0 && g.Dept == c.Parts[workflow.Filer]
		case workflow.DeptHandler, workflow.DeptHead:
			return g.Dept != 0 && (g.Dept == c.Parts[workflow.Lead] || g.Dept == c.Parts[workflow.Demander])
		case workflow.Coordinator, workflow.DataSteward, workflow.SysAdmin, workflow.SecAdmin, workflow.Auditor, workflow.System:
		}
		return false
	})
}

// facts reads the record behind a receipt as a list of fields, with names,
// identity numbers and telephone numbers masked. A record that was destroyed has
// none.
func (h *cases) facts(ctx context.Context, sc models.Scope, r models.Receipt) (list []factView, opaque bool, err error) {
	if r.DestroyedAt != nil {
		return nil, false, nil
	}
	body, err := h.window.Payload(ctx, sc, r.ID)
	if fault.KindOf(err) == fault.NotFound {
		return nil, false, nil
	}
	if err != nil {
		return nil, false, err
	}
	var record any
	dec := json.NewDecoder(bytes.NewReader(body))
	dec.UseNumber()
	if err := dec.Decode(&record); err != nil {
		return nil, true, nil //nolint:nilerr // a record need not be JSON
	}
	flatten("", record, &list)
	for i := range list {
		list[i].Value = models.MaskText(list[i].Name, list[i].Value)
	}
	return list, len(list) == 0, nil
}

// maxFacts is how many fields of a record a page shows.
const maxFacts = 60

// flatten lists the leaves of a record by their paths, in order.
func flatten(path string, v any, list *[]factView) {
	if len(*list) >= maxFacts {
		return
	}
	switch v := v.(type) {
	case map[string]any:
		names := make([]string, 0, len(v))
		for name := range v {
			names = append(names, name)
		}
		sort.Strings(names)
		for _, name := range names {
			flatten(strings.TrimPrefix(path+"."+name, "."), v[name], list)
		}
	case []any:
		for i, e := range v {
			at := path
			if len(v) > 1 {
				at = strings.TrimPrefix(fmt.Sprintf("%s.%d", path, i+1), ".")
			}
			flatten(at, e, list)
		}
	case nil:
	default:
		*list = append(*list, factView{Name: path, Value: fmt.Sprint(v)})
	}
}
