package jobs

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"log/slog"
	"slices"
	"time"

	"github.com/shujie-gov/shujie/exchange"
	"github.com/shujie-gov/shujie/fault"
	"github.com/shujie-gov/shujie/models"
	"github.com/shujie-gov/shujie/workflow"
)

// Fetch fetches the data of a requirement over the exchange platform.
type Fetch struct {
	Requirement int64 `json:"requirement"`
	Seq         int64 `json:"seq"` // the event that asked for it
}

// Kind implements Job.
func (Fetch) Kind() string { return workflow.EffectFetch }

// Caller calls a service of the platform; exchange.Client is one.
type Caller interface {
	Call(ctx context.Context, s exchange.Service, q exchange.Question) exchange.Answer
}

// ledger is what a fetch needs of the store: what to ask for, and the ledger of
// calls with its receipts.
type ledger interface {
	Target(ctx context.Context, id workflow.CaseID, requirement int64) (models.Target, error)
	BeginFetch(ctx context.Context, f models.Fetch) (models.Fetch, error)
	EndFetch(ctx context.Context, id int64, e models.FetchEnd) (*models.Receipt, error)
	Reuse(ctx context.Context, job int64, t models.Target) (*models.Receipt, error)
	JobReceipt(ctx context.Context, job int64) (*models.Receipt, error)
	Fetches(ctx context.Context, sc models.Scope, id workflow.CaseID) ([]models.Fetch, error)
	Case(ctx context.Context, sc models.Scope, id workflow.CaseID) (workflow.Case, error)
	parkinglot
}

// The actions by which the system tells a case what became of a fetch.
const (
	dataArrived workflow.Action = "data_arrived"
	dataMissing workflow.Action = "data_missing"
	dataRefused workflow.Action = "data_refused"
	dataHeld    workflow.Action = "data_held"
	dataParked  workflow.Action = "data_parked"
	dataUnsure  workflow.Action = "data_unsure"
)

// movedWait is how long a fetch waits for a case that waits for its result and
// cannot take it in its present state.
const movedWait = time.Minute

// fetcher does the work of Fetch jobs.
type fetcher struct {
	ledger ledger
	engine Engine
	caller Caller // of the platform of the installation's settings
	lines  *lines // to the platforms that are registered
	count  *counters
	log    *slog.Logger
}

// fetch makes one call, unless the case has its data already, another case holds
// it while it is valid, or there is no grant to fetch it, and moves the case by what came back. The grant is looked up at each
// attempt, so that one that ended stops what is queued. It may run twice: the receipt of the job is found
// again, and the move is keyed by the job.
func (f *fetcher) fetch(ctx context.Context, t Task[Fetch]) error {
	target, err := f.ledger.Target(ctx, t.Case, t.Args.Requirement)
	if err != nil {
		return err
	}
	if !target.Requirement.Status.Fetching() {
		return nil // satisfied, waived or given up meanwhile
	}
	receipt, err := f.ledger.JobReceipt(ctx, t.ID)
	if err != nil {
		return err
	}
	if receipt != nil {
		return f.arrived(ctx, t, receipt)
	}
	if why := target.Grant.Refusal(); why != "" {
		return f.act(ctx, t, ungranted(target.Grant), why, nil)
	}
	if !target.Resource.Connected {
		return f.act(ctx, t, dataRefused, "资源尚未在共享平台接通："+target.Resource.Name, nil)
	}
	message, err := f.lost(ctx, t, target)
	if err != nil {
		return err
	}
	if message != "" {
		return f.unsure(ctx, t, message)
	}
	if receipt, err = f.ledger.Reuse(ctx, t.ID, target); err != nil {
		return err
	}
	if receipt != nil {
		return f.arrived(ctx, t, receipt)
	}
	answer, receipt, err := f.call(ctx, t, target)
	if w := (*models.WaitError)(nil); errors.As(err, &w) {
		return f.wait(ctx, t, target, w)
	}
	if err != nil {
		return err
	}
	switch answer.Outcome {
	case exchange.Found:
		return f.arrived(ctx, t, receipt)
	case exchange.NoRecord:
		return f.act(ctx, t, dataMissing, "提供部门查无此记录", nil)
	case exchange.Refused:
		return f.act(ctx, t, dataRefused, "平台或提供部门拒绝："+answer.Message, nil)
	case exchange.Unknown:
		if !target.Resource.Repeatable {
			return f.unsure(ctx, t, answer.Message)
		}
	case exchange.Technical:
	}
	if err := f.away(ctx, target, answer.Message); err != nil {
		return err
	}
	if t.Last {
		return f.act(ctx, t, dataRefused, fmt.Sprintf("调取 %d 次未成功：%s", t.Attempt, answer.Message), nil)
	}
	return fault.New(fault.Unavailable, "调取未成功，稍后重试："+answer.Message, "the call failed: "+answer.Message)
}

// ungranted is how a case is told that its fetch has no grant. Under a suspended
// one it waits, and asks anew when that is reinstated (条例 Art. 27).
func ungranted(g models.Grant) workflow.Action {
	if g.Standing == workflow.GrantHeld {
		return dataHeld
	}
	return dataRefused
}

// unsure is the end of a call whose outcome nobody knows, to a service where asking
// twice does harm: it is never repeated, a person finds out and settles it.
func (f *fetcher) unsure(ctx context.Context, t Task[Fetch], message string) error {
	return f.act(ctx, t, dataUnsure, "调取结果不明，且该服务不可重复调用，请向提供部门核实："+message, nil)
}

