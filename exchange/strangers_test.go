package exchange_test

import (
	"crypto/md5"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"net/url"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"

	"golang.org/x/oauth2"
	"golang.org/x/oauth2/clientcredentials"

	"github.com/shujie-gov/shujie/exchange"
)

// The strangers of this file and its neighbours were written from docs/domain.md
// §6 and the documents it names, and share nothing with this package: platforms
// for our client, and clients for our simulator.

// strange returns our client of a platform that somebody else wrote.
func strange(t *testing.T, profile string, platform http.HandlerFunc) *exchange.Client {
	t.Helper()
	p, err := exchange.ProfileByName(profile)
	if err != nil {
		t.Fatal(err)
	}
	srv := httptest.NewServer(platform)
	t.Cleanup(srv.Close)
	return newClient(t, srv.URL, func(o *exchange.Options) { o.Profile = p })
}

// asked sends a stranger's request and returns the status and the body.
func asked(t *testing.T, target, body string, header map[string]string) (int, string) {
	t.Helper()
	req, err := http.NewRequestWithContext(t.Context(), http.MethodPost, target, strings.NewReader(body))
	if err != nil {
		t.Fatal(err)
	}
	for k, v := range header {
		req.Header[k] = []string{v} // as it is written, without Go's spelling
	}
	resp, err := http.DefaultClient.Do(req)
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = resp.Body.Close() }()
	text, err := io.ReadAll(resp.Body)
	if err != nil {
		t.Fatal(err)
	}
	return resp.StatusCode, string(text)
}

func md5hex(parts ...string) string {
	h := md5.New()
	for _, p := range parts {
		_, _ = io.WriteString(h, p)
	}
	return hex.EncodeToString(h.Sum(nil))
}

func sha256hex(parts ...string) string {
	h := sha256.New()
	for _, p := range parts {
		_, _ = io.WriteString(h, p)
	}
	return hex.EncodeToString(h.Sum(nil))
}

func TestOurDirectClientIsServedByAStranger(t *testing.T) {
	c := strange(t, exchange.ProfileDirect, func(w http.ResponseWriter, r *http.Request) {
		var in map[string]string
		_ = json.NewDecoder(r.Body).Decode(&in)
		h := r.Header.Get
		if r.URL.Path != "/sysapi/res/001" || in["gmsfhm"] == "" || len(in) != 2 ||
			h("gjzwfwpt_sign") != strangerSign("secret-1", h("gjzwfwpt_sid")+h("gjzwfwpt_rid")+h("gjzwfwpt_rtime")) {
			_, _ = io.WriteString(w, `{"code":300,"message":"签名错误","data":null}`)
			return
		}
		_, _ = io.WriteString(w, `{"code":200,"message":"","data":{"XM":"张三"}}`)
	})
	v := exchange.Service{RID: "r", SID: "s", AppKey: "secret-1", Operation: "res/001"}
	q := exchange.Question{Params: map[string]string{"GMSFHM": "32990019900101001X", "XM": "张三"}}
	if a := c.Call(t.Context(), v, q); a.Outcome != exchange.Found || string(a.Body) != `{"XM":"张三"}` {
		t.Error(a)
	}
	v.AppKey = "secret-2"
	if a := c.Call(t.Context(), v, q); a.Outcome != exchange.Refused || a.Code != "300" {
		t.Error(a)
	}
}

