package workflow_test

import (
	"slices"
	"strings"
	"testing"

	"github.com/shujie-gov/shujie/fault"
	"github.com/shujie-gov/shujie/workflow"
)

// joinable brings a blocker to where nothing but its assists keeps it from
// being resolved.
func joinable(w *world) workflow.CaseID {
	w.t.Helper()
	id := toHandling(w, need(11, workflow.Unconditional))
	w.act("holder handler", id, "request_data", nil)
	w.fetch()
	endAssist(w, id)
	return id
}

// ask asks the other and the demanding department to assist, and returns the
// two cases.
func ask(w *world, id workflow.CaseID, rule string, need int) (other, demander workflow.CaseID) {
	w.t.Helper()
	f := fields{"to": []any{int64(otherDept), int64(demanderDept)}, "rule": rule, "note": "请核对户籍"}
	if need > 0 {
		f["need"] = need
	}
	w.act("holder handler", id, "request_assist", f)
	kids := w.cases[id].Children
	return kids[len(kids)-2].ID, kids[len(kids)-1].ID
}

func finish(w *world, who string, id workflow.CaseID) {
	w.t.Helper()
	w.act(who, id, "sign", nil)
	w.act(who, id, "finish", fields{"note": "已核对"})
}

func TestSeveralDepartmentsAreAskedTogetherAndToldWhatToDo(t *testing.T) {
	w := newWorld(t, "2026-03-02 10:00")
	id := joinable(w)
	a, b := ask(w, id, "all", 0)
	for kid, dept := range map[workflow.CaseID]workflow.DeptID{a: otherDept, b: demanderDept} {
		c := w.cases[kid]
		if c.Parts[workflow.Lead] != dept || c.Parts[workflow.Holder] != holderDept || c.Facts["task"] != "请核对户籍" {
			t.Fatalf("assist %d: %v %v", kid, c.Parts, c.Facts)
		}
	}
	refused(t, w.try("holder handler", id, "request_assist", fields{"to": []any{int64(holderDept), int64(otherDept)}, "note": "x"}), fault.Conflict, "the lead among them")
	refused(t, w.try("holder handler", id, "request_assist", fields{"to": []any{}, "note": "x"}), fault.Invalid, "nobody")
	refused(t, w.try("holder handler", id, "request_assist", fields{"to": []any{4, "x"}, "note": "x"}), fault.Invalid, "a word among numbers")
	refused(t, w.try("holder handler", id, "request_assist", fields{"to": 4, "rule": "most", "note": "x"}), fault.Invalid, "an unknown rule")
	many := make([]any, 21)
	for i := range many {
		many[i] = 100 + i
	}
	refused(t, w.try("holder handler", id, "request_assist", fields{"to": many, "note": "x"}), fault.Invalid, "twenty-one departments")
}

func TestResolveWaitsExactlyForTheRuleOfTheJoin(t *testing.T) {
	for name, c := range map[string]struct {
		rule        string
		need        int
		first, both bool // may it be resolved after one, after both?
	}{
		"all":      {"all", 0, false, true},
		"any":      {"any", 0, true, true},
		"one of n": {"n", 1, true, true},
		"two of n": {"n", 2, false, true},
	} {
		t.Run(name, func(t *testing.T) {
			w := newWorld(t, "2026-03-02 10:00")
			id := joinable(w)
			a, b := ask(w, id, c.rule, c.need)
			if w.choices("holder head", id)["resolve"].Allowed {
				t.Fatal("resolved before anybody assisted")
			}
			finish(w, "other handler", a)
			if got := w.choices("holder head", id)["resolve"].Allowed; got != c.first {
				t.Fatalf("after one: %v", got)
			}
			if !c.first {
				finish(w, "demander handler", b)
			}
			if got := w.choices("holder head", id)["resolve"].Allowed; got != c.both {
				t.Fatalf("after both: %v", got)
			}
		})
	}
}

func TestWhenTheRuleIsMetTheOthersAreLetGoAndToldSo(t *testing.T) {
	w := newWorld(t, "2026-03-02 10:00")
	id := joinable(w)
	a, b := ask(w, id, "any", 0)
	w.act("demander handler", b, "sign", nil)
	w.outbox = nil
	finish(w, "other handler", a)
	w.in(a, "done")
	w.in(b, "released")
	log := w.events[b]
	if e := log[len(log)-1]; e.Role != workflow.System || e.Action != "release" {
		t.Fatalf("it was let go by %+v", e)
	}
	told := slices.ContainsFunc(w.outbox, func(e workflow.Effect) bool {
		return e.Kind == workflow.EffectNotify && e.Case == b && e.Args["dept"] == int64(demanderDept)
	})
	if !told {
		t.Fatalf("the department was not told: %v", w.outbox)
	}
	if n := len(w.advance(id)); n != 0 {
		t.Fatal("the rest is let go once")
	}
	refused(t, w.try("demander handler", b, "finish", fields{"note": "已核对"}), fault.Conflict, "after it was let go")
}

