package workflow_test

import (
	"context"
	"encoding/json"
	"fmt"
	"reflect"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/shujie-gov/shujie/fault"
	"github.com/shujie-gov/shujie/workflow"
)

// renamed is the mapping from the blocker's first version to the sample.
func renamed() workflow.Mapping {
	return workflow.Mapping{States: map[workflow.State]workflow.State{"accepted": "admitted"}}
}

func transfer(t *testing.T, ds *workflow.Definitions, m workflow.Mapping) *workflow.Transfer {
	t.Helper()
	tr, err := workflow.NewTransfer(ds.Get(workflow.Blocker, 1), ds.Get(workflow.Blocker, 2), m)
	if err != nil {
		t.Fatal(err)
	}
	return tr
}

// OpenCases lets the world be planned on.
func (w *world) OpenCases(_ context.Context, kind workflow.Kind, version int, after workflow.CaseID, limit int) ([]workflow.Case, error) {
	var list []workflow.Case
	for id := after + 1; int(id) <= len(w.cases) && len(list) < limit; id++ {
		if c := w.cases[id]; c.Kind == kind && c.DefVersion == version && !c.Ended {
			list = append(list, c)
		}
	}
	return list, nil
}

// stored is c as it comes back from a database.
func stored(t *testing.T, c workflow.Case) workflow.Case {
	t.Helper()
	text, err := json.Marshal(c)
	if err != nil {
		t.Fatal(err)
	}
	var back workflow.Case
	if err := json.Unmarshal(text, &back); err != nil {
		t.Fatal(err)
	}
	return back
}

// inFlight opens blockers in several states, and puts the sample into force only
// then, so that they live under version 1.
func inFlight(t *testing.T) (*world, map[string]workflow.CaseID) {
	t.Helper()
	w := newWorld(t, "2026-03-02 10:00")
	ids := map[string]workflow.CaseID{"filed": w.open("hall", draft())}
	several := draft()
	several.Facts["holders"] = int64(2)
	ids["accepted"] = w.open("hall", several)
	w.act("coordinator", ids["accepted"], "accept", nil)
	ids["dispatched"] = w.open("hall", draft(need(11, workflow.Unconditional)))
	w.act("coordinator", ids["dispatched"], "accept", nil)
	for _, name := range []string{"handling", "suspended"} {
		ids[name] = w.open("hall", draft(need(11, workflow.Unconditional)))
		w.act("coordinator", ids[name], "accept", nil)
		w.act("holder handler", ids[name], "sign", nil)
	}
	w.act("holder head", ids["suspended"], "suspend", fields{"reason": "citizen_papers", "days": 3, "note": "待补正"})
	for state, id := range ids {
		w.in(id, workflow.State(state))
	}
	w.engine.Defs.Replace(withSample(t))
	return w, ids
}

