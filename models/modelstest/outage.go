package modelstest

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"time"

	"github.com/shujie-gov/shujie/models"
)

// stores are the replicas that may work on one database: three on PostgreSQL, the
// one process that an embedded database has.
func (w *World) stores() []*models.Store {
	if w.Store.Dialect() == "sqlite" {
		return []*models.Store{w.Store}
	}
	return []*models.Store{w.Store, w.Replica(), w.Replica()}
}

// ask begins a call as job; a *models.WaitError is no failure of the test.
func (w *World) ask(s *models.Store, f models.Fetch, job int64) (models.Fetch, *models.WaitError) {
	w.Helper()
	f.Job = job
	got, err := s.BeginFetch(w.Context(), f)
	if wait := (*models.WaitError)(nil); errors.As(err, &wait) {
		return got, wait
	}
	if err != nil {
		w.Fatal(err)
	}
	return got, nil
}

func (w *World) end(s *models.Store, f models.Fetch, e models.FetchEnd) {
	w.Helper()
	if _, err := s.EndFetch(w.Context(), f.ID, e); err != nil {
		w.Fatal(err)
	}
}

// failing are ends of calls of an outage: one that went out, one that never did.
func failing() (sent, unsent models.FetchEnd) {
	sent = models.FetchEnd{Outcome: models.FetchTechnical, Sent: true, Message: "HTTP status 502"}
	unsent = models.FetchEnd{Outcome: models.FetchTechnical, Message: "no connection"}
	return sent, unsent
}

func (w *World) incidents(open bool) []models.Incident {
	w.Helper()
	list, err := w.Store.Incidents(w.Context(), models.IncidentQuery{Open: open})
	if err != nil {
		w.Fatal(err)
	}
	return list
}

// backlog copies the row of a job n times, as if so many fetches waited.
func (w *World) backlog(job models.Job, n int) []int64 {
	w.Helper()
	for range n {
		w.Exec(fmt.Sprintf(`INSERT INTO outbox (kind, case_id, args, due_at, free_at, created_at)
			SELECT kind, case_id, args, due_at, due_at, created_at FROM outbox WHERE id = %d`, job.ID))
	}
	jobs := make([]int64, n)
	for i, j := range w.Claim()[:n] {
		jobs[i] = j.ID
	}
	slices.Sort(jobs)
	return jobs
}

// rateHolds lets several replicas race for a service that is registered with a
// rate, over many times its period: however one looks at the ledger, no period
// holds more calls than are registered, and all who waited have their turn.
func rateHolds(w *World) {
	const calls, per, n = 30, time.Minute, 150
	c, job := w.Fetching("频率")
	f := w.ledger(c, job)
	w.Exec("UPDATE resources SET rate = '30次/分钟' WHERE id = " + fmt.Sprint(f.Resource))
	jobs := w.backlog(job, n)
	var still atomic.Int64 // a clock that stands still while they race
	still.Store(w.Clock.Now().UnixMicro())
	now := func() time.Time { return time.UnixMicro(still.Load()).UTC() }
	stores := []*models.Store{w.replicaAt(now)}
	if w.Store.Dialect() == "postgres" {
		stores = append(stores, w.replicaAt(now), w.replicaAt(now))
	}
	var mu sync.Mutex
	var began []time.Time
	waits := 0
	turns := map[int64]time.Time{} // when each may ask again
	for len(began) < n {
		still.Add(700_000)
		var due []int64
		for _, j := range jobs {
			if t, asked := turns[j]; !asked || !t.IsZero() && !t.After(now()) {
				due = append(due, j)
			}
		}
		race(min(len(due), 24), func(i int) error {
			got, wait := w.ask(stores[i%len(stores)], f, due[i])
			mu.Lock()
			defer mu.Unlock()
			if wait != nil {
				waits++
				turns[due[i]] = wait.Until
				return nil
			}
			began, turns[due[i]] = append(began, got.StartedAt), time.Time{}
			return nil
		})
	}
	slices.SortFunc(began, time.Time.Compare)
	for i, t := range began {
		in := 0
		for _, u := range began[i:] {
			if u.Before(t.Add(per)) {
				in++
			}
		}
		if in > calls {
			w.Fatalf("%d calls in the minute from %v, %d are registered", in, t, calls)
		}
	}
	// 30 at first, then 28 a minute: the rate is used, not only kept.
	if took := began[n-1].Sub(began[0]); took > 8*time.Minute {
		w.Errorf("%d calls took %v", n, took)
	}
	if waits > 4*n {
		w.Errorf("%d fetches were told %d times to wait", n, waits)
	}
}

