package workflow

import "strings"

// series is the series in which a case that opens now is numbered, e.g.
// 督〔2026〕: the word of its kind and the year in China, as documents of
// authorities are numbered. A kind without a word has none.
func (d *Definition) series(m Moment) string {
	if d.Series == "" {
		return ""
	}
	return d.Series + "〔" + m.today()[:4] + "〕"
}

// named checks the word of a series.
func (k *checker) named() {
	if strings.ContainsAny(k.d.Series, "〔〕 \t\n0123456789-") || len([]rune(k.d.Series)) > 8 {
		k.at = 0
		k.refuse("", "", "series: it is a word of at most 8 characters, without digits and brackets")
	}
}
