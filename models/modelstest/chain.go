package modelstest

import (
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/shujie-gov/shujie/models"
	"github.com/shujie-gov/shujie/workflow"
)

// real does some work: three cases, two of them with an assist, seven events
// and more.
func (w *World) real() []workflow.Case {
	w.Helper()
	a, b := w.Dispatched("一"), w.Dispatched("二")
	c := w.File(w.Draft(`三 <"&> ` + "\u2028"))
	w.Act("ga", a.ID, "sign", nil)
	w.Act("ga", a.ID, "comment", nil)
	return []workflow.Case{w.Read(a.ID), w.Read(b.ID), c}
}

func (w *World) seal() int64 {
	w.Helper()
	w.Clock.Add(time.Minute)
	n, err := w.Store.Seal(w.Context(), time.Second)
	if err != nil {
		w.Fatal(err)
	}
	return n
}

func (w *World) verify() models.Report {
	w.Helper()
	r, err := w.Store.Verify(w.Context(), 50)
	if err != nil {
		w.Fatal(err)
	}
	return r
}

func chainHolds(w *World) {
	if r := w.verify(); len(r.Problems) != 0 || r.Events != 0 {
		w.Errorf("an empty log: %+v", r)
	}
	w.real()
	if r := w.verify(); len(r.Problems) != 0 || r.Events == 0 || r.Unsealed != r.Events || r.Checkpoints != 0 {
		w.Errorf("not sealed: %+v", r)
	}
	sealed := w.seal()
	if r := w.verify(); len(r.Problems) != 0 || r.Unsealed != 0 || r.Events != sealed || r.Checkpoints != 1 {
		w.Errorf("sealed %d: %+v", sealed, r)
	}
	if n := w.seal(); n != 0 {
		w.Errorf("sealed %d twice", n)
	}
	c := w.File(w.Draft("又一件"))
	w.Act("coord", c.ID, "accept", nil)
	if n, err := w.Store.Seal(w.Context(), time.Hour); n != 0 || err != nil {
		w.Errorf("events of this hour were sealed: %d, %v", n, err)
	}
	if n := w.seal(); n != 2 {
		w.Errorf("sealed %d", n)
	}
	if r := w.verify(); len(r.Problems) != 0 || r.Unsealed != 0 || r.Checkpoints != 2 {
		w.Errorf("sealed twice: %+v", r)
	}
}

// tamper is something that somebody with the database's password might do, and
// what verify must name.
type tamper struct {
	name string
	do   string // %[1]d is the first case, %[2]d the second
	want string // kind, case (a or b), seq
}

func tampers() []tamper {
	return []tamper{
		{"a note is changed", `UPDATE events SET note = 'x' WHERE case_id = %[1]d AND seq = 2`, "changed a 2"},
		{"an actor is changed", `UPDATE events SET actor = actor + 1 WHERE case_id = %[1]d AND seq = 1`, "changed a 1"},
		{"inputs are changed", `UPDATE events SET data = '{"x":1}' WHERE case_id = %[1]d AND seq = 4`, "changed a 4"},
		{"a hash is changed", `UPDATE events SET hash = prev WHERE case_id = %[1]d AND seq = 3`, "changed a 3"},
		{"a link is changed", `UPDATE events SET prev = hash WHERE case_id = %[1]d AND seq = 3`, "changed a 3"},
		{"an event is removed", `DELETE FROM events WHERE case_id = %[1]d AND seq = 3`, "missing a 3"},
		{"the first event is removed", `DELETE FROM events WHERE case_id = %[1]d AND seq = 1`, "missing a 1"},
		{"the tail is removed", `DELETE FROM events WHERE case_id = %[1]d AND seq >= 4`, "missing a 4"},
		{"the log is emptied", `DELETE FROM events WHERE case_id = %[1]d`, "missing a 1"},
		{"an event is put at the end", `INSERT INTO events (case_id, seq, action, from_state, to_state, actor, name, role, dept, at, note, data, def, prev, hash)
			SELECT case_id, seq + 1, action, from_state, to_state, actor, name, role, dept, at, note, data, def, prev, hash FROM events
			WHERE case_id = %[1]d AND seq = (SELECT max(seq) FROM events WHERE case_id = %[1]d)`, "inserted a 6"},
		{"an event is copied into another case", `UPDATE events SET seq = seq + 100 WHERE case_id = %[1]d AND seq >= 3;
			INSERT INTO events (case_id, seq, action, from_state, to_state, actor, name, role, dept, at, note, data, def, prev, hash)
			SELECT %[1]d, 3, action, from_state, to_state, actor, name, role, dept, at, note, data, def, prev, hash FROM events WHERE case_id = %[2]d AND seq = 3;
			UPDATE events SET seq = seq - 99 WHERE case_id = %[1]d AND seq >= 100`, "reordered a 4"},
		{"two events change places", `UPDATE events SET seq = 100 WHERE case_id = %[1]d AND seq = 2;
			UPDATE events SET seq = 2 WHERE case_id = %[1]d AND seq = 3;
			UPDATE events SET seq = 3 WHERE case_id = %[1]d AND seq = 100`, "reordered a 2"},
		{"a state is set", `UPDATE cases SET state = 'closed' WHERE id = %[1]d`, "changed a 5"},
		{"a version is set back", `UPDATE cases SET version = version - 1 WHERE id = %[1]d`, "inserted a 5"},
		{"a version is set forward", `UPDATE cases SET version = version + 1 WHERE id = %[1]d`, "missing a 6"},
		{"the end of a chain is changed", `UPDATE cases SET chain = 'x' WHERE id = %[1]d`, "changed a 5"},
	}
}

