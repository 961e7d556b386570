package models

import (
	"gorm.io/gorm"
	"gorm.io/gorm/clause"
)

type (
	proofRow struct {
		ID          int64
		ItemID      int64
		Name        string
		Alternative string
		Basis       string
		Issuer      string
	}
	holderRow struct {
		ID         int64
		ProofID    int64
		Dept       int64
		ResourceID ref
	}
	itemKey struct {
		dept int64
		name string
	}
	proofKey struct {
		item int64
		name string
	}
)

// TableName implements schema.Tabler.
func (proofRow) TableName() string { return "proofs" }

// TableName implements schema.Tabler.
func (holderRow) TableName() string { return "proof_holders" }

// itemRows writes service items, then their proofs, then who holds the data of
// each. The same item may be listed several times, each time with other proofs.
func (im *importer) itemRows(list []NewItem) error {
	if len(list) == 0 {
		return nil
	}
	var rows []itemRow
	at := map[itemKey]int{}
	keys := make([]itemKey, len(list))
	for i, it := range list {
		dept := im.dept("items", i, "dept_code", it.DeptCode)
		if it.Name == "" {
			im.missing("items", i, "name")
		}
		if it.DeptCode == "" {
			im.missing("items", i, "dept_code")
		}
		region := im.region("items", i, it.RegionCode)
		if it.RegionCode == "" {
			region = dept.Region
		}
		keys[i] = itemKey{dept.ID, it.Name}
		if first, twice := at[keys[i]]; twice {
			if rows[first].Code == "" {
				rows[first].Code = it.Code
			}
			continue
		}
		at[keys[i]] = len(rows)
		rows = append(rows, itemRow{
			Code: it.Code, Name: it.Name, Search: fold(it.Name), Initials: initials(it.Name), Dept: dept.ID, Region: region,
		})
	}
	if len(im.wrong) > 0 {
		return nil // the rows below would refer to departments that are not there
	}
	set := append(clause.AssignmentColumns([]string{"search", "initials"}), kept("service_items", "code", "region")...)
	if err := upsert(im, rows, []string{"dept", "name"}, set); err != nil {
		return err
	}
	return im.proofRows(list, keys)
}

func (im *importer) proofRows(list []NewItem, keys []itemKey) error {
	var items []itemRow
	if err := im.tx.Select("id", "dept", "name").Find(&items).Error; err != nil {
		return err
	}
	ids := map[itemKey]int64{}
	for _, it := range items {
		ids[itemKey{it.Dept, it.Name}] = it.ID
	}
	var rows []proofRow
	at := map[proofKey]int{}
	for i, it := range list {
		for _, p := range it.Proofs {
			if p.Name == "" {
				im.missing("items", i, "proofs.name")
				continue
			}
			k := proofKey{ids[keys[i]], p.Name}
			if first, twice := at[k]; !twice {
				at[k] = len(rows)
				rows = append(rows, proofRow{ItemID: k.item, Name: p.Name, Alternative: p.Alternative, Basis: p.Basis, Issuer: p.Issuer})
			} else if rows[first].Alternative == "" {
				rows[first].Alternative = p.Alternative
			}
		}
	}
	if err := upsert(im, rows, []string{"item_id", "name"}, kept("proofs", "alternative", "basis", "issuer")); err != nil {
		return err
	}
	return im.holderRows(list, keys, ids)
}

func (im *importer) holderRows(list []NewItem, keys []itemKey, ids map[itemKey]int64) error {
	var proofs []proofRow
	if err := im.tx.Select("id", "item_id", "name").Find(&proofs).Error; err != nil {
		return err
	}
	proofIDs := map[proofKey]int64{}
	for _, p := range proofs {
		proofIDs[proofKey{p.ItemID, p.Name}] = p.ID
	}
	find, err := im.resourceFinder()
	if err != nil {
		return err
	}
	type holderKey struct{ proof, dept int64 }
	var rows []holderRow
	at := map[holderKey]int{}
	for i, it := range list {
		for _, p := range it.Proofs {
			holder := im.dept("items", i, "proofs.holder_code", p.HolderCode).ID
			resource := find(p.Resource, holder)
			if p.Resource != "" && resource.ID == 0 {
				im.unknown("items", i, "proofs.resource", p.Resource)
				continue
			}
			if holder == 0 {
				holder = resource.Provider
			}
			if holder == 0 {
				continue // nobody is known to hold it
			}
			k := holderKey{proofIDs[proofKey{ids[keys[i]], p.Name}], holder}
			if first, twice := at[k]; twice {
				if resource.ID != 0 {
					rows[first].ResourceID = ref(resource.ID)
				}
				continue
			}
			at[k] = len(rows)
			rows = append(rows, holderRow{ProofID: k.proof, Dept: holder, ResourceID: ref(resource.ID)})
		}
	}
	if len(im.wrong) > 0 {
		return nil
	}
	return upsert(im, rows, []string{"proof_id", "dept"}, clause.Set{{
		Column: clause.Column{Name: "resource_id"},
		Value:  gorm.Expr("coalesce(excluded.resource_id, proof_holders.resource_id)"),
	}})
}

// resourceFinder returns how a resource is found by what people call it: its
// code, its name at the holder, or its name when only one provider has it.
func (im *importer) resourceFinder() (func(text string, holder int64) resourceRow, error) {
	var list []resourceRow
	if err := im.tx.Select("id", "code", "name", "provider").Where("status = ?", string(EntryPublished)).Find(&list).Error; err != nil {
		return nil, err
	}
	code := map[string]resourceRow{}
	name := map[string][]resourceRow{}
	for _, r := range list {
		if r.Code != "" {
			code[r.Code] = r
		}
		name[r.Name] = append(name[r.Name], r)
	}
	return func(text string, holder int64) resourceRow {
		if r, ok := code[text]; ok {
			return r
		}
		found := name[text]
		for _, r := range found {
			if r.Provider == holder {
				return r
			}
		}
		if len(found) == 1 {
			return found[0]
		}
		return resourceRow{}
	}, nil
}
