//! A shard's events as batches that continue each other, wherever they come from.
//!
//! The ledger is the truth and always enough; the topic spares it the reading. Not here: what is done with the events
//! (`runtime`), how they get to Kafka (`relay`), and which process reads which shard: whoever has two feeds of one shard
//! gets everything twice, and its checkpoints tell.

mod batch;
mod epochs;
mod feeds;
mod heads;
mod kafka;
mod ledger;
mod stats;

use std::future::Future;

pub use batch::{Batch, FeedError, Place, TopicPlace};
pub use feeds::{AnyFeed, Feeds};
pub use heads::Heads;
pub use kafka::{KafkaFeed, KafkaFeedSettings, LogTopic};
pub use ledger::{LedgerFeed, LedgerFeedSettings};
pub use stats::{FeedCounts, FeedStats};

/// One shard, in order, without a hole. What was given once is not given again, unless a feed is opened anew.
pub trait Feed: Send {
    /// Waits until there is something after what was given before. Dropped while it waits, it has given nothing.
    fn next(&mut self) -> impl Future<Output = Result<Batch, FeedError>> + Send;
}
