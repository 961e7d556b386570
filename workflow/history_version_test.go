package workflow_test

import (
	"encoding/json"
	"os"
	"path/filepath"
	"testing"
	"time"

	"github.com/shujie-gov/shujie/workflow"
)

// later is a scenario that is recorded under versions after the first.
type later struct {
	versions map[workflow.Kind]int
	live     func(*world)
}

// laterLives are the scenarios of later versions, by file.
func laterLives() map[string]later {
	return map[string]later{
		"blocker.v2":         {map[workflow.Kind]int{workflow.Blocker: 2}, sampleLife},
		"blocker_v1_into_v2": {nil, migratedLife},
	}
}

// asOf returns all definitions there are, the sample included, with new cases
// beginning in the given versions, or in the first.
func asOf(tb testing.TB, versions map[workflow.Kind]int) *workflow.Definitions {
	tb.Helper()
	all := withSample(tb)
	var list []workflow.Version
	for _, kind := range all.Kinds() {
		begin := max(1, versions[kind])
		for _, v := range all.Versions(kind) {
			v.Retired = v.Version > begin
			list = append(list, v)
		}
	}
	ds, err := workflow.NewDefinitions(list)
	if err != nil {
		tb.Fatal(err)
	}
	return ds
}

// sampleLife takes what is new in the sample: the renamed state and the seat.
func sampleLife(w *world) {
	d := draft(need(11, workflow.Unconditional))
	d.Facts["holders"] = int64(2)
	id := w.open("hall", d)
	w.act("coordinator", id, "accept", nil)
	w.in(id, "admitted")
	w.act("coordinator", id, "dispatch", fields{"lead": int64(holderDept)})
	w.act("holder head", id, "sign", nil)
	w.now = w.now.AddDate(0, 0, 1)
	w.act("holder handler", id, "request_data", nil)
	w.fetch()
	w.act("hall", id, "comment", fields{"note": "已告知办事人"})
}

// migratedLife moves cases into the sample in the middle of their life, one of
// them back again.
func migratedLife(w *world) {
	d := draft(need(11, workflow.Unconditional))
	id := w.open("hall", d)
	d.Facts["holders"] = int64(2)
	back := w.open("hall", d)
	w.act("coordinator", id, "accept", nil)
	w.act("coordinator", back, "accept", nil)
	w.act("holder handler", id, "sign", nil)
	w.now = w.now.Add(5 * time.Hour)
	migrate := func(id workflow.CaseID, a workflow.Action, data map[string]any) {
		dec, err := w.migrated(workflow.Event{Case: id, Action: a, Data: data}, w.engine.Moment())
		if err != nil {
			w.t.Fatal(err)
		}
		w.write(dec)
		w.settle()
	}
	into := map[string]any{"from_version": 1, "to_version": 2, "from_state": "accepted", "to_state": "admitted", "migration": 1}
	migrate(back, workflow.ActionMigrate, into)
	migrate(id, workflow.ActionMigrate, map[string]any{"from_version": 1, "to_version": 2, "from_state": "handling", "to_state": "handling", "migration": 1})
	w.now = w.now.AddDate(0, 0, 1)
	migrate(back, workflow.ActionRestore, nil)
	w.act("coordinator", back, "dispatch", fields{"lead": int64(holderDept)})
	w.act("holder handler", back, "sign", nil)
	w.act("holder handler", id, "request_data", nil)
	w.fetch()
}

// migrated decides again what an event of a migration says.
func (w *world) migrated(e workflow.Event, m workflow.Moment) (workflow.Decision, error) {
	c := w.cases[e.Case]
	if e.Action == workflow.ActionRestore {
		log := w.events[e.Case]
		last := log[len(log)-1]
		return w.engine.Defs.Restore(c, last, last, m)
	}
	number := func(name string) int {
		switch n := e.Data[name].(type) {
		case int:
			return n
		case float64:
			return int(n)
		}
		return 0
	}
	text := func(name string) workflow.State { s, _ := e.Data[name].(string); return workflow.State(s) }
	t, err := workflow.NewTransfer(w.engine.Defs.Get(c.Kind, number("from_version")), w.engine.Defs.Get(c.Kind, number("to_version")),
		workflow.Mapping{States: map[workflow.State]workflow.State{text("from_state"): text("to_state")}})
	if err != nil {
		return workflow.Decision{}, err
	}
	return t.Move(c, int64(number("migration")), m)
}

// TestEveryVersionHasAHistory finds a released version that nothing was
// recorded under.
func TestEveryVersionHasAHistory(t *testing.T) {
	type version struct {
		kind workflow.Kind
		n    int
	}
	seen := map[version]bool{}
	files, err := filepath.Glob("../testdata/histories/*.json")
	if err != nil {
		t.Fatal(err)
	}
	for _, file := range files {
		text, err := os.ReadFile(file)
		if err != nil {
			t.Fatal(err)
		}
		var h history
		if err := json.Unmarshal(text, &h); err != nil {
			t.Fatal(err)
		}
		for _, e := range h.Entries {
			seen[version{e.Kind, e.Event.Def}] = true
		}
	}
	ds := withSample(t)
	for _, kind := range ds.Kinds() {
		for _, v := range ds.Versions(kind) {
			if !seen[version{kind, v.Version}] {
				t.Errorf("no history was recorded under %s version %d", kind, v.Version)
			}
		}
	}
}
