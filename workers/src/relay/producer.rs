//! A producer that never lets a later message through when an earlier one fails: it ends instead, and another one begins
//! from the cursors.

use std::sync::Arc;
use std::sync::atomic::{AtomicI64, AtomicU64, Ordering};
use std::time::Duration;

use rdkafka::client::ClientContext;
use rdkafka::config::{ClientConfig, RDKafkaLogLevel};
use rdkafka::error::{KafkaError, RDKafkaErrorCode};
use rdkafka::message::{DeliveryResult, Message as _};
use rdkafka::producer::{BaseRecord, ProducerContext, ThreadedProducer};
use tokio::sync::{Notify, watch};
use tokio::time::timeout;

use super::message::Message;
use super::stats::RelayStats;
use crate::feed::Place;
use crate::kafka::{KafkaFault, KafkaSettings};

/// That all is lost is told a moment before the message that is to blame.
const BLAME: Duration = Duration::from_millis(500);

/// Why a producer ended, and because of which of its topics, where that is known.
#[derive(Debug, Clone)]
pub(super) struct Failure {
    pub(super) topic: Option<usize>,
    /// The topic was deleted and made again: nothing of what was sent before is in it.
    pub(super) made_anew: bool,
    pub(super) reason: String,
}

/// A partition of a topic.
#[derive(Debug, Clone, Copy)]
pub(super) struct Target {
    /// As the relay numbers its topics.
    pub(super) topic: usize,
    pub(super) partition: i32,
}

/// How soon a message goes on its way.
#[derive(Debug, Clone, Copy)]
pub(super) enum Haste {
    /// The read models wait for it. Batches form by themselves behind a request that is on its way.
    AtOnce,
    /// Nobody within waits for it, and each request costs Kafka more than a message does.
    Gathers,
}

/// To all partitions of any topics: a client costs a thread that wakes for each message, and with one for each shard that was a
/// fifth of a core at 500 events a second.
pub(super) struct Producer {
    /// Taken out when it ends, for that blocks.
    client: Option<ThreadedProducer<Deliveries>>,
    state: Arc<State>,
}

struct State {
    /// Topic by topic.
    lanes: Vec<Lane>,
    partitions: usize,
    failure: watch::Sender<Option<Failure>>,
    stats: RelayStats,
}

/// One partition's messages, counted: they are acknowledged in the order in which they were sent.
#[derive(Default)]
struct Lane {
    sent: AtomicU64,
    acknowledged: AtomicU64,
    /// Somebody waits for so many.
    wanted: AtomicU64,
    reached: Notify,
    /// Where the last message went.
    offset: AtomicI64,
}

struct Deliveries(Arc<State>);

impl Producer {
    /// For so many topics of so many partitions, each known by its number.
    pub(super) fn new(
        kafka: &KafkaSettings,
        haste: Haste,
        topics: usize,
        partitions: usize,
        stats: RelayStats,
    ) -> Result<Self, KafkaError> {
        let lanes = std::iter::repeat_with(Lane::default).take(topics * partitions).collect();
        let shared = Arc::new(State { lanes, partitions, failure: watch::Sender::default(), stats });
        let client = config(kafka, haste).create_with_context(Deliveries(Arc::clone(&shared)))?;
        Ok(Self { client: Some(client), state: shared })
    }

    /// Hands it over; it goes on its way by itself.
    pub(super) fn send(
        &self,
        target: Target,
        topic: &str,
        message: &Message,
        prev: Place,
    ) -> Result<(), Failure> {
        let lane = self.state.lane(target);
        let mut record = BaseRecord::with_opaque_to(topic, lane)
            .partition(target.partition)
            .payload(message.value.as_str())
            .headers(message.headers_after(prev));
        if let Some(key) = &message.key {
            record = record.key(key.as_str());
        }
        let Some(client) = &self.client else { return Err(self.failed(None, &"it has ended")) };
        match client.send(record) {
            Ok(()) => {
                self.state.lanes[lane].sent.fetch_add(1, Ordering::SeqCst);
                self.state.stats.count_sent();
                Ok(())
            }
            Err((error, _)) => Err(self.failed((!is_general(&error)).then_some(target.topic), &error)),
        }
    }

    /// How many were sent to a partition, by everybody who had this producer.
    pub(super) fn sent(&self, target: Target) -> u64 {
        self.state.lanes[self.state.lane(target)].sent.load(Ordering::SeqCst)
    }

    pub(super) fn acknowledged(&self, target: Target) -> u64 {
        self.state.lanes[self.state.lane(target)].acknowledged.load(Ordering::SeqCst)
    }

    /// Returns when so many are acknowledged. One at a time may wait for a partition.
    pub(super) async fn reached(&self, target: Target, count: u64) {
        let lane = &self.state.lanes[self.state.lane(target)];
        lane.wanted.store(count, Ordering::SeqCst);
        while self.acknowledged(target) < count {
            lane.reached.notified().await;
        }
    }

