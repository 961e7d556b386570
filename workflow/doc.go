// Package workflow holds the rules of shujie. It is pure: no I/O, no clock, no
// globals.
//
// # Cases and definitions
//
// Everything that waits for somebody is a [Case] of some [Kind]: a blocker, a
// request to assist, an application to share data, a dispute over it, a request
// to verify data, a supervision order, the no-meeting life of a service item. A [Definition], written as YAML, says which states a kind has,
// who may move it, what must hold, whose time it is and what follows:
//
//   - a state has a title, a charge (whose time passes), a clock (how many
//     working days, or until which day, by what right) and waits (whose move it
//     is). While somebody else's term runs the charge says still, and the state's
//     own term stands still. A final state
//     ends the case; a goal is an end that a case lives on in. A pause stops the
//     running clock until its own ends, then the system goes on;
//   - a transition is an action from some states to one, or to none (it stays).
//     By names the seats that may take it: a role, and for department roles the
//     part their department plays in the case. Auto lets the system take it as
//     soon as its guards hold. The one without from opens a case;
//   - an input is a field of an action. Default is what stands when nothing is
//     given. The input note is the note of the event;
//   - a guard is a named condition with a reason for people. Guards, conditions
//     and computed values are expressions in CEL (docs/adr/0004) over the case's
//     id, state, title and proof, its parts (filer, demander, holder, lead), its
//     facts, requirements (see [Need]) and children (see [Kin]), joined.NAME,
//     overdue, ended_days and today, days_after(date, n), and the action's inputs
//     as input.name;
//   - escalate says when whom is told that a term runs out: levels, in order. The
//     action that escalates takes the highest level that is due, each once a term,
//     and passes over those below it that nobody took in time; its guard reads
//     level_due, its effects may ask for last_level. See [Level];
//   - awaited and awaited_role say whose move it is, own_move that it is the
//     actor's; awaited is an addressee of notices, too;
//   - again lets an action rest once it was taken, see [Again]. lapse names the
//     action by which the system ends a case with its parent, series the word
//     under which the cases of a kind are numbered;
//   - a join says when enough of the children that were asked together have done
//     their part: all, any or so many. Guards read joined.NAME. See [Join];
//   - an effect is work that follows, as data: see the Effect constants.
//
// [Parse] refuses a definition that could strand a case or surprise its people;
// docs/definitions.md shows the released ones.
//
// # Decisions
//
// [Definitions.Decide] answers one question: given this case and this input,
// what happens? The answer is a [Decision]: the case after the move, the event
// for the log, the children to open and the effects to carry out, all as data.
// The same definition answers [Definitions.Choices], so a button on a page and
// a refusal by the API cannot disagree.
//
// The [Engine] joins the rules with what they need from strangers: a store that
// writes a decision in one transaction, and a policy that knows the roles.
//
// # Time
//
// A clock is a list of intervals ([Mark]), each with one owner of the time, never
// a remaining number. A [Term] says how a deadline was counted from them in the
// working days of a [Calendar]; [Definition.Why] explains it, [LightOf] gives its
// colour, [Definition.Intervals] and [Totals] the ledger of whose time passed.
// What time alone moves is found by a sweep, see [Definitions.Timed].
//
// Another calendar moves no date by itself: [Engine.PreviewReplay] says what it
// would move, [Engine.RunReplay] moves it, case by case as events
// ([Definitions.Recalculate], docs/adr/0011).
//
// # Routing
//
// A [RoutingTable] says which department answers for a blocker, row by row. It is
// asked when the blocker is filed, and what it said is kept in the facts of the
// case, so that Decide needs nothing but the case (docs/adr/0008).
//
// # Versions
//
// [Definitions] is the set of versions in force; a running program takes a new
// set as a whole. New cases begin in the latest version that is not retired, a
// running case keeps the version it began with. A [Transfer] moves open cases to
// another version: [Engine.Plan] counts what it would do, [Engine.Migrate] does it
// case by case as events, [Engine.Restore] brings a case back that has not moved
// since.
//
// A definition is frozen from its first release on: a change is a new file with
// the next version. testdata/definitions.sum pins each file; a line of a release
// says since when, and then fails whoever edits the file in place.
// testdata/histories holds logs that were recorded under each version; they must
// replay to the same states. Until the first release of shujie the files of
// version 1 may still change: go test ./workflow -update pins and records anew.
package workflow
