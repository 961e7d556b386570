package exchange

import (
	"crypto/sha512"
	"encoding/base64"
	"net/http"
	"net/url"
	"slices"
	"strings"
)

// xroadDesk is a security server of X-Road with the provider's behind it.
type xroadDesk struct{}

func (xroadDesk) identify(r Registered) Registered {
	provider := strings.Split(r.SID, "_")
	r.SID = "JS/GOV/" + provider[1] + "/DATA/" + provider[len(provider)-1]
	r.RID = "JS/GOV/HALL/SHUJIE"
	return r
}

func (xroadDesk) paths() []string { return []string{"GET /r1/", "POST /r1/"} }

func (xroadDesk) visit(r *http.Request, body []byte) visit {
	v := visit{params: parameters(r, body), header: r.Header, digest: xroadDigest(r, body)}
	parts := strings.Split(strings.TrimPrefix(r.URL.EscapedPath(), "/r1/"), "/")
	client, err := url.PathUnescape(r.Header.Get(xroadClient))
	for i, p := range parts {
		if p, bad := url.PathUnescape(p); bad == nil {
			parts[i] = p
		} else {
			err = bad
		}
	}
	v.rid = client
	if err != nil || !xroadParts(client, 3, 4) || len(parts) < 5 || slices.Contains(parts[:5], "") {
		v.odd = "the request does not conform to the message protocol for REST (r1)"
		return v
	}
	v.sid = strings.Join(parts[:5], "/")
	return v
}

// xroadDigest is SHA512(SHA512(headers)+SHA512(body)), or SHA512(headers) alone
// (PR-REST §4.3). What exactly the headers are is between two security servers;
// design: the request line and the headers that begin with X-Road, sorted.
func xroadDigest(r *http.Request, body []byte) []byte {
	lines := []string{r.Method + " " + r.URL.RequestURI()}
	for name := range r.Header {
		if strings.HasPrefix(name, "X-Road-") {
			lines = append(lines, name+":"+r.Header.Get(name))
		}
	}
	slices.Sort(lines[1:])
	head := sha512.Sum512([]byte(strings.Join(lines, "\r\n")))
	if len(body) == 0 {
		return head[:]
	}
	tail := sha512.Sum512(body)
	all := sha512.Sum512(append(head[:], tail[:]...))
	return all[:]
}

// page implements desk: errors of X-Road by PR-REST §4.6, the rest as the
// provider says it.
func (xroadDesk) page(v visit, s Registered, a reply) page {
	if a.gate != nil {
		kind, status := "Server.ServerProxy.AccessDenied", http.StatusInternalServerError
		switch a.gate.reason {
		case "bad_request":
			kind, status = "Client.BadRequest", http.StatusBadRequest
		case "unknown_sid":
			kind = "Server.ServerProxy.UnknownService"
		}
		p := jsonPage(status, map[string]string{"type": kind, "message": a.gate.message, "detail": requestID()})
		p.header = map[string]string{xroadError: kind}
		return p
	}
	p := oauth2Desk{}.page(v, s, a)
	p.header = map[string]string{
		xroadClient: v.header.Get(xroadClient), xroadService: xroadEscape(s.SID), xroadID: or(v.header.Get(xroadID), requestID()),
		xroadRequest: requestID(), xroadHash: base64.StdEncoding.EncodeToString(v.digest),
	}
	return p
}
