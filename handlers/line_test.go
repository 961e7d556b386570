package handlers

import (
	"fmt"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"testing"
)

// The whole line of a blocker over HTTP: filed by the hall, routed by the
// catalogue, its data fetched, approved online, delivered, verified, closed.
func TestABlockerTravelsFromTheHallToClosed(t *testing.T) {
	everywhere(t, func(w *world) {
		t := w.t
		c := w.file(map[string]any{
			"kind": "blocker", "service_item": "SJ-001", "proof": "到场身份证明", "batch": "第一批",
			"person": map[string]string{"name": "张三丰", "id_number": "32990019900101001x", "phone": "13812345678"},
		})
		if c.State != "filed" || c.Version != 1 || c.Title != "企业登记全程电子化：索要到场身份证明" || c.NoMeeting != "in_person" || c.Number == "" {
			t.Fatalf("filed: %+v", c.lineView)
		}
		if c.Holder.Code != "GA" || c.Demander.Code != "SJ" || c.Filer.Code != "H-NJ" || c.Batch.Name != "第一批" || c.Region.Code != "320100" {
			t.Fatalf("the catalogue's parts: %+v", c.lineView)
		}
		if c.Person.Name == "张三丰" || c.Person.IDNumber == "32990019900101001X" || !strings.HasSuffix(c.Person.IDNumber, "001X") {
			t.Errorf("the person is not masked: %+v", c.Person)
		}
		if need := c.Requirements[0]; need.Status != "open" || need.Resource.Name != "人口基准信息" || need.Provider.Code != "GA" || need.ShareClass != 1 {
			t.Errorf("requirement: %+v", need)
		}
		w.act("coord", c.ID, "accept", map[string]any{"version": 1})
		w.pump() // one registered holder: dispatched by itself
		if c = w.get("ga", c.ID); c.State != "dispatched" || c.Lead.Code != "GA" || !c.Waits.Me || len(c.Children) != 1 {
			t.Fatalf("dispatched: %+v %+v", c.lineView, c.Children)
		}
		assist := c.Children[0].ID
		if c.Children[0].Number == "" {
			t.Error("a child in reach has no number")
		}
		w.act("ga", c.ID, "sign", map[string]any{"version": c.Version})
		w.act("ga", c.ID, "request_data", nil)
		w.pump()
		c = w.get("ga_head", c.ID)
		if c.NoMeeting != "data_ready" || len(c.Fetches) != 1 || len(c.Receipts) != 1 || c.Requirements[0].Receipt != c.Receipts[0].ID {
			t.Fatalf("fetched: %+v %+v %+v", c.lineView, c.Fetches, c.Requirements)
		}
		if slices.Contains(c.Actions, "resolve") {
			t.Error("it could be resolved before the assist has ended")
		}
		w.act("sj", assist, "sign", nil)
		w.act("sj", assist, "finish", map[string]any{"note": "已停止索要，改用共享数据"})
		w.pump()
		w.act("sj_head", c.ID, "approve_online", nil)
		w.act("ga_head", c.ID, "resolve", nil)
		w.act("hall", c.ID, "deliver", map[string]any{"method": "post", "number": "EMS-1"})
		c = w.act("hall", c.ID, "verify", map[string]any{"visits": 0})
		if c.State != "closed" || !c.Ended || c.NoMeeting != "delivered" {
			t.Fatalf("closed: %+v", c.lineView)
		}
		var log eventsView
		w.as("coord", http.MethodGet, fmt.Sprintf("/cases/%d/events", c.ID), nil).want(http.StatusOK).into(&log)
		var acts []string
		for _, e := range log.Items {
			acts = append(acts, e.Action)
		}
		if got, want := strings.Join(acts, " "), "file accept dispatch sign request_data data_arrived approve_online resolve deliver verify"; got != want {
			t.Errorf("log:  %s\nwant: %s", got, want)
		}
		var receipt receiptView
		w.as("hall", http.MethodGet, fmt.Sprintf("/receipts/%d", w.get("hall", c.ID).Receipts[0].ID), nil).want(http.StatusOK).into(&receipt)
		if receipt.Resource != "人口基准信息" || receipt.Hash == "" || receipt.Signature == "" {
			t.Errorf("receipt %+v", receipt)
		}
		var lot batchView
		w.as("coord", http.MethodGet, fmt.Sprintf("/batches/%d", c.Batch.ID), nil).want(http.StatusOK).into(&lot)
		if lot.Total != 1 || lot.Closed != 1 || lot.States[0].State != "closed" {
			t.Errorf("batch %+v", lot)
		}
	})
}

