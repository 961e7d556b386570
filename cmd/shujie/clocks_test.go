package main

import (
	"context"
	crand "crypto/rand"
	"encoding/json"
	"log/slog"
	"maps"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/shujie-gov/shujie/models"
	"github.com/shujie-gov/shujie/workflow"
)

// ground is a migrated database of a test's own, and the settings that lead a
// process to it.
type ground struct {
	name    string
	environ []string
}

// grounds are SQLite, and PostgreSQL where there is one.
func grounds(t *testing.T) []ground {
	t.Helper()
	key := filepath.Join(t.TempDir(), "key")
	if err := os.WriteFile(key, []byte(strings.Repeat("5a", 32)), 0o600); err != nil {
		t.Fatal(err)
	}
	list := []ground{{"sqlite", []string{"SHUJIE_KEY_FILE=" + key, "SHUJIE_DATABASE_URL=sqlite:" + filepath.Join(t.TempDir(), "shujie.db")}}}
	if server := os.Getenv("TEST_DATABASE_URL"); server != "" {
		url, drop, err := makeDatabase(t.Context(), server, "shujie_clocks_"+strings.ToLower(crand.Text()[:8]))
		if err != nil {
			t.Fatal(err)
		}
		t.Cleanup(func() {
			if err := drop(context.WithoutCancel(t.Context())); err != nil {
				t.Error(err)
			}
		})
		list = append(list, ground{"postgres", []string{"SHUJIE_KEY_FILE=" + key, "SHUJIE_DATABASE_URL=" + url}})
	} else if os.Getenv("SHUJIE_CI") == "1" {
		t.Fatal("TEST_DATABASE_URL is required here")
	}
	for _, g := range list {
		run(t, g.environ, "migrate")
	}
	return list
}

// open joins the program's parts on the ground, in this process.
func (g ground) open(t *testing.T) *app {
	t.Helper()
	cfg, err := loadConfig(g.environ)
	if err != nil {
		t.Fatal(err)
	}
	a, err := openApp(t.Context(), cfg.withDefaults(), slog.New(slog.DiscardHandler), appOptions{now: time.Now})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := a.close(); err != nil {
			t.Error(err)
		}
	})
	return a
}

// feast writes a calendar by which the days to come are off, so that every date
// that was counted today moves, whatever today is.
func feast(t *testing.T) string {
	t.Helper()
	var days []workflow.Day
	for i := 1; i <= 5; i++ {
		days = append(days, workflow.Day{Date: time.Now().AddDate(0, 0, i).Format(time.DateOnly), Kind: workflow.Holiday})
	}
	file := filepath.Join(t.TempDir(), "feast.csv")
	if err := os.WriteFile(file, []byte(workflow.WriteCalendarCSV(days)), 0o600); err != nil {
		t.Fatal(err)
	}
	return file
}

// dues returns the deadline of every case.
func dues(t *testing.T, a *app) map[workflow.CaseID]time.Time {
	t.Helper()
	all := map[workflow.CaseID]time.Time{}
	for cursor := ""; ; {
		page, err := a.store.Cases(t.Context(), models.Scope{All: true}, models.CaseQuery{Cursor: cursor, Limit: models.MaxLimit})
		if err != nil {
			t.Fatal(err)
		}
		for _, l := range page.Items {
			if l.Due != nil {
				all[l.ID] = *l.Due
			}
		}
		if cursor = page.Next; cursor == "" {
			return all
		}
	}
}

func events(t *testing.T, a *app) int64 {
	t.Helper()
	totals, err := a.store.Totals(t.Context(), models.Scope{All: true})
	if err != nil {
		t.Fatal(err)
	}
	return totals.Events
}

func reported(t *testing.T, text string) replayReport {
	t.Helper()
	var r replayReport
	if err := json.Unmarshal([]byte(text), &r); err != nil {
		t.Fatalf("%v in %s", err, text)
	}
	return r
}

