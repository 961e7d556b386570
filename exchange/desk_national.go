package exchange

import (
	"encoding/json"
	"net/http"
	"strconv"
	"strings"
	"time"
)

// nationalDesk is the REST side of the two national platforms.
type nationalDesk struct{ national }

func (nationalDesk) identify(r Registered) Registered { return r }

func (nationalDesk) paths() []string { return []string{"GET /httpproxy", "POST /httpproxy"} }

func (d nationalDesk) visit(r *http.Request, body []byte) visit {
	names := d.names()
	v := nationalVisit(r.Header.Get(names[0]), r.Header.Get(names[1]), r.Header.Get(names[2]), r.Header.Get(names[3]))
	v.params = parameters(r, body)
	return v
}

func nationalVisit(rid, sid, rtime, sig string) visit {
	return visit{
		rid: rid, sid: sid, sent: rtime, unit: time.Millisecond,
		signed: func(s Registered, key string) bool { return same(sig, sign(key, s.SID, s.RID, rtime)) },
	}
}

func (nationalDesk) page(_ visit, _ Registered, a reply) page {
	return enveloped(a, "0", "message", "data")
}

func (national) keyPaths() []string { return []string{"POST " + refreshPath} }

// keyVisit implements keyDesk: exactly four strings (docs/domain.md §6.3).
func (n national) keyVisit(_ *http.Request, body []byte) visit {
	names := n.names()
	var in map[string]string
	if json.Unmarshal(body, &in) != nil || len(in) != len(names) {
		return visit{odd: "请求体须为且仅为四个字符串：" + strings.Join(names[:], "、")}
	}
	return nationalVisit(in[names[0]], in[names[1]], in[names[2]], in[names[3]])
}

func (national) keyPage(s Registered, g grant, refusal *gateError) page {
	if refusal != nil {
		return enveloped(reply{gate: refusal}, "0", "message", "data")
	}
	return jsonPage(0, map[string]any{"code": "0", "message": "成功", "data": map[string]string{
		"secret":        sealSecret(s.AppKey, g.key),
		"secretEndTime": strconv.FormatInt(g.until.UnixMilli(), 10),
	}})
}

func (national) life() time.Duration { return 0 }

// directDesk is 数据直达接口规范 v0.55.
type directDesk struct{}

func (directDesk) identify(r Registered) Registered {
	r.Operation = "/data/" + r.SID
	return r
}

func (directDesk) paths() []string { return []string{"POST /sysapi/data/{sid}"} }

func (directDesk) visit(r *http.Request, body []byte) visit {
	names := directHead().names()
	h := func(i int) string { return r.Header.Get(names[i]) }
	v := nationalVisit(h(0), h(1), h(2), h(3))
	if h(1) != r.PathValue("sid") {
		v.odd = "路径与 sid 不符"
	}
	v.params = parameters(r, body)
	for k := range v.params {
		if k != strings.ToLower(k) {
			v.odd = "参数名须全部小写"
		}
	}
	return v
}

// page implements desk: the specification has the codes 200 and 300.
func (directDesk) page(_ visit, _ Registered, a reply) page {
	if a.gate != nil {
		a = reply{code: "300", message: a.gate.message}
	}
	if a.code != "" {
		a.code = "300"
	}
	return enveloped(a, "200", "message", "data")
}
