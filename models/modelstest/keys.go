package modelstest

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"sync/atomic"
	"time"

	"github.com/shujie-gov/shujie/fault"
	"github.com/shujie-gov/shujie/models"
	"github.com/shujie-gov/shujie/workflow"
)

// with opens a store that has another key ring, or none of its own.
func (w *World) with(keys models.Keys, wrapper models.KeyWrapper) *models.Store {
	w.Helper()
	s, err := models.Open(w.Context(), models.Options{URL: w.URL, Keys: keys, Wrapper: wrapper, Now: w.Clock.Now})
	if err != nil {
		w.Fatal(err)
	}
	w.Cleanup(func() { _ = s.Close() })
	return s
}

// more returns the ring of the world with one key more, and its id.
func (w *World) more(p models.KeyPurpose) (models.Keys, string) {
	w.Helper()
	keys, id, err := w.Keys.With(p)
	if err != nil {
		w.Fatal(err)
	}
	return keys, id
}

func (w *World) keyInForce(s *models.Store, p models.KeyPurpose) models.KeyRecord {
	w.Helper()
	list, err := s.KeyRecords(w.Context())
	if err != nil {
		w.Fatal(err)
	}
	i := slices.IndexFunc(list, func(k models.KeyRecord) bool { return k.Purpose == p && k.Current })
	if i < 0 {
		w.Fatalf("no %s key is in force: %+v", p, list)
	}
	return list[i]
}

// masterRotation takes a new master key into force: payloads stay to the letter,
// every data key opens under the new key alone, and only then the old one goes.
func masterRotation(w *World) {
	var receipts []models.Receipt
	for i := range 3 {
		_, r := w.Arrived(fmt.Sprint("轮换", i))
		receipts = append(receipts, r)
	}
	old := w.keyInForce(w.Store, models.MasterKeys)
	if old.Wraps != 3 {
		w.Fatalf("in force: %+v", old)
	}
	err := w.Store.RetireKey(w.Context(), old.ID)
	w.wantKind(err, fault.Conflict, "the key in force is retired")
	payloads, before := w.table("payloads"), w.table("payload_keys")

	keys, id := w.more(models.MasterKeys)
	next := w.with(keys, nil)
	if _, err := next.TakeKey(w.Context(), models.MasterKeys); err != nil {
		w.Fatal(err)
	}
	w.Clock.Add(time.Hour)
	err = next.RetireKey(w.Context(), old.ID)
	w.wantKind(err, fault.Conflict, "a key is retired that wraps data keys")
	if !strings.Contains(err.Error(), "3 data keys") {
		w.Errorf("the refusal does not say how many: %v", err)
	}
	// A process that has not got the new key works on, and what it writes is
	// wrapped anew with the rest.
	_, late := w.Arrived("旧进程")
	receipts = append(receipts, late)
	if n, err := next.Rewrap(w.Context()); n != 4 || err != nil {
		w.Fatalf("%d wrapped anew, %v", n, err)
	}
	if n, err := next.Rewrap(w.Context()); n != 0 || err != nil {
		w.Errorf("again: %d wrapped anew, %v", n, err)
	}
	if got := w.table("payloads"); !slices.Equal(got[:3], payloads) {
		w.Error("a payload was encrypted anew")
	}
	for i, row := range w.table("payload_keys")[:3] {
		if row == before[i] || !strings.Contains(row, id) {
			w.Errorf("the data key is as before: %s", row)
		}
	}
	if err := next.RetireKey(w.Context(), old.ID); err != nil {
		w.Fatal(err)
	}
	if w.Keys, err = keys.Without(old.ID); err != nil {
		w.Fatal(err)
	}
	w.Store = w.Replica()
	for _, r := range receipts {
		if body, err := w.Store.Payload(w.Context(), models.Scope{All: true}, r.ID); err != nil || len(body) == 0 {
			w.Errorf("without the old key: %s, %v", body, err)
		}
	}
	if r := w.verify(); len(r.Problems) != 0 {
		w.Errorf("%+v", r.Problems)
	}
	if _, err := next.TakeKey(w.Context(), models.SigningKeys); err != nil {
		w.Errorf("what is in force is taken again: %v", err)
	}
}

// missingMaster: a process without a master key that is in use does not begin to
// work, and one whose newest key was replaced does not bring that back.
func missingMaster(w *World) {
	keys, id := w.more(models.MasterKeys)
	next := w.with(keys, nil)
	if _, err := next.TakeKey(w.Context(), models.MasterKeys); err != nil {
		w.Fatal(err)
	}
	_, err := models.Open(w.Context(), models.Options{URL: w.URL, Keys: w.Keys, Now: w.Clock.Now})
	if err == nil || !strings.Contains(err.Error(), id) {
		w.Errorf("opened without the key in force: %v", err)
	}
	_, err = w.Store.TakeKey(w.Context(), models.MasterKeys)
	w.wantKind(err, fault.Conflict, "a replaced key is taken again")
}

