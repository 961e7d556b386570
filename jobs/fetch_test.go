package jobs

import (
	"context"
	"errors"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/shujie-gov/shujie/exchange"
	"github.com/shujie-gov/shujie/fault"
	"github.com/shujie-gov/shujie/models"
	"github.com/shujie-gov/shujie/workflow"
)

// book is a ledger in memory about one requirement of one case.
type book struct {
	target  models.Target
	rows    []models.Fetch
	receipt *models.Receipt
	held    *models.Receipt // of another case, to be used again
	the     workflow.Case
	endErr  error
	wait    *models.WaitError // what keeps the next call
	away    models.Incident
	parked  []int64
	ends    []models.FetchEnd
}

func newBook() *book {
	need := workflow.Requirement{ID: 5, Resource: 9, Status: workflow.NeedFetching}
	return &book{
		target: models.Target{
			Route: models.Route{{Code: "gjgxjhpt"}},
			Case:  3, Requirement: need,
			Resource: models.Resource{
				ID: 9, Name: "人口基准信息", Provider: 2, Version: "1", ValidDays: 30, Repeatable: true, Connected: true,
				Link: models.Link{RID: "r", SID: "s", AppKey: "k", Method: "POST"},
			},
			Subject: workflow.Person{Name: "张三丰", IDNumber: "32990019900101001X"},
			Purpose: "新生儿参保：出生证明", Basis: "条例第二十条",
		},
		the: workflow.Case{ID: 3, Kind: workflow.Blocker, State: "handling", Requirements: []workflow.Requirement{need}},
	}
}

func (b *book) Target(context.Context, workflow.CaseID, int64) (models.Target, error) {
	return b.target, nil
}

func (b *book) BeginFetch(_ context.Context, f models.Fetch) (models.Fetch, error) {
	if b.wait != nil {
		return models.Fetch{}, b.wait
	}
	f.ID, f.Outcome = int64(len(b.rows)+1), models.FetchPending
	b.rows = append(b.rows, f)
	return f, nil
}

func (b *book) EndFetch(_ context.Context, id int64, e models.FetchEnd) (*models.Receipt, error) {
	if b.endErr != nil {
		return nil, b.endErr
	}
	b.ends = append(b.ends, e)
	b.rows[id-1].Outcome = e.Outcome
	if e.Outcome == models.FetchFound {
		b.receipt = &models.Receipt{ID: 77, Fetch: id, Job: b.rows[id-1].Job}
	}
	return b.receipt, nil
}

func (b *book) Reuse(context.Context, int64, models.Target) (*models.Receipt, error) {
	return b.held, nil
}

func (b *book) Park(_ context.Context, job, _ int64, i models.Incident) (bool, error) {
	if i.ClosedAt != nil {
		return false, nil
	}
	b.parked = append(b.parked, job)
	return true, nil
}

func (b *book) Away(context.Context, string, int64) (models.Incident, error) { return b.away, nil }

func (b *book) JobReceipt(context.Context, int64) (*models.Receipt, error) { return b.receipt, nil }

func (b *book) Fetches(context.Context, models.Scope, workflow.CaseID) ([]models.Fetch, error) {
	return b.rows, nil
}

func (b *book) Case(context.Context, models.Scope, workflow.CaseID) (workflow.Case, error) {
	return b.the, nil
}

// fetchOnce makes one attempt at the job 7 of the book.
func fetchOnce(t *testing.T, b *book, d *desk, l *line, last bool) error {
	t.Helper()
	f := &fetcher{
		ledger: b, engine: d, caller: l, lines: newLines(nil), count: &counters{}, log: quietLog(),
	}
	return f.fetch(t.Context(), Task[Fetch]{ID: 7, Case: 3, Attempt: 2, Last: last, Args: Fetch{Requirement: 5}})
}

func answers(o exchange.Outcome) *line {
	a := exchange.Answer{Outcome: o, Sent: true, RequestID: "req-1", Message: "words of the platform"}
	if o == exchange.Found {
		a.Body = []byte(`[{"xm":"张三丰"}]`)
	}
	return &line{answers: []exchange.Answer{a}}
}