func TestAStrangersDirectClientIsServed(t *testing.T) {
	s := speaking(t, exchange.ProfileDirect)
	send := func(secret, body string, at time.Time) string {
		rtime := strconv.FormatInt(at.UnixMilli(), 10)
		_, text := asked(t, s.base+"/sysapi"+s.service.Operation, body, map[string]string{
			"gjzwfwpt_rid": s.service.RID, "gjzwfwpt_sid": s.service.SID, "gjzwfwpt_rtime": rtime,
			"gjzwfwpt_sign": strangerSign(secret, s.service.SID+s.service.RID+rtime),
		})
		return text
	}
	body := fmt.Sprintf(`{"gmsfhm":%q,"xm":%q}`, s.person.IDNumber, s.person.Name)
	for name, tt := range map[string]struct{ got, want string }{
		"served":               {send(s.service.AppKey, body, start), `"code":"200"`},
		"another secret":       {send("x", body, start), `"code":"300"`},
		"half an hour late":    {send(s.service.AppKey, body, start.Add(-31*time.Minute)), `"code":"300"`},
		"a key in upper case":  {send(s.service.AppKey, strings.Replace(body, "xm", "XM", 1), start), `"code":"300"`},
		"what is no parameter": {send(s.service.AppKey, `[]`, start), `"code":"300"`},
	} {
		if !strings.Contains(tt.got, tt.want) {
			t.Errorf("%s: %s", name, tt.got)
		}
	}
}

// zheda is Zhejiang's platform by hand: a new request secret ends the one
// before, which is harder on two replicas than the sources say.
type zheda struct {
	mu       sync.Mutex
	secret   int
	renewals []string // how each secret was asked for
	left     time.Duration
	now      func() time.Time
}

func (z *zheda) serve(w http.ResponseWriter, r *http.Request) {
	z.mu.Lock()
	defer z.mu.Unlock()
	_ = r.ParseForm()
	f := r.Form.Get
	by := func(secret string) bool { return f("sign") == md5hex("app-1"+secret+f("requestTime")) }
	switch path := r.URL.Path; {
	case path == "/gateway/app/refreshTokenByKey.htm" && by("app-secret"), path == "/gateway/app/refreshTokenBySec.htm" && by("refresh-"+strconv.Itoa(z.secret)):
		z.renewals = append(z.renewals, strings.TrimSuffix(strings.TrimPrefix(path, "/gateway/app/refreshTokenBy"), ".htm"))
		z.secret++
		_, _ = fmt.Fprintf(w, `{"code":"00","msg":"ok","datas":{"requestSecret":"request-%d","requestSecretEndTime":%d,"refreshSecret":"refresh-%d","refreshSecretEndTime":"%d"}}`,
			z.secret, z.now().Add(15*time.Minute).UnixMilli(), z.secret, z.now().Add(z.left).UnixMilli())
	case path == "/gateway/api/person" && by("request-"+strconv.Itoa(z.secret)):
		_, _ = io.WriteString(w, `{"code":"00","msg":"ok","datas":"{\"xm\":\"张三\"}","dataCount":1}`)
	default:
		_, _ = io.WriteString(w, `{"code":"14","msg":"签名错误","datas":null}`)
	}
}

func TestOurZhejiangClientIsServedByAStranger(t *testing.T) {
	ck := newClock()
	z := &zheda{now: ck.now, left: 48 * time.Hour}
	srv := httptest.NewServer(http.HandlerFunc(z.serve))
	defer srv.Close()
	p, err := exchange.ProfileByName(exchange.ProfileZhejiang)
	if err != nil {
		t.Fatal(err)
	}
	replica := func() *exchange.Client {
		return newClient(t, srv.URL, func(o *exchange.Options) { o.Profile, o.Now = p, ck.now })
	}
	one, two := replica(), replica()
	v := exchange.Service{RID: "app-1", AppKey: "app-secret", Operation: "gateway/api/person"}
	call := func(c *exchange.Client, method string) {
		t.Helper()
		v.Method = method
		if a := c.Call(t.Context(), v, person()); a.Outcome != exchange.Found {
			t.Error(a)
		}
	}
	call(one, "POST")
	call(one, "GET")
	ck.add(12 * time.Minute) // three minutes before the end
	call(one, "POST")
	if got := strings.Join(z.renewals, " "); got != "Key Sec" {
		t.Errorf("secrets were asked for by %s", got)
	}
	call(two, "POST") // takes the secret away from the other
	call(one, "POST")
	call(two, "POST")
	ck.add(47*time.Hour + 57*time.Minute)
	call(one, "POST")
	if got := strings.Join(z.renewals, " "); !strings.HasSuffix(got, "Key") {
		t.Errorf("after two days a secret was asked for by %s", got)
	}
}

