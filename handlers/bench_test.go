package handlers

import (
	"fmt"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"os"
	"strings"
	"testing"

	"github.com/shujie-gov/shujie/models/modelstest"
)

// One move through everything: session, policy, engine, commit, view. On
// PostgreSQL when TEST_DATABASE_URL is set, else on SQLite.
func BenchmarkMove(b *testing.B) {
	w := benchWorld(b)
	c := w.blocker()
	var cases []int64
	for range 64 {
		cases = append(cases, w.blocker().ID)
	}
	token := w.login("coord")
	next := make(chan int64, len(cases))
	for _, id := range append(cases, c.ID) {
		if len(next) < cap(next) {
			next <- id
		}
	}
	b.SetParallelism(16)
	b.ResetTimer()
	b.RunParallel(func(pb *testing.PB) {
		for pb.Next() {
			id := <-next
			req := httptest.NewRequestWithContext(b.Context(), http.MethodPost, fmt.Sprintf("/api/v1/cases/%d/actions/comment", id), strings.NewReader(`{"note":"一"}`))
			req.Header.Set("Content-Type", "application/json")
			req.Header.Set("Authorization", "Bearer "+token)
			rec := httptest.NewRecorder()
			w.handler.ServeHTTP(rec, req)
			if rec.Code != http.StatusOK {
				b.Errorf("%d %s", rec.Code, rec.Body)
			}
			next <- id
		}
	})
}

// The inbox as a page: rows, counts, frame and template.
func BenchmarkInbox(b *testing.B) {
	w := benchWorld(b)
	for range 200 {
		w.blocker()
	}
	token := w.login("coord")
	for b.Loop() {
		req := httptest.NewRequestWithContext(b.Context(), http.MethodGet, "/", nil)
		req.Header.Set("Accept", "text/html")
		req.AddCookie(&http.Cookie{Name: cookieName, Value: token})
		rec := httptest.NewRecorder()
		w.handler.ServeHTTP(rec, req)
		if rec.Code != http.StatusOK {
			b.Fatalf("%d %s", rec.Code, rec.Body)
		}
	}
}

func benchWorld(b *testing.B) *world {
	b.Helper()
	var at string
	if os.Getenv("TEST_DATABASE_URL") != "" {
		at, _ = modelstest.Postgres(b)
	} else {
		at = modelstest.SQLite(b)
	}
	w := newWorldWith(b, at, slog.New(slog.DiscardHandler))
	return w
}
