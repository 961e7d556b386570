package models

import (
	"context"
	"errors"

	"gorm.io/gorm"

	"github.com/shujie-gov/shujie/fault"
	"github.com/shujie-gov/shujie/workflow"
)

// ReviseEntry publishes another version of an entry at once, when version seen
// is still the one that stands. It is what the authority itself registers; a
// department prepares a change instead. An entry that says the same stays as it
// is.
func (s *Store) ReviseEntry(ctx context.Context, id int64, seen int, e workflow.Entry, by string) error {
	return s.write(ctx, "entry", func(tx *gorm.DB) error {
		row, err := s.lockEntry(tx, id)
		if err != nil {
			return err
		}
		standing, err := standingVersion(tx, id)
		if err != nil {
			return err
		}
		if standing.N != seen {
			return fault.New(fault.Stale, "别人刚刚改过这条目录，请核对最新内容后再试。", "Somebody else has just changed this entry; look at it anew and try again.")
		}
		now := s.moment()
		v := versionRow{ResourceID: id, Author: by, CreatedAt: now}
		if err := v.state(e); err != nil {
			return err
		}
		if standing.Hash == v.Hash && standing.Status == string(VersionPublished) {
			return nil
		}
		return s.publish(tx, row, &v, e, by)
	})
}

// lockEntry reads a resource and keeps it from being changed by another until
// the transaction ends.
func (s *Store) lockEntry(tx *gorm.DB, id int64) (*resourceRow, error) {
	lock := ""
	if s.d.name == postgresName {
		lock = " FOR UPDATE"
	}
	var row resourceRow
	err := tx.Raw("SELECT * FROM resources WHERE id = ?"+lock, id).Take(&row).Error
	return &row, err
}

// standingVersion returns the version of an entry that stands; the zero row when
// none does yet.
func standingVersion(tx *gorm.DB, id int64) (versionRow, error) {
	var row versionRow
	err := tx.Where("resource_id = ? AND status IN ?", id, []string{string(VersionPublished), string(VersionWithdrawn)}).Take(&row).Error
	if errors.Is(err, gorm.ErrRecordNotFound) {
		return versionRow{}, nil
	}
	return row, err
}

// publish makes v the version of the entry that stands, and its resource what it
// says. v is a new row, or a draft that is published now, as its last version.
func (s *Store) publish(tx *gorm.DB, row *resourceRow, v *versionRow, e workflow.Entry, by string) error {
	err := tx.Exec("UPDATE entry_versions SET status = ? WHERE resource_id = ? AND status IN ?",
		string(VersionReplaced), row.ID, []string{string(VersionPublished), string(VersionWithdrawn)}).Error
	if err != nil {
		return err
	}
	var last int
	if err := tx.Raw("SELECT coalesce(max(n), 0) FROM entry_versions WHERE resource_id = ? AND id <> ?", row.ID, v.ID).Scan(&last).Error; err != nil {
		return err
	}
	v.N, v.Publisher, v.PublishedAt, v.Status = last+1, by, s.moment(), string(VersionPublished)
	status := EntryPublished
	if v.Withdraws {
		v.Status, status = string(VersionWithdrawn), EntryWithdrawn
	}
	if v.ID == 0 {
		err = tx.Create(v).Error
	} else {
		err = tx.Model(&versionRow{}).Where("id = ?", v.ID).Select("n", "status", "published_at", "publisher").Updates(v).Error
	}
	if err != nil {
		return err
	}
	link, err := s.movedLink(row, e.Name)
	if err != nil {
		return err
	}
	return tx.Model(&resourceRow{}).Where("id = ?", row.ID).Updates(map[string]any{
		"code": e.Code, "name": e.Name, "search": searchOf(&e), "class": int(e.Class), "condition": e.Condition, "link": link, "status": string(status),
	}).Error
}

// movedLink returns the link of a resource under its new name: what is encrypted
// opens only in its place.
func (s *Store) movedLink(row *resourceRow, name string) (string, error) {
	if row.Link == "" || row.Name == name {
		return row.Link, nil
	}
	text, err := s.unseal(linkPlace(row.Provider, row.Name), row.Link)
	if err != nil {
		return "", err
	}
	return s.seal(linkPlace(row.Provider, name), text)
}
