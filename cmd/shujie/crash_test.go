package main

import (
	"bufio"
	"bytes"
	"context"
	crand "crypto/rand"
	"encoding/json"
	"math/rand/v2"
	neturl "net/url"
	"os"
	"os/exec"
	"strconv"
	"strings"
	"testing"

	"github.com/jackc/pgx/v5"
	"github.com/redis/go-redis/v9"
)

// TestMain lets the test binary be shujie itself, so that a test can start it
// as a process of its own and kill it.
func TestMain(m *testing.M) {
	if os.Getenv("SHUJIE_TEST_BE_SHUJIE") == "1" {
		main()
		return
	}
	os.Exit(m.Run())
}

// process starts this binary as shujie with the environment.
func process(t *testing.T, environ []string, args ...string) *exec.Cmd {
	t.Helper()
	self, err := os.Executable()
	if err != nil {
		t.Fatal(err)
	}
	cmd := exec.CommandContext(t.Context(), self, args...)
	cmd.Env = append([]string{"SHUJIE_TEST_BE_SHUJIE=1", "PATH=" + os.Getenv("PATH"), "TMPDIR=" + os.Getenv("TMPDIR")}, environ...)
	return cmd
}

// place is a database and a queue to crash on.
type place struct {
	name    string
	environ []string
	args    []string
}

// Each test has a Redis database of its own, the nth after the given one: they
// wait for leases to run out side by side.
func places(t *testing.T, n int) []place {
	t.Helper()
	list := []place{{name: "sqlite", args: []string{"--dir", t.TempDir()}}}
	database, redis := os.Getenv("TEST_DATABASE_URL"), os.Getenv("TEST_REDIS_URL")
	if database == "" || redis == "" {
		if os.Getenv("SHUJIE_CI") == "1" {
			t.Fatal("TEST_DATABASE_URL and TEST_REDIS_URL are required here")
		}
		return list
	}
	url, drop, err := makeDatabase(t.Context(), database, "shujie_crash_"+strings.ToLower(crand.Text()[:8]))
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := drop(context.WithoutCancel(t.Context())); err != nil {
			t.Error(err)
		}
	})
	return append(list, place{name: "postgres and redis", environ: []string{"SHUJIE_DATABASE_URL=" + url, "SHUJIE_REDIS_URL=" + beside(t, redis, n)}})
}

// beside is the nth Redis database after the given one, so that tests of other
// packages on that one do not take our tasks.
func beside(t *testing.T, address string, after int) string {
	t.Helper()
	u, err := neturl.Parse(address)
	if err != nil {
		t.Fatal("TEST_REDIS_URL is not a URL")
	}
	n, err := strconv.Atoi(strings.TrimPrefix(u.Path, "/"))
	if err != nil && u.Path != "" && u.Path != "/" {
		t.Fatal("TEST_REDIS_URL names no database number")
	}
	u.Path = "/" + strconv.Itoa(n+after)
	return u.String()
}

func TestAKilledServerLosesNothingAndMovesNothingTwice(t *testing.T) {
	t.Parallel()
	for _, p := range places(t, 1) {
		t.Run(p.name, func(t *testing.T) {
			t.Parallel()
			random := rand.New(rand.NewPCG(20180419, 8))
			for range 4 {
				killed := killDuring(t, p, 1+random.IntN(6))
				t.Logf("killed after: %s", killed)
			}
			cmd := process(t, p.environ, append([]string{"demo", "--once", "--json"}, p.args...)...)
			var out, errs bytes.Buffer
			cmd.Stdout, cmd.Stderr = &out, &errs
			if err := cmd.Run(); err != nil {
				t.Fatalf("%v\n%s\n%s", err, out.String(), errs.String())
			}
			var s summary
			if err := json.Unmarshal(out.Bytes(), &s); err != nil {
				t.Fatal(err)
			}
			closedAll(t, s, errs.String(), nil, 75)
			if s.Receipts != 73 {
				t.Errorf("receipts = %d, want exactly one for each of 73 records", s.Receipts)
			}
			if p.name != "sqlite" {
				onceEach(t, p.environ[0])
			}
		})
	}
}

