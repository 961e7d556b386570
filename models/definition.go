package models

import (
	"context"
	"fmt"
	"time"

	"gorm.io/gorm"

	"github.com/shujie-gov/shujie/fault"
	"github.com/shujie-gov/shujie/workflow"
)

// DefinitionStatus is how far a version of a definition is.
type DefinitionStatus string

// A draft is in force nowhere. A released version takes new cases while it is
// the latest one. A retired one takes none; its cases go on in it.
const (
	Draft    DefinitionStatus = "draft"
	Released DefinitionStatus = "released"
	Retired  DefinitionStatus = "retired"
)

// Definition is one version of a definition as it is stored. Its text never
// changes: Hash, SM3 of the text, is what it was stored with.
type Definition struct {
	Kind    workflow.Kind
	Version int
	File    string
	Text    string
	Hash    string
	Shipped bool // it came with the program
	Status  DefinitionStatus
	By      string // who uploaded it
	At      time.Time
	MovedBy string // who released or retired it
	MovedAt *time.Time
}

// NewDefinition is a version to store.
type NewDefinition struct {
	Kind    workflow.Kind
	Version int
	File    string
	Text    string
}

type definitionRow struct {
	Kind    string
	Version int
	File    string
	Body    string
	Hash    string
	Origin  string
	Status  string
	Actor   int64
	Name    string
	At      stamp
	MovedBy string
	MovedAt stamp
}

// TableName implements schema.Tabler.
func (definitionRow) TableName() string { return "definitions" }

func (r *definitionRow) definition() Definition {
	return Definition{
		Kind: workflow.Kind(r.Kind), Version: r.Version, File: r.File, Text: r.Body, Hash: r.Hash, Shipped: r.Origin == originProgram,
		Status: DefinitionStatus(r.Status), By: r.Name, At: r.At.Time, MovedBy: r.MovedBy, MovedAt: r.MovedAt.ptr(),
	}
}

const (
	originProgram = "program"
	originUpload  = "upload"
)

// Definitions lists every version of every kind, oldest first, and the revision
// of the whole: it grows with every change.
func (s *Store) Definitions(ctx context.Context) ([]Definition, int64, error) {
	revision, err := s.DefinitionsRevision(ctx) // first: what changes meanwhile is looked at again
	if err != nil {
		return nil, 0, err
	}
	var rows []definitionRow
	if err := s.read(ctx).Order("kind, version").Find(&rows).Error; err != nil {
		return nil, 0, dbError("definitions", err)
	}
	list := make([]Definition, len(rows))
	for i := range rows {
		list[i] = rows[i].definition()
		if digest([]byte(list[i].Text)) != list[i].Hash {
			return nil, 0, fmt.Errorf("the stored definition %s version %d is not what its hash says: it was changed in the database", rows[i].Kind, rows[i].Version)
		}
	}
	return list, revision, nil
}

// DefinitionsRevision returns the revision of the definitions. It is cheap to
// ask: replicas watch it.
func (s *Store) DefinitionsRevision(ctx context.Context) (int64, error) {
	var n int64
	err := s.read(ctx).Raw("SELECT next FROM sequences WHERE name = 'definitions'").Scan(&n).Error
	return n, dbError("definitions", err)
}

// Definition returns one version.
func (s *Store) Definition(ctx context.Context, kind workflow.Kind, version int) (Definition, error) {
	var row definitionRow
	err := s.read(ctx).Where("kind = ? AND version = ?", string(kind), version).Take(&row).Error
	return row.definition(), dbError("definition", err)
}

// KeepDefinitions stores the versions that ship with the program, where they are
// missing. One that is stored with another text is refused: cases may live in it.
func (s *Store) KeepDefinitions(ctx context.Context, list []NewDefinition) error {
	return s.write(ctx, "definitions", func(tx *gorm.DB) error {
		for _, n := range list {
			row, err := s.definitionRow(n)
			if err != nil {
				return err
			}
			row.Origin, row.Status = originProgram, string(Released)
			was, err := keepDefinition(tx, row)
			if err != nil {
				return err
			}
			if was != nil && was.Hash != row.Hash {
				return fmt.Errorf("%s is not the %s version %d that this database has been working with: a released definition never changes, "+
					"write the next version (before the first release: begin with a new database)", n.File, n.Kind, n.Version)
			}
		}
		return nil
	})
}

