package workflow_test

import (
	"fmt"
	"reflect"
	"strconv"
	"strings"
	"testing"

	"pgregory.net/rapid"

	"github.com/shujie-gov/shujie/workflow"
)

// table is a routing table of the province with rows before its default.
func table(rows ...workflow.RoutingRow) workflow.RoutingTable {
	return workflow.RoutingTable{Set: 7, Region: "320000", Rows: append(rows, workflow.RoutingRow{To: workflow.ToHolder, Reason: "目录登记的唯一持有部门"})}
}

// known is what rows of the tests may name: item 5 demands 出生证明, department
// 1 is a hall.
func known() workflow.RoutingKnown {
	return workflow.RoutingKnown{
		Regions: map[string]bool{"320000": true, cityRegion: true, "320000/320200": true, "330000": true},
		Depts:   map[workflow.DeptID]bool{hallDept: false, demanderDept: true, holderDept: true, otherDept: true},
		Items:   map[int64][]string{5: {"出生证明", "户口簿"}},
	}
}

func TestTheFirstRowThatFitsDecides(t *testing.T) {
	tab := table(
		workflow.RoutingRow{Region: cityRegion, Proof: "出生证明", To: workflow.ToDepartment, Dept: otherDept, Reason: "南京由其他局统办"},
		workflow.RoutingRow{Item: 6, To: workflow.ToCoordinator, Reason: "试点事项先研判"},
		workflow.RoutingRow{Holder: workflow.HeldByGiven, Held: holderDept, To: workflow.ToDepartment, Dept: demanderDept, Reason: "委托办理"},
		workflow.RoutingRow{Holder: workflow.HeldByNone, To: workflow.ToCoordinator, Reason: "目录缺口"},
		workflow.RoutingRow{Holder: workflow.HeldBySome, To: workflow.ToDepartment, Dept: otherDept, Reason: "多头登记由其他局牵头"},
	)
	q := func(region string, item int64, holders int64, holder workflow.DeptID, proofs ...string) workflow.RoutingQuestion {
		return workflow.RoutingQuestion{Region: region, Item: item, Proofs: proofs, Holders: holders, Holder: holder}
	}
	for name, c := range map[string]struct {
		q    workflow.RoutingQuestion
		want workflow.Route
	}{
		"region and proof":           {q(cityRegion, 5, 1, holderDept, "出生证明"), workflow.Route{To: otherDept, Set: 7, Row: 1, Reason: "南京由其他局统办"}},
		"a district below the city":  {q(cityRegion+"/320102", 5, 1, holderDept, "户口簿", "出生证明"), workflow.Route{To: otherDept, Set: 7, Row: 1, Reason: "南京由其他局统办"}},
		"a city of the same prefix":  {q("320000/3201001", 5, 1, demanderDept, "出生证明"), workflow.Route{To: demanderDept, Set: 7, Row: 6, Reason: "目录登记的唯一持有部门"}},
		"the item before the holder": {q("320000", 6, 1, holderDept, "x"), workflow.Route{Set: 7, Row: 2, Reason: "试点事项先研判"}},
		"the holder":                 {q("320000", 5, 1, holderDept, "x"), workflow.Route{To: demanderDept, Set: 7, Row: 3, Reason: "委托办理"}},
		"one of several is not it":   {q("320000", 5, 2, holderDept, "x"), workflow.Route{To: otherDept, Set: 7, Row: 5, Reason: "多头登记由其他局牵头"}},
		"a gap":                      {q("320000", 5, 0, 0, "x"), workflow.Route{Set: 7, Row: 4, Reason: "目录缺口"}},
		"the default":                {q("320000", 5, 1, otherDept, "x"), workflow.Route{To: otherDept, Set: 7, Row: 6, Reason: "目录登记的唯一持有部门"}},
	} {
		t.Run(name, func(t *testing.T) {
			if got := tab.Route(c.q); got != c.want {
				t.Fatalf("%+v, want %+v", got, c.want)
			}
		})
	}
	if wrong := tab.Check(known()); len(wrong) != 1 || wrong[0].Row != 1 || wrong[0].Column != "item" {
		t.Fatalf("item 6 is not in the catalogue: %+v", wrong)
	}
}

