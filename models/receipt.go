package models

import (
	"context"
	"time"

	"gorm.io/gorm"
	"gorm.io/gorm/clause"

	"github.com/shujie-gov/shujie/workflow"
)

// Receipt proves that a record was fetched. It holds no personal data.
type Receipt struct {
	ID              int64
	Key             string // fingerprint of the key that signed it, see [Fingerprint]
	RequestID       string
	Case            workflow.CaseID
	CaseNumber      string
	Requirement     int64
	Fetch           int64 // the call that brought the record
	Job             int64 // one receipt a job, however often it was tried
	Source          int64 // the receipt whose record is used again, 0 when it was fetched
	Resource        int64
	ResourceName    string
	ResourceVersion string
	Provider        workflow.DeptID
	ProviderName    string
	User            workflow.DeptID // the department that the record is for
	UserName        string
	Purpose         string
	Basis           string
	Consent         string          // how the citizen consented, "" where the law asks for none
	Application     workflow.CaseID // whose grant let it be fetched, 0 when none is needed
	Actor           int64           // on whose behalf; 0 is the system
	Trail           string          // the platforms that the call passed, the one that was called first
	Hash            string          // SM3 of the payload, hex
	Probe           bool            // about the provider's test person, not about a citizen
	At              time.Time
	ValidUntil      time.Time
	Signature       string // SM2 by this installation over the fields above, hex
	DestroyedAt     *time.Time
}

type receiptRow struct {
	ID              int64
	SignedBy        string
	FetchID         int64
	JobID           int64
	SourceID        int64
	CaseID          int64
	CaseNumber      string
	RequirementID   int64
	ResourceID      ref
	ResourceName    string
	ResourceVersion string
	Provider        ref
	ProviderName    string
	UserDept        ref
	UserName        string
	Purpose         string
	Basis           string
	Consent         string
	Application     int64
	Actor           int64
	Subject         string // whom the record is about, see safe.subject
	RequestID       string
	Trail           string
	Hash            string
	Probe           bool
	At              stamp
	ValidUntil      stamp
	Signature       string
	DestroyedAt     stamp
}

// TableName implements schema.Tabler.
func (receiptRow) TableName() string { return "receipts" }

func (r receiptRow) receipt() Receipt {
	return Receipt{
		ID: r.ID, Key: r.SignedBy, RequestID: r.RequestID, Case: workflow.CaseID(r.CaseID), CaseNumber: r.CaseNumber,
		Requirement: r.RequirementID, Fetch: r.FetchID, Job: r.JobID, Source: r.SourceID,
		Resource: int64(r.ResourceID), ResourceName: r.ResourceName, ResourceVersion: r.ResourceVersion,
		Provider: workflow.DeptID(r.Provider), ProviderName: r.ProviderName, User: workflow.DeptID(r.UserDept), UserName: r.UserName,
		Purpose: r.Purpose, Basis: r.Basis, Consent: r.Consent, Application: workflow.CaseID(r.Application), Actor: r.Actor, Trail: r.Trail, Hash: r.Hash,
		Probe: r.Probe, At: r.At.Time, ValidUntil: r.ValidUntil.Time, Signature: r.Signature, DestroyedAt: r.DestroyedAt.ptr(),
	}
}

// keepReceipt writes the receipt and the payload of a fetch whose record was
// found, or returns the receipt that its job has already.
func (s *Store) keepReceipt(tx *gorm.DB, k envelope, f fetchRow, e FetchEnd) (*Receipt, error) {
	if first, err := jobReceipt(tx, f.JobID); err != nil || first != nil {
		return first, err
	}
	now := s.moment()
	return issue(tx, receiptRow{
		FetchID: f.ID, JobID: f.JobID, CaseID: f.CaseID, RequirementID: f.RequirementID, ResourceID: f.ResourceID,
		ResourceName: f.ResourceName, ResourceVersion: f.ResourceVersion, Provider: f.Provider, Purpose: f.Purpose, Basis: f.Basis,
		Consent: f.Consent, Application: f.Application, Actor: f.Actor, Subject: s.subject(e.Subject, e.Probe), RequestID: f.RequestID, Trail: trailText(readTrail(f.Trail)), Probe: e.Probe, At: now, ValidUntil: at(now.AddDate(0, 0, e.ValidDays)),
	}, k)
}

