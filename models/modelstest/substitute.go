package modelstest

import (
	"errors"
	"time"

	"github.com/shujie-gov/shujie/fault"
	"github.com/shujie-gov/shujie/models"
	"github.com/shujie-gov/shujie/workflow"
)

// staffed adds people to the world's department GA: a handler and a second one.
func (w *World) staffed() (head, a, b int64) {
	w.Helper()
	err := w.Store.Import(w.Context(), models.Reference{Users: []models.NewUser{
		{Username: "ga2", Name: "乙", PasswordHash: "x", DeptCode: "GA", RegionCode: "320000", Roles: []workflow.Role{workflow.DeptHandler}},
		{Username: "ga3", Name: "丙", PasswordHash: "x", DeptCode: "GA", RegionCode: "320000", Roles: []workflow.Role{workflow.DeptHandler}},
	}})
	if err != nil {
		w.Fatal(err)
	}
	return w.Actor("ga").UserID, w.Actor("ga2").UserID, w.Actor("ga3").UserID
}

// standIns lends rights for the days of an absence, and no longer.
func standIns(w *World) {
	head, a, _ := w.staffed()
	in := models.Substitute{Absent: head, Substitute: a, From: "2026-03-03", Until: "2026-03-04"}
	got, err := w.Store.NameSubstitute(w.Context(), head, in)
	if err != nil || got.AbsentName != "ga" || got.SubstituteName != "乙" || got.Dept != w.Depts["GA"] || got.NamedBy != head {
		w.Fatalf("named %+v, %v", got, err)
	}
	holds := func() bool {
		u, err := w.Store.User(w.Context(), a)
		if err != nil {
			w.Fatal(err)
		}
		for _, g := range u.Grants {
			if g.Role == workflow.DeptHead && g.For == head && g.ForName == "ga" && g.Dept == w.Depts["GA"] {
				return true
			}
		}
		return false
	}
	// The world begins on 2026-03-02 at nine in China.
	for _, step := range []struct {
		after time.Duration
		want  bool
		when  string
	}{
		{0, false, "the day before"},
		{14*time.Hour + 59*time.Minute, false, "a minute before the first day"},
		{time.Minute, true, "at the beginning of the first day"},
		{47*time.Hour + 59*time.Minute, true, "in the last minute of the last day"},
		{time.Minute, false, "when the last day is over"},
	} {
		if w.Clock.Add(step.after); holds() != step.want {
			w.Errorf("%s: lent %v, want %v", step.when, !step.want, step.want)
		}
	}
	now, err := w.Store.NameSubstitute(w.Context(), head, models.Substitute{Absent: a, Substitute: head, From: "2026-03-05", Until: "2026-03-09"})
	if err != nil {
		w.Fatal(err) // by the head, for one of theirs
	}
	list, err := w.Store.Substitutes(w.Context(), a)
	if err != nil || len(list) != 1 || list[0].ID != now.ID {
		w.Errorf("listed %+v, %v", list, err)
	}
	for person, want := range map[string]bool{"mz": false, "ga3": false, "ga2": true} {
		err := w.Store.EndSubstitute(w.Context(), w.Actor(person).UserID, now.ID)
		if (err == nil) != want || (!want && fault.KindOf(err) != fault.NotFound) {
			w.Errorf("%s ends it: %v", person, err)
		}
	}
	if list, err := w.Store.Substitutes(w.Context(), a); err != nil || len(list) != 0 {
		w.Errorf("after the end: %+v, %v", list, err)
	}
}

