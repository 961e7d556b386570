package workflow

import (
	"fmt"
	"regexp"
	"strconv"
	"strings"
	"time"

	"github.com/shujie-gov/shujie/fault"
)

// The catalogue as a table: the layout that stewards know, one row an
// information item, the fields of its resource before it. What a row leaves open
// is that of the resource above it, as merged cells are.

// EntryColumns are the columns of the table, in order.
func EntryColumns() []Column {
	var list []Column
	for _, field := range []string{
		"category", "name", "code", "provider", "provider_code", "abstract", "format", "format_type", "format_note", "item.name", "item.type",
		"item.note", "share_class", "condition", "basis", "share_mode", "share_way", "openness", "open_condition", "update_cycle", "released", "related", "level",
	} {
		list = append(list, Column{field, EntryLabel(field)})
	}
	return list
}

// TableEntry is an entry as a table states it.
type TableEntry struct {
	Entry    Entry
	Provider DeptID
	Line     int   // where it begins
	Lines    []int // of its information items
}

// EntryTable reads a table row by row: [EntryTable.Take] for every row, the head
// first, and [EntryTable.End]. Under a head that is wrong no row is read.
type EntryTable struct {
	// Provider finds the department that a row names by code, by name, or both.
	Provider func(code, name string) (DeptID, *fault.Text)
	Code     *regexp.Regexp // of resources; nil: anyhow

	Table
	Entries []TableEntry

	form  tableForm
	first map[string]string
	seen  map[string]int // key → line
}

// Take takes the next row of a file. Its error is always nil: what is wrong
// stands in the report.
func (t *EntryTable) Take(line int, cells []string) error {
	if t.form.columns == nil {
		t.seen = map[string]int{}
		t.form = tableForm{EntryColumns(), [][]string{{"name"}, {"item.name"}, {"share_class"}, {"provider_code", "provider"}}}
	}
	if row, ok := t.cells(&t.form, line, cells); ok {
		t.row(line, row)
	}
	return nil
}

func (t *EntryTable) row(line int, row map[string]string) {
	if t.continues(row) {
		t.same(line, row)
	} else {
		t.begin(line, row)
	}
	if row["item.name"] == "" && row["item.type"] == "" && row["item.note"] == "" {
		return
	}
	e := &t.Entries[len(t.Entries)-1]
	e.Entry.Items = append(e.Entry.Items, DataItem{
		Name: row["item.name"], Type: DataType(t.word(line, "item.type", row, DataTypes())), Note: row["item.note"],
	})
	e.Lines = append(e.Lines, line)
}

// continues reports whether a row is of the resource above it.
func (t *EntryTable) continues(row map[string]string) bool {
	if t.first == nil {
		return false
	}
	for _, key := range []string{"code", "name", "provider_code", "provider"} {
		if row[key] != "" && row[key] != t.first[key] {
			return false
		}
	}
	return true
}

// same holds a further row of a resource against its first.
func (t *EntryTable) same(line int, row map[string]string) {
	for _, field := range t.columns {
		if v := row[field]; v != "" && !strings.HasPrefix(field, "item.") && v != t.first[field] {
			at := t.Entries[len(t.Entries)-1].Line
			t.refuse(line, field, fmt.Sprintf("与同一资源第 %d 行不一致", at), fmt.Sprintf("differs from line %d of the same resource", at))
		}
	}
}

func (t *EntryTable) begin(line int, row map[string]string) {
	t.close()
	t.first = row
	e := TableEntry{Line: line, Entry: Entry{
		Category: row["category"], Name: row["name"], Code: row["code"], Abstract: row["abstract"], FormatType: row["format_type"],
		FormatNote: row["format_note"], Condition: row["condition"], Basis: row["basis"], ShareMode: row["share_mode"],
		OpenCondition: row["open_condition"], Released: entryDay(row["released"]), Level: row["level"],
		Format:   Format(t.word(line, "format", row, Formats())),
		ShareWay: ShareWay(t.word(line, "share_way", row, ShareWays())),
		Openness: Openness(t.word(line, "openness", row, Opennesses())),
		Cycle:    Cycle(t.word(line, "update_cycle", row, Cycles())),
		Related:  strings.FieldsFunc(row["related"], func(r rune) bool { return strings.ContainsRune(",，、;； \n", r) }),
	}}
	if n, err := strconv.Atoi(t.word(line, "share_class", row, ShareClasses())); err == nil {
		e.Entry.Class = ShareClass(n)
	}
	var why *fault.Text
	if e.Provider, why = t.Provider(row["provider_code"], row["provider"]); why != nil {
		column := "provider"
		if row["provider_code"] != "" {
			column = "provider_code"
		}
		t.refuse(line, column, why.ZH, why.EN)
	}
	for _, key := range []string{row["code"], fmt.Sprintf("%d %s", e.Provider, row["name"])} {
		if at := t.seen[key]; at != 0 && key != "" {
			t.refuse(line, "name", fmt.Sprintf("第 %d 行已有这个资源，同一资源的各行须相邻", at), fmt.Sprintf("the resource stands in line %d already; its rows must follow each other", at))
			break
		}
	}
	t.seen[row["code"]], t.seen[fmt.Sprintf("%d %s", e.Provider, row["name"])] = line, line
	t.Entries = append(t.Entries, e)
}

