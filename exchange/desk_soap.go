package exchange

import (
	"maps"
	"net/http"
	"slices"
	"strconv"
	"strings"
)

// soapDesk is the SOAP side of the national platform.
type soapDesk struct{ soapDialect }

func (soapDesk) identify(r Registered) Registered {
	r.Operation = "GK_" + r.SID[strings.LastIndexByte(r.SID, '_')+1:]
	r.Account, r.Password = "shujie", r.AppKey[:12]
	return r
}

func (soapDesk) paths() []string { return []string{"POST " + soapPath} }

func (d soapDesk) visit(_ *http.Request, body []byte) visit {
	root, err := parseXML(string(body))
	if err != nil {
		return visit{odd: "请求体须为 SOAP 信封"}
	}
	head, call := root.find("tongtechheader"), root.find("Body")
	if head == nil || call == nil || len(call.children) != 1 {
		return visit{odd: "SOAP 信封缺少 tongtechheader 或操作"}
	}
	names := d.names()
	v := nationalVisit(head.value(names[0]), head.value(names[1]), head.value(names[2]), head.value(names[3]))
	operation := call.children[0]
	signed := v.signed
	v.signed = func(s Registered, key string) bool {
		return signed(s, key) && operation.name == s.Operation && operation.value("in1") == s.Account && operation.value("in2") == s.Password
	}
	inner, err := parseXML(operation.value("in0"))
	if err != nil || inner.find("PACKAGEHEAD") == nil {
		return v // no parameters
	}
	v.params = map[string]string{}
	for _, r := range inner.all("RECORD") {
		for _, f := range r.children {
			v.params[strings.ToLower(f.name)] = f.text
		}
	}
	return v
}

func (soapDesk) page(_ visit, s Registered, a reply) page {
	if a.gate != nil {
		return soapPage(http.StatusInternalServerError, "<soapenv:Fault><faultcode>soapenv:Client</faultcode><faultstring>"+
			escapeXML(a.gate.message)+"</faultstring><detail><code>-1</code></detail></soapenv:Fault>")
	}
	var b strings.Builder
	code, message := "10", "查询成功"
	if a.code != "" {
		code, message = a.code, a.message
	}
	records := 0
	if a.record != nil {
		records = 1
	}
	b.WriteString("<PACKAGE><PACKAGEHEAD>")
	writeElement(&b, "FHDM", code)
	writeElement(&b, "FHMS", message)
	writeElement(&b, "JLS", strconv.Itoa(records))
	b.WriteString("</PACKAGEHEAD><DATA>")
	if a.record != nil {
		b.WriteString(`<RECORD no="1">`)
		for _, k := range slices.Sorted(maps.Keys(a.record)) {
			writeElement(&b, strings.ToUpper(k), a.record[k])
		}
		b.WriteString("</RECORD>")
	}
	b.WriteString("</DATA></PACKAGE>")
	return soapPage(0, "<ns:"+s.Operation+`Response xmlns:ns="`+soapNamespace+`"><ns:out>`+escapeXML(b.String())+"</ns:out></ns:"+s.Operation+"Response>")
}

func soapPage(status int, body string) page {
	return page{status: status, media: mediaXML, body: []byte(`<?xml version="1.0" encoding="UTF-8"?><soapenv:Envelope xmlns:soapenv="` +
		soapEnvelope + `"><soapenv:Body>` + body + "</soapenv:Body></soapenv:Envelope>")}
}