func TestAMigrationMapsStateClockAndSeat(t *testing.T) {
	w, ids := inFlight(t)
	tr := transfer(t, w.engine.Defs, renamed())
	w.now = w.now.AddDate(0, 0, 1)
	move := func(name string) workflow.Decision {
		t.Helper()
		before := deepCopy(w.cases[ids[name]])
		d, err := tr.Move(w.cases[ids[name]], 7, w.engine.Moment())
		if err != nil {
			t.Fatalf("%s: %v", name, err)
		}
		if !reflect.DeepEqual(before, w.cases[ids[name]]) {
			t.Errorf("%s: the decision changed the case it decided on", name)
		}
		if e := d.Event; e.Action != workflow.ActionMigrate || e.Role != workflow.System || e.Actor != 0 || e.Def != 2 || e.Seq != before.Version+1 ||
			e.Data["migration"] != int64(7) || e.Data["from_version"] != int64(1) || e.Data["to_version"] != int64(2) ||
			e.Data["from_state"] != string(before.State) || e.Data["to_state"] != string(d.After.State) {
			t.Errorf("%s: the event is %+v", name, e)
		}
		if d.After.DefVersion != 2 || d.After.Version != before.Version+1 {
			t.Errorf("%s: version %d under definition %d", name, d.After.Version, d.After.DefVersion)
		}
		return d
	}
	if d := move("accepted"); d.After.State != "admitted" || d.Event.From != "accepted" || d.Event.To != "admitted" ||
		!d.After.Due.Equal(*w.cases[ids["accepted"]].Due) || d.Mark == nil || d.Mark.State != "admitted" {
		t.Errorf("a renamed state: %s, due %v, mark %+v", d.After.State, d.After.Due, d.Mark)
	}
	if d := move("dispatched"); d.After.Waits.String() != "lead/dept_head" || d.Mark != nil {
		t.Errorf("a changed seat: it waits for %s", d.After.Waits)
	}
	// Handling began on Monday 2 March: five working days end on 9 March, three on 5 March.
	d := move("handling")
	if got := d.After.Due.Add(-1).In(cst()).Format(time.DateOnly); got != "2026-03-05" || d.After.Term.Start != w.cases[ids["handling"]].Term.Start || d.After.Term.Days != 3 {
		t.Errorf("a changed clock: due %s, term %+v", got, d.After.Term)
	}
	_, err := tr.Move(w.cases[ids["suspended"]], 7, w.engine.Moment())
	if fault.KindOf(err) != fault.Conflict || !strings.Contains(workflow.Reason(err).ZH, "挂起") {
		t.Errorf("a dropped state: %v", err)
	}
	if _, err := tr.Move(d.After, 7, w.engine.Moment()); fault.KindOf(err) != fault.Conflict {
		t.Errorf("a case on the new version was migrated again: %v", err)
	}
}

func TestUndoBringsBackTheCaseToTheLetter(t *testing.T) {
	w, ids := inFlight(t)
	m := renamed()
	m.States["suspended"] = "handling"
	m.Facts = map[string]any{"priority": 2}
	tr := transfer(t, w.engine.Defs, m)
	w.now = w.now.AddDate(0, 0, 1)
	for name, id := range ids {
		before := w.cases[id]
		d, err := tr.Move(before, 7, w.engine.Moment())
		if err != nil {
			t.Fatalf("%s: %v", name, err)
		}
		if d.After.Facts["priority"] != int64(2) {
			t.Errorf("%s: the new fact is %v", name, d.After.Facts["priority"])
		}
		if name == "suspended" && (d.After.State != "handling" || d.After.Term.Pause || d.After.Term.Held != nil || d.After.Term.Clock != "handle") {
			t.Errorf("a pause that is mapped to work still stands: %+v", d.After.Term)
		}
		back, err := w.engine.Defs.Restore(stored(t, d.After), d.Event, d.Event, w.engine.Moment())
		if err != nil {
			t.Fatalf("%s: %v", name, err)
		}
		got, want := back.After, before
		if got.Version != want.Version+2 || back.Event.Action != workflow.ActionRestore || back.Event.Def != 1 || back.Event.To != before.State {
			t.Errorf("%s: version %d, event %+v", name, got.Version, back.Event)
		}
		if w.engine.Defs.Get(workflow.Blocker, 1).Intervals(&got, w.now)[len(got.Marks)-1].State != before.State {
			t.Errorf("%s: the time now runs in another state", name)
		}
		got.Version, got.UpdatedAt, got.Marks = want.Version, want.UpdatedAt, want.Marks
		if a, b := fmt.Sprintf("%+v", flat(t, got)), fmt.Sprintf("%+v", flat(t, want)); a != b {
			t.Errorf("%s:\n got %s\nwant %s", name, a, b)
		}
	}
}

func flat(t *testing.T, c workflow.Case) string {
	t.Helper()
	text, err := json.Marshal(c)
	if err != nil {
		t.Fatal(err)
	}
	return string(text)
}

func TestUndoRefusesACaseThatMovedSince(t *testing.T) {
	w, ids := inFlight(t)
	d, err := transfer(t, w.engine.Defs, renamed()).Move(w.cases[ids["accepted"]], 7, w.engine.Moment())
	if err != nil {
		t.Fatal(err)
	}
	w.write(d)
	w.act("coordinator", ids["accepted"], "comment", fields{"note": "请抓紧"})
	log := w.events[ids["accepted"]]
	_, err = w.engine.Defs.Restore(w.cases[ids["accepted"]], d.Event, log[len(log)-1], w.engine.Moment())
	if fault.KindOf(err) != fault.Conflict || !strings.Contains(workflow.Reason(err).ZH, w.engine.Defs.Get(workflow.Blocker, 2).ActionTitle("comment").ZH) {
		t.Errorf("undo says %v", err)
	}
}

