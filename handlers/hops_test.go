package handlers

import (
	"fmt"
	"net/http"
	"net/url"
	"strings"
	"testing"
)

func TestACoordinatorReadsWhyACaseCameBackAndTheThirdTimeDecides(t *testing.T) {
	everywhere(t, func(w *world) {
		t := w.t
		c := w.blocker()
		w.act("coord", c.ID, "accept", nil)
		w.pump()
		ids := w.departments()
		w.as("ga", http.MethodPost, fmt.Sprintf("/cases/%d/actions/return", c.ID), map[string]any{"note": "x"}).problem(http.StatusUnprocessableEntity, "invalid")
		w.act("ga", c.ID, "return", map[string]any{"reason": "data_not_held", "proposed": ids["MZ"], "note": "数据在民政"})
		w.pump()
		got := w.get("coord", c.ID)
		if got.Hops == nil || got.Hops.N != 1 || got.Hops.Decide || got.Hops.Return == nil || got.Hops.Return.Proposed.Code != "MZ" || got.Hops.Return.Title.EN != "We do not hold the data" {
			t.Fatalf("hops: %+v", got.Hops)
		}
		var log eventsView
		w.as("coord", http.MethodGet, fmt.Sprintf("/cases/%d/events", c.ID), nil).into(&log)
		if s := log.Items[len(log.Items)-1].Said; len(s) != 2 || s[0].Text.ZH != "本部门不持有该数据" || s[1].Text.EN != "民政厅" {
			t.Fatalf("the return in words: %+v", s)
		}
		w.act("coord", c.ID, "dispatch", map[string]any{"lead": ids["MZ"]})
		w.act("mz_head", c.ID, "transfer", map[string]any{"to": ids["GA"], "note": "归公安"})
		w.act("ga_head", c.ID, "transfer", map[string]any{"to": ids["WJ"], "note": "归卫健"})
		w.pump()
		if got = w.get("coord", c.ID); !got.Hops.Decide || !got.Waits.Me || got.Hops.N != 3 {
			t.Fatalf("at the third hop: %+v, waits %+v", got.Hops, got.Waits)
		}
		if len(got.Candidates) == 0 || got.Candidates[0].Department.Code != "GA" {
			t.Fatalf("the coordinator who decides is shown %+v", got.Candidates)
		}
		if page := w.english("coord", fmt.Sprintf("/cases/%d", c.ID)); !strings.Contains(page, "Third hop: you decide") {
			t.Error("the English page does not say that it is theirs to decide")
		}
		page := w.page("coord", http.MethodGet, fmt.Sprintf("/cases/%d", c.ID), nil).want(http.StatusOK).Body.String()
		if !strings.Contains(page, "由您裁定主办部门") || !strings.Contains(page, "转退 3/3") {
			t.Error("the coordinator's page does not say that it is theirs to decide")
		}
		w.act("coord", c.ID, "dispatch", map[string]any{"lead": ids["GA"]})
		if got = w.get("coord", c.ID); got.Hops.Decide || !got.Hops.Bound {
			t.Fatalf("decided: %+v", got.Hops)
		}
	})
}

func TestTheLeadReadsHowFarTheAssistsAre(t *testing.T) {
	everywhere(t, func(w *world) {
		t := w.t
		c := w.blocker()
		w.act("coord", c.ID, "accept", nil)
		w.pump()
		w.act("ga", c.ID, "sign", nil)
		ids := w.departments()
		w.page("ga", http.MethodPost, fmt.Sprintf("/cases/%d/actions/request_assist", c.ID), url.Values{
			"to": {fmt.Sprint(ids["MZ"]), fmt.Sprint(ids["WJ"])}, "rule": {"any"}, "note": {"请核对"},
		}).want(http.StatusSeeOther)
		got := w.get("ga", c.ID)
		if len(got.Joins) != 1 || got.Joins[0].Asked != 2 || got.Joins[0].Met || got.Joins[0].Rule != "any" {
			t.Fatalf("joins: %+v", got.Joins)
		}
		var log eventsView
		w.as("ga", http.MethodGet, fmt.Sprintf("/cases/%d/events", c.ID), nil).into(&log)
		if s := log.Items[len(log.Items)-1].Said; len(s) != 2 || s[0].Text.ZH != "民政厅、卫生健康委员会" || s[1].Text.EN != "one of them" {
			t.Fatalf("the request in words: %+v", s)
		}
		var mz, wj childView
		for _, k := range got.Children {
			switch k.Lead.Code {
			case "MZ":
				mz = k
			case "WJ":
				wj = k
			}
		}
		w.act("mz", mz.ID, "return", map[string]any{"reason": "not_our_duty", "proposed": ids["YB"], "note": "应找医保"})
		w.pump()
		got = w.get("ga", c.ID)
		for _, k := range got.Children {
			if k.ID == mz.ID && (k.Return == nil || k.Return.Proposed.Code != "YB") {
				t.Fatalf("the lead does not see why it was returned: %+v", k)
			}
		}
		page := w.page("ga", http.MethodGet, fmt.Sprintf("/cases/%d", c.ID), nil).want(http.StatusOK).Body.String()
		for _, want := range []string{"一家完成即可", "请 2 家，完成 0 家，在办 1 家", "非本部门职责", "医疗保障局"} {
			if !strings.Contains(page, want) {
				t.Errorf("the page does not say %q", want)
			}
		}
		if page = w.page("wj", http.MethodGet, fmt.Sprintf("/cases/%d", wj.ID), nil).want(http.StatusOK).Body.String(); !strings.Contains(page, "请核对") {
			t.Error("the assisting department is not told what is asked for")
		}
		w.act("wj", wj.ID, "sign", nil)
		w.act("wj", wj.ID, "finish", map[string]any{"note": "已核对"})
		w.pump()
		if got = w.get("ga", c.ID); !got.Joins[0].Met {
			t.Fatalf("joins: %+v", got.Joins)
		}
	})
}

// departments returns the ids of the departments by code.
func (w *world) departments() map[string]int64 {
	w.t.Helper()
	var list departmentsView
	w.as("coord", http.MethodGet, "/departments", nil).want(http.StatusOK).into(&list)
	ids := map[string]int64{}
	for _, d := range list.Items {
		ids[d.Code] = int64(d.ID)
	}
	return ids
}
