package handlers

import (
	"strings"
	"testing"
)

func TestAPasswordMatchesItsHashOnly(t *testing.T) {
	hash, err := HashPassword("疏解-Demo-2026")
	if err != nil {
		t.Fatal(err)
	}
	again, err := HashPassword("疏解-Demo-2026")
	if err != nil || again == hash {
		t.Fatalf("two hashes of one password must differ by their salt: %v", err)
	}
	if ok, err := VerifyPassword(hash, "疏解-Demo-2026"); !ok || err != nil {
		t.Errorf("the right password was refused: %v", err)
	}
	for _, wrong := range []string{"", "疏解-demo-2026", "疏解-Demo-2026 ", strings.Repeat("a", 10_000)} {
		if ok, err := VerifyPassword(hash, wrong); ok || err != nil {
			t.Errorf("VerifyPassword(%.20q) = %v, %v", wrong, ok, err)
		}
	}
}

func TestAHashThatIsNoneIsAnError(t *testing.T) {
	for _, hash := range []string{
		"", "plain", "$2a$10$abc", "$argon2id$v=19$m=19456,t=2,p=1$c2FsdA", "$argon2id$v=16$m=19456,t=2,p=1$c2FsdHNhbHQ$a2V5a2V5a2V5a2V5a2V5",
		"$argon2id$v=19$m=99999999,t=2,p=1$c2FsdHNhbHQ$a2V5a2V5a2V5a2V5a2V5", "$argon2id$v=19$m=19456,t=0,p=1$c2FsdHNhbHQ$a2V5a2V5a2V5a2V5a2V5",
		"$argon2id$v=19$m=19456,t=2,p=1$c2FsdHNhbHQ$!!", "$argon2id$v=19$m=19456,t=2,p=1$c2FsdHNhbHQ$",
	} {
		if ok, err := VerifyPassword(hash, "x"); ok || err == nil {
			t.Errorf("VerifyPassword(%q) = %v, %v; want an error", hash, ok, err)
		}
	}
}
