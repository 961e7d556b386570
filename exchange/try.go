package exchange

import (
	"encoding/json"
	"fmt"
	"io"
	"maps"
	"net/http"
	"slices"
	"time"

	"github.com/shujie-gov/shujie/fault"
)

// TryOptions are what the trial of a mapping needs.
type TryOptions struct {
	Mapping []byte
	Sample  []byte // what a provider once sent: a record, or with Profile a whole answer
	Profile string // "": the sample is a record
	Media   string // Content-Type of the answer, "" when it is not known
	Values  Values
}

// RunTry applies a mapping to a recorded sample and prints what would be asked
// and what would be kept. Nothing is sent.
func RunTry(w io.Writer, o TryOptions) error {
	m, err := ParseMapping(o.Mapping)
	if err != nil {
		return err
	}
	params := m.Parameters(o.Values)
	a := Answer{Outcome: Found, Body: o.Sample}
	if o.Profile != "" {
		p, err := ProfileByName(o.Profile)
		if err != nil {
			return err
		}
		// The sample stands for an answer that came the right way.
		a = p.dialect.read(Answer{Status: http.StatusOK, Body: legible(o.Sample, o.Media), header: trustedHeader("try")},
			call{Question: Question{Params: params}, id: "try", at: time.Time{}})
	}
	a = m.Apply(a)
	out := map[string]any{"parameters": params, "outcome": a.Outcome, "message": a.Message}
	if a.Outcome == Found {
		out["facts"] = json.RawMessage(a.Body)
	}
	enc := json.NewEncoder(w)
	enc.SetIndent("", "  ")
	enc.SetEscapeHTML(false)
	if err := enc.Encode(out); err != nil {
		return err
	}
	if a.Outcome != Found {
		return fault.New(fault.Invalid, "样本未能映射："+a.Message, fmt.Sprintf("the sample was not mapped (%s): %s", a.Outcome, a.Message))
	}
	for _, name := range slices.Sorted(maps.Keys(params)) {
		if params[name] == "" {
			return fault.New(fault.Invalid, "参数 "+name+" 没有取值。", "the parameter "+name+" is empty")
		}
	}
	return nil
}
