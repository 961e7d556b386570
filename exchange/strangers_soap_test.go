package exchange_test

import (
	"encoding/xml"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"strconv"
	"strings"
	"testing"

	"golang.org/x/text/encoding/simplifiedchinese"

	"github.com/shujie-gov/shujie/exchange"
)

// population is a population service behind /wsproxy by hand: it reads the
// envelope and the package by their types and answers in GBK, as old ones do.
type population struct {
	*platform // hands out the secret of the day
	answer    string
	seen      populationPackage
	account   string
}

type populationEnvelope struct {
	XMLName xml.Name `xml:"http://schemas.xmlsoap.org/soap/envelope/ Envelope"`
	Header  struct {
		Proof struct {
			RID  string `xml:"gjgxjhpt_rid"`
			SID  string `xml:"gjgxjhpt_sid"`
			Time string `xml:"gjgxjhpt_rtime"`
			Sign string `xml:"gjgxjhpt_sign"`
		} `xml:"tongtechheader"`
	} `xml:"http://schemas.xmlsoap.org/soap/envelope/ Header"`
	Body struct {
		Query struct {
			In0 string `xml:"http://webservice.tongtech.com/ in0"`
			In1 string `xml:"http://webservice.tongtech.com/ in1"`
			In2 string `xml:"http://webservice.tongtech.com/ in2"`
		} `xml:"http://webservice.tongtech.com/ GK_JZCX_RKJCXXCX"`
	} `xml:"http://schemas.xmlsoap.org/soap/envelope/ Body"`
}

type populationPackage struct {
	XMLName xml.Name `xml:"PACKAGE"`
	Head    struct {
		Number string `xml:"FWQQBH"`
		Count  int    `xml:"JLS"`
		Time   string `xml:"FSSJ"`
		Asker  string `xml:"QQRXM"`
		ID     string `xml:"QQRGMSFHM"`
		Unit   string `xml:"QQRDWDM"`
		Matter string `xml:"QQYWLXMC"`
	} `xml:"PACKAGEHEAD"`
	Records []struct {
		No   string `xml:"no,attr"`
		ID   string `xml:"GMSFHM"`
		Name string `xml:"XM"`
	} `xml:"DATA>RECORD"`
}

func newPopulation(t *testing.T) *population {
	t.Helper()
	p := &population{}
	p.platform = newPlatform(t, nil, func(srv *http.Server) {
		inner := srv.Handler
		srv.Handler = http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			if r.URL.Path == "/wsproxy" {
				p.serve(w, r)
				return
			}
			inner.ServeHTTP(w, r)
		})
	})
	return p
}

func (p *population) serve(w http.ResponseWriter, r *http.Request) {
	p.calls.Add(1)
	var in populationEnvelope
	fault := func(text string) {
		w.Header().Set("Content-Type", "text/xml;charset=UTF-8")
		w.WriteHeader(http.StatusInternalServerError)
		_, _ = fmt.Fprintf(w, `<S:Envelope xmlns:S="http://schemas.xmlsoap.org/soap/envelope/"><S:Body><S:Fault><faultcode>S:Client</faultcode>`+
			`<faultstring>%s</faultstring><detail><code>-1</code></detail></S:Fault></S:Body></S:Envelope>`, text)
	}
	if err := xml.NewDecoder(r.Body).Decode(&in); err != nil || !strings.HasPrefix(r.Header.Get("Content-Type"), "text/xml") {
		fault("no envelope")
		return
	}
	p.mu.Lock()
	defer p.mu.Unlock()
	proof := in.Header.Proof
	if proof.Sign != strangerSign(p.secret, proof.SID+proof.RID+proof.Time) {
		p.badSigns.Add(1)
		fault("secret expired")
		return
	}
	p.account = in.Body.Query.In1 + ":" + in.Body.Query.In2
	p.seen = populationPackage{}
	if err := xml.Unmarshal([]byte(in.Body.Query.In0), &p.seen); err != nil {
		fault("no package")
		return
	}
	inner := `<?xml version="1.0" encoding="GBK"?><PACKAGE><PACKAGEHEAD>` + p.answer + `</PACKAGE>`
	text := `<?xml version='1.0' encoding='GBK'?><S:Envelope xmlns:S="http://schemas.xmlsoap.org/soap/envelope/"><S:Body>` +
		`<ns2:GK_JZCX_RKJCXXCXResponse xmlns:ns2="http://webservice.tongtech.com/"><out><![CDATA[` + inner + `]]></out></ns2:GK_JZCX_RKJCXXCXResponse></S:Body></S:Envelope>`
	gbk, err := simplifiedchinese.GBK.NewEncoder().String(text)
	if err != nil {
		panic(err)
	}
	w.Header().Set("Content-Type", "text/xml")
	_, _ = io.WriteString(w, gbk)
}

