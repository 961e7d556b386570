package workflow

import (
	"fmt"

	"github.com/shujie-gov/shujie/fault"
)

// LevelOf says which level of escalation event e took, and whom it told; ok is
// false when it took none.
func (d *Definition) LevelOf(e Event) (level, who fault.Text, ok bool) {
	n, ok := whole(e.Data["level"])
	to, told := e.Data["to"].(string)
	if !ok || !told || !d.escalating(e.Action) {
		return level, who, false
	}
	return fault.Text{ZH: "第" + ordinal(n) + "级", EN: fmt.Sprintf("Level %d", n)}, addressee(to), true
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
