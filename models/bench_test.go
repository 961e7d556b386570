package models_test

import (
	"fmt"
	"os"
	"runtime"
	"strconv"
	"sync/atomic"
	"testing"

	"github.com/shujie-gov/shujie/models"
	"github.com/shujie-gov/shujie/models/modelstest"
	"github.com/shujie-gov/shujie/workflow"
)

// volume is how many cases the benchmarks run on: 20,000, or BENCH_CASES.
func volume() int {
	if n, err := strconv.Atoi(os.Getenv("BENCH_CASES")); err == nil {
		return n
	}
	return 20_000
}

// databases runs fn on each database that is there.
func databases(b *testing.B, fn func(b *testing.B, open modelstest.Open)) {
	b.Helper()
	b.Run("sqlite", func(b *testing.B) { fn(b, modelstest.SQLite) })
	if modelstest.HasPostgres(b) {
		b.Run("postgres", func(b *testing.B) {
			fn(b, func(tb testing.TB) string {
				tb.Helper()
				url, _ := modelstest.Postgres(tb)
				return url
			})
		})
	}
}

// BenchmarkUpdate moves cases, each with an event and two outbox rows, from 1 to
// 128 goroutines.
func BenchmarkUpdate(b *testing.B) {
	databases(b, func(b *testing.B, open modelstest.Open) {
		b.Helper()
		w := modelstest.NewWorld(b, open)
		w.Fill(volume())
		coord := w.Actor("coord")
		n := int64(volume())
		for _, goroutines := range []int{1, 8, 32, 128} {
			b.Run(fmt.Sprintf("%d", goroutines), func(b *testing.B) {
				var next atomic.Int64
				var stale atomic.Int64
				b.SetParallelism(max(1, goroutines/runtime.GOMAXPROCS(0)))
				b.ResetTimer()
				b.RunParallel(func(pb *testing.PB) {
					for pb.Next() {
						id := workflow.CaseID(1000 + next.Add(7919)%(n-1000))
						if id%3 == 0 {
							id-- // every third has ended
						}
						_, err := w.Engine.Act(b.Context(), coord, id, workflow.Input{Action: "supervise", Note: "督办"}, workflow.Key{})
						if err != nil {
							stale.Add(1)
						}
					}
				})
				b.ReportMetric(float64(b.N)/b.Elapsed().Seconds(), "moves/s")
				if n := stale.Load(); n > int64(b.N/100) {
					b.Errorf("%d of %d moves failed", n, b.N)
				}
			})
		}
	})
}

// BenchmarkLists reads the first page of the lists that people open.
func BenchmarkLists(b *testing.B) {
	databases(b, func(b *testing.B, open modelstest.Open) {
		b.Helper()
		w := modelstest.NewWorld(b, open)
		w.Fill(volume())
		for _, list := range []struct {
			name, user string
			q          models.CaseQuery
		}{
			{"inbox of a department", "ga", models.CaseQuery{Box: models.Todo}},
			{"inbox of a province", "coord", models.CaseQuery{Box: models.Todo}},
			{"inbox of a city without cases", "coord2", models.CaseQuery{Box: models.Todo}},
			{"newest of a department", "ga", models.CaseQuery{}},
			{"newest of a province", "coord", models.CaseQuery{}},
			{"most urgent of a department", "ga", models.CaseQuery{Sort: models.ByDue}},
			{"most urgent of a province", "coord", models.CaseQuery{Sort: models.ByDue}},
			{"last moved of a department", "ga", models.CaseQuery{Sort: models.ByUpdated}},
			{"last moved of a province", "coord", models.CaseQuery{Sort: models.ByUpdated}},
			{"done by a coordinator", "coord", models.CaseQuery{Box: models.Done}},
			{"open ones of a batch", "coord", models.CaseQuery{Batch: 1, Open: new(bool)}},
			{"search that finds", "coord", models.CaseQuery{Text: "户口"}},
			{"search that finds nothing", "coord", models.CaseQuery{Text: "没有的"}},
		} {
			list.q.Actor = w.Actor(list.user)
			sc := models.ScopeOf(list.q.Actor)
			b.Run(list.name, func(b *testing.B) {
				for b.Loop() {
					if _, err := w.Store.Cases(b.Context(), sc, list.q); err != nil {
						b.Fatal(err)
					}
				}
			})
		}
	})
}
