package web

import (
	"time"

	"github.com/shujie-gov/shujie/fault"
)

// The data of the pages about definitions, as in views_test.go.

type definitionView struct {
	Kind    string
	Version int
	Title   fault.Text
	Initial string
	States  []optionView
	Actions []optionView
	Joins   []joinRuleView
	Mermaid string
	Own     versionView
	All     []versionView
	Before  int
	Changes []change
	YAML    string

	Diagram  string
	MayWrite bool
	Last     bool
}

type versionView struct {
	Version    int
	Status     string
	StatusName fault.Text
	Latest     bool
	Shipped    bool
	Hash       string
	By         string
	At         time.Time
	MovedBy    string
	MovedAt    *time.Time
	Open       int64
	Cases      []countView
}

type definitionsView struct {
	Items      []definitionView
	Migrations []migrationView
	MayWrite   bool
	Typed      string
}

type change struct {
	What, Thing, Name string
	Title             fault.Text
	Details           []changeDetail
}

type changeDetail struct{ Aspect, Before, After fault.Text }

type planView struct {
	Kind                                     string
	From, To                                 int
	Open, Maps, Stays, Dues, Waits, Advances int
	NewFacts                                 []factPlan
	Dropped, Retyped                         []string
	Mentions                                 []mention
	Title                                    fault.Text
	Changes                                  []change
	Rows                                     []planRow
	Versions                                 []versionView
	Facts                                    map[string]string
	Draft                                    bool
}

type factPlan struct {
	Name, Type string
	Value      any
}

type mention struct {
	Kind       string
	Version    int
	Action     string
	State      string
	Expression string
}

type planRow struct {
	State       string
	Title       fault.Text
	To          string
	ToTitle     fault.Text
	Cases       int
	Maps, Stays int
	Reasons     []reasonCount
	Due         dueChange
	Advances    int
	Choices     []goalView
	Kept        bool
	Samples     []sampleView
	Hands       []handView
	Seats       []seatView
}

type reasonCount struct {
	Text  fault.Text
	Cases int
}

type dueChange struct {
	Earlier, Later, Begins, Ends int
	Shifts                       []shift
}

type shift struct{ Days, Cases int }

type goalView struct {
	Value  string
	Title  fault.Text
	Chosen bool
}

type sampleView struct {
	ID            int64
	Number        string
	Before, After *time.Time
}

type handView struct {
	From, To fault.Text
	N        int
}

type seatView struct {
	Seat         fault.Text
	Gains, Loses []fault.Text
}

type migrationView struct {
	ID         int64
	Kind       string
	Title      fault.Text
	From, To   int
	States     map[string]string
	Status     string
	StatusName fault.Text
	Active     bool
	By         string
	At         time.Time
	EndedAt    *time.Time
	UndoneBy   string
	Expected   struct{ Open, Maps, Stays, Dues, Waits int }
	Outcomes   map[string]int64
	Done       int64
	Items      []turnView
	Next       string
	Outcome    string
	Tallies    []tallyView
	NextURL    string
	First      string
	MayWrite   bool
}

type tallyView struct {
	Outcome  string
	Title    fault.Text
	N        int64
	Planned  bool
	Expected int
}

type turnView struct {
	Case        int64
	Number      string
	Outcome     string
	OutcomeName fault.Text
	Why         *fault.Text
}

