//! Commands on a real ledger, and the documents that the write side publishes.
#![allow(clippy::expect_used, clippy::unwrap_used, reason = "test code")]

mod adapter;
mod away;
mod contention;
mod counted;
mod deadline;
#[path = "../../../schemas/tests/it/files.rs"]
#[allow(dead_code, reason = "shared with the tests of the schemas, which use all of it")]
mod files;
mod generated;
mod idempotency;
mod life;
mod open;
mod openapi;
mod orgs;
mod panics;
mod people;
mod support;
mod tenants;
