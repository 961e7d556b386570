package workflow_test

import (
	"testing"
	"time"

	"github.com/shujie-gov/shujie/fault"
	"github.com/shujie-gov/shujie/workflow"
)

// The scenarios below read like 《政务数据共享条例》: one for each row of the table
// of deadlines in docs/domain.md §1.2, and for Art. 27 and 28. Every term runs
// over a make-up working day and ends at 24:00 in Shanghai, not a moment
// earlier or later. Rows without a kind of case of their own (Art. 16, 17) are
// tested as arithmetic of the calendar, and Art. 29 in models.

// scenario is one provision, played on some days.
type scenario struct {
	article string
	says    string
	start   string
	play    func(t *testing.T, w *world)
}

func TestTheRegulationOnGovernmentDataSharing(t *testing.T) {
	for _, s := range regulation() {
		t.Run("第"+s.article+"条 "+s.says, func(t *testing.T) { s.play(t, newWorld(t, s.start)) })
	}
}

// until fails unless the running term of a case ends at 24:00 of a day.
func (w *world) until(id workflow.CaseID, day string) {
	w.t.Helper()
	c := w.cases[id]
	end := at(w.t, day+" 00:00").Add(24 * time.Hour)
	if c.Due == nil || !c.Due.Equal(end) {
		w.t.Fatalf("%s %s: due %v, want %s 24:00; %+v", c.Kind, c.State, c.Due, day, c.Term)
	}
	if c.Overdue(end) || !c.Overdue(end.Add(time.Microsecond)) {
		w.t.Fatalf("%s %s: it must be missed from the moment after %s 24:00", c.Kind, c.State, day)
	}
}

// on lets the clock come to a moment.
func (w *world) on(moment string) { w.now = at(w.t, moment) }

// asked brings an application of a class, endorsed, to the provider.
func (w *world) asked(class int64) workflow.CaseID {
	w.t.Helper()
	id := w.open("system", application(class))
	w.act("demander head", id, "endorse", nil)
	w.in(id, "replying")
	return id
}

func regulation() []scenario {
	return []scenario{
		{"二十一", "无条件共享的，自收到申请之日起 1 个工作日内答复", "2026-02-13 16:00", func(t *testing.T, w *world) {
			t.Helper()
			w.until(w.asked(1), "2026-02-14") // a Saturday that is worked
		}},
		{"二十一", "有条件共享的，自收到申请之日起 10 个工作日内作出是否同意的答复", "2026-02-10 10:00", func(t *testing.T, w *world) {
			t.Helper()
			id := w.asked(2)
			w.until(id, "2026-03-02")
			w.on("2026-03-02 23:59")
			w.act("holder head", id, "grant", nil)
		}},
		{"二十一", "2025 年国庆前收到的申请", "2025-09-26 23:59", func(t *testing.T, w *world) {
			t.Helper()
			w.until(w.asked(2), "2025-10-16") // 28 September and 11 October are worked
		}},
		{"二十一", "经同级主管部门同意可延长不超过 10 个工作日，并告知需求部门", "2026-02-10 10:00", replyExtended},
		{"二十一", "延长以 10 个工作日为限", "2026-02-10 10:00", func(t *testing.T, w *world) {
			t.Helper()
			id := w.asked(2)
			w.act("holder head", id, "request_extension", fields{"note": "需会签"})
			w.act("far coordinator", id, "approve_extension", fields{"days": 10})
			w.until(id, "2026-03-16")
		}},
		{"二十二", "自答复同意之日起 20 个工作日内提供", "2025-09-26 10:00", func(t *testing.T, w *world) {
			t.Helper()
			id := w.asked(2)
			w.act("holder head", id, "grant", nil)
			w.until(id, "2025-10-30")
			w.on("2025-10-30 08:00")
			w.act("holder handler", id, "connect", nil)
			w.until(id, "2025-10-30") // beginning to deliver begins no new term
			w.act("holder handler", id, "deliver", nil)
		}},
		{"二十一", "申请材料不完整的，一次性告知需补充的内容，不得直接拒绝", "2026-02-10 10:00", incomplete},
		{"二十一", "不同意共享的，在答复时限内说明理由", "2026-09-24 09:00", func(t *testing.T, w *world) {
			t.Helper()
			id := w.asked(2)
			w.until(id, "2026-10-15")
			refused(t, w.try("holder head", id, "refuse", fields{"code": "other_purpose", "legal_basis": "条例第十五条"}), fault.Invalid, "without a reason")
			w.on("2026-10-15 17:00")
			w.act("holder head", id, "refuse", fields{"code": "other_purpose", "legal_basis": "条例第十五条", "note": "与目录载明的用途不符"})
			w.in(id, "refused")
		}},
		{"二十六", "自收到校核申请之日起 10 个工作日内核实、更正并反馈", "2026-09-24 15:00", func(t *testing.T, w *world) {
			t.Helper()
			id, c := doubted(w)
			w.until(c, "2026-10-15")
			w.on("2026-10-15 23:59")
			w.act("holder handler", c, "correct", fields{"report": "登记有误，已更正"})
			if w.cases[id].Requirements[0].Status != workflow.NeedFetching {
				t.Fatal("the corrected data is fetched")
			}
		}},
		{"二十七", "违反规定的，暂停共享权限，限期整改；整改后恢复", "2026-04-30 10:00", mended},
		{"二十七", "逾期不整改的，终止共享权限", "2026-04-30 10:00", func(t *testing.T, w *world) {
			t.Helper()
			_, id := granted(w)
			w.act("holder head", id, "suspend", fields{"days": 5, "note": "提供给第三方"})
			w.until(id, "2026-05-11")
			w.on("2026-05-11 23:59")
			refused(t, w.try("holder head", id, "terminate", fields{"note": "未整改"}), fault.Conflict, "before the term is over")
			w.on("2026-05-12 00:01")
			w.act("holder head", id, "terminate", fields{"note": "未整改"})
			w.in(id, "terminated")
		}},
		{"二十八", "跨区域争议由共同的上级主管部门协调，协调不成的由政府决定", "2025-09-26 10:00", brought},
		{"二十至二十二", "有条件共享最长的合法路径为 10 + 10 + 20 个工作日", "2026-02-10 10:00", func(t *testing.T, w *world) {
			t.Helper()
			id := w.asked(2)
			w.act("holder head", id, "request_extension", fields{"note": "需会签"})
			w.act("far coordinator", id, "approve_extension", nil)
			w.on("2026-03-16 23:59")
			w.act("holder head", id, "grant", nil)
			w.until(id, "2026-04-14") // 40 working days after 10 February
		}},
		{"二十至二十二", "无条件共享最长的合法路径为 1 + 20 个工作日", "2026-02-10 10:00", func(t *testing.T, w *world) {
			t.Helper()
			id := w.asked(1)
			w.on("2026-02-11 23:59")
			w.act("holder head", id, "grant", nil)
			w.until(id, "2026-03-17")
		}},
	}
}

