package modelstest

import (
	"encoding/json"
	"slices"
	"strings"
	"sync"
	"time"

	"github.com/shujie-gov/shujie/fault"
	"github.com/shujie-gov/shujie/models"
	"github.com/shujie-gov/shujie/workflow"
)

func claimers(w *World) {
	const n = 60
	for range n {
		w.File(w.Draft("通知")) // one case.notify each
	}
	select {
	case <-w.Store.Committed():
	default:
		w.Error("nobody was woken")
	}
	stores := []*models.Store{w.Store}
	if w.Store.Dialect() == "postgres" {
		stores = append(stores, w.Replica(), w.Replica())
	}
	var mu sync.Mutex
	claimed := map[int64]int{}
	race(8, func(i int) error {
		for {
			jobs, err := stores[i%len(stores)].ClaimJobs(w.Context(), time.Hour, 7)
			if err != nil || len(jobs) == 0 {
				return err
			}
			if !slices.IsSortedFunc(jobs, func(a, b models.Job) int { return int(a.ID - b.ID) }) {
				w.Error("not the oldest first")
			}
			mu.Lock()
			for _, j := range jobs {
				claimed[j.ID]++
			}
			mu.Unlock()
		}
	})
	if len(claimed) != n {
		w.Errorf("%d jobs were claimed", len(claimed))
	}
	for id, times := range claimed {
		if times != 1 {
			w.Errorf("job %d was claimed %d times", id, times)
		}
	}
	race(n, func(i int) error { return w.Store.FinishJob(w.Context(), int64(i+1)) })
	if waiting, dead, err := w.Store.Backlog(w.Context()); err != nil || waiting != 0 || dead != 0 {
		w.Errorf("%d wait, %d are dead, %v", waiting, dead, err)
	}
}

func leases(w *World) {
	c := w.File(w.Draft("租约"))
	first := w.Claim()
	if len(first) != 1 || first[0].Case != c.ID || first[0].Kind != workflow.EffectNotify {
		w.Fatalf("%+v", first)
	}
	var args struct {
		Seq  int64
		Role string
	}
	if err := json.Unmarshal(first[0].Args, &args); err != nil || args.Seq != 1 || args.Role != "coordinator" {
		w.Errorf("args %s: %v", first[0].Args, err)
	}
	if again := w.Claim(); len(again) != 0 {
		w.Errorf("a leased job was claimed: %+v", again)
	}
	w.Clock.Add(2 * time.Minute)
	if again := w.Claim(); len(again) != 1 || again[0].ID != first[0].ID || again[0].Attempt != 0 {
		w.Errorf("after the lease: %+v", again)
	}
	if err := w.Store.ReleaseJobs(w.Context()); err != nil {
		w.Fatal(err)
	}
	if again := w.Claim(); len(again) != 1 || again[0].ID != first[0].ID {
		w.Errorf("after every lease was ended: %+v", again)
	}
	if err := w.Store.RetryJob(w.Context(), first[0].ID, w.Clock.Now().Add(time.Hour), true, "later"); err != nil {
		w.Fatal(err)
	}
	if err := w.Store.ReleaseJobs(w.Context()); err != nil {
		w.Fatal(err)
	}
	if again := w.Claim(); len(again) != 0 {
		w.Errorf("a job that waits for its next attempt was claimed: %+v", again)
	}
	if err := w.Store.FinishJob(w.Context(), first[0].ID); err != nil {
		w.Fatal(err)
	}
	w.Clock.Add(2 * time.Hour)
	if again := w.Claim(); len(again) != 0 {
		w.Errorf("a finished job was claimed: %+v", again)
	}
	_, err := w.Store.Job(w.Context(), first[0].ID)
	w.wantKind(err, fault.NotFound, "a finished job")
}