func TestWithoutATableTheCatalogueDecides(t *testing.T) {
	var none *workflow.RoutingTable
	if got := none.Route(workflow.RoutingQuestion{Holder: holderDept, Holders: 1}); got != (workflow.Route{To: holderDept}) {
		t.Fatalf("one holder: %+v", got)
	}
	if got := none.Route(workflow.RoutingQuestion{Holder: holderDept, Holders: 2}); got != (workflow.Route{}) {
		t.Fatalf("two holders: %+v", got)
	}
}

func TestTheNearestTableDecides(t *testing.T) {
	tables := []workflow.RoutingTable{{Set: 1, Region: "320000"}, {Set: 2, Region: cityRegion}, {Set: 3, Region: "330000"}}
	for region, want := range map[string]int64{cityRegion + "/320102": 2, cityRegion: 2, "320000/320200": 1, "320000": 1, "330000/330100": 3, "110000": 0} {
		got := workflow.NearestTable(tables, region)
		if (got == nil) != (want == 0) || got != nil && got.Set != want {
			t.Errorf("%s: %+v, want %d", region, got, want)
		}
	}
}

func TestEveryFaultOfATableIsNamedByRow(t *testing.T) {
	row := func(f func(r *workflow.RoutingRow)) workflow.RoutingTable {
		r := workflow.RoutingRow{Item: 5, Proof: "出生证明", To: workflow.ToDepartment, Dept: otherDept, Reason: "理由"}
		f(&r)
		return table(workflow.RoutingRow{Item: 5, Proof: "户口簿", To: workflow.ToCoordinator, Reason: "先研判"}, r)
	}
	if wrong := row(func(*workflow.RoutingRow) {}).Check(known()); len(wrong) != 0 {
		t.Fatalf("a sound table: %+v", wrong)
	}
	for name, c := range map[string]struct {
		t    workflow.RoutingTable
		want string // row, column and a part of the text
	}{
		"an unknown region":          {row(func(r *workflow.RoutingRow) { r.Region = "320000/320900" }), "1 region no such region"},
		"a region outside":           {row(func(r *workflow.RoutingRow) { r.Region = "330000" }), "1 region outside"},
		"an unknown item":            {row(func(r *workflow.RoutingRow) { r.Item = 99 }), "1 item no such service item"},
		"a proof of another item":    {row(func(r *workflow.RoutingRow) { r.Proof = "房产证" }), "1 proof demands no such proof"},
		"an unknown holder":          {row(func(r *workflow.RoutingRow) { r.Holder, r.Held = workflow.HeldByGiven, 99 }), "1 holder no such department"},
		"an unknown word for holder": {row(func(r *workflow.RoutingRow) { r.Holder = "many" }), "1 holder must be empty"},
		"an unknown department":      {row(func(r *workflow.RoutingRow) { r.Dept = 99 }), "1 to no such department"},
		"a hall":                     {row(func(r *workflow.RoutingRow) { r.Dept = hallDept }), "1 to leads no case"},
		"an unknown target":          {row(func(r *workflow.RoutingRow) { r.To = "boss" }), "1 to must be the code"},
		"no holder to send it to":    {row(func(r *workflow.RoutingRow) { r.To, r.Holder = workflow.ToHolder, workflow.HeldByNone }), "1 to no single holder"},
		"no reason":                  {row(func(r *workflow.RoutingRow) { r.Reason = " " }), "1 reason is required"},
		"a long reason":              {row(func(r *workflow.RoutingRow) { r.Reason = strings.Repeat("长", 201) }), "1 reason longer than 200"},
		"a formula":                  {row(func(r *workflow.RoutingRow) { r.Reason = "=1+1" }), "1 reason must not begin"},
		"no default":                 {workflow.RoutingTable{Region: "320000", Rows: []workflow.RoutingRow{{Item: 5, To: workflow.ToCoordinator, Reason: "x"}}}, "-1 rows default"},
		"no row":                     {workflow.RoutingTable{Region: "320000"}, "-1 rows empty"},
		"too many rows":              {workflow.RoutingTable{Region: "320000", Rows: make([]workflow.RoutingRow, 1001)}, "-1 rows more than 1000"},
	} {
		t.Run(name, func(t *testing.T) {
			wrong := c.t.Check(known())
			want := strings.SplitN(c.want, " ", 3)
			if len(wrong) != 1 || strconv.Itoa(wrong[0].Row) != want[0] || wrong[0].Column != want[1] || !strings.Contains(wrong[0].Text.EN, want[2]) || wrong[0].Text.ZH == "" {
				t.Fatalf("%+v, want %q", wrong, c.want)
			}
		})
	}
}

