//! Opening feeds: from the topic where there is one, else from the ledger.

use xentri_ledger::{Databases, Shard};

use crate::runtime::OpenFeed;

use super::{
    Batch, Feed, FeedError, FeedStats, Heads, KafkaFeed, LedgerFeed, LedgerFeedSettings, LogTopic, Place,
    TopicPlace,
};

/// What every feed of a process is opened with.
#[derive(Clone)]
pub struct Feeds {
    databases: Databases,
    heads: Heads,
    log: Option<LogTopic>,
    stats: FeedStats,
}

/// Of either source.
pub enum AnyFeed {
    Ledger(Box<LedgerFeed>),
    Kafka(Box<KafkaFeed>),
}

impl Feeds {
    pub fn new(databases: Databases, heads: Heads, log: Option<LogTopic>) -> Self {
        Self { databases, heads, log, stats: FeedStats::default() }
    }

    /// Of all feeds that it has opened, together.
    pub fn stats(&self) -> FeedStats {
        self.stats.clone()
    }
}

impl OpenFeed for Feeds {
    type Feed = AnyFeed;

    async fn open(
        &self,
        shard: Shard,
        after: Place,
        topic: Option<TopicPlace>,
    ) -> Result<AnyFeed, FeedError> {
        let settings = LedgerFeedSettings::default();
        let ledger = LedgerFeed::open(&self.databases, shard, after, &self.heads, settings)
            .with_stats(self.stats.clone());
        Ok(match &self.log {
            Some(log) => AnyFeed::Kafka(Box::new(KafkaFeed::open(log, ledger, topic.as_ref())?)),
            None => AnyFeed::Ledger(Box::new(ledger)),
        })
    }
}

impl Feed for AnyFeed {
    async fn next(&mut self) -> Result<Batch, FeedError> {
        match self {
            Self::Ledger(feed) => feed.next().await,
            Self::Kafka(feed) => feed.next().await,
        }
    }
}
