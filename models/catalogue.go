package models

import (
	"context"
	"encoding/json"
	"fmt"
	"strings"

	"github.com/shujie-gov/shujie/workflow"
)

// Region is an administrative division (GB/T 2260). Path joins the codes from
// the province down, e.g. "320000/320100".
type Region struct {
	Code   string `json:"code"`
	Name   string `json:"name"`
	Parent string `json:"parent,omitempty"` // code
	Path   string `json:"path"`
}

// Department is a government department or a service hall.
type Department struct {
	ID     workflow.DeptID `json:"id"`
	Code   string          `json:"code"`
	Name   string          `json:"name"`
	Hall   bool            `json:"hall"`   // a service hall (政务服务大厅)
	Region string          `json:"region"` // path
}

// Resource is an entry of the catalogue: data that a department provides over
// the exchange platform.
type Resource struct {
	ID         int64               `json:"id"`
	Code       string              `json:"code"`
	Name       string              `json:"name"`
	Provider   workflow.DeptID     `json:"provider"`
	Class      workflow.ShareClass `json:"share_class"`
	Condition  string              `json:"condition,omitempty"` // of conditional sharing
	Version    string              `json:"version"`
	ValidDays  int                 `json:"valid_days"`     // how long a fetched record may be relied on
	Repeatable bool                `json:"repeatable"`     // asking twice does no harm
	Platform   string              `json:"platform"`       // code of the platform where it is registered
	Mapping    string              `json:"-"`              // what is asked and what is kept of an answer, see exchange.Mapping
	Rate       string              `json:"rate,omitempty"` // how often it may be called, as registered, see ParseRate
	Connected  bool                `json:"connected"`      // it can be called: it has a sid
	Status     EntryStatus         `json:"status"`         // of its entry in the catalogue
	Link       Link                `json:"-"`
}

// Link is how a resource is called: the identifiers of docs/domain.md §6.1. It
// is encrypted at rest and never shown.
type Link struct {
	RID, SID, AppKey  string
	Method            string          // GET or POST
	Operation         string          `json:",omitempty"` // path or SOAP operation, where the profile has one
	Account, Password string          `json:",omitempty"` // at the provider, where the profile has them
	Probe             workflow.Person // the provider's test person, asked for when a case names no citizen
}

// ServiceItem is a matter citizens come for, with the proofs it demands.
type ServiceItem struct {
	ID     int64           `json:"id"`
	Code   string          `json:"code"`
	Name   string          `json:"name"`
	Dept   workflow.DeptID `json:"department"` // demands the proofs (索要部门)
	Region string          `json:"region"`
	Case   workflow.CaseID `json:"case,omitempty"` // its no-meeting life, a case of kind service
	Proofs []Proof         `json:"proofs,omitempty"`
}

// Proof is one demanded paper of a service item (证明事项) and what is known
// about replacing it.
type Proof struct {
	ID          int64           `json:"id"`
	Item        int64           `json:"item"`
	Name        string          `json:"name"`
	Holder      workflow.DeptID `json:"holder"`   // holds the data (持有部门), 0 when unknown
	Holders     int             `json:"holders"`  // how many departments are registered as holding it
	Resource    int64           `json:"resource"` // replaces it, 0 when no data exists
	Alternative string          `json:"alternative,omitempty"`
	Basis       string          `json:"basis,omitempty"`  // 设定依据: the law by which it is demanded
	Issuer      string          `json:"issuer,omitempty"` // 开具单位: who makes it out
}

// The rows of the catalogue.
type (
	regionRow struct {
		Code   string
		Name   string
		Parent *string
		Path   string
	}
	departmentRow struct {
		ID     int64
		Code   string
		Name   string
		Hall   bool
		Region string
	}
	resourceRow struct {
		ID         int64
		Code       string
		Name       string
		Search     string
		Provider   int64
		Class      int
		Condition  string
		Version    string
		ValidDays  int
		Repeatable bool
		Platform   string
		Mapping    string
		Connected  bool
		Rate       string
		Link       string // encrypted
		Status     string
	}
	itemRow struct {
		ID       int64
		Code     string
		Name     string
		Search   string
		Initials string
		Dept     int64
		Region   string
		CaseID   ref
	}
)

// TableName implements schema.Tabler.
func (regionRow) TableName() string { return "regions" }

