package modelstest

import (
	"fmt"
	"slices"
	"sync"

	"github.com/shujie-gov/shujie/models"
	"github.com/shujie-gov/shujie/workflow"
)

const orders = "督〔2026〕"

// supervised files a blocker, brings it to its holder and lets the coordinator
// supervise it. spoil may change the decision before it is written.
func (w *World) supervised(spoil func(*workflow.Decision)) error {
	ctx, coord := w.Context(), w.Actor("coord")
	c, err := w.Engine.Open(ctx, w.Actor("hall"), w.Draft("督办"), workflow.Input{}, workflow.Key{})
	if err != nil {
		return err
	}
	for _, in := range []workflow.Input{{Action: "accept"}, {Action: "dispatch", Fields: map[string]any{"lead": int64(w.Depts["GA"])}}} {
		if c, err = w.Engine.Act(ctx, coord, c.ID, in, workflow.Key{}); err != nil {
			return err
		}
	}
	_, err = w.Store.Update(ctx, coord, c.ID, workflow.Key{}, func(c workflow.Case) (workflow.Decision, error) {
		d, err := w.Engine.Decide(c, coord, workflow.Input{Action: "supervise", Note: "请抓紧"})
		if err == nil && spoil != nil {
			spoil(&d)
		}
		return d, err
	})
	return err
}

// gaplessNumbers supervises many cases at once, through two replicas, of which
// every third write is refused by the database after it took its number. The
// numbers that are there run from 1 without a gap, and nothing else is there.
func gaplessNumbers(w *World) {
	const n = 24
	second := *w
	engine := *w.Engine
	second.Store, second.Engine = w.Replica(), &engine
	engine.Store = second.Store
	errs := make([]error, n)
	var wg sync.WaitGroup
	for i := range n {
		wg.Go(func() {
			at := w
			if i%2 == 1 {
				at = &second
			}
			if i%3 == 0 {
				errs[i] = at.supervised(func(d *workflow.Decision) { d.Children[0].After.Parts[workflow.Lead] = 999_999 })
			} else {
				errs[i] = at.supervised(nil)
			}
		})
	}
	wg.Wait()
	for i, err := range errs {
		if (err != nil) != (i%3 == 0) {
			w.Errorf("write %d: %v", i, err)
		}
	}
	var got []int64
	for _, l := range w.all(models.Scope{All: true}, models.CaseQuery{Kind: workflow.Supervision}) {
		if l.Series != orders {
			w.Errorf("case %d is numbered in %q", l.ID, l.Series)
		}
		got = append(got, l.Serial)
	}
	slices.Sort(got)
	for i, serial := range got {
		if serial != int64(i+1) {
			w.Fatalf("the numbers are %v", got)
		}
	}
	if want := n - n/3; len(got) != want {
		w.Errorf("there are %d orders, want %d", len(got), want)
	}
	if r := w.verify(); len(r.Problems) > 0 {
		w.Errorf("verify finds %+v", r.Problems)
	}
}

// numbersAreFound finds an order by its number, however the brackets are typed,
// reads it back with it, and misses it when it vanished.
func numbersAreFound(w *World) {
	for range 2 {
		if err := w.supervised(nil); err != nil {
			w.Fatal(err)
		}
	}
	var id workflow.CaseID
	for _, text := range []string{"督〔2026〕2号", "督[2026]2", "督（2026）第2号"} {
		found := w.all(models.Scope{All: true}, models.CaseQuery{Text: text})
		if len(found) != 1 || found[0].Number() != "督〔2026〕2号" {
			w.Fatalf("%s finds %+v", text, found)
		}
		id = found[0].ID
	}
	c, err := w.Store.Case(w.Context(), models.Scope{All: true}, id)
	if err != nil || models.NumberOf(&c) != "督〔2026〕2号" {
		w.Errorf("read back it is %s, %v", models.NumberOf(&c), err)
	}
	if none := w.all(models.Scope{All: true}, models.CaseQuery{Text: "督〔2025〕2号"}); len(none) != 0 {
		w.Errorf("a number of another year finds %+v", none)
	}
	if _, err := w.raw.ExecContext(w.Context(), fmt.Sprintf("UPDATE cases SET series = '', serial = 0 WHERE id = %d", id)); err != nil {
		w.Fatal(err)
	}
	if r := w.verify(); len(r.Problems) != 1 || r.Problems[0].Kind != models.Missing {
		w.Errorf("without the number, verify finds %+v", r.Problems)
	}
}
