package handlers

import (
	"github.com/shujie-gov/shujie/fault"
	"github.com/shujie-gov/shujie/models"
	"github.com/shujie-gov/shujie/workflow"
)

// What the fixed words are called. Kinds, states and actions carry their titles
// in their definitions.

func needTitle(s workflow.NeedStatus) fault.Text {
	switch s {
	case workflow.NeedOpen:
		return fault.Text{ZH: "待办", EN: "Open"}
	case workflow.NeedApplied:
		return fault.Text{ZH: "申请共享，待申请部门", EN: "Applied for, with the applicant"}
	case workflow.NeedRequested:
		return fault.Text{ZH: "已申请共享，待提供部门", EN: "Applied for, with the provider"}
	case workflow.NeedChecking:
		return fault.Text{ZH: "数据校核中", EN: "Being verified"}
	case workflow.NeedFetching:
		return fault.Text{ZH: "调取中", EN: "Being fetched"}
	case workflow.NeedParked:
		return fault.Text{ZH: "平台中断，恢复后自动调取", EN: "Waits for the platform, then fetched by itself"}
	case workflow.NeedUnsure:
		return fault.Text{ZH: "结果不明，待核实", EN: "In doubt, to be settled"}
	case workflow.NeedSatisfied:
		return fault.Text{ZH: "已调取", EN: "Fetched"}
	case workflow.NeedWaived:
		return fault.Text{ZH: "法定方式替代", EN: "Waived by a legal alternative"}
	case workflow.NeedMissing:
		return fault.Text{ZH: "查无记录", EN: "No such record"}
	case workflow.NeedRefused:
		return fault.Text{ZH: "被拒绝", EN: "Refused"}
	}
	return fault.Text{ZH: string(s), EN: string(s)}
}

func classTitle(c workflow.ShareClass) fault.Text {
	switch c {
	case workflow.NoData:
		return fault.Text{ZH: "无数据", EN: "No data exists"}
	case workflow.Unconditional:
		return fault.Text{ZH: "无条件共享", EN: "Unconditional"}
	case workflow.Conditional:
		return fault.Text{ZH: "有条件共享", EN: "Conditional"}
	case workflow.NotShared:
		return fault.Text{ZH: "不予共享", EN: "Not shared"}
	}
	return fault.Text{}
}

func outcomeTitle(o models.Outcome) fault.Text {
	switch o {
	case models.FetchPending:
		return fault.Text{ZH: "调取中", EN: "Under way"}
	case models.FetchFound:
		return fault.Text{ZH: "已取得", EN: "Found"}
	case models.FetchNoRecord:
		return fault.Text{ZH: "查无记录", EN: "No such record"}
	case models.FetchRefused:
		return fault.Text{ZH: "被拒绝", EN: "Refused"}
	case models.FetchTechnical:
		return fault.Text{ZH: "技术故障", EN: "Technical failure"}
	case models.FetchUnknown:
		return fault.Text{ZH: "结果不明", EN: "Unknown outcome"}
	}
	return fault.Text{ZH: string(o), EN: string(o)}
}

func stepTitle(n workflow.NoMeeting) fault.Text {
	switch n {
	case workflow.InPerson:
		return fault.Text{ZH: "需到现场", EN: "In person"}
	case workflow.DataRequested:
		return fault.Text{ZH: "已申请", EN: "Data requested"}
	case workflow.DataPartial:
		return fault.Text{ZH: "部分到位", EN: "Partly there"}
	case workflow.DataReady:
		return fault.Text{ZH: "数据就绪", EN: "Data ready"}
	case workflow.OnlineApproved:
		return fault.Text{ZH: "网上已批", EN: "Approved online"}
	case workflow.Delivered:
		return fault.Text{ZH: "已送达", EN: "Delivered"}
	case workflow.Regressed:
		return fault.Text{ZH: "回退", EN: "Regressed"}
	}
	return fault.Text{}
}
