package modelstest

import (
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/shujie-gov/shujie/models"
)

// oldCallsGo: a call that left no receipt is kept for three years and then
// removed on record (条例 Art. 29). What is younger stays, what left a receipt
// stays, all stay counted, and verify tells what is gone by rule from what
// vanished.
func oldCallsGo(w *World) {
	_, found := w.Arrived("有回执")
	c, job := w.Fetching("无回执")
	call := func() int64 {
		w.fetch(c, job, models.FetchRefused)
		list, err := w.Store.Fetches(w.Context(), models.Scope{All: true}, c.ID)
		if err != nil {
			w.Fatal(err)
		}
		return list[len(list)-1].ID
	}
	old := call()
	began := w.Clock.Now()
	w.Clock.Add(365 * 24 * time.Hour)
	young := call()
	w.seal()
	left := func() []int64 {
		list, err := w.Store.Fetches(w.Context(), models.Scope{All: true}, c.ID)
		if err != nil {
			w.Fatal(err)
		}
		ids := []int64{}
		for _, f := range list {
			ids = append(ids, f.ID)
		}
		return ids
	}
	prune := func(at time.Time) {
		w.Clock.Add(at.Sub(w.Clock.Now()))
		if err := w.Store.Prune(w.Context()); err != nil {
			w.Fatal(err)
		}
	}
	prune(began.AddDate(3, 0, -1))
	if got := left(); !slices.Equal(got, []int64{old, young}) {
		w.Fatalf("a day before three years are over: %v", got)
	}
	for range 2 {
		prune(began.AddDate(3, 0, 1))
		if got := left(); !slices.Equal(got, []int64{young}) {
			w.Fatalf("a day after three years: %v, want %d", got, young)
		}
	}
	if list, err := w.Store.Fetches(w.Context(), models.Scope{All: true}, found.Case); err != nil || len(list) != 1 || list[0].Receipt != found.ID {
		w.Errorf("the call of a receipt: %+v, %v", list, err)
	}
	if n, err := w.Store.TotalCalls(w.Context(), found.Resource); err != nil || n != 3 {
		w.Errorf("%d calls are counted, %v", n, err)
	}
	w.seal()
	if r := w.verify(); len(r.Problems) != 0 || r.Calls != 2 {
		w.Errorf("%+v", r)
	}
	for _, test := range []struct{ do, want string }{
		{`UPDATE ledger_removals SET count = count + 1`, "changed: the record of the removal"},
		{`DELETE FROM ledger_removals`, fmt.Sprintf("missing: ledger row %d is gone", old)},
		{fmt.Sprintf(`DELETE FROM fetches WHERE id = %d`, young), fmt.Sprintf("missing: ledger row %d is gone", young)},
		{fmt.Sprintf(`DELETE FROM fetches WHERE id = %d; UPDATE ledger_removals SET through = %d`, young, young), "changed: the record of the removal"},
		{fmt.Sprintf(`DELETE FROM receipts; DELETE FROM fetches WHERE id = %d`, found.Fetch), "missing: of the ledger rows through"},
	} {
		first, last := w.without()
		restore := first
		for _, table := range []string{"ledger_removals", "fetches", "receipts"} {
			w.Exec("DROP TABLE IF EXISTS kept_" + table)
			w.Exec("CREATE TABLE kept_" + table + " AS SELECT * FROM " + table)
			system := ""
			if w.Store.Dialect() == "postgres" && table == "fetches" {
				system = " OVERRIDING SYSTEM VALUE"
			}
			restore += "DELETE FROM " + table + "; INSERT INTO " + table + system + " SELECT * FROM kept_" + table + ";"
		}
		w.Exec(first + test.do + last)
		var named []string
		for _, p := range w.verify().Problems {
			named = append(named, p.Kind+": "+p.Text)
		}
		if !slices.ContainsFunc(named, func(text string) bool { return strings.HasPrefix(text, test.want) }) {
			w.Errorf("%s: found %q, want %q", test.do, named, test.want)
		}
		w.Exec(strings.TrimSuffix(restore, ";") + last)
		if r := w.verify(); len(r.Problems) != 0 {
			w.Fatalf("%s: not put back: %+v", test.do, r.Problems)
		}
	}
}
