package exchange

import (
	"encoding/base64"
	"encoding/json"
	"net/http"
	"net/url"
	"strconv"
	"strings"
	"time"
)

// oauth2 is a plain JSON interface behind OAuth 2.0: a token bought by client
// credentials (RFC 6749 §4.4), carried as a bearer token (RFC 6750 §2.1).
type oauth2 struct{}

// oauth2Token is where a token is bought. RFC 6749 leaves the address to the
// server; design.
const oauth2Token = "/oauth2/token" //nolint:gosec // an address

func (oauth2) wrong(s Service) string {
	return firstWrong(s.needs("rid", s.RID, "appkey", s.AppKey), s.needsPath(), s.wrongMethod())
}

func (oauth2) request(c call) request {
	return c.carrying(request{path: c.path(), header: map[string]string{"Authorization": "Bearer " + c.key}})
}

func (oauth2) read(a Answer, c call) Answer { return readJSON(a, c.private()) }

// ask implements keyed: the client's name and password in the Basic scheme, each
// encoded as a form first (RFC 6749 §2.3.1); what it may do is the SID, where
// the server wants a scope.
func (oauth2) ask(s Service, _ grant, _ time.Time) request {
	form := url.Values{"grant_type": {"client_credentials"}}
	if s.SID != "" {
		form.Set("scope", s.SID)
	}
	r := formed(http.MethodPost, oauth2Token, form)
	pair := url.QueryEscape(s.RID) + ":" + url.QueryEscape(s.AppKey)
	r.header = map[string]string{"Authorization": "Basic " + base64.StdEncoding.EncodeToString([]byte(pair))}
	return r
}

// grant implements keyed (RFC 6749 §5.1, §5.2).
func (oauth2) grant(a Answer, s Service, at time.Time) (grant, Answer) {
	a = byStatus(a)
	if a.Outcome == Technical {
		return grant{}, a
	}
	var in map[string]json.RawMessage
	if err := json.Unmarshal(a.Body, &in); err != nil && a.Outcome == "" {
		a.Outcome, a.Message = Technical, "the answer is not a JSON object"
		return grant{}, a
	}
	if a.Outcome == Refused {
		code, _ := text(in["error"])
		why, _ := text(in["error_description"])
		a.Code = clip(code, 32)
		a.Message = strings.TrimRight("refused: "+a.Code+" "+scrub(why, []string{s.AppKey}), " ")
		return grant{}, a
	}
	token, _ := text(in["access_token"])
	kind, _ := text(in["token_type"])
	if token == "" || strings.ContainsFunc(token, unprintable) || !strings.EqualFold(kind, "bearer") {
		a.Outcome, a.Message = Technical, "the answer has no bearer token"
		return grant{}, a
	}
	return grant{key: token, until: oauth2Until(in["expires_in"], at)}, a
}

// oauth2Until returns when a token is used no more: a minute before its end, or
// at half its life when that is short. Whoever names no end is asked anew each
// day; design.
func oauth2Until(raw json.RawMessage, at time.Time) time.Time {
	v, _ := text(raw)
	seconds, err := strconv.ParseInt(v, 10, 32)
	if err != nil || seconds <= 0 {
		return nextMidnight(at)
	}
	life := time.Duration(seconds) * time.Second
	return at.Add(max(life-renewBefore, life/2))
}

// rejects implements keyed: 401 is a token that is expired, revoked or malformed
// (RFC 6750 §3.1).
func (oauth2) rejects(a Answer) bool {
	return a.Outcome == Refused && a.Status == http.StatusUnauthorized
}
