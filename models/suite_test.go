package models_test

import (
	"os"
	"testing"

	"github.com/shujie-gov/shujie/models/modelstest"
)

func TestMain(m *testing.M) { os.Exit(modelstest.Main(m)) }

func TestSQLite(t *testing.T) { modelstest.Exercise(t, modelstest.SQLite) }

func TestPostgres(t *testing.T) {
	if !modelstest.HasPostgres(t) {
		return // the suite runs on SQLite above; CI insists on both
	}
	modelstest.Exercise(t, func(tb testing.TB) string {
		tb.Helper()
		url, _ := modelstest.Postgres(tb)
		return url
	})
}
