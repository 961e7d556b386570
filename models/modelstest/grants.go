package modelstest

import (
	"slices"
	"strings"
	"time"

	"github.com/shujie-gov/shujie/models"
	"github.com/shujie-gov/shujie/workflow"
)

// conditional is a blocker about the second proof of the world's item, which
// conditional data of another department replaces.
func (w *World) conditional(title string) workflow.Case {
	d := w.Draft(title)
	p := w.Item.Proofs[1]
	d.Proof, d.Parts[workflow.Holder] = p.Name, p.Holder
	d.Requirements = []workflow.Requirement{
		{Name: p.Name, Resource: p.Resource, Provider: p.Holder, Class: workflow.Conditional, Status: workflow.NeedOpen},
	}
	return d
}

// handling files a draft and brings it to who handles it.
func (w *World) handling(d workflow.Case) workflow.Case {
	w.Helper()
	c := w.File(d)
	w.Act("coord", c.ID, "accept", nil)
	w.advance(c.ID)
	w.Act("mz", c.ID, "sign", nil)
	return w.Read(c.ID)
}

func (w *World) advance(id workflow.CaseID) {
	w.Helper()
	if _, err := w.Engine.Advance(w.Context(), id); err != nil {
		w.Fatal(err)
	}
}

// applied lets the applicant ask for the data of a case until a day, and its
// head endorse the application.
func (w *World) applied(c workflow.Case, until string) (application workflow.CaseID) {
	w.Helper()
	w.Act("yb", c.ID, "request_data", map[string]any{"until": until})
	for _, k := range w.Read(c.ID).Children {
		if k.Kind == workflow.ShareRequest {
			application = k.ID
		}
	}
	w.Act("yb", application, "endorse", nil)
	w.advance(application)
	return application
}

func (w *World) granted(application workflow.CaseID) {
	w.Helper()
	for _, action := range []workflow.Action{"grant", "connect", "deliver"} {
		w.Act("mz", application, action, nil)
	}
}

// standing is the grant under which a fetch of c would be made now.
func (w *World) standing(c workflow.Case) models.Grant {
	w.Helper()
	t, err := w.Store.Target(w.Context(), c.ID, c.Requirements[0].ID)
	if err != nil {
		w.Fatal(err)
	}
	return t.Grant
}

func grants(w *World) {
	first := w.handling(w.conditional("甲"))
	if g := w.standing(first); !g.Needed || g.Standing != workflow.GrantNone || g.Refusal() == "" {
		w.Errorf("before anybody applied: %+v", g)
	}
	free := w.File(w.Draft("无条件"))
	if g := w.standing(free); g.Needed || g.Refusal() != "" {
		w.Errorf("unconditional data needs no grant: %+v", g)
	}
	application := w.applied(first, "2026-12-31")
	a := w.Read(application)
	if a.Region != "320000" || a.Parts[workflow.Holder] != w.Depts["MZ"] {
		w.Errorf("the application belongs to %s, the provider is %d", a.Region, a.Parts[workflow.Holder])
	}
	number := models.Number(application, a.CreatedAt)
	if g := w.standing(first); g.Standing != workflow.AtProvider || !strings.Contains(g.Refusal(), number) {
		w.Errorf("asked: %+v %s", g.Standing, g.Refusal())
	}
	w.granted(application)
	g := w.standing(first)
	if g.Standing != workflow.GrantValid || g.Application.ID != application || g.Application.Until != "2026-12-31" || g.Refusal() != "" {
		w.Errorf("granted: %+v %s", g, g.Refusal())
	}
	if g := w.standing(w.File(w.conditional("乙"))); g.Standing != workflow.GrantValid || g.Application.ID != application {
		w.Errorf("another blocker of the service: %+v", g)
	}
	other := w.conditional("丙")
	other.Item = 0
	if g := w.standing(w.File(other)); g.Standing != workflow.GrantNone {
		w.Errorf("another purpose: %+v", g)
	}
	foreign := w.conditional("丁")
	foreign.Parts[workflow.Demander] = w.Depts["GA"]
	if g := w.standing(w.File(foreign)); g.Standing != workflow.GrantNone {
		w.Errorf("another applicant: %+v", g)
	}

	target, err := w.Store.Target(w.Context(), first.ID, first.Requirements[0].ID)
	if err != nil || target.Basis != a.Facts["basis"] {
		w.Fatalf("basis %q: %v", target.Basis, err)
	}
	row, err := w.Store.BeginFetch(w.Context(), models.Fetch{
		Job: 901, Attempt: 1, Case: first.ID, Requirement: first.Requirements[0].ID, Resource: target.Resource.ID,
		Purpose: target.Purpose, Basis: target.Basis, Application: target.Grant.Application.ID,
	})
	if err != nil {
		w.Fatal(err)
	}
	receipt, err := w.Store.EndFetch(w.Context(), row.ID, models.FetchEnd{Outcome: models.FetchFound, Payload: []byte("{}"), ValidDays: 1})
	if err != nil || receipt.Application != application || w.Store.VerifyReceipt(w.Context(), *receipt) != nil {
		w.Fatalf("receipt %+v: %v", receipt, err)
	}
	forged := *receipt
	forged.Application++
	if w.Store.VerifyReceipt(w.Context(), forged) == nil {
		w.Error("the signature does not cover the application")
	}
	if list, err := w.Store.Fetches(w.Context(), models.Scope{All: true}, first.ID); err != nil || list[0].Application != application {
		w.Errorf("ledger %+v: %v", list, err)
	}
}