// cutRotation stops a rotation in its middle, as a killed process does, and takes
// it up again; meanwhile a payload is destroyed, and its key does not come back.
func cutRotation(w *World) {
	const n = 5
	var gone workflow.CaseID
	for i := range n {
		c, _ := w.Arrived(fmt.Sprint("中断", i))
		gone = c.ID
	}
	keys, id := w.more(models.MasterKeys)
	first := w.with(keys, nil)
	if _, err := first.TakeKey(w.Context(), models.MasterKeys); err != nil {
		w.Fatal(err)
	}
	// Two keys were wrapped anew and committed; then the process was gone.
	w.Exec("CREATE TABLE before_keys AS SELECT * FROM payload_keys")
	if n, err := first.Rewrap(w.Context()); n != 5 || err != nil {
		w.Fatal(n, err)
	}
	w.Exec(`UPDATE payload_keys SET master = (SELECT b.master FROM before_keys b WHERE b.receipt_id = payload_keys.receipt_id),
		wrapped = (SELECT b.wrapped FROM before_keys b WHERE b.receipt_id = payload_keys.receipt_id)
		WHERE receipt_id IN (SELECT receipt_id FROM before_keys ORDER BY receipt_id DESC LIMIT 3)`)
	second := w.with(keys, nil)
	if k := w.keyInForce(second, models.MasterKeys); k.ID != id || k.Wraps != 2 {
		w.Errorf("after the stop: %+v", k)
	}
	if _, err := second.DestroyPayloads(w.Context(), gone, "办结"); err != nil {
		w.Fatal(err)
	}
	if n, err := second.Rewrap(w.Context()); n != 2 || err != nil {
		w.Errorf("%d wrapped anew after the stop, %v", n, err)
	}
	if k := w.keyInForce(second, models.MasterKeys); k.Wraps != n-1 {
		w.Errorf("at the end: %+v", k)
	}
	w.Store = second
	if r := w.verify(); len(r.Problems) != 0 {
		w.Errorf("%+v", r.Problems)
	}
}

// signingRotation takes a new signing key into force: receipts of both keys are
// checked, also when the private half of the old one is no more.
func signingRotation(w *World) {
	_, before := w.Arrived("旧签名")
	old := w.keyInForce(w.Store, models.SigningKeys)
	keys, id := w.more(models.SigningKeys)
	w.Keys = keys
	w.Store = w.Replica()
	w.Engine.Store = w.Store
	if _, err := w.Store.TakeKey(w.Context(), models.SigningKeys); err != nil {
		w.Fatal(err)
	}
	_, after := w.Arrived("新签名")
	if before.Key != old.ID || after.Key != id {
		w.Fatalf("signed by %s and %s, want %s and %s", before.Key, after.Key, old.ID, id)
	}
	w.Clock.Add(time.Hour)
	err := w.Store.RetireKey(w.Context(), id)
	w.wantKind(err, fault.Conflict, "the key in force is retired")
	if err := w.Store.RetireKey(w.Context(), old.ID); err != nil {
		w.Fatal(err)
	}
	if w.Keys, err = w.Keys.Without(old.ID); err != nil {
		w.Fatal(err)
	}
	w.Store = w.Replica()
	for _, r := range []models.Receipt{before, after} {
		if err := w.Store.VerifyReceipt(w.Context(), r); err != nil {
			w.Error(err)
		}
	}
	if r := w.verify(); len(r.Problems) != 0 {
		w.Errorf("%+v", r.Problems)
	}
	published, err := w.Store.ReceiptKeys(w.Context())
	if err != nil || len(published) != 2 || published[1].Fingerprint() != id {
		w.Fatalf("published: %v, %v", published, err)
	}
	var pems strings.Builder
	for _, k := range published {
		pem, err := k.PEM()
		if err != nil {
			w.Fatal(err)
		}
		pems.WriteString(pem)
	}
	for form, text := range map[string]string{
		"PEM": pems.String(), "JSON": fmt.Sprintf(`{"point":%q,"keys":[{"point":%q},{"point":%q}]}`, published[1].Point(), published[0].Point(), published[1].Point()),
	} {
		read, err := models.ParseReceiptKeys([]byte(text))
		if err != nil || len(read) != 2 || read.Check(before) != nil || read.Check(after) != nil {
			w.Errorf("%s: %d keys, %v", form, len(read), err)
		}
		other := after
		other.Key = strings.Repeat("0", 32)
		if err := read.Check(other); err == nil || !strings.HasPrefix(err.Error(), "key:") {
			w.Errorf("a key that is none of them: %v", err)
		}
	}
}

// keyService stands for a key management service: it holds one master key that
// never leaves it, and can be away.
type keyService struct {
	name string
	keep map[string]string // handle → key and place
	away atomic.Bool
	used int
}

func (k *keyService) Masters() []string { return []string{k.name} }

func (k *keyService) Wrap(_ context.Context, master string, key []byte, place string) (string, error) {
	if k.away.Load() || master != k.name {
		return "", errors.New("the key service is away")
	}
	k.used++
	handle := fmt.Sprint("handle-", k.used)
	k.keep[handle] = place + "\x00" + string(key)
	return handle, nil
}

func (k *keyService) Unwrap(_ context.Context, _, wrapped, place string) ([]byte, error) {
	at, key, ok := strings.Cut(k.keep[wrapped], "\x00")
	if !ok || at != place || k.away.Load() {
		return nil, errors.New("the key service does not open it")
	}
	return []byte(key), nil
}

// foreignKeys keeps master keys in a service behind the same seam.
func foreignKeys(w *World) {
	service := &keyService{name: "kms/2026", keep: map[string]string{}}
	w.Exec("DELETE FROM installation_keys WHERE purpose = 'master'") // a new house
	w.Store = w.with(w.Keys, service)
	w.Engine.Store = w.Store
	if _, err := w.Store.TakeKey(w.Context(), models.MasterKeys); err != nil {
		w.Fatal(err)
	}
	_, r := w.Arrived("密钥服务")
	if body, err := w.Store.Payload(w.Context(), models.Scope{All: true}, r.ID); err != nil || len(body) == 0 {
		w.Errorf("%s, %v", body, err)
	}
	service.away.Store(true)
	if body, err := w.Store.Payload(w.Context(), models.Scope{All: true}, r.ID); err == nil {
		w.Errorf("opened without the service: %s", body)
	}
}
