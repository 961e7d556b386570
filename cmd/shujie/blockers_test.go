package main

import (
	"os"
	"strings"
	"testing"

	"github.com/shujie-gov/shujie/models"
	"github.com/shujie-gov/shujie/testdata"
	"github.com/shujie-gov/shujie/workflow"
)

const header = "no,batch,service_item,proof_demanded,demanding_department,holding_department,replacing_resource,share_class,inferred,alternative\n"

func parse(tb testing.TB, text string) ([]blocker, error) {
	tb.Helper()
	departments, err := readDepartments(testdata.Files)
	if err != nil {
		tb.Fatal(err)
	}
	return readBlockers("x.csv", strings.NewReader(text), append(departments, models.Department{Code: "HALL-JS", Hall: true}),
		[]string{"告知承诺", "现场核查"})
}

func TestTheRealBlockersAreRead(t *testing.T) {
	text, err := os.ReadFile("../../testdata/blockers.csv")
	if err != nil {
		t.Fatal(err)
	}
	list, err := parse(t, string(text))
	if err != nil {
		t.Fatal(err)
	}
	classes := map[workflow.ShareClass]int{}
	batches := map[int]int{}
	for _, b := range list {
		classes[b.Class]++
		batches[b.Batch]++
	}
	if len(list) != 75 || classes[0] != 2 || classes[1] != 28 || classes[2] != 45 || len(batches) != 5 {
		t.Fatalf("read %d blockers, classes %v, batches %v", len(list), classes, batches)
	}
	if got := list[0].title(); got != "大厅各类事项表单填报：索要姓名性别身份证号住址重复填写" {
		t.Errorf("title = %s", got)
	}
}

func TestTheSameFileFromAnotherEditorIsRead(t *testing.T) {
	text := "\uFEFF" + strings.ReplaceAll(header+`1,1, 结婚登记 ,身份证复印件,MZ,GA,居民身份证电子证照,1,"asks,holds",`+"\n", "\n", "\r\n")
	list, err := parse(t, text)
	if err != nil {
		t.Fatal(err)
	}
	if len(list) != 1 || list[0].Item != "结婚登记" {
		t.Fatalf("read %+v", list)
	}
}

func TestABadFileIsRefusedByRowAndColumn(t *testing.T) {
	good := "1,1,结婚登记,身份证复印件,MZ,GA,居民身份证电子证照,1,,\n"
	for name, tc := range map[string]struct {
		text string
		want []string
	}{
		"an empty file":          {"", []string{"empty"}},
		"a header alone":         {header, []string{"no rows"}},
		"a missing column":       {"no,batch\n1,1\n", []string{"row 1", "column service_item", "missing"}},
		"an unknown column":      {strings.Replace(header, "no,", "nr,", 1) + good, []string{"row 1", `"nr"`}},
		"a batch that is a word": {header + good + "2,first,a,b,MZ,GA,r,1,,\n", []string{"row 3", "column batch", "first"}},
		"an unknown department":  {header + "1,1,a,b,MZ,XX,r,1,,\n", []string{"row 2", "column holding_department", "XX"}},
		"a hall as department":   {header + "1,1,a,b,HALL-JS,GA,r,1,,\n", []string{"row 2", "column demanding_department"}},
		"a class beyond 2":       {header + "1,1,a,b,MZ,GA,r,7,,\n", []string{"row 2", "column share_class"}},
		"data without resource":  {header + "1,1,a,b,MZ,GA,,1,,\n", []string{"row 2", "column replacing_resource"}},
		"no data, no way round":  {header + "1,1,a,b,MZ,GA,,0,,\n", []string{"row 2", "column alternative"}},
		"an unknown way round":   {header + "1,1,a,b,MZ,GA,,0,,算命\n", []string{"row 2", "column alternative", "算命"}},
		"a number used twice":    {header + good + "1,1,a,b,MZ,GA,r,1,,\n", []string{"row 3", "column no", "row 2"}},
		"the same paper twice":   {header + good + "2,1,结婚登记,身份证复印件,MZ,GA,居民身份证电子证照,1,,\n", []string{"row 3", "column proof_demanded"}},
		"an empty item":          {header + "1,1,,b,MZ,GA,r,1,,\n", []string{"row 2", "column service_item"}},
		"a row too short":        {header + "1,1,a\n", []string{"row 2", "column proof_demanded"}},
		"a row too long":         {header + "1,1,a,b,MZ,GA,r,1,,,x\n", []string{"row 2", "column 11"}},
		"an open quote":          {header + "1,1,\"a,b,MZ,GA,r,1,,\n", []string{"row"}},
		"bytes that are no text": {header + "1,1,\xff,b,MZ,GA,r,1,,\n", []string{"row 2", "column service_item", "UTF-8"}},
		"a quoted line break":    {header + "1,1,\"a\nb\",p,MZ,GA,r,1,,\n2,1,a,b,MZ,GA,r,9,,\n", []string{"row 4", "column share_class"}},
	} {
		t.Run(name, func(t *testing.T) {
			list, err := parse(t, tc.text)
			if err == nil {
				t.Fatalf("it was read: %+v", list)
			}
			for _, w := range append(tc.want, "x.csv", "nothing was loaded") {
				if !strings.Contains(err.Error(), w) {
					t.Errorf("%q does not say %q", err, w)
				}
			}
		})
	}
}

func TestEveryBadCellIsNamedAtOnce(t *testing.T) {
	_, err := parse(t, header+"1,x,a,b,MZ,XX,r,9,,\n2,1,,b,MZ,GA,r,1,,\n")
	if err == nil {
		t.Fatal("it was read")
	}
	for _, w := range []string{"row 2, column batch", "row 2, column holding_department", "row 2, column share_class", "row 3, column service_item"} {
		if !strings.Contains(err.Error(), w) {
			t.Errorf("%q does not name %s", err, w)
		}
	}
}

func FuzzBlockersFile(f *testing.F) {
	f.Add(header + "1,1,a,b,MZ,GA,r,1,,\n")
	f.Add("\uFEFFno,batch\n1,\"\n")
	f.Add(header + ",,,,,,,,,\n")
	f.Fuzz(func(t *testing.T, text string) {
		list, err := parse(t, text)
		if (err == nil) == (len(list) == 0) {
			t.Fatalf("%d blockers and error %v", len(list), err)
		}
		for _, b := range list {
			if err == nil && (b.Item == "" || b.Proof == "" || b.Batch < 1) {
				t.Fatalf("a blocker without its parts was let through: %+v", b)
			}
		}
	})
}
