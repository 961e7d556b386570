package workflow_test

import (
	"strings"
	"testing"
	"testing/fstest"

	"github.com/shujie-gov/shujie/workflow"
)

// sound is a small definition that passes its check. Each test breaks one place
// of it.
const sound = `kind: errand
version: 1
title: {zh: 事, en: Errand}
initial: open
facts: {days: int, urgent: bool, word: string}
clocks:
  work:
    title: {zh: 时限, en: Term}
    limits: [{when: urgent, days: 1}, {days: 5}]
    source: {zh: 内部规定, en: House rule}
  pause:
    title: {zh: 暂停, en: Pause}
    limits: [{fact: days}]
    source: {zh: 内部规定, en: House rule}
escalate: [{at: warn, to: seat}, {at: due, to: head}, {after: 2, to: office}]
states:
  open:
    title: {zh: 待办, en: Open}
    charge: [{when: urgent, to: platform}, {to: department/lead}]
    clock: work
    waits: [{when: urgent, for: coordinator}, {for: lead/dept_head}]
  resting:
    title: {zh: 暂停, en: Resting}
    charge: citizen
    clock: pause
    pause: true
    waits: [{for: lead/dept_head}]
  done:
    title: {zh: 完成, en: Done}
    final: true
transitions:
  - action: begin
    title: {zh: 开始, en: Begin}
    to: open
    by: [coordinator]
  - action: rest
    title: {zh: 歇, en: Rest}
    from: [open]
    to: resting
    by: [lead/dept_head]
    inputs:
      - {name: days, type: int, required: true, min: 1, max: 9, default: days, title: {zh: 天数, en: Days}}
      - {name: requirement, type: requirement, title: {zh: 材料, en: Requirement}}
      - name: how
        type: enum
        title: {zh: 方式, en: How}
        options: [{value: a, title: {zh: 甲, en: A}}]
    guards:
      - {name: calm, expr: "!urgent && input.days < 9", reason: {zh: 急, en: Urgent}}
    set: {days: input.days}
    parts: {holder: lead}
    effects:
      - {do: case.notify, to: [coordinator]}
      - {do: requirement.reset}
      - {do: child.open, for: "requirements.filter(r, r.done)", kind: errand, title: "r.name", parts: {lead: lead}, facts: {days: "r.id", urgent: urgent, word: title}}
  - action: wake
    title: {zh: 醒, en: Wake}
    from: [resting]
    to: open
    by: [system]
    auto: true
    guards:
      - {name: over, expr: overdue, reason: {zh: 未到, en: Not yet}}
  - action: urge
    title: {zh: 上报, en: Urge}
    from: [open]
    by: [system]
    auto: true
    escalates: true
    guards:
      - {name: late, expr: level_due, reason: {zh: 未到, en: Not yet}}
  - action: end
    title: {zh: 完, en: End}
    style: primary
    from: [open]
    to: done
    by: [lead/dept_head]
`

func TestTheSoundDefinitionPasses(t *testing.T) {
	if _, err := load(sound); err != nil {
		t.Fatal(err)
	}
}

func load(text string) (*workflow.Definitions, error) {
	return workflow.Load(fstest.MapFS{"d/errand.yaml": {Data: []byte(text)}}, "d")
}