// TableName implements schema.Tabler.
func (departmentRow) TableName() string { return "departments" }

// TableName implements schema.Tabler.
func (resourceRow) TableName() string { return "resources" }

// TableName implements schema.Tabler.
func (itemRow) TableName() string { return "service_items" }

// linkPlace names a link for the cipher, by the natural key of its resource.
func linkPlace(provider int64, name string) string {
	return fmt.Sprintf("resources.link:%d:%s", provider, name)
}

// Regions lists all regions by code.
func (s *Store) Regions(ctx context.Context) ([]Region, error) {
	var rows []regionRow
	if err := s.read(ctx).Order("code").Find(&rows).Error; err != nil {
		return nil, dbError("regions", err)
	}
	list := make([]Region, len(rows))
	for i, r := range rows {
		list[i] = Region{Code: r.Code, Name: r.Name, Path: r.Path}
		if r.Parent != nil {
			list[i].Parent = *r.Parent
		}
	}
	return list, nil
}

// Departments lists all departments and halls by code.
func (s *Store) Departments(ctx context.Context) ([]Department, error) {
	var rows []departmentRow
	if err := s.read(ctx).Order("code").Find(&rows).Error; err != nil {
		return nil, dbError("departments", err)
	}
	list := make([]Department, len(rows))
	for i, r := range rows {
		list[i] = Department{ID: workflow.DeptID(r.ID), Code: r.Code, Name: r.Name, Hall: r.Hall, Region: r.Region}
	}
	return list, nil
}

// ResourceQuery filters the catalogue. Text matches a part of the name, of an
// information item, or the code. Without a Status it lists what is published;
// with EntryDraft those of which a version is being prepared, in Scope only.
type ResourceQuery struct {
	Text     string
	Provider workflow.DeptID
	Class    *workflow.ShareClass
	Status   EntryStatus
	Linked   *bool // it can be called over the platform
	Scope    Scope
	Limit    int
	Cursor   string
}

const resourcesList = "resources"

// Resources lists catalogue entries by id.
func (s *Store) Resources(ctx context.Context, q ResourceQuery) (Page[Resource], error) {
	after, err := s.cursorOf(resourcesList, q.Cursor)
	if err != nil {
		return Page[Resource]{}, err
	}
	where := q.where()
	if after != nil {
		where = append(where, cond{"r.id > ?", []any{after.ID}})
	}
	limit := limitOf(q.Limit)
	c := and(where...)
	var rows []resourceRow
	err = s.read(ctx).Raw("SELECT r.* FROM resources r JOIN departments d ON d.id = r.provider WHERE "+c.sql+" ORDER BY r.id LIMIT ?", append(c.args, limit+1)...).Scan(&rows).Error
	if err != nil {
		return Page[Resource]{}, dbError("resources", err)
	}
	return paged(s.safe, rows, limit,
		func(r resourceRow) cursor { return cursor{List: resourcesList, ID: r.ID} }, resourceRow.resource), nil
}

// where returns the conditions of the query on resources r of departments d.
func (q ResourceQuery) where() []cond {
	var where []cond
	add := func(sql string, args ...any) { where = append(where, cond{sql, args}) }
	for _, w := range strings.Fields(fold(q.Text)) {
		where = append(where, or(like("r.search", w), cond{"lower(r.code) = ?", []any{w}}))
	}
	if q.Provider != 0 {
		add("r.provider = ?", int64(q.Provider))
	}
	if q.Class != nil {
		add("r.class = ?", int(*q.Class))
	}
	if q.Linked != nil {
		add("r.connected = ?", *q.Linked)
	}
	switch q.Status {
	case "":
		add("r.status = ?", string(EntryPublished))
	case EntryDraft:
		add("r.id IN (SELECT v.resource_id FROM entry_versions v WHERE v.status = 'draft')")
		where = append(where, q.Scope.keeps())
	case EntryPublished, EntryWithdrawn:
		add("r.status = ?", string(q.Status))
	}
	return where
}

// Resource returns one entry; Link is filled.
func (s *Store) Resource(ctx context.Context, id int64) (Resource, error) {
	var row resourceRow
	if err := s.read(ctx).Where("id = ?", id).Take(&row).Error; err != nil {
		return Resource{}, dbError("resource", err)
	}
	return s.linked(row)
}

