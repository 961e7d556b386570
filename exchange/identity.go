package exchange

import (
	"strings"
	"time"
)

// ValidID reports whether s is a citizen's number of GB 11643-1999 (公民身份号码):
// six digits of area, a real date of birth, three of sequence, and the check
// character. x is taken as X. The area is not looked up: areas are renumbered,
// and 3299xx is nobody's, so fictitious persons live there.
func ValidID(s string) bool {
	s = strings.ToUpper(s)
	if len(s) != 18 || !digits(s[:17]) {
		return false
	}
	born, err := time.Parse("20060102", s[6:14])
	return err == nil && born.Year() >= 1800 && s[17] == idCheck(s[:17])
}

// idCheck returns the check character of 17 digits (ISO 7064 MOD 11-2).
func idCheck(s string) byte {
	sum := 0
	for i, w := range [...]int{7, 9, 10, 5, 8, 4, 2, 1, 6, 3, 7, 9, 10, 5, 8, 4, 2} {
		sum += int(s[i]-'0') * w
	}
	return "10X98765432"[sum%11]
}

// usccAlphabet are the characters of GB 32100-2015 in the order of their value;
// I, O, S, V and Z are left out.
const usccAlphabet = "0123456789ABCDEFGHJKLMNPQRTUWXY"

// ValidUSCC reports whether s is a unified social credit code of GB 32100-2015
// (统一社会信用代码). Its last character may be any of the 31.
func ValidUSCC(s string) bool {
	if len(s) != 18 || !digits(s[2:8]) {
		return false
	}
	for i := range len(s) {
		if strings.IndexByte(usccAlphabet, s[i]) < 0 {
			return false
		}
	}
	return s[17] == usccCheck(s[:17])
}

// usccCheck returns the check character of the first 17.
func usccCheck(s string) byte {
	sum, weight := 0, 1
	for i := range len(s) {
		sum += strings.IndexByte(usccAlphabet, s[i]) * weight
		weight = weight * 3 % 31
	}
	return usccAlphabet[(31-sum%31)%31]
}

// orgCheck returns the check character of the eight characters of an
// organisation within a credit code (GB 11714).
func orgCheck(s string) byte {
	sum := 0
	for i, w := range [...]int{3, 7, 9, 10, 5, 8, 4, 2} {
		v := int(s[i] - '0')
		if s[i] >= 'A' {
			v = int(s[i]-'A') + 10 // here all 26 letters count
		}
		sum += v * w
	}
	return "0123456789X0"[11-sum%11]
}

func digits(s string) bool {
	return !strings.ContainsFunc(s, func(r rune) bool { return r < '0' || r > '9' })
}
