//! Read models against a real Postgres, and their folds against what they made of the golden samples.
#![allow(clippy::expect_used, clippy::unwrap_used, reason = "test code")]

#[path = "../../../schemas/tests/it/files.rs"]
#[allow(dead_code, reason = "shared with the tests of the schemas, which use all of it")]
mod files;
mod golden;
mod tables;
