package workflow

import (
	"fmt"
	"regexp"
	"slices"
	"strings"
	"time"
	"unicode/utf8"

	"github.com/shujie-gov/shujie/fault"
)

// Entry is what the information resource catalogue (政务信息资源目录) says of one
// resource: the core metadata of 《政务信息资源目录编制指南（试行）》 (发改高技〔2017〕
// 1272号) and the fields of 条例 Art. 13. The provider and its code, metadata 4 and
// 5, are those of the department that keeps the entry.
type Entry struct {
	Category      string     `json:"category,omitempty"`       // 1 信息资源分类: 类/项/目/细目, parted by "/"
	Name          string     `json:"name"`                     // 2 信息资源名称
	Code          string     `json:"code,omitempty"`           // 3 信息资源代码
	Abstract      string     `json:"abstract,omitempty"`       // 6 信息资源摘要
	Format        Format     `json:"format,omitempty"`         // 7 信息资源格式, its class
	FormatType    string     `json:"format_type,omitempty"`    // … and its type: mysql, xlsx, pdf
	FormatNote    string     `json:"format_note,omitempty"`    // … and what else is to be said
	Items         []DataItem `json:"items,omitempty"`          // 8 信息项信息
	Class         ShareClass `json:"share_class"`              // 9 共享类型 (条例 Art. 14)
	Condition     string     `json:"condition,omitempty"`      // … 共享条件: range, use and other conditions, or why it is not shared (Art. 15)
	Basis         string     `json:"basis,omitempty"`          // … the law that forbids sharing (Art. 15)
	ShareMode     string     `json:"share_mode,omitempty"`     // … 共享方式分类, such as 共享平台方式
	ShareWay      ShareWay   `json:"share_way,omitempty"`      // … 共享方式类型
	Openness      Openness   `json:"openness,omitempty"`       // 10 开放属性
	OpenCondition string     `json:"open_condition,omitempty"` // … 开放条件
	Cycle         Cycle      `json:"update_cycle,omitempty"`   // 11 更新周期
	Released      string     `json:"released,omitempty"`       // 12 发布日期, CCYY-MM-DD
	Related       []string   `json:"related,omitempty"`        // 13 关联资源代码
	Level         string     `json:"level,omitempty"`          // 数据分类分级 (条例 Art. 13)
}

// DataItem is one information item (信息项) of an entry.
type DataItem struct {
	Name string   `json:"name"`
	Type DataType `json:"type,omitempty"`
	Note string   `json:"note,omitempty"`
}

// Format is the class of a format. The words of each value list are in
// entry_words.go.
type Format string

// DataType is the letter of a data type.
type DataType string

// ShareWay is how the data is had.
type ShareWay string

// Openness is whether the public may have it.
type Openness string

// Cycle is how often it is brought up to date.
type Cycle string

// EntryFault is what is wrong with, or missing from, one field of an entry. Item
// is the index of the information item, -1 for the entry itself.
type EntryFault struct {
	Item  int
	Field string // as in JSON
	Text  fault.Text
}

// Name returns the field as JSON writes it: "abstract", "items.3.type".
func (f EntryFault) Name() string {
	if f.Item < 0 {
		return f.Field
	}
	return fmt.Sprintf("items.%d.%s", f.Item, f.Field)
}

// The bounds of an entry. House rules.
const (
	maxEntryName = 200
	maxEntryText = 2000
	maxEntryWord = 100
	// MaxDataItems bounds the information items of one entry.
	MaxDataItems = 500
)

