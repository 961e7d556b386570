// Package models remembers: the rows of shujie on PostgreSQL and on SQLite.
//
// [Store] is the only door. [Store.Create] and [Store.Update] are the only
// writers of a case; each writes the case, its event, its clock intervals and
// its outbox rows in one transaction. Every read of cases takes a [Scope]
// first, and one predicate made of it decides which rows there are.
//
// A move takes one read and one write, and concurrent callers share both
// (together.go): the look at their cases on PostgreSQL (reader.go), and the commit
// (writer.go), there as one statement, on SQLite as one transaction. Each sees
// through its own scope, is checked by its own version and answered for itself.
// What only one database can do is in ask.go, write_postgres.go, write_sqlite.go
// and connect.go; everything else is SQL that both speak. See docs/adr/0017.
//
// Beside the cases it keeps the catalogue and the other reference data, people
// and their sessions, the outbox of work to do, the ledger of calls over the
// exchange platform with its receipts, and the chains that prove that nothing
// in the log was changed.
package models