// lost reports a call of this job whose outcome is unknown, to a service where it
// must not be repeated: one that was cut off by the end of a process, which it
// closes, or one whose case could not be told.
func (f *fetcher) lost(ctx context.Context, t Task[Fetch], target models.Target) (message string, err error) {
	if target.Resource.Repeatable {
		return "", nil
	}
	calls, err := f.ledger.Fetches(ctx, models.Scope{All: true}, t.Case)
	if err != nil {
		return "", err
	}
	for _, c := range calls {
		switch {
		case c.Job != t.ID:
		case c.Outcome == models.FetchUnknown:
			message = cmp.Or(c.Message, "no answer came")
		case c.Outcome == models.FetchPending:
			message = "the process ended during the call"
			if _, err := f.ledger.EndFetch(ctx, c.ID, models.FetchEnd{Outcome: models.FetchUnknown, Message: message, Sent: true}); err != nil {
				return "", err
			}
		}
	}
	return message, nil
}

// call asks the platform between two ledger rows: one is written before the
// request goes out, and closed with what came back.
func (f *fetcher) call(ctx context.Context, t Task[Fetch], target models.Target) (exchange.Answer, *models.Receipt, error) {
	r := target.Resource
	ask, err := f.prepare(t.ID, target)
	if err != nil {
		return exchange.Answer{Outcome: exchange.Technical, Message: "not called"}, nil, err
	}
	row, err := f.ledger.BeginFetch(ctx, models.Fetch{
		Job: t.ID, Attempt: t.Attempt, Case: t.Case, Requirement: t.Args.Requirement,
		Resource: r.ID, ResourceName: r.Name, ResourceVersion: r.Version, Provider: r.Provider,
		User: target.User, Platform: target.Route[0].Code, Trail: target.Route.Hops(), Purpose: target.Purpose, Basis: target.Basis, Consent: target.Consent, Application: target.Grant.Application.ID, Actor: target.Actor,
	})
	if err != nil {
		return exchange.Answer{Outcome: exchange.Technical, Message: "not called"}, nil, err
	}
	answer := ask(ctx)
	end := models.FetchEnd{
		Outcome: outcomeOf(answer.Outcome), Message: answer.Message, RequestID: answer.RequestID, Probe: target.Probe, Subject: target.Subject,
		Evidence: answer.RequestHash, Sent: answer.Sent, RetryAfter: waitFor(answer),
	}
	if end.Outcome == models.FetchFound {
		end.Payload, end.ValidDays = answer.Body, r.ValidDays
	}
	f.count.fetched(end.Outcome)
	// The answer is here: it is kept even when the worker is stopping.
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), settleLimit)
	defer cancel()
	receipt, err := f.ledger.EndFetch(ctx, row.ID, end)
	return answer, receipt, err
}

// waitFor returns how long the platform asked not to be called. An answer to a
// call that went out says nothing of the kind.
func waitFor(a exchange.Answer) time.Duration {
	if a.Sent {
		return 0
	}
	return a.RetryAfter
}

func outcomeOf(o exchange.Outcome) models.Outcome {
	switch o {
	case exchange.Found:
		return models.FetchFound
	case exchange.NoRecord:
		return models.FetchNoRecord
	case exchange.Refused:
		return models.FetchRefused
	case exchange.Technical:
		return models.FetchTechnical
	case exchange.Unknown:
	}
	return models.FetchUnknown
}

func (f *fetcher) arrived(ctx context.Context, t Task[Fetch], r *models.Receipt) error {
	return f.act(ctx, t, dataArrived, "", map[string]any{"receipt": r.ID})
}

// act tells the case what became of the fetch, once per job.
func (f *fetcher) act(ctx context.Context, t Task[Fetch], action workflow.Action, note string, fields map[string]any) error {
	in := workflow.Input{Action: action, Note: note, Fields: map[string]any{"requirement": t.Args.Requirement}}
	for k, v := range fields {
		in.Fields[k] = v
	}
	return f.move(ctx, t, in, fmt.Sprintf("fetch:%d", t.ID))
}

// move moves the case of a fetch, once per key.
func (f *fetcher) move(ctx context.Context, t Task[Fetch], in workflow.Input, key string) error {
	err := whileStale(func() error {
		_, err := f.engine.Act(ctx, workflow.SystemActor(), t.Case, in, workflow.Key{Value: key, Hash: key})
		return err
	})
	if fault.KindOf(err) == fault.Conflict {
		return f.moved(ctx, t, err)
	}
	return err
}

// moved decides about a result that the case cannot take in its present state.
// Mostly it does not need it any more; if it does, it is asked again later.
func (f *fetcher) moved(ctx context.Context, t Task[Fetch], why error) error {
	c, err := f.ledger.Case(ctx, models.Scope{All: true}, t.Case)
	if err != nil {
		return err
	}
	waits := !c.Ended && slices.ContainsFunc(c.Requirements, func(r workflow.Requirement) bool {
		return r.ID == t.Args.Requirement && r.Status.Fetching()
	})
	if !waits {
		f.log.InfoContext(ctx, "fetch finished without effect: the case moved on", "job", t.ID, "case", t.Case, "state", c.State)
		return nil
	}
	return later(movedWait, fmt.Sprintf("the case is %s and cannot take the result: %v", c.State, why))
}
