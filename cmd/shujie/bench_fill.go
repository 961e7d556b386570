package main

import (
	"context"
	"fmt"
	"slices"
	"sync"

	"golang.org/x/sync/errgroup"

	"github.com/shujie-gov/shujie/handlers"
	"github.com/shujie-gov/shujie/models"
	"github.com/shujie-gov/shujie/workflow"
)

// freshCase is a filed case that nobody moved yet, and the department it would
// go to.
type freshCase struct{ id, lead int64 }

// fill files the cases; every fifth is dispatched to a department.
func (b *bench) fill(ctx context.Context) error {
	hash, err := handlers.HashPassword(demoPassword)
	if err != nil {
		return err
	}
	ref, err := reference(hash)
	if err != nil {
		return err
	}
	if err := b.app.store.Import(ctx, ref); err != nil {
		return err
	}
	if err := b.app.loadRegions(ctx); err != nil {
		return err
	}
	departments, err := b.app.store.Departments(ctx)
	if err != nil {
		return err
	}
	hall, err := b.app.store.UserByName(ctx, "hall_js")
	if err != nil {
		return err
	}
	chief, err := b.app.store.UserByName(ctx, "coordinator")
	if err != nil {
		return err
	}
	departments = slices.DeleteFunc(departments, func(d models.Department) bool { return d.Hall })
	var mu sync.Mutex
	group, ctx := errgroup.WithContext(ctx)
	group.SetLimit(64)
	for i := range b.o.cases {
		lead := departments[i%len(departments)]
		group.Go(func() error {
			id, moved, err := b.open(ctx, hall.Actor(), chief.Actor(), lead, i)
			if err == nil && !moved {
				mu.Lock()
				b.fresh = append(b.fresh, freshCase{int64(id), int64(lead.ID)})
				mu.Unlock()
			}
			return err
		})
	}
	return group.Wait()
}

func (b *bench) open(ctx context.Context, hall, chief workflow.Actor, lead models.Department, i int) (workflow.CaseID, bool, error) {
	draft := workflow.Case{
		Kind: workflow.Blocker, Title: fmt.Sprintf("事项%d：索要证明", i), Proof: "证明", Region: province,
		Parts:        map[workflow.Part]workflow.DeptID{workflow.Filer: hall.Dept, workflow.Demander: lead.ID},
		Facts:        map[string]any{"holders": int64(0)},
		Requirements: []workflow.Requirement{{Name: "证明", Class: workflow.NoData, Status: workflow.NeedOpen}},
	}
	c, err := b.app.engine.Open(ctx, hall, draft, workflow.Input{}, workflow.Key{})
	if err != nil || i%5 != 0 {
		return c.ID, false, err
	}
	if c, err = b.app.engine.Act(ctx, chief, c.ID, workflow.Input{Action: "accept"}, workflow.Key{}); err != nil {
		return c.ID, true, err
	}
	_, err = b.app.engine.Act(ctx, chief, c.ID, workflow.Input{Action: "dispatch", Fields: map[string]any{"lead": int64(lead.ID)}}, workflow.Key{})
	return c.ID, true, err
}
