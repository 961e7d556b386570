// Package jobs does the work that follows a move of a case: telling people,
// advancing cases, fetching data over the exchange platform, destroying it when
// its purpose ended; and the sweeps over what has become due.
//
// The database is the truth, the queue only carries (docs/adr/0002). Work is a
// row of the outbox, written in the transaction of the move. The relay leases
// rows that are due and hands a ticket for each to a carrier: asynq on Redis,
// or a pool of workers in this process. A ticket says which row, which attempt
// and until when the lease holds; everything else is read from the row. Its
// work runs inside the lease, so no two workers ever do one row at a time, and
// a ticket that was lost or comes too late costs nothing but the wait: the row
// is due again when the lease has run out. Redis may be emptied at any moment.
//
// A handler returns a fault and the room decides what follows from its kind: a
// row that is done is removed, a temporary failure is tried again later, a
// permanent one is buried where an operator sees it. Nothing is ever left to
// the retries of the queue.
package jobs