// word reads a word of a value list; one that is in none is refused here.
func (t *EntryTable) word(line int, field string, row map[string]string, list []Listed) string {
	w, ok := WordOf(list, row[field])
	if !ok {
		t.refuse(line, field, "没有「"+row[field]+"」这个选项，应为"+titles(list), "is not one of "+words(list))
	}
	return w
}

// entryDay reads a day as text, or as the number that a spreadsheet keeps it by:
// days since 1899-12-30 (ECMA-376 18.17.4.1).
func entryDay(text string) string {
	if n, err := strconv.Atoi(text); err == nil && n > 0 && n < 2958466 && len(text) < 8 {
		return time.Date(1899, 12, 30+n, 0, 0, 0, 0, time.UTC).Format(time.DateOnly)
	}
	for _, layout := range []string{"2006/1/2", "2006-1-2", "20060102", "2006年1月2日", "2006.1.2"} {
		if d, err := time.Parse(layout, text); err == nil {
			return d.Format(time.DateOnly)
		}
	}
	return text
}

// close checks the resource whose rows have ended.
func (t *EntryTable) close() {
	if len(t.Entries) == 0 {
		return
	}
	e := &t.Entries[len(t.Entries)-1]
	for _, f := range e.Entry.Complete(t.Code) {
		line, column := e.Line, f.Field
		if f.Item >= 0 {
			line, column = e.Lines[f.Item], "item."+f.Field
		}
		if f.Field == "items" {
			column = "item.name"
		}
		if t.named(line, column) {
			continue // named already, as a word that is in no list
		}
		t.refuse(line, column, f.Text.ZH, f.Text.EN)
	}
}

// End checks what the last row completes.
func (t *EntryTable) End() {
	if t.headed && !t.readable {
		return
	}
	t.close()
	t.end(len(t.Entries))
}

// EntryHead is the first row of the table.
func EntryHead() []string { return Head(EntryColumns()) }

// EntryRows are the rows of one entry, such that EntryTable reads the same.
func EntryRows(e *Entry, provider, providerCode string) [][]string {
	class := ""
	if e.Class != NoData {
		class = TitleOf(ShareClasses(), strconv.Itoa(int(e.Class))).ZH
	}
	values := map[string]string{
		"category": e.Category, "name": e.Name, "code": e.Code, "provider": provider, "provider_code": providerCode, "abstract": e.Abstract,
		"format": TitleOf(Formats(), string(e.Format)).ZH, "format_type": e.FormatType, "format_note": e.FormatNote, "share_class": class,
		"condition": e.Condition, "basis": e.Basis, "share_mode": e.ShareMode, "share_way": TitleOf(ShareWays(), string(e.ShareWay)).ZH,
		"openness": TitleOf(Opennesses(), string(e.Openness)).ZH, "open_condition": e.OpenCondition,
		"update_cycle": TitleOf(Cycles(), string(e.Cycle)).ZH, "released": e.Released, "related": strings.Join(e.Related, "、"), "level": e.Level,
	}
	items := e.Items
	if len(items) == 0 {
		items = []DataItem{{}}
	}
	rows, columns := make([][]string, 0, len(items)), EntryColumns()
	for _, it := range items {
		values["item.name"], values["item.note"] = it.Name, it.Note
		values["item.type"] = TitleOf(DataTypes(), string(it.Type)).ZH
		row := make([]string, 0, len(values))
		for _, c := range columns {
			row = append(row, values[c.Field])
		}
		rows = append(rows, row)
	}
	return rows
}
