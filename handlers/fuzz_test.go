package handlers

import (
	"net/http"
	"testing"
)

// The fuzz targets look for the one thing no input may cause: an answer that
// says the fault is ours.

func FuzzFileBody(f *testing.F) {
	for _, seed := range []string{
		`{"kind":"blocker","service_item":"新生儿参保","proof":"出生证明"}`, `{"service_item":1,"proofs":[1,2,"x"],"person":{"name":"张三"}}`, `{"proof":[[1]],"service_item":{}}`,
		`{"kind":null,"title":"\u0000","batch":1e99,"region":true}`, `[]`, `{"service_item":-1,"proof":99999999999999999999}`, `null`, `{`,
	} {
		f.Add(seed, false)
	}
	f.Add("service_item=1&proofs=1&proofs=2&person.name=a&person=b", true)
	f.Add("person.name.x=1&person.=2&.=3&service_item=%00", true)
	w := newWorld(f, sqliteFor(f))
	w.login("hall")
	f.Fuzz(func(t *testing.T, body string, form bool) {
		w.in(t).ours(t, "hall", http.MethodPost, "/api/v1/cases", body, form)
	})
}

func FuzzActionBody(f *testing.F) {
	for _, seed := range []string{`{"version":1,"note":"x"}`, `{"into":"JS-2026-00001"}`, `{"lead":99,"version":"1"}`, `{"note":[1],"lead":{"a":1}}`, `{"visits":1e400}`, `{"version":9223372036854775808}`} {
		for _, action := range []string{"comment", "merge", "dispatch", "accept", "file", "x", "%00"} {
			f.Add(action, seed, false)
		}
	}
	f.Add("comment", "note=x&note=y&version=1", true)
	w := newWorld(f, sqliteFor(f))
	w.blocker()
	w.login("coord")
	f.Fuzz(func(t *testing.T, action, body string, form bool) {
		w := w.in(t)
		req := w.request(http.MethodPost, "/api/v1/cases/1/actions/x", nil)
		req.URL.Path = "/api/v1/cases/1/actions/" + action
		w.ours(t, "coord", http.MethodPost, req.URL.EscapedPath(), body, form)
	})
}

func FuzzListQuery(f *testing.F) {
	for _, seed := range []string{"kind=blocker&state=filed", "q=%25_%5C&limit=1", "cursor=eyJzIjoiZHVlIn0", "due_before=2026-13-40", "department=GA&batch=1&item=9223372036854775807", "sort=due&cursor=%00", "q=JS-2026-00001", "limit=-1&box=todo", "%=%"} {
		f.Add(seed)
	}
	w := newWorld(f, sqliteFor(f))
	w.blocker()
	w.login("coord")
	f.Fuzz(func(t *testing.T, query string) {
		w := w.in(t)
		req := w.request(http.MethodGet, "/api/v1/cases", nil)
		req.URL.RawQuery = query
		req.Header.Set("Authorization", "Bearer "+w.tokens["coord"])
		if got := w.send(req); got.Code >= http.StatusInternalServerError {
			t.Errorf("%q: %d %s", query, got.Code, got.Body)
		}
	})
}

// in is the same world seen by one run of a fuzz target.
func (w *world) in(t *testing.T) *world {
	t.Helper()
	v := *w
	v.t = t
	return &v
}

func (w *world) ours(t *testing.T, user, method, path, body string, form bool) {
	t.Helper()
	req := w.request(method, "/", body)
	u, err := req.URL.Parse(path)
	if err != nil {
		return // net/http would not have passed it on
	}
	req.URL = u
	if form {
		req.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	}
	req.Header.Set("Authorization", "Bearer "+w.tokens[user])
	if got := w.send(req); got.Code >= http.StatusInternalServerError {
		t.Errorf("%s %q: %d %s\n%s", path, body, got.Code, got.Body, w.log)
	}
}