// issue names, signs and writes a receipt with its payload. Of two of one job
// the first stays.
func issue(tx *gorm.DB, row receiptRow, k envelope) (*Receipt, error) {
	row.ID, row.Hash, row.SignedBy = k.number, k.hash, k.signer.id
	if err := nameReceipt(tx, &row); err != nil {
		return nil, err
	}
	text, err := row.receipt().text()
	if err != nil {
		return nil, err
	}
	if row.Signature, err = k.signer.sign(text); err != nil {
		return nil, err
	}
	// A second success of the job that was faster has its receipt by now.
	res := tx.Clauses(clause.OnConflict{Columns: []clause.Column{{Name: "job_id"}}, DoNothing: true}).Create(&row)
	if res.Error != nil {
		return nil, res.Error
	}
	if res.RowsAffected == 0 {
		return jobReceipt(tx, row.JobID)
	}
	if err := tx.Create(&k.payload).Error; err != nil {
		return nil, err
	}
	if err := tx.Create(&k.key).Error; err != nil {
		return nil, err
	}
	r := row.receipt()
	return &r, nil
}

// nameReceipt fills in what a reader outside the house knows case and
// departments by.
func nameReceipt(tx *gorm.DB, row *receiptRow) error {
	var about struct {
		CreatedAt              stamp
		Demander               ref
		UserName, ProviderName string
	}
	err := tx.Raw(`SELECT c.created_at, c.demander, coalesce(u.name, '') AS user_name, coalesce(p.name, '') AS provider_name
		FROM cases c LEFT JOIN departments u ON u.id = c.demander LEFT JOIN departments p ON p.id = ? WHERE c.id = ?`,
		row.Provider, row.CaseID).Scan(&about).Error
	row.CaseNumber = Number(workflow.CaseID(row.CaseID), about.CreatedAt.Time)
	row.UserDept, row.UserName, row.ProviderName = about.Demander, about.UserName, about.ProviderName
	return err
}

func jobReceipt(tx *gorm.DB, job int64) (*Receipt, error) {
	var rows []receiptRow
	if err := tx.Where("job_id = ?", job).Limit(1).Find(&rows).Error; err != nil || len(rows) == 0 {
		return nil, err
	}
	r := rows[0].receipt()
	return &r, nil
}

// JobReceipt returns the receipt of a job, nil when it has none.
func (s *Store) JobReceipt(ctx context.Context, job int64) (*Receipt, error) {
	r, err := jobReceipt(s.read(ctx), job)
	return r, dbError("receipt", err)
}

// Receipts lists the receipts of a case in scope, oldest first.
func (s *Store) Receipts(ctx context.Context, sc Scope, id workflow.CaseID) ([]Receipt, error) {
	if err := s.visible(ctx, sc, id); err != nil {
		return nil, err
	}
	var rows []receiptRow
	if err := s.read(ctx).Where("case_id = ?", int64(id)).Order("id").Find(&rows).Error; err != nil {
		return nil, dbError("receipts", err)
	}
	list := make([]Receipt, len(rows))
	for i, r := range rows {
		list[i] = r.receipt()
	}
	return list, nil
}

// Receipt returns one receipt of a case in scope.
func (s *Store) Receipt(ctx context.Context, sc Scope, id int64) (Receipt, error) {
	r, err := s.receiptRow(ctx, sc, id)
	return r.receipt(), err
}

func (s *Store) receiptRow(ctx context.Context, sc Scope, id int64) (receiptRow, error) {
	where := and(cond{"r.id = ?", []any{id}}, sc.cases())
	var rows []receiptRow
	err := s.read(ctx).Raw("SELECT r.* FROM receipts r JOIN cases c ON c.id = r.case_id WHERE "+where.sql, where.args...).Scan(&rows).Error
	if err != nil {
		return receiptRow{}, dbError("receipt", err)
	}
	if len(rows) == 0 {
		return receiptRow{}, notFound("receipt")
	}
	return rows[0], nil
}
