package handlers

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"iter"
	"mime"
	"net/http"
	"path/filepath"
	"strings"

	"github.com/gin-gonic/gin"

	"github.com/shujie-gov/shujie/fault"
	"github.com/shujie-gov/shujie/models"
	"github.com/shujie-gov/shujie/sheet"
	"github.com/shujie-gov/shujie/workflow"
)

// The bounds of a file of the catalogue. House rules: a province keeps some
// tens of thousands of resources, of some ten information items each.
const (
	maxFile     = 32 << 20
	maxUnpacked = 512 << 20
	maxLines    = 200_000
)

// importRoute is where files of the catalogue are sent.
const importRoute = "/resources/import"

// FileLimits bounds what is read of a file of the catalogue.
func FileLimits() sheet.Limits {
	return sheet.Limits{Unpacked: maxUnpacked, Rows: maxLines, Columns: 100, Cell: 16 << 10}
}

// importView is what an import did, or would do.
type importView struct {
	models.Imported
	Dry  bool  `json:"dry_run"`
	Case int64 `json:"case,omitempty"` // the change that was opened

	// For the page only.
	Of      string     `json:"-"` // what is imported: "resources" or "proofs"
	Done    bool       `json:"-"`
	File    string     `json:"-"`
	Faults  []cellView `json:"-"`
	Wrong   int        `json:"-"`
	Columns []string   `json:"-"`
}

type cellView struct {
	Line   int
	Column fault.Text
	Text   fault.Text
}

// entryImport is the page on which entries are imported.
func entryImport() importView { return importView{Of: "resources", Columns: workflow.EntryHead()} }

// importForm serves GET /resources/import.
func (h *things) importForm(*gin.Context) (Page, error) {
	return Page{View: "import", Data: entryImport()}, nil
}

// importEntries serves POST /resources/import: a file of the catalogue, checked
// cell by cell, taken as a whole or not at all.
func (h *things) importEntries(c *gin.Context) (Page, error) {
	name, data, dry, err := fileOf(c)
	if err != nil {
		return Page{View: "import", Data: entryImport()}, err
	}
	ctx, a := c.Request.Context(), actorOf(c)
	n, err := h.show.dir.names(ctx)
	if err != nil {
		return Page{}, err
	}
	out := entryImport()
	out.Dry, out.File = dry, name
	t, err := h.readEntries(a, n, data)
	if err == nil && t.Wrong == 0 {
		err = refusedEntries(t, h.take(c, t, dry, &out))
	}
	if t.Wrong > 0 {
		err = out.report(&t.Table, workflow.EntryLabel)
	}
	if err != nil {
		return Page{View: "import", Data: out}, err
	}
	if !dry {
		h.show.dir.forget()
	}
	out.Done = true
	page := Page{View: "import", Data: out}
	if out.Case != 0 {
		page.Location = casePath(out.Case)
	}
	return page, nil
}

// take publishes what the authority imports at once; what a department imports
// becomes one change, which its head and the authority read before it is
// published.
func (h *things) take(c *gin.Context, t *workflow.EntryTable, dry bool, out *importView) error {
	ctx, a := c.Request.Context(), actorOf(c)
	if h.policy.Can(a, "catalogue", "write") == nil {
		list := make([]models.NewEntry, len(t.Entries))
		for i, e := range t.Entries {
			list[i] = models.NewEntry{Provider: e.Provider, Entry: e.Entry}
		}
		var err error
		out.Imported, err = h.store.PublishEntries(ctx, a.Name, list, dry)
		return err
	}
	if len(t.Entries) > maxChange {
		return fault.InvalidField("file", fmt.Sprintf("一件目录变更最多 %d 条资源，请分批导入", maxChange), fmt.Sprintf("holds more than %d resources for one change; import it in parts", maxChange))
	}
	p := proposal{dept: ownDept(a), cause: "导入：" + out.File}
	for _, e := range t.Entries {
		p.list = append(p.list, models.Change{Provider: e.Provider, Entry: e.Entry})
		out.Items += len(e.Entry.Items)
	}
	out.Changed = len(p.list)
	if dry {
		return h.store.CheckChange(ctx, workflow.Key{}, p.dept, p.list)
	}
	err := h.open(c, &p)
	out.Case = int64(p.id)
	return err
}

