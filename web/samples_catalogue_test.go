package web

import (
	"time"

	"github.com/shujie-gov/shujie/fault"
)

func entryLists() map[string][]optionView {
	return map[string][]optionView{
		"format": {{"database", both("数据库", "Database")}}, "share_class": {{"1", both("无条件共享", "Unconditional")}, {"2", both("有条件共享", "Conditional")}},
		"share_way": {{"service", both("接口", "Service")}}, "openness": {{"closed", both("不开放", "Not open")}}, "update_cycle": {{"daily", both("每日", "Daily")}},
	}
}

func resourceSample() resourceView {
	return resourceView{
		ID: 2, Code: "307011001/000123", Name: "出生医学证明电子证照", Provider: dept(3), Class: 2, ClassName: both("有条件共享", "Conditional"),
		Condition: "限新生儿落户、参保、入学事项的办理核验", Version: "2", ValidDays: 90, Rate: "1000次/小时", Connected: true, Status: "published", StatusTitle: both("已发布", "Published"),
	}
}

func entry() entryView {
	return entryView{
		resourceView: resourceSample(), N: 2, Calls: callsView{Total: 20431, Depts: []deptCalls{{dept(4), 31, 1204}, {dept(2), 0, 7}, {nil, 0, 1}}}, Revises: true, Lists: entryLists(),
		Form: map[string]string{"name": "出生医学证明电子证照", "items": "新生儿姓名，字符型\n出生日期，日期型\n", "share_class": "2"},
		Pairs: []entryPair{
			{"category", both("信息资源分类", "Category"), both("基础信息资源/电子证照/出生医学证明", "基础信息资源/电子证照/出生医学证明")},
			{"items", both("信息项", "Information items"), both("新生儿姓名（字符型）", "新生儿姓名 (Text)")},
			{"basis", both("不予共享依据", "Legal basis"), fault.Text{}},
		},
		Rows: []dataItemView{{"新生儿姓名", both("字符型", "Text"), ""}, {"出生日期", both("日期型", "Date"), "CCYYMMDD"}},
		Uses: []useView{{refView{1, "新生儿参保"}, refView{12, "出生证明"}, dept(4)}},
		Versions: []entryVersionView{
			{N: 3, Status: "draft", StatusTitle: both("编制中", "Being prepared"), Case: 46, Author: "张晓岚", CreatedAt: at(-time.Hour), Withdraws: true},
			{N: 2, Status: "published", StatusTitle: both("现行", "In force"), Author: "郑管理", CreatedAt: at(-48 * time.Hour), PublishedAt: ptr(at(-47 * time.Hour)), Publisher: "周协调", Changes: []entryChange{
				{both("共享类型", "Sharing class"), both("不予共享", "Not shared"), both("有条件共享", "Conditional")},
				{both("不予共享依据", "Legal basis"), both("旧依据", "old"), fault.Text{}},
				{both("更新周期", "Cycle"), fault.Text{}, both("每日", "Daily")},
			}},
			{N: 1, Status: "replaced", StatusTitle: both("历史版本", "Replaced"), Author: "郑管理", CreatedAt: at(-72 * time.Hour)},
		},
	}
}