// TestAReplayThatWasKilledIsTakenUp kills the process that moves the deadlines,
// on the way there and on the way back.
func TestAReplayThatWasKilledIsTakenUp(t *testing.T) {
	for _, g := range grounds(t) {
		t.Run(g.name, func(t *testing.T) {
			a := g.open(t)
			const n = 350
			filed(t, a, n)
			before, file := dues(t, a), feast(t)
			p := reported(t, run(t, g.environ, "clocks", "replay", "--calendar", file, "--json"))
			if p.Status != models.ReplayReady || p.Rows != n || p.Looked != n || len(p.Items) != n || p.Items[0].Clock != "accept" || p.Items[0].Outcome != "pending" {
				t.Fatalf("the preview counts %d of %d (%s)", p.Rows, p.Looked, p.Status)
			}
			if !maps.Equal(before, dues(t, a)) || events(t, a) != n {
				t.Error("the preview changed a case")
			}
			killed(t, g.environ, func() bool { return events(t, a) >= n+130 }, "clocks", "replay", "--calendar", file, "--apply")
			if moved := events(t, a) - n; moved == n {
				t.Fatal("killed when all was done")
			}
			r := reported(t, run(t, g.environ, "clocks", "replay", "--calendar", file, "--apply", "--json"))
			if r.ID != p.ID || r.Status != models.ReplayDone || r.Outcomes["moved"] != n || len(r.Outcomes) != 1 || r.Left == nil || r.Left.Rows != 0 || events(t, a) != 2*n {
				t.Errorf("taken up: %v (%s), left %+v, %d events for %d cases", r.Outcomes, r.Status, r.Left, events(t, a), n)
			}
			after := dues(t, a)
			for _, i := range p.Items {
				if i.After == nil || !after[workflow.CaseID(i.ID)].Equal(*i.After) {
					t.Fatalf("case %d is due %v, the preview said %v", i.ID, after[workflow.CaseID(i.ID)], i.After)
				}
			}

			back := reported(t, run(t, g.environ, "clocks", "replay", "--number", "1", "--json"))
			if back.Rows != n {
				t.Fatalf("the way back moves %d", back.Rows)
			}
			killed(t, g.environ, func() bool { return events(t, a) >= 2*n+130 }, "clocks", "replay", "--number", "1", "--apply")
			back = reported(t, run(t, g.environ, "clocks", "replay", "--number", "1", "--apply", "--json"))
			if back.Outcomes["moved"] != n || len(back.Outcomes) != 1 || events(t, a) != 3*n || !maps.Equal(before, dues(t, a)) {
				t.Errorf("back: %v, %d events for %d cases", back.Outcomes, events(t, a), n)
			}
			run(t, g.environ, "verify")
		})
	}
}

// TestARunningServerTakesUpAnotherCalendar has one process apply a replay while
// another serves.
func TestARunningServerTakesUpAnotherCalendar(t *testing.T) {
	for _, g := range grounds(t) {
		t.Run(g.name, func(t *testing.T) {
			server := g.open(t)
			filed(t, server, 20)
			server.cfg.Addr = "127.0.0.1:0"
			ctx, stop := context.WithCancel(t.Context())
			ready, ended := make(chan string, 1), make(chan error, 1)
			go func() { ended <- server.run(ctx, roleAll, ready) }()
			<-ready
			file := feast(t)
			run(t, g.environ, "clocks", "replay", "--calendar", file)
			// Who applies dies at once; the server does the work.
			list, err := server.store.Replays(t.Context(), 2, 1)
			if err != nil || len(list) != 1 {
				t.Fatalf("previews: %+v %v", list, err)
			}
			if _, err := server.store.ApplyReplay(t.Context(), list[0].ID, operator()); err != nil {
				t.Fatal(err)
			}
			for {
				r, err := server.store.Replay(t.Context(), list[0].ID)
				if err != nil {
					t.Fatal(err)
				}
				if r.Status == models.ReplayDone && server.calendar.Load().Version() == r.Version {
					if r.Outcomes[workflow.Moved] != r.Rows() || r.Rows() == 0 {
						t.Errorf("outcomes: %v", r.Outcomes)
					}
					break
				}
				select {
				case err := <-ended:
					t.Fatalf("the server ended: %v", err)
				case <-time.After(20 * time.Millisecond):
				}
			}
			stop()
			if err := <-ended; err != nil {
				t.Error(err)
			}
		})
	}
}

func TestACalendarFileWithAnErrorIsRefusedAndNothingIsKept(t *testing.T) {
	g := grounds(t)[0]
	file := filepath.Join(t.TempDir(), "bad.csv")
	if err := os.WriteFile(file, []byte("date,kind\n2026-01-01,holiday\n2026-01-02,feast\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	for want, args := range map[string][]string{
		"row 3, column kind": {"--calendar", file},
		"no preview":         {"--apply"},
		"--close":            {"--close", "25:00"},
	} {
		cmd := process(t, g.environ, append([]string{"clocks", "replay"}, args...)...)
		out, err := cmd.CombinedOutput()
		if err == nil || !strings.Contains(string(out), want) {
			t.Errorf("clocks replay %v: %v %s, want %q", args, err, out, want)
		}
	}
	if out := run(t, g.environ, "clocks", "calendars"); strings.Count(out, "\n") != 1 || !strings.Contains(out, "in_force") {
		t.Errorf("the register: %s", out)
	}
}
