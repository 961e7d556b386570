package modelstest

import (
	"errors"
	"fmt"
	"maps"
	"reflect"
	"slices"
	"sync"

	"github.com/shujie-gov/shujie/fault"
	"github.com/shujie-gov/shujie/models"
	"github.com/shujie-gov/shujie/workflow"
)

func repeatedKey(w *World) {
	hall, coord := w.Actor("hall"), w.Actor("coord")
	key := workflow.Key{Actor: hall.UserID, Value: "file-1", Hash: "h"}
	first, err := w.Engine.Open(w.Context(), hall, w.Draft("一次"), workflow.Input{}, key)
	if err != nil {
		w.Fatal(err)
	}
	move := workflow.Key{Actor: coord.UserID, Value: "accept-1", Hash: "h"}
	accepted, err := w.Engine.Act(w.Context(), coord, first.ID, workflow.Input{Action: "accept"}, move)
	if err != nil {
		w.Fatal(err)
	}
	w.Act("coord", first.ID, "dispatch", map[string]any{"lead": int64(w.Depts["MZ"])})
	before := w.Rows()

	again, err := w.Engine.Open(w.Context(), hall, w.Draft("一次"), workflow.Input{}, key)
	if err != nil || !same(again, first) || !reflect.DeepEqual(again.Facts, first.Facts) {
		w.Errorf("filed again: %+v, %v", again, err)
	}
	moved, err := w.Engine.Act(w.Context(), coord, first.ID, workflow.Input{Action: "accept"}, move)
	if err != nil || !same(moved, accepted) {
		w.Errorf("moved again: %+v, %v", moved, err)
	}
	for what, other := range map[string]workflow.Key{
		"file": {Actor: hall.UserID, Value: "file-1", Hash: "other"},
		"move": {Actor: coord.UserID, Value: "accept-1", Hash: "other"},
	} {
		_, err = w.Engine.Act(w.Context(), coord, first.ID, workflow.Input{Action: "comment"}, other)
		w.wantKind(err, fault.Invalid, "a key of another request: "+what)
		if f := (*fault.Error)(nil); !errors.As(err, &f) || len(f.Fields) != 1 || f.Fields[0].Name != "Idempotency-Key" {
			w.Errorf("%s: the fault names %+v", what, f)
		}
	}
	if !reflect.DeepEqual(before, w.Rows()) {
		w.Error("a repeated request wrote something")
	}
	// The key belongs to its actor.
	other, err := w.Engine.Open(w.Context(), hall, w.Draft("另一人"), workflow.Input{}, workflow.Key{Actor: coord.UserID, Value: "file-1", Hash: "h"})
	if err != nil || other.ID == first.ID {
		w.Errorf("another actor's key: case %d, %v", other.ID, err)
	}
}

func racingKeys(w *World) {
	hall, coord := w.Actor("hall"), w.Actor("coord")
	stores := []*models.Store{w.Store}
	if w.Store.Dialect() == "postgres" {
		stores = append(stores, w.Replica(), w.Replica())
	}
	var mu sync.Mutex
	ids := map[workflow.CaseID]bool{}
	won, lost := race(12, func(i int) error {
		e := *w.Engine
		e.Store = stores[i%len(stores)]
		c, err := e.Open(w.Context(), hall, w.Draft("同时"), workflow.Input{}, workflow.Key{Actor: hall.UserID, Value: "k", Hash: "h"})
		mu.Lock()
		defer mu.Unlock()
		ids[c.ID] = true
		return err
	})
	if won != 12 || len(ids) != 1 {
		w.Fatalf("%d answered, %v refused, cases %v", won, lost, ids)
	}
	id := slices.Collect(maps.Keys(ids))[0]
	won, lost = race(12, func(i int) error {
		e := *w.Engine
		e.Store = stores[i%len(stores)]
		c, err := e.Act(w.Context(), coord, id, workflow.Input{Action: "accept"}, workflow.Key{Actor: coord.UserID, Value: "m", Hash: "h"})
		if err == nil && c.Version != 2 {
			return fmt.Errorf("answered version %d", c.Version)
		}
		return err
	})
	if won != 12 {
		w.Errorf("%d answered, %v refused", won, lost)
	}
	if c := w.Read(id); c.Version != 2 {
		w.Errorf("the case is at version %d", c.Version)
	}
	all, err := w.Store.CountCases(w.Context(), models.Scope{All: true}, models.CaseQuery{}, 0)
	if err != nil || all != 1 {
		w.Errorf("%d cases, %v", all, err)
	}
}
