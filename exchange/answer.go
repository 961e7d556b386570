package exchange

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"maps"
	"net/http"
	"regexp"
	"slices"
	"strings"
	"time"
	"unicode"
)

// Outcome is how a call ended (docs/design.md, invariant 5).
type Outcome string

// The outcomes.
const (
	Found     Outcome = "found"     // the provider sent a record
	NoRecord  Outcome = "no_record" // the provider knows of no such record
	Refused   Outcome = "refused"   // the platform or the provider will not answer this; repeating changes nothing
	Technical Outcome = "technical" // nothing was done; may be repeated
	Unknown   Outcome = "unknown"   // the request went out and no answer came back; ask before repeating
)

// Answer is how a call ended. It holds no secret; only Body holds personal data.
type Answer struct {
	Outcome    Outcome
	Body       []byte // the provider's record as it came, with Found
	Status     int    // HTTP status, 0 without an answer
	Code       string // the platform's or the provider's own, "" when it gave none
	Message    string // what happened, for the operator
	RequestID  string // ours, or the platform's when it gave one; "" when nothing was sent
	Sent       bool   // whether the call itself may have left this machine
	Took       time.Duration
	RetryAfter time.Duration // with Sent false: the platform is away, do not ask before

	RequestHash string // X-Road: of the request that this answers, by the provider's security server

	header http.Header
}

// byStatus decides what the HTTP status alone decides. The outcome stays "" with
// a success; with Refused the body may say why.
func byStatus(a Answer) Answer {
	switch {
	case a.Status >= 500, a.Status == http.StatusTooManyRequests, a.Status == http.StatusRequestTimeout:
		a.Outcome, a.Body = Technical, nil
	case a.Status >= 400:
		a.Outcome = Refused
	default:
		return a
	}
	a.Message = fmt.Sprintf("HTTP status %d", a.Status)
	return a
}

// readJSON judges an answer whose body is JSON.
func readJSON(a Answer, private []string) Answer {
	if a = byStatus(a); a.Outcome == Technical {
		return a
	}
	return judge(a, private)
}

// judge reads the body of an answer that the HTTP status has not decided, and
// the words of one that it has refused. Providers share no envelope (docs/domain.md §6.4): most wrap their record in code,
// message and data, some send it bare. The words of the wrapping are those seen
// in running clients (§6.3, §6.4, §6.7).
func judge(a Answer, private []string) Answer {
	body := bytes.TrimSpace(bytes.TrimPrefix(a.Body, []byte("\xef\xbb\xbf")))
	a.Body = nil
	var envelope map[string]json.RawMessage
	if a.Outcome != "" {
		_ = json.Unmarshal(body, &envelope) // no envelope: the status says it all
		return explain(a, envelope, private)
	}
	if len(body) == 0 {
		a.Outcome, a.Message = Technical, "the answer is empty"
		return a
	}
	syntax := (*json.SyntaxError)(nil)
	if err := json.Unmarshal(body, &envelope); errors.As(err, &syntax) {
		a.Outcome, a.Message = Technical, "the answer is not JSON"
		return a
	}
	if envelope == nil {
		if string(body) == "null" || body[0] == '[' { // a bare list of records
			return record(a, body)
		}
		a.Outcome, a.Message = Technical, "the answer is neither an object nor a list"
		return a
	}
	code, _ := text(envelope["code"])
	coded := code != ""
	a.Code = clip(code, 32)
	if coded && !success(code) || !coded && failed(envelope) {
		a.Outcome = Refused
		return explain(a, envelope, private)
	}
	for _, name := range []string{"data", "datas", "result"} {
		if data, ok := envelope[name]; ok {
			return record(a, data)
		}
	}
	if coded {
		// A success without data in the usual place: the record is whatever
		// else is an object or a list; numbers and words are about the answer.
		for _, name := range slices.Sorted(maps.Keys(envelope)) {
			if v := envelope[name]; (v[0] == '{' || v[0] == '[') && !empty(v) {
				return record(a, body)
			}
		}
		return record(a, nil)
	}
	if said(envelope) != "" && len(envelope) == 1 {
		a.Outcome, a.Message = Technical, "the answer has no record, only words: "+scrub(said(envelope), private)
		return a
	}
	return record(a, body)
}

