package exchange

import (
	"net/http"
	"strings"
)

// direct is 数据直达接口规范 v0.55 (docs/domain.md §6.7): the four fields and the
// signature of the national service platform, by an appsecret that is given once
// and does not change; one path below /sysapi/ for each interface; every key of
// the body in lower case; an envelope with the codes 200 and 300.
type direct struct{}

// directHead are the proving fields of the specification.
func directHead() national { return national{prefix: ProfileService} }

func (direct) wrong(s Service) string {
	return firstWrong(s.needs("rid", s.RID, "sid", s.SID, "appkey", s.AppKey), s.needsPath())
}

func (direct) request(c call) request {
	body := make(map[string]string, len(c.Params))
	for k, v := range c.Params {
		body[strings.ToLower(k)] = v
	}
	return request{
		method: http.MethodPost, path: "/sysapi" + c.path(), header: directHead().proof(c.Service, c.AppKey, c.at), body: encode(body),
	}
}

func (direct) read(a Answer, c call) Answer { return readJSON(a, c.private()) }
