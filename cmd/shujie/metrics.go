package main

import (
	"context"
	"strconv"
	"time"

	"github.com/prometheus/client_golang/prometheus"
	"github.com/prometheus/client_golang/prometheus/collectors"

	"github.com/shujie-gov/shujie/models"
)

// collectors are the metrics of a process besides those of HTTP.
func (a *app) collectors() []prometheus.Collector {
	return []prometheus.Collector{
		collectors.NewGoCollector(),
		collectors.NewProcessCollector(collectors.ProcessCollectorOpts{}),
		newWorkMetrics(a),
	}
}

// workMetrics shows the background work: what was done here, and what waits.
type workMetrics struct {
	app     *app
	done    *prometheus.Desc
	fetches *prometheus.Desc
	backlog *prometheus.Desc
	late    *prometheus.Desc
	away    *prometheus.Desc
	waiting *prometheus.Desc
	calls   *prometheus.Desc
}

// oversleptMax is how many overslept cases are counted.
const oversleptMax = 1000

func newWorkMetrics(a *app) *workMetrics {
	return &workMetrics{
		app:     a,
		done:    prometheus.NewDesc("shujie_jobs_total", "Jobs of this process by what became of them.", []string{"result"}, nil),
		fetches: prometheus.NewDesc("shujie_fetches_total", "Calls over the exchange platform by outcome.", []string{"outcome"}, nil),
		backlog: prometheus.NewDesc("shujie_outbox_jobs", "Jobs in the outbox that wait or were given up.", []string{"state"}, nil),
		late:    prometheus.NewDesc("shujie_cases_overslept", "Cases that time should have moved five minutes ago and did not, up to 1000; 0 when all is well.", nil, nil),
		away:    prometheus.NewDesc("shujie_incidents_open", "Outages of exchange platforms and services that are on.", nil, nil),
		waiting: prometheus.NewDesc("shujie_fetches_parked", "Fetches that wait for the end of an outage.", nil, nil),
		calls:   prometheus.NewDesc("shujie_resource_calls_today", "Calls of each resource today in China, by all replicas, as the ledger counts them.", []string{"resource"}, nil),
	}
}

// Describe implements prometheus.Collector.
func (m *workMetrics) Describe(ch chan<- *prometheus.Desc) {
	ch <- m.done
	ch <- m.fetches
	ch <- m.backlog
	ch <- m.late
	ch <- m.away
	ch <- m.waiting
	ch <- m.calls
}

// Collect implements prometheus.Collector.
func (m *workMetrics) Collect(ch chan<- prometheus.Metric) {
	s := m.app.worker.Stats()
	for result, n := range map[string]int64{
		"done": s.Done, "retried": s.Retried, "parked": s.Parked, "buried": s.Buried, "panicked": s.Panicked,
	} {
		ch <- prometheus.MustNewConstMetric(m.done, prometheus.CounterValue, float64(n), result)
	}
	for outcome, n := range s.Fetches {
		ch <- prometheus.MustNewConstMetric(m.fetches, prometheus.CounterValue, float64(n), string(outcome))
	}
	ctx, cancel := context.WithTimeout(context.Background(), 2*time.Second)
	defer cancel()
	waiting, dead, err := m.app.store.Backlog(ctx)
	if err != nil {
		return // the database is away; readyz says so
	}
	ch <- prometheus.MustNewConstMetric(m.backlog, prometheus.GaugeValue, float64(waiting), "waiting")
	ch <- prometheus.MustNewConstMetric(m.backlog, prometheus.GaugeValue, float64(dead), "dead")
	late, err := m.app.store.Overslept(ctx, models.WatchGrace, oversleptMax)
	if err != nil {
		return
	}
	ch <- prometheus.MustNewConstMetric(m.late, prometheus.GaugeValue, float64(len(late)))
	m.platforms(ctx, ch)
}

// platforms shows the outages and how often each resource was called today.
func (m *workMetrics) platforms(ctx context.Context, ch chan<- prometheus.Metric) {
	on, err := m.app.store.Incidents(ctx, models.IncidentQuery{Open: true, Limit: models.MaxLimit})
	if err != nil {
		return
	}
	parked := int64(0)
	for _, i := range on {
		parked += i.Waiting
	}
	ch <- prometheus.MustNewConstMetric(m.away, prometheus.GaugeValue, float64(len(on)))
	ch <- prometheus.MustNewConstMetric(m.waiting, prometheus.GaugeValue, float64(parked))
	calls, err := m.app.store.CallsOn(ctx, m.app.now())
	if err != nil {
		return
	}
	for _, c := range calls {
		ch <- prometheus.MustNewConstMetric(m.calls, prometheus.GaugeValue, float64(c.Calls), strconv.FormatInt(c.Resource, 10))
	}
}
