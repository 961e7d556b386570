package exchange

import (
	"net/http"
	"net/url"
	"slices"
	"time"
)

// dialect is how the platforms of one profile are spoken to: what a call looks
// like on the wire, and how its answer is read. Whatever is alike for all of
// them is the client's: transport, limits, the renewal of keys, the breaker.
type dialect interface {
	// wrong says what keeps a service from being called, or "".
	wrong(s Service) string
	// request writes a call.
	request(c call) request
	// read judges an answer that came in whole: its Outcome is "" and its body
	// is UTF-8, whatever the HTTP status.
	read(a Answer, c call) Answer
}

// keyed is a dialect whose calls are proved by a key of short life that the
// platform hands out: a secret of the day, a token.
type keyed interface {
	dialect
	// ask writes the request for a key. last is the one held before, zero when
	// there is none.
	ask(s Service, last grant, at time.Time) request
	// grant reads the key that was asked for at a moment; the Outcome of its
	// answer stays "" when there is one.
	grant(a Answer, s Service, at time.Time) (grant, Answer)
	// rejects reports whether an answer turned the caller away at the gate, so
	// that a new key may help.
	rejects(a Answer) bool
}

// grant is a key as the platform handed it out.
type grant struct {
	key   string
	until time.Time // not used from here on

	renewal      string // proves the caller who asks for the next one, "" when the appkey does
	renewalUntil time.Time
}

// call is one call as a dialect sees it.
type call struct {
	Service
	Question
	id  string // X-Request-Id
	at  time.Time
	key string // proves it: the key of the moment, or the appkey where there is none
}

// Question is what a call asks, and who asks it.
type Question struct {
	Params map[string]string
	By     Asker
	Key    string // the same when the same thing is asked again; "" when nobody says
}

// Asker is who asks and what for, as far as a protocol carries it (docs/domain.md
// §6.4: the population services want a person and a business).
type Asker struct {
	Name     string `json:"name,omitempty"`      // of the person who asks
	IDNumber string `json:"id_number,omitempty"` // of that person
	Account  string `json:"account,omitempty"`   // by which that person is logged in here
	Unit     string `json:"unit,omitempty"`      // name of the department that asks
	UnitCode string `json:"unit_code,omitempty"` // its unified social credit code
	Matter   string `json:"matter,omitempty"`    // the business it is for
	Case     string `json:"case,omitempty"`      // number of the case it is for
}

// request is one HTTP request to the platform.
type request struct {
	method string
	path   string     // below the base address, escaped
	query  url.Values // appended to path
	header map[string]string
	media  string // Content-Type; "" is JSON
	body   []byte // nil: none
	id     string // X-Request-Id
}

// private lists what no message may repeat, the longest first, for it may hold
// another.
func (c call) private() []string {
	words := []string{c.AppKey, c.key, c.Password, c.By.Name, c.By.IDNumber}
	for _, v := range c.Params {
		words = append(words, v)
	}
	slices.SortFunc(words, func(a, b string) int { return len(b) - len(a) })
	return words
}

// values are the parameters as a query or a form has them.
func (c call) values() url.Values {
	q := url.Values{}
	for k, v := range c.Params {
		q.Set(k, v)
	}
	return q
}

// params are the parameters as a JSON body has them.
func (c call) params() []byte {
	if c.Params == nil {
		return []byte("{}")
	}
	return encode(c.Params)
}

// carrying puts the parameters where the registered method has them: the query
// of a GET, the JSON body of a POST.
func (c call) carrying(r request) request {
	r.method = c.method()
	if r.method == http.MethodGet {
		r.query = c.values()
	} else {
		r.body = c.params()
	}
	return r
}
