package main

import (
	"context"
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
	}
}

// Describe implements prometheus.Collector.
func (m *workMetrics) Describe(ch chan<- *prometheus.Desc) {
	ch <- m.done
	ch <- m.fetches
	ch <- m.backlog
	ch <- m.late
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
}
