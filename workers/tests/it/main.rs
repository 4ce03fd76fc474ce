//! The workers against real servers.
#![allow(clippy::expect_used, clippy::unwrap_used, reason = "test code")]

mod examples;
mod feed;
mod jobs;
mod kafka;
mod oracle;
mod process;
mod reactors;
mod rebuild;
mod relay;
mod runtime;
