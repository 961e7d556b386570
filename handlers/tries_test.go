package handlers

import (
	"fmt"
	"testing"
	"time"
)

func TestFiveFailedLoginsLockForHalfAnHour(t *testing.T) {
	now := time.Date(2026, 3, 2, 9, 0, 0, 0, time.UTC)
	tr := newTries(func() time.Time { return now })
	for range maxTries - 1 {
		tr.fail("a")
	}
	if tr.locked("a") != 0 {
		t.Fatal("four failures must not lock")
	}
	tr.fail("a")
	if got := tr.locked("a"); got != tryWindow {
		t.Fatalf("locked for %s, want %s", got, tryWindow)
	}
	if tr.locked("b") != 0 {
		t.Error("another account is locked too")
	}
	now = now.Add(tryWindow + time.Second)
	if tr.locked("a") != 0 {
		t.Error("the lock did not end")
	}
	tr.fail("a")
	if tr.locked("a") != 0 {
		t.Error("one failure after the lock locked again")
	}
}

func TestASuccessfulLoginForgetsTheFailures(t *testing.T) {
	tr := newTries(func() time.Time { return time.Unix(0, 0) })
	for range maxTries - 1 {
		tr.fail("a")
	}
	tr.clear("a")
	tr.fail("a")
	if tr.locked("a") != 0 {
		t.Error("failures before a success were counted")
	}
}

func TestTriesRememberABoundedNumberOfAccounts(t *testing.T) {
	tr := newTries(func() time.Time { return time.Unix(0, 0) })
	for i := range maxTrials + 500 {
		tr.fail(fmt.Sprint(i))
	}
	if n := len(tr.seen); n > maxTrials {
		t.Errorf("%d accounts are remembered", n)
	}
}