// readEntries reads a file as a table of entries. A provider outside of what the
// actor keeps is refused where it is named.
func (h *things) readEntries(a workflow.Actor, n *names, data []byte) (*workflow.EntryTable, error) {
	t := &workflow.EntryTable{Code: h.code, Provider: func(code, name string) (workflow.DeptID, *fault.Text) { return n.provider(a, code, name) }}
	err := sheet.Read(data, FileLimits(), t.Take)
	if err == nil {
		t.End()
	}
	return t, err
}

// provider finds a department by code and name, of which one may be left open,
// that the actor belongs to or keeps.
func (n *names) provider(a workflow.Actor, code, name string) (workflow.DeptID, *fault.Text) {
	d, why := n.named(code, name)
	if why != nil {
		return 0, why
	}
	for _, g := range a.Grants {
		if g.Role.Domain() == workflow.InRegion && below(d.Region, g.Region) || g.Role.Domain() == workflow.InDepartment && g.Dept == d.ID {
			return d.ID, nil
		}
	}
	return 0, &fault.Text{ZH: "「" + d.Name + "」不是您的部门，也不在您的区划内", EN: d.Name + " is neither your department nor within your region"}
}

// named finds a department by code and name, of which one may be left open.
func (n *names) named(code, name string) (models.Department, *fault.Text) {
	d, ok := n.byCode[code]
	switch {
	case code == "" && name == "":
		return d, &fault.Text{ZH: "请填写部门", EN: "the department is required"}
	case code != "" && !ok:
		return d, &fault.Text{ZH: "没有代码为「" + code + "」的部门", EN: "there is no department with the code " + code}
	case code != "" && name != "" && d.Name != name:
		return d, &fault.Text{ZH: "代码「" + code + "」的部门是「" + d.Name + "」", EN: "the department with the code " + code + " is " + d.Name}
	case code == "":
		found := 0
		for _, one := range n.depts {
			if one.Name == name {
				d, found = one, found+1
			}
		}
		if found != 1 {
			return d, &fault.Text{ZH: "没有「" + name + "」这个部门，或有几个同名，请填写代码", EN: "there is no department of that name, or several; give its code"}
		}
	}
	return d, nil
}

// refusedEntries takes what the store refused of entries into the report, where
// they stand in the file.
func refusedEntries(t *workflow.EntryTable, err error) error {
	var f *fault.Error
	if !errors.As(err, &f) || len(f.Fields) == 0 {
		return err
	}
	for _, w := range f.Fields {
		var i int
		var field string
		if _, e := fmt.Sscanf(w.Name, "entries[%d].%s", &i, &field); e != nil || i < 0 || i >= len(t.Entries) {
			return err
		}
		t.Refuse(t.Entries[i].Line, field, w.Text)
	}
	return nil
}

// report says which cells are wrong, and shows them as a table on the page.
// label tells what a column is called.
func (v *importView) report(t *workflow.Table, label func(field string) fault.Text) error {
	v.Wrong = t.Wrong
	f := fault.New(fault.Invalid, fmt.Sprintf("文件有 %d 处错误，没有写入任何内容。", t.Wrong), fmt.Sprintf("The file has %d errors; nothing was written.", t.Wrong))
	for _, w := range t.Faults {
		column := fault.Text{ZH: "整行", EN: "Row"}
		if w.Column != "" {
			column = label(w.Column)
		}
		v.Faults = append(v.Faults, cellView{w.Line, column, w.Text})
		f.Fields = append(f.Fields, fault.Field{
			Name: strings.TrimSuffix(fmt.Sprintf("line[%d].%s", w.Line, w.Column), "."),
			Text: fault.Text{ZH: fmt.Sprintf("第 %d 行 %s：%s", w.Line, column.ZH, w.Text.ZH), EN: fmt.Sprintf("line %d, %s: %s", w.Line, column.EN, w.Text.EN)},
		})
	}
	return f
}

