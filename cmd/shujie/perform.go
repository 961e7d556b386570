package main

import (
	"context"
	"fmt"
	"net/http"
	"net/url"
	"time"

	"github.com/shujie-gov/shujie/models"
	"github.com/shujie-gov/shujie/workflow"
)

// perform lets the users work until every blocker has ended, nothing moves any
// more, or ctx ends.
func (d *demo) perform(ctx context.Context) (summary, error) {
	t := &troupe{base: d.base, password: demoPassword, clients: map[string]*client{}, holders: map[string]int64{}}
	departments, err := d.app.store.Departments(ctx)
	if err != nil {
		return summary{}, err
	}
	ids := map[string]int64{}
	for _, x := range departments {
		ids[x.Code] = int64(x.ID)
	}
	for _, b := range d.blockers {
		t.holders[b.title()] = ids[b.Holder]
	}
	if d.o.speed > 0 {
		ticker := time.NewTicker(time.Duration(float64(time.Second) / d.o.speed))
		defer ticker.Stop()
		t.pace = ticker.C
	}
	var people []workflow.Person
	for _, p := range d.yard.main.Persons(len(d.blockers)) {
		people = append(people, workflow.Person{Name: p.Name, IDNumber: p.IDNumber, Phone: p.Phone})
	}
	show := &progress{w: d.err, terminal: d.terminal}
	stopShowing := d.watch(ctx, t, show)
	err = d.work(ctx, t, people)
	stopShowing()
	if err != nil {
		return summary{}, err
	}
	s, err := d.summarise(ctx, t)
	if err != nil {
		return summary{}, err
	}
	show.show(s.Batches, t.steps.Load())
	if d.o.json {
		return s, s.writeJSON(d.out)
	}
	return s, s.writeTable(d.out)
}

// work files the blockers and goes round all inboxes until none is open.
func (d *demo) work(ctx context.Context, t *troupe, people []workflow.Person) error {
	if _, err := t.file(ctx, d.blockers, people); err != nil {
		return err
	}
	users := usersOf(d.blockers)
	moved := time.Now()
	for {
		steps, err := t.round(ctx, users)
		if err != nil {
			return err
		}
		open, err := d.open(ctx, t)
		if err != nil {
			return err
		}
		switch {
		case open == 0:
			return nil
		case steps > 0:
			moved = time.Now()
			continue
		case time.Since(moved) > stall:
			return nil // the summary names what is stuck
		}
		select {
		case <-time.After(50 * time.Millisecond): // data is under way
		case <-ctx.Done():
			return ctx.Err()
		}
	}
}

// open counts the blockers that have not ended.
func (d *demo) open(ctx context.Context, t *troupe) (int64, error) {
	batches, err := d.batches(ctx, t)
	if err != nil {
		return 0, err
	}
	var open int64
	for _, b := range batches {
		open += b.Total - b.Ended
	}
	return open, nil
}

// watch shows the progress every half second until it is stopped.
func (d *demo) watch(ctx context.Context, t *troupe, show *progress) (stop func()) {
	ctx, cancel := context.WithCancel(ctx)
	gone := make(chan struct{})
	go func() {
		defer close(gone)
		tick := time.NewTicker(500 * time.Millisecond)
		defer tick.Stop()
		for {
			select {
			case <-ctx.Done():
				return
			case <-tick.C:
				if batches, err := d.batches(ctx, t); err == nil {
					show.show(plain(batches), t.steps.Load())
				}
			}
		}
	}()
	return func() { cancel(); <-gone }
}

// batchProgress is a batch as the API shows it.
type batchProgress struct {
	ID          int64  `json:"id"`
	Name        string `json:"name"`
	Total       int64  `json:"total"`
	Closed      int64  `json:"closed"`
	Ended       int64  `json:"ended"`
	Departments []struct {
		Department *struct {
			Code string `json:"code"`
			Name string `json:"name"`
		} `json:"department"`
		Total  int64 `json:"total"`
		Closed int64 `json:"closed"`
	} `json:"departments"`
}

func (d *demo) batches(ctx context.Context, t *troupe) ([]batchProgress, error) {
	c, err := t.client(ctx, "coordinator")
	if err != nil {
		return nil, err
	}
	var out struct {
		Items []batchProgress `json:"items"`
	}
	err = c.do(ctx, http.MethodGet, "/api/v1/batches", "", nil, &out)
	return out.Items, err
}

func plain(list []batchProgress) []batchSummary {
	out := make([]batchSummary, 0, len(list))
	for _, b := range list {
		s := batchSummary{ID: b.ID, Name: b.Name, Total: b.Total, Closed: b.Closed}
		for _, x := range b.Departments {
			if x.Department != nil {
				s.Departments = append(s.Departments, deptSummary{Code: x.Department.Code, Name: x.Department.Name, Total: x.Total, Closed: x.Closed})
			}
		}
		out = append(out, s)
	}
	return out
}

// summarise counts what was done and verifies the log.
func (d *demo) summarise(ctx context.Context, t *troupe) (summary, error) {
	batches, err := d.batches(ctx, t)
	if err != nil {
		return summary{}, err
	}
	if err := d.app.worker.Drain(ctx); err != nil {
		return summary{}, err
	}
	if _, err := d.app.store.Seal(ctx, 0); err != nil {
		return summary{}, err
	}
	report, err := d.app.store.Verify(ctx, 10)
	if err != nil {
		return summary{}, err
	}
	totals, err := d.app.store.Totals(ctx, models.ScopeOf(workflow.SystemActor()))
	if err != nil {
		return summary{}, err
	}
	s := summary{
		Batches: plain(batches), Cases: map[string]int64{}, Fetches: map[string]int64{}, Receipts: totals.Receipts,
		Events: report.Events, Verified: len(report.Problems) == 0, Database: d.app.store.Dialect(), Queue: d.app.queue(),
		FaultRate: d.o.faults, Duration: time.Since(d.began).Milliseconds(),
	}
	for _, p := range report.Problems {
		s.Problems = append(s.Problems, p.Text)
	}
	for kind, n := range totals.CasesByKind {
		s.Cases[string(kind)] = n
	}
	for outcome, n := range totals.FetchesByOutcome {
		s.Fetches[string(outcome)] = n
	}
	for _, b := range batches {
		s.Blockers, s.Closed = s.Blockers+b.Total, s.Closed+b.Closed
	}
	if s.Closed < s.Blockers {
		s.Stuck, err = d.stuck(ctx, t)
	}
	return s, err
}

// stuck names the blockers that did not close, with the state they are in.
func (d *demo) stuck(ctx context.Context, t *troupe) ([]string, error) {
	c, err := t.client(ctx, "coordinator")
	if err != nil {
		return nil, err
	}
	list, err := c.list(ctx, url.Values{"kind": {"blocker"}})
	if err != nil {
		return nil, err
	}
	var names []string
	for _, b := range list {
		if b.State != "closed" {
			names = append(names, fmt.Sprintf("%s %s is %s (%s)", b.Number, b.Title, b.State, b.NoMeeting))
		}
	}
	return names, nil
}
