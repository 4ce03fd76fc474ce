//! Reads as clients make them, on a real Postgres: written by commands, folded by workers.
#![allow(clippy::expect_used, clippy::unwrap_used, reason = "test code")]

mod consistency;
#[path = "../../../schemas/tests/it/files.rs"]
#[allow(dead_code, reason = "shared with the tests of the schemas, which use all of it")]
mod files;
mod generated;
mod graphiql;
mod hostile;
mod paging;
mod permissions;
mod plans;
mod released;
mod snapshot;
mod support;
mod tenants;
mod views;
