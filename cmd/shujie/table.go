package main

import (
	"bufio"
	"encoding/csv"
	"errors"
	"fmt"
	"io"
	"strings"
	"unicode/utf8"
)

// maxRows bounds a table that is read from a file.
const maxRows = 100_000

// table is a CSV file with a header. What is wrong with it is reported by row
// and column, as a spreadsheet counts them: the header is row 1.
type table struct {
	name string
	rows []tableRow
}

type tableRow struct {
	line   int
	values map[string]string
}

// tableError names every bad cell of a table, at most twenty.
type tableError struct {
	name  string
	cells []string
}

func (e *tableError) Error() string {
	const most = 20
	shown := e.cells
	more := ""
	if len(shown) > most {
		more = fmt.Sprintf("\n  … and %d more", len(shown)-most)
		shown = shown[:most]
	}
	return e.name + " is refused, nothing was loaded:\n  " + strings.Join(shown, "\n  ") + more
}

func (e *tableError) add(line int, column, format string, args ...any) {
	e.cells = append(e.cells, fmt.Sprintf("row %d, column %s: %s", line, column, fmt.Sprintf(format, args...)))
}

// or returns the error when a cell was bad.
func (e *tableError) or() error {
	if len(e.cells) == 0 {
		return nil
	}
	return e
}

// readTable reads a CSV file whose header has the wanted columns, in any order;
// optional ones may be missing. UTF-8 with or without a byte order mark.
func readTable(name string, r io.Reader, wanted, optional []string) (table, error) {
	bad := &tableError{name: name}
	in := bufio.NewReader(r)
	if mark, err := in.Peek(3); err == nil && string(mark) == "\uFEFF" {
		_, _ = in.Discard(3) // cannot fail: it was just peeked
	}
	records := csv.NewReader(in)
	records.FieldsPerRecord = -1
	header, err := records.Read()
	if errors.Is(err, io.EOF) {
		return table{}, fmt.Errorf("%s is refused, nothing was loaded: the file is empty", name)
	}
	if err != nil {
		return table{}, fmt.Errorf("%s is refused, nothing was loaded: row 1: %w", name, err)
	}
	known := map[string]bool{}
	for _, c := range append(append([]string{}, wanted...), optional...) {
		known[c] = true
	}
	seen := map[string]bool{}
	for i, c := range header {
		header[i] = strings.TrimSpace(c)
		switch {
		case !known[header[i]]:
			bad.add(1, fmt.Sprintf("%q", header[i]), "there is no such column; expected %s", strings.Join(wanted, ", "))
		case seen[header[i]]:
			bad.add(1, header[i], "the column is there twice")
		}
		seen[header[i]] = true
	}
	for _, c := range wanted {
		if !seen[c] {
			bad.add(1, c, "the column is missing")
		}
	}
	if err := bad.or(); err != nil {
		return table{}, err
	}
	t := table{name: name}
	for {
		record, err := records.Read()
		if errors.Is(err, io.EOF) {
			break
		}
		if err != nil {
			var p *csv.ParseError
			if errors.As(err, &p) {
				bad.add(p.Line, fmt.Sprint(p.Column), "%v", p.Err)
				break
			}
			return table{}, fmt.Errorf("%s: %w", name, err)
		}
		line, _ := records.FieldPos(0)
		if len(t.rows) == maxRows {
			bad.add(line, header[0], "more than %d rows", maxRows)
			break
		}
		t.row(header, record, line, bad)
	}
	if len(t.rows) == 0 && len(bad.cells) == 0 {
		return table{}, fmt.Errorf("%s is refused, nothing was loaded: it has a header but no rows", name)
	}
	return t, bad.or()
}

func (t *table) row(header, record []string, line int, bad *tableError) {
	if len(record) > len(header) {
		bad.add(line, fmt.Sprint(len(header)+1), "a value beyond the last column")
		return
	}
	if len(record) < len(header) {
		bad.add(line, header[len(record)], "the row ends before this column")
		return
	}
	row := tableRow{line: line, values: map[string]string{}}
	for i, v := range record {
		if !utf8.ValidString(v) {
			bad.add(line, header[i], "it is not UTF-8 text")
			return
		}
		row.values[header[i]] = strings.TrimSpace(v)
	}
	t.rows = append(t.rows, row)
}
