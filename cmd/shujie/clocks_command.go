package main

import (
	"cmp"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"time"

	"github.com/spf13/cobra"

	"github.com/shujie-gov/shujie/models"
	"github.com/shujie-gov/shujie/workflow"
)

func clocksCommand() *cobra.Command {
	cmd := &cobra.Command{Use: "clocks", Short: "the register of working calendars, and the replay of deadlines with another one"}
	cmd.AddCommand(clocksCalendars(), clocksReplay())
	return cmd
}

func clocksCalendars() *cobra.Command {
	return &cobra.Command{
		Use: "calendars", Short: "every version of the working calendar", Args: cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			return withStore(cmd, func(ctx context.Context, a *app) error {
				list, err := a.store.Calendars(ctx)
				if err != nil {
					return err
				}
				for i := range list {
					c := &list[i]
					cal, err := c.Working()
					if err != nil {
						return err
					}
					years := cal.Years()
					fmt.Fprintf(cmd.OutOrStdout(), "%4d  %s  %-8s  closes %s  %d-%d  %s\n", c.Number, c.Version, c.Status, clock(c.Close), years[0], years[len(years)-1], c.By)
				}
				return nil
			})
		},
	}
}

// replayFlags say with which calendar, and what to do.
type replayFlags struct {
	file    string
	closing string
	number  int64
	apply   bool
	json    bool
}

func clocksReplay() *cobra.Command {
	var f replayFlags
	cmd := &cobra.Command{
		Use: "replay", Short: "preview which deadlines another calendar would move; with --apply move them as the preview says", Args: cobra.NoArgs,
		Long: "replay counts the running term of every open case anew and lists each case whose date, light or escalation would move. " +
			"No case is changed by that. With --apply the last preview of the same calendar is carried out: its calendar comes into force, " +
			"and each case of its rows is moved if nobody moved it since. Started again, it is taken up where it was cut off. " +
			"Without a calendar the one in force is used. Undo is a replay with the calendar of before.",
		RunE: func(cmd *cobra.Command, _ []string) error {
			return withStore(cmd, func(ctx context.Context, a *app) error {
				number, err := f.calendar(ctx, a)
				if err != nil {
					return err
				}
				var r models.Replay
				if f.apply {
					r, err = a.applied(ctx, number)
				} else {
					r, err = a.preview(ctx, number)
				}
				if err != nil {
					return err
				}
				return a.report(ctx, cmd.OutOrStdout(), &r, f.json)
			})
		},
	}
	cmd.Flags().StringVar(&f.file, "calendar", "", "CSV file with the columns date,kind; the years that it speaks of are taken from it, the others stay")
	cmd.Flags().StringVar(&f.closing, "close", "", "close of business, HH:MM (default: that of the calendar in force)")
	cmd.Flags().Int64Var(&f.number, "number", 0, "number of a version of the register, such as one that was in force before")
	cmd.Flags().BoolVar(&f.apply, "apply", false, "carry out the last preview")
	cmd.Flags().BoolVar(&f.json, "json", false, "print JSON")
	cmd.MarkFlagsMutuallyExclusive("calendar", "number")
	cmd.MarkFlagsMutuallyExclusive("close", "number")
	return cmd
}

// calendar returns the number of the calendar that the flags name. A new one is
// kept as a draft.
func (f *replayFlags) calendar(ctx context.Context, a *app) (int64, error) {
	if f.number != 0 {
		return f.number, nil
	}
	kept, err := a.store.CalendarInForce(ctx)
	if err != nil {
		return 0, err
	}
	now, err := kept.Working()
	if err != nil {
		return 0, err
	}
	n := models.NewCalendar{Close: kept.Close, Days: kept.Days, Source: kept.Source}
	if f.closing != "" {
		if n.Close, err = (config{BusinessClose: f.closing}).closing(); err != nil {
			return 0, fmt.Errorf("--close: %q is not a time between 00:01 and 24:00", f.closing)
		}
	}
	if f.file != "" {
		text, err := os.ReadFile(f.file)
		if err != nil {
			return 0, err
		}
		days, err := daysOf(filepath.Base(f.file), string(text))
		if err != nil {
			return 0, err
		}
		n.Days, n.Source = now.Replace(days), filepath.Base(f.file)
	}
	cal, _, err := a.store.ProposeCalendar(ctx, n, operator())
	return cal.Number, err
}

