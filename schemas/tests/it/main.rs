//! The wire contract held against the types that it is made from, and against what was released.
//!
//! Needs no server, but python3 for the script that integrators check the vectors with.
#![allow(clippy::expect_used, clippy::unwrap_used, reason = "test code")]

mod asyncapi;
mod catalogue;
mod commands;
mod compatibility;
mod complete;
mod files;
mod folds;
mod generated;
mod properties;
mod samples;
mod upcasting;
mod vectors;
