package models_test

import (
	"errors"
	"fmt"
	"os"
	"reflect"
	"testing"
	"time"

	"gorm.io/gorm"

	"github.com/shujie-gov/shujie/fault"
	"github.com/shujie-gov/shujie/models"
	"github.com/shujie-gov/shujie/models/modelstest"
	"github.com/shujie-gov/shujie/workflow"
)

// each runs fn on every database that is there.
func each(t *testing.T, fn func(t *testing.T, open modelstest.Open)) {
	t.Helper()
	t.Run("sqlite", func(t *testing.T) { fn(t, modelstest.SQLite) })
	if !modelstest.HasPostgres(t) {
		return
	}
	t.Run("postgres", func(t *testing.T) {
		fn(t, func(tb testing.TB) string {
			tb.Helper()
			url, _ := modelstest.Postgres(tb)
			return url
		})
	})
}

// saboteur breaks the n-th statement from when it was armed.
type saboteur struct {
	n     int
	spoil func(tx *gorm.DB)
}

func sabotage(t *testing.T, s *models.Store) *saboteur {
	t.Helper()
	b := &saboteur{}
	hit := func(tx *gorm.DB) {
		if b.n--; b.n == 0 {
			b.spoil(tx)
		}
	}
	callbacks := s.DB().Callback()
	for _, err := range []error{
		callbacks.Create().Before("gorm:create").Register("sabotage", hit),
		callbacks.Query().Before("gorm:query").Register("sabotage", hit),
		callbacks.Update().Before("gorm:update").Register("sabotage", hit),
		callbacks.Delete().Before("gorm:delete").Register("sabotage", hit),
		callbacks.Row().Before("gorm:row").Register("sabotage", hit),
		callbacks.Raw().Before("gorm:raw").Register("sabotage", hit),
	} {
		if err != nil {
			t.Fatal(err)
		}
	}
	return b
}

var errInjected = errors.New("injected")

// TestNothingIsHalfWritten breaks every statement of every write in turn: by an
// error, and on PostgreSQL by killing the connection that is about to run it.
// Each time the database is what it was before; at last the write goes through.
func TestNothingIsHalfWritten(t *testing.T) {
	each(t, func(t *testing.T, open modelstest.Open) {
		t.Helper()
		w := modelstest.NewWorld(t, open)
		b := sabotage(t, w.Store)
		ways := map[string]func(tx *gorm.DB){
			"an error": func(tx *gorm.DB) { _ = tx.AddError(errInjected) },
		}
		if w.Store.Dialect() == "postgres" {
			admin := modelstest.Raw(t, w.URL)
			ways["a killed connection"] = func(tx *gorm.DB) {
				var pid int
				if err := tx.Statement.ConnPool.QueryRowContext(tx.Statement.Context, "SELECT pg_backend_pid()").Scan(&pid); err != nil {
					t.Error(err)
				}
				if _, err := admin.Exec("SELECT pg_terminate_backend($1)", pid); err != nil {
					t.Error(err)
				}
			}
		}
		for way, how := range ways {
			for name, write := range writes(w) {
				b.spoil = how
				for n := 1; ; n++ {
					if n > 60 {
						t.Fatalf("%s never gets through", name)
					}
					before := w.Rows()
					b.n = n
					err := write()
					broke := b.n <= 0
					b.n = 0
					if err == nil {
						if !broke && n == 1 {
							t.Errorf("%s runs no statement", name)
						}
						break
					}
					if !broke {
						t.Fatalf("%s, statement %d: %v", name, n, err)
					}
					if after := w.Rows(); !reflect.DeepEqual(before, after) {
						t.Errorf("%s at statement %d of %s left something behind: %s", way, n, name, difference(before, after))
					}
				}
			}
		}
	})
}

func difference(before, after map[string][]string) string {
	for table := range after {
		if !reflect.DeepEqual(before[table], after[table]) {
			return fmt.Sprintf("%s: %q became %q", table, before[table], after[table])
		}
	}
	return "nothing"
}

