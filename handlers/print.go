package handlers

import (
	"slices"
	"time"

	"github.com/gin-gonic/gin"

	"github.com/shujie-gov/shujie/fault"
	"github.com/shujie-gov/shujie/workflow"
)

// closingView is the sheet of an ended blocker (办结单): what was demanded, who
// held it, how it was solved, and what proves it.
type closingView struct {
	Case    caseView
	Filed   time.Time
	Ended   *time.Time
	Papers  []paperView
	Handled []handledView
}

// paperView is one demanded paper on the sheet and what replaced it.
type paperView struct {
	Name     string
	How      fault.Text
	Data     string
	Provider string
	Receipt  int64
	Hash     string // SM3 of the receipt
	At       *time.Time
}

// handledView is one step that somebody took, as the sheet lists them.
type handledView struct {
	Title fault.Text
	Name  string
	Dept  string
	Role  fault.Text
	At    time.Time
}

// closing serves GET /cases/:id/closing.
func (h *cases) closing(c *gin.Context) (Page, error) {
	got, view, err := h.printed(c)
	if err != nil {
		return Page{}, err
	}
	if got.Kind != workflow.Blocker || !got.Ended {
		return Page{}, fault.New(fault.Conflict, "只有已结束的堵点才有办结单。", "Only a blocker that has ended has a closing sheet.")
	}
	return Page{View: "closing", Data: closingOf(got, view)}, nil
}

// printed reads a case with everything a sheet shows.
func (h *cases) printed(c *gin.Context) (*workflow.Case, caseView, error) {
	id, err := pathID(c)
	if err != nil {
		return nil, caseView{}, err
	}
	got, err := h.store.Case(c.Request.Context(), scopeOf(c), workflow.CaseID(id))
	if err != nil {
		return nil, caseView{}, err
	}
	view, err := h.full(c, &got)
	return &got, view, err
}

func closingOf(got *workflow.Case, v caseView) closingView {
	out := closingView{Case: v, Filed: got.CreatedAt, Ended: got.EndedAt}
	for _, n := range v.Requirements {
		p := paperView{Name: n.Name, How: n.StatusName, Receipt: n.Receipt}
		if n.Alternative != "" {
			p.How = fault.Text{ZH: n.StatusName.ZH + "：" + n.Alternative, EN: n.StatusName.EN + ": " + n.Alternative}
		}
		if n.Resource != nil {
			p.Data = n.Resource.Name
		}
		if n.Provider != nil {
			p.Provider = n.Provider.Name
		}
		if i := slices.IndexFunc(v.Receipts, func(r receiptView) bool { return r.ID == n.Receipt }); i >= 0 {
			p.Hash, p.At = v.Receipts[i].Hash, &v.Receipts[i].At
		}
		out.Papers = append(out.Papers, p)
	}
	for _, e := range slices.Backward(v.Events) {
		if e.System || e.From == e.To && !slices.Contains(closingSteps(), e.Action) {
			continue
		}
		s := handledView{Title: e.Title, Name: e.Actor, Role: e.RoleTitle, At: e.At}
		if e.Dept != nil {
			s.Dept = e.Dept.Name
		}
		out.Handled = append(out.Handled, s)
	}
	return out
}

// closingSteps are the steps that belong on the sheet though the state stays.
func closingSteps() []string {
	return []string{"claim", "assign", "waive", "approve_online", "deliver"}
}