// AddDefinition stores an upload as a draft. The same text again changes nothing
// and is no error; another text under the same version is a Conflict.
func (s *Store) AddDefinition(ctx context.Context, n NewDefinition, by workflow.Actor) (Definition, error) {
	row, err := s.definitionRow(n)
	if err != nil {
		return Definition{}, err
	}
	row.Origin, row.Status, row.Actor, row.Name = originUpload, string(Draft), by.UserID, by.Name
	err = s.write(ctx, "definition", func(tx *gorm.DB) error {
		was, err := keepDefinition(tx, row)
		if err == nil && was != nil {
			if was.Hash != row.Hash {
				return definitionTaken(was)
			}
			row = *was
		}
		return err
	})
	return row.definition(), err
}

func definitionTaken(was *definitionRow) error {
	zh, en := "已经发布，不能再改", "was released and cannot change any more"
	if was.Status == string(Draft) {
		zh, en = "已有内容不同的草稿，请先删除草稿", "is there already as a draft with another text; discard that first"
	}
	return fault.New(fault.Conflict,
		fmt.Sprintf("%s 第 %d 版%s；要修改请上传第 %d 版。", was.Kind, was.Version, zh, was.Version+1),
		fmt.Sprintf("Version %d of %s %s; for a change upload version %d.", was.Version, was.Kind, en, was.Version+1))
}

func (s *Store) definitionRow(n NewDefinition) (definitionRow, error) {
	if p := (&plan{events: []eventRow{{Note: n.Text, Name: n.File}}}); p.legible() != nil {
		return definitionRow{}, illegible("yaml")
	}
	return definitionRow{
		Kind: string(n.Kind), Version: n.Version, File: n.File, Body: n.Text, Hash: digest([]byte(n.Text)), At: s.moment(),
	}, nil
}

// keepDefinition inserts row, or returns the row that is there already.
func keepDefinition(tx *gorm.DB, row definitionRow) (*definitionRow, error) {
	var was []definitionRow
	if err := tx.Where("kind = ? AND version = ?", row.Kind, row.Version).Find(&was).Error; err != nil {
		return nil, err
	}
	if len(was) > 0 {
		return &was[0], nil
	}
	if err := touchDefinitions(tx); err != nil { // serialises the writers, too
		return nil, err
	}
	res := tx.Exec(`INSERT INTO definitions (kind, version, file, body, hash, origin, status, actor, name, at) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?)
		ON CONFLICT (kind, version) DO NOTHING`,
		row.Kind, row.Version, row.File, row.Body, row.Hash, row.Origin, row.Status, row.Actor, row.Name, row.At)
	if res.Error != nil || res.RowsAffected == 1 {
		return nil, res.Error
	}
	err := tx.Where("kind = ? AND version = ?", row.Kind, row.Version).Find(&was).Error
	if err != nil || len(was) == 0 {
		return nil, err
	}
	return &was[0], nil
}

// touchDefinitions moves the revision on.
func touchDefinitions(tx *gorm.DB) error {
	return tx.Exec("UPDATE sequences SET next = next + 1 WHERE name = 'definitions'").Error
}

// ReleaseDefinition lets new cases begin in a draft.
func (s *Store) ReleaseDefinition(ctx context.Context, kind workflow.Kind, version int, by workflow.Actor) error {
	return s.moveDefinition(ctx, kind, version, Draft, Released, by)
}

// RetireDefinition lets no new cases begin in a released version. The last one
// of a kind cannot be retired.
func (s *Store) RetireDefinition(ctx context.Context, kind workflow.Kind, version int, by workflow.Actor) error {
	return s.moveDefinition(ctx, kind, version, Released, Retired, by)
}