func TestAStrangersZhejiangClientIsServed(t *testing.T) {
	s := speaking(t, exchange.ProfileZhejiang)
	post := func(path, secret string, more url.Values) string {
		rtime := strconv.FormatInt(s.clock.now().UnixMilli(), 10)
		form := url.Values{"appKey": {s.service.RID}, "requestTime": {rtime}, "sign": {strings.ToUpper(md5hex(s.service.RID, secret, rtime))}}
		for k, v := range more {
			form[k] = v
		}
		_, text := asked(t, s.base+path, form.Encode(), map[string]string{"Content-Type": "application/x-www-form-urlencoded"})
		return text
	}
	keys := func(text string) (request, refresh string) {
		var in struct {
			Datas struct{ RequestSecret, RefreshSecret string }
		}
		if err := json.Unmarshal([]byte(text), &in); err != nil || in.Datas.RequestSecret == "" {
			t.Fatalf("%s: %v", text, err)
		}
		return in.Datas.RequestSecret, in.Datas.RefreshSecret
	}
	request, refresh := keys(post("/gateway/app/refreshTokenByKey.htm", s.service.AppKey, nil))
	about := url.Values{"gmsfhm": {s.person.IDNumber}, "xm": {s.person.Name}}
	if text := post(s.service.Operation, request, about); !strings.Contains(text, `"code":"00"`) || !strings.Contains(text, s.person.IDNumber) {
		t.Error(text)
	}
	s.clock.add(15 * time.Minute)
	if text := post(s.service.Operation, request, about); !strings.Contains(text, "过期") {
		t.Errorf("a secret of a quarter of an hour ago: %s", text)
	}
	request, _ = keys(post("/gateway/app/refreshTokenBySec.htm", refresh, nil))
	if text := post(s.service.Operation, request, about); !strings.Contains(text, `"code":"00"`) {
		t.Error(text)
	}
	s.clock.add(48 * time.Hour)
	if text := post("/gateway/app/refreshTokenBySec.htm", refresh, nil); strings.Contains(text, `"code":"00"`) {
		t.Errorf("a refresh secret of two days ago: %s", text)
	}
}

func TestOurTIFClientIsServedByAStranger(t *testing.T) {
	seen := map[string]bool{}
	c := strange(t, exchange.ProfileTIF, func(w http.ResponseWriter, r *http.Request) {
		h := r.Header.Get
		at, nonce := h("x-tif-timestamp"), h("x-tif-nonce")
		if len(at) != 10 || seen[nonce] || h("x-tif-paasid") != "paas" || h("x-tif-signature") != sha256hex(at, "token", nonce, at) {
			w.WriteHeader(http.StatusUnauthorized)
			return
		}
		seen[nonce] = true
		_, _ = io.WriteString(w, `{"code":0,"data":{"xm":"张三"}}`)
	})
	v := exchange.Service{RID: "paas", AppKey: "token", Operation: "person"}
	for range 2 {
		if a := c.Call(t.Context(), v, person()); a.Outcome != exchange.Found {
			t.Error(a)
		}
	}
	v.AppKey = "another"
	if a := c.Call(t.Context(), v, person()); a.Outcome != exchange.Refused {
		t.Error(a)
	}
}

func TestAStrangersTIFClientIsServed(t *testing.T) {
	s := speaking(t, exchange.ProfileTIF)
	at := strconv.FormatInt(start.Unix(), 10)
	send := func(nonce, token string) int {
		status, _ := asked(t, s.base+s.service.Operation, fmt.Sprintf(`{"gmsfhm":%q,"xm":%q}`, s.person.IDNumber, s.person.Name),
			map[string]string{
				"x-tif-paasid": s.service.RID, "x-tif-timestamp": at, "x-tif-nonce": nonce, "x-tif-signature": sha256hex(at, token, nonce, at),
			})
		return status
	}
	for name, tt := range map[string][2]int{
		"served":       {send("n1", s.service.AppKey), 200},
		"used before":  {send("n1", s.service.AppKey), 401},
		"wrong token":  {send("n2", "x"), 401},
		"without one":  {send("", s.service.AppKey), 401},
		"another once": {send("n3", s.service.AppKey), 200},
	} {
		if tt[0] != tt[1] {
			t.Errorf("%s: HTTP status %d, want %d", name, tt[0], tt[1])
		}
	}
}

