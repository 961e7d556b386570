package exchange

import (
	"crypto/hmac"
	"crypto/sha256"
	"encoding/base64"
	"encoding/json"
	"net/http"
	"strconv"
	"strings"
	"time"
)

// national is the scheme of the two national platforms (docs/domain.md §6.2,
// §6.3): HMAC-SHA256 over sid, rid and time by a secret of the day, which the
// platform hands out sealed by AES.
type national struct{ prefix string }

// refreshPath hands out the secret of the day.
const refreshPath = "/sysapi/auth/refreshappsecret"

// names are the fields that prove who calls: headers of a call, the body of a
// refresh.
func (n national) names() [4]string {
	return [4]string{n.prefix + "_rid", n.prefix + "_sid", n.prefix + "_rtime", n.prefix + "_sign"}
}

// proof fills the proving fields. The secret is the appkey when refreshing and
// the secret of the day when calling.
func (n national) proof(s Service, secret string, at time.Time) map[string]string {
	rtime := strconv.FormatInt(at.UnixMilli(), 10)
	names := n.names()
	return map[string]string{
		names[0]: s.RID,
		names[1]: s.SID,
		names[2]: rtime,
		names[3]: sign(secret, s.SID, s.RID, rtime),
	}
}

func (national) wrong(s Service) string {
	return firstWrong(s.needs("rid", s.RID, "sid", s.SID, "appkey", s.AppKey), s.wrongMethod())
}

func (n national) request(c call) request {
	return c.carrying(request{path: "/httpproxy", header: n.proof(c.Service, c.key, c.at)})
}

func (national) read(a Answer, c call) Answer { return readJSON(a, c.private()) }

func (n national) ask(s Service, _ grant, at time.Time) request {
	return request{method: http.MethodPost, path: refreshPath, body: encode(n.proof(s, s.AppKey, at))}
}

func (national) grant(a Answer, s Service, at time.Time) (grant, Answer) {
	a, sealed, end := readRefresh(a, []string{s.AppKey})
	if a.Outcome != "" {
		return grant{}, a
	}
	opened, err := openSecret(s.AppKey, sealed)
	if err != nil {
		a.Outcome, a.Message = Technical, err.Error()
		return grant{}, a
	}
	until := nextMidnight(at)
	if early := end.Add(-renewBefore); !end.IsZero() && early.Before(until) {
		until = early
	}
	return grant{key: opened, until: until}, a
}

// rejects implements keyed. Only -1 and E-106 are known and no full table exists
// (docs/domain.md §6.5); design: every E- code is the platform's own. A
// provider's code is never taken for one.
func (national) rejects(a Answer) bool {
	return a.Outcome == Refused &&
		(a.Code == "-1" || strings.HasPrefix(a.Code, "E-") || a.Status == http.StatusUnauthorized || a.Status == http.StatusForbidden)
}

// readRefresh reads the answer to a refresh. Its outcome stays "" when there is
// a secret; end is zero when the platform does not say. The code comes as a
// string or a number, and data may be an object, null or "" (docs/domain.md
// §6.3).
func readRefresh(a Answer, private []string) (_ Answer, sealed string, end time.Time) {
	a = byStatus(a)
	if a.Outcome == Technical {
		return a, "", end
	}
	var envelope map[string]json.RawMessage
	err := json.Unmarshal(a.Body, &envelope)
	if a.Outcome != "" {
		return explain(a, envelope, private), "", end // the HTTP status has refused it
	}
	if err != nil {
		a.Outcome, a.Message = Technical, "the answer is not a JSON object"
		return a, "", end
	}
	code, _ := text(envelope["code"])
	a.Code = clip(code, 32)
	if code == "" {
		a.Outcome, a.Message = Technical, "the answer has no code"
		return a, "", end
	}
	if !success(code) {
		a.Outcome = Refused
		return explain(a, envelope, private), "", end
	}
	var data map[string]json.RawMessage
	_ = json.Unmarshal(envelope["data"], &data) // null and "" have no secret either
	if sealed, _ = text(data["secret"]); sealed == "" {
		a.Outcome, a.Message = Technical, "the answer has no secret"
		return a, "", end
	}
	if end, err = millis(data["secretEndTime"]); err != nil {
		a.Outcome, a.Message = Technical, "secretEndTime is not a time in milliseconds"
		return a, "", end
	}
	return a, sealed, end
}

// millis reads a time in milliseconds since 1970, zero when there is none.
func millis(raw json.RawMessage) (time.Time, error) {
	v, ok := text(raw)
	if !ok || v == "" {
		return time.Time{}, nil
	}
	ms, err := strconv.ParseInt(v, 10, 64)
	if err != nil {
		return time.Time{}, err
	}
	return time.UnixMilli(ms), nil
}

// sign returns the signature of docs/domain.md §6.2. The key is the text of the
// secret, not what its hex digits stand for.
func sign(secret, sid, rid, rtime string) string {
	mac := hmac.New(sha256.New, []byte(secret))
	mac.Write([]byte(sid + rid + rtime))
	return base64.StdEncoding.EncodeToString(mac.Sum(nil))
}

// shanghai is the zone of the platform's day. China has had no summer time
// since 1991, so a fixed offset needs no zone database.
func shanghai() *time.Location { return time.FixedZone("Asia/Shanghai", 8*60*60) }

// nextMidnight returns the first 00:00 in Shanghai after t.
func nextMidnight(t time.Time) time.Time {
	y, m, d := t.In(shanghai()).Date()
	return time.Date(y, m, d+1, 0, 0, 0, 0, shanghai())
}
