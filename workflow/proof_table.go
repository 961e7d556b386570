package workflow

import (
	"fmt"
	"slices"
	"unicode/utf8"

	"github.com/shujie-gov/shujie/fault"
)

// Proof is one paper that a service item demands, as the list of demanded proofs
// (证明事项清单) states it: by what law, who demands it, who makes it out, and what
// replaces it.
type Proof struct {
	Item         string
	ItemCode     string
	Demander     string // department code
	Name         string
	Basis        string // 设定依据
	Issuer       string // 开具单位
	Holder       string // department code of who holds the data, "" when nobody is known to
	Resource     string // code or name of the data that replaces it
	Alternative  string // the legal alternative where no data exists
	Status, Wait string // what coverage says of it; not read
}

// ProofColumns are the columns of the list, in order.
func ProofColumns() []Column {
	column := func(field, zh, en string) Column { return Column{field, fault.Text{ZH: zh, EN: en}} }
	return []Column{
		column("item", "事项名称", "Service item"),
		column("item_code", "事项编码", "Item code"),
		column("demander", "索要单位", "Demanded by"),
		column("demander_code", "索要单位代码", "Demander code"),
		column("proof", "证明名称", "Proof"),
		column("basis", "设定依据", "Legal basis"),
		column("issuer", "开具单位", "Made out by"),
		column("holder", "数据持有部门", "Data held by"),
		column("holder_code", "数据持有部门代码", "Holder code"),
		column("resource", "替代数据资源", "Replacing resource"),
		column("alternative", "替代方式", "Alternative"),
		column("status", "目前情况", "Status"),
		column("waits", "正在等待", "Waits for"),
	}
}

// ProofLabel returns what a column of the list is called.
func ProofLabel(field string) fault.Text {
	for _, c := range ProofColumns() {
		if c.Field == field {
			return c.Label
		}
	}
	return fault.Text{ZH: field, EN: field}
}

// ProofRow is the row of one proof, such that ProofTable reads the same;
// demander and holder are what the departments are called.
func ProofRow(p *Proof, demander, holder string) []string {
	return []string{p.Item, p.ItemCode, demander, p.Demander, p.Name, p.Basis, p.Issuer, holder, p.Holder, p.Resource, p.Alternative, p.Status, p.Wait}
}

// ProofTable reads a list of demanded proofs row by row: [ProofTable.Take] for
// every row, the head first, and [ProofTable.End]. What a row leaves open of its
// item is that of the row above, as merged cells are.
type ProofTable struct {
	// Department finds a department by code, by name, or both.
	Department   func(code, name string) (string, *fault.Text)
	Alternatives []string // the legal alternatives there are

	Table
	Proofs []Proof
	Lines  []int // of the proofs

	form tableForm
	seen map[string]int
}

// The bounds of a proof. House rules.
const (
	maxProofName  = 200
	maxProofBasis = 500
)

// Take takes the next row of a file. Its error is always nil: what is wrong
// stands in the report.
func (t *ProofTable) Take(line int, cells []string) error {
	if t.form.columns == nil {
		t.seen = map[string]int{}
		t.form = tableForm{ProofColumns(), [][]string{{"item"}, {"demander_code", "demander"}, {"proof"}}}
	}
	if row, ok := t.cells(&t.form, line, cells); ok {
		t.row(line, row)
	}
	return nil
}

func (t *ProofTable) row(line int, row map[string]string) {
	p := Proof{
		Item: row["item"], ItemCode: row["item_code"], Name: row["proof"], Basis: row["basis"], Issuer: row["issuer"],
		Resource: row["resource"], Alternative: row["alternative"],
	}
	p.Demander = t.department(line, "demander", row)
	if n := len(t.Proofs); n > 0 && p.Item == "" {
		above := &t.Proofs[n-1]
		p.Item, p.ItemCode = above.Item, above.ItemCode
		if row["demander"] == "" && row["demander_code"] == "" {
			p.Demander = above.Demander
		}
	}
	p.Holder = t.department(line, "holder", row)
	for _, f := range []struct {
		field, text string
		most        int
		must        bool
	}{
		{"item", p.Item, maxProofName, true},
		{"item_code", p.ItemCode, maxEntryWord, false},
		{"proof", p.Name, maxProofName, true},
		{"basis", p.Basis, maxProofBasis, false},
		{"issuer", p.Issuer, maxEntryWord, false},
		{"resource", p.Resource, maxProofName, false},
	} {
		switch {
		case f.must && f.text == "":
			t.refuse(line, f.field, "请填写", "is required")
		case utf8.RuneCountInString(f.text) > f.most:
			t.refuse(line, f.field, fmt.Sprintf("超过 %d 字", f.most), fmt.Sprintf("is longer than %d characters", f.most))
		}
	}
	if p.Demander == "" && !t.named(line, "demander") && !t.named(line, "demander_code") {
		t.refuse(line, "demander_code", "请填写索要单位", "who demands it is required")
	}
	if p.Alternative != "" && !slices.Contains(t.Alternatives, p.Alternative) {
		t.refuse(line, "alternative", fmt.Sprintf("没有「%s」这种替代方式，应为%v", p.Alternative, t.Alternatives), fmt.Sprintf("must be one of %v", t.Alternatives))
	}
	key := p.Demander + "\x00" + p.Item + "\x00" + p.Name
	if at := t.seen[key]; at != 0 {
		t.refuse(line, "proof", fmt.Sprintf("第 %d 行已有这项证明", at), fmt.Sprintf("the proof stands in line %d already", at))
	}
	t.seen[key] = line
	t.Proofs, t.Lines = append(t.Proofs, p), append(t.Lines, line)
}

// department finds what a row names in the columns field and field_code; none
// when both are empty.
func (t *ProofTable) department(line int, field string, row map[string]string) string {
	code, name := row[field+"_code"], row[field]
	if code == "" && name == "" {
		return ""
	}
	found, why := t.Department(code, name)
	if why != nil {
		column := field
		if code != "" {
			column = field + "_code"
		}
		t.Refuse(line, column, *why)
	}
	return found
}

// End closes the report.
func (t *ProofTable) End() {
	if !t.headed || t.readable {
		t.end(len(t.Proofs))
	}
}