func (r resourceRow) resource() Resource {
	return Resource{
		ID: r.ID, Code: r.Code, Name: r.Name, Provider: workflow.DeptID(r.Provider), Class: workflow.ShareClass(r.Class),
		Condition: r.Condition, Version: r.Version, ValidDays: r.ValidDays, Repeatable: r.Repeatable, Platform: r.Platform, Mapping: r.Mapping,
		Connected: r.Connected, Rate: r.Rate, Status: EntryStatus(r.Status),
	}
}

// linked returns the resource of row with its link.
func (s *Store) linked(row resourceRow) (Resource, error) {
	r := row.resource()
	if row.Link == "" {
		return r, nil
	}
	text, err := s.unseal(linkPlace(row.Provider, row.Name), row.Link)
	if err != nil {
		return r, err
	}
	return r, json.Unmarshal(text, &r.Link)
}

// ItemQuery filters service items. Text matches part of the name, or of the
// initials of its pinyin ("xsecb" finds 新生儿参保).
type ItemQuery struct {
	Text   string
	Dept   workflow.DeptID
	Limit  int
	Cursor string
}

const itemsList = "service-items"

// ServiceItems lists service items by id, without their proofs.
func (s *Store) ServiceItems(ctx context.Context, q ItemQuery) (Page[ServiceItem], error) {
	after, err := s.cursorOf(itemsList, q.Cursor)
	if err != nil {
		return Page[ServiceItem]{}, err
	}
	var where []cond
	for _, w := range strings.Fields(fold(q.Text)) {
		where = append(where, or(like("search", w), like("initials", w), cond{"lower(code) = ?", []any{w}}))
	}
	if q.Dept != 0 {
		where = append(where, cond{"dept = ?", []any{int64(q.Dept)}})
	}
	if after != nil {
		where = append(where, cond{"id > ?", []any{after.ID}})
	}
	limit := limitOf(q.Limit)
	c := and(where...)
	var rows []itemRow
	if err := s.read(ctx).Where(c.sql, c.args...).Order("id").Limit(limit + 1).Find(&rows).Error; err != nil {
		return Page[ServiceItem]{}, dbError("service items", err)
	}
	return paged(s.safe, rows, limit,
		func(r itemRow) cursor { return cursor{List: itemsList, ID: r.ID} }, itemRow.item), nil
}

func (r itemRow) item() ServiceItem {
	return ServiceItem{
		ID: r.ID, Code: r.Code, Name: r.Name, Dept: workflow.DeptID(r.Dept), Region: r.Region, Case: workflow.CaseID(r.CaseID),
	}
}

// proofsOf reads the proofs of an item. Of several registered holders the first
// is the one named. Only a published resource replaces a proof.
const proofsOf = `
SELECT p.id, p.item_id AS item, p.name, p.alternative, p.basis, p.issuer, coalesce(h.dept, 0) AS holder, coalesce(r.id, 0) AS resource,
  (SELECT count(*) FROM proof_holders n WHERE n.proof_id = p.id) AS holders
FROM proofs p
LEFT JOIN proof_holders h ON h.id = (SELECT min(f.id) FROM proof_holders f WHERE f.proof_id = p.id)
LEFT JOIN resources r ON r.id = h.resource_id AND r.status = 'published'
WHERE p.item_id = ? ORDER BY p.id`

// ServiceItem returns one item with its proofs.
func (s *Store) ServiceItem(ctx context.Context, id int64) (ServiceItem, error) {
	var row itemRow
	if err := s.read(ctx).Where("id = ?", id).Take(&row).Error; err != nil {
		return ServiceItem{}, dbError("service item", err)
	}
	item := row.item()
	err := s.read(ctx).Raw(proofsOf, id).Scan(&item.Proofs).Error
	return item, dbError("proofs", err)
}

// SetItemCase notes the service case of an item.
func (s *Store) SetItemCase(ctx context.Context, item int64, id workflow.CaseID) error {
	var n int64
	err := s.alone(func() error {
		res := s.read(ctx).Exec("UPDATE service_items SET case_id = ? WHERE id = ?", ref(id), item)
		n = res.RowsAffected
		return res.Error
	})
	if err == nil && n == 0 {
		return notFound("service item")
	}
	return dbError("service item", err)
}