func TestTheOutcomeOfACallDecidesTheMove(t *testing.T) {
	for name, tt := range map[string]struct {
		outcome    exchange.Outcome
		last, once bool // the last attempt; a service that must not be asked twice
		act        workflow.Action
		next       outcome
	}{
		"a record was found":                           {exchange.Found, false, false, dataArrived, finish},
		"there is no such record":                      {exchange.NoRecord, false, false, dataMissing, finish},
		"the provider refuses":                         {exchange.Refused, false, false, dataRefused, finish},
		"a technical failure is tried again":           {exchange.Technical, false, false, "", retry},
		"the last technical failure is a refusal":      {exchange.Technical, true, false, dataRefused, finish},
		"an unknown outcome is asked again":            {exchange.Unknown, false, false, "", retry},
		"the last unknown outcome is a refusal":        {exchange.Unknown, true, false, dataRefused, finish},
		"an unknown outcome that must not be asked":    {exchange.Unknown, false, true, dataUnsure, finish},
		"… not at the last attempt either":             {exchange.Unknown, true, true, dataUnsure, finish},
		"a technical failure where asking twice hurts": {exchange.Technical, false, true, "", retry},
	} {
		t.Run(name, func(t *testing.T) {
			b, d, l := newBook(), &desk{}, answers(tt.outcome)
			b.target.Resource.Repeatable = !tt.once
			l.before = func() {
				if len(b.rows) != 1 || b.rows[0].Outcome != models.FetchPending {
					t.Errorf("when the call goes out the ledger holds %+v", b.rows)
				}
			}
			err := fetchOnce(t, b, d, l, tt.last)
			v := testBackoff().verdict(0, err, time.Time{})
			if v.act != tt.next {
				t.Fatalf("%v: verdict %d, want %d", err, v.act, tt.next)
			}
			if tt.act == "" {
				if len(d.acts) != 0 {
					t.Fatalf("the case was moved by %+v", d.acts)
				}
			} else {
				if len(d.acts) != 1 || d.acts[0].Action != tt.act || d.acts[0].Fields["requirement"] != int64(5) || d.keys[0].Value != "fetch:7" {
					t.Fatalf("acts %+v with keys %+v", d.acts, d.keys)
				}
			}
			row, end := b.rows[0], b.ends[0]
			if row.Job != 7 || row.Attempt != 2 || row.Case != 3 || row.Requirement != 5 || row.Resource != 9 || row.ResourceName != "人口基准信息" ||
				row.ResourceVersion != "1" || row.Provider != 2 || row.Purpose == "" || row.Basis == "" {
				t.Errorf("ledger row %+v", row)
			}
			if end.RequestID != "req-1" || end.Message == "" || (end.Outcome == models.FetchFound) != (len(end.Payload) > 0) {
				t.Errorf("closed with %+v", end)
			}
			if p := l.params[0]; p["xm"] != "张三丰" || p["gmsfhm"] != "32990019900101001X" {
				t.Errorf("asked for %v", p)
			}
		})
	}
}

func TestAFetchThatIsNotNeededMakesNoCall(t *testing.T) {
	for _, status := range []workflow.NeedStatus{workflow.NeedSatisfied, workflow.NeedWaived, workflow.NeedMissing, workflow.NeedRefused, workflow.NeedOpen, workflow.NeedRequested} {
		b, d, l := newBook(), &desk{}, answers(exchange.Found)
		b.target.Requirement.Status = status
		if err := fetchOnce(t, b, d, l, false); err != nil || l.calls() != 0 || len(d.acts) != 0 {
			t.Errorf("%s: %v, %d calls, acts %v", status, err, l.calls(), d.acts)
		}
	}
}

func TestAJobWithAReceiptOnlyTellsTheCase(t *testing.T) {
	b, d, l := newBook(), &desk{}, answers(exchange.Found)
	b.receipt = &models.Receipt{ID: 42, Job: 7}
	if err := fetchOnce(t, b, d, l, false); err != nil {
		t.Fatal(err)
	}
	if l.calls() != 0 || len(d.acts) != 1 || d.acts[0].Action != dataArrived || d.acts[0].Fields["receipt"] != int64(42) {
		t.Errorf("%d calls, acts %+v", l.calls(), d.acts)
	}
}

