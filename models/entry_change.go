package models

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"strings"

	"gorm.io/gorm"
	"gorm.io/gorm/clause"

	"github.com/shujie-gov/shujie/fault"
	"github.com/shujie-gov/shujie/workflow"
)

// Change is what a change of the catalogue does to one entry.
type Change struct {
	Resource  int64 // 0: found by code, or by name and provider, or new
	Provider  workflow.DeptID
	Entry     workflow.Entry
	Withdraws bool // the entry leaves the catalogue; of Entry nothing is read
}

// PrepareChange keeps what a change (a case of kind catalogue_change) does, as
// the drafts of its entries: all of them, or none. It may be called again while
// the case is being prepared. An entry that cannot be changed, since it belongs
// to another department or to another change, is named as "entries[4].name".
func (s *Store) PrepareChange(ctx context.Context, id workflow.CaseID, by string, list []Change) error {
	return s.write(ctx, "change", func(tx *gorm.DB) error {
		lead, err := s.preparing(tx, id)
		if err != nil {
			return err
		}
		return s.prepare(tx, id, lead, by, list)
	})
}

// CheckChange reports what PrepareChange would refuse of a change of department
// lead; nothing is written. A request that was answered before is well.
func (s *Store) CheckChange(ctx context.Context, key workflow.Key, lead workflow.DeptID, list []Change) error {
	if first, err := s.answered(ctx, key); err != nil || first != nil {
		return err
	}
	err := s.write(ctx, "change", func(tx *gorm.DB) error {
		if err := s.prepare(tx, 0, lead, "", list); err != nil {
			return err
		}
		return errChecked // so that nothing stays
	})
	if errors.Is(err, errChecked) {
		return nil
	}
	return err
}

var errChecked = errors.New("checked")

func (s *Store) prepare(tx *gorm.DB, id workflow.CaseID, lead workflow.DeptID, by string, list []Change) error {
	im := &importer{s: s, tx: tx}
	for i := range list {
		if list[i].Provider != lead {
			im.bad("entries", i, "provider", "不是本部门提供的资源", "is provided by another department")
			continue
		}
		if err := im.draft(id, by, i, &list[i]); err != nil {
			return err
		}
	}
	return im.verdict()
}

// preparing returns the department of a change that may still be edited.
func (s *Store) preparing(tx *gorm.DB, id workflow.CaseID) (workflow.DeptID, error) {
	lock := ""
	if s.d.name == postgresName {
		lock = " FOR UPDATE"
	}
	var c struct {
		Kind, State string
		Lead        int64
	}
	if err := tx.Raw("SELECT kind, state, coalesce(lead, 0) AS lead FROM cases WHERE id = ?"+lock, int64(id)).Take(&c).Error; err != nil {
		return 0, err
	}
	if c.Kind != string(workflow.CatalogueChange) || c.State != string(workflow.StateDrafting) {
		return 0, fault.New(fault.Conflict, "这件目录变更已不在编制中，不能再修改。", "The change is not being prepared any more.")
	}
	return workflow.DeptID(c.Lead), nil
}

// draft keeps the draft of one entry.
func (im *importer) draft(id workflow.CaseID, by string, i int, c *Change) error {
	row, err := im.changed(c)
	if err != nil {
		return err
	}
	if row.ID != 0 && row.Provider != int64(c.Provider) {
		im.bad("entries", i, "name", "不是本部门提供的资源", "is provided by another department")
		return nil
	}
	e := c.Entry
	if c.Withdraws {
		standing, err := standingVersion(im.tx, row.ID)
		if err != nil {
			return err
		}
		if standing.Status != string(VersionPublished) {
			im.bad("entries", i, "name", "没有发布，不能撤销", "is not published")
			return nil
		}
		if err := json.Unmarshal([]byte(standing.Body), &e); err != nil {
			return err
		}
	}
	if row.ID == 0 {
		row = resourceRow{Name: e.Name, Search: searchOf(&e), Provider: int64(c.Provider), Class: int(e.Class), Condition: e.Condition, Version: "", Repeatable: true, Status: string(EntryDraft)}
		if err := im.tx.Create(&row).Error; err != nil {
			return err
		}
	}
	var was []versionRow
	if err := im.tx.Where("resource_id = ? AND status = ?", row.ID, string(VersionDraft)).Find(&was).Error; err != nil {
		return err
	}
	v := versionRow{ResourceID: row.ID, Status: string(VersionDraft), Withdraws: c.Withdraws, CaseID: ref(id), Author: by, CreatedAt: im.s.moment()}
	if err := v.state(e); err != nil {
		return err
	}
	switch {
	case len(was) > 0 && was[0].CaseID != ref(id):
		n := strings.TrimSpace(fmt.Sprint(int64(was[0].CaseID)))
		im.bad("entries", i, "name", "「"+e.Name+"」正在另一件目录变更（编号 "+n+"）中编制", "is being prepared in another change, case "+n)
		return nil
	case len(was) > 0:
		return im.tx.Model(&versionRow{}).Where("id = ?", was[0].ID).Select("body", "hash", "withdraws", "author", "created_at").Updates(&v).Error
	}
	if err := im.tx.Raw("SELECT coalesce(max(n), 0) + 1 FROM entry_versions WHERE resource_id = ?", row.ID).Scan(&v.N).Error; err != nil {
		return err
	}
	return im.tx.Create(&v).Error
}