    /// Returns when it has ended and either the topic is known that is to blame, or there is none.
    pub(super) async fn ended(&self) -> Failure {
        let mut failure = self.state.failure.subscribe();
        let ended = failure.wait_for(Option::is_some).await.ok().and_then(|failure| failure.clone());
        // Its sender lives as long as this does.
        let ended = ended.unwrap_or_else(|| Failure::of(None, &"it has ended"));
        if ended.topic.is_some() {
            return ended;
        }
        let blamed = |failure: &Option<Failure>| failure.as_ref().is_some_and(|one| one.topic.is_some());
        let blamed = timeout(BLAME, failure.wait_for(blamed)).await;
        blamed.ok().and_then(Result::ok).and_then(|failure| failure.clone()).unwrap_or(ended)
    }

    pub(super) fn has_ended(&self) -> bool {
        self.state.failure.borrow().is_some()
    }

    /// Ends it for all of its topics.
    pub(super) fn failed(&self, topic: Option<usize>, reason: &impl ToString) -> Failure {
        let failure = Failure::of(topic, reason);
        self.state.fail(failure.clone());
        failure
    }
}

impl Failure {
    fn of(topic: Option<usize>, reason: &impl ToString) -> Self {
        Self { topic, made_anew: false, reason: reason.to_string() }
    }
}

/// What is on its way may still arrive: after it comes what the next producer sends, from the cursor on.
impl Drop for Producer {
    fn drop(&mut self) {
        let client = self.client.take();
        // It waits for its own threads, which may take half a second.
        std::thread::spawn(move || drop(client));
    }
}

impl State {
    /// The relay refuses topics that have another number of partitions.
    fn lane(&self, target: Target) -> usize {
        target.topic * self.partitions + target.partition.unsigned_abs() as usize
    }

    fn topic_of(&self, lane: usize) -> usize {
        lane / self.partitions
    }

    /// The first failure that names a topic tells why; what follows is its consequence.
    fn fail(&self, failure: Failure) {
        self.failure.send_if_modified(|known| {
            let news = known.as_ref().is_none_or(|known| known.topic.is_none() && failure.topic.is_some());
            if news {
                *known = Some(failure);
            }
            news
        });
    }
}

impl ClientContext for Deliveries {
    /// What matters comes as a failure; the rest is the library talking to itself.
    fn log(&self, _: RDKafkaLogLevel, facility: &str, message: &str) {
        tracing::debug!(facility, "{message}");
    }

    fn error(&self, error: KafkaError, reason: &str) {
        tracing::debug!(%error, "{reason}");
        if error.rdkafka_error_code() == Some(RDKafkaErrorCode::Fatal) {
            self.0.fail(Failure::of(None, &reason));
        }
    }
}

impl ProducerContext for Deliveries {
    type DeliveryOpaque = usize;

    fn delivery(&self, result: &DeliveryResult<'_>, lane: usize) {
        let topic = self.0.topic_of(lane);
        let lane = &self.0.lanes[lane];
        match result {
            Ok(message) => {
                self.0.stats.count_acknowledged();
                if lane.offset.fetch_max(message.offset(), Ordering::SeqCst) > message.offset().max(0) {
                    let anew =
                        Failure::of(Some(topic), &"the topic was made anew, and is sent from its beginning");
                    self.0.fail(Failure { made_anew: true, ..anew });
                }
                let acknowledged = lane.acknowledged.fetch_add(1, Ordering::SeqCst) + 1;
                if acknowledged >= lane.wanted.load(Ordering::SeqCst) {
                    lane.reached.notify_one();
                }
            }
            Err((error, _)) => {
                let fault = KafkaFault::from(error.clone());
                self.0.fail(Failure::of((!is_general(error)).then_some(topic), &fault));
            }
        }
    }
}

/// These befall all messages of a producer that ends, whatever ended it.
fn is_general(error: &KafkaError) -> bool {
    use RDKafkaErrorCode as Code;
    let code = error.rdkafka_error_code();
    matches!(code, Some(Code::Fatal | Code::GaplessGuarantee | Code::PurgeQueue | Code::PurgeInflight))
}

fn config(kafka: &KafkaSettings, haste: Haste) -> ClientConfig {
    let mut config = kafka.client("relay");
    config.set("enable.idempotence", "true").set("enable.gapless.guarantee", "true").set("acks", "all");
    // For ever: Kafka away is waited for.
    config.set("message.timeout.ms", "0").set("request.timeout.ms", "10000");
    // A line begins with a topic that is there. One that is gone is given up at once, before it may be made anew: what waited
    // for the old one must not be the first in the new one.
    config.set("topic.metadata.propagation.max.ms", "0");
    // Nothing between: what is shorter than a millisecond the client waits for by looking again and again.
    let linger = match haste {
        Haste::AtOnce => "0",
        Haste::Gathers => "20",
    };
    config.set("linger.ms", linger);
    // Clients are promised that they can read along whatever codecs they lack: several know gzip alone.
    config.set("compression.type", "none");
    // The pages on their way are bounded; these leave room for those of all shards.
    config.set("queue.buffering.max.messages", "10000000").set("queue.buffering.max.kbytes", "2097151");
    config
}
