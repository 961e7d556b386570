package models

import (
	"slices"

	"gorm.io/gorm/clause"

	"github.com/shujie-gov/shujie/workflow"
)

func (im *importer) batchRows(list []NewBatch) error {
	rows := make([]batchRow, 0, len(list))
	seen := map[string]bool{}
	for i, b := range list {
		if b.Name == "" {
			im.missing("batches", i, "name")
		}
		if seen[b.Name] {
			im.twice("batches", i, "name")
			continue
		}
		seen[b.Name] = true
		rows = append(rows, batchRow{
			Name: b.Name, Region: im.region("batches", i, b.RegionCode), Lead: ref(im.dept("batches", i, "lead_code", b.LeadCode).ID),
			Target: atPtr(b.Target), CreatedAt: im.s.moment(),
		})
	}
	return upsert(im, rows, []string{"name"}, clause.AssignmentColumns([]string{"region", "lead", "target"}))
}

// userRows writes people and, in place of those they had, their grants.
func (im *importer) userRows(list []NewUser) error {
	rows := make([]userRow, 0, len(list))
	grants := map[string][]grantRow{}
	for i, u := range list {
		dept, region := im.dept("users", i, "dept_code", u.DeptCode), im.region("users", i, u.RegionCode)
		if region == "" {
			region = dept.Region
		}
		if u.Username == "" {
			im.missing("users", i, "username")
		}
		if _, twice := grants[u.Username]; twice {
			im.twice("users", i, "username")
			continue
		}
		grants[u.Username] = im.grants(i, u, dept.ID, region)
		rows = append(rows, userRow{Username: u.Username, Name: u.Name, Password: u.PasswordHash, Dept: ref(dept.ID), Region: region})
	}
	if len(im.wrong) > 0 || len(rows) == 0 {
		return nil
	}
	set := append(clause.AssignmentColumns([]string{"name", "dept", "region"}), kept("users", "password")...)
	if err := upsert(im, rows, []string{"username"}, set); err != nil {
		return err
	}
	var users []userRow
	if err := im.tx.Select("id", "username").Find(&users).Error; err != nil {
		return err
	}
	var ids []int64
	var all []grantRow
	for _, u := range users {
		mine, listed := grants[u.Username]
		if !listed {
			continue
		}
		ids = append(ids, u.ID)
		for _, g := range mine {
			g.UserID = u.ID
			all = append(all, g)
		}
	}
	for chunk := range slices.Chunk(ids, inserts) {
		if err := im.tx.Where("user_id IN ?", chunk).Delete(&grantRow{}).Error; err != nil {
			return err
		}
	}
	return insert(im.tx, all)()
}

// grants returns the roles of a user, each held where the role demands. The
// three administrators are three people (三员分立, docs/domain.md §9).
func (im *importer) grants(row int, u NewUser, dept int64, region string) []grantRow {
	var list []grantRow
	admins := 0
	for _, role := range u.Roles {
		g := grantRow{Role: string(role)}
		switch {
		case !slices.Contains(workflow.Roles(), role) || role == workflow.System:
			im.unknown("users", row, "roles", string(role))
		case role.Domain() == workflow.InDepartment && dept == 0:
			im.missing("users", row, "dept_code")
		case role.Domain() == workflow.InRegion && region == "":
			im.missing("users", row, "region")
		}
		switch role.Domain() {
		case workflow.InDepartment:
			g.Dept = ref(dept)
		case workflow.InRegion:
			g.Region = region
		case workflow.Everywhere:
			admins++
		}
		list = append(list, g)
	}
	if admins > 1 {
		im.bad("users", row, "roles", "系统、安全、审计管理员不得由一人兼任", "system, security and audit administrator are three people")
	}
	return list
}
