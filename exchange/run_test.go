package exchange_test

import (
	"bufio"
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"io"
	"strings"
	"testing"

	"github.com/shujie-gov/shujie/exchange"
	"github.com/shujie-gov/shujie/fault"
)

func TestTheSimulatorSaysHowItIsCalled(t *testing.T) {
	ck := newClock()
	sim := exchange.NewSimulator(exchange.SimOptions{Seed: 7, Now: ck.now})
	sim.Register("人口基准信息", "GA")
	sim.Register("婚姻登记信息", "MZ")
	ctx, stop := context.WithCancel(t.Context())
	r, w := io.Pipe()
	ended := make(chan error, 1)
	go func() { ended <- exchange.RunSim(ctx, w, "127.0.0.1:0", true, sim) }()
	var said struct {
		Base     string                `json:"base"`
		Services []exchange.Registered `json:"services"`
		Persons  []exchange.Person     `json:"persons"`
	}
	lines := bufio.NewReader(r)
	line, err := lines.ReadBytes('\n')
	if err != nil {
		t.Fatal(err)
	}
	if err = json.Unmarshal(line, &said); err != nil {
		t.Fatal(err)
	}
	go func() { _, _ = io.Copy(io.Discard, lines) }()
	v, p := said.Services[0], said.Persons[0]
	var out bytes.Buffer
	body, err := json.Marshal(map[string]string{"gmsfhm": p.IDNumber, "xm": p.Name})
	if err != nil {
		t.Fatal(err)
	}
	err = exchange.RunCall(t.Context(), &out, exchange.CallOptions{
		Base: said.Base, Service: exchange.Service{RID: v.RID, SID: v.SID, AppKey: v.AppKey}, Body: string(body), Repeat: 5, Now: ck.now,
	})
	if err != nil || !strings.Contains(out.String(), "5 calls: found 5; one secret of the day served them all") {
		t.Errorf("%v:\n%s", err, &out)
	}
	for _, private := range []string{p.Name, p.IDNumber, v.AppKey} {
		if strings.Contains(out.String(), private) {
			t.Errorf("%s is printed:\n%s", private, &out)
		}
	}
	stop()
	if err = <-ended; err != nil {
		t.Error(err)
	}
	var text bytes.Buffer
	ctx, stop = context.WithCancel(t.Context())
	stop()
	if err = exchange.RunSim(ctx, &text, "127.0.0.1:0", false, sim); err != nil {
		t.Error(err)
	}
	for _, want := range []string{"exchange simulator at http://127.0.0.1:", v.RID, v.SID, v.AppKey, "婚姻登记信息 (MZ)", p.IDNumber} {
		if !strings.Contains(text.String(), want) {
			t.Errorf("%s is missing:\n%s", want, &text)
		}
	}
}

func TestTheConnectionTestTellsEachCallAndFailsWhenOneDid(t *testing.T) {
	s := newSimulated(t)
	if err := s.Script(s.service.SID, exchange.FaultNone, exchange.FaultNoRecord, exchange.FaultLoseAnswer); err != nil {
		t.Fatal(err)
	}
	body, err := json.Marshal(s.about().Params)
	if err != nil {
		t.Fatal(err)
	}
	o := exchange.CallOptions{
		Base: s.base, Service: s.service,
		Body: string(body), Repeat: 3, AsJSON: true, Now: s.clock.now,
	}
	var out bytes.Buffer
	if err = exchange.RunCall(t.Context(), &out, o); fault.KindOf(err) != fault.Unavailable {
		t.Errorf("got %v", err)
	}
	var said struct {
		Calls []struct {
			Outcome   exchange.Outcome `json:"outcome"`
			RequestID string           `json:"request_id"`
		} `json:"calls"`
		Outcomes  map[exchange.Outcome]int `json:"outcomes"`
		OneSecret bool                     `json:"one_secret"`
	}
	if err = json.Unmarshal(out.Bytes(), &said); err != nil {
		t.Fatal(err)
	}
	if len(said.Calls) != 3 || said.Outcomes["found"] != 1 || said.Outcomes["no_record"] != 1 || said.Outcomes["unknown"] != 1 ||
		!said.OneSecret || said.Calls[0].RequestID == "" {
		t.Errorf("%+v", said)
	}
	o.Repeat = 0
	if err = exchange.RunCall(t.Context(), io.Discard, o); err != nil {
		t.Errorf("one call that found a record: %v", err)
	}
}

func TestTheConnectionTestNamesWrongInput(t *testing.T) {
	good := exchange.CallOptions{Base: "http://127.0.0.1:1", Service: exchange.Service{RID: "r", SID: "s", AppKey: "k"}, Now: newClock().now}
	for name, tt := range map[string]struct {
		change func(*exchange.CallOptions)
		field  string
	}{
		"a body that is no object": {func(o *exchange.CallOptions) { o.Body = `[1]` }, "body"},
		"a body that is null":      {func(o *exchange.CallOptions) { o.Body = `null` }, "body"},
		"a body that is nested":    {func(o *exchange.CallOptions) { o.Body = `{"a":{}}` }, "body"},
		"an unknown profile":       {func(o *exchange.CallOptions) { o.Profile = "x" }, "profile"},
		"an unconfirmed profile":   {func(o *exchange.CallOptions) { o.Profile = "jsjhpt" }, "profile"},
		"no base":                  {func(o *exchange.CallOptions) { o.Base = "" }, "base"},
		"no appkey":                {func(o *exchange.CallOptions) { o.Service.AppKey = "" }, "service"},
	} {
		o := good
		tt.change(&o)
		f := (*fault.Error)(nil)
		if err := exchange.RunCall(t.Context(), io.Discard, o); !errors.As(err, &f) || f.Kind != fault.Invalid || f.Fields[0].Name != tt.field {
			t.Errorf("%s: %v", name, err)
		}
	}
}