func retries(w *World) {
	w.File(w.Draft("重试"))
	job := w.Claim()[0]
	later := w.Clock.Now().Add(10 * time.Minute)
	if err := w.Store.RetryJob(w.Context(), job.ID, later, true, "timeout\x00"); err != nil {
		w.Fatal(err)
	}
	w.Clock.Add(5 * time.Minute)
	if early := w.Claim(); len(early) != 0 {
		w.Errorf("claimed before its time: %+v", early)
	}
	w.Clock.Add(6 * time.Minute)
	again := w.Claim()
	if len(again) != 1 || again[0].Attempt != 1 || !strings.HasPrefix(again[0].LastError, "timeout") || !again[0].DueAt.Equal(later) {
		w.Fatalf("%+v", again)
	}
	if err := w.Store.RetryJob(w.Context(), job.ID, w.Clock.Now(), false, "platform down"); err != nil {
		w.Fatal(err)
	}
	if j, err := w.Store.Job(w.Context(), job.ID); err != nil || j.Attempt != 1 {
		w.Errorf("waiting counted: %+v %v", j, err)
	}
	if err := w.Store.BuryJob(w.Context(), job.ID, "hopeless"); err != nil {
		w.Fatal(err)
	}
	w.Clock.Add(time.Hour)
	waiting, dead, err := w.Store.Backlog(w.Context())
	if claimed := w.Claim(); len(claimed) != 0 || waiting != 0 || dead != 1 || err != nil {
		w.Errorf("a dead job: %+v, %d wait, %d dead, %v", claimed, waiting, dead, err)
	}
	if n, err := w.Store.Revive(w.Context(), workflow.Actor{UserID: 7, Name: "系统管理员"}); n != 1 || err != nil {
		w.Fatalf("revived %d: %v", n, err)
	}
	if n, err := w.Store.Revive(w.Context(), workflow.Actor{}); n != 0 || err != nil {
		w.Errorf("nothing is dead, and %d revived: %v", n, err)
	}
	if acts, err := w.Store.Revivals(w.Context(), 5); err != nil || len(acts) != 1 || acts[0].By != "系统管理员" || acts[0].Count != 1 || acts[0].At.IsZero() {
		w.Errorf("it is written down as %+v, %v", acts, err)
	}
	if j := w.Claim(); len(j) != 1 || j[0].Attempt != 0 || j[0].Dead || j[0].LastError != "hopeless" {
		w.Errorf("revived: %+v", j)
	}
	w.wantKind(w.Store.BuryJob(w.Context(), 4711, ""), fault.NotFound, "a job that is not there")
}

func awake(w *World) {
	a, b := w.File(w.Draft("超期")), w.File(w.Draft("也超期"))
	ended := w.File(w.Draft("已结束"))
	w.Act("coord", ended.ID, "reject", nil)
	list := func(after models.Waking) (ids []workflow.CaseID) {
		got, err := w.Store.Awake(w.Context(), after, 10)
		if err != nil {
			w.Fatal(err)
		}
		for _, one := range got {
			ids = append(ids, one.ID)
		}
		return ids
	}
	if got := list(models.Waking{}); len(got) != 0 {
		w.Errorf("awake at once: %v", got)
	}
	w.Clock.Add(10 * 24 * time.Hour)
	if got := list(models.Waking{}); !slices.Equal(got, []workflow.CaseID{a.ID, b.ID}) {
		w.Errorf("awake: %v", got)
	}
	first, err := w.Store.Awake(w.Context(), models.Waking{}, 1)
	if err != nil || len(first) != 1 {
		w.Fatalf("%v %v", first, err)
	}
	if got := list(first[0]); !slices.Equal(got, []workflow.CaseID{b.ID}) {
		w.Errorf("after the first: %v", got)
	}
	if late, err := w.Store.Overslept(w.Context(), time.Hour, 10); err != nil || len(late) != 2 {
		w.Errorf("overslept: %v %v", late, err)
	}
	if late, err := w.Store.Overslept(w.Context(), 11*24*time.Hour, 10); err != nil || len(late) != 0 {
		w.Errorf("overslept by more than there was time: %v %v", late, err)
	}
	taken, err := w.Engine.Advance(w.Context(), a.ID)
	if err != nil || len(taken) != 1 || w.Read(a.ID).Term.Level != 4 {
		w.Errorf("after ten days every level is due, and the last is taken: %v %v", taken, err)
	}
	if got := list(models.Waking{}); !slices.Equal(got, []workflow.CaseID{b.ID}) {
		w.Errorf("after the escalation: %v", got)
	}
	w.Act("coord", a.ID, "accept", nil)
	w.Act("coord", a.ID, "comment", nil)
	if got := list(models.Waking{}); !slices.Equal(got, []workflow.CaseID{b.ID}) {
		w.Errorf("the same term is not escalated again: %v", got)
	}
}

