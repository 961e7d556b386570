package jobs

import (
	"sync/atomic"

	"github.com/shujie-gov/shujie/models"
)

// Stats counts what a worker did since it was made. Metrics are made of it.
type Stats struct {
	Claimed  int64                    // rows leased by the relay
	Done     int64                    // jobs finished
	Retried  int64                    // attempts that failed and are tried again
	Parked   int64                    // times a job had to wait without a failed attempt
	Buried   int64                    // jobs given up
	Late     int64                    // tickets that came when their row was no longer theirs
	Panicked int64                    // panics in the work of a job
	Fetches  map[models.Outcome]int64 // calls over the platform by how they ended
	Sweeps   int64                    // turns of the sweeps led here
	Failed   int64                    // turns that failed
}

type counters struct {
	claimed, done, retried, parked, buried, late, panicked atomic.Int64
	found, noRecord, refused, technical, unknown           atomic.Int64
	sweeps, failed                                         atomic.Int64
}

func (c *counters) fetched(o models.Outcome) {
	switch o {
	case models.FetchFound:
		c.found.Add(1)
	case models.FetchNoRecord:
		c.noRecord.Add(1)
	case models.FetchRefused:
		c.refused.Add(1)
	case models.FetchTechnical:
		c.technical.Add(1)
	case models.FetchUnknown:
		c.unknown.Add(1)
	case models.FetchPending:
	}
}

// Stats returns the counts so far.
func (w *Worker) Stats() Stats {
	c := &w.count
	return Stats{
		Claimed: c.claimed.Load(), Done: c.done.Load(), Retried: c.retried.Load(), Parked: c.parked.Load(),
		Buried: c.buried.Load(), Late: c.late.Load(), Panicked: c.panicked.Load(),
		Sweeps: c.sweeps.Load(), Failed: c.failed.Load(),
		Fetches: map[models.Outcome]int64{
			models.FetchFound: c.found.Load(), models.FetchNoRecord: c.noRecord.Load(), models.FetchRefused: c.refused.Load(),
			models.FetchTechnical: c.technical.Load(), models.FetchUnknown: c.unknown.Load(),
		},
	}
}
