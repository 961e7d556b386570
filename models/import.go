package models

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"
	"unicode"

	"github.com/mozillazg/go-pinyin"
	"gorm.io/gorm"
	"gorm.io/gorm/clause"

	"github.com/shujie-gov/shujie/fault"
	"github.com/shujie-gov/shujie/workflow"
)

// Reference is data that other data refers to. IDs are given by the store;
// what refers uses codes and names.
type Reference struct {
	Regions     []Region
	Departments []Department // Region is a region code
	Resources   []NewResource
	Items       []NewItem
	Batches     []NewBatch
	Users       []NewUser
	// Days begin the register of calendars; while a calendar is in force, other
	// days are refused. Close is its close of business from midnight; 0 is that
	// of the calendar in force, or 24 hours.
	Days  []workflow.Day
	Close time.Duration
}

// NewResource is a resource to register and publish under its provider's code.
// An existing one of the same name and provider is updated: what is stated makes
// a new version of its entry, what is left open stays.
type NewResource struct {
	Resource
	ProviderCode string
	Link         Link
	Entry        workflow.Entry // its metadata; name, code, class and condition are those of Resource
	By           string         // who registers it
}

// NewItem is a service item to register; an existing one of the same name and
// department gets the proofs it lacks.
type NewItem struct {
	Code, Name, DeptCode, RegionCode string
	Proofs                           []NewProof
}

// NewProof is a demanded paper to register.
type NewProof struct {
	Name, HolderCode, Resource, Alternative string
	Basis, Issuer                           string // by what law it is demanded (设定依据), who makes it out (开具单位)
}

// Import writes reference data in one transaction, inserting what is new and
// updating what is known by its code or name. A reference to something unknown
// is Invalid, and nothing is written. Every wrong row is named at once, as
// "resources[4].provider_code" with rows counted from 0.
func (s *Store) Import(ctx context.Context, r Reference) error {
	err := s.importing(ctx, r, nil)
	if err == nil && len(r.Users) > 0 {
		s.users.empty()
	}
	return err
}

// CheckImport says what Import would, and writes nothing.
func (s *Store) CheckImport(ctx context.Context, r Reference) error {
	if err := s.importing(ctx, r, errChecked); !errors.Is(err, errChecked) {
		return err
	}
	return nil
}

// importing imports r and then ends the transaction with the verdict after.
func (s *Store) importing(ctx context.Context, r Reference, after error) error {
	return s.write(ctx, "import", func(tx *gorm.DB) error {
		im := &importer{s: s, tx: tx}
		if err := im.load(); err != nil {
			return err
		}
		return firstError(
			func() error { return im.regionRows(r.Regions) },
			func() error { return im.departmentRows(r.Departments) },
			func() error { return im.resourceRows(r.Resources) },
			func() error { return im.itemRows(r.Items) },
			func() error { return im.batchRows(r.Batches) },
			func() error { return im.userRows(r.Users) },
			func() error { return im.calendar(r.Days, r.Close) },
			im.verdict,
			func() error { return after },
		)
	})
}

// importer is one run of Import.
type importer struct {
	s       *Store
	tx      *gorm.DB
	wrong   []fault.Field
	regions map[string]string // code → path
	depts   map[string]departmentRow
}

// maxWrong bounds how many wrong rows one answer names.
const maxWrong = 50

func (im *importer) bad(list string, row int, field, zh, en string) {
	if len(im.wrong) < maxWrong {
		im.wrong = append(im.wrong, fault.Field{Name: fmt.Sprintf("%s[%d].%s", list, row, field), Text: fault.Text{ZH: zh, EN: en}})
	}
}

func (im *importer) unknown(list string, row int, field, code string) {
	im.bad(list, row, field, "没有登记过「"+code+"」", fmt.Sprintf("%q is not registered", code))
}

func (im *importer) missing(list string, row int, field string) {
	im.bad(list, row, field, "不能为空", "must not be empty")
}

func (im *importer) twice(list string, row int, field string) {
	im.bad(list, row, field, "重复", "is listed twice")
}

func (im *importer) verdict() error {
	if len(im.wrong) == 0 {
		return nil
	}
	f := fault.New(fault.Invalid, "导入的数据有误，没有写入任何内容。", "The data has errors; nothing was imported.")
	f.Fields = im.wrong
	return f
}

func (im *importer) load() error {
	var regions []regionRow
	if err := im.tx.Find(&regions).Error; err != nil {
		return err
	}
	im.regions = map[string]string{}
	for _, r := range regions {
		im.regions[r.Code] = r.Path
	}
	return im.loadDepartments()
}

func (im *importer) loadDepartments() error {
	var depts []departmentRow
	if err := im.tx.Find(&depts).Error; err != nil {
		return err
	}
	im.depts = map[string]departmentRow{}
	for _, d := range depts {
		im.depts[d.Code] = d
	}
	return nil
}

