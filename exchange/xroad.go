package exchange

import (
	"encoding/base64"
	"encoding/json"
	"net/http"
	"net/url"
	"slices"
	"strings"
)

// xroad is the X-Road message protocol for REST, version 1 (document PR-REST of
// NIIS): the caller's security server, which the base address names, carries the
// call to the provider's. It signs for us, so a call has headers and no secret.
type xroad struct{}

// The headers of PR-REST §4.3 that we send or read.
const (
	xroadClient  = "X-Road-Client"
	xroadService = "X-Road-Service"
	xroadID      = "X-Road-Id"
	xroadUser    = "X-Road-UserId"
	xroadIssue   = "X-Road-Issue"
	xroadParty   = "X-Road-Represented-Party"
	xroadHash    = "X-Road-Request-Hash"
	xroadRequest = "X-Road-Request-Id"
	xroadError   = "X-Road-Error"
)

// wrong implements dialect. A client is instance/class/code[/subsystem], a
// service has its code after that.
func (xroad) wrong(s Service) string {
	switch {
	case !xroadParts(s.RID, 3, 4):
		return "rid must be instance/class/code or instance/class/code/subsystem"
	case !xroadParts(s.SID, 4, 5):
		return "sid must be instance/class/code/service or instance/class/code/subsystem/service"
	}
	return s.wrongMethod()
}

// xroadParts reports whether an identifier has so many parts and none is empty.
func xroadParts(id string, least, most int) bool {
	parts := strings.Split(id, "/")
	if len(parts) < least || len(parts) > most {
		return false
	}
	for _, p := range parts {
		if p == "" || strings.TrimSpace(p) != p {
			return false
		}
	}
	return true
}

// xroadEscape encodes the parts of an identifier one by one (PR-REST §4.2).
func xroadEscape(id string) string {
	parts := strings.Split(id, "/")
	for i, p := range parts {
		parts[i] = url.PathEscape(p)
	}
	return strings.Join(parts, "/")
}

func (xroad) request(c call) request {
	h := map[string]string{xroadClient: xroadEscape(c.RID), xroadID: c.id}
	if user := or(c.By.IDNumber, c.By.Account); user != "" {
		h[xroadUser] = "CN" + url.PathEscape(user) // with the country before it (ISO 3166-1)
	}
	if c.By.Case != "" {
		h[xroadIssue] = url.PathEscape(c.By.Case)
	}
	if c.By.UnitCode != "" {
		h[xroadParty] = url.PathEscape(c.By.UnitCode)
	}
	path := "/r1/" + xroadEscape(c.SID)
	if c.Operation != "" {
		path += c.path()
	}
	return c.carrying(request{path: path, header: h})
}

// read implements dialect. An answer that passed through X-Road names the
// request that it belongs to, by its id and by the hash over all of it.
func (xroad) read(a Answer, c call) Answer {
	if kind := a.header.Get(xroadError); kind != "" {
		return readXRoadError(a, kind, c.private())
	}
	if a.Status >= http.StatusBadRequest && a.header.Get(xroadID) == "" {
		return readJSON(a, c.private()) // of something before the security server
	}
	if id := a.header.Get(xroadRequest); id != "" {
		a.RequestID = clip(id, 128)
	}
	hash, err := base64.StdEncoding.DecodeString(a.header.Get(xroadHash))
	switch {
	case a.header.Get(xroadID) != c.id:
		a.Outcome, a.Message, a.Body = Unknown, "the answer belongs to another request: its X-Road-Id is not the one sent", nil
		return a
	case err != nil || len(hash) != 64: // SHA-512
		a.Outcome, a.Message, a.Body = Unknown, "the answer has no X-Road-Request-Hash, so it did not come through X-Road", nil
		return a
	}
	a.RequestHash = a.header.Get(xroadHash)
	return readJSON(a, c.private())
}

// readXRoadError reads an error of a security server (PR-REST §4.6): what begins
// with Client is our fault, the rest is theirs. Only where the provider's server
// got no answer out of the provider is it unknown what the provider did.
func readXRoadError(a Answer, kind string, private []string) Answer {
	var in map[string]json.RawMessage
	_ = json.Unmarshal(a.Body, &in) // the header says enough
	said, _ := text(in["message"])
	a.Body, a.Code = nil, clip(kind, 64)
	parts := strings.Split(kind, ".")
	one := func(names ...string) bool {
		return slices.ContainsFunc(names, func(n string) bool { return slices.Contains(parts, n) })
	}
	switch {
	case parts[0] == "Client", one("AccessDenied", "UnknownService", "UnknownMember", "ServiceDisabled"):
		a.Outcome = Refused
	case one("ServiceFailed"):
		a.Outcome = Unknown
	default:
		a.Outcome = Technical
	}
	a.Message = strings.TrimRight("X-Road: "+a.Code+" "+scrub(said, private), " ")
	return a
}

// trustedHeader is the header of an answer to the request of that id.
func trustedHeader(id string) http.Header {
	return http.Header{xroadID: {id}, xroadHash: {base64.StdEncoding.EncodeToString(make([]byte, 64))}}
}
