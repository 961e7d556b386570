package workflow_test

import (
	"bytes"
	"encoding/json"
	"os"
	"path/filepath"
	"testing"
	"time"

	"github.com/shujie-gov/shujie/workflow"
)

// A history is the log of a few cases as it was recorded under released
// definitions, with what each entry made of its case. Replayed against the
// definitions of today it must give the same; a definition that cannot do that
// needs a new version (docs/adr/0001).
//
// Versions are those in which new cases of a kind began; a kind that is not in
// it began in version 1.
type history struct {
	Start    time.Time             `json:"start"`
	Versions map[workflow.Kind]int `json:"versions,omitempty"`
	Entries  []entry               `json:"entries"`
}

type entry struct {
	Draft    *workflow.Case `json:"draft,omitempty"` // of a case that somebody opened
	Kind     workflow.Kind  `json:"kind"`
	ByParent bool           `json:"by_parent,omitempty"` // the parent's decision opened it
	Event    workflow.Event `json:"event"`
	Want     snapshot       `json:"want"`
}

// snapshot is what a case came to.
type snapshot struct {
	State     workflow.State                    `json:"state"`
	Version   int64                             `json:"version"`
	Waits     string                            `json:"waits,omitempty"`
	NoMeeting workflow.NoMeeting                `json:"no_meeting,omitempty"`
	Due       *time.Time                        `json:"due,omitempty"`
	Paused    int                               `json:"paused,omitempty"`
	Charge    workflow.Charge                   `json:"charge"`
	Parts     map[workflow.Part]workflow.DeptID `json:"parts"`
	Facts     map[string]any                    `json:"facts"`
	Needs     []workflow.NeedStatus             `json:"needs,omitempty"`
	Children  int                               `json:"children,omitempty"`
	Effects   []string                          `json:"effects,omitempty"`
}

func snap(d workflow.Decision) snapshot {
	c := d.After
	s := snapshot{
		State: c.State, Version: c.Version, NoMeeting: c.NoMeeting, Due: c.Due, Parts: c.Parts, Facts: c.Facts,
		Charge: c.Marks[len(c.Marks)-1].Charge, Children: len(d.Children),
	}
	if c.Waits != (workflow.Seat{}) {
		s.Waits = c.Waits.String()
	}
	if c.Term != nil {
		s.Paused = c.Term.Paused
	}
	for _, r := range c.Requirements {
		s.Needs = append(s.Needs, r.Status)
	}
	for _, e := range d.Effects {
		s.Effects = append(s.Effects, e.Kind)
	}
	return s
}

// lives are the recorded scenarios, by file.
func lives() map[string]func(w *world) {
	return map[string]func(*world){
		"blocker.v1":         blockerLife,
		"assist.v1":          assistLife,
		"share_request.v1":   shareRequestLife,
		"share_ends.v1":      shareRequestEnds,
		"dispute.v1":         disputeLife,
		"correction.v1":      correctionLife,
		"service.v1":         serviceLife,
		"service_anew.v1":    serviceAnew,
		"blocker_ends.v1":    blockerEnds,
		"blocker_regress.v1": blockerRegress,

		"catalogue_change.v1": changeLife,
		"data_demand.v1":      demandLife,
		"supervision.v1":      supervisionLife,
	}
}

func TestRecordedHistoriesReplayTheSame(t *testing.T) {
	if *updating {
		for name, live := range lives() {
			record(t, name, nil, live)
		}
		for name, l := range laterLives() {
			record(t, name, l.versions, l.live)
		}
	}
	files, err := filepath.Glob("../testdata/histories/*.json")
	if want := len(lives()) + len(laterLives()); err != nil || len(files) < want {
		t.Fatalf("%d histories, want %d at least; %v", len(files), want, err)
	}
	for _, file := range files {
		t.Run(filepath.Base(file), func(t *testing.T) { replay(t, file) })
	}
}

