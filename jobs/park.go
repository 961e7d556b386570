package jobs

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/shujie-gov/shujie/models"
	"github.com/shujie-gov/shujie/workflow"
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
	if target.Requirement.Status != workflow.NeedParked {
		// First, so that a row that waits has a case that says so. The key is the
		// incident's: a job may meet several.
		in := workflow.Input{Action: dataParked, Note: w.Incident.Reason, Fields: map[string]any{"requirement": t.Args.Requirement, "incident": w.Incident.ID}}
		if err := f.move(ctx, t, in, fmt.Sprintf("park:%d:%d", t.ID, w.Incident.ID)); err != nil {
			return err
		}
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
	i, err := f.ledger.Away(ctx, target.Route[0].Code, target.Resource.ID)
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