// TestEveryPromisedRefusal breaks the sound definition in one place and wants
// the refusal to name the file and the words given: state, action, mistake.
func TestEveryPromisedRefusal(t *testing.T) {
	for name, c := range map[string]struct{ old, new, want string }{
		"no kind":                    {"kind: errand\nv", "v", "kind and a version"},
		"no version":                 {"version: 1", "version: 0", "kind and a version"},
		"a title in one language":    {"title: {zh: 事, en: Errand}", "title: {zh: 事}", "title is missing"},
		"an unknown key":             {"initial: open", "initial: open\nstart: open", "start"},
		"no YAML":                    {"initial: open", "initial: [", "errand.yaml"},
		"an undefined initial state": {"initial: open", "initial: opne", "state opne: the initial state is not defined"},
		"an empty state":             {"  done:\n    title: {zh: 完成, en: Done}\n    final: true", "  done:", "state done: the state is empty"},

		"an end that leaves behind who joined": {
			"  resting:\n", "  resting:\n    followers: end\n",
			"state done: followers: it ends here",
		},
		"an unreachable state": {"    to: resting\n", "", "state resting: it cannot be reached from open"},
		"a state without a way to an end": {
			"    to: open\n    by: [system]", "    by: [system]",
			"state resting: no way leads from it to an end",
		},
		"an action nobody may do":           {"    to: done\n    by: [lead/dept_head]", "    to: done\n    by: []", "state open: action end: nobody may do it"},
		"an action without by":              {"    to: done\n    by: [lead/dept_head]", "    to: done", "state open: action end: nobody may do it"},
		"an action for an administrator":    {"    to: done\n    by: [lead/dept_head]", "    to: done\n    by: [sys_admin]", "state open: action end: by: nobody may do it as sys_admin"},
		"an unknown role":                   {"    to: done\n    by: [lead/dept_head]", "    to: done\n    by: [king]", `state open: action end: by: unknown role "king"`},
		"an unknown part":                   {"    to: done\n    by: [lead/dept_head]", "    to: done\n    by: [boss/dept_head]", `action end: by: unknown part "boss"`},
		"a department role without a part":  {"    to: done\n    by: [lead/dept_head]", "    to: done\n    by: [dept_head]", `action end: by: unknown part ""`},
		"a part for a regional role":        {"    to: done\n    by: [lead/dept_head]", "    to: done\n    by: [lead/coordinator]", "action end: by: role coordinator is not held in a department"},
		"two unguarded actions of one name": {"  - action: end\n", "  - action: end\n    title: {zh: 完, en: End}\n    from: [open]\n    to: done\n    by: [coordinator]\n  - action: end\n", "state open: action end: two actions of this name"},
		"an undefined target":               {"    to: done\n", "    to: dnoe\n", `state open: action end: the target state "dnoe" is not defined`},
		"an undefined source":               {"    from: [open]\n    to: done", "    from: [open, opne]\n    to: done", "state opne: action end: the state is not defined"},
		"a source twice":                    {"    from: [open]\n    to: done", "    from: [open, open]\n    to: done", "state open: action end: the state is listed twice"},
		"no opening action":                 {"    to: open\n    by: [coordinator]", "    from: [open]\n    to: open\n    by: [coordinator]", "state open: there must be exactly one action without from"},
		"an opening action elsewhere":       {"    to: open\n    by: [coordinator]", "    to: done\n    by: [coordinator]", "state done: action begin: the opening action must lead to the initial state open"},
		"an action title in one language":   {"title: {zh: 完, en: End}", "title: {zh: 完}", "state open: action end: the title is missing"},
		"a state title in one language":     {"title: {zh: 完成, en: Done}", "title: {en: Done}", "state done: the title is missing"},
		"an unknown style":                  {"style: primary", "style: pink", `state open: action end: unknown style "pink"`},

		"a state that waits for nobody":     {"    pause: true\n    waits: [{for: lead/dept_head}]", "    pause: true", "state resting: its last wait"},
		"a wait only under a condition":     {"    pause: true\n    waits: [{for: lead/dept_head}]", "    pause: true\n    waits: [{when: urgent, for: coordinator}]", "state resting: its last wait"},
		"a wait for an unknown role":        {"{for: lead/dept_head}]\n  done", "{for: lead/king}]\n  done", `state resting: waits: unknown role "king"`},
		"time that is charged to nobody":    {"    charge: citizen\n", "", "state resting: its last charge"},
		"an unknown charge":                 {"charge: citizen", "charge: weather", `state resting: unknown charge "weather"`},
		"a charge to an unknown part":       {"charge: citizen", "charge: department/boss", `state resting: unknown charge "department/boss"`},
		"a citizen who plays a part":        {"charge: citizen", "charge: citizen/lead", "state resting: charge"},
		"a final state that waits":          {"    final: true", "    final: true\n    waits: [{for: coordinator}]", "state done: a final state waits for nobody"},
		"a pause without an end":            {"    clock: pause\n", "", "state resting: a pause needs a clock"},
		"an unknown clock":                  {"    clock: work\n", "    clock: gear\n", `state open: unknown clock "gear"`},
		"a clock nobody runs":               {"    clock: work\n", "", "clock work: no state runs it"},
		"a clock without a source":          {"    source: {zh: 内部规定, en: House rule}\n  pause", "  pause", "clock work: title or source"},
		"a clock without a limit":           {"limits: [{fact: days}]", "limits: []", "clock pause: its last limit"},
		"a limit only under a condition":    {", {days: 5}]", "]", "clock work: its last limit"},
		"a limit of no days":                {"{days: 5}", "{days: 0}", "clock work: a limit has either days"},
		"a limit by an unknown fact":        {"{fact: days}", "{fact: nights}", `clock pause: unknown fact "nights"`},
		"a limit by a fact that is no int":  {"{fact: days}", "{fact: word}", `clock pause: unknown fact "word" of type int`},
		"a limit that reads the unknown":    {"{when: urgent, days: 1}", "{when: urgnt, days: 1}", "clock work: expression \"urgnt\": "},
		"a fact of an unknown type":         {"days: int, ", "days: float, ", `fact days: unknown type "float"`},
		"a fact with a name that is taken":  {"days: int, ", "days: int, lead: int, ", "fact lead: expressions know this name already"},
		"a guard that reads the unknown":    {`"!urgent && input.days < 9"`, `"!urgnt"`, `state open: action rest: expression "!urgnt": `},
		"a guard that is no condition":      {`"!urgent && input.days < 9"`, `"days"`, "state open: action rest: expression \"days\": it is a int, not a bool"},
		"a guard of another action's input": {"expr: overdue", "expr: input.days > 1", "state resting: action wake: expression \"input.days > 1\": "},
		"a guard without a reason":          {"reason: {zh: 急, en: Urgent}", "reason: {zh: 急}", `state open: action rest: guard "calm" needs`},
		"a guard without an expression":     {`expr: "!urgent && input.days < 9", `, "", `state open: action rest: guard "calm" needs`},
		"a guard twice":                     {"    set: {days: input.days}", "      - {name: calm, expr: urgent, reason: {zh: 急, en: U}}\n    set: {days: input.days}", "state open: action rest: guard calm: it is listed twice"},
		"a wait that reads the unknown":     {"{when: urgent, for: coordinator}", "{when: urgnt, for: coordinator}", "state open: waits: expression"},
		"a wait that reads the children":    {"{when: urgent, for: coordinator}", "{when: 'children.size() > 0', for: coordinator}", "state open: waits: expression \"children.size() > 0\": children may change"},
		"a level at no known time":          {"{at: due, to: head}", "{at: noon, to: head}", "escalation level 2: at is neither warn nor due"},
		"a level at two times":              {"{at: due, to: head}", "{at: due, after: 1, to: head}", "escalation level 2: it has either at, or after"},
		"a level before the one before":     {"{at: warn, to: seat}, {at: due, to: head}", "{at: due, to: seat}, {at: warn, to: head}", "escalation level 2: it must be due later"},
		"a level that tells nobody":         {"{at: due, to: head}", "{at: due, to: boss}", "escalation level 2: unknown addressee"},
		"levels that nobody takes":          {"    escalates: true\n", "", "levels of escalation without an action"},
		"an escalation that never is due":   {"expr: level_due", "expr: overdue", "has a guard that reads level_due"},
		"an escalation that moves":          {"    escalates: true\n", "    escalates: true\n    to: done\n", "stays in its state"},
		"a charge that reads the time":      {"{when: urgent, to: platform}", "{when: overdue, to: platform}", "state open: charge: expression \"overdue\": overdue may change"},
		"a charge that reads a grant":       {"{when: urgent, to: platform}", "{when: \"requirements.exists(r, r.grant == 'valid')\", to: platform}", ".grant may change"},
		"a charge that reads the date":      {"{when: urgent, to: platform}", "{when: \"today > '2026'\", to: platform}", "today may change"},
		"a charge to a part and a dept":     {"{to: department/lead}", "{to: department/lead, dept: lead}", "dept names the department"},
		"a charge to a dept that is a word": {"{to: department/lead}", "{to: department, dept: word}", "it is a string, not a int"},
		"a still term without a reason":     {"{to: department/lead}", "{to: department/lead, still: {value: x}}", "why the term stands still"},
		"a limit until no date":             {"{fact: days}", "{until: word}", `clock pause: unknown fact "word" of type date`},
		"a child of no department's region": {"kind: errand, title: \"r.name\"", "kind: errand, at: [word], title: \"r.name\"", "it is a string, not a int"},
		"a charge that reads the unknown":   {"{when: urgent, to: platform}", "{when: urgnt, to: platform}", "state open: charge: expression"},
		"an expression without end":         {`"!urgent && input.days < 9"`, `"(("`, "state open: action rest: expression"},

		"an input of an unknown type":      {"name: days, type: int", "name: days, type: float", "state open: action rest: input days: unknown type"},
		"an input title in one language":   {"title: {zh: 天数, en: Days}", "title: {zh: 天数}", "state open: action rest: input days"},
		"an input twice":                   {"      - name: how\n", "      - {name: days, type: int, title: {zh: 天, en: D}}\n      - name: how\n", "state open: action rest: input days: it is listed twice"},
		"an enum without options":          {"        options: [{value: a, title: {zh: 甲, en: A}}]\n", "", "state open: action rest: input how: an enum has options"},
		"bounds the wrong way round":       {"min: 1, max: 9", "min: 9, max: 1", "state open: action rest: input days: only an int has bounds"},
		"bounds of a text":                 {"name: days, type: int, required: true", "name: days, type: text, required: true", "state open: action rest: input days: only an int has bounds"},
		"a default of another type":        {"default: days", "default: word", "state open: action rest: expression \"word\""},
		"a default that reads the unknown": {"default: days", "default: nights", "state open: action rest: expression \"nights\""},
		"a note that is no text":           {"name: requirement, type: requirement", "name: note, type: int", "state open: action rest: input note"},
		"setting an unknown fact":          {"set: {days: input.days}", "set: {nights: input.days}", `state open: action rest: set: unknown fact "nights"`},
		"setting a fact to another type":   {"set: {days: input.days}", "set: {days: title}", "state open: action rest: expression \"title\": it is a string, not a int"},
		"setting an unknown part":          {"parts: {holder: lead}", "parts: {boss: lead}", `state open: action rest: parts: unknown part "boss"`},
		"setting a part to no department":  {"parts: {holder: lead}", "parts: {holder: title}", "state open: action rest: expression \"title\""},
		"an unknown effect":                {"do: requirement.reset", "do: requirement.rest", `state open: action rest: unknown effect "requirement.rest"`},
		"an effect on no requirement":      {"do: requirement.reset", "do: requirement.reset, for: requirements, when: true", ""},
		"a receipt from nowhere":           {"do: requirement.reset", "do: requirement.satisfy", "state open: action rest: requirement.satisfy needs an input receipt"},
		"a waiver without an alternative":  {"do: requirement.reset", "do: requirement.waive", "state open: action rest: requirement.waive needs an input alternative"},
		"an effect about nothing":          {"      - {name: requirement, type: requirement, title: {zh: 材料, en: Requirement}}\n", "", "state open: action rest: requirement.reset needs either"},
		"a notice to nobody":               {"to: [coordinator]}", "to: []}", "state open: action rest: case.notify tells nobody"},
		"a notice to an unknown role":      {"to: [coordinator]}", "to: [king]}", `state open: action rest: case.notify: unknown role "king"`},
		"a child of an unknown kind":       {"kind: errand, title", "kind: errnd, title", `state open: action rest: child.open: unknown kind "errnd"`},
		"a child without a title":          {`kind: errand, title: "r.name"`, "kind: errand", "state open: action rest: child.open needs kind and title"},
		"a child of an unknown part":       {"parts: {lead: lead}, facts", "parts: {boss: lead}, facts", `state open: action rest: child.open: unknown part "boss"`},
		"a child's unknown fact":           {`facts: {days: "r.id"`, `facts: {nights: "r.id"`, `state open: action rest: child.open: errand has no fact "nights"`},
		"a child's fact of another type":   {`facts: {days: "r.id"`, `facts: {days: "r.name"`, "state open: action rest: child.open: fact days of errand is a int, not a string"},
		"a loop over no requirements":      {`for: "requirements.filter(r, r.done)"`, `for: "[title]"`, "state open: action rest: expression \"[title]\": it is a list(string)"},
		"an automatic action of a person":  {"    by: [system]", "    by: [coordinator]", "state resting: action wake: it is automatic, but the system may not do it"},
		"an automatic action that asks":    {"    auto: true", "    auto: true\n    inputs: [{name: days, type: int, required: true, title: {zh: 天, en: D}}]", "state resting: action wake: it is automatic, but requires the input days"},
		"an automatic action without end":  {"  - action: end\n", "  - {action: spin, title: {zh: 转, en: Spin}, from: [open], by: [system], auto: true}\n  - action: end\n", "state open: action spin: it is automatic, stays in the state"},
		"an automatic guard that asks":     {"    auto: true\n    guards:\n      - {name: over, expr: overdue", "    auto: true\n    inputs: [{name: n, type: int, title: {zh: 数, en: N}}]\n    guards:\n      - {name: over, expr: input.n > 1", "state resting: action wake: guard over: the action is automatic"},
		"a child that asks when it opens":  {"    to: open\n    by: [coordinator]", "    to: open\n    by: [coordinator]\n    inputs: [{name: why, type: text, required: true, title: {zh: 因, en: Why}}]", "state open: action rest: child.open: errand cannot be opened without the input why"},
	} {
		t.Run(name, func(t *testing.T) {
			if strings.Count(sound, c.old) == 0 {
				t.Fatalf("the sound definition has no %q", c.old)
			}
			_, err := load(strings.Replace(sound, c.old, c.new, 1))
			if c.want == "" {
				if err != nil {
					t.Fatalf("refused: %v", err)
				}
				return
			}
			if err == nil {
				t.Fatal("it passed")
			}
			if !strings.Contains(err.Error(), c.want) || !strings.Contains(err.Error(), "errand.yaml") {
				t.Fatalf("refusal:\n%v\nwant %q in it", err, c.want)
			}
		})
	}
}

