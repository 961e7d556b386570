package jobs

import (
	"testing"
	"time"

	"github.com/shujie-gov/shujie/exchange"
	"github.com/shujie-gov/shujie/models"
	"github.com/shujie-gov/shujie/workflow"
)

func TestAFailureInAnOutageCostsNoAttempt(t *testing.T) {
	b, d := newBook(), &desk{}
	b.away = models.Incident{ID: 4}
	l := &line{answers: []exchange.Answer{{Outcome: exchange.Technical, RetryAfter: time.Minute, Message: "breaker open"}}}
	err := fetchOnce(t, b, d, l, true)
	if v := testBackoff().verdict(2, err, time.Time{}); v.act != again || !v.at.IsZero() || len(d.acts) != 0 {
		t.Errorf("%v: verdict %+v, acts %v", err, v, d.acts)
	}
	if end := b.ends[0]; end.Sent || end.RetryAfter != time.Minute {
		t.Errorf("the ledger is told %+v", end)
	}
}

func TestAFetchThatMayNotCallNowWaits(t *testing.T) {
	turn := newClock().now().Add(time.Hour)
	over := turn
	for name, tt := range map[string]struct {
		wait   models.WaitError
		status workflow.NeedStatus
		want   verdict
		parked int
		acts   string
	}{
		"for its turn":                      {models.WaitError{Until: turn}, workflow.NeedFetching, verdict{act: again, at: turn}, 0, ""},
		"for the end of an outage":          {models.WaitError{Incident: models.Incident{ID: 4}}, workflow.NeedFetching, verdict{act: hold}, 1, "data_parked park:7:4"},
		"for the end of a second one":       {models.WaitError{Incident: models.Incident{ID: 5}}, workflow.NeedParked, verdict{act: hold}, 1, ""},
		"for an outage that is over by now": {models.WaitError{Incident: models.Incident{ID: 4, ClosedAt: &over}}, workflow.NeedParked, verdict{act: again}, 0, ""},
	} {
		b, d, l := newBook(), &desk{}, answers(exchange.Found)
		b.wait, b.target.Requirement.Status = &tt.wait, tt.status
		v := testBackoff().verdict(0, fetchOnce(t, b, d, l, true), time.Time{})
		v.reason = ""
		told := ""
		for i, in := range d.acts {
			told += string(in.Action) + " " + d.keys[i].Value
		}
		if v != tt.want || told != tt.acts || len(b.parked) != tt.parked || l.calls() != 0 || len(b.rows) != 0 {
			t.Errorf("%s: %+v, parked %v, %d calls", name, v, b.parked, l.calls())
		}
	}
}
