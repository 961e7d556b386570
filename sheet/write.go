package sheet

import (
	"encoding/csv"
	"errors"
	"io"
	"iter"
	"strings"
	"unicode/utf8"

	"github.com/xuri/excelize/v2"
)

// starters are the characters that make a spreadsheet take a cell for a formula
// (OWASP, CSV Injection), with their full-width forms.
const starters = "=+-@\t\r\n＝＋－＠"

// Neutral returns the cell so that no spreadsheet takes it for a formula: what
// could begin one gets a quote before it, and so does what is quoted already,
// so that [Read] finds the text as it was.
func Neutral(cell string) string {
	if formula(cell) {
		return "'" + cell
	}
	return cell
}

// plain is the inverse of Neutral.
func plain(cell string) string {
	if rest, quoted := strings.CutPrefix(cell, "'"); quoted && formula(rest) {
		return rest
	}
	return cell
}

func formula(cell string) bool {
	r, _ := utf8.DecodeRuneInString(strings.TrimLeft(cell, "'"))
	return cell != "" && r != utf8.RuneError && strings.ContainsRune(starters, r)
}

// Rows gives rows that are in memory already.
func Rows(rows [][]string) iter.Seq2[[]string, error] {
	return func(yield func([]string, error) bool) {
		for _, r := range rows {
			if !yield(r, nil) {
				return
			}
		}
	}
}

// WriteCSV writes rows as CSV in UTF-8, with the mark that lets a spreadsheet
// see the encoding.
func WriteCSV(w io.Writer, rows iter.Seq2[[]string, error]) error {
	if _, err := io.WriteString(w, "\ufeff"); err != nil {
		return err
	}
	out := csv.NewWriter(w)
	for cells, err := range rows {
		if err != nil {
			return err
		}
		safe := make([]string, len(cells))
		for i, c := range cells {
			safe[i] = Neutral(c)
		}
		if err := out.Write(safe); err != nil {
			return err
		}
	}
	out.Flush()
	return out.Error()
}

// WriteXLSX writes rows as the one sheet of a workbook; the first row is the
// head. Every cell is text.
func WriteXLSX(w io.Writer, name string, rows iter.Seq2[[]string, error]) (err error) {
	f := excelize.NewFile()
	defer func() { err = errors.Join(err, f.Close()) }()
	if err := f.SetSheetName("Sheet1", name); err != nil {
		return err
	}
	out, err := f.NewStreamWriter(name)
	if err != nil {
		return err
	}
	bold, err := f.NewStyle(&excelize.Style{Font: &excelize.Font{Bold: true}})
	if err != nil {
		return err
	}
	if err := out.SetColWidth(1, 64, 18); err != nil {
		return err
	}
	if err := out.SetPanes(&excelize.Panes{Freeze: true, YSplit: 1, TopLeftCell: "A2", ActivePane: "bottomLeft"}); err != nil {
		return err
	}
	line := 0
	for cells, err := range rows {
		if err != nil {
			return err
		}
		line++
		at, err := excelize.CoordinatesToCellName(1, line)
		if err != nil {
			return err
		}
		values := make([]any, len(cells))
		for i, c := range cells {
			values[i] = Neutral(c)
			if line == 1 {
				values[i] = excelize.Cell{StyleID: bold, Value: Neutral(c)}
			}
		}
		if err := out.SetRow(at, values); err != nil {
			return err
		}
	}
	if err := out.Flush(); err != nil {
		return err
	}
	return f.Write(w)
}
