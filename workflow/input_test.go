package workflow_test

import (
	"encoding/json"
	"errors"
	"strings"
	"testing"

	"github.com/shujie-gov/shujie/fault"
	"github.com/shujie-gov/shujie/workflow"
)

func TestAnInputIsReadAsJSONOrAsAFormGaveIt(t *testing.T) {
	w := newWorld(t, "2026-03-02 10:00")
	id := toHandling(w, need(11, workflow.Unconditional))
	for name, c := range map[string]struct {
		raw  any
		want string // in the refusal; "" when it is taken
	}{
		"a number of JSON":            {float64(4), ""},
		"a whole number":              {int64(4), ""},
		"an int":                      {4, ""},
		"a json.Number":               {json.Number("4"), ""},
		"a form's text":               {" 4 ", ""},
		"nothing":                     {nil, "is required"},
		"an empty field":              {"", "is required"},
		"zero":                        {0, "is required"},
		"a fraction":                  {4.5, "must be a whole number"},
		"a number beyond counting":    {1e300, "must be a whole number"},
		"words":                       {"公安厅", "must be a whole number"},
		"a truth":                     {true, "must be a whole number"},
		"a list":                      {[]any{4}, "must be a whole number"},
		"a negative number":           {-4, "there is no such number"},
		"a json.Number of a fraction": {json.Number("4.5"), "must be a whole number"},
	} {
		t.Run(name, func(t *testing.T) {
			d, err := w.engine.Decide(w.cases[id], w.people["holder head"], input("transfer", fields{"to": c.raw, "note": "归你们"}))
			if c.want == "" {
				if err != nil || d.Event.Data["to"] != int64(4) {
					t.Fatalf("%v, %v", d.Event.Data, err)
				}
				return
			}
			f := (*fault.Error)(nil)
			if !errors.As(err, &f) || f.Kind != fault.Invalid || len(f.Fields) != 1 || f.Fields[0].Name != "to" {
				t.Fatalf("err = %v, want one about the field to", err)
			}
			if !strings.Contains(f.Fields[0].Text.EN, c.want) || f.Fields[0].Text.ZH == "" {
				t.Fatalf("text = %+v, want %q", f.Fields[0].Text, c.want)
			}
		})
	}
}

func TestEveryWrongFieldIsNamedAtOnce(t *testing.T) {
	w := newWorld(t, "2026-03-02 10:00")
	id := toHandling(w, need(11, workflow.Unconditional))
	_, err := w.engine.Decide(w.cases[id], w.people["holder head"], input("suspend", fields{
		"reason": "holiday", "days": 31, "note": strings.Repeat("长", 2001),
	}))
	f := (*fault.Error)(nil)
	if !errors.As(err, &f) || len(f.Fields) != 3 {
		t.Fatalf("err = %v, want three fields", err)
	}
	for i, want := range []struct{ name, text string }{
		{"note", "longer than 2000"}, {"reason", "not one of the options"}, {"days", "at most 30"},
	} {
		if got := f.Fields[i]; got.Name != want.name || !strings.Contains(got.Text.EN, want.text) {
			t.Errorf("field %d: %+v, want %+v", i, got, want)
		}
	}
}

func TestTextThatNoDatabaseKeepsIsRefused(t *testing.T) {
	w := newWorld(t, "2026-03-02 10:00")
	id := toHandling(w, need(11, workflow.Unconditional))
	for name, note := range map[string]string{"a zero byte": "a\x00b", "no UTF-8": "\xff\xfe"} {
		refused(t, w.try("hall", id, "comment", fields{"note": note}), fault.Invalid, name)
	}
	refused(t, w.try("hall", id, "comment", fields{"note": " \n\t "}), fault.Invalid, "blanks only")
}

func TestABooleanInputIsReadFromAForm(t *testing.T) {
	text := strings.Replace(sound, "name: requirement, type: requirement", "name: sure, type: bool", 1)
	text = strings.Replace(text, "      - {do: requirement.reset}\n", "", 1)
	ds, err := load(text)
	if err != nil {
		t.Fatal(err)
	}
	m := workflow.Moment{Now: at(t, "2026-03-02 10:00"), Calendar: china(t, 24*3600*1e9)}
	d, err := ds.Open(cast()["coordinator"], workflow.Case{Kind: "errand", Region: cityRegion, Parts: map[workflow.Part]workflow.DeptID{workflow.Lead: holderDept}}, workflow.Input{}, m)
	if err != nil {
		t.Fatal(err)
	}
	for raw, want := range map[any]any{true: true, "on": true, "false": false, "": nil, "maybe": "error"} {
		got, err := ds.Decide(d.After, cast()["holder head"], input("rest", fields{"days": 3, "sure": raw}), m)
		switch {
		case want == "error":
			refused(t, err, fault.Invalid, "maybe")
		case err != nil || got.Event.Data["sure"] != want:
			t.Errorf("%v: %v, %v", raw, got.Event.Data, err)
		}
	}
}
