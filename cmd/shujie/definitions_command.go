package main

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"strconv"
	"strings"

	"github.com/spf13/cobra"

	"github.com/shujie-gov/shujie/models"
	"github.com/shujie-gov/shujie/workflow"
)

// operator is who acts from the command line.
func operator() workflow.Actor { return workflow.Actor{Name: "命令行 operator"} }

func definitionsCommand() *cobra.Command {
	cmd := &cobra.Command{
		Use:   "definitions",
		Short: "versions of the lives of the kinds, and the migration of open cases between them",
	}
	cmd.AddCommand(definitionsList(), definitionsUpload(), definitionsRelease(), definitionsPlan(), definitionsMigrate(), definitionsUndo())
	return cmd
}

func definitionsList() *cobra.Command {
	return &cobra.Command{
		Use: "list", Short: "every version with its status, hash and open cases", Args: cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			return withStore(cmd, func(ctx context.Context, a *app) error {
				list, _, err := a.store.Definitions(ctx)
				if err != nil {
					return err
				}
				open, err := a.store.OpenByVersion(ctx, models.Scope{All: true})
				if err != nil {
					return err
				}
				for _, d := range list {
					n := int64(0)
					for _, o := range open {
						if o.Kind == d.Kind && o.Version == d.Version {
							n += o.N
						}
					}
					fmt.Fprintf(cmd.OutOrStdout(), "%-14s v%-3d %-9s %6d open  %s\n", d.Kind, d.Version, d.Status, n, d.Hash)
				}
				return nil
			})
		},
	}
}

func definitionsUpload() *cobra.Command {
	return &cobra.Command{
		Use: "upload FILE", Short: "check a new version and keep it as a draft", Args: cobra.ExactArgs(1),
		RunE: func(cmd *cobra.Command, args []string) error {
			text, err := os.ReadFile(args[0])
			if err != nil {
				return err
			}
			return withStore(cmd, func(ctx context.Context, a *app) error {
				file := filepath.Base(args[0])
				d, err := workflow.Parse(file, text)
				if err == nil {
					err = a.policy.Fits(d)
				}
				if err == nil && a.defs.Get(d.Kind, d.Version) == nil {
					_, err = a.defs.With(d)
				}
				if err != nil {
					return err
				}
				kept, err := a.store.AddDefinition(ctx, models.NewDefinition{Kind: d.Kind, Version: d.Version, File: file, Text: string(text)}, operator())
				if err != nil {
					return err
				}
				fmt.Fprintf(cmd.OutOrStdout(), "%s v%d: %s\n", kept.Kind, kept.Version, kept.Status)
				if old := a.defs.Latest(d.Kind); old != nil {
					for _, c := range workflow.Diff(old, d) {
						fmt.Fprintf(cmd.OutOrStdout(), "  %s %s %s %s\n", c.What, c.Thing, c.Name, c.Title.ZH)
					}
				}
				return nil
			})
		},
	}
}

func definitionsRelease() *cobra.Command {
	return &cobra.Command{
		Use: "release KIND VERSION", Short: "let new cases begin in a draft; open cases keep their version", Args: cobra.ExactArgs(2),
		RunE: func(cmd *cobra.Command, args []string) error {
			version, err := strconv.Atoi(args[1])
			if err != nil {
				return fmt.Errorf("VERSION: %q is no number", args[1])
			}
			return withStore(cmd, func(ctx context.Context, a *app) error {
				if err := a.store.ReleaseDefinition(ctx, workflow.Kind(args[0]), version, operator()); err != nil {
					return err
				}
				_, err := fmt.Fprintf(cmd.OutOrStdout(), "%s v%d: released\n", args[0], version)
				return err
			})
		},
	}
}

// migrationFlags are what a plan and a migration are told alike.
type migrationFlags struct {
	from, to int
	states   []string
	facts    []string
	json     bool
}

