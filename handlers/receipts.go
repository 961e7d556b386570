package handlers

import (
	"context"
	"encoding/json"
	"fmt"
	"time"

	"github.com/gin-gonic/gin"

	"github.com/shujie-gov/shujie/models"
)

// receipts shows the proofs of fetches, and the key that checks them. They hold
// no personal data.
type receipts struct {
	store receiptReader
	show  *viewer
}

// receiptReader is what the receipts ask of the store.
type receiptReader interface {
	ledger
	ReceiptKeys(ctx context.Context) (models.ReceiptKeys, error)
}

// receiptView is GET /api/v1/receipts/{id}.
type receiptView struct {
	ID          int64           `json:"id"`
	Case        int64           `json:"case"`
	CaseNumber  string          `json:"case_number"`
	Need        int64           `json:"requirement"`
	Source      int64           `json:"source,omitempty"` // the receipt whose record is used again
	Resource    string          `json:"resource"`
	Version     string          `json:"resource_version"`
	Provider    *deptView       `json:"provider,omitempty"`
	User        *deptView       `json:"user,omitempty"` // the department that the record is for
	Purpose     string          `json:"purpose"`
	Basis       string          `json:"basis"`
	Consent     string          `json:"consent,omitempty"`
	Applied     int64           `json:"application,omitempty"` // as in fetchView
	RequestID   string          `json:"request_id"`
	Trail       string          `json:"trail"` // the platforms that the call passed
	Hash        string          `json:"hash"`  // SM3 of the record
	Probe       bool            `json:"probe"`
	At          time.Time       `json:"at"`
	ValidUntil  time.Time       `json:"valid_until"`
	Key         string          `json:"key"` // fingerprint of the key that signed it
	Signature   string          `json:"signature"`
	DestroyedAt *time.Time      `json:"destroyed_at,omitempty"`
	Document    json.RawMessage `json:"document,omitempty"` // the signed form, given by GET /receipts/{id}

	Line string `json:"-"` // for the page only: what its QR code says
	PEM  string `json:"-"` // … and the public key that checks it
}

// receiptKeyView is GET /api/v1/receipt-key: the key in force, and all that ever
// were. A receipt is checked by the one that it names.
type receiptKeyView struct {
	publicKeyView
	Algorithm string          `json:"algorithm"`
	Keys      []publicKeyView `json:"keys"` // the one in force last
}

type publicKeyView struct {
	Key   string `json:"key"` // its fingerprint
	Point string `json:"point"`
	PEM   string `json:"pem"`
}

func publicKeyOf(k models.ReceiptKey) (publicKeyView, error) {
	pem, err := k.PEM()
	return publicKeyView{Key: k.Fingerprint(), Point: k.Point(), PEM: pem}, err
}

// get serves GET /receipts/:id.
func (h *receipts) get(c *gin.Context) (Page, error) {
	r, err := h.read(c)
	if err != nil {
		return Page{}, err
	}
	n, err := h.show.dir.names(c.Request.Context())
	if err != nil {
		return Page{}, err
	}
	out := receiptOf(n, r)
	if out.Document, err = r.Document(); err != nil {
		return Page{}, err
	}
	if out.Line, err = r.Line(); err != nil {
		return Page{}, err
	}
	keys, err := h.store.ReceiptKeys(c.Request.Context())
	if err != nil {
		return Page{}, err
	}
	if k, ok := keys.Named(r.Key); ok {
		if out.PEM, err = k.PEM(); err != nil {
			return Page{}, err
		}
	}
	return Page{View: "receipt", Data: out}, nil
}

// document serves GET /receipts/:id/document: the receipt to be kept, and to be
// checked anywhere.
func (h *receipts) document(c *gin.Context) (Page, error) {
	r, err := h.read(c)
	if err != nil {
		return Page{}, err
	}
	text, err := r.Document()
	if err != nil {
		return Page{}, err
	}
	c.Header("Content-Disposition", fmt.Sprintf(`attachment; filename="receipt-%d.json"`, r.ID))
	return Page{Data: json.RawMessage(text)}, nil
}

func (h *receipts) read(c *gin.Context) (models.Receipt, error) {
	id, err := pathID(c)
	if err != nil {
		return models.Receipt{}, err
	}
	return h.store.Receipt(c.Request.Context(), scopeOf(c), id)
}

// key serves GET /receipt-key: whoever holds a receipt may ask for it.
func (h *receipts) key(c *gin.Context) (Page, error) {
	keys, err := h.store.ReceiptKeys(c.Request.Context())
	if err != nil {
		return Page{}, err
	}
	out := receiptKeyView{Algorithm: "SM2 with SM3, GB/T 32918.2; user id 1234567812345678"}
	for _, k := range keys {
		if out.publicKeyView, err = publicKeyOf(k); err != nil {
			return Page{}, err
		}
		out.Keys = append(out.Keys, out.publicKeyView)
	}
	return Page{View: "receipt_key", Data: out}, nil
}

func receiptOf(n *names, r models.Receipt) receiptView {
	return receiptView{
		ID: r.ID, Case: int64(r.Case), CaseNumber: r.CaseNumber, Need: r.Requirement, Source: r.Source,
		Resource: r.ResourceName, Version: r.ResourceVersion, Provider: named(n.dept(r.Provider), r.ProviderName),
		User: named(n.dept(r.User), r.UserName), Purpose: r.Purpose, Basis: r.Basis, Consent: r.Consent, Applied: int64(r.Application),
		RequestID: r.RequestID, Trail: r.Trail, Hash: r.Hash, Probe: r.Probe, At: r.At, ValidUntil: r.ValidUntil,
		Key: r.Key, Signature: r.Signature, DestroyedAt: r.DestroyedAt,
	}
}

// named is a department under the name that a receipt was signed with.
func named(d *deptView, name string) *deptView {
	if d == nil {
		return nil
	}
	as := *d
	as.Name = name
	return &as
}
