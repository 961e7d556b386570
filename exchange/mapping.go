package exchange

import (
	"bytes"
	_ "embed" // the schema of mappings
	"encoding/json"
	"errors"
	"fmt"
	"maps"
	"slices"
	"strconv"
	"strings"
	"sync"

	"github.com/santhosh-tekuri/jsonschema/v6"

	"github.com/shujie-gov/shujie/fault"
)

// Mapping says how the words of a case become the parameters of a call, and which
// facts are kept of the record that comes back: no more than the business needs
// (条例 Art. 20 asks for the scope of use). It is data, see mapping.schema.json.
type Mapping struct {
	parameters map[string]source
	facts      map[string]place
	record     *jsonschema.Schema // nil: any record will do
}

// source is where the value of a parameter comes from: one of the two.
type source struct {
	From  string  `json:"from"`
	Value *string `json:"value"`
}

// place is where a fact stands in a record.
type place struct {
	At       string `json:"at"` // JSON Pointer
	Optional bool   `json:"optional"`
}

// Values are the words of a case by the names that a mapping calls them.
type Values map[string]string

//go:embed mapping.schema.json
var mappingSchema []byte

// mappings is the schema of mappings.
var mappings = sync.OnceValue(func() *jsonschema.Schema { //nolint:gochecknoglobals // a constant, compiled when first needed
	s, err := compile(mappingSchema)
	if err != nil {
		panic(err) // it is part of the program, and a test reads it
	}
	return s
})

// schemaURL is where a schema stands in itself. Nobody answers there (RFC 2606 §2).
const schemaURL = "https://shujie.invalid/schema"

// compile reads a schema. It may refer to nothing outside of itself.
func compile(text []byte) (*jsonschema.Schema, error) {
	doc, err := jsonschema.UnmarshalJSON(bytes.NewReader(text))
	if err != nil {
		return nil, err
	}
	c := jsonschema.NewCompiler()
	c.DefaultDraft(jsonschema.Draft2020)
	c.UseLoader(jsonschema.SchemeURLLoader{}) // none
	if err := c.AddResource(schemaURL, doc); err != nil {
		return nil, err
	}
	return c.Compile(schemaURL)
}

// ParseMapping reads a mapping, or says what is wrong with it and where.
func ParseMapping(text []byte) (Mapping, error) {
	doc, err := jsonschema.UnmarshalJSON(bytes.NewReader(text))
	if err != nil {
		return Mapping{}, badMapping("it is not JSON: " + err.Error())
	}
	if err := mappings().Validate(doc); err != nil {
		return Mapping{}, badMapping(complaints(err))
	}
	var in struct {
		Parameters map[string]source
		Facts      map[string]place
		Record     json.RawMessage
	}
	if err := json.Unmarshal(text, &in); err != nil {
		return Mapping{}, badMapping(err.Error())
	}
	m := Mapping{parameters: in.Parameters, facts: in.Facts}
	if len(in.Record) > 0 {
		if m.record, err = compile(in.Record); err != nil {
			return Mapping{}, badMapping("/record: " + err.Error())
		}
	}
	return m, nil
}

func badMapping(why string) error {
	return fault.InvalidField("mapping", "映射有误："+why, "the mapping is wrong: "+why)
}

// complaints lists what a document lacks by the places in it, without its values.
func complaints(err error) string {
	v := (*jsonschema.ValidationError)(nil)
	if !errors.As(err, &v) {
		return err.Error()
	}
	var list []string
	var walk func(e *jsonschema.ValidationError)
	walk = func(e *jsonschema.ValidationError) {
		if len(e.Causes) == 0 {
			list = append(list, "/"+strings.Join(e.InstanceLocation, "/")+": "+strings.Join(e.ErrorKind.KeywordPath(), "/"))
		}
		for _, c := range e.Causes {
			walk(c)
		}
	}
	walk(v)
	slices.Sort(list)
	return strings.Join(slices.Compact(list), "; ")
}

// Parameters returns the parameters of a call.
func (m Mapping) Parameters(v Values) map[string]string {
	out := make(map[string]string, len(m.parameters))
	for name, s := range m.parameters {
		if s.Value != nil {
			out[name] = *s.Value
		} else {
			out[name] = v[s.From]
		}
	}
	return out
}

// Facts returns what is kept of a record, a JSON object of the named facts. Its
// error names places and no values.
func (m Mapping) Facts(record []byte) ([]byte, error) {
	doc, err := jsonschema.UnmarshalJSON(bytes.NewReader(record))
	if err != nil {
		return nil, errors.New("the record is not JSON")
	}
	if m.record != nil {
		if err := m.record.Validate(doc); err != nil {
			return nil, fmt.Errorf("the record does not satisfy its schema: %s", complaints(err))
		}
	}
	facts := make(map[string]any, len(m.facts))
	for _, name := range slices.Sorted(maps.Keys(m.facts)) {
		p := m.facts[name]
		v, ok := at(doc, p.At)
		switch {
		case ok && v != nil:
			facts[name] = v
		case !p.Optional:
			return nil, fmt.Errorf("the record has no %s, nothing at %q", name, p.At)
		}
	}
	return json.Marshal(facts)
}

// Apply keeps the facts of an answer with a record. The provider has done its
// work when the record does not fit, so that is unknown: it is not asked twice
// where that does harm.
func (m Mapping) Apply(a Answer) Answer {
	if a.Outcome != Found {
		return a
	}
	facts, err := m.Facts(a.Body)
	if err != nil {
		a.Outcome, a.Body, a.Message = Unknown, nil, "the answer does not fit its mapping: "+clip(err.Error(), 300)
		return a
	}
	a.Body = facts
	return a
}

// at follows a JSON Pointer (RFC 6901).
func at(doc any, pointer string) (any, bool) {
	if pointer == "" {
		return doc, true
	}
	unescape := strings.NewReplacer("~1", "/", "~0", "~")
	for _, token := range strings.Split(pointer[1:], "/") {
		switch v := doc.(type) {
		case map[string]any:
			next, ok := v[unescape.Replace(token)]
			if !ok {
				return nil, false
			}
			doc = next
		case []any:
			i, err := strconv.Atoi(token)
			if err != nil || i < 0 || i >= len(v) || strconv.Itoa(i) != token {
				return nil, false
			}
			doc = v[i]
		default:
			return nil, false
		}
	}
	return doc, true
}
