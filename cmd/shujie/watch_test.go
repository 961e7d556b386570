package main

import (
	"bytes"
	"encoding/json"
	"errors"
	"path/filepath"
	"slices"
	"testing"
	"time"

	"github.com/shujie-gov/shujie/models"
	"github.com/shujie-gov/shujie/models/modelstest"
)

// runWatch runs shujie watch on a database.
func runWatch(t *testing.T, url string, flags ...string) (string, error) {
	t.Helper()
	root := newRoot()
	var out bytes.Buffer
	root.SetOut(&out)
	root.SetErr(&bytes.Buffer{})
	root.SetArgs(append([]string{"watch", "--database-url", url}, flags...))
	err := root.ExecuteContext(t.Context())
	return out.String(), err
}

func TestTheWatchIsEmptyInANewHouseAndFailsWhenSomethingDidNotHappen(t *testing.T) {
	url := modelstest.SQLite(t)
	if out, err := runWatch(t, url); err != nil || out == "" {
		t.Fatalf("in a new house: %q, %v", out, err)
	}
	long := time.Now().Add(-time.Hour).UnixMicro()
	if _, err := modelstest.Raw(t, url).Exec("INSERT INTO outbox (kind, case_id, args, due_at, free_at, created_at) VALUES ('case.notify', 1, '{}', ?, ?, ?)", long, long, long); err != nil {
		t.Fatal(err)
	}
	out, err := runWatch(t, url, "--json")
	var got struct {
		Empty bool `json:"empty"`
		Items []struct {
			Kind  models.WatchKind `json:"kind"`
			Count int64            `json:"count"`
			Todo  string           `json:"what_to_do"`
		} `json:"items"`
	}
	if e := json.Unmarshal([]byte(out), &got); e != nil || !errors.Is(err, errWatch) {
		t.Fatalf("%q, %v, %v", out, e, err)
	}
	if got.Empty || len(got.Items) != 1 || got.Items[0].Kind != models.WatchOutbox || got.Items[0].Count != 1 || got.Items[0].Todo == "" {
		t.Errorf("the watch shows %+v", got)
	}
	if table, err := runWatch(t, url); !errors.Is(err, errWatch) || !bytes.Contains([]byte(table), []byte("Jobs that nobody has taken up")) {
		t.Errorf("the table says %q, %v", table, err)
	}
}

// TestAnOperatorRevivesWhatWasGivenUp buries a job and revives it from the
// command line.
func TestAnOperatorRevivesWhatWasGivenUp(t *testing.T) {
	url := modelstest.SQLite(t)
	if _, err := runWatch(t, url); err != nil {
		t.Fatal(err)
	}
	now := time.Now().UnixMicro()
	if _, err := modelstest.Raw(t, url).Exec("INSERT INTO outbox (kind, case_id, args, attempt, dead, last_error, due_at, free_at, created_at) VALUES ('case.notify', 1, '{}', 30, true, 'no route', ?, ?, ?)", now, now, now); err != nil {
		t.Fatal(err)
	}
	if _, err := runWatch(t, url); !errors.Is(err, errWatch) {
		t.Errorf("the watch does not show it: %v", err)
	}
	for _, want := range []string{"revived 1 jobs\n", "revived 0 jobs\n"} {
		root := newRoot()
		var out bytes.Buffer
		root.SetOut(&out)
		root.SetArgs([]string{"watch", "revive", "--database-url", url})
		if err := root.ExecuteContext(t.Context()); err != nil || out.String() != want {
			t.Errorf("it says %q, %v, want %q", out.String(), err, want)
		}
	}
	if out, err := runWatch(t, url); err != nil {
		t.Errorf("revived, the watch shows %q, %v", out, err)
	}
	var by, why string
	if err := modelstest.Raw(t, url).QueryRow("SELECT name, error FROM revivals").Scan(&by, &why); err != nil || by != operator().Name || why != "no route" {
		t.Errorf("written down: %q %q %v", by, why, err)
	}
}

// watching lists what the watch shows of a demo's folder at this very moment. The
// last events are sealed by the next turn of the sweep, which a demo that has
// ended does not take.
func watching(t *testing.T, dir string) []models.Watched {
	t.Helper()
	a := openOn(t, "sqlite:"+filepath.Join(dir, "shujie.db"))
	list, err := a.store.Watch(t.Context(), 0)
	if err != nil {
		t.Fatal(err)
	}
	return slices.DeleteFunc(list, func(w models.Watched) bool { return w.Kind == models.WatchSeal })
}
