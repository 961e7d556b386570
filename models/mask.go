package models

import (
	"regexp"
	"strings"
)

// What looks like an identity number (GB 11643-1999, or the older one of 15
// digits) or a mobile number, wherever it stands.
const (
	idForm    = `[1-9]\d{16}[\dXx]|[1-9]\d{14}`
	phoneForm = `1[3-9]\d{9}`
)

// namedAs are the words by which fields of records call a person's name or an
// address; pinyin initials as registries use them.
func namedAs(field string) (name, address bool) {
	if i := strings.LastIndexByte(field, '.'); i >= 0 {
		field = field[i+1:]
	}
	field = strings.ToLower(field)
	name = strings.HasSuffix(field, "xm") || strings.HasSuffix(field, "姓名") || field == "name" || strings.HasSuffix(field, "_name")
	address = strings.HasSuffix(field, "dz") || strings.HasSuffix(field, "住址") || strings.HasSuffix(field, "地址") || strings.HasSuffix(field, "address")
	return name, address
}

// addressShown is how many characters of an address are shown: province and
// city.
const addressShown = 6

// MaskText returns what may be shown of a field of a record without a recorded
// reason: names, addresses, identity numbers and mobile numbers are masked as
// those of a case are.
func MaskText(field, value string) string {
	name, address := namedAs(field)
	switch {
	case name:
		return maskName(value)
	case address:
		if r := []rune(value); len(r) > addressShown {
			return string(r[:addressShown]) + "****"
		}
		return value
	}
	return regexp.MustCompile(`\b(?:`+idForm+`|`+phoneForm+`)\b`).ReplaceAllStringFunc(value, func(number string) string {
		if len(number) == len("13800138000") {
			return maskMiddle(number, 3)
		}
		return maskMiddle(number, 4)
	})
}
