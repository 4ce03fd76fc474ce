//! The log as a feed reads it.

use std::time::Duration;

use rdkafka::config::ClientConfig;
use xentri_ledger::PageLimit;

use crate::kafka::KafkaSettings;

/// What the feeds of all shards read; the number of a shard is that of its partition.
#[derive(Debug, Clone)]
pub struct LogTopic {
    /// How to reach Kafka.
    pub client: ClientConfig,
    pub name: String,
    pub settings: KafkaFeedSettings,
}

impl LogTopic {
    pub fn of(kafka: &KafkaSettings) -> Self {
        let settings = KafkaFeedSettings::default();
        Self { client: kafka.client("work"), name: kafka.topics().log(), settings }
    }
}

#[derive(Debug, Clone, Copy)]
pub struct KafkaFeedSettings {
    /// How long the ledger may be ahead without anything new in the topic.
    pub lag: Duration,
    /// How far behind the ledger a topic may be that is taken up again; less than `lag`, or it would be left at once.
    pub close: Duration,
    /// How long to wait before a topic that says nothing is opened anew; each time twice as long, up to the most.
    pub reopen: Duration,
    pub reopen_most: Duration,
    /// Of one batch.
    pub batch: PageLimit,
}

impl Default for KafkaFeedSettings {
    fn default() -> Self {
        Self {
            lag: Duration::from_secs(1),
            close: Duration::from_millis(250),
            reopen: Duration::from_secs(1),
            reopen_most: Duration::from_secs(30),
            batch: PageLimit { events: 2000, bytes: 4 << 20 },
        }
    }
}
