package workflow

import (
	"fmt"
	"slices"
	"strings"

	"github.com/shujie-gov/shujie/fault"
)

// CellFault is what is wrong with one cell of a table. Line counts from 1; an
// empty Column is the row itself.
type CellFault struct {
	Line   int
	Column string // field
	Text   fault.Text
}

// MaxCellFaults bounds how many cells one report names.
const MaxCellFaults = 200

// Column is a column of a table: a field, and what people call it.
type Column struct {
	Field string
	Label fault.Text
}

// tableForm is what a table may hold: its columns in order, and of which columns one
// at least must be there.
type tableForm struct {
	columns []Column
	need    [][]string
}

// find returns the field that a head cell names, by its label or itself.
func (l *tableForm) find(head string) (string, bool) {
	head = strings.TrimSpace(strings.TrimSuffix(strings.TrimSpace(head), "*"))
	for _, c := range l.columns {
		if head != "" && (head == c.Label.ZH || strings.EqualFold(head, c.Label.EN) || strings.EqualFold(head, c.Field)) {
			return c.Field, true
		}
	}
	return "", false
}

// Head is the first row of a table with these columns.
func Head(columns []Column) []string {
	head := make([]string, len(columns))
	for i, c := range columns {
		head[i] = c.Label.ZH
	}
	return head
}

// Table is what reading is alike for every table: the head, the cells of a row
// by field, and the report.
type Table struct {
	Faults []CellFault // the first MaxCellFaults
	Wrong  int         // how many there are

	headed   bool
	readable bool
	columns  []string // fields in the order of the file
}

// Refuse notes what is wrong with a cell.
func (t *Table) Refuse(line int, column string, why fault.Text) {
	t.Wrong++
	if len(t.Faults) < MaxCellFaults {
		t.Faults = append(t.Faults, CellFault{line, column, why})
	}
}

func (t *Table) refuse(line int, column, zh, en string) {
	t.Refuse(line, column, fault.Text{ZH: zh, EN: en})
}

// named reports whether something is said of the cell already.
func (t *Table) named(line int, column string) bool {
	return slices.ContainsFunc(t.Faults, func(was CellFault) bool { return was.Line == line && was.Column == column })
}

// cells returns the next row by field; the first is the head and returns none,
// and under a head that is wrong no row is read.
func (t *Table) cells(l *tableForm, line int, cells []string) (map[string]string, bool) {
	if !t.headed {
		t.headed, t.readable = true, t.head(l, line, cells)
		return nil, false
	}
	if !t.readable {
		return nil, false
	}
	row := make(map[string]string, len(t.columns))
	for i, c := range cells {
		switch {
		case i < len(t.columns) && t.columns[i] != "":
			row[t.columns[i]] = c
		case c != "":
			t.refuse(line, "", fmt.Sprintf("第 %d 列没有列名", i+1), fmt.Sprintf("column %d has no head", i+1))
		}
	}
	return row, true
}

// head takes the first row. A column may stand anywhere. It reports whether rows
// can be read.
func (t *Table) head(l *tableForm, line int, cells []string) bool {
	for _, c := range cells {
		field, ok := l.find(c)
		switch {
		case c == "":
		case !ok:
			t.refuse(line, c, "没有这一列", "there is no such column")
		case slices.Contains(t.columns, field):
			t.refuse(line, field, "这一列重复", "the column is there twice")
		}
		t.columns = append(t.columns, field)
	}
	for _, need := range l.need {
		if !slices.ContainsFunc(need, func(field string) bool { return slices.Contains(t.columns, field) }) {
			t.refuse(line, need[0], "缺少这一列", "the column is missing")
		}
	}
	return t.Wrong == 0
}

// end closes a report: of a file without rows it says so.
func (t *Table) end(rows int) {
	if rows == 0 && t.Wrong == 0 {
		t.refuse(1, "", "没有数据行", "there are no rows")
	}
	slices.SortStableFunc(t.Faults, func(a, b CellFault) int { return a.Line - b.Line })
}