func (f *migrationFlags) add(cmd *cobra.Command) {
	cmd.Flags().IntVar(&f.from, "from", 0, "the version that cases leave (default: the one before)")
	cmd.Flags().IntVar(&f.to, "to", 0, "the version that they go to (default: the latest)")
	cmd.Flags().StringArrayVar(&f.states, "state", nil, "OLD=NEW maps a state, OLD= leaves its cases; may be repeated (default: renamed states are guessed by their titles)")
	cmd.Flags().StringArrayVar(&f.facts, "fact", nil, "NAME=VALUE is what a new fact begins with; may be repeated")
	cmd.Flags().BoolVar(&f.json, "json", false, "print JSON")
}

// transfer reads the flags. The new version may be a draft, for a plan.
func (f *migrationFlags) transfer(ctx context.Context, a *app, kind workflow.Kind) (*workflow.Transfer, error) {
	latest := a.defs.Latest(kind)
	if latest == nil {
		return nil, fmt.Errorf("there is no kind %q", kind)
	}
	to := latest
	if f.to != 0 {
		if to = a.defs.Get(kind, f.to); to == nil {
			d, err := a.store.Definition(ctx, kind, f.to)
			if err != nil {
				return nil, fmt.Errorf("--to: %w", err)
			}
			if to, err = workflow.Parse(d.File, []byte(d.Text)); err != nil {
				return nil, err
			}
		}
	}
	from := a.defs.Get(kind, f.from)
	if f.from == 0 {
		for _, v := range a.defs.Versions(kind) {
			if v.Version < to.Version {
				from = v.Definition
			}
		}
	}
	if from == nil {
		return nil, errors.New("--from: there is no such version")
	}
	m := workflow.Mapping{States: workflow.Suggest(from, to), Facts: map[string]any{}}
	if len(f.states) > 0 {
		m.States = map[workflow.State]workflow.State{}
	}
	for _, s := range f.states {
		old, now, ok := strings.Cut(s, "=")
		if !ok {
			return nil, fmt.Errorf("--state: %q is not OLD=NEW", s)
		}
		m.States[workflow.State(old)] = workflow.State(now)
	}
	for _, s := range f.facts {
		name, val, ok := strings.Cut(s, "=")
		if !ok {
			return nil, fmt.Errorf("--fact: %q is not NAME=VALUE", s)
		}
		m.Facts[name] = val
	}
	return workflow.NewTransfer(from, to, m)
}

func definitionsPlan() *cobra.Command {
	var f migrationFlags
	var dues bool
	cmd := &cobra.Command{
		Use: "plan KIND", Short: "what a migration would do to all open cases; nothing is written", Args: cobra.ExactArgs(1),
		RunE: func(cmd *cobra.Command, args []string) error {
			return withStore(cmd, func(ctx context.Context, a *app) error {
				t, err := f.transfer(ctx, a, workflow.Kind(args[0]))
				if err != nil {
					return err
				}
				if dues {
					return a.printDues(ctx, cmd.OutOrStdout(), t, f.json)
				}
				p, err := a.engine.Plan(ctx, a.store, t)
				if err != nil {
					return err
				}
				return printPlan(cmd.OutOrStdout(), p, f.json)
			})
		},
	}
	f.add(cmd)
	cmd.Flags().BoolVar(&dues, "dues", false, "list every case whose deadline would move, instead of the counts")
	return cmd
}

func printPlan(w io.Writer, p *workflow.Plan, asJSON bool) error {
	if asJSON {
		enc := json.NewEncoder(w)
		enc.SetIndent("", "  ")
		return enc.Encode(p)
	}
	fmt.Fprintf(w, "%s v%d → v%d: %d open cases, %d would move, %d would stay, %d deadlines and %d seats change, on %d the system acts at once\n",
		p.Kind, p.From, p.To, p.Open, p.Maps, p.Stays, p.Dues, p.Waits, p.Advances)
	for _, s := range p.States {
		to := string(s.To)
		if to == "" {
			to = "(stays)"
		}
		fmt.Fprintf(w, "  %-14s → %-14s %6d cases, %d move, %d stay", s.State, to, s.Cases, s.Maps, s.Stays)
		if d := s.Due; d.Earlier+d.Later+d.Begins+d.Ends > 0 {
			fmt.Fprintf(w, "; deadline: %d earlier, %d later, %d begin, %d end", d.Earlier, d.Later, d.Begins, d.Ends)
		}
		fmt.Fprintln(w)
		for _, sh := range s.Due.Shifts {
			fmt.Fprintf(w, "      %+d working days: %d\n", sh.Days, sh.Cases)
		}
		for _, h := range s.Waits {
			fmt.Fprintf(w, "      %d wait for %s instead of %s\n", h.Cases, h.To, h.From)
		}
		for _, r := range s.Rights {
			fmt.Fprintf(w, "      %s: may %v, may no longer %v\n", r.Seat, r.Gains, r.Loses)
		}
		for _, r := range s.Reasons {
			fmt.Fprintf(w, "      %d stay: %s\n", r.Cases, r.Text.EN)
		}
	}
	return nil
}