// fileOf reads a file: as the body itself, or as the field file of a form, with
// the flag dry_run in the query or the form.
func fileOf(c *gin.Context) (name string, data []byte, dry bool, err error) {
	dry = c.Query("dry_run") == "true"
	kind, _, _ := mime.ParseMediaType(c.GetHeader("Content-Type")) // an unreadable type is none of these
	switch kind {
	case "multipart/form-data":
		if err := c.Request.ParseMultipartForm(maxFile); err != nil {
			if errors.As(err, new(*http.MaxBytesError)) {
				return "", nil, dry, err
			}
			return "", nil, dry, fault.InvalidField("file", "表单没有传完", "the form did not arrive whole")
		}
		dry = dry || c.Request.FormValue("dry_run") != ""
		f, head, err := c.Request.FormFile("file")
		if err != nil || head.Size == 0 {
			return "", nil, dry, fault.InvalidField("file", "请选择文件", "choose a file")
		}
		defer func() { _ = f.Close() }()
		data, err := io.ReadAll(f)
		return filepath.Base(head.Filename), data, dry, err
	case "text/csv", mimeXLSX, "application/octet-stream":
		data, err := io.ReadAll(c.Request.Body)
		if err == nil && len(data) == 0 {
			err = fault.InvalidField("file", "文件是空的", "is empty")
		}
		return "", data, dry, err
	}
	return "", nil, dry, unsupportedFile(kind)
}

const mimeXLSX = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"

func unsupportedFile(kind string) error {
	return &httpError{status: http.StatusUnsupportedMediaType, code: "media-type", detail: fault.Text{
		ZH: fmt.Sprintf("内容类型 %q 不受支持，请用 text/csv、xlsx 或 multipart/form-data。", kind),
		EN: fmt.Sprintf("The media type %q is not supported; send text/csv, xlsx or multipart/form-data.", kind),
	}}
}

// exportEntries serves GET /resources/export: the entries that a list with the
// same filters shows, in the layout that an import reads.
func (h *things) exportEntries(c *gin.Context, fail func(error)) {
	ctx := c.Request.Context()
	n, err := h.show.dir.names(ctx)
	if err != nil {
		fail(err)
		return
	}
	q := queryOf(c)
	ask := resourceQuery(c, q, n)
	format := q.oneOf("format", "csv", "xlsx")
	if err := q.err(); err != nil {
		fail(err)
		return
	}
	if err := sendTable(c, "resources", "信息资源目录", format, h.entryRows(ctx, n, ask)); err != nil {
		fail(err)
	}
}

// sendTable answers with rows as a file, CSV or xlsx. Nothing is sent when they
// cannot be read to the end.
func sendTable(c *gin.Context, file, title, format string, rows iter.Seq2[[]string, error]) error {
	var b bytes.Buffer
	kind, write := mimeXLSX, func() error { return sheet.WriteXLSX(&b, title, rows) }
	if format != "xlsx" {
		format, kind = "csv", "text/csv; charset=utf-8"
		write = func() error { return sheet.WriteCSV(&b, rows) }
	}
	if err := write(); err != nil {
		return err
	}
	c.Header("Content-Disposition", `attachment; filename="`+file+"."+format+`"`)
	c.Data(http.StatusOK, kind, b.Bytes())
	return nil
}

// entryRows are the rows of the entries that q lists, with their head.
func (h *things) entryRows(ctx context.Context, n *names, q models.ResourceQuery) iter.Seq2[[]string, error] {
	return func(yield func([]string, error) bool) {
		if !yield(workflow.EntryHead(), nil) {
			return
		}
		err := h.store.EachEntry(ctx, q, func(r models.Resource, e workflow.Entry) error {
			d := n.byID[r.Provider]
			for _, row := range workflow.EntryRows(&e, d.Name, d.Code) {
				if !yield(row, nil) {
					return errEnough
				}
			}
			return nil
		})
		if err != nil && !errors.Is(err, errEnough) {
			yield(nil, err)
		}
	}
}

var errEnough = errors.New("the reader has enough")
