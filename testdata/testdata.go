// Package testdata holds real input: the blockers of the "百项堵点" action of
// 2018, the departments and regions of Jiangsu, the public holidays, and entries of
// a catalogue for the data that the blockers name: their fields are those of the
// simulator, their codes have the form of the guide and are made up. The demo
// loads it, tests read it.
package testdata

import "embed"

// Files holds the CSV files of this folder.
//
//go:embed *.csv
var Files embed.FS //nolint:gochecknoglobals // read-only files compiled into the binary