// fetch makes a call for a job end in outcome, and returns its receipt.
func (w *World) fetch(c workflow.Case, job models.Job, outcome models.Outcome) *models.Receipt {
	w.Helper()
	f, err := w.Store.BeginFetch(w.Context(), w.ledger(c, job))
	if err != nil || f.ID == 0 || f.Outcome != models.FetchPending || f.StartedAt.IsZero() {
		w.Fatalf("%+v %v", f, err)
	}
	t, err := w.Store.Target(w.Context(), c.ID, c.Requirements[0].ID)
	if err != nil {
		w.Fatal(err)
	}
	end := models.FetchEnd{Outcome: outcome, Message: "ok", RequestID: "req-9", ValidDays: 30, Subject: t.Subject, Probe: t.Probe}
	if outcome == models.FetchFound {
		end.Payload = []byte(`{"name":"张三丰","id":"329900199001010037"}`)
	}
	r, err := w.Store.EndFetch(w.Context(), f.ID, end)
	if err != nil {
		w.Fatal(err)
	}
	return r
}

func (w *World) ledger(c workflow.Case, job models.Job) models.Fetch {
	w.Helper()
	t, err := w.Store.Target(w.Context(), c.ID, c.Requirements[0].ID)
	if err != nil {
		w.Fatal(err)
	}
	return models.Fetch{
		Job: job.ID, Attempt: 1, Case: c.ID, Requirement: t.Requirement.ID, Resource: t.Resource.ID, ResourceName: t.Resource.Name,
		ResourceVersion: t.Resource.Version, Provider: t.Resource.Provider, Purpose: t.Purpose, Basis: t.Basis, Actor: t.Actor,
	}
}

func receipts(w *World) {
	c, job := w.Fetching("取数")
	if r := w.fetch(c, job, models.FetchTechnical); r != nil {
		w.Errorf("a failure left a receipt: %+v", r)
	}
	if r, err := w.Store.JobReceipt(w.Context(), job.ID); r != nil || err != nil {
		w.Errorf("%+v %v", r, err)
	}
	var mu sync.Mutex
	seen := map[int64]bool{}
	won, lost := race(8, func(int) error {
		f, err := w.Store.BeginFetch(w.Context(), w.ledger(c, job))
		if err != nil {
			return err
		}
		r, err := w.Store.EndFetch(w.Context(), f.ID, models.FetchEnd{Outcome: models.FetchFound, Payload: []byte("x"), ValidDays: 1})
		if err != nil {
			return err
		}
		mu.Lock()
		seen[r.ID] = true
		mu.Unlock()
		return nil
	})
	if won != 8 || len(seen) != 1 {
		w.Errorf("%d ended, %v failed, receipts %v", won, lost, seen)
	}
	all := models.Scope{All: true}
	list, err := w.Store.Receipts(w.Context(), all, c.ID)
	if err != nil || len(list) != 1 || !seen[list[0].ID] {
		w.Errorf("%+v %v", list, err)
	}
	ledger, err := w.Store.Fetches(w.Context(), all, c.ID)
	if err != nil || len(ledger) != 9 {
		w.Fatalf("%d rows, %v", len(ledger), err)
	}
	for _, f := range ledger[1:] {
		if f.Outcome == models.FetchFound && f.Receipt != list[0].ID || f.EndedAt == nil {
			w.Errorf("ledger %+v", f)
		}
	}
	if first := ledger[0]; first.Outcome != models.FetchTechnical || first.Message != "ok" || first.RequestID != "req-9" || first.Receipt != 0 {
		w.Errorf("ledger %+v", first)
	}
}

func crashedFetch(w *World) {
	c, job := w.Fetching("中断")
	lost, err := w.Store.BeginFetch(w.Context(), w.ledger(c, job))
	if err != nil {
		w.Fatal(err)
	}
	r := w.fetch(c, job, models.FetchFound)
	ledger, err := w.Store.Fetches(w.Context(), models.Scope{All: true}, c.ID)
	if err != nil || len(ledger) != 2 || ledger[0].Outcome != models.FetchUnknown || ledger[0].EndedAt == nil || ledger[1].Outcome != models.FetchFound {
		w.Fatalf("%+v %v", ledger, err)
	}
	// The worker that was taken for dead comes back: late failures change
	// nothing, a late success is the same receipt.
	if _, err := w.Store.EndFetch(w.Context(), lost.ID, models.FetchEnd{Outcome: models.FetchTechnical}); err != nil {
		w.Fatal(err)
	}
	again, err := w.Store.EndFetch(w.Context(), lost.ID, models.FetchEnd{Outcome: models.FetchFound, Payload: []byte("y")})
	if err != nil || again.ID != r.ID || again.Hash != r.Hash {
		w.Errorf("%+v %v", again, err)
	}
}

