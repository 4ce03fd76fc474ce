//! Everything that happens after an append, in the background.
//!
//! Here live the relay from the ledger to Kafka, the feed from either to the projections, parked events, reactors and jobs,
//! and the leases by which processes share them; and for whoever looks on, how far all of it has come, what is on a topic, and a
//! read model as it was at a moment.
//! Not here: the folds themselves (`projections`). Only this crate speaks Kafka.

pub mod feed;
mod given;
pub mod jobs;
pub mod kafka;
pub mod leases;
pub mod parked;
pub mod progress;
pub mod reactors;
pub mod rebuild;
pub mod relay;
pub mod replay;
pub mod runtime;
mod trouble;
pub mod watch;

pub use given::GivenStats;
