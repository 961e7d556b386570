package workflow_test

import (
	"strings"
	"testing"
	"time"

	"github.com/shujie-gov/shujie/fault"
	"github.com/shujie-gov/shujie/workflow"
)

// shareRequest brings a blocker of class 2 to its share request, endorsed and
// received by the provider.
func shareRequest(w *world) workflow.CaseID {
	w.t.Helper()
	id := toHandling(w, need(11, workflow.Conditional))
	w.act("holder handler", id, "request_data", nil)
	req := w.child(id, workflow.ShareRequest)
	w.act("demander head", req, "endorse", nil)
	w.in(req, "replying")
	return req
}

func TestConditionalDataIsFetchedWhenItsApplicationWasDelivered(t *testing.T) {
	w := newWorld(t, "2026-03-02 10:00")
	req := shareRequest(w)
	parent := w.cases[req].Parent
	if got := w.cases[parent]; got.NoMeeting != workflow.DataRequested || got.Requirements[0].Status != workflow.NeedRequested {
		t.Fatalf("parent: %s %+v", got.NoMeeting, got.Requirements)
	}
	c := w.cases[req]
	if c.Need != 11 || c.Facts["resource"] != int64(81) || c.Facts["basis"] == "" || c.Parts[workflow.Holder] != holderDept {
		t.Fatalf("share request: %+v", c)
	}
	w.due(req, "2026-03-16") // Art. 21: 10 working days
	w.act("holder head", req, "grant", nil)
	w.due(req, "2026-03-30") // Art. 22: 20 working days
	w.act("holder handler", req, "connect", nil)
	w.due(req, "2026-03-30") // agreed and being delivered is one term
	w.act("holder handler", req, "deliver", nil)
	if w.cases[parent].Requirements[0].Status != workflow.NeedFetching || w.count(workflow.EffectFetch) != 1 {
		t.Fatal("the delivery lets the system fetch without anybody asking")
	}
	w.fetch()
	if got := w.cases[parent].NoMeeting; got != workflow.DataReady {
		t.Fatalf("no-meeting = %s", got)
	}
}

// application is one that was opened without a blocker, in the provider's region.
func application(class int64) workflow.Case {
	return workflow.Case{
		Kind: workflow.ShareRequest, Region: regions()[holderDept], Title: "申请共享",
		Parts: map[workflow.Part]workflow.DeptID{workflow.Demander: demanderDept},
		Facts: map[string]any{
			"share_class": class, "provider": int64(holderDept), "basis": "a", "scenario": "b", "scope": "c", "way": "服务接口", "until": "2027-03-01",
		},
	}
}

func TestUnconditionalSharingIsAnsweredInOneDay(t *testing.T) {
	w := newWorld(t, "2026-03-02 10:00")
	id := w.open("system", application(1))
	w.act("demander head", id, "endorse", nil)
	w.due(id, "2026-03-03")
	refused(t, w.try("holder head", id, "request_extension", fields{"note": "忙"}), fault.Conflict, "unconditional sharing has no extension")
	refused(t, w.try("holder head", id, "refuse", refusal()), fault.Conflict, "unconditional data is for everybody")
}

func TestAnApplicationStatesWhatTheLawAsks(t *testing.T) {
	w := newWorld(t, "2026-03-02 10:00")
	for _, fact := range []string{"basis", "scenario", "scope", "way", "until"} {
		d := application(2)
		d.Facts[fact] = ""
		id := w.open("system", d)
		refused(t, w.try("demander head", id, "endorse", nil), fault.Conflict, "without "+fact)
	}
	id := toHandling(w, need(11, workflow.Conditional))
	refused(t, w.try("holder handler", id, "request_data", fields{"way": "传真"}), fault.Invalid, "no way of Art. 22")
	refused(t, w.try("holder handler", id, "request_data", fields{"until": "2026-03-02"}), fault.Invalid, "a term that is over")
	w.act("holder handler", id, "request_data", fields{
		"basis": "《社会保险法》", "scenario": "新生儿参保受理", "scope": "仅核对出生日期", "way": "批量交换", "until": int64(10),
	})
	got := w.cases[w.child(id, workflow.ShareRequest)].Facts
	for fact, want := range map[string]any{"basis": "《社会保险法》", "scenario": "新生儿参保受理", "scope": "仅核对出生日期", "way": "批量交换", "until": "2026-03-16"} {
		if got[fact] != want {
			t.Errorf("%s = %v, want %v", fact, got[fact], want)
		}
	}
}