func target(w *World) {
	d := w.Draft("调取")
	person := workflow.Person{Name: "张三丰", IDNumber: "329900199001010037"}
	d.Person = person
	c := w.File(d)
	t, err := w.Store.Target(w.Context(), c.ID, c.Requirements[0].ID)
	if err != nil {
		w.Fatal(err)
	}
	if t.Subject != person || t.Probe || t.Resource.Link.AppKey != "clear-app-key" || t.Actor != w.Actor("hall").UserID ||
		t.Purpose != "新生儿参保：户口簿复印件" || !strings.Contains(t.Basis, "第十四条") || t.Requirement.ID != c.Requirements[0].ID {
		w.Errorf("%+v", t)
	}
	nobody := w.File(w.Draft("无办事人"))
	if t, err = w.Store.Target(w.Context(), nobody.ID, nobody.Requirements[0].ID); err != nil || t.Subject != Probe() || !t.Probe {
		w.Errorf("%+v %v", t, err)
	}
	_, err = w.Store.Target(w.Context(), nobody.ID, c.Requirements[0].ID)
	w.wantKind(err, fault.NotFound, "the requirement of another case")
	_, err = w.Store.Target(w.Context(), 4711, 1)
	w.wantKind(err, fault.NotFound, "a case that is not there")
}

func payloads(w *World) {
	c, job := w.Fetching("销毁")
	r := w.fetch(c, job, models.FetchFound)
	all := models.Scope{All: true}
	if err := w.Store.VerifyReceipt(w.Context(), *r); err != nil {
		w.Error(err)
	}
	read, err := w.Store.Receipt(w.Context(), all, r.ID)
	if err != nil || !same(read, *r) {
		w.Errorf("read %+v, want %+v, %v", read, *r, err)
	}
	for what, change := range map[string]func(r *models.Receipt){
		"case":   func(r *models.Receipt) { r.Case++ },
		"hash":   func(r *models.Receipt) { r.Hash = strings.Repeat("0", 64) },
		"probe":  func(r *models.Receipt) { r.Probe = !r.Probe },
		"time":   func(r *models.Receipt) { r.At = r.At.Add(time.Microsecond) },
		"reason": func(r *models.Receipt) { r.Basis += "。" },
	} {
		forged := *r
		if change(&forged); w.Store.VerifyReceipt(w.Context(), forged) == nil {
			w.Errorf("a receipt with another %s verifies", what)
		}
	}
	body, err := w.Store.Payload(w.Context(), all, r.ID)
	if err != nil || string(body) != `{"name":"张三丰","id":"329900199001010037"}` {
		w.Errorf("%s %v", body, err)
	}
	for _, row := range w.Rows()["payloads"] {
		if strings.Contains(row, "329900199001010037") {
			w.Errorf("the payload is in clear: %s", row)
		}
	}
	if !r.ValidUntil.Equal(r.At.AddDate(0, 0, 30)) {
		w.Errorf("valid from %v until %v", r.At, r.ValidUntil)
	}
	w.Exec("CREATE TABLE backup AS SELECT * FROM payloads")
	won, lost := race(4, func(int) error {
		_, err := w.Store.DestroyPayloads(w.Context(), c.ID, "办结")
		return err
	})
	if won != 4 {
		w.Errorf("%v", lost)
	}
	if n, err := w.Store.DestroyPayloads(w.Context(), c.ID, "办结"); n != 0 || err != nil {
		w.Errorf("destroyed again: %d %v", n, err)
	}
	_, err = w.Store.Payload(w.Context(), all, r.ID)
	w.wantKind(err, fault.NotFound, "a destroyed payload")
	read, err = w.Store.Receipt(w.Context(), all, r.ID)
	if err != nil || read.DestroyedAt == nil || w.Store.VerifyReceipt(w.Context(), read) != nil {
		w.Errorf("the receipt stays and verifies: %+v %v", read, err)
	}
	rows := w.Rows()
	if len(rows["destructions"]) != 1 || len(rows["payloads"]) != 0 || len(rows["payload_keys"]) != 0 || !strings.Contains(rows["destructions"][0], r.Hash) ||
		!strings.Contains(rows["destructions"][0], "办结") {
		w.Errorf("on record: %v", rows["destructions"])
	}
	// What a backup of the ciphertext brings back opens nowhere.
	w.Exec("INSERT INTO payloads SELECT * FROM backup")
	if body, err := w.Store.Payload(w.Context(), all, r.ID); err == nil || len(body) != 0 {
		w.Errorf("a destroyed payload came back from a backup: %s", body)
	}
}