// record lets a scenario run and writes its log.
func record(t *testing.T, name string, versions map[workflow.Kind]int, live func(*world)) {
	t.Helper()
	w := newWorld(t, "2026-02-09 10:00")
	w.engine.Defs = asOf(t, versions)
	h := history{Start: w.now, Versions: versions}
	w.watch = func(d workflow.Decision, draft *workflow.Case, byParent bool) {
		h.Entries = append(h.Entries, entry{Draft: draft, Kind: d.After.Kind, ByParent: byParent, Event: d.Event, Want: snap(d)})
	}
	live(w)
	out, err := json.MarshalIndent(h, "", " ")
	if err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile("../testdata/histories/"+name+".json", append(out, '\n'), 0o600); err != nil {
		t.Fatal(err)
	}
}

func TestTheHistoriesTakeEveryActionThereIs(t *testing.T) {
	ds := released(t)
	taken := map[string]bool{}
	for _, live := range lives() {
		w := newWorld(t, "2026-02-09 10:00")
		w.watch = func(d workflow.Decision, _ *workflow.Case, _ bool) {
			taken[string(d.After.Kind)+"/"+string(d.Event.Action)] = true
		}
		live(w)
	}
	for _, kind := range ds.Kinds() {
		for _, a := range ds.Latest(kind).ActionNames() {
			if !taken[string(kind)+"/"+string(a)] {
				t.Errorf("no recorded history has %s/%s", kind, a)
			}
		}
	}
}

func replay(t *testing.T, file string) {
	t.Helper()
	text, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	var h history
	if err := json.Unmarshal(text, &h); err != nil {
		t.Fatal(err)
	}
	w := newWorld(t, "2026-02-09 10:00")
	w.engine.Defs = asOf(t, h.Versions)
	var got []snapshot
	w.watch = func(d workflow.Decision, _ *workflow.Case, _ bool) { got = append(got, snap(d)) }
	for _, e := range h.Entries {
		if e.ByParent {
			continue
		}
		m := workflow.Moment{Now: e.Event.At, Calendar: w.cal}
		actor := workflow.Actor{
			UserID: e.Event.Actor, Name: e.Event.Name, Dept: e.Event.Dept,
			Grants: []workflow.Grant{{Role: e.Event.Role, Dept: e.Event.Dept, Region: "320000"}},
		}
		in := workflow.Input{Action: e.Event.Action, Note: e.Event.Note, Fields: e.Event.Data, Version: e.Event.Seq - 1}
		var d workflow.Decision
		switch {
		case e.Draft != nil:
			d, err = w.engine.Defs.Open(actor, *e.Draft, in, m)
			d.After.ID = workflow.CaseID(len(w.cases) + 1)
		case e.Event.Action == workflow.ActionMigrate || e.Event.Action == workflow.ActionRestore:
			d, err = w.migrated(e.Event, m)
		default:
			d, err = w.engine.Defs.Decide(w.cases[e.Event.Case], actor, in, m)
		}
		if err != nil {
			t.Fatalf("entry %d of case %d, %s: %v", e.Event.Seq, e.Event.Case, e.Event.Action, err)
		}
		w.write(d)
	}
	if len(got) != len(h.Entries) {
		t.Fatalf("replayed %d entries of %d", len(got), len(h.Entries))
	}
	for i, e := range h.Entries {
		if a, b := encode(t, got[i]), encode(t, e.Want); !bytes.Equal(a, b) {
			t.Errorf("entry %d of case %d, %s:\n got %s\nwant %s", e.Event.Seq, e.Event.Case, e.Event.Action, a, b)
		}
	}
}

func encode(t *testing.T, s snapshot) []byte {
	t.Helper()
	out, err := json.Marshal(s)
	if err != nil {
		t.Fatal(err)
	}
	return out
}

