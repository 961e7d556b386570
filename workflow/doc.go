// Package workflow holds the rules of shujie. It is pure: no I/O, no clock, no
// globals.
//
// Everything that waits for somebody is a [Case] of some [Kind]: a blocker, a
// request to assist, an application to share data, the no-meeting life of a
// service item. A [Definition], written as YAML and frozen once released, says
// which states a kind has, who may move it, what must hold, whose time it is
// and what follows.
//
// [Definitions.Decide] answers one question: given this case and this input,
// what happens? The answer is a [Decision]: the case after the move, the event
// for the log, the children to open and the effects to carry out, all as data.
// The same definition answers [Definitions.Actions], so a button on a page and
// a refusal by the API cannot disagree.
//
// The [Engine] joins the rules with what they need from strangers: a store that
// writes a decision in one transaction, and a policy that knows the roles.
package workflow
