package main

import (
	"bytes"
	"os"
	"strings"
	"testing"
	"time"

	"github.com/redis/go-redis/v9"

	"github.com/shujie-gov/shujie/jobs"
)

// TestASmallSoakComesOutWell lets everything go wrong in a run of a minute.
func TestASmallSoakComesOutWell(t *testing.T) {
	database, address := os.Getenv("TEST_DATABASE_URL"), os.Getenv("TEST_REDIS_URL")
	if database == "" || address == "" {
		if os.Getenv("SHUJIE_CI") == "1" {
			t.Fatal("TEST_DATABASE_URL and TEST_REDIS_URL are required here")
		}
		return // an embedded database has no second worker to kill
	}
	address = beside(t, address, 4)
	opt, err := jobs.RedisOpt(address)
	if err != nil {
		t.Fatal(err)
	}
	rdb, ok := opt.MakeRedisClient().(redis.UniversalClient)
	if !ok {
		t.Fatalf("%T", opt)
	}
	defer rdb.Close()
	if err := rdb.FlushDB(t.Context()).Err(); err != nil {
		t.Fatal(err)
	}
	t.Setenv("SHUJIE_TEST_BE_SHUJIE", "1") // the workers are this binary
	var out bytes.Buffer
	cfg := config{DatabaseURL: database, RedisURL: address, ExchangeTimeout: 2 * time.Second, BusinessClose: "24:00"}
	err = runSoak(t.Context(), cfg, soakOptions{fetches: 200, outage: 3 * time.Second, workers: 16, rate: "60次/分钟", seed: 1}, &out)
	if err != nil || !strings.Contains(out.String(), "all is well") {
		t.Errorf("%v\n%s", err, out.String())
	}
}
