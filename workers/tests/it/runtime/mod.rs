//! Read models that follow a ledger, whatever happens to events, workers and databases.

mod alone;
mod away;
mod batches;
mod counted;
pub(crate) mod fragile;
mod generations;
mod halted;
mod parked;
mod people;
mod replaced;
mod script;
pub(crate) mod support;
pub(crate) mod tally;
mod together;

pub(crate) use script::Script;
pub(crate) use support::place;
