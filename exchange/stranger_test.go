package exchange_test

import (
	"bytes"
	"crypto/aes"
	"crypto/hmac"
	"crypto/sha1"
	"crypto/sha256"
	"encoding/base64"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"net/url"
	"strconv"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/shujie-gov/shujie/exchange"
)

// The strangers of this file know docs/domain.md §6 and nothing of this
// package: a platform for our client, and a client for our simulator.

func strangerSign(key, text string) string {
	mac := hmac.New(sha256.New, []byte(key))
	_, _ = io.WriteString(mac, text)
	return base64.StdEncoding.EncodeToString(mac.Sum(nil))
}

func strangerKey(appkey string) []byte {
	one := sha1.Sum([]byte(appkey))
	two := sha1.Sum(one[:])
	return two[:16]
}

func strangerSeal(appkey, secret string) string {
	n := 16 - len(secret)%16
	padded := secret + strings.Repeat(string(rune(n)), n)
	block, err := aes.NewCipher(strangerKey(appkey))
	if err != nil {
		panic(err)
	}
	out := make([]byte, len(padded))
	for i := 0; i < len(padded); i += 16 {
		block.Encrypt(out[i:i+16], []byte(padded[i:i+16]))
	}
	return base64.StdEncoding.EncodeToString(out)
}

func strangerOpen(appkey, sealed string) (string, error) {
	in, err := base64.StdEncoding.DecodeString(sealed)
	if err != nil {
		return "", err
	}
	block, err := aes.NewCipher(strangerKey(appkey))
	if err != nil {
		return "", err
	}
	out := make([]byte, len(in))
	for i := 0; i < len(in); i += 16 {
		block.Decrypt(out[i:i+16], in[i:i+16])
	}
	return string(out[:len(out)-int(out[len(out)-1])]), nil
}

// platform is an exchange platform written by hand. It checks signatures and
// leaves the rest to the test.
type platform struct {
	*httptest.Server
	service exchange.Service
	prefix  string

	mu     sync.Mutex
	secret string
	end    time.Time
	wrap   func(sealed, end string) string              // the answer to a refresh
	answer func(w http.ResponseWriter, r *http.Request) // the answer to a call

	refreshes, calls, badSigns atomic.Int64
}

func newPlatform(t *testing.T, answer http.HandlerFunc, setup ...func(*http.Server)) *platform {
	t.Helper()
	p := &platform{
		service: exchange.Service{
			RID: "11111111-2222-3333-4444-555555555555@js-0001", SID: "s_1132000000000000X0_0001",
			AppKey: "00112233445566778899aabbccddeeff",
		},
		prefix: "gjgxjhpt",
		secret: "0f1e2d3c4b5a69788796a5b4c3d2e1f0",
		end:    start.Add(24 * time.Hour),
		wrap: func(sealed, end string) string {
			return fmt.Sprintf(`{"code":"0","message":"ok","data":{"secret":%q,"secretEndTime":%q}}`, sealed, end)
		},
		answer: answer,
	}
	mux := http.NewServeMux()
	mux.HandleFunc("/sysapi/auth/refreshappsecret", p.refresh)
	mux.HandleFunc("/httpproxy", p.call)
	p.Server = httptest.NewUnstartedServer(mux)
	for _, f := range setup {
		f(p.Config)
	}
	p.Start()
	t.Cleanup(p.Close)
	return p
}

func (p *platform) refresh(w http.ResponseWriter, r *http.Request) {
	p.refreshes.Add(1)
	p.mu.Lock()
	defer p.mu.Unlock()
	var in map[string]any
	_ = json.NewDecoder(r.Body).Decode(&in)
	field := func(n string) string { s, _ := in[p.prefix+"_"+n].(string); return s }
	if r.Method != http.MethodPost || r.Header.Get("Content-Type") != "application/json" || len(in) != 4 ||
		field("sign") != strangerSign(p.service.AppKey, field("sid")+field("rid")+field("rtime")) {
		p.badSigns.Add(1)
		_, _ = io.WriteString(w, `{"code":"-1","message":"bad refresh","data":""}`)
		return
	}
	_, _ = io.WriteString(w, p.wrap(strangerSeal(p.service.AppKey, p.secret), strconv.FormatInt(p.end.UnixMilli(), 10)))
}

func (p *platform) call(w http.ResponseWriter, r *http.Request) {
	p.calls.Add(1)
	body, _ := io.ReadAll(r.Body) // only then does the server notice a caller who leaves
	r.Body = io.NopCloser(bytes.NewReader(body))
	p.mu.Lock()
	secret, answer := p.secret, p.answer
	p.mu.Unlock()
	h := func(n string) string { return r.Header.Get(p.prefix + "_" + n) }
	if h("sign") != strangerSign(secret, h("sid")+h("rid")+h("rtime")) {
		p.badSigns.Add(1)
		_, _ = io.WriteString(w, `{"code":-1,"message":"secret expired","data":null}`)
		return
	}
	answer(w, r)
}

