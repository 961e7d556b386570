package workflow

import (
	"bytes"
	"embed"
	"errors"
	"fmt"
	"io/fs"
	"sort"
	"strings"

	"gopkg.in/yaml.v3"
)

//go:embed definitions/*.yaml
var released embed.FS //nolint:gochecknoglobals // read-only files compiled into the binary

// Definitions holds every released definition, by kind and version.
type Definitions struct {
	byKind map[Kind]map[int]*Definition
	kinds  []Kind
}

// Released loads and checks the definitions that ship with the program.
func Released() (*Definitions, error) { return Load(released, "definitions") }

// Load reads every YAML file below dir, checks each definition, and returns
// them or every refusal joined. A kind named by a child.open effect must exist.
func Load(files fs.FS, dir string) (*Definitions, error) {
	names, err := fs.Glob(files, dir+"/*.yaml")
	if err != nil {
		return nil, err
	}
	ds := &Definitions{byKind: map[Kind]map[int]*Definition{}}
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
		if err := ds.add(d); err != nil {
			errs = append(errs, err)
		}
	}
	errs = append(errs, ds.checkChildren()...)
	if len(errs) > 0 {
		return nil, errors.Join(errs...)
	}
	return ds, nil
}

// Parse reads and checks one definition. Unknown keys are refused.
func Parse(file string, data []byte) (*Definition, error) {
	dec := yaml.NewDecoder(bytes.NewReader(data))
	dec.KnownFields(true)
	d := &Definition{file: file}
	if err := dec.Decode(d); err != nil {
		return nil, fmt.Errorf("%s: %w", file, err)
	}
	d.order = stateOrder(data)
	if err := d.check(); err != nil {
		return nil, err
	}
	return d, nil
}

// stateOrder returns the state names as written; YAML maps lose their order.
func stateOrder(data []byte) []State {
	var doc struct {
		States yaml.Node `yaml:"states"`
	}
	if err := yaml.Unmarshal(data, &doc); err != nil {
		return nil
	}
	var order []State
	for i := 0; i+1 < len(doc.States.Content); i += 2 {
		order = append(order, State(doc.States.Content[i].Value))
	}
	return order
}

func (ds *Definitions) add(d *Definition) error {
	if ds.byKind[d.Kind] == nil {
		ds.byKind[d.Kind] = map[int]*Definition{}
		ds.kinds = append(ds.kinds, d.Kind)
		sort.Slice(ds.kinds, func(i, j int) bool { return ds.kinds[i] < ds.kinds[j] })
	}
	if old := ds.byKind[d.Kind][d.Version]; old != nil {
		return fmt.Errorf("%s: kind %s version %d is already defined in %s", d.file, d.Kind, d.Version, old.file)
	}
	ds.byKind[d.Kind][d.Version] = d
	return nil
}

func (ds *Definitions) checkChildren() []error {
	var errs []error
	for _, versions := range ds.byKind {
		for _, d := range versions {
			for _, t := range d.Transitions {
				for _, e := range t.Effects {
					if e.Do == EffectOpen && ds.byKind[e.Kind] == nil {
						errs = append(errs, fmt.Errorf("%s: action %s: child.open names the unknown kind %q", d.file, t.Action, e.Kind))
					}
				}
			}
		}
	}
	return errs
}

// Kinds lists the kinds in alphabetical order.
func (ds *Definitions) Kinds() []Kind { return ds.kinds }

// Get returns the definition of a kind in a version, nil when there is none.
func (ds *Definitions) Get(kind Kind, version int) *Definition { return ds.byKind[kind][version] }

// Latest returns the newest definition of a kind, nil when there is none.
func (ds *Definitions) Latest(kind Kind) *Definition {
	var last *Definition
	for _, d := range ds.byKind[kind] {
		if last == nil || d.Version > last.Version {
			last = d
		}
	}
	return last
}

// Of returns the definition that case c runs under.
func (ds *Definitions) Of(c *Case) (*Definition, error) {
	if d := ds.Get(c.Kind, c.DefVersion); d != nil {
		return d, nil
	}
	return nil, fmt.Errorf("no definition %s version %d", c.Kind, c.DefVersion)
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
		return Seat{}, fmt.Errorf("unknown role %q", role)
	}
	if seat.Role.Domain() != InDepartment {
		if part != "" {
			return Seat{}, fmt.Errorf("role %s is not held in a department, so it takes no part", role)
		}
		return seat, nil
	}
	for _, p := range Parts() {
		if p == seat.Part {
			return seat, nil
		}
	}
	return Seat{}, fmt.Errorf("unknown part %q for role %s", part, role)
}
