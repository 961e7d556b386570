package exchange_test

import (
	"context"
	"encoding/json"
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/shujie-gov/shujie/exchange"
)

// place is a place for files with a provider that looks into it.
type place struct {
	*exchange.Simulator
	dir     string
	base    string
	service exchange.Service
	person  exchange.Person
}

func newPlace(t *testing.T) *place {
	t.Helper()
	p := &place{dir: t.TempDir()}
	p.base = "file://" + p.dir
	p.Simulator = exchange.NewSimulator(exchange.SimOptions{Seed: 7, Now: newClock().now})
	p.service = p.Register("人口基准信息", "GA")
	p.person = p.Persons(1)[0]
	return p
}

func (p *place) depot(t *testing.T, wait time.Duration) *exchange.Depot {
	t.Helper()
	open, err := exchange.FilesAt(p.base)
	if err != nil {
		t.Fatal(err)
	}
	d, err := exchange.NewDepot(exchange.DepotOptions{Open: open, Timeout: wait, Poll: time.Millisecond, Now: newClock().now})
	if err != nil {
		t.Fatal(err)
	}
	return d
}

func (p *place) about(key string) exchange.Question {
	return exchange.Question{Params: map[string]string{"gmsfhm": p.person.IDNumber, "xm": p.person.Name}, Key: key}
}

// provide lets the provider look until the test ends.
func (p *place) provide(t *testing.T) {
	t.Helper()
	ctx, cancel := context.WithCancel(context.Background())
	var wg sync.WaitGroup
	wg.Go(func() {
		tick := time.NewTicker(time.Millisecond)
		defer tick.Stop()
		for {
			select {
			case <-ctx.Done():
				return
			case <-tick.C:
				if _, err := p.AnswerFiles(p.dir); err != nil {
					t.Error(err)
					return
				}
			}
		}
	})
	t.Cleanup(func() { cancel(); wg.Wait() })
}

func TestARequestIsLaidDownAndAnswered(t *testing.T) {
	p := newPlace(t)
	p.provide(t)
	d := p.depot(t, 5*time.Second)
	if a := d.Call(t.Context(), p.service, p.about("1")); a.Outcome != exchange.Found || !strings.Contains(string(a.Body), p.person.Name) || !a.Sent {
		t.Errorf("%v: %s", a, a.Body)
	}
	nobody := p.about("2")
	nobody.Params["xm"] = "无名氏"
	if a := d.Call(t.Context(), p.service, nobody); a.Outcome != exchange.NoRecord {
		t.Error(a)
	}
	stranger := p.service
	stranger.AppKey = "another"
	if a := d.Call(t.Context(), stranger, p.about("3")); a.Outcome != exchange.Refused || a.Code != "-1" {
		t.Error(a)
	}
	if err := p.Script(p.service.SID, exchange.FaultRubbish); err != nil {
		t.Fatal(err)
	}
	if a := d.Call(t.Context(), p.service, p.about("4")); a.Outcome != exchange.Unknown {
		t.Error(a)
	}
	if left, err := filepath.Glob(filepath.Join(p.dir, "*", "*", "*.part")); err != nil || len(left) != 0 {
		t.Errorf("left lying: %v, %v", left, err)
	}
}

func TestWhatIsNotAnsweredInTimeIsUnknownAndFoundLater(t *testing.T) {
	p := newPlace(t)
	d := p.depot(t, 20*time.Millisecond)
	first := d.Call(t.Context(), p.service, p.about("7"))
	if first.Outcome != exchange.Unknown || !first.Sent {
		t.Fatal(first)
	}
	if again := d.Call(t.Context(), p.service, p.about("7")); again.Outcome != exchange.Unknown || again.RequestID != first.RequestID {
		t.Errorf("asked again: %v", again)
	}
	if n, err := p.AnswerFiles(p.dir); n != 1 || err != nil {
		t.Fatalf("%d requests lay there, %v", n, err)
	}
	if a := d.Call(t.Context(), p.service, p.about("7")); a.Outcome != exchange.Found || a.RequestID != first.RequestID {
		t.Errorf("later: %v", a)
	}
	if n, err := p.AnswerFiles(p.dir); n != 0 || err != nil || p.Stats().Found != 1 {
		t.Errorf("%d requests more, %v, the provider looked %d times", n, err, p.Stats().Found)
	}
	// Another job asks anew, and so does who has no key.
	other, none, more := d.Call(t.Context(), p.service, p.about("8")), d.Call(t.Context(), p.service, p.about("")), d.Call(t.Context(), p.service, p.about(""))
	if other.RequestID == first.RequestID || none.RequestID == more.RequestID {
		t.Errorf("requests %s, %s, %s, %s", first.RequestID, other.RequestID, none.RequestID, more.RequestID)
	}
}

func TestAnAnswerToAnotherRequestIsNotTaken(t *testing.T) {
	p := newPlace(t)
	d := p.depot(t, 20*time.Millisecond)
	a := d.Call(t.Context(), p.service, p.about("1"))
	answers := filepath.Join(p.dir, p.service.SID, "answers")
	if err := os.MkdirAll(answers, 0o700); err != nil {
		t.Fatal(err)
	}
	body, err := json.Marshal(map[string]any{"id": "another", "code": "0", "data": []any{map[string]string{"xm": "李四"}}})
	if err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(filepath.Join(answers, a.RequestID+".json"), body, 0o600); err != nil {
		t.Fatal(err)
	}
	if a = d.Call(t.Context(), p.service, p.about("1")); a.Outcome != exchange.Unknown || a.Body != nil {
		t.Error(a)
	}
}

func TestNothingLeadsOutOfTheFolder(t *testing.T) {
	p := newPlace(t)
	d := p.depot(t, 20*time.Millisecond)
	for _, sid := range []string{"../x", "/etc", ".", "a/b", `a\b`} {
		s := p.service
		s.SID = sid
		if a := d.Call(t.Context(), s, p.about("1")); a.Outcome != exchange.Refused || a.Sent {
			t.Errorf("%s: %v", sid, a)
		}
	}
	files, err := exchange.OpenFolder(p.dir)
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = files.Close() }()
	outside := filepath.Join(t.TempDir(), "secret")
	if err := os.WriteFile(outside, []byte("x"), 0o600); err != nil {
		t.Fatal(err)
	}
	if err := os.Symlink(outside, filepath.Join(p.dir, "link")); err != nil {
		t.Fatal(err)
	}
	for _, name := range []string{"../secret", outside, "link"} {
		if body, err := files.Get(name, 10); err == nil {
			t.Errorf("%s was read: %q", name, body)
		}
	}
	if _, err := files.Get("nothing", 10); !errors.Is(err, fs.ErrNotExist) {
		t.Errorf("a file that is not there: %v", err)
	}
}

func TestAPlaceThatIsNotThereIsTechnical(t *testing.T) {
	p := newPlace(t)
	p.base = "file://" + filepath.Join(p.dir, "none")
	if a := p.depot(t, time.Second).Call(t.Context(), p.service, p.about("1")); a.Outcome != exchange.Technical || a.Sent {
		t.Error(a)
	}
	for _, base := range []string{
		"", "/folder", "http://host/folder", "sftp://host/folder", "sftp://user:pass@host/folder?hostkey=SHA256:x", "file://host/folder", "sftp:///folder?hostkey=SHA256:x",
	} {
		if _, err := exchange.FilesAt(base); err == nil {
			t.Errorf("%q is a place", base)
		}
	}
}
