//! The ledger on a real Postgres, each test with a database of its own.
#![allow(clippy::unwrap_used, clippy::expect_used, reason = "test code")]

mod append;
mod attack;
mod database;
mod directory;
mod keys;
mod preferences;
mod read;
mod receipts;
mod scan;
mod shard_locks;
mod snapshot;
mod states;
mod support;
mod verify;