func TestTheProviderIsAskedOnlyWhenTheApplicantsHeadHasEndorsed(t *testing.T) {
	w := newWorld(t, "2026-03-02 10:00")
	id := toHandling(w, need(11, workflow.Conditional))
	w.act("holder handler", id, "request_data", nil)
	req := w.child(id, workflow.ShareRequest)
	if p := w.cases[req].Parts; p[workflow.Holder] != 0 || p[workflow.Lead] != 0 {
		t.Fatalf("the provider plays a part already: %v", p)
	}
	refused(t, w.try("holder head", req, "grant", nil), fault.Conflict, "before it was asked")
	w.act("demander head", req, "send_back", fields{"note": "范围过宽"})
	if got := w.cases[req].Waits.String(); got != "demander/dept_handler" {
		t.Fatalf("it waits for %s", got)
	}
	w.act("demander handler", req, "resubmit", fields{"scope": "仅核对是否"})
	c := w.cases[req]
	if c.State != "submitted" || c.Facts["scope"] != "仅核对是否" || c.Facts["basis"] == "" {
		t.Fatalf("%s %v: what was not changed stays", c.State, c.Facts)
	}
	w.act("demander head", req, "endorse", nil)
	if p := w.cases[req].Parts; p[workflow.Holder] != holderDept || w.cases[req].State != "replying" {
		t.Fatalf("endorsed, the provider is asked: %v", p)
	}
}

func refusal() fields {
	return fields{"code": "forbidden", "note": "涉密", "legal_basis": "保守国家秘密法"}
}

func TestARefusalNeedsReasonAndLaw(t *testing.T) {
	w := newWorld(t, "2026-03-02 10:00")
	req := shareRequest(w)
	refused(t, w.try("holder head", req, "refuse", fields{"code": "forbidden", "note": "不便提供"}), fault.Invalid, "without a legal basis")
	refused(t, w.try("holder head", req, "refuse", fields{"legal_basis": "保守国家秘密法", "note": "不便提供"}), fault.Invalid, "without a reason of Art. 14, 15")
	refused(t, w.try("holder head", req, "refuse", fields{"code": "incomplete", "legal_basis": "x", "note": "材料不全"}), fault.Invalid, "for incompleteness")
	w.act("holder head", req, "refuse", refusal())
	parent := w.cases[req].Parent
	w.act("demander head", req, "accept_refusal", nil)
	if got := w.cases[parent].Requirements[0].Status; got != workflow.NeedRefused {
		t.Fatalf("requirement is %s", got)
	}
	w.act("holder head", parent, "waive", fields{"requirement": 11, "alternative": "告知承诺"})
}

func TestARefusedRequirementMayBeAppliedForAgain(t *testing.T) {
	w := newWorld(t, "2026-03-02 10:00")
	req := shareRequest(w)
	parent := w.cases[req].Parent
	w.act("demander head", req, "withdraw", fields{"note": "材料有误"})
	w.act("holder handler", parent, "request_data", nil)
	if second := w.child(parent, workflow.ShareRequest); second == req {
		t.Fatal("no second application was opened")
	}
	if got := w.cases[parent].Requirements[0].Status; got != workflow.NeedApplied {
		t.Fatalf("requirement is %s: the ended application must not count against the new one", got)
	}
}

