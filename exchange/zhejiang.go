package exchange

import (
	"crypto/md5" //nolint:gosec // the platform signs by MD5; nothing of ours is protected by it
	"encoding/hex"
	"encoding/json"
	"net/http"
	"net/url"
	"strconv"
	"time"
)

// zhejiang is the scheme of Zhejiang's public data platform (docs/domain.md
// §6.7): three parameters among those of the call, signed by MD5 with a request
// secret. The app secret buys the first request secret and a refresh secret,
// which buys the next ones.
type zhejiang struct{}

const (
	zhejiangByKey = "/gateway/app/refreshTokenByKey.htm" // signed by the app secret
	zhejiangBySec = "/gateway/app/refreshTokenBySec.htm" // signed by the refresh secret
	// zhejiangEarly is how long before its end running clients renew a secret.
	zhejiangEarly = 3 * time.Minute
)

// zhejiangProof returns the three parameters that prove who calls.
func zhejiangProof(appKey, secret string, at time.Time) url.Values {
	rtime := strconv.FormatInt(at.UnixMilli(), 10)
	return url.Values{"appKey": {appKey}, "sign": {zhejiangSign(appKey, secret, rtime)}, "requestTime": {rtime}}
}

func zhejiangSign(appKey, secret, rtime string) string {
	sum := md5.Sum([]byte(appKey + secret + rtime)) //nolint:gosec // given by the protocol, see the import
	return hex.EncodeToString(sum[:])
}

func (zhejiang) wrong(s Service) string {
	return firstWrong(s.needs("rid", s.RID, "appkey", s.AppKey), s.needsPath(), s.wrongMethod())
}

// request implements dialect. The sources have the parameters of a call beside
// the three; design: in the query of a GET and the form of a POST.
func (zhejiang) request(c call) request {
	form := c.values()
	for k, v := range zhejiangProof(c.RID, c.key, c.at) {
		form[k] = v
	}
	return formed(c.method(), c.path(), form)
}

// formed is a request with its values in the query of a GET or the form of a
// POST.
func formed(method, path string, form url.Values) request {
	if method == http.MethodGet {
		return request{method: method, path: path, query: form}
	}
	return request{method: method, path: path, media: mediaForm, body: []byte(form.Encode())}
}

func (zhejiang) read(a Answer, c call) Answer { return readJSON(a, c.private()) }

func (zhejiang) ask(s Service, last grant, at time.Time) request {
	if last.renewal != "" && at.Before(last.renewalUntil) {
		return formed(http.MethodPost, zhejiangBySec, zhejiangProof(s.RID, last.renewal, at))
	}
	return formed(http.MethodPost, zhejiangByKey, zhejiangProof(s.RID, s.AppKey, at))
}

func (zhejiang) grant(a Answer, s Service, at time.Time) (grant, Answer) {
	a = readJSON(a, []string{s.AppKey})
	switch a.Outcome {
	case Found:
		a.Outcome = ""
	case NoRecord:
		a.Outcome, a.Message = Technical, "the answer has no secret"
		return grant{}, a
	case Refused, Technical, Unknown:
		return grant{}, a
	}
	var data map[string]json.RawMessage
	_ = json.Unmarshal(a.Body, &data) // anything but an object has no secret
	g := grant{until: nextMidnight(at)}
	g.key, _ = text(data["requestSecret"])
	if g.key == "" {
		a.Outcome, a.Message = Technical, "the answer has no requestSecret"
		return grant{}, a
	}
	end, err := millis(data["requestSecretEndTime"])
	renewalEnd, renewalErr := millis(data["refreshSecretEndTime"])
	if err != nil || renewalErr != nil {
		a.Outcome, a.Message = Technical, "an end of a secret is not a time in milliseconds"
		return grant{}, a
	}
	if !end.IsZero() {
		g.until = end.Add(-zhejiangEarly)
	}
	if !renewalEnd.IsZero() {
		g.renewal, _ = text(data["refreshSecret"])
		g.renewalUntil = renewalEnd.Add(-zhejiangEarly)
	}
	return g, a
}

// rejects implements keyed. No code of a rejected secret is known; design: any
// refusal is worth one new secret, for asking is not calling.
func (zhejiang) rejects(a Answer) bool { return a.Outcome == Refused }
