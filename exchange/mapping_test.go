package exchange

import (
	"bytes"
	"encoding/json"
	"errors"
	"strings"
	"testing"

	"github.com/shujie-gov/shujie/fault"
)

const sampleMapping = `{
  "parameters": {"GMSFHM": {"from": "subject.id_number"}, "QQBWDM": {"value": "A1"}, "YWMC": {"from": "case.matter"}},
  "record": {"type": "array", "minItems": 1, "items": {"type": "object", "required": ["XM"], "properties": {"XB": {"enum": ["男", "女"]}}}},
  "facts": {"name": {"at": "/0/XM"}, "sex": {"at": "/0/XB", "optional": true}, "odd": {"at": "/0/a~1b~0c", "optional": true}}
}`

func mapping(t *testing.T) Mapping {
	t.Helper()
	m, err := ParseMapping([]byte(sampleMapping))
	if err != nil {
		t.Fatal(err)
	}
	return m
}

func TestAMappingAsksInTheProvidersWordsAndKeepsWhatItNames(t *testing.T) {
	m := mapping(t)
	params := m.Parameters(Values{"subject.id_number": "1", "case.matter": "新生儿参保", "subject.name": "张三"})
	if len(params) != 3 || params["GMSFHM"] != "1" || params["QQBWDM"] != "A1" || params["YWMC"] != "新生儿参保" {
		t.Errorf("asks %v", params)
	}
	for record, want := range map[string]string{
		`[{"XM":"张三","XB":"男","HYZK":"已婚"}]`:      `{"name":"张三","sex":"男"}`,
		`[{"XM":"张三","a/b~c":12345678901234567}]`: `{"name":"张三","odd":12345678901234567}`,
		`[{"XM":"张三"},{"XM":"李四"}]`:               `{"name":"张三"}`,
	} {
		if got, err := m.Facts([]byte(record)); err != nil || string(got) != want {
			t.Errorf("%s: kept %s, %v", record, got, err)
		}
	}
}

func TestARecordThatDoesNotFitIsUnknownAndTellsNothing(t *testing.T) {
	m := mapping(t)
	for name, record := range map[string]string{
		"no record":             `[]`,
		"a name that is needed": `[{"XB":"男"}]`,
		"a value of its own":    `[{"XM":"张三","XB":"张三的性别"}]`,
		"a null":                `[{"XM":null}]`,
		"another shape":         `{"XM":"张三"}`,
		"no JSON":               `<张三>`,
	} {
		a := m.Apply(Answer{Outcome: Found, Body: []byte(record)})
		if a.Outcome != Unknown || a.Body != nil || a.Message == "" || strings.Contains(a.Message, "张三") {
			t.Errorf("%s: %v, body %q", name, a, a.Body)
		}
	}
	if a := m.Apply(Answer{Outcome: NoRecord, Message: "x"}); a.Outcome != NoRecord || a.Message != "x" {
		t.Errorf("no record became %v", a)
	}
}

func TestAMappingIsCheckedBeforeItIsUsed(t *testing.T) {
	for name, tt := range map[string]struct{ mapping, where string }{
		"no JSON":                  {`{`, "JSON"},
		"another key":              {`{"parameters":{"a":{"value":""}},"facts":{"b":{"at":""}},"more":1}`, "additionalProperties"},
		"no parameters":            {`{"facts":{"b":{"at":""}}}`, "required"},
		"no facts":                 {`{"parameters":{"a":{"value":""}},"facts":{}}`, "/facts: minProperties"},
		"a source nobody knows":    {`{"parameters":{"a":{"from":"subject.wealth"}},"facts":{"b":{"at":""}}}`, "/parameters/a/from: enum"},
		"two sources":              {`{"parameters":{"a":{"from":"subject.name","value":"x"}},"facts":{"b":{"at":""}}}`, "/parameters/a: maxProperties"},
		"a name that is none":      {`{"parameters":{"a":{"value":""}},"facts":{"姓名":{"at":""}}}`, "pattern"},
		"a place that is none":     {`{"parameters":{"a":{"value":""}},"facts":{"b":{"at":"XM"}}}`, "/facts/b/at: pattern"},
		"a schema that is none":    {`{"parameters":{"a":{"value":""}},"facts":{"b":{"at":""}},"record":{"type":"thing"}}`, "/record"},
		"a schema from elsewhere":  {`{"parameters":{"a":{"value":""}},"facts":{"b":{"at":""}},"record":{"$ref":"http://127.0.0.1/x"}}`, "/record"},
		"a schema from a file":     {`{"parameters":{"a":{"value":""}},"facts":{"b":{"at":""}},"record":{"$ref":"file:///etc/hostname"}}`, "/record"},
		"a schema from our folder": {`{"parameters":{"a":{"value":""}},"facts":{"b":{"at":""}},"record":{"$ref":"mapping.schema.json"}}`, "/record"},
	} {
		_, err := ParseMapping([]byte(tt.mapping))
		f := (*fault.Error)(nil)
		if !errors.As(err, &f) || f.Kind != fault.Invalid || f.Fields[0].Name != "mapping" || !strings.Contains(f.Fields[0].Text.EN, tt.where) || f.Fields[0].Text.ZH == "" {
			t.Errorf("%s: %+v", name, err)
		}
	}
}

