package main

import (
	"bytes"
	"database/sql"
	"fmt"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
	"time"

	"github.com/shujie-gov/shujie/models"
	"github.com/shujie-gov/shujie/models/modelstest"
)

func TestKeysRotateFromTheCommandLine(t *testing.T) {
	dir, r := aReceipt(t)
	database, file := "sqlite:"+filepath.Join(dir, "shujie.db"), filepath.Join(dir, "shujie.db.key")
	keys := func(args ...string) string {
		t.Helper()
		out, err := says(t, "", append([]string{"keys", "--database-url", database}, args...)...)
		if err != nil {
			t.Fatalf("%v: %v\n%s", args, err, out)
		}
		return out
	}
	rotated := regexp.MustCompile(`a new (?:master|sign) key (\w+)`)

	first := keys("list")
	if strings.Count(first, "in force") != 2 {
		t.Fatalf("at first:\n%s", first)
	}
	old := strings.Fields(first)[1]
	prepared := keys("rotate", "--prepare")
	if got := keys("list"); got != first {
		t.Errorf("a prepared key changed something:\n%s", got)
	}
	if got := keys("rotate"); strings.Contains(got, "a new") || !strings.Contains(got, rotated.FindStringSubmatch(prepared)[1]+" is in force") {
		t.Errorf("the prepared key %q was not taken: %s", prepared, got)
	}
	if got := keys("rotate"); !rotated.MatchString(got) {
		t.Errorf("the next rotation makes a key: %s", got)
	}
	if got := keys("rotate", "--signing"); !rotated.MatchString(got) {
		t.Errorf("no new signing key: %s", got)
	}
	if out, err := says(t, "", "keys", "remove", old, "--database-url", database); err == nil && !strings.Contains(fmt.Sprint(err), "minute") {
		t.Errorf("a key that was just replaced was removed: %s", out)
	}
	if got := keys("list"); strings.Count(got, "in force") != 2 || strings.Count(got, "replaced") != 3 {
		t.Errorf("at the end:\n%s", got)
	}
	if info, err := os.Stat(file); err != nil || info.Mode().Perm() != 0o600 {
		t.Errorf("%v, %v", info.Mode(), err)
	}
	// The receipt of the first key is checked by the keys of all times.
	document, err := r.Document()
	if err != nil {
		t.Fatal(err)
	}
	if out, err := says(t, string(document), "verify", "receipt", "-", "--key-file", file); err != nil {
		t.Errorf("%v\n%s", err, out)
	}
	if out, err := says(t, "", "verify", "--database-url", database); err != nil {
		t.Errorf("%v\n%s", err, out)
	}
}

// A file that another program made holds a secret and nothing else.
func TestAKeyFileOfOneSecretRotates(t *testing.T) {
	dir := t.TempDir()
	file, database := filepath.Join(dir, "key"), "sqlite:"+filepath.Join(dir, "shujie.db")
	if err := os.WriteFile(file, []byte(strings.Repeat("5a", 32)+"\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	for _, args := range [][]string{{"migrate"}, {"keys", "rotate"}, {"keys", "rotate", "--signing"}, {"keys", "list"}, {"verify"}} {
		if out, err := says(t, "", append(args, "--database-url", database, "--key-file", file)...); err != nil {
			t.Fatalf("%v: %v\n%s", args, err, out)
		}
	}
	text, err := os.ReadFile(file)
	if err != nil || !bytes.HasPrefix(text, []byte(strings.Repeat("5a", 32)+"\n")) || bytes.Count(text, []byte("derived")) != 2 {
		t.Errorf("%s, %v", text, err)
	}
}

func TestANewKeyFileIsNotWrittenOverAnother(t *testing.T) {
	file := filepath.Join(t.TempDir(), "key")
	if out, err := says(t, "", "keys", "new", file); err != nil {
		t.Fatal(err, out)
	}
	before, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := models.ParseKeys(string(before)); err != nil {
		t.Error(err)
	}
	if _, err := says(t, "", "keys", "new", file); err == nil {
		t.Error("the keys of an installation were written over")
	}
}

// TestAKilledRotationGoesOnWhereItStopped kills a rotation in its second chunk,
// where a trigger holds it.
func TestAKilledRotationGoesOnWhereItStopped(t *testing.T) {
	dir, r := aReceipt(t)
	database := "sqlite:" + filepath.Join(dir, "shujie.db")
	const more, chunk = 700, 500
	fetchMore(t, database, r, more)
	raw := modelstest.Raw(t, database)
	run := func(text string) {
		t.Helper()
		if _, err := raw.ExecContext(t.Context(), text); err != nil {
			t.Fatal(err)
		}
	}
	old, _, err := wraps(t, raw)
	if err != nil {
		t.Fatal(err)
	}
	run(`CREATE VIEW endless AS WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n) SELECT i FROM n`)
	run(`CREATE TRIGGER held BEFORE UPDATE ON payload_keys
		WHEN NEW.receipt_id = (SELECT receipt_id FROM payload_keys ORDER BY receipt_id LIMIT 1 OFFSET 600)
		BEGIN SELECT count(*) FROM endless; END`)
	cmd := process(t, nil, "keys", "rotate", "--database-url", database)
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	for range time.Tick(10 * time.Millisecond) {
		if _, fresh, err := wraps(t, raw); err != nil || t.Context().Err() != nil {
			t.Fatal(err, t.Context().Err())
		} else if fresh == chunk {
			break
		}
	}
	if err := cmd.Process.Kill(); err != nil {
		t.Fatal(err)
	}
	if err := cmd.Wait(); err == nil {
		t.Fatal("it was done before it was killed")
	}
	run("DROP TRIGGER held")
	if left, fresh, err := wraps(t, raw); err != nil || left != old-chunk || fresh != chunk {
		t.Fatalf("of %d data keys %d are left, %d are wrapped anew, %v", old, left, fresh, err)
	}
	again, err := says(t, "", "keys", "rotate", "--database-url", database)
	if err != nil || strings.Contains(again, "a new") || !strings.Contains(again, fmt.Sprintf("%d data keys wrapped anew", old-chunk)) {
		t.Errorf("%v\n%s", err, again)
	}
	if out, err := says(t, "", "verify", "--database-url", database); err != nil {
		t.Errorf("%v\n%s", err, out)
	}
}

// fetchMore fetches the record of a receipt many times more.
func fetchMore(t *testing.T, database string, r models.Receipt, n int) {
	t.Helper()
	a := openOn(t, database)
	for i := range n {
		f, err := a.store.BeginFetch(t.Context(), models.Fetch{Job: int64(1_000_000 + i), Attempt: 1, Case: r.Case, Requirement: r.Requirement, Resource: r.Resource})
		if err != nil {
			t.Fatal(err)
		}
		if _, err := a.store.EndFetch(t.Context(), f.ID, models.FetchEnd{Outcome: models.FetchFound, Payload: []byte("{}"), ValidDays: 1}); err != nil {
			t.Fatal(err)
		}
	}
}

// wraps counts the data keys under the first master key and under the others.
func wraps(t *testing.T, raw *sql.DB) (old, fresh int, err error) {
	t.Helper()
	err = raw.QueryRowContext(t.Context(), `SELECT count(*) FILTER (WHERE master = (SELECT id FROM installation_keys WHERE purpose = 'master' ORDER BY since LIMIT 1)), count(*)
		FROM payload_keys`).Scan(&old, &fresh)
	return old, fresh - old, err
}
