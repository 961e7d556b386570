package workflow

import (
	"encoding/csv"
	"errors"
	"fmt"
	"io"
	"slices"
	"strings"
	"time"
	"unicode/utf8"

	"github.com/shujie-gov/shujie/fault"
)

// maxCalendarRows bounds a file: all days of fifty years.
const maxCalendarRows = 20_000

// CalendarColumns are the columns of a calendar as CSV, in any order.
func CalendarColumns() []string { return []string{"date", "kind"} }

// Place says where the cell is. The header of a file is row 1, as a spreadsheet
// counts; 0 speaks of the whole file.
func (f CellFault) Place() fault.Text {
	if f.Line == 0 {
		return fault.Text{ZH: "文件", EN: "the file"}
	}
	return fault.Text{ZH: fmt.Sprintf("第 %d 行 %s 列", f.Line, f.Column), EN: fmt.Sprintf("row %d, column %s", f.Line, f.Column)}
}

// ReadCalendarCSV reads exceptional days. Every wrong cell is named; the days are
// good only when none is.
func ReadCalendarCSV(text string) ([]Day, []CellFault) {
	var wrong []CellFault
	refuse := func(row int, column, zh, en string) {
		wrong = append(wrong, CellFault{row, column, fault.Text{ZH: zh, EN: en}})
	}
	if !utf8.ValidString(text) {
		refuse(0, "", "应为 UTF-8 编码", "it is not UTF-8")
		return nil, wrong
	}
	r := csv.NewReader(strings.NewReader(strings.TrimPrefix(text, "\ufeff")))
	r.FieldsPerRecord = -1
	head, err := r.Read()
	for i := range head {
		head[i] = strings.TrimSpace(head[i])
	}
	date, kind := slices.Index(head, "date"), slices.Index(head, "kind")
	if err != nil || len(head) != len(CalendarColumns()) || date < 0 || kind < 0 {
		refuse(1, strings.Join(head, ","), "表头应为 date,kind", "the header must be date,kind")
		return nil, wrong
	}
	var days []Day
	first := map[string]int{}
	for {
		cells, err := r.Read()
		if errors.Is(err, io.EOF) {
			break
		}
		if err != nil {
			zh, en := malformedCSV(err)
			refuse(0, "", zh, en)
			break
		}
		row, _ := r.FieldPos(0)
		if len(cells) != len(head) {
			refuse(row, head[min(len(cells), len(head)-1)], fmt.Sprintf("有 %d 列，应为 %d 列", len(cells), len(head)), fmt.Sprintf("there are %d columns, not %d", len(cells), len(head)))
			continue
		}
		if len(days) == maxCalendarRows {
			refuse(row, head[0], fmt.Sprintf("超过 %d 行", maxCalendarRows), fmt.Sprintf("there are more than %d rows", maxCalendarRows))
			break
		}
		d := Day{strings.TrimSpace(cells[date]), DayKind(strings.TrimSpace(cells[kind]))}
		if column, why := d.Wrong(); column != "" {
			refuse(row, column, why.ZH, why.EN)
		} else if at := first[d.Date]; at != 0 {
			refuse(row, "date", fmt.Sprintf("与第 %d 行重复", at), fmt.Sprintf("it is listed in row %d already", at))
		} else {
			first[d.Date] = row
		}
		days = append(days, d)
	}
	if len(days) == 0 && len(wrong) == 0 {
		refuse(0, "", "只有表头，没有日期", "it has a header but no days")
	}
	return days, wrong
}

// Wrong says in which column an exceptional day is wrong and why, "" when it is
// none.
func (d Day) Wrong() (column string, why fault.Text) {
	at, err := time.Parse(time.DateOnly, d.Date)
	switch {
	case err != nil:
		return "date", fault.Text{ZH: fmt.Sprintf("%q 不是 YYYY-MM-DD 日期", d.Date), EN: fmt.Sprintf("%q is not a date YYYY-MM-DD", d.Date)}
	case d.Kind != Holiday && d.Kind != MakeUpWorkday:
		return "kind", fault.Text{
			ZH: fmt.Sprintf("%q 应为 %s（放假）或 %s（调休上班）", d.Kind, Holiday, MakeUpWorkday), EN: fmt.Sprintf("%q is neither %s nor %s", d.Kind, Holiday, MakeUpWorkday),
		}
	case d.Kind == MakeUpWorkday && at.Weekday() != time.Saturday && at.Weekday() != time.Sunday:
		return "kind", fault.Text{ZH: d.Date + " 不是周末，不能是调休上班日", EN: d.Date + " is no weekend day, so it cannot be a make-up working day"}
	}
	return "", fault.Text{}
}

// WriteCalendarCSV writes days so that ReadCalendarCSV reads the same.
func WriteCalendarCSV(days []Day) string {
	var b strings.Builder
	b.WriteString(strings.Join(CalendarColumns(), ",") + "\n")
	for _, d := range days {
		b.WriteString(d.Date + "," + string(d.Kind) + "\n")
	}
	return b.String()
}
