//! Everything that happens after an append, in the background.
//!
//! Here live the relay from the ledger to Kafka, the feed from either to the projections, rebuilds, parked
//! events, reactors and jobs. Not here: the folds themselves (`projections`). Only this crate speaks Kafka.
