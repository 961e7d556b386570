package exchange

import (
	"encoding/json"
	"strings"
	"testing"
	"time"
)

func TestTheBodyOfAnAnswerDecidesTheOutcome(t *testing.T) {
	for name, tt := range map[string]struct {
		body    string
		outcome Outcome
		record  string
		code    string
	}{
		"code 0 as text with a list":         {`{"code":"0","message":"成功","data":[{"xm":"张三"}]}`, Found, `[{"xm":"张三"}]`, "0"},
		"code 0 as a number with an object":  {`{"code":0,"data":{"xm":"张三"}}`, Found, `{"xm":"张三"}`, "0"},
		"code 200":                           {`{"code":200,"data":"yes"}`, Found, `"yes"`, "200"},
		"code 00 with datas":                 {`{"code":"00","msg":"ok","datas":[1],"dataCount":1}`, Found, `[1]`, "00"},
		"no code, an object of the provider": {`{"xm":"张三","xb":"1"}`, Found, `{"xm":"张三","xb":"1"}`, ""},
		"no code, a list of the provider":    {`[{"xm":"张三"}]`, Found, `[{"xm":"张三"}]`, ""},
		"no code, but data":                  {`{"data":{"xm":"张三"}}`, Found, `{"xm":"张三"}`, ""},
		"code 0, the record under its own name": {
			`{"code":"0","message":"ok","person":{"xm":"张三"}}`, Found, `{"code":"0","message":"ok","person":{"xm":"张三"}}`, "0",
		},
		"a byte order mark":                     {"\xef\xbb\xbf" + `{"code":"0","data":[1]}`, Found, `[1]`, "0"},
		"civil affairs: success":                {`{"status":"success","result":[{"xm":"张三"}]}`, Found, `[{"xm":"张三"}]`, ""},
		"civil affairs: success without result": {`{"status":"success","result":[]}`, NoRecord, "", ""},
		"civil affairs: an error":               {`{"status":"error","result":{"errormsg":"no right"}}`, Refused, "", ""},
		"data null":                             {`{"code":"0","data":null}`, NoRecord, "", "0"},
		"data empty text":                       {`{"code":"0","data":""}`, NoRecord, "", "0"},
		"data blank text":                       {`{"code":"0","data":"  "}`, NoRecord, "", "0"},
		"data empty list":                       {`{"code":"0","data":[]}`, NoRecord, "", "0"},
		"data empty object":                     {`{"code":"0","data":{}}`, NoRecord, "", "0"},
		"data a list of nothing":                {`{"code":"0","data":[null,{},""]}`, NoRecord, "", "0"},
		"data left out":                         {`{"code":"0","message":"成功","requestId":"7"}`, NoRecord, "", "0"},
		"no code, an empty object":              {`{}`, NoRecord, "", ""},
		"no code, an empty list":                {` [] `, NoRecord, "", ""},
		"null":                                  {`null`, NoRecord, "", ""},
		"code -1 as text":                       {`{"code":"-1","message":"接口调用失败","data":null}`, Refused, "", "-1"},
		"code -1 as a number":                   {`{"code":-1}`, Refused, "", "-1"},
		"code E-106":                            {`{"code":"E-106","data":""}`, Refused, "", "E-106"},
		"a code of the provider, though data":   {`{"code":500,"data":{"xm":"张三"}}`, Refused, "", "500"},
		"an empty code is none":                 {`{"code":"","data":{"xm":"张三"}}`, Found, `{"xm":"张三"}`, ""},
		"success false":                         {`{"success":false,"data":{"xm":"张三"}}`, Refused, "", ""},
		"nothing":                               {``, Technical, "", ""},
		"blank":                                 {" \n", Technical, "", ""},
		"a page":                                {`<html>系统维护中</html>`, Technical, "", ""},
		"an answer cut short":                   {`{"code":"0","data":[{"xm":`, Technical, "", ""},
		"two answers":                           {`{"code":"0","data":[1]}{"code":"0"}`, Technical, "", ""},
		"a bare word":                           {`"busy"`, Technical, "", ""},
		"a bare number":                         {`7`, Technical, "", ""},
		"words and no record":                   {`{"message":"系统繁忙"}`, Technical, "", ""},
	} {
		t.Run(name, func(t *testing.T) {
			a := judge(Answer{Status: 200, Body: []byte(tt.body)}, nil)
			if a.Outcome != tt.outcome || string(a.Body) != tt.record || a.Code != tt.code {
				t.Errorf("got %s %q code %q (%s), want %s %q code %q", a.Outcome, a.Body, a.Code, a.Message, tt.outcome, tt.record, tt.code)
			}
			if a.Message == "" {
				t.Error("nothing is said to the operator")
			}
		})
	}
}

func TestOnlyThePlatformsOwnCodesAskForANewSecret(t *testing.T) {
	for name, tt := range map[string]struct {
		a    Answer
		want bool
	}{
		"-1":                 {Answer{Outcome: Refused, Code: "-1"}, true},
		"E-106":              {Answer{Outcome: Refused, Code: "E-106"}, true},
		"HTTP 401":           {Answer{Outcome: Refused, Status: 401}, true},
		"HTTP 403":           {Answer{Outcome: Refused, Status: 403}, true},
		"the provider's 400": {Answer{Outcome: Refused, Code: "400", Status: 200}, false},
		"HTTP 404":           {Answer{Outcome: Refused, Status: 404}, false},
		"a record":           {Answer{Outcome: Found, Code: "0"}, false},
	} {
		if got := (national{}).rejects(tt.a); got != tt.want {
			t.Errorf("%s: %v", name, got)
		}
	}
}

