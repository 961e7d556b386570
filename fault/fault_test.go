package fault_test

import (
	"errors"
	"fmt"
	"testing"

	"github.com/shujie-gov/shujie/fault"
)

func TestAnUnclassifiedErrorIsInternal(t *testing.T) {
	if got := fault.KindOf(errors.New("x")); got != fault.Internal {
		t.Fatalf("kind = %v, want internal", got)
	}
}

func TestTheKindSurvivesWrapping(t *testing.T) {
	err := fmt.Errorf("load case: %w", fault.New(fault.Stale, "已变更", "changed"))
	if got := fault.KindOf(err); got != fault.Stale {
		t.Fatalf("kind = %v, want stale", got)
	}
	if !fault.Temporary(err) {
		t.Fatal("a stale version is worth another try")
	}
	if fault.Temporary(fault.New(fault.Forbidden, "不可以", "no")) {
		t.Fatal("a refusal stays a refusal")
	}
}

func TestTextFallsBackToTheOtherLanguage(t *testing.T) {
	for _, tc := range []struct{ lang, want string }{{"en", "yes"}, {"zh", "是"}, {"", "是"}} {
		if got := (fault.Text{ZH: "是", EN: "yes"}).In(tc.lang); got != tc.want {
			t.Errorf("In(%q) = %q, want %q", tc.lang, got, tc.want)
		}
	}
	if got := (fault.Text{ZH: "是"}).In("en"); got != "是" {
		t.Errorf("missing English shows %q, want the Chinese", got)
	}
}
