package main

import (
	"fmt"
	"io"
	"net"
	"net/url"
	"os"
	"reflect"
	"regexp"
	"strings"
	"time"

	"github.com/caarlos0/env/v11"
)

// config is everything the environment decides. It is read once, here, and
// passed down by field. Flags override it.
type config struct {
	DatabaseURL     string        `env:"SHUJIE_DATABASE_URL" help:"postgres://… or sqlite:PATH; empty is sqlite:shujie.db, for the demo a temporary one"`
	RedisURL        string        `env:"SHUJIE_REDIS_URL" help:"redis://… ; empty runs jobs in this process"`
	Addr            string        `env:"SHUJIE_ADDR" help:"address of the web server; empty is 127.0.0.1:8080"`
	KeyFile         string        `env:"SHUJIE_KEY_FILE" help:"file with the installation secret (64 hex digits), the master keys and the signing keys, see shujie keys; made beside an SQLite database when missing"`
	ExchangeURL     string        `env:"SHUJIE_EXCHANGE_URL" help:"base address of the exchange platform"`
	ExchangeProfile string        `env:"SHUJIE_EXCHANGE_PROFILE" envDefault:"gjgxjhpt" help:"protocol profile of the platform"`
	ExchangeTimeout time.Duration `env:"SHUJIE_EXCHANGE_TIMEOUT" envDefault:"10s" help:"limit of one call to the platform"`
	BusinessClose   string        `env:"SHUJIE_BUSINESS_CLOSE" envDefault:"24:00" help:"close of business of the first calendar, HH:MM; a term ends then (Civil Code Art. 203)"`
	ResourceCode    string        `env:"SHUJIE_RESOURCE_CODE" envDefault:"^[0-9]{6,}/[0-9]+$" help:"what the codes of catalogue resources look like, a regular expression; empty allows any"`
	Workers         int           `env:"SHUJIE_WORKERS" envDefault:"8" help:"jobs that run at once in this process"`
	LogLevel        string        `env:"SHUJIE_LOG_LEVEL" envDefault:"info" help:"debug, info, warn or error"`
	SecureCookies   bool          `env:"SHUJIE_SECURE_COOKIES" envDefault:"false" help:"set when the service is reached over HTTPS"`
}

const (
	defaultAddr     = "127.0.0.1:8080"
	defaultDatabase = "sqlite:shujie.db"
	wholeDay        = 24 * time.Hour
)

// withDefaults fills in what was left open, as every command but the demo
// takes it.
func (c config) withDefaults() config {
	if c.DatabaseURL == "" {
		c.DatabaseURL = defaultDatabase
	}
	if c.Addr == "" {
		c.Addr = defaultAddr
	}
	return c
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
			return fmt.Errorf("%s: %q is not %s", name, vars[name], wording(f.Type))
		}
	}
	return err
}

// wording says what a value of the type looks like.
func wording(t reflect.Type) string {
	switch t {
	case reflect.TypeFor[time.Duration]():
		return "a duration like 10s or 2m"
	case reflect.TypeFor[bool]():
		return "true or false"
	}
	return "a whole number"
}

func (c config) validate() error {
	switch {
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
	if _, _, err := net.SplitHostPort(c.Addr); c.Addr != "" && err != nil {
		return fmt.Errorf("SHUJIE_ADDR: %q is not host:port", c.Addr)
	}
	if _, err := c.closing(); err != nil {
		return err
	}
	if _, err := c.resourceCode(); err != nil {
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
	return fmt.Errorf("%s: it must begin with one of %s", name, strings.Join(schemes, ", "))
}

// resourceCode is the pattern of resource codes: by default that of the guide
// (类 1, 项 2, 目 3 digits, 细目 any, "/" and a sequence number; docs/domain.md §2.2).
func (c config) resourceCode() (*regexp.Regexp, error) {
	if c.ResourceCode == "" {
		return nil, nil //nolint:nilnil // any code will do
	}
	r, err := regexp.Compile(c.ResourceCode)
	if err != nil {
		return nil, fmt.Errorf("SHUJIE_RESOURCE_CODE: %q is no regular expression", c.ResourceCode)
	}
	return r, nil
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