func TestAMigratedCaseGoesOnUnderTheNewVersion(t *testing.T) {
	w, ids := inFlight(t)
	tr := transfer(t, w.engine.Defs, renamed())
	for _, name := range []string{"accepted", "dispatched"} {
		d, err := tr.Move(w.cases[ids[name]], 7, w.engine.Moment())
		if err != nil {
			t.Fatal(err)
		}
		w.write(d)
	}
	if err := w.try("holder handler", ids["dispatched"], "sign", nil); fault.KindOf(err) != fault.Forbidden {
		t.Errorf("a handler signs under the new version: %v", err)
	}
	w.act("holder head", ids["dispatched"], "sign", nil)
	w.act("coordinator", ids["accepted"], "dispatch", fields{"lead": int64(holderDept)})
	w.in(ids["accepted"], "dispatched")
	w.act("holder handler", ids["handling"], "request_data", nil) // the old version goes on beside it
	if id := w.open("hall", draft()); w.cases[id].DefVersion != 2 {
		t.Errorf("a new case begins in version %d", w.cases[id].DefVersion)
	}
}

func TestThePlanCountsWhatThenHappens(t *testing.T) {
	w, _ := inFlight(t)
	tr := transfer(t, w.engine.Defs, renamed())
	w.now = w.now.AddDate(0, 0, 1)
	p, err := w.engine.Plan(context.Background(), w, tr)
	if err != nil {
		t.Fatal(err)
	}
	state := map[workflow.State]workflow.StatePlan{}
	for _, s := range p.States {
		state[s.State] = s
	}
	if p.Open != 5 || p.Maps != 4 || p.Stays != 1 || p.Dues != 1 || p.Waits != 1 {
		t.Errorf("the plan counts %+v", p)
	}
	rows, err := w.engine.PlanDues(context.Background(), w, tr)
	if err != nil || len(rows) != p.Dues || rows[0].Clock != "handle" || rows[0].Direction != workflow.Earlier || rows[0].Dept != holderDept || !rows[0].After.Before(*rows[0].Before) {
		t.Errorf("the deadlines that move: %+v %v", rows, err)
	}
	if s := state["suspended"]; s.To != "" || s.Stays != 1 || len(s.Reasons) != 1 || s.Reasons[0].Cases != 1 {
		t.Errorf("a dropped state: %+v", s)
	}
	if s := state["handling"]; s.Due.Earlier != 1 || len(s.Due.Shifts) != 1 || s.Due.Shifts[0] != (workflow.Shift{Days: -2, Cases: 1}) || len(s.Due.Samples) != 1 {
		t.Errorf("a changed clock: %+v", s.Due)
	}
	if s := state["handling"]; !slices.ContainsFunc(s.Rights, func(r workflow.Right) bool { return slices.Contains(r.Loses, "suspend") }) {
		t.Errorf("nobody is said to lose the dropped action: %+v", s.Rights)
	}
	s := state["dispatched"]
	if len(s.Waits) != 1 || s.Waits[0] != (workflow.WaitChange{From: "lead/dept_handler", To: "lead/dept_head", Cases: 1}) {
		t.Errorf("a changed seat: %+v", s.Waits)
	}
	if i := slices.IndexFunc(s.Rights, func(r workflow.Right) bool { return r.Seat == "lead/dept_handler" }); i < 0 ||
		!slices.Equal(s.Rights[i].Loses, []workflow.Action{"sign"}) || len(s.Rights[i].Gains) != 0 {
		t.Errorf("who loses what: %+v", s.Rights)
	}
	if len(p.NewFacts) != 1 || p.NewFacts[0].Name != "priority" || p.NewFacts[0].Value != int64(0) {
		t.Errorf("new facts: %+v", p.NewFacts)
	}
	moved := 0
	for _, c := range w.cases {
		if _, err := tr.Move(c, 1, w.engine.Moment()); err == nil {
			moved++
		}
	}
	if moved != p.Maps {
		t.Errorf("%d cases move, the plan said %d", moved, p.Maps)
	}
}

