package main

import (
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"
)

func TestBenchReportsEveryNumberOfClients(t *testing.T) {
	cfg, err := loadConfig(nil)
	if err != nil {
		t.Fatal(err)
	}
	var out strings.Builder
	err = runBench(t.Context(), cfg, benchOptions{cases: 6000, clients: []int{1, 3}, seconds: 1, rounds: 1}, &out)
	if err != nil {
		t.Fatalf("%v\n%s", err, &out)
	}
	for _, want := range []string{"6000 cases on sqlite", "/s with 1 clients\n", "/s with 3 clients\n", "median: inbox p95"} {
		if !strings.Contains(out.String(), want) {
			t.Errorf("%q is missing in\n%s", want, &out)
		}
	}
}

func TestACallerTakesOnlyWholeSuccesses(t *testing.T) {
	long := strings.Repeat("案", 10_000)
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		body, _ := io.ReadAll(r.Body)
		switch r.URL.Path {
		case "/fine":
			w.Header().Set("Content-Length", fmt.Sprint(len(long)))
			_, _ = io.WriteString(w, long)
		case "/echo":
			_, _ = fmt.Fprint(w, r.Method, " ", r.Header.Get("Authorization"), " ", r.Header.Get("Accept"), " ", string(body))
		case "/refused":
			http.Error(w, "not now", http.StatusConflict)
		case "/endless":
			_, _ = io.WriteString(w, long) // without a length
		case "/short":
			w.Header().Set("Content-Length", fmt.Sprint(len(long)+1))
			_, _ = io.WriteString(w, long)
		}
	}))
	defer server.Close()
	dial := func() *caller {
		c, err := dialCaller(t.Context(), strings.TrimPrefix(server.URL, "http://"), "abc", "text/html", time.Now())
		if err != nil {
			t.Fatal(err)
		}
		t.Cleanup(func() { _ = c.close() })
		return c
	}
	c := dial()
	for range 3 { // over one connection
		if n, err := c.call(http.MethodGet, "/fine", ""); n != len(long) || err != nil {
			t.Errorf("a whole answer: %d bytes, %v", n, err)
		}
		if n, err := c.call(http.MethodPost, "/echo", `{"version":1}`); n != len(`POST Bearer abc text/html {"version":1}`) || err != nil {
			t.Errorf("the request did not arrive as it was meant: %d bytes, %v", n, err)
		}
	}
	if _, err := dial().call(http.MethodGet, "/refused", ""); err == nil || !strings.Contains(err.Error(), "409 not now") {
		t.Errorf("a refusal: %v", err)
	}
	for _, path := range []string{"/endless", "/short"} {
		if n, err := dial().call(http.MethodGet, path, ""); err == nil {
			t.Errorf("%s: %d bytes and no error", path, n)
		}
	}
}
