package workflow

import (
	"bytes"
	"embed"
	"errors"
	"io/fs"
	"strings"
	"sync"

	"gopkg.in/yaml.v3"
)

//go:embed definitions/*.yaml
var released embed.FS

// Released loads and checks the definitions that ship with the program.
func Released() (*Definitions, error) { return Load(released, "definitions") }

// Load reads every YAML file below dir, checks each definition, and returns
// them or every refusal joined. A kind named by a child.open effect must exist.
func Load(files fs.FS, dir string) (*Definitions, error) {
	names, err := fs.Glob(files, dir+"/*.yaml")
	if err != nil {
		return nil, err
	}
	var list []Version
	var errs []error
	for _, name := range names {
		data, err := fs.ReadFile(files, name)
		if err != nil {
			return nil, err
		}
		d, err := Parse(name, data)
		if err != nil {
			errs = append(errs, err)
			continue
		}
		list = append(list, Version{Definition: d})
	}
	ds, err := NewDefinitions(list)
	if err := errors.Join(append(errs, err)...); err != nil {
		return nil, err
	}
	return ds, nil
}

// The bounds of one definition, so that a hostile one cannot stall its reader.
const (
	maxBytes       = 256 << 10
	maxStates      = 100
	maxTransitions = 500
)

// Parse reads and checks one definition. Unknown keys are refused. Every refusal
// is a [RefusalError]; file is how they call the text.
func Parse(file string, data []byte) (*Definition, error) {
	d := &Definition{file: file, text: string(data)}
	k := &checker{d: d}
	if len(data) > maxBytes {
		k.refuse("", "", "a definition has at most %d bytes", maxBytes)
		return nil, errors.Join(k.errs...)
	}
	dec := yaml.NewDecoder(bytes.NewReader(data))
	dec.KnownFields(true)
	if err := dec.Decode(d); err != nil {
		return nil, unreadable(file, err)
	}
	if len(d.States) > maxStates || len(d.Transitions) > maxTransitions {
		k.refuse("", "", "a definition has at most %d states and %d transitions", maxStates, maxTransitions)
		return nil, errors.Join(k.errs...)
	}
	d.locate(data)
	if err := d.check(); err != nil {
		return nil, err
	}
	d.layout = sync.OnceValue(d.arrange)
	return d, nil
}

// locate notes the line of each state, transition, clock and fact, and the order
// of the states; YAML maps lose it.
func (d *Definition) locate(data []byte) {
	var doc struct {
		Facts       yaml.Node   `yaml:"facts"`
		Clocks      yaml.Node   `yaml:"clocks"`
		Joined      yaml.Node   `yaml:"joins"`
		States      yaml.Node   `yaml:"states"`
		Transitions []yaml.Node `yaml:"transitions"`
	}
	if err := yaml.Unmarshal(data, &doc); err != nil {
		return // it was decoded a moment ago
	}
	keys := func(n *yaml.Node, at func(name string, line int)) {
		for i := 0; i+1 < len(n.Content); i += 2 {
			at(n.Content[i].Value, n.Content[i].Line)
		}
	}
	d.lines = map[string]int{}
	keys(&doc.Facts, func(name string, line int) { d.lines["fact "+name] = line })
	keys(&doc.Clocks, func(name string, line int) { d.lines["clock "+name] = line })
	keys(&doc.Joined, func(name string, line int) { d.lines["join "+name] = line })
	keys(&doc.States, func(name string, line int) {
		d.order = append(d.order, State(name))
		d.lines["state "+name] = line
	})
	for i := range min(len(doc.Transitions), len(d.Transitions)) {
		if t := d.Transitions[i]; t != nil {
			t.line = doc.Transitions[i].Line
		}
	}
}

// seatOf reads the written form of a seat.
func seatOf(s string) (Seat, error) {
	part, role, found := strings.Cut(s, "/")
	if !found {
		part, role = "", s
	}
	seat := Seat{Part: Part(part), Role: Role(role)}
	known := false
	for _, r := range Roles() {
		known = known || r == seat.Role
	}
	if !known {
		return Seat{}, say("unknown role %q", role)
	}
	if seat.Role.Domain() != InDepartment {
		if part != "" {
			return Seat{}, say("role %s is not held in a department, so it takes no part", role)
		}
		return seat, nil
	}
	for _, p := range Parts() {
		if p == seat.Part {
			return seat, nil
		}
	}
	return Seat{}, say("unknown part %q for role %s", part, role)
}
