package main

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"

	"github.com/spf13/cobra"

	"github.com/shujie-gov/shujie/fault"
	"github.com/shujie-gov/shujie/models"
	"github.com/shujie-gov/shujie/sheet"
	"github.com/shujie-gov/shujie/workflow"
)

func catalogueCommand() *cobra.Command {
	cmd := &cobra.Command{
		Use:   "catalogue",
		Short: "the information resource catalogue as a file: xlsx or CSV, one row an information item",
	}
	cmd.AddCommand(catalogueExport(), catalogueImport())
	return cmd
}

func catalogueExport() *cobra.Command {
	var provider string
	cmd := &cobra.Command{
		Use: "export FILE", Short: "write the entries that stand to a file that ends in .csv or .xlsx", Args: cobra.ExactArgs(1),
		RunE: func(cmd *cobra.Command, args []string) error {
			kind := strings.ToLower(filepath.Ext(args[0]))
			if kind != ".csv" && kind != ".xlsx" {
				return fmt.Errorf("%s: the name must end in .csv or .xlsx", args[0])
			}
			return withStore(cmd, func(ctx context.Context, a *app) error {
				rows, n, err := entryRows(ctx, a.store, provider)
				if err != nil {
					return err
				}
				var b bytes.Buffer
				if kind == ".xlsx" {
					err = sheet.WriteXLSX(&b, "信息资源目录", sheet.Rows(rows))
				} else {
					err = sheet.WriteCSV(&b, sheet.Rows(rows))
				}
				if err == nil {
					err = os.WriteFile(args[0], b.Bytes(), 0o600)
				}
				if err != nil {
					return err
				}
				_, err = fmt.Fprintf(cmd.OutOrStdout(), "%d resources written to %s\n", n, args[0])
				return err
			})
		},
	}
	cmd.Flags().StringVar(&provider, "provider", "", "only the entries of the department with this code")
	return cmd
}

// entryRows reads the entries that stand, of one provider or of all, as rows of
// the table with their head; n is how many entries they are.
func entryRows(ctx context.Context, store *models.Store, provider string) (rows [][]string, n int, err error) {
	departments, err := store.Departments(ctx)
	if err != nil {
		return nil, 0, err
	}
	q := models.ResourceQuery{Scope: models.Scope{All: true}}
	by := map[workflow.DeptID]models.Department{}
	for _, d := range departments {
		by[d.ID] = d
		if d.Code == provider && provider != "" {
			q.Provider = d.ID
		}
	}
	if provider != "" && q.Provider == 0 {
		return nil, 0, fmt.Errorf("--provider: there is no department %q", provider)
	}
	rows = [][]string{workflow.EntryHead()}
	err = store.EachEntry(ctx, q, func(r models.Resource, e workflow.Entry) error {
		n++
		rows = append(rows, workflow.EntryRows(&e, by[r.Provider].Name, by[r.Provider].Code)...)
		return nil
	})
	return rows, n, err
}

func catalogueImport() *cobra.Command {
	var dry bool
	cmd := &cobra.Command{
		Use: "import FILE", Short: "publish the entries of a file, all of them or none", Args: cobra.ExactArgs(1),
		RunE: func(cmd *cobra.Command, args []string) error {
			data, err := os.ReadFile(args[0])
			if err != nil {
				return err
			}
			return withStore(cmd, func(ctx context.Context, a *app) error {
				done, err := a.importEntries(ctx, filepath.Base(args[0]), data, dry)
				if err != nil {
					return err
				}
				what := "published"
				if dry {
					what = "would be published"
				}
				_, err = fmt.Fprintf(cmd.OutOrStdout(), "%s: %d new, %d changed, %d unchanged, with %d information items\n", what, done.Created, done.Changed, done.Same, done.Items)
				return err
			})
		},
	}
	cmd.Flags().BoolVar(&dry, "dry-run", false, "check the file and say what it would do")
	return cmd
}

// importEntries publishes the entries of a file. What is wrong is named by row
// and column.
func (a *app) importEntries(ctx context.Context, name string, data []byte, dry bool) (models.Imported, error) {
	departments, err := a.store.Departments(ctx)
	if err != nil {
		return models.Imported{}, err
	}
	code, err := a.cfg.resourceCode()
	if err != nil {
		return models.Imported{}, err
	}
	read, err := readEntryFile(name, data, departments, code)
	if err != nil {
		return models.Imported{}, err
	}
	list := make([]models.NewEntry, len(read))
	for i, e := range read {
		list[i] = models.NewEntry{Provider: departments[e.Provider].ID, Entry: e.Entry}
	}
	done, err := a.store.PublishEntries(ctx, operator().Name, list, dry)
	var f *fault.Error
	if !errors.As(err, &f) || len(f.Fields) == 0 {
		return done, err
	}
	bad := &tableError{name: name}
	for _, w := range f.Fields {
		var i int
		var field string
		if _, e := fmt.Sscanf(w.Name, "entries[%d].%s", &i, &field); e != nil || i < 0 || i >= len(read) {
			return done, err
		}
		bad.add(read[i].Line, workflow.EntryLabel(field).ZH, "%s", w.Text.EN)
	}
	return done, bad.or()
}
