//! Personal data through the ledger and back, and gone.

mod canary;
mod erase;
mod forget;
mod kept;
mod race;
mod rotation;
mod round_trip;
mod two_databases;
