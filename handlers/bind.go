package handlers

import (
	"bytes"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"mime"
	"net/http"
	"net/url"
	"strconv"
	"strings"
	"unicode/utf8"

	"github.com/gin-gonic/gin"

	"github.com/shujie-gov/shujie/fault"
	"github.com/shujie-gov/shujie/workflow"
)

// body is what a request carries, JSON or a form, as one tree: forms write
// person.name where JSON nests. Reading notes what is wrong with each field, so
// that one answer names them all.
type body struct {
	raw    []byte
	values map[string]any // string, json.Number, bool, nil, []any, map[string]any
	prefix string
	wrong  *[]fault.Field
}

// readBody reads and parses the body of a request. No body is an empty one.
func readBody(c *gin.Context) (*body, error) {
	raw, err := io.ReadAll(c.Request.Body)
	if err != nil {
		if errors.As(err, new(*http.MaxBytesError)) {
			return nil, err
		}
		return nil, &httpError{status: http.StatusBadRequest, code: "malformed", detail: fault.Text{ZH: "请求内容没有传完。", EN: "The body did not arrive whole."}}
	}
	b := &body{raw: raw, values: map[string]any{}, wrong: &[]fault.Field{}}
	if len(bytes.TrimSpace(raw)) == 0 {
		return b, nil
	}
	kind, _, err := mime.ParseMediaType(c.GetHeader("Content-Type"))
	switch {
	case err == nil && (kind == "application/json" || strings.HasSuffix(kind, "+json")):
		err = b.parseJSON()
	case err == nil && kind == "application/x-www-form-urlencoded":
		err = b.parseForm()
	default:
		err = unsupported(kind)
	}
	if err != nil {
		return nil, err
	}
	b.clean("", b.values)
	return b, nil
}

func unsupported(kind string) error {
	return &httpError{status: http.StatusUnsupportedMediaType, code: "media-type", detail: fault.Text{
		ZH: fmt.Sprintf("内容类型 %q 不受支持，请用 application/json 或 application/x-www-form-urlencoded。", kind),
		EN: fmt.Sprintf("The media type %q is not supported; send application/json or application/x-www-form-urlencoded.", kind),
	}}
}

// parseJSON reads one JSON object and nothing after it. Errors name the offset.
func (b *body) parseJSON() error {
	dec := json.NewDecoder(bytes.NewReader(b.raw))
	dec.UseNumber()
	err := dec.Decode(&b.values)
	if err == nil {
		if _, more := dec.Token(); !errors.Is(more, io.EOF) {
			return malformed(dec.InputOffset(), fault.Text{ZH: "JSON 之后还有多余内容", EN: "something follows the JSON"})
		}
	}
	if b.values == nil { // null
		b.values = map[string]any{}
	}
	if e := (*json.SyntaxError)(nil); errors.As(err, &e) {
		return malformed(e.Offset, fault.Text{ZH: "JSON 语法错误", EN: "JSON syntax error"})
	}
	if errors.As(err, new(*json.UnmarshalTypeError)) {
		return malformed(0, fault.Text{ZH: "应为一个 JSON 对象", EN: "a JSON object is expected"})
	}
	if err != nil {
		return malformed(int64(len(b.raw)), fault.Text{ZH: "JSON 不完整", EN: "the JSON ends too early"})
	}
	return nil
}

func malformed(offset int64, what fault.Text) error {
	return &httpError{status: http.StatusBadRequest, code: "malformed", detail: fault.Text{
		ZH: fmt.Sprintf("%s（第 %d 字节）。", what.ZH, offset), EN: fmt.Sprintf("%s (at byte %d).", what.EN, offset),
	}}
}

