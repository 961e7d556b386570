package main

import (
	"io/fs"
	"maps"
	"slices"
	"strings"

	"github.com/shujie-gov/shujie/models"
	"github.com/shujie-gov/shujie/testdata"
	"github.com/shujie-gov/shujie/workflow"
)

const province = "320000"

// account is a demo account. Its password exists in the demo only.
type account struct {
	Username string
	Name     string // what the person does; nobody's name
	Dept     string // department code
	Region   string // region code
	Roles    []workflow.Role
}

// halls are the service halls of the demo: the province's and two cities'.
func halls() []models.Department {
	return []models.Department{
		{Code: "HALL-JS", Name: "江苏省政务服务中心", Hall: true, Region: province},
		{Code: "HALL-NJ", Name: "南京市政务服务中心", Hall: true, Region: "320100"},
		{Code: "HALL-SZ", Name: "苏州市政务服务中心", Hall: true, Region: "320500"},
	}
}

// readRegions reads regions.csv.
func readRegions(files fs.FS) ([]models.Region, error) {
	t, err := openTable(files, "regions.csv", []string{"code", "name", "parent"})
	if err != nil {
		return nil, err
	}
	bad := &tableError{name: t.name}
	known := map[string]bool{"": true}
	var list []models.Region
	for _, row := range t.rows {
		r := models.Region{Code: row.values["code"], Name: row.values["name"], Parent: row.values["parent"]}
		if len(r.Code) != 6 || strings.Trim(r.Code, "0123456789") != "" {
			bad.add(row.line, "code", "%q is not six digits (GB/T 2260)", r.Code)
		}
		if !known[r.Parent] {
			bad.add(row.line, "parent", "there is no region %q above this row", r.Parent)
		}
		known[r.Code] = true
		list = append(list, r)
	}
	return list, bad.or()
}

// readDepartments reads departments.csv; all are departments of the province.
func readDepartments(files fs.FS) ([]models.Department, error) {
	t, err := openTable(files, "departments.csv", []string{"code", "name"})
	if err != nil {
		return nil, err
	}
	bad := &tableError{name: t.name}
	var list []models.Department
	for _, row := range t.rows {
		d := models.Department{Code: row.values["code"], Name: row.values["name"], Region: province}
		if d.Code == "" {
			bad.add(row.line, "code", "it is empty")
		}
		if d.Name == "" {
			bad.add(row.line, "name", "it is empty")
		}
		list = append(list, d)
	}
	return list, bad.or()
}

func openTable(files fs.FS, name string, columns []string) (table, error) {
	f, err := files.Open(name)
	if err != nil {
		return table{}, err
	}
	defer f.Close()
	return readTable(name, f, columns, nil)
}

// accounts lists the demo accounts: three halls, a coordinator for the province
// and one for a city, a data steward, the three administrators, and a handler
// and a head for each department.
func accounts(departments []models.Department) []account {
	list := []account{
		{"hall_js", "省大厅窗口", "HALL-JS", province, []workflow.Role{workflow.HallStaff}},
		{"hall_nj", "南京大厅窗口", "HALL-NJ", "320100", []workflow.Role{workflow.HallStaff}},
		{"hall_sz", "苏州大厅窗口", "HALL-SZ", "320500", []workflow.Role{workflow.HallStaff}},
		{"coordinator", "省统筹协调员", "ZW", province, []workflow.Role{workflow.Coordinator}},
		{"coordinator_nj", "南京统筹协调员", "HALL-NJ", "320100", []workflow.Role{workflow.Coordinator}},
		{"steward", "省数据管理员", "ZW", province, []workflow.Role{workflow.DataSteward}},
		{"sysadmin", "系统管理员", "ZW", province, []workflow.Role{workflow.SysAdmin}},
		{"secadmin", "安全管理员", "ZW", province, []workflow.Role{workflow.SecAdmin}},
		{"auditor", "审计员", "ZW", province, []workflow.Role{workflow.Auditor}},
	}
	for _, d := range departments {
		if d.Hall {
			continue
		}
		code := strings.ToLower(d.Code)
		list = append(list,
			account{code + "_handler", d.Name + "经办", d.Code, province, []workflow.Role{workflow.DeptHandler}},
			account{code + "_head", d.Name + "负责人", d.Code, province, []workflow.Role{workflow.DeptHead}})
	}
	return list
}

// reference returns the demo's reference data without catalogue and batches,
// which come from the blockers. hash is the hashed password of the accounts.
func reference(hash string) (models.Reference, error) {
	regions, err := readRegions(testdata.Files)
	if err != nil {
		return models.Reference{}, err
	}
	departments, err := readDepartments(testdata.Files)
	if err != nil {
		return models.Reference{}, err
	}
	days, err := readDays(testdata.Files)
	if err != nil {
		return models.Reference{}, err
	}
	ref := models.Reference{Regions: regions, Departments: append(departments, halls()...), Days: days}
	for _, a := range accounts(departments) {
		ref.Users = append(ref.Users, models.NewUser{
			Username: a.Username, Name: a.Name, PasswordHash: hash, DeptCode: a.Dept, RegionCode: a.Region, Roles: a.Roles,
		})
	}
	return ref, nil
}

// catalogue adds to ref what the blockers name: resources under their holders,
// service items under their demanders with the papers they demand, batches.
// entries is what the catalogue says of those it knows; connect connects a resource
// with the exchange platform.
func catalogue(ref *models.Reference, blockers []blocker, entries map[resourceName]workflow.Entry, connect func(resource, provider string) connection) {
	resources := map[resourceName]bool{}
	items := map[resourceName]int{}
	batches := map[int]string{}
	for _, b := range blockers {
		if r := (resourceName{b.Resource, b.Holder}); b.Resource != "" && !resources[r] {
			resources[r] = true
			ref.Resources = append(ref.Resources, newResource(b, entries[r], connect(b.Resource, b.Holder)))
		}
		key := resourceName{b.Item, b.Demander}
		at, ok := items[key]
		if !ok {
			at = len(ref.Items)
			items[key] = at
			ref.Items = append(ref.Items, models.NewItem{Name: b.Item, DeptCode: b.Demander, RegionCode: province})
		}
		ref.Items[at].Proofs = append(ref.Items[at].Proofs, models.NewProof{
			Name: b.Proof, HolderCode: b.Holder, Resource: b.Resource, Alternative: b.Alternative,
		})
		batches[b.Batch] = b.batchName()
	}
	for _, n := range slices.Sorted(maps.Keys(batches)) {
		ref.Batches = append(ref.Batches, models.NewBatch{Name: batches[n], RegionCode: province, LeadCode: "ZW"})
	}
}

func newResource(b blocker, e workflow.Entry, c connection) models.NewResource {
	r := models.NewResource{ProviderCode: b.Holder, Link: c.link, Entry: e}
	r.Code = e.Code
	r.Name, r.Class, r.Version, r.Repeatable = b.Resource, b.Class, "1.0", true
	r.Platform, r.Mapping = c.platform, c.mapping
	r.ValidDays = 30 // the public sources name none; a data steward sets it
	if b.Class == workflow.Conditional {
		// 条例 Art. 15: conditional sharing names its scope and use.
		if r.Condition = e.Condition; r.Condition == "" {
			r.Condition = "限用于「" + b.Item + "」等政务服务事项的办理核验"
		}
	}
	return r
}
