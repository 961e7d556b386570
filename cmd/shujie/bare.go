package main

import (
	"context"
	"errors"
	"fmt"
	"net/url"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strconv"
	"strings"
	"sync/atomic"
	"time"

	"github.com/jackc/pgx/v5"
	"golang.org/x/sync/errgroup"
)

// makeDatabase creates a database beside the one of base and returns its URL
// and how to drop it.
func makeDatabase(ctx context.Context, base, name string) (string, func(context.Context) error, error) {
	u, err := url.Parse(base)
	if err != nil {
		return "", nil, errors.New("SHUJIE_DATABASE_URL: it is not a URL")
	}
	run := func(ctx context.Context, sql string) error {
		conn, err := pgx.Connect(ctx, base)
		if err != nil {
			return fmt.Errorf("SHUJIE_DATABASE_URL: %w", err)
		}
		_, err = conn.Exec(ctx, sql)
		return errors.Join(err, conn.Close(ctx))
	}
	quoted := pgx.Identifier{name}.Sanitize()
	if err := run(ctx, "CREATE DATABASE "+quoted); err != nil {
		return "", nil, err
	}
	u.Path = "/" + name
	return u.String(), func(ctx context.Context) error { return run(ctx, "DROP DATABASE "+quoted+" WITH (FORCE)") }, nil
}

// bareClients is how many clients the bare database is measured with.
const bareClients = 8

// bareTables are a case, its event and its outbox row with nothing around them.
const bareTables = `
CREATE TABLE bare_cases (id bigint PRIMARY KEY, state text NOT NULL, version bigint NOT NULL, dept bigint NOT NULL, due timestamptz, updated_at timestamptz NOT NULL) WITH (fillfactor = 80);
CREATE TABLE bare_events (id bigserial PRIMARY KEY, case_id bigint NOT NULL, seq bigint NOT NULL, action text NOT NULL, at timestamptz NOT NULL, data jsonb NOT NULL);
CREATE INDEX ON bare_events (case_id, seq);
CREATE TABLE bare_outbox (id bigserial PRIMARY KEY, case_id bigint NOT NULL, kind text NOT NULL, due_at timestamptz NOT NULL, args jsonb NOT NULL);
INSERT INTO bare_cases SELECT n, 'filed', 1, n %% 21, now(), now() FROM generate_series(1, %d) n;
CREATE INDEX ON bare_cases (dept, state, due);
ANALYZE bare_cases;`

// bareMove is the least a move can be: five statements.
const bareMove = `\set id random(1, %d)
BEGIN;
UPDATE bare_cases SET state = 'accepted', version = version + 1, updated_at = now() WHERE id = :id AND version >= 1;
INSERT INTO bare_events (case_id, seq, action, at, data) VALUES (:id, 1, 'accept', now(), '{"note": ""}');
INSERT INTO bare_outbox (case_id, kind, due_at, args) VALUES (:id, 'case.advance', now(), '{}');
COMMIT;
`

// bareRun prepares the bare measurement and returns how to take it: by pgbench
// where it is installed, else by the same statements from here. On SQLite there
// is none.
func bareRun(ctx context.Context, url string, o benchOptions) (func(context.Context) (float64, error), string, error) {
	if !strings.HasPrefix(url, "postgres") {
		return nil, "no bare run on SQLite", nil
	}
	conn, err := pgx.Connect(ctx, url)
	if err != nil {
		return nil, "", err
	}
	_, err = conn.Exec(ctx, fmt.Sprintf(bareTables, o.cases))
	if err = errors.Join(err, conn.Close(ctx)); err != nil {
		return nil, "", err
	}
	if path, err := exec.LookPath("pgbench"); err == nil {
		return func(ctx context.Context) (float64, error) { return pgbench(ctx, path, url, o) }, "pgbench", nil
	}
	return func(ctx context.Context) (float64, error) { return bareLoop(ctx, url, o) }, "bare statements", nil
}

func pgbench(ctx context.Context, path, url string, o benchOptions) (float64, error) {
	dir, err := os.MkdirTemp("", "shujie-bench-")
	if err != nil {
		return 0, err
	}
	defer os.RemoveAll(dir)
	script := filepath.Join(dir, "move.sql")
	if err := os.WriteFile(script, []byte(fmt.Sprintf(bareMove, o.cases)), 0o600); err != nil {
		return 0, err
	}
	cmd := exec.CommandContext(ctx, path, "-n", "-M", "prepared", //nolint:gosec // the arguments are ours
		"-c", strconv.Itoa(bareClients), "-T", strconv.Itoa(o.seconds), "-f", script, url)
	out, err := cmd.CombinedOutput()
	if err != nil {
		return 0, fmt.Errorf("pgbench: %w: %s", err, out)
	}
	m := regexp.MustCompile(`tps = ([0-9.]+)`).FindSubmatch(out)
	if m == nil {
		return 0, fmt.Errorf("pgbench said no tps: %s", out)
	}
	return strconv.ParseFloat(string(m[1]), 64)
}

// bareLoop runs the statements of bareMove over one connection a client.
func bareLoop(ctx context.Context, url string, o benchOptions) (float64, error) {
	began := time.Now()
	end := began.Add(time.Duration(o.seconds) * time.Second)
	var n atomic.Int64
	group, ctx := errgroup.WithContext(ctx)
	for i := range bareClients {
		group.Go(func() error {
			conn, err := pgx.Connect(ctx, url)
			if err != nil {
				return err
			}
			for id := i; time.Now().Before(end); id = (id + 7919) % o.cases {
				if err := pgx.BeginFunc(ctx, conn, func(tx pgx.Tx) error { return bareTx(ctx, tx, id+1) }); err != nil {
					return errors.Join(err, conn.Close(ctx))
				}
				n.Add(1)
			}
			return conn.Close(ctx)
		})
	}
	err := group.Wait()
	return float64(n.Load()) / time.Since(began).Seconds(), err
}

func bareTx(ctx context.Context, tx pgx.Tx, id int) error {
	for _, sql := range strings.Split(strings.TrimSpace(bareMove), "\n")[2:5] {
		if _, err := tx.Exec(ctx, strings.ReplaceAll(sql, ":id", "$1"), id); err != nil {
			return err
		}
	}
	return nil
}
