package jobs

import (
	"context"
	"encoding/json"
	"math/rand/v2"
	"strings"
	"testing"
	"time"

	"github.com/shujie-gov/shujie/exchange"
	"github.com/shujie-gov/shujie/models"
)

// register puts the resource of the house on a platform of a profile, which a
// simulator of its own plays, and returns options that reach it.
func (h *house) register(t *testing.T, profile, mapping string, platforms ...models.Platform) Options {
	t.Helper()
	must := func(err error) {
		t.Helper()
		if err != nil {
			t.Fatal(err)
		}
	}
	p, err := exchange.ProfileByName(profile)
	must(err)
	sim := exchange.NewSimulator(exchange.SimOptions{Seed: 1, Now: h.engine.Now, Profile: p})
	base, stop, err := sim.Start("127.0.0.1:0")
	must(err)
	t.Cleanup(func() {
		ctx, cancel := context.WithTimeout(context.Background(), 100*time.Millisecond)
		defer cancel()
		_ = stop(ctx) // it would wait longer for connections that were never used
	})
	for _, f := range platforms {
		if f.Via == "" {
			f.Base, f.Profile = base, profile
		}
		must(h.store.RegisterPlatform(t.Context(), f))
	}
	s := sim.Register("人口基准信息", "GA")
	must(h.store.Connect(t.Context(), h.resource.ID, models.Connection{
		Platform: platforms[len(platforms)-1].Code, Mapping: mapping, Link: models.Link{
			RID: s.RID, SID: s.SID, AppKey: s.AppKey, Method: s.Method, Operation: s.Operation, Account: s.Account, Password: s.Password,
		},
	}))
	h.sim = sim
	o := h.options()
	o.Caller = answers(exchange.Technical) // the platform of the settings is not asked
	o.Dial = func(p models.Platform) (Caller, error) {
		profile, err := exchange.ProfileByName(p.Profile)
		if err != nil {
			return nil, err
		}
		return exchange.NewClient(exchange.Options{Base: p.Base, Profile: profile, Timeout: time.Second, Now: h.engine.Now})
	}
	return o
}

// fetched lets a case fetch its data and returns its receipt and its record.
func (h *house) fetched(t *testing.T, o Options) (models.Receipt, map[string]any) {
	t.Helper()
	w, _ := work(t, o)
	id := h.file(t, 0)
	h.drained(t, w)
	all := models.Scope{All: true}
	list, err := h.store.Receipts(t.Context(), all, id)
	if err != nil || len(list) != 1 {
		rows, _ := h.store.Fetches(t.Context(), all, id)
		t.Fatalf("receipts %+v, calls %+v, %v", list, rows, err)
	}
	body, err := h.store.Payload(t.Context(), all, list[0].ID)
	if err != nil {
		t.Fatal(err)
	}
	var record map[string]any
	if err := json.Unmarshal(body, &record); err != nil {
		var records []map[string]any
		if err := json.Unmarshal(body, &records); err != nil || len(records) != 1 {
			t.Fatalf("%s: %v", body, err)
		}
		record = records[0]
	}
	return list[0], record
}

func TestAResourceIsFetchedInTheProfileOfItsPlatform(t *testing.T) {
	eachHouse(t, func(h *house) {
		t := h.t
		o := h.register(t, exchange.ProfileXRoad, "", models.Platform{Code: "x", Name: "安全服务器", Level: models.LevelProvince})
		r, record := h.fetched(t, o)
		if record["xm"] != h.sim.Persons(1)[0].Name || r.Trail != "安全服务器" {
			t.Errorf("%v of %+v", record, r)
		}
		rows, err := h.store.Fetches(t.Context(), models.Scope{All: true}, r.Case)
		if err != nil || len(rows) != 1 || len(rows[0].Trail) != 1 || rows[0].Platform != "x" {
			t.Fatalf("%+v, %v", rows, err)
		}
		// The security server's number of the request and its hash are evidence.
		if hop := rows[0].Trail[0]; hop.Request != r.RequestID || len(hop.Evidence) != 88 {
			t.Errorf("%+v", hop)
		}
	})
}

func TestACallToTheNationPassesTheProvince(t *testing.T) {
	eachHouse(t, func(h *house) {
		t := h.t
		o := h.register(t, exchange.ProfileNational, "",
			models.Platform{Code: "js", Name: "省平台", Level: models.LevelProvince},
			models.Platform{Code: "gj", Name: "国家平台", Level: models.LevelNation, Profile: exchange.ProfileNational, Via: "js"})
		r, _ := h.fetched(t, o)
		if r.Trail != "省平台 → 国家平台" {
			t.Errorf("the way was %q", r.Trail)
		}
	})
}

