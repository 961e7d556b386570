package main

import (
	"fmt"
	"io"
	"slices"
	"strconv"
	"strings"
	"unicode/utf8"

	"github.com/shujie-gov/shujie/models"
	"github.com/shujie-gov/shujie/workflow"
)

// blocker is a row of a blockers file: a service item, the paper it demands,
// who demands it, who holds the data, and which resource replaces the paper.
type blocker struct {
	No          string
	Batch       int
	Item        string
	Proof       string
	Demander    string // department codes
	Holder      string
	Resource    string // empty when no data exists
	Class       workflow.ShareClass
	Alternative string // the legal alternative when no data exists
}

// title is how the blocker is filed.
func (b blocker) title() string { return b.Item + "：索要" + b.Proof }

// batchName is how the batch of the blocker is registered.
func (b blocker) batchName() string { return batchName(b.Batch) }

func batchName(n int) string {
	digits := []string{"零", "一", "二", "三", "四", "五", "六", "七", "八", "九", "十"}
	if n < len(digits) {
		return "百项堵点 · 第" + digits[n] + "批"
	}
	return fmt.Sprintf("百项堵点 · 第%d批", n)
}

// readBlockers reads a file with the columns of testdata/blockers.csv. Every
// wrong cell is named by row and column; one wrong cell refuses the file.
// alternatives are the legal alternatives that a requirement can be waived by.
func readBlockers(name string, r io.Reader, departments []models.Department, alternatives []string) ([]blocker, error) {
	t, err := readTable(name, r,
		[]string{
			"no", "batch", "service_item", "proof_demanded", "demanding_department",
			"holding_department", "replacing_resource", "share_class", "alternative",
		},
		[]string{"inferred"})
	if err != nil {
		return nil, err
	}
	codes := map[string]bool{}
	for _, d := range departments {
		codes[d.Code] = !d.Hall
	}
	bad := &tableError{name: name}
	list := make([]blocker, 0, len(t.rows))
	numbers := map[string]int{}
	same := map[string]int{}
	for _, row := range t.rows {
		b := readBlocker(row, codes, alternatives, bad)
		if first, twice := numbers[b.No]; twice && b.No != "" {
			bad.add(row.line, "no", "%s stands in row %d already", b.No, first)
		}
		numbers[b.No] = row.line
		key := strings.Join([]string{b.Item, b.Proof, b.Demander}, "\x00")
		if first, twice := same[key]; twice {
			bad.add(row.line, "proof_demanded", "the same paper of the same item stands in row %d already", first)
		}
		same[key] = row.line
		list = append(list, b)
	}
	if err := bad.or(); err != nil {
		return nil, err
	}
	return list, nil
}

func readBlocker(row tableRow, codes map[string]bool, alternatives []string, bad *tableError) blocker {
	b := blocker{
		No: row.values["no"], Item: row.values["service_item"], Proof: row.values["proof_demanded"],
		Demander: row.values["demanding_department"], Holder: row.values["holding_department"],
		Resource: row.values["replacing_resource"], Alternative: row.values["alternative"],
	}
	for _, column := range []string{"no", "service_item", "proof_demanded", "demanding_department", "holding_department"} {
		switch v := row.values[column]; {
		case v == "":
			bad.add(row.line, column, "it is empty")
		case utf8.RuneCountInString(v) > 100:
			bad.add(row.line, column, "it is longer than 100 characters")
		case strings.HasSuffix(column, "_department") && !codes[v]:
			bad.add(row.line, column, "there is no department %q", v)
		}
	}
	if utf8.RuneCountInString(b.Resource) > 100 {
		bad.add(row.line, "replacing_resource", "it is longer than 100 characters")
	}
	n, err := strconv.Atoi(row.values["batch"])
	if err != nil || n < 1 || n > 999 {
		bad.add(row.line, "batch", "%q is not a number from 1 to 999", row.values["batch"])
	}
	b.Batch = n
	switch row.values["share_class"] {
	case "0":
		b.Class = workflow.NoData
		if b.Resource != "" {
			bad.add(row.line, "replacing_resource", "class 0 says that no data exists, yet a resource is named")
		}
		if b.Alternative == "" {
			bad.add(row.line, "alternative", "no data exists, so a legal alternative is required (%s)", strings.Join(alternatives, ", "))
		}
	case "1", "2":
		b.Class = workflow.Unconditional
		if row.values["share_class"] == "2" {
			b.Class = workflow.Conditional
		}
		if b.Resource == "" {
			bad.add(row.line, "replacing_resource", "it is empty, yet class %d says that data exists", b.Class)
		}
	default:
		bad.add(row.line, "share_class", "%q is none of 0 (no data), 1 (unconditional), 2 (conditional)", row.values["share_class"])
	}
	if b.Alternative != "" && !slices.Contains(alternatives, b.Alternative) {
		bad.add(row.line, "alternative", "%q is none of %s", b.Alternative, strings.Join(alternatives, ", "))
	}
	return b
}
