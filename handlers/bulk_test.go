package handlers

import (
	"fmt"
	"net/http"
	"net/url"
	"strings"
	"testing"
	"time"

	"github.com/shujie-gov/shujie/fault"
	"github.com/shujie-gov/shujie/models"
	"github.com/shujie-gov/shujie/workflow"
)

// runBulk does what the job of a bulk act does (see package jobs).
func (w *world) runBulk(id int64) {
	w.t.Helper()
	ctx := w.t.Context()
	b, err := w.store.BulkWork(ctx, id, models.MaxBulk)
	w.must(err)
	u, err := w.store.User(ctx, b.Actor)
	w.must(err)
	for _, it := range b.Items {
		got, err := w.engine.Act(ctx, u.Actor(), it.Case, workflow.Input{Action: b.Action, Version: it.Version, Note: b.Note, Fields: b.Fields, Bulk: b.ID}, b.Key(it.N))
		it.Result, it.After, it.Reason = models.RowDone, got.Version, fault.Reason(err)
		switch {
		case fault.KindOf(err) == fault.Stale:
			it.Result = models.RowStale
		case err != nil:
			it.Result = models.RowRefused
		}
		w.must(w.store.SettleRow(ctx, id, it))
	}
	w.must(w.store.EndBulk(ctx, id))
}

// many dispatches n blockers to GA.
func (w *world) many(n int) []int64 {
	w.t.Helper()
	ids := make([]int64, n)
	for i := range ids {
		ids[i] = w.dispatched().ID
	}
	return ids
}

func (w *world) bulk(user string, body map[string]any) bulkView {
	w.t.Helper()
	var b bulkView
	w.as(user, http.MethodPost, "/bulk", body).want(http.StatusCreated).into(&b)
	return b
}

func (b bulkView) results() string {
	var words []string
	for _, it := range b.Items {
		words = append(words, it.Result)
	}
	return strings.Join(words, " ")
}

func TestABulkActSaysWhatItWouldDoAndThenDoesIt(t *testing.T) {
	everywhere(t, func(w *world) {
		t := w.t
		ids := w.many(3)
		foreign := w.file(map[string]any{"service_item": "新生儿参保", "proof": "出生证明"}).ID // GA plays no part in it
		w.act("ga", ids[2], "sign", nil)
		b := w.bulk("ga", map[string]any{"action": "sign", "cases": []any{ids[0], map[string]any{"id": ids[1], "version": 1}, ids[2], foreign}})
		if got := b.results(); b.State != "preview" || got != "ready stale refused refused" {
			t.Fatalf("preview %s: %s", b.State, got)
		}
		first := b.Items[0]
		if first.To != "handling" || first.ToName.ZH != "办理中" || first.Number == "" {
			t.Errorf("the first row: %+v", first)
		}
		if b.Items[2].Reason.ZH == "" || b.Items[3].Number != "" || b.Items[3].Title != "" {
			t.Errorf("refused rows: %+v %+v", b.Items[2], b.Items[3])
		}
		if got := w.get("ga", ids[0]); got.State != "dispatched" {
			t.Fatal("a preview moved a case")
		}
		for range 2 { // running twice is running once
			w.as("ga", http.MethodPost, fmt.Sprintf("/bulk/%d/run", b.ID), nil).want(http.StatusAccepted).into(&b)
		}
		if b.State != "running" {
			t.Errorf("after run: %s", b.State)
		}
		w.pump()
		w.as("ga", http.MethodGet, fmt.Sprintf("/bulk/%d", b.ID), nil).want(http.StatusOK).into(&b)
		if got := b.results(); b.State != "done" || got != "done stale refused refused" || b.UndoUntil != nil {
			t.Errorf("after: %s %s, undo until %v", b.State, got, b.UndoUntil)
		}
		for id, want := range map[int64]string{ids[0]: "handling", ids[1]: "dispatched"} {
			if got := w.get("ga", id); got.State != want {
				t.Errorf("case %d is %s, want %s", id, got.State, want)
			}
		}
		w.as("ga", http.MethodPost, fmt.Sprintf("/bulk/%d/undo", b.ID), nil).problem(http.StatusConflict, "conflict") // signing has no inverse
		for _, other := range []string{"ga_head", "coord"} {
			for _, path := range []string{"", "/run", "/undo"} {
				method := http.MethodPost
				if path == "" {
					method = http.MethodGet
				}
				w.as(other, method, fmt.Sprintf("/bulk/%d%s", b.ID, path), nil).problem(http.StatusNotFound, "not-found")
			}
		}
	})
}

