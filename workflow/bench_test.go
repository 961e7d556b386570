package workflow_test

import (
	"testing"

	"github.com/shujie-gov/shujie/workflow"
)

// busy is a blocker in handling with what a usual one has: two requirements, an
// assist and a share request.
func busy(b *testing.B) (*world, workflow.Case) {
	b.Helper()
	w := newWorld(b, "2026-03-02 10:00")
	id := toHandling(w, need(11, workflow.Unconditional), need(12, workflow.Conditional))
	w.act("holder handler", id, "request_data", nil)
	return w, w.cases[id]
}

func BenchmarkDecide(b *testing.B) {
	w, c := busy(b)
	m := w.engine.Moment()
	for name, x := range map[string]struct {
		who string
		in  workflow.Input
	}{
		"comment":      {"holder handler", input("comment", fields{"note": "在办"})},
		"data_arrived": {"system", input("data_arrived", fields{"requirement": int64(11), "receipt": int64(1)})},
		"transfer":     {"holder head", input("transfer", fields{"to": int64(otherDept), "note": "归你们"})},
	} {
		b.Run(name, func(b *testing.B) {
			b.ReportAllocs()
			for b.Loop() {
				if _, err := w.engine.Defs.Decide(c, w.people[x.who], x.in, m); err != nil {
					b.Fatal(err)
				}
			}
		})
	}
}

func BenchmarkChoices(b *testing.B) {
	w, c := busy(b)
	m := w.engine.Moment()
	b.ReportAllocs()
	for b.Loop() {
		if _, err := w.engine.Defs.Choices(c, w.people["holder head"], m); err != nil {
			b.Fatal(err)
		}
	}
}

func BenchmarkSVG(b *testing.B) {
	d := released(b).Latest(workflow.Blocker)
	b.ReportAllocs()
	for b.Loop() {
		d.SVG("handling", "zh")
	}
}

func BenchmarkReleased(b *testing.B) {
	for b.Loop() {
		if _, err := workflow.Released(); err != nil {
			b.Fatal(err)
		}
	}
}
