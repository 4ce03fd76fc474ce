//! Read models against a real Postgres.
#![allow(clippy::expect_used, clippy::unwrap_used, reason = "test code")]

mod tables;
