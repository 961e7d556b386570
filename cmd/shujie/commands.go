package main

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"os"
	"slices"
	"strings"

	"github.com/spf13/cobra"

	"github.com/shujie-gov/shujie/handlers"
	"github.com/shujie-gov/shujie/models"
	"github.com/shujie-gov/shujie/workflow"
)

func demoCommand() *cobra.Command {
	var o demoOptions
	cmd := &cobra.Command{
		Use:   "demo",
		Short: "start everything embedded and run real blockers through the line",
		Args:  cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			cfg, err := configOf(cmd)
			if err != nil {
				return err
			}
			if !cmd.Flags().Changed("speed") && !o.once {
				o.speed = 60
			}
			if cmd.Flag("log-level").Value.String() == "" && os.Getenv("SHUJIE_LOG_LEVEL") == "" {
				cfg.LogLevel = "error" // the terminal belongs to the progress
			}
			return runDemo(cmd.Context(), cfg, o, cmd.OutOrStdout(), cmd.ErrOrStderr())
		},
	}
	f := cmd.Flags()
	f.BoolVar(&o.once, "once", false, "exit when done; exit code 1 if any blocker did not close")
	f.BoolVar(&o.json, "json", false, "print the summary as JSON on standard output")
	f.StringVar(&o.dir, "dir", "", "folder of the database; run again on it, the demo goes on where it stopped")
	f.StringVar(&o.blockers, "blockers", "", "another CSV file with the columns of testdata/blockers.csv")
	f.Float64Var(&o.speed, "speed", 0, "steps per second that the users take; 0 as fast as they can (default 60, with --once 0)")
	f.Float64Var(&o.faults, "faults", 0, "how often the exchange platform misbehaves, 0 to 0.9")
	return cmd
}

func serveCommand() *cobra.Command {
	var role string
	cmd := &cobra.Command{
		Use:   "serve",
		Short: "run the service: pages and API, background work, or both",
		Args:  cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			cfg, err := configOf(cmd)
			if err != nil {
				return err
			}
			r := serveRole(role)
			if !slices.Contains([]serveRole{roleAll, roleWeb, roleWorker}, r) {
				return fmt.Errorf("--role: %q is none of web, worker, all", role)
			}
			cfg = cfg.withDefaults()
			return serve(cmd.Context(), cfg, r, newLogger(cmd.ErrOrStderr(), cfg.LogLevel))
		},
	}
	cmd.Flags().StringVar(&role, "role", string(roleAll), "web, worker or all")
	return cmd
}

func migrateCommand() *cobra.Command {
	return &cobra.Command{
		Use:   "migrate",
		Short: "bring the database schema up to date",
		Args:  cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			cfg, err := configOf(cmd)
			if err != nil {
				return err
			}
			cfg = cfg.withDefaults()
			if err := models.Migrate(cmd.Context(), cfg.DatabaseURL, newLogger(cmd.ErrOrStderr(), cfg.LogLevel)); err != nil {
				return err
			}
			_, err = fmt.Fprintln(cmd.OutOrStdout(), "the schema is current")
			return err
		},
	}
}

func importCommand() *cobra.Command {
	return &cobra.Command{
		Use:   "import FOLDER",
		Short: "register regions, departments, calendar and blockers' catalogue from a folder of CSV files",
		Long: "import reads regions.csv, departments.csv and calendar.csv, and blockers.csv where it is there, " +
			"in the layout of testdata. A wrong cell refuses everything and is named by row and column.",
		Args: cobra.ExactArgs(1),
		RunE: func(cmd *cobra.Command, args []string) error {
			return withStore(cmd, func(ctx context.Context, a *app) error {
				ref, err := readFolder(args[0], a.defs)
				if err != nil {
					return err
				}
				if err := a.register(ctx, ref); err != nil {
					return err
				}
				_, err = fmt.Fprintf(cmd.OutOrStdout(), "registered: %d regions, %d departments, %d days, %d resources, %d service items, %d batches\n",
					len(ref.Regions), len(ref.Departments), len(ref.Days), len(ref.Resources), len(ref.Items), len(ref.Batches))
				return err
			})
		},
	}
}

func userCommand() *cobra.Command {
	var u models.NewUser
	var roles []string
	add := &cobra.Command{
		Use:   "add",
		Short: "add a user; the password is read from standard input",
		Args:  cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			for _, r := range roles {
				if !slices.Contains(workflow.Roles(), workflow.Role(r)) || r == string(workflow.System) {
					return fmt.Errorf("--role: there is no role %q for a person", r)
				}
				u.Roles = append(u.Roles, workflow.Role(r))
			}
			line, err := bufio.NewReader(cmd.InOrStdin()).ReadString('\n')
			password := strings.TrimRight(line, "\r\n")
			if password == "" {
				return errors.Join(errors.New("no password on standard input"), err)
			}
			if len([]rune(password)) < 10 {
				return errors.New("the password must have at least 10 characters")
			}
			if u.PasswordHash, err = handlers.HashPassword(password); err != nil {
				return err
			}
			return withStore(cmd, func(ctx context.Context, a *app) error {
				return a.store.Import(ctx, models.Reference{Users: []models.NewUser{u}})
			})
		},
	}
	f := add.Flags()
	f.StringVar(&u.Username, "username", "", "login name")
	f.StringVar(&u.Name, "name", "", "the person's name")
	f.StringVar(&u.DeptCode, "department", "", "code of the department or hall")
	f.StringVar(&u.RegionCode, "region", "", "code of the region")
	f.StringSliceVar(&roles, "role", nil, "role to hold in the department or region; may be repeated")
	for _, name := range []string{"username", "name", "role"} {
		if err := add.MarkFlagRequired(name); err != nil {
			panic(err) // the flag was defined three lines above
		}
	}
	cmd := &cobra.Command{Use: "user", Short: "people who may log in"}
	cmd.AddCommand(add)
	return cmd
}
