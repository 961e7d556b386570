package models

import (
	"cmp"
	"context"
	"encoding/json"
	"strings"

	"gorm.io/gorm"

	"github.com/shujie-gov/shujie/workflow"
)

// subject names whom a record is about without saying who: SM3-HMAC of name and
// number under a key outside the database. A test person is nobody.
func (s *safe) subject(p workflow.Person, probe bool) string {
	if probe || p.IDNumber == "" {
		return ""
	}
	text, err := json.Marshal([]string{"shujie subject 1", strings.TrimSpace(p.Name), strings.ToUpper(strings.TrimSpace(p.IDNumber))})
	if err != nil { // strings marshal
		return ""
	}
	return keyed(s.personal, text)
}

// Reuse gives the case of t the record that another case holds about the same
// person from the same version of the same resource, while it is valid, and
// returns the receipt of this use; nil when there is none. Whether the case may
// have it, for its purpose, is t.Grant, which the caller has looked at: it is
// asked for each case anew (条例 Art. 20, 25). The record is copied under a seal
// of its own, so that each case destroys its own when its purpose ends (Art. 27).
//
// What a case fetches a second time it fetches: the first record was found
// wrong. Nor is a record used again while its own case doubts it.
func (s *Store) Reuse(ctx context.Context, job int64, t Target) (*Receipt, error) {
	subject := s.subject(t.Subject, t.Probe)
	if subject == "" || t.Grant.Refusal() != "" {
		return nil, nil //nolint:nilnil // nothing is held, which is no error
	}
	const find = `SELECT r.* FROM receipts r JOIN requirements q ON q.id = r.requirement_id AND q.receipt_id = r.id AND q.status = 'satisfied'
		WHERE r.subject = ? AND r.subject <> '' AND r.resource_id = ? AND r.resource_version = ? AND r.valid_until > ? AND r.destroyed_at IS NULL
		AND NOT EXISTS (SELECT 1 FROM receipts o WHERE o.requirement_id = ? AND o.case_id = ?)
		ORDER BY r.valid_until DESC, r.id DESC LIMIT 1`
	args := []any{subject, t.Resource.ID, t.Resource.Version, s.moment(), t.Requirement.ID, int64(t.Case)}
	held := func(tx *gorm.DB) ([]receiptRow, error) {
		var rows []receiptRow
		err := tx.Raw(find, args...).Scan(&rows).Error
		return rows, err
	}
	rows, err := held(s.read(ctx))
	if err != nil || len(rows) == 0 {
		return nil, dbError("reuse", err)
	}
	from := rows[0]
	body, err := s.openPayload(s.read(ctx), from)
	if err != nil { // it was changed: `shujie verify` names it
		s.log.ErrorContext(ctx, "a record is not used again", "receipt", from.ID, "err", err)
		return nil, nil //nolint:nilnil // it is fetched anew
	}
	copied, err := s.keep(ctx, subject, body)
	if err != nil {
		return nil, err
	}
	var receipt *Receipt
	err = s.write(ctx, "reuse", func(tx *gorm.DB) error {
		rows, err := held(tx)
		if err != nil || len(rows) == 0 || rows[0].ID != from.ID { // destroyed or replaced meanwhile
			return err
		}
		receipt, err = issue(tx, receiptRow{
			FetchID: from.FetchID, JobID: job, SourceID: cmp.Or(from.SourceID, from.ID), CaseID: int64(t.Case), RequirementID: t.Requirement.ID,
			ResourceID: from.ResourceID, ResourceName: from.ResourceName, ResourceVersion: from.ResourceVersion, Provider: from.Provider,
			Purpose: t.Purpose, Basis: t.Basis, Consent: t.Consent, Application: int64(t.Grant.Application.ID), Actor: t.Actor,
			Subject: subject, RequestID: from.RequestID, Trail: from.Trail, At: s.moment(), ValidUntil: from.ValidUntil,
		}, copied)
		return err
	})
	return receipt, err
}
