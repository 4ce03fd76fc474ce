//! What is on a topic, as it is there: for people who look on. It joins no group, and holds nothing against the contract.

use std::collections::BTreeSet;
use std::sync::Arc;
use std::time::Duration;

use rdkafka::consumer::{Consumer as _, StreamConsumer};
use rdkafka::error::{KafkaError, RDKafkaErrorCode};
use rdkafka::message::{BorrowedMessage, Headers as _, Message as _};
use rdkafka::metadata::MetadataPartition;
use rdkafka::topic_partition_list::{Offset, TopicPartitionList};
use thiserror::Error;

use crate::kafka::KafkaSettings;

const PATIENCE: Duration = Duration::from_secs(10);

/// Where to begin.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Start {
    /// With the oldest message that is there.
    Oldest,
    /// With the next one that comes.
    Next,
}

/// A message that was on the topic.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Seen {
    pub topic: String,
    pub partition: i32,
    pub offset: i64,
    pub key: Option<String>,
    /// In their order.
    pub headers: Vec<(String, String)>,
    pub value: String,
}

#[derive(Debug, Clone, Error)]
pub enum WatchError {
    #[error("there is no topic {0}, or it is not for us")]
    NoTopic(String),
    #[error("Kafka: {0}")]
    Kafka(#[from] KafkaError),
}

/// All partitions of a topic.
pub struct Watch {
    consumer: Arc<StreamConsumer>,
    /// Partitions whose end has not been seen yet.
    unread: BTreeSet<i32>,
}

impl Watch {
    /// Must be called within a Tokio runtime.
    pub async fn open(kafka: &KafkaSettings, topic: &str, start: Start) -> Result<Self, WatchError> {
        let mut config = kafka.client("watch");
        // Nobody joins it, but the library assigns no partition without one.
        config.set("group.id", format!("{topic}.watch")).set("enable.auto.commit", "false");
        config.set("enable.partition.eof", "true").set("auto.offset.reset", "earliest");
        let consumer: Arc<StreamConsumer> = Arc::new(config.create()?);
        let unread = partitions(&consumer, topic).await?;
        let offset = match start {
            Start::Oldest => Offset::Beginning,
            Start::Next => Offset::End,
        };
        let mut all = TopicPartitionList::new();
        for partition in &unread {
            all.add_partition_offset(topic, *partition, offset)?;
        }
        consumer.assign(&all)?;
        Ok(Self { consumer, unread })
    }

    /// Waits for the next message.
    pub async fn next(&mut self) -> Result<Seen, WatchError> {
        loop {
            if let Some(seen) = self.step().await? {
                return Ok(seen);
            }
        }
    }

    /// None once every partition has been read to where it ended.
    pub async fn next_of_those_there(&mut self) -> Result<Option<Seen>, WatchError> {
        while !self.unread.is_empty() {
            if let Some(seen) = self.step().await? {
                return Ok(Some(seen));
            }
        }
        Ok(None)
    }

    /// None where it was no message that came.
    async fn step(&mut self) -> Result<Option<Seen>, WatchError> {
        match self.consumer.recv().await {
            Ok(message) => Ok(Some(seen(&message))),
            Err(KafkaError::PartitionEOF(partition)) => {
                self.unread.remove(&partition);
                Ok(None)
            }
            // The library goes on by itself.
            Err(error) if is_passing(&error) => Ok(None),
            Err(error) => Err(error.into()),
        }
    }
}

async fn partitions(consumer: &Arc<StreamConsumer>, topic: &str) -> Result<BTreeSet<i32>, WatchError> {
    let (asking, name) = (Arc::clone(consumer), topic.to_owned());
    let answer = tokio::task::spawn_blocking(move || asking.fetch_metadata(Some(&name), PATIENCE)).await;
    let metadata = answer.unwrap_or(Err(KafkaError::MetadataFetch(RDKafkaErrorCode::Fail)))?;
    let found = metadata.topics().iter().filter(|found| found.error().is_none());
    let partitions: BTreeSet<_> =
        found.flat_map(|found| found.partitions().iter().map(MetadataPartition::id)).collect();
    if partitions.is_empty() { Err(WatchError::NoTopic(topic.to_owned())) } else { Ok(partitions) }
}

fn is_passing(error: &KafkaError) -> bool {
    use RDKafkaErrorCode as Code;
    let code = error.rdkafka_error_code();
    matches!(code, Some(Code::BrokerTransportFailure | Code::AllBrokersDown | Code::OperationTimedOut))
}

fn seen(message: &BorrowedMessage<'_>) -> Seen {
    let text = |bytes: &[u8]| String::from_utf8_lossy(bytes).into_owned();
    let headers = message.headers().into_iter().flat_map(|headers| headers.iter());
    Seen {
        topic: message.topic().to_owned(),
        partition: message.partition(),
        offset: message.offset(),
        key: message.key().map(text),
        headers: headers
            .map(|header| (header.key.to_owned(), header.value.map(text).unwrap_or_default()))
            .collect(),
        value: message.payload().map(text).unwrap_or_default(),
    }
}
