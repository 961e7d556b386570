package modelstest

import (
	"strings"
	"time"

	"github.com/shujie-gov/shujie/models"
	"github.com/shujie-gov/shujie/workflow"
)

func sanfeng() workflow.Person {
	return workflow.Person{Name: "张三丰", IDNumber: "329900199001010037"}
}

// about files a blocker about a person and brings it to where its data is being
// fetched.
func (w *World) about(title string, p workflow.Person) (workflow.Case, models.Job) {
	w.Helper()
	d := w.Draft(title)
	d.Person = p
	c := w.File(d)
	w.Act("hall", c.ID, "request_data", nil)
	for _, j := range w.Claim() {
		if j.Kind == workflow.EffectFetch && j.Case == c.ID {
			return w.Read(c.ID), j
		}
	}
	w.Fatal("no fetch was asked for")
	return workflow.Case{}, models.Job{}
}

// reuse asks whether a case may use a record again.
func (w *World) reuse(c workflow.Case, job models.Job) *models.Receipt {
	w.Helper()
	t, err := w.Store.Target(w.Context(), c.ID, c.Requirements[0].ID)
	if err != nil {
		w.Fatal(err)
	}
	r, err := w.Store.Reuse(w.Context(), job.ID, t)
	if err != nil {
		w.Fatal(err)
	}
	return r
}

// arrive tells a case that its data is there.
func (w *World) arrive(r *models.Receipt) {
	w.Helper()
	in := workflow.Input{Action: "data_arrived", Fields: map[string]any{"requirement": r.Requirement, "receipt": r.ID}}
	if _, err := w.Engine.Act(w.Context(), workflow.SystemActor(), r.Case, in, workflow.Key{}); err != nil {
		w.Fatal(err)
	}
}

func reusedRecord(w *World) {
	a, job := w.about("第一次", sanfeng())
	first := w.fetch(a, job, models.FetchFound)
	w.arrive(first)
	w.Clock.Add(24 * time.Hour)
	b, again := w.about("第二次", workflow.Person{Name: " 张三丰", IDNumber: "329900199001010037", Phone: "13800138000"})
	second := w.reuse(b, again)
	if second == nil {
		w.Fatal("the record was not used again")
	}
	if second.ID == first.ID || second.Source != first.ID || second.Case != b.ID || second.Requirement != b.Requirements[0].ID || second.Job != again.ID ||
		second.Fetch != first.Fetch || second.Hash != first.Hash || second.CaseNumber != models.Number(b.ID, b.CreatedAt) ||
		second.At.Sub(first.At) < 24*time.Hour || !second.ValidUntil.Equal(first.ValidUntil) || second.Actor != w.Actor("hall").UserID || second.Purpose == "" || second.Basis == "" {
		w.Errorf("the receipt of the second use: %+v", second)
	}
	if err := w.Store.VerifyReceipt(w.Context(), *second); err != nil {
		w.Error(err)
	}
	if j, err := w.Store.JobReceipt(w.Context(), again.ID); err != nil || j.ID != second.ID {
		w.Errorf("the job run again finds %+v, %v", j, err)
	}
	if r := w.reuse(b, again); r != nil {
		w.Errorf("a case that asks a second time fetches: %+v", r)
	}
	all := models.Scope{All: true}
	if rows, err := w.Store.Fetches(w.Context(), all, b.ID); err != nil || len(rows) != 0 {
		w.Errorf("a call was made: %+v %v", rows, err)
	}
	w.arrive(second)
	// A third use names the call, not the copy.
	c, third := w.about("第三次", sanfeng())
	r3 := w.reuse(c, third)
	if r3 == nil || r3.Source != first.ID {
		w.Fatalf("the third use: %+v", r3)
	}
	// Each destroys its own.
	if _, err := w.Store.DestroyPayloads(w.Context(), a.ID, "办结"); err != nil {
		w.Fatal(err)
	}
	for _, r := range []*models.Receipt{second, r3} {
		if body, err := w.Store.Payload(w.Context(), all, r.ID); err != nil || !strings.Contains(string(body), "张三丰") {
			w.Errorf("receipt %d after the first was destroyed: %s %v", r.ID, body, err)
		}
	}
	for _, table := range []string{"receipts", "payloads", "fetches"} {
		for _, row := range w.Rows()[table] {
			if strings.Contains(row, "329900199001010037") || strings.Contains(row, "三丰") {
				w.Errorf("%s holds personal data in clear: %s", table, row)
			}
		}
	}
	if r := w.verify(); len(r.Problems) != 0 {
		w.Errorf("%+v", r.Problems)
	}
}