// refusedStandIns refuses what would carry rights too far, by field.
func refusedStandIns(w *World) {
	head, a, b := w.staffed()
	name := func(by, absent, substitute int64, from, until string) error {
		_, err := w.Store.NameSubstitute(w.Context(), by, models.Substitute{Absent: absent, Substitute: substitute, From: from, Until: until})
		return err
	}
	if err := name(a, a, head, "2026-03-03", "2026-03-10"); err != nil {
		w.Fatal(err)
	}
	person := func(user string) int64 { return w.Actor(user).UserID }
	for what, tt := range map[string]struct {
		err   error
		field string // "": forbidden
	}{
		"a handler for a colleague":             {name(a, b, head, "2026-03-20", "2026-03-21"), ""},
		"a stranger for somebody":               {name(person("mz"), b, head, "2026-03-20", "2026-03-21"), ""},
		"oneself":                               {name(b, b, b, "2026-03-20", "2026-03-21"), "substitute"},
		"somebody of another department":        {name(b, b, person("mz"), "2026-03-20", "2026-03-21"), "substitute"},
		"nobody":                                {name(b, b, 4711, "2026-03-20", "2026-03-21"), "substitute"},
		"an administrator":                      {name(b, b, person("sys"), "2026-03-20", "2026-03-21"), "substitute"},
		"for an administrator":                  {name(person("audit"), person("audit"), a, "2026-03-20", "2026-03-21"), "absent"},
		"for a coordinator":                     {name(person("coord"), person("coord"), a, "2026-03-20", "2026-03-21"), "absent"},
		"for nobody":                            {name(b, 4711, a, "2026-03-20", "2026-03-21"), "absent"},
		"an end before the beginning":           {name(b, b, a, "2026-03-21", "2026-03-20"), "until"},
		"days that are over":                    {name(b, b, a, "2026-02-01", "2026-02-28"), "until"},
		"two substitutes at once":               {name(a, a, b, "2026-03-10", "2026-03-12"), "from"},
		"somebody who is absent (a chain)":      {name(b, b, a, "2026-03-05", "2026-03-05"), "substitute"},
		"by a substitute (a circle)":            {name(head, head, a, "2026-03-05", "2026-03-05"), "substitute"},
		"by a substitute to a third":            {name(head, head, b, "2026-03-05", "2026-03-05"), "absent"},
		"an account that holds roles elsewhere": {name(b, b, person("xx"), "2026-03-20", "2026-03-21"), "substitute"},
	} {
		var f *fault.Error
		switch {
		case !errors.As(tt.err, &f):
			w.Errorf("%s: %v", what, tt.err)
		case tt.field == "" && f.Kind != fault.Forbidden:
			w.Errorf("%s: %v, want forbidden", what, tt.err)
		case tt.field != "" && (len(f.Fields) != 1 || f.Fields[0].Name != tt.field):
			w.Errorf("%s: %v, want the field %s", what, tt.err, tt.field)
		}
	}
	if n := len(w.Rows()["substitutes"]); n != 1 {
		w.Errorf("%d rows were written", n)
	}
	if err := name(a, a, b, "2026-03-11", "2026-03-12"); err != nil {
		w.Errorf("days that follow: %v", err)
	}
}

// lentRights lets the substitute act, and the log says in whose place.
func lentRights(w *World) {
	head, a, _ := w.staffed()
	c := w.Dispatched("甲")
	w.Act("ga", c.ID, "sign", nil)
	suspend := map[string]any{"reason": "citizen_papers", "days": 2}
	try := func() error {
		u, err := w.Store.User(w.Context(), a)
		if err != nil {
			w.Fatal(err)
		}
		_, err = w.Engine.Act(w.Context(), u.Actor(), c.ID, workflow.Input{Action: "suspend", Note: "等材料", Fields: suspend}, workflow.Key{})
		return err
	}
	if err := try(); fault.KindOf(err) != fault.Forbidden {
		w.Fatalf("a handler suspends: %v", err)
	}
	if _, err := w.Store.NameSubstitute(w.Context(), head, models.Substitute{Absent: head, Substitute: a, From: "2026-03-02", Until: "2026-03-02"}); err != nil {
		w.Fatal(err)
	}
	if err := try(); err != nil {
		w.Fatalf("the substitute suspends: %v", err)
	}
	w.Act("ga2", c.ID, "comment", map[string]any{})
	events, err := w.Store.Events(w.Context(), models.Scope{All: true}, c.ID, "", 100)
	if err != nil {
		w.Fatal(err)
	}
	said := map[workflow.Action]string{}
	for _, e := range events.Items {
		said[e.Action] = e.Name
		if e.Action == "suspend" && (e.Actor != a || e.Role != workflow.DeptHead) {
			w.Errorf("the log says %+v", e)
		}
	}
	if said["suspend"] != "乙（代 ga）" || said["comment"] != "乙" {
		w.Errorf("the log says %v", said)
	}
	if r, err := w.Store.Verify(w.Context(), 10); err != nil || len(r.Problems) > 0 {
		w.Errorf("the chain: %+v, %v", r, err)
	}
}