// blockerLife goes through nearly everything that may happen to a blocker.
func blockerLife(w *world) {
	d := draft(need(11, workflow.Unconditional), need(12, workflow.NoData))
	d.Facts["alternative"] = "告知承诺"
	id := w.open("hall", d)
	w.act("hall", id, "request_data", nil)
	w.fetch()
	w.act("coordinator", id, "accept", nil)
	w.act("holder handler", id, "return", fields{"reason": "not_our_duty", "note": "不是我们"})
	w.act("coordinator", id, "dispatch", fields{"lead": int64(otherDept)})
	w.act("other head", id, "transfer", fields{"to": int64(holderDept), "note": "归你们"})
	w.act("holder handler", id, "sign", nil)
	w.pooled(id, "holder")
	w.act("hall", id, "unmask", fields{"note": "核对身份"})
	w.now = w.now.AddDate(0, 0, 1)
	w.act("holder head", id, "suspend", fields{"reason": "citizen_papers", "days": 3, "note": "待补正"})
	w.now = w.now.AddDate(0, 0, 20)
	w.advance(id)
	w.act("holder handler", id, "request_extension", fields{"note": "需会签"})
	w.act("coordinator", id, "refuse_extension", fields{"note": "理由不足"})
	w.act("holder handler", id, "request_extension", fields{"note": "需会签"})
	w.act("coordinator", id, "approve_extension", nil)
	w.act("hall", id, "remind", nil)
	w.act("coordinator", id, "supervise", fields{"note": "请抓紧"})
	w.now = w.now.AddDate(0, 0, 30)
	w.advance(id)
	w.act("holder handler", id, "request_assist", fields{"to": int64(otherDept), "rule": "any", "note": "请核对"})
	w.act("other handler", w.child(id, workflow.Assist), "return", fields{"reason": "not_our_duty", "note": "非本部门职责"})
	w.act("holder handler", id, "request_assist", fields{"to": []any{int64(otherDept), int64(demanderDept)}, "rule": "any", "note": "请核对"})
	second := w.child(id, workflow.Assist)
	w.act("demander handler", second, "sign", nil)
	w.act("demander handler", second, "finish", fields{"note": "已核对"}) // the other is let go
	w.act("holder handler", id, "request_assist", fields{"to": int64(otherDept), "note": "请复核"})
	w.act("holder head", id, "drop_assists", fields{"note": "已自行复核"})
	w.act("holder head", id, "waive", fields{"requirement": 12})
	for _, k := range w.cases[id].Children {
		if k.State == "pending" {
			w.act("demander handler", k.ID, "sign", nil)
			w.act("demander handler", k.ID, "finish", fields{"note": "已停止索要"})
		}
	}
	w.act("holder head", id, "resolve", nil)
	w.act("demander head", id, "approve_online", nil)
	w.act("hall", id, "deliver", fields{"method": "post", "number": "EMS123"})
	w.act("hall", id, "verify", fields{"visits": 0})
	w.act("hall", id, "comment", fields{"note": "办事人满意"})
}

// blockerRegress contests and reopens.
func blockerRegress(w *world) {
	id := toResolved(w)
	w.act("demander head", id, "approve_online", nil)
	w.act("hall", id, "deliver", fields{"method": "push"})
	w.act("hall", id, "contest", fields{"note": "仍要原件"})
	w.act("holder handler", id, "refetch", fields{"requirement": 11, "note": "数据有误"})
	w.act("holder handler", id, "request_data", nil)
	w.act("system", id, "data_refused", fields{"requirement": 11})
	w.act("holder handler", id, "request_data", nil)
	w.act("system", id, "data_missing", fields{"requirement": 11})
	for _, outcome := range []string{"未办成", "已办成"} {
		w.act("holder handler", id, "request_data", nil)
		w.act("system", id, "data_parked", fields{"requirement": 11, "incident": 3})
		w.now = w.now.Add(time.Hour)
		w.act("system", id, "data_unsure", fields{"requirement": 11})
		w.act("holder handler", id, "settle_call", fields{"requirement": 11, "outcome": outcome, "note": "已电话核实"})
	}
	w.act("holder handler", id, "refetch", fields{"requirement": 11, "note": "数据有误"})
	w.outbox = nil // the fetches above were answered by hand
	w.act("holder handler", id, "request_data", nil)
	w.fetch()
	w.act("demander head", id, "approve_online", nil)
	w.act("holder head", id, "resolve", nil)
	w.act("demander handler", id, "deliver", fields{"method": "terminal"})
	w.act("hall", id, "verify", fields{"visits": 0})
	w.now = w.now.AddDate(0, 0, 10)
	w.act("coordinator", id, "reopen", fields{"note": "又被索要"})
}

