package workflow

// The states of a change of the catalogue, and of a demand for data, that code
// knows: a change may be edited, its entries are to be published, it was given
// up; what was named is to be entered.
const (
	StateDrafting   State = "drafting"
	StatePublishing State = "publishing"
	StateWithdrawn  State = "withdrawn"
	StateLinking    State = "linking"
)

// What the software says when it has carried out in the catalogue what a case
// decided, or why it could not.
const (
	ActionNoteDone    Action = "note_done"
	ActionNoteRefused Action = "note_refused"
)