// writes are the writes of the store that take more than one row. Each is new
// every time it goes through.
func writes(w *modelstest.World) map[string]func() error {
	ctx := w.Context()
	hall, coord, ga := w.Actor("hall"), w.Actor("coord"), w.Actor("ga")
	act := func(a workflow.Actor, id workflow.CaseID, action workflow.Action, key string) error {
		_, err := w.Engine.Act(ctx, a, id, workflow.Input{Action: action, Note: "x"}, workflow.Key{Actor: a.UserID, Value: key, Hash: "h"})
		return err
	}
	accepted := func() workflow.CaseID {
		c := w.File(w.Draft("派单"))
		w.Act("coord", c.ID, "accept", nil)
		return c.ID
	}
	toDispatch, toDispatch2 := accepted(), accepted()
	handling := w.Dispatched("申请数据")
	w.Act("ga", handling.ID, "sign", nil)
	fetching, job := w.Fetching("取数")
	need := fetching.Requirements[0]
	fetch, err := w.Store.BeginFetch(ctx, models.Fetch{Job: job.ID, Case: fetching.ID, Requirement: need.ID, Resource: need.Resource})
	if err != nil {
		w.Fatal(err)
	}
	other, otherJob := w.Fetching("销毁")
	begun, err := w.Store.BeginFetch(ctx, models.Fetch{Job: otherJob.ID, Case: other.ID})
	if err != nil {
		w.Fatal(err)
	}
	if _, err := w.Store.EndFetch(ctx, begun.ID, models.FetchEnd{Outcome: models.FetchFound, Payload: []byte("x")}); err != nil {
		w.Fatal(err)
	}
	runs := 0
	return map[string]func() error{
		"filing": func() error {
			runs++
			d := w.Draft("登记")
			d.Person = workflow.Person{Name: "张三", IDNumber: "329900199001010037"}
			_, err := w.Engine.Open(ctx, hall, d, workflow.Input{}, workflow.Key{Actor: hall.UserID, Value: fmt.Sprint("file", runs), Hash: "h"})
			return err
		},
		"a move that opens a child": func() error {
			for _, id := range []*workflow.CaseID{&toDispatch, &toDispatch2} {
				if *id == 0 {
					continue
				}
				_, err := w.Engine.Act(ctx, coord, *id, workflow.Input{Action: "dispatch", Fields: map[string]any{"lead": int64(w.Depts["GA"])}}, workflow.Key{Actor: 9, Value: fmt.Sprint("d", *id), Hash: "h"})
				if err == nil {
					*id = 0
				}
				return err
			}
			return nil
		},
		"a move that changes a requirement": func() error {
			err := act(ga, handling.ID, "request_data", "req")
			if fault.KindOf(err) == fault.Conflict { // it went through the other way
				return nil
			}
			return err
		},
		"the end of a fetch": func() error {
			_, err := w.Store.EndFetch(ctx, fetch.ID, models.FetchEnd{Outcome: models.FetchFound, Payload: []byte("y")})
			return err
		},
		"the beginning of a fetch": func() error {
			_, err := w.Store.BeginFetch(ctx, models.Fetch{Job: 99, Case: fetching.ID})
			return err
		},
		"a destruction": func() error {
			_, err := w.Store.DestroyPayloads(ctx, other.ID, "x")
			return err
		},
		"an import": func() error {
			runs++
			r := modelstest.Reference()
			r.Departments = append(r.Departments, models.Department{Code: fmt.Sprint("N", runs), Name: "新", Region: "320000"})
			r.Batches = append(r.Batches, models.NewBatch{Name: fmt.Sprint("批", runs), RegionCode: "320000"})
			return w.Store.Import(ctx, r)
		},
		"a seal": func() error {
			w.Clock.Add(time.Minute)
			_, err := w.Store.Seal(ctx, time.Second)
			return err
		},
	}
}

