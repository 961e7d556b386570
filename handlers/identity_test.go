package handlers

import (
	"testing"
	"time"
)

func TestAnIdentityNumberIsCheckedByDigitAndDate(t *testing.T) {
	now := time.Date(2026, 3, 2, 0, 0, 0, 0, time.UTC)
	for id, want := range map[string]bool{
		"32990019900101001X": true, // the vectors of docs/domain.md §8
		"329900200002290020": true, // 29 February of a leap year
		"329900194912310037": true,
		"32990019850615003X": true,
		"32990019850615003x": true,
		"329900199001010010": false, // wrong check digit
		"329900200102290025": false, // no 29 February in 2001
		"32990019901301001X": false, // month 13
		"32990019900101001":  false,
		"３２９９００19900101001":  false, // full-width digits
		"":                   false,
	} {
		if got := ValidID(id, now); got != want {
			t.Errorf("ValidID(%q) = %v, want %v", id, got, want)
		}
	}
	if !ValidID("32990019900101001X", now) || ValidID("32990019900101001X", time.Date(1989, 1, 1, 0, 0, 0, 0, time.UTC)) {
		t.Error("a birth date in the future is refused")
	}
}

func TestPhonesAndNamesOfPeopleAreAccepted(t *testing.T) {
	for phone, want := range map[string]bool{
		"13812345678": true, "+86 138-1234-5678": true, "025-83331234": true, "0513-85216666": true,
		"12812345678": false, "110": false, "": false, "1381234567a": false, "-": false,
	} {
		if got := validPhone(phone); got != want {
			t.Errorf("validPhone(%q) = %v, want %v", phone, got, want)
		}
	}
	for name, want := range map[string]bool{
		"张三": true, "买买提·艾力": true, "O'Neil Smith": true, "欧阳修": true,
		"": false, "·": false, "<script>": false, "张三1": false,
	} {
		if got := validName(name); got != want {
			t.Errorf("validName(%q) = %v, want %v", name, got, want)
		}
	}
}
