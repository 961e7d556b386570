package models

import "gorm.io/gorm"

// text is what the seal of a ledger row covers: every column, so that a row that
// was changed in the database is found by name. A row that is open is sealed
// before it has an id.
func (r fetchRow) text() ([]byte, error) {
	id := r.ID
	if r.Outcome == string(FetchPending) {
		id = 0
	}
	return arrayText("shujie fetch 2", id, r.JobID, r.Attempt, r.CaseID, r.RequirementID, r.ResourceID, r.ResourceName,
		r.ResourceVersion, r.Provider, r.UserDept, r.Platform, r.Purpose, r.Basis, r.Consent, r.Application, r.Actor, r.RequestID, micros(r.StartedAt), micros(r.EndedAt),
		r.Outcome, r.Message, r.Trail, r.ReceiptID)
}

// micros is a time in what is signed or sealed: microseconds since 1970, 0 for
// none.
func micros(t stamp) int64 {
	if t.IsZero() {
		return 0
	}
	return t.UnixMicro()
}

// sealFetch returns the seal of a ledger row, SM3-HMAC under a key outside the
// database.
func (s *safe) sealFetch(r fetchRow) (string, error) {
	text, err := r.text()
	return s.mark(text), err
}

// closeFetch writes how the call of a ledger row ended, when its outcome was the
// one given; "" stands for any.
func (s *Store) closeFetch(tx *gorm.DB, r fetchRow, was string) error {
	seal, err := s.sealFetch(r)
	if err != nil {
		return err
	}
	change := tx.Table("fetches").Where("id = ?", r.ID)
	if was != "" {
		change = change.Where("outcome = ?", was)
	}
	return change.Updates(map[string]any{
		"outcome": r.Outcome, "ended_at": r.EndedAt, "message": r.Message,
		"request_id": r.RequestID, "trail": r.Trail, "receipt_id": r.ReceiptID, "seal": seal,
	}).Error
}
