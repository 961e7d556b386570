package exchange

import (
	"encoding/base64"
	"encoding/json"
	"net/http"
	"strings"
	"testing"
	"time"
	"unicode/utf8"
)

// FuzzAnswer gives any answer to every profile: each ends in one outcome, and
// only a record has a body.
func FuzzAnswer(f *testing.F) {
	f.Add(200, "application/json", []byte(`{"code":"0","data":[{"xm":"张三"}]}`))
	f.Add(500, "text/xml", []byte(`<E:Envelope xmlns:E="x"><E:Body><E:Fault><faultcode>E:Server</faultcode></E:Fault></E:Body></E:Envelope>`))
	f.Add(200, "text/xml;charset=gbk", []byte(`<Envelope><Body><out>&lt;PACKAGE&gt;&lt;FHDM&gt;10&lt;/FHDM&gt;&lt;RECORD&gt;&lt;XM&gt;a&lt;/XM&gt;&lt;/RECORD&gt;&lt;/PACKAGE&gt;</out></Body></Envelope>`))
	f.Add(200, "", []byte("\xff\xfe<\x00a\x00"))
	hash := base64.StdEncoding.EncodeToString(make([]byte, 64))
	all := Profiles()
	f.Fuzz(func(t *testing.T, status int, media string, body []byte) {
		if status < 200 || status > 599 || status >= 300 && status < 400 {
			return
		}
		text := legible(body, media)
		if !utf8.Valid(text) {
			t.Fatalf("%q of %q became %q", body, media, text)
		}
		for _, p := range all {
			a := p.dialect.read(Answer{Status: status, Body: text, header: http.Header{xroadHash: {hash}}},
				call{Service: Service{AppKey: "appkey"}, Question: Question{Params: map[string]string{"xm": "张三"}}})
			switch a.Outcome {
			case Found:
				if !json.Valid(a.Body) || empty(a.Body) {
					t.Errorf("%s: found %q", p.Name, a.Body)
				}
			case NoRecord, Refused, Technical, Unknown:
				if a.Body != nil {
					t.Errorf("%s: %s with a body", p.Name, a.Outcome)
				}
			default:
				t.Errorf("%s: %q ends as %q", p.Name, body, a.Outcome)
			}
			if strings.Contains(a.Message, "张三") || a.Message == "" {
				t.Errorf("%s: message %q", p.Name, a.Message)
			}
		}
	})
}

// FuzzGrant gives any answer to every profile that asks for keys: there is a key
// or an outcome, and a key can be carried by a header.
func FuzzGrant(f *testing.F) {
	f.Add(200, []byte(`{"access_token":"a","token_type":"Bearer","expires_in":9223372036854775807}`))
	f.Add(401, []byte(`{"error":"invalid_client"}`))
	f.Add(200, []byte(`{"code":"00","datas":{"requestSecret":"a","requestSecretEndTime":"1","refreshSecret":"b","refreshSecretEndTime":1e3}}`))
	f.Add(200, []byte(`{"code":"0","data":{"secret":"`+exampleSealed+`"}}`))
	at := time.UnixMilli(1754006400000)
	all := Profiles()
	f.Fuzz(func(t *testing.T, status int, body []byte) {
		for _, p := range all {
			d, ok := p.dialect.(keyed)
			if !ok {
				continue
			}
			g, a := d.grant(Answer{Status: status, Body: body}, Service{RID: "r", AppKey: exampleAppKey}, at)
			if (a.Outcome == "") != (g.key != "") {
				t.Errorf("%s: outcome %q with key %q", p.Name, a.Outcome, g.key)
			}
			if a.Outcome == "" && g.until.IsZero() {
				t.Errorf("%s: a key without an end", p.Name)
			}
		}
	})
}
