// Package policies answers one question by casbin: may a role, held in a
// department, a region or everywhere, do an act on a kind of object? Which rows
// it may do it on is answered by SQL, in the room models (docs/adr/0005).
//
// The model and the policy are files compiled into the program, read-only at
// run time: a change is a commit. [New] refuses a policy that does not fit the
// workflow definitions, so that a seat granted by a definition cannot lack its
// rule, nor a rule outlive the action it was for. Effects are allow-only, and
// whatever is not known is denied.
package policies
