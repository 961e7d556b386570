package models_test

import (
	"net/url"
	"os"
	"reflect"
	"strings"
	"testing"
	"time"

	"golang.org/x/sync/errgroup"

	"github.com/shujie-gov/shujie/models"
	"github.com/shujie-gov/shujie/models/modelstest"
)

func databaseOf(address string) string {
	u, err := url.Parse(address)
	if err != nil {
		return ""
	}
	return strings.TrimPrefix(u.Path, "/")
}

func open(t *testing.T, url string) error {
	t.Helper()
	keys, _, err := models.NewKeys()
	if err != nil {
		t.Fatal(err)
	}
	s, err := models.Open(t.Context(), models.Options{URL: url, Keys: keys, Now: time.Now})
	if err == nil {
		err = s.Close()
	}
	return err
}

// eachEmpty runs fn on a database without a schema of each kind that is there.
func eachEmpty(t *testing.T, fn func(t *testing.T, url string)) {
	t.Helper()
	t.Run("sqlite", func(t *testing.T) { fn(t, modelstest.EmptySQLite(t)) })
	if url, ok := modelstest.EmptyPostgres(t); ok {
		t.Run("postgres", func(t *testing.T) { fn(t, url) })
	}
}

func TestFourMigrateAtOnceAndOneWorks(t *testing.T) {
	eachEmpty(t, func(t *testing.T, url string) {
		t.Helper()
		var g errgroup.Group
		for range 4 {
			g.Go(func() error { return models.Migrate(t.Context(), url, nil) })
		}
		if err := g.Wait(); err != nil {
			t.Fatal(err)
		}
		if err := open(t, url); err != nil {
			t.Error(err)
		}
		if err := models.Migrate(t.Context(), url, nil); err != nil {
			t.Errorf("a second time: %v", err)
		}
	})
}

func TestASchemaThatIsNotCurrentIsRefused(t *testing.T) {
	eachEmpty(t, func(t *testing.T, url string) {
		t.Helper()
		if err := open(t, url); err == nil || !strings.Contains(err.Error(), "run `shujie migrate`") {
			t.Errorf("no schema: %v", err)
		}
		if err := models.Migrate(t.Context(), url, nil); err != nil {
			t.Fatal(err)
		}
		raw := modelstest.Raw(t, url)
		if _, err := raw.Exec("INSERT INTO goose_db_version (version_id, is_applied) VALUES (999, " + map[bool]string{true: "1", false: "true"}[strings.HasPrefix(url, "sqlite")] + ")"); err != nil {
			t.Fatal(err)
		}
		if err := open(t, url); err == nil || !strings.Contains(err.Error(), "newer shujie") {
			t.Errorf("a newer schema: %v", err)
		}
		if _, err := raw.Exec("DELETE FROM goose_db_version WHERE version_id > 0"); err != nil {
			t.Fatal(err)
		}
		if err := open(t, url); err == nil || !strings.Contains(err.Error(), "version 0") {
			t.Errorf("an older schema: %v", err)
		}
	})
}

func TestOpenRefusesWhatItCannotUse(t *testing.T) {
	for _, url := range []string{"", "mysql://x", "sqlite:", "postgres://%zz"} {
		if err := open(t, url); err == nil {
			t.Errorf("%q was opened", url)
		}
	}
	if _, err := models.Open(t.Context(), models.Options{URL: modelstest.SQLite(t), Now: time.Now}); err == nil {
		t.Error("a store was opened without a secret")
	}
	for _, secret := range []string{"", "abc", strings.Repeat("0", 64), strings.Repeat("g", 64), strings.Repeat("a", 63)} {
		if _, err := models.ParseKeys(secret); err == nil {
			t.Errorf("the secret %q was taken", secret)
		}
	}
	keys, text, err := models.NewKeys()
	if err != nil {
		t.Fatal(err)
	}
	if again, err := models.ParseKeys(text); err != nil || !reflect.DeepEqual(again, keys) {
		t.Errorf("a new secret does not read back: %v", err)
	}
}

func TestTheDatabaseFileIsItsOwnersAlone(t *testing.T) {
	url := modelstest.SQLite(t)
	info, err := os.Stat(strings.TrimPrefix(url, "sqlite:"))
	if err != nil || info.Mode().Perm() != 0o600 {
		t.Errorf("%v %v", info.Mode(), err)
	}
}

// TestTheInboxIsOneRangePerSeat holds the plans of the lists that everybody
// opens, at a volume where another plan would show.
func TestTheInboxIsOneRangePerSeat(t *testing.T) {
	if !modelstest.HasPostgres(t) {
		return
	}
	w := modelstest.NewWorld(t, func(tb testing.TB) string {
		tb.Helper()
		url, _ := modelstest.Postgres(tb)
		return url
	})
	w.Fill(20_000)
	for user, seats := range map[string]int{"ga": 2, "xx": 1, "coord": 1} {
		actor := w.Actor(user)
		sql, args, err := w.Store.ListSQL(models.ScopeOf(actor), models.CaseQuery{Box: models.Todo, Actor: actor})
		if err != nil {
			t.Fatal(err)
		}
		var plan []string
		if err := w.Store.DB().Raw("EXPLAIN "+sql, args...).Scan(&plan).Error; err != nil {
			t.Fatal(err)
		}
		text := strings.Join(plan, "\n")
		if got := strings.Count(text, "Index Scan using cases_inbox"); got != seats || strings.Contains(text, "Seq Scan") {
			t.Errorf("%s: %d ranges, want %d:\n%s", user, got, seats, text)
		}
	}
}
