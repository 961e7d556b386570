package main

import (
	"bytes"
	"context"
	"database/sql"
	"encoding/json"
	"fmt"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/shujie-gov/shujie/models"
)

// says runs a command in this process and returns what it prints and its error.
func says(t *testing.T, in string, args ...string) (string, error) {
	t.Helper()
	root := newRoot()
	var out bytes.Buffer
	root.SetIn(strings.NewReader(in))
	root.SetOut(&out)
	root.SetErr(&out)
	root.SetArgs(args)
	err := root.ExecuteContext(t.Context())
	return out.String(), err
}

// aReceipt lets a demo of one blocker run to its end and returns its folder and
// its receipt.
func aReceipt(t *testing.T) (dir string, r models.Receipt) {
	t.Helper()
	dir = t.TempDir()
	file := filepath.Join(t.TempDir(), "one.csv")
	if err := os.WriteFile(file, []byte(header+"a3,2,外卖食品经营备案,营业执照复印件,SJ,SJ,营业执照电子证照,1,,\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	s, told, err := rehearse(t, demoOptions{dir: dir, blockers: file})
	closedAll(t, s, told, err, 1)
	a := openOn(t, "sqlite:"+filepath.Join(dir, "shujie.db"))
	if r, err = a.store.Receipt(t.Context(), models.Scope{All: true}, 1); err != nil {
		t.Fatal(err)
	}
	return dir, r
}

func TestAReceiptIsCheckedOfflineAndWhatIsWrongIsNamed(t *testing.T) {
	dir, r := aReceipt(t)
	at := func(name string, text []byte) string {
		t.Helper()
		path := filepath.Join(dir, name)
		if err := os.WriteFile(path, text, 0o600); err != nil {
			t.Fatal(err)
		}
		return path
	}
	document, err := r.Document()
	if err != nil {
		t.Fatal(err)
	}
	line, err := r.Line()
	if err != nil {
		t.Fatal(err)
	}
	own, err := os.ReadFile(filepath.Join(dir, "shujie.db.key"))
	if err != nil {
		t.Fatal(err)
	}
	keys, err := models.ParseKeys(string(own))
	if err != nil {
		t.Fatal(err)
	}
	all, err := keys.PublicKeys()
	if err != nil {
		t.Fatal(err)
	}
	public := all[0]
	pem, err := public.PEM()
	if err != nil {
		t.Fatal(err)
	}
	other, _, err := models.NewKeys()
	if err != nil {
		t.Fatal(err)
	}
	strangers, err := other.PublicKeys()
	if err != nil {
		t.Fatal(err)
	}
	stranger := strangers[0]
	file, key := at("receipt.json", document), at("key.pem", []byte(pem))
	forged := at("forged.json", bytes.Replace(document, []byte("营业执照复印件"), []byte("居民身份证"), 1))
	for name, tt := range map[string]struct {
		in   string
		args []string
		want string
	}{
		"a file and PEM":         {"", []string{file, "--key", key}, "the receipt is genuine"},
		"a scanned line":         {line, []string{"-", "--key", public.Point()}, r.CaseNumber},
		"the key of this house":  {"", []string{file, "--key-file", filepath.Join(dir, "shujie.db.key")}, "signed by    " + public.Fingerprint()},
		"a forged purpose":       {"", []string{forged, "--key", key}, "receipt: receipt 1 was changed"},
		"a stranger's key":       {"", []string{file, "--key", stranger.Point()}, "key: receipt 1 names the key " + public.Fingerprint()},
		"another record":         {"", []string{file, "--key", key, "--record", key}, "payload: the record of receipt 1 was changed"},
		"no receipt at all":      {"<html>", []string{"-", "--key", key}, "this is no receipt"},
		"a key that is none":     {"", []string{file, "--key", file}, "--key: the public key"},
		"a file that is missing": {"", []string{filepath.Join(dir, "nothing"), "--key", key}, "no such file"},
		"no key anywhere":        {"", []string{file, "--key-file", filepath.Join(dir, "nothing")}, "--key names the public key"},
	} {
		out, err := says(t, tt.in, append([]string{"verify", "receipt"}, tt.args...)...)
		if genuine := strings.Contains(out, "the receipt is genuine"); genuine == (err != nil) {
			t.Errorf("%s: %v after\n%s", name, err, out)
		}
		if !strings.Contains(out+fmt.Sprint(err), tt.want) {
			t.Errorf("%s: said %q, %v; want %q", name, out, err, tt.want)
		}
	}
}

// What the API answers is checked as it is, and a word changed anywhere in it is
// found.
func TestTheAnswerOfTheAPIIsCheckedAsItIs(t *testing.T) {
	dir, _ := aReceipt(t)
	a := openOn(t, "sqlite:"+filepath.Join(dir, "shujie.db"))
	a.cfg.Addr = "127.0.0.1:0"
	ctx, stop := context.WithCancel(t.Context())
	ready, ended := make(chan string, 1), make(chan error, 1)
	go func() { ended <- a.run(ctx, roleWeb, ready) }()
	defer func() {
		stop()
		if err := <-ended; err != nil {
			t.Error(err)
		}
	}()
	base := "http://" + <-ready
	ask := func(user, path string) []byte {
		t.Helper()
		c, err := login(t.Context(), base, user, demoPassword)
		if err != nil {
			t.Fatal(err)
		}
		var raw json.RawMessage
		if err := c.do(t.Context(), http.MethodGet, path, "", nil, &raw); err != nil {
			t.Fatal(err)
		}
		return raw
	}
	answer, key := ask("coordinator", "/api/v1/receipts/1"), ask("coordinator", "/api/v1/receipt-key")
	keyFile := filepath.Join(dir, "key.json")
	if err := os.WriteFile(keyFile, key, 0o600); err != nil {
		t.Fatal(err)
	}
	if out, err := says(t, string(answer), "verify", "receipt", "-", "--key", keyFile); err != nil {
		t.Fatalf("%v\n%s\n%s", err, out, answer)
	}
	for _, word := range []string{"营业执照复印件", "营业执照电子证照", "第十四条", `"probe":true`} {
		for n := range strings.Count(string(answer), word) {
			parts := strings.Split(string(answer), word)
			forged := strings.Join(parts[:n+1], word) + strings.Replace(word, "true", "false", 1) + strings.Join(parts[n+1:], word)
			if word != `"probe":true` {
				forged = strings.Join(parts[:n+1], word) + "别的" + strings.Join(parts[n+1:], word)
			}
			if out, err := says(t, forged, "verify", "receipt", "-", "--key", keyFile); err == nil {
				t.Errorf("occurrence %d of %s was changed and is genuine:\n%s", n+1, word, out)
			}
		}
	}
}

func TestVerifyNamesALedgerRowThatWasChanged(t *testing.T) {
	dir, r := aReceipt(t)
	path := filepath.Join(dir, "shujie.db")
	out, err := says(t, "", "verify", "--database-url", "sqlite:"+path)
	if err != nil || !strings.Contains(out, "1 receipts, 0 problems") {
		t.Fatalf("%v\n%s", err, out)
	}
	raw, err := sql.Open("sqlite", path)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := raw.ExecContext(t.Context(), "UPDATE fetches SET basis = 'x' WHERE id = ?", r.Fetch); err != nil {
		t.Fatal(err)
	}
	if err := raw.Close(); err != nil {
		t.Fatal(err)
	}
	out, err = says(t, "", "verify", "--database-url", "sqlite:"+path)
	if err == nil || !strings.Contains(out, fmt.Sprintf("changed: ledger row %d ", r.Fetch)) {
		t.Errorf("%v\n%s", err, out)
	}
}
