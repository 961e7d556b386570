// Package testdata holds real input: the blockers of the "百项堵点" action of
// 2018, the departments and regions of Jiangsu, and the public holidays. The
// demo loads it, tests read it.
package testdata

import "embed"

// Files holds the CSV files of this folder.
//
//go:embed *.csv
var Files embed.FS //nolint:gochecknoglobals // read-only files compiled into the binary
