package handlers

import (
	"testing"

	"github.com/shujie-gov/shujie/models/modelstest"
)

func sqliteFor(tb testing.TB) string {
	tb.Helper()
	return modelstest.SQLite(tb)
}