func TestARowThatAnEarlierOneHidesIsRefused(t *testing.T) {
	to := func(r workflow.RoutingRow) workflow.RoutingRow {
		r.To, r.Reason = workflow.ToCoordinator, "理由"
		return r
	}
	type R = workflow.RoutingRow
	for name, c := range map[string]struct {
		first, second R
		hidden        bool
	}{
		"the same":                          {R{Item: 5}, R{Item: 5}, true},
		"the narrower after the wider":      {R{Item: 5}, R{Item: 5, Proof: "出生证明"}, true},
		"the wider after the narrower":      {R{Item: 5, Proof: "出生证明"}, R{Item: 5}, false},
		"a city below the province":         {R{Region: "320000"}, R{Region: cityRegion}, true},
		"the province after its city":       {R{Region: cityRegion}, R{Region: "320000", Item: 5}, false},
		"another city":                      {R{Region: cityRegion}, R{Region: "320000/320200"}, false},
		"a given holder after any single":   {R{Holder: workflow.HeldByOne}, R{Holder: workflow.HeldByGiven, Held: holderDept}, true},
		"any single holder after a given":   {R{Holder: workflow.HeldByGiven, Held: holderDept}, R{Holder: workflow.HeldByOne}, false},
		"another holder":                    {R{Holder: workflow.HeldByGiven, Held: holderDept}, R{Holder: workflow.HeldByGiven, Held: otherDept}, false},
		"none and several":                  {R{Holder: workflow.HeldByNone}, R{Holder: workflow.HeldBySome}, false},
		"a row after one without condition": {R{}, R{Item: 5}, true},
	} {
		t.Run(name, func(t *testing.T) {
			wrong := table(to(c.first), to(c.second)).Check(known())
			hidden := false
			for _, f := range wrong {
				hidden = hidden || f.Row == 1 && f.Column == "rows" && strings.Contains(f.Text.EN, "row 1 covers it")
			}
			if hidden != c.hidden {
				t.Fatalf("hidden %v, want %v: %+v", hidden, c.hidden, wrong)
			}
		})
	}
}

