package web

import (
	"testing"
	"time"
)

func TestTimesAreSaidInChinaTimeAndInBothLanguages(t *testing.T) {
	zh, en := words{"zh", readTexts(t, "zh")}, words{"en", readTexts(t, "en")}
	late := time.Date(2026, 3, 1, 17, 5, 0, 0, time.UTC) // Monday in China already
	for _, c := range []struct {
		what, want string
		say        func() (string, error)
	}{
		{"a date", "2026-03-02 周一", func() (string, error) { return zh.date(late) }},
		{"a date in English", "2026-03-02 Mon", func() (string, error) { return en.date(&late) }},
		{"a moment", "2026-03-02 周一 01:05", func() (string, error) { return zh.datetime(late) }},
		{"no moment", "", func() (string, error) { return zh.datetime((*time.Time)(nil)) }},
		{"the end of a day", "2026-03-02 周一 24:00", func() (string, error) { return zh.deadline(time.Date(2026, 3, 2, 16, 0, 0, 0, time.UTC)) }},
		{"the close of business", "2026-03-02 周一 17:30", func() (string, error) { return zh.deadline(time.Date(2026, 3, 2, 9, 30, 0, 0, time.UTC)) }},
		{"for machines", "2026-03-02T01:05:00+08:00", func() (string, error) { return iso(late) }},
		{"seconds ago", "刚刚", func() (string, error) { return zh.ago(late, late.Add(-59*time.Second)) }},
		{"a minute ago", "1分钟前", func() (string, error) { return zh.ago(late, late.Add(-time.Minute)) }},
		{"hours ago", "3 hours ago", func() (string, error) { return en.ago(late, late.Add(-3*time.Hour)) }},
		{"a day from now", "in 1 day", func() (string, error) { return en.ago(late, late.Add(30*time.Hour)) }},
		{"days from now", "2天后", func() (string, error) { return zh.ago(late, late.Add(50*time.Hour)) }},
		{"no time spent", "0", func() (string, error) { return zh.duration(0) }},
		{"seconds spent", "不足1分", func() (string, error) { return zh.duration(59) }},
		{"minutes spent", "59分", func() (string, error) { return zh.duration(59*60 + 59) }},
		{"an hour spent", "1时", func() (string, error) { return zh.duration(3600) }},
		{"hours spent", "3 h 20 min", func() (string, error) { return en.duration(3*3600 + 20*60) }},
		{"days spent", "3天2时", func() (string, error) { return zh.duration(3*86400 + 2*3600 + 59*60) }},
		{"whole days spent", "3 d", func() (string, error) { return en.duration(3 * 86400) }},
	} {
		got, err := c.say()
		if err != nil || got != c.want {
			t.Errorf("%s: %q, %v; want %q", c.what, got, err, c.want)
		}
	}
	if _, err := zh.date("2026-03-02"); err == nil {
		t.Error("a text was taken for a time")
	}
}

func TestNumbersAreGroupedAndSharesNeverRoundedUp(t *testing.T) {
	for n, want := range map[int64]string{0: "0", 999: "999", 1000: "1,000", 1234567: "1,234,567", -12345: "-12,345"} {
		if got, err := num(n); err != nil || got != want {
			t.Errorf("%d is %q, %v; want %q", n, got, err, want)
		}
	}
	if _, err := num("12"); err == nil {
		t.Error("a text was taken for a number")
	}
	for _, c := range [][3]int64{{0, 0, 0}, {999, 1000, 99}, {1000, 1000, 100}, {1, 3, 33}} {
		if got := percent(c[0], c[1]); got != c[2] {
			t.Errorf("%d of %d is %d %%, want %d", c[0], c[1], got, c[2])
		}
	}
}

func TestWhatWasTypedIsFoundUnderTheNameOfItsInput(t *testing.T) {
	for _, c := range []struct {
		form any
		want string
	}{
		{map[string]string{"note": "补正"}, "补正"},
		{map[string]any{"note": "补正"}, "补正"},
		{map[string]any{"note": 3}, "3"},
		{map[string]any{}, ""},
		{map[string]string(nil), ""},
		{map[string]any{"note": nil}, ""},
	} {
		if got, err := typed(c.form, "note"); err != nil || got != c.want {
			t.Errorf("%v: %q, %v; want %q", c.form, got, err, c.want)
		}
	}
	if _, err := typed(3, "note"); err == nil {
		t.Error("a number was taken for a form")
	}
	if !has("12, 13", int64(13)) || has("12,13", 1) || has("", 0) {
		t.Error("lists joined by commas are read wrong")
	}
}

func TestPartialsAreCalledWithNamesAndValues(t *testing.T) {
	if m, err := dict("A", 1, "B", nil); err != nil || m["A"] != 1 || len(m) != 2 {
		t.Errorf("dict: %v, %v", m, err)
	}
	for _, bad := range [][]any{{"A"}, {1, 2}} {
		if _, err := dict(bad...); err == nil {
			t.Errorf("dict took %v", bad)
		}
	}
}

func TestTheFrameKnowsWhatTheReaderMayOpenAndSearched(t *testing.T) {
	f := frame("/cases?q=证明")
	f.Query = "证明"
	if !f.Opens("/cases/new") || f.Opens("/admin") {
		t.Error("what may be opened is not what the navigation holds")
	}
	if f.Searched() != "证明" {
		t.Error("the words searched among the cases are lost")
	}
	if f.Path = "/service-items?q=证明"; f.Searched() != "" {
		t.Error("the search of another list is shown as one among the cases")
	}
}