func TestTwoFilesOfOneVersionAreRefused(t *testing.T) {
	_, err := workflow.Load(fstest.MapFS{
		"d/a.yaml": {Data: []byte(sound)}, "d/b.yaml": {Data: []byte(sound)},
	}, "d")
	if err == nil || !strings.Contains(err.Error(), "already defined in d/a.yaml") {
		t.Fatalf("err = %v", err)
	}
}

func TestANewVersionLeavesTheOldInPlace(t *testing.T) {
	ds, err := workflow.Load(fstest.MapFS{
		"d/v1.yaml": {Data: []byte(sound)},
		"d/v2.yaml": {Data: []byte(strings.Replace(sound, "version: 1", "version: 2", 1))},
	}, "d")
	if err != nil {
		t.Fatal(err)
	}
	if ds.Latest("errand").Version != 2 || ds.Get("errand", 1) == nil {
		t.Fatal("new cases take version 2, running ones keep 1")
	}
}

func TestAllRefusalsAreToldAtOnce(t *testing.T) {
	broken := strings.NewReplacer("style: primary", "style: pink", "charge: citizen", "charge: weather").Replace(sound)
	_, err := load(broken)
	if err == nil || !strings.Contains(err.Error(), "pink") || !strings.Contains(err.Error(), "weather") {
		t.Fatalf("err = %v", err)
	}
}