// TestARowThatSeveralHideTogetherIsRefused hides the third row, or the fourth,
// by rows of which none does it alone.
func TestARowThatSeveralHideTogetherIsRefused(t *testing.T) {
	type R = workflow.RoutingRow
	none, one, several := R{Holder: workflow.HeldByNone}, R{Holder: workflow.HeldByOne}, R{Holder: workflow.HeldBySome}
	given := R{Holder: workflow.HeldByGiven, Held: holderDept}
	here := func(r R) R { r.Region = cityRegion; return r }
	for name, c := range map[string]struct {
		rows []R
		want string // of the last row, "" when it decides something
	}{
		"all there may be of holders":    {[]R{none, one, several, {Item: 5}}, "rows 1, 2 and 3 together cover it"},
		"… but one of them":              {[]R{none, one, {Item: 5}}, ""},
		"… at a place within":            {[]R{none, one, several, {Region: cityRegion, Proof: "出生证明"}}, "rows 1, 2 and 3 together cover it"},
		"… only at a place within":       {[]R{none, here(one), several, {Item: 5}}, ""},
		"… by rows of different widths":  {[]R{none, {Item: 5, Holder: workflow.HeldByOne}, several, {Item: 5, Proof: "出生证明"}}, "rows 1, 2 and 3 together cover it"},
		"a department is not every one":  {[]R{none, given, several, {Item: 5}}, ""},
		"one row hides it all the same":  {[]R{none, {Item: 5}, several, {Item: 5, Proof: "出生证明"}}, "row 2 covers it"},
		"two cities are not all regions": {[]R{{Region: cityRegion}, {Region: "320000/320200"}, {Region: "320000", Item: 5}}, ""},
	} {
		t.Run(name, func(t *testing.T) {
			for i := range c.rows {
				c.rows[i].To, c.rows[i].Reason = workflow.ToCoordinator, "理由"
			}
			got := ""
			for _, f := range table(c.rows...).Check(known()) {
				if f.Row == len(c.rows)-1 && f.Column == "rows" {
					got = f.Text.EN
				}
				if f.Row == len(c.rows) {
					t.Errorf("the default is refused: %s", f.Text.EN)
				}
			}
			if (c.want == "") != (got == "") || !strings.Contains(got, c.want) {
				t.Errorf("it says %q, want %q", got, c.want)
			}
		})
	}
}

// TestWhatCheckCallsHiddenNeverDecides asks random tables random questions.
func TestWhatCheckCallsHiddenNeverDecides(t *testing.T) {
	regions := []string{"", "320000", cityRegion, "320000/320200"}
	holdings := []workflow.Holding{"", workflow.HeldByNone, workflow.HeldByOne, workflow.HeldBySome, workflow.HeldByGiven}
	rapid.Check(t, func(rt *rapid.T) {
		var rows []workflow.RoutingRow
		for i := range rapid.IntRange(1, 6).Draw(rt, "rows") {
			r := workflow.RoutingRow{
				Region: rapid.SampledFrom(regions).Draw(rt, "region"), Item: rapid.SampledFrom([]int64{0, 5}).Draw(rt, "item"),
				Proof: rapid.SampledFrom([]string{"", "出生证明", "户口簿"}).Draw(rt, "proof"), Holder: rapid.SampledFrom(holdings).Draw(rt, "holder"),
				To: workflow.ToCoordinator, Reason: fmt.Sprint("理由", i),
			}
			if r.Holder == workflow.HeldByGiven {
				r.Held = rapid.SampledFrom([]workflow.DeptID{holderDept, otherDept}).Draw(rt, "held")
			}
			rows = append(rows, r)
		}
		tab := table(rows...)
		hidden := map[int]bool{}
		for _, f := range tab.Check(known()) {
			hidden[f.Row] = hidden[f.Row] || f.Column == "rows" && f.Row >= 0
		}
		for range 20 {
			q := workflow.RoutingQuestion{
				Region: rapid.SampledFrom(regions[1:]).Draw(rt, "at"), Item: rapid.SampledFrom([]int64{5, 6}).Draw(rt, "about"),
				Proofs: []string{rapid.SampledFrom([]string{"出生证明", "户口簿", "房产证"}).Draw(rt, "paper")}, Holders: rapid.Int64Range(0, 2).Draw(rt, "holders"),
			}
			if q.Holders > 0 {
				q.Holder = rapid.SampledFrom([]workflow.DeptID{holderDept, otherDept}).Draw(rt, "who")
			}
			if got := tab.Route(q); got.Row == 0 || hidden[got.Row-1] {
				rt.Fatalf("%+v is decided by %+v, hidden %v", q, got, hidden)
			}
		}
	})
}

// words names what the tests' tables speak of by simple codes.
type words struct{}

func (words) RegionOf(code string) (string, bool) {
	path := map[string]string{"320000": "320000", "320100": cityRegion}[code]
	return path, path != ""
}

func (words) RegionCode(path string) string { return path[strings.LastIndexByte(path, '/')+1:] }