// TestABadMoveFailsAlone puts a write that the database refuses between good
// ones: they share a commit, and only the bad one fails.
func TestABadMoveFailsAlone(t *testing.T) {
	each(t, func(t *testing.T, open modelstest.Open) {
		t.Helper()
		w := modelstest.NewWorld(t, open)
		hall := w.Actor("hall")
		const n = 40
		errs := make(chan error, n)
		for i := range n {
			go func() {
				d := w.Draft(fmt.Sprint(i))
				if i%8 == 3 {
					d.Parts[workflow.Lead] = 4711
				}
				_, err := w.Engine.Open(w.Context(), hall, d, workflow.Input{}, workflow.Key{})
				if i%8 == 3 && err == nil {
					err = errors.New("a department that does not exist was taken")
				} else if i%8 == 3 && fault.KindOf(err) == fault.Invalid {
					err = nil
				}
				errs <- err
			}()
		}
		for range n {
			if err := <-errs; err != nil {
				t.Error(err)
			}
		}
		if got, err := w.Store.CountCases(w.Context(), models.Scope{All: true}, models.CaseQuery{}, 0); err != nil || got != n-n/8 {
			t.Errorf("%d cases, %v", got, err)
		}
		if r, err := w.Store.Verify(w.Context(), 10); err != nil || len(r.Problems) != 0 {
			t.Errorf("%+v %v", r, err)
		}
	})
}

// TestALostDatabaseIsUnavailable asks a store whose database went away.
func TestALostDatabaseIsUnavailable(t *testing.T) {
	if !modelstest.HasPostgres(t) {
		return
	}
	url, _ := modelstest.Postgres(t)
	w := modelstest.NewWorld(t, func(testing.TB) string { return url })
	c := w.File(w.Draft("断线"))
	hall, coord := w.Actor("hall"), w.Actor("coord")
	server := modelstest.Raw(t, os.Getenv("TEST_DATABASE_URL"))
	run := func(statement string) {
		t.Helper()
		if _, err := server.Exec(statement); err != nil {
			t.Fatal(err)
		}
	}
	run("ALTER DATABASE " + databaseOf(url) + " ALLOW_CONNECTIONS false")
	run("SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = '" + databaseOf(url) + "'")
	for what, ask := range map[string]func() error{
		"read": func() error { _, err := w.Store.Case(w.Context(), models.ScopeOf(hall), c.ID); return err },
		"file": func() error {
			_, err := w.Engine.Open(w.Context(), hall, w.Draft("x"), workflow.Input{}, workflow.Key{})
			return err
		},
		"move": func() error {
			_, err := w.Engine.Act(w.Context(), coord, c.ID, workflow.Input{Action: "accept"}, workflow.Key{})
			return err
		},
		"ping": func() error { return w.Store.Ping(w.Context()) },
		"jobs": func() error { _, err := w.Store.ClaimJobs(w.Context(), time.Minute, 1); return err },
		"lead": func() error { _, err := w.Store.Lead(w.Context(), "x", nil); return err },
	} {
		err := ask()
		if f := (*fault.Error)(nil); !errors.As(err, &f) || f.Kind != fault.Unavailable || f.Text.ZH == "" || f.Text.EN == "" {
			t.Errorf("%s: %v (%v)", what, err, fault.KindOf(err))
		}
	}
	run("ALTER DATABASE " + databaseOf(url) + " ALLOW_CONNECTIONS true")
	if _, err := w.Engine.Act(w.Context(), coord, c.ID, workflow.Input{Action: "accept"}, workflow.Key{}); err != nil {
		t.Errorf("back again: %v", err)
	}
}

// TestAClosedStoreAnswers hands a write to a store that is shutting down.
func TestAClosedStoreAnswers(t *testing.T) {
	w := modelstest.NewWorld(t, modelstest.SQLite)
	hall := w.Actor("hall")
	other := w.Replica()
	e := *w.Engine
	e.Store = other
	if err := other.Close(); err != nil {
		t.Fatal(err)
	}
	_, err := e.Open(w.Context(), hall, w.Draft("x"), workflow.Input{}, workflow.Key{})
	if err == nil {
		t.Error("a closed store took a case")
	}
}
