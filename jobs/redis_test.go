package jobs

import (
	"os"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/hibiken/asynq"

	"github.com/shujie-gov/shujie/fault"
	"github.com/shujie-gov/shujie/models/modelstest"
)

func TestMain(m *testing.M) {
	QuietRedis()
	os.Exit(modelstest.Main(m))
}

func TestTheAddressOfRedisIsRead(t *testing.T) {
	opt, err := RedisOpt("redis://worker:secret@10.1.2.3:6380/4")
	if err != nil {
		t.Fatal(err)
	}
	want := asynq.RedisClientOpt{Addr: "10.1.2.3:6380", Username: "worker", Password: "secret", DB: 4}
	if got, ok := opt.(asynq.RedisClientOpt); !ok || got != want {
		t.Errorf("read %+v", opt)
	}
	for _, good := range []string{"rediss://:secret@redis.example:6379", "redis-socket:///run/redis.sock?db=2", "redis-sentinel://a:26379,b:26379?master=mymaster"} {
		if _, err := RedisOpt(good); err != nil {
			t.Errorf("%s: %v", good, err)
		}
	}
}

func TestAWrongAddressOfRedisIsRefusedWithoutItsSecret(t *testing.T) {
	for name, bad := range map[string]string{
		"no URL":           "redis://u:s3cret@host:port with spaces",
		"another scheme":   "http://u:s3cret@10.1.2.3:6379",
		"a database name":  "redis://u:s3cret@10.1.2.3:6379/cases",
		"no host":          "redis://",
		"an address alone": "10.1.2.3:6379",
		"nothing":          "",
	} {
		t.Run(name, func(t *testing.T) {
			_, err := RedisOpt(bad)
			if fault.KindOf(err) != fault.Invalid {
				t.Fatalf("%q: %v", bad, err)
			}
			if strings.Contains(err.Error(), "s3cret") {
				t.Errorf("the refusal repeats the password: %v", err)
			}
		})
	}
}

func TestRedisThatIsAwayIsUnavailable(t *testing.T) {
	err := PingRedis(bounded(t), asynq.RedisClientOpt{Addr: "127.0.0.1:1", DialTimeout: time.Second})
	if fault.KindOf(err) != fault.Unavailable {
		t.Errorf("ping says %v", err)
	}
}

func TestTheComplaintsOfTheQueueAreQuietInAnOutage(t *testing.T) {
	s, quiet := &scribe{}, &atomic.Bool{}
	l := logger{logTo(s), quiet}
	l.Error("dequeue ", "failed")
	quiet.Store(true)
	l.Error("dequeue ", "failed")
	l.Warn("no lease")
	quiet.Store(false)
	l.Info("starting")
	if s.count("dequeue failed") != 1 || s.count("no lease") != 0 || s.count("starting") != 0 {
		t.Errorf("log: %s", s.buf.String())
	}
}