func TestTheDemandersAssistIsNoPartOfTheJoin(t *testing.T) {
	w := newWorld(t, "2026-03-02 10:00")
	id := toHandling(w, need(11, workflow.Unconditional))
	w.act("holder handler", id, "request_data", nil)
	w.fetch()
	stop := w.child(id, workflow.Assist)
	a, _ := ask(w, id, "any", 0)
	finish(w, "other handler", a)
	w.in(stop, "pending")
	refused(t, w.try("holder head", id, "resolve", nil), fault.Conflict, "while the demander still asks for the paper")
	finish(w, "demander handler", stop)
	w.act("holder head", id, "resolve", nil)
}

func TestAReturnedAssistIsSeenByTheLeadWhoAsksAnother(t *testing.T) {
	w := newWorld(t, "2026-03-02 10:00")
	id := joinable(w)
	w.act("holder handler", id, "request_assist", fields{"to": int64(otherDept), "rule": "any", "note": "请核对"})
	a := w.child(id, workflow.Assist)
	refused(t, w.try("other handler", a, "return", fields{"note": "x"}), fault.Invalid, "without a reason")
	refused(t, w.try("other handler", a, "return", fields{"reason": "other", "proposed": int64(otherDept), "note": "x"}), fault.Conflict, "proposing itself")
	w.act("other handler", a, "return", fields{"reason": "data_not_held", "proposed": int64(demanderDept), "note": "我们没有"})
	told := slices.ContainsFunc(w.outbox, func(e workflow.Effect) bool {
		return e.Kind == workflow.EffectNotify && e.Case == a && e.Args["dept"] == int64(holderDept)
	})
	c := w.cases[id]
	d, err := w.engine.Defs.Of(&c)
	if err != nil {
		t.Fatal(err)
	}
	j := d.Joins(&c)
	if !told || len(j) != 1 || j[0].Gone != 1 || j[0].Met || w.cases[a].Facts["proposed"] != int64(demanderDept) {
		t.Fatalf("told %v, joins %+v", told, j)
	}
	refused(t, w.try("holder head", id, "resolve", nil), fault.Conflict, "with nobody having assisted")
	w.act("holder handler", id, "request_assist", fields{"to": int64(demanderDept), "rule": "any", "note": "请核对"})
	if r := w.cases[w.child(id, workflow.Assist)].Facts["round"]; r != w.cases[a].Facts["round"] {
		t.Fatalf("the one asked instead is in round %v, not %v", r, w.cases[a].Facts["round"])
	}
	finish(w, "demander handler", w.child(id, workflow.Assist))
	w.act("holder head", id, "resolve", nil)
}

func TestWhatIsAskedAnewIsWaitedForAnew(t *testing.T) {
	w := newWorld(t, "2026-03-02 10:00")
	id := joinable(w)
	a, b := ask(w, id, "any", 0)
	finish(w, "other handler", a)
	w.in(b, "released")
	c, _ := ask(w, id, "any", 0)
	w.in(c, "pending")
	refused(t, w.try("holder head", id, "resolve", nil), fault.Conflict, "the first round does not answer the second")
	finish(w, "other handler", c)
	w.act("holder head", id, "resolve", nil)
}

func TestTheHeadMayGoOnWithoutTheAssists(t *testing.T) {
	w := newWorld(t, "2026-03-02 10:00")
	id := joinable(w)
	refused(t, w.try("holder head", id, "drop_assists", fields{"note": "x"}), fault.Conflict, "nobody was asked")
	a, b := ask(w, id, "all", 0)
	refused(t, w.try("holder handler", id, "drop_assists", fields{"note": "x"}), fault.Forbidden, "by the handler")
	refused(t, w.try("holder head", id, "drop_assists", nil), fault.Invalid, "without a reason")
	w.act("holder head", id, "drop_assists", fields{"note": "已自行核对"})
	w.in(a, "released")
	w.in(b, "released")
	w.act("holder head", id, "resolve", nil)
}

func TestSoManyMustBeInReach(t *testing.T) {
	w := newWorld(t, "2026-03-02 10:00")
	id := joinable(w)
	refused(t, w.try("holder handler", id, "request_assist", fields{"to": int64(otherDept), "rule": "n", "note": "x"}), fault.Conflict, "n without a number")
	refused(t, w.try("holder handler", id, "request_assist", fields{"to": int64(otherDept), "rule": "n", "need": 2, "note": "x"}), fault.Conflict, "two of one")
	w.act("holder handler", id, "request_assist", fields{"to": int64(otherDept), "rule": "n", "need": 1, "note": "x"})
	w.act("holder handler", id, "request_assist", fields{"to": int64(demanderDept), "rule": "n", "need": 2, "note": "x"})
	refused(t, w.try("holder handler", id, "request_assist", fields{"to": int64(demanderDept), "rule": "n", "need": 4, "note": "x"}), fault.Conflict, "four of three")
}

