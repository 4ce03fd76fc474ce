//! Commands on a real ledger.
#![allow(clippy::expect_used, clippy::unwrap_used, reason = "test code")]

mod adapter;
mod away;
mod contention;
mod idempotency;
mod life;
mod orgs;
mod people;
mod support;
mod tenants;
