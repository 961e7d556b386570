package workflow

import (
	"bytes"
	"encoding/csv"
	"errors"
	"fmt"
	"io"
	"slices"
	"strings"
	"unicode/utf8"

	"github.com/shujie-gov/shujie/fault"
)

// RoutingWords translates what people write in a table into what it names, and
// back. Each pair must be the inverse of the other.
type RoutingWords interface {
	RegionOf(code string) (path string, ok bool)
	ItemOf(text string) (id int64, ok bool)
	DeptOf(code string) (id DeptID, ok bool)
	RegionCode(path string) string
	ItemText(id int64) string
	DeptCode(id DeptID) string
}

// RoutingColumns are the columns of a table as CSV, in order.
func RoutingColumns() []string { return []string{"region", "item", "proof", "holder", "to", "reason"} }

// ReadRoutingCSV reads the rows of a table. Row in a fault is the index of the
// row, as in Check; lines says in which line of the text each row stands.
func ReadRoutingCSV(text string, w RoutingWords) (rows []RoutingRow, lines []int, wrong []RowFault) {
	whole := func(zh, en string) { wrong = append(wrong, RowFault{-1, "rows", fault.Text{ZH: zh, EN: en}}) }
	if !utf8.ValidString(text) {
		whole("文件应为 UTF-8 编码", "the file is not UTF-8")
		return nil, nil, wrong
	}
	r := csv.NewReader(strings.NewReader(strings.TrimPrefix(text, "\ufeff")))
	r.FieldsPerRecord = -1
	head, err := r.Read()
	if err != nil && !errors.Is(err, io.EOF) {
		whole(malformedCSV(err))
		return nil, nil, wrong
	}
	for i := range head {
		head[i] = strings.TrimSpace(head[i])
	}
	if !slices.Equal(head, RoutingColumns()) {
		list := strings.Join(RoutingColumns(), ",")
		whole("第一行应为 "+list, "the first line must be "+list)
		return nil, nil, wrong
	}
	for len(rows) <= maxRoutingRows {
		cells, err := r.Read()
		if errors.Is(err, io.EOF) {
			break
		}
		if err != nil {
			whole(malformedCSV(err))
			break
		}
		line, _ := r.FieldPos(0)
		if len(cells) != len(head) {
			wrong = append(wrong, RowFault{len(rows), "rows", fault.Text{
				ZH: fmt.Sprintf("有 %d 列，应为 %d 列", len(cells), len(head)), EN: fmt.Sprintf("has %d columns, not %d", len(cells), len(head)),
			}})
			cells = append(cells, make([]string, len(head))...)
		}
		row, bad := readRoutingRow(len(rows), cells, w)
		rows, lines, wrong = append(rows, row), append(lines, line), append(wrong, bad...)
	}
	return rows, lines, wrong
}

func malformedCSV(err error) (zh, en string) {
	line := 0
	if p := (*csv.ParseError)(nil); errors.As(err, &p) {
		line = p.Line
	}
	return fmt.Sprintf("第 %d 行的引号不成对", line), fmt.Sprintf("the quotes in line %d do not pair", line)
}

// readRoutingRow reads one row. A word that names nothing is refused here, as it
// has no other form to be checked in.
func readRoutingRow(i int, cells []string, w RoutingWords) (RoutingRow, []RowFault) {
	var wrong []RowFault
	refuse := func(column, zh, en, word string) {
		wrong = append(wrong, RowFault{i, column, fault.Text{ZH: zh + "：" + word, EN: en + ": " + word}})
	}
	for n := range cells {
		cells[n] = strings.TrimSpace(cells[n])
	}
	row := RoutingRow{Proof: cells[2], Reason: cells[5]}
	var ok bool
	if cells[0] != "" {
		if row.Region, ok = w.RegionOf(cells[0]); !ok {
			refuse("region", "没有这个区划", "there is no such region", cells[0])
		}
	}
	if cells[1] != "" {
		if row.Item, ok = w.ItemOf(cells[1]); !ok {
			refuse("item", "没有这个事项，或有几个同名", "there is no such service item, or several of that name", cells[1])
		}
	}
	switch h := Holding(cells[3]); h {
	case HeldAnyhow, HeldByNone, HeldByOne, HeldBySome:
		row.Holder = h
	default:
		row.Holder = HeldByGiven
		if row.Held, ok = w.DeptOf(cells[3]); !ok {
			refuse("holder", "没有这个部门", "there is no such department", cells[3])
		}
	}
	switch t := Target(cells[4]); t {
	case ToCoordinator, ToHolder:
		row.To = t
	default:
		row.To = ToDepartment
		if row.Dept, ok = w.DeptOf(cells[4]); !ok {
			refuse("to", "没有这个部门", "there is no such department", cells[4])
		}
	}
	return row, wrong
}

// WriteRoutingCSV writes rows so that ReadRoutingCSV reads the same.
func WriteRoutingCSV(rows []RoutingRow, w RoutingWords) string {
	var b bytes.Buffer
	out := csv.NewWriter(&b)
	write := func(cells []string) { _ = out.Write(cells) } // a buffer takes everything
	write(RoutingColumns())
	for _, r := range rows {
		cells := []string{"", "", r.Proof, string(r.Holder), string(r.To), r.Reason}
		if r.Region != "" {
			cells[0] = w.RegionCode(r.Region)
		}
		if r.Item != 0 {
			cells[1] = w.ItemText(r.Item)
		}
		if r.Holder == HeldByGiven {
			cells[3] = w.DeptCode(r.Held)
		}
		if r.To == ToDepartment {
			cells[4] = w.DeptCode(r.Dept)
		}
		write(cells)
	}
	out.Flush()
	return b.String()
}