func definitionsMigrate() *cobra.Command {
	var f migrationFlags
	cmd := &cobra.Command{
		Use: "migrate KIND", Short: "move open cases to another version; started again, it is taken up where it was cut off", Args: cobra.ExactArgs(1),
		RunE: func(cmd *cobra.Command, args []string) error {
			return withStore(cmd, func(ctx context.Context, a *app) error {
				kind := workflow.Kind(args[0])
				active, err := a.store.ActiveMigrations(ctx)
				if err != nil {
					return err
				}
				for i := range active {
					if active[i].Mapping.Kind == kind {
						return carried(ctx, cmd.OutOrStdout(), a, &active[i], f.json)
					}
				}
				t, err := f.transfer(ctx, a, kind)
				if err != nil {
					return err
				}
				if a.defs.Get(kind, t.To) == nil {
					return fmt.Errorf("--to: %s version %d is a draft; release it first", kind, t.To)
				}
				p, err := a.engine.Plan(ctx, a.store, t)
				if err != nil {
					return err
				}
				m, err := a.store.StartMigration(ctx, *p, operator())
				if err != nil {
					return err
				}
				return carried(ctx, cmd.OutOrStdout(), a, &m, f.json)
			})
		},
	}
	f.add(cmd)
	return cmd
}

func definitionsUndo() *cobra.Command {
	var asJSON bool
	cmd := &cobra.Command{
		Use: "undo MIGRATION", Short: "bring back the cases of a migration that nobody moved since", Args: cobra.ExactArgs(1),
		RunE: func(cmd *cobra.Command, args []string) error {
			id, err := strconv.ParseInt(args[0], 10, 64)
			if err != nil {
				return fmt.Errorf("MIGRATION: %q is no number", args[0])
			}
			return withStore(cmd, func(ctx context.Context, a *app) error {
				m, err := a.store.Migration(ctx, id)
				if err != nil {
					return err
				}
				if !m.Active() {
					if err := a.store.UndoMigration(ctx, id, operator()); err != nil {
						return err
					}
					m.Status = models.MigrationUndoing
				}
				return carried(ctx, cmd.OutOrStdout(), a, &m, asJSON)
			})
		},
	}
	cmd.Flags().BoolVar(&asJSON, "json", false, "print JSON")
	return cmd
}

// carried does the work of a migration and prints what became of it.
func carried(ctx context.Context, w io.Writer, a *app, m *models.Migration, asJSON bool) error {
	if err := a.carry(ctx, m); err != nil {
		return err
	}
	done, err := a.store.Migration(ctx, m.ID)
	if err != nil {
		return err
	}
	if asJSON {
		return json.NewEncoder(w).Encode(map[string]any{
			"id": done.ID, "kind": done.Mapping.Kind, "from": done.Mapping.From, "to": done.Mapping.To, "status": done.Status,
			"expected": map[string]int{"open": done.Plan.Open, "maps": done.Plan.Maps, "stays": done.Plan.Stays}, "outcomes": done.Outcomes,
		})
	}
	fmt.Fprintf(w, "migration %d, %s v%d → v%d: %s\n", done.ID, done.Mapping.Kind, done.Mapping.From, done.Mapping.To, done.Status)
	for _, o := range []workflow.Outcome{workflow.Moved, workflow.Stayed, workflow.Failed, workflow.Undone, workflow.Kept} {
		if n := done.Outcomes[o]; n > 0 {
			fmt.Fprintf(w, "  %-7s %d\n", o, n)
		}
	}
	return nil
}