// upsert inserts rows and updates the columns named of those that exist by key.
// Once a row is known to be wrong nothing is written any more, only read on.
func upsert[R any](im *importer, rows []R, key []string, update clause.Set) error {
	if len(rows) == 0 || len(im.wrong) > 0 {
		return nil
	}
	columns := make([]clause.Column, len(key))
	for i, k := range key {
		columns[i].Name = k
	}
	return im.tx.Clauses(clause.OnConflict{Columns: columns, DoUpdates: update}).CreateInBatches(&rows, inserts).Error
}

// kept updates columns only where the new value says something.
func kept(table string, columns ...string) clause.Set {
	var set clause.Set
	for _, c := range columns {
		set = append(set, clause.Assignment{
			Column: clause.Column{Name: c},
			Value:  gorm.Expr(fmt.Sprintf("CASE WHEN excluded.%[1]s = '' THEN %[2]s.%[1]s ELSE excluded.%[1]s END", c, table)),
		})
	}
	return set
}

// regionRows writes regions, parents before children. A region is not moved
// below another parent: its path is on every case.
func (im *importer) regionRows(list []Region) error {
	index := map[string]int{}
	for i, r := range list {
		if _, twice := index[r.Code]; twice {
			im.twice("regions", i, "code")
		}
		index[r.Code] = i
	}
	var path func(i, depth int) (string, bool)
	path = func(i, depth int) (string, bool) {
		r := list[i]
		if r.Parent == "" {
			return r.Code, true
		}
		if j, ok := index[r.Parent]; ok && depth < len(list) {
			above, ok := path(j, depth+1)
			return above + "/" + r.Code, ok
		}
		above, ok := im.regions[r.Parent]
		return above + "/" + r.Code, ok
	}
	rows := make([]regionRow, 0, len(list))
	for i, r := range list {
		p, ok := path(i, 0)
		old, known := im.regions[r.Code]
		switch {
		case r.Code == "" || strings.Contains(r.Code, "/"):
			im.missing("regions", i, "code")
		case r.Name == "":
			im.missing("regions", i, "name")
		case !ok:
			im.unknown("regions", i, "parent", r.Parent)
		case known && old != p:
			im.bad("regions", i, "parent", "区划已登记在另一上级之下", "is registered below another region")
		default:
			row := regionRow{Code: r.Code, Name: r.Name, Path: p}
			if r.Parent != "" {
				row.Parent = &r.Parent
			}
			rows = append(rows, row)
		}
	}
	slices.SortStableFunc(rows, func(a, b regionRow) int { return strings.Count(a.Path, "/") - strings.Count(b.Path, "/") })
	if err := upsert(im, rows, []string{"code"}, clause.AssignmentColumns([]string{"name"})); err != nil {
		return err
	}
	for _, r := range rows {
		im.regions[r.Code] = r.Path
	}
	return nil
}

func (im *importer) region(list string, row int, code string) string {
	path, ok := im.regions[code]
	if !ok && code != "" {
		im.unknown(list, row, "region", code)
	}
	return path
}

func (im *importer) departmentRows(list []Department) error {
	rows := make([]departmentRow, 0, len(list))
	seen := map[string]bool{}
	for i, d := range list {
		if d.Code == "" {
			im.missing("departments", i, "code")
		}
		if d.Name == "" {
			im.missing("departments", i, "name")
		}
		if seen[d.Code] {
			im.twice("departments", i, "code")
			continue
		}
		seen[d.Code] = true
		rows = append(rows, departmentRow{Code: d.Code, Name: d.Name, Hall: d.Hall, Region: im.region("departments", i, d.Region)})
	}
	set := append(clause.AssignmentColumns([]string{"name", "hall"}), kept("departments", "region")...)
	if err := upsert(im, rows, []string{"code"}, set); err != nil {
		return err
	}
	if err := im.loadDepartments(); err != nil {
		return err
	}
	for _, r := range rows { // those that a wrong row kept out are no unknown ones
		if _, ok := im.depts[r.Code]; !ok {
			r.ID = -1
			im.depts[r.Code] = r
		}
	}
	return nil
}

// dept returns the department of a code; the empty code is none.
func (im *importer) dept(list string, row int, field, code string) departmentRow {
	d, ok := im.depts[code]
	if !ok && code != "" {
		im.unknown(list, row, field, code)
	}
	return d
}

// initials returns the first letters of the pinyin of a name; what is not
// Chinese stays as it is.
func initials(name string) string {
	args := pinyin.NewArgs()
	args.Style = pinyin.FirstLetter
	args.Fallback = func(r rune, _ pinyin.Args) []string {
		if unicode.IsLetter(r) || unicode.IsDigit(r) {
			return []string{string(r)}
		}
		return nil
	}
	return fold(strings.Join(pinyin.LazyPinyin(name, args), ""))
}