func replyExtended(t *testing.T, w *world) {
	t.Helper()
	id := w.asked(2)
	w.act("holder head", id, "request_extension", fields{"note": "需会签"})
	w.until(id, "2026-03-02") // asking lengthens nothing
	refused(t, w.try("city coordinator", id, "approve_extension", nil), fault.Forbidden, "by the authority of another city")
	refused(t, w.try("far coordinator", id, "approve_extension", fields{"days": 11}), fault.Invalid, "by more than ten days")
	w.act("far coordinator", id, "approve_extension", fields{"days": 6})
	w.until(id, "2026-03-10")
	told := map[any]bool{}
	for _, e := range w.outbox {
		if e.Kind == workflow.EffectNotify && e.Args["seq"] == w.cases[id].Version {
			told[e.Args["dept"]] = true
		}
	}
	if !told[int64(demanderDept)] {
		t.Fatalf("the applicant was not told: %v", told)
	}
	refused(t, w.try("holder head", id, "request_extension", fields{"note": "再延"}), fault.Conflict, "once only")
}

func incomplete(t *testing.T, w *world) {
	t.Helper()
	id := w.asked(2)
	w.until(id, "2026-03-02")
	w.on("2026-02-13 09:00")
	w.act("holder handler", id, "ask_supplement", fields{"note": "缺使用依据与使用范围"})
	refused(t, w.try("holder head", id, "refuse", refusal()), fault.Conflict, "while the applicant adds what is missing")
	w.until(id, "2026-03-05") // the applicant's own ten days, a house rule
	w.on("2026-02-28 09:00")  // a Saturday that is worked
	w.act("demander handler", id, "supplement", fields{"scope": "仅核对"})
	w.until(id, "2026-03-10") // two days had been used; six stood still
	refused(t, w.try("holder handler", id, "ask_supplement", fields{"note": "还缺"}), fault.Conflict, "once only")
}

func mended(t *testing.T, w *world) {
	t.Helper()
	blocker, id := granted(w)
	w.outbox = nil
	w.act("far coordinator", id, "suspend", fields{"days": 5, "note": "超出申请的使用范围"})
	w.until(id, "2026-05-11") // the ninth, a Saturday, is worked
	w.act("system", blocker, "data_held", fields{"requirement": 11})
	w.on("2026-05-11 10:00")
	w.act("demander head", id, "report_rectified", fields{"note": "已收回多余权限"})
	w.act("holder head", id, "reinstate", nil)
	if w.count(workflow.EffectFetch) != 1 {
		t.Fatal("what waited is fetched when the permission is reinstated")
	}
}

func brought(t *testing.T, w *world) {
	t.Helper()
	req, id := disputed(w)
	w.until(id, "2025-10-10") // house rules: the article gives no number
	w.on("2025-10-11 00:01")
	w.advance(id)
	w.in(id, "coordinating")
	w.until(id, "2025-10-24")
	for _, who := range []string{"city coordinator", "far coordinator"} {
		refused(t, w.try(who, id, "refer", fields{"note": "x"}), fault.Forbidden, who+" has one of the two only")
	}
	w.act("coordinator", id, "refer", fields{"note": "协调未能一致"})
	w.act("coordinator", id, "decide", fields{"outcome": "share", "number": "苏政复〔2025〕9号", "note": "应当共享"})
	w.in(req, "granted")
	w.until(req, "2025-11-07") // delivery within 20 working days of the decision
}

// The rows without a kind of case: what the terms would be.
func TestTheTermsOfTheCatalogue(t *testing.T) {
	cal := china(t, 24*time.Hour)
	for name, tt := range map[string]struct {
		start string
		days  int
		end   string
	}{
		"第十七条 目录更新 10 个工作日":  {"2025-09-26 10:00", 10, "2025-10-16"},
		"第十七条 经同意再延长 5 个工作日": {"2025-09-26 10:00", 15, "2025-10-23"},
		"第十七条 目录审核发布 2 个工作日": {"2026-02-13 10:00", 2, "2026-02-24"},
		"第十七条 更新期限跨春节与两个调休日": {"2026-02-10 10:00", 10, "2026-03-02"},
	} {
		got, err := cal.Deadline(at(t, tt.start), tt.days)
		if want := at(t, tt.end+" 00:00").Add(24 * time.Hour); err != nil || !got.Equal(want) {
			t.Errorf("%s: %v %v, want %s 24:00", name, got.In(cst()), err, tt.end)
		}
	}
	// Art. 16 gives no number of days for the first review of a catalogue, so no
	// term is counted for it.
}
