package modelstest

import (
	"bytes"
	"fmt"
	"slices"
	"strings"

	"github.com/shujie-gov/shujie/models"
	"github.com/shujie-gov/shujie/workflow"
)

// Arrived fetches the data of a case and tells the case so.
func (w *World) Arrived(title string) (workflow.Case, models.Receipt) {
	w.Helper()
	c, job := w.Fetching(title)
	r := w.fetch(c, job, models.FetchFound)
	in := workflow.Input{Action: "data_arrived", Fields: map[string]any{"requirement": r.Requirement, "receipt": r.ID}}
	if _, err := w.Engine.Act(w.Context(), workflow.SystemActor(), c.ID, in, workflow.Key{}); err != nil {
		w.Fatal(err)
	}
	return w.Read(c.ID), *r
}

func receiptDocuments(w *World) {
	c, r := w.Arrived(`回执 "<&>" ` + "\u2028")
	keys, err := w.Store.ReceiptKeys(w.Context())
	if err != nil || len(keys) != 1 {
		w.Fatalf("%d keys, %v", len(keys), err)
	}
	key := keys[0]
	if r.CaseNumber != models.Number(c.ID, c.CreatedAt) || r.ProviderName == "" || r.UserName == "" || r.User != c.Parts[workflow.Demander] || r.Key != key.Fingerprint() {
		w.Errorf("what a reader elsewhere knows things by: %+v", r)
	}
	document, err := r.Document()
	if err != nil {
		w.Fatal(err)
	}
	line, err := r.Line()
	if err != nil {
		w.Fatal(err)
	}
	for form, text := range map[string]string{"document": string(document), "line": line, "printed": "\ufeff " + line + "\r\n"} {
		got, err := models.ReadReceipt([]byte(text))
		if err != nil || !same(got, r) || got.Check(key) != nil {
			w.Errorf("%s: read %+v, want %+v, %v, %v", form, got, r, err, got.Check(key))
		}
	}
	for name, text := range map[string]string{
		"nothing":           "",
		"a page":            "<html>",
		"half a line":       line[:len(line)/2],
		"an element less":   strings.Replace(line, `,"`+r.Signature+`"`, "", 1),
		"an older form":     strings.Replace(line, "receipt 4", "receipt 3", 1),
		"a field more":      strings.Replace(string(document), "{", `{"note":"valid",`, 1),
		"a field twice":     strings.Replace(string(document), "{", `{"purpose":"x",`, 1),
		"a field less":      strings.Replace(string(document), `"probe":true,`, "", 1),
		"another type":      strings.Replace(string(document), `"probe":true`, `"probe":"no"`, 1),
		"something behind":  string(document) + "{}",
		"an unclosed end":   strings.TrimSuffix(string(document), "}"),
		"an array in place": strings.Replace(line, ",true,", ",[],", 1),
	} {
		if got, err := models.ReadReceipt([]byte(text)); err == nil {
			w.Errorf("%s was read as %+v", name, got)
		}
	}
	pem, err := key.PEM()
	if err != nil {
		w.Fatal(err)
	}
	for form, text := range map[string]string{"point": key.Point() + "\n", "PEM": pem, "published": fmt.Sprintf(`{"point":%q}`, key.Point())} {
		if got, err := models.ParseReceiptKey([]byte(text)); err != nil || got.Fingerprint() != key.Fingerprint() || r.Check(got) != nil {
			w.Errorf("the key as %s: %v", form, err)
		}
	}
	for _, text := range []string{
		"", "04", "xyz", "{", `{"point":""}`, strings.Repeat("04", 65), strings.ReplaceAll(pem, "M", "N"),
		"-----BEGIN PUBLIC KEY-----\nAAAA\n-----END PUBLIC KEY-----\n",
	} {
		if _, err := models.ParseReceiptKey([]byte(text)); err == nil {
			w.Errorf("%q is no key", text)
		}
	}
	if err := r.CheckRecord([]byte(`{"name":"张三丰","id":"329900199001010037"}`)); err != nil {
		w.Error(err)
	}
	if err := r.CheckRecord([]byte(`{}`)); err == nil || !strings.HasPrefix(err.Error(), "payload:") {
		w.Errorf("another record: %v", err)
	}
	// Every digit of what was signed matters, and the verdict says which part.
	digit := bytes.IndexAny(document, "0123456789")
	forged, err := models.ReadReceipt(slices.Concat(document[:digit], []byte("9"), document[digit+1:]))
	if err == nil {
		err = forged.Check(key)
	}
	if err == nil {
		w.Error("a receipt of another number verifies")
	}
	other := r
	other.Key = strings.Repeat("0", 32)
	if err := other.Check(key); err == nil || !strings.HasPrefix(err.Error(), "key:") {
		w.Errorf("another key: %v", err)
	}
}

