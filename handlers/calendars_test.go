package handlers

import (
	"bytes"
	"fmt"
	"mime/multipart"
	"net/http"
	"net/url"
	"os"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/shujie-gov/shujie/models"
	"github.com/shujie-gov/shujie/workflow"
)

// replays does what a worker does with replays, and lets the engine count with
// the calendar in force.
func (w *world) replays() {
	w.t.Helper()
	ctx := w.t.Context()
	for {
		active, err := w.store.ActiveReplays(ctx)
		w.must(err)
		if len(active) == 0 {
			break
		}
		for _, r := range active {
			kept, err := w.store.Calendar(ctx, r.Calendar)
			w.must(err)
			cal, err := kept.Working()
			w.must(err)
			if r.Status == models.ReplayRunning {
				w.must(w.engine.RunReplay(ctx, w.store, r.ID, cal))
				w.must(w.store.FinishReplay(ctx, r.ID))
				continue
			}
			w.must(w.engine.PreviewReplay(ctx, w.store, r.ID, r.Turn, cal))
			w.must(w.store.EndPreview(ctx, r.ID))
		}
	}
	kept, err := w.store.CalendarInForce(ctx)
	w.must(err)
	cal, err := kept.Working()
	w.must(err)
	w.engine.Calendar = func() *workflow.Calendar { return cal }
}

func TestACalendarIsProposedByOneAndAppliedByAnother(t *testing.T) {
	everywhere(t, func(w *world) {
		t := w.t
		own, foreign := w.twoCities()
		var all calendarsView
		w.as("hall", http.MethodGet, "/calendars", nil).want(http.StatusOK).into(&all)
		if len(all.Items) != 1 || all.Items[0].Status != "in_force" || all.Items[0].Close != "24:00" || all.Undated != 0 {
			t.Fatalf("begun with %+v", all)
		}
		var first, draft calendarView
		w.as("hall", http.MethodGet, "/calendars/1", nil).want(http.StatusOK).into(&first)
		if len(first.Days) < 30 || len(first.Changes) != 0 {
			t.Errorf("%d days, %d changes", len(first.Days), len(first.Changes))
		}
		got := w.as("steward", http.MethodPost, "/calendars", map[string]any{"date": "2026-03-03", "kind": "holiday", "source": "临时通知", "note": "示范"}).want(http.StatusCreated).into(&draft)
		if got.Header().Get("Location") == "" || draft.Status != "draft" || draft.Source != "临时通知" || len(draft.Changes) != 1 || draft.Changes[0].Date != "2026-03-03" || draft.Changes[0].Is != "holiday" {
			t.Fatalf("draft: %+v", draft)
		}
		var same calendarView
		if w.as("steward", http.MethodPost, "/calendars", map[string]any{"date": "2026-03-03", "kind": "holiday"}).want(http.StatusCreated).into(&same); same.Number != draft.Number {
			t.Errorf("the same content is kept as %d and %d", draft.Number, same.Number)
		}
		w.as("steward", http.MethodPost, "/calendars", map[string]any{"date": "2026-03-03", "kind": "ordinary"}).problem(http.StatusUnprocessableEntity, "invalid")

		var p, seen, counts replayView
		w.as("steward", http.MethodPost, fmt.Sprintf("/calendars/%d/replays", draft.Number), nil).want(http.StatusCreated).into(&p)
		if p.Status != "counting" || !p.Active {
			t.Errorf("begun: %+v", p)
		}
		w.as("sysadmin", http.MethodPost, fmt.Sprintf("/replays/%d/apply", p.ID), nil).problem(http.StatusConflict, "conflict")
		before := w.get("ga", own.ID)
		w.replays()
		path := fmt.Sprintf("/replays/%d", p.ID)
		w.as("steward", http.MethodGet, path, nil).want(http.StatusOK).into(&seen)
		if seen.Status != "ready" || seen.Rows < 2 || int64(len(seen.Items)) != seen.Rows || after(seen, own.ID) == nil || after(seen, foreign.ID) == nil {
			t.Fatalf("preview: %+v", seen)
		}
		if after := w.get("ga", own.ID); after.Version != before.Version || !after.Due.Equal(*before.Due) {
			t.Error("the preview changed a case")
		}
		// A reader sees the counts of all and the rows of their own cases.
		if w.as("hall_wx", http.MethodGet, path, nil).want(http.StatusOK).into(&counts); counts.Rows != seen.Rows || after(counts, own.ID) != nil || after(counts, foreign.ID) == nil {
			t.Errorf("the hall of the other city sees %+v", counts.Items)
		}
		if w.as("sysadmin", http.MethodGet, path, nil).want(http.StatusOK).into(&counts); counts.Rows != seen.Rows || len(counts.Items) != 0 || len(counts.Counts) == 0 {
			t.Errorf("the system administrator sees %+v", counts)
		}
		var page replayView
		w.as("steward", http.MethodGet, path+"?limit=1&outcome=pending", nil).want(http.StatusOK).into(&page)
		if len(page.Items) != 1 || page.Next == "" {
			t.Errorf("a page of one: %d rows, next %q", len(page.Items), page.Next)
		}

		w.as("sysadmin", http.MethodPost, path+"/apply", nil).want(http.StatusOK).into(&counts)
		if counts.Status != "running" {
			t.Errorf("applied: %+v", counts)
		}
		w.replays()
		w.as("steward", http.MethodGet, path, nil).want(http.StatusOK).into(&seen)
		if seen.Status != "done" || seen.Outcomes["moved"] != seen.Rows {
			t.Errorf("done: %+v", seen)
		}
		for _, id := range []int64{own.ID, foreign.ID} {
			if c := w.get("coord", id); !c.Due.Equal(*after(seen, id)) {
				t.Errorf("case %d is due %v, the preview said %v", id, c.Due, after(seen, id))
			}
		}
		if log := w.as("ga", http.MethodGet, fmt.Sprintf("/cases/%d/events", own.ID), nil).want(http.StatusOK).Body.String(); !strings.Contains(log, `"action":"recalculate"`) || !strings.Contains(log, "重算期限") {
			t.Errorf("the log says nothing of it: %.300s", log)
		}
		w.as("sysadmin", http.MethodPost, path+"/apply", nil).problem(http.StatusConflict, "conflict")
		// The way back is a replay with the version of before.
		w.as("steward", http.MethodPost, "/calendars/1/replays", nil).want(http.StatusCreated).into(&p)
		w.replays()
		w.as("sysadmin", http.MethodPost, fmt.Sprintf("/replays/%d/apply", p.ID), nil).want(http.StatusOK)
		w.replays()
		if back := w.get("ga", own.ID); !back.Due.Equal(*before.Due) {
			t.Errorf("back: due %v, was %v", back.Due, before.Due)
		}
	})
}