func (p *population) soap() exchange.Service {
	v := p.service
	v.Operation, v.Account, v.Password = "GK_JZCX_RKJCXXCX", "user", "pass"
	return v
}

func TestOurSOAPClientIsServedByAStranger(t *testing.T) {
	p := newPopulation(t)
	profile, err := exchange.ProfileByName(exchange.ProfileNationalSOAP)
	if err != nil {
		t.Fatal(err)
	}
	ck := newClock()
	c := newClient(t, p.URL, func(o *exchange.Options) { o.Profile, o.Now = profile, ck.now })
	q := person()
	q.Params["xm"] = `张三<&"]]>`
	q.By = exchange.Asker{Name: "经办", IDNumber: "32990019850615003X", UnitCode: "11329900014320013J", Matter: "新生儿参保"}

	p.answer = `<FHDM>10</FHDM><FHMS>查询成功</FHMS></PACKAGEHEAD><DATA><RECORD no="1"><XM>张三</XM><MZ>汉族</MZ></RECORD></DATA>`
	a := c.Call(t.Context(), p.soap(), q)
	if a.Outcome != exchange.Found || string(a.Body) != `[{"MZ":"汉族","XM":"张三"}]` {
		t.Fatalf("%v: %s", a, a.Body)
	}
	h := p.seen.Head
	if p.account != "user:pass" || len(h.Number) != 36 || h.Count != 1 || h.Time != "20250801100000" || h.Asker != "经办" ||
		h.ID != "32990019850615003X" || h.Unit != "11329900014320013J" || h.Matter != "新生儿参保" {
		t.Errorf("the head said %+v of %s", h, p.account)
	}
	if r := p.seen.Records; len(r) != 1 || r[0].No != "1" || r[0].Name != `张三<&"]]>` || r[0].ID != "32990019900101001X" {
		t.Errorf("the records said %+v", r)
	}

	p.change(func() { p.answer = `<FHDM>10</FHDM></PACKAGEHEAD><DATA/>` })
	if a = c.Call(t.Context(), p.soap(), q); a.Outcome != exchange.NoRecord {
		t.Error(a)
	}
	p.change(func() { p.answer = `<FHDM>22</FHDM><FHMS>经办无权查询张三</FHMS></PACKAGEHEAD>` })
	if a = c.Call(t.Context(), p.soap(), q); a.Outcome != exchange.Refused || a.Code != "22" || strings.Contains(a.Message, "经办") {
		t.Error(a)
	}

	// At midnight the platform has another secret, and one renewal is enough.
	p.change(func() {
		p.secret, p.answer = strings.Repeat("a", 32), `<FHDM>11</FHDM></PACKAGEHEAD><DATA><RECORD><XM>张三</XM></RECORD></DATA>`
	})
	before := p.calls.Load()
	if a = c.Call(t.Context(), p.soap(), q); a.Outcome != exchange.Found || p.calls.Load() != before+2 || c.Refreshes() != 2 {
		t.Errorf("%v after %d calls and %d secrets", a, p.calls.Load()-before, c.Refreshes())
	}
}

