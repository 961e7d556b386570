package policies

import (
	"maps"
	"slices"
	"strings"

	"github.com/shujie-gov/shujie/fault"
	"github.com/shujie-gov/shujie/workflow"
)

// The objects beside the kinds of cases. They are asked for by the same call.
const (
	Catalogue     workflow.Kind = "catalogue"     // resources and service items
	Office        workflow.Kind = "office"        // departments, halls, regions
	Batch         workflow.Kind = "batch"         // batches of blockers
	Receipt       workflow.Kind = "receipt"       // proofs of fetches
	Notice        workflow.Kind = "notice"        // what people are told
	Report        workflow.Kind = "report"        // counts over cases
	Routing       workflow.Kind = "routing"       // tables that say who gets a blocker
	Definition    workflow.Kind = "definition"    // the lives of the kinds
	Calendar      workflow.Kind = "calendar"      // working days, and the replays with them
	User          workflow.Kind = "user"          // accounts
	Right         workflow.Kind = "right"         // which account holds which role
	Configuration workflow.Kind = "configuration" // how the installation is set up
	Log           workflow.Kind = "log"           // what was done by whom
	Job           workflow.Kind = "job"           // the outbox, as an operator sees it
	Metrics       workflow.Kind = "metrics"       // counters of the machine
	Watch         workflow.Kind = "watch"         // what should have happened and did not, in counts
	Workload      workflow.Kind = "workload"      // what lies on whom in a department
)

// Read is the act that every kind has beside its definition's actions: to see
// it at all.
const Read workflow.Action = "read"

// object is what the policy may speak of: a kind and its acts, each with its
// title for refusals.
type object struct {
	title    fault.Text
	business bool
	acts     map[workflow.Action]fault.Text
	order    []workflow.Action
}

func (o *object) add(act workflow.Action, title fault.Text) {
	if _, known := o.acts[act]; known {
		return
	}
	o.acts[act] = title
	o.order = append(o.order, act)
}

// vocabulary is every object by name, with the order of the access matrix.
type vocabulary struct {
	objects map[workflow.Kind]*object
	order   []workflow.Kind
}

// words collects the vocabulary: the kinds with the actions of all their
// released versions, then the objects that are no cases.
func words(defs *workflow.Definitions) vocabulary {
	v := vocabulary{objects: map[workflow.Kind]*object{}}
	for _, kind := range defs.Kinds() {
		o := v.object(kind, defs.Latest(kind).Title, true)
		o.add(Read, actTitle(Read))
		for d := range versions(defs, kind) {
			for _, act := range d.ActionNames() {
				o.add(act, d.ActionTitle(act))
			}
		}
	}
	for _, x := range []struct {
		name     workflow.Kind
		title    fault.Text
		business bool
		acts     []workflow.Action
	}{
		{Catalogue, fault.Text{ZH: "目录", EN: "catalogue"}, true, []workflow.Action{Read, "propose", "write"}},
		{Office, fault.Text{ZH: "部门与区划", EN: "offices"}, false, []workflow.Action{Read, "write"}},
		{Batch, fault.Text{ZH: "批次", EN: "batches"}, true, []workflow.Action{Read, "create"}},
		{Receipt, fault.Text{ZH: "回执", EN: "receipts"}, true, []workflow.Action{Read}},
		{Notice, fault.Text{ZH: "通知", EN: "notices"}, true, []workflow.Action{Read}},
		{Report, fault.Text{ZH: "统计报表", EN: "reports"}, true, []workflow.Action{Read, "export"}},
		{Routing, fault.Text{ZH: "路由规则", EN: "routing rules"}, true, []workflow.Action{Read, "write", "activate"}},
		{Definition, fault.Text{ZH: "流程定义", EN: "definitions"}, false, []workflow.Action{Read, "check", "write"}},
		{Calendar, fault.Text{ZH: "工作日历", EN: "the working calendar"}, false, []workflow.Action{Read, "write", "apply"}},
		{Workload, fault.Text{ZH: "本部门工作量", EN: "the department's workload"}, true, []workflow.Action{Read}},
		{User, fault.Text{ZH: "账号", EN: "accounts"}, false, []workflow.Action{Read, "manage"}},
		{Right, fault.Text{ZH: "权限", EN: "rights"}, false, []workflow.Action{Read, "grant"}},
		{Configuration, fault.Text{ZH: "系统配置", EN: "configuration"}, false, []workflow.Action{Read, "write"}},
		{Log, fault.Text{ZH: "日志", EN: "logs"}, false, []workflow.Action{Read}},
		{Job, fault.Text{ZH: "后台任务", EN: "background jobs"}, false, []workflow.Action{Read, "revive"}},
		{Watch, fault.Text{ZH: "值守", EN: "the watch"}, false, []workflow.Action{Read}},
		{Metrics, fault.Text{ZH: "运行指标", EN: "metrics"}, false, []workflow.Action{Read}},
	} {
		o := v.object(x.name, x.title, x.business)
		for _, act := range x.acts {
			o.add(act, actTitle(act))
		}
	}
	return v
}