// after is the date that a preview says of a case, nil when it does not list it.
func after(r replayView, id int64) *time.Time {
	i := slices.IndexFunc(r.Items, func(v replayedView) bool { return v.Case == id })
	if i < 0 {
		return nil
	}
	return r.Items[i].After
}

func TestABadCalendarIsRefusedByRowAndColumnAndNothingIsKept(t *testing.T) {
	w := newWorld(t, sqliteFor(t))
	for name, tt := range map[string]struct {
		body map[string]any
		say  string
	}{
		"a kind that is none":       {map[string]any{"csv": "date,kind\n2026-01-01,holiday\n2026-01-02,feast\n"}, "第 3 行 kind 列"},
		"a date that is none":       {map[string]any{"csv": "date,kind\n2026-02-30,holiday\n"}, "第 2 行 date 列"},
		"no header":                 {map[string]any{"csv": "2026-01-01,holiday\n"}, "date,kind"},
		"a make-up day on a Monday": {map[string]any{"date": "2026-03-02", "kind": "make_up_workday"}, "不是周末"},
		"a day without a kind":      {map[string]any{"date": "2026-03-02"}, "kind"},
		"a close after midnight":    {map[string]any{"close": "25:00"}, "00:01"},
	} {
		got := w.as("steward", http.MethodPost, "/calendars", tt.body).want(http.StatusUnprocessableEntity)
		if !strings.Contains(got.Body.String(), tt.say) {
			t.Errorf("%s: %s", name, got.Body)
		}
	}
	list, err := w.store.Calendars(t.Context())
	if err != nil || len(list) != 1 {
		t.Errorf("%d versions are kept, %v", len(list), err)
	}
}

