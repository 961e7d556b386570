package main

import (
	"fmt"
	"io"
	"net"
	"net/url"
	"os"
	"reflect"
	"strings"
	"time"

	"github.com/caarlos0/env/v11"
)

// config is everything the environment decides. It is read once, here, and
// passed down by field. Flags override it.
type config struct {
	DatabaseURL     string        `env:"SHUJIE_DATABASE_URL" envDefault:"sqlite:shujie.db" help:"postgres://… or sqlite:PATH"`
	RedisURL        string        `env:"SHUJIE_REDIS_URL" help:"redis://… ; empty runs jobs in this process"`
	Addr            string        `env:"SHUJIE_ADDR" envDefault:"127.0.0.1:8080" help:"address of the web server"`
	KeyFile         string        `env:"SHUJIE_KEY_FILE" help:"file with the key that encrypts personal data (hex, 16 bytes); made beside an SQLite database when missing"`
	ExchangeURL     string        `env:"SHUJIE_EXCHANGE_URL" help:"base address of the exchange platform"`
	ExchangeProfile string        `env:"SHUJIE_EXCHANGE_PROFILE" envDefault:"gjgxjhpt" help:"protocol profile of the platform"`
	ExchangeTimeout time.Duration `env:"SHUJIE_EXCHANGE_TIMEOUT" envDefault:"10s" help:"limit of one call to the platform"`
	BusinessClose   string        `env:"SHUJIE_BUSINESS_CLOSE" envDefault:"24:00" help:"close of business, HH:MM; a term ends then (Civil Code Art. 203)"`
	Workers         int           `env:"SHUJIE_WORKERS" envDefault:"8" help:"jobs that run at once in this process"`
	LogLevel        string        `env:"SHUJIE_LOG_LEVEL" envDefault:"info" help:"debug, info, warn or error"`
	SecureCookies   bool          `env:"SHUJIE_SECURE_COOKIES" envDefault:"false" help:"set when the service is reached over HTTPS"`
}

// loadConfig reads the environment and refuses a wrong value with one sentence
// that names the variable.
func loadConfig(environ []string) (config, error) {
	vars := map[string]string{}
	for _, kv := range environ {
		k, v, _ := strings.Cut(kv, "=")
		vars[k] = v
	}
	c := config{}
	if err := env.ParseWithOptions(&c, env.Options{Environment: vars}); err != nil {
		return config{}, explain(err, vars)
	}
	return c, c.validate()
}

// explain turns a parser error into one sentence with the variable's name.
func explain(err error, vars map[string]string) error {
	t := reflect.TypeFor[config]()
	for i := range t.NumField() {
		f := t.Field(i)
		name := f.Tag.Get("env")
		if strings.Contains(err.Error(), fmt.Sprintf("%q", f.Name)) {
			return fmt.Errorf("%s: %q is not a %s", name, vars[name], f.Type)
		}
	}
	return err
}

func (c config) validate() error {
	switch {
	case !strings.HasPrefix(c.DatabaseURL, "sqlite:") && !strings.HasPrefix(c.DatabaseURL, "postgres://") && !strings.HasPrefix(c.DatabaseURL, "postgresql://"):
		return fmt.Errorf("SHUJIE_DATABASE_URL: it must begin with postgres:// or sqlite:")
	case c.Workers < 1 || c.Workers > 1024:
		return fmt.Errorf("SHUJIE_WORKERS: %d is not between 1 and 1024", c.Workers)
	case c.ExchangeTimeout < 100*time.Millisecond || c.ExchangeTimeout > 5*time.Minute:
		return fmt.Errorf("SHUJIE_EXCHANGE_TIMEOUT: %s is not between 100ms and 5m", c.ExchangeTimeout)
	}
	if err := urlWith("SHUJIE_DATABASE_URL", c.DatabaseURL, "sqlite", "postgres", "postgresql"); err != nil {
		return err
	}
	if err := urlWith("SHUJIE_REDIS_URL", c.RedisURL, "redis", "rediss", "unix"); err != nil {
		return err
	}
	if err := urlWith("SHUJIE_EXCHANGE_URL", c.ExchangeURL, "http", "https"); err != nil {
		return err
	}
	if _, _, err := net.SplitHostPort(c.Addr); err != nil {
		return fmt.Errorf("SHUJIE_ADDR: %q is not host:port", c.Addr)
	}
	if _, err := c.closing(); err != nil {
		return err
	}
	switch c.LogLevel {
	case "debug", "info", "warn", "error":
	default:
		return fmt.Errorf("SHUJIE_LOG_LEVEL: %q is none of debug, info, warn, error", c.LogLevel)
	}
	return nil
}

func urlWith(name, value string, schemes ...string) error {
	if value == "" {
		return nil
	}
	u, err := url.Parse(value)
	if err != nil {
		return fmt.Errorf("%s: it is not a URL", name) // the value may hold a password
	}
	for _, s := range schemes {
		if u.Scheme == s {
			return nil
		}
	}
	return fmt.Errorf("%s: it must begin with %s:", name, strings.Join(schemes, ": or "))
}

// closing returns the close of business as time since midnight.
func (c config) closing() (time.Duration, error) {
	var h, m int
	if n, err := fmt.Sscanf(c.BusinessClose, "%d:%d", &h, &m); n != 2 || err != nil || h < 0 || m < 0 || m > 59 || h*60+m == 0 || h*60+m > 24*60 {
		return 0, fmt.Errorf("SHUJIE_BUSINESS_CLOSE: %q is not a time between 00:01 and 24:00", c.BusinessClose)
	}
	return time.Duration(h)*time.Hour + time.Duration(m)*time.Minute, nil
}

// print writes the effective values; passwords in URLs are hidden.
func (c config) print(w io.Writer) error {
	v := reflect.ValueOf(c)
	for i := range v.NumField() {
		f := v.Type().Field(i)
		value := fmt.Sprint(v.Field(i).Interface())
		if _, err := fmt.Fprintf(w, "%-26s %-40s # %s\n", f.Tag.Get("env"), redact(value), f.Tag.Get("help")); err != nil {
			return err
		}
	}
	return nil
}

// redact hides the password of a URL, in the user part and in the query.
func redact(value string) string {
	u, err := url.Parse(value)
	if err != nil || u.Scheme == "" {
		return value
	}
	q := u.Query()
	for key := range q {
		if strings.Contains(strings.ToLower(key), "pass") || strings.Contains(strings.ToLower(key), "secret") {
			q.Set(key, "xxxxx")
			u.RawQuery = q.Encode()
		}
	}
	return u.Redacted()
}

func environment() []string { return os.Environ() }
