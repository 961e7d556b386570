package main

import (
	"strings"
	"testing"
)

func TestAWrongValueNamesItsVariable(t *testing.T) {
	for name, tc := range map[string]struct{ env, want string }{
		"a database of another make":   {"SHUJIE_DATABASE_URL=mysql://x", "SHUJIE_DATABASE_URL"},
		"a redis address of http":      {"SHUJIE_REDIS_URL=http://x", "SHUJIE_REDIS_URL"},
		"workers that are no number":   {"SHUJIE_WORKERS=many", "SHUJIE_WORKERS"},
		"no workers":                   {"SHUJIE_WORKERS=0", "SHUJIE_WORKERS"},
		"an address without a port":    {"SHUJIE_ADDR=localhost", "SHUJIE_ADDR"},
		"a timeout without a unit":     {"SHUJIE_EXCHANGE_TIMEOUT=10", "SHUJIE_EXCHANGE_TIMEOUT"},
		"a closing time after 24:00":   {"SHUJIE_BUSINESS_CLOSE=25:00", "SHUJIE_BUSINESS_CLOSE"},
		"a log level nobody knows":     {"SHUJIE_LOG_LEVEL=loud", "SHUJIE_LOG_LEVEL"},
		"a cookie flag that is no yes": {"SHUJIE_SECURE_COOKIES=perhaps", "SHUJIE_SECURE_COOKIES"},
	} {
		t.Run(name, func(t *testing.T) {
			_, err := loadConfig([]string{tc.env})
			if err == nil || !strings.HasPrefix(err.Error(), tc.want+":") {
				t.Fatalf("error = %v, want one sentence that begins with %s:", err, tc.want)
			}
			if strings.Contains(err.Error(), "\n") {
				t.Fatalf("more than one line: %q", err)
			}
		})
	}
}

func TestThePrintedConfigHidesPasswords(t *testing.T) {
	c, err := loadConfig([]string{
		"SHUJIE_DATABASE_URL=postgres://app:hunter2@db:5432/shujie?sslpassword=hunter3",
		"SHUJIE_REDIS_URL=redis://:hunter4@redis:6379/0",
	})
	if err != nil {
		t.Fatal(err)
	}
	var b strings.Builder
	if err := c.print(&b); err != nil {
		t.Fatal(err)
	}
	for _, secret := range []string{"hunter2", "hunter3", "hunter4"} {
		if strings.Contains(b.String(), secret) {
			t.Errorf("%s is printed:\n%s", secret, b.String())
		}
	}
	if !strings.Contains(b.String(), "db:5432/shujie") {
		t.Errorf("the address itself must stay readable:\n%s", b.String())
	}
}