func TestAMappingThatMakesNoSenseIsRefusedByField(t *testing.T) {
	ds := withSample(t)
	for name, tt := range map[string]struct {
		m     workflow.Mapping
		field string
	}{
		"from no state":       {workflow.Mapping{States: map[workflow.State]workflow.State{"x": "filed"}}, "states.x"},
		"to no state":         {workflow.Mapping{States: map[workflow.State]workflow.State{"suspended": "x"}}, "states.suspended"},
		"to an end":           {workflow.Mapping{States: map[workflow.State]workflow.State{"suspended": "closed"}}, "states.suspended"},
		"no such fact":        {workflow.Mapping{Facts: map[string]any{"x": 1}}, "facts.x"},
		"of the wrong type":   {workflow.Mapping{Facts: map[string]any{"priority": "high"}}, "facts.priority"},
		"to the same version": {workflow.Mapping{}, "to"},
	} {
		from, to := ds.Get(workflow.Blocker, 1), ds.Get(workflow.Blocker, 2)
		if tt.field == "to" {
			to = from
		}
		_, err := workflow.NewTransfer(from, to, tt.m)
		f, ok := err.(*fault.Error) //nolint:errorlint // made by NewTransfer itself
		if !ok || f.Kind != fault.Invalid || len(f.Fields) != 1 || f.Fields[0].Name != tt.field {
			t.Errorf("%s: %v", name, err)
		}
	}
}

func TestSuggestFindsARenamedStateByItsTitle(t *testing.T) {
	ds := withSample(t)
	got := workflow.Suggest(ds.Get(workflow.Blocker, 1), ds.Get(workflow.Blocker, 2))
	if want := (map[workflow.State]workflow.State{"accepted": "admitted", "suspended": ""}); !reflect.DeepEqual(got, want) {
		t.Errorf("suggested %v, want %v", got, want)
	}
}

func TestARetiredVersionKeepsItsCasesAndTakesNoNewOnes(t *testing.T) {
	w, ids := inFlight(t)
	var list []workflow.Version
	for _, kind := range w.engine.Defs.Kinds() {
		for _, v := range w.engine.Defs.Versions(kind) {
			v.Retired = v.Kind == workflow.Blocker && v.Version == 2
			list = append(list, v)
		}
	}
	retired, err := workflow.NewDefinitions(list)
	if err != nil {
		t.Fatal(err)
	}
	before := w.engine.Defs.Snapshot()
	w.engine.Defs.Replace(retired)
	if before.Latest(workflow.Blocker).Version != 2 {
		t.Error("a snapshot changed")
	}
	if id := w.open("hall", draft()); w.cases[id].DefVersion != 1 {
		t.Errorf("a new case begins in version %d", w.cases[id].DefVersion)
	}
	d, err := transfer(t, w.engine.Defs, renamed()).Move(w.cases[ids["filed"]], 1, w.engine.Moment())
	if err != nil {
		t.Fatal(err)
	}
	w.write(d)
	w.act("coordinator", ids["filed"], "accept", nil)
}

func TestAReplicaLearnsAVersionThatAnotherReleased(t *testing.T) {
	w := newWorld(t, "2026-03-02 10:00")
	newer := withSample(t)
	behind := w.engine.Defs.Snapshot()
	w.engine.Defs.Replace(newer)
	id := w.open("hall", draft())
	w.engine.Defs.Replace(behind)
	if err := w.try("coordinator", id, "accept", nil); fault.KindOf(err) != fault.Unavailable || !fault.Temporary(err) {
		t.Fatalf("a version that is not in force: %v", err)
	}
	learnt := 0
	w.engine.Learn = func(context.Context) error { learnt++; w.engine.Defs.Replace(newer); return nil }
	w.act("coordinator", id, "accept", nil)
	if learnt != 1 || w.cases[id].Version < 2 {
		t.Errorf("learnt %d times, version %d", learnt, w.cases[id].Version)
	}
}
