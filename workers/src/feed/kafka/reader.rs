//! One partition of the log, read by a client of its own.
//!
//! A client of its own for each shard: its queue is bounded for itself, and a shard that is slow to be worked on holds
//! up no other. It belongs to no consumer group, for which process reads which shard is decided elsewhere.

use std::future::pending;

use futures_util::FutureExt as _;
use rdkafka::config::ClientConfig;
use rdkafka::consumer::{Consumer as _, StreamConsumer};
use rdkafka::error::KafkaError;
use rdkafka::topic_partition_list::{Offset, TopicPartitionList};
use xentri_ledger::Shard;

use super::letter::Letter;
use crate::feed::Place;
use crate::kafka::{KafkaFault, Listener, is_about_a_group};

/// A message must be seen at once, and a queue that was full be filled again as soon as there is room; what lies in the
/// queue is bounded. An offset that is gone leads to the oldest message there is: that is a hole, or a topic made anew.
const READING: [(&str, &str); 11] = [
    ("enable.auto.commit", "false"),
    ("enable.auto.offset.store", "false"),
    ("auto.offset.reset", "earliest"),
    ("fetch.min.bytes", "1"),
    ("fetch.wait.max.ms", "100"),
    ("fetch.queue.backoff.ms", "5"),
    ("fetch.error.backoff.ms", "100"),
    ("fetch.max.bytes", "2097152"),
    ("fetch.message.max.bytes", "1048576"),
    ("queued.min.messages", "10000"),
    ("queued.max.messages.kbytes", "4096"),
];

type Consumer = StreamConsumer<Listener>;

pub(super) struct LogReader {
    config: ClientConfig,
    topic: String,
    shard: Shard,
    client: Option<Client>,
}

impl LogReader {
    pub(super) fn new(client: &ClientConfig, topic: &str, shard: Shard) -> Self {
        let mut config = client.clone();
        for (name, value) in READING {
            config.set(name, value);
        }
        // Nobody joins it, but the library assigns no partition without one.
        config.set("group.id", format!("{topic}.feed"));
        Self { config, topic: topic.to_owned(), shard, client: None }
    }

    pub(super) fn topic(&self) -> &str {
        &self.topic
    }

    /// Whatever was open is closed. Connects to nothing yet, so that only a configuration can be at fault.
    pub(super) fn open(&mut self, from: Offset) -> Result<(), KafkaError> {
        self.client = None;
        let consumer: Consumer = self.config.create_with_context(Listener::default())?;
        let mut partition = TopicPartitionList::new();
        partition.add_partition_offset(&self.topic, self.shard.number(), from)?;
        consumer.assign(&partition)?;
        self.client = Some(Client(Some(consumer)));
        Ok(())
    }

    pub(super) fn close(&mut self) {
        self.client = None;
    }

    /// Waits for the next message; for ever when it is not open. Given up, it has lost nothing.
    pub(super) async fn next(&self, given: Place) -> Result<Letter, KafkaFault> {
        let Some(consumer) = self.consumer() else { return pending().await };
        loop {
            match consumer.recv().await {
                Ok(message) => return Ok(Letter::read(self.shard, &message, given)),
                Err(error) if is_about_a_group(&error) => {}
                Err(error) => return Err(consumer.context().fault(error)),
            }
        }
    }

    /// The next message if it is here already.
    pub(super) fn ready(&self, given: Place) -> Option<Result<Letter, KafkaFault>> {
        self.next(given).now_or_never()
    }

    fn consumer(&self) -> Option<&Consumer> {
        self.client.as_ref()?.0.as_ref()
    }
}

/// Says goodbye to its brokers on a thread of its own: that blocks, and may take a while.
struct Client(Option<Consumer>);

impl Drop for Client {
    fn drop(&mut self) {
        let consumer = self.0.take();
        // Without a thread it is dropped here.
        let _closing =
            std::thread::Builder::new().name("kafka-goodbye".to_owned()).spawn(move || drop(consumer));
    }
}
