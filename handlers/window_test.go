package handlers

import (
	"context"
	"fmt"
	"net/http"
	"net/url"
	"strings"
	"testing"

	"github.com/shujie-gov/shujie/fault"
	"github.com/shujie-gov/shujie/models"
	"github.com/shujie-gov/shujie/workflow"
)

// follow does what the sweep of followers would.
func (w *world) follow() {
	w.t.Helper()
	list, err := w.store.Followers(w.t.Context(), 0, models.MaxLimit)
	w.must(err)
	for _, f := range list {
		if err := w.engine.Follow(w.t.Context(), f); fault.KindOf(err) != fault.Conflict {
			w.must(err)
		}
	}
}

// window is what a hall files to have the data now.
func atWindow(name, id string) map[string]any {
	return map[string]any{
		"service_item": "异地换领居民身份证", "proof": "返回户籍地办理", "fetch": true, "join": true, "consent": "当面同意",
		"person": map[string]any{"name": name, "id_number": id},
	}
}

func TestTheFilingPageAnswersAtTheWindow(t *testing.T) {
	everywhere(t, func(w *world) {
		t := w.t
		var it itemView
		proof := func(item string) proofView {
			w.as("hall", http.MethodGet, "/service-items/"+item, nil).want(http.StatusOK).into(&it)
			return it.Proofs[0]
		}
		if p := proof("2"); !p.FetchNow || !p.Connected || p.Same != nil || p.Holder.Name != "公安厅" || p.Open != 0 {
			t.Errorf("before anybody filed: %+v", p)
		}
		if p := proof("1"); p.FetchNow {
			t.Errorf("conditional data that nobody was granted: %+v", p)
		}
		first := w.file(map[string]any{"service_item": "异地换领居民身份证", "proof": "返回户籍地办理"})
		if p := proof("2"); p.Same == nil || p.Same.Number != first.Number || p.Same.Joined != 0 || p.Open != 1 {
			t.Errorf("with one open: %+v", p)
		}
		page := w.page("hall", http.MethodGet, "/cases/new?item=2", nil).want(http.StatusOK).Body.String()
		for _, want := range []string{"登记并调取", `name="consent"`, `name="join" value="true" checked`, first.Number, "可直接调取"} {
			if !strings.Contains(page, want) {
				t.Errorf("the page lacks %s", want)
			}
		}
	})
}

func TestDataIsFetchedWhileTheCitizenWaits(t *testing.T) {
	everywhere(t, func(w *world) {
		t := w.t
		form := url.Values{
			"kind": {"blocker"}, "service_item": {"2"}, "proofs": {"3"}, "fetch": {"true"}, "consent": {"当面同意"},
			"person.name": {"张三丰"}, "person.id_number": {"329900194912310037"},
		}
		w.as("hall", http.MethodGet, "/service-items/2", nil).want(http.StatusOK)
		var it itemView
		w.as("hall", http.MethodGet, "/service-items/2", nil).into(&it)
		form.Set("proofs", fmt.Sprint(it.Proofs[0].ID))
		answer := w.page("hall", http.MethodPost, "/cases", form).want(http.StatusSeeOther)
		at := answer.Header().Get("Location")
		if !strings.HasSuffix(at, "/window") {
			t.Fatalf("sent to %s", at)
		}
		page := w.page("hall", http.MethodGet, at, nil).want(http.StatusOK).Body.String()
		if !strings.Contains(page, "正在调取") || !strings.Contains(page, `<noscript><meta http-equiv="refresh"`) || !strings.Contains(page, `data-every="1"`) {
			t.Error("the page does not follow the fetch by itself")
		}
		w.pump()
		page = w.page("hall", http.MethodGet, at, nil).want(http.StatusOK).Body.String()
		for _, want := range []string{"本次已当场解决", "/receipts/", "当面同意", "张*", "返回的数据"} {
			if !strings.Contains(page, want) {
				t.Errorf("the result lacks %s", want)
			}
		}
		if strings.Contains(page, "张三<") || strings.Contains(page, `http-equiv="refresh"`) {
			t.Error("the record is shown in clear, or the page still asks")
		}
		if page := w.page("coord", http.MethodGet, at, nil).want(http.StatusOK).Body.String(); strings.Contains(page, "返回的数据") {
			t.Error("a coordinator reads the record")
		}
		var id int64
		if _, err := fmt.Sscanf(at, "/cases/%d/window", &id); err != nil {
			t.Fatal(err)
		}
		c := w.get("hall", id)
		if c.State != "filed" || !c.Requirements[0].Done || c.Receipts[0].Consent != "当面同意" || c.Facts["consent"] != "当面同意" {
			t.Errorf("the blocker goes on, this citizen is served: %s %+v %+v", c.State, c.Requirements, c.Receipts)
		}
		w.act("coord", id, "accept", nil)
		w.pump()
		if c = w.get("hall", id); c.State != "dispatched" {
			t.Errorf("the blocker goes on: %s", c.State)
		}
	})
}