func refusedReuse(w *World) {
	a, job := w.about("有数据", sanfeng())
	first := w.fetch(a, job, models.FetchFound)
	none := func(why string, c workflow.Case, j models.Job) {
		w.Helper()
		if r := w.reuse(c, j); r != nil {
			w.Errorf("%s: used again by receipt %+v", why, r)
		}
	}
	b, again := w.about("同一人", sanfeng())
	none("before the first case has taken it", b, again)
	w.arrive(first)
	other, j2 := w.about("另一人", workflow.Person{Name: "张三丰", IDNumber: "32990019900101001X"})
	none("another number", other, j2)
	namesake, j := w.about("另一名", workflow.Person{Name: "李三丰", IDNumber: "329900199001010037"})
	none("another name", namesake, j)
	nobody, j := w.about("无办事人", workflow.Person{})
	none("a test person", nobody, j)
	target, err := w.Store.Target(w.Context(), b.ID, b.Requirements[0].ID)
	if err != nil {
		w.Fatal(err)
	}
	for why, change := range map[string]func(t *models.Target){
		"no grant for the purpose":          func(t *models.Target) { t.Grant = models.Grant{Needed: true, Standing: workflow.GrantNone} },
		"a grant that is held":              func(t *models.Target) { t.Grant = models.Grant{Needed: true, Standing: workflow.GrantHeld} },
		"another version of the resource":   func(t *models.Target) { t.Resource.Version += "x" },
		"another resource":                  func(t *models.Target) { t.Resource.ID++ },
		"a person who cannot be told apart": func(t *models.Target) { t.Subject.IDNumber = "" },
	} {
		t := target
		change(&t)
		if r, err := w.Store.Reuse(w.Context(), again.ID, t); r != nil || err != nil {
			w.Errorf("%s: used again by receipt %+v, %v", why, r, err)
		}
	}
	for why, statements := range map[string][2]string{
		"its own case doubts it": {"UPDATE requirements SET status = 'checking' WHERE id = 1", "UPDATE requirements SET status = 'satisfied' WHERE id = 1"},
		"it is destroyed":        {"UPDATE receipts SET destroyed_at = at", "UPDATE receipts SET destroyed_at = NULL"},
	} {
		w.Exec(statements[0])
		none(why, b, again)
		w.Exec(statements[1])
	}
	// Whose record it is was changed in the database: it opens for nobody else.
	stranger := w.fetch(other, j2, models.FetchFound)
	w.arrive(stranger)
	w.Exec(`DELETE FROM payloads WHERE receipt_id = 1; UPDATE payloads SET receipt_id = 1; UPDATE receipts SET destroyed_at = NULL`)
	none("another's record under this receipt", b, again)
	found := false
	for _, p := range w.verify().Problems {
		found = found || p.Receipt == first.ID && strings.HasPrefix(p.Text, "payload:")
	}
	if !found {
		w.Error("verify does not name the record that was given to another")
	}
	w.Clock.Add(31 * 24 * time.Hour)
	late, j := w.about("过期以后", workflow.Person{Name: "张三丰", IDNumber: "32990019900101001X"})
	none("it is over", late, j)
}
