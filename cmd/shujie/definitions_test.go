package main

import (
	"bytes"
	"context"
	"encoding/json"
	"log/slog"
	"os/exec"
	"path/filepath"
	"testing"
	"time"

	"github.com/shujie-gov/shujie/models"
	"github.com/shujie-gov/shujie/workflow"
)

const blockerV2 = "../../testdata/definitions/blocker.v2.yaml"

// openOn opens the program's parts on a database, at a time.
func openOn(t *testing.T, url string) *app {
	t.Helper()
	cfg, err := loadConfig(nil)
	if err != nil {
		t.Fatal(err)
	}
	cfg.DatabaseURL = url
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

// filed opens n blockers.
func filed(t *testing.T, a *app, n int) {
	t.Helper()
	ref, err := reference("argon2id$none")
	if err != nil {
		t.Fatal(err)
	}
	if err := a.store.Import(t.Context(), ref); err != nil {
		t.Fatal(err)
	}
	u, err := a.store.UserByName(t.Context(), "hall_js")
	if err != nil {
		t.Fatal(err)
	}
	for range n {
		draft := workflow.Case{
			Kind: workflow.Blocker, Title: "异地换领居民身份证", Region: province, Proof: "返回户籍地办理",
			Parts: map[workflow.Part]workflow.DeptID{workflow.Filer: u.Dept, workflow.Demander: u.Dept},
		}
		if _, err := a.engine.Open(t.Context(), u.Actor(), draft, workflow.Input{}, workflow.Key{}); err != nil {
			t.Fatal(err)
		}
	}
}

// open counts open blockers by version.
func open(t *testing.T, a *app, version int) int64 {
	t.Helper()
	list, err := a.store.OpenByVersion(t.Context(), models.Scope{All: true})
	if err != nil {
		t.Fatal(err)
	}
	var n int64
	for _, v := range list {
		if v.Kind == workflow.Blocker && v.Version == version {
			n += v.N
		}
	}
	return n
}

// run runs the program to its end.
func run(t *testing.T, environ []string, args ...string) string {
	t.Helper()
	cmd := process(t, environ, args...)
	var out, errs bytes.Buffer
	cmd.Stdout, cmd.Stderr = &out, &errs
	if err := cmd.Run(); err != nil {
		t.Fatalf("shujie %v: %v\n%s%s", args, err, out.String(), errs.String())
	}
	return out.String()
}

// killed starts the program and kills it as soon as enough is true, unless it
// ends before.
func killed(t *testing.T, environ []string, enough func() bool, args ...string) {
	t.Helper()
	cmd := process(t, environ, args...)
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	ended := make(chan error, 1)
	go func() { ended <- cmd.Wait() }()
	for !enough() {
		select {
		case err := <-ended:
			t.Fatalf("shujie %v ended before it was killed: %v", args, err)
		default:
		}
	}
	if err := cmd.Process.Kill(); err != nil {
		t.Fatal(err)
	}
	if err := <-ended; err == nil || err.(*exec.ExitError).Exited() { //nolint:errorlint,forcetypeassert // Wait returns no other
		t.Fatalf("shujie %v was not killed: %v", args, err)
	}
}

// TestAMigrationThatWasKilledIsTakenUp kills the process that migrates, and the
// one that undoes, in the middle.
func TestAMigrationThatWasKilledIsTakenUp(t *testing.T) {
	url := "sqlite:" + filepath.Join(t.TempDir(), "shujie.db")
	environ := []string{"SHUJIE_DATABASE_URL=" + url}
	run(t, environ, "migrate")
	a := openOn(t, url)
	const n = 350
	filed(t, a, n)
	run(t, environ, "definitions", "upload", blockerV2)
	run(t, environ, "definitions", "release", "blocker", "2")
	var p workflow.Plan
	if err := json.Unmarshal([]byte(run(t, environ, "definitions", "plan", "blocker", "--json")), &p); err != nil {
		t.Fatal(err)
	}
	if p.Open != n || p.Maps != n {
		t.Fatalf("the plan counts %d of %d", p.Maps, p.Open)
	}
	killed(t, environ, func() bool { return open(t, a, 2) >= 130 }, "definitions", "migrate", "blocker")
	if left := open(t, a, 1); left == 0 || left == n {
		t.Fatalf("killed with %d cases left", left)
	}
	var done struct {
		ID       int64
		Status   string
		Outcomes map[string]int64
	}
	read := func(text string) {
		t.Helper()
		done.Outcomes = nil
		if err := json.Unmarshal([]byte(text), &done); err != nil {
			t.Fatal(err)
		}
	}
	read(run(t, environ, "definitions", "migrate", "blocker", "--json"))
	if done.Status != "done" || done.Outcomes["moved"] != n || len(done.Outcomes) != 1 || open(t, a, 2) != n {
		t.Errorf("taken up: %+v, %d cases on the new version", done, open(t, a, 2))
	}
	killed(t, environ, func() bool { return open(t, a, 1) >= 130 }, "definitions", "undo", "1")
	read(run(t, environ, "definitions", "undo", "1", "--json"))
	if done.Status != "undone" || done.Outcomes["undone"] != n || len(done.Outcomes) != 1 || open(t, a, 1) != n {
		t.Errorf("undone: %+v, %d cases on the old version", done, open(t, a, 1))
	}
	totals, err := a.store.Totals(t.Context(), models.Scope{All: true})
	if err != nil {
		t.Fatal(err)
	}
	if totals.Events != 3*n {
		t.Errorf("%d events, want one to file, one to migrate and one to undo for each of %d cases", totals.Events, n)
	}
	run(t, environ, "verify")
}

// TestARunningServerTakesUpWhatAnotherProcessReleased has one process release
// and begin, while another serves and works.
func TestARunningServerTakesUpWhatAnotherProcessReleased(t *testing.T) {
	url := "sqlite:" + filepath.Join(t.TempDir(), "shujie.db")
	environ := []string{"SHUJIE_DATABASE_URL=" + url}
	run(t, environ, "migrate")
	server, other := openOn(t, url), openOn(t, url)
	filed(t, server, 20)
	server.cfg.Addr = "127.0.0.1:0"
	ctx, stop := context.WithCancel(t.Context())
	ready, ended := make(chan string, 1), make(chan error, 1)
	go func() { ended <- server.run(ctx, roleAll, ready) }()
	<-ready
	run(t, environ, "definitions", "upload", blockerV2)
	run(t, environ, "definitions", "release", "blocker", "2")
	if err := other.learn(t.Context()); err != nil {
		t.Fatal(err)
	}
	from, to := other.defs.Get(workflow.Blocker, 1), other.defs.Get(workflow.Blocker, 2)
	transfer, err := workflow.NewTransfer(from, to, workflow.Mapping{States: workflow.Suggest(from, to)})
	if err != nil {
		t.Fatal(err)
	}
	p, err := other.engine.Plan(t.Context(), other.store, transfer)
	if err != nil {
		t.Fatal(err)
	}
	m, err := other.store.StartMigration(t.Context(), *p, operator())
	if err != nil {
		t.Fatal(err)
	}
	deadline := time.After(30 * time.Second)
	tick := time.NewTicker(50 * time.Millisecond)
	defer tick.Stop()
	for m.Status != models.MigrationDone {
		select {
		case <-deadline:
			t.Fatalf("the server does not work on it: %+v", m)
		case <-tick.C:
		}
		if m, err = other.store.Migration(t.Context(), m.ID); err != nil {
			t.Fatal(err)
		}
	}
	if server.defs.Latest(workflow.Blocker).Version != 2 || open(t, other, 2) != 20 {
		t.Errorf("the server begins new cases in version %d, %d cases moved", server.defs.Latest(workflow.Blocker).Version, open(t, other, 2))
	}
	stop()
	if err := <-ended; err != nil {
		t.Error(err)
	}
}