func TestTheWordsOfAStrangerTellNothingPersonal(t *testing.T) {
	words := "未查询到张三丰(32990019900101001X)\r\n电话13800001234，密钥" + exampleAppKey + strings.Repeat("长", 300)
	a := judge(Answer{Status: 200, Body: mustJSON(t, map[string]string{"code": "500", "message": words})},
		[]string{"32990019900101001X", "张三丰", exampleAppKey, ""})
	for _, private := range []string{"张三丰", "3299", "1380000", exampleAppKey, "\n"} {
		if strings.Contains(a.Message, private) {
			t.Errorf("%q tells %q", a.Message, private)
		}
	}
	if n := len([]rune(a.Message)); n > 250 {
		t.Errorf("the message has %d characters", n)
	}
}

func TestARefreshIsReadInEveryFormSeen(t *testing.T) {
	end := time.UnixMilli(1754064000000)
	for name, tt := range map[string]struct {
		body    string
		outcome Outcome
		end     time.Time
	}{
		"code as text":           {`{"code":"0","message":"","data":{"secret":"AAAA","secretEndTime":"1754064000000"}}`, "", end},
		"code as a number":       {`{"code":0,"data":{"secret":"AAAA","secretEndTime":1754064000000}}`, "", end},
		"without an end":         {`{"code":0,"data":{"secret":"AAAA"}}`, "", time.Time{}},
		"with an empty end":      {`{"code":0,"data":{"secret":"AAAA","secretEndTime":""}}`, "", time.Time{}},
		"an end that is no time": {`{"code":0,"data":{"secret":"AAAA","secretEndTime":"tomorrow"}}`, Technical, time.Time{}},
		"data null":              {`{"code":"0","data":null}`, Technical, time.Time{}},
		"data empty text":        {`{"code":"0","data":""}`, Technical, time.Time{}},
		"an empty secret":        {`{"code":"0","data":{"secret":""}}`, Technical, time.Time{}},
		"no code":                {`{"data":{"secret":"AAAA"}}`, Technical, time.Time{}},
		"refused as text":        {`{"code":"-1","message":"签名错误","data":""}`, Refused, time.Time{}},
		"refused as a number":    {`{"code":-1,"data":null}`, Refused, time.Time{}},
		"a page":                 {`<html>`, Technical, time.Time{}},
		"nothing":                {``, Technical, time.Time{}},
	} {
		t.Run(name, func(t *testing.T) {
			a, sealed, end := readRefresh(Answer{Status: 200, Body: []byte(tt.body)}, nil)
			if a.Outcome != tt.outcome || a.Outcome == "" && !end.Equal(tt.end) || (a.Outcome == "") != (sealed == "AAAA") {
				t.Errorf("got %q %q %s (%s)", a.Outcome, sealed, end, a.Message)
			}
		})
	}
}

func TestMidnightIsShanghais(t *testing.T) {
	for at, want := range map[string]string{
		"2025-08-01T08:00:00+08:00":   "2025-08-02T00:00:00+08:00",
		"2025-08-01T00:00:00+08:00":   "2025-08-02T00:00:00+08:00",
		"2025-07-31T23:59:59.9+08:00": "2025-08-01T00:00:00+08:00",
		"2025-07-31T16:00:00Z":        "2025-08-02T00:00:00+08:00", // already 1 August there
		"2025-12-31T20:00:00+08:00":   "2026-01-01T00:00:00+08:00",
	} {
		in, err := time.Parse(time.RFC3339, at)
		if err != nil {
			t.Fatal(err)
		}
		if got := nextMidnight(in).Format(time.RFC3339); got != want {
			t.Errorf("after %s comes %s, want %s", at, got, want)
		}
	}
}

func FuzzBusinessAnswer(f *testing.F) {
	for _, s := range []string{`{"code":"0","data":[{"xm":"张三"}]}`, `{"code":-1}`, `[]`, `null`, `{"status":"success","result":1}`, "\xef\xbb\xbf{}", `{"code":{}}`} {
		f.Add(200, []byte(s))
	}
	f.Fuzz(func(t *testing.T, status int, body []byte) {
		a := judge(Answer{Status: status, Body: body}, []string{"张三"})
		switch a.Outcome {
		case Found:
			if !json.Valid(a.Body) || empty(a.Body) {
				t.Errorf("found %q in %q", a.Body, body)
			}
		case NoRecord, Refused, Technical:
			if a.Body != nil {
				t.Errorf("%s with a body", a.Outcome)
			}
		default:
			t.Errorf("%q ends as %q", body, a.Outcome)
		}
		if strings.Contains(a.Message, "张三") || len([]rune(a.Code)) > 33 {
			t.Errorf("message %q code %q", a.Message, a.Code)
		}
	})
}

func FuzzRefreshAnswer(f *testing.F) {
	f.Add([]byte(`{"code":"0","data":{"secret":"` + exampleSealed + `","secretEndTime":"1754064000000"}}`))
	f.Add([]byte(`{"code":0,"data":{"secret":"AAAA","secretEndTime":9e99}}`))
	f.Add([]byte(`{"code":"-1","data":""}`))
	f.Fuzz(func(t *testing.T, body []byte) {
		a, sealed, _ := readRefresh(Answer{Status: 200, Body: body}, []string{exampleAppKey})
		if a.Outcome == "" && sealed == "" {
			t.Error("no outcome and no secret")
		}
		if secret, err := openSecret(exampleAppKey, sealed); err == nil && secret == "" {
			t.Error("an empty secret was opened")
		}
	})
}

func mustJSON(tb testing.TB, v any) []byte {
	tb.Helper()
	b, err := json.Marshal(v)
	if err != nil {
		tb.Fatal(err)
	}
	return b
}
