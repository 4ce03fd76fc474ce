//! The relay with a real ledger and a real Kafka.

mod ahead;
mod broken;
mod dump;
mod examples;
mod guarded;
mod heartbeats;
mod order;
mod partition;
mod rate;
mod restart;
mod share;
mod support;
mod topics;
