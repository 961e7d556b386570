package main

import (
	"errors"
	"fmt"
	"io/fs"
	"regexp"

	"github.com/shujie-gov/shujie/fault"
	"github.com/shujie-gov/shujie/handlers"
	"github.com/shujie-gov/shujie/models"
	"github.com/shujie-gov/shujie/sheet"
	"github.com/shujie-gov/shujie/workflow"
)

// resourceName is what a resource is known by in files: its name, and the code
// of the department that provides it.
type resourceName struct{ name, dept string }

// readEntryFile reads a file of the catalogue, CSV or xlsx, in the layout of
// stewards (see [workflow.EntryTable]). The provider of an entry is the index of
// its department in departments. Every wrong cell is named by row and column; one
// wrong cell refuses the file. code is the pattern of resource codes, nil for any.
func readEntryFile(name string, data []byte, departments []models.Department, code *regexp.Regexp) ([]workflow.TableEntry, error) {
	t := &workflow.EntryTable{Code: code, Provider: func(code, name string) (workflow.DeptID, *fault.Text) {
		for i, d := range departments {
			if d.Code == code && (name == "" || name == d.Name) || code == "" && name == d.Name {
				return workflow.DeptID(i), nil
			}
		}
		return 0, &fault.Text{ZH: "没有这个部门", EN: "there is no such department"}
	}}
	if err := sheet.Read(data, handlers.FileLimits(), t.Take); err != nil {
		return nil, fmt.Errorf("%s: %w", name, err)
	}
	t.End()
	bad := &tableError{name: name}
	for _, f := range t.Faults {
		bad.add(f.Line, workflow.EntryLabel(f.Column).ZH, "%s", f.Text.EN)
	}
	return t.Entries, bad.or()
}

// readEntries reads resources.csv, which a folder may lack: what the catalogue
// says of each resource.
func readEntries(files fs.FS, departments []models.Department) (map[resourceName]workflow.Entry, error) {
	data, err := fs.ReadFile(files, "resources.csv")
	if errors.Is(err, fs.ErrNotExist) {
		return map[resourceName]workflow.Entry{}, nil
	}
	if err != nil {
		return nil, err
	}
	list, err := readEntryFile("resources.csv", data, departments, nil)
	out := make(map[resourceName]workflow.Entry, len(list))
	for _, e := range list {
		out[resourceName{e.Entry.Name, departments[e.Provider].Code}] = e.Entry
	}
	return out, err
}