func TestTheOAuth2LibraryIsServedByOurSimulator(t *testing.T) {
	s := speaking(t, exchange.ProfileOAuth2)
	for name, style := range map[string]oauth2.AuthStyle{"header": oauth2.AuthStyleInHeader, "form": oauth2.AuthStyleInParams} {
		conf := clientcredentials.Config{
			ClientID: s.service.RID, ClientSecret: s.service.AppKey, TokenURL: s.base + "/oauth2/token", Scopes: []string{s.service.SID}, AuthStyle: style,
		}
		resp, err := conf.Client(t.Context()).Post(s.base+s.service.Operation, "application/json",
			strings.NewReader(fmt.Sprintf(`{"gmsfhm":%q,"xm":%q}`, s.person.IDNumber, s.person.Name)))
		if err != nil {
			t.Fatal(err)
		}
		text, err := io.ReadAll(resp.Body)
		_ = resp.Body.Close()
		if err != nil || resp.StatusCode != http.StatusOK || !strings.Contains(string(text), s.person.IDNumber) {
			t.Errorf("%s: %d %s %v", name, resp.StatusCode, text, err)
		}
		conf.ClientSecret = "x"
		if _, err := conf.Token(t.Context()); err == nil {
			t.Errorf("%s: a token for another secret", name)
		}
	}
}

func TestOurOAuth2ClientIsServedByAStranger(t *testing.T) {
	// A server that, with each token, ends the one before: two replicas take it
	// from each other.
	var mu sync.Mutex
	tokens := 0
	p, err := exchange.ProfileByName(exchange.ProfileOAuth2)
	if err != nil {
		t.Fatal(err)
	}
	srv := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		mu.Lock()
		defer mu.Unlock()
		switch r.URL.Path {
		case "/oauth2/token":
			id, secret, _ := r.BasicAuth()
			if id != "id%3A1" || secret != "p%2Fw" || r.FormValue("grant_type") != "client_credentials" {
				w.WriteHeader(http.StatusUnauthorized)
				_, _ = io.WriteString(w, `{"error":"invalid_client","error_description":"who is p/w"}`)
				return
			}
			tokens++
			_, _ = fmt.Fprintf(w, `{"access_token":"t-%d","token_type":"bearer","expires_in":"90"}`, tokens)
		default:
			if r.Header.Get("Authorization") != fmt.Sprintf("Bearer t-%d", tokens) {
				w.Header().Set("WWW-Authenticate", "Bearer")
				w.WriteHeader(http.StatusUnauthorized)
				return
			}
			_, _ = io.WriteString(w, `{"xm":"张三"}`)
		}
	}))
	defer srv.Close()
	ck := newClock()
	replica := func() *exchange.Client {
		return newClient(t, srv.URL, func(o *exchange.Options) { o.Profile, o.Now = p, ck.now })
	}
	one, two := replica(), replica()
	v := exchange.Service{RID: "id:1", AppKey: "p/w", Operation: "person"}
	for i, c := range []*exchange.Client{one, one, two, one, two} {
		if a := c.Call(t.Context(), v, person()); a.Outcome != exchange.Found {
			t.Errorf("call %d: %v", i, a)
		}
	}
	before := tokens
	ck.add(44 * time.Second)
	two.Call(t.Context(), v, person())
	ck.add(time.Second) // half of the life of a token of 90 s
	two.Call(t.Context(), v, person())
	if tokens != before+1 {
		t.Errorf("%d tokens were bought, want one", tokens-before)
	}
	v.AppKey = "p/x"
	if a := one.Call(t.Context(), v, person()); a.Outcome != exchange.Refused || a.Sent || a.Code != "invalid_client" || strings.Contains(a.Message, "p/x") {
		t.Error(a)
	}
}