func (v *vocabulary) object(kind workflow.Kind, title fault.Text, business bool) *object {
	o := &object{title: title, business: business, acts: map[workflow.Action]fault.Text{}}
	v.objects[kind] = o
	v.order = append(v.order, kind)
	return o
}

// versions walks the released versions of a kind from the first to the latest.
func versions(defs *workflow.Definitions, kind workflow.Kind) func(yield func(*workflow.Definition) bool) {
	return func(yield func(*workflow.Definition) bool) {
		for n := 1; n <= defs.Latest(kind).Version; n++ {
			if d := defs.Get(kind, n); d != nil && !yield(d) {
				return
			}
		}
	}
}

// seats lists which roles the definitions let do what.
func seats(defs *workflow.Definitions) map[cell]bool {
	granted := map[cell]bool{}
	for _, kind := range defs.Kinds() {
		for d := range versions(defs, kind) {
			for _, t := range d.Transitions {
				for _, s := range t.Seats() {
					granted[cell{s.Role, s.Role.Domain(), kind, t.Action}] = true
				}
			}
		}
	}
	return granted
}

func actTitle(act workflow.Action) fault.Text {
	switch act {
	case Read:
		return fault.Text{ZH: "查看", EN: "read"}
	case "write":
		return fault.Text{ZH: "修改", EN: "write"}
	case "propose":
		return fault.Text{ZH: "编制", EN: "propose"}
	case "create":
		return fault.Text{ZH: "新建", EN: "create"}
	case "export":
		return fault.Text{ZH: "导出", EN: "export"}
	case "activate":
		return fault.Text{ZH: "启用", EN: "activate"}
	case "check":
		return fault.Text{ZH: "校验", EN: "check"}
	case "manage":
		return fault.Text{ZH: "管理", EN: "manage"}
	case "grant":
		return fault.Text{ZH: "授予", EN: "grant"}
	case "apply":
		return fault.Text{ZH: "实施", EN: "apply"}
	case "revive":
		return fault.Text{ZH: "重新执行", EN: "revive"}
	case workflow.ActionMigrate, workflow.ActionRestore, workflow.ActionRecalculate, workflow.ActionNoteDone, workflow.ActionNoteRefused: // no role does them
	}
	return fault.Text{ZH: string(act), EN: string(act)}
}

// RoleTitle returns what a role is called within a sentence.
func RoleTitle(r workflow.Role) fault.Text {
	t := r.Title()
	t.EN = strings.ToLower(t.EN)
	return t
}

// sorted returns the keys of a set of cells in a stable order, for refusals.
func sorted(set map[cell]bool) []cell {
	return slices.SortedFunc(maps.Keys(set), cell.compare)
}