// permissionsAreNoWork looks at an application in use: it has not ended, and
// nobody has anything to do on it.
func permissionsAreNoWork(w *World) {
	c := w.handling(w.conditional("在用的授权"))
	app := w.applied(c, "2027-02-28")
	sc, yes, no := models.Scope{All: true}, true, false
	listed := func(open *bool) bool {
		return slices.Contains(ids(w.all(sc, models.CaseQuery{Kind: workflow.ShareRequest, Open: open})), app)
	}
	provider := w.Read(app).Parts[workflow.Lead]
	work := func() int64 {
		load, err := w.Store.Workload(w.Context(), provider)
		if err != nil {
			w.Fatal(err)
		}
		return load.Pool.Open
	}
	before := work()
	if !listed(&yes) || listed(&no) {
		w.Error("an application that waits for its reply is not in work")
	}
	w.granted(app)
	if listed(&yes) || !listed(&no) || w.Read(app).Ended {
		w.Error("a permission in use counts as work")
	}
	if got := work(); got != before-1 {
		w.Errorf("the department had %d in work, and %d after it delivered", before, got)
	}
}

func grantsEnd(w *World) {
	c := w.handling(w.conditional("甲"))
	application := w.applied(c, "2026-03-31")
	w.granted(application)
	number := models.Number(application, w.Read(application).CreatedAt)
	says := func(when, words string, want workflow.Standing) {
		w.Helper()
		g := w.standing(c)
		if g.Standing != want || (want == workflow.GrantValid) != (g.Refusal() == "") || !strings.Contains(g.Refusal(), words) {
			w.Errorf("%s: %s %q, want %s", when, g.Standing, g.Refusal(), want)
		}
		if want != workflow.GrantValid && !strings.Contains(g.Refusal(), number) {
			w.Errorf("%s: %q does not name %s", when, g.Refusal(), number)
		}
	}
	w.Act("mz", application, "suspend", map[string]any{"days": 5})
	says("suspended", "暂停", workflow.GrantHeld)
	w.Act("yb", application, "report_rectified", nil)
	w.Act("mz", application, "reinstate", nil)
	says("reinstated", "", workflow.GrantValid)
	w.Clock.Add(time.Date(2026, 3, 31, 15, 50, 0, 0, time.UTC).Sub(w.Clock.Now()))
	says("on its last day", "", workflow.GrantValid)
	w.Clock.Add(10 * time.Minute) // midnight in China
	says("after it, before anybody swept", "到期", workflow.GrantNone)

	again := w.handling(w.conditional("乙"))
	application = w.applied(again, "2026-12-31")
	number = models.Number(application, w.Read(application).CreatedAt)
	w.granted(application)
	says("a new grant", "", workflow.GrantValid)
	w.Act("mz", application, "suspend", map[string]any{"days": 5})
	w.Act("yb", application, "report_rectified", nil)
	w.Act("mz", application, "terminate", nil)
	says("terminated", "", workflow.GrantNone)
}

func waiters(w *World) {
	first, second := w.handling(w.conditional("甲")), w.handling(w.conditional("乙"))
	application := w.applied(first, "2026-12-31")
	w.Act("yb", second.ID, "request_data", nil)
	other := w.conditional("丙")
	other.Item = 0
	third := w.handling(other)
	w.applied(third, "2026-12-31")
	ids, err := w.Store.Waiting(w.Context(), application)
	if err != nil || !slices.Equal(ids, []workflow.CaseID{first.ID, second.ID}) {
		w.Fatalf("waiting: %v, %v; want %d and %d", ids, err, first.ID, second.ID)
	}
	if got := w.Read(second.ID).Children; slices.ContainsFunc(got, func(k workflow.Child) bool { return k.Kind == workflow.ShareRequest }) {
		w.Error("the second blocker applied for the same")
	}
	w.granted(application)
	for _, id := range ids {
		w.advance(id)
		if got := w.Read(id).Requirements[0].Status; got != workflow.NeedFetching {
			w.Errorf("case %d: %s, want its data to be fetched", id, got)
		}
	}
	if ids, err = w.Store.Waiting(w.Context(), application); err != nil || len(ids) != 0 {
		w.Errorf("still waiting: %v, %v", ids, err)
	}
}

// ledgerStays: records of use are kept for three years at least (条例 Art. 29),
// and those that left a receipt are never removed.
func ledgerStays(w *World) {
	c, job := w.Fetching("留存")
	row, err := w.Store.BeginFetch(w.Context(), models.Fetch{Job: job.ID, Attempt: 1, Case: c.ID, Requirement: c.Requirements[0].ID, Resource: c.Requirements[0].Resource})
	if err != nil {
		w.Fatal(err)
	}
	if _, err := w.Store.EndFetch(w.Context(), row.ID, models.FetchEnd{Outcome: models.FetchFound, Payload: []byte("{}"), ValidDays: 1}); err != nil {
		w.Fatal(err)
	}
	if _, err := w.Store.DestroyPayloads(w.Context(), c.ID, "目的已实现"); err != nil {
		w.Fatal(err)
	}
	before := w.Rows()
	w.Clock.Add(3*366*24*time.Hour + time.Hour)
	if err := w.Store.Prune(w.Context()); err != nil {
		w.Fatal(err)
	}
	after := w.Rows()
	for _, table := range []string{"fetches", "receipts", "destructions", "events"} {
		if len(before[table]) == 0 || !slices.Equal(before[table], after[table]) {
			w.Errorf("%s after three years: %v, were %v", table, after[table], before[table])
		}
	}
}
