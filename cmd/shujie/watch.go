package main

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"text/tabwriter"
	"time"

	"github.com/spf13/cobra"

	"github.com/shujie-gov/shujie/models"
)

var errWatch = errors.New("something that should have happened did not")

// watchCommand shows what should have happened and did not. Its exit code is 1
// when there is anything.
func watchCommand() *cobra.Command {
	var asJSON bool
	cmd := &cobra.Command{
		Use:   "watch",
		Short: "show what should have happened and did not; exit code 1 if there is anything",
		Long: "watch looks for cases that time should have moved, fetches past their next time, jobs that nobody took up or that were given up, " +
			"events that no checkpoint covers, migrations, replays and bulk acts that stand still, each longer than " + models.WatchGrace.String() + " ago. In a healthy system there is none.",
		Args: cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			return withStore(cmd, func(ctx context.Context, a *app) error {
				list, err := a.store.Watch(ctx, models.WatchGrace)
				if err != nil {
					return err
				}
				if asJSON {
					err = watchJSON(cmd.OutOrStdout(), list)
				} else {
					err = watchTable(cmd.OutOrStdout(), list, time.Now())
				}
				if err == nil && len(list) > 0 {
					return errWatch
				}
				return err
			})
		},
	}
	cmd.Flags().BoolVar(&asJSON, "json", false, "print JSON on standard output")
	cmd.AddCommand(reviveCommand())
	return cmd
}

// reviveCommand makes the jobs that were given up due again.
func reviveCommand() *cobra.Command {
	return &cobra.Command{
		Use:   "revive",
		Short: "make the jobs that were given up due again",
		Long:  "revive lets background jobs that failed too often be tried again from the start. That an operator did it, and why each had failed, is written down.",
		Args:  cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			return withStore(cmd, func(ctx context.Context, a *app) error {
				n, err := a.store.Revive(ctx, operator())
				if err == nil {
					_, err = fmt.Fprintf(cmd.OutOrStdout(), "revived %d jobs\n", n)
				}
				return err
			})
		},
	}
}

func watchTable(out io.Writer, list []models.Watched, now time.Time) error {
	if len(list) == 0 {
		_, err := fmt.Fprintln(out, "all is well: nothing that should have happened is missing")
		return err
	}
	w := tabwriter.NewWriter(out, 0, 0, 2, ' ', 0)
	fmt.Fprintln(w, "WHAT\tCOUNT\tOLDEST\tWHAT TO DO")
	for _, x := range list {
		fmt.Fprintf(w, "%s\t%d\t%s ago\t%s\n", x.Kind.Title().EN, x.Count, now.Sub(x.Oldest).Round(time.Minute), x.Kind.Todo().EN)
	}
	return w.Flush()
}

func watchJSON(out io.Writer, list []models.Watched) error {
	type item struct {
		Kind   models.WatchKind `json:"kind"`
		Title  string           `json:"title"`
		Count  int64            `json:"count"`
		Oldest time.Time        `json:"oldest"`
		Todo   string           `json:"what_to_do"`
	}
	items := make([]item, 0, len(list))
	for _, x := range list {
		items = append(items, item{x.Kind, x.Kind.Title().EN, x.Count, x.Oldest, x.Kind.Todo().EN})
	}
	enc := json.NewEncoder(out)
	enc.SetIndent("", "  ")
	return enc.Encode(map[string]any{"empty": len(items) == 0, "items": items})
}
