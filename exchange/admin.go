package exchange

import (
	"encoding/json"
	"errors"
	"net/http"
	"strconv"
	"time"

	"github.com/shujie-gov/shujie/fault"
)

// The face under /sim/ is for testers outside this process; the platform has no
// such thing.

func (s *Simulator) serveServices(w http.ResponseWriter, _ *http.Request) { show(w, s.Services()) }

func (s *Simulator) serveStats(w http.ResponseWriter, _ *http.Request) { show(w, s.Stats()) }

// servePersons lists the first persons; n says how many, 10 when it does not.
func (s *Simulator) servePersons(w http.ResponseWriter, r *http.Request) {
	n := 10
	if v := r.URL.Query().Get("n"); v != "" {
		var err error
		if n, err = strconv.Atoi(v); err != nil {
			complain(w, fault.InvalidField("n", "应为整数。", "n must be a whole number"))
			return
		}
	}
	show(w, s.Persons(n))
}

// serveFaults sets the faults of a service, or of the platform without a sid; a
// script is for a service only.
func (s *Simulator) serveFaults(w http.ResponseWriter, r *http.Request) {
	var in struct {
		SID    string  `json:"sid"`
		Rate   float64 `json:"rate"`
		Kinds  []Fault `json:"kinds"`
		Seed   uint64  `json:"seed"`
		SlowMS int64   `json:"slow_ms"`
		Script []Fault `json:"script"`
	}
	dec := json.NewDecoder(http.MaxBytesReader(w, r.Body, maxRequest))
	dec.DisallowUnknownFields()
	if err := dec.Decode(&in); err != nil {
		complain(w, fault.Wrap(fault.Invalid, err, "请求体不是所要求的 JSON。", "the body is not the JSON asked for"))
		return
	}
	f := Faults{Rate: in.Rate, Kinds: in.Kinds, Seed: in.Seed, Slow: time.Duration(in.SlowMS) * time.Millisecond}
	var err error
	switch {
	case len(in.Script) > 0:
		err = s.Script(in.SID, in.Script...)
	case in.SID != "":
		err = s.SetServiceFaults(in.SID, f)
	default:
		err = s.SetFaults(f)
	}
	if err != nil {
		complain(w, err)
		return
	}
	w.WriteHeader(http.StatusNoContent)
}

func complain(w http.ResponseWriter, err error) {
	code := http.StatusBadRequest
	if fault.KindOf(err) == fault.NotFound {
		code = http.StatusNotFound
	}
	message := "bad request"
	if f := (*fault.Error)(nil); errors.As(err, &f) {
		message = f.Error()
	}
	w.Header().Set("Content-Type", "application/json;charset=UTF-8")
	w.WriteHeader(code)
	_ = json.NewEncoder(w).Encode(map[string]string{"error": message}) // a caller who left needs no answer
}