// ledgerTampering does to the ledger, receipts and records what somebody with
// the database's password might do.
func ledgerTampering(w *World) {
	_, first := w.Arrived("甲")
	second, r2 := w.Arrived("乙")
	_, third := w.Arrived("丙")
	if _, err := w.Store.DestroyPayloads(w.Context(), second.ID, "办结"); err != nil {
		w.Fatal(err)
	}
	refused, job := w.Fetching("丁")
	w.fetch(refused, job, models.FetchRefused)
	calls, err := w.Store.Fetches(w.Context(), models.Scope{All: true}, refused.ID)
	if err != nil || len(calls) != 1 {
		w.Fatalf("%+v, %v", calls, err)
	}
	w.seal()
	if r := w.verify(); len(r.Problems) != 0 || r.Calls != 4 || r.Receipts != 3 {
		w.Fatalf("untouched: %+v", r)
	}
	tables := []string{"fetches", "receipts", "payloads", "payload_keys", "destructions", "installation_keys"}
	before, after := w.without()
	for name, test := range map[string]struct{ do, want string }{
		"a purpose in the ledger":          {`UPDATE fetches SET purpose = '别的' WHERE id = %[1]d`, "changed: ledger row %[1]d"},
		"the way in the ledger":            {`UPDATE fetches SET trail = '[]' WHERE id = %[1]d`, "changed: ledger row %[1]d"},
		"the way on a receipt":             {`UPDATE receipts SET trail = '别的' WHERE id = %[3]d`, "changed: receipt: receipt %[3]d"},
		"an outcome in the ledger":         {`UPDATE fetches SET outcome = 'refused' WHERE id = %[1]d`, "changed: ledger row %[1]d"},
		"an actor in the ledger":           {`UPDATE fetches SET actor = 1, seal = '' WHERE id = %[2]d`, "changed: ledger row %[2]d"},
		"a call set back to pending":       {`UPDATE fetches SET outcome = 'pending', ended_at = NULL, receipt_id = 0 WHERE id = %[1]d`, "changed: ledger row %[1]d"},
		"a call that left no receipt":      {`DELETE FROM fetches WHERE id = %[6]d`, "missing: ledger row %[6]d is gone"},
		"a call with all that it left":     {`DELETE FROM payload_keys WHERE receipt_id = %[3]d; DELETE FROM payloads WHERE receipt_id = %[3]d; DELETE FROM receipts WHERE id = %[3]d; DELETE FROM fetches WHERE id = %[1]d`, "missing: ledger row %[1]d is gone"},
		"a ledger row with another's seal": {`UPDATE fetches SET seal = (SELECT seal FROM fetches WHERE id = %[2]d) WHERE id = %[1]d`, "changed: ledger row %[1]d"},
		"a basis on a receipt":             {`UPDATE receipts SET basis = basis || '。' WHERE id = %[3]d`, "changed: receipt: receipt %[3]d"},
		"a longer validity":                {`UPDATE receipts SET valid_until = at WHERE id = %[4]d`, "changed: receipt: receipt %[4]d"},
		"another signer":                   {`UPDATE receipts SET signed_by = '00' WHERE id = %[3]d`, "changed: key: receipt %[3]d"},
		"a signature":                      {`UPDATE receipts SET signature = 'zz' WHERE id = %[3]d`, "changed: receipt: receipt %[3]d"},
		"a receipt":                        {`DELETE FROM payloads; DELETE FROM payload_keys; DELETE FROM receipts WHERE id = %[3]d`, "missing: receipt %[3]d"},
		"a record":                         {`UPDATE payloads SET body = 'AAAA' WHERE receipt_id = %[3]d`, "changed: payload: the record of receipt %[3]d"},
		"a record that is gone":            {`DELETE FROM payloads WHERE receipt_id = %[3]d`, "missing: payload: the record of receipt %[3]d"},
		"a destruction taken back":         {`INSERT INTO payloads SELECT %[4]d, body FROM payloads WHERE receipt_id = %[3]d`, "inserted: payload: receipt %[4]d"},
		"a reason of a destruction":        {`UPDATE destructions SET reason = 'x'`, "changed: the record 1 of the destruction of receipt %[4]d"},
		"a receipt that denies":            {`UPDATE receipts SET destroyed_at = NULL WHERE id = %[4]d`, "changed: receipt: receipt %[4]d does not say"},
		"another's record":                 {`UPDATE payloads SET body = (SELECT body FROM payloads WHERE receipt_id = %[5]d) WHERE receipt_id = %[3]d`, "changed: payload: the record of receipt %[3]d"},
		"another's data key":               {`UPDATE payload_keys SET wrapped = (SELECT wrapped FROM payload_keys WHERE receipt_id = %[5]d) WHERE receipt_id = %[3]d`, "changed: key: the data key of receipt %[3]d"},
		"a data key cut short":             {`UPDATE payload_keys SET wrapped = substr(wrapped, 1, 24) WHERE receipt_id = %[3]d`, "changed: key: the data key of receipt %[3]d"},
		"another master key named":         {`UPDATE payload_keys SET master = '00' WHERE receipt_id = %[3]d`, "changed: key: the data key of receipt %[3]d"},
		"a master key that nobody knows":   {`UPDATE payload_keys SET master = '00' WHERE receipt_id = %[3]d`, "missing: key: the master key 00"},
		"a data key that is gone":          {`DELETE FROM payload_keys WHERE receipt_id = %[3]d`, "missing: key: the data key of receipt %[3]d"},
		"a data key after a destruction":   {`INSERT INTO payload_keys SELECT %[4]d, master, wrapped FROM payload_keys WHERE receipt_id = %[3]d`, "inserted: key: receipt %[4]d"},
		"a public key":                     {`UPDATE installation_keys SET public = replace(public, '0', '1') WHERE purpose = 'sign'`, "changed: key: the record of the sign key"},
		"when a key was in force":          {`UPDATE installation_keys SET retired = since WHERE purpose = 'master'`, "changed: key: the record of the master key"},
		"a key brought in":                 {`INSERT INTO installation_keys SELECT '00', purpose, public, since, retired, seal FROM installation_keys WHERE purpose = 'sign'`, "changed: key: the record of the sign key 00"},
		"a record of a key that is gone":   {`DELETE FROM installation_keys WHERE purpose = 'sign'`, "missing: key: the sign key"},
		"a destruction that is gone":       {`DELETE FROM destructions`, "missing: payload: the record of receipt %[4]d"},
	} {
		for _, table := range tables {
			w.Exec("DROP TABLE IF EXISTS kept_" + table)
			w.Exec("CREATE TABLE kept_" + table + " AS SELECT * FROM " + table)
		}
		ids := strings.NewReplacer("%[1]d", fmt.Sprint(first.Fetch), "%[2]d", fmt.Sprint(r2.Fetch), "%[3]d", fmt.Sprint(first.ID), "%[4]d", fmt.Sprint(r2.ID), "%[5]d", fmt.Sprint(third.ID), "%[6]d", fmt.Sprint(calls[0].ID))
		w.Exec(before + ids.Replace(test.do) + after)
		var found []string
		for _, p := range w.verify().Problems {
			found = append(found, p.Kind+": "+p.Text)
		}
		if !slices.ContainsFunc(found, func(text string) bool { return strings.HasPrefix(text, ids.Replace(test.want)) }) {
			w.Errorf("%s: found %q, want %q", name, found, ids.Replace(test.want))
		}
		restore := before
		for _, table := range slices.Backward(tables) {
			restore += "DELETE FROM " + table + ";"
		}
		for _, table := range tables {
			system := ""
			if w.Store.Dialect() == "postgres" && (table == "fetches" || table == "destructions") {
				system = " OVERRIDING SYSTEM VALUE"
			}
			restore += "INSERT INTO " + table + system + " SELECT * FROM kept_" + table + ";"
		}
		w.Exec(strings.TrimSuffix(restore, ";") + after)
		if r := w.verify(); len(r.Problems) != 0 {
			w.Fatalf("%s: not put back: %+v", name, r.Problems)
		}
	}
}
