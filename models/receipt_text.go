package models

import (
	"bytes"
	"encoding/json"
	"fmt"
	"strings"
	"time"
)

// receiptFormat names the form of a receipt in what is signed. Another form gets
// another name.
const receiptFormat = "shujie receipt 4"

// part is a field of a receipt as it is signed and written down, in order.
type part struct {
	name  string
	value any // a pointer into the receipt
}

// parts lists every signed field of a receipt (docs/receipts.md).
func (r *Receipt) parts() []part {
	return []part{
		{"receipt", &r.ID},
		{"key", &r.Key},
		{"request_id", &r.RequestID},
		{"case", &r.CaseNumber},
		{"case_id", &r.Case},
		{"requirement", &r.Requirement},
		{"fetch", &r.Fetch},
		{"job", &r.Job},
		{"source", &r.Source},
		{"resource", &r.ResourceName},
		{"resource_version", &r.ResourceVersion},
		{"resource_id", &r.Resource},
		{"provider", &r.ProviderName},
		{"provider_id", &r.Provider},
		{"user", &r.UserName},
		{"user_id", &r.User},
		{"purpose", &r.Purpose},
		{"basis", &r.Basis},
		{"consent", &r.Consent},
		{"application", &r.Application},
		{"actor", &r.Actor},
		{"trail", &r.Trail},
		{"hash", &r.Hash},
		{"probe", &r.Probe},
		{"at", (*micro)(&r.At)},
		{"valid_until", (*micro)(&r.ValidUntil)},
	}
}

// micro is a time as it is signed: microseconds since 1970.
type micro time.Time

// MarshalJSON implements json.Marshaler.
func (m *micro) MarshalJSON() ([]byte, error) { return json.Marshal(time.Time(*m).UnixMicro()) }

// UnmarshalJSON implements json.Unmarshaler.
func (m *micro) UnmarshalJSON(b []byte) error {
	var n int64
	err := json.Unmarshal(b, &n)
	*m = micro(time.UnixMicro(n).UTC())
	return err
}

// text is what the signature of a receipt covers: a JSON array without spaces of
// its format and its parts in order.
func (r Receipt) text() ([]byte, error) {
	fields := []any{receiptFormat}
	for _, p := range r.parts() {
		fields = append(fields, p.value)
	}
	return arrayText(fields...)
}

// Line is the receipt in one line, as a QR code carries it: the signed text with
// the signature as its last element.
func (r Receipt) Line() (string, error) {
	text, err := r.text()
	if err != nil {
		return "", err
	}
	return strings.TrimSuffix(string(text), "]") + `,"` + r.Signature + `"]`, nil
}

// Document is the receipt as a JSON object that [ReadReceipt] reads: all that is
// needed to check it elsewhere, with the public key.
func (r Receipt) Document() ([]byte, error) {
	var out bytes.Buffer
	out.WriteString(`{"format":"` + receiptFormat + `"`)
	for _, p := range append(r.parts(), part{"signature", &r.Signature}) {
		value, err := arrayText(p.value)
		if err != nil {
			return nil, err
		}
		fmt.Fprintf(&out, `,%q:%s`, p.name, value[1:len(value)-1])
	}
	out.WriteString("}")
	return out.Bytes(), nil
}