func (words) ItemOf(text string) (int64, bool) {
	id, err := strconv.ParseInt(strings.TrimPrefix(text, "I"), 10, 64)
	return id, err == nil && id > 0 && text == fmt.Sprint("I", id)
}

func (words) ItemText(id int64) string { return fmt.Sprint("I", id) }

func (words) DeptOf(code string) (workflow.DeptID, bool) {
	id, ok := words{}.ItemOf("I" + strings.TrimPrefix(code, "D"))
	return workflow.DeptID(id), ok && strings.HasPrefix(code, "D")
}

func (words) DeptCode(id workflow.DeptID) string { return fmt.Sprint("D", int64(id)) }

const sheet = "region,item,proof,holder,to,reason\n320100,I5,出生证明,D3,D4,\"南京,由其他局\"\n,,,none,coordinator,目录缺口\n,,,,holder,默认\n"

func TestATableIsWrittenAndReadAsCSV(t *testing.T) {
	rows, lines, wrong := workflow.ReadRoutingCSV("\ufeff"+sheet, words{})
	if len(wrong) != 0 || !reflect.DeepEqual(lines, []int{2, 3, 4}) {
		t.Fatalf("%+v, lines %v", wrong, lines)
	}
	want := []workflow.RoutingRow{
		{Region: cityRegion, Item: 5, Proof: "出生证明", Holder: workflow.HeldByGiven, Held: holderDept, To: workflow.ToDepartment, Dept: otherDept, Reason: "南京,由其他局"},
		{Holder: workflow.HeldByNone, To: workflow.ToCoordinator, Reason: "目录缺口"},
		{To: workflow.ToHolder, Reason: "默认"},
	}
	if !reflect.DeepEqual(rows, want) {
		t.Fatalf("rows %+v", rows)
	}
	if got := workflow.WriteRoutingCSV(rows, words{}); got != sheet {
		t.Fatalf("written as %q", got)
	}
}

func TestEveryWrongCellOfACSVIsNamed(t *testing.T) {
	_, lines, wrong := workflow.ReadRoutingCSV("region,item,proof,holder,to,reason\n999999,X,,Y,Z,r\n,,\n", words{})
	var got []string
	for _, f := range wrong {
		got = append(got, fmt.Sprintf("%d %s", lines[f.Row], f.Column))
	}
	if want := []string{"2 region", "2 item", "2 holder", "2 to", "3 rows", "3 to"}; !reflect.DeepEqual(got, want) {
		t.Fatalf("%v, want %v", got, want)
	}
	for name, text := range map[string]string{"another header": "a,b\n", "nothing": "", "no UTF-8": "\xff", "a quote": "region,item,proof,holder,to,reason\n\"x\n"} {
		if _, _, wrong := workflow.ReadRoutingCSV(text, words{}); len(wrong) == 0 || wrong[0].Row != -1 || wrong[0].Text.ZH == "" {
			t.Errorf("%s: %+v", name, wrong)
		}
	}
}

// FuzzRoutingCSV reads whatever somebody uploads. What is read without a fault
// is written and read again as the same.
func FuzzRoutingCSV(f *testing.F) {
	f.Add(sheet)
	f.Add("region,item,proof,holder,to,reason\n,,\" a\",one,holder,\"x\ny\"\n")
	f.Add("region,item,proof,holder,to,reason\n,,,department,department,r")
	f.Fuzz(func(t *testing.T, text string) {
		rows, lines, wrong := workflow.ReadRoutingCSV(text, words{})
		if len(rows) != len(lines) {
			t.Fatalf("%d rows, %d lines", len(rows), len(lines))
		}
		tab := workflow.RoutingTable{Region: "320000", Rows: rows}
		tab.Check(known())
		if len(wrong) > 0 {
			return
		}
		again, _, wrong := workflow.ReadRoutingCSV(workflow.WriteRoutingCSV(rows, words{}), words{})
		if len(wrong) > 0 || !reflect.DeepEqual(rows, again) {
			t.Fatalf("%+v\nis read again as\n%+v, %v", rows, again, wrong)
		}
	})
}