// Legible names what no catalogue can keep, however incomplete an entry may yet
// be: it has no name, a word that is in no list, or a text that is too long.
func (e *Entry) Legible() []EntryFault {
	c := &entryCheck{e: e}
	c.text("name", e.Name, maxEntryName)
	if strings.TrimSpace(e.Name) == "" {
		c.missing("name")
	}
	for field, text := range map[string]string{
		"abstract": e.Abstract, "condition": e.Condition, "basis": e.Basis, "open_condition": e.OpenCondition, "format_note": e.FormatNote,
	} {
		c.text(field, text, maxEntryText)
	}
	for field, text := range map[string]string{
		"category": e.Category, "code": e.Code, "format_type": e.FormatType, "share_mode": e.ShareMode, "level": e.Level,
	} {
		c.text(field, text, maxEntryWord)
	}
	c.word("format", string(e.Format), Formats())
	c.word("share_way", string(e.ShareWay), ShareWays())
	c.word("openness", string(e.Openness), Opennesses())
	c.word("update_cycle", string(e.Cycle), Cycles())
	if e.Class < NoData || e.Class > NotShared {
		c.refuse(-1, "share_class", "应为 1 无条件共享、2 有条件共享或 3 不予共享", "must be 1 unconditional, 2 conditional or 3 not shared")
	}
	if e.Released != "" && !isDay(e.Released) {
		c.refuse(-1, "released", "应为日期，如 2026-03-02", "must be a date, such as 2026-03-02")
	}
	if len(e.Items) > MaxDataItems {
		c.refuse(-1, "items", fmt.Sprintf("信息项超过 %d 个", MaxDataItems), fmt.Sprintf("has more than %d information items", MaxDataItems))
	}
	c.items()
	slices.SortStableFunc(c.wrong, func(a, b EntryFault) int { return strings.Compare(a.Name(), b.Name()) })
	return c.wrong
}

// Complete names everything that keeps the entry from being published: what
// Legible names, and what the guide and 条例 Art. 13-15 demand. code is the
// pattern of resource codes, nil for any.
func (e *Entry) Complete(code *regexp.Regexp) []EntryFault {
	c := &entryCheck{e: e, wrong: e.Legible()}
	for _, f := range []struct{ field, value string }{
		{"category", e.Category},
		{"code", e.Code},
		{"abstract", e.Abstract},
		{"format", string(e.Format)},
		{"update_cycle", string(e.Cycle)},
		{"openness", string(e.Openness)},
	} {
		if strings.TrimSpace(f.value) == "" {
			c.missing(f.field)
		}
	}
	if e.Code != "" && code != nil && !code.MatchString(e.Code) {
		c.refuse(-1, "code", "不符合资源代码的编码规则", "does not have the form of resource codes")
	}
	if len(e.Items) == 0 {
		c.missing("items")
	}
	for i, it := range e.Items {
		if it.Type == "" {
			c.refuse(i, "type", "请填写数据类型", "is required")
		}
	}
	c.sharing()
	if e.Openness == OpenConditional && e.OpenCondition == "" {
		c.refuse(-1, "open_condition", "有条件开放须写明开放条件", "conditional openness must state its condition")
	}
	return c.wrong
}

// entryCheck collects what is wrong with an entry.
type entryCheck struct {
	e     *Entry
	wrong []EntryFault
}

func (c *entryCheck) refuse(item int, field, zh, en string) {
	c.wrong = append(c.wrong, EntryFault{item, field, fault.Text{ZH: zh, EN: en}})
}

func (c *entryCheck) missing(field string) { c.refuse(-1, field, "请填写", "is required") }

func (c *entryCheck) text(field, text string, most int) {
	if utf8.RuneCountInString(text) > most {
		c.refuse(-1, field, fmt.Sprintf("超过 %d 字", most), fmt.Sprintf("is longer than %d characters", most))
	}
}

func (c *entryCheck) word(field, word string, list []Listed) {
	if word != "" && !slices.ContainsFunc(list, func(t Listed) bool { return t.Word == word }) {
		c.refuse(-1, field, "没有这个选项，应为"+titles(list), "must be one of "+words(list))
	}
}

