// Command shujie runs the shujie service, its demo and its tools. It joins the
// rooms, and it alone reads flags, the environment and the clock.
package main

import (
	"context"
	"fmt"
	"io"
	"log/slog"
	"os"
	"os/signal"
	"reflect"
	"runtime/debug"
	"strings"
	"syscall"

	"github.com/spf13/cobra"
)

// gcPercent lets the heap grow to four times what lives before it is collected.
// What lives is some 20 MB; a third of the collections are enough.
const gcPercent = 300

func main() {
	if os.Getenv("GOGC") == "" {
		debug.SetGCPercent(gcPercent)
	}
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	err := newRoot().ExecuteContext(ctx)
	stop()
	if err != nil {
		fmt.Fprintln(os.Stderr, "shujie:", err)
		os.Exit(1)
	}
}

// newRoot returns the command tree.
func newRoot() *cobra.Command {
	root := &cobra.Command{
		Use:           "shujie",
		Short:         "疏解 gets the blockers of citizens' service halls out of the way, for good",
		SilenceUsage:  true,
		SilenceErrors: true,
		Version:       version(),
	}
	addConfigFlags(root)
	root.AddCommand(
		demoCommand(), serveCommand(), migrateCommand(), importCommand(), userCommand(), verifyCommand(),
		definitionsCommand(), catalogueCommand(), clocksCommand(), keysCommand(), simCommand(), callCommand(), tryCommand(), platformsCommand(), benchCommand(), soakCommand(), configCommand(), healthCommand(), watchCommand(), versionCommand(),
	)
	return root
}

// addConfigFlags gives every setting of the environment a flag that overrides
// it: SHUJIE_DATABASE_URL is --database-url.
func addConfigFlags(root *cobra.Command) {
	t := reflect.TypeFor[config]()
	for i := range t.NumField() {
		name := t.Field(i).Tag.Get("env")
		root.PersistentFlags().String(flagOf(name), "", t.Field(i).Tag.Get("help")+" ("+name+")")
	}
}

func flagOf(variable string) string {
	return strings.ToLower(strings.ReplaceAll(strings.TrimPrefix(variable, "SHUJIE_"), "_", "-"))
}

// configOf reads the environment and the flags of a command.
func configOf(cmd *cobra.Command) (config, error) {
	environ := environment()
	t := reflect.TypeFor[config]()
	for i := range t.NumField() {
		name := t.Field(i).Tag.Get("env")
		if f := cmd.Flag(flagOf(name)); f != nil && f.Changed {
			environ = append(environ, name+"="+f.Value.String())
		}
	}
	return loadConfig(environ)
}

func configCommand() *cobra.Command {
	return &cobra.Command{
		Use:   "config",
		Short: "print the effective settings, without secrets",
		Args:  cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			cfg, err := configOf(cmd)
			if err != nil {
				return err
			}
			return cfg.withDefaults().print(cmd.OutOrStdout())
		},
	}
}

func versionCommand() *cobra.Command {
	return &cobra.Command{
		Use:   "version",
		Short: "print the version",
		Args:  cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			_, err := fmt.Fprintln(cmd.OutOrStdout(), "shujie", version())
			return err
		},
	}
}

// version is the module version of a released binary, or the revision it was
// built from.
func version() string {
	info, ok := debug.ReadBuildInfo()
	if !ok {
		return "unknown"
	}
	v := info.Main.Version
	for _, s := range info.Settings {
		if s.Key == "vcs.revision" && len(s.Value) >= 12 && (v == "" || v == "(devel)") {
			v = s.Value[:12]
		}
	}
	if v == "" {
		v = "(devel)"
	}
	return v + " " + info.GoVersion
}

// newLogger writes lines for people to a terminal and JSON to everything else.
func newLogger(w io.Writer, level string) *slog.Logger {
	var l slog.Level
	if err := l.UnmarshalText([]byte(level)); err != nil {
		l = slog.LevelInfo
	}
	opts := &slog.HandlerOptions{Level: l}
	if isTerminal(w) {
		return slog.New(slog.NewTextHandler(w, opts))
	}
	return slog.New(slog.NewJSONHandler(w, opts))
}

func isTerminal(w any) bool {
	f, ok := w.(*os.File)
	if !ok {
		return false
	}
	info, err := f.Stat()
	return err == nil && info.Mode()&os.ModeCharDevice != 0
}
