package main

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/shujie-gov/shujie/models"
	"github.com/shujie-gov/shujie/workflow"
)

// keepDefinitions stores the definitions of the program and takes all that are
// stored into force.
func (a *app) keepDefinitions(ctx context.Context) error {
	var shipped []models.NewDefinition
	for _, kind := range a.defs.Kinds() {
		for _, v := range a.defs.Versions(kind) {
			shipped = append(shipped, models.NewDefinition{
				Kind: kind, Version: v.Version, File: fmt.Sprintf("%s.v%d.yaml", kind, v.Version), Text: v.Text(),
			})
		}
	}
	if err := a.store.KeepDefinitions(ctx, shipped); err != nil {
		return err
	}
	return a.learn(ctx)
}

// learn takes the definitions of the database into force. One that grants what
// the policy of this program does not, since that was changed meanwhile, is said
// loudly: the policy refuses those acts.
func (a *app) learn(ctx context.Context) error {
	revision, err := a.store.LoadDefinitions(ctx, a.defs)
	if err != nil {
		return err
	}
	a.revision.Store(revision)
	for _, kind := range a.defs.Kinds() {
		for _, v := range a.defs.Versions(kind) {
			if err := a.policy.Fits(v.Definition); err != nil {
				a.log.ErrorContext(ctx, "definition", "err", err)
			}
		}
	}
	return nil
}

// watchRules takes definitions and a calendar that another replica put into force
// over within a second.
func (a *app) watchRules(ctx context.Context) error {
	tick := time.NewTicker(time.Second)
	defer tick.Stop()
	for {
		select {
		case <-ctx.Done():
			return nil
		case <-tick.C:
		}
		now, err := a.store.DefinitionsRevision(ctx)
		if err == nil && now != a.revision.Load() {
			err = a.learn(ctx)
		}
		if err := errors.Join(err, a.learnCalendar(ctx)); err != nil && ctx.Err() == nil {
			a.log.ErrorContext(ctx, "rules", "err", err)
		}
	}
}

// carryOn goes on with the migrations and replays that are at work.
func (a *app) carryOn(ctx context.Context) error {
	return errors.Join(a.migrateCases(ctx), a.replayClocks(ctx))
}

// migrateCases goes on with every migration that is at work, to its end.
func (a *app) migrateCases(ctx context.Context) error {
	active, err := a.store.ActiveMigrations(ctx)
	if err != nil {
		return err
	}
	var errs []error
	for i := range active {
		if err := a.carry(ctx, &active[i]); err != nil {
			errs = append(errs, fmt.Errorf("migration %d: %w", active[i].ID, err))
		}
	}
	return errors.Join(errs...)
}

// carry does the work of one migration, or of its undo.
func (a *app) carry(ctx context.Context, m *models.Migration) error {
	if m.Status == models.MigrationUndoing {
		if err := a.engine.UndoMigration(ctx, a.store, m.ID); err != nil {
			return err
		}
		return a.store.FinishMigration(ctx, m.ID)
	}
	from, to := a.defs.Get(m.Mapping.Kind, m.Mapping.From), a.defs.Get(m.Mapping.Kind, m.Mapping.To)
	if from == nil || to == nil { // released a moment ago on another replica
		return a.learn(ctx)
	}
	t, err := workflow.NewTransfer(from, to, m.Mapping)
	if err != nil {
		return err
	}
	if err := a.engine.RunMigration(ctx, a.store, m.ID, t); err != nil {
		return err
	}
	return a.store.FinishMigration(ctx, m.ID)
}