// blockerEnds ends blockers in every other way.
func blockerEnds(w *world) {
	a, b, c := w.open("hall", draft()), w.open("hall", draft()), w.open("hall", draft())
	w.act("coordinator", a, "reject", fields{"note": "复议中"})
	w.act("coordinator", b, "merge", fields{"into": int64(c)})
	w.act("hall", c, "withdraw", fields{"note": "登记错误"})
	first, second, third := w.open("hall", draft(need(11, workflow.Unconditional))), w.open("hall", draft(need(21, workflow.Unconditional))), w.open("hall", draft())
	w.act("hall", second, "join", fields{"into": int64(first)})
	w.act("hall", second, "request_data", fields{"consent": "当面同意"})
	w.fetch()
	w.act("hall", third, "join", fields{"into": int64(first)})
	w.act("coordinator", third, "leave", nil)
	w.act("system", second, "follow", nil)
}

func assistLife(w *world) {
	id := toHandling(w, need(11, workflow.Unconditional))
	a := w.child(id, workflow.Assist)
	w.act("coordinator", a, "supervise", fields{"note": "请抓紧"})
	w.now = w.now.AddDate(0, 0, 5)
	w.advance(a)
	w.act("demander handler", a, "sign", nil)
	w.pooled(a, "demander")
	w.act("coordinator", a, "comment", fields{"note": "请抓紧"})
	w.act("holder handler", a, "remind", nil)
	w.act("demander head", a, "finish", fields{"note": "已停止索要"})
}

func shareRequestLife(w *world) {
	id := toHandling(w, need(11, workflow.Conditional))
	w.act("holder handler", id, "request_data", fields{"until": "2026-12-31"})
	req := w.child(id, workflow.ShareRequest)
	w.act("demander head", req, "send_back", fields{"note": "范围过宽"})
	w.act("demander handler", req, "resubmit", fields{"scope": "仅核对是否"})
	w.act("demander head", req, "endorse", nil)
	w.act("demander handler", req, "remind", nil)
	w.act("far coordinator", req, "supervise", fields{"reason": "refused", "level": "talk", "note": "请依法答复"})
	w.pooled(req, "holder")
	w.act("holder handler", req, "ask_supplement", fields{"note": "缺使用范围"})
	w.act("demander handler", req, "supplement", fields{"scope": "仅核对出生日期"})
	w.act("holder head", req, "request_extension", fields{"note": "需会签"})
	w.act("far coordinator", req, "approve_extension", nil)
	w.act("holder head", req, "refuse", refusal())
	w.act("demander head", req, "dispute", fields{"note": "仅需是否"})
	w.act("holder head", w.child(req, workflow.Dispute), "agree", fields{"note": "按最小范围"})
	w.act("holder handler", req, "connect", nil)
	w.now = w.now.AddDate(0, 0, 40)
	w.advance(req)
	w.act("holder handler", req, "deliver", nil)
	w.act("far coordinator", req, "suspend", fields{"days": 5, "note": "超范围使用"})
	w.act("system", id, "data_held", fields{"requirement": 11})
	w.outbox = nil // the fetch above was answered by hand
	w.act("demander head", req, "report_rectified", fields{"note": "已整改"})
	w.act("holder head", req, "reinstate", nil)
	w.fetch()
	w.act("holder head", req, "suspend", fields{"days": 5, "note": "再次超范围使用"})
	w.now = w.now.AddDate(0, 0, 10)
	w.act("holder head", req, "terminate", fields{"note": "拒不整改"})
	w.act("demander handler", req, "comment", fields{"note": "已销毁"})
}

// shareRequestEnds ends share requests in every other way.
func shareRequestEnds(w *world) {
	open := func(item int64) workflow.CaseID {
		d := draft(need(11, workflow.Conditional))
		d.Item = item // a purpose of its own
		id := w.open("hall", d)
		w.act("coordinator", id, "accept", nil)
		w.act("holder handler", id, "sign", nil)
		w.act("holder handler", id, "request_data", fields{"until": "2026-06-30"})
		req := w.child(id, workflow.ShareRequest)
		w.act("demander head", req, "endorse", nil)
		return req
	}
	w.act("demander head", open(1), "withdraw", fields{"note": "材料有误"})
	a := open(2)
	w.act("holder handler", a, "request_extension", fields{"note": "需会签"})
	w.act("coordinator", a, "refuse_extension", fields{"note": "理由不足"})
	w.act("holder head", a, "refuse", refusal())
	w.act("demander head", a, "accept_refusal", nil)
	b := open(3)
	w.act("holder handler", b, "ask_supplement", fields{"note": "缺使用范围"})
	c := open(4)
	for _, step := range []string{"grant", "connect", "deliver"} {
		w.act("holder head", c, step, nil)
	}
	w.fetch()
	w.now = w.now.AddDate(0, 0, 60)
	w.advance(b)
	w.in(b, "withdrawn")
	w.now = at(w.t, "2026-07-01 00:01")
	w.advance(c)
	w.in(c, "expired")
}