func TestAWishThatCannotBeGrantedFilesNothing(t *testing.T) {
	w := newWorld(t, sqliteFor(t))
	for name, tt := range map[string]struct {
		change func(m map[string]any)
		fields string
	}{
		"nobody's data":            {func(m map[string]any) { delete(m, "person") }, "person.id_number"},
		"without consent":          {func(m map[string]any) { delete(m, "consent") }, "consent"},
		"a consent nobody knows":   {func(m map[string]any) { m["consent"] = "大概" }, "consent"},
		"what must be applied for": {func(m map[string]any) { m["service_item"], m["proof"] = "新生儿参保", "出生证明" }, "proofs"},
		"what the catalogue lacks": {func(m map[string]any) { m["proof"] = "村委会盖章" }, "proofs"},
	} {
		m := atWindow("张三丰", "329900194912310037")
		tt.change(m)
		p := w.as("hall", http.MethodPost, "/cases", m).problem(http.StatusUnprocessableEntity, "invalid")
		if got := strings.Join(p.names(), " "); got != tt.fields {
			t.Errorf("%s: wrong fields %q, want %q", name, got, tt.fields)
		}
	}
	var list casesView
	if w.as("coord", http.MethodGet, "/cases", nil).into(&list); len(list.Items) != 0 {
		t.Errorf("something was filed: %+v", list.Items)
	}
}

func TestASecondCitizenJoinsAndIsClosedWithTheFirst(t *testing.T) {
	everywhere(t, func(w *world) {
		t := w.t
		first := w.file(atWindow("张三丰", "329900194912310037"))
		again := w.as("hall", http.MethodPost, "/cases", atWindow("李四", "32990019900101001X"), "Idempotency-Key", "k1").want(http.StatusCreated)
		var second caseView
		again.into(&second)
		if first.State != "filed" || second.State != "joined" || second.Facts["merged_into"] != float64(first.ID) {
			t.Fatalf("first %s, second %s %v", first.State, second.State, second.Facts)
		}
		var repeated caseView
		w.as("hall", http.MethodPost, "/cases", atWindow("李四", "32990019900101001X"), "Idempotency-Key", "k1").want(http.StatusCreated).into(&repeated)
		if repeated.ID != second.ID || repeated.Version != second.Version {
			t.Errorf("the repeated request: %d/%d, want %d/%d", repeated.ID, repeated.Version, second.ID, second.Version)
		}
		third := w.file(atWindow("张三丰", "329900194912310037")) // the same citizen, once more
		w.pump()
		if second = w.get("hall", second.ID); second.State != "joined" || !second.Requirements[0].Done {
			t.Errorf("the second is served, and waits for the first: %s %+v", second.State, second.Requirements)
		}
		w.follow()
		if second = w.get("hall", second.ID); second.State != "joined" {
			t.Errorf("it followed a case that is open: %s", second.State)
		}
		// Fix once …
		w.act("coord", first.ID, "accept", nil)
		w.pump()
		w.act("ga", first.ID, "sign", nil)
		w.act("ga_head", first.ID, "approve_online", nil)
		w.act("ga_head", first.ID, "resolve", nil)
		w.act("hall", first.ID, "deliver", map[string]any{"method": "push"})
		w.act("hall", first.ID, "verify", map[string]any{"visits": 0})
		w.follow()
		w.follow()
		// … close all.
		for _, id := range []int64{second.ID, third.ID} {
			if c := w.get("hall", id); c.State != "followed" || !c.Ended {
				t.Errorf("case %d: %s", id, c.State)
			}
		}
		jobs, err := w.store.ClaimJobs(t.Context(), 0, 50)
		w.must(err)
		destroyed := 0
		for _, j := range jobs {
			if j.Kind == workflow.EffectDestroy {
				destroyed++
				_, err := w.store.DestroyPayloads(t.Context(), j.Case, "办理目的已实现")
				w.must(err)
			}
		}
		if destroyed != 3 {
			t.Errorf("the data of %d cases is destroyed, want 3", destroyed)
		}
	})
}

func TestWhatJoinedACaseThatCameToNothingGoesOnAlone(t *testing.T) {
	w := newWorld(t, sqliteFor(t))
	first := w.file(map[string]any{"service_item": "异地换领居民身份证", "proof": "返回户籍地办理"})
	second := w.file(map[string]any{"service_item": "异地换领居民身份证", "proof": "返回户籍地办理", "join": true})
	if second.State != "joined" {
		t.Fatal(second.State)
	}
	w.act("hall", first.ID, "withdraw", map[string]any{"note": "登记错误"})
	w.follow()
	if c := w.get("hall", second.ID); c.State != "filed" || c.Facts["merged_into"] != float64(0) {
		t.Errorf("%s %v", c.State, c.Facts)
	}
	third := w.file(map[string]any{"service_item": "异地换领居民身份证", "proof": "返回户籍地办理", "join": true})
	if third.State != "joined" || third.Facts["merged_into"] != float64(second.ID) {
		t.Errorf("the next one joins the one that is left: %s %v", third.State, third.Facts)
	}
	if n, err := w.store.Joined(context.Background(), workflow.CaseID(second.ID)); n != 1 || err != nil {
		t.Errorf("%d joined, %v", n, err)
	}
}