// catalogueSamples are the pages of the catalogue.
func catalogueSamples(f func(string) Frame) []sample {
	var list []sample
	add := func(name, page string, data any, p *Problem) {
		list = append(list, sample{name, page, View{Frame: f("/" + page), Data: data, Problem: p}})
	}
	add("resource", "resource", entry(), nil)
	bare := entryView{resourceView: resourceView{ID: 9, Name: "人口基准信息", Status: "draft", StatusTitle: both("未发布", "Draft")}, Missing: []missingView{{both("信息资源摘要", "Abstract"), both("请填写", "is required")}}}
	add("resource-bare", "resource", bare, nil)
	add("resource-refused", "resource", entry(), &Problem{Status: 422, Title: both("填写有误", "Some input is wrong"), Fields: []fault.Field{
		{Name: "items", Text: both("第 2 行：没有这个数据类型", "line 2: no such type")}, {Name: "share_way", Text: both("请填写", "is required")}, {Name: "code", Text: both("不符合编码规则", "has another form")},
	}})
	proposed := entry()
	proposed.Revises, proposed.Proposes = false, true
	add("resource-proposed", "resource", proposed, nil)
	proposed.DraftCase = 46
	add("resource-prepared", "resource", proposed, nil)
	add("entry", "entry", entryFormView{Form: map[string]string{}, Lists: entryLists()}, nil)
	add("entry-refused", "entry", entryFormView{Form: map[string]string{"resource": "2", "case": "46", "name": "出生医学证明"}, Lists: entryLists()}, &Problem{Status: 422, Title: both("填写有误", "Some input is wrong"), Fields: []fault.Field{{Name: "abstract", Text: both("请填写", "is required")}}})
	columns := []string{"信息资源分类", "信息资源名称", "信息资源代码"}
	add("import", "import", importView{Of: "resources", Columns: columns}, nil)
	add("import-done", "import", importView{Of: "resources", Columns: columns, Done: true, Created: 3, Same: 1, Items: 40}, nil)
	add("import-dry", "import", importView{Of: "resources", Columns: columns, Done: true, Dry: true, Created: 3}, nil)
	add("import-refused", "import", importView{Of: "resources", Columns: columns, File: "目录.xlsx", Wrong: 2, Faults: []cellView{{3, both("更新周期", "Cycle"), both("没有「偶尔」这个选项", "is not one of the options")}, {12, both("整行", "Row"), both("没有数据行", "no rows")}}}, &Problem{Status: 422, Title: both("填写有误", "Some input is wrong")})
	add("import-proofs", "import", importView{Of: "proofs", Columns: []string{"事项名称", "证明名称", "设定依据"}}, nil)
	add("import-proofs-done", "import", importView{Of: "proofs", Columns: []string{"事项名称"}, Done: true, Items: 75}, nil)
	add("import-broken", "import", importView{Of: "resources", Columns: columns}, &Problem{Status: 422, Title: both("填写有误", "Some input is wrong"), Fields: []fault.Field{{Name: "file", Text: both("不是完好的 xlsx 文件", "is not an intact xlsx file")}}})
	cover := coverageView{Total: 75, Depts: []deptView{*dept(1), *dept(2)}, Statuses: []coverView{{both("今日可替代", "Replaceable"), nil, 60, "/coverage/proofs?status=ready"}, {both("无数据", "No data"), nil, 15, "/coverage/proofs?status=no_data"}}}
	add("coverage", "coverage", cover, nil)
	cover.Department, cover.Matches, cover.Opened = dept(2), true, 3
	cover.Waits = []coverView{{both("待提供部门接通", "To be connected"), dept(3), 4, "/coverage/proofs?status=connect&waits=3"}}
	cover.Entries = []figureView{{both("负面清单：不予共享", "Negative list"), 2, "/resources?department=2&share_class=3"}}
	add("coverage-dept", "coverage", cover, nil)
	add("covered", "covered", coveredList{Title: both("需求办理中", "Demanded"), Export: "/coverage/proofs/export?", Items: []coveredView{
		{Name: "出生证明", Item: refView{1, "新生儿参保"}, Demander: dept(4), Resource: &refView{2, "出生医学证明电子证照"}, StatusTitle: both("待申请", "Apply"), Waits: dept(4)},
		{Name: "疾病证明", Item: refView{2, "临时救助"}, Demander: dept(2), Holder: dept(3), StatusTitle: both("需求办理中", "Demanded")},
		{Name: "贫困证明", Item: refView{3, "医疗救助"}, Likely: dept(2)},
		{Name: "同意证明", Item: refView{4, "户口迁移"}, Alternative: "现场核查"},
		{Name: "其他", Item: refView{5, "残疾人证办理"}},
	}}, nil)
	add("covered-none", "covered", coveredList{Export: "/coverage/proofs/export?"}, nil)
	it := item()
	it.Case = 9
	it.Proofs = append([]proofView{}, it.Proofs...)
	it.Proofs[0].Basis, it.Proofs[0].Issuer = "《社会保险法》第五十八条", "医疗机构"
	it.Proofs = append(it.Proofs, proofView{Name: "贫困证明"}, proofView{Name: "同意证明", Alternative: "现场核查"})
	add("item", "item", it, nil)
	add("item-bare", "item", itemView{ID: 9, Name: "养犬登记"}, nil)
	change := theCase()
	change.Changes = []changeView{
		{Resource: 2, Name: "出生医学证明电子证照", Code: "307011001/000123", N: 3, Status: "draft", StatusTitle: both("编制中", "Being prepared"), Class: 2, ClassName: both("有条件共享", "Conditional"), Items: 12},
		{Resource: 3, Name: "旧目录", N: 2, Status: "draft", StatusTitle: both("编制中", "Being prepared"), Withdraws: true},
	}
	assess := choiceView{Action: "submit", Title: both("提交本部门审批", "Submit"), Style: "primary", Allowed: true, Mine: true, Inputs: []inputView{{Name: "assessed", Type: "bool", Title: both("已完成评估", "Assessed"), Required: true}}}
	change.Choices = []choiceView{assess}
	list = append(list, sample{"case-change", "case", View{Frame: f("/cases/46"), Data: change}})
	return list
}