// TestEveryBlockerClosesOnceThoughRedisIsEmptied empties Redis in the middle of
// a run (invariant 2).
func TestEveryBlockerClosesOnceThoughRedisIsEmptied(t *testing.T) {
	t.Parallel()
	for _, p := range places(t, 2) {
		if p.name == "sqlite" {
			continue // no Redis
		}
		_, address, _ := strings.Cut(p.environ[1], "=")
		opt, err := redis.ParseURL(address)
		if err != nil {
			t.Fatal(err)
		}
		queue := redis.NewClient(opt)
		defer queue.Close()
		cmd := process(t, p.environ, "demo", "--once", "--json")
		var out bytes.Buffer
		cmd.Stdout = &out
		told, err := cmd.StderrPipe()
		if err != nil {
			t.Fatal(err)
		}
		if err := cmd.Start(); err != nil {
			t.Fatal(err)
		}
		emptied, text := 0, ""
		for lines := bufio.NewScanner(told); lines.Scan(); {
			text += lines.Text() + "\n"
			if strings.HasPrefix(lines.Text(), "closed ") && emptied < 3 {
				if err := queue.FlushDB(t.Context()).Err(); err != nil {
					t.Fatal(err)
				}
				emptied++
			}
		}
		if err := cmd.Wait(); err != nil {
			t.Fatalf("%v\n%s", err, text)
		}
		var s summary
		if err := json.Unmarshal(out.Bytes(), &s); err != nil {
			t.Fatal(err)
		}
		closedAll(t, s, text, nil, 75)
		if emptied < 2 || s.Queue != "redis" {
			t.Errorf("Redis was emptied %d times, the queue was %s", emptied, s.Queue)
		}
		onceEach(t, p.environ[0])
	}
}

// killDuring runs the demo and kills it without warning after it has told its
// progress n times.
func killDuring(t *testing.T, p place, n int) string {
	t.Helper()
	cmd := process(t, p.environ, append([]string{"demo", "--once", "--json"}, p.args...)...)
	told, err := cmd.StderrPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	last := "nothing"
	for lines := bufio.NewScanner(told); lines.Scan(); {
		if strings.HasPrefix(lines.Text(), "closed ") {
			last = lines.Text()
			if n--; n == 0 {
				break
			}
		}
	}
	if err := cmd.Process.Kill(); err != nil && !strings.Contains(err.Error(), "finished") {
		t.Fatal(err)
	}
	_ = cmd.Wait() // it was killed
	return last
}

// onceEach fails when a step that happens once in the life of a blocker of the
// demo is in the log twice, or a case lacks an event of its version.
func onceEach(t *testing.T, variable string) {
	t.Helper()
	_, url, _ := strings.Cut(variable, "=")
	conn, err := pgx.Connect(t.Context(), url)
	if err != nil {
		t.Fatal(err)
	}
	defer conn.Close(t.Context())
	for name, sql := range map[string]string{
		"steps taken twice": `SELECT count(*) FROM (SELECT case_id, action FROM events WHERE action IN
			('file', 'accept', 'dispatch', 'approve_online', 'resolve', 'deliver', 'verify', 'data_arrived')
			GROUP BY case_id, action HAVING count(*) > 1) x`,
		"cases with a gap":      `SELECT count(*) FROM cases c WHERE c.version <> (SELECT count(*) FROM events e WHERE e.case_id = c.id)`,
		"blockers filed twice":  `SELECT count(*) FROM (SELECT title FROM cases WHERE kind = 'blocker' GROUP BY title HAVING count(*) > 1) x`,
		"receipts of one paper": `SELECT count(*) FROM (SELECT requirement_id FROM receipts GROUP BY requirement_id HAVING count(*) > 1) x`,
	} {
		var n int
		if err := conn.QueryRow(t.Context(), sql).Scan(&n); err != nil {
			t.Fatalf("%s: %v", name, err)
		}
		if n != 0 {
			t.Errorf("%s: %d", name, n)
		}
	}
}