// record ends a as Found with data, or as NoRecord when data holds nothing.
func record(a Answer, data []byte) Answer {
	if empty(data) {
		a.Outcome, a.Message = NoRecord, "the provider has no such record"
		return a
	}
	a.Outcome, a.Body, a.Message = Found, data, "the provider sent a record"
	return a
}

// empty reports whether a JSON value holds nothing: null, "", {}, [], or a list
// of such.
func empty(raw []byte) bool {
	raw = bytes.TrimSpace(raw)
	switch {
	case len(raw) == 0, string(raw) == "null":
		return true
	case raw[0] == '"':
		v, _ := text(raw)
		return v == ""
	case raw[0] == '{':
		return len(bytes.TrimSpace(raw[1:len(raw)-1])) == 0
	case raw[0] == '[':
		var items []json.RawMessage
		return json.Unmarshal(raw, &items) == nil && !slices.ContainsFunc(items, func(i json.RawMessage) bool { return !empty(i) })
	}
	return false
}

// text reads a JSON string or number as text. Platforms send code and
// secretEndTime either way.
func text(raw json.RawMessage) (string, bool) {
	var s string
	if len(raw) > 0 && json.Unmarshal(raw, &s) == nil && raw[0] == '"' {
		return strings.TrimSpace(s), true
	}
	var n json.Number
	if json.Unmarshal(raw, &n) == nil && n != "" {
		return n.String(), true
	}
	return "", false
}

// success reports whether a code says that all went well: "0" on the national
// platform, "00" and "200" on others (docs/domain.md §6.5, §6.7).
func success(code string) bool { return code == "0" || code == "00" || code == "200" }

// failed reports whether an envelope without a code says that it failed: the
// status of the Ministry of Civil Affairs (docs/domain.md §6.4), or a success
// that is false.
func failed(envelope map[string]json.RawMessage) bool {
	status, ok := text(envelope["status"])
	_, wrapped := envelope["result"]
	return ok && wrapped && status != "success" || string(envelope["success"]) == "false"
}

// explain adds the code and the words of a refusal.
func explain(a Answer, envelope map[string]json.RawMessage, private []string) Answer {
	var words []string
	if a.Status >= 400 {
		words = append(words, fmt.Sprintf("HTTP status %d", a.Status))
	}
	if code, ok := text(envelope["code"]); ok {
		a.Code = clip(code, 32)
		words = append(words, "code "+a.Code)
	}
	if s := scrub(said(envelope), private); s != "" {
		words = append(words, s)
	}
	a.Message = "refused: " + strings.Join(words, ", ")
	return a
}

// said returns the words of an envelope.
func said(envelope map[string]json.RawMessage) string {
	for _, name := range []string{"message", "msg"} {
		if s, ok := text(envelope[name]); ok {
			return s
		}
	}
	var result map[string]json.RawMessage
	_ = json.Unmarshal(envelope["result"], &result) // not an object: no words
	s, _ := text(result["errormsg"])
	return s
}

var longNumber = regexp.MustCompile(`[0-9]{11,}[Xx]?`)

// scrub makes the words of a stranger fit for a log: what we asked about and
// whatever looks like the number of a person is masked, control characters and
// length are taken out.
func scrub(s string, private []string) string {
	for _, p := range private {
		if len([]rune(p)) >= 2 {
			s = strings.ReplaceAll(s, p, "***")
		}
	}
	return clip(longNumber.ReplaceAllString(s, "***"), 200)
}

// clip cuts s to n printable characters.
func clip(s string, n int) string {
	s = strings.ToValidUTF8(s, "")
	s = strings.Map(func(r rune) rune {
		if unprintable(r) {
			return ' '
		}
		return r
	}, s)
	if r := []rune(s); len(r) > n {
		return string(r[:n]) + "…"
	}
	return s
}

func unprintable(r rune) bool { return !unicode.IsPrint(r) }

// String is the answer in one line without personal data.
func (a Answer) String() string {
	return fmt.Sprintf("%s status=%d code=%q request=%s: %s", a.Outcome, a.Status, a.Code, a.RequestID, a.Message)
}