func (s *Store) moveDefinition(ctx context.Context, kind workflow.Kind, version int, from, to DefinitionStatus, by workflow.Actor) error {
	return s.write(ctx, "definition", func(tx *gorm.DB) error {
		if err := touchDefinitions(tx); err != nil {
			return err
		}
		var others int64
		if err := tx.Raw("SELECT count(*) FROM definitions WHERE kind = ? AND version <> ? AND status = 'released'", string(kind), version).Scan(&others).Error; err != nil {
			return err
		}
		if to == Retired && others == 0 {
			return fault.New(fault.Conflict, "这是唯一在用的版本，停用后将无法登记新事项。", "It is the only version in use; without it no new case could begin.")
		}
		res := tx.Exec("UPDATE definitions SET status = ?, moved_by = ?, moved_at = ? WHERE kind = ? AND version = ? AND status = ?",
			string(to), by.Name, s.moment(), string(kind), version, string(from))
		return one(res, tx, kind, version)
	})
}

// DiscardDefinition removes a draft.
func (s *Store) DiscardDefinition(ctx context.Context, kind workflow.Kind, version int) error {
	return s.write(ctx, "definition", func(tx *gorm.DB) error {
		if err := touchDefinitions(tx); err != nil {
			return err
		}
		return one(tx.Exec("DELETE FROM definitions WHERE kind = ? AND version = ? AND status = 'draft'", string(kind), version), tx, kind, version)
	})
}

// one says why a change of a definition met no row.
func one(res, tx *gorm.DB, kind workflow.Kind, version int) error {
	if res.Error != nil || res.RowsAffected == 1 {
		return res.Error
	}
	var row definitionRow
	if err := tx.Where("kind = ? AND version = ?", string(kind), version).Take(&row).Error; err != nil {
		return err
	}
	return fault.New(fault.Conflict,
		fmt.Sprintf("%s 第 %d 版现在是「%s」，不能这样做。", kind, version, DefinitionStatus(row.Status).Title().ZH),
		fmt.Sprintf("Version %d of %s is %s now; that is not possible.", version, kind, DefinitionStatus(row.Status).Title().EN))
}

// Title returns what the status is called.
func (d DefinitionStatus) Title() fault.Text {
	switch d {
	case Draft:
		return fault.Text{ZH: "草稿", EN: "draft"}
	case Released:
		return fault.Text{ZH: "在用", EN: "released"}
	case Retired:
		return fault.Text{ZH: "停用", EN: "retired"}
	}
	return fault.Text{ZH: string(d), EN: string(d)}
}

// VersionCount counts open cases of one version in one state.
type VersionCount struct {
	Kind    workflow.Kind
	Version int
	State   workflow.State
	N       int64
}

// OpenByVersion counts the open cases in scope by version and state.
func (s *Store) OpenByVersion(ctx context.Context, sc Scope) ([]VersionCount, error) {
	seen := sc.cases()
	var list []VersionCount
	err := s.read(ctx).Raw(`SELECT c.kind, c.def_version AS version, c.state, count(*) AS n FROM cases c
		WHERE NOT c.ended AND `+seen.sql+" GROUP BY c.kind, c.def_version, c.state ORDER BY c.kind, c.def_version, c.state", seen.args...).Scan(&list).Error
	return list, dbError("cases by version", err)
}

// OpenCases implements workflow.OpenCases.
func (s *Store) OpenCases(ctx context.Context, kind workflow.Kind, version int, after workflow.CaseID, limit int) ([]workflow.Case, error) {
	return s.wholeCases(ctx, cond{
		"(SELECT c.id FROM cases c WHERE c.kind = ? AND c.def_version = ? AND NOT c.ended AND c.id > ? ORDER BY c.id LIMIT ?)",
		[]any{string(kind), version, int64(after), limit},
	}, everything())
}
