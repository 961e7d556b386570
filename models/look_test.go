package models_test

import (
	"errors"
	"reflect"
	"strings"
	"testing"

	"github.com/shujie-gov/shujie/fault"
	"github.com/shujie-gov/shujie/models"
	"github.com/shujie-gov/shujie/models/modelstest"
	"github.com/shujie-gov/shujie/workflow"
)

// Callers that come together share the look, not what they may see.
func TestCasesThatAreReadTogetherKeepToTheirScopes(t *testing.T) {
	each(t, func(t *testing.T, open modelstest.Open) {
		t.Helper()
		w := modelstest.NewWorld(t, open)
		a, b := w.Dispatched("甲"), w.File(w.Draft("乙"))
		var list []models.Glance
		for _, name := range []string{"coord", "ga", "xx", "hall", "sys", "coord2", "coord"} {
			for _, id := range []workflow.CaseID{a.ID, b.ID, a.Children[0].ID, 4711} {
				list = append(list, models.Glance{Scope: models.ScopeOf(w.Actor(name)), ID: id})
			}
		}
		got, err := w.Store.Together(t.Context(), list)
		if err != nil {
			t.Fatal(err)
		}
		hidden := 0
		for i, g := range list {
			alone, err := w.Store.Case(t.Context(), g.Scope, g.ID)
			if fault.KindOf(err) == fault.NotFound {
				hidden++
			} else if err != nil {
				t.Fatal(err)
			}
			if !reflect.DeepEqual(got[i], alone) {
				t.Errorf("%+v is read together as\n%+v\nand alone as\n%+v", g, got[i], alone)
			}
		}
		if hidden == 0 || hidden == len(list) {
			t.Errorf("%d of %d are hidden, which shows nothing", hidden, len(list))
		}
	})
}

// What is asked together is answered as of one moment, whatever is written
// between the questions.
func TestQuestionsAreAnsweredAsOfOneMoment(t *testing.T) {
	each(t, func(t *testing.T, open modelstest.Open) {
		t.Helper()
		w := modelstest.NewWorld(t, open)
		c := w.File(w.Draft("不动"))
		states := make([]string, 3)
		texts := []string{"SELECT state FROM cases", "SELECT state FROM cases", "SELECT 'repeatable read'"}
		if w.Store.Dialect() == "postgres" {
			texts[2] = "SELECT current_setting('transaction_isolation')"
		}
		err := w.Store.Ask(t.Context(), func(i int, text string) {
			if states[i] = text; i == 0 {
				w.Act("coord", c.ID, "accept", nil)
			}
		}, texts...)
		if want := []string{"filed", "filed", "repeatable read"}; err != nil || !reflect.DeepEqual(states, want) {
			t.Errorf("answers %q, %v, want %q", states, err, want)
		}
		if got := w.Read(c.ID); got.State != "accepted" {
			t.Errorf("afterwards it is %s", got.State)
		}
	})
}

// A question that fails spoils neither the connection nor what is asked next.
func TestAQuestionThatFailsLeavesNothingBehind(t *testing.T) {
	each(t, func(t *testing.T, open modelstest.Open) {
		t.Helper()
		w := modelstest.NewWorld(t, open)
		for range 50 { // more than there are connections
			if err := w.Store.Ask(t.Context(), func(int, string) {}, "SELECT 'x'", "SELECT nothing FROM nowhere"); err == nil {
				t.Fatal("a table that is not there was read")
			}
			if err := w.Store.Ask(t.Context(), func(int, string) {}, "SELECT 'x'"); err != nil {
				t.Fatal(err)
			}
		}
		c := w.File(w.Draft("还能写"))
		w.Act("coord", c.ID, "accept", nil)
	})
}

// Whoever asks over a connection that was lost in the pool is asked again over
// another.
func TestALookOutlivesALostConnection(t *testing.T) {
	each(t, func(t *testing.T, open modelstest.Open) {
		t.Helper()
		w := modelstest.NewWorld(t, open)
		c := w.File(w.Draft("断线"))
		if w.Store.Dialect() == "sqlite" {
			return // a file has no connections to lose
		}
		for range 3 {
			w.Exec("SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = current_database() AND pid <> pg_backend_pid()")
			if _, err := w.Store.Case(t.Context(), models.Scope{All: true}, c.ID); err != nil {
				t.Error(err)
			}
		}
	})
}

func TestListsAreBoundInTheWayOfTheDatabase(t *testing.T) {
	const sql = "a = ? AND b IN ? AND c IN (SELECT ?) AND d < ?"
	args := []any{1, []int64{7, 8, 9}, "x", 2}
	text, bound := models.Bind(false, sql, args...)
	if want := "a = ? AND b IN (?, ?, ?) AND c IN (SELECT ?) AND d < ?"; text != want || !reflect.DeepEqual(bound, []any{1, int64(7), int64(8), int64(9), "x", 2}) {
		t.Errorf("SQLite: %s %v", text, bound)
	}
	text, bound = models.Bind(true, sql, args...)
	if want := "a = $1 AND b = ANY($2) AND c IN (SELECT $3) AND d < $4"; text != want || !reflect.DeepEqual(bound, args) {
		t.Errorf("PostgreSQL: %s %v", text, bound)
	}
	if text, _ := models.Bind(false, "b IN ?", []int64{}); !strings.HasSuffix(text, "IN ()") {
		t.Errorf("an empty list: %s", text)
	}
}

// A store that is closing says so to whoever still asks.
func TestAClosedStoreAnswersEveryCaller(t *testing.T) {
	each(t, func(t *testing.T, open modelstest.Open) {
		t.Helper()
		w := modelstest.NewWorld(t, open)
		c := w.File(w.Draft("停机"))
		s := w.Replica()
		if err := s.Close(); err != nil {
			t.Fatal(err)
		}
		_, err := s.Update(t.Context(), w.Actor("coord"), c.ID, workflow.Key{}, func(workflow.Case) (workflow.Decision, error) {
			return workflow.Decision{}, errors.New("asked")
		})
		if err == nil || err.Error() == "asked" {
			t.Errorf("a closed store answers %v", err)
		}
	})
}
