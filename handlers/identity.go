package handlers

import (
	"strconv"
	"strings"
	"time"
	"unicode"
	"unicode/utf8"
)

// ValidID reports whether s is a citizen identity number (公民身份号码, GB
// 11643-1999): 17 digits with a birth date that exists and lies between 1900
// and now, and the check character of ISO 7064 MOD 11-2, where x counts as X.
// The area code is not looked up: codes change over the years, and 3299xx is
// the unassigned area of the fictitious persons of tests (docs/domain.md §8).
func ValidID(s string, now time.Time) bool {
	if len(s) != 18 {
		return false
	}
	weights := [17]int{7, 9, 10, 5, 8, 4, 2, 1, 6, 3, 7, 9, 10, 5, 8, 4, 2}
	sum := 0
	for i, w := range weights {
		if s[i] < '0' || s[i] > '9' {
			return false
		}
		sum += int(s[i]-'0') * w
	}
	last := s[17]
	if last == 'x' {
		last = 'X'
	}
	if "10X98765432"[sum%11] != last {
		return false
	}
	born, err := time.Parse("20060102", s[6:14])
	return err == nil && born.Year() >= 1900 && !born.After(now)
}

// validPhone reports whether s looks like a number a hall can call: a mobile
// number, or a fixed line with area code, with an optional +86.
func validPhone(s string) bool {
	s = strings.TrimPrefix(strings.NewReplacer(" ", "", "-", "").Replace(s), "+86")
	if _, err := strconv.ParseUint(s, 10, 64); err != nil {
		return false
	}
	if len(s) == 11 && s[0] == '1' {
		return s[1] >= '3'
	}
	return s[0] == '0' && len(s) >= 10 && len(s) <= 12
}

// validName reports whether s can be a person's name: 1 to 50 letters, with the
// dots of minority names (买买提·艾力), spaces and hyphens between them.
func validName(s string) bool {
	if n := utf8.RuneCountInString(s); n == 0 || n > 50 {
		return false
	}
	letters := 0
	for _, r := range s {
		switch {
		case unicode.IsLetter(r), unicode.Is(unicode.Mn, r):
			letters++
		case strings.ContainsRune("·•． .-'’", r):
		default:
			return false
		}
	}
	return letters > 0
}
