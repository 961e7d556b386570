package models

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"time"

	"github.com/shujie-gov/shujie/workflow"
)

// ReadReceipt reads a receipt as [Receipt.Document], as [Receipt.Line], or as the
// API shows it, with the document inside. It refuses what is incomplete, unknown,
// said twice or said differently around the document; whether the receipt is
// genuine is for [Receipt.Check] to say.
func ReadReceipt(text []byte) (Receipt, error) {
	text = bytes.TrimSpace(bytes.TrimPrefix(text, []byte("\xef\xbb\xbf")))
	var shown shownReceipt
	if json.Unmarshal(text, &shown) == nil && shown.Document != nil {
		r, err := ReadReceipt(shown.Document)
		if err == nil && !shown.says(r) {
			err = fmt.Errorf("receipt: what is shown around the document of receipt %d was changed", r.ID)
		}
		return r, err
	}
	var r Receipt
	var format string
	parts := append([]part{{"format", &format}}, r.parts()...)
	parts = append(parts, part{"signature", &r.Signature})
	var err error
	switch {
	case bytes.HasPrefix(text, []byte("[")):
		err = readLine(text, parts)
	case bytes.HasPrefix(text, []byte("{")):
		err = readObject(text, parts)
	default:
		err = errors.New("it is neither a JSON object nor a JSON array")
	}
	if err == nil && format != receiptFormat {
		err = fmt.Errorf("its format is %q and not %q", format, receiptFormat)
	}
	if err != nil {
		return Receipt{}, fmt.Errorf("this is no receipt: %w", err)
	}
	return r, nil
}

func readLine(text []byte, parts []part) error {
	var list []json.RawMessage
	if err := json.Unmarshal(text, &list); err != nil {
		return err
	}
	if len(list) != len(parts) {
		return fmt.Errorf("it has %d elements and not %d", len(list), len(parts))
	}
	for i, p := range parts {
		if err := json.Unmarshal(list[i], p.value); err != nil {
			return fmt.Errorf("%s: %w", p.name, err)
		}
	}
	return nil
}

func readObject(text []byte, parts []part) error {
	open := map[string]any{}
	for _, p := range parts {
		open[p.name] = p.value
	}
	dec := json.NewDecoder(bytes.NewReader(text))
	if _, err := dec.Token(); err != nil {
		return err
	}
	for dec.More() {
		t, err := dec.Token()
		if err != nil {
			return err
		}
		name, _ := t.(string)
		value, ok := open[name]
		if !ok {
			return fmt.Errorf("%q is not signed, or stands in it twice", name)
		}
		delete(open, name)
		if err := dec.Decode(value); err != nil {
			return fmt.Errorf("%s: %w", name, err)
		}
	}
	if _, err := dec.Token(); err != nil {
		return err
	}
	if _, err := dec.Token(); !errors.Is(err, io.EOF) {
		return errors.New("something follows it")
	}
	for _, p := range parts {
		if _, missing := open[p.name]; missing {
			return fmt.Errorf("%s is missing", p.name)
		}
	}
	return nil
}

// shownReceipt is a receipt as the API shows it: its document, and what of it
// stands beside it.
type shownReceipt struct {
	Document        json.RawMessage
	ID              *int64
	Case            *workflow.CaseID
	CaseNumber      *string `json:"case_number"`
	Requirement     *int64
	Source          *int64
	Resource        *string
	ResourceVersion *string `json:"resource_version"`
	Provider, User  *shownDept
	Purpose         *string
	Basis           *string
	Consent         *string
	Application     *workflow.CaseID
	RequestID       *string `json:"request_id"`
	Trail           *string
	Hash            *string
	Probe           *bool
	At              *time.Time
	ValidUntil      *time.Time `json:"valid_until"`
	Signature       *string
	Key             *string
}

type shownDept struct {
	ID   workflow.DeptID
	Name string
}

// says reports whether everything that is shown is what r says.
func (s *shownReceipt) says(r Receipt) bool {
	is := func(shown *string, v string) bool { return shown == nil || *shown == v }
	number := func(shown *int64, v int64) bool { return shown == nil || *shown == v }
	moment := func(shown *time.Time, v time.Time) bool { return shown == nil || shown.Equal(v) }
	return number(s.ID, r.ID) && number((*int64)(s.Case), int64(r.Case)) && number(s.Requirement, r.Requirement) && number(s.Source, r.Source) &&
		number((*int64)(s.Application), int64(r.Application)) && is(s.Resource, r.ResourceName) && is(s.ResourceVersion, r.ResourceVersion) &&
		is(s.CaseNumber, r.CaseNumber) &&
		(s.Provider == nil || *s.Provider == shownDept{r.Provider, r.ProviderName}) && (s.User == nil || *s.User == shownDept{r.User, r.UserName}) &&
		is(s.Purpose, r.Purpose) && is(s.Basis, r.Basis) && is(s.Consent, r.Consent) && is(s.RequestID, r.RequestID) && is(s.Trail, r.Trail) && is(s.Hash, r.Hash) &&
		is(s.Signature, r.Signature) && is(s.Key, r.Key) && (s.Probe == nil || *s.Probe == r.Probe) &&
		moment(s.At, r.At) && moment(s.ValidUntil, r.ValidUntil)
}
