//! From the ledger to Kafka: every event, in order, at least once, never a hole.
//!
//! A [`Relay`] leads shards, each with a line for every topic; [`Topics`] makes and checks the topics; [`Message`] is what
//! goes out. Not here: how a client is configured and what topics are called (`kafka`), and who reads (`feed`).

mod cursor;
mod keep;
mod line;
mod message;
mod pages;
mod parts;
mod producer;
mod reads;
#[expect(clippy::module_inception, reason = "the relay is what this folder is about")]
mod relay;
mod settings;
mod shard;
mod start;
mod stats;
mod tail;
mod topics;

pub(crate) use cursor::load_cursors_in_tx;
pub use message::{HEARTBEAT, Message, header, read_place};
pub use relay::Relay;
pub use settings::RelaySettings;
pub use stats::RelayStats;
pub use topics::{TopicFound, TopicSettings, Topics, TopicsError};