// orphaning statements need the foreign keys out of their way.
func (w *World) without() (first, last string) {
	if w.Store.Dialect() == "postgres" {
		return "SET session_replication_role = replica;", "; SET session_replication_role = DEFAULT"
	}
	return "", "" // a raw SQLite connection does not check them
}

func tampering(w *World) {
	cases := w.real()
	w.seal()
	for _, test := range append(tampers(),
		tamper{"a case vanishes", `DELETE FROM cases WHERE id = %[1]d`, "missing a 0"},
	) {
		w.tampered(test, cases)
	}
}

// tampered does it, looks, and puts the rows back.
func (w *World) tampered(test tamper, cases []workflow.Case) {
	w.Helper()
	first, last := w.without()
	for _, table := range []string{"events", "cases", "checkpoints"} {
		w.Exec("DROP TABLE IF EXISTS kept_" + table)
		w.Exec("CREATE TABLE kept_" + table + " AS SELECT * FROM " + table)
	}
	w.Exec(first + strings.NewReplacer("%[1]d", fmt.Sprint(cases[0].ID), "%[2]d", fmt.Sprint(cases[1].ID)).Replace(test.do) + last)
	r := w.verify()
	var found []string
	for _, p := range r.Problems {
		name := map[workflow.CaseID]string{cases[0].ID: "a", cases[1].ID: "b", 0: "-"}[p.Case]
		found = append(found, fmt.Sprintf("%s %s %d", p.Kind, name, p.Seq))
		if p.Text == "" {
			w.Errorf("%s: a problem without a text: %+v", test.name, p)
		}
	}
	if !slices.Contains(found, test.want) {
		w.Errorf("%s: found %q, want %q", test.name, found, test.want)
	}
	columns := "" // PostgreSQL keeps the ids of events to itself unless told
	if w.Store.Dialect() == "postgres" {
		columns = " OVERRIDING SYSTEM VALUE"
	}
	w.Exec(first + "DELETE FROM events; DELETE FROM cases; DELETE FROM checkpoints;" +
		"INSERT INTO cases SELECT * FROM kept_cases; INSERT INTO events" + columns + " SELECT * FROM kept_events; INSERT INTO checkpoints SELECT * FROM kept_checkpoints" + last)
	if r := w.verify(); len(r.Problems) != 0 {
		w.Fatalf("%s: not put back: %+v", test.name, r.Problems)
	}
}

func sealedTampering(w *World) {
	cases := w.real()
	w.seal()
	w.File(w.Draft("第二个检查点"))
	w.seal()
	last := cases[0].Version
	rewind := strings.ReplaceAll(`DELETE FROM events WHERE case_id = %[1]d AND seq = LAST;
		UPDATE cases SET version = LAST - 1, state = (SELECT to_state FROM events WHERE case_id = %[1]d AND seq = LAST - 1),
		chain = (SELECT hash FROM events WHERE case_id = %[1]d AND seq = LAST - 1) WHERE id = %[1]d`, "LAST", fmt.Sprint(last))
	for _, test := range []tamper{
		{"a tail is removed and the case set back", rewind, "missing - 0"},
		{"a case vanishes with all its events", `DELETE FROM events WHERE case_id = %[1]d; DELETE FROM cases WHERE id = %[1]d`, "missing - 0"},
		{"a checkpoint is changed", `UPDATE checkpoints SET count = count - 1 WHERE id = 1`, "changed - 0"},
		{"the list of a checkpoint is changed", `UPDATE checkpoints SET missing = '[1]' WHERE id = 1`, "changed - 0"},
		{"a checkpoint is removed", `DELETE FROM checkpoints WHERE id = 1`, "missing - 0"},
		{"a checkpoint is replaced by a copy of another", `UPDATE checkpoints SET hash = (SELECT hash FROM checkpoints WHERE id = 1), root = (SELECT root FROM checkpoints WHERE id = 1) WHERE id = 2`, "changed - 0"},
	} {
		w.tampered(test, cases)
	}
}

func lateEvents(w *World) {
	w.real()
	// A transaction that is in flight while its range is sealed: its event is
	// taken away and comes back afterwards.
	w.Exec("CREATE TABLE kept AS SELECT * FROM events WHERE id = 3")
	w.Exec("DELETE FROM events WHERE id = 3")
	before := w.seal()
	columns := ""
	if w.Store.Dialect() == "postgres" {
		columns = " OVERRIDING SYSTEM VALUE"
	}
	w.Exec("INSERT INTO events" + columns + " SELECT * FROM kept")
	if r := w.verify(); len(r.Problems) != 0 || r.Unsealed != 1 || r.Events != before+1 {
		w.Errorf("not yet sealed: %+v", r)
	}
	w.File(w.Draft("下一件"))
	if n := w.seal(); n != 2 {
		w.Errorf("sealed %d, want the late one and the new one", n)
	}
	if r := w.verify(); len(r.Problems) != 0 || r.Unsealed != 0 {
		w.Errorf("sealed: %+v", r)
	}
	w.Exec("DELETE FROM events WHERE id = 3")
	if r := w.verify(); !slices.ContainsFunc(r.Problems, func(p models.Problem) bool { return p.Kind == models.Missing && p.Event == 3 && p.Checkpoint == 2 }) {
		w.Errorf("a late event that is gone: %+v", r.Problems)
	}
	// One that turns up long after is no late one.
	w.Exec("UPDATE checkpoints SET at = at") // nothing changes by itself
	w.Clock.Add(2 * time.Hour)
	w.Exec("INSERT INTO events" + columns + " SELECT * FROM kept")
	if r := w.verify(); len(r.Problems) != 0 {
		w.Errorf("put back: %+v", r.Problems)
	}
}