func TestTheFormsOfThePagesDoTheSame(t *testing.T) {
	w := newWorld(t, sqliteFor(t))
	var items itemsView
	w.as("hall", http.MethodGet, "/service-items?q=qydj", nil).want(http.StatusOK).into(&items)
	if len(items.Items) != 1 || items.Items[0].Name != "企业登记全程电子化" {
		t.Fatalf("pinyin initials find %+v", items)
	}
	var it itemView
	w.as("hall", http.MethodGet, fmt.Sprintf("/service-items/%d", items.Items[0].ID), nil).want(http.StatusOK).into(&it)
	form := url.Values{
		"kind": {"blocker"}, "service_item": {fmt.Sprint(it.ID)}, "proofs": {fmt.Sprint(it.Proofs[0].ID), fmt.Sprint(it.Proofs[1].ID)}, "proof": {""},
		"person.name": {"张三"}, "person.id_number": {""}, "person.phone": {""}, "idempotency_key": {"page-1"},
	}
	got := w.page("hall", http.MethodPost, "/cases", form).want(http.StatusSeeOther)
	at := got.Header().Get("Location")
	if again := w.page("hall", http.MethodPost, "/cases", form).want(http.StatusSeeOther).Header().Get("Location"); again != at {
		t.Errorf("sent twice, the form filed %s and %s", at, again)
	}
	page := w.page("hall", http.MethodGet, at, nil).want(http.StatusOK).Body.String()
	for _, want := range []string{"企业登记全程电子化：索要到场身份证明、社区同意证明", "<svg", "张*", "撤回"} {
		if !strings.Contains(page, want) {
			t.Errorf("the case page lacks %q", want)
		}
	}
	if got := w.page("coord", http.MethodPost, at+"/actions/accept", url.Values{"version": {"1"}}).want(http.StatusSeeOther).Header().Get("Location"); got != at {
		t.Errorf("after a move: %s", got)
	}
	// A wrong form comes back with what was typed, and nothing was filed.
	form = url.Values{"service_item": {fmt.Sprint(it.ID)}, "proofs": {fmt.Sprint(it.Proofs[1].ID)}, "person.name": {"李四"}, "person.id_number": {"329900199001010011"}}
	bad := w.page("hall", http.MethodPost, "/cases", form).want(http.StatusUnprocessableEntity).Body.String()
	for _, want := range []string{`value="李四"`, `value="329900199001010011"`, "公民身份号码不正确", "checked"} {
		if !strings.Contains(bad, want) {
			t.Errorf("the form that comes back lacks %q", want)
		}
	}
	var list casesView
	w.as("hall", http.MethodGet, "/cases", nil).want(http.StatusOK).into(&list)
	if len(list.Items) != 1 {
		t.Errorf("%d cases were filed", len(list.Items))
	}
}

func TestAnOldPageIsToldWhatHappenedSince(t *testing.T) {
	everywhere(t, func(w *world) {
		t := w.t
		c := w.blocker()
		w.act("coord", c.ID, "comment", map[string]any{"note": "请补充情况"})
		p := w.as("coord", http.MethodPost, fmt.Sprintf("/cases/%d/actions/accept", c.ID), map[string]any{"version": 1}).problem(http.StatusConflict, "stale")
		if p.State != "filed" || p.Version != 2 || !slices.Contains(p.Actions, "accept") {
			t.Errorf("problem %+v", p)
		}
		page := w.page("coord", http.MethodPost, fmt.Sprintf("/cases/%d/actions/reject", c.ID), url.Values{"version": {"1"}, "note": {"不属于堵点"}}).want(http.StatusConflict).Body.String()
		for _, want := range []string{"请补充情况", "不属于堵点", `name="version" value="2"`, c.Number} {
			if !strings.Contains(page, want) {
				t.Errorf("the page lacks %q", want)
			}
		}
		p = w.as("coord", http.MethodPost, fmt.Sprintf("/cases/%d/actions/approve_extension", c.ID), nil).problem(http.StatusConflict, "conflict")
		if p.State != "filed" || p.Version != 2 || len(p.Actions) == 0 {
			t.Errorf("an action the state does not have: %+v", p)
		}
		if got := w.get("coord", c.ID); got.Version != 2 {
			t.Errorf("a refused move moved the case to version %d", got.Version)
		}
	})
}

