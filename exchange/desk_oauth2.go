package exchange

import (
	"encoding/base64"
	"net/http"
	"net/url"
	"strings"
	"time"
)

// oauth2Life is how long a token of the simulator lives: the example of RFC 6749
// §5.1.
const oauth2Life = 3600 * time.Second

// oauth2Desk is a plain JSON interface behind OAuth 2.0.
type oauth2Desk struct{}

func (oauth2Desk) identify(r Registered) Registered {
	r.Operation = "/api/" + r.SID
	return r
}

func (oauth2Desk) paths() []string { return []string{"GET /api/{sid}", "POST /api/{sid}"} }

func (oauth2Desk) visit(r *http.Request, body []byte) visit {
	scheme, token, _ := strings.Cut(r.Header.Get("Authorization"), " ")
	v := visit{sid: r.PathValue("sid"), bearer: true, params: parameters(r, body)}
	v.signed = func(_ Registered, key string) bool { return strings.EqualFold(scheme, "Bearer") && same(token, key) }
	return v
}

// page implements desk: the record is bare, and what goes wrong has a status
// (RFC 6750 §3.1).
func (oauth2Desk) page(_ visit, _ Registered, a reply) page {
	switch {
	case a.gate != nil:
		p := jsonPage(http.StatusUnauthorized, map[string]string{"message": a.gate.message})
		p.header = map[string]string{"WWW-Authenticate": `Bearer error="invalid_token"`}
		return p
	case a.code != "":
		return jsonPage(http.StatusUnprocessableEntity, map[string]string{"code": a.code, "message": a.message})
	case a.record == nil:
		return jsonPage(0, []string{})
	}
	return jsonPage(0, []map[string]string{a.record})
}

func (oauth2Desk) keyPaths() []string { return []string{"POST " + oauth2Token} }

func (oauth2Desk) keyVisit(r *http.Request, body []byte) visit {
	form, err := url.ParseQuery(string(body))
	if err != nil || form.Get("grant_type") != "client_credentials" {
		return visit{odd: "unsupported_grant_type"}
	}
	id, secret := form.Get("client_id"), form.Get("client_secret")
	if pair, ok := strings.CutPrefix(r.Header.Get("Authorization"), "Basic "); ok {
		id, secret = basicPair(pair)
	}
	return visit{
		sid: form.Get("scope"), rid: id,
		signed: func(_ Registered, key string) bool { return same(secret, key) },
	}
}

// basicPair reads a name and a password of the Basic scheme, each encoded as a
// form (RFC 6749 §2.3.1).
func basicPair(encoded string) (name, password string) {
	pair, _ := base64.StdEncoding.DecodeString(encoded) // what is no base64 is nobody
	name, password, _ = strings.Cut(string(pair), ":")
	name, _ = url.QueryUnescape(name)
	password, _ = url.QueryUnescape(password)
	return name, password
}

func (oauth2Desk) keyPage(_ Registered, g grant, refusal *gateError) page {
	if refusal != nil {
		code, status := "invalid_client", http.StatusUnauthorized // RFC 6749 §5.2
		switch refusal.reason {
		case "bad_request":
			code, status = "unsupported_grant_type", http.StatusBadRequest
		case "unknown_sid":
			code, status = "invalid_scope", http.StatusBadRequest
		}
		return jsonPage(status, map[string]string{"error": code})
	}
	return jsonPage(0, map[string]any{"access_token": g.key, "token_type": "Bearer", "expires_in": int(oauth2Life.Seconds())})
}

func (oauth2Desk) life() time.Duration { return oauth2Life }
