package exchange

import (
	"fmt"
	"maps"
	"net/http"
	"slices"
	"strings"
)

// soapDialect is the SOAP side of the national platform (docs/domain.md §6.4):
// the four proving values in a tongtechheader, and for the population services a
// package of one record within CDATA, with a head that says who asks for which
// business.
type soapDialect struct{ national }

const (
	soapPath      = "/wsproxy"
	soapNamespace = "http://webservice.tongtech.com/"
	soapEnvelope  = "http://schemas.xmlsoap.org/soap/envelope/" // SOAP 1.1
)

// packageHead lists the fields of PACKAGEHEAD in their order. A parameter of
// such a name goes there instead of into the record.
func packageHead() []string {
	return []string{
		"FWQQBH", "QQBWDM", "QQBWMC", "SJLYXTDM", "SJLYXTMC", "JLS", "FSSJ", "QQRGMSFHM", "QQRXM",
		"QQRDWDM", "QQRDWMC", "QQYWLXDM", "QQYWLXMC", "QQYWXTDM", "QQYWXTMC",
	}
}

func (soapDialect) wrong(s Service) string {
	why := national{}.wrong(s)
	switch {
	case why != "":
		return why
	case s.Operation == "" || strings.ContainsFunc(s.Operation, func(r rune) bool { return !nameRune(r) }):
		return "operation must be the name of a SOAP operation, such as GK_JZCX_RKJCXXCX"
	}
	return ""
}

// nameRune reports whether r may stand in a name of an element that we write:
// less than XML allows (§2.3), more than the services use.
func nameRune(r rune) bool {
	return r >= 'a' && r <= 'z' || r >= 'A' && r <= 'Z' || r >= '0' && r <= '9' || r == '_'
}

func (d soapDialect) request(c call) request {
	proof := d.proof(c.Service, c.key, c.at)
	var b strings.Builder
	b.WriteString(`<?xml version="1.0" encoding="UTF-8"?><soapenv:Envelope xmlns:soapenv="` + soapEnvelope + `" xmlns:web="` + soapNamespace + `">`)
	b.WriteString("<soapenv:Header><tongtechheader>")
	for _, name := range d.names() {
		writeElement(&b, name, proof[name])
	}
	b.WriteString("</tongtechheader></soapenv:Header><soapenv:Body><web:" + c.Operation + ">")
	// Escaped text has no ">", so nothing in the package ends the CDATA early.
	b.WriteString("<web:in0><![CDATA[" + writePackage(c) + "]]></web:in0>")
	writeElement(&b, "web:in1", c.Account)
	writeElement(&b, "web:in2", c.Password)
	b.WriteString("</web:" + c.Operation + "></soapenv:Body></soapenv:Envelope>")
	return request{
		method: http.MethodPost, path: soapPath, media: mediaXML, body: []byte(b.String()), header: map[string]string{"SOAPAction": `""`},
	}
}

// writePackage writes the package of a call.
func writePackage(c call) string {
	head := map[string]string{
		"FWQQBH": c.id, "JLS": "1", "FSSJ": c.at.In(shanghai()).Format("20060102150405"),
		"QQRGMSFHM": c.By.IDNumber, "QQRXM": c.By.Name, "QQRDWDM": c.By.UnitCode, "QQRDWMC": c.By.Unit, "QQYWLXMC": c.By.Matter,
	}
	record := map[string]string{}
	fields := packageHead()
	for k, v := range c.Params {
		switch k = strings.ToUpper(k); {
		case slices.Contains(fields, k):
			head[k] = v
		case k != "" && !strings.ContainsFunc(k, func(r rune) bool { return !nameRune(r) }):
			record[k] = v
		}
	}
	var b strings.Builder
	b.WriteString("<PACKAGE><PACKAGEHEAD>")
	for _, name := range fields {
		writeElement(&b, name, head[name])
	}
	b.WriteString(`</PACKAGEHEAD><DATA><RECORD no="1">`)
	for _, name := range slices.Sorted(maps.Keys(record)) {
		writeElement(&b, name, record[name])
	}
	b.WriteString("</RECORD></DATA></PACKAGE>")
	return b.String()
}

func writeElement(b *strings.Builder, name, value string) {
	b.WriteString("<" + name + ">" + escapeXML(value) + "</" + name + ">")
}

// read implements dialect. The package comes back as text within the body of the
// envelope, or as elements of it. Records become JSON objects of texts by the
// names of their elements, so that whatever reads a record reads every profile's.
func (soapDialect) read(a Answer, c call) Answer {
	body := strings.TrimSpace(string(a.Body))
	if !strings.HasPrefix(body, "<") {
		return readJSON(a, c.private()) // the gate itself answers JSON
	}
	root, err := parseXML(body)
	if err != nil || root.find("Envelope") == nil {
		if a = byStatus(a); a.Outcome != "" {
			a.Body = nil
			return a
		}
		a.Outcome, a.Message, a.Body = Technical, "the answer is not a SOAP envelope", nil
		return a
	}
	a.Body = nil
	if f := root.find("Fault"); f != nil {
		return readFault(a, f, c.private())
	}
	if a = byStatus(a); a.Outcome != "" {
		return a
	}
	return readPackage(a, packageOf(root), c.private())
}

// packageOf returns the element that holds FHDM: of the envelope itself, or of a
// document that lies in it as text. nil when there is none.
func packageOf(root *element) *element {
	if root.find("FHDM") != nil {
		return root
	}
	for _, t := range root.texts() {
		if !strings.HasPrefix(t, "<") {
			continue
		}
		if inner, err := parseXML(t); err == nil && inner.find("FHDM") != nil {
			return inner
		}
	}
	return nil
}

// readPackage judges a package by FHDM, of which "10" and "11" are successes.
func readPackage(a Answer, p *element, private []string) Answer {
	if p == nil {
		a.Outcome, a.Message = Technical, "the answer has no FHDM"
		return a
	}
	a.Code = clip(p.value("FHDM"), 32)
	if a.Code != "10" && a.Code != "11" {
		a.Outcome = Refused
		a.Message = fmt.Sprintf("refused: code %s, %s", a.Code, scrub(p.value("FHMS"), private))
		return a
	}
	var records [][]byte
	for _, r := range p.all("RECORD") {
		fields := map[string]string{}
		for _, f := range r.children {
			if f.text != "" {
				fields[f.name] = f.text
			}
		}
		if len(fields) > 0 {
			records = append(records, encode(fields))
		}
	}
	if len(records) == 0 {
		return record(a, nil)
	}
	return record(a, joinJSON(records))
}

// readFault reads a fault of SOAP 1.1 §4.4: what begins with Server is theirs.
// The code that the platform gives for itself lies in the detail (design); it is
// the one of its JSON answers.
func readFault(a Answer, f *element, private []string) Answer {
	said := scrub(f.value("faultstring"), private)
	a.Code = clip(f.find("detail").value("code"), 32)
	_, kind, qualified := strings.Cut(f.value("faultcode"), ":")
	if !qualified {
		kind = f.value("faultcode")
	}
	a.Outcome = Refused
	if strings.HasPrefix(kind, "Server") && a.Code == "" {
		a.Outcome = Technical
	}
	a.Message = strings.TrimRight(fmt.Sprintf("SOAP fault %s %s: %s", clip(kind, 64), a.Code, said), ": ")
	return a
}
