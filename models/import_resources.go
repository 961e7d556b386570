package models

import (
	"encoding/json"
	"slices"
	"strings"

	"gorm.io/gorm"
	"gorm.io/gorm/clause"

	"github.com/shujie-gov/shujie/workflow"
)

// resourceKey is what a resource is known by beside its id.
type resourceKey struct {
	provider int64
	name     string
}

// known is a resource as it stands before an import.
type known struct {
	resourceRow
	standing *versionRow
	last     int // the number of its last version
	entry    workflow.Entry
}

// resourceRows registers resources and publishes what is new in their entries.
func (im *importer) resourceRows(list []NewResource) error {
	var rows []resourceRow
	var entries []workflow.Entry
	var by []string
	seen := map[resourceKey]bool{}
	before, err := im.standing(list)
	if err != nil {
		return err
	}
	for i := range list {
		r := &list[i]
		provider := im.dept("resources", i, "provider_code", r.ProviderCode)
		switch k := (resourceKey{provider.ID, r.Name}); {
		case r.Name == "":
			im.missing("resources", i, "name")
		case r.ProviderCode == "":
			im.missing("resources", i, "provider_code")
		case r.Class < workflow.NoData || r.Class > workflow.NotShared:
			im.bad("resources", i, "share_class", "共享类型应为 1、2 或 3", "must be 1, 2 or 3")
		case !rated(r.Rate):
			im.bad("resources", i, "rate", "调用频率应形如 1000次/小时", "must look like 1000次/小时")
		case seen[k]:
			im.twice("resources", i, "name")
		default:
			seen[k] = true
			e := r.entry()
			if was, ok := before[k]; ok {
				e = e.Merge(was.entry)
			}
			row, err := im.resourceRow(provider.ID, r, &e)
			if err != nil {
				return err
			}
			rows, entries, by = append(rows, row), append(entries, e), append(by, r.By)
		}
	}
	set := clause.AssignmentColumns([]string{"class", "condition", "version", "valid_days", "repeatable", "search", "status"})
	set = append(set, kept("resources", "code", "platform", "mapping", "link", "rate")...)
	set = append(set, clause.Assignment{
		Column: clause.Column{Name: "connected"},
		Value:  gorm.Expr("CASE WHEN excluded.link = '' THEN resources.connected ELSE excluded.connected END"),
	})
	if err := upsert(im, rows, []string{"provider", "name"}, set); err != nil || len(im.wrong) > 0 || len(rows) == 0 {
		return err
	}
	return im.versions(rows, entries, by, before)
}

func rated(text string) bool {
	_, err := ParseRate(text)
	return err == nil
}

// entry returns the metadata that the registration states.
func (r *NewResource) entry() workflow.Entry {
	e := r.Entry
	e.Name, e.Code, e.Class, e.Condition = r.Name, r.Code, r.Class, r.Condition
	return e
}

func (im *importer) resourceRow(provider int64, r *NewResource, e *workflow.Entry) (resourceRow, error) {
	row := resourceRow{
		Code: e.Code, Name: e.Name, Search: searchOf(e), Provider: provider, Class: int(e.Class),
		Condition: e.Condition, Version: r.Version, ValidDays: r.ValidDays, Repeatable: r.Repeatable, Platform: r.Platform, Mapping: r.Mapping,
		Connected: r.Link.called(), Rate: r.Rate, Status: string(EntryPublished),
	}
	if r.Link == (Link{}) {
		return row, nil
	}
	text, err := json.Marshal(r.Link) //nolint:gosec // encrypted two lines below
	if err != nil {
		return row, err
	}
	row.Link, err = im.s.seal(linkPlace(provider, r.Name), text)
	return row, err
}

// searchOf is what an entry is found by: its name and its information items.
func searchOf(e *workflow.Entry) string {
	var b strings.Builder
	b.WriteString(e.Name)
	for _, it := range e.Items {
		b.WriteByte('\n')
		b.WriteString(it.Name)
	}
	return fold(b.String())
}

