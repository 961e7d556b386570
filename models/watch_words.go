package models

import "github.com/shujie-gov/shujie/fault"

// Title says what a kind of the watch is.
func (k WatchKind) Title() fault.Text {
	switch k {
	case WatchCases:
		return fault.Text{ZH: "到时未动的事项", EN: "Cases that time should have moved"}
	case WatchFetches:
		return fault.Text{ZH: "到时未发出的数据调取", EN: "Fetches past their next time"}
	case WatchOutbox:
		return fault.Text{ZH: "到时未执行的后台任务", EN: "Jobs that nobody has taken up"}
	case WatchDead:
		return fault.Text{ZH: "已放弃的后台任务", EN: "Jobs that were given up"}
	case WatchSeal:
		return fault.Text{ZH: "未封存的日志", EN: "Events that no checkpoint covers"}
	case WatchMigrations:
		return fault.Text{ZH: "停滞的流程改版", EN: "Migrations that stand still"}
	case WatchReplays:
		return fault.Text{ZH: "停滞的日历重算", EN: "Replays of the calendar that stand still"}
	case WatchBulks:
		return fault.Text{ZH: "停滞的批量办理", EN: "Bulk acts that stand still"}
	}
	return fault.Text{ZH: string(k), EN: string(k)}
}

// Todo says what to do about a kind of the watch.
func (k WatchKind) Todo() fault.Text {
	switch k {
	case WatchCases:
		return fault.Text{
			ZH: "确认有后台进程在运行（shujie serve --role=worker），再在其日志中查找“case not moved”。",
			EN: `See that a worker runs (shujie serve --role=worker), then look for "case not moved" in its log.`,
		}
	case WatchFetches:
		return fault.Text{
			ZH: "用 shujie exchange-call 测试到共享交换平台的连接，确认后台进程在运行。",
			EN: "Test the connection to the exchange platform with shujie exchange-call, and see that a worker runs.",
		}
	case WatchOutbox:
		return fault.Text{
			ZH: "确认有后台进程在运行，且能连接 Redis（/readyz）；队列丢失的任务会自动补发。",
			EN: "See that a worker runs and reaches Redis (/readyz); what the queue lost is sent again by itself.",
		}
	case WatchDead:
		return fault.Text{
			ZH: "任务多次失败后已放弃：在后台进程日志中查找原因，排除后恢复这些任务（系统管理员在本页，或用 shujie watch revive）。",
			EN: "They failed too often: find the cause in the log of the worker, mend it and revive them (the system administrator does on this page, or shujie watch revive).",
		}
	case WatchSeal:
		return fault.Text{
			ZH: "确认有后台进程在运行，再在其日志中查找“sweep failed”（seal）；随后运行 shujie verify。",
			EN: `See that a worker runs, then look for "sweep failed" (seal) in its log; run shujie verify afterwards.`,
		}
	case WatchMigrations:
		return fault.Text{
			ZH: "确认有后台进程在运行；改版会从中断处继续，也可撤销（shujie definitions undo）。",
			EN: "See that a worker runs; the migration goes on where it stopped, or can be undone (shujie definitions undo).",
		}
	case WatchReplays:
		return fault.Text{
			ZH: "确认有后台进程在运行，再在其日志中查找“sweep failed”（replays）；重算会从中断处继续。",
			EN: `See that a worker runs, then look for "sweep failed" (replays) in its log; the replay goes on where it stopped.`,
		}
	case WatchBulks:
		return fault.Text{
			ZH: "确认有后台进程在运行；批量办理会从下一行继续，已办的行不会重办。若其任务已放弃，请恢复该任务。",
			EN: "See that a worker runs; the act goes on with its next row, and none is done twice. If its job was given up, revive it.",
		}
	}
	return fault.Text{}
}