// addDefinitions adds the pages about definitions.
func addDefinitions(add func(name, page string, fr Frame, data any, p *Problem), f func(string) Frame) {
	changes := []change{
		{"renamed", "state", "accepted → admitted", both("已受理", "Accepted"), nil},
		{"removed", "state", "suspended", both("挂起", "Suspended"), nil},
		{"changed", "clock", "handle", both("办理时限", "Term for handling"), []changeDetail{{both("期限", "Limit"), both("5 个工作日", "5 working days"), both("3 个工作日", "3 working days")}}},
		{"added", "fact", "priority", both("priority", "priority"), []changeDetail{{both("类型", "Type"), fault.Text{}, both("int", "int")}}},
		{"changed", "action", "sign", both("签收", "Sign for it"), []changeDetail{{both("谁可办理", "By"), both("主办部门·部门经办", "Lead department, department handler"), fault.Text{}}}},
		{"added", "join", "assists", both("协办", "Assists"), nil},
	}
	version := func(n int, status string, name fault.Text) versionView {
		return versionView{
			Version: n, Status: status, StatusName: name, Latest: status == "released", Shipped: n == 1, Hash: "9c1f", By: "郑管理", At: at(0), MovedBy: "郑管理", MovedAt: ptr(at(0)),
			Open: 12, Cases: []countView{{"filed", stateOf("filed"), 5}, {"handling", stateOf("handling"), 7}},
		}
	}
	v1, v2, v3 := version(1, "released", both("在用", "released")), version(2, "draft", both("草稿", "draft")), version(3, "retired", both("停用", "retired"))
	v2.Open, v2.Cases, v3.Open, v3.Cases = 0, nil, 0, nil
	def := definitionView{
		Kind: "blocker", Version: 1, Title: kindOf("blocker"), Initial: "filed", States: []optionView{{"filed", stateOf("filed")}},
		Actions: []optionView{{"accept", both("受理", "Accept")}}, Mermaid: "stateDiagram-v2\n  [*] --> filed", Diagram: theCase().Diagram,
		Joins: []joinRuleView{{Name: "assists", Title: both("协办汇合", "Join of the assists"), Kind: "assist", Done: []string{"done", "returned"}, Rules: []string{"all", "any"}}},
		Own:   v1, All: []versionView{v3, v2, v1}, YAML: "kind: blocker", MayWrite: true, Last: true,
	}
	draft := def
	draft.Version, draft.Own, draft.Before, draft.Changes, draft.Last = 2, v2, 1, changes, false
	second := draft
	second.Own, second.Changes = v1, nil
	reader := draft
	reader.MayWrite, reader.Own = false, version(2, "released", both("在用", "released"))
	why := both("状态「挂起」在新版中没有对应", "no counterpart")
	done := migrationView{
		ID: 3, Kind: "blocker", Title: kindOf("blocker"), From: 1, To: 2, Status: "done", StatusName: both("已完成", "Done"), By: "郑管理", At: at(-time.Hour),
		Outcomes: map[string]int64{"moved": 87, "stayed": 13, "failed": 0, "undone": 0, "kept": 0, "pending": 0}, Done: 100, MayWrite: true, Outcome: "stayed",
		Tallies: []tallyView{{"moved", both("已改用新版", "Moved"), 87, true, 87}, {"stayed", both("留在旧版", "Stayed"), 13, true, 13}, {"kept", both("未恢复", "Not brought back"), 0, false, 0}},
		Items:   []turnView{{46, "JS-2026-00046", "stayed", both("留在旧版", "Stayed"), &why}, {47, "JS-2026-00047", "stayed", both("留在旧版", "Stayed"), nil}},
		NextURL: "/migrations/3?cursor=x", First: "/migrations/3",
	}
	done.Expected.Open, done.Expected.Maps, done.Expected.Stays = 100, 87, 13
	running, undone := done, done
	running.Status, running.StatusName, running.Active, running.Items, running.Done = "running", both("正在改版", "At work"), true, nil, 40
	undone.Status, undone.StatusName, undone.UndoneBy, undone.Outcomes = "undone", both("已撤销", "Undone"), "郑管理", map[string]int64{"moved": 0, "stayed": 13, "failed": 0, "undone": 86, "kept": 1}
	plan := planView{
		Kind: "blocker", From: 1, To: 2, Title: kindOf("blocker"), Open: 100, Maps: 87, Stays: 13, Dues: 40, Waits: 20, Advances: 2, Changes: changes,
		NewFacts: []factPlan{{"priority", "int", 0}}, Dropped: []string{"hops", "bound"}, Retyped: []string{"holders", "proposed"}, Facts: map[string]string{"priority": "2"},
		Mentions: []mention{{"service", 1, "advance", "accepted", "children.exists(c, c.state == 'accepted')"}},
		Rows: []planRow{
			{
				State: "handling", Title: stateOf("handling"), To: "handling", ToTitle: stateOf("handling"), Cases: 40, Maps: 40, Kept: true,
				Due:     dueChange{Earlier: 30, Later: 5, Begins: 3, Ends: 2, Shifts: []shift{{-2, 30}, {1, 5}}},
				Choices: []goalView{{"", both("留在第 1 版", "stay on version 1"), false}, {"handling", stateOf("handling"), true}},
				Samples: []sampleView{{46, "JS-2026-00046", ptr(at(0)), ptr(at(-time.Hour))}, {47, "JS-2026-00047", nil, nil}},
				Hands:   []handView{{both("主办部门·部门经办", "handler"), both("主办部门·部门负责人", "head"), 20}},
				Seats:   []seatView{{both("主办部门·部门经办", "handler"), []fault.Text{both("办结", "Resolve"), both("评论", "Comment")}, []fault.Text{both("签收", "Sign"), both("退回", "Return")}}},
			},
			{State: "suspended", Title: stateOf("suspended"), Cases: 13, Stays: 13, Reasons: []reasonCount{{both("状态「挂起」在新版中没有对应", "no counterpart"), 13}}, Choices: []goalView{{"", both("留在第 1 版", "stay on version 1"), true}}},
		},
	}
	none, early := planView{Kind: "blocker", From: 1, To: 2, Title: kindOf("blocker")}, plan
	early.Draft = true
	add("definitions", "definitions", f("/definitions"), definitionsView{Items: []definitionView{def, {Kind: "assist", Version: 1, Title: kindOf("assist")}}, Migrations: []migrationView{done, undone}, MayWrite: true}, nil)
	add("definitions-refused", "definitions", f("/definitions"), definitionsView{Items: []definitionView{def}, MayWrite: true, Typed: "kind: blocker"}, &Problem{Status: 422, Title: both("填写有误", "Some input is wrong"), Fields: []fault.Field{{Name: "yaml", Text: both("blocker.v2.yaml：第 12 行：状态 filed：没有时限 \"x\"", "blocker.v2.yaml: line 12: state filed: unknown clock \"x\"")}}})
	add("definitions-empty", "definitions", f("/definitions"), definitionsView{}, nil)
	add("definition", "definition", f("/definitions/blocker"), def, nil)
	add("definition-draft", "definition", f("/definitions/blocker"), draft, nil)
	add("definition-same", "definition", f("/definitions/blocker"), second, nil)
	add("definition-read", "definition", f("/definitions/blocker"), reader, nil)
	add("plan", "plan", f("/definitions/blocker/plan"), plan, nil)
	add("plan-draft", "plan", f("/definitions/blocker/plan"), early, nil)
	add("plan-none", "plan", f("/definitions/blocker/plan"), none, nil)
	add("migration", "migration", f("/migrations/3"), done, nil)
	add("migration-running", "migration", f("/migrations/3"), running, nil)
	add("migration-undone", "migration", f("/migrations/3"), undone, nil)
}
