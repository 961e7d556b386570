package workflow

import (
	"cmp"
	"errors"
	"fmt"
	"slices"
	"sync/atomic"

	"github.com/shujie-gov/shujie/fault"
)

// Definitions is every version of every kind that is in force. The set that it
// refers to never changes; a new one takes its place as a whole, so that whoever
// asks through a [Definitions.Snapshot] sees one consistent set. A version that
// was in force once stays, since cases may live in it.
type Definitions struct{ set atomic.Pointer[set] }

// Version is one version of a definition. New cases begin in the latest that is
// not retired; cases that began in a retired one keep it.
type Version struct {
	*Definition
	Retired bool
}

// set is one consistent set of definitions.
type set struct {
	byKind map[Kind]map[int]Version
	kinds  []Kind
}

// NewDefinitions joins versions of definitions. It refuses two of one number and
// a child.open effect that does not fit the kind it opens.
func NewDefinitions(list []Version) (*Definitions, error) {
	s := &set{byKind: map[Kind]map[int]Version{}}
	var errs []error
	for _, v := range list {
		if s.byKind[v.Kind] == nil {
			s.byKind[v.Kind] = map[int]Version{}
			s.kinds = append(s.kinds, v.Kind)
		}
		if old, twice := s.byKind[v.Kind][v.Version]; twice {
			k := &checker{d: v.Definition}
			k.refuse("", "", "kind %s version %d is already defined in %s", v.Kind, v.Version, old.file)
			errs = append(errs, k.errs...)
			continue
		}
		s.byKind[v.Kind][v.Version] = v
	}
	slices.Sort(s.kinds)
	if errs = append(errs, s.checkChildren()...); len(errs) > 0 {
		return nil, errors.Join(errs...)
	}
	ds := &Definitions{}
	ds.set.Store(s)
	return ds, nil
}

// now returns the set in force.
func (ds *Definitions) now() *set { return ds.set.Load() }

// Snapshot returns the definitions of this moment; they do not change any more.
func (ds *Definitions) Snapshot() *Definitions {
	frozen := &Definitions{}
	frozen.set.Store(ds.now())
	return frozen
}

// Replace takes the set of with into force, at once and as a whole.
func (ds *Definitions) Replace(with *Definitions) { ds.set.Store(with.now()) }

// With returns the definitions as they would be with d in force, too, or why d
// does not fit them.
func (ds *Definitions) With(d *Definition) (*Definitions, error) {
	list := []Version{{Definition: d}}
	for _, kind := range ds.Kinds() {
		list = append(list, ds.Versions(kind)...)
	}
	return NewDefinitions(list)
}

// versions returns the versions of a kind, oldest first.
func (s *set) versions(kind Kind) []Version {
	var list []Version
	for _, v := range s.byKind[kind] {
		list = append(list, v)
	}
	slices.SortFunc(list, func(a, b Version) int { return cmp.Compare(a.Version, b.Version) })
	return list
}

func (s *set) latest(kind Kind) *Definition {
	var last *Definition
	for _, v := range s.byKind[kind] {
		if !v.Retired && (last == nil || v.Version > last.Version) {
			last = v.Definition
		}
	}
	return last
}

// Kinds lists the kinds in alphabetical order.
func (ds *Definitions) Kinds() []Kind { return ds.now().kinds }

// Versions lists the versions of a kind, oldest first.
func (ds *Definitions) Versions(kind Kind) []Version { return ds.now().versions(kind) }

// Get returns the definition of a kind in a version, nil when there is none.
func (ds *Definitions) Get(kind Kind, version int) *Definition {
	return ds.now().byKind[kind][version].Definition
}

// Latest returns the definition in which new cases of a kind begin, nil when
// there is none.
func (ds *Definitions) Latest(kind Kind) *Definition { return ds.now().latest(kind) }

var errNotInForce = errors.New("definition not in force here")

// Of returns the definition that case c runs under. One that is not in force
// here was released on another replica a moment ago: later it will be.
func (ds *Definitions) Of(c *Case) (*Definition, error) {
	if d := ds.Get(c.Kind, c.DefVersion); d != nil {
		return d, nil
	}
	return nil, fault.Wrap(fault.Unavailable, fmt.Errorf("%w: %s version %d", errNotInForce, c.Kind, c.DefVersion),
		"这件事项所用的流程版本正在装载，请稍后再试。", "The version of the process that this case runs under is being loaded; try again in a moment.")
}