func (c *entryCheck) items() {
	seen := map[string]bool{}
	for i, it := range c.e.Items {
		switch {
		case strings.TrimSpace(it.Name) == "":
			c.refuse(i, "name", "请填写信息项名称", "is required")
		case utf8.RuneCountInString(it.Name) > maxEntryName:
			c.refuse(i, "name", fmt.Sprintf("超过 %d 字", maxEntryName), fmt.Sprintf("is longer than %d characters", maxEntryName))
		case seen[it.Name]:
			c.refuse(i, "name", "信息项「"+it.Name+"」重复", "names an information item twice")
		}
		seen[it.Name] = true
		if it.Type != "" && !slices.ContainsFunc(DataTypes(), func(t Listed) bool { return t.Word == string(it.Type) }) {
			c.refuse(i, "type", "没有这个数据类型，应为"+titles(DataTypes()), "must be one of "+words(DataTypes()))
		}
		if utf8.RuneCountInString(it.Note) > maxEntryText {
			c.refuse(i, "note", fmt.Sprintf("超过 %d 字", maxEntryText), fmt.Sprintf("is longer than %d characters", maxEntryText))
		}
	}
}

// sharing checks the sharing attribute: what 条例 Art. 15 demands of each class,
// and that the way of sharing fits the format (files are shared as files, a
// database as tables or by a service).
func (c *entryCheck) sharing() {
	e := c.e
	switch e.Class {
	case Conditional:
		if e.Condition == "" {
			c.refuse(-1, "condition", "有条件共享须写明共享范围、使用用途等条件（条例第十五条）", "conditional sharing must state its range, use and conditions (Regulation Art. 15)")
		}
	case NotShared:
		if e.Condition == "" {
			c.refuse(-1, "condition", "不予共享须说明理由（条例第十五条）", "what is not shared must say why (Regulation Art. 15)")
		}
		if e.Basis == "" {
			c.refuse(-1, "basis", "不予共享须有法律、行政法规或国务院决定的明确依据（条例第十四、十五条）", "what is not shared must name the law, regulation or decision that forbids it (Regulation Art. 14, 15)")
		}
	case NoData:
		c.refuse(-1, "share_class", "请选择共享类型", "is required")
	case Unconditional:
	}
	if e.Class == NotShared {
		return
	}
	switch {
	case e.ShareWay == "":
		c.missing("share_way")
	case (e.Format == FormatFile || e.Format == FormatSheet) && e.ShareWay != WayFile:
		c.refuse(-1, "share_way", "电子文件、电子表格的共享方式应为文件", "files and sheets are shared as files")
	case e.Format == FormatDatabase && e.ShareWay == WayFile:
		c.refuse(-1, "share_way", "数据库的共享方式应为数据库或接口", "a database is shared as tables or by a service")
	}
}

func isDay(s string) bool {
	_, err := time.Parse(time.DateOnly, s)
	return err == nil
}

// Merge returns the entry with what e leaves open taken from before. A class is
// always stated.
func (e Entry) Merge(before Entry) Entry {
	keep := func(to *string, was string) {
		if *to == "" {
			*to = was
		}
	}
	keep(&e.Category, before.Category)
	keep(&e.Code, before.Code)
	keep(&e.Abstract, before.Abstract)
	keep((*string)(&e.Format), string(before.Format))
	keep(&e.FormatType, before.FormatType)
	keep(&e.FormatNote, before.FormatNote)
	keep(&e.Basis, before.Basis)
	keep(&e.ShareMode, before.ShareMode)
	keep((*string)(&e.ShareWay), string(before.ShareWay))
	keep((*string)(&e.Openness), string(before.Openness))
	keep(&e.OpenCondition, before.OpenCondition)
	keep((*string)(&e.Cycle), string(before.Cycle))
	keep(&e.Released, before.Released)
	keep(&e.Level, before.Level)
	if len(e.Items) == 0 {
		e.Items = before.Items
	}
	if len(e.Related) == 0 {
		e.Related = before.Related
	}
	return e
}