// callsCounted checks that the counts equal the ledger under racing replicas, and
// that verify names a count that does not.
func callsCounted(w *World) {
	c, job := w.Fetching("计数")
	f := w.ledger(c, job)
	f.User = w.Depts["YB"]
	stores := w.stores()
	const n = 40
	won, lost := race(n, func(i int) error {
		one := f
		if one.Job = int64(i + 1000); i%4 == 0 {
			one.User = w.Depts["GA"]
		}
		_, err := stores[i%len(stores)].BeginFetch(context.Background(), one)
		return err
	})
	if won != n {
		w.Fatalf("%v", lost)
	}
	day := w.Clock.Now().Format(time.DateOnly)
	got, err := w.Store.CallCounts(w.Context(), f.Resource, day)
	if err != nil || len(got) != 2 || got[0] != (models.Count{Resource: f.Resource, Dept: f.User, Day: day, Calls: 30}) || got[1].Calls != 10 {
		w.Errorf("%+v %v", got, err)
	}
	w.Clock.Add(15 * time.Hour) // after midnight in China, before it in London
	if _, wait := w.ask(w.Store, f, 5000); wait != nil {
		w.Error(wait)
	}
	if next, err := w.Store.CallCounts(w.Context(), f.Resource, "2026-03-03"); err != nil || len(next) != 1 || next[0].Day != "2026-03-03" || next[0].Calls != 1 {
		w.Errorf("%+v %v", next, err)
	}
	if total, err := w.Store.TotalCalls(w.Context(), f.Resource); err != nil || total != n+1 {
		w.Errorf("in all %d, %v", total, err)
	}
	w.seal()
	if r := w.verify(); len(r.Problems) != 0 {
		w.Fatalf("%+v", r.Problems)
	}
	w.Exec("UPDATE call_counts SET calls = calls + 1 WHERE day = '2026-03-03'")
	r := w.verify()
	if len(r.Problems) != 1 || !strings.Contains(r.Problems[0].Text, fmt.Sprintf("calls of resource %d for department %d on 2026-03-03: 2 are counted, the ledger has 1", f.Resource, f.User)) {
		w.Errorf("%+v", r.Problems)
	}
}

// oneIncident lets the calls of all replicas fail at once: one outage begins, it is
// asked about by one at a time and ever more rarely, and its end frees everybody in
// order.
func oneIncident(w *World) {
	c, job := w.Fetching("中断")
	f := w.ledger(c, job)
	jobs := w.backlog(job, 30)
	w.Exec(fmt.Sprintf("DELETE FROM outbox WHERE id < %d", jobs[0]))
	stores := w.stores()
	_, unsent := failing()
	out := make([]models.Fetch, 12)
	for i := range out {
		out[i], _ = w.ask(w.Store, f, jobs[i])
	}
	race(len(out), func(i int) error {
		_, err := stores[i%len(stores)].EndFetch(w.Context(), out[i].ID, unsent)
		return err
	})
	on := w.incidents(true)
	if len(on) != 1 || on[0].Resource != 0 || on[0].Reason != "no connection" {
		w.Fatalf("%+v", on)
	}
	race(len(jobs), func(i int) error {
		s := stores[i%len(stores)]
		_, wait := w.ask(s, f, jobs[i])
		if wait == nil || wait.Incident.ID != on[0].ID {
			w.Errorf("job %d: %+v", jobs[i], wait)
			return nil
		}
		parked, err := s.Park(w.Context(), jobs[i], f.Resource, wait.Incident)
		if !parked {
			w.Errorf("job %d was not parked", jobs[i])
		}
		return err
	})
	if got := w.incidents(true)[0]; got.Waiting != 30 || got.Parked != 30 {
		w.Errorf("%+v", got)
	}
	w.Clock.Add(Pause)
	if due := w.Claim(); len(due) != 0 {
		w.Errorf("parked fetches are claimed: %+v", due)
	}
	// Half open: one is sent, whoever sweeps, and nobody else is let through.
	race(6, func(i int) error { return stores[i%len(stores)].Probe(w.Context()) })
	sent := w.Claim()
	if len(sent) != 1 || sent[0].ID != jobs[0] {
		w.Fatalf("%+v", sent)
	}
	if _, wait := w.ask(w.Store, f, jobs[1]); wait == nil {
		w.Error("two ask at once")
	}
	probe, wait := w.ask(w.Store, f, jobs[0])
	if wait != nil {
		w.Fatal(wait)
	}
	before := w.Clock.Now()
	w.end(w.Store, probe, unsent)
	if got := w.incidents(true)[0]; got.ProbeAt.Sub(before) < 2*Pause {
		w.Errorf("the second pause is not longer: %+v", got)
	}
	if _, err := w.Store.Park(w.Context(), jobs[0], f.Resource, on[0]); err != nil {
		w.Fatal(err)
	}
	w.Clock.Add(2 * Pause)
	if err := w.Store.Probe(w.Context()); err != nil {
		w.Fatal(err)
	}
	if probe, wait = w.ask(w.Store, f, w.Claim()[0].ID); wait != nil {
		w.Fatal(wait)
	}
	w.end(w.Store, probe, models.FetchEnd{Outcome: models.FetchNoRecord, Sent: true})
	all := w.incidents(false)
	if len(all) != 1 || all[0].ClosedAt == nil || all[0].Waiting != 0 || len(w.incidents(true)) != 0 {
		w.Fatalf("%+v", all)
	}
	if again, err := w.Store.Park(w.Context(), jobs[3], f.Resource, on[0]); again || err != nil {
		w.Errorf("parked for an outage that is over: %v %v", again, err)
	}
	var last time.Time
	for _, id := range jobs[1:] {
		j, err := w.Store.Job(w.Context(), id)
		if err != nil || !j.DueAt.After(last) || j.DueAt.Sub(*all[0].ClosedAt) > time.Minute {
			w.Errorf("job %d is due at %v, the one before at %v: %v", id, j.DueAt, last, err)
		}
		last = j.DueAt
	}
}

