//! Events that follow each other, and where they begin and end.

use std::fmt;

use thiserror::Error;
use xentri_ledger::{DatabaseError, StoredEvent};

/// In a shard. A later epoch goes on from an earlier position.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, PartialOrd, Ord)]
pub struct Place {
    pub epoch: u64,
    pub position: u64,
}

impl Place {
    pub fn of(event: &StoredEvent) -> Self {
        Self { epoch: event.epoch, position: event.position }
    }
}

impl fmt::Display for Place {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(formatter, "{}:{}", self.epoch, self.position)
    }
}

/// Where a topic was read to: from where reading it again is likely to go on. It proves nothing, for a topic that was
/// deleted and made again has other messages there; what a message is, its own place says.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct TopicPlace {
    /// Its name: the client library tells no id.
    pub topic_id: String,
    pub next_offset: i64,
}

#[derive(Debug, Clone, PartialEq)]
pub struct Batch {
    /// Of the event before the first; the default before the first of all.
    pub after: Place,
    /// At least one, with positions one after the other.
    pub events: Vec<StoredEvent>,
    /// Of the last one.
    pub last: Place,
    /// None when they came from the ledger.
    pub topic: Option<TopicPlace>,
}

/// Nothing is lost by it: whoever asks again goes on from the same place.
#[derive(Debug, Clone, Error)]
pub enum FeedError {
    #[error(transparent)]
    Database(#[from] DatabaseError),
    #[error("Kafka: {0}")]
    Kafka(String),
    /// What was read before has never happened: the ledger was restored to an earlier point.
    #[error("the ledger has gone back to before {seen}")]
    GoneBack { seen: Place },
}
