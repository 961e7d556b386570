package modelstest

import (
	"context"
	"errors"
	"os"
	"slices"
	"strings"

	"github.com/shujie-gov/shujie/fault"
	"github.com/shujie-gov/shujie/models"
	"github.com/shujie-gov/shujie/workflow"
)

// SampleFile is a second version of the blocker: accepted is called admitted,
// suspended is gone, handling has three days instead of five, and the head alone
// signs.
const SampleFile = "../testdata/definitions/blocker.v2.yaml"

// Sample returns the text of [SampleFile].
func (w *World) Sample() string {
	w.Helper()
	text, err := os.ReadFile(SampleFile)
	if err != nil {
		w.Fatal(err)
	}
	return string(text)
}

func (w *World) shipped() []models.NewDefinition {
	var list []models.NewDefinition
	for _, kind := range w.Engine.Defs.Kinds() {
		for _, v := range w.Engine.Defs.Versions(kind) {
			list = append(list, models.NewDefinition{Kind: kind, Version: v.Version, File: string(kind) + ".v1.yaml", Text: v.Text()})
		}
	}
	return list
}

func (w *World) revision() int64 {
	w.Helper()
	n, err := w.Store.DefinitionsRevision(w.Context())
	if err != nil {
		w.Fatal(err)
	}
	return n
}

func frozenDefinitions(w *World) {
	ctx, steward := w.Context(), w.Actor("steward")
	for range 2 { // every start does it
		if err := w.Store.KeepDefinitions(ctx, w.shipped()); err != nil {
			w.Fatal(err)
		}
	}
	edited := w.shipped()
	edited[0].Text += "# an edit in place\n"
	if err := w.Store.KeepDefinitions(ctx, edited); err == nil || !strings.Contains(err.Error(), edited[0].File) {
		w.Errorf("a shipped definition that was edited in place: %v", err)
	}
	v2 := models.NewDefinition{Kind: workflow.Blocker, Version: 2, File: "blocker.v2.yaml", Text: w.Sample()}
	first, err := w.Store.AddDefinition(ctx, v2, steward)
	if err != nil || first.Status != models.Draft || first.By != steward.Name || first.Shipped {
		w.Fatalf("an upload: %+v %v", first, err)
	}
	before := w.revision()
	if again, err := w.Store.AddDefinition(ctx, v2, steward); err != nil || again.Hash != first.Hash || w.revision() != before {
		w.Errorf("the same text again: %+v %v", again, err)
	}
	other := v2
	other.Text += "# other\n"
	_, err = w.Store.AddDefinition(ctx, other, steward)
	w.wantKind(err, fault.Conflict, "another text under the version of a draft")
	if err := w.Store.ReleaseDefinition(ctx, workflow.Blocker, 2, steward); err != nil {
		w.Fatal(err)
	}
	_, err = w.Store.AddDefinition(ctx, other, steward)
	w.wantKind(err, fault.Conflict, "another text under a released version")
	if f := (*fault.Error)(nil); !errors.As(err, &f) || !strings.Contains(f.Text.ZH, "第 2 版已经发布") {
		w.Errorf("it says %v", err)
	}
	w.wantKind(w.Store.DiscardDefinition(ctx, workflow.Blocker, 2), fault.Conflict, "discarding a released version")
	_, err = w.Store.AddDefinition(ctx, models.NewDefinition{Kind: "x", Version: 1, Text: "a\x00b"}, steward)
	w.wantKind(err, fault.Invalid, "text that cannot be kept")
	w.Exec("UPDATE definitions SET body = body || '# behind the back' WHERE kind = 'blocker' AND version = 2")
	if _, _, err := w.Store.Definitions(ctx); err == nil || !strings.Contains(err.Error(), "blocker version 2") {
		w.Errorf("a text that was changed in the database: %v", err)
	}
}

