package jobs

import (
	"context"
	"errors"
	"log/slog"
	"testing"

	"github.com/shujie-gov/shujie/fault"
	"github.com/shujie-gov/shujie/workflow"
)

// register is a catalogue that answers what a test wants.
type register struct {
	waits bool
	err   error
}

func (r register) ApplyCatalogue(context.Context, workflow.CaseID) (bool, error) {
	return r.waits, r.err
}

// told is an engine that remembers what it was asked.
type told struct {
	in  []workflow.Input
	err error
}

func (e *told) Act(_ context.Context, _ workflow.Actor, _ workflow.CaseID, in workflow.Input, _ workflow.Key) (workflow.Case, error) {
	e.in = append(e.in, in)
	return workflow.Case{}, e.err
}

func (e *told) Advance(context.Context, workflow.CaseID) ([]workflow.Action, error) { return nil, nil }

func TestTheCaseIsToldWhatBecameOfItInTheCatalogue(t *testing.T) {
	taken := fault.New(fault.Conflict, "代码已被使用。", "The code is taken.")
	away := fault.New(fault.Unavailable, "稍后再试。", "Later.")
	for name, tt := range map[string]struct {
		register register
		engine   error
		act      workflow.Action
		note     string
		again    bool
	}{
		"it was entered":                                       {register{true, nil}, nil, workflow.ActionNoteDone, "", false},
		"the catalogue cannot take it":                         {register{true, taken}, nil, workflow.ActionNoteRefused, "代码已被使用。", false},
		"the case does not wait, since it was given up":        {register{false, nil}, nil, "", "", false},
		"the case is gone":                                     {register{false, fault.New(fault.NotFound, "", "")}, nil, "", "", false},
		"the database is away, and the job is tried again":     {register{false, away}, nil, "", "", true},
		"a defect is tried again":                              {register{false, errors.New("x")}, nil, "", "", true},
		"the case was told already, before a crash":            {register{true, nil}, taken, workflow.ActionNoteDone, "", false},
		"the engine is away after the catalogue had been told": {register{true, nil}, away, workflow.ActionNoteDone, "", true},
	} {
		e := &told{err: tt.engine}
		err := applier(tt.register, e, slog.New(slog.DiscardHandler))(t.Context(), Task[Apply]{Case: 7})
		if (err != nil) != tt.again {
			t.Errorf("%s: %v", name, err)
		}
		if tt.act == "" {
			if len(e.in) > 0 {
				t.Errorf("%s: told %v", name, e.in)
			}
			continue
		}
		if len(e.in) == 0 || e.in[0].Action != tt.act || e.in[0].Note != tt.note {
			t.Errorf("%s: told %v", name, e.in)
		}
	}
}
