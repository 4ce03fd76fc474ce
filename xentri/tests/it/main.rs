//! The binary itself, run as a user runs it: what it prints, what it answers, what it leaves behind.
#![allow(clippy::expect_used, clippy::unwrap_used, reason = "test code")]

mod analysts;
mod audit;
mod config;
mod demo;
mod faults;
mod gateway;
mod graphiql;
mod http;
mod kafka;
mod metrics;
mod migrate;
mod org;
mod process;
mod replay;
mod serve;
mod time_travel;
mod token;
mod tutorial;
mod up;
