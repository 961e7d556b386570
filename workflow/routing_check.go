package workflow

import (
	"fmt"
	"slices"
	"strings"
	"unicode/utf8"

	"github.com/shujie-gov/shujie/fault"
)

// The bounds of a table, in rows and in characters of a reason. House rule.
const (
	maxRoutingRows   = 1000
	maxRoutingReason = 200
)

// RoutingKnown is what the rows of a table may name.
type RoutingKnown struct {
	Regions map[string]bool    // paths
	Depts   map[DeptID]bool    // true for departments, false for halls, which lead nothing
	Items   map[int64][]string // the proofs of each service item
}

// RowFault is what is wrong with one cell of a table. Row counts from 0; -1 is
// the table itself.
type RowFault struct {
	Row    int
	Column string
	Text   fault.Text
}

// Check returns everything that is wrong with a table: a row that names what is
// not there, one that earlier rows hide together, a table without a default.
func (t RoutingTable) Check(k RoutingKnown) []RowFault {
	c := &rowChecker{t: &t, known: k}
	switch n := len(t.Rows); {
	case n == 0:
		c.refuse(-1, "rows", "规则表是空的", "the table is empty")
	case n > maxRoutingRows:
		c.refuse(-1, "rows", fmt.Sprintf("最多 %d 行", maxRoutingRows), fmt.Sprintf("has more than %d rows", maxRoutingRows))
		return c.wrong
	case !t.Rows[n-1].fitsAll():
		c.refuse(-1, "rows", "最后一行须是不带条件的兜底规则", "the last row must be a default, without conditions")
	}
	for i := range t.Rows {
		c.row(i, &t.Rows[i])
	}
	return c.wrong
}

type rowChecker struct {
	t     *RoutingTable
	known RoutingKnown
	wrong []RowFault
}

func (c *rowChecker) refuse(row int, column, zh, en string) {
	c.wrong = append(c.wrong, RowFault{row, column, fault.Text{ZH: zh, EN: en}})
}

func (c *rowChecker) row(i int, r *RoutingRow) {
	switch {
	case r.Region != "" && !c.known.Regions[r.Region]:
		c.refuse(i, "region", "没有这个区划", "there is no such region")
	case r.Region != "" && !within(r.Region, c.t.Region):
		c.refuse(i, "region", "不在本规则表的区划内", "lies outside of the region of the table")
	}
	proofs, known := c.known.Items[r.Item]
	switch {
	case r.Item != 0 && !known:
		c.refuse(i, "item", "没有这个事项", "there is no such service item")
	case r.Item != 0 && r.Proof != "" && !slices.Contains(proofs, r.Proof):
		c.refuse(i, "proof", "这个事项没有这项材料", "the service item demands no such proof")
	}
	if formula(r.Proof) {
		c.refuse(i, "proof", "不能以 = + - @ 开头", "must not begin with = + - or @")
	}
	c.holder(i, r)
	c.target(i, r)
	c.reason(i, r)
	if by := c.t.hiddenBy(i); by != nil {
		text := never(by)
		c.refuse(i, "rows", text.ZH, text.EN)
	}
}

func (c *rowChecker) holder(i int, r *RoutingRow) {
	switch r.Holder {
	case HeldAnyhow, HeldByNone, HeldByOne, HeldBySome:
	case HeldByGiven:
		if _, ok := c.known.Depts[r.Held]; !ok {
			c.refuse(i, "holder", "没有这个部门", "there is no such department")
		}
	default:
		c.refuse(i, "holder", "应为空、none、one、several 或部门代码", "must be empty, none, one, several or the code of a department")
	}
}

func (c *rowChecker) target(i int, r *RoutingRow) {
	switch r.To {
	case ToCoordinator:
	case ToHolder:
		if r.Holder == HeldByNone || r.Holder == HeldBySome {
			c.refuse(i, "to", "没有唯一的持有部门，不能派给它", "there is no single holder to send it to")
		}
	case ToDepartment:
		if leads, ok := c.known.Depts[r.Dept]; !ok {
			c.refuse(i, "to", "没有这个部门", "there is no such department")
		} else if !leads {
			c.refuse(i, "to", "大厅不能主办", "a service hall leads no case")
		}
	default:
		c.refuse(i, "to", "应为部门代码、holder 或 coordinator", "must be the code of a department, holder or coordinator")
	}
}

// reason refuses a row that does not say why, or that a spreadsheet would run.
func (c *rowChecker) reason(i int, r *RoutingRow) {
	switch {
	case strings.TrimSpace(r.Reason) == "":
		c.refuse(i, "reason", "请写明理由", "is required")
	case utf8.RuneCountInString(r.Reason) > maxRoutingReason:
		c.refuse(i, "reason", fmt.Sprintf("超过 %d 字", maxRoutingReason), fmt.Sprintf("is longer than %d characters", maxRoutingReason))
	case !utf8.ValidString(r.Reason) || strings.ContainsRune(r.Reason, 0):
		c.refuse(i, "reason", "含有无效字符", "contains invalid characters")
	case formula(r.Reason):
		c.refuse(i, "reason", "不能以 = + - @ 开头", "must not begin with = + - or @")
	}
}

// formula reports whether a spreadsheet would run text.
func formula(text string) bool { return text != "" && strings.ContainsRune("=+-@", rune(text[0])) }
