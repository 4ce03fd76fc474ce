//! Read models that follow a ledger, whatever happens to events, workers and databases.

mod alone;
mod away;
mod batches;
mod fragile;
mod generations;
mod halted;
mod parked;
mod people;
mod replaced;
pub(crate) mod support;
mod tally;
