package exchange_test

import (
	"encoding/csv"
	"encoding/json"
	"maps"
	"net/http"
	"os"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/shujie-gov/shujie/exchange"
)

func TestTheProviderAnswersTheQuestionThatWasAsked(t *testing.T) {
	s := newSimulated(t)
	c := s.client(t)
	id, name := s.person.IDNumber, s.person.Name
	for what, tt := range map[string]struct {
		params  map[string]string
		outcome exchange.Outcome
		code    string
	}{
		"a person":                    {map[string]string{"gmsfhm": id, "xm": name}, exchange.Found, "0"},
		"x for X":                     {map[string]string{"gmsfhm": strings.ToLower(id), "xm": name}, exchange.Found, "0"},
		"another name":                {map[string]string{"gmsfhm": id, "xm": name + "某"}, exchange.NoRecord, "0"},
		"a valid number nobody has":   {map[string]string{"gmsfhm": "329900195501010018", "xm": name}, exchange.NoRecord, "0"},
		"a birthday that never was":   {map[string]string{"gmsfhm": "329900199002290013", "xm": name}, exchange.Refused, "400"},
		"a number with a wrong check": {map[string]string{"gmsfhm": id[:17] + "0", "xm": name}, exchange.Refused, "400"},
		"no number":                   {map[string]string{"xm": name}, exchange.Refused, "400"},
		"no name":                     {map[string]string{"gmsfhm": id}, exchange.Refused, "400"},
		"nothing":                     {nil, exchange.Refused, "400"},
		"more than was asked for":     {map[string]string{"gmsfhm": id, "xm": name, "page": "1"}, exchange.Found, "0"},
	} {
		for _, method := range []string{http.MethodPost, http.MethodGet} {
			t.Run(what+" "+method, func(t *testing.T) {
				service := s.service
				service.Method = method
				a := c.Call(t.Context(), service, exchange.Question{Params: tt.params})
				if a.Outcome != tt.outcome || a.Code != tt.code {
					t.Errorf("%v", a)
				}
			})
		}
	}
	if n := s.Stats().Refreshes; n != 1 {
		t.Errorf("%d refreshes: a refusal by the provider is no reason for a new secret", n)
	}
}

func TestPersonsAreFictitiousAndValid(t *testing.T) {
	s := newSimulated(t)
	all := s.Persons(1 << 20)
	if len(all) != 10_000 || len(s.Persons(-1)) != 0 {
		t.Fatalf("%d persons", len(all))
	}
	seen := map[string]bool{}
	for _, p := range all {
		if seen[p.IDNumber] || !exchange.ValidID(p.IDNumber) || !strings.HasPrefix(p.IDNumber, "3299") || len([]rune(p.Name)) < 2 || len(p.Phone) != 11 {
			t.Fatalf("%+v", p)
		}
		seen[p.IDNumber] = true
	}
	for _, id := range []string{"32990019900101001X", "329900200002290020", "329900194912310037", "32990019850615003X"} {
		if !seen[id] {
			t.Errorf("%s of docs/domain.md §8 is missing", id)
		}
	}
}

func resources(t *testing.T) map[string]string {
	t.Helper()
	f, err := os.Open("../testdata/blockers.csv")
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = f.Close() }()
	rows, err := csv.NewReader(f).ReadAll()
	if err != nil {
		t.Fatal(err)
	}
	name, holder := slices.Index(rows[0], "replacing_resource"), slices.Index(rows[0], "holding_department")
	out := map[string]string{}
	for _, r := range rows[1:] {
		if r[name] != "" {
			out[r[name]] = r[holder]
		}
	}
	return out
}

func TestEveryResourceOfARealBlockerHasRecordsThatMakeSense(t *testing.T) {
	s := newSimulated(t)
	c := s.client(t)
	named := resources(t)
	if len(named) < 35 {
		t.Fatalf("%d resources", len(named))
	}
	generic := recordOf(t, c, s.Register("从未听说的信息", "XX"), s.person)
	if generic["sjmc"] != "从未听说的信息" || generic["zt"] == "" {
		t.Errorf("the record of an unknown resource: %v", generic)
	}
	for name, holder := range named {
		service := s.Register(name, holder)
		for _, p := range s.Persons(20) {
			r := recordOf(t, c, service, p)
			if r["xm"] != p.Name || r["gmsfhm"] != p.IDNumber || len(r) < 5 || r["sjmc"] != "" {
				t.Errorf("%s: %v", name, r)
			}
			for k, v := range r {
				if v == "" {
					t.Errorf("%s: %s is empty", name, k)
				}
				if strings.HasSuffix(k, "gmsfhm") && !exchange.ValidID(v) {
					t.Errorf("%s: %s is %s", name, k, v)
				}
				if k == "tyshxydm" && !exchange.ValidUSCC(v) {
					t.Errorf("%s: %s is %s", name, k, v)
				}
				if _, err := time.Parse("20060102", v); strings.HasSuffix(k, "rq") && err != nil {
					t.Errorf("%s: %s is %s", name, k, v)
				}
			}
			if again := recordOf(t, c, service, p); !maps.Equal(again, r) {
				t.Errorf("%s: asked again %v became %v", name, r, again)
			}
		}
	}
}

func TestRecordsOfOnePersonAgree(t *testing.T) {
	s := newSimulated(t)
	c := s.client(t)
	of := func(name, holder string) map[string]string { return recordOf(t, c, s.Register(name, holder), s.person) }
	base, family, marriage := of("人口基准信息", "GA"), of("户籍亲属关系信息", "GA"), of("婚姻登记信息", "MZ")
	if base["csrq"] != s.person.IDNumber[6:14] || base["hkdz"] != of("户籍登记信息", "GA")["hkdz"] {
		t.Errorf("%v", base)
	}
	if family["poxm"] != marriage["poxm"] || family["pogmsfhm"] != marriage["pogmsfhm"] {
		t.Errorf("two spouses: %v, %v", family, marriage)
	}
}

func recordOf(t *testing.T, c *exchange.Client, service exchange.Service, p exchange.Person) map[string]string {
	t.Helper()
	a := c.Call(t.Context(), service, exchange.Question{Params: map[string]string{"gmsfhm": p.IDNumber, "xm": p.Name}})
	var records []map[string]string
	if a.Outcome != exchange.Found || json.Unmarshal(a.Body, &records) != nil || len(records) != 1 {
		t.Fatalf("%v: %s", a, a.Body)
	}
	return records[0]
}
