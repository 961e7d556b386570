package modelstest

import (
	"errors"
	"fmt"
	"slices"
	"time"

	"github.com/shujie-gov/shujie/fault"
	"github.com/shujie-gov/shujie/models"
	"github.com/shujie-gov/shujie/workflow"
)

// providersSeeUse: a provider reads who used its data for what, the authority
// over it does, and nobody else; list, totals and export have the same rows.
func providersSeeUse(w *World) {
	var receipts []models.Receipt
	var cases []workflow.Case
	for i := range 5 {
		c, r := w.Arrived(fmt.Sprint("张三丰的第", i, "件"))
		receipts, cases = append(receipts, r), append(cases, c)
		w.Clock.Add(24 * time.Hour)
	}
	if _, err := w.Store.DestroyPayloads(w.Context(), cases[0].ID, "办结"); err != nil {
		w.Fatal(err)
	}
	for user, want := range map[string]int{"ga": 5, "coord": 5, "steward": 5, "yb": 0, "mz": 0, "xx": 0, "hall": 0, "coord2": 0, "zhejiang": 0, "sys": 0, "audit": 0} {
		sc := models.ScopeOf(w.Actor(user))
		if got := w.uses(sc, models.UseQuery{Limit: 2}); len(got) != want {
			w.Errorf("%s sees %d uses, want %d", user, len(got), want)
		}
	}
	ga := models.ScopeOf(w.Actor("ga"))
	got := w.uses(ga, models.UseQuery{Limit: 2})
	for i, u := range got {
		r := receipts[len(receipts)-1-i]
		if u.Receipt != r.ID || u.User != w.Depts["YB"] || u.UserName != "医保局" || u.Purpose != "新生儿参保：户口簿复印件" || u.Basis != r.Basis ||
			u.CaseNumber != r.CaseNumber || !u.At.Equal(r.At) || (u.DestroyedAt != nil) != (i == 4) {
			w.Errorf("use %d: %+v of %+v", i, u, r)
		}
	}
	for name, test := range map[string]struct {
		q    models.UseQuery
		want int
	}{
		"everything":         {models.UseQuery{}, 5},
		"a user":             {models.UseQuery{User: w.Depts["YB"]}, 5},
		"another user":       {models.UseQuery{User: w.Depts["MZ"]}, 0},
		"a resource":         {models.UseQuery{Resource: receipts[0].Resource}, 5},
		"another resource":   {models.UseQuery{Resource: receipts[0].Resource + 1}, 0},
		"from its moment on": {models.UseQuery{From: receipts[2].At}, 3},
		"up to its moment":   {models.UseQuery{Until: receipts[2].At}, 2},
		"a period":           {models.UseQuery{From: receipts[1].At, Until: receipts[2].At.Add(time.Second)}, 2},
	} {
		test.q.Limit = 2
		listed := len(w.uses(ga, test.q))
		totals, all, err := w.Store.UseTotals(w.Context(), ga, test.q)
		sum := int64(0)
		for _, t := range totals {
			sum += t.N
		}
		exported := 0
		err = errors.Join(err, w.Store.EachUse(w.Context(), ga, test.q, func(models.Use) error { exported++; return nil }))
		if err != nil || listed != test.want || int64(listed) != all || sum != all || exported != listed {
			w.Errorf("%s: listed %d, counted %d, summed %d, exported %d, want %d, %v", name, listed, all, sum, exported, test.want, err)
		}
	}
	totals, _, err := w.Store.UseTotals(w.Context(), ga, models.UseQuery{})
	if err != nil || len(totals) != 1 || totals[0].User != w.Depts["YB"] || totals[0].N != 5 || totals[0].Kept != 4 || !totals[0].Last.Equal(receipts[4].At) {
		w.Errorf("totals: %+v, %v", totals, err)
	}
	if _, err := w.Store.Uses(w.Context(), ga, models.UseQuery{Cursor: "x"}); fault.KindOf(err) != fault.Invalid {
		w.Errorf("a cursor of nobody's: %v", err)
	}
}

// uses walks all pages of uses.
func (w *World) uses(sc models.Scope, q models.UseQuery) []models.Use {
	w.Helper()
	var list []models.Use
	for {
		page, err := w.Store.Uses(w.Context(), sc, q)
		if err != nil || len(page.Items) > q.Limit {
			w.Fatalf("%d uses on a page, %v", len(page.Items), err)
		}
		list = append(list, page.Items...)
		if q.Cursor = page.Next; q.Cursor == "" {
			break
		}
	}
	if !slices.IsSortedFunc(list, func(a, b models.Use) int { return int(b.Receipt - a.Receipt) }) {
		w.Errorf("the uses are out of order")
	}
	return list
}