// What was chosen is frozen: a row that moves after the preview is not moved by
// the run.
func TestARowThatMovedAfterThePreviewIsStale(t *testing.T) {
	w := newWorld(t, sqliteFor(t))
	ids := w.many(2)
	b := w.bulk("ga", map[string]any{"action": "claim", "cases": []any{ids[0], ids[1]}})
	w.act("ga_head", ids[0], "comment", map[string]any{"note": "先别动"})
	w.as("ga", http.MethodPost, fmt.Sprintf("/bulk/%d/run", b.ID), nil).want(http.StatusAccepted)
	w.pump()
	w.as("ga", http.MethodGet, fmt.Sprintf("/bulk/%d", b.ID), nil).into(&b)
	if got := b.results(); got != "stale done" || b.Items[0].Reason.ZH == "" {
		t.Errorf("results %s, %+v", got, b.Items[0].Reason)
	}
}

func TestABulkClaimIsTakenBackWithinTenMinutes(t *testing.T) {
	w := newWorld(t, sqliteFor(t))
	ids := w.many(3)
	w.act("ga_head", ids[2], "claim", nil)
	var b, back bulkView
	claim := func() {
		b = w.bulk("ga", map[string]any{"action": "claim", "cases": []any{ids[0], ids[1], ids[2]}})
		w.as("ga", http.MethodPost, fmt.Sprintf("/bulk/%d/run", b.ID), nil).want(http.StatusAccepted)
		w.pump()
		w.as("ga", http.MethodGet, fmt.Sprintf("/bulk/%d", b.ID), nil).into(&b)
	}
	claim()
	if b.UndoUntil == nil || b.results() != "done done done" {
		t.Fatalf("claimed: %s, undo until %v", b.results(), b.UndoUntil)
	}
	w.as("ga", http.MethodPost, fmt.Sprintf("/bulk/%d/undo", b.ID), nil).want(http.StatusAccepted).into(&back)
	w.pump()
	if back.Undoes != b.ID || len(back.Items) != 2 {
		t.Fatalf("taken back: %+v", back)
	}
	if a, c := w.get("ga", ids[0]), w.get("ga", ids[2]); a.Assignee != nil || c.Assignee == nil || !c.Assignee.Me {
		t.Errorf("what lay in the pool is with %+v, what was taken over with %+v", a.Assignee, c.Assignee)
	}
	w.act("ga", ids[2], "unclaim", nil)
	claim()
	w.clock.add(11 * time.Minute)
	w.as("ga", http.MethodPost, fmt.Sprintf("/bulk/%d/undo", b.ID), nil).problem(http.StatusConflict, "conflict")
}

// Each recipient reads one notice of a bulk act, which says of how many cases.
func TestABulkActTellsEachOnce(t *testing.T) {
	w := newWorld(t, sqliteFor(t))
	ids := w.many(3)
	to := int64(w.me("mz").Department.ID)
	b := w.bulk("ga_head", map[string]any{"action": "transfer", "to": to, "note": "归民政", "reason": "not_ours", "cases": []any{ids[0], ids[1], ids[2]}})
	if b.results() != "ready ready ready" {
		t.Fatalf("preview: %+v", b.Items)
	}
	w.as("ga_head", http.MethodPost, fmt.Sprintf("/bulk/%d/run", b.ID), nil).want(http.StatusAccepted)
	w.pump()
	var list noticesView
	w.as("mz", http.MethodGet, "/notices", nil).want(http.StatusOK).into(&list)
	if len(list.Items) != 1 || list.Items[0].Rows != 3 || list.Items[0].Action != "transfer" || list.Unread != 1 {
		t.Errorf("notices %+v", list)
	}
}

