package exchange

import (
	"net/http"
	"strconv"
	"strings"
)

// provide is the provider behind the platform: it looks for the record of the
// person whom gmsfhm (number) and xm (name) describe.
func (s *Simulator) provide(w http.ResponseWriter, v *simService, met Fault, in visit) {
	id, name := strings.ToUpper(in.params["gmsfhm"]), in.params["xm"]
	refuse := func(code, message string) {
		s.count(func(st *Stats) { st.BusinessErrors++ })
		s.desk.page(in, v.Registered, reply{code: code, message: message}).write(w)
	}
	switch {
	case met == FaultRefuse:
		refuse("403", "数据提供方拒绝提供")
	case in.params == nil:
		refuse("400", "请求体须为 JSON 对象，参数值须为字符串")
	case id == "":
		refuse("400", "缺少参数 gmsfhm")
	case name == "":
		refuse("400", "缺少参数 xm")
	case !ValidID(id):
		refuse("400", "参数 gmsfhm 不是有效的公民身份号码")
	case met == FaultNoRecord:
		s.none(w, v, in)
	case met == FaultRubbish:
		page{media: "text/html;charset=UTF-8", body: []byte("<html><body>系统维护中</body></html>")}.write(w)
	default:
		s.found(w, v, met, in, id, name)
	}
}

// found answers with the record of a person, or that there is none.
func (s *Simulator) found(w http.ResponseWriter, v *simService, met Fault, in visit, id, name string) {
	all := s.people()
	i, known := all.byID[id]
	if !known || all.list[i].Name != name {
		s.none(w, v, in)
		return
	}
	s.mu.Lock()
	s.stats.Found++
	s.worked[Work{v.SID, id}]++
	s.mu.Unlock()
	if met == FaultLoseAnswer {
		panic(http.ErrAbortHandler) // closes the connection; the server takes it
	}
	p := s.desk.page(in, v.Registered, reply{record: s.record(v.Name, all.list[i])})
	if met != FaultBreakOff {
		p.write(w)
		return
	}
	w.Header().Set("Content-Length", strconv.Itoa(len(p.body)))
	p.head(w)
	_, _ = w.Write(p.body[:len(p.body)/2])
	_ = http.NewResponseController(w).Flush()
	panic(http.ErrAbortHandler)
}

func (s *Simulator) none(w http.ResponseWriter, v *simService, in visit) {
	s.count(func(st *Stats) { st.NoRecord++ })
	s.desk.page(in, v.Registered, reply{}).write(w)
}
