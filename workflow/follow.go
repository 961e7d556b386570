package workflow

import "context"

// Follower is an open case that joined another one, and where that one is.
type Follower struct {
	ID         CaseID
	Into       CaseID
	Kind       Kind // of the case that was joined, and so on
	DefVersion int
	State      State
}

// Follow lets the system do on a follower what the definition of the case that
// it joined says for its present state; nothing where it says nothing.
func (e *Engine) Follow(ctx context.Context, f Follower) error {
	d := e.Defs.Snapshot().Get(f.Kind, f.DefVersion)
	if d == nil || d.States[f.State] == nil || d.States[f.State].Followers == "" {
		return nil
	}
	_, err := e.Act(ctx, SystemActor(), f.ID, Input{Action: d.States[f.State].Followers}, Key{})
	return err
}
