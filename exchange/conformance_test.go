package exchange

import (
	"encoding/hex"
	"encoding/json"
	"net/http"
	"net/http/httptest"
	"os"
	"testing"
	"time"
)

// The vectors of testdata were computed outside of this package, from the
// sources that they name.

func vectors[T any](t *testing.T, name string) []T {
	t.Helper()
	text, err := os.ReadFile("testdata/" + name)
	if err != nil {
		t.Fatal(err)
	}
	var list []T
	if err := json.Unmarshal(text, &list); err != nil {
		t.Fatal(err)
	}
	return list
}

// wanted is a request on the wire.
type wanted struct {
	Method, Target, Body string
	Header               map[string]string
}

func (w wanted) check(t *testing.T, r request) {
	t.Helper()
	c := &Client{base: "http://platform"}
	got, err := c.build(t.Context(), r)
	if err != nil {
		t.Fatal(err)
	}
	if got.Method != w.Method || got.URL.RequestURI() != w.Target || string(r.body) != w.Body {
		t.Errorf("got  %s %s\n%s\nwant %s %s\n%s", got.Method, got.URL.RequestURI(), r.body, w.Method, w.Target, w.Body)
	}
	for name, value := range w.Header {
		if got.Header.Get(name) != value {
			t.Errorf("%s: got %q, want %q", name, got.Header.Get(name), value)
		}
	}
}

func dialectOf(t *testing.T, name string) dialect {
	t.Helper()
	p, err := ProfileByName(name)
	if err != nil {
		t.Fatal(err)
	}
	return p.dialect
}

func TestEveryProfileWritesItsCallsAsTheSourcesHaveThem(t *testing.T) {
	seen := map[string]bool{ProfileJiangsu: true} // of which there is no source
	for _, v := range vectors[struct {
		Note, Profile, ID, Key string
		Service                Service
		Params                 map[string]string
		By                     Asker
		At                     time.Time
		Want                   wanted
	}](t, "requests.json") {
		t.Run(v.Profile+" "+v.Note, func(t *testing.T) {
			seen[v.Profile] = true
			d := dialectOf(t, v.Profile)
			if why := d.wrong(v.Service); why != "" {
				t.Fatal(why)
			}
			out := call{Service: v.Service, Question: Question{Params: v.Params, By: v.By}, id: v.ID, at: v.At, key: or(v.Key, v.Service.AppKey)}
			v.Want.check(t, d.request(out))
		})
	}
	for _, p := range Profiles() {
		if !seen[p.Name] {
			t.Errorf("%s has no vector", p.Name)
		}
	}
}

func TestEveryKeyIsAskedForAsTheSourcesHaveIt(t *testing.T) {
	for _, v := range vectors[struct {
		Note, Profile string
		Service       Service
		At            time.Time
		Last          struct {
			Renewal string
			Until   time.Time
		}
		Want wanted
	}](t, "keys.json") {
		t.Run(v.Profile+" "+v.Note, func(t *testing.T) {
			d, ok := dialectOf(t, v.Profile).(keyed)
			if !ok {
				t.Fatal("there are no keys")
			}
			v.Want.check(t, d.ask(v.Service, grant{renewal: v.Last.Renewal, renewalUntil: v.Last.Until}, v.At))
		})
	}
}

func TestEveryAnswerEndsAsTheSourcesHaveIt(t *testing.T) {
	for _, v := range vectors[struct {
		Note, Profile, Body, Hex string
		Status                   int
		Header                   map[string]string
		Outcome                  Outcome
		Record, Code             string
	}](t, "answers.json") {
		t.Run(v.Profile+" "+v.Note, func(t *testing.T) {
			body := []byte(v.Body)
			if v.Hex != "" {
				var err error
				if body, err = hex.DecodeString(v.Hex); err != nil {
					t.Fatal(err)
				}
			}
			srv := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
				for name, value := range v.Header {
					w.Header().Set(name, value)
				}
				w.WriteHeader(v.Status)
				_, _ = w.Write(body)
			}))
			defer srv.Close()
			p, err := ProfileByName(v.Profile)
			if err != nil {
				t.Fatal(err)
			}
			c, err := NewClient(Options{Base: srv.URL, Profile: p, Now: time.Now})
			if err != nil {
				t.Fatal(err)
			}
			a := c.ask(t.Context(), call{id: "0b6f0f1e-7a52-4c6e-9d5a-0c1d2e3f4a5b"})
			if a.Outcome != v.Outcome || string(a.Body) != v.Record || a.Code != v.Code || a.Message == "" {
				t.Errorf("got %s %q code %q (%s), want %s %q code %q", a.Outcome, a.Body, a.Code, a.Message, v.Outcome, v.Record, v.Code)
			}
		})
	}
}
