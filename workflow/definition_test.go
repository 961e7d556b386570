package workflow_test

import (
	"testing"

	"github.com/shujie-gov/shujie/workflow"
)

func TestEveryReleasedDefinitionPassesItsCheck(t *testing.T) {
	ds, err := workflow.Released()
	if err != nil {
		t.Fatal(err)
	}
	for _, kind := range []workflow.Kind{workflow.Blocker, workflow.Assist, workflow.ShareRequest, workflow.Service} {
		if ds.Latest(kind) == nil {
			t.Errorf("kind %s is missing", kind)
		}
	}
}
