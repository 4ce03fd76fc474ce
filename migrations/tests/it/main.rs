//! The schema against a real Postgres: what the catalogue must say of every table, who may do what, what a login
//! may be, and how migrations run.
#![allow(clippy::expect_used, clippy::unwrap_used, reason = "test code")]

mod append;
mod as_role;
mod catalogue;
mod directory;
mod epoch;
mod functions;
mod generations;
mod keys;
mod login;
mod matrix;
mod migrate;
mod plans;
mod read_models;
mod readme;
mod samples;
