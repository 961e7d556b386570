package main

import (
	"errors"
	"fmt"
	"io/fs"
	"os"

	"github.com/shujie-gov/shujie/exchange"
	"github.com/shujie-gov/shujie/models"
	"github.com/shujie-gov/shujie/testdata"
	"github.com/shujie-gov/shujie/workflow"
)

// readFolder reads reference data from a folder laid out as testdata. The
// catalogue comes from blockers.csv; its resources are not connected yet, a
// data steward enters their identifiers.
func readFolder(dir string, defs *workflow.Definitions) (models.Reference, error) {
	files := os.DirFS(dir)
	var ref models.Reference
	var err error
	if ref.Regions, err = readRegions(files); err != nil {
		return ref, err
	}
	if ref.Departments, err = readDepartments(files); err != nil {
		return ref, err
	}
	if ref.Days, err = readDays(files); err != nil {
		return ref, err
	}
	f, err := files.Open("blockers.csv")
	if errors.Is(err, fs.ErrNotExist) {
		return ref, nil
	}
	if err != nil {
		return ref, err
	}
	defer f.Close()
	list, err := readBlockers("blockers.csv", f, ref.Departments, alternatives(defs))
	if err != nil {
		return ref, err
	}
	entries, err := readEntries(files, ref.Departments)
	if err != nil {
		return ref, err
	}
	catalogue(&ref, list, entries, func(string, string) connection { return connection{platform: exchange.ProfileNational} })
	return ref, nil
}

// registerBlockers registers the resources of the embedded blockers with a
// simulator, as the demo does.
func registerBlockers(sim *exchange.Simulator) error {
	departments, err := readDepartments(testdata.Files)
	if err != nil {
		return err
	}
	defs, err := workflow.Released()
	if err != nil {
		return err
	}
	f, err := testdata.Files.Open("blockers.csv")
	if err != nil {
		return err
	}
	defer f.Close()
	list, err := readBlockers("blockers.csv", f, departments, alternatives(defs))
	if err != nil {
		return fmt.Errorf("the embedded blockers: %w", err)
	}
	for _, b := range list {
		if b.Resource != "" {
			sim.Register(b.Resource, b.Holder)
		}
	}
	return nil
}