func TestABulkActIsRefusedByField(t *testing.T) {
	w := newWorld(t, sqliteFor(t))
	id := w.dispatched().ID
	far := make([]any, models.MaxBulk+1)
	for i := range far {
		far[i] = i + 1
	}
	for name, tt := range map[string]struct {
		body  map[string]any
		field string
	}{
		"no action":                    {map[string]any{"cases": []any{id}}, "action"},
		"an action that is none":       {map[string]any{"action": "dance", "cases": []any{id}}, "action"},
		"an action on one requirement": {map[string]any{"action": "waive", "cases": []any{id}}, "action"},
		"a look at personal data":      {map[string]any{"action": "unmask", "cases": []any{id}, "note": "x"}, "action"},
		"no case":                      {map[string]any{"action": "sign"}, "cases"},
		"a case that is no number":     {map[string]any{"action": "sign", "cases": []any{"x"}}, "cases.0.id"},
		"too many":                     {map[string]any{"action": "sign", "cases": far}, "cases"},
		"an input that is missing":     {map[string]any{"action": "comment", "cases": []any{id}}, "note"},
	} {
		p := w.as("ga", http.MethodPost, "/bulk", tt.body).problem(http.StatusUnprocessableEntity, "invalid")
		if got := p.names(); len(got) == 0 || got[0] != tt.field {
			t.Errorf("%s: fields %v, want %s", name, got, tt.field)
		}
	}
}

// The page asks for what is the same for all, shows the preview and runs it.
func TestABulkActThroughThePages(t *testing.T) {
	w := newWorld(t, sqliteFor(t))
	ids := w.many(2)
	list := w.page("ga", http.MethodGet, "/", nil).want(http.StatusOK).Body.String()
	row := fmt.Sprintf("%d:%d", ids[0], w.get("ga", ids[0]).Version)
	for _, want := range []string{`value="` + row + `"`, `<option value="sign">签收</option>`, `<option value="claim">认领</option>`} {
		if !strings.Contains(list, want) {
			t.Errorf("the inbox lacks %s", want)
		}
	}
	form := url.Values{"action": {"comment"}, "row": {row, fmt.Sprintf("%d:%d", ids[1], w.get("ga", ids[1]).Version)}}
	if page := w.page("ga", http.MethodPost, "/bulk", form).want(http.StatusOK).Body.String(); !strings.Contains(page, `name="note"`) || strings.Contains(page, "alert") {
		t.Errorf("the form: %s", page)
	}
	form.Set("typed", "1")
	if page := w.page("ga", http.MethodPost, "/bulk", form).want(http.StatusUnprocessableEntity).Body.String(); !strings.Contains(page, "请填写内容") {
		t.Error("a missing note is not named")
	}
	form.Set("note", "统一答复")
	to := w.page("ga", http.MethodPost, "/bulk", form).want(http.StatusSeeOther).Header().Get("Location")
	if page := w.page("ga", http.MethodGet, to, nil).want(http.StatusOK).Body.String(); !strings.Contains(page, "确认留言 2 件") {
		t.Errorf("the preview: %s", page)
	}
	w.page("ga", http.MethodPost, to+"/run", url.Values{}).want(http.StatusSeeOther)
	w.pump()
	if page := w.page("ga", http.MethodGet, to, nil).want(http.StatusOK).Body.String(); !strings.Contains(page, "成功 2 件") || !strings.Contains(page, "不能撤销") {
		t.Errorf("the result: %s", page)
	}
	if page := w.page("ga", http.MethodPost, "/bulk", url.Values{"action": {"sign"}}).want(http.StatusUnprocessableEntity).Body.String(); !strings.Contains(page, "请至少选择一件") {
		t.Error("nothing chosen is not said")
	}
}

// TestABulkActAsksWhatItsOwnKindAsks: a demand for data is accepted with a note, a
// blocker by one click.
func TestABulkActAsksWhatItsOwnKindAsks(t *testing.T) {
	w := newWorld(t, sqliteFor(t))
	id := w.file(map[string]any{"service_item": "新生儿参保", "proof": "出生证明"}).ID
	to := w.page("coord", http.MethodPost, "/bulk", url.Values{"action": {"accept"}, "row": {fmt.Sprintf("%d:1", id)}}).want(http.StatusSeeOther).Header().Get("Location")
	if !strings.HasPrefix(to, "/bulk/") {
		t.Errorf("led to %s", to)
	}
}
