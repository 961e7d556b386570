package jobs

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net/url"
	"sync/atomic"

	"github.com/hibiken/asynq"
	"github.com/redis/go-redis/v9"

	"github.com/shujie-gov/shujie/fault"
)

// RedisOpt reads the address of Redis: redis://user:password@host:port/db,
// rediss:// with TLS, redis-socket:// or redis-sentinel://. A refusal names no
// secret.
func RedisOpt(address string) (asynq.RedisConnOpt, error) {
	u, err := url.Parse(address)
	if err != nil {
		return nil, refusedAddress(errors.New("it is not a URL")) // the error of url.Parse repeats the password
	}
	opt, err := asynq.ParseRedisURI(address)
	if err != nil {
		return nil, refusedAddress(err)
	}
	if c, ok := opt.(asynq.RedisClientOpt); ok {
		if c.Addr == "" {
			return nil, refusedAddress(errors.New("it names no host"))
		}
		c.Username = u.User.Username() // asynq reads the password only
		return c, nil
	}
	return opt, nil
}

func refusedAddress(err error) error {
	return fault.Wrap(fault.Invalid, err, "Redis 地址有误", "the address of Redis is wrong")
}

// PingRedis asks Redis whether it is there.
func PingRedis(ctx context.Context, opt asynq.RedisConnOpt) error {
	rdb, err := connect(opt)
	if err != nil {
		return err
	}
	defer func() { _ = rdb.Close() }()
	return (&queue{redis: rdb}).ping(ctx)
}

// QuietRedis turns off what the Redis client prints by itself on standard
// error, a line for each connection it cannot make. The errors come back to the
// caller and are logged once. It sets a variable of that library, so it is
// called once, before the first connection.
func QuietRedis() { redis.SetLogger(mute{}) }

type mute struct{}

func (mute) Printf(context.Context, string, ...any) {}

// logger gives the words of asynq to slog. While the relay has said that Redis
// is away, asynq's own complaints, one every few seconds, are details.
type logger struct {
	log   *slog.Logger
	quiet *atomic.Bool
}

var _ asynq.Logger = logger{}

func (l logger) Debug(args ...any) { l.say(slog.LevelDebug, args) }
func (l logger) Info(args ...any)  { l.say(slog.LevelDebug, args) } // its starts and stops are ours
func (l logger) Warn(args ...any)  { l.say(slog.LevelWarn, args) }
func (l logger) Error(args ...any) { l.say(slog.LevelError, args) }
func (l logger) Fatal(args ...any) { l.say(slog.LevelError, args) } // the program ends where it began, in cmd

func (l logger) say(level slog.Level, args []any) {
	if l.quiet.Load() {
		level = slog.LevelDebug
	}
	l.log.Log(context.Background(), level, fmt.Sprint(args...))
}