// changed finds the resource that a change is about; the zero row is a new one.
func (im *importer) changed(c *Change) (resourceRow, error) {
	var row resourceRow
	var err error
	switch {
	case c.Resource != 0:
		return row, im.tx.Where("id = ?", c.Resource).Take(&row).Error
	case c.Entry.Code != "":
		err = im.tx.Where("code = ?", c.Entry.Code).Take(&row).Error
		if err == nil {
			return row, nil
		}
	}
	if err == nil || errors.Is(err, gorm.ErrRecordNotFound) {
		err = im.tx.Where("provider = ? AND name = ?", int64(c.Provider), c.Entry.Name).Take(&row).Error
	}
	if errors.Is(err, gorm.ErrRecordNotFound) {
		return resourceRow{}, nil
	}
	return row, err
}

// ApplyCatalogue carries out in the catalogue what a case decided: a change that
// is being published publishes its drafts, all or none; one that was given up
// drops them; a demand enters what was named. It reports whether the case waits
// to be told. Doing it twice is harmless. What the catalogue cannot take is a
// Conflict or Invalid.
func (s *Store) ApplyCatalogue(ctx context.Context, id workflow.CaseID) (waits bool, err error) {
	err = s.write(ctx, "catalogue", func(tx *gorm.DB) error {
		var c struct {
			Kind, State string
			Facts       jsonText
			Lead        int64
		}
		if err := tx.Raw("SELECT kind, state, facts, coalesce(lead, 0) AS lead FROM cases WHERE id = ?", int64(id)).Take(&c).Error; err != nil {
			return err
		}
		switch workflow.State(c.State) {
		case workflow.StateWithdrawn:
			return tx.Exec("UPDATE entry_versions SET status = ? WHERE case_id = ? AND status = ?", string(VersionDropped), int64(id), string(VersionDraft)).Error
		case workflow.StatePublishing:
			waits = true
			return s.publishDrafts(tx, id)
		case workflow.StateLinking:
			waits = true
			return supply(tx, c.Lead, c.Facts)
		default:
			return nil // it moved on
		}
	})
	return waits, err
}

// supply enters the resource that a department named for a demanded proof.
func supply(tx *gorm.DB, lead int64, text jsonText) error {
	facts, err := factsOf(text)
	if err != nil {
		return err
	}
	resource, _ := facts["resource"].(int64)
	proof, _ := facts["proof_id"].(int64)
	var row resourceRow
	err = tx.Where("id = ?", resource).Take(&row).Error
	if errors.Is(err, gorm.ErrRecordNotFound) || err == nil && (row.Provider != lead || row.Status != string(EntryPublished)) {
		return fault.InvalidField("resource", "不是本部门已发布的数据资源", "is no published resource of the department")
	}
	if err != nil || proof == 0 {
		return err
	}
	return tx.Clauses(clause.OnConflict{
		Columns: []clause.Column{{Name: "proof_id"}, {Name: "dept"}}, DoUpdates: clause.AssignmentColumns([]string{"resource_id"}),
	}).Create(&holderRow{ProofID: proof, Dept: lead, ResourceID: ref(resource)}).Error
}

func (s *Store) publishDrafts(tx *gorm.DB, id workflow.CaseID) error {
	var drafts []versionRow
	if err := tx.Where("case_id = ? AND status = ?", int64(id), string(VersionDraft)).Order("id").Find(&drafts).Error; err != nil {
		return err
	}
	var by string
	err := tx.Raw("SELECT name FROM events WHERE case_id = ? AND to_state = ? ORDER BY seq DESC LIMIT 1", int64(id), string(workflow.StatePublishing)).Scan(&by).Error
	if err != nil {
		return err
	}
	for i := range drafts {
		var e workflow.Entry
		if err := json.Unmarshal([]byte(drafts[i].Body), &e); err != nil {
			return err
		}
		row, err := s.lockEntry(tx, drafts[i].ResourceID)
		if err != nil {
			return err
		}
		if err := s.publish(tx, row, &drafts[i], e, by); err != nil {
			return naming(e.Name, err)
		}
	}
	return nil
}

// naming says which entry the catalogue does not take.
func naming(name string, err error) error {
	if fault.KindOf(dbError("entry", err)) != fault.Conflict {
		return err
	}
	return fault.Wrap(fault.Conflict, err, "「"+name+"」的名称或代码已被另一条目录使用，未能发布。", "The name or code of "+name+" is that of another entry; nothing was published.")
}

// ChangeVersions lists the versions that a change carries, as far as its case is
// seen: the caller has read it in scope.
func (s *Store) ChangeVersions(ctx context.Context, id workflow.CaseID) ([]EntryVersion, error) {
	var rows []versionRow
	if err := s.read(ctx).Where("case_id = ?", int64(id)).Order("id").Limit(1000).Find(&rows).Error; err != nil {
		return nil, dbError("change", err)
	}
	out := make([]EntryVersion, len(rows))
	for i := range rows {
		var err error
		if out[i], err = rows[i].version(); err != nil {
			return nil, dbError("change", err)
		}
	}
	return out, nil
}