func (p *platform) change(f func()) {
	p.mu.Lock()
	defer p.mu.Unlock()
	f()
}

func says(body string) http.HandlerFunc {
	return func(w http.ResponseWriter, _ *http.Request) { _, _ = io.WriteString(w, body) }
}

const oneRecord = `{"code":"0","message":"ok","data":[{"xm":"张三"}]}`

// strangerClient calls a platform by the letter of §6. It may be told to lie.
type strangerClient struct {
	base, prefix, rid, sid, appkey string
	now                            func() time.Time
	http                           http.Client
}

type envelope struct {
	Code    string          `json:"code"`
	Message string          `json:"message"`
	Data    json.RawMessage `json:"data"`
}

func (c *strangerClient) rtime() string { return strconv.FormatInt(c.now().UnixMilli(), 10) }

// refresh returns the platform's answer and the opened secret when there is one.
func (c *strangerClient) refresh(change func(map[string]any)) (envelope, string, error) {
	rtime := c.rtime()
	in := map[string]any{
		c.prefix + "_rid": c.rid, c.prefix + "_sid": c.sid, c.prefix + "_rtime": rtime,
		c.prefix + "_sign": strangerSign(c.appkey, c.sid+c.rid+rtime),
	}
	if change != nil {
		change(in)
	}
	b, err := json.Marshal(in)
	if err != nil {
		return envelope{}, "", err
	}
	resp, err := c.http.Post(c.base+"/sysapi/auth/refreshappsecret", "application/json", bytes.NewReader(b))
	if err != nil {
		return envelope{}, "", err
	}
	defer func() { _ = resp.Body.Close() }()
	var e envelope
	if err = json.NewDecoder(resp.Body).Decode(&e); err != nil || e.Code != "0" {
		return e, "", err
	}
	var data struct {
		Secret        string `json:"secret"`
		SecretEndTime string `json:"secretEndTime"`
	}
	if err = json.Unmarshal(e.Data, &data); err != nil {
		return e, "", err
	}
	secret, err := strangerOpen(c.appkey, data.Secret)
	return e, secret, err
}

// call sends a call signed by secret. An empty params is a body of nothing.
func (c *strangerClient) call(method, secret string, params map[string]string, change func(http.Header)) (envelope, error) {
	target, body := c.base+"/httpproxy", io.Reader(nil)
	if method == http.MethodGet {
		q := url.Values{}
		for k, v := range params {
			q.Set(k, v)
		}
		target += "?" + q.Encode()
	} else if params != nil {
		b, err := json.Marshal(params)
		if err != nil {
			return envelope{}, err
		}
		body = bytes.NewReader(b)
	}
	req, err := http.NewRequest(method, target, body)
	if err != nil {
		return envelope{}, err
	}
	rtime := c.rtime()
	// Written as they are, without Go's canonical spelling, as other clients do.
	req.Header[c.prefix+"_rid"] = []string{c.rid}
	req.Header[c.prefix+"_sid"] = []string{c.sid}
	req.Header[c.prefix+"_rtime"] = []string{rtime}
	req.Header[c.prefix+"_sign"] = []string{strangerSign(secret, c.sid+c.rid+rtime)}
	req.Header.Set("Content-Type", "application/json")
	if change != nil {
		change(req.Header)
	}
	resp, err := c.http.Do(req)
	if err != nil {
		return envelope{}, err
	}
	defer func() { _ = resp.Body.Close() }()
	var e envelope
	err = json.NewDecoder(resp.Body).Decode(&e)
	return e, err
}

// start is 10:00 in Shanghai on an ordinary day.
var start = time.Date(2025, 8, 1, 2, 0, 0, 0, time.UTC)

// clock is a clock that tests set.
type clock struct{ ns atomic.Int64 }

func newClock() *clock {
	c := &clock{}
	c.set(start)
	return c
}

func (c *clock) set(t time.Time)     { c.ns.Store(t.UnixNano()) }
func (c *clock) add(d time.Duration) { c.ns.Add(int64(d)) }
func (c *clock) now() time.Time      { return time.Unix(0, c.ns.Load()).UTC() }

func newClient(t *testing.T, base string, change func(*exchange.Options)) *exchange.Client {
	t.Helper()
	p, err := exchange.ProfileByName("gjgxjhpt")
	if err != nil {
		t.Fatal(err)
	}
	o := exchange.Options{Base: base, Profile: p, Now: newClock().now}
	if change != nil {
		change(&o)
	}
	c, err := exchange.NewClient(o)
	if err != nil {
		t.Fatal(err)
	}
	return c
}

func person() exchange.Question {
	return exchange.Question{Params: map[string]string{"gmsfhm": "32990019900101001X", "xm": "张三"}}
}