// Whatever the queue still carries, the grant is asked for before a call.
func TestAFetchWithoutAGrantMakesNoCall(t *testing.T) {
	app := workflow.Application{ID: 31, State: workflow.StateDelivered, Until: "2026-03-01", CreatedAt: time.Date(2026, 1, 5, 0, 0, 0, 0, time.UTC)}
	held := app
	held.State = workflow.StateSuspended
	ended := app
	ended.State, ended.Ended = "terminated", true
	for name, tt := range map[string]struct {
		grant models.Grant
		act   workflow.Action
		words string
	}{
		"never applied for": {models.Grant{Needed: true, Standing: workflow.GrantNone}, dataRefused, "没有共享授权"},
		"expired":           {models.Grant{Needed: true, Standing: workflow.GrantNone, Application: app}, dataRefused, "JS-2026-00031"},
		"terminated":        {models.Grant{Needed: true, Standing: workflow.GrantNone, Application: ended}, dataRefused, "JS-2026-00031"},
		"suspended":         {models.Grant{Needed: true, Standing: workflow.GrantHeld, Application: held}, dataHeld, "JS-2026-00031"},
	} {
		b, d, l := newBook(), &desk{}, answers(exchange.Found)
		b.target.Grant = tt.grant
		if err := fetchOnce(t, b, d, l, false); err != nil || l.calls() != 0 || len(b.rows) != 0 {
			t.Errorf("%s: %v, %d calls, ledger %v", name, err, l.calls(), b.rows)
		}
		if len(d.acts) != 1 || d.acts[0].Action != tt.act || !strings.Contains(d.acts[0].Note, tt.words) {
			t.Errorf("%s: acts %+v", name, d.acts)
		}
	}
}

// A grant that ends between two attempts stops the retry.
func TestARetryAsksForTheGrantAnew(t *testing.T) {
	b, d, l := newBook(), &desk{}, answers(exchange.Technical)
	b.target.Grant = models.Grant{Needed: true, Standing: workflow.GrantValid, Application: workflow.Application{ID: 31}}
	if err := fetchOnce(t, b, d, l, false); err == nil || l.calls() != 1 || b.rows[0].Application != 31 {
		t.Fatalf("%v, %d calls, ledger %+v", err, l.calls(), b.rows)
	}
	b.target.Grant.Standing = workflow.GrantHeld
	if err := fetchOnce(t, b, d, l, false); err != nil || l.calls() != 1 || len(d.acts) != 1 || d.acts[0].Action != dataHeld {
		t.Fatalf("%v, %d calls, acts %+v", err, l.calls(), d.acts)
	}
}

func TestEveryCaseThatWaitsForAnApplicationIsLookedAt(t *testing.T) {
	d := &desk{stuck: func(id workflow.CaseID) error {
		if id == 4 {
			return fault.New(fault.Unavailable, "数据库", "the database is away")
		}
		return nil
	}}
	err := usersAdvancer(waitingFor{4, 5, 6}, d, quietLog())(t.Context(), Task[Users]{ID: 7, Case: 3})
	if fault.KindOf(err) != fault.Unavailable || !slices.Contains(d.advanced, 5) || !slices.Contains(d.advanced, 6) {
		t.Fatalf("%v, advanced %v: one that fails is tried again and holds up nobody", err, d.advanced)
	}
}

// waitingFor are the cases that wait for any application.
type waitingFor []workflow.CaseID

func (q waitingFor) Waiting(context.Context, workflow.CaseID) ([]workflow.CaseID, error) {
	return q, nil
}

func TestAResourceThatIsNotConnectedIsRefusedWithoutACall(t *testing.T) {
	b, d, l := newBook(), &desk{}, answers(exchange.Found)
	b.target.Resource.Connected = false
	if err := fetchOnce(t, b, d, l, false); err != nil || l.calls() != 0 || len(b.rows) != 0 {
		t.Fatal(err, l.calls(), b.rows)
	}
	if len(d.acts) != 1 || d.acts[0].Action != dataRefused || d.acts[0].Note == "" {
		t.Errorf("acts %+v", d.acts)
	}
}

func TestACallCutOffByACrashIsNotRepeatedWhereThatHurts(t *testing.T) {
	b, d, l := newBook(), &desk{}, answers(exchange.Found)
	b.target.Resource.Repeatable = false
	b.rows = []models.Fetch{{ID: 1, Job: 6, Outcome: models.FetchPending}, {ID: 2, Job: 7, Outcome: models.FetchPending}}
	// However often it is tried again, it is not called; a person settles it.
	for range 3 {
		d.acts = nil
		err := fetchOnce(t, b, d, l, false)
		if err != nil || l.calls() != 0 || b.rows[1].Outcome != models.FetchUnknown || b.rows[0].Outcome != models.FetchPending || len(d.acts) != 1 || d.acts[0].Action != dataUnsure {
			t.Fatalf("%v, %d calls, rows %+v, acts %+v", err, l.calls(), b.rows, d.acts)
		}
	}
}

