package jobs

import (
	"context"
	"errors"
	"time"

	"github.com/shujie-gov/shujie/models"
)

// parkinglot is what an outage needs of the store.
type parkinglot interface {
	Park(ctx context.Context, job, resource int64, i models.Incident) (bool, error)
	Away(ctx context.Context, platform string, resource int64) (models.Incident, error)
}

// errParked is the end of an attempt whose row waits for the end of an outage:
// nothing is left to be written into it.
var errParked = errors.New("the job waits for the end of an outage")

// wait puts off a fetch that may not call now: until its turn, or until an outage
// is over. Neither is a failure of its own.
func (f *fetcher) wait(ctx context.Context, t Task[Fetch], target models.Target, w *models.WaitError) error {
	if w.Incident.ID == 0 {
		return &postponed{until: w.Until, reason: w.Error()}
	}
	parked, err := f.ledger.Park(ctx, t.ID, target.Resource.ID, w.Incident)
	switch {
	case err != nil:
		return err
	case !parked:
		return later(0, "the outage is over")
	}
	return errParked
}

// away reports an outage of the platform of a call that failed: then the failure
// is the platform's, and the next attempt waits for its end.
func (f *fetcher) away(ctx context.Context, target models.Target, message string) error {
	i, err := f.ledger.Away(ctx, target.Resource.Profile, target.Resource.ID)
	if err != nil {
		return err
	}
	if i.ID != 0 {
		return later(0, "the exchange platform is away: "+message)
	}
	return nil
}

// prober lets one parked fetch of each outage ask whether it is over.
type prober interface {
	Probe(ctx context.Context) error
}

// probeEvery is how often outages are looked at by default.
const probeEvery = time.Second
