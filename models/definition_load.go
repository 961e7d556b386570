package models

import (
	"context"
	"fmt"

	"github.com/shujie-gov/shujie/workflow"
)

// LoadDefinitions takes every version that is stored and no draft into force in
// defs, at once and as a whole, and returns their revision. Versions that defs
// has already are not read again; none that was in force once is lost.
func (s *Store) LoadDefinitions(ctx context.Context, defs *workflow.Definitions) (int64, error) {
	s.loading.Lock() // of two at once, the one that read later replaces last
	defer s.loading.Unlock()
	list, revision, err := s.Definitions(ctx)
	if err != nil {
		return 0, err
	}
	var versions []workflow.Version
	stored := map[workflow.Kind]map[int]bool{}
	for _, d := range list {
		if d.Status == Draft {
			continue
		}
		parsed := defs.Get(d.Kind, d.Version)
		if parsed == nil || parsed.Text() != d.Text {
			if parsed, err = workflow.Parse(d.File, []byte(d.Text)); err != nil {
				return 0, fmt.Errorf("the stored definition %s version %d does not hold any more: %w", d.Kind, d.Version, err)
			}
		}
		if stored[d.Kind] == nil {
			stored[d.Kind] = map[int]bool{}
		}
		stored[d.Kind][d.Version] = true
		versions = append(versions, workflow.Version{Definition: parsed, Retired: d.Status == Retired})
	}
	for _, kind := range defs.Kinds() {
		for _, v := range defs.Versions(kind) {
			if !stored[kind][v.Version] {
				versions = append(versions, v)
			}
		}
	}
	next, err := workflow.NewDefinitions(versions)
	if err != nil {
		return 0, err
	}
	defs.Replace(next)
	return revision, nil
}
