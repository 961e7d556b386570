package workflow

import (
	"fmt"

	"github.com/shujie-gov/shujie/fault"
)

// What the event of an escalation keeps: the level that was taken, counted from
// 1, whom it told, and how many levels below it were passed over, if any.
const (
	dataLevel  = "level"
	dataTo     = "to"
	dataPassed = "passed"
)

// LevelOf says which level of escalation event e took, which it passed over, and
// whom it told; ok is false when it took none.
func (d *Definition) LevelOf(e Event) (level, who fault.Text, ok bool) {
	n, ok := whole(e.Data[dataLevel])
	to, told := e.Data[dataTo].(string)
	if !ok || !told || !d.escalating(e.Action) {
		return level, who, false
	}
	level = fault.Text{ZH: "第" + ordinal(n) + "级", EN: fmt.Sprintf("Level %d", n)}
	switch passed, _ := whole(e.Data[dataPassed]); {
	case passed == 1:
		level.ZH += "（越过第" + ordinal(n-1) + "级）"
		level.EN += fmt.Sprintf(" (level %d passed over)", n-1)
	case passed > 1:
		level.ZH += "（越过第" + ordinal(n-passed) + "至" + ordinal(n-1) + "级）"
		level.EN += fmt.Sprintf(" (levels %d to %d passed over)", n-passed, n-1)
	}
	return level, addressee(to), true
}

// escalating reports whether action a takes levels.
func (d *Definition) escalating(a Action) bool {
	for _, t := range d.Transitions {
		if t.Action == a && t.Escalates {
			return true
		}
	}
	return false
}

// ordinal writes a small number in Chinese.
func ordinal(n int64) string {
	if digits := []rune("一二三四五六七八九"); n >= 1 && n <= int64(len(digits)) {
		return string(digits[n-1])
	}
	return fmt.Sprint(n)
}

// addressee says whom a level tells.
func addressee(to string) fault.Text {
	switch to {
	case toSeat:
		return fault.Text{ZH: "当前承办人", EN: "whoever has the move"}
	case toHead:
		return fault.Text{ZH: "部门负责人", EN: "the head of the department"}
	case toCoordinator:
		return fault.Text{ZH: "统筹协调员", EN: "the coordinator"}
	case toOffice:
		return fault.Text{ZH: "上级督办机构", EN: "the supervising office above"}
	}
	return fault.Text{ZH: to, EN: to}
}
