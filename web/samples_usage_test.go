package web

import "time"

// usageSamples are the pages of who used whose data.
func usageSamples(f func(string) Frame) []sample {
	view := func(name string, data usageView) sample {
		return sample{name, "usage", View{Frame: f("/usage"), Data: data}}
	}
	full := usageView{
		N: 1204, Depts: []deptView{*dept(1), *dept(4)}, Export: "/usage/export?",
		Totals: []usedTotalView{
			{Resource: refView{2, "出生医学证明电子证照"}, Provider: dept(3), User: dept(4), Purpose: "新生儿参保：出生证明", N: 1203, Kept: 2, Last: at(-time.Hour), URL: "/usage?department=4&resource=2"},
			{Resource: refView{2, "出生医学证明电子证照"}, Provider: dept(3), Purpose: "户口登记：出生证明", N: 1, Last: at(-time.Hour), URL: "/usage?resource=2"},
		},
		Items: []usedView{
			{Receipt: 1204, Resource: refView{2, "出生医学证明电子证照"}, Version: "2", Provider: dept(3), User: dept(4), CaseNumber: "疏〔2026〕46号", Purpose: "新生儿参保：出生证明", Basis: "《政务数据共享条例》第二十条（有条件共享）", At: at(-time.Hour)},
			{Receipt: 1203, Resource: refView{2, "出生医学证明电子证照"}, User: dept(4), CaseNumber: "疏〔2026〕45号", Purpose: "新生儿参保：出生证明", Basis: "《政务数据共享条例》第二十条（有条件共享）", Source: 1100, At: at(-2 * time.Hour), DestroyedAt: ptr(at(-time.Hour))},
			{Receipt: 1202, Resource: refView{2, "出生医学证明电子证照"}, User: dept(4), CaseNumber: "疏〔2026〕44号", Purpose: "新生儿参保：出生证明", Basis: "《政务数据共享条例》第二十条（有条件共享）", Probe: true, At: at(-3 * time.Hour)},
		},
		NextURL: "/usage?cursor=x",
	}
	of := full
	of.Resource, of.User, of.From, of.To, of.Filtered, of.First = &refView{2, "出生医学证明电子证照"}, 4, "2026-01-01", "2026-03-31", true, "/usage?resource=2"
	return []sample{
		view("usage", full), view("usage-of", of), view("usage-none", usageView{Export: "/usage/export?"}),
		view("usage-none-here", usageView{Export: "/usage/export?department=4&", Filtered: true}),
	}
}
