package models

import (
	"context"
	"encoding/json"
	"time"

	"github.com/shujie-gov/shujie/workflow"
)

// EntryStatus is where an entry of the catalogue stands.
type EntryStatus string

// The statuses of an entry. A draft was never published.
const (
	EntryDraft     EntryStatus = "draft"
	EntryPublished EntryStatus = "published"
	EntryWithdrawn EntryStatus = "withdrawn"
)

// VersionStatus is what became of a version of an entry.
type VersionStatus string

// The statuses of a version. Of each entry one version at most is a draft, and
// one at most stands, published or withdrawn.
const (
	VersionDraft     VersionStatus = "draft"
	VersionPublished VersionStatus = "published"
	VersionReplaced  VersionStatus = "replaced"  // a later one was published
	VersionWithdrawn VersionStatus = "withdrawn" // it took the entry out of the catalogue
	VersionDropped   VersionStatus = "dropped"   // its change was given up
)

// EntryVersion is one version of an entry: the metadata as they were stated.
type EntryVersion struct {
	ID          int64
	Resource    int64
	N           int // counted from 1
	Status      VersionStatus
	Withdraws   bool // it takes the entry out of the catalogue
	Entry       workflow.Entry
	Case        workflow.CaseID // the change it is part of, 0 when it was registered directly
	Author      string
	CreatedAt   time.Time
	PublishedAt *time.Time
	Publisher   string
}

// Entry is an entry of the catalogue with its versions and what it is used for.
type Entry struct {
	Resource
	Versions []EntryVersion // newest first
	Uses     []EntryUse
}

// Standing returns the version that stands, or the draft of an entry that was
// never published.
func (e *Entry) Standing() EntryVersion {
	for _, v := range e.Versions {
		if v.Status == VersionPublished || v.Status == VersionWithdrawn {
			return v
		}
	}
	return e.Draft()
}

// Draft returns the version that is being prepared; its N is 0 when there is
// none.
func (e *Entry) Draft() EntryVersion {
	for _, v := range e.Versions {
		if v.Status == VersionDraft {
			return v
		}
	}
	return EntryVersion{}
}

// EntryUse is one demanded proof that an entry replaces.
type EntryUse struct {
	Item     int64
	ItemName string
	Dept     workflow.DeptID // demands it
	Proof    int64
	Name     string // of the proof
}

type versionRow struct {
	ID          int64
	ResourceID  int64
	N           int
	Status      string
	Withdraws   bool
	Body        string
	Hash        string
	CaseID      ref
	Author      string
	CreatedAt   stamp
	PublishedAt stamp
	Publisher   string
}

// TableName implements schema.Tabler.
func (versionRow) TableName() string { return "entry_versions" }

func (r *versionRow) version() (EntryVersion, error) {
	v := EntryVersion{
		ID: r.ID, Resource: r.ResourceID, N: r.N, Status: VersionStatus(r.Status), Withdraws: r.Withdraws, Case: workflow.CaseID(r.CaseID),
		Author: r.Author, CreatedAt: r.CreatedAt.Time, PublishedAt: r.PublishedAt.ptr(), Publisher: r.Publisher,
	}
	return v, json.Unmarshal([]byte(r.Body), &v.Entry)
}

// state fills the row with what the version states.
func (r *versionRow) state(e workflow.Entry) error {
	text, err := json.Marshal(e)
	if err != nil {
		return err
	}
	r.Body, r.Hash = string(text), digest(text)
	return nil
}

// keeps is the predicate of who sees what is not published yet: the department
// that provides the resource r, and who keeps the region d of it.
func (sc Scope) keeps() cond {
	if sc.All {
		return cond{sql: "1 = 1"}
	}
	var seen []cond
	if depts := sc.depts(); len(depts) > 0 {
		seen = append(seen, cond{"r.provider IN ?", []any{depts}})
	}
	for _, path := range sc.regions() {
		seen = append(seen, within("d.region", path))
	}
	return or(seen...)
}

// Entry returns an entry with its versions. A draft is seen by its provider's
// department and by who keeps its region; to others an entry that was never
// published is NotFound.
func (s *Store) Entry(ctx context.Context, sc Scope, id int64) (Entry, error) {
	var row struct {
		R     resourceRow `gorm:"embedded"`
		Keeps bool
	}
	keeps := sc.keeps()
	err := s.read(ctx).Raw(`SELECT r.*, CASE WHEN `+keeps.sql+` THEN true ELSE false END AS keeps
FROM resources r JOIN departments d ON d.id = r.provider WHERE r.id = ?`, append(keeps.args, id)...).Take(&row).Error
	if err != nil {
		return Entry{}, dbError("resource", err)
	}
	out := Entry{Resource: row.R.resource()}
	if out.Status == EntryDraft && !row.Keeps {
		return Entry{}, notFound("resource")
	}
	q := s.read(ctx).Where("resource_id = ?", id).Order("n DESC")
	if !row.Keeps {
		q = q.Where("status NOT IN ?", []string{string(VersionDraft), string(VersionDropped)})
	}
	var versions []versionRow
	if err := q.Find(&versions).Error; err != nil {
		return out, dbError("entry versions", err)
	}
	for i := range versions {
		v, err := versions[i].version()
		if err != nil {
			return out, dbError("entry versions", err)
		}
		out.Versions = append(out.Versions, v)
	}
	err = s.read(ctx).Raw(`SELECT p.item_id AS item, i.name AS item_name, i.dept, p.id AS proof, p.name
FROM proof_holders h JOIN proofs p ON p.id = h.proof_id JOIN service_items i ON i.id = p.item_id
WHERE h.resource_id = ? ORDER BY i.id, p.id`, id).Scan(&out.Uses).Error
	return out, dbError("entry uses", err)
}
