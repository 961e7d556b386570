package workflow

import (
	"strconv"
	"strings"

	"github.com/shujie-gov/shujie/fault"
)

// EntryPair is one field of an entry as people read it.
type EntryPair struct {
	Field string // as in JSON
	Label fault.Text
	Value fault.Text // empty: not stated
}

// EntryLabel returns what a field of an entry, or of an information item
// ("item.name"), is called.
func EntryLabel(field string) fault.Text {
	for _, l := range entryLabels() {
		if l.Field == field {
			return l.Label
		}
	}
	return fault.Text{ZH: field, EN: field}
}

// entryLabels are the fields in the order of the guide.
func entryLabels() []EntryPair {
	label := func(field, zh, en string) EntryPair {
		return EntryPair{Field: field, Label: fault.Text{ZH: zh, EN: en}}
	}
	return []EntryPair{
		label("category", "信息资源分类", "Category"),
		label("name", "信息资源名称", "Name"),
		label("code", "信息资源代码", "Code"),
		label("provider", "信息资源提供方", "Provider"),
		label("provider_code", "信息资源提供方代码", "Provider code"),
		label("abstract", "信息资源摘要", "Abstract"),
		label("format", "信息资源格式", "Format"),
		label("format_type", "格式类型", "Format type"),
		label("format_note", "格式说明", "Format note"),
		label("items", "信息项", "Information items"),
		label("item.name", "信息项名称", "Information item"),
		label("item.type", "数据类型", "Data type"),
		label("item.note", "信息项说明", "Item note"),
		label("share_class", "共享类型", "Sharing class"),
		label("condition", "共享条件", "Condition of sharing"),
		label("basis", "不予共享依据", "Legal basis of not sharing"),
		label("share_mode", "共享方式分类", "Mode of sharing"),
		label("share_way", "共享方式类型", "Way of sharing"),
		label("openness", "开放属性", "Openness"),
		label("open_condition", "开放条件", "Condition of openness"),
		label("update_cycle", "更新周期", "Update cycle"),
		label("released", "发布日期", "Release date"),
		label("related", "关联资源代码", "Related resources"),
		label("level", "数据分类分级", "Data classification"),
	}
}

// Pairs lists the fields of an entry in the order of the guide, without those
// of its provider.
func (e *Entry) Pairs() []EntryPair {
	items := make([]string, len(e.Items))
	english := make([]string, len(e.Items))
	for i, it := range e.Items {
		t := TitleOf(DataTypes(), string(it.Type))
		items[i], english[i] = it.Name+"（"+t.ZH+"）", it.Name+" ("+t.EN+")"
		if it.Type == "" {
			items[i], english[i] = it.Name, it.Name
		}
	}
	class := ""
	if e.Class != NoData {
		class = strconv.Itoa(int(e.Class))
	}
	same := func(s string) fault.Text { return fault.Text{ZH: s, EN: s} }
	values := map[string]fault.Text{
		"category": same(e.Category), "name": same(e.Name), "code": same(e.Code), "abstract": same(e.Abstract),
		"format": TitleOf(Formats(), string(e.Format)), "format_type": same(e.FormatType), "format_note": same(e.FormatNote),
		"items":       {ZH: strings.Join(items, "、"), EN: strings.Join(english, ", ")},
		"share_class": TitleOf(ShareClasses(), class), "condition": same(e.Condition), "basis": same(e.Basis), "share_mode": same(e.ShareMode),
		"share_way": TitleOf(ShareWays(), string(e.ShareWay)), "openness": TitleOf(Opennesses(), string(e.Openness)),
		"open_condition": same(e.OpenCondition), "update_cycle": TitleOf(Cycles(), string(e.Cycle)), "released": same(e.Released),
		"related": same(strings.Join(e.Related, "、")), "level": same(e.Level),
	}
	var list []EntryPair
	for _, l := range entryLabels() {
		if v, ok := values[l.Field]; ok {
			l.Value = v
			list = append(list, l)
		}
	}
	return list
}

// EntryChange is a field that a version states differently than the one before.
type EntryChange struct {
	Label         fault.Text
	Before, After fault.Text
}

// Changes lists what e states differently than before.
func (e *Entry) Changes(before *Entry) []EntryChange {
	was := before.Pairs()
	var list []EntryChange
	for i, now := range e.Pairs() {
		if now.Value != was[i].Value {
			list = append(list, EntryChange{Label: now.Label, Before: was[i].Value, After: now.Value})
		}
	}
	return list
}