func TestAMappingIsTriedOnASample(t *testing.T) {
	v := Values{"subject.id_number": "1", "case.matter": "x"}
	try := func(o TryOptions) (string, error) {
		var out bytes.Buffer
		o.Mapping, o.Values = []byte(sampleMapping), v
		err := RunTry(&out, o)
		return out.String(), err
	}
	answer := `<?xml version="1.0" encoding="GBK"?><Envelope><Body><out>&lt;P&gt;&lt;FHDM&gt;10&lt;/FHDM&gt;&lt;RECORD&gt;&lt;XM&gt;` + "\xd5\xc5\xc8\xfd" + `&lt;/XM&gt;&lt;/RECORD&gt;&lt;/P&gt;</out></Body></Envelope>`
	for name, o := range map[string]TryOptions{
		"a record":        {Sample: []byte(`[{"XM":"张三"}]`)},
		"a whole answer":  {Sample: []byte(`{"code":"0","data":[{"XM":"张三"}]}`), Profile: ProfileNational},
		"in GBK":          {Sample: []byte(answer), Profile: ProfileNationalSOAP, Media: "text/xml"},
		"through X-Road":  {Sample: []byte(`[{"XM":"张三"}]`), Profile: ProfileXRoad},
		"a list in datas": {Sample: []byte(`{"code":"00","datas":[{"XM":"张三"}]}`), Profile: ProfileZhejiang},
	} {
		out, err := try(o)
		if err != nil || !strings.Contains(out, `"name": "张三"`) || !strings.Contains(out, `"QQBWDM": "A1"`) {
			t.Errorf("%s: %v\n%s", name, err, out)
		}
	}
	for name, o := range map[string]TryOptions{
		"a record that does not fit": {Sample: []byte(`[{"XB":"男"}]`)},
		"an answer that refuses":     {Sample: []byte(`{"code":"-1"}`), Profile: ProfileNational},
		"another profile's answer":   {Sample: []byte(answer), Profile: ProfileNational},
		"a profile nobody knows":     {Sample: []byte(`[]`), Profile: "x"},
	} {
		if out, err := try(o); err == nil {
			t.Errorf("%s:\n%s", name, out)
		}
	}
	v = Values{}
	if _, err := try(TryOptions{Sample: []byte(`[{"XM":"张三"}]`)}); err == nil {
		t.Error("a parameter without a value")
	}
}

func FuzzMapping(f *testing.F) {
	f.Add([]byte(sampleMapping), []byte(`[{"XM":"张三"}]`))
	f.Add([]byte(`{"parameters":{"a":{"value":""}},"facts":{"b":{"at":""}}}`), []byte(`1`))
	f.Add([]byte(`{"parameters":{"a":{"value":""}},"facts":{"b":{"at":"/0/~01"}},"record":false}`), []byte(`{"a":[]}`))
	f.Fuzz(func(t *testing.T, text, record []byte) {
		m, err := ParseMapping(text)
		if err != nil {
			return
		}
		m.Parameters(Values{})
		if facts, err := m.Facts(record); err == nil && !json.Valid(facts) {
			t.Errorf("kept %q of %q", facts, record)
		}
	})
}