func TestARepeatedWriteAnswersTheSameAndDoesNothing(t *testing.T) {
	everywhere(t, func(w *world) {
		t := w.t
		body := map[string]any{"service_item": "异地换领居民身份证", "proof": "返回户籍地办理"}
		first := w.as("hall", http.MethodPost, "/cases", body, "Idempotency-Key", "file-1").want(http.StatusCreated)
		again := w.as("hall", http.MethodPost, "/cases", body, "Idempotency-Key", "file-1").want(http.StatusCreated)
		if first.Body.String() != again.Body.String() {
			t.Errorf("first %s\nagain %s", first.Body, again.Body)
		}
		var c caseView
		first.into(&c)
		accept := fmt.Sprintf("/cases/%d/actions/accept", c.ID)
		one := w.as("coord", http.MethodPost, accept, map[string]any{"version": 1}, "Idempotency-Key", "a-1").want(http.StatusOK)
		two := w.as("coord", http.MethodPost, accept, map[string]any{"version": 1}, "Idempotency-Key", "a-1").want(http.StatusOK)
		if one.Body.String() != two.Body.String() {
			t.Errorf("first %s\nagain %s", one.Body, two.Body)
		}
		other := w.as("coord", http.MethodPost, accept, map[string]any{"version": 2}, "Idempotency-Key", "a-1").problem(http.StatusUnprocessableEntity, "invalid")
		if got := strings.Join(other.names(), " "); got != "Idempotency-Key" {
			t.Errorf("a key used for another request: %s", got)
		}
		var log eventsView
		w.as("coord", http.MethodGet, fmt.Sprintf("/cases/%d/events", c.ID), nil).into(&log)
		if len(log.Items) != 2 {
			t.Errorf("%d events, want file and accept", len(log.Items))
		}
		w.as("coord", http.MethodPost, accept, nil, "Idempotency-Key", "键").problem(http.StatusUnprocessableEntity, "invalid")
		lot := map[string]any{"name": "第二批", "target": "2026-06-30"}
		b1 := w.as("coord", http.MethodPost, "/batches", lot, "Idempotency-Key", "b-1").want(http.StatusCreated)
		b2 := w.as("coord", http.MethodPost, "/batches", lot, "Idempotency-Key", "b-1").want(http.StatusCreated)
		if b1.Header().Get("Location") != b2.Header().Get("Location") {
			t.Error("a repeated batch is another one")
		}
		w.as("coord", http.MethodPost, "/batches", lot).problem(http.StatusConflict, "conflict")
	})
}

func TestTheVersionMayComeFromIfMatchOrFromTheBody(t *testing.T) {
	w := newWorld(t, sqliteFor(t))
	c := w.blocker()
	at := fmt.Sprintf("/cases/%d/actions/comment", c.ID)
	say := map[string]any{"note": "一"}
	if etag := w.as("hall", http.MethodGet, fmt.Sprintf("/cases/%d", c.ID), nil).Header().Get("ETag"); etag != `"1"` {
		t.Fatalf("ETag %s", etag)
	}
	if etag := w.as("coord", http.MethodPost, at, say, "If-Match", `"1"`).want(http.StatusOK).Header().Get("ETag"); etag != `"2"` {
		t.Errorf("ETag after the move %s", etag)
	}
	w.as("coord", http.MethodPost, at, say, "If-Match", `"1"`).problem(http.StatusConflict, "stale")
	w.as("coord", http.MethodPost, at, say, "If-Match", `W/"2"`).want(http.StatusOK)
	w.as("coord", http.MethodPost, at, say, "If-Match", "*").want(http.StatusOK)
	w.as("coord", http.MethodPost, at, map[string]any{"note": "二", "version": "4"}, "If-Match", `"4"`).want(http.StatusOK)
	for _, bad := range []struct {
		match   string
		version any
		field   string
	}{
		{`"5"`, 4, "If-Match"}, {"abc", nil, "If-Match"}, {`"-1"`, nil, "If-Match"}, {"", "x", "version"}, {"", 0, "version"}, {"", -3, "version"}, {"", 1.5, "version"},
	} {
		body := map[string]any{"note": "三"}
		if bad.version != nil {
			body["version"] = bad.version
		}
		p := w.as("coord", http.MethodPost, at, body, "If-Match", bad.match).problem(http.StatusUnprocessableEntity, "invalid")
		if got := strings.Join(p.names(), " "); got != bad.field {
			t.Errorf("%+v: wrong fields %s", bad, got)
		}
	}
}

func TestALookAtAPersonIsRecordedAndShownOnce(t *testing.T) {
	w := newWorld(t, sqliteFor(t))
	c := w.file(map[string]any{"service_item": "SJ-001", "proof": "到场身份证明", "person": map[string]string{"name": "张三", "id_number": "32990019900101001X"}})
	w.as("hall", http.MethodPost, fmt.Sprintf("/cases/%d/actions/unmask", c.ID), nil).problem(http.StatusUnprocessableEntity, "invalid")
	seen := w.act("hall", c.ID, "unmask", map[string]any{"note": "电话回访核对"})
	if seen.Person.Name != "张三" || seen.Person.IDNumber != "32990019900101001X" {
		t.Errorf("the look shows %+v", seen.Person)
	}
	after := w.get("hall", c.ID)
	if after.Person.IDNumber == "32990019900101001X" || after.Version != c.Version+1 {
		t.Errorf("after the look: %+v version %d", after.Person, after.Version)
	}
	page := w.page("hall", http.MethodPost, fmt.Sprintf("/cases/%d/actions/unmask", c.ID), url.Values{"note": {"再看"}}).want(http.StatusOK).Body.String()
	if !strings.Contains(page, "32990019900101001X") {
		t.Error("the page does not show the person")
	}
	w.as("coord", http.MethodPost, fmt.Sprintf("/cases/%d/actions/unmask", c.ID), map[string]any{"note": "看"}).problem(http.StatusForbidden, "forbidden")
	if strings.Contains(w.log.String(), "32990019900101001X") || strings.Contains(w.log.String(), "张三") {
		t.Error("personal data is in the log")
	}
}