// parseForm reads a form. A JSON text sent as one is told so: it is what curl -d
// does without a header.
func (b *body) parseForm() error {
	if bytes.HasPrefix(bytes.TrimSpace(b.raw), []byte("{")) {
		return unsupported("application/x-www-form-urlencoded (JSON)")
	}
	form, err := url.ParseQuery(string(b.raw))
	if err != nil {
		return &httpError{status: http.StatusBadRequest, code: "malformed", detail: fault.Text{ZH: "表单编码错误。", EN: "The form is not encoded right."}}
	}
	for key, list := range form {
		at := b.values
		if outer, inner, nested := strings.Cut(key, "."); nested {
			m, ok := at[outer].(map[string]any)
			if !ok {
				m = map[string]any{}
				at[outer] = m
			}
			at, key = m, inner
		} else if _, taken := at[key]; taken {
			continue // person and person.name in one form: the nested one counts
		}
		if len(list) == 1 {
			at[key] = list[0]
			continue
		}
		many := make([]any, len(list))
		for i, v := range list {
			many[i] = v
		}
		at[key] = many
	}
	return nil
}

// clean refuses text that no database keeps: it is not UTF-8, or holds NUL.
func (b *body) clean(name string, v any) {
	switch v := v.(type) {
	case string:
		if !storable(v) {
			b.refuse(name, "含有无法保存的字符", "holds characters that cannot be kept")
		}
	case []any:
		for _, e := range v {
			b.clean(name, e)
		}
	case map[string]any:
		for key, e := range v {
			if !storable(key) {
				b.refuse(name, "含有无法保存的字符", "holds characters that cannot be kept")
				continue
			}
			if name != "" {
				key = name + "." + key
			}
			b.clean(key, e)
		}
	}
}

func storable(s string) bool { return utf8.ValidString(s) && !strings.ContainsRune(s, 0) }

// maxKey bounds an Idempotency-Key.
const maxKey = 200

// key returns what makes this write repeatable: the caller's Idempotency-Key
// (pages send the field idempotency_key), bound to this very request.
func (b *body) key(c *gin.Context, actor workflow.Actor) workflow.Key {
	value := c.GetHeader("Idempotency-Key")
	name := "Idempotency-Key"
	if value == "" && !isAPI(c) {
		name = "idempotency_key"
		value = b.text(name, maxKey)
	}
	if value == "" {
		return workflow.Key{}
	}
	if len(value) > maxKey || strings.ContainsFunc(value, func(r rune) bool { return r < ' ' || r > '~' }) {
		*b.wrong = append(*b.wrong, fault.Field{Name: name, Text: fault.Text{ZH: "应为不超过 200 个可见 ASCII 字符", EN: "must be at most 200 visible ASCII characters"}})
		return workflow.Key{}
	}
	sum := sha256.New()
	fmt.Fprintf(sum, "%s %s\n", c.Request.Method, c.Request.URL.Path)
	sum.Write(b.raw)
	return workflow.Key{Actor: actor.UserID, Value: value, Hash: hex.EncodeToString(sum.Sum(nil))}
}

// version returns the version the caller saw: of If-Match, or of the body. Both
// given must agree; neither acts on the present version.
func (b *body) version(c *gin.Context) int64 {
	n, given := b.whole("version")
	if given && n < 1 {
		b.refuse("version", "应为正整数", "must be a positive number")
	}
	match := strings.TrimSpace(c.GetHeader("If-Match"))
	if match == "" || match == "*" {
		return n
	}
	m, err := strconv.ParseInt(strings.Trim(strings.TrimPrefix(match, "W/"), `"`), 10, 64)
	if err != nil || m < 1 {
		*b.wrong = append(*b.wrong, fault.Field{Name: "If-Match", Text: fault.Text{ZH: "应为版本号，如 \"3\"", EN: `must be a version, like "3"`}})
		return 0
	}
	if given && m != n {
		*b.wrong = append(*b.wrong, fault.Field{Name: "If-Match", Text: fault.Text{ZH: "与请求内容中的 version 不一致", EN: "differs from version in the body"}})
	}
	return m
}

// pathID reads the id in the path; what is no id names nothing.
func pathID(c *gin.Context) (int64, error) {
	id, err := strconv.ParseInt(c.Param("id"), 10, 64)
	if err != nil || id < 1 {
		return 0, fault.New(fault.NotFound, "没有这一项。", "There is no such thing.")
	}
	return id, nil
}