func TestAStrangersSOAPClientIsServed(t *testing.T) {
	s := speaking(t, exchange.ProfileNationalSOAP)
	rest := &strangerClient{base: s.base, prefix: "gjgxjhpt", rid: s.service.RID, sid: s.service.SID, appkey: s.service.AppKey, now: s.clock.now}
	_, secret, err := rest.refresh(nil)
	if err != nil || len(secret) != 32 {
		t.Fatalf("secret %q, %v", secret, err)
	}
	send := func(secret, password, name string) (int, string) {
		rtime := strconv.FormatInt(s.clock.now().UnixMilli(), 10)
		inner := fmt.Sprintf(`<?xml version="1.0" encoding="GBK"?><PACKAGE><PACKAGEHEAD><JLS>1</JLS></PACKAGEHEAD><DATA><RECORD no="1"><GMSFHM>%s</GMSFHM><XM>%s</XM></RECORD></DATA></PACKAGE>`,
			s.person.IDNumber, name)
		return asked(t, s.base+"/wsproxy", fmt.Sprintf(`<?xml version="1.0"?>
<S:Envelope xmlns:S="http://schemas.xmlsoap.org/soap/envelope/">
  <S:Header><t:tongtechheader xmlns:t="urn:t">
    <gjgxjhpt_rid> %s </gjgxjhpt_rid><gjgxjhpt_sid>%s</gjgxjhpt_sid><gjgxjhpt_rtime>%s</gjgxjhpt_rtime><gjgxjhpt_sign>%s</gjgxjhpt_sign>
  </t:tongtechheader></S:Header>
  <S:Body><%s xmlns="http://webservice.tongtech.com/"><in0>%s</in0><in1>%s</in1><in2>%s</in2></%s></S:Body>
</S:Envelope>`, s.service.RID, s.service.SID, rtime, strangerSign(secret, s.service.SID+s.service.RID+rtime),
			s.service.Operation, strings.NewReplacer("<", "&lt;", ">", "&gt;").Replace(inner), s.service.Account, password, s.service.Operation),
			map[string]string{"Content-Type": "text/xml; charset=utf-8"})
	}
	type answer struct {
		Out   string `xml:"Body>Response>out"`
		Fault string `xml:"Body>Fault>faultstring"`
	}
	read := func(text string) answer {
		var a answer
		text = strings.ReplaceAll(text, s.service.Operation+"Response", "Response")
		if err := xml.Unmarshal([]byte(text), &a); err != nil {
			t.Fatalf("%v:\n%s", err, text)
		}
		return a
	}
	if status, text := send(secret, s.service.Password, s.person.Name); status != http.StatusOK ||
		!strings.Contains(read(text).Out, "<FHDM>10</FHDM>") || !strings.Contains(read(text).Out, "<XM>"+s.person.Name+"</XM>") {
		t.Errorf("%d: %s", status, text)
	}
	if status, text := send(secret, s.service.Password, "无名氏"); status != http.StatusOK || !strings.Contains(read(text).Out, "<JLS>0</JLS>") {
		t.Errorf("%d: %s", status, text)
	}
	for name, lie := range map[string][2]string{"another secret": {s.service.AppKey, s.service.Password}, "another password": {secret, "x"}} {
		if status, text := send(lie[0], lie[1], s.person.Name); status != http.StatusInternalServerError || read(text).Fault == "" {
			t.Errorf("%s: %d: %s", name, status, text)
		}
	}
	if status, text := asked(t, s.base+"/wsproxy", "<a>", nil); status != http.StatusInternalServerError || read(text).Fault == "" {
		t.Errorf("no envelope: %d: %s", status, text)
	}
}

func TestASOAPGatewayThatIsNotThereIsNotTheProviders(t *testing.T) {
	srv := httptest.NewServer(http.NotFoundHandler())
	srv.Close()
	profile, err := exchange.ProfileByName(exchange.ProfileNationalSOAP)
	if err != nil {
		t.Fatal(err)
	}
	c := newClient(t, srv.URL, func(o *exchange.Options) { o.Profile = profile })
	a := c.Call(t.Context(), exchange.Service{RID: "r", SID: "s", AppKey: "k", Operation: "GK"}, person())
	if a.Outcome != exchange.Technical || a.Sent {
		t.Error(a)
	}
}
