//! What is in a partition now: asked before anything is sent to it.

use std::collections::BTreeMap;
use std::time::{Duration, Instant};

use rdkafka::consumer::{BaseConsumer, Consumer as _, ConsumerContext};
use rdkafka::error::{KafkaError, RDKafkaErrorCode};
use rdkafka::message::{BorrowedMessage, Headers as _, Message as _};
use rdkafka::topic_partition_list::{Offset, TopicPartitionList};
use thiserror::Error;

use super::message::header;
use super::start::Tail;
use crate::feed::Place;
use crate::kafka::{Inquiry, KafkaFault, KafkaSettings};

const PATIENCE: Duration = Duration::from_secs(5);

/// What is wrong with a topic; none of the others has to wait for it.
#[derive(Debug, Clone, Error)]
pub(super) enum TopicFault {
    #[error("{topic}: {error}")]
    Kafka { topic: String, error: KafkaFault },
    #[error(
        "{topic} has {found} partitions and the ledger {wanted} shards: partitions can't be taken away, so make it \
         anew under another prefix, or delete it and run `xentri topics apply`"
    )]
    Partitions { topic: String, found: usize, wanted: usize },
    #[error("{topic}: its last message was not sent by a relay, or can't be read in time")]
    NotOurs { topic: String },
}

impl TopicFault {
    /// Kafka itself does not answer, so it will not answer for other topics either.
    pub(super) fn outage(&self) -> Option<&KafkaFault> {
        match self {
            Self::Kafka { error, .. } if error.is_outage() => Some(error),
            _ => None,
        }
    }
}

/// The end of one partition of each topic. Blocks.
pub(super) fn read_tails(
    kafka: &KafkaSettings,
    topics: &[String],
    partition: i32,
    partitions: usize,
) -> Vec<Result<Tail, TopicFault>> {
    let failed = |topic: &String, error| Err(TopicFault::Kafka { topic: topic.clone(), error });
    let mut config = kafka.client("relay-check");
    // No consumer without a group, though it never joins one.
    config.set("group.id", format!("{}xentri-relay", kafka.topic_prefix)).set("enable.auto.commit", "false");
    config.set("fetch.wait.max.ms", "10");
    let inquiry = match Inquiry::with(&config) {
        Ok(inquiry) => inquiry,
        Err(error) => return topics.iter().map(|topic| failed(topic, error.clone())).collect(),
    };
    let mut outage: Option<KafkaFault> = None;
    let mut ends = Vec::new();
    for topic in topics {
        let end = match &outage {
            Some(error) => failed_end(topic, error.clone()),
            None => end(&inquiry, topic, partition, partitions),
        };
        outage = outage.or_else(|| end.as_ref().err().and_then(TopicFault::outage).cloned());
        ends.push(end);
    }
    let wanted = topics.iter().zip(&ends).filter_map(|(topic, end)| match end {
        Ok(End::Last(offset)) => Some((topic.as_str(), *offset)),
        _ => None,
    });
    let places = last_places(&inquiry.consumer, wanted.collect(), partition).unwrap_or_default();
    let tail = |(topic, end): (&String, Result<End, TopicFault>)| match end? {
        End::New => Ok(Tail::New),
        End::Expired => Ok(Tail::Expired),
        End::Last(_) => match places.get(topic) {
            Some(place) => Ok(Tail::At(*place)),
            None => Err(TopicFault::NotOurs { topic: topic.clone() }),
        },
    };
    topics.iter().zip(ends).map(tail).collect()
}

enum End {
    New,
    Expired,
    /// The offset of the last message.
    Last(i64),
}

fn failed_end(topic: &str, error: KafkaFault) -> Result<End, TopicFault> {
    Err(TopicFault::Kafka { topic: topic.to_owned(), error })
}

fn end(inquiry: &Inquiry, topic: &str, partition: i32, partitions: usize) -> Result<End, TopicFault> {
    check(inquiry, topic, partitions)?;
    match inquiry.consumer.fetch_watermarks(topic, partition, PATIENCE) {
        Ok((_, 0)) => Ok(End::New),
        Ok((low, high)) if low == high => Ok(End::Expired),
        Ok((_, high)) => Ok(End::Last(high - 1)),
        Err(error) => failed_end(topic, inquiry.fault(error)),
    }
}

/// All at once: a consumer that is pointed elsewhere waits for what it asked for before.
fn last_places(
    consumer: &BaseConsumer<impl ConsumerContext>,
    mut wanted: Vec<(&str, i64)>,
    partition: i32,
) -> Result<BTreeMap<String, Place>, KafkaError> {
    let mut offsets = TopicPartitionList::new();
    for (topic, offset) in &wanted {
        offsets.add_partition_offset(topic, partition, Offset::Offset(*offset))?;
    }
    consumer.assign(&offsets)?;
    let mut places = BTreeMap::new();
    let deadline = Instant::now() + PATIENCE;
    while !wanted.is_empty()
        && let Some(left) = deadline.checked_duration_since(Instant::now())
    {
        // Errors of the group, which it has no use for, come here too.
        if let Some(Ok(message)) = consumer.poll(left) {
            wanted.retain(|(topic, _)| *topic != message.topic());
            places.extend(place_of(&message).map(|place| (message.topic().to_owned(), place)));
        }
    }
    Ok(places)
}

/// That the topic is there, and has a partition for each shard.
fn check(inquiry: &Inquiry, topic: &str, partitions: usize) -> Result<(), TopicFault> {
    let failed = |error| TopicFault::Kafka { topic: topic.to_owned(), error };
    let without = |code| failed(KafkaError::MetadataFetch(code).into());
    let metadata = inquiry.metadata(Some(topic), PATIENCE).map_err(failed)?;
    let found =
        metadata.topics().first().ok_or_else(|| without(RDKafkaErrorCode::UnknownTopicOrPartition))?;
    if let Some(code) = found.error() {
        return Err(without(code.into()));
    }
    match found.partitions().len() {
        count if count == partitions => Ok(()),
        found => Err(TopicFault::Partitions { topic: topic.to_owned(), found, wanted: partitions }),
    }
}

fn place_of(message: &BorrowedMessage<'_>) -> Option<Place> {
    let headers = message.headers()?;
    let number = |name: &str| -> Option<u64> {
        let header = headers.iter().find(|header| header.key == name)?;
        std::str::from_utf8(header.value?).ok()?.parse().ok()
    };
    Some(Place { epoch: number(header::EPOCH)?, position: number(header::POSITION)? })
}
