package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"net"
	"os"
	"path/filepath"
	"time"

	"github.com/shujie-gov/shujie/handlers"
	"github.com/shujie-gov/shujie/models"
	"github.com/shujie-gov/shujie/testdata"
	"github.com/shujie-gov/shujie/workflow"
)

const (
	demoPassword = "shujie-demo-2026" //nolint:gosec // of accounts that exist in the demo only
	// demoSecret keeps the fictitious citizens of a demo whose database has no
	// key file beside it; it protects nothing.
	demoSecret = "73686a69652d64656d6f2d73656372657420666f7220666963746974696f7573"
	demoSeed   = 20180419 // the action began on 2018-04-19
	stall      = 2 * time.Minute
)

// demoOptions are the flags of shujie demo.
type demoOptions struct {
	once     bool
	json     bool
	dir      string
	blockers string
	speed    float64
	faults   float64
}

func (o demoOptions) validate() error {
	if o.faults < 0 || o.faults > 0.9 {
		return fmt.Errorf("--faults: %g is not between 0 and 0.9", o.faults)
	}
	if o.speed < 0 {
		return fmt.Errorf("--speed: %g is below 0", o.speed)
	}
	return nil
}

// demo is one run of the line on real blockers.
type demo struct {
	o        demoOptions
	cfg      config
	out, err io.Writer
	blockers []blocker
	yard     *yard
	app      *app
	base     string
	began    time.Time
	terminal bool
}

// runDemo starts everything embedded, loads the blockers and lets the demo
// users run every one of them through the line. errNotClosed when one of them
// did not close.
func runDemo(ctx context.Context, cfg config, o demoOptions, out, errw io.Writer) error {
	if err := o.validate(); err != nil {
		return err
	}
	d := &demo{o: o, cfg: cfg, out: out, err: errw, began: time.Now(), terminal: isTerminal(errw)}
	if err := d.read(); err != nil {
		return err
	}
	clean, err := d.place(ctx)
	if err != nil {
		return err
	}
	defer clean()
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	running, err := d.start(ctx)
	if err != nil {
		return err
	}
	result, runErr := d.perform(ctx)
	if runErr == nil && !o.once {
		fmt.Fprintf(d.err, "\nThe pages stay up at %s · Ctrl-C ends the demo.\n", d.base)
		<-ctx.Done()
	}
	cancel()
	if err := <-running; err != nil && runErr == nil {
		runErr = err
	}
	if runErr != nil {
		return runErr
	}
	if !result.done() {
		return errNotClosed
	}
	return nil
}

var errNotClosed = errors.New("not every blocker was closed")

// read reads the blockers; a bad file is refused before anything is started.
func (d *demo) read() error {
	departments, err := readDepartments(testdata.Files)
	if err != nil {
		return err
	}
	defs, err := workflow.Released()
	if err != nil {
		return err
	}
	name, open := "blockers.csv", func() (fs.File, error) { return testdata.Files.Open("blockers.csv") }
	if d.o.blockers != "" {
		name, open = d.o.blockers, func() (fs.File, error) { return os.Open(d.o.blockers) }
	}
	f, err := open()
	if err != nil {
		return fmt.Errorf("--blockers: %w", err)
	}
	defer f.Close()
	d.blockers, err = readBlockers(name, f, departments, alternatives(defs))
	return err
}

// alternatives lists the legal alternatives that the definition of a blocker
// lets a requirement be waived by.
func alternatives(defs *workflow.Definitions) []string {
	var list []string
	for _, t := range defs.Latest(workflow.Blocker).Transitions {
		for _, in := range t.Inputs {
			if in.Name != "alternative" {
				continue
			}
			for _, o := range in.Options {
				list = append(list, o.Value)
			}
		}
	}
	return list
}

// place chooses where the demo keeps its data: the configured database, the
// given folder, or a temporary one that clean removes.
func (d *demo) place(ctx context.Context) (clean func(), err error) {
	clean = func() {}
	if d.cfg.DatabaseURL == "" {
		dir := d.o.dir
		if dir == "" {
			if dir, err = os.MkdirTemp("", "shujie-demo-"); err != nil {
				return nil, err
			}
			clean = func() { _ = os.RemoveAll(dir) } // what is left over is in the temporary folder
		} else if err = os.MkdirAll(dir, 0o700); err != nil {
			return nil, fmt.Errorf("--dir: %w", err)
		}
		d.cfg.DatabaseURL = "sqlite:" + filepath.Join(dir, "shujie.db")
	}
	if d.cfg.Addr == "" {
		d.cfg.Addr = defaultAddr
		if d.o.once || !free(ctx, defaultAddr) {
			d.cfg.Addr = "127.0.0.1:0"
		}
	}
	return clean, nil
}