func disputeLife(w *world) {
	_, d := disputed(w)
	w.pooled(d, "holder")
	w.act("demander head", d, "remind", nil)
	w.act("coordinator", d, "supervise", fields{"note": "请尽快协商"})
	w.act("demander head", d, "comment", fields{"note": "请尽快答复"})
	w.now = w.now.AddDate(0, 0, 20)
	w.advance(d)
	w.act("coordinator", d, "refer", fields{"note": "未能一致"})
	w.now = w.now.AddDate(0, 0, 40)
	w.advance(d)
	w.act("coordinator", d, "decide", fields{"outcome": "no_share", "number": "苏政复〔2026〕1号", "note": "不予共享"})
	w.settle()

	x := newDispute(w, 7)
	w.act("demander head", x, "yield", fields{"note": "改用告知承诺"})
	y := newDispute(w, 8)
	w.act("holder head", y, "request_coordination", fields{"note": "分歧"})
	w.act("coordinator", y, "settle", fields{"outcome": "share", "note": "双方同意"})
}

// newDispute brings another blocker, of the service item given, to a dispute.
func newDispute(w *world, item int64) workflow.CaseID {
	d := draft(need(11, workflow.Conditional))
	d.Item = item
	id := w.open("hall", d)
	w.act("coordinator", id, "accept", nil)
	w.act("holder handler", id, "sign", nil)
	w.act("holder handler", id, "request_data", nil)
	req := w.child(id, workflow.ShareRequest)
	w.act("demander head", req, "endorse", nil)
	w.act("holder head", req, "refuse", refusal())
	w.act("demander head", req, "dispute", fields{"note": "仅需核对是否"})
	return w.child(req, workflow.Dispute)
}

func correctionLife(w *world) {
	id, c := doubted(w)
	w.act("demander head", c, "comment", fields{"note": "请尽快核对"})
	w.act("demander head", c, "remind", nil)
	w.act("far coordinator", c, "supervise", fields{"note": "请尽快核对"})
	w.pooled(c, "holder")
	w.now = w.now.AddDate(0, 0, 30)
	w.advance(c)
	w.act("holder handler", c, "confirm", fields{"report": "经核无误"})
	w.act("demander handler", id, "report_error", fields{"requirement": 11, "note": "仍不符"})
	w.act("holder head", w.child(id, workflow.Correction), "correct", fields{"report": "登记有误，已更正"})
	w.fetch()
}

// serviceAnew has a service whose only blocker proved nothing.
func serviceAnew(w *world) {
	svc := w.open("steward", workflow.Case{Kind: workflow.Service, Region: cityRegion, Title: "新生儿参保"})
	d := draft(need(11, workflow.Unconditional))
	d.Parent = svc
	id := w.open("hall", d)
	w.settle()
	w.act("hall", id, "withdraw", fields{"note": "登记错误"})
	w.act("steward", svc, "comment", fields{"note": "继续评估"})
	w.in(svc, "assessing")
}

func serviceLife(w *world) {
	svc := w.open("steward", workflow.Case{
		Kind: workflow.Service, Region: cityRegion, Title: "新生儿参保",
		Parts: map[workflow.Part]workflow.DeptID{workflow.Lead: demanderDept},
	})
	d := draft(need(11, workflow.Unconditional))
	d.Parent = svc
	w.pooled(svc, "demander")
	id := w.open("hall", d)
	w.act("coordinator", id, "accept", nil)
	w.act("holder handler", id, "sign", nil)
	w.act("holder handler", id, "request_data", nil)
	w.fetch()
	w.act("demander head", id, "approve_online", nil)
	endAssist(w, id)
	w.act("holder head", id, "resolve", nil)
	w.act("hall", id, "deliver", fields{"method": "push"})
	w.act("hall", id, "verify", fields{"visits": 0})
	w.act("hall", id, "reopen", fields{"note": "又要"})
}