func TestAMappingAsksAndKeepsWhatItSays(t *testing.T) {
	const mapping = `{
		"parameters": {"GMSFHM": {"from": "subject.id_number"}, "XM": {"from": "subject.name"}, "QQYWLXMC": {"from": "case.matter"}},
		"record": {"type": "array", "minItems": 1},
		"facts": {"name": {"at": "/0/XM"}}
	}`
	eachHouse(t, func(h *house) {
		t := h.t
		o := h.register(t, exchange.ProfileNationalSOAP, mapping, models.Platform{Code: "ws", Name: "SOAP", Level: models.LevelNation})
		_, record := h.fetched(t, o)
		if len(record) != 1 || record["name"] != h.sim.Persons(1)[0].Name {
			t.Errorf("kept %v", record)
		}
	})
}

func TestAPlatformThatMovesIsCalledAtItsNewAddress(t *testing.T) {
	var called []string
	l := newLines(func(p models.Platform) (Caller, error) {
		called = append(called, p.Base)
		return answers(exchange.Found), nil
	})
	for _, base := range []string{"http://a", "http://a", "http://b", "http://b"} {
		if _, err := l.to(models.Platform{Code: "p", Base: base}); err != nil {
			t.Fatal(err)
		}
	}
	if got := strings.Join(called, " "); got != "http://a http://b" {
		t.Errorf("dialled %s", got)
	}
}

func TestARecordThatDoesNotFitItsMappingIsNotAskedTwiceWhereThatHurts(t *testing.T) {
	const mapping = `{"parameters":{"a":{"from":"subject.name"}},"facts":{"name":{"at":"/0/nothing"}}}`
	for name, tt := range map[string]struct {
		repeatable bool
		next       outcome
		told       int // moves of the case
	}{"asked again": {true, retry, 0}, "left to a person": {false, finish, 1}} {
		t.Run(name, func(t *testing.T) {
			b, d, l := newBook(), &desk{}, answers(exchange.Found)
			b.target.Resource.Mapping, b.target.Resource.Repeatable = mapping, tt.repeatable
			err := fetchOnce(t, b, d, l, false)
			if v := (Backoff{Attempts: 9, Rand: rand.Float64}).verdict(1, err, time.Now()); v.act != tt.next {
				t.Errorf("the verdict is %+v", v)
			}
			if len(b.ends) != 1 || b.ends[0].Outcome != models.FetchUnknown || b.ends[0].Payload != nil || len(d.acts) != tt.told || tt.told > 0 && d.acts[0].Action != dataUnsure {
				t.Errorf("the ledger says %+v", b.ends)
			}
			if p := l.params[0]; len(p) != 1 || p["a"] != b.target.Subject.Name {
				t.Errorf("asked %v", p)
			}
		})
	}
}

func TestAMappingThatIsBrokenMakesNoCall(t *testing.T) {
	b, d, l := newBook(), &desk{}, answers(exchange.Found)
	b.target.Resource.Mapping = `{}`
	err := fetchOnce(t, b, d, l, false)
	if v := (Backoff{Attempts: 9, Rand: rand.Float64}).verdict(1, err, time.Now()); v.act != bury || l.calls() != 0 || len(b.rows) != 0 {
		t.Errorf("%+v after %d calls and %d rows", v, l.calls(), len(b.rows))
	}
}

func TestAFrontMachineThatAnswersLaterIsAskedOnce(t *testing.T) {
	eachHouse(t, func(h *house) {
		t := h.t
		dir := t.TempDir()
		must := func(err error) {
			t.Helper()
			if err != nil {
				t.Fatal(err)
			}
		}
		must(h.store.RegisterPlatform(t.Context(), models.Platform{
			Code: "qzj", Name: "前置机", Level: models.LevelProvince, Profile: exchange.ProfileFiles, Base: "file://" + dir,
		}))
		s := h.sim.Register("人口基准信息", "GA")
		must(h.store.Connect(t.Context(), h.resource.ID, models.Connection{
			Platform: "qzj", Link: models.Link{RID: s.RID, SID: s.SID, AppKey: s.AppKey},
		}))
		o := h.options()
		o.Caller = answers(exchange.Technical) // the platform of the settings is not asked
		o.Dial = func(p models.Platform) (Caller, error) {
			open, err := exchange.FilesAt(p.Base)
			if err != nil {
				return nil, err
			}
			return exchange.NewDepot(exchange.DepotOptions{Open: open, Timeout: 20 * time.Millisecond, Poll: time.Millisecond, Now: h.engine.Now})
		}
		w, _ := work(t, o)
		id := h.file(t, 0)
		all := models.Scope{All: true}
		until(t, func() bool { // the provider lets the call go by twice
			rows, err := h.store.Fetches(t.Context(), all, id)
			must(err)
			return len(rows) > 2
		})
		n, err := h.sim.AnswerFiles(dir)
		if n != 1 || err != nil {
			t.Fatalf("%d requests lay there, %v", n, err)
		}
		h.drained(t, w)
		if n, err = h.sim.AnswerFiles(dir); n != 0 || err != nil {
			t.Errorf("%d requests more, %v", n, err)
		}
		list, err := h.store.Receipts(t.Context(), all, id)
		if err != nil || len(list) != 1 || list[0].Trail != "前置机" {
			t.Errorf("%+v, %v", list, err)
		}
	})
}