func free(ctx context.Context, addr string) bool {
	l, err := (&net.ListenConfig{}).Listen(ctx, "tcp", addr)
	if err != nil {
		return false
	}
	return l.Close() == nil
}

// start brings up the simulator, the catalogue and the server. What it returns
// is sent to when the server has ended.
func (d *demo) start(ctx context.Context) (<-chan error, error) {
	log := newLogger(d.err, d.cfg.LogLevel)
	var err error
	if d.yard, err = openYard(log, d.o.faults); err != nil { //nolint:contextcheck // it runs until it is stopped
		return nil, err
	}
	d.cfg.ExchangeURL = d.yard.base
	if err := models.Migrate(ctx, d.cfg.DatabaseURL, log); err != nil {
		return nil, err
	}
	opts := appOptions{now: time.Now, demo: faces()}
	if d.cfg.KeyFile == "" && d.o.dir == "" {
		opts.secret = demoSecret
	}
	if d.app, err = openApp(ctx, d.cfg, log, opts); err != nil {
		return nil, err
	}
	if err := d.load(ctx); err != nil {
		return nil, err
	}
	ended := make(chan error, 1)
	ready := make(chan string, 1)
	go func() {
		err := d.app.run(ctx, roleAll, ready)
		stopped, cancel := context.WithTimeout(context.WithoutCancel(ctx), 5*time.Second)
		defer cancel()
		ended <- errors.Join(err, d.yard.stop(stopped), d.app.close())
	}()
	select {
	case addr := <-ready:
		d.base = "http://" + addr
		d.greet()
		return ended, nil
	case err := <-ended:
		if err == nil {
			err = context.Cause(ctx)
		}
		return nil, err
	}
}

// load registers reference data and catalogue, and opens the no-meeting case of
// each service item. Done again, it changes nothing.
func (d *demo) load(ctx context.Context) error {
	hash, err := handlers.HashPassword(demoPassword)
	if err != nil {
		return err
	}
	ref, err := reference(hash)
	if err != nil {
		return err
	}
	entries, err := readEntries(testdata.Files, ref.Departments)
	if err != nil {
		return err
	}
	if err := d.yard.register(ctx, d.app.store); err != nil {
		return err
	}
	catalogue(&ref, d.blockers, entries, d.yard.connect)
	return d.app.register(ctx, ref)
}

// faces are the accounts a newcomer tries first.
func faces() []handlers.Account {
	return []handlers.Account{
		{Username: "hall_js", Name: "省大厅窗口", Department: "江苏省政务服务中心", Role: "大厅人员 hall staff", Password: demoPassword},
		{Username: "ga_handler", Name: "公安厅经办", Department: "公安厅", Role: "部门经办 department handler", Password: demoPassword},
		{Username: "ga_head", Name: "公安厅负责人", Department: "公安厅", Role: "部门负责人 department head", Password: demoPassword},
		{Username: "coordinator", Name: "省统筹协调员", Department: "政务服务管理办公室", Role: "统筹协调员 coordinator", Password: demoPassword},
		{Username: "steward", Name: "省数据管理员", Department: "政务服务管理办公室", Role: "数据管理员 data steward", Password: demoPassword},
	}
}

func (d *demo) greet() {
	fmt.Fprintf(d.err, "疏解 shujie demo · %s\n", d.base)
	fmt.Fprintf(d.err, "  %d real blockers in %s · exchange simulator %s\n", len(d.blockers), redact(d.cfg.DatabaseURL), d.cfg.ExchangeURL)
	fmt.Fprintf(d.err, "  log in with the password %s as\n", demoPassword)
	for _, f := range faces() {
		fmt.Fprintf(d.err, "    %-12s %s · %s\n", f.Username, f.Name, f.Role)
	}
	fmt.Fprintf(d.err, "    (each department: <code>_handler and <code>_head, e.g. mz_head; also coordinator_nj, hall_nj, hall_sz)\n\n")
}