// standing reads what stands of the resources of the providers in list.
func (im *importer) standing(list []NewResource) (map[resourceKey]known, error) {
	var providers []int64
	for i := range list {
		if d, ok := im.depts[list[i].ProviderCode]; ok && d.ID > 0 && !slices.Contains(providers, d.ID) {
			providers = append(providers, d.ID)
		}
	}
	if len(providers) == 0 {
		return map[resourceKey]known{}, nil
	}
	return im.knownOf(cond{"r.provider IN ?", []any{providers}})
}

func (im *importer) knownOf(where cond) (map[resourceKey]known, error) {
	var resources []resourceRow
	if err := im.tx.Raw("SELECT r.* FROM resources r WHERE "+where.sql, where.args...).Scan(&resources).Error; err != nil {
		return nil, err
	}
	var versions []versionRow
	err := im.tx.Raw(`SELECT v.* FROM entry_versions v JOIN resources r ON r.id = v.resource_id
WHERE `+where.sql+` AND v.status IN ('published', 'withdrawn')`, where.args...).Scan(&versions).Error
	if err != nil {
		return nil, err
	}
	var last []struct {
		ResourceID int64
		N          int
	}
	err = im.tx.Raw(`SELECT v.resource_id, max(v.n) AS n FROM entry_versions v JOIN resources r ON r.id = v.resource_id
WHERE `+where.sql+` GROUP BY v.resource_id`, where.args...).Scan(&last).Error
	if err != nil {
		return nil, err
	}
	byID := map[int64]*known{}
	for _, r := range resources {
		byID[r.ID] = &known{resourceRow: r}
	}
	for _, l := range last {
		byID[l.ResourceID].last = l.N
	}
	for i := range versions {
		k := byID[versions[i].ResourceID]
		k.standing = &versions[i]
		if err := json.Unmarshal([]byte(versions[i].Body), &k.entry); err != nil {
			return nil, err
		}
	}
	out := make(map[resourceKey]known, len(byID))
	for _, k := range byID {
		out[resourceKey{k.Provider, k.Name}] = *k
	}
	return out, nil
}

// versions publishes a version of every entry that is new or says something
// else than before.
func (im *importer) versions(rows []resourceRow, entries []workflow.Entry, by []string, before map[resourceKey]known) error {
	var ids []resourceRow
	providers := map[int64]bool{}
	for _, r := range rows {
		providers[r.Provider] = true
	}
	for p := range providers {
		var list []resourceRow
		if err := im.tx.Select("id", "provider", "name").Where("provider = ?", p).Find(&list).Error; err != nil {
			return err
		}
		ids = append(ids, list...)
	}
	idOf := make(map[resourceKey]int64, len(ids))
	for _, r := range ids {
		idOf[resourceKey{r.Provider, r.Name}] = r.ID
	}
	now := im.s.moment()
	var fresh []versionRow
	var replaced []int64
	for i, r := range rows {
		k := resourceKey{r.Provider, r.Name}
		was := before[k]
		v := versionRow{
			ResourceID: idOf[k], N: was.last + 1, Status: string(VersionPublished), Author: by[i], CreatedAt: now, PublishedAt: now, Publisher: by[i],
		}
		if err := v.state(entries[i]); err != nil {
			return err
		}
		if was.standing != nil {
			if was.standing.Status == string(VersionPublished) && was.standing.Hash == v.Hash {
				continue
			}
			replaced = append(replaced, was.standing.ID)
		}
		fresh = append(fresh, v)
	}
	for chunk := range slices.Chunk(replaced, inserts) {
		if err := im.tx.Exec("UPDATE entry_versions SET status = ? WHERE id IN ?", string(VersionReplaced), chunk).Error; err != nil {
			return err
		}
	}
	return insert(im.tx, fresh)()
}
