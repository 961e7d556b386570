package models

import (
	"regexp"
	"slices"
	"strings"
	"unicode"
)

// What looks like an identity number (GB 11643-1999, or the older one of 15
// digits) or a mobile number, wherever it stands.
const (
	idForm    = `[1-9]\d{16}[\dXx]|[1-9]\d{14}`
	phoneForm = `1[3-9]\d{9}`
)

// masked says how a field is shown whose name ends in one of its words: pinyin
// initials as registries use them, or words.
type masked struct {
	words []string
	show  func(value string) string
}

func maskedFields() []masked {
	return []masked{
		{[]string{"xm", "姓名", "_name"}, maskName},
		{[]string{"dz", "住址", "地址", "address"}, maskAddress},
		{[]string{"csrq", "csny", "出生日期", "出生年月", "birth", "birthday", "birth_date", "birthdate", "dateofbirth", "date_of_birth"}, maskDigits},
	}
}

// addressShown is how many characters of an address are shown: province and
// city.
const addressShown = 6

func maskAddress(value string) string {
	if r := []rune(value); len(r) > addressShown {
		return string(r[:addressShown]) + "****"
	}
	return value
}

// maskDigits hides a date of birth, which a masked identity number hides, too:
// ****-**-**.
func maskDigits(value string) string {
	return strings.Map(func(r rune) rune {
		if unicode.IsDigit(r) {
			return '*'
		}
		return r
	}, value)
}

// MaskText returns what may be shown of a field of a record without a recorded
// reason: names, addresses, dates of birth, identity numbers and mobile numbers
// are masked as those of a case are.
func MaskText(field, value string) string {
	field = strings.ToLower(field[strings.LastIndexByte(field, '.')+1:])
	if field == "name" {
		return maskName(value)
	}
	for _, m := range maskedFields() {
		if slices.ContainsFunc(m.words, func(word string) bool { return strings.HasSuffix(field, word) }) {
			return m.show(value)
		}
	}
	return regexp.MustCompile(`\b(?:`+idForm+`|`+phoneForm+`)\b`).ReplaceAllStringFunc(value, func(number string) string {
		if len(number) == len("13800138000") {
			return maskMiddle(number, 3)
		}
		return maskMiddle(number, 4)
	})
}
