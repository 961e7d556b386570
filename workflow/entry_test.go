package workflow

import (
	"regexp"
	"slices"
	"strings"
	"testing"
)

func wholeEntry() Entry {
	return Entry{
		Category: "基础信息资源/人口", Name: "人口基准信息", Code: "101001001/000001", Abstract: "人口基本信息", Format: FormatDatabase,
		Items: []DataItem{{Name: "姓名", Type: "C"}, {Name: "出生日期", Type: "D"}}, Class: Unconditional, ShareWay: WayService, Openness: OpenNot, Cycle: "daily",
	}
}

func TestWhatKeepsAnEntryFromBeingPublished(t *testing.T) {
	code := regexp.MustCompile(`^[0-9]{6,}/[0-9]+$`)
	for name, tt := range map[string]struct {
		change func(e *Entry)
		want   string
	}{
		"nothing": {func(*Entry) {}, ""},
		"everything that the guide demands": {
			func(e *Entry) { *e = Entry{Name: "x", Class: Unconditional} },
			"category code abstract format update_cycle openness items share_way",
		},
		"conditional sharing without its condition (Art. 15)":   {func(e *Entry) { e.Class = Conditional }, "condition"},
		"what is not shared without reason and basis (Art. 15)": {func(e *Entry) { e.Class = NotShared }, "condition basis"},
		"what is not shared needs no way of sharing":            {func(e *Entry) { e.Class, e.ShareWay, e.Condition, e.Basis = NotShared, "", "涉密", "某法第一条" }, ""},
		"a class that no entry can have":                        {func(e *Entry) { e.Class = NoData }, "share_class"},
		"a sheet that is shared by a service":                   {func(e *Entry) { e.Format = FormatSheet }, "share_way"},
		"a database that is shared as a file":                   {func(e *Entry) { e.ShareWay = WayFile }, "share_way"},
		"a code of another form":                                {func(e *Entry) { e.Code = "R-1" }, "code"},
		"words that are in no list":                             {func(e *Entry) { e.Format, e.Cycle, e.Items[0].Type = "paper", "often", "Z" }, "format items.0.type update_cycle"},
		"an item twice and one without type":                    {func(e *Entry) { e.Items[1] = DataItem{Name: "姓名"} }, "items.1.name items.1.type"},
		"a day that is none":                                    {func(e *Entry) { e.Released = "2026-02-30" }, "released"},
		"a text that is too long":                               {func(e *Entry) { e.Abstract = strings.Repeat("长", 2001) }, "abstract"},
		"conditional openness without condition":                {func(e *Entry) { e.Openness = OpenConditional }, "open_condition"},
	} {
		e := wholeEntry()
		tt.change(&e)
		var names []string
		for _, f := range e.Complete(code) {
			names = append(names, f.Name())
		}
		if got := strings.Join(names, " "); got != tt.want {
			t.Errorf("%s: %q, want %q", name, got, tt.want)
		}
	}
}

func TestWordsOfValueListsAreFoundByWordTitleAndCode(t *testing.T) {
	for _, list := range [][]Listed{Formats(), DataTypes(), ShareClasses(), ShareWays(), Opennesses(), Cycles()} {
		seen := map[string]bool{}
		for _, w := range list {
			for _, text := range append([]string{w.Word, w.Title.ZH, strings.ToUpper(w.Title.EN), w.Code}, w.Also...) {
				if got, ok := WordOf(list, " "+text+" "); text != "" && (!ok || got != w.Word) {
					t.Errorf("%q is %q, want %q", text, got, w.Word)
				}
			}
			if seen[w.Word] {
				t.Errorf("%s is listed twice", w.Word)
			}
			seen[w.Word] = true
		}
	}
	if _, ok := WordOf(Cycles(), "偶尔"); ok {
		t.Error("a word that is in no list was found")
	}
}

func TestAVersionSaysWhatItChanged(t *testing.T) {
	before, after := wholeEntry(), wholeEntry()
	after.Class, after.Condition, after.Items = Conditional, "限核验", append(after.Items, DataItem{Name: "住址", Type: "C"})
	var labels []string
	for _, c := range after.Changes(&before) {
		labels = append(labels, c.Label.ZH)
	}
	if !slices.Equal(labels, []string{"信息项", "共享类型", "共享条件"}) {
		t.Errorf("changes: %v", labels)
	}
	if got := (Entry{Name: "人口基准信息", Class: Conditional}).Merge(before); got.Abstract != before.Abstract || len(got.Items) != 2 || got.Class != Conditional {
		t.Errorf("merged: %+v", got)
	}
}
