package exchange_test

import (
	"crypto/sha512"
	"encoding/base64"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"strings"
	"testing"

	"github.com/shujie-gov/shujie/exchange"
)

// securityServer is an X-Road security server by hand, from document PR-REST.
func securityServer(w http.ResponseWriter, r *http.Request) {
	fail := func(status int, kind string) {
		w.Header().Set("Content-Type", "application/json;charset=utf-8")
		w.Header().Set("x-road-error", kind)
		w.WriteHeader(status)
		_, _ = fmt.Fprintf(w, `{"type":%q,"message":"no right for 张三","detail":"9bc95b6e"}`, kind)
	}
	body, _ := io.ReadAll(r.Body)
	parts := strings.Split(r.RequestURI, "/")
	client := strings.Split(r.Header.Get("x-road-client"), "/")
	switch {
	case len(parts) < 7 || parts[1] != "r1" || len(client) != 4:
		fail(http.StatusBadRequest, "Client.BadRequest")
		return
	case client[2] != "11329900014320013J":
		fail(http.StatusInternalServerError, "Server.ServerProxy.AccessDenied")
		return
	case strings.HasPrefix(parts[6], "silent"):
		fail(http.StatusInternalServerError, "Server.ServerProxy.ServiceFailed")
		return
	case strings.HasPrefix(parts[6], "broken"):
		fail(http.StatusInternalServerError, "Server.ClientProxy.OutdatedGlobalConf")
		return
	}
	head := sha512.Sum512([]byte(r.RequestURI + r.Header.Get("x-road-client") + r.Header.Get("x-road-id")))
	hash := head[:]
	if len(body) > 0 {
		tail := sha512.Sum512(body)
		all := sha512.Sum512(append(head[:], tail[:]...))
		hash = all[:]
	}
	h := w.Header()
	h.Set("x-road-id", r.Header.Get("x-road-id"))
	h.Set("x-road-client", r.Header.Get("x-road-client"))
	h.Set("x-road-service", strings.Join(parts[2:7], "/"))
	h.Set("x-road-request-id", "f92591a3-6bf0-49b1-987b-0dd78c034cc3")
	h.Set("x-road-request-hash", base64.StdEncoding.EncodeToString(hash))
	user, _ := url.PathUnescape(r.Header.Get("x-road-userid"))
	_ = json.NewEncoder(w).Encode(map[string]string{
		"user": user, "issue": r.Header.Get("x-road-issue"), "party": r.Header.Get("x-road-represented-party"),
		"query": r.URL.RawQuery, "body": string(body), "path": r.URL.Path,
	})
}

func TestOurXRoadClientIsServedByAStranger(t *testing.T) {
	c := strange(t, exchange.ProfileXRoad, securityServer)
	v := exchange.Service{RID: "JS/GOV/11329900014320013J/大厅", SID: "JS/GOV/GA/DATA/person", Operation: "v1/by number"}
	q := person()
	q.By = exchange.Asker{Account: "hall_js", Case: "JS-2026-00042", UnitCode: "11329900014320013J"}
	a := c.Call(t.Context(), v, q)
	var said map[string]string
	if err := json.Unmarshal(a.Body, &said); a.Outcome != exchange.Found || err != nil {
		t.Fatal(a, err)
	}
	if said["user"] != "CNhall_js" || said["issue"] != "JS-2026-00042" || said["party"] != "11329900014320013J" ||
		said["path"] != "/r1/JS/GOV/GA/DATA/person/v1/by number" || !strings.Contains(said["body"], "32990019900101001X") {
		t.Errorf("the provider saw %v", said)
	}
	if hash, err := base64.StdEncoding.DecodeString(a.RequestHash); err != nil || len(hash) != 64 || a.RequestID != "f92591a3-6bf0-49b1-987b-0dd78c034cc3" {
		t.Errorf("hash %q, request %q", a.RequestHash, a.RequestID)
	}
	v.Method = http.MethodGet
	if a = c.Call(t.Context(), v, q); a.Outcome != exchange.Found || !strings.Contains(string(a.Body), "gmsfhm=32990019900101001X") {
		t.Error(a)
	}
	for name, tt := range map[string]struct {
		change  func(*exchange.Service)
		outcome exchange.Outcome
	}{
		"another member":                   {func(v *exchange.Service) { v.RID = "JS/GOV/OTHER/X" }, exchange.Refused},
		"the provider did not answer them": {func(v *exchange.Service) { v.SID = "JS/GOV/GA/DATA/silent" }, exchange.Unknown},
		"our own server is out of date":    {func(v *exchange.Service) { v.SID = "JS/GOV/GA/DATA/broken" }, exchange.Technical},
		"no subsystem is allowed for us":   {func(v *exchange.Service) { v.RID = "JS/GOV/11329900014320013J" }, exchange.Refused},
	} {
		w := v
		tt.change(&w)
		if a := c.Call(t.Context(), w, q); a.Outcome != tt.outcome || strings.Contains(a.Message, "张三") {
			t.Errorf("%s: %v", name, a)
		}
	}
}

func TestAStrangersXRoadClientIsServed(t *testing.T) {
	s := speaking(t, exchange.ProfileXRoad)
	send := func(client, service string) (int, http.Header, string) {
		body := fmt.Sprintf(`{"gmsfhm":%q,"xm":%q}`, s.person.IDNumber, s.person.Name)
		req, err := http.NewRequestWithContext(t.Context(), http.MethodPost, s.base+"/r1/"+service+"/v1", strings.NewReader(body))
		if err != nil {
			t.Fatal(err)
		}
		req.Header.Set("x-road-client", client)
		req.Header.Set("x-road-id", "fa2e18a5-c2cb-4d09-b994-f57727f7c3fb")
		resp, err := http.DefaultClient.Do(req)
		if err != nil {
			t.Fatal(err)
		}
		defer func() { _ = resp.Body.Close() }()
		text, err := io.ReadAll(resp.Body)
		if err != nil {
			t.Fatal(err)
		}
		return resp.StatusCode, resp.Header, string(text)
	}
	status, head, text := send(s.service.RID, s.service.SID)
	hash, err := base64.StdEncoding.DecodeString(head.Get("x-road-request-hash"))
	if status != http.StatusOK || !strings.Contains(text, s.person.IDNumber) || err != nil || len(hash) != 64 ||
		head.Get("x-road-id") != "fa2e18a5-c2cb-4d09-b994-f57727f7c3fb" || head.Get("x-road-client") != s.service.RID ||
		head.Get("x-road-service") != s.service.SID || head.Get("x-road-request-id") == "" {
		t.Errorf("%v %s", head, text)
	}
	for name, tt := range map[string]struct {
		client, service, kind string
		status                int
	}{
		"another client":   {"JS/GOV/X/Y", s.service.SID, "Server.ServerProxy.AccessDenied", 500},
		"no such service":  {s.service.RID, s.service.SID + "x", "Server.ServerProxy.UnknownService", 500},
		"no client":        {"", s.service.SID, "Client.BadRequest", 400},
		"a service cut up": {s.service.RID, "JS/GOV", "Client.BadRequest", 400},
	} {
		status, head, text := send(tt.client, tt.service)
		var in struct{ Type, Message, Detail string }
		if err := json.Unmarshal([]byte(text), &in); err != nil || status != tt.status || head.Get("x-road-error") != tt.kind ||
			in.Type != tt.kind || in.Message == "" || in.Detail == "" {
			t.Errorf("%s: %d %v %s", name, status, head, text)
		}
	}
}
