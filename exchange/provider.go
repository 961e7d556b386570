package exchange

import (
	"encoding/json"
	"net/http"
	"strconv"
	"strings"
)

// answer is the provider behind the platform: it looks for the record of the
// person whom gmsfhm (number) and xm (name) describe.
func (s *Simulator) answer(w http.ResponseWriter, v *simService, met Fault, params map[string]string) {
	id, name := strings.ToUpper(params["gmsfhm"]), params["xm"]
	switch {
	case met == FaultRefuse:
		s.refuse(w, "403", "数据提供方拒绝提供")
	case params == nil:
		s.refuse(w, "400", "请求体须为 JSON 对象，参数值须为字符串")
	case id == "":
		s.refuse(w, "400", "缺少参数 gmsfhm")
	case name == "":
		s.refuse(w, "400", "缺少参数 xm")
	case !ValidID(id):
		s.refuse(w, "400", "参数 gmsfhm 不是有效的公民身份号码")
	case met == FaultNoRecord:
		s.none(w)
	case met == FaultRubbish:
		w.Header().Set("Content-Type", "text/html;charset=UTF-8")
		_, _ = w.Write([]byte("<html><body>系统维护中</body></html>")) // a caller who left needs no answer
	default:
		s.found(w, v, met, id, name)
	}
}

// found answers with the record of a person, or that there is none.
func (s *Simulator) found(w http.ResponseWriter, v *simService, met Fault, id, name string) {
	all := s.people()
	i, known := all.byID[id]
	if !known || all.list[i].Name != name {
		s.none(w)
		return
	}
	s.mu.Lock()
	s.stats.Found++
	s.worked[Work{v.SID, id}]++
	s.mu.Unlock()
	if met == FaultLoseAnswer {
		panic(http.ErrAbortHandler) // closes the connection; the server takes it
	}
	body, err := json.Marshal(map[string]any{"code": "0", "message": "成功", "data": []any{s.record(v.Name, all.list[i])}})
	if err != nil {
		w.WriteHeader(http.StatusInternalServerError)
		return
	}
	w.Header().Set("Content-Type", "application/json;charset=UTF-8")
	if met != FaultBreakOff {
		_, _ = w.Write(body) // a caller who left needs no answer
		return
	}
	w.Header().Set("Content-Length", strconv.Itoa(len(body)))
	_, _ = w.Write(body[:len(body)/2])
	_ = http.NewResponseController(w).Flush()
	panic(http.ErrAbortHandler)
}

func (s *Simulator) none(w http.ResponseWriter) {
	s.count(func(st *Stats) { st.NoRecord++ })
	reply(w, map[string]any{"code": "0", "message": "成功", "data": []any{}})
}

func (s *Simulator) refuse(w http.ResponseWriter, code, message string) {
	s.count(func(st *Stats) { st.BusinessErrors++ })
	reply(w, map[string]any{"code": code, "message": message, "data": nil})
}
