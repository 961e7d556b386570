package workflow_test

import (
	"testing"

	"github.com/shujie-gov/shujie/workflow"
)

// The status is derived from evidence alone: what was asked, received, approved
// and delivered. The table says it for two requirements; a move that changes
// nothing of it (a comment) derives it.
func TestNoMeetingIsDerivedFromEvidence(t *testing.T) {
	open, asked, fetching := workflow.NeedOpen, workflow.NeedRequested, workflow.NeedFetching
	got, waived, missing := workflow.NeedSatisfied, workflow.NeedWaived, workflow.NeedMissing
	for name, c := range map[string]struct {
		a, b                           workflow.NeedStatus
		approved, delivered, regressed bool
		want                           workflow.NoMeeting
	}{
		"nothing was asked":                      {open, open, false, false, false, workflow.InPerson},
		"one was asked for":                      {asked, open, false, false, false, workflow.DataRequested},
		"one is being fetched":                   {fetching, open, false, false, false, workflow.DataRequested},
		"one does not exist":                     {missing, open, false, false, false, workflow.DataRequested},
		"one arrived":                            {got, open, false, false, false, workflow.DataPartial},
		"one was waived":                         {waived, asked, false, false, false, workflow.DataPartial},
		"both arrived":                           {got, got, false, false, false, workflow.DataReady},
		"one arrived, one was waived":            {got, waived, false, false, false, workflow.DataReady},
		"approved":                               {got, got, true, false, false, workflow.OnlineApproved},
		"delivered":                              {got, got, true, true, false, workflow.Delivered},
		"delivered without approval is no proof": {got, got, false, true, false, workflow.DataReady},
		"approved without data is no proof":      {got, open, true, true, false, workflow.DataPartial},
		"the paper was demanded again":           {got, got, true, true, true, workflow.Regressed},
	} {
		t.Run(name, func(t *testing.T) {
			w := newWorld(t, "2026-03-02 10:00")
			id := toHandling(w, need(11, workflow.Unconditional), need(12, workflow.Unconditional))
			k := deepCopy(w.cases[id])
			k.Requirements[0].Status, k.Requirements[1].Status = c.a, c.b
			k.Facts["approved"], k.Facts["delivered"], k.Facts["regressed"] = c.approved, c.delivered, c.regressed
			d, err := w.engine.Decide(k, w.people["hall"], input("comment", fields{"note": "x"}))
			if err != nil || d.After.NoMeeting != c.want {
				t.Fatalf("%s, %v; want %s", d.After.NoMeeting, err, c.want)
			}
		})
	}
}

func TestACaseWithoutRequirementsHasNoSuchStatus(t *testing.T) {
	w := newWorld(t, "2026-03-02 10:00")
	id := w.open("hall", draft())
	if got := w.cases[id].NoMeeting; got != "" {
		t.Fatalf("no-meeting = %q", got)
	}
}

func TestTheStepsTowardsNoMeetingAreInOrder(t *testing.T) {
	steps := workflow.NoMeetingSteps()
	if len(steps) != 6 || steps[0] != workflow.InPerson || steps[5] != workflow.Delivered {
		t.Fatalf("steps = %v", steps)
	}
}