// servicesAndPlatform checks whom an outage is blamed on.
func servicesAndPlatform(w *World) {
	c, job := w.Fetching("归因")
	first := w.ledger(c, job)
	second := first
	second.Resource++ // the other resource of the world
	sent, unsent := failing()
	fail := func(f models.Fetch, n int, e models.FetchEnd) {
		w.Helper()
		for i := range n {
			got, wait := w.ask(w.Store, f, int64(9000+i))
			if wait != nil {
				w.Fatalf("call %d waits: %v", i, wait)
			}
			w.end(w.Store, got, e)
		}
	}
	fail(first, 4, sent)
	fail(first, 1, models.FetchEnd{Outcome: models.FetchRefused, Sent: true})
	fail(first, 4, sent)
	if got := w.incidents(true); len(got) != 0 {
		w.Fatalf("failures that an answer parts are an outage: %+v", got)
	}
	fail(first, 1, sent)
	got := w.incidents(true)
	if len(got) != 1 || got[0].Resource != first.Resource || got[0].ResourceName == "" {
		w.Fatalf("five in a row: %+v", got)
	}
	if _, wait := w.ask(w.Store, first, job.ID); wait == nil {
		w.Fatal("the service is called in its outage")
	}
	if parked, err := w.Store.Park(w.Context(), job.ID, first.Resource, got[0]); !parked || err != nil {
		w.Fatal(parked, err)
	}
	fail(second, 1, models.FetchEnd{Outcome: models.FetchNoRecord, Sent: true}) // the platform is well
	if len(w.incidents(true)) != 1 {
		w.Error("the answer of another service ended the outage of the first")
	}
	fail(second, 5, unsent)
	if got = w.incidents(true); len(got) != 1 || got[0].Resource != 0 || got[0].Waiting != 1 || got[0].Parked != 1 {
		w.Fatalf("nothing gets through to the platform: %+v", got)
	}
	if all := w.incidents(false); len(all) != 2 || all[1].MergedInto != got[0].ID || all[1].ClosedAt == nil {
		w.Errorf("that of the service is part of it: %+v", all)
	}
	// A platform that says so itself is believed at once.
	third := first
	third.Platform = "another"
	fail(third, 1, models.FetchEnd{Outcome: models.FetchTechnical, RetryAfter: 2 * time.Hour})
	if got = w.incidents(true); len(got) != 2 || got[0].Platform != "another" || got[0].ProbeAt.Sub(got[0].OpenedAt) < 2*time.Hour {
		w.Errorf("%+v", got)
	}
	// Nobody waits for it any more.
	w.Clock.Add(3 * time.Hour)
	if err := w.Store.Probe(w.Context()); err != nil || len(w.incidents(true)) != 1 {
		w.Errorf("%+v %v", w.incidents(true), err)
	}
}

// brokenService lets a platform go away and come back while one service of it stays
// broken: the others are asked, too, and their answer ends the outage.
func brokenService(w *World) {
	c, job := w.Fetching("轮询")
	broken := w.ledger(c, job)
	sound := broken
	sound.Resource++
	jobs := w.backlog(job, 20)
	w.Exec(fmt.Sprintf("DELETE FROM outbox WHERE id < %d", jobs[0]))
	of := func(id int64) models.Fetch {
		if id == jobs[len(jobs)-1] {
			return sound
		}
		return broken
	}
	_, unsent := failing()
	unsent.RetryAfter = time.Minute
	f, _ := w.ask(w.Store, broken, jobs[0])
	w.end(w.Store, f, unsent)
	for _, id := range jobs {
		if _, err := w.Store.Park(w.Context(), id, of(id).Resource, w.incidents(true)[0]); err != nil {
			w.Fatal(err)
		}
	}
	for turn := range 3 {
		w.Clock.Add(5 * Pause)
		if err := w.Store.Probe(w.Context()); err != nil {
			w.Fatal(err)
		}
		asked := w.Claim()
		if len(asked) != 1 {
			w.Fatalf("turn %d: %d ask", turn, len(asked))
		}
		id := asked[0].ID
		f, wait := w.ask(w.Store, of(id), id)
		if wait != nil {
			w.Fatal(wait)
		}
		if of(id).Resource == sound.Resource {
			w.end(w.Store, f, models.FetchEnd{Outcome: models.FetchNoRecord, Sent: true})
			break
		}
		w.end(w.Store, f, models.FetchEnd{Outcome: models.FetchTechnical, Sent: true, Message: "HTTP status 500"})
		if _, err := w.Store.Park(w.Context(), id, broken.Resource, w.incidents(true)[0]); err != nil {
			w.Fatal(err)
		}
	}
	if on := w.incidents(true); len(on) != 0 {
		w.Errorf("the platform answers, and is still away: %+v", on)
	}
}
