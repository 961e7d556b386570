package main

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net"
	"net/http"
	"runtime/debug"
	"strings"
	"sync"
	"time"

	"golang.org/x/sync/errgroup"

	"github.com/shujie-gov/shujie/models"
)

// serveRole is the part of the work a process does.
type serveRole string

const (
	roleAll    serveRole = "all"
	roleWeb    serveRole = "web"
	roleWorker serveRole = "worker"
)

// serve runs the service until ctx ends. An embedded database is migrated by
// itself; with PostgreSQL that is an operator's decision.
func serve(ctx context.Context, cfg config, role serveRole, log *slog.Logger) error {
	if strings.HasPrefix(cfg.DatabaseURL, "sqlite:") {
		if err := models.Migrate(ctx, cfg.DatabaseURL, log); err != nil {
			return err
		}
	}
	a, err := openApp(ctx, cfg, log, appOptions{now: time.Now})
	if err != nil {
		return err
	}
	return errors.Join(a.run(ctx, role, nil), a.close())
}

// run serves until ctx ends. The address is sent to ready once it listens.
func (a *app) run(ctx context.Context, role serveRole, ready chan<- string) error {
	if a.store.Dialect() == "sqlite" { // this is its only process
		if err := a.store.ReleaseJobs(ctx); err != nil {
			return err
		}
	}
	group, ctx := errgroup.WithContext(ctx)
	if role != roleWeb {
		group.Go(func() error { return a.worker.Run(ctx) })
	}
	group.Go(func() error { return a.refreshRegions(ctx) })
	group.Go(func() error { return a.watchRules(ctx) })
	group.Go(func() error { return a.listen(ctx, role, ready) })
	return group.Wait()
}

// listen serves HTTP. A worker answers the operations' questions only.
func (a *app) listen(ctx context.Context, role serveRole, ready chan<- string) error {
	handler := a.handler
	if role == roleWorker {
		handler = operations(a.handler)
	}
	l, err := (&net.ListenConfig{}).Listen(ctx, "tcp", a.cfg.Addr)
	if err != nil {
		return fmt.Errorf("SHUJIE_ADDR: %w", err)
	}
	server := &http.Server{
		Handler: handler, ReadHeaderTimeout: 5 * time.Second, ReadTimeout: 30 * time.Second,
		WriteTimeout: time.Minute, IdleTimeout: 2 * time.Minute, MaxHeaderBytes: 64 << 10,
		ErrorLog: slog.NewLogLogger(a.log.Handler(), slog.LevelWarn),
	}
	if ready != nil {
		ready <- l.Addr().String()
	}
	a.log.InfoContext(ctx, "serving", "addr", l.Addr().String(), "role", string(role))
	done := make(chan error, 1)
	go func() { done <- server.Serve(l) }()
	debug.FreeOSMemory() // compiling the definitions took more than running needs
	select {
	case err := <-done:
		return err
	case <-ctx.Done():
	}
	close(a.stopping)
	grace, cancel := context.WithTimeout(context.WithoutCancel(ctx), 10*time.Second)
	defer cancel()
	if err := server.Shutdown(grace); err != nil {
		return errors.Join(err, server.Close())
	}
	return nil
}

func operations(h http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		switch r.URL.Path {
		case "/healthz", "/readyz", "/metrics":
			h.ServeHTTP(w, r)
		default:
			http.NotFound(w, r)
		}
	})
}

// refreshRegions takes departments that another process imported into force
// within a minute.
func (a *app) refreshRegions(ctx context.Context) error {
	tick := time.NewTicker(time.Minute)
	defer tick.Stop()
	for {
		select {
		case <-ctx.Done():
			return nil
		case <-tick.C:
			if err := a.loadRegions(ctx); err != nil && ctx.Err() == nil {
				a.log.ErrorContext(ctx, "departments", "err", err)
			}
		}
	}
}

// liveTicks paces a live page: one look at the counts every two seconds, until
// the page is left or the process stops.
func (a *app) liveTicks() (<-chan time.Time, func()) {
	ticks, left := make(chan time.Time), make(chan struct{})
	go func() {
		defer close(ticks)
		t := time.NewTicker(2 * time.Second)
		defer t.Stop()
		for {
			var at time.Time
			select {
			case at = <-t.C:
			case <-left:
				return
			case <-a.stopping:
				return
			}
			select {
			case ticks <- at:
			case <-left:
				return
			case <-a.stopping:
				return
			}
		}
	}()
	return ticks, sync.OnceFunc(func() { close(left) })
}
