package exchange

import (
	"encoding/json"
	"net/http"
	"time"
)

// desk is the platform's side of a dialect: how the simulator reads a call and
// writes its answer. Whatever is alike for all of them, from the register of
// services to misbehaviour, is the simulator's.
type desk interface {
	// identify turns the identifiers of a service into what they look like here.
	identify(r Registered) Registered
	// paths are the patterns under which calls come in.
	paths() []string
	// visit reads a call.
	visit(r *http.Request, body []byte) visit
	// page writes an answer to a visit of a service.
	page(v visit, s Registered, a reply) page
}

// keyDesk is the platform's side of a keyed dialect.
type keyDesk interface {
	desk
	// keyPaths are the patterns under which keys are asked for.
	keyPaths() []string
	// keyVisit reads a request for a key.
	keyVisit(r *http.Request, body []byte) visit
	// keyPage writes the key that was granted, or why there is none.
	keyPage(s Registered, g grant, refusal *gateError) page
	// life is how long a key lives, zero: until midnight in Shanghai, and the
	// same for all who ask on one day.
	life() time.Duration
}

// visit is a request as a desk read it.
type visit struct {
	sid    string            // "" where the rid names the service
	rid    string            // who calls
	bearer bool              // the key alone says who calls, not the rid
	params map[string]string // nil: they cannot be read
	odd    string            // what is wrong with its form, "" for nothing
	sent   string            // when it was signed, as it says itself
	unit   time.Duration     // of sent; zero: the protocol has no such time
	nonce  string            // good once; "" where the protocol has none
	header http.Header
	digest []byte // over the request, where the answer names it
	// signed reports whether it was proved by a key of the service; nil where
	// nothing proves a call.
	signed func(s Registered, key string) bool
}

// reply is what the provider, or the gate before it, says.
type reply struct {
	gate    *gateError        // turned away; the others are empty
	code    string            // with which the provider refuses, "" when it does not
	message string            // with code
	record  map[string]string // nil: there is no such record
}

// page is an HTTP answer.
type page struct {
	status int    // 200 when zero
	media  string // JSON when ""
	header map[string]string
	body   []byte
}

func jsonPage(status int, v any) page {
	b, err := json.Marshal(v)
	if err != nil {
		panic(err) // only texts, lists and numbers are written
	}
	return page{status: status, body: b}
}

// enveloped writes an answer in code, message and data under the names and codes
// of a platform.
func enveloped(a reply, ok, message, data string) page {
	switch {
	case a.gate != nil:
		return jsonPage(0, map[string]any{"code": "-1", message: a.gate.message, data: nil})
	case a.code != "":
		return jsonPage(0, map[string]any{"code": a.code, message: a.message, data: nil})
	}
	list := []map[string]string{}
	if a.record != nil {
		list = append(list, a.record)
	}
	return jsonPage(0, map[string]any{"code": ok, message: "成功", data: list})
}

// write sends the page.
func (p page) write(w http.ResponseWriter) {
	p.head(w)
	_, _ = w.Write(p.body) // a caller who left needs no answer
}

func (p page) head(w http.ResponseWriter) {
	w.Header().Set("Content-Type", or(p.media, "application/json;charset=UTF-8"))
	for k, v := range p.header {
		w.Header().Set(k, v)
	}
	w.WriteHeader(or(p.status, http.StatusOK))
}