func TestAResultThatTheCaseCannotTake(t *testing.T) {
	refuse := func(k fault.Kind) func(workflow.CaseID, workflow.Input) error {
		return func(workflow.CaseID, workflow.Input) error { return fault.New(k, "不行", "no") }
	}
	for name, tt := range map[string]struct {
		err    fault.Kind
		change func(*workflow.Case)
		next   outcome
	}{
		"the case has ended":                  {fault.Conflict, func(c *workflow.Case) { c.Ended = true }, finish},
		"the paper was waived meanwhile":      {fault.Conflict, func(c *workflow.Case) { c.Requirements[0].Status = workflow.NeedWaived }, finish},
		"the case waits in another state":     {fault.Conflict, func(*workflow.Case) {}, again},
		"another writer was faster":           {fault.Stale, func(*workflow.Case) {}, retry},
		"the system lacks the right to do it": {fault.Forbidden, func(*workflow.Case) {}, bury},
	} {
		t.Run(name, func(t *testing.T) {
			b := newBook()
			tt.change(&b.the)
			err := fetchOnce(t, b, &desk{err: refuse(tt.err)}, answers(exchange.Found), false)
			if v := testBackoff().verdict(0, err, time.Time{}); v.act != tt.next {
				t.Errorf("%v: verdict %d, want %d", err, v.act, tt.next)
			}
		})
	}
}

func TestAnAnswerThatCouldNotBeKeptIsAskedAgain(t *testing.T) {
	b, d, l := newBook(), &desk{}, answers(exchange.Found)
	b.endErr = fault.New(fault.Unavailable, "数据库", "the database is away")
	if err := fetchOnce(t, b, d, l, false); !errors.Is(err, b.endErr) || len(d.acts) != 0 {
		t.Fatalf("%v, acts %v", err, d.acts)
	}
	b.endErr = nil
	if err := fetchOnce(t, b, d, l, false); err != nil || len(b.rows) != 2 || len(d.acts) != 1 {
		t.Errorf("%v, rows %+v, acts %v", err, b.rows, d.acts)
	}
}

func TestTheWorksOfTheOtherKinds(t *testing.T) {
	d := &desk{}
	if err := advancer(d, quietLog())(t.Context(), Task[Advance]{Case: 3}); err != nil || !slices.Equal(d.advanced, []workflow.CaseID{3}) {
		t.Errorf("%v, advanced %v", err, d.advanced)
	}
	for kind, keep := range map[fault.Kind]bool{fault.Conflict: false, fault.NotFound: false, fault.Stale: true, fault.Unavailable: true, fault.Internal: true} {
		d.stuck = func(workflow.CaseID) error { return fault.New(kind, "不行", "no") }
		if err := advancer(d, quietLog())(t.Context(), Task[Advance]{Case: 3}); (err != nil) != keep {
			t.Errorf("advancing fails with %s: %v", kind, err)
		}
	}
	w := &wall{}
	n := Task[Notify]{Case: 3, Args: Notify{Seq: 4, Role: workflow.DeptHead, Dept: 2, Region: "320000"}}
	if err := notifier(w)(t.Context(), n); err != nil || w.n.Case != 3 || w.n.Seq != 4 || w.n.Role != workflow.DeptHead || w.n.Dept != 2 || w.n.Region != "320000" {
		t.Errorf("%v, notice %+v", err, w.n)
	}
	if err := destroyer(w, quietLog())(t.Context(), Task[Destroy]{Case: 3}); err != nil || w.gone != 3 {
		t.Errorf("%v, destroyed %d", err, w.gone)
	}
}

// wall takes notices and destroys payloads.
type wall struct {
	n    models.Notice
	gone workflow.CaseID
}

func (w *wall) AddNotice(_ context.Context, n models.Notice) error {
	w.n = n
	return nil
}

func (w *wall) DestroyPayloads(_ context.Context, id workflow.CaseID, _ string) (int, error) {
	w.gone = id
	return 1, nil
}

func TestARecordThatAnotherCaseHoldsIsNotFetchedAgain(t *testing.T) {
	b, d, l := newBook(), &desk{}, answers(exchange.Found)
	b.held = &models.Receipt{ID: 78, Source: 70}
	if err := fetchOnce(t, b, d, l, false); err != nil {
		t.Fatal(err)
	}
	if len(b.rows) != 0 || len(l.answers) != 1 {
		t.Errorf("the platform was called: %+v", b.rows)
	}
	if len(d.acts) != 1 || d.acts[0].Action != dataArrived || d.acts[0].Fields["receipt"] != int64(78) {
		t.Errorf("acts %+v", d.acts)
	}
	b.target.Grant = models.Grant{Needed: true, Standing: workflow.GrantNone}
	d = &desk{}
	if err := fetchOnce(t, b, d, l, false); err != nil || len(d.acts) != 1 || d.acts[0].Action != dataRefused {
		t.Errorf("without a grant nothing is used again: %+v, %v", d.acts, err)
	}
}