// applied carries out the last preview with a calendar, or what is left of one
// that was cut off, and then looks for what is left.
func (a *app) applied(ctx context.Context, calendar int64) (models.Replay, error) {
	list, err := a.store.Replays(ctx, calendar, 1) // one that runs comes first
	if err != nil {
		return models.Replay{}, err
	}
	if len(list) == 0 {
		return models.Replay{}, errors.New("there is no preview with this calendar: run it without --apply first")
	}
	r := list[0]
	if r.Status != models.ReplayRunning {
		if r, err = a.store.ApplyReplay(ctx, r.ID, operator()); err != nil {
			return r, err
		}
	}
	if err := a.learnCalendar(ctx); err != nil {
		return r, err
	}
	return a.settled(ctx, r.ID)
}

// left returns the preview that follows a replay, counted to its end; nil when
// none follows.
func (a *app) left(ctx context.Context, r *models.Replay) (*models.Replay, error) {
	list, err := a.store.Replays(ctx, r.Calendar, models.MaxLimit)
	if err != nil {
		return nil, err
	}
	for i := range list {
		if list[i].Follows == r.ID {
			next, err := a.settled(ctx, list[i].ID)
			return &next, err
		}
	}
	return nil, nil //nolint:nilnil // nothing follows
}

// replayReport is what a replay says as JSON.
type replayReport struct {
	ID       int64               `json:"id"`
	Calendar int64               `json:"calendar"`
	Version  string              `json:"version"`
	From     string              `json:"from_version"`
	Status   models.ReplayStatus `json:"status"`
	Looked   int64               `json:"looked"`
	Rows     int64               `json:"rows"`
	Counts   []countReport       `json:"counts"`
	Outcomes map[string]int64    `json:"outcomes"`
	Items    []rowReport         `json:"items"`
	Left     *leftReport         `json:"left,omitempty"` // after it was applied
}

type countReport struct {
	Kind      string `json:"kind"`
	Clock     string `json:"clock"`
	Direction string `json:"direction"`
	N         int64  `json:"n"`
}

type rowReport struct {
	ID         int64      `json:"id"`
	Number     string     `json:"number,omitempty"`
	Version    int64      `json:"version"`
	Kind       string     `json:"kind"`
	Clock      string     `json:"clock"`
	Department string     `json:"department,omitempty"`
	Before     *time.Time `json:"before"`
	After      *time.Time `json:"after"`
	Direction  string     `json:"direction"`
	Was        string     `json:"light_before"`
	Will       string     `json:"light_after"`
	Outcome    string     `json:"outcome,omitempty"`
	Why        string     `json:"why,omitempty"`
}

type leftReport struct {
	ID   int64 `json:"id"`
	Rows int64 `json:"rows"`
}