// The provider's term stands still while the applicant adds what is missing; the
// days are the applicant's.
func TestWhatIsMissingIsToldOnceAndTheTermWaits(t *testing.T) {
	w := newWorld(t, "2026-03-02 10:00")
	req := shareRequest(w)
	parent := w.cases[req].Parent
	w.due(req, "2026-03-16")
	w.now = at(t, "2026-03-04 09:00")
	w.act("holder handler", req, "ask_supplement", fields{"note": "缺使用范围"})
	if got := w.cases[req].Waits.String(); got != "demander/dept_handler" {
		t.Fatalf("it waits for %s", got)
	}
	if m := last(w.cases[req].Marks); m.Dept != demanderDept || !m.Paused || m.Reason != "supplement" {
		t.Fatalf("the time is charged as %+v", m)
	}
	if m := last(w.cases[parent].Marks); m.Dept != demanderDept {
		t.Fatalf("the blocker's time is charged as %+v", m)
	}
	refused(t, w.try("holder head", req, "refuse", refusal()), fault.Conflict, "an incomplete application may not simply be refused")
	w.now = at(t, "2026-03-09 09:00") // three working days later
	w.act("demander handler", req, "supplement", fields{"scope": "仅核对出生日期"})
	w.due(req, "2026-03-19")
	if got := w.cases[req].Facts["scope"]; got != "仅核对出生日期" {
		t.Fatalf("scope = %v", got)
	}
	refused(t, w.try("holder handler", req, "ask_supplement", fields{"note": "还缺"}), fault.Conflict, "told twice")
	if m := last(w.cases[parent].Marks); m.Dept != holderDept {
		t.Fatalf("the blocker's time is charged as %+v", m)
	}
}

func last[T any](list []T) T { return list[len(list)-1] }

func TestWhoAddsNothingHasWithdrawn(t *testing.T) {
	w := newWorld(t, "2026-03-02 10:00")
	req := shareRequest(w)
	w.act("holder handler", req, "ask_supplement", fields{"note": "缺使用范围"})
	w.due(req, "2026-03-16")
	w.now = endOf(t, "2026-03-16").Add(time.Microsecond)
	w.advance(req)
	w.settle()
	w.in(req, "withdrawn")
	if got := w.cases[w.cases[req].Parent].Requirements[0].Status; got != workflow.NeedRefused {
		t.Fatalf("requirement is %s: it may be applied for again", got)
	}
}

func TestTheReplyIsExtendedOnceWithTheConsentOfTheProvidersAuthority(t *testing.T) {
	w := newWorld(t, "2026-03-02 10:00")
	req := shareRequest(w)
	w.act("holder head", req, "request_extension", fields{"note": "需会签"})
	refused(t, w.try("holder head", req, "approve_extension", nil), fault.Forbidden, "by itself")
	refused(t, w.try("city coordinator", req, "approve_extension", nil), fault.Forbidden, "by the applicant's authority")
	before := w.count(workflow.EffectNotify)
	w.act("far coordinator", req, "approve_extension", nil) // of the provider's city
	if w.count(workflow.EffectNotify)-before != 3 {
		t.Fatal("the applicant is told")
	}
	w.due(req, "2026-03-30") // 10 + 10
	refused(t, w.try("holder head", req, "request_extension", fields{"note": "再"}), fault.Conflict, "twice")
	w.now = endOf(t, "2026-03-30").Add(time.Minute)
	if got := w.advance(req); len(got) != 1 || got[0] != "escalate" { // the breach
		t.Fatalf("silence is escalated: %v", got)
	}
}

// A steward who compares two versions sees what they say of terms and regions.
func TestADiffTellsOfTermsByDateOfStandingStillAndOfRegions(t *testing.T) {
	ds := released(t)
	sees := func(d *workflow.Definition, old, other, want string) {
		t.Helper()
		text := strings.Replace(d.Text(), old, other, 1)
		changed, err := workflow.Parse("changed.yaml", []byte(text))
		if err != nil {
			t.Fatal(err)
		}
		for _, c := range workflow.Diff(d, changed) {
			for _, x := range c.Details {
				if strings.Contains(x.Before.EN, want) && x.Before != x.After {
					return
				}
			}
		}
		t.Errorf("replacing %q shows nothing of %q: %+v", old, want, workflow.Diff(d, changed))
	}
	sees(ds.Latest(workflow.ShareRequest), "[{until: until}]", "[{days: 9}]", "until the day in until")
	sees(ds.Latest(workflow.ShareRequest), "at: [demander, holder]", "at: [holder]", "demander holder")
	sees(ds.Latest(workflow.Blocker), "to: department/demander, still: *elsewhere}", "to: department/demander}", "the term stands still")
}