func TestACalendarFileIsUploadedAndEditedOnThePages(t *testing.T) {
	w := newWorld(t, sqliteFor(t))
	notice, err := os.ReadFile("../testdata/calendar.csv")
	w.must(err)
	upload := func(path string, fields map[string]string, file string) answer {
		t.Helper()
		var form bytes.Buffer
		parts := multipart.NewWriter(&form)
		for name, v := range fields {
			w.must(parts.WriteField(name, v))
		}
		f, err := parts.CreateFormFile("file", "放假通知.csv")
		w.must(err)
		_, err = f.Write([]byte(file))
		w.must(err)
		w.must(parts.Close())
		req := w.request(http.MethodPost, path, form.String())
		req.Header.Set("Content-Type", parts.FormDataContentType())
		req.Header.Set("Accept", "text/html")
		req.AddCookie(&http.Cookie{Name: cookieName, Value: w.login("steward")})
		return w.send(req)
	}
	bad := upload("/calendars", nil, "date,kind\n2026-01-01,feast\n").want(http.StatusUnprocessableEntity).Body.String()
	if !strings.Contains(bad, "第 2 行 kind 列") {
		t.Errorf("the page does not say what is wrong: %.400s", bad)
	}
	got := upload("/calendars", map[string]string{"note": "二〇二七年"}, string(notice)+"2027-01-01,holiday\n").want(http.StatusSeeOther)
	path := got.Header().Get("Location")
	page := w.page("steward", http.MethodGet, path, nil).want(http.StatusOK).Body.String()
	for _, text := range []string{"2027-01-01", "二〇二七年", "放假通知.csv", "<caption>12 月</caption>", "休", "预览对案件的影响", "?year=2027"} {
		if !strings.Contains(page, text) {
			t.Errorf("the page of the draft lacks %q", text)
		}
	}
	draft, err := w.store.Calendar(t.Context(), 2)
	w.must(err)
	w.page("steward", http.MethodPost, path, url.Values{"version": {draft.Version}, "date": {"2027-01-02"}, "kind": {"make_up_workday"}}).want(http.StatusSeeOther)
	w.page("steward", http.MethodPost, path, url.Values{"version": {draft.Version}, "date": {"2027-01-03"}, "kind": {"holiday"}}).want(http.StatusConflict) // an old look
	if draft, err = w.store.Calendar(t.Context(), 2); err != nil || !slices.Contains(draft.Days, workflow.Day{Date: "2027-01-02", Kind: workflow.MakeUpWorkday}) || slices.ContainsFunc(draft.Days, func(d workflow.Day) bool { return d.Date == "2027-01-03" }) {
		t.Errorf("the draft is %+v, %v", draft.Days, err)
	}
	if csv := w.page("hall", http.MethodGet, path+"/csv", nil).want(http.StatusOK).Body.String(); csv != workflow.WriteCalendarCSV(draft.Days) {
		t.Errorf("exported: %.200s", csv)
	}
	// The pages of those who only look offer nothing to change.
	if page = w.page("hall", http.MethodGet, path, nil).want(http.StatusOK).Body.String(); strings.Contains(page, "<form method=\"post\" action=\"/calendars") {
		t.Error("the hall is offered to change the calendar")
	}
	w.page("steward", http.MethodPost, path+"/discard", url.Values{}).want(http.StatusSeeOther)
	w.page("steward", http.MethodGet, path, nil).want(http.StatusNotFound)
}

func TestTheSheetOfADateThatDiffersLeadsToTheReplay(t *testing.T) {
	w := newWorld(t, sqliteFor(t))
	own := w.blocker()
	var sheet caseClocksView
	path := fmt.Sprintf("/cases/%d/clocks", own.ID)
	if w.as("hall", http.MethodGet, path, nil).want(http.StatusOK).into(&sheet); sheet.Clocks.Rule.Agreement != "agrees" || sheet.Clocks.Rule.Replay != "" {
		t.Errorf("before: %+v", sheet.Clocks.Rule)
	}
	was := w.engine.Calendar()
	next, err := workflow.NewCalendar(was.Set("2026-03-03", workflow.Holiday), was.Close())
	w.must(err)
	w.engine.Calendar = func() *workflow.Calendar { return next }
	if w.as("hall", http.MethodGet, path, nil).want(http.StatusOK).into(&sheet); sheet.Clocks.Rule.Agreement != "differs" || sheet.Clocks.Rule.Other != next.Version() || sheet.Clocks.Rule.Calendar != was.Version() {
		t.Errorf("after: %+v", sheet.Clocks.Rule)
	}
	page := w.page("hall", http.MethodGet, fmt.Sprintf("/cases/%d", own.ID), nil).want(http.StatusOK).Body.String()
	if !strings.Contains(page, `<a href="/calendars">查看工作日历与重算</a>`) {
		t.Error("the page does not lead to the calendars")
	}
	w.page("hall", http.MethodGet, sheet.Clocks.Rule.Replay, nil).want(http.StatusOK)
}
