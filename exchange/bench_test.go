package exchange_test

import (
	"fmt"
	"sync"
	"testing"

	"github.com/shujie-gov/shujie/exchange"
)

// BenchmarkCall makes signed calls to the simulator over loopback.
func BenchmarkCall(b *testing.B) {
	for _, callers := range []int{1, 8} {
		b.Run(fmt.Sprintf("callers=%d", callers), func(b *testing.B) {
			s := newSimulated(b)
			profile, err := exchange.ProfileByName("")
			if err != nil {
				b.Fatal(err)
			}
			c, err := exchange.NewClient(exchange.Options{Base: s.base, Profile: profile, Now: s.clock.now})
			if err != nil {
				b.Fatal(err)
			}
			c.Call(b.Context(), s.service, s.about())
			b.ReportAllocs()
			b.ResetTimer()
			var wg sync.WaitGroup
			for i := range callers {
				n := (b.N + i) / callers
				wg.Go(func() {
					for range n {
						if a := c.Call(b.Context(), s.service, s.about()); a.Outcome != exchange.Found {
							b.Error(a)
							return
						}
					}
				})
			}
			wg.Wait()
			b.ReportMetric(float64(b.N)/b.Elapsed().Seconds(), "calls/s")
		})
	}
}
