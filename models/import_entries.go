package models

import (
	"context"
	"slices"
	"strconv"

	"gorm.io/gorm"

	"github.com/shujie-gov/shujie/workflow"
)

// NewEntry is an entry of the catalogue to publish, by its provider.
type NewEntry struct {
	Provider workflow.DeptID
	Entry    workflow.Entry
}

// Imported counts what an import of entries does.
type Imported struct {
	Created int `json:"created"`
	Changed int `json:"changed"`
	Same    int `json:"unchanged"`
	Items   int `json:"items"` // information items
}

// PublishEntries publishes entries in one transaction: all of them, or none. An
// entry is known by its code, or by its name and provider; a new name under a
// known code renames it. How its data is called stays as it is. One that cannot
// be published is named as "entries[4].code", counted from 0. With dry nothing
// is written, and the counts say what would be.
func (s *Store) PublishEntries(ctx context.Context, by string, list []NewEntry, dry bool) (Imported, error) {
	var out Imported
	err := s.write(ctx, "import", func(tx *gorm.DB) error {
		im := &importer{s: s, tx: tx}
		p, err := im.planEntries(by, list)
		if err != nil {
			return err
		}
		if err := im.verdict(); err != nil {
			return err
		}
		out = p.counts
		if dry {
			return nil
		}
		return p.write()
	})
	return out, err
}

// entryPlan is what an import of entries writes.
type entryPlan struct {
	im       *importer
	counts   Imported
	fresh    []resourceRow // to be inserted, with their versions in first
	first    []versionRow
	changed  []resourceRow // to be updated, with their versions in next
	next     []versionRow
	replaced []int64
}

// entryMatch finds what stands of the entries of an import.
type entryMatch struct {
	byKey  map[resourceKey]known
	byCode map[string]known
}

// planEntries works out what is new, what changed and what cannot be.
func (im *importer) planEntries(by string, list []NewEntry) (*entryPlan, error) {
	match, err := im.matchEntries(list)
	if err != nil {
		return nil, err
	}
	p := &entryPlan{im: im}
	now := im.s.moment()
	for i := range list {
		e := &list[i].Entry
		was, found := im.matched(match, i, &list[i])
		p.counts.Items += len(e.Items)
		v := versionRow{ResourceID: was.ID, N: was.last + 1, Status: string(VersionPublished), Author: by, CreatedAt: now, PublishedAt: now, Publisher: by}
		if err := v.state(*e); err != nil {
			return nil, err
		}
		row := was.resourceRow
		row.Code, row.Name, row.Search, row.Class, row.Condition, row.Status = e.Code, e.Name, searchOf(e), int(e.Class), e.Condition, string(EntryPublished)
		switch {
		case !found:
			row.Provider, row.Version, row.Repeatable = int64(list[i].Provider), "1", true
			p.counts.Created++
			p.fresh, p.first = append(p.fresh, row), append(p.first, v)
		case was.standing != nil && was.standing.Status == string(VersionPublished) && was.standing.Hash == v.Hash:
			p.counts.Same++
		default:
			row.Version = relabel(was.Version, v.N)
			if row.Link, err = im.s.movedLink(&was.resourceRow, e.Name); err != nil {
				return nil, err
			}
			if was.standing != nil {
				p.replaced = append(p.replaced, was.standing.ID)
			}
			p.counts.Changed++
			p.changed, p.next = append(p.changed, row), append(p.next, v)
		}
	}
	return p, nil
}

// relabel returns the label of version n of a resource: a label that was counted
// goes on being counted, one that somebody gave stays.
func relabel(label string, n int) string {
	if _, err := strconv.Atoi(label); label == "" || err == nil {
		return strconv.Itoa(n)
	}
	return label
}

// matchEntries reads what stands under the providers of an import, and under its
// codes.
func (im *importer) matchEntries(list []NewEntry) (*entryMatch, error) {
	var providers []int64
	var codes []string
	for i := range list {
		if id := int64(list[i].Provider); !slices.Contains(providers, id) {
			providers = append(providers, id)
		}
		if code := list[i].Entry.Code; code != "" {
			codes = append(codes, code)
		}
	}
	m := &entryMatch{byKey: map[resourceKey]known{}, byCode: map[string]known{}}
	if len(providers) == 0 {
		return m, nil
	}
	var err error
	if m.byKey, err = im.knownOf(cond{"r.provider IN ?", []any{providers}}); err != nil {
		return nil, err
	}
	for _, k := range m.byKey {
		if k.Code != "" {
			m.byCode[k.Code] = k
		}
	}
	for chunk := range slices.Chunk(codes, inserts) {
		var others []resourceRow
		err := im.tx.Raw("SELECT id, code, name, provider FROM resources WHERE code IN ? AND provider NOT IN ?", chunk, providers).Scan(&others).Error
		if err != nil {
			return nil, err
		}
		for _, o := range others {
			m.byCode[o.Code] = known{resourceRow: o}
		}
	}
	return m, nil
}

// matched finds what stands of one entry, and refuses what is somebody else's.
func (im *importer) matched(m *entryMatch, i int, e *NewEntry) (known, bool) {
	named, isNamed := m.byKey[resourceKey{int64(e.Provider), e.Entry.Name}]
	coded, isCoded := m.byCode[e.Entry.Code]
	switch {
	case e.Entry.Code == "" || !isCoded:
		return named, isNamed
	case coded.Provider != int64(e.Provider):
		im.bad("entries", i, "code", "这个代码属于其他部门的资源「"+coded.Name+"」", "is the code of another department's resource")
	case isNamed && named.ID != coded.ID:
		im.bad("entries", i, "name", "这个名称属于代码为「"+named.Code+"」的资源", "is the name of the resource with the code "+named.Code)
	}
	return coded, true
}

// write carries the plan out.
func (p *entryPlan) write() error {
	tx := p.im.tx
	if err := insert(tx, p.fresh)(); err != nil {
		return err
	}
	for i := range p.first {
		p.first[i].ResourceID = p.fresh[i].ID
	}
	for chunk := range slices.Chunk(p.replaced, inserts) {
		if err := tx.Exec("UPDATE entry_versions SET status = ? WHERE id IN ?", string(VersionReplaced), chunk).Error; err != nil {
			return err
		}
	}
	// Two entries may exchange their names or codes: they give them up first.
	for i := range p.changed {
		r := &p.changed[i]
		err := tx.Exec("UPDATE resources SET name = ?, code = '' WHERE id = ? AND (name <> ? OR code <> ?)",
			"\x01"+strconv.FormatInt(r.ID, 10), r.ID, r.Name, r.Code).Error
		if err != nil {
			return err
		}
	}
	for i := range p.changed {
		r := &p.changed[i]
		err := tx.Model(&resourceRow{}).Where("id = ?", r.ID).
			Select("code", "name", "search", "class", "condition", "version", "status", "link").Updates(r).Error
		if err != nil {
			return err
		}
	}
	return firstError(insert(tx, p.first), insert(tx, p.next))
}