// report prints a replay with every row.
func (a *app) report(ctx context.Context, w io.Writer, r *models.Replay, asJSON bool) error {
	out := replayReport{
		ID: r.ID, Calendar: r.Calendar, Version: r.Version, From: r.From, Status: r.Status, Looked: r.Looked, Rows: r.Rows(),
		Counts: []countReport{}, Outcomes: map[string]int64{}, Items: []rowReport{},
	}
	for _, c := range r.Counts {
		out.Counts = append(out.Counts, countReport{string(c.Kind), c.Clock, string(c.Direction), c.N})
	}
	for o, n := range r.Outcomes {
		out.Outcomes[string(o)] = n
	}
	names, err := a.deptNames(ctx)
	if err != nil {
		return err
	}
	for cursor := ""; ; {
		page, err := a.store.ReplayedCases(ctx, models.Scope{All: true}, r.ID, "", cursor, models.MaxLimit)
		if err != nil {
			return err
		}
		for _, c := range page.Items {
			row := rowOf(&c.Recount, names)
			row.Number, row.Outcome, row.Why = models.Number(c.Case, c.Filed), string(c.Outcome), c.Why.EN
			out.Items = append(out.Items, row)
		}
		if cursor = page.Next; cursor == "" {
			break
		}
	}
	if r.Status == models.ReplayDone {
		next, err := a.left(ctx, r)
		if err != nil {
			return err
		}
		if next != nil {
			out.Left = &leftReport{next.ID, next.Rows()}
		}
	}
	if asJSON {
		enc := json.NewEncoder(w)
		enc.SetIndent("", "  ")
		return enc.Encode(out)
	}
	out.print(w)
	return nil
}

func (r *replayReport) print(w io.Writer) {
	fmt.Fprintf(w, "replay %d with calendar %d (%s), in force when it was counted: %s\n", r.ID, r.Calendar, r.Version, r.From)
	fmt.Fprintf(w, "%d cases were looked at, %d move: %s\n", r.Looked, r.Rows, r.Status)
	for _, c := range r.Counts {
		fmt.Fprintf(w, "  %-14s %-14s %-8s %6d\n", c.Kind, c.Clock, c.Direction, c.N)
	}
	for i := range r.Items {
		r.Items[i].print(w)
	}
	switch {
	case r.Status == models.ReplayReady:
		fmt.Fprintf(w, "No case was changed. Carry it out by the same command with --apply.\n")
	case r.Left != nil && r.Left.Rows > 0:
		fmt.Fprintf(w, "%d cases are left that were moved or filed meanwhile; preview %d lists them.\n", r.Left.Rows, r.Left.ID)
	case r.Left != nil:
		fmt.Fprintf(w, "Nothing is left.\n")
	}
}

// rowOf shows a row with the name of its department.
func rowOf(r *workflow.Recount, names map[workflow.DeptID]string) rowReport {
	return rowReport{
		ID: int64(r.Case), Version: r.Version, Kind: string(r.Kind), Clock: r.Clock, Department: names[r.Dept], Before: r.Before, After: r.After,
		Direction: string(r.Direction), Was: string(r.Was), Will: string(r.Will),
	}
}

func (r *rowReport) print(w io.Writer) {
	fmt.Fprintf(w, "%s  %-14s %-14s %s → %s  %s → %s  %s  %s %s\n", cmp.Or(r.Number, fmt.Sprintf("%6d", r.ID)), r.Kind, r.Clock,
		dateIn(r.Before), dateIn(r.After), r.Was, r.Will, r.Department, r.Outcome, r.Why)
}

func (a *app) deptNames(ctx context.Context) (map[workflow.DeptID]string, error) {
	depts, err := a.store.Departments(ctx)
	names := make(map[workflow.DeptID]string, len(depts))
	for _, d := range depts {
		names[d.ID] = d.Name
	}
	return names, err
}

// printDues lists every case whose deadline a changed rule would move.
func (a *app) printDues(ctx context.Context, w io.Writer, t *workflow.Transfer, asJSON bool) error {
	rows, err := a.engine.PlanDues(ctx, a.store, t)
	if err != nil {
		return err
	}
	names, err := a.deptNames(ctx)
	if err != nil {
		return err
	}
	list := make([]rowReport, len(rows))
	for i := range rows {
		list[i] = rowOf(&rows[i], names)
	}
	if asJSON {
		return json.NewEncoder(w).Encode(list)
	}
	for i := range list {
		list[i].print(w)
	}
	return nil
}

// dateIn writes a deadline as the clock on the wall in China.
func dateIn(t *time.Time) string {
	if t == nil {
		return "no date"
	}
	return t.In(time.FixedZone("CST", 8*60*60)).Format("2006-01-02 15:04")
}
