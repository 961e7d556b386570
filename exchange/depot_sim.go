package exchange

import (
	"encoding/json"
	"io/fs"
	"os"
	"path"
	"strings"
)

// AnswerFiles answers every request that lies in a folder and has no answer yet,
// as the provider behind a front machine does. It returns how many it answered.
// Faults of a script hold here too: one that breaks off or loses an answer leaves
// it for the next time.
func (s *Simulator) AnswerFiles(dir string) (int, error) {
	list, err := fs.Glob(os.DirFS(dir), "*/requests/*.json")
	if err != nil {
		return 0, err
	}
	files, err := OpenFolder(dir)
	if err != nil {
		return 0, err
	}
	defer func() { _ = files.Close() }() // what was written is written
	n := 0
	for _, name := range list {
		sid := strings.SplitN(name, "/", 2)[0]
		id := strings.TrimSuffix(path.Base(name), ".json")
		_, answer := depotPaths(sid, id)
		if _, err := files.Get(answer, maxRequest); err == nil {
			continue
		}
		body, err := files.Get(name, maxRequest)
		if err != nil {
			return n, err
		}
		said, ok := s.answerFile(sid, id, body)
		if !ok {
			continue
		}
		if err := files.Put(answer, said); err != nil {
			return n, err
		}
		n++
	}
	return n, nil
}

// answerFile answers one request; not when a fault has swallowed it.
func (s *Simulator) answerFile(sid, id string, body []byte) ([]byte, bool) {
	var r depotRequest
	v := s.service(visit{sid: sid})
	bad := json.Unmarshal(body, &r) != nil || v == nil || r.ID != id || r.SID != sid || !same(r.RID, v.RID) || !same(r.Sign, depotSign(v.AppKey, r))
	say := func(code, message string, data any) ([]byte, bool) {
		b, err := json.Marshal(map[string]any{"id": id, "code": code, "message": message, "data": data})
		if err != nil {
			panic(err) // only texts are written
		}
		return b, true
	}
	if bad {
		s.turnAway(&gateError{"bad_sign", ""})
		return say("-1", "签名错误", nil)
	}
	met, _ := s.drawn(v, true)
	switch met {
	case FaultDown, FaultBreakOff, FaultLoseAnswer, FaultSlow, FaultExpiredSecret:
		return nil, false
	case FaultRubbish:
		return []byte("系统维护中"), true
	case FaultRefuse:
		return say("403", "数据提供方拒绝提供", nil)
	case FaultNoRecord:
		return say("0", "成功", []string{})
	case FaultNone:
	}
	all := s.people()
	i, known := all.byID[strings.ToUpper(r.Params["gmsfhm"])]
	if !known || all.list[i].Name != r.Params["xm"] {
		s.count(func(st *Stats) { st.Calls++; st.NoRecord++ })
		return say("0", "成功", []string{})
	}
	s.mu.Lock()
	s.stats.Calls++
	s.stats.Found++
	s.worked[Work{sid, all.list[i].IDNumber}]++
	s.mu.Unlock()
	return say("0", "成功", []any{s.record(v.Name, all.list[i])})
}
