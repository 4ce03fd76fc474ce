//! What is on a topic, as it is there: for people who look on. It joins no group, and holds nothing against the contract.

use std::collections::BTreeSet;
use std::time::Duration;

use rdkafka::config::ClientConfig;
use rdkafka::consumer::{Consumer as _, StreamConsumer};
use rdkafka::error::{KafkaError, RDKafkaErrorCode};
use rdkafka::message::{BorrowedMessage, Headers as _, Message as _};
use rdkafka::metadata::MetadataPartition;
use rdkafka::topic_partition_list::{Offset, TopicPartitionList};
use thiserror::Error;

use crate::kafka::{Inquiry, KafkaFault, KafkaSettings, Listener, is_about_a_group};

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
    Kafka(#[from] KafkaFault),
}

impl From<KafkaError> for WatchError {
    fn from(error: KafkaError) -> Self {
        Self::Kafka(error.into())
    }
}

/// All partitions of a topic.
pub struct Watch {
    consumer: StreamConsumer<Listener>,
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
        let unread = partitions(&config, topic).await?;
        let offset = match start {
            Start::Oldest => Offset::Beginning,
            Start::Next => Offset::End,
        };
        let mut all = TopicPartitionList::new();
        for partition in &unread {
            all.add_partition_offset(topic, *partition, offset)?;
        }
        let consumer: StreamConsumer<Listener> = config.create_with_context(Listener::default())?;
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
            Err(error) if is_passing(&error) || is_about_a_group(&error) => Ok(None),
            Err(error) => Err(self.consumer.context().fault(error).into()),
        }
    }
}

async fn partitions(config: &ClientConfig, topic: &str) -> Result<BTreeSet<i32>, WatchError> {
    let (config, name) = (config.clone(), topic.to_owned());
    let asking = move || Inquiry::with(&config)?.metadata(Some(&name), PATIENCE);
    let answer = tokio::task::spawn_blocking(asking).await;
    let metadata =
        answer.unwrap_or_else(|_| Err(KafkaError::MetadataFetch(RDKafkaErrorCode::Fail).into()))?;
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