func TestACoordinatorDispatchesWithAssists(t *testing.T) {
	w := newWorld(t, "2026-03-02 10:00")
	d := draft(need(11, workflow.Unconditional))
	d.Facts["holders"] = int64(2)
	id := w.open("hall", d)
	w.act("coordinator", id, "accept", nil)
	refused(t, w.try("coordinator", id, "dispatch", fields{"lead": int64(holderDept), "assists": []any{int64(holderDept)}}), fault.Conflict, "the lead assists itself")
	refused(t, w.try("coordinator", id, "dispatch", fields{"lead": int64(holderDept), "assists": int64(otherDept), "rule": "n", "need": 2}), fault.Conflict, "two of one")
	w.act("coordinator", id, "dispatch", fields{"lead": int64(holderDept), "assists": []any{int64(otherDept), int64(demanderDept)}, "rule": "any"})
	kids := w.cases[id].Children
	if len(kids) != 3 || kids[0].Round != 0 || kids[1].Round != 1 || kids[2].Round != 1 || kids[1].Lead != otherDept {
		t.Fatalf("children: %+v", kids)
	}
	finish(w, "other handler", kids[1].ID)
	w.in(kids[2].ID, "released")
	w.in(kids[0].ID, "pending") // to stop asking for the paper is another matter
}

func TestWhoPassesTheCaseOnLetsItsAssistsGo(t *testing.T) {
	w := newWorld(t, "2026-03-02 10:00")
	id := toHandling(w, need(11, workflow.Unconditional))
	stop := w.child(id, workflow.Assist)
	w.act("holder handler", id, "request_assist", fields{"to": int64(demanderDept), "note": "请核对"})
	a := w.child(id, workflow.Assist)
	w.act("holder head", id, "transfer", fields{"to": int64(otherDept), "note": "归你们"})
	w.in(a, "released")
	w.in(stop, "pending")
}

func TestADefinitionsJoinIsChecked(t *testing.T) {
	whole := strings.Replace(sound, "facts: {days: int, urgent: bool, word: string}", "facts: {days: int, urgent: bool, word: string, round: int}\njoins:\n  all:\n    title: {zh: 汇合, en: Join}\n    kind: errand\n    done: [done]\n    round: round\n    rule: word\n    need: days", 1)
	whole = strings.Replace(whole, `expr: "!urgent && input.days < 9"`, `expr: "joined.all && input.days < 9"`, 1)
	if _, err := load(whole); err != nil {
		t.Fatalf("a sound join is refused: %v", err)
	}
	for name, c := range map[string]struct{ old, new, want string }{
		"an unknown fact":              {"need: days", "need: dayz", `join all: unknown fact "dayz" of type int`},
		"a fact of another type":       {"rule: word", "rule: urgent", `join all: unknown fact "urgent" of type string`},
		"an unknown kind":              {"kind: errand\n    done", "kind: quest\n    done", `join all: unknown kind "quest"`},
		"a state that is no end":       {"done: [done]", "done: [open]", `join all: "open" is no final state of errand`},
		"nobody waits for it":          {`"joined.all && input.days < 9"`, `"input.days < 9"`, "join all: no guard reads joined.all"},
		"an unknown join":              {"joined.all", "joined.some", "undeclared reference"},
		"a rule that is none":          {"set: {days: input.days}", "set: {days: input.days, word: \"'most'\"}", `join all: unknown rule "most"`},
		"a rule that is no word":       {"set: {days: input.days}", "set: {word: input.how}", `join all: unknown rule "a"`},
		"it changes without a move":    {"{when: urgent, for: coordinator}", "{when: joined.all, for: coordinator}", "joined.all may change without a move"},
		"closing what is no join":      {"- {do: requirement.reset}", "- {do: join.close, join: none, action: end}", `join.close: unknown join "none"`},
		"closing by what it cannot do": {"- {do: requirement.reset}", "- {do: join.close, join: all, action: end}", `the system cannot end a errand in open by "end"`},
		"a reserved name":              {"word: string, round: int", "word: string, dept: int, round: int", "expressions know this name already"},
	} {
		t.Run(name, func(t *testing.T) {
			text := strings.Replace(whole, c.old, c.new, 1)
			if text == whole {
				t.Fatalf("%q is not there", c.old)
			}
			_, err := load(text)
			if err == nil || !strings.Contains(err.Error(), c.want) {
				t.Fatalf("refusal %v, want %q", err, c.want)
			}
		})
	}
}
