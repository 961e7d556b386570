package exchange

import (
	"net/http"
	"net/url"
	"strconv"
	"strings"
	"time"
)

// The lives of Zhejiang's secrets: the ends of a published sample lie 47 h 45 min
// apart, which fits these two (docs/domain.md §6.7).
const (
	zhejiangLife    = 15 * time.Minute
	zhejiangRenewal = 48 * time.Hour
)

// zhejiangDesk is Zhejiang's public data platform.
type zhejiangDesk struct{}

func (zhejiangDesk) identify(r Registered) Registered {
	r.RID = "app" + strings.ReplaceAll(strings.TrimPrefix(r.SID, "s"), "_", "")
	r.Operation = "/gateway/api/" + r.SID
	return r
}

func (zhejiangDesk) paths() []string {
	return []string{"GET /gateway/api/{sid}", "POST /gateway/api/{sid}"}
}

func (zhejiangDesk) visit(r *http.Request, body []byte) visit {
	v := zhejiangVisit(r, body)
	v.sid = r.PathValue("sid")
	return v
}

func zhejiangVisit(r *http.Request, body []byte) visit {
	form := r.URL.Query()
	if r.Method == http.MethodPost {
		var err error
		if form, err = url.ParseQuery(string(body)); err != nil {
			return visit{odd: "参数无法解析"}
		}
	}
	v := visit{rid: form.Get("appKey"), sent: form.Get("requestTime"), unit: time.Millisecond, params: map[string]string{}}
	sig := form.Get("sign")
	v.signed = func(s Registered, key string) bool {
		return same(strings.ToLower(sig), zhejiangSign(s.RID, key, v.sent))
	}
	for k := range form {
		if k != "appKey" && k != "sign" && k != "requestTime" {
			v.params[k] = form.Get(k)
		}
	}
	return v
}

func (zhejiangDesk) page(_ visit, _ Registered, a reply) page {
	return enveloped(a, "00", "msg", "datas")
}

func (zhejiangDesk) keyPaths() []string {
	return []string{"POST " + zhejiangByKey, "POST " + zhejiangBySec}
}

func (zhejiangDesk) keyVisit(r *http.Request, body []byte) visit { return zhejiangVisit(r, body) }

func (zhejiangDesk) keyPage(_ Registered, g grant, refusal *gateError) page {
	if refusal != nil {
		return enveloped(reply{gate: refusal}, "00", "msg", "datas")
	}
	ms := func(t time.Time) string { return strconv.FormatInt(t.UnixMilli(), 10) }
	return jsonPage(0, map[string]any{"code": "00", "msg": "成功", "datas": map[string]string{
		"requestSecret": g.key, "requestSecretEndTime": ms(g.until),
		"refreshSecret": g.renewal, "refreshSecretEndTime": ms(g.renewalUntil),
	}})
}

func (zhejiangDesk) life() time.Duration { return zhejiangLife }

// tifDesk is a TIF gateway. The envelope is the provider's; design: code, message
// and data.
type tifDesk struct{}

func (tifDesk) identify(r Registered) Registered {
	r.Operation = "/ebus/" + r.SID
	return r
}

func (tifDesk) paths() []string { return []string{"GET /ebus/{sid}", "POST /ebus/{sid}"} }

func (tifDesk) visit(r *http.Request, body []byte) visit {
	h := func(name string) string { return r.Header.Get("x-tif-" + name) }
	v := visit{
		sid: r.PathValue("sid"), rid: h("paasid"), sent: h("timestamp"), unit: time.Second, nonce: h("nonce"), params: parameters(r, body),
		signed: func(_ Registered, key string) bool {
			return same(strings.ToLower(h("signature")), tifSign(h("timestamp"), key, h("nonce")))
		},
	}
	if v.nonce == "" {
		v.odd = "缺少 x-tif-nonce"
	}
	return v
}

func (tifDesk) page(_ visit, _ Registered, a reply) page {
	p := enveloped(a, "0", "message", "data")
	if a.gate != nil {
		p.status = http.StatusUnauthorized
	}
	return p
}