func definitionLife(w *World) {
	ctx, steward := w.Context(), w.Actor("steward")
	if err := w.Store.KeepDefinitions(ctx, w.shipped()); err != nil {
		w.Fatal(err)
	}
	w.wantKind(w.Store.RetireDefinition(ctx, workflow.Blocker, 1, steward), fault.Conflict, "retiring the only version")
	if _, err := w.Store.AddDefinition(ctx, models.NewDefinition{Kind: workflow.Blocker, Version: 2, File: "x", Text: w.Sample()}, steward); err != nil {
		w.Fatal(err)
	}
	w.wantKind(w.Store.RetireDefinition(ctx, workflow.Blocker, 1, steward), fault.Conflict, "retiring the only version beside a draft")
	w.wantKind(w.Store.RetireDefinition(ctx, workflow.Blocker, 2, steward), fault.Conflict, "retiring a draft")
	w.wantKind(w.Store.ReleaseDefinition(ctx, workflow.Blocker, 3, steward), fault.NotFound, "releasing nothing")
	last := w.revision()
	step := func(what string, err error) {
		w.Helper()
		if now := w.revision(); err != nil || now <= last {
			w.Errorf("%s: %v; revision %d after %d", what, err, now, last)
		} else {
			last = now
		}
	}
	step("release", w.Store.ReleaseDefinition(ctx, workflow.Blocker, 2, steward))
	step("retire", w.Store.RetireDefinition(ctx, workflow.Blocker, 1, steward))
	w.wantKind(w.Store.ReleaseDefinition(ctx, workflow.Blocker, 1, steward), fault.Conflict, "releasing a retired version")
	list, _, err := w.Store.Definitions(ctx)
	if err != nil {
		w.Fatal(err)
	}
	i := slices.IndexFunc(list, func(d models.Definition) bool { return d.Kind == workflow.Blocker && d.Version == 1 })
	if d := list[i]; d.Status != models.Retired || !d.Shipped || d.MovedBy != steward.Name || d.MovedAt == nil {
		w.Errorf("the retired version: %+v", d)
	}
	if d := list[i+1]; d.Version != 2 || d.Status != models.Released || d.Text != w.Sample() {
		w.Errorf("the released version: %+v", d)
	}
	if _, err := w.Store.AddDefinition(ctx, models.NewDefinition{Kind: workflow.Blocker, Version: 3, File: "x", Text: "kind: blocker"}, steward); err != nil {
		w.Fatal(err)
	}
	step("draft", nil)
	step("discard", w.Store.DiscardDefinition(ctx, workflow.Blocker, 3))
}

func replicasLearn(w *World) {
	ctx, steward := w.Context(), w.Actor("steward")
	if err := w.Store.KeepDefinitions(ctx, w.shipped()); err != nil {
		w.Fatal(err)
	}
	here := w.Engine.Defs
	if _, err := w.Store.LoadDefinitions(ctx, here); err != nil {
		w.Fatal(err)
	}
	other, there := w.Replica(), here.Snapshot()
	if _, err := w.Store.AddDefinition(ctx, models.NewDefinition{Kind: workflow.Blocker, Version: 2, File: "blocker.v2.yaml", Text: w.Sample()}, steward); err != nil {
		w.Fatal(err)
	}
	load := func(s *models.Store, defs *workflow.Definitions) int64 {
		w.Helper()
		n, err := s.LoadDefinitions(ctx, defs)
		if err != nil {
			w.Fatal(err)
		}
		return n
	}
	load(other, there)
	if there.Get(workflow.Blocker, 2) != nil {
		w.Error("a draft is in force")
	}
	before := there.Get(workflow.Blocker, 1)
	if err := w.Store.ReleaseDefinition(ctx, workflow.Blocker, 2, steward); err != nil {
		w.Fatal(err)
	}
	load(w.Store, here)
	c := w.File(w.Draft("新版登记"))
	if c.DefVersion != 2 {
		w.Fatalf("a new case begins in version %d", c.DefVersion)
	}
	engine := *w.Engine
	engine.Store, engine.Defs = other, there
	engine.Learn = func(ctx context.Context) error { _, err := other.LoadDefinitions(ctx, there); return err }
	if _, err := engine.Act(ctx, w.Actor("coord"), c.ID, workflow.Input{Action: "accept"}, workflow.Key{}); err != nil {
		w.Errorf("another replica does not know the version: %v", err)
	}
	if there.Get(workflow.Blocker, 1) != before {
		w.Error("a version that did not change was read again")
	}
	if err := w.Store.RetireDefinition(ctx, workflow.Blocker, 2, steward); err != nil {
		w.Fatal(err)
	}
	if load(other, there) != w.revision() {
		w.Error("the revision that was loaded is not the present one")
	}
	if there.Latest(workflow.Blocker).Version != 1 || there.Get(workflow.Blocker, 2) == nil {
		w.Error("a retired version takes new cases, or is lost to its own")
	}
}
