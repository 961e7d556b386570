package handlers

import (
	"fmt"
	"strings"

	"github.com/shujie-gov/shujie/workflow"
)

// entry reads the metadata of a catalogue entry. Words of value lists may be
// given as the word, its title or its code; a page sends the information items
// as lines.
func (b *body) entry() workflow.Entry {
	e := workflow.Entry{
		Category: b.text("category", 100), Name: b.must("name", maxTitle), Code: b.text("code", 100), Abstract: b.text("abstract", maxEntryText),
		FormatType: b.text("format_type", 100), FormatNote: b.text("format_note", maxEntryText), Condition: b.text("condition", maxEntryText),
		Basis: b.text("basis", maxEntryText), ShareMode: b.text("share_mode", 100), OpenCondition: b.text("open_condition", maxEntryText),
		Released: b.text("released", 10), Level: b.text("level", 100),
	}
	e.Format = workflow.Format(b.word("format", workflow.Formats()))
	e.ShareWay = workflow.ShareWay(b.word("share_way", workflow.ShareWays()))
	e.Openness = workflow.Openness(b.word("openness", workflow.Opennesses()))
	e.Cycle = workflow.Cycle(b.word("update_cycle", workflow.Cycles()))
	class, given := b.whole("share_class")
	if !given || class < 0 || class > 3 {
		b.refuse("share_class", "应为 0 至 3", "must be 0 to 3")
	}
	e.Class = workflow.ShareClass(class)
	if text, isText := b.values["related"].(string); isText {
		e.Related = split(text)
	} else {
		e.Related = b.texts("related", 100)
	}
	if text, isText := b.values["items"].(string); isText {
		e.Items = itemLines(text)
	} else {
		for _, one := range b.subs("items") {
			e.Items = append(e.Items, workflow.DataItem{
				Name: one.must("name", maxTitle), Type: workflow.DataType(one.word("type", workflow.DataTypes())), Note: one.text("note", maxEntryText),
			})
		}
	}
	for _, f := range e.Legible() {
		if f.Item < 0 || b.values["items"] == nil {
			b.once(f.Field, f)
			continue
		}
		if _, lines := b.values["items"].(string); lines {
			b.refuse("items", fmt.Sprintf("第 %d 行：%s", f.Item+1, f.Text.ZH), fmt.Sprintf("line %d: %s", f.Item+1, f.Text.EN))
			continue
		}
		b.once(f.Name(), f)
	}
	return e
}

// maxEntryText bounds the longer texts of an entry, in characters.
const maxEntryText = 2000

// once refuses a field unless it was refused already.
func (b *body) once(name string, f workflow.EntryFault) {
	for _, w := range *b.wrong {
		if w.Name == b.prefix+name {
			return
		}
	}
	b.refuse(name, f.Text.ZH, f.Text.EN)
}

// word reads one word of a value list.
func (b *body) word(name string, list []workflow.Listed) string {
	text := b.text(name, 100)
	word, ok := workflow.WordOf(list, text)
	if !ok {
		names := make([]string, len(list))
		for i, t := range list {
			names[i] = t.Title.ZH
		}
		b.refuse(name, "没有「"+text+"」这个选项，应为"+strings.Join(names, "、"), "is not one of the options")
	}
	return word
}

// split parts a list that was typed, by commas of either kind or by lines.
func split(text string) []string {
	return strings.FieldsFunc(text, func(r rune) bool { return strings.ContainsRune(",，、;；\n\r\t ", r) })
}

// itemLines reads information items as people type them: one a line, its name,
// data type and note parted by commas or tabs.
func itemLines(text string) []workflow.DataItem {
	var list []workflow.DataItem
	for line := range strings.Lines(text) {
		line = strings.TrimSpace(line)
		if line == "" {
			continue
		}
		parts := strings.FieldsFunc(line, func(r rune) bool { return strings.ContainsRune(",，\t", r) })
		it := workflow.DataItem{}
		for i, p := range parts {
			switch p = strings.TrimSpace(p); i {
			case 0:
				it.Name = p
			case 1:
				word, ok := workflow.WordOf(workflow.DataTypes(), p)
				if !ok {
					word = p // Legible names it
				}
				it.Type = workflow.DataType(word)
			default:
				it.Note = strings.TrimPrefix(it.Note+"，"+p, "，")
			}
		}
		list = append(list, it)
	}
	return list
}

// itemText is the inverse of itemLines.
func itemText(items []workflow.DataItem) string {
	var b strings.Builder
	for _, it := range items {
		b.WriteString(it.Name)
		if it.Type != "" || it.Note != "" {
			b.WriteString("，" + workflow.TitleOf(workflow.DataTypes(), string(it.Type)).ZH)
		}
		if it.Note != "" {
			b.WriteString("，" + it.Note)
		}
		b.WriteByte('\n')
	}
	return b.String()
}
