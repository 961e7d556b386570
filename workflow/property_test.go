package workflow_test

import (
	"fmt"
	"slices"
	"testing"

	"github.com/shujie-gov/shujie/workflow"
)

// The property is shown by so many runs of so many steps: ten thousand in all.
const (
	runs  = 40
	steps = 250
)

// TestTenThousandRandomStepsKeepEveryPromise lets random people do random things
// to cases of all kinds for months, with an answering platform, a watch that is
// down for days, and everybody trying what is not theirs. Whatever happens, the
// promises of promise_test.go hold: no case is without a next actor or an end, no
// clock runs backward, the totals add up, and what is offered is what is taken.
// FuzzRandomSteps looks further.
func TestTenThousandRandomStepsKeepEveryPromise(t *testing.T) {
	base := newWorld(t, "2026-01-05 10:00") // definitions and calendar are loaded once
	taken := map[string]int{}
	for seed := range uint64(runs) {
		t.Run(fmt.Sprint(seed), func(t *testing.T) { walk(t, base, seed, taken) })
	}
	// The steps went nearly everywhere.
	var left []string
	all := 0
	for _, kind := range base.engine.Defs.Kinds() {
		for _, a := range base.engine.Defs.Latest(kind).ActionNames() {
			all++
			if name := string(kind) + "/" + string(a); taken[name] == 0 {
				left = append(left, name)
			}
		}
	}
	if len(left) > all/8 {
		t.Errorf("of %d actions nobody took %v", all, left)
	}
}

// FuzzRandomSteps walks by other seeds.
func FuzzRandomSteps(f *testing.F) {
	base := newWorld(f, "2026-01-05 10:00")
	f.Add(uint64(runs))
	f.Fuzz(func(t *testing.T, seed uint64) { walk(t, base, seed, map[string]int{}) })
}

// walk takes the steps of one seed and counts the actions that were taken.
func walk(t *testing.T, base *world, seed uint64, taken map[string]int) {
	t.Helper()
	w := newWorldFrom(base)
	w.t = t
	m := newMachine(t, w, seed)
	known := map[workflow.CaseID]workflow.Case{}
	w.watch = func(d workflow.Decision, _ *workflow.Case, _ bool) {
		keeps(t, w, known[d.After.ID], d)
		known[d.After.ID] = deepCopy(d.After)
		taken[string(d.After.Kind)+"/"+string(d.Event.Action)]++
	}
	t.Cleanup(func() {
		if t.Failed() {
			t.Log(w.story())
		}
	})
	m.begin()
	ledgers := map[workflow.CaseID]workflow.Ledger{}
	for range steps {
		m.step()
		for _, c := range w.sorted() {
			waited(t, w, c)
			ledgers[c.ID] = adds(t, w, c, ledgers[c.ID])
		}
	}
	for _, c := range w.sorted() {
		agrees(t, w, c, names()...)
	}
}

// story tells what happened, for whoever looks for the fault.
func (w *world) story() string {
	var all []workflow.Event
	for _, list := range w.events {
		all = append(all, list...)
	}
	slices.SortStableFunc(all, func(a, b workflow.Event) int { return a.At.Compare(b.At) })
	text := ""
	for _, e := range all {
		text += fmt.Sprintf("%s %s %d: %s (%s → %s) by %s %v\n", e.At.In(cst()).Format("2006-01-02 15:04"), w.cases[e.Case].Kind, e.Case, e.Action, e.From, e.To, e.Name, e.Data)
	}
	return text
}
